//! Which written ports have to follow when a node gets another offset.

use std::collections::HashMap;

use crate::deployment::{Deployment, Link, Verdict};

use super::build_fix::part_of;
use super::finding::Change;
use super::rule_file::Part;

/// The links that reach each node directly, with the listener that they reach: found once, for many nodes may move.
pub struct Reaching(HashMap<usize, Vec<(usize, usize)>>);

impl Reaching {
    /// Who reaches whom in a model.
    pub fn of(model: &Deployment) -> Self {
        let mut reaching: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
        let direct = |link: &Link| link.verdict == Verdict::Ok && link.balancer.is_none();
        for (index, link) in model.links.iter().enumerate().filter(|(_, link)| direct(link)) {
            for target in &link.targets {
                let of_node = reaching.entry(target.node).or_default();
                // Of several targets on one node the first counts.
                if of_node.last().is_none_or(|(last, _)| *last != index) {
                    of_node.push((index, target.listener));
                }
            }
        }
        Self(reaching)
    }

    /// The changes of every link that reaches a node now and would not any more with the new offset.
    pub fn links(&self, model: &Deployment, node: usize, offset: i64) -> Vec<Change> {
        let Some(by) = model.nodes[node].offset.value.map(|now| offset - now) else { return Vec::new() };
        let direct = self.0.get(&node).into_iter().flatten().map(|(index, listener)| (&model.links[*index], *listener));
        let moves = |link: &Link, listener| moves(model, node, listener) && !follows_by_itself(link, node);
        let moving = direct.filter(|(link, listener)| moves(link, *listener) && !means_another(model, link, node));
        moving.filter_map(|(link, _)| Some(part_of(link, Part::Port, (link.port.value()? + by).to_string()))).collect()
    }
}

/// Whether the offset of a node is part of a listener's port.
fn moves(model: &Deployment, node: usize, listener: usize) -> bool {
    model.nodes[node].listeners[listener].port.is_shifted()
}

/// Whether a link names another of the nodes that it reaches: of several on one machine at one port it means that one.
fn means_another(model: &Deployment, link: &Link, node: usize) -> bool {
    let named = |node: usize| link.host.name.as_ref().is_some_and(|host| model.nodes[node].hosts.contains(&host.to_lowercase()));
    !named(node) && link.targets.iter().any(|target| target.node != node && target.fits && named(target.node))
}

/// A node's own placeholder or default moves with its own offset.
fn follows_by_itself(link: &Link, node: usize) -> bool {
    link.node == node && link.port.is_shifted()
}
