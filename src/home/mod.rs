//! Homes: the only stage that reads. Whatever a file comes from (disk now; archives, layers and
//! unsaved text are further [`Storage`]s), later stages see the same [`Home`]s and [`Sources`].
//!
//! Invariants: nothing is read outside the folder of the topology and the homes that it names;
//! nothing is read that no catalogue asks for; every failure is kept beside what could be read.

mod expand;
mod storage;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use expand::expand;
pub use storage::{Disk, MAX_FILE_BYTES, Memory, ReadError, Storage};

use crate::source::{Content, SourceId, Sources, TextKind, nearest};

/// The product directory of one or several nodes, with the files that the catalogue asked for.
#[derive(Debug)]
pub struct Home {
    /// Tells homes of a run apart: nodes with the same home share it.
    pub id: usize,
    /// Its path as people should see it.
    pub name: String,
    /// What became of the directory itself.
    pub state: HomeState,
    /// The files that were asked for, in that order.
    files: Vec<FileState>,
}

/// Whether a home is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeState {
    /// It holds at least one file that was asked for.
    Present,
    /// It does not exist; the nearest directory beside it, if one has a similar name.
    Missing {
        /// A directory of a similar name.
        nearest: Option<String>,
    },
    /// The directory is there and holds none of the files that were asked for.
    Empty,
    /// It is there and cannot be entered: why.
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
/// `homes` are directories relative to `base`. Files of equal bytes share their [`Content`].
pub fn read(storage: &dyn Storage, base: &Path, homes: &[&str], wanted: &[Wanted], sources: &mut Sources) -> Vec<Arc<Home>> {
    let mut distinct: Vec<&str> = Vec::new();
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for home in homes {
        index_of.entry(home).or_insert_with(|| {
            distinct.push(home);
            distinct.len() - 1
        });
    }
    let raw: Vec<RawHome> = distinct.par_iter().map(|home| read_home(storage, &base.join(home), wanted)).collect();
    let mut shared: HashMap<u64, Vec<Arc<Content>>> = HashMap::new();
    let built: Vec<Arc<Home>> = raw
        .into_iter()
        .zip(&distinct)
        .enumerate()
        .map(|(id, (raw, home))| {
            let name = display(&base.join(home));
            let files = raw.files.into_iter().zip(wanted).map(|(file, wanted)| {
                let file_name = format!("{name}/{}", wanted.path);
                match file {
                    RawFile::Absent => FileState::Absent,
                    RawFile::Read(content, hash) => FileState::Read(sources.add(file_name, share(&mut shared, content, hash))),
                    RawFile::Unreadable(why) => FileState::Unreadable(sources.add(file_name, Arc::new(Content::plain(""))), why),
                }
            });
            let files = files.collect();
            Arc::new(Home { id, name, state: raw.state, files })
        })
        .collect();
    homes.iter().map(|home| Arc::clone(&built[index_of[home]])).collect()
}

struct RawHome {
    state: HomeState,
    files: Vec<RawFile>,
}

enum RawFile {
    Absent,
    Read(Content, u64),
    Unreadable(String),
}

fn read_home(storage: &dyn Storage, path: &Path, wanted: &[Wanted]) -> RawHome {
    let absent = |state| RawHome { state, files: Vec::new() };
    match storage.is_directory(path) {
        Ok(true) => {}
        Ok(false) => return absent(missing(storage, path)),
        Err(error) => return absent(HomeState::Unreadable(error.to_string())),
    }
    let files: Vec<RawFile> = wanted.iter().map(|wanted| read_file(storage, &join(path, &wanted.path), wanted.kind)).collect();
    let empty = files.iter().all(|file| matches!(file, RawFile::Absent));
    RawHome { state: if empty { HomeState::Empty } else { HomeState::Present }, files }
}

fn read_file(storage: &dyn Storage, path: &Path, kind: TextKind) -> RawFile {
    match storage.read(path) {
        Ok(bytes) => {
            let mut hasher = DefaultHasher::new();
            (bytes.len(), &bytes, kind).hash(&mut hasher);
            RawFile::Read(Content::decode(bytes, kind), hasher.finish())
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
