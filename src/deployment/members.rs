//! Members of groups: nodes that find each other by a name that they share, which of them have one port of one machine,
//! and what their lists of members say. Indexed by host and group, so that cost grows with what is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::catalogue::{Confidence, MemberList, Membership};
use crate::config::Found;
use crate::home::HomeState;
use crate::source::{Place, SourceId};

use super::effective::Reader;
use super::expand::{Expanded, expand};
use super::hosts::Directory;
use super::settings::first_unmet;
use super::{Inputs, Node, parse_int};

/// A node that is a member of a group, as the others reach it.
#[derive(Debug)]
pub struct Member {
    /// Index in the catalogue.
    pub spec: usize,
    /// The node.
    pub node: usize,
    /// The name of the group.
    pub group: String,
    /// Its port.
    pub port: i64,
    /// Whether another member of the group has that port of that machine.
    pub shares: bool,
    /// The first of those, if it is another node.
    pub same_as: Option<usize>,
    /// The next port that is free on the machine, where it shares its own with one before it.
    pub free_port: Option<i64>,
    /// What lists say of it: entries that mean it alone, and those that fit neither it nor the others that they may mean.
    pub entries: Vec<Entry>,
}

/// An entry of a list of members.
#[derive(Debug)]
pub struct Entry {
    /// The node whose list it is.
    pub reader: usize,
    /// The host, as it is read.
    pub host: String,
    /// The port.
    pub port: i64,
    /// Where the port is written.
    pub place: Place,
    /// The bytes of the port, where they are its own.
    pub editable: Option<Place>,
    /// The nodes of the group that its host means, ascending.
    pub meant: Arc<[usize]>,
    /// Whether one of them has the port.
    pub fits: bool,
}

impl Member {
    /// The entries that name a port which no member has that they may mean.
    pub fn misfits(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.fits)
    }

    /// The nodes in whose lists these are, ascending.
    pub fn misled(&self) -> Vec<usize> {
        // Lists were read node by node.
        let mut readers: Vec<usize> = self.misfits().map(|entry| entry.reader).collect();
        readers.dedup();
        readers
    }

    /// The nodes that they may mean, ascending.
    pub fn meant(&self) -> BTreeSet<usize> {
        let mut lists: Vec<&Arc<[usize]>> = self.misfits().map(|entry| &entry.meant).collect();
        // One host means the same nodes in all lists, however many there are of either.
        lists.dedup_by(|one, other| Arc::ptr_eq(one, other));
        lists.into_iter().flat_map(|nodes| nodes.iter().copied()).collect()
    }

    /// The entries that mean this member and no other.
    pub fn own_entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.meant.len() == 1)
    }
}

/// How far from its own port the next free one of a member is looked for.
const NEAR: i64 = 1000;

/// The members of all groups, by kind of group, in the order of the topology.
pub fn members(inputs: &Inputs, nodes: &[Arc<Node>], directory: &Directory) -> Vec<Member> {
    let mut all = Vec::new();
    for (spec, known) in inputs.catalogue.memberships.iter().enumerate() {
        // What is only guessed is not judged.
        if known.confidence == Confidence::Guess {
            continue;
        }
        let standings: Vec<Standing> = nodes.iter().map(|node| standing(known, node)).collect();
        let mut members: Vec<Member> =
            standings.iter().enumerate().filter_map(|(node, standing)| standing.member(spec, node)).collect();
        share_ports(inputs, nodes, &mut members);
        Lists::new(inputs, nodes, directory, known, &standings).enter(&mut members);
        all.extend(members);
    }
    all
}

/// Whether a node is a member of a group.
enum Standing {
    /// It is none.
    None,
    /// It may be one, of a group or at a port that is not known.
    Unknown,
    /// It is: the group's name, and its port.
    Member(String, i64),
}

impl Standing {
    fn member(&self, spec: usize, node: usize) -> Option<Member> {
        let Self::Member(group, port) = self else { return None };
        let (group, port) = (group.clone(), *port);
        Some(Member { spec, node, group, port, shares: false, same_as: None, free_port: None, entries: Vec::new() })
    }
}

fn standing(known: &Membership, node: &Node) -> Standing {
    let listener = &node.listeners[known.listener];
    if listener.live {
        let group = node.settings[known.group].value.as_deref().map(str::trim);
        return match group.zip(listener.port.value()) {
            Some((group, port)) => Standing::Member(group.to_owned(), port),
            None => Standing::Unknown,
        };
    }
    let may_open = listener.listed && listener.switched_off_by.is_empty();
    if may_open || node.home.state != HomeState::Present { Standing::Unknown } else { Standing::None }
}

/// Finds members of one group with one port of one machine, and the next free port for each but the first.
fn share_ports(inputs: &Inputs, nodes: &[Arc<Node>], members: &mut [Member]) {
    let mut first: HashMap<(&str, i64, String), usize> = HashMap::new();
    let mut shared = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let Some(machine) = nodes[member.node].machine.as_deref() else { continue };
        let first = *first.entry((machine, member.port, member.group.clone())).or_insert(index);
        // A port that is none has a finding of its own.
        if first != index && (1..=65535).contains(&member.port) {
            shared.push((first, index));
        }
    }
    if shared.is_empty() {
        return;
    }
    let mut taken = taken_ports(inputs, nodes);
    for (first, index) in shared {
        let same_as = members[first].node;
        members[first].shares = true;
        let member = &mut members[index];
        (member.shares, member.same_as) = (true, Some(same_as));
        let Some(taken) = nodes[member.node].machine.as_deref().and_then(|machine| taken.get_mut(machine)) else { continue };
        member.free_port = (member.port + 1..=65535.min(member.port + NEAR)).find(|port| taken.insert(*port));
    }
}

/// The ports that somebody opens on each machine.
fn taken_ports(inputs: &Inputs, nodes: &[Arc<Node>]) -> HashMap<String, BTreeSet<i64>> {
    let mut taken: HashMap<String, BTreeSet<i64>> = HashMap::new();
    for node in nodes {
        let Some(machine) = &node.machine else { continue };
        let open = node.listeners.iter().filter(|listener| listener.live).filter_map(|listener| listener.port.value());
        taken.entry(machine.clone()).or_default().extend(open);
    }
    for external in &inputs.topology.externals {
        let machine = external.machine.as_ref().unwrap_or(&external.host).value.to_lowercase();
        taken.entry(machine).or_default().extend(external.ports.iter().map(|port| i64::from(port.value)));
    }
    taken
}

/// An entry as its list has it.
struct Written {
    host: String,
    port: i64,
    place: Place,
    editable: Option<Place>,
}

/// Who is meant by a host in a list.
#[derive(Clone)]
struct Meant {
    /// Nodes of the reader's group, ascending.
    members: Arc<[usize]>,
    /// Their ports.
    ports: Arc<HashSet<i64>>,
    /// Whether the port that is meant cannot be told: others may be meant too for all that is known, or members have one port,
    /// which is said of them, and which ports they end up with is chance.
    vague: bool,
}

/// The lists of one kind of group.
struct Lists<'a> {
    inputs: &'a Inputs,
    nodes: &'a [Arc<Node>],
    directory: &'a Directory,
    known: &'a Membership,
    standings: &'a [Standing],
    /// Members that have the port of another one.
    sharing: HashSet<usize>,
    /// Nodes by the host that they tell the others.
    by_host: HashMap<String, Vec<usize>>,
    /// Who was found to be meant, by group and by host or, for loopback names, machine.
    found: HashMap<(String, Result<String, String>), Meant>,
}

impl<'a> Lists<'a> {
    fn new(
        inputs: &'a Inputs,
        nodes: &'a [Arc<Node>],
        directory: &'a Directory,
        known: &'a Membership,
        standings: &'a [Standing],
    ) -> Self {
        let mut by_host: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, node) in nodes.iter().enumerate().filter(|(index, _)| !matches!(standings[*index], Standing::None)) {
            let host = node.settings[known.host].value.as_deref().map(plain).filter(|host| !host.is_empty());
            if let Some(host) = host {
                by_host.entry(host).or_default().push(index);
            }
        }
        Self { inputs, nodes, directory, known, standings, sharing: HashSet::new(), by_host, found: HashMap::new() }
    }

    /// Enters what all lists say at the members that are meant.
    fn enter(mut self, members: &mut [Member]) {
        self.sharing = members.iter().filter(|member| member.shares).map(|member| member.node).collect();
        let index_of: HashMap<usize, usize> = members.iter().enumerate().map(|(index, member)| (member.node, index)).collect();
        let readers: Vec<(usize, String)> = members.iter().map(|member| (member.node, member.group.clone())).collect();
        for (reader, group) in readers {
            for Written { host, port, place, editable } in self.written(reader) {
                let Some(meant) = self.meant(reader, &group, &host) else { continue };
                let fits = meant.ports.contains(&port);
                // A host of several nodes may be that of one more, unless the port is one to which somebody added the offset.
                let shared = self.directory.named(&plain(&host)).len() > 1 && !self.with_offset(&meant, port);
                if fits && meant.members.len() > 1 || !fits && (meant.vague || shared) {
                    continue;
                }
                let first = meant.members.first().and_then(|node| index_of.get(node)).copied();
                if let Some(first) = first {
                    members[first].entries.push(Entry { reader, host, port, place, editable, meant: meant.members, fits });
                }
            }
        }
    }

    /// Whether a port is that of a member with its node's offset, which is never added.
    fn with_offset(&self, meant: &Meant, port: i64) -> bool {
        meant.members.iter().any(|node| {
            let (own, offset) = (self.nodes[*node].listeners[self.known.listener].port.value(), self.nodes[*node].offset.value);
            own.zip(offset).is_some_and(|(own, offset)| offset != 0 && own + offset == port)
        })
    }

    /// The members that a host means to a reader; `None` where it may mean somebody who is none, or nobody.
    fn meant(&mut self, reader: usize, group: &str, host: &str) -> Option<Meant> {
        let host = plain(host);
        if self.directory.is_elsewhere(&host) {
            return None;
        }
        let is_own = self.inputs.catalogue.is_own(&host);
        let place = if is_own { Err(self.nodes[reader].machine.clone()?) } else { Ok(host) };
        let key = (group.to_owned(), place);
        if let Some(meant) = self.found.get(&key) {
            return usable(meant, is_own);
        }
        let mut nodes = match &key.1 {
            Ok(host) => {
                let told = self.by_host.get(host).map_or(&[][..], Vec::as_slice);
                [self.directory.named(host), told].concat()
            }
            Err(machine) => self.directory.on_machine(Some(machine)).to_vec(),
        };
        nodes.sort_unstable();
        nodes.dedup();
        let others = nodes.iter().any(|node| matches!(self.standings[*node], Standing::Unknown));
        let is_member = |node: &usize| matches!(&self.standings[*node], Standing::Member(other, _) if other == group);
        nodes.retain(is_member);
        let port = |node: &usize| self.nodes[*node].listeners[self.known.listener].port.value();
        let ports: HashSet<i64> = nodes.iter().filter_map(port).collect();
        let vague = others || nodes.iter().any(|node| self.sharing.contains(node));
        let meant = Meant { members: nodes.into(), ports: Arc::new(ports), vague };
        let result = usable(&meant, is_own);
        self.found.insert(key, meant);
        result
    }

    /// The entries of a node's list whose host and port are known.
    fn written(&self, node: usize) -> Vec<Written> {
        let settings = &self.nodes[node].settings;
        if first_unmet(&self.inputs.catalogue, settings, &self.known.listed).is_some() {
            return Vec::new();
        }
        let mut entries = Vec::new();
        for list in &self.known.lists {
            match list {
                MemberList::Address(address) => {
                    entries.extend(settings[*address].written().filter_map(|(source, found)| {
                        let text = self.expand(node, found);
                        let (host, port) = text.text.split_once(':')?;
                        let range = trimmed(&text.text, host.len() + 1..text.text.len());
                        let (host, port) = (host.trim().to_owned(), port.trim());
                        self.entry(host, parse_int(port).ok()?, source, found, &text, &range)
                    }));
                }
                MemberList::HostAndPort(host, port) => {
                    let hosts: BTreeMap<(SourceId, usize), &Found> =
                        settings[*host].written().map(|(source, found)| ((source, found.parent), found)).collect();
                    entries.extend(settings[*port].written().filter_map(|(source, found)| {
                        let host = self.expand(node, hosts.get(&(source, found.parent))?);
                        let text = self.expand(node, found);
                        let range = trimmed(&text.text, 0..text.text.len());
                        let number = parse_int(&text.text[range.clone()]).ok()?;
                        host.unknown_in(&(0..host.text.len())).is_none().then_some(())?;
                        self.entry(host.text.trim().to_owned(), number, source, found, &text, &range)
                    }));
                }
            }
        }
        entries
    }

    fn expand(&self, node: usize, found: &Found) -> Expanded {
        let declared = &self.inputs.topology.nodes[node];
        expand(&found.text, &Reader { inputs: self.inputs, declared, node: &self.nodes[node] }, false)
    }

    /// An entry whose port is a range of a text; `None` where something in that text is not known.
    fn entry(
        &self,
        host: String,
        port: i64,
        source: SourceId,
        found: &Found,
        text: &Expanded,
        range: &Range<usize>,
    ) -> Option<Written> {
        if text.unknown_in(&(0..text.text.len())).is_some() {
            return None;
        }
        let content = &self.inputs.sources.get(source).content;
        let part = text.raw_range(range).and_then(|raw| found.part(content, raw));
        let place = Place { source, span: part.unwrap_or(found.span) };
        // A placeholder is somebody else's port too.
        let replaced = text.pieces.iter().any(|piece| piece.out.start < range.end && range.start < piece.out.end);
        let editable = part.filter(|_| !replaced).map(|span| Place { source, span });
        Some(Written { host, port, place, editable })
    }
}

/// Loopback names that mean nobody but their reader were never changed; a host without members means nobody here.
fn usable(meant: &Meant, is_own: bool) -> Option<Meant> {
    let alone = is_own && meant.members.len() < 2;
    (!alone && !meant.members.is_empty()).then(|| meant.clone())
}

/// A host as it is compared.
fn plain(host: &str) -> String {
    host.trim().trim_matches(['[', ']']).trim_end_matches('.').to_lowercase()
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}
