//! Homes: the only stage that reads. Whatever a file comes from (disk now; archives, layers and
//! unsaved text are further [`Storage`]s), later stages see the same [`Home`]s and [`Sources`].
//!
//! Invariants: nothing is read outside the folder of the topology and the homes that it names;
//! nothing is read that no catalogue asks for; every failure is kept beside what could be read.

mod expand;
mod find;
mod storage;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use expand::expand;
pub use find::{Found, FoundHome, Note, find, relative};
pub use storage::{Disk, MAX_FILE_BYTES, Memory, ReadError, Storage, StoredFile};

use crate::source::{Content, SourceId, Sources, TextKind, nearest};

/// The product directory of one or several nodes, with the files that the catalogue asked for.
#[derive(Debug)]
pub struct Home {
    /// Tells homes of a run apart: nodes with the same home share it.
    pub id: usize,
    /// Its path as people should see it; of several layers, all of them.
    pub name: String,
    /// Paths of its layers as people should see them, at least one. Files of a later one cover those of an earlier one.
    pub layers: Vec<String>,
    /// The layer that its state is about.
    pub layer: usize,
    /// What became of its directories.
    pub state: HomeState,
    /// The files that were asked for, in that order.
    files: Vec<FileState>,
}

/// Whether a home is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeState {
    /// Each of its directories holds at least one file that was asked for.
    Present,
    /// One does not exist; the nearest directory beside it, if one has a similar name.
    Missing {
        /// A directory of a similar name.
        nearest: Option<String>,
    },
    /// One is there and holds none of the files that were asked for; the directory above it that does, if one does.
    Empty {
        /// A directory that holds some.
        nearest: Option<String>,
    },
    /// One is there and cannot be entered: why.
    Unreadable(String),
}

/// What became of one file of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// It is not there.
    Absent,
    /// It was read.
    Read(SourceId),
    /// It is there and could not be read; the source is empty and stands for its name.
    Unreadable(SourceId, String),
}

/// A file that the catalogue asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Path relative to the home, with forward slashes.
    pub path: String,
    /// How to decode it.
    pub kind: TextKind,
}

impl Home {
    /// The state of the file that was asked for at `index`.
    pub fn file(&self, index: usize) -> &FileState {
        self.files.get(index).unwrap_or(&FileState::Absent)
    }
}

/// Reads the wanted files of every home, each home once, and adds them to `sources` in a fixed order.
///
/// `homes` are directories relative to `base`, one or several layers each. Files of equal bytes share their [`Content`].
pub fn read(storage: &dyn Storage, base: &Path, homes: &[Vec<&str>], wanted: &[Wanted], sources: &mut Sources) -> Vec<Arc<Home>> {
    let mut distinct: Vec<&Vec<&str>> = Vec::new();
    let mut index_of: HashMap<&Vec<&str>, usize> = HashMap::new();
    for home in homes {
        index_of.entry(home).or_insert_with(|| {
            distinct.push(home);
            distinct.len() - 1
        });
    }
    let paths = |home: &[&str]| home.iter().map(|layer| base.join(layer)).collect::<Vec<_>>();
    let raw: Vec<RawHome> = distinct.par_iter().map(|home| read_home(storage, &paths(home), wanted)).collect();
    let mut shared: HashMap<u64, Vec<Arc<Content>>> = HashMap::new();
    let built: Vec<Arc<Home>> = raw
        .into_iter()
        .zip(&distinct)
        .enumerate()
        .map(|(id, (raw, home))| {
            let layers: Vec<String> = paths(home).iter().map(|layer| display(layer)).collect();
            let files = raw.files.into_iter().zip(wanted).map(|((layer, file), wanted)| {
                let file_name = format!("{}/{}", layers[layer], wanted.path);
                match file {
                    RawFile::Absent => FileState::Absent,
                    RawFile::Read { content, hash, real } => {
                        FileState::Read(sources.add(file_name, share(&mut shared, content, hash), Some(real)))
                    }
                    RawFile::Unreadable(why) => {
                        FileState::Unreadable(sources.add(file_name, Arc::new(Content::plain("")), None), why)
                    }
                }
            });
            let files = files.collect();
            Arc::new(Home { id, name: layers.join(" + "), layers, layer: raw.layer, state: raw.state, files })
        })
        .collect();
    homes.iter().map(|home| Arc::clone(&built[index_of[home]])).collect()
}

struct RawHome {
    layer: usize,
    state: HomeState,
    /// Each with the layer that it comes from.
    files: Vec<(usize, RawFile)>,
}

enum RawFile {
    Absent,
    Read { content: Content, hash: u64, real: PathBuf },
    Unreadable(String),
}

fn read_home(storage: &dyn Storage, layers: &[PathBuf], wanted: &[Wanted]) -> RawHome {
    let absent = |layer, state| RawHome { layer, state, files: Vec::new() };
    for (layer, path) in layers.iter().enumerate() {
        match storage.is_directory(path) {
            Ok(true) => {}
            Ok(false) => return absent(layer, missing(storage, path)),
            Err(error) => return absent(layer, HomeState::Unreadable(error.to_string())),
        }
    }
    let mut files: Vec<(usize, RawFile)> = wanted.iter().map(|_| (0, RawFile::Absent)).collect();
    for (layer, path) in layers.iter().enumerate() {
        let mut empty = true;
        for (file, wanted) in files.iter_mut().zip(wanted) {
            let read = read_file(storage, &join(path, &wanted.path), wanted.kind);
            if !matches!(read, RawFile::Absent) {
                *file = (layer, read);
                empty = false;
            }
        }
        if empty {
            return absent(layer, HomeState::Empty { nearest: holding(storage, path, wanted) });
        }
    }
    RawHome { layer: 0, state: HomeState::Present, files }
}

/// The directory above a path in which wanted files lie: somebody named a folder within the home.
fn holding(storage: &dyn Storage, path: &Path, wanted: &[Wanted]) -> Option<String> {
    let holds = |home: &Path| wanted.iter().any(|wanted| storage.read(&join(home, &wanted.path)).is_ok());
    path.ancestors().skip(1).take(4).filter(|home| !home.as_os_str().is_empty()).find(|home| holds(home)).map(display)
}

fn read_file(storage: &dyn Storage, path: &Path, kind: TextKind) -> RawFile {
    match storage.read(path) {
        Ok(StoredFile { bytes, real }) => {
            let mut hasher = DefaultHasher::new();
            (bytes.len(), &bytes, kind).hash(&mut hasher);
            RawFile::Read { hash: hasher.finish(), content: Content::decode(bytes, kind), real }
        }
        Err(ReadError::Absent) => RawFile::Absent,
        Err(error) => RawFile::Unreadable(error.to_string()),
    }
}

fn share(shared: &mut HashMap<u64, Vec<Arc<Content>>>, content: Content, hash: u64) -> Arc<Content> {
    let bucket = shared.entry(hash).or_default();
    if let Some(same) = bucket.iter().find(|other| other.bytes() == content.bytes()) {
        return Arc::clone(same);
    }
    let content = Arc::new(content);
    bucket.push(Arc::clone(&content));
    content
}

fn missing(storage: &dyn Storage, path: &Path) -> HomeState {
    let similar = path.parent().zip(path.file_name()).and_then(|(parent, name)| {
        let beside = storage.directories(parent).unwrap_or_default();
        let found = nearest(&name.to_string_lossy(), beside.iter().map(String::as_str))?.to_owned();
        Some(display(&parent.join(found)))
    });
    HomeState::Missing { nearest: similar }
}

/// Joins a path with forward slashes in a way that works on every platform.
fn join(base: &Path, relative: &str) -> PathBuf {
    relative.split('/').fold(base.to_owned(), |path, part| path.join(part))
}

/// A path as people should see it: without `.` parts, with forward slashes, relative to the
/// working directory where it lies below it.
pub fn display(path: &Path) -> String {
    let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = below.as_deref().unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    let mut root = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::RootDir => root.push('/'),
            Component::Prefix(prefix) => root.push_str(&prefix.as_os_str().to_string_lossy()),
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    let name = root + &parts.join("/");
    if name.is_empty() { ".".to_owned() } else { name }
}
