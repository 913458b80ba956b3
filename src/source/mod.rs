//! Text of files and places in it: the vocabulary of every other module.
//!
//! A [`Span`] counts bytes of a file *as it lies on disk*, whatever its encoding, so that a place
//! can be handed to other programs and edited without decoding again. This module must not know
//! what any file means.

mod content;
mod masking;

use std::path::PathBuf;
use std::sync::Arc;

pub use content::{Content, DecodeError, LineColumn, TextKind};
pub(crate) use masking::after_toml_string;
pub(crate) use masking::is_secret_name;
pub use masking::{Kind, mask, mask_file, mask_text, mask_user_info};

/// A range of bytes in a file as it lies on disk: `start` is the first byte, `end` one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset one past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` to `end` (exclusive).
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Identifies one file among [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// Where a value was written: a file, and the bytes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub source: SourceId,
    /// The bytes in it.
    pub span: Span,
}

/// A value together with the bytes it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One file that was read: its name for people, and its content.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as people should see it: relative to the working directory where it can be, with forward slashes.
    pub name: String,
    /// What the file holds. Files of equal content share it.
    pub content: Arc<Content>,
    /// Where it really lies, links followed: two names of one file have the same. `None` for what is no file of a home, or lies in an archive: no fix edits it.
    pub real: Option<PathBuf>,
}

/// First and last position of a place, counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Where the place starts.
    pub start: LineColumn,
    /// Where it ends (one past the last character).
    pub end: LineColumn,
}

/// All files that were read in a run. Identifiers are handed out in the order of [`Sources::add`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Shared with copies in which other files differ.
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a file, with the place where it really lies, and returns its identifier.
    pub fn add(&mut self, name: impl Into<String>, content: Arc<Content>, real: Option<PathBuf>) -> SourceId {
        // A run that names more than 2^32 files cannot be held in memory long before this saturates.
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Arc::new(Source { name: name.into(), content, real }));
        id
    }

    /// The file behind an identifier.
    ///
    /// # Panics
    /// If `id` was handed out by other `Sources`: a mistake of the program, never of its input.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// The same files, one of them with other content.
    ///
    /// # Panics
    /// As [`Sources::get`].
    pub fn replace(&mut self, id: SourceId, content: Arc<Content>) {
        Arc::make_mut(&mut self.files[id.0 as usize]).content = content;
    }

    /// Lines and columns of a place.
    pub fn position(&self, place: Place) -> Position {
        let content = &self.get(place.source).content;
        Position { start: content.line_column(place.span.start), end: content.line_column(place.span.end) }
    }

    /// `file:line` of a place, as people write it.
    pub fn file_line(&self, place: Place) -> String {
        format!("{}:{}", self.get(place.source).name, self.position(place).start.line)
    }

    /// The last part of a file's name.
    pub fn file_name(&self, source: SourceId) -> &str {
        file_name(&self.get(source).name)
    }

    /// All files, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(self.files.iter().map(Arc::as_ref))
    }
}

/// The last part of a path with forward slashes.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The candidate that is nearest to what was written, where one is near enough to be a slip of the pen.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.chars().count().max(lower.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
