//! The verdict of a link whose host and port are known.

use crate::catalogue::{self, Address, LocalMeaning};

use super::super::groups::{is_own_port, may_be_open};
use super::super::hosts::{Meant, Question, apart, has_role};
use super::super::url::is_public;
use super::used::untouched;
use super::{Judge, Link, Target, Verdict};

impl Judge<'_> {
    /// The verdict of a link whose host and port are known, in the fixed order of precedence:
    /// who is meant, whether anything listens there, the scheme, the port.
    pub(super) fn judge(&self, link: &mut Link) -> (Verdict, String) {
        let (verdict, why) = self.judge_written(link);
        if !verdict.in_order() && link.host.loopback && self.others_are_asked() {
            let role = self.role_title(&self.target.roles);
            return (Verdict::Undecidable, format!("the topology has no {role}, and one that it does not have may run here"));
        }
        match link.port.value() {
            Some(port) if !verdict.in_order() && link.host.loopback && self.is_seldom_and_untouched(link, port) => untouched(),
            _ => (verdict, why),
        }
    }

    fn judge_written(&self, link: &mut Link) -> (Verdict, String) {
        let Some(port) = link.port.value() else { return (Verdict::Undecidable, String::new()) };
        let roles = self.target_roles;
        let is_url = matches!(self.known.address, Address::Url(_));
        let public_port = is_url && is_public(&link.scheme, link.written.explicit, port);
        let holder_or_neighbour = self.known.local == LocalMeaning::HolderOrNeighbour;
        let meant = self.who_is_meant(link, port, public_port);
        let opens = |node: &usize| self.open_at(*node, port).is_some();
        // Of several on one machine, the port tells which.
        let is_itself = |nodes: &[usize]| {
            nodes == [self.index]
                || nodes.contains(&self.index)
                    && opens(&self.index)
                    && !nodes.iter().any(|node| *node != self.index && opens(node))
        };
        if self.target.peer && matches!(&meant, Meant::Local(nodes) | Meant::Named(nodes) if is_itself(nodes)) {
            return (Verdict::StillLocal, "it has to name the other one".to_owned());
        }
        if let Some(why) = is_url.then(|| self.other_scheme(link, &meant, port)).flatten() {
            return (Verdict::WrongScheme, why);
        }
        let is_balanced = matches!(meant, Meant::Balancer(..) | Meant::BalancerOneToOne(..));
        if self.known.public && public_port && !is_balanced {
            return (Verdict::Ok, String::new());
        }
        if holder_or_neighbour && self.may_be_of_another(link, port) {
            return (Verdict::Undecidable, format!("the topology has no {}", self.role_title(roles)));
        }
        if self.target.itself && self.means_itself(link, port) {
            return self.direct(link, &[self.index], port, true);
        }
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
            Meant::Unknown => self.unknown(&host, roles),
            Meant::StillLocal if self.is_untouched(link, port) => untouched(),
            Meant::StillLocal => self.still_local(link, port),
            Meant::Wrong(named) => self.wrong(link, &named, port),
            Meant::Local(targets) => self.direct(link, &targets, port, true),
            Meant::Named(targets) => self.direct(link, &targets, port, false),
            Meant::Assumed(targets) if !link.host.loopback && self.is_far_fetched(&targets) => {
                let role = self.role_title(&self.target.roles);
                (Verdict::Undecidable, format!("'{host}' is declared nowhere, and the topology has no other {role}"))
            }
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
                    (true, false) => (Verdict::Ok, String::new()),
                    // What it has behind a port that nobody says is one of these.
                    (true, true) => {
                        let meant = link.listener;
                        behind.first().map_or((Verdict::Ok, String::new()), |node| Self::wrong_role(link, *node, meant))
                    }
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

    fn who_is_meant(&self, link: &Link, port: i64, public_port: bool) -> Meant {
        let question = Question {
            reader: self.index,
            host: link.host.name.as_deref(),
            own: link.host.own,
            port,
            public_port,
            roles: self.target_roles,
            holder_or_neighbour: self.known.local == LocalMeaning::HolderOrNeighbour,
        };
        self.directory.lookup(self.inputs, self.nodes, &question)
    }

    /// Names the nodes that a host means, where no port is written that could be judged.
    pub(super) fn mean_by_host(&self, link: &mut Link) {
        let meant = self.who_is_meant(link, 0, false);
        link.assumed = matches!(meant, Meant::Assumed(_));
        let nodes = match meant {
            Meant::Local(nodes) | Meant::Named(nodes) | Meant::Assumed(nodes) => nodes,
            Meant::BalancerOneToOne(_, behind) => behind,
            _ => return,
        };
        let fitting = nodes.into_iter().filter(|node| self.candidates.contains(node));
        link.targets = fitting.map(|node| self.target(node, &link.scheme, false)).collect();
    }

    /// Whether the host is the reader's own machine, and the port one of the reader, or of nobody beside it and nobody there has
    /// the role.
    fn means_itself(&self, link: &Link, port: i64) -> bool {
        let beside = self.directory.on_machine(self.node().machine.as_ref());
        // Where nobody says which machine is whose, a target may be on this one.
        let undeclared = |index: &usize| self.node().machine.is_none() && self.nodes[*index].machine.is_none();
        let mut candidates = self.candidates.iter().filter(|index| **index != self.index);
        let mut nobody = || {
            !candidates.any(|index| undeclared(index) || beside.binary_search(index).is_ok())
                && !beside.iter().any(|index| self.open_at(*index, port).is_some())
        };
        link.host.loopback && (self.open_at(self.index, port).is_some() || nobody())
    }

    /// Whether nobody of the topology has the role, and the host is that of several nodes: one that is not declared may share it.
    fn may_be_of_another(&self, link: &Link, port: i64) -> bool {
        let host = link.host.name.as_deref().unwrap_or_default().to_lowercase();
        self.candidates.is_empty() && self.directory.named(&host).len() > 1 && self.open_at(self.index, port).is_none()
    }

    /// Whether a host that nobody declares would be taken for the reader, or for a node with a role that only stands in.
    fn is_far_fetched(&self, targets: &[usize]) -> bool {
        targets.contains(&self.index) || self.others_are_asked()
    }

    /// Whether nobody has the role that is meant, and nodes with another one are asked instead.
    fn others_are_asked(&self) -> bool {
        self.target_roles != self.target.roles.as_slice()
    }

    /// A host that nobody declared.
    fn unknown(&self, host: &str, roles: &[String]) -> (Verdict, String) {
        if self.known.public || self.is_outside(roles) {
            return (Verdict::External, format!("'{host}' is declared nowhere"));
        }
        if self.others_are_asked() {
            let role = self.role_title(&self.target.roles);
            return (Verdict::Undecidable, format!("'{host}' is declared nowhere, and the topology has no {role}"));
        }
        let declared = self.sorted_hosts();
        let lower = host.to_lowercase();
        if let Some(like) = declared.iter().find(|other| self.inputs.catalogue.is_service_of(&lower, other)) {
            let why = format!("'{host}' is declared nowhere; if it is {like}, add it to its `aliases`");
            return (Verdict::Undecidable, why);
        }
        let near = crate::source::nearest(host, declared).map(|near| format!("nearest: {near}"));
        (Verdict::UnknownHost, near.unwrap_or_default())
    }

    /// Whether an address of the node itself still is the shipped one, so that nobody wrote it: of a call that such nodes seldom
    /// make, or where several nodes may be meant.
    fn is_untouched(&self, link: &Link, port: i64) -> bool {
        let several = || !link.proven && link.candidates.len() > 1 && link.placeholder.is_some();
        self.is_seldom_and_untouched(link, port) || several()
    }

    fn is_seldom_and_untouched(&self, link: &Link, port: i64) -> bool {
        let default = || self.inputs.catalogue.listeners.get(link.listener).is_some_and(|spec| i64::from(spec.default) == port);
        let seldom = self.roles.iter().all(|role| role.seldom);
        !link.proven && seldom && (link.placeholder.is_some() || default())
    }

    /// Whether servers of these roles are often somebody else's.
    fn is_outside(&self, roles: &[String]) -> bool {
        roles.iter().all(|role| self.inputs.catalogue.role(role).is_some_and(|role| role.outside))
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

    fn still_local(&self, link: &mut Link, port: i64) -> (Verdict, String) {
        let here = self.node();
        // The port of a neighbour on the same machine: not the node itself, but a node without the role.
        let open_here = self.open_at(self.index, port).is_some();
        let neighbours = self.directory.on_machine(here.machine.as_ref()).iter();
        let mut neighbours = neighbours.filter(|index| **index != self.index && !open_here);
        let neighbour = neighbours.clone().find_map(|index| Some((*index, self.open_at(*index, port)?)));
        match (neighbour, neighbours.find(|index| self.nodes[**index].has_unknown_ports())) {
            (Some((index, listener)), _) => Self::wrong_role(link, index, listener),
            (None, Some(index)) => {
                (Verdict::Undecidable, format!("whether {} beside it opens port {port} is not known", self.nodes[*index].name))
            }
            (None, None) => (Verdict::StillLocal, String::new()),
        }
    }

    fn wrong(&self, link: &mut Link, named: &[usize], port: i64) -> (Verdict, String) {
        match named.iter().find_map(|index| self.open_at(*index, port).map(|listener| (*index, listener))) {
            Some((index, listener)) => Self::wrong_role(link, index, listener),
            None if named.iter().any(|index| may_be_open(self.inputs, &self.nodes[*index], port)) => {
                let names: Vec<&str> = named.iter().map(|index| self.nodes[*index].name.as_str()).collect();
                let what = format!("whether {} opens port {port} is not known here", names.join(", "));
                (Verdict::Undecidable, what)
            }
            None => {
                let names: Vec<&str> = named.iter().map(|index| self.nodes[*index].name.as_str()).collect();
                link.targets = named.iter().map(|node| self.target(*node, &link.scheme, false)).collect();
                // Where others are asked for want of the role: either would do.
                let mut roles = self.target.roles.clone();
                roles.extend(self.target_roles.iter().filter(|role| !self.target.roles.contains(role)).cloned());
                let role = self.role_title(&roles);
                (Verdict::NothingListens, format!("{} has no listener on {port}, and is no {role}", names.join(", ")))
            }
        }
    }

    fn wrong_role(link: &mut Link, node: usize, listener: usize) -> (Verdict, String) {
        link.targets = vec![Target { node, listener, fits: false, instead: Some(listener) }];
        (Verdict::WrongRole, String::new())
    }

    /// The node and the listener that answer where a link goes wrong: on its target, or on another node of that machine.
    pub(super) fn answers(&self, link: &Link) -> Option<(usize, usize)> {
        let port = link.port.value().filter(|_| link.balancer.is_none())?;
        let node = match link.verdict {
            Verdict::WrongPort | Verdict::WrongScheme | Verdict::WrongRole | Verdict::NothingListens => {
                link.targets.iter().find(|target| !target.fits)?.node
            }
            Verdict::StillLocal => self.index,
            _ => return None,
        };
        let reached = |node: &usize| {
            let listener = self.open_at(*node, port)?;
            let open = !self.nodes[*node].listeners[listener].bind_loopback || !apart(self.node(), &self.nodes[*node]);
            open.then_some((*node, listener))
        };
        let beside = self.directory.on_machine(self.nodes[node].machine.as_ref());
        reached(&node).or_else(|| beside.iter().find_map(reached))
    }

    /// The live listener of a node at a port.
    pub(super) fn open_at(&self, node: usize, port: i64) -> Option<usize> {
        self.nodes[node].listeners.iter().position(|listener| listener.live && listener.port.value() == Some(port))
    }

    pub(super) fn target(&self, node: usize, scheme: &str, fits: bool) -> Target {
        Target { node, listener: self.listener_of(scheme), fits, instead: None }
    }

    /// The listener that a scheme means; where it means none, the secure one.
    pub(super) fn listener_of(&self, scheme: &str) -> usize {
        let listeners = &self.target.listeners;
        let of = |wanted: &str| listeners.iter().find(|(known, _)| known == wanted);
        of(scheme).or_else(|| of("https")).or(listeners.first()).map_or(0, |(_, listener)| *listener)
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
        if result.0 == Verdict::WrongPort
            && !link.host.own
            && let Some((node, listener)) = self.answers_by_name(link, targets, port)
        {
            return Self::wrong_role(link, node, listener);
        }
        link.targets = judged.iter().map(|(target, _, _)| Target { fits: satisfied(target), ..target.clone() }).collect();
        if result.0 == Verdict::Ok {
            // Of several on one machine, the one at the port is the one that is called.
            link.targets.sort_by_key(|target| {
                !judged.iter().any(|(other, verdict, _)| other.node == target.node && *verdict == Verdict::Ok)
            });
        }
        result
    }

    /// Whether the call can be made with the scheme of a link.
    pub(super) fn knows_scheme(&self, link: &Link) -> bool {
        self.target.listeners.iter().any(|(scheme, _)| *scheme == link.scheme)
    }

    /// The node that a host names and that listens at the port, where none of the targets has that name: they only share its machine.
    fn answers_by_name(&self, link: &Link, targets: &[usize], port: i64) -> Option<(usize, usize)> {
        let host = link.host.name.as_ref()?.to_lowercase();
        if targets.iter().any(|node| self.nodes[*node].hosts.contains(&host)) {
            return None;
        }
        self.directory.named(&host).iter().find_map(|node| Some((*node, self.open_at(*node, port)?)))
    }

    fn judge_target(&self, link: &Link, node: usize, port: i64) -> (Target, Verdict, String) {
        let catalogue = &self.inputs.catalogue;
        let mut target = self.target(node, &link.scheme, false);
        // Of a scheme that no broker has the port tells which listener is meant.
        if self.known.format.of_brokers()
            && !self.knows_scheme(link)
            && let Some(open) = self.open_at(node, port).filter(|open| self.target.listeners.iter().any(|(_, own)| own == open))
        {
            target.listener = open;
        }
        let listener = &self.nodes[node].listeners[target.listener];
        let spec = &catalogue.listeners[target.listener];
        let name = &self.nodes[node].name;
        let known_scheme = self.knows_scheme(link);
        if let Some(why) = listener.port.why_unknown() {
            return (target, Verdict::Undecidable, format!("{} of {name} cannot be known: {why}", spec.title));
        }
        if listener.out_of_profile {
            return (target, Verdict::NothingListens, format!("the start profile of {name} does not run it"));
        }
        if let Some(why) = listener.why_dormant.as_ref().filter(|_| !listener.live) {
            let verdict = if listener.switched_off_by.is_empty() { Verdict::Undecidable } else { Verdict::NothingListens };
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
        if target.instead.is_none() && is_own_port(self.inputs, &self.nodes[node], port) {
            return (target, Verdict::Undecidable, format!("{port} is a listener of {name}'s own, which is not judged"));
        }
        if !known_scheme && link.balancer.is_none() {
            let why = target.instead.map_or_else(
                || format!("nothing of {name} is on {port}"),
                |instead| format!("{port} is {name}'s {}", catalogue.listeners[instead].title),
            );
            return (target, Verdict::WrongScheme, why);
        }
        // Without TLS to the port for it: the port was chosen, the scheme is a slip of the pen.
        let secure = target.instead.filter(|instead| {
            let of_link = || self.target.listeners.iter().any(|(scheme, listener)| scheme == "https" && listener == instead);
            catalogue.listeners[*instead].plain == Some(target.listener) && link.balancer.is_none() && of_link()
        });
        if let Some(secure) = secure {
            target.listener = secure;
            let spec = &catalogue.listeners[secure];
            return (target, Verdict::WrongScheme, format!("{name} speaks {} on {port}, not {}", spec.protocol, link.scheme));
        }
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
}
