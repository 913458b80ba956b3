//! `carbonlint links`: who calls whom on which port, each with its verdict, as a table, as JSON and as comma-separated values.
//! What load balancers forward to stands behind what nodes call: a firewall is in between as well.

use serde::Serialize;

use crate::deployment::{Deployment, Forward, Link, Verdict};
use crate::project::Project;
use crate::source::Place;

use super::json::pretty;
use super::ports::reasons;
use super::words::{clean, said, table};

/// The id of what a load balancer forwards.
const FORWARD: &str = "load-balancer";

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    links: Vec<Row<'a>>,
}

/// A link, or what a load balancer forwards.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: String,
    from: &'a str,
    to: Vec<&'a str>,
    host: Option<String>,
    port: Option<i64>,
    scheme: &'a str,
    verdict: &'static str,
    why: Option<String>,
    reasons: Vec<String>,
    file: Option<&'a str>,
    line: Option<usize>,
    /// As the table has it.
    #[serde(skip)]
    address: String,
}

/// As JSON, version 1. `wanted` chooses links by the name of the node that calls, and what is forwarded by the node behind.
pub fn json(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    pretty(&Document { version: 1, links: rows(&project.model, wanted) })
}

/// As a table, dormant ones and those that nobody stated too; `wanted` as for [`json`].
pub fn human(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let mut lines = vec![["FROM", "TO", "LINK", "HOST:PORT", "VERDICT", "WHY"].map(str::to_owned).to_vec()];
    for row in rows(&project.model, wanted) {
        let to = row.to.join(", ");
        lines.push(vec![
            clean(row.from).into_owned(),
            if to.is_empty() { "-".to_owned() } else { clean(&to).into_owned() },
            row.id.to_owned(),
            row.address,
            row.verdict.to_owned(),
            row.why.unwrap_or_default(),
        ]);
    }
    table(&lines, "")
}

/// As comma-separated values, a row for each; `wanted` as for [`json`].
pub fn csv(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let names = ["from", "to", "id", "title", "scheme", "host", "port", "verdict", "why", "file", "line"];
    let mut lines = vec![names.map(str::to_owned).to_vec()];
    lines.extend(rows(&project.model, wanted).into_iter().map(|row| {
        vec![
            row.from.to_owned(),
            row.to.join(" "),
            row.id.to_owned(),
            row.title,
            row.scheme.to_owned(),
            row.host.unwrap_or_default(),
            row.port.map_or_else(String::new, |port| port.to_string()),
            row.verdict.to_owned(),
            row.why.unwrap_or_default(),
            row.file.unwrap_or_default().to_owned(),
            row.line.map_or_else(String::new, |line| line.to_string()),
        ]
    }));
    super::csv::render(&lines)
}

fn rows<'a>(model: &'a Deployment, wanted: &dyn Fn(&str) -> bool) -> Vec<Row<'a>> {
    let links = model.links.iter().filter(|link| wanted(&model.nodes[link.node].name)).map(|link| of_link(model, link));
    let forwards = model.forwards.iter().filter(|forward| wanted(&model.nodes[forward.node].name));
    links.chain(forwards.map(|forward| of_forward(model, forward))).collect()
}

fn of_link<'a>(model: &'a Deployment, link: &'a Link) -> Row<'a> {
    let spec = &model.catalogue().links[link.spec];
    let place = place(link);
    Row {
        id: &spec.id,
        title: spec.title.clone(),
        from: &model.nodes[link.node].name,
        to: targets(model, link),
        host: host(link),
        port: link.port.value(),
        scheme: &link.scheme,
        verdict: link.verdict.name(),
        why: why(link),
        reasons: reasons(model, &link.port, None),
        file: place.map(|place| model.sources().get(place.source).name.as_str()),
        line: place.map(|place| model.sources().position(place).start.line),
        address: address(link),
    }
}

fn of_forward<'a>(model: &'a Deployment, forward: &Forward) -> Row<'a> {
    let node = &model.nodes[forward.node];
    let verdict = if forward.open { Verdict::Ok } else { Verdict::NothingListens };
    let host = node.host.as_deref().map(said);
    Row {
        id: FORWARD,
        title: format!("What it gets on {}", forward.port),
        from: &model.inputs.topology.load_balancers[forward.balancer].host.value,
        to: vec![&node.name],
        address: format!("{}:{}", host.as_deref().unwrap_or("?"), forward.backend_port),
        host,
        port: Some(forward.backend_port),
        scheme: "",
        verdict: verdict.name(),
        why: None,
        reasons: Vec::new(),
        file: Some(&model.sources().get(forward.place.source).name),
        line: Some(model.sources().position(forward.place).start.line),
    }
}

/// The nodes that a link goes to, or was meant to.
pub(super) fn targets<'a>(model: &'a Deployment, link: &Link) -> Vec<&'a str> {
    link.targets.iter().map(|target| model.nodes[target.node].name.as_str()).collect()
}

/// The host as it is written, placeholders and all.
pub(super) fn host(link: &Link) -> Option<String> {
    // What is no URL may still hold a user and a password.
    let shown = |host: &String| host.rsplit_once('@').map_or_else(|| said(host), |(_, host)| said(&format!("***@{host}")));
    link.host.raw.as_ref().or(link.host.name.as_ref()).map(shown)
}

/// `host:port`, with `?` for what is not known.
pub(super) fn address(link: &Link) -> String {
    match (host(link), link.port.value()) {
        (None, None) => "-".to_owned(),
        // What is no URL is shown as it stands.
        (Some(host), None) if link.port.reasons.is_empty() => host,
        (host, port) => {
            let port = port.map_or_else(|| "?".to_owned(), |port| port.to_string());
            format!("{}:{port}", host.unwrap_or_else(|| "?".to_owned()))
        }
    }
}

pub(super) fn why(link: &Link) -> Option<String> {
    Some(said(&link.why)).filter(|why| !why.is_empty())
}

/// Where a link is written: its host, else its port.
fn place(link: &Link) -> Option<Place> {
    let of_port = || link.port.reasons.iter().rev().find_map(|reason| reason.place);
    link.host.place.or(link.written.place).or_else(of_port)
}
