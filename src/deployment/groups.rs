//! What several nodes have in common: ports of one machine, a key manager, a load balancer.
//! Grouped here, so that no rule walks pairs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::catalogue::{self, Confidence};
use crate::home::FileState;
use crate::source::Place;

use super::hosts::Directory;
use super::links::Verdict;
use super::{Expected, Inputs, Link, Member, Node};

/// Two nodes (or one with itself, or a node and an external) that open the same ports of one machine.
#[derive(Debug)]
pub struct Collision {
    /// The machine.
    pub machine: String,
    /// The node that is first in the topology.
    pub node: usize,
    /// The other one.
    pub other: Opener,
    /// Ports that both open.
    pub ports: Vec<SharedPort>,
    /// The node that moves, and the smallest offset with which it collides with nobody of its machine.
    pub free_offset: Option<(usize, i64)>,
}

/// A port that two open: the port, the first node's listener, the other's listener if it is a node.
pub type SharedPort = (i64, usize, Option<usize>);

/// Who opens a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opener {
    /// A node.
    Node(usize),
    /// An external of the topology.
    External(usize),
}

/// Nodes that call the same node and should agree in a setting.
#[derive(Debug)]
pub struct Cluster {
    /// The node that they call.
    pub target: usize,
    /// The setting.
    pub setting: usize,
    /// The callers, each with its value.
    pub members: Vec<(usize, String)>,
    /// The different values among them, sorted.
    pub values: Vec<String>,
}

/// A port of a load balancer with one node behind it.
#[derive(Debug)]
pub struct Forward {
    /// Index in the topology.
    pub balancer: usize,
    /// The port that it offers.
    pub port: i64,
    /// The node behind it.
    pub node: usize,
    /// The port of that node.
    pub backend_port: i64,
    /// Where that is written.
    pub place: Place,
    /// Whether the node opens it, or may open it for all that is known.
    pub open: bool,
    /// The nearest port that the node does open: its listener.
    pub nearest: Option<usize>,
}

/// Members of one port beyond which only pairs with the first are listed.
const ALL_PAIRS: usize = 32;

/// How far from a port another listener of the node may be to be the one that was meant: offsets are small.
const NEAR: i64 = 100;

struct Claim<'a> {
    who: Opener,
    listener: Option<usize>,
    bind: Option<String>,
    /// The group of which the node is a member through this listener.
    group: Option<&'a str>,
}

/// Pairs of live listeners on one machine with the same effective port and overlapping addresses. Members of one group are
/// none: theirs takes the next free port, which is said of the group.
pub fn collisions(inputs: &Inputs, nodes: &[Arc<Node>], members: &[Member], expected: &[Option<Expected>]) -> Vec<Collision> {
    let listener = |member: &Member| inputs.catalogue.memberships[member.spec].listener;
    let groups: HashMap<(usize, usize), &str> =
        members.iter().map(|member| ((member.node, listener(member)), member.group.as_str())).collect();
    let mut claims: BTreeMap<(String, i64), Vec<Claim<'_>>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        // Nothing says what it shares a machine with: with itself it does.
        let machine = node.machine.clone().unwrap_or_else(|| format!("{}'s machine", node.name));
        // What is only guessed is listed, not judged.
        let judged = |listener: &&super::Listener| {
            let spec = &inputs.catalogue.listeners[listener.spec];
            listener.live && !spec.shareable && spec.confidence != Confidence::Guess
        };
        for listener in node.listeners.iter().filter(judged) {
            let Some(port) = listener.port.value().filter(|port| (1..=65535).contains(port)) else { continue };
            let group = groups.get(&(index, listener.spec)).copied();
            let claim = Claim { who: Opener::Node(index), listener: Some(listener.spec), bind: listener.bind.clone(), group };
            claims.entry((machine.clone(), port)).or_default().push(claim);
        }
    }
    for (index, external) in inputs.topology.externals.iter().enumerate() {
        let machine = external.machine.as_ref().unwrap_or(&external.host).value.to_lowercase();
        for port in &external.ports {
            let claim = Claim { who: Opener::External(index), listener: None, bind: None, group: None };
            claims.entry((machine.clone(), i64::from(port.value))).or_default().push(claim);
        }
    }
    let mut pairs: BTreeMap<(usize, Opener), (String, Vec<SharedPort>)> = BTreeMap::new();
    for ((machine, port), group) in &claims {
        for (at, first) in group.iter().enumerate() {
            let (Opener::Node(node), Some(listener)) = (first.who, first.listener) else { continue };
            let rest = if group.len() > ALL_PAIRS && at > 0 { &[][..] } else { &group[at + 1..] };
            for second in rest.iter().filter(|second| overlap(inputs, first, second)) {
                let entry = pairs.entry((node, second.who)).or_insert_with(|| (machine.clone(), Vec::new()));
                entry.1.push((*port, listener, second.listener));
            }
        }
    }
    // The one moves that others call where it is not; else the later one: the first was there before.
    let mover = |node: usize, other: Opener| match other {
        Opener::Node(other) if expected[node].is_some() && expected[other].is_none() => node,
        Opener::Node(other) => other,
        Opener::External(_) => node,
    };
    let moves =
        free_offsets(nodes, &claims, expected, pairs.iter().map(|((node, other), (machine, _))| (mover(*node, *other), machine)));
    pairs
        .into_iter()
        .map(|((node, other), (machine, ports))| {
            let mover = mover(node, other);
            let free_offset = moves.get(&mover).copied().flatten().map(|offset| (mover, offset));
            Collision { machine, node, other, ports, free_offset }
        })
        .collect()
}

/// How often each port of a machine is claimed. Offsets are tried by the hundred for each node: no port is searched for.
#[derive(Default)]
struct Taken {
    ports: Vec<u32>,
    /// Ports that are none, which an offset may bring about.
    others: HashMap<i64, u32>,
}

impl Taken {
    fn claims(&self, port: i64) -> u32 {
        let count = usize::try_from(port).ok().and_then(|port| self.ports.get(port));
        count.or_else(|| self.others.get(&port)).copied().unwrap_or_default()
    }

    fn count(&mut self, port: i64) -> &mut u32 {
        match usize::try_from(port) {
            Ok(port) if port <= 65535 => {
                if self.ports.len() <= port {
                    self.ports.resize(65536, 0);
                }
                &mut self.ports[port]
            }
            _ => self.others.entry(port).or_default(),
        }
    }
}

fn overlap(inputs: &Inputs, first: &Claim<'_>, second: &Claim<'_>) -> bool {
    if first.group.is_some() && (first.group, first.listener) == (second.group, second.listener) {
        return false;
    }
    let wildcard = |bind: &str| inputs.catalogue.wildcard.iter().any(|address| address == bind);
    match (&first.bind, &second.bind) {
        (Some(one), Some(other)) => {
            let loopback = |bind: &str| inputs.catalogue.is_loopback(bind);
            one.eq_ignore_ascii_case(other) || wildcard(one) || wildcard(other) || loopback(one) && loopback(other)
        }
        _ => true,
    }
}

/// For each node that has to move the offset that calls to it go by, or else the smallest one above its own, with which none of its shifted ports is another's. Those
/// that moved before, in the order of the topology, are where they went: the offsets suit each other.
fn free_offsets<'a>(
    nodes: &[Arc<Node>],
    claims: &BTreeMap<(String, i64), Vec<Claim<'_>>>,
    expected: &[Option<Expected>],
    movers: impl Iterator<Item = (usize, &'a String)>,
) -> BTreeMap<usize, Option<i64>> {
    let mut movers_of: BTreeMap<&String, BTreeSet<usize>> = BTreeMap::new();
    for (mover, machine) in movers {
        movers_of.entry(machine).or_default().insert(mover);
    }
    let mut offsets = BTreeMap::new();
    for (machine, movers) in movers_of {
        let mut taken = Taken::default();
        let mut own: HashMap<usize, Vec<i64>> = HashMap::new();
        for ((_, port), group) in claims.range((machine.clone(), i64::MIN)..=(machine.clone(), i64::MAX)) {
            for claim in group {
                *taken.count(*port) += 1;
                if let Opener::Node(node) = claim.who {
                    own.entry(node).or_default().push(*port);
                }
            }
        }
        for mover in movers {
            // Its own ports are in nobody's way, wherever it goes.
            let mut left = own.remove(&mover).unwrap_or_default();
            for port in &left {
                *taken.count(*port) -= 1;
            }
            let offset = free_offset(&nodes[mover], expected[mover], &taken);
            if let Some((by, offset)) = nodes[mover].offset.value.zip(offset) {
                let shifted = shifted(&nodes[mover]);
                left.retain(|port| !shifted.contains(port));
                left.extend(shifted.iter().map(|port| port - by + offset));
            }
            for port in left {
                *taken.count(port) += 1;
            }
            offsets.insert(mover, offset);
        }
    }
    offsets
}

/// The ports of a node that its offset moves.
fn shifted(node: &Node) -> Vec<i64> {
    let moves = |listener: &&super::Listener| listener.live && listener.port.is_shifted();
    node.listeners.iter().filter(moves).filter_map(|listener| listener.port.value()).collect()
}

fn free_offset(node: &Node, expected: Option<Expected>, taken: &Taken) -> Option<i64> {
    let own = node.offset.value?;
    let shifted = shifted(node);
    let is_free = |port: i64| port <= 65535 && taken.claims(port) == 0;
    let candidates = expected.map(|expected| expected.offset).into_iter().chain(own + 1..own + 1000);
    candidates.into_iter().find(|offset| shifted.iter().all(|port| is_free(port - own + offset)))
}

/// Callers of one node that should agree in a setting, by that node.
pub fn clusters(inputs: &Inputs, nodes: &[Arc<Node>], links: &[Link]) -> Vec<Cluster> {
    let mut members: BTreeMap<(usize, usize), BTreeMap<usize, String>> = BTreeMap::new();
    for link in links.iter().filter(|link| matches!(link.verdict, Verdict::Ok | Verdict::WrongPort | Verdict::WrongScheme)) {
        let spec = &inputs.catalogue.links[link.spec];
        let Some(setting) = spec.alike else { continue };
        let caller = &nodes[link.node];
        let uses_it = spec.readers.iter().any(|reader| {
            caller.role_set.contains(&reader.role) && reader.live.iter().any(|condition| condition.setting == setting)
        });
        let Some(text) = caller.settings[setting].text.as_ref().filter(|_| uses_it) else { continue };
        for target in &link.targets {
            members.entry((target.node, setting)).or_default().insert(link.node, text.clone());
        }
    }
    members
        .into_iter()
        .map(|((target, setting), members)| {
            let mut values: Vec<String> = members.values().cloned().collect();
            values.sort();
            values.dedup();
            Cluster { target, setting, members: members.into_iter().collect(), values }
        })
        .collect()
}

/// Whether another server opens a port of each node.
pub fn colliding(nodes: usize, collisions: &[Collision]) -> Vec<bool> {
    let mut colliding = vec![false; nodes];
    for collision in collisions {
        colliding[collision.node] = true;
        if let Opener::Node(other) = collision.other {
            colliding[other] = true;
        }
    }
    colliding
}

/// Whether nothing is known to be wrong with any link, call or port of each node.
pub fn settled(colliding: &[bool], links: &[Link], members: &[Member]) -> Vec<bool> {
    let mut settled: Vec<bool> = colliding.iter().map(|collides| !collides).collect();
    for member in members.iter().filter(|member| member.shares) {
        settled[member.node] = false;
    }
    for entry in members.iter().flat_map(Member::misfits) {
        settled[entry.reader] = false;
    }
    for link in links.iter().filter(|link| !link.verdict.in_order()) {
        for node in std::iter::once(link.node).chain(link.targets.iter().map(|target| target.node)) {
            settled[node] = false;
        }
    }
    settled
}

/// Ports of load balancers, one for each node behind them.
pub fn forwards(inputs: &Inputs, nodes: &[Arc<Node>], directory: &Directory) -> Vec<Forward> {
    let mut forwards = Vec::new();
    for (balancer, declared) in inputs.topology.load_balancers.iter().enumerate() {
        for (port, backends) in &declared.ports {
            for backend in backends {
                let Some(node) = directory.node(&backend.node) else { continue };
                let backend_port = i64::from(backend.port);
                let place = Place { source: inputs.topology_source, span: backend.span };
                // What is only switched off is where it is forwarded to: the switch is at fault, not the balancer.
                let is_open = |listener: &super::Listener| {
                    (listener.live || listener.listed && !listener.switched_off_by.is_empty())
                        && listener.port.value() == Some(backend_port)
                };
                let open = nodes[node].listeners.iter().any(is_open) || may_be_open(inputs, &nodes[node], backend_port);
                // What listens there with another offset: a port that is near by chance is no hint, nor is one that is a guess.
                let shifted = |spec: &catalogue::Listener| (0..=NEAR).contains(&(backend_port - i64::from(spec.default)));
                let hints = |listener: &&super::Listener| {
                    let spec = &inputs.catalogue.listeners[listener.spec];
                    listener.live && spec.confidence != Confidence::Guess && shifted(spec)
                };
                let nearest = nodes[node]
                    .listeners
                    .iter()
                    .filter(hints)
                    .filter_map(|listener| Some(((listener.port.value()? - backend_port).abs(), listener.spec)))
                    .filter(|(distance, _)| *distance <= NEAR)
                    .min()
                    .map(|(_, spec)| spec);
                forwards.push(Forward { balancer, port: i64::from(port.value), node, backend_port, place, open, nearest });
            }
        }
    }
    forwards
}

/// Whether a node may open a port for all that is known: its own ports are not known, or it is one that
/// the catalogue knows of without judging it.
pub fn may_be_open(inputs: &Inputs, node: &Node, port: i64) -> bool {
    let Some(offset) = node.offset.value.filter(|_| !node.has_unknown_ports()) else { return true };
    // A version that is only guessed may have listeners that the guess has not.
    let of_listeners = inputs.catalogue.listeners.iter().filter(|_| node.product.version.is_none()).map(|spec| &spec.default);
    let mut known = inputs.catalogue.other_ports.iter().chain(of_listeners);
    is_own_port(inputs, node, port) || known.any(|other| i64::from(*other) == port || i64::from(*other) + offset == port)
}

/// Whether a file of a node has a listener of its own at a port, beside those that the catalogue judges.
pub fn is_own_port(inputs: &Inputs, node: &Node, port: i64) -> bool {
    inputs.catalogue.own_ports.iter().any(|place| {
        let FileState::Read(source) = node.home.file(place.file) else { return false };
        let Some(Ok(document)) = inputs.documents.get(*source) else { return false };
        let offset = node.offset.value.unwrap_or_default();
        document.find(&place.path).iter().any(|found| found.text.trim().parse::<i64>().is_ok_and(|own| own + offset == port))
    })
}
