//! Compressed tar files: a stream that is read from its first byte to its last, within limits.

use std::cell::{Cell, RefCell};
use std::io::{self, BufReader, ErrorKind, Read, SeekFrom};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::interest::{EntryKind, Found, Interest, Picked, Scanned};
use super::links::resolve;
use super::{Limits, name};
use crate::home::storage::{ReadError, ReadSeek};

/// Bytes that may stand before an entry to describe it: names longer than a header has room for, attributes. The library
/// holds them in memory.
const DESCRIPTION: u64 = 1 << 20;

/// Goes through a compressed tar file.
///
/// # Errors
/// If it is none, is broken or breaks a limit.
pub(super) fn scan(reader: &mut dyn ReadSeek, interest: &Interest, limits: &Limits) -> Result<Scanned, ReadError> {
    reader.seek(SeekFrom::Start(0)).map_err(|error| broken(&error))?;
    let budget = Rc::new(Budget::new(limits.unpacked));
    let unpacked = Metered { inner: MultiGzDecoder::new(BufReader::with_capacity(1 << 16, reader)), budget: Rc::clone(&budget) };
    let mut archive = tar::Archive::new(unpacked);
    let picked = pick(&mut archive, &budget, interest, limits);
    let failed = |error: &io::Error| budget.exceeded.take().unwrap_or_else(|| broken(error));
    let picked = picked.map_err(|error| match error {
        Trouble::Io(error) => failed(&error),
        Trouble::Said(error) => error,
    })?;
    // The checksum stands behind the last entry.
    match io::copy(&mut archive.into_inner(), &mut io::sink()) {
        // What stands behind it and is no gzip, gzip passes over: tapes and block devices fill up with zeros.
        Err(error) if error.kind() == ErrorKind::InvalidInput && error.to_string().contains("header") => {}
        outcome => drop(outcome.map_err(|error| failed(&error))?),
    }
    picked.finish(|found| found)
}

/// What stops the reading.
enum Trouble {
    Io(io::Error),
    Said(ReadError),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn pick<R: Read>(
    archive: &mut tar::Archive<R>,
    budget: &Budget,
    interest: &Interest,
    limits: &Limits,
) -> Result<Picked<Found>, Trouble> {
    let mut picked = Picked::default();
    let mut entries = archive.entries()?;
    for count in 0_usize.. {
        budget.step.set(Some(DESCRIPTION));
        let Some(entry) = entries.next() else { break };
        let mut entry = entry?;
        budget.step.set(None);
        if count == limits.entries {
            let message = format!("it has more than the {} entries that are read of an archive", limits.entries);
            return Err(Trouble::Said(ReadError::Other(message)));
        }
        if matches!(entry.header().entry_type(), EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = name::clean(&raw).map_err(Trouble::Said)?;
        let before = budget.left.get();
        budget.allows(entry.size())?;
        if let Some(slot) = interest.slot(&path, kind(entry.header().entry_type())) {
            let found = found(&path, &mut entry, limits)?;
            picked.add(slot, &raw, found);
        }
        // Passed over here and not by the library: what stands between entries is counted apart.
        io::copy(&mut entry, &mut io::sink())?;
        // Holes come from nowhere: nobody else counts them.
        let read = before - budget.left.get();
        budget.take(entry.size().saturating_sub(read))?;
    }
    budget.step.set(None);
    Ok(picked)
}

fn kind(kind: EntryType) -> EntryKind {
    match kind {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => EntryKind::File,
        EntryType::Directory => EntryKind::Folder,
        EntryType::Symlink | EntryType::Link => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

fn found<R: Read>(path: &str, entry: &mut tar::Entry<'_, R>, limits: &Limits) -> io::Result<Found> {
    let is_hard = entry.header().entry_type() == EntryType::Link;
    Ok(match kind(entry.header().entry_type()) {
        EntryKind::Link => {
            let target = entry.link_name_bytes().unwrap_or_default();
            let target = String::from_utf8_lossy(&target).into_owned();
            // A hard link names its target from the top, and a symbolic one from where it lies.
            Found::Link(if is_hard { name::clean(&target) } else { resolve(path, &target) })
        }
        EntryKind::File => {
            let mut bytes = Vec::new();
            entry.take(limits.file + 1).read_to_end(&mut bytes)?;
            let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= limits.file);
            Found::File(if fits { Ok(bytes) } else { Err(ReadError::TooLarge(entry.size().max(limits.file + 1))) })
        }
        EntryKind::Folder | EntryKind::Other => Found::File(Err(ReadError::NotAFile)),
    })
}

fn broken(error: &io::Error) -> ReadError {
    let why = if error.kind() == ErrorKind::UnexpectedEof { "it ends too early".to_owned() } else { error.to_string() };
    ReadError::Other(format!("it is no tar.gz file, or is broken or cut off ({why}): fetch or make it anew"))
}

/// How much may still be unpacked.
struct Budget {
    all: u64,
    left: Cell<u64>,
    /// What may still be read before the next entry begins.
    step: Cell<Option<u64>>,
    exceeded: RefCell<Option<ReadError>>,
}

impl Budget {
    fn new(all: u64) -> Self {
        Self { all, left: Cell::new(all), step: Cell::new(None), exceeded: RefCell::default() }
    }

    /// What is left after so many bytes more.
    fn allows(&self, bytes: u64) -> io::Result<u64> {
        let message = || format!("it unpacks to more than the {} bytes up to which an archive is read", self.all);
        self.left.get().checked_sub(bytes).ok_or_else(|| self.exceed(message()))
    }

    /// Takes bytes that came out.
    fn take(&self, bytes: u64) -> io::Result<()> {
        self.left.set(self.allows(bytes)?);
        if let Some(step) = self.step.get() {
            let message =
                || format!("more than {DESCRIPTION} bytes describe one of its entries, which no archive of files needs");
            self.step.set(Some(step.checked_sub(bytes).ok_or_else(|| self.exceed(message()))?));
        }
        Ok(())
    }

    fn exceed(&self, message: String) -> io::Error {
        self.exceeded.replace(Some(ReadError::Other(message.clone())));
        io::Error::other(message)
    }
}

/// A reader whose bytes are counted.
struct Metered<R> {
    inner: R,
    budget: Rc<Budget>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.budget.take(read as u64)?;
        Ok(read)
    }
}
