//! The files of homes, and what is wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue;
use crate::config::Malformed;
use crate::home::FileState;
use crate::source::{Place, SourceId};

use super::{Deployment, Inputs, Link, Node, What, settings};

/// A file of a home.
#[derive(Debug)]
pub struct File {
    /// The file.
    pub source: SourceId,
    /// Nodes whose home it is in.
    pub nodes: Vec<usize>,
    /// What became of it.
    pub state: FileProblem,
    /// Marks of unrendered templates in host or port positions: what, and where.
    pub templates: BTreeMap<Place, String>,
    /// Placeholders in such positions that nobody set.
    pub unset: BTreeMap<Place, String>,
    /// Elements in it that this version does not read: their title, and where.
    pub obsolete: BTreeMap<Place, String>,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub enum FileProblem {
    /// It was read.
    None,
    /// It could not be read: why.
    Unreadable(String),
    /// It does not parse.
    Malformed(Malformed),
}

impl Deployment {
    /// Whether each node of a file writes it anew at every start: it lies beside the file of which the product makes all others.
    pub fn is_overwritten(&self, file: &File) -> bool {
        let files = &self.inputs.files;
        let by_node = |node: &usize| {
            let home = &self.nodes[*node].home;
            let is_this = |state: &FileState| matches!(state, FileState::Read(source) | FileState::Unreadable(source, _) if *source == file.source);
            let own = (0..files.len()).find(|index| is_this(home.file(*index)));
            let makes = |index: usize, spec: &catalogue::FileSpec| {
                spec.generates && Some(index) != own && matches!(home.file(index), FileState::Read(_))
            };
            own.is_some_and(|own| {
                let folder = |path: &str| path.rfind('/').map_or(0, |at| at + 1);
                files
                    .iter()
                    .enumerate()
                    .any(|(index, spec)| makes(index, spec) && files[own].path.starts_with(&spec.path[..folder(&spec.path)]))
            })
        };
        !file.nodes.is_empty() && file.nodes.iter().all(by_node)
    }

    /// Whether a node that has a file reads it, in its role.
    pub fn is_read(&self, file: &File) -> bool {
        let by_node = |node: &usize| {
            let node = &self.nodes[*node];
            let mut specs = self.inputs.files.iter().enumerate();
            let is_this = |state: &FileState| matches!(state, FileState::Read(source) | FileState::Unreadable(source, _) if *source == file.source);
            let own = specs.find(|(index, _)| is_this(node.home.file(*index)));
            own.is_none_or(|(_, spec)| spec.roles.is_empty() || spec.roles.iter().any(|role| node.role_set.contains(role)))
        };
        file.nodes.is_empty() || file.nodes.iter().any(by_node)
    }
}

pub(super) fn of_nodes(inputs: &Inputs, nodes: &[Arc<Node>], links: &[Link]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    let mut index_of: BTreeMap<SourceId, usize> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for spec in 0..inputs.files.len() {
            let (source, unreadable) = match node.home.file(spec) {
                FileState::Absent => continue,
                FileState::Read(source) => (*source, None),
                FileState::Unreadable(source, why) => (*source, Some(why.clone())),
            };
            let at = *index_of.entry(source).or_insert_with(|| {
                let state = match (unreadable, inputs.documents.get(source)) {
                    (Some(why), _) => FileProblem::Unreadable(why),
                    (None, Some(Err(malformed))) => FileProblem::Malformed(malformed.clone()),
                    (None, _) => FileProblem::None,
                };
                let (templates, unset, obsolete) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
                files.push(File { source, nodes: Vec::new(), state, templates, unset, obsolete });
                files.len() - 1
            });
            files[at].nodes.push(index);
            files[at].obsolete.extend(settings::obsolete(inputs, node, spec, source));
        }
    }
    let of_links = links.iter().flat_map(|link| {
        let public = inputs.catalogue.links[link.spec].public;
        link.unresolved.iter().map(move |(place, what)| (place, what, public))
    });
    let of_nodes = nodes.iter().flat_map(|node| &node.unresolved).map(|(place, what)| (place, what, false));
    for (place, what, public) in of_nodes.chain(of_links) {
        let Some(at) = index_of.get(&place.source) else { continue };
        match what {
            // No server calls it: that it is not known holds nothing up.
            What::Template(mark) if public => files[*at].unset.insert(*place, mark.clone()),
            What::Template(mark) => files[*at].templates.insert(*place, mark.clone()),
            What::Unset(name) => files[*at].unset.insert(*place, name.clone()),
            _ => None,
        };
    }
    files
}
