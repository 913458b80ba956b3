//! Homes: the only stage that reads. Whatever a file comes from (a directory, an archive, a layer laid over others;
//! unsaved text is one more [`Storage`], laid over the disk), later stages see the same [`Home`]s and [`Sources`].
//!
//! Invariants: nothing is read outside the folder of the topology and the homes that it names;
//! nothing is read that no catalogue asks for; every failure is kept beside what could be read.

mod archive;
mod expand;
mod find;
mod folder;
mod layers;
mod overlay;
mod storage;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use expand::expand;
pub use find::{Found, FoundHome, Note, find, relative};
pub use folder::{FolderError, YamlFile, yaml_files};
pub use overlay::{Overlay, Remembered, Texts, is_text_of, overlaid};
pub use storage::{Disk, Lies, MAX_FILE_BYTES, Memory, ReadError, ReadSeek, Storage, StoredFile};

use layers::{Archives, Layer};

use crate::source::{Content, Source, SourceId, Sources, TextKind};
use crate::topology;

/// The product directory of one or several nodes, with the files that the catalogue asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Home {
    /// Tells homes of a run apart: nodes with the same home share it.
    pub id: usize,
    /// Its path as people should see it; of several layers, all of them.
    pub name: String,
    /// Paths of its layers as people should see them, at least one. Files of a later one cover those of an earlier one.
    pub layers: Vec<String>,
    /// The layer that its state is about.
    pub layer: usize,
    /// What became of its layers.
    pub state: HomeState,
    /// What its directory may be called where the product was unpacked: its own name; of an archive, that of the folder
    /// in it and that of the file.
    pub directories: Vec<String>,
    /// What stands before the paths of its files; `None` where it is made of layers.
    prefix: Option<String>,
    /// By what it was found.
    found_by: Vec<Layer>,
    /// The files that every home was asked for, in that order.
    files: Vec<FileState>,
    /// Those that it was asked for and others were not, by their place in the list.
    more: BTreeMap<usize, FileState>,
}

/// Homes of an earlier run of which nothing changed since.
#[derive(Clone, Copy)]
pub struct KnownHomes<'a> {
    /// The homes.
    pub homes: &'a [Arc<Home>],
    /// The files in them.
    pub sources: &'a Sources,
}

/// Whether a home is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeState {
    /// Each of its layers holds at least one file that was asked for.
    Present,
    /// One does not exist; the nearest directory or archive beside it, if one has a similar name.
    Missing {
        /// A directory or archive of a similar name.
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
    /// Of which homes it is asked, by their place in the list; of all where there are none. One that is asked of some tells no home.
    pub only_of: BTreeSet<usize>,
}

impl Home {
    /// The state of the file that was asked for at `index`.
    pub fn file(&self, index: usize) -> &FileState {
        self.files.get(index).or_else(|| self.more.get(&index)).unwrap_or(&FileState::Absent)
    }

    /// What people should call a file of the home that is not there.
    pub fn name_of(&self, path: &str) -> String {
        self.prefix.as_ref().map_or_else(|| format!("{path} of {}", self.name), |prefix| format!("{prefix}{path}"))
    }
}

/// Reads the wanted files of every home, each home and each archive once, and adds them to `sources` in a fixed order.
///
/// What only some homes are asked for stands behind what all are. Paths of layers are relative to `base`. Files of equal bytes share their [`Content`], those that are read now. What is
/// `known` is taken from there; it must have been asked for the same files.
pub fn read(
    storage: &dyn Storage,
    base: &Path,
    homes: &[&[topology::Layer]],
    wanted: &[Wanted],
    known: Option<KnownHomes<'_>>,
    sources: &mut Sources,
) -> Vec<Arc<Home>> {
    let homes: Vec<Vec<Layer>> = homes.iter().map(|home| home.iter().map(|layer| Layer::new(base, layer)).collect()).collect();
    let mut distinct: Vec<&Vec<Layer>> = Vec::new();
    let mut index_of: HashMap<&Vec<Layer>, usize> = HashMap::new();
    for home in &homes {
        index_of.entry(home).or_insert_with(|| {
            distinct.push(home);
            distinct.len() - 1
        });
    }
    let of_all = wanted.partition_point(|wanted| wanted.only_of.is_empty());
    // Only what each is asked for: so many scripts as nodes, looked for in so many homes, would be their product.
    let mut more: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); distinct.len()];
    for (index, wanted) in wanted.iter().enumerate().skip(of_all) {
        for home in wanted.only_of.iter().filter_map(|home| homes.get(*home)) {
            more[index_of[home]].insert(index);
        }
    }
    let asked: Vec<Vec<&Wanted>> =
        more.iter().map(|more| wanted[..of_all].iter().chain(more.iter().map(|index| &wanted[*index])).collect()).collect();
    let asks_the_same = |home: &&Arc<Home>| index_of.get(&&home.found_by).is_some_and(|at| home.more.keys().eq(&more[*at]));
    let known_homes = known.iter().flat_map(|known| known.homes).filter(asks_the_same);
    let earlier: HashMap<&[Layer], &Home> = known_homes.map(|home| (home.found_by.as_slice(), &**home)).collect();
    let new = distinct.iter().zip(&asked).filter(|(home, _)| !earlier.contains_key(home.as_slice()));
    let archives = Archives::open(storage, new.flat_map(|(home, asked)| home.iter().map(move |layer| (layer, asked.as_slice()))));
    let raw: Vec<RawHome> = distinct
        .par_iter()
        .zip(&asked)
        .map(|(home, asked)| match known.zip(earlier.get(home.as_slice())) {
            Some((known, home)) => RawHome::again(home, known.sources),
            None => read_home(storage, &archives, home, asked),
        })
        .collect();
    let mut adding = Adding { sources, contents: HashMap::new(), files: HashMap::new() };
    let built: Vec<Arc<Home>> = raw
        .into_iter()
        .zip(&distinct)
        .zip(asked.iter().zip(more))
        .enumerate()
        .map(|(id, ((raw, home), (asked, more)))| {
            let mut files: Vec<FileState> =
                raw.files.into_iter().zip(asked).map(|(file, wanted)| adding.file(file, wanted.kind)).collect();
            let own = if files.is_empty() { Vec::new() } else { files.split_off(of_all) };
            let more = more.into_iter().zip(own.into_iter().chain(std::iter::repeat(FileState::Absent))).collect();
            let (layer, state, found_by) = (raw.layer, raw.state, (*home).clone());
            let (name, layers, directories, prefix) = match earlier.get(home.as_slice()) {
                Some(home) => (home.name.clone(), home.layers.clone(), home.directories.clone(), home.prefix.clone()),
                None => {
                    let layers: Vec<String> = home.iter().map(|layer| display(&layer.path)).collect();
                    (layers.join(" + "), layers, archives.directories(home), archives.prefix(home))
                }
            };
            Arc::new(Home { id, name, layers, layer, state, directories, prefix, found_by, files, more })
        })
        .collect();
    homes.iter().map(|home| Arc::clone(&built[index_of[home]])).collect()
}

struct RawHome {
    layer: usize,
    state: HomeState,
    files: Vec<RawFile>,
}

impl RawHome {
    /// A home as it was read before.
    fn again(home: &Home, sources: &Sources) -> Self {
        let more = home.more.values().filter(|_| !home.files.is_empty());
        let files = home.files.iter().chain(more).map(|file| match file {
            FileState::Absent => RawFile::Absent,
            FileState::Read(source) => RawFile::Known(sources.get(*source).clone()),
            FileState::Unreadable(source, why) => {
                RawFile::Unreadable { name: sources.get(*source).name.clone(), why: why.clone() }
            }
        });
        Self { layer: home.layer, state: home.state.clone(), files: files.collect() }
    }
}

/// A file of a home; whatever is there has a name for people.
enum RawFile {
    Absent,
    /// It was read before.
    Known(Source),
    Read {
        name: String,
        content: Arc<Content>,
        hash: u64,
        real: Option<PathBuf>,
    },
    Unreadable {
        name: String,
        why: String,
    },
}

fn read_home(storage: &dyn Storage, archives: &Archives, layers: &[Layer], wanted: &[&Wanted]) -> RawHome {
    let mut files: Vec<RawFile> = wanted.iter().map(|_| RawFile::Absent).collect();
    let failed = |layer, state| RawHome { layer, state, files: Vec::new() };
    // That a layer is not there is worth more than that one holds nothing.
    let mut lie = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        match layers::lies(storage, layer) {
            Ok(lies) => lie.push((layer, lies)),
            Err(state) => return failed(index, state),
        }
    }
    for (index, layer) in lie.into_iter().enumerate() {
        let covering = match layers::read(storage, archives, layer, wanted) {
            Ok(covering) => covering,
            Err(state) => return failed(index, state),
        };
        for (file, covering) in files.iter_mut().zip(covering) {
            if !matches!(covering, RawFile::Absent) {
                *file = covering;
            }
        }
    }
    RawHome { layer: 0, state: HomeState::Present, files }
}

/// Files on their way to the sources.
struct Adding<'a> {
    sources: &'a mut Sources,
    /// Contents by hash.
    contents: HashMap<u64, Vec<Arc<Content>>>,
    /// What was added already: a layer may be one of several homes.
    files: HashMap<(String, TextKind, Option<PathBuf>), FileState>,
}

impl Adding<'_> {
    fn file(&mut self, file: RawFile, kind: TextKind) -> FileState {
        let (name, real) = match &file {
            RawFile::Absent => return FileState::Absent,
            RawFile::Known(source) => (source.name.clone(), source.real.clone()),
            RawFile::Read { name, real, .. } => (name.clone(), real.clone()),
            RawFile::Unreadable { name, .. } => (name.clone(), None),
        };
        let key = (name.clone(), kind, real);
        if let Some(there) = self.files.get(&key) {
            return there.clone();
        }
        let state = match file {
            RawFile::Absent => FileState::Absent,
            RawFile::Known(source) => FileState::Read(self.sources.add(source.name, source.content, source.real)),
            RawFile::Read { content, hash, real, .. } => {
                let content = self.share(content, hash);
                FileState::Read(self.sources.add(name.as_str(), content, real))
            }
            RawFile::Unreadable { why, .. } => {
                FileState::Unreadable(self.sources.add(name.as_str(), Arc::new(Content::plain("")), None), why)
            }
        };
        self.files.insert(key, state.clone());
        state
    }

    fn share(&mut self, content: Arc<Content>, hash: u64) -> Arc<Content> {
        let bucket = self.contents.entry(hash).or_default();
        if let Some(same) = bucket.iter().find(|other| other.bytes() == content.bytes()) {
            return Arc::clone(same);
        }
        bucket.push(Arc::clone(&content));
        content
    }
}

/// Decodes a file; the hash is that of its bytes and their meaning.
fn decode(bytes: Vec<u8>, kind: TextKind) -> (Arc<Content>, u64) {
    let mut hasher = DefaultHasher::new();
    (bytes.len(), &bytes, kind).hash(&mut hasher);
    (Arc::new(Content::decode(bytes, kind)), hasher.finish())
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
