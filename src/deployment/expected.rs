//! The offset that calls to a node go by, where it is another than the node has: one copied offset looks like a wrong port in
//! every caller.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::source::SourceId;

use super::groups::Forward;
use super::links::{Link, Target, Verdict};
use super::shared::SharedFiles;
use super::{Inputs, Node};

/// An offset that calls go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The offset.
    pub offset: i64,
    /// How many calls go by it.
    pub calls: usize,
    /// How many files have it in a port that somebody wrote.
    pub files: usize,
}

impl Expected {
    /// Whether the node's own offset is more likely the slip than the calls: ports that several files write by hand agree. A
    /// default port is no witness: whoever forgets an offset writes that.
    pub fn outweighs(&self) -> bool {
        self.files > 1 && self.offset != 0
    }
}

/// How large an offset may be to be one that somebody meant.
const LARGEST: i64 = 1000;

/// What the calls to a node go by.
#[derive(Default)]
struct Calls {
    offsets: BTreeSet<i64>,
    count: usize,
    files: HashSet<Result<usize, SourceId>>,
}

/// For each node the offset of all calls to it, where they agree on one and it has another. Calls through load balancers,
/// and ports that the offset does not move, say nothing; a load balancer that forwards to a port of the node does.
pub fn offsets(
    inputs: &Inputs,
    nodes: &[Arc<Node>],
    links: &[Link],
    forwards: &[Forward],
    shared: &SharedFiles,
) -> Vec<Option<Expected>> {
    let catalogue = &inputs.catalogue;
    let mut by_node: Vec<Calls> = nodes.iter().map(|_| Calls::default()).collect();
    for link in links.iter().filter(|link| matches!(link.verdict, Verdict::Ok | Verdict::WrongPort)) {
        let ([target], Some(port), None, None) = (&link.targets[..], link.port.value(), link.balancer, &link.placeholder) else {
            continue;
        };
        if let Some(offset) = implied(catalogue, nodes, target, port) {
            let of_node = &mut by_node[target.node];
            of_node.offsets.insert(offset);
            of_node.count += 1;
            let written = link.written.place.filter(|_| link.written.explicit && !link.port.is_shifted());
            of_node.files.extend(written.map(|place| shared.same_file(place.source).ok_or(place.source)));
        }
    }
    for forward in forwards.iter().filter(|forward| forward.open) {
        let here = |listener: &super::Listener| listener.port.is_shifted() && listener.port.value() == Some(forward.backend_port);
        if nodes[forward.node].listeners.iter().any(here) {
            by_node[forward.node].offsets.extend(nodes[forward.node].offset.value);
        }
    }
    let taken: HashSet<(&str, i64)> =
        nodes.iter().filter_map(|node| Some((node.machine.as_deref()?, node.offset.value?))).collect();
    let agreed = |(node, Calls { offsets, count, files }): (&Arc<Node>, Calls)| {
        let offset = offsets.first().copied().filter(|offset| offsets.len() == 1 && node.offset.value != Some(*offset))?;
        // Another node of its machine has it: that one is called in its place.
        let is_taken = node.machine.as_deref().is_some_and(|machine| taken.contains(&(machine, offset)));
        (!is_taken).then_some(Expected { offset, calls: count, files: files.len() })
    };
    nodes.iter().zip(by_node).map(agreed).collect()
}

/// The offset with which a node would listen at a port.
fn implied(catalogue: &Catalogue, nodes: &[Arc<Node>], target: &Target, port: i64) -> Option<i64> {
    let listener = &nodes[target.node].listeners[target.listener];
    let offset = port - i64::from(catalogue.listeners[target.listener].default);
    (listener.port.is_shifted() && (0..=LARGEST).contains(&offset)).then_some(offset)
}
