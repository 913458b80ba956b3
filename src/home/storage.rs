//! Where bytes come from: the disk, or memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::fs;
use std::io::{Cursor, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

/// Configuration files are a few hundred kilobytes; what is larger is no configuration file.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Why a file could not be read. The text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    Absent,
    /// Permission denied.
    Denied,
    /// A directory (or a device, a pipe) where a file was expected.
    NotAFile,
    /// A symbolic link leads out of the topology's folder and the homes.
    LeadsOut,
    /// A symbolic link that leads nowhere or in a circle.
    Dangling,
    /// More bytes than [`MAX_FILE_BYTES`].
    TooLarge(u64),
    /// Anything else that the system says.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("there is no such file"),
            Self::Denied => f.write_str("permission denied"),
            Self::NotAFile => f.write_str("a directory, or something else that is no file, is in its place"),
            Self::LeadsOut => f.write_str("a symbolic link leads out of the topology's folder and the homes"),
            Self::Dangling => f.write_str("a symbolic link that leads nowhere"),
            Self::TooLarge(bytes) => {
                write!(f, "{bytes} bytes, more than the {MAX_FILE_BYTES} that a configuration file may have")
            }
            Self::Other(message) => f.write_str(message),
        }
    }
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it really lies, links followed.
    pub real: PathBuf,
}

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// A directory.
    Directory,
    /// A file.
    File,
}

/// A file to be read in parts.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Something that holds files.
pub trait Storage: Sync {
    /// The bytes of a file, and where it really lies.
    ///
    /// # Errors
    /// Why it cannot be read, [`ReadError::Absent`] where it is not there.
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError>;

    /// Opens a file of any size: an archive.
    ///
    /// # Errors
    /// As [`Storage::read`].
    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError>;

    /// What is at `path`; `None` where nothing is.
    ///
    /// # Errors
    /// Where something is there that cannot be looked into.
    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError>;

    /// Names of what lies directly in `path`, sorted.
    ///
    /// # Errors
    /// Where `path` cannot be listed.
    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError>;

    /// Where a directory really lies, links followed, inside the given folders or not.
    ///
    /// # Errors
    /// Where there is none, or it cannot be reached.
    fn real(&self, path: &Path) -> Result<PathBuf, ReadError>;
}

impl<T: Storage + ?Sized> Storage for &T {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
        (**self).read(path)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError> {
        (**self).open(path)
    }

    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
        (**self).lies(path)
    }

    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
        (**self).entries(path)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        (**self).real(path)
    }
}

/// Files on disk, below given folders and nowhere else.
#[derive(Debug, Clone)]
pub struct Disk {
    /// Canonical paths.
    roots: HashSet<PathBuf>,
}

impl Disk {
    /// The disk below `folders`; links are followed as long as they end below one of them.
    pub fn below<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Self {
        Self { roots: folders.into_iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect() }
    }

    fn contains(&self, real: &Path) -> bool {
        real.ancestors().any(|folder| self.roots.contains(folder))
    }

    /// Where a file really lies, and how large it is.
    fn locate(&self, path: &Path) -> Result<(PathBuf, u64), ReadError> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_ok() => {
                return Err(ReadError::Dangling);
            }
            Err(error) => return Err(said(&error)),
        };
        if !self.contains(&real) {
            return Err(ReadError::LeadsOut);
        }
        // Checked before opening: opening a pipe would wait for somebody to write to it.
        let metadata = fs::metadata(&real).map_err(|error| said(&error))?;
        if metadata.is_file() { Ok((real, metadata.len())) } else { Err(ReadError::NotAFile) }
    }
}

impl Storage for Disk {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
        let (real, size) = self.locate(path)?;
        if size > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge(size));
        }
        let file = fs::File::open(&real).map_err(|error| said(&error))?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| said(&error))?;
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= MAX_FILE_BYTES => Ok(StoredFile { bytes, real }),
            _ => Err(ReadError::TooLarge(MAX_FILE_BYTES + 1)),
        }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError> {
        let (real, _) = self.locate(path)?;
        let file = fs::File::open(real).map_err(|error| said(&error))?;
        Ok(Box::new(file))
    }

    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
        match fs::metadata(path) {
            Ok(metadata) => {
                let neither = || ReadError::Other("neither a directory nor a file is in its place".to_owned());
                kind(&metadata).map(Some).ok_or_else(neither)
            }
            Err(error) => match said(&error) {
                ReadError::Absent => Ok(None),
                why => Err(why),
            },
        }
    }

    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
        let entries = fs::read_dir(path).map_err(|error| said(&error))?;
        let named = |entry: fs::DirEntry| {
            let lies = kind(&fs::metadata(entry.path()).ok()?)?;
            Some((entry.file_name().to_string_lossy().into_owned(), lies))
        };
        let mut names: Vec<(String, Lies)> = entries.filter_map(Result::ok).filter_map(named).collect();
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(names)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        fs::canonicalize(path).map_err(|error| said(&error))
    }
}

/// `None` for devices and pipes.
fn kind(metadata: &fs::Metadata) -> Option<Lies> {
    if metadata.is_dir() { Some(Lies::Directory) } else { metadata.is_file().then_some(Lies::File) }
}

/// What the system says, in words that do not depend on the platform where that is possible.
fn said(error: &std::io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::Absent,
        ErrorKind::PermissionDenied => ReadError::Denied,
        ErrorKind::IsADirectory => ReadError::NotAFile,
        _ => ReadError::Other(error.to_string()),
    }
}

/// Files in memory: examples of rules.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    directories: BTreeSet<PathBuf>,
}

impl Memory {
    /// Puts a file, and the directories above it, in place.
    pub fn insert(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        let path = path.into();
        self.directories.extend(path.ancestors().skip(1).map(Path::to_owned));
        self.files.insert(path, bytes.into());
    }
}

impl Storage for Memory {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
        let absent = if self.directories.contains(path) { ReadError::NotAFile } else { ReadError::Absent };
        let bytes = self.files.get(path).cloned().ok_or(absent)?;
        Ok(StoredFile { bytes, real: path.to_owned() })
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError> {
        Ok(Box::new(Cursor::new(self.read(path)?.bytes)))
    }

    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
        let file = self.files.contains_key(path).then_some(Lies::File);
        Ok(if self.directories.contains(path) { Some(Lies::Directory) } else { file })
    }

    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
        let directories = self.directories.iter().map(|directory| (directory, Lies::Directory));
        let files = self.files.keys().map(|file| (file, Lies::File));
        let here = directories.chain(files).filter(|(other, _)| other.parent() == Some(path));
        let mut names: Vec<(String, Lies)> =
            here.filter_map(|(path, lies)| Some((path.file_name()?.to_string_lossy().into_owned(), lies))).collect();
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(names)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        if self.directories.contains(path) { Ok(path.to_owned()) } else { Err(ReadError::Absent) }
    }
}
