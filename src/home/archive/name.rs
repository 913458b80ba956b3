//! Names of entries: what they mean, and which of them no archive should have.

use crate::home::storage::ReadError;

/// The name of an entry as a path with forward slashes, without `.` parts and without the slash of a folder.
///
/// # Errors
/// Where it leads out of the archive: such an archive was made to do harm, or is none that can be relied on.
pub(super) fn clean(raw: &str) -> Result<String, ReadError> {
    let slashed = raw.replace('\\', "/");
    if leads_out(&slashed) {
        return Err(ReadError::Other(format!("its entry {} leads out of the archive: make the archive anew", shown(raw))));
    }
    let parts: Vec<&str> = slashed.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Ok(parts.join("/"))
}

/// Whether a path leads to the root, to a drive or to a folder above.
fn leads_out(slashed: &str) -> bool {
    is_absolute(slashed) || slashed.split('/').any(|part| part == "..")
}

/// Whether a path starts at the root or at a drive, of whatever system.
pub(super) fn is_absolute(slashed: &str) -> bool {
    let drive = slashed.as_bytes().get(1) == Some(&b':') && slashed.starts_with(|first: char| first.is_ascii_alphabetic());
    slashed.starts_with('/') || drive
}

/// A name that anybody may have written, fit for a message.
pub(super) fn shown(raw: &str) -> String {
    const LONGEST: usize = 80;
    let start: String = raw.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let more = if raw.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("'{start}{more}'")
}
