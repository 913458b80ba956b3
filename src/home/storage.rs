//! Where bytes come from: the disk, or text in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read};
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

/// Something that holds files.
pub trait Storage: Sync {
    /// The bytes of a file, and where it really lies.
    ///
    /// # Errors
    /// Why it cannot be read, [`ReadError::Absent`] where it is not there.
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError>;

    /// Whether a directory is at `path`.
    ///
    /// # Errors
    /// Where something is there that cannot be looked into.
    fn is_directory(&self, path: &Path) -> Result<bool, ReadError>;

    /// Names of the directories directly in `path`, sorted.
    ///
    /// # Errors
    /// Where `path` cannot be listed.
    fn directories(&self, path: &Path) -> Result<Vec<String>, ReadError>;

    /// Whether a file is at `path`. It is not read.
    fn is_file(&self, path: &Path) -> bool;

    /// Where a directory really lies, links followed, inside the given folders or not.
    ///
    /// # Errors
    /// Where there is none, or it cannot be reached.
    fn real(&self, path: &Path) -> Result<PathBuf, ReadError>;
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
}

impl Storage for Disk {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
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
        if !metadata.is_file() {
            return Err(ReadError::NotAFile);
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge(metadata.len()));
        }
        let file = fs::File::open(&real).map_err(|error| said(&error))?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| said(&error))?;
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= MAX_FILE_BYTES => Ok(StoredFile { bytes, real }),
            _ => Err(ReadError::TooLarge(MAX_FILE_BYTES + 1)),
        }
    }

    fn is_directory(&self, path: &Path) -> Result<bool, ReadError> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(true),
            Ok(_) => Err(ReadError::Other("a file is in its place, where a directory was expected".to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(said(&error)),
        }
    }

    fn directories(&self, path: &Path) -> Result<Vec<String>, ReadError> {
        let entries = fs::read_dir(path).map_err(|error| said(&error))?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        fs::canonicalize(path).map_err(|error| said(&error))
    }
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

/// Files in memory: examples of rules, and later unsaved text.
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

    fn is_directory(&self, path: &Path) -> Result<bool, ReadError> {
        Ok(self.directories.contains(path))
    }

    fn directories(&self, path: &Path) -> Result<Vec<String>, ReadError> {
        let below = self.directories.iter().filter(|directory| directory.parent() == Some(path));
        Ok(below.filter_map(|directory| directory.file_name()).map(|name| name.to_string_lossy().into_owned()).collect())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        if self.directories.contains(path) { Ok(path.to_owned()) } else { Err(ReadError::Absent) }
    }
}
