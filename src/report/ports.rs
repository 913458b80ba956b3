//! `carbonlint ports`: the effective ports of every node, as a table, as JSON and as comma-separated values.

use serde::Serialize;

use crate::catalogue::{self, Address};
use crate::deployment::{Deployment, EffectivePort, Link, Listener, Node, Verdict};
use crate::project::Project;

use super::json::pretty;
use super::words::{clean, said, table};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    nodes: Vec<NodeJson<'a>>,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    name: &'a str,
    roles: &'a [String],
    home: &'a str,
    host: Option<&'a str>,
    product: Option<&'a str>,
    offset: OffsetJson<'a>,
    ports: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct OffsetJson<'a> {
    value: Option<i64>,
    source: String,
    file: Option<&'a str>,
    line: Option<usize>,
}

/// A row: a link with a port of its own, or a listener.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    kind: &'static str,
    port: Option<i64>,
    default: Option<u32>,
    live: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<&'a str>>,
    reasons: Vec<String>,
}

/// As JSON, version 1. `wanted` chooses nodes by name.
pub fn json(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let nodes = chosen(model, wanted).map(|(index, node)| NodeJson {
        name: &node.name,
        roles: &node.roles,
        home: &node.home.name,
        host: node.host.as_deref(),
        product: node.product.version.as_deref(),
        offset: OffsetJson {
            value: node.offset.value,
            source: said(&node.offset.origin),
            file: node.offset.place.map(|place| model.sources().get(place.source).name.as_str()),
            line: node.offset.place.map(|place| model.sources().position(place).start.line),
        },
        ports: ports(model, index),
    });
    pretty(&Document { version: 1, nodes: nodes.collect() })
}

/// As a table. `wanted` chooses nodes by name.
pub fn human(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let mut rows = vec![["NODE", "PORT ID", "PORT", "LIVE", "HOW"].map(str::to_owned).to_vec()];
    for (index, node) in chosen(model, wanted) {
        let mut name = clean(&node.name).into_owned();
        for port in ports(model, index) {
            let number = port.port.map_or_else(|| "?".to_owned(), |port| port.to_string());
            let live = if port.live { "yes" } else { "no" };
            // The node is named once: what follows without a name is its own too.
            rows.push(vec![
                std::mem::take(&mut name),
                port.id.to_owned(),
                number,
                live.to_owned(),
                clean(&port.reasons.join(", ")).into_owned(),
            ]);
        }
        if !name.is_empty() {
            rows.push(vec![name, "-".to_owned(), "-".to_owned(), "-".to_owned(), "no port of it is known".to_owned()]);
        }
    }
    table(&rows, "")
}

/// As comma-separated values, a row for each port. `wanted` chooses nodes by name.
pub fn csv(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let names = ["node", "roles", "host", "machine", "id", "title", "kind", "port", "default", "live", "reasons"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for (index, node) in chosen(model, wanted) {
        let own = [
            node.name.clone(),
            node.roles.join(" "),
            node.host.clone().unwrap_or_default(),
            node.machine.clone().unwrap_or_default(),
        ];
        rows.extend(ports(model, index).into_iter().map(|row| {
            let of_row = [
                row.id.to_owned(),
                row.title.to_owned(),
                row.kind.to_owned(),
                row.port.map_or_else(String::new, |port| port.to_string()),
                row.default.map_or_else(String::new, |port| port.to_string()),
                row.live.to_string(),
                row.reasons.join("; "),
            ];
            own.iter().cloned().chain(of_row).collect()
        }));
    }
    super::csv::render(&rows)
}

fn chosen<'a>(model: &'a Deployment, wanted: &'a dyn Fn(&str) -> bool) -> impl Iterator<Item = (usize, &'a Node)> {
    let nodes = model.nodes.iter().map(std::sync::Arc::as_ref).enumerate();
    nodes.filter(|(_, node)| wanted(&node.name))
}

/// Links with a port of their own first, then what the node opens.
fn ports(model: &Deployment, index: usize) -> Vec<Row<'_>> {
    let links = model.links_of(index).iter().filter(|link| has_own_port(&model.catalogue().links[link.spec]));
    let listeners = model.nodes[index].listeners.iter().filter(|listener| listener.listed);
    links.map(|link| link_port(model, link)).chain(listeners.map(|listener| listener_port(model, listener))).collect()
}

/// A link by URL is no port of the node: `links` lists it.
fn has_own_port(link: &catalogue::Link) -> bool {
    matches!(link.address, Address::PortAndHost { .. })
}

fn link_port<'a>(model: &'a Deployment, link: &Link) -> Row<'a> {
    let spec = &model.catalogue().links[link.spec];
    let live = link.verdict != Verdict::Dormant;
    Row {
        id: &spec.id,
        title: &spec.title,
        kind: "link",
        port: link.port.value(),
        default: model.catalogue().listeners.get(link.listener).map(|listener| listener.default),
        live,
        targets: Some(link.targets.iter().map(|target| model.nodes[target.node].name.as_str()).collect()),
        reasons: reasons(model, &link.port, Some(link.why.as_str()).filter(|why| !live && !why.is_empty())),
    }
}

fn listener_port<'a>(model: &'a Deployment, listener: &Listener) -> Row<'a> {
    let spec = &model.catalogue().listeners[listener.spec];
    Row {
        id: &spec.id,
        title: &spec.title,
        kind: "listener",
        port: listener.port.value(),
        default: Some(spec.default),
        live: listener.live,
        targets: None,
        reasons: reasons(model, &listener.port, listener.why_dormant.as_deref().filter(|_| !listener.live)),
    }
}

/// How a port came about, and why it is not used.
pub(super) fn reasons(model: &Deployment, port: &EffectivePort, dormant: Option<&str>) -> Vec<String> {
    let words = port.words(model.sources()).into_iter().chain(dormant.map(|why| format!("dormant: {why}")));
    words.map(|words| said(&words)).collect()
}
