//! Which entries matter, and what was found of them.

use std::collections::{BTreeMap, BTreeSet};

use super::name::shown;
use crate::home::storage::ReadError;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Interest {
    files: BTreeSet<String>,
    /// Folders above the files: they may be links.
    folders: BTreeSet<String>,
    /// Whether all may lie in one folder at the top of the archive.
    below_top: bool,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Folder,
    Link,
    /// A device, a pipe.
    Other,
}

/// What an entry turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A file: its bytes, or why they cannot be had.
    File(Result<Vec<u8>, ReadError>),
    /// A link: the path that it names, from the top of the archive; or why it names none.
    Link(Result<String, ReadError>),
}

/// What was found in one go through an archive.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The folder in which it lies.
    pub(super) top: Option<String>,
    /// By path, within `top`.
    pub(super) found: BTreeMap<String, Found>,
}

/// Where an entry goes: its top folder, where it is looked for below one, and its path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slot {
    top: Option<String>,
    path: String,
}

impl Interest {
    /// Files that lie at the top or together in one folder there.
    pub(super) fn below_any_top(files: impl IntoIterator<Item = String>) -> Self {
        Self::new(files, true)
    }

    /// Files of exactly these names.
    pub(super) fn exactly(files: impl IntoIterator<Item = String>) -> Self {
        Self::new(files, false)
    }

    fn new(files: impl IntoIterator<Item = String>, below_top: bool) -> Self {
        let files: BTreeSet<String> = files.into_iter().collect();
        let above = |file: &String| file.match_indices('/').map(|(at, _)| file[..at].to_owned()).collect::<Vec<_>>();
        let folders = files.iter().flat_map(above).collect();
        Self { files, folders, below_top }
    }

    /// Where an entry goes; `None` for what nobody asked for.
    pub(super) fn slot(&self, path: &str, kind: EntryKind) -> Option<Slot> {
        let matters = |path: &str| self.files.contains(path) || kind == EntryKind::Link && self.folders.contains(path);
        if matters(path) {
            return Some(Slot { top: None, path: path.to_owned() });
        }
        let (top, rest) = path.split_once('/').filter(|_| self.below_top)?;
        matters(rest).then(|| Slot { top: Some(top.to_owned()), path: rest.to_owned() })
    }
}

/// Entries that matter, kept apart by the folder in which they lie until it is known which one counts.
#[derive(Debug)]
pub(super) struct Picked<T> {
    at_top: BTreeMap<String, Pick<T>>,
    /// The first folder that holds some.
    below: Option<(String, BTreeMap<String, Pick<T>>)>,
    /// A further one.
    other: Option<String>,
}

/// An entry that matters.
#[derive(Debug)]
enum Pick<T> {
    One(T),
    Bad(ReadError),
}

impl<T> Default for Picked<T> {
    fn default() -> Self {
        Self { at_top: BTreeMap::new(), below: None, other: None }
    }
}

impl<T> Picked<T> {
    /// Keeps an entry. Of names that occur twice none counts: which one is meant depends on who unpacks.
    pub(super) fn add(&mut self, slot: Slot, raw: &str, one: T) {
        let Some(entries) = self.of(slot.top) else { return };
        let pick = if entries.contains_key(&slot.path) {
            Pick::Bad(ReadError::Other("the archive holds two files of this name: make it anew with one of them".to_owned()))
        } else if raw.contains('\\') {
            Pick::Bad(ReadError::Other(format!(
                "the archive calls it {}, with backslashes, which other systems take for a part of the name: make it anew",
                shown(raw)
            )))
        } else {
            Pick::One(one)
        };
        entries.insert(slot.path, pick);
    }

    fn of(&mut self, top: Option<String>) -> Option<&mut BTreeMap<String, Pick<T>>> {
        let Some(top) = top else { return Some(&mut self.at_top) };
        let (first, entries) = self.below.get_or_insert_with(|| (top.clone(), BTreeMap::new()));
        if *first == top {
            return Some(entries);
        }
        // Whose files count cannot be said any more, unless there are some at the top: none of them is kept.
        entries.clear();
        self.other.get_or_insert(top);
        None
    }

    /// The entries that count, each made to what it holds.
    ///
    /// # Errors
    /// If several folders hold what was asked for.
    pub(super) fn finish(self, mut found: impl FnMut(T) -> Found) -> Result<Scanned, ReadError> {
        let (top, entries) = match (self.at_top.is_empty(), self.below, self.other) {
            (true, Some((one, _)), Some(other)) => {
                let (one, other) = (shown(&one), shown(&other));
                let message = format!("it holds several homes, {one} and {other} among them: make an archive of each");
                return Err(ReadError::Other(message));
            }
            (true, Some((top, entries)), None) => (Some(top), entries),
            _ => (None, self.at_top),
        };
        let mut of = |pick| match pick {
            Pick::One(one) => found(one),
            Pick::Bad(why) => Found::File(Err(why)),
        };
        Ok(Scanned { top, found: entries.into_iter().map(|(path, pick)| (path, of(pick))).collect() })
    }
}
