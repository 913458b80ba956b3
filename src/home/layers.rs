//! Layers of a home: directories, single files and archives, each read for the part of the home over which it lies.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::archive::{self, Limits};
use super::storage::{Lies, ReadError, Storage, StoredFile};
use super::{HomeState, RawFile, Wanted, decode, display, join};
use crate::source::{Content, TextKind, nearest};
use crate::topology;

/// A layer, as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Layer {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Over which path of the home it lies; empty for the home as a whole.
    to: String,
}

impl Layer {
    /// A layer of the topology, relative to its folder.
    pub(super) fn new(base: &Path, declared: &topology::Layer) -> Self {
        let to = declared.to.as_ref().and_then(|to| topology::within(&to.value)).unwrap_or_default();
        Self { path: base.join(&declared.path.value), to }
    }

    /// The path within the layer of a file of the home: empty where the layer is that file; `None` where it lies elsewhere.
    fn within<'a>(&self, file: &'a str) -> Option<&'a str> {
        if self.to.is_empty() {
            return Some(file);
        }
        let rest = file.strip_prefix(&self.to)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }
}

/// A file of an archive, as text of some kind.
type Entry = Result<(Arc<Content>, u64), ReadError>;

/// An archive of which everything was unpacked that any home wants.
struct Opened {
    top: Option<String>,
    entries: HashMap<(String, TextKind), Entry>,
}

/// The archives of a run, each opened once.
pub(super) struct Archives(HashMap<PathBuf, Result<Opened, ReadError>>);

impl Archives {
    /// Opens every archive among layers and unpacks what is wanted of it.
    pub(super) fn open<'a>(storage: &dyn Storage, layers: impl Iterator<Item = (&'a Layer, &'a [&'a Wanted])>) -> Self {
        let mut asked: BTreeMap<&Path, Asked> = BTreeMap::new();
        let archives =
            layers.filter(|(layer, _)| archive::kind(&layer.path).is_some() && storage.lies(&layer.path) == Ok(Some(Lies::File)));
        for (layer, wanted) in archives {
            let asked = asked.entry(&layer.path).or_default();
            for (path, wanted) in wanted.iter().filter_map(|wanted| Some((layer.within(&wanted.path)?, wanted))) {
                asked.kinds.entry(path.to_owned()).or_default().insert(wanted.kind);
                if wanted.only_of.is_empty() {
                    asked.telling.insert(path.to_owned());
                }
            }
        }
        let opened: Vec<_> = asked.into_par_iter().map(|(path, asked)| (path.to_owned(), open(storage, path, asked))).collect();
        Self(opened.into_iter().collect())
    }

    /// What stands before the paths of files in a home that is no more than one directory or archive.
    pub(super) fn prefix(&self, layers: &[Layer]) -> Option<String> {
        let [layer] = layers else { return None };
        let separator = if self.0.contains_key(&layer.path) { "!/" } else { "/" };
        layer.to.is_empty().then(|| format!("{}{separator}", display(&layer.path)))
    }

    /// The names that the product's directory may have had, by the first layer that is the home as a whole.
    pub(super) fn directories(&self, layers: &[Layer]) -> Vec<String> {
        let Some(layer) = layers.iter().find(|layer| layer.to.is_empty()) else { return Vec::new() };
        match self.0.get(&layer.path) {
            Some(opened) => {
                let top = opened.as_ref().ok().and_then(|opened| opened.top.clone());
                top.into_iter().chain(archive::kind(&layer.path).map(|(_, stem)| stem)).collect()
            }
            None => display(&layer.path).rsplit('/').next().map(str::to_owned).into_iter().collect(),
        }
    }
}

/// What is asked of an archive.
#[derive(Default)]
struct Asked {
    kinds: BTreeMap<String, HashSet<TextKind>>,
    /// Those of the files that tell where the home is in it.
    telling: BTreeSet<String>,
}

fn open(storage: &dyn Storage, path: &Path, asked: Asked) -> Result<Opened, ReadError> {
    let (kind, _) = archive::kind(path).ok_or(ReadError::NotAFile)?;
    let named = asked.kinds.keys().filter(|name| !name.is_empty()).cloned();
    let (telling, others): (BTreeSet<String>, BTreeSet<String>) = named.partition(|name| asked.telling.contains(name));
    let mut unpacked = archive::unpack(kind, storage.open(path)?.as_mut(), &telling, &others, &Limits::DEFAULT)?;
    let mut entries = HashMap::new();
    for (name, kinds) in asked.kinds {
        let Some(bytes) = unpacked.files.remove(&name) else { continue };
        entries.extend(kinds.into_iter().map(|kind| ((name.clone(), kind), bytes.clone().map(|bytes| decode(bytes, kind)))));
    }
    Ok(Opened { top: unpacked.top, entries })
}

/// What lies where a layer should.
///
/// # Errors
/// What becomes of the home where nothing does, or what is no layer.
pub(super) fn lies(storage: &dyn Storage, layer: &Layer) -> Result<Lies, HomeState> {
    match storage.lies(&layer.path) {
        Ok(Some(Lies::File)) if layer.to.is_empty() && archive::kind(&layer.path).is_none() => {
            let message = "a file is in its place, where a directory, a .zip or a .tar.gz was expected";
            Err(HomeState::Unreadable(message.to_owned()))
        }
        Ok(Some(lies)) => Ok(lies),
        Ok(None) => Err(missing(storage, layer)),
        Err(why) => Err(HomeState::Unreadable(why.to_string())),
    }
}

/// What a layer holds of the wanted files.
///
/// # Errors
/// What becomes of the home where it holds nothing, or cannot be read.
pub(super) fn read(
    storage: &dyn Storage,
    archives: &Archives,
    (layer, lies): (&Layer, Lies),
    wanted: &[&Wanted],
) -> Result<Vec<RawFile>, HomeState> {
    let shown = display(&layer.path);
    let opened = match archives.0.get(&layer.path) {
        Some(Err(why)) => return Err(HomeState::Unreadable(why.to_string())),
        Some(Ok(opened)) => Some(opened),
        None => None,
    };
    let is_file = lies == Lies::File && opened.is_none();
    let files: Vec<RawFile> = wanted
        .iter()
        .map(|wanted| match (layer.within(&wanted.path), opened) {
            (Some(""), _) if is_file => read_file(storage, &layer.path, shown.clone(), wanted.kind),
            (None | Some(""), _) => RawFile::Absent,
            (Some(path), Some(opened)) => read_entry(opened, path, format!("{shown}!/{path}"), wanted.kind),
            (Some(_), None) if is_file => RawFile::Absent,
            (Some(path), None) => read_file(storage, &join(&layer.path, path), format!("{shown}/{path}"), wanted.kind),
        })
        .collect();
    // Nobody knows which of them are there.
    if let Some(RawFile::Unreadable { why, .. }) = files.iter().find(|file| matches!(file, RawFile::Unreadable { .. }))
        && lies == Lies::Directory
        && files
            .iter()
            .zip(wanted)
            .all(|(file, wanted)| matches!(file, RawFile::Unreadable { .. }) || layer.within(&wanted.path).is_none())
    {
        return Err(HomeState::Unreadable(why.clone()));
    }
    let is_empty = files.iter().all(|file| matches!(file, RawFile::Absent));
    if is_empty { Err(nothing(storage, layer, lies, is_file, wanted)) } else { Ok(files) }
}

fn read_file(storage: &dyn Storage, path: &Path, name: String, kind: TextKind) -> RawFile {
    match storage.read(path) {
        Ok(StoredFile { bytes, real }) => {
            let (content, hash) = decode(bytes, kind);
            RawFile::Read { name, content, hash, real: Some(real) }
        }
        Err(ReadError::Absent) => RawFile::Absent,
        Err(why) => RawFile::Unreadable { name, why: why.to_string() },
    }
}

/// A file in an archive lies nowhere by itself: it cannot be edited.
fn read_entry(opened: &Opened, path: &str, name: String, kind: TextKind) -> RawFile {
    match opened.entries.get(&(path.to_owned(), kind)) {
        None => RawFile::Absent,
        Some(Ok((content, hash))) => RawFile::Read { name, content: Arc::clone(content), hash: *hash, real: None },
        Some(Err(why)) => RawFile::Unreadable { name, why: why.to_string() },
    }
}

/// What becomes of a home with a layer that holds no wanted file.
fn nothing(storage: &dyn Storage, layer: &Layer, lies: Lies, is_file: bool, wanted: &[&Wanted]) -> HomeState {
    let to = &layer.to;
    if to.is_empty() {
        let nearest = if lies == Lies::Directory { holding(storage, &layer.path, wanted) } else { None };
        return HomeState::Empty { nearest };
    }
    let names_file = wanted.iter().any(|wanted| wanted.path == *to);
    let below: Vec<&str> =
        wanted.iter().filter_map(|wanted| layer.within(&wanted.path).filter(|path| !path.is_empty())).collect();
    HomeState::Unreadable(if names_file {
        format!("it is no single file, but `to: {to}` names one: name the folder of the home over which it lies")
    } else if is_file && !below.is_empty() {
        let name = layer.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        format!("it is a file, and `to: {to}` is a folder: name the file of the home, like `to: {to}/{name}`")
    } else if below.is_empty() {
        let near = nearest(to, wanted.iter().map(|wanted| wanted.path.as_str()));
        let near = near.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
        format!("nothing that is checked lies at `to: {to}`{near}: leave the layer out, or correct `to`")
    } else {
        format!("laid over `{to}` it holds no file that is known, like {}", below.join(", "))
    })
}

/// The directory above a path in which wanted files lie: somebody named a folder within the home.
fn holding(storage: &dyn Storage, path: &Path, wanted: &[&Wanted]) -> Option<String> {
    let holds = |home: &Path| wanted.iter().any(|wanted| storage.read(&join(home, &wanted.path)).is_ok());
    path.ancestors().skip(1).take(4).filter(|home| !home.as_os_str().is_empty()).find(|home| holds(home)).map(display)
}

fn missing(storage: &dyn Storage, layer: &Layer) -> HomeState {
    let similar = layer.path.parent().zip(layer.path.file_name()).and_then(|(parent, name)| {
        let beside = storage.entries(parent).unwrap_or_default();
        let fits = |(name, lies): &&(String, Lies)| {
            *lies == Lies::Directory || !layer.to.is_empty() || archive::kind(Path::new(name)).is_some()
        };
        let names = beside.iter().filter(fits).map(|(name, _)| name.as_str());
        let found = nearest(&name.to_string_lossy(), names)?.to_owned();
        Some(display(&parent.join(found)))
    });
    HomeState::Missing { nearest: similar }
}
