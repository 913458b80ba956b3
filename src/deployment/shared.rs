//! Files that several nodes read: one home of several nodes, homes under two names, links between homes.

use std::collections::{BTreeSet, HashMap};

use crate::source::{SourceId, Sources};

use super::File;

/// Files with more than one reader or name.
#[derive(Debug, Default)]
pub struct SharedFiles {
    /// Index into `groups`, of every name of such a file.
    group_of: HashMap<SourceId, usize>,
    groups: Vec<Group>,
}

#[derive(Debug, Default)]
struct Group {
    names: Vec<SourceId>,
    readers: BTreeSet<usize>,
}

impl SharedFiles {
    /// Finds them among the files of a deployment.
    pub fn new(sources: &Sources, files: &[File]) -> Self {
        // What lies nowhere by itself, as in an archive, has one name only.
        let place = |source: SourceId| sources.get(source).real.as_deref().ok_or(source);
        let mut by_place: HashMap<Result<&std::path::Path, SourceId>, Group> = HashMap::with_capacity(files.len());
        for file in files {
            let group = by_place.entry(place(file.source)).or_default();
            group.names.push(file.source);
            group.readers.extend(&file.nodes);
        }
        let mut groups: Vec<Group> =
            by_place.into_values().filter(|group| group.names.len() > 1 || group.readers.len() > 1).collect();
        groups.sort_by_key(|group| group.names.first().copied());
        let names = groups.iter().enumerate().flat_map(|(index, group)| group.names.iter().map(move |name| (*name, index)));
        Self { group_of: names.collect(), groups }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn group(&self, source: SourceId) -> Option<&Group> {
        self.group_of.get(&source).map(|index| &self.groups[*index])
    }

    /// A number that all names of a shared file have in common, and no other has.
    pub fn same_file(&self, source: SourceId) -> Option<usize> {
        self.group_of.get(&source).copied()
    }

    /// The nodes that read a file, ascending; empty where it is not shared.
    pub fn readers(&self, source: SourceId) -> Vec<usize> {
        self.group(source).map(|group| group.readers.iter().copied().collect()).unwrap_or_default()
    }

    /// Every name of a file, its own among them.
    pub fn names_of(&self, source: SourceId) -> Vec<SourceId> {
        self.group(source).map_or_else(|| vec![source], |group| group.names.clone())
    }
}
