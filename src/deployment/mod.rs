//! The model of a deployment: nodes with their offsets, listeners and links, every port with its
//! reasons and every link with its one verdict.
//!
//! Invariants: pure (everything was read before); verdicts are computed here and nowhere else;
//! what cannot be known stays unknown and says why, it is never guessed.

mod addresses;
mod check;
mod effective;
mod expand;
mod expected;
mod files;
mod groups;
mod hosts;
mod inputs;
mod links;
mod members;
mod names;
mod node;
mod port;
mod product;
mod records;
mod settings;
mod shared;
mod started;
mod url;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::catalogue::{self, Catalogue, FileSpec, holds};
use crate::config::{Document, Found};
use crate::home::{FileState, Home};
use crate::source::{Place, SourceId, Sources};

pub use check::check_topology;
pub use expand::{Expanded, What};
pub use expected::Expected;
pub use files::{File, FileProblem};
pub use groups::{Cluster, Collision, Forward, Opener};
pub use hosts::apart;
pub use inputs::Inputs;
pub use links::{Host, Link, Target, Verdict, WrittenPort};
pub use members::{Entry, Member};
pub use names::{Fault, Name};
pub use node::{Contradiction, Listener, Node, Offset, OffsetProblem, Product};
pub use port::{EffectivePort, Reason, Step};
pub use records::Record;
pub use settings::{NumberProblem, Setting, State, parse_int};
pub use started::{StartOption, Started, files_of};

/// A deployment, resolved.
pub struct Deployment {
    /// What it was built from.
    pub inputs: Inputs,
    /// The nodes, in the order of the topology.
    pub nodes: Vec<Arc<Node>>,
    /// All links, by node, then in the catalogue's order.
    pub links: Vec<Link>,
    /// Files of the homes that were there, each once.
    pub files: Vec<File>,
    /// Pairs of nodes that open the same ports of one machine.
    pub collisions: Vec<Collision>,
    /// Gateways that call the same key manager.
    pub clusters: Vec<Cluster>,
    /// Nodes that find each other in groups, and what their lists say of each.
    pub members: Vec<Member>,
    /// Ports of load balancers, each with one node behind it.
    pub forwards: Vec<Forward>,
    /// Elements of files that are not whole.
    pub records: Vec<Record>,
    /// Tables and keys of TOML files that are defined twice, or have the wrong name or brackets.
    pub tables: Vec<Name>,
    /// Elements of XML files that have the wrong name.
    pub elements: Vec<Name>,
    /// The links of each node, as a range of `links`.
    links_of: Vec<Range<usize>>,
    /// How many nodes call each listener of each node.
    callers: HashMap<(usize, usize), usize>,
    /// Whether every link of each node, every call to it and every port of it is in order as far as it is known.
    settled: Vec<bool>,
    expected: Vec<Option<Expected>>,
    colliding: Vec<bool>,
    /// Nodes that read a file with one of `tables` or `elements` that has the wrong name, and these.
    misnamed: names::Misnamed,
    /// Files that several nodes read, under one name or several.
    shared: shared::SharedFiles,
}

impl Deployment {
    /// The product knowledge behind the model.
    pub fn catalogue(&self) -> &Catalogue {
        &self.inputs.catalogue
    }

    /// All files that were read.
    pub fn sources(&self) -> &Sources {
        &self.inputs.sources
    }

    /// The place of a span of the topology.
    pub fn topology_place(&self, span: crate::source::Span) -> Place {
        Place { source: self.inputs.topology_source, span }
    }

    /// Whether a file was understood: where it was not, more of it is masked.
    pub fn is_understood(&self, source: SourceId) -> bool {
        // Of a script only its options are.
        let parsed = |document: &Document| document.options().is_none();
        source == self.inputs.topology_source || matches!(self.inputs.documents.get(source), Some(Ok(known)) if parsed(known))
    }

    /// How secrets of a file are found.
    pub fn masking(&self, source: SourceId) -> crate::source::Kind {
        let topology = source == self.inputs.topology_source;
        if topology { crate::source::Kind::Yaml } else { crate::source::Kind::of(&self.sources().get(source).name) }
    }

    /// The index of the node of that name.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Where a setting of a node is written, with what was found there.
    pub fn found(&self, node: usize, setting: usize) -> Option<(SourceId, &Found)> {
        let setting = self.nodes.get(node)?.settings.get(setting)?;
        setting.found.as_ref().map(|(source, found)| (*source, found))
    }

    /// The links that a node makes.
    pub fn links_of(&self, node: usize) -> &[Link] {
        self.links_of.get(node).map_or(&[], |range| &self.links[range.clone()])
    }

    /// The offset that all calls to a node go by, where it has another.
    pub fn expected_offset(&self, node: usize) -> Option<Expected> {
        self.expected.get(node).copied().flatten()
    }

    /// The offset in a file of a node that something else overrides, and where it is written.
    pub fn overridden_offset(&self, node: usize) -> Option<(i64, Place)> {
        let node = &self.nodes[node];
        let written = node.settings[self.catalogue().offset].place()?;
        let (text, place) = node.offset.overridden.iter().find(|(_, place)| *place == written)?;
        let value = text.trim().parse().ok().filter(|value| Some(*value) != node.offset.value)?;
        Some((value, *place))
    }

    /// Whether a start script says the offset of a node as a number.
    pub fn is_offset_of_script(&self, node: usize) -> bool {
        let node = &self.nodes[node];
        let start = node.started.get(&self.catalogue().offset_property).filter(|start| node.offset.place == Some(start.place));
        node.offset.value.is_some() && start.is_some_and(|start| start.place.source != self.inputs.topology_source)
    }

    /// Whether a start script gives a node another offset than its file, and all calls to it go by that of the file.
    pub fn is_script_at_fault(&self, node: usize) -> bool {
        let expected = self.expected_offset(node).map(|expected| expected.offset);
        self.is_offset_of_script(node) && expected.is_some() && self.overridden_offset(node).map(|(value, _)| value) == expected
    }

    /// Whether the offset of a node is more likely the slip than the calls to it: several files agree on another one.
    pub fn is_offset_at_fault(&self, node: usize) -> bool {
        self.expected_offset(node).is_some_and(|expected| expected.outweighs())
    }

    /// Whether another server opens a port of a node on its machine.
    pub fn collides(&self, node: usize) -> bool {
        self.colliding.get(node).copied().unwrap_or_default()
    }

    /// Whether every link of a node, every call to it and every port of it is in order as far as it is known.
    pub fn is_settled(&self, node: usize) -> bool {
        self.settled.get(node).copied().unwrap_or(true)
    }

    /// Whether a node reads a file with a name at fault: what it says may stand there.
    pub fn has_name_at_fault(&self, node: usize) -> bool {
        self.misnamed.is_read_by(node)
    }

    /// The name at fault that was likely meant to hold a setting of a node: what it says is there, and does not count.
    pub fn misnamed(&self, node: usize, setting: usize) -> Option<&Name> {
        let places = &self.catalogue().settings[setting].places;
        let leads_there = |name: &&Name| places.iter().any(|place| name.leads_to(&place.path));
        self.misnamed.of(self, node).find(leads_there)
    }

    /// Where names at fault stand for want of which something is missing: a call goes wrong that has no address of its own, an
    /// element lacks a part.
    pub fn causes(&self) -> HashSet<Place> {
        let lacking = |link: &&Link| !link.verdict.in_order() && (link.stands_in.is_some() || !link.missing.is_empty());
        let of_link = |link: &Link| {
            let own = match &self.catalogue().links[link.spec].address {
                catalogue::Address::Url(setting) => link.stands_in.map(|_| *setting),
                catalogue::Address::PortAndHost { .. } => None,
            };
            let settings = own.into_iter().chain(link.missing.iter().copied());
            settings.filter_map(|setting| self.misnamed(link.node, setting)).map(|name| name.place).collect::<Vec<_>>()
        };
        let of_record = |record: &Record| {
            let known = &self.catalogue().records[record.spec];
            let missing = known.needs.iter().filter(|(part, _)| record.missing.contains(part));
            let names = || self.misnamed.of(self, record.node).filter(|name| name.place.source == record.place.source);
            missing.filter_map(|(_, path)| names().find(|name| name.leads_to(path))).map(|name| name.place).collect::<Vec<_>>()
        };
        let of_links = self.links.iter().filter(lacking).flat_map(of_link);
        of_links.chain(self.records.iter().flat_map(of_record)).collect()
    }

    /// How many links go to a listener of a node, or may for all that is known, whether they fit or not.
    pub fn callers(&self, node: usize, listener: usize) -> usize {
        self.callers.get(&(node, listener)).copied().unwrap_or_default()
    }

    /// Whether any file is read by several nodes, under one name or several.
    pub fn has_shared_files(&self) -> bool {
        !self.shared.is_empty()
    }

    /// A number that all names of a shared file have in common.
    pub fn same_file(&self, source: SourceId) -> Option<usize> {
        self.shared.same_file(source)
    }

    /// The nodes that read a file, under whatever name: an edit there must suit all of them.
    pub fn readers(&self, source: SourceId) -> Vec<usize> {
        self.shared.readers(source)
    }

    /// Every name of a file.
    pub fn names_of(&self, source: SourceId) -> Vec<SourceId> {
        self.shared.names_of(source)
    }

    /// The file in which a setting of a node is written, or would be.
    pub fn file_of(&self, node: usize, setting: usize) -> Option<SourceId> {
        let node = &self.nodes[node];
        let written = node.settings[setting].found.as_ref().map(|(source, _)| *source);
        let mut places = self.catalogue().settings[setting].places.iter();
        written.or_else(|| {
            places.find_map(|place| match node.home.file(place.file) {
                FileState::Read(source) if holds(place.versions, node.product.family) => Some(*source),
                _ => None,
            })
        })
    }
}

/// Builds the model of a deployment: every node's listeners and links, with effective ports and verdicts.
///
/// Never fails: what cannot be read or known is said at its place in the model, and the rest is resolved.
pub fn resolve(inputs: Inputs) -> Deployment {
    resolve_after(inputs, None)
}

/// As [`resolve`]; nodes that were built of the same in an earlier model are taken from there.
pub fn resolve_after(inputs: Inputs, earlier: Option<&Deployment>) -> Deployment {
    let same = |index: usize| {
        let earlier = earlier.filter(|earlier| Arc::ptr_eq(&earlier.inputs.catalogue, &inputs.catalogue))?;
        let (before, known) = (&earlier.inputs, earlier.nodes.get(index)?);
        let is_same = before.topology_source == inputs.topology_source
            && before.files == inputs.files
            && before.topology.nodes[index] == inputs.topology.nodes[index]
            && *known.home == *inputs.homes[index]
            && holds_the_same(&inputs.files, &known.home, &before.sources, &inputs.sources);
        is_same.then(|| Arc::clone(known))
    };
    let build = |index| same(index).unwrap_or_else(|| Arc::new(effective::build(&inputs, index)));
    let nodes = (0..inputs.topology.nodes.len()).into_par_iter().map(build).collect();
    connect(inputs, nodes)
}

/// Whether no file of a home changed from some sources to others.
fn holds_the_same(files: &[FileSpec], home: &Home, before: &Sources, now: &Sources) -> bool {
    (0..files.len()).all(|spec| match home.file(spec) {
        FileState::Read(source) => Arc::ptr_eq(&before.get(*source).content, &now.get(*source).content),
        _ => true,
    })
}

impl Deployment {
    /// The model with other bytes in some files, as [`resolve`] builds it of [`Inputs::edited`]: nodes none of whose files
    /// changed are kept, since a node is built from its own home and the topology.
    pub fn edited(&self, files: &BTreeMap<SourceId, Vec<u8>>) -> Self {
        let inputs = self.inputs.edited(files);
        let build = |(index, known): (usize, &Arc<Node>)| {
            if holds_the_same(&inputs.files, &known.home, self.sources(), &inputs.sources) {
                Arc::clone(known)
            } else {
                Arc::new(effective::build(&inputs, index))
            }
        };
        let nodes = self.nodes.par_iter().enumerate().map(build).collect();
        connect(inputs, nodes)
    }
}

/// What nodes have to do with each other.
fn connect(inputs: Inputs, nodes: Vec<Arc<Node>>) -> Deployment {
    let directory = hosts::Directory::new(&inputs, &nodes);
    let mut links: Vec<Link> =
        (0..nodes.len()).into_par_iter().flat_map_iter(|node| links::of_node(&inputs, &nodes, &directory, node)).collect();
    links::pair(&inputs.catalogue, &mut links);
    let records = nodes.par_iter().enumerate().flat_map_iter(|(index, node)| records::of_node(&inputs, node, index)).collect();
    let files = files::of_nodes(&inputs, &nodes, &links);
    let (tables, elements) = names::of_files(&inputs, &files);
    let members = members::members(&inputs, &nodes, &directory);
    let forwards = groups::forwards(&inputs, &nodes, &directory);
    let shared = shared::SharedFiles::new(&inputs.sources, &files);
    let expected = expected::offsets(&inputs, &nodes, &links, &forwards, &shared);
    let collisions = groups::collisions(&inputs, &nodes, &members, &expected);
    let colliding = groups::colliding(nodes.len(), &collisions);
    let clusters = groups::clusters(&inputs, &nodes, &links);
    let (links_of, callers) = (links_of(&nodes, &links), callers(&inputs.catalogue, &links));
    let misnamed = names::Misnamed::new(&tables, &elements, &files);
    let settled = groups::settled(&colliding, &links, &members);
    Deployment {
        inputs,
        nodes,
        links,
        files,
        collisions,
        clusters,
        members,
        forwards,
        records,
        tables,
        elements,
        links_of,
        callers,
        settled,
        expected,
        colliding,
        misnamed,
        shared,
    }
}

fn links_of(nodes: &[Arc<Node>], links: &[Link]) -> Vec<Range<usize>> {
    let bound = |node: usize| links.partition_point(|link| link.node < node);
    (0..nodes.len()).map(|node| bound(node)..bound(node + 1)).collect()
}

fn callers(catalogue: &Catalogue, links: &[Link]) -> HashMap<(usize, usize), usize> {
    let mut callers: HashMap<(usize, usize), usize> = HashMap::new();
    for link in links {
        match link.verdict {
            Verdict::Ok | Verdict::WrongPort | Verdict::WrongScheme => {
                for target in &link.targets {
                    *callers.entry((target.node, target.listener)).or_default() += 1;
                }
            }
            // It may call any of them.
            Verdict::Undecidable => {
                let targets = catalogue.links[link.spec].targets.iter().flat_map(|target| &target.listeners);
                let listeners: BTreeSet<usize> = targets.map(|(_, listener)| *listener).collect();
                for called in listeners.into_iter().flat_map(|listener| link.candidates.iter().map(move |node| (*node, listener)))
                {
                    *callers.entry(called).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    callers
}
