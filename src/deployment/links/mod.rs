//! Links: where each goes, and its one verdict. Types here; `address` reads what is
//! written, `used` says whether the node uses it, `verdict` judges it.

mod address;
mod balanced;
mod pairing;
mod used;
mod verdict;

use std::sync::Arc;

use crate::catalogue::{self, Address, holds};
use crate::source::Place;

pub use pairing::pair;

use super::effective::Reader;
use super::expand::What;
use super::hosts::Directory;
use super::port::EffectivePort;
use super::settings::first_unmet;
use super::{Inputs, Node};

/// What became of a link, in the words of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It fits.
    Ok,
    /// The right node, another port.
    WrongPort,
    /// The port is that of a listener that speaks something else.
    WrongScheme,
    /// It points at the reader itself, which lacks the target's role.
    StillLocal,
    /// A listener, but of a node without the role.
    WrongRole,
    /// A known host, and no listener there.
    NothingListens,
    /// A host that the topology does not have.
    UnknownHost,
    /// Something that nobody lints.
    External,
    /// The configuration does not make the node use it.
    Dormant,
    /// No URL, or it lacks what its reader needs.
    Malformed,
    /// No file of the home says it.
    NotStated,
    /// It cannot be known.
    Undecidable,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::WrongPort,
        Self::WrongScheme,
        Self::StillLocal,
        Self::WrongRole,
        Self::NothingListens,
        Self::UnknownHost,
        Self::External,
        Self::Dormant,
        Self::Malformed,
        Self::NotStated,
        Self::Undecidable,
    ];

    /// Whether nothing is known to be wrong.
    pub fn in_order(self) -> bool {
        matches!(self, Self::Ok | Self::External | Self::Dormant | Self::NotStated | Self::Undecidable)
    }

    /// The words that rules and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::WrongPort => "wrong port",
            Self::WrongScheme => "wrong scheme",
            Self::StillLocal => "still local",
            Self::WrongRole => "wrong role",
            Self::NothingListens => "nothing listens",
            Self::UnknownHost => "unknown host",
            Self::External => "external",
            Self::Dormant => "dormant",
            Self::Malformed => "malformed",
            Self::NotStated => "not stated",
            Self::Undecidable => "undecidable",
        }
    }
}

/// A call that a node makes.
#[derive(Debug)]
pub struct Link {
    /// Index in the catalogue.
    pub spec: usize,
    /// The node that calls.
    pub node: usize,
    /// Index among several addresses of one setting.
    pub index: usize,
    /// Whether the caller's role is proven to make the call.
    pub proven: bool,
    /// Its scheme.
    pub scheme: String,
    /// The scheme's bytes in the file.
    pub scheme_place: Option<Place>,
    /// The host that it calls.
    pub host: Host,
    /// The port that it calls.
    pub port: EffectivePort,
    /// How the port is written.
    pub written: WrittenPort,
    /// The placeholder that gives the port, if one does.
    pub placeholder: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words, where the verdict alone does not say it.
    pub why: String,
    /// The node and the listener that answer at its port, though they are not what it wants.
    pub answered: Option<(usize, usize)>,
    /// Whether the host does not say who is meant, and it was taken from roles or `key_manager`.
    pub assumed: bool,
    /// The load balancer in between: index in the topology.
    pub balancer: Option<usize>,
    /// Whether the balancer's own forward is at fault.
    pub forward_at_fault: bool,
    /// Nodes that it goes to, or was meant to.
    pub targets: Vec<Target>,
    /// Nodes with the target's role.
    pub candidates: Arc<[usize]>,
    /// The listener that is meant: that of its scheme, else the first of the catalogue.
    pub listener: usize,
    /// Settings that its reader needs and does not find.
    pub missing: Vec<usize>,
    /// Whether its reader needs a port in the text of its companion and does not find one.
    pub companion_lacks_port: bool,
    /// Placeholders and template marks in host or port that are not known.
    pub unresolved: Vec<(Place, What)>,
    /// Properties and variables in host or port that the topology gives: their names, and where.
    pub given: Vec<(String, Place)>,
    /// The group that it stands in: its number among those of its value, or the table that holds it in TOML.
    pub group: usize,
    /// What follows host and port, where the reader takes nothing there.
    pub rest: Option<Place>,
    /// How the addresses of its setting do not pair with those that have to; said at the first of them.
    pub pairing: Option<String>,
    /// The link of the catalogue whose address is used, because none of its own is written, and which means other nodes.
    pub stands_in: Option<usize>,
}

/// The host of a link.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// The host, as text; `None` where no file states it.
    pub name: Option<String>,
    /// As written, with its placeholders.
    pub raw: Option<String>,
    /// Where it is written; the whole value where the host alone has no bytes of its own.
    pub place: Option<Place>,
    /// The bytes that can be replaced by another host.
    pub editable: Option<Place>,
    /// The setting that it was read from.
    pub setting: Option<usize>,
    /// Whether a placeholder for the reader's own host stands there.
    pub own: bool,
    /// Whether it is read from a setting that is a link itself and is judged there.
    pub borrowed: bool,
    /// Whether it comes from a load balancer, or names the reader's machine.
    pub loopback: bool,
}

/// How the port of a link is written.
#[derive(Debug, Clone, Default)]
pub struct WrittenPort {
    /// The bytes that hold it, where they can be replaced.
    pub place: Option<Place>,
    /// Where a port would be written: after the host, in the place of a colon without port.
    pub insert_at: Option<Place>,
    /// The setting that holds nothing but the port.
    pub setting: Option<usize>,
    /// Whether a port is written at all.
    pub explicit: bool,
}

/// A node that a link goes to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The node.
    pub node: usize,
    /// The listener that is meant.
    pub listener: usize,
    /// Whether the link fits it.
    pub fits: bool,
    /// The listener that is at the link's port instead.
    pub instead: Option<usize>,
}

impl Link {
    /// Whether it names nodes, none of which has the target's role.
    pub fn misses_role(&self) -> bool {
        !self.targets.is_empty() && !self.targets.iter().any(|target| self.candidates.contains(&target.node))
    }

    /// The target that does not fit, else the first.
    pub fn target(&self) -> Option<&Target> {
        self.targets.iter().find(|target| !target.fits).or(self.targets.first())
    }
}

/// All links of a node, in the catalogue's order.
pub fn of_node(inputs: &Inputs, nodes: &[Arc<Node>], directory: &Directory, node: usize) -> Vec<Link> {
    let reader = Reader { inputs, declared: &inputs.topology.nodes[node], node: &nodes[node] };
    let judges = (0..inputs.catalogue.links.len()).filter_map(|spec| Judge::new(&reader, nodes, directory, node, spec));
    judges.flat_map(|judge| judge.links()).collect()
}

/// The nodes that a target means, and the roles by which they do: others stand in where nobody has the first ones.
fn asked<'a>(directory: &Directory, target: &'a catalogue::TargetSpec) -> (&'a [String], Arc<[usize]>) {
    let candidates = directory.with_role(&target.roles);
    if candidates.is_empty() && !target.otherwise.is_empty() {
        return (&target.otherwise, directory.with_role(&target.otherwise));
    }
    (&target.roles, candidates)
}

struct Judge<'a> {
    inputs: &'a Inputs,
    nodes: &'a [Arc<Node>],
    directory: &'a Directory,
    reader: &'a Reader<'a>,
    index: usize,
    spec: usize,
    known: &'a catalogue::Link,
    roles: Vec<&'a catalogue::Reader>,
    target: &'a catalogue::TargetSpec,
    /// Roles of the nodes that it may go to, in this topology.
    target_roles: &'a [String],
    /// The nodes that it may go to.
    candidates: Arc<[usize]>,
}

impl<'a> Judge<'a> {
    /// `None` where the node makes no such call, whatever its files say.
    fn new(reader: &'a Reader<'a>, nodes: &'a [Arc<Node>], directory: &'a Directory, index: usize, spec: usize) -> Option<Self> {
        let (inputs, node) = (reader.inputs, &nodes[index]);
        let (catalogue, family) = (&inputs.catalogue, node.product.family);
        let known = &catalogue.links[spec];
        let roles: Vec<&catalogue::Reader> = known.readers.iter().filter(|reader| reader.is(catalogue, &node.role_set)).collect();
        if !holds(known.versions, family) || roles.is_empty() {
            return None;
        }
        let holds = |target: &&catalogue::TargetSpec| {
            holds(target.versions, family) && first_unmet(catalogue, &node.settings, &target.when).is_none()
        };
        let target = known.targets.iter().find(holds)?;
        let (target_roles, candidates) = asked(directory, target);
        // The other of a pair is meant: one of the same role, and not itself.
        let shared = |other: &Node| target.roles.iter().any(|role| node.role_set.contains(role) && other.role_set.contains(role));
        let is_peer = |other: &usize| *other != index && shared(&nodes[*other]);
        let candidates = if target.peer { candidates.iter().copied().filter(is_peer).collect() } else { candidates };
        Some(Self { inputs, nodes, directory, reader, index, spec, known, roles, target, target_roles, candidates })
    }

    /// Whether the node makes another call, whatever becomes of it.
    fn makes(&self, other: usize) -> bool {
        let other = Self::new(self.reader, self.nodes, self.directory, self.index, other);
        other.is_some_and(|other| !matches!(other.dormant(), Some((Verdict::Dormant, _))))
    }

    /// The nodes that another call means.
    fn meant_by(&self, other: usize) -> Arc<[usize]> {
        let family = self.node().product.family;
        let mut targets = self.inputs.catalogue.links[other].targets.iter();
        let target = targets.find(|target| holds(target.versions, family));
        target.map(|target| asked(self.directory, target).1).unwrap_or_default()
    }

    /// Whether an address is that of a node that another call means, and this one does not.
    fn is_of_another(&self, link: &Link, meant: &[usize]) -> bool {
        let beside = |node: usize| {
            let machine = |index: usize| self.nodes[index].machine.as_ref();
            machine(node).is_some() && link.targets.iter().any(|target| machine(target.node) == machine(node))
        };
        let is_there = |node: &&usize| {
            !self.candidates.contains(node)
                && link.port.value().is_some_and(|port| self.open_at(**node, port).is_some())
                && beside(**node)
        };
        link.misses_role() || meant.iter().any(|node| is_there(&node))
    }

    fn node(&self) -> &Node {
        &self.nodes[self.index]
    }

    /// One link for each address that is written; one without address where there is none.
    fn links(&self) -> Vec<Link> {
        let setting = match &self.known.address {
            Address::Url(setting) => *setting,
            Address::PortAndHost { port, hosts } => {
                let mut link = self.link();
                let early = self.read_port(*port, hosts, &mut link);
                return vec![self.finish(link, early)];
            }
        };
        let mut links = Vec::new();
        let mut texts: Vec<_> = self.texts(setting).collect();
        let fallback = self.known.falls_back_to.filter(|_| texts.is_empty());
        if let Some(Address::Url(other)) = fallback.map(|other| &self.inputs.catalogue.links[other].address) {
            texts.extend(self.texts(*other));
        }
        texts.retain(|text| self.reads(text));
        for text in texts {
            let unused = self.unused(&text);
            match self.addresses(&text) {
                Err(early) => {
                    let mut link = self.link();
                    self.without_address(setting, Some(&text), &mut link);
                    links.push(self.finish(link, unused.or(Some(early))));
                }
                Ok(addresses) => links.extend(addresses.iter().map(|address| {
                    let mut link = self.link();
                    let early = self.read_url(&text, address, &mut link);
                    self.finish(link, unused.clone().or(early))
                })),
            }
        }
        // What stands in is judged where it belongs, but for what only this call needs: nodes of another role.
        let judged_there = fallback.filter(|other| self.makes(*other));
        let meant = fallback.map(|other| self.meant_by(other)).unwrap_or_default();
        for link in links.iter_mut().filter(|link| !link.verdict.in_order() && !link.targets.is_empty()) {
            link.stands_in = fallback.filter(|_| self.is_of_another(link, &meant));
        }
        if judged_there.is_some() && !links.iter().any(|link| link.stands_in.is_some()) {
            links.clear();
        }
        // Nor is what nobody wrote and nothing uses.
        let unused = || matches!(self.dormant(), Some((Verdict::Dormant, _)));
        if links.is_empty() && !self.known.optional && !unused() {
            let mut link = self.link();
            self.without_address(setting, None, &mut link);
            let early = match judged_there.map(|other| &self.inputs.catalogue.links[other]) {
                Some(other) => (Verdict::NotStated, format!("{} stands in for it", other.title)),
                None => self.not_written(setting),
            };
            links.push(self.finish(link, Some(early)));
        }
        for (index, link) in links.iter_mut().enumerate() {
            link.index = index;
        }
        links
    }

    fn link(&self) -> Link {
        Link {
            spec: self.spec,
            node: self.index,
            index: 0,
            proven: self.roles.iter().any(|role| role.proven),
            scheme: self.target.listeners.first().map(|(scheme, _)| scheme.clone()).unwrap_or_default(),
            scheme_place: None,
            host: Host::default(),
            port: EffectivePort::default(),
            written: WrittenPort::default(),
            placeholder: None,
            verdict: Verdict::Ok,
            why: String::new(),
            answered: None,
            assumed: false,
            balancer: None,
            forward_at_fault: false,
            targets: Vec::new(),
            candidates: Arc::clone(&self.candidates),
            listener: self.listener_of(""),
            missing: Vec::new(),
            companion_lacks_port: false,
            unresolved: Vec::new(),
            given: Vec::new(),
            group: 0,
            rest: None,
            pairing: None,
            stands_in: None,
        }
    }

    /// Gives a link its verdict. What is read is kept for reports even where the link is not used.
    fn finish(&self, mut link: Link, early: Option<address::Early>) -> Link {
        let (verdict, why) = if self.known.judged {
            self.dormant().or(early).unwrap_or_else(|| self.judge(&mut link))
        } else {
            let listed = (Verdict::External, "listed, not judged".to_owned());
            self.dormant().filter(|(verdict, _)| *verdict == Verdict::Dormant).unwrap_or(listed)
        };
        if verdict == Verdict::Dormant || !self.known.judged {
            link.unresolved.clear();
        }
        (link.verdict, link.why) = (verdict, why);
        link.answered = self.answers(&link);
        link
    }
}
