//! Links: where each goes, and its one verdict.

use std::ops::Range;

use crate::catalogue::{self, Address, LocalMeaning, holds};
use crate::source::Place;

use super::expand::{self, Expanded, What};
use super::hosts::{Directory, Meant, Question, apart, has_role};
use super::node::{self, Reader, dormant_because};
use super::port::{EffectivePort, Step};
use super::settings::{State, first_unmet};
use super::url::{UrlParts, default_port, split};
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
    /// Whether the host does not say who is meant, and it was taken from roles or `key_manager`.
    pub assumed: bool,
    /// The load balancer in between: index in the topology.
    pub balancer: Option<usize>,
    /// Whether the balancer's own forward is at fault.
    pub forward_at_fault: bool,
    /// Nodes that it goes to, or was meant to.
    pub targets: Vec<Target>,
    /// Nodes with the target's role.
    pub candidates: Vec<usize>,
    /// What a malformed link lacks that its reader needs.
    pub lack: Option<Lack>,
    /// Placeholders and template marks in host or port that are not known.
    pub unresolved: Vec<(Place, What)>,
}

/// What the reader of a link needs and does not find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// A setting of its own.
    Setting(usize),
    /// A port in the text of its companion.
    CompanionPort,
}

/// The host of a link.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// The host, as text; `None` where no file states it.
    pub name: Option<String>,
    /// As written, with its placeholders.
    pub raw: Option<String>,
    /// Where it is written.
    pub place: Option<Place>,
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
    /// Where a port would be inserted: after the host.
    pub insert_at: Option<Place>,
    /// Whether a port is written at all.
    pub explicit: bool,
    /// The reader needs it written out.
    pub needed: bool,
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
    /// The target that does not fit, else the first.
    pub fn target(&self) -> Option<&Target> {
        self.targets.iter().find(|target| !target.fits).or(self.targets.first())
    }
}

/// All links of a node, in the catalogue's order.
pub fn of_node(inputs: &Inputs, nodes: &[Node], directory: &Directory, node: usize) -> Vec<Link> {
    let catalogue = &inputs.catalogue;
    let reader = Reader { inputs, declared: &inputs.topology.nodes[node], node: &nodes[node] };
    let mut links = Vec::new();
    for (spec, known) in catalogue.links.iter().enumerate() {
        let family = nodes[node].product.family;
        let mut roles = known.readers.iter().filter(|reader| nodes[node].role_set.contains(&reader.role)).peekable();
        if !holds(known.versions, family) || roles.peek().is_none() {
            continue;
        }
        let roles: Vec<&catalogue::Reader> = roles.collect();
        let judge = Judge { inputs, nodes, directory, reader: &reader, index: node, spec, known, roles };
        links.push(judge.link());
    }
    links
}

struct Judge<'a> {
    inputs: &'a Inputs,
    nodes: &'a [Node],
    directory: &'a Directory,
    reader: &'a Reader<'a>,
    index: usize,
    spec: usize,
    known: &'a catalogue::Link,
    roles: Vec<&'a catalogue::Reader>,
}

/// A text that was read for a link: expanded, with the way back to its file.
struct Text {
    setting: usize,
    expanded: Expanded,
    raw: String,
}

impl Judge<'_> {
    fn node(&self) -> &Node {
        &self.nodes[self.index]
    }

    fn link(&self) -> Link {
        let family = self.node().product.family;
        let mut link = Link {
            spec: self.spec,
            node: self.index,
            index: 0,
            proven: self.roles.iter().any(|role| role.proven),
            scheme: self.known.listeners.first().map(|(scheme, _)| scheme.clone()).unwrap_or_default(),
            scheme_place: None,
            host: Host::default(),
            port: EffectivePort::default(),
            written: WrittenPort { needed: self.all_hold(&self.known.explicit_port), ..WrittenPort::default() },
            placeholder: None,
            verdict: Verdict::Ok,
            why: String::new(),
            assumed: false,
            balancer: None,
            forward_at_fault: false,
            targets: Vec::new(),
            candidates: self.directory.with_role(self.known.target_roles(family)),
            lack: None,
            unresolved: Vec::new(),
        };
        let early = match &self.known.address {
            Address::Url(setting) => self.read_url(*setting, &mut link),
            Address::PortAndHost { port, hosts } => self.read_port(*port, hosts, &mut link),
        };
        // What is read is kept for reports even where the link is not used.
        let (verdict, why) = self.dormant().or(early).unwrap_or_else(|| self.judge(&mut link));
        if verdict == Verdict::Dormant {
            link.unresolved.clear();
        }
        (link.verdict, link.why) = (verdict, why);
        link
    }

    fn all_hold(&self, conditions: &[catalogue::Condition]) -> bool {
        !conditions.is_empty() && first_unmet(&self.inputs.catalogue, &self.node().settings, conditions).is_none()
    }

    /// Why the node does not use the link, or why that cannot be known.
    fn dormant(&self) -> Option<(Verdict, String)> {
        let catalogue = &self.inputs.catalogue;
        let settings = &self.node().settings;
        let unmet = |conditions: &[catalogue::Condition]| {
            first_unmet(catalogue, settings, conditions).map(|(condition, holds)| match holds {
                Some(_) => (Verdict::Dormant, dormant_because(catalogue, self.node(), condition)),
                None => {
                    let title = &catalogue.settings[condition.setting].title;
                    (Verdict::Undecidable, format!("{title} of {} cannot be known", self.node().name))
                }
            })
        };
        let role = self.roles.iter().map(|role| unmet(&role.live)).min_by_key(Option::is_some).flatten();
        unmet(&self.known.live).or(role)
    }

    fn text(&self, setting: usize) -> Option<Text> {
        let value = &self.node().settings[setting];
        let raw = value.text.clone().filter(|_| value.state == State::Written)?;
        let expanded = expand::expand(&raw, self.reader, self.inputs.catalogue.settings[setting].synapse);
        Some(Text { setting, expanded, raw })
    }

    /// The place in a file of a range of an expanded text.
    fn place(&self, text: &Text, range: &Range<usize>) -> Option<Place> {
        let (source, found) = self.node().settings[text.setting].found.as_ref()?;
        let raw = text.expanded.raw_range(range)?;
        let span = found.part(&self.inputs.sources.get(*source).content, raw)?;
        Some(Place { source: *source, span })
    }

    fn whole(&self, setting: usize) -> Option<Place> {
        self.node().settings[setting].place()
    }

    /// A URL that is not there, cannot be read, or is no URL.
    fn parts(&self, setting: usize) -> Result<(Text, UrlParts), (Verdict, String)> {
        let value = &self.node().settings[setting];
        let title = &self.inputs.catalogue.settings[setting].title;
        let Some(text) = self.text(setting) else {
            return Err(match value.state {
                State::Unknown => (Verdict::Undecidable, format!("{title} of {} cannot be read", self.node().name)),
                _ => (Verdict::NotStated, format!("no file of {} states it", self.node().name)),
            });
        };
        let all = 0..text.expanded.text.len();
        match split(&text.expanded.text, expand::OPAQUE) {
            Ok(parts) => Ok((text, parts)),
            // A template that is the whole URL is no malformed one.
            Err(_) if text.expanded.unknown_in(&all).is_some() => {
                Err((Verdict::Undecidable, text.expanded.unknown_in(&all).map_or_else(String::new, What::words)))
            }
            Err(why) => Err((Verdict::Malformed, why)),
        }
    }

    fn read_url(&self, setting: usize, link: &mut Link) -> Option<(Verdict, String)> {
        let (text, parts) = match self.parts(setting) {
            Ok(parts) => parts,
            Err(early) => {
                let value = &self.node().settings[setting];
                link.host =
                    Host { setting: Some(setting), place: self.whole(setting), raw: value.text.clone(), ..Host::default() };
                self.note_unresolved(setting, link, None);
                return Some(early);
            }
        };
        link.scheme = text.expanded.text[parts.scheme.clone()].to_lowercase();
        link.scheme_place = self.place(&text, &parts.scheme);
        link.host = self.host_of(&text, &parts, false);
        link.port = self.port_of(&text, &parts, &link.scheme);
        link.placeholder = parts.port.as_ref().and_then(|port| match &text.expanded.exactly(port)?.what {
            What::Listener(name, _) => Some(name.clone()),
            _ => None,
        });
        link.written.explicit = parts.port.is_some();
        link.written.place = parts.port.as_ref().and_then(|port| self.place(&text, port));
        link.written.insert_at = self.place(&text, &(parts.host_end..parts.host_end));
        self.note_unresolved(setting, link, Some(&parts));
        let authority = parts.host.start..parts.port.as_ref().map_or(parts.host_end, |port| port.end);
        if let Some(what) = text.expanded.unknown_in(&authority) {
            return Some((Verdict::Undecidable, what.words()));
        }
        if let Some(why) = link.port.why_unknown() {
            return Some((Verdict::Undecidable, why.to_owned()));
        }
        None
    }

    fn host_of(&self, text: &Text, parts: &UrlParts, borrowed: bool) -> Host {
        let name = text.expanded.text[parts.host.clone()].to_owned();
        let raw = text.expanded.raw_range(&parts.host).map(|range| text.raw[range].to_owned());
        let own = text.expanded.exactly(&parts.host).is_some_and(|piece| matches!(piece.what, What::OwnHost(_)));
        self.host(name, raw, own, self.place(text, &parts.host), text.setting, borrowed)
    }

    fn host(&self, name: String, raw: Option<String>, own: bool, place: Option<Place>, setting: usize, borrowed: bool) -> Host {
        let loopback = own || self.inputs.catalogue.is_loopback(&name) || self.node().hosts.contains(&name.to_lowercase());
        let place = place.or_else(|| self.whole(setting));
        Host { raw: raw.or_else(|| Some(name.clone())), name: Some(name), place, setting: Some(setting), own, borrowed, loopback }
    }

    fn port_of(&self, text: &Text, parts: &UrlParts, scheme: &str) -> EffectivePort {
        let Some(range) = &parts.port else {
            return match default_port(scheme) {
                Some(port) => {
                    EffectivePort::default().then(Step::Scheme(scheme.to_owned()), Some(port), self.whole(text.setting))
                }
                None => {
                    EffectivePort::unknown(format!("{scheme} has no default port, and none is written"), self.whole(text.setting))
                }
            };
        };
        let place = self.place(text, range).or_else(|| self.whole(text.setting));
        let value = text.expanded.text[range.clone()].parse().ok();
        match text.expanded.exactly(range).map(|piece| &piece.what) {
            Some(What::Listener(name, listener)) => {
                let own = &self.node().listeners[*listener].port;
                own.clone().then(Step::Placeholder(name.clone(), self.node().name.clone()), value, place)
            }
            _ => EffectivePort::default().then(Step::Written, value, place),
        }
    }

    fn read_port(&self, port: usize, hosts: &[usize], link: &mut Link) -> Option<(Verdict, String)> {
        link.port = node::port(self.inputs, self.reader.declared, self.node(), port);
        link.written.explicit = self.node().settings[port].state == State::Written;
        link.written.place = self.whole(port);
        let missing = self.missing_need(port).map(|setting| {
            link.lack = Some(Lack::Setting(setting));
            (Verdict::Malformed, format!("{} is missing", self.inputs.catalogue.settings[setting].title))
        });
        let host = hosts.iter().find(|setting| self.node().settings[**setting].state == State::Written);
        if let Some(setting) = host {
            let is_url = self.inputs.catalogue.settings[*setting].kind == catalogue::ValueKind::Url;
            if is_url {
                match self.parts(*setting) {
                    Ok((text, parts)) => {
                        link.host = self.host_of(&text, &parts, true);
                        if let Some(what) = text.expanded.unknown_in(&parts.host) {
                            return missing.or(Some((Verdict::Undecidable, what.words())));
                        }
                    }
                    Err((verdict, why)) => {
                        link.host =
                            Host { setting: Some(*setting), place: self.whole(*setting), borrowed: true, ..Host::default() };
                        return missing.or(Some((verdict, why)));
                    }
                }
            } else if let Some(text) = self.text(*setting) {
                let trimmed = text.expanded.text.trim().to_owned();
                let own = text.expanded.pieces.iter().any(|piece| matches!(piece.what, What::OwnHost(_)));
                let unknown = text.expanded.unknown_in(&(0..text.expanded.text.len())).map(What::words);
                link.host = self.host(trimmed, Some(text.raw.trim().to_owned()), own, None, *setting, false);
                self.note_unresolved(*setting, link, None);
                if let Some(why) = unknown {
                    return missing.or(Some((Verdict::Undecidable, why)));
                }
            }
        }
        self.note_unresolved(port, link, None);
        if let Some(missing) = missing {
            return Some(missing);
        }
        if let Some(lacks) = self.companion_lacks_port() {
            link.lack = Some(Lack::CompanionPort);
            return Some((Verdict::Malformed, lacks));
        }
        link.port.why_unknown().map(|why| (Verdict::Undecidable, why.to_owned()))
    }

    /// The reader cuts the companion's port out of its text and fails where there is none.
    fn companion_lacks_port(&self) -> Option<String> {
        let companion = &self.inputs.catalogue.links[self.known.companion?];
        let Address::Url(setting) = companion.address else { return None };
        if !self.all_hold(&companion.explicit_port) {
            return None;
        }
        let (text, parts) = self.parts(setting).ok()?;
        let host = &text.expanded.text[parts.host.clone()];
        if text.expanded.unknown_in(&(parts.host.start..parts.host_end)).is_some() {
            return None;
        }
        let title = &self.inputs.catalogue.settings[setting].title;
        if host.starts_with('[') {
            return Some(format!("{title} has an IPv6 literal, which the client cannot read"));
        }
        parts.port.is_none().then(|| format!("{title} has no port"))
    }

    /// A setting without which the call cannot be made.
    fn missing_need(&self, port: usize) -> Option<usize> {
        let family = self.node().product.family;
        let needs = self.known.needs.iter().filter(|need| holds(need.versions, family)).map(|need| need.setting);
        let settings = &self.node().settings;
        let is_missing =
            |setting: &usize| !settings[*setting].stated() && matches!(settings[*setting].state, State::Absent | State::Blank);
        std::iter::once(port).chain(needs).find(is_missing)
    }

    fn note_unresolved(&self, setting: usize, link: &mut Link, parts: Option<&UrlParts>) {
        let Some(text) = self.text(setting) else { return };
        let range = parts.map_or(0..text.expanded.text.len(), |parts| {
            parts.host.start..parts.port.as_ref().map_or(parts.host_end, |port| port.end)
        });
        for piece in text.expanded.pieces.iter().filter(|piece| piece.out.start < range.end && range.start < piece.out.end) {
            let is_noted = matches!(piece.what, What::Template(_) | What::Unset(_));
            let place = self.place(&text, &piece.out).or_else(|| self.whole(setting));
            if let Some(place) = place.filter(|_| is_noted) {
                link.unresolved.push((place, piece.what.clone()));
            }
        }
    }

    /// The verdict of a link whose host and port are known, in the fixed order of precedence:
    /// who is meant, whether anything listens there, the scheme, the port.
    fn judge(&self, link: &mut Link) -> (Verdict, String) {
        let Some(port) = link.port.value() else { return (Verdict::Undecidable, String::new()) };
        let family = self.node().product.family;
        let roles = self.known.target_roles(family);
        let is_url = matches!(self.known.address, Address::Url(_));
        let public_port = is_url && (!link.written.explicit || port == 443);
        let question = Question {
            reader: self.index,
            host: link.host.name.as_deref(),
            own: link.host.own,
            port,
            public_port,
            roles,
            holder_or_neighbour: self.known.local == LocalMeaning::HolderOrNeighbour,
        };
        let meant = self.directory.lookup(self.inputs, self.nodes, &question);
        let role = self.role_title(roles);
        let host = link.host.raw.clone().unwrap_or_default();
        match meant {
            Meant::External(_) => (Verdict::External, String::new()),
            Meant::NoTarget => (Verdict::Undecidable, format!("the topology has no {role}")),
            Meant::Ambiguous => (
                Verdict::Undecidable,
                format!("several nodes are {role} and none declares a host: say `key_manager`, or `host` of each"),
            ),
            Meant::PublicName => {
                (Verdict::Undecidable, format!("'{host}' is declared nowhere, and port {port} is likely a load balancer's"))
            }
            Meant::Unknown => {
                let near =
                    crate::source::nearest(&host, self.sorted_hosts().iter().copied()).map(|near| format!("nearest: {near}"));
                (Verdict::UnknownHost, near.unwrap_or_default())
            }
            Meant::StillLocal => self.still_local(link, port),
            Meant::Wrong(named) => self.wrong(link, &named, port),
            Meant::Local(targets) => self.direct(link, &targets, port, true),
            Meant::Named(targets) => self.direct(link, &targets, port, false),
            Meant::Assumed(targets) => {
                link.assumed = true;
                self.direct(link, &targets, port, false)
            }
            Meant::BalancerWithout(index) => {
                link.balancer = Some(index);
                if public_port { (Verdict::Ok, String::new()) } else { self.not_offered(index, port) }
            }
            Meant::BalancerOneToOne(index, behind) => {
                link.balancer = Some(index);
                let fitting: Vec<usize> = behind.iter().copied().filter(|node| has_role(&self.nodes[*node], roles)).collect();
                match (public_port, fitting.is_empty()) {
                    (true, _) => (Verdict::Ok, String::new()),
                    (false, true) => self.wrong(link, &behind, port),
                    (false, false) => self.direct(link, &fitting, port, false),
                }
            }
            Meant::Balancer(index, behind) => {
                link.balancer = Some(index);
                self.behind(link, &behind, roles)
            }
        }
    }

    /// Hosts that are declared, in a fixed order.
    fn sorted_hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> = self.directory.declared_hosts().collect();
        hosts.sort_unstable();
        hosts
    }

    fn role_title(&self, roles: &[String]) -> String {
        let title = |role: &String| self.inputs.catalogue.role(role).map_or(role.as_str(), |role| role.title.as_str()).to_owned();
        roles.iter().map(title).collect::<Vec<_>>().join(" or ")
    }

    fn not_offered(&self, index: usize, port: i64) -> (Verdict, String) {
        let balancer = &self.inputs.topology.load_balancers[index];
        let offered: Vec<String> = balancer.ports.iter().map(|(port, _)| port.value.to_string()).collect();
        (
            Verdict::NothingListens,
            format!("the load balancer {} does not offer port {port}, it offers {}", balancer.host.value, offered.join(", ")),
        )
    }

    fn still_local(&self, link: &mut Link, port: i64) -> (Verdict, String) {
        let here = self.node();
        // The port of a neighbour on the same machine: not the node itself, but a node without the role.
        let neighbours = self.directory.on_machine(here.machine.as_ref()).iter().filter(|index| **index != self.index);
        let open_here = self.open_at(self.index, port).is_some();
        let neighbour = neighbours.filter(|_| !open_here).find_map(|index| Some((*index, self.open_at(*index, port)?)));
        match neighbour {
            Some((index, listener)) => Self::wrong_role(link, index, listener),
            None => (Verdict::StillLocal, String::new()),
        }
    }

    fn wrong(&self, link: &mut Link, named: &[usize], port: i64) -> (Verdict, String) {
        match named.iter().find_map(|index| self.open_at(*index, port).map(|listener| (*index, listener))) {
            Some((index, listener)) => Self::wrong_role(link, index, listener),
            None => {
                let names: Vec<&str> = named.iter().map(|index| self.nodes[*index].name.as_str()).collect();
                link.targets = named.iter().map(|node| self.target(*node, &link.scheme, false)).collect();
                (
                    Verdict::NothingListens,
                    format!(
                        "{} has no listener on {port}, and is no {}",
                        names.join(", "),
                        self.role_title(self.known.target_roles(self.node().product.family))
                    ),
                )
            }
        }
    }

    fn wrong_role(link: &mut Link, node: usize, listener: usize) -> (Verdict, String) {
        link.targets = vec![Target { node, listener, fits: false, instead: Some(listener) }];
        (Verdict::WrongRole, String::new())
    }

    /// The live listener of a node at a port.
    fn open_at(&self, node: usize, port: i64) -> Option<usize> {
        self.nodes[node].listeners.iter().position(|listener| listener.live && listener.port.value() == Some(port))
    }

    fn target(&self, node: usize, scheme: &str, fits: bool) -> Target {
        let by_scheme = self.known.listeners.iter().find(|(known, _)| known == scheme);
        let listener = by_scheme.or_else(|| self.preferred()).map_or(0, |(_, listener)| *listener);
        Target { node, listener, fits, instead: None }
    }

    /// The listener that is meant where the scheme does not say it: the secure one.
    fn preferred(&self) -> Option<&(String, usize)> {
        self.known.listeners.iter().find(|(scheme, _)| scheme == "https").or(self.known.listeners.first())
    }

    /// Nodes that are called directly. Those of one machine are one address: one that fits is enough.
    fn direct(&self, link: &mut Link, targets: &[usize], port: i64, local: bool) -> (Verdict, String) {
        let judged: Vec<(Target, Verdict, String)> = targets.iter().map(|node| self.judge_target(link, *node, port)).collect();
        let machine = |target: &Target| self.nodes[target.node].machine.clone();
        let satisfied = |target: &Target| {
            judged.iter().any(|(other, verdict, _)| {
                let same = other.node == target.node || local || machine(other).is_some() && machine(other) == machine(target);
                *verdict == Verdict::Ok && same
            })
        };
        let worst = judged.iter().find(|(target, _, _)| !satisfied(target));
        let result = worst.map_or((Verdict::Ok, String::new()), |(_, verdict, why)| (*verdict, why.clone()));
        link.targets = judged.iter().map(|(target, _, _)| Target { fits: satisfied(target), ..target.clone() }).collect();
        if result.0 == Verdict::Ok {
            // Of several on one machine, the one at the port is the one that is called.
            link.targets.sort_by_key(|target| {
                !judged.iter().any(|(other, verdict, _)| other.node == target.node && *verdict == Verdict::Ok)
            });
        }
        result
    }

    fn judge_target(&self, link: &Link, node: usize, port: i64) -> (Target, Verdict, String) {
        let catalogue = &self.inputs.catalogue;
        let mut target = self.target(node, &link.scheme, false);
        let listener = &self.nodes[node].listeners[target.listener];
        let spec = &catalogue.listeners[target.listener];
        let name = &self.nodes[node].name;
        let known_scheme = self.known.listeners.iter().any(|(scheme, _)| *scheme == link.scheme);
        if let Some(why) = listener.port.why_unknown() {
            return (target, Verdict::Undecidable, format!("{} of {name} cannot be known: {why}", spec.title));
        }
        if let Some(why) = listener.why_dormant.as_ref().filter(|_| !listener.live) {
            let verdict = if listener.switched_off_by.is_some() { Verdict::NothingListens } else { Verdict::Undecidable };
            return (target, verdict, format!("{name} does not start it: {why}"));
        }
        if listener.bind_loopback && apart(self.node(), &self.nodes[node]) {
            let bind = listener.bind.as_deref().unwrap_or_default();
            return (target, Verdict::NothingListens, format!("{name} binds it to {bind}, which no other machine reaches"));
        }
        if listener.port.value() == Some(port) {
            target.fits = known_scheme || link.balancer.is_some();
            if target.fits {
                return (target, Verdict::Ok, String::new());
            }
            return (target, Verdict::WrongScheme, format!("{name} speaks {} on {port}, not {}", spec.protocol, link.scheme));
        }
        if known_scheme && listener.proxy_port == Some(port) {
            target.fits = true;
            return (target, Verdict::Ok, format!("{port} is the proxy port of {name}"));
        }
        target.instead = self.open_at(node, port);
        match target.instead.map(|instead| &catalogue.listeners[instead]) {
            Some(other) if other.protocol != spec.protocol && link.balancer.is_none() => {
                let why = format!("{port} is {name}'s {}, which speaks {}", other.title, other.protocol);
                (target, Verdict::WrongScheme, why)
            }
            _ => (target, Verdict::WrongPort, self.nearest_explanation(node, port, spec)),
        }
    }

    /// Where a wrong port may come from: another offset, another node of the machine, a placeholder.
    fn nearest_explanation(&self, node: usize, port: i64, spec: &catalogue::Listener) -> String {
        let target = &self.nodes[node];
        let neighbours = self.directory.on_machine(target.machine.as_ref());
        let other = neighbours.iter().find(|index| **index != node && self.open_at(**index, port).is_some());
        if let Some(other) = other {
            return format!("{port} on this machine is {}", self.nodes[*other].name);
        }
        let offset = port - i64::from(spec.default);
        match target.offset.value {
            Some(actual) if (0..=100).contains(&offset) && offset != actual => {
                format!("{port} would be offset {offset}; {} has {actual}", target.name)
            }
            _ => String::new(),
        }
    }

    /// Nodes behind a load balancer: each port that it forwards to must be open. Who ends TLS is not judged.
    fn behind(&self, link: &mut Link, behind: &[(usize, i64)], roles: &[String]) -> (Verdict, String) {
        link.targets = behind.iter().map(|(node, _)| self.target(*node, &link.scheme, true)).collect();
        let is_url = matches!(self.known.address, Address::Url(_));
        for (at, (node, port)) in behind.iter().enumerate() {
            let backend = &self.nodes[*node];
            let meant = link.targets[at].listener;
            let listener = &backend.listeners[meant];
            if listener.port.why_unknown().is_some() {
                return (Verdict::Undecidable, format!("the ports of {} cannot be known", backend.name));
            }
            let open = self.open_at(*node, *port);
            // Behind a balancer an HTTP service may be reached by any of its HTTP listeners.
            let fits = if is_url { open.is_some() } else { open == Some(meant) };
            link.targets[at].fits = fits && has_role(backend, roles);
            if fits && !has_role(backend, roles) {
                link.targets.rotate_left(at);
                return (Verdict::WrongRole, format!("the load balancer forwards to {}", backend.name));
            }
            if !fits {
                link.forward_at_fault = open.is_none() && !super::groups::may_be_open(self.inputs, backend, *port);
                let why = match (&listener.why_dormant, listener.port.value()) {
                    (Some(why), _) => format!("the load balancer forwards to {}, which does not start it: {why}", backend.name),
                    (None, Some(opened)) => {
                        format!("the load balancer forwards to {}:{port}, {} listens on {opened}", backend.name, backend.name)
                    }
                    (None, None) => String::new(),
                };
                return (Verdict::NothingListens, why);
            }
        }
        (Verdict::Ok, String::new())
    }
}
