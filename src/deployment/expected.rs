//! The offset that calls to a node go by, where it is another than the node has: one copied offset looks like a wrong port in
//! every caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalogue::Catalogue;

use super::Node;
use super::links::{Link, Target, Verdict};

/// An offset that calls go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The offset.
    pub offset: i64,
    /// How many calls go by it.
    pub calls: usize,
}

/// How large an offset may be to be one that somebody meant.
const LARGEST: i64 = 1000;

/// For each node the offset of all calls to it, where they agree on one and it has another. Calls through load balancers,
/// and ports that the offset does not move, say nothing.
pub fn offsets(catalogue: &Catalogue, nodes: &[Arc<Node>], links: &[Link]) -> Vec<Option<Expected>> {
    let mut by_node: Vec<(BTreeSet<i64>, usize)> = vec![(BTreeSet::new(), 0); nodes.len()];
    for link in links.iter().filter(|link| matches!(link.verdict, Verdict::Ok | Verdict::WrongPort)) {
        let ([target], Some(port), None, None) = (&link.targets[..], link.port.value(), link.balancer, &link.placeholder) else {
            continue;
        };
        if let Some(offset) = implied(catalogue, nodes, target, port) {
            let (offsets, calls) = &mut by_node[target.node];
            offsets.insert(offset);
            *calls += 1;
        }
    }
    let agreed = |(node, (offsets, calls)): (&Arc<Node>, (BTreeSet<i64>, usize))| {
        let offset = offsets.first().copied().filter(|offset| offsets.len() == 1 && node.offset.value != Some(*offset))?;
        Some(Expected { offset, calls })
    };
    nodes.iter().zip(by_node).map(agreed).collect()
}

/// The offset with which a node would listen at a port.
fn implied(catalogue: &Catalogue, nodes: &[Arc<Node>], target: &Target, port: i64) -> Option<i64> {
    let listener = &nodes[target.node].listeners[target.listener];
    let offset = port - i64::from(catalogue.listeners[target.listener].default);
    (listener.port.is_shifted() && (0..=LARGEST).contains(&offset)).then_some(offset)
}
