//! Which written ports have to follow when a node gets another offset.

use crate::deployment::{Deployment, Link, Verdict};

use super::build_fix::part_of;
use super::finding::Change;
use super::rule_file::Part;

/// The changes of every link that reaches a node now and would not any more with the new offset.
pub fn links(model: &Deployment, node: usize, offset: i64) -> Vec<Change> {
    let Some(by) = model.nodes[node].offset.value.map(|now| offset - now) else { return Vec::new() };
    let reaching = model.links.iter().filter(|link| link.verdict == Verdict::Ok && link.balancer.is_none());
    let direct = reaching.filter_map(|link| Some((link, link.targets.iter().find(|target| target.node == node)?.listener)));
    let moving = direct.filter(|(link, listener)| moves(model, node, *listener) && !follows_by_itself(link, node));
    moving.filter_map(|(link, _)| Some(part_of(link, Part::Port, (link.port.value()? + by).to_string()))).collect()
}

/// Whether the offset of a node is part of a listener's port.
fn moves(model: &Deployment, node: usize, listener: usize) -> bool {
    model.nodes[node].listeners[listener].port.is_shifted()
}

/// A node's own placeholder or default moves with its own offset.
fn follows_by_itself(link: &Link, node: usize) -> bool {
    link.node == node && link.port.is_shifted()
}
