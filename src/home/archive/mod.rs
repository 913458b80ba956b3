//! Archives as homes: `.zip`, `.tar.gz` and `.tgz`. What is asked for is unpacked, in memory; the rest is passed over.
//!
//! Invariant: nothing that an archive says of itself is trusted. What is unpacked is counted as it comes out, and what
//! an archive costs is bounded by [`Limits`], whatever is in it. Knows nothing of homes and their layers.

mod buffer;
mod interest;
mod links;
mod name;
mod tar_gz;
#[cfg(test)]
mod tests;
mod zip_file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use interest::{Found, Interest, Scanned};
use links::Links;

use super::storage::{MAX_FILE_BYTES, ReadError, ReadSeek};

/// How often an archive is gone through for what its links name.
const ROUNDS: usize = 4;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has a directory of its own at the end: only what is asked for is read.
    Zip,
    /// A stream, which has to be read from its first byte to its last.
    TarGz,
}

/// Ends of the names of archives.
const SUFFIXES: [(&str, Kind); 3] = [(".zip", Kind::Zip), (".tar.gz", Kind::TarGz), (".tgz", Kind::TarGz)];

/// What an archive may cost.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Bytes of one file.
    pub(super) file: u64,
    /// Number of entries.
    pub(super) entries: usize,
    /// Bytes of all that has to be unpacked to get at what is asked for.
    pub(super) unpacked: u64,
}

impl Limits {
    /// A product pack has some ten thousand entries and less than a gigabyte.
    pub(super) const DEFAULT: Self = Self { file: MAX_FILE_BYTES, entries: 1_000_000, unpacked: 4 << 30 };
}

/// What was found in an archive.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The folder in which all that was asked for lies; `None` where it lies at the top.
    pub(super) top: Option<String>,
    /// Files that are there, by the path that was asked for.
    pub(super) files: BTreeMap<String, Result<Vec<u8>, ReadError>>,
}

/// The format of an archive, by its file's name, and that name without its end.
pub(super) fn kind(path: &Path) -> Option<(Kind, String)> {
    let name = path.file_name()?.to_str()?;
    SUFFIXES.iter().find_map(|(suffix, kind)| {
        let at = name.len().checked_sub(suffix.len()).filter(|at| *at > 0)?;
        let (stem, end) = name.split_at_checked(at)?;
        end.eq_ignore_ascii_case(suffix).then(|| (*kind, stem.to_owned()))
    })
}

/// Finds files in an archive: at its top, or else in the one folder at its top that holds any of them; and others, there too.
///
/// # Errors
/// Why nothing in the archive can be relied on.
pub(super) fn unpack(
    kind: Kind,
    reader: &mut dyn ReadSeek,
    telling: &BTreeSet<String>,
    others: &BTreeSet<String>,
    limits: &Limits,
) -> Result<Unpacked, ReadError> {
    let mut scan = |interest: &Interest| match kind {
        Kind::Zip => zip_file::scan(reader, interest, limits),
        Kind::TarGz => tar_gz::scan(reader, interest, limits),
    };
    let Scanned { top, found } = scan(&Interest::below_any_top(telling.iter().cloned()))?;
    let within = |path: &String| top.as_ref().map_or_else(|| path.clone(), |top| format!("{top}/{path}"));
    let mut found: BTreeMap<String, Found> = found.into_iter().map(|(path, one)| (within(&path), one)).collect();
    if !others.is_empty() {
        found.extend(scan(&Interest::exactly(others.iter().map(within)))?.found);
    }
    let wanted = || telling.iter().chain(others);
    let mut links = Links::new(wanted().map(within).collect(), &found);
    for _ in 0..ROUNDS {
        let targets = wanted().filter_map(|path| links.target(&within(path)).ok());
        let named: BTreeSet<String> = targets.filter(|target| !links.looked_for(target)).collect();
        if named.is_empty() {
            break;
        }
        let further = scan(&Interest::exactly(named.iter().cloned()))?;
        links.add(named, &further.found);
        found.extend(further.found);
    }
    let files = wanted().filter_map(|path| Some((path.clone(), links.file(&found, &within(path))?))).collect();
    Ok(Unpacked { top, files })
}
