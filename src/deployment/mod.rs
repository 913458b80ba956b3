//! The model of a deployment: nodes with their offsets, listeners and links, every port with its
//! reasons and every link with its one verdict.
//!
//! Invariants: pure (everything was read before); verdicts are computed here and nowhere else;
//! what cannot be known stays unknown and says why, it is never guessed.

mod addresses;
mod expand;
mod expected;
mod groups;
mod hosts;
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

use crate::catalogue::{self, Catalogue, Family, FileSpec, holds};
use crate::config::{Document, Documents, Found, Malformed};
use crate::home::{FileState, Home, HomeState};
use crate::source::{Content, Place, SourceId, Sources};
use crate::topology::{Topology, TopologyError};

pub use expand::{Expanded, What};
pub use expected::Expected;
pub use groups::{Cluster, Collision, Forward, Opener};
pub use hosts::apart;
pub use links::{Host, Link, Target, Verdict, WrittenPort};
pub use members::{Entry, Member};
pub use names::{Fault, Name};
pub use port::{EffectivePort, Reason, Step};
pub use records::Record;
pub use settings::{NumberProblem, Setting, State, parse_int};
pub use started::{StartOption, Started, files_of};

/// What the model is built from.
pub struct Inputs {
    /// Product knowledge.
    pub catalogue: Arc<Catalogue>,
    /// What is asked of each home: the catalogue's files, and start scripts that the topology names behind them.
    pub files: Arc<[FileSpec]>,
    /// What the user declared.
    pub topology: Arc<Topology>,
    /// The topology's own text.
    pub topology_source: SourceId,
    /// The home of each node, in the order of the topology.
    pub homes: Vec<Arc<Home>>,
    /// Every file.
    pub sources: Arc<Sources>,
    /// Every file that was parsed.
    pub documents: Documents,
}

impl Inputs {
    /// The same inputs with other bytes in some files: what an edit would bring, without writing it.
    pub fn edited(&self, files: &BTreeMap<SourceId, Vec<u8>>) -> Self {
        let (mut sources, mut documents) = ((*self.sources).clone(), self.documents.clone());
        let mut left = files.len();
        for home in &self.homes {
            if left == 0 {
                break;
            }
            for (index, spec) in self.files.iter().enumerate() {
                let FileState::Read(source) = home.file(index) else { continue };
                let Some(bytes) = files.get(source).filter(|bytes| sources.get(*source).content.bytes() != bytes.as_slice())
                else {
                    continue;
                };
                let content = Arc::new(Content::decode(bytes.clone(), spec.text_kind()));
                if let Some(format) = spec.format {
                    documents.reparse(*source, &content, format);
                }
                sources.replace(*source, content);
                left -= 1;
            }
        }
        Self {
            catalogue: Arc::clone(&self.catalogue),
            files: Arc::clone(&self.files),
            topology: Arc::clone(&self.topology),
            topology_source: self.topology_source,
            homes: self.homes.clone(),
            sources: Arc::new(sources),
            documents,
        }
    }
}

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

/// A running server.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Where the topology names it.
    pub place: Place,
    /// Its roles as declared, by the catalogue's ids.
    pub roles: Vec<String>,
    /// Every role that these stand for.
    pub role_set: BTreeSet<String>,
    /// The names by which other nodes reach it, in lower case.
    pub hosts: Vec<String>,
    /// Its host, as declared.
    pub host: Option<String>,
    /// The machine whose ports it shares; `None` where the topology says nothing.
    pub machine: Option<String>,
    /// Its home.
    pub home: Arc<Home>,
    /// What product it is.
    pub product: Product,
    /// The options with which it starts.
    pub started: Started,
    /// Its port offset.
    pub offset: Offset,
    /// The catalogue's settings as this node reads them, by the catalogue's index.
    pub settings: Vec<Setting>,
    /// The catalogue's listeners on this node, by the catalogue's index.
    pub listeners: Vec<Listener>,
    /// Files that are not there and stand for those of the pack.
    pub assumed: Vec<String>,
    /// Placeholders and template marks in its offset and in ports of its listeners that are not known.
    pub unresolved: Vec<(Place, What)>,
}

impl Node {
    /// Live listeners whose ports are outside 1 to 65535, and these ports.
    pub fn out_of_range(&self) -> impl Iterator<Item = (&Listener, i64)> {
        let live = self.listeners.iter().filter(|listener| listener.live);
        let ports = live.filter_map(|listener| Some((listener, listener.port.value()?)));
        ports.filter(|(_, port)| !(1..=65535).contains(port))
    }

    /// Whether ports that it may open are not known.
    pub fn has_unknown_ports(&self) -> bool {
        let unknown = |listener: &Listener| {
            let may_open = listener.listed && listener.stated && listener.switched_off_by.is_empty();
            may_open && listener.port.value().is_none()
        };
        self.offset.value.is_none() || self.home.state != HomeState::Present || self.listeners.iter().any(unknown)
    }
}

/// The product of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Id of the product in the catalogue (`am`, `is`).
    pub id: Option<String>,
    /// The version as the home or the topology says it.
    pub version: Option<String>,
    /// The family that it is judged as.
    pub family: Option<Family>,
    /// How the version came about: "carbon.xml", "the topology".
    pub origin: String,
    /// Whether it is newer than the newest known family.
    pub newer: bool,
    /// Where it is said.
    pub place: Option<Place>,
    /// What the home says against the topology.
    pub contradiction: Option<Contradiction>,
}

/// A version that a file of a home says or proves, and the topology does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The version; where the file only proves it, the oldest that it may be.
    pub version: String,
    /// Whether the file proves no more than that.
    pub at_least: bool,
    /// The file.
    pub place: Place,
    /// Whether other places of the home's files are read under that version.
    pub reads_otherwise: bool,
}

/// The port offset of a node.
#[derive(Debug, Clone, Default)]
pub struct Offset {
    /// The number that counts; `None` where it cannot be known.
    pub value: Option<i64>,
    /// The text it was read from.
    pub text: Option<String>,
    /// Where it comes from, in words: `carbon.xml`, `wso2server.sh`, `start command`.
    pub origin: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// What is wrong with it.
    pub problem: Option<OffsetProblem>,
    /// What it wins over, in start scripts and in a file: texts and places.
    pub overridden: Vec<(String, Place)>,
    /// Why it is not known.
    pub unknown: Option<String>,
}

/// What may be wrong with an offset (carbon-kernel `CarbonBaseActivator`, `ServletTransportManager`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetProblem {
    /// The element is missing from a carbon.xml that is there.
    Absent,
    /// Nothing but blanks.
    Blank,
    /// No integer of 32 bits.
    NotANumber,
    /// A number with blanks around it.
    BlanksAround,
}

impl OffsetProblem {
    /// The word that rules use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Blank => "blank",
            Self::NotANumber => "not a number",
            Self::BlanksAround => "blanks around",
        }
    }
}

/// A port that a node opens, or would.
#[derive(Debug)]
pub struct Listener {
    /// Index in the catalogue.
    pub spec: usize,
    /// Its effective port.
    pub port: EffectivePort,
    /// Whether the node's version has it and its role or profile runs it.
    pub listed: bool,
    /// Whether anything states its port: a file, or what stands for a missing one.
    pub stated: bool,
    /// Whether the node's role would run it and its start profile does not.
    pub out_of_profile: bool,
    /// Whether it opens.
    pub live: bool,
    /// Why it does not.
    pub why_dormant: Option<String>,
    /// The settings that keep it from opening.
    pub switched_off_by: Vec<usize>,
    /// The address that it binds, where one is written.
    pub bind: Option<String>,
    /// Whether that address is one of the machine itself only.
    pub bind_loopback: bool,
    /// The port that a proxy in front of it offers.
    pub proxy_port: Option<i64>,
}

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

/// The role that the topology's key `key_manager` is about.
const KEY_MANAGER: &str = "key-manager";

/// Checks what the topology says against the catalogue: role names and product versions.
pub fn check_topology(topology: &Topology, catalogue: &Catalogue) -> Vec<TopologyError> {
    let mut errors = Vec::new();
    for node in &topology.nodes {
        for role in node.roles.iter().filter(|role| catalogue.role(&role.value).is_none()) {
            let names: Vec<&str> = catalogue.role_names().collect();
            let near = crate::source::nearest(&role.value, names.iter().copied());
            let choices = format!("roles: {}", names.join(", "));
            errors.push(TopologyError {
                message: format!("unknown role `{}` of node `{}`", role.value, node.name.value),
                span: Some(role.span),
                help: Some(near.map_or(choices.clone(), |near| format!("did you mean `{near}`? {choices}"))),
            });
        }
        let is_manager = |name: &str| {
            let meant = topology.nodes.iter().find(|other| other.name.value == name);
            // Of a role that nobody knows it is said already.
            let may_be = |role: &str| catalogue.role(role).is_none() || catalogue.stands_for(role, KEY_MANAGER);
            meant.is_none_or(|meant| meant.roles.iter().any(|role| may_be(&role.value)))
        };
        for meant in node.key_manager.iter().filter(|name| !is_manager(&name.value)) {
            let message = format!("`{}` is no key manager", meant.value);
            let help = Some(format!("name a node with the role {KEY_MANAGER}, or give it that role"));
            errors.push(TopologyError { message, span: Some(meant.span), help });
        }
        if let Some(product) = &node.product
            && let Err(message) = product::parse(&product.value, catalogue)
        {
            let help = Some("write the version of the API Manager (2.6.0), or the name of a pack (wso2is-km-5.7.0)".to_owned());
            errors.push(TopologyError { message, span: Some(product.span), help });
        }
    }
    errors
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
    let build = |index| same(index).unwrap_or_else(|| Arc::new(node::build(&inputs, index)));
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
                Arc::new(node::build(&inputs, index))
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
    let files = files(&inputs, &nodes, &links);
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

fn files(inputs: &Inputs, nodes: &[Arc<Node>], links: &[Link]) -> Vec<File> {
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
