//! Zip files: their directory is read, and of the entries those that are asked for.

use std::io::{ErrorKind, Read as _};

use zip::read::{Config, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::buffer::Buffer;
use super::interest::{EntryKind, Found, Interest, Picked, Scanned};
use super::links::resolve;
use super::{Limits, name};
use crate::home::storage::{ReadError, ReadSeek};

/// The longest target that a link may have.
const LONGEST_TARGET: u64 = 4096;

type Entry = zip::read::OwnedZipFileEntry;

/// Goes through a zip file.
///
/// # Errors
/// If it is none, is broken or breaks a limit.
pub(super) fn scan(reader: &mut dyn ReadSeek, interest: &Interest, limits: &Limits) -> Result<Scanned, ReadError> {
    let mut archive = ZipIterable::try_new(Buffer::new(reader), Config::default()).map_err(|error| no_zip(&error))?;
    if archive.len() > limits.entries {
        let message = format!("it has {} entries, more than the {} that are read of an archive", archive.len(), limits.entries);
        return Err(ReadError::Other(message));
    }
    let entries = archive.files().map_err(|error| no_zip(&error))?;
    let mut picked = Picked::default();
    for entry in entries.by_ref() {
        let entry = entry.map_err(|error| no_zip(&error))?;
        let raw = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw())).into_owned();
        let path = name::clean(&raw)?;
        if let Some(slot) = interest.slot(&path, kind(&entry)) {
            picked.add(slot, &raw, (path, Entry::from(entry)));
        }
    }
    let reader = entries.reader_mut();
    picked.finish(|(path, entry)| found(&path, &entry, reader, limits))
}

fn kind(entry: &zip::read::ZipFileEntry<'_>) -> EntryKind {
    if entry.is_symlink() {
        EntryKind::Link
    } else if entry.is_dir() {
        EntryKind::Folder
    } else {
        EntryKind::File
    }
}

fn found(path: &str, entry: &Entry, reader: &mut Buffer<&mut dyn ReadSeek>, limits: &Limits) -> Found {
    match kind(&entry.as_ref()) {
        EntryKind::Link => Found::Link(bytes(entry, reader, LONGEST_TARGET).and_then(|target| {
            let target = String::from_utf8_lossy(&target).into_owned();
            resolve(path, &target)
        })),
        EntryKind::File => Found::File(bytes(entry, reader, limits.file)),
        EntryKind::Folder | EntryKind::Other => Found::File(Err(ReadError::NotAFile)),
    }
}

/// The bytes of an entry, as many as come out of it and not as many as it says.
fn bytes(entry: &Entry, reader: &mut Buffer<&mut dyn ReadSeek>, limit: u64) -> Result<Vec<u8>, ReadError> {
    if entry.encrypted() {
        let message = "it is encrypted in the archive: make the archive anew without a password";
        return Err(ReadError::Other(message.to_owned()));
    }
    if entry.size() > limit {
        return Err(ReadError::TooLarge(entry.size()));
    }
    let unpacked = entry.as_ref().with_reader(reader, ZipReadOptions::new()).map_err(|error| broken_entry(&error))?;
    let mut bytes = Vec::new();
    unpacked.take(limit + 1).read_to_end(&mut bytes).map_err(|error| broken_entry(&error.into()))?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(ReadError::TooLarge(limit + 1)),
    }
}

fn no_zip(error: &ZipError) -> ReadError {
    ReadError::Other(format!("it is no zip file, or is broken or cut off ({}): fetch or make it anew", said(error)))
}

fn broken_entry(error: &ZipError) -> ReadError {
    // What is found only when the bytes are read is wrapped once more.
    if let ZipError::Io(wrapped) = error
        && let Some(inner) = wrapped.get_ref().and_then(|inner| inner.downcast_ref::<ZipError>())
    {
        return broken_entry(inner);
    }
    ReadError::Other(match error {
        ZipError::CompressionMethodNotSupported(method) => {
            format!("it is packed in a way that is not read (method {method}): make the archive anew with deflate, as zip does")
        }
        _ => format!("it is broken in the archive ({}): fetch or make the archive anew", said(error)),
    })
}

/// What is wrong, without what the library calls it.
fn said(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        ZipError::Io(error) => error.to_string(),
        ZipError::InvalidArchive(what) => what.clone().into_owned(),
        ZipError::UnsupportedArchive(what) => (*what).to_owned(),
        other => other.to_string(),
    }
}
