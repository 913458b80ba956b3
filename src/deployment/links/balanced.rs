//! Calls through load balancers: what they offer, and what is behind.

use std::collections::{BTreeSet, HashMap};

use super::super::groups::may_be_open;
use super::super::hosts::{Meant, has_role};
use super::{Judge, Link, Verdict};

impl Judge<'_> {
    /// Why a balancer does not speak the scheme on a port that the world keeps for another one; names the balancer then.
    pub(super) fn other_scheme(&self, link: &mut Link, meant: &Meant, port: i64) -> Option<String> {
        let (Meant::Balancer(index, _) | Meant::BalancerOneToOne(index, _) | Meant::BalancerWithout(index)) = meant else {
            return None;
        };
        if self.known.format.of_brokers() && !self.knows_scheme(link) {
            link.balancer = Some(*index);
            return Some(format!("a broker is not called with {}", link.scheme));
        }
        let expected = match (link.scheme.as_str(), port) {
            ("http", 443) => "https",
            ("ws", 443) => "wss",
            ("https", 80) => "http",
            ("wss", 80) => "ws",
            _ => return None,
        };
        link.balancer = Some(*index);
        Some(format!("{port} of a load balancer speaks {expected}"))
    }

    pub(super) fn not_offered(&self, index: usize, port: i64) -> (Verdict, String) {
        let balancer = &self.inputs.topology.load_balancers[index];
        let offered: Vec<String> = balancer.ports.iter().map(|(port, _)| port.value.to_string()).collect();
        (
            Verdict::NothingListens,
            format!("the load balancer {} does not offer port {port}, it offers {}", balancer.host.value, offered.join(", ")),
        )
    }

    /// Whether a listener serves what is meant, behind a balancer: who ends TLS is not judged.
    fn serves(&self, listener: usize, meant: usize) -> bool {
        let listeners = &self.inputs.catalogue.listeners;
        let of_link = |listener: usize| listener == meant || self.target.listeners.iter().any(|(_, known)| *known == listener);
        of_link(listener)
            || listeners.iter().enumerate().any(|(secure, spec)| spec.plain == Some(listener) && of_link(secure))
            || listeners[listener].plain.is_some_and(of_link)
    }

    /// Whether a balancer is known under no name of a node's own machine.
    fn balancer_apart(&self, link: &Link, node: &super::super::Node) -> bool {
        let Some(balancer) = link.balancer.map(|index| &self.inputs.topology.load_balancers[index]) else { return true };
        let names = || std::iter::once(&balancer.host).chain(&balancer.aliases).map(|name| name.value.to_lowercase());
        let on_machine = self.directory.on_machine(node.machine.as_ref());
        let hosts = |index: &usize| self.nodes[*index].hosts.iter();
        !names().any(|name| Some(&name) == node.machine.as_ref() || on_machine.iter().flat_map(hosts).any(|host| *host == name))
    }

    /// Nodes behind a load balancer: each port that it forwards to must be open. Who ends TLS is not judged.
    pub(super) fn behind(&self, link: &mut Link, behind: &[(usize, i64)], roles: &[String]) -> (Verdict, String) {
        let meant = self.listener_of(&link.scheme);
        let serves = |(node, port): &(usize, i64)| self.open_at(*node, *port).is_some_and(|open| self.serves(open, meant));
        // One that tells services apart by name or path has nodes of other roles behind the same port.
        let routes = matches!(link.scheme.as_str(), "http" | "https" | "ws" | "wss");
        let is_asked = |(node, _): &&(usize, i64)| has_role(&self.nodes[*node], roles);
        let asked: Vec<(usize, i64)> = behind.iter().filter(is_asked).copied().collect();
        let behind = if routes && asked.iter().any(serves) { &asked[..] } else { behind };
        link.targets = behind.iter().map(|(node, _)| self.target(*node, &link.scheme, true)).collect();
        // And several ports of one node.
        let mut serving: HashMap<usize, BTreeSet<i64>> = HashMap::new();
        for (node, port) in behind.iter().filter(|one| serves(one)) {
            serving.entry(*node).or_default().insert(*port);
        }
        for (at, (node, port)) in behind.iter().enumerate() {
            let backend = &self.nodes[*node];
            let listener = &backend.listeners[meant];
            if listener.port.why_unknown().is_some() {
                return (Verdict::Undecidable, format!("the ports of {} cannot be known", backend.name));
            }
            let elsewhere = || serving.get(node).is_some_and(|ports| ports.iter().any(|serving| serving != port));
            if has_role(backend, roles) && elsewhere() {
                continue;
            }
            let open = self.open_at(*node, *port);
            if open == Some(meant) && listener.bind_loopback && self.balancer_apart(link, backend) {
                let bind = listener.bind.as_deref().unwrap_or_default();
                let why = format!("{} binds it to {bind}, which the load balancer cannot reach", backend.name);
                return (Verdict::NothingListens, why);
            }
            let fits = open.is_some_and(|open| self.serves(open, meant));
            link.targets[at].fits = fits && has_role(backend, roles);
            if open.is_some() && !has_role(backend, roles) {
                link.targets.rotate_left(at);
                return (Verdict::WrongRole, format!("the load balancer forwards to {}", backend.name));
            }
            if !fits {
                link.forward_at_fault = open.is_none() && !may_be_open(self.inputs, backend, *port);
                let other = open.map(|open| self.inputs.catalogue.listeners[open].title.as_str());
                let why = match (&listener.why_dormant, listener.port.value()) {
                    (None, Some(opened)) if other.is_some() => format!(
                        "the load balancer forwards to {}:{port}, which is its {}; meant is {opened}",
                        backend.name,
                        other.unwrap_or_default()
                    ),
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
