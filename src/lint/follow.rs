//! Which written ports have to follow when a node gets another offset.

use crate::deployment::{Deployment, Link, Step, Verdict};

use super::finding::Change;

/// The changes of every link that reaches a node now and would not any more with the new offset.
pub fn links(model: &Deployment, node: usize, offset: i64) -> Vec<Change> {
    let Some(by) = model.nodes[node].offset.value.map(|now| offset - now) else { return Vec::new() };
    let reaching = model.links.iter().filter(|link| link.verdict == Verdict::Ok && link.balancer.is_none());
    let direct = reaching.filter_map(|link| Some((link, link.targets.iter().find(|target| target.node == node)?.listener)));
    let moving = direct.filter(|(link, listener)| moves(model, node, *listener) && !follows_by_itself(link, node));
    moving.filter_map(|(link, _)| Some(written(link, link.port.value()? + by))).collect()
}

/// Whether the offset of a node is part of a listener's port.
fn moves(model: &Deployment, node: usize, listener: usize) -> bool {
    model.nodes[node].listeners[listener].port.reasons.iter().any(|reason| matches!(reason.step, Step::Offset(..)))
}

/// A node's own placeholder or default moves with its own offset.
fn follows_by_itself(link: &Link, node: usize) -> bool {
    link.node == node && link.port.reasons.iter().any(|reason| matches!(reason.step, Step::Offset(..)))
}

fn written(link: &Link, port: i64) -> Change {
    match link.written.setting {
        Some(setting) => Change::Set { node: link.node, setting, value: port.to_string() },
        None if link.written.explicit => Change::Replace { place: link.written.place, text: port.to_string() },
        None => Change::Replace { place: link.written.insert_at, text: format!(":{port}") },
    }
}
