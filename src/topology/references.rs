//! Names that refer to nodes, and whether there are such nodes.

use std::collections::{BTreeSet, HashSet};

use super::check::{quoted, suggestion};
use super::{Topology, TopologyError, is_pattern};
use crate::source::Span;

/// How many wrong names get a suggestion: each is compared with every node, and one slip is often
/// repeated, while thousands of wrong names are no slips.
const SUGGESTIONS: usize = 20;

/// How many nodes are listed as the choices.
const CHOICES: usize = 8;

/// Names of nodes that are used twice, or that load balancers and `key_manager` use and no node has.
///
/// To be called once patterns in names of nodes were expanded: they stand for other names before.
pub fn check_references(topology: &Topology) -> Vec<TopologyError> {
    let mut errors = duplicates(topology);
    errors.extend(claimed_twice(topology));
    let names: HashSet<&str> = topology.nodes.iter().map(|node| node.name.value.as_str()).collect();
    let unknown: Vec<(&str, Span)> = references(topology).filter(|(name, _)| !names.contains(name)).collect();
    // Defaults are one place, however many nodes take them.
    let mut seen = HashSet::new();
    for (name, span) in unknown.into_iter().filter(|reference| seen.insert(*reference)) {
        let error = TopologyError::new(format!("no node is named {}", quoted(name)), span);
        let near = || suggestion(name, topology.nodes.iter().map(|node| node.name.value.as_str()));
        let help = match errors.len() {
            _ if is_pattern(name) => Some("patterns stand in the names of nodes only: list the nodes here".to_owned()),
            count if count < SUGGESTIONS => near().or_else(|| choices(&names)),
            _ => None,
        };
        errors.push(TopologyError { help, ..error });
    }
    errors
}

/// Nodes that are named like an earlier one.
pub(super) fn duplicates(topology: &Topology) -> Vec<TopologyError> {
    let mut seen = HashSet::new();
    let again = topology.nodes.iter().filter(|node| !seen.insert(node.name.value.as_str()));
    let error = |name, span| {
        TopologyError::new(format!("two nodes are named {}", quoted(name)), span).with_help("every node needs a name of its own")
    };
    again.map(|node| error(&node.name.value, node.name.span)).collect()
}

/// Hosts that an external shares with a node or a balancer, and ports that two balancers offer under one host: whom would
/// a URL mean?
fn claimed_twice(topology: &Topology) -> Vec<TopologyError> {
    let mut errors = Vec::new();
    let mut claim = |what: String, span: Span| {
        errors.push(TopologyError::new(what, span).with_help("a host and port mean one thing: delete one of the two"));
    };
    let of_nodes = topology.nodes.iter().flat_map(|node| node.host.iter().chain(&node.aliases));
    let of_balancers =
        topology.load_balancers.iter().flat_map(|balancer| std::iter::once(&balancer.host).chain(&balancer.aliases));
    let taken: HashSet<String> = of_nodes.chain(of_balancers).map(|host| host.value.to_lowercase()).collect();
    for host in topology.externals.iter().flat_map(|external| std::iter::once(&external.host).chain(&external.aliases)) {
        if taken.contains(&host.value.to_lowercase()) {
            claim(format!("the external {} is a node or a load balancer too", quoted(&host.value)), host.span);
        }
    }
    let mut offered = HashSet::new();
    for balancer in &topology.load_balancers {
        for (port, _) in &balancer.ports {
            if !offered.insert((balancer.host.value.to_lowercase(), port.value)) {
                claim(format!("port {} of {} is offered twice", port.value, quoted(&balancer.host.value)), port.span);
            }
        }
    }
    errors
}

/// Every name that is meant to be a node's, in the order in which people read.
fn references(topology: &Topology) -> impl Iterator<Item = (&str, Span)> {
    let managers = topology.nodes.iter().flat_map(|node| &node.key_manager).map(|name| (name.value.as_str(), name.span));
    let balanced = topology.load_balancers.iter().flat_map(|balancer| {
        let backends = balancer.ports.iter().flat_map(|(_, backends)| backends);
        let backends = backends.map(|backend| (backend.node.as_str(), backend.span));
        backends.chain(balancer.nodes.iter().map(|name| (name.value.as_str(), name.span)))
    });
    managers.chain(balanced)
}

fn choices(names: &HashSet<&str>) -> Option<String> {
    let sorted: BTreeSet<&str> = names.iter().copied().collect();
    let listed = || sorted.iter().copied().collect::<Vec<_>>().join(", ");
    (!sorted.is_empty() && sorted.len() <= CHOICES).then(|| format!("the nodes are {}", listed()))
}
