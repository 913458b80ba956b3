//! Brings a plan to the disk: every file is replaced as a whole, or not at all.
//!
//! A file is written beside the old one, synced, and renamed over it, so that whoever reads (or kills) sees the old
//! file or the new one and never a part. All files of a plan are prepared before the first is replaced.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

use super::plan::FileChange;

/// A file that is not changed, and why. The disk holds what it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Index of the change.
    pub index: usize,
    /// Why, for people, with what to do.
    pub why: String,
}

/// A new file, complete on disk, that waits to take the place of the old one.
#[derive(Debug)]
pub struct Prepared<'a> {
    change: &'a FileChange,
    /// Closed again: a plan may have more files than a process may hold open.
    new: TempPath,
}

/// Writes the new files beside the old ones. Nothing is replaced yet; what is dropped again leaves nothing behind.
pub fn prepare(changes: &[FileChange]) -> (Vec<Prepared<'_>>, Vec<Refused>) {
    let (mut prepared, mut refused) = (Vec::new(), Vec::new());
    for (index, change) in changes.iter().enumerate() {
        match prepare_one(change) {
            Ok(one) => prepared.push(one),
            Err(why) => refused.push(Refused { index, why }),
        }
    }
    (prepared, refused)
}

fn prepare_one(change: &FileChange) -> Result<Prepared<'_>, String> {
    unchanged(change)?;
    let metadata = fs::metadata(&change.real).map_err(|error| said("cannot be read any more", &error))?;
    writable(&metadata)?;
    // Whoever may not write the file must not replace it either. Opened to append: nothing is cut off.
    File::options().append(true).open(&change.real).map_err(|error| said("cannot be written", &error))?;
    let new = write_beside(&change.real, &change.after, &metadata)?;
    Ok(Prepared { change, new: new.into_temp_path() })
}

/// Whether a file may be replaced.
fn writable(metadata: &Metadata) -> Result<(), String> {
    if metadata.permissions().readonly() {
        return Err("it is read-only: make it writable, or leave it to who manages it".to_owned());
    }
    if names(metadata) > 1 {
        return Err("it has several names (hard links), of which only one would change: edit it by hand".to_owned());
    }
    Ok(())
}

/// Whether the file still holds what was linted.
fn unchanged(change: &FileChange) -> Result<(), String> {
    let now = fs::read(&change.real).map_err(|error| said("cannot be read any more", &error))?;
    if now == change.before.bytes() { Ok(()) } else { Err("it was changed since it was read: run again".to_owned()) }
}

fn said(what: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!("it {what}: permission denied"),
        io::ErrorKind::StorageFull => format!("it {what}: the disk is full"),
        io::ErrorKind::ReadOnlyFilesystem => format!("it {what}: the file system is read-only"),
        _ => format!("it {what}: {error}"),
    }
}

fn write_beside(path: &Path, bytes: &[u8], old: &Metadata) -> Result<NamedTempFile, String> {
    let failed = |error: io::Error| said("cannot be written", &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut new =
        tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".carbonlint").tempfile_in(folder).map_err(failed)?;
    new.write_all(bytes).map_err(failed)?;
    keep_owner(new.as_file(), old).map_err(|error| said("is left, for its owner and group cannot be kept", &error))?;
    new.as_file().set_permissions(old.permissions()).map_err(failed)?;
    keep_attributes(path, new.path()).map_err(|error| said("is left, for its access list cannot be kept", &error))?;
    new.as_file().sync_all().map_err(failed)?;
    Ok(new)
}

#[cfg(unix)]
fn keep_owner(new: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = new.metadata()?;
    if (own.uid(), own.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Extended attributes, access lists among them. What a system sets by itself (labels) may be refused.
#[cfg(unix)]
fn keep_attributes(old: &Path, new: &Path) -> io::Result<()> {
    let Ok(names) = xattr::list(old) else { return Ok(()) };
    for name in names {
        let Some(value) = xattr::get(old, &name)? else { continue };
        match xattr::set(new, &name, &value) {
            Err(error) if name.to_string_lossy().starts_with("system.") => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_attributes(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// How many names a file has.
#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

impl Prepared<'_> {
    /// The change that it brings.
    pub fn change(&self) -> &FileChange {
        self.change
    }

    /// Puts the new file in the place of the old one.
    ///
    /// # Errors
    /// Why it could not: the old file is as it was.
    pub fn commit(self) -> Result<(), String> {
        unchanged(self.change)?;
        let metadata = fs::metadata(&self.change.real).map_err(|error| said("cannot be read any more", &error))?;
        writable(&metadata)?;
        self.new.persist(&self.change.real).map_err(|error| said("cannot be replaced", &error.error))?;
        sync_folder(&self.change.real).map_err(|error| said("was replaced, but its folder cannot be synced", &error))
    }
}

/// The rename itself is on disk only when the folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
