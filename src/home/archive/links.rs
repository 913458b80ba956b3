//! Links in an archive, which are followed as long as they stay in it.

use std::collections::{BTreeMap, BTreeSet};

use super::interest::Found;
use super::name::{is_absolute, shown};
use crate::home::storage::ReadError;

/// Links that are followed one after the other before it is a circle.
const STEPS: usize = 40;

/// Links by the path at which they lie, and what was looked for already.
#[derive(Debug)]
pub(super) struct Links {
    targets: BTreeMap<String, Result<String, ReadError>>,
    looked_for: BTreeSet<String>,
}

impl Links {
    /// The links that were found when these paths were looked for.
    pub(super) fn new(looked_for: BTreeSet<String>, found: &BTreeMap<String, Found>) -> Self {
        let mut links = Self { targets: BTreeMap::new(), looked_for: BTreeSet::new() };
        links.add(looked_for, found);
        links
    }

    /// Further links, found when these paths were looked for.
    pub(super) fn add(&mut self, looked_for: BTreeSet<String>, found: &BTreeMap<String, Found>) {
        self.looked_for.extend(looked_for);
        self.targets.extend(found.iter().filter_map(|(path, found)| match found {
            Found::Link(target) => Some((path.clone(), target.clone())),
            Found::File(_) => None,
        }));
    }

    /// Whether the archive was gone through for a path.
    pub(super) fn looked_for(&self, path: &str) -> bool {
        self.looked_for.contains(path)
    }

    /// Where a path leads: itself, where no part of it is a link.
    ///
    /// # Errors
    /// A link that leads out or in a circle.
    pub(super) fn target(&self, path: &str) -> Result<String, ReadError> {
        let mut path = path.to_owned();
        for _ in 0..STEPS {
            let mut ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let link = ends.find_map(|end| Some((end, self.targets.get(&path[..end])?)));
            match link {
                None => return Ok(path),
                Some((end, target)) => path = format!("{}{}", target.as_ref().map_err(Clone::clone)?, &path[end..]),
            }
        }
        Err(ReadError::Dangling)
    }

    /// The file at a path; `None` where there is none.
    pub(super) fn file(&self, found: &BTreeMap<String, Found>, path: &str) -> Option<Result<Vec<u8>, ReadError>> {
        match self.target(path) {
            Err(why) => Some(Err(why)),
            Ok(target) => match found.get(&target) {
                Some(Found::File(bytes)) => Some(bytes.clone()),
                _ if target != path && self.targets.contains_key(path) => Some(Err(ReadError::Dangling)),
                _ => None,
            },
        }
    }
}

/// The path that a symbolic link names, from the top of the archive.
pub(super) fn resolve(link: &str, target: &str) -> Result<String, ReadError> {
    let out = || ReadError::Other(format!("a symbolic link to {} leads out of the archive", shown(target)));
    let slashed = target.replace('\\', "/");
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    if is_absolute(&slashed) {
        return Err(out());
    }
    // `..` is fine as long as it stays within.
    for part in slashed.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(out)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
