//! Hosts that homes call and that no home is known by: load balancers, further names of nodes, servers that nobody lints.

use std::collections::{BTreeMap, HashSet};

use crate::deployment::{Deployment, Link, Verdict};
use crate::source::file_name;

use super::Node;
use super::hosts::{Host, is_name};

/// A host that somebody calls.
pub struct Called {
    /// Its name, as it is written first.
    pub host: String,
    /// The ports on which it is called.
    pub ports: Vec<i64>,
    /// The node that calls it first, and where.
    pub place: String,
}

/// All of them, by name. The model knows no roles yet, so that every call that a file states is among its links.
pub fn hosts(model: &Deployment, nodes: &[Node]) -> Vec<Called> {
    let own = |node: &Node| match &node.host {
        Host::Named(name, _) => Some(name.to_lowercase()),
        _ => None,
    };
    let own: HashSet<String> = nodes.iter().filter_map(own).collect();
    let mut called: BTreeMap<String, Called> = BTreeMap::new();
    for link in model.links.iter().filter(|link| is_made(link)) {
        let (Some(name), Some(place)) = (&link.host.name, link.host.place) else { continue };
        let lower = name.to_lowercase();
        if own.contains(&lower) {
            continue;
        }
        let line = model.sources().file_line(place);
        let found = called.entry(lower).or_insert_with(|| Called {
            host: name.clone(),
            ports: Vec::new(),
            place: format!("{}, {}", nodes[link.node].name, file_name(&line)),
        });
        let new = link.port.value().filter(|port| !found.ports.contains(port));
        found.ports.extend(new);
    }
    called.into_values().collect()
}

fn is_made(link: &Link) -> bool {
    let said = !matches!(link.verdict, Verdict::Dormant | Verdict::NotStated | Verdict::Malformed);
    said && !link.host.loopback && link.unresolved.is_empty() && link.host.name.as_deref().is_some_and(is_name)
}
