//! Where results go: standard output, or files that are written whole or not at all.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A result and where it goes.
pub struct Output {
    pub bytes: Vec<u8>,
    pub to: Destination,
}

/// Where a result goes.
pub enum Destination {
    /// Standard output.
    Standard,
    /// A file.
    File(FileOutput),
}

/// A file that can be written: that was tried.
pub struct FileOutput {
    path: PathBuf,
    way: Way,
}

/// How a file is written.
enum Way {
    /// A new file beside it takes its place. `fresh`: only if there is none.
    Replace { new: NamedTempFile, at: PathBuf, fresh: bool },
    /// As it is: a device, a pipe, a file in a folder that takes no other.
    InPlace,
}

impl Destination {
    /// A file, prepared, or standard output where none is named.
    pub fn of(file: Option<&Path>) -> Result<Self, String> {
        file.map_or(Ok(Self::Standard), |path| self::file(path).map(Self::File))
    }
}

/// A folder for files, made where it is not there.
pub fn folder(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| cannot(path, &error))
}

/// Prepares a file; what it held stays until it is written.
fn file(path: &Path) -> Result<FileOutput, String> {
    prepare(path).map(|way| FileOutput { path: path.to_owned(), way }).map_err(|error| cannot(path, &error))
}

/// Prepares a file that must not be there yet.
pub fn new_file(path: &Path) -> Result<FileOutput, String> {
    let new = beside(path, None).map_err(|error| cannot(path, &error))?;
    Ok(FileOutput { path: path.to_owned(), way: Way::Replace { new, at: path.to_owned(), fresh: true } })
}

/// A file that is named twice, where one is: the second would take the place of the first.
pub fn named_twice<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<&'a Path> {
    let mut seen = HashSet::new();
    paths.into_iter().find(|path| !seen.insert(identity(path)))
}

/// The same for all names of a file, also of one that is not there yet.
fn identity(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let in_folder = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

fn cannot(path: &Path, error: &io::Error) -> String {
    format!("error: {} cannot be written: {error}", path.display())
}

fn prepare(path: &Path) -> io::Result<Way> {
    let Ok(metadata) = fs::metadata(path) else {
        // A link that leads to no file yet: what it names is made.
        if path.is_symlink() {
            return Ok(Way::InPlace);
        }
        return Ok(Way::Replace { new: beside(path, None)?, at: path.to_owned(), fresh: false });
    };
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Ok(Way::InPlace);
    }
    // Whoever may not write the file must not replace it either. Opened to append: nothing is cut off.
    File::options().append(true).open(path)?;
    let at = path.canonicalize()?;
    match beside(&at, Some(metadata.permissions())) {
        Ok(new) => Ok(Way::Replace { new, at, fresh: false }),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Way::InPlace),
        Err(error) => Err(error),
    }
}

fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".carbonlint");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    // Errors of the crate name the file beside it, which nobody asked for.
    let new = builder.tempfile_in(folder).map_err(|error| io::Error::from(error.kind()))?;
    if let Some(permissions) = permissions {
        new.as_file().set_permissions(permissions)?;
    }
    Ok(new)
}

impl FileOutput {
    /// Writes the file.
    pub fn write(self, bytes: &[u8]) -> Result<(), String> {
        let written = match self.way {
            Way::Replace { mut new, at, fresh } => new
                .write_all(bytes)
                .and_then(|()| new.as_file().sync_all())
                .and_then(|()| if fresh { new.persist_noclobber(&at) } else { new.persist(&at) }.map_err(|error| error.error)),
            Way::InPlace => File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(&self.path)
                .and_then(|mut file| file.write_all(bytes).map(|()| file)),
        };
        written.map(drop).map_err(|error| cannot(&self.path, &error))
    }
}
