//! `carbonlint links`: who calls whom on which port, each with its verdict, as a table, as JSON and as comma-separated values.

use serde::Serialize;

use crate::deployment::{Deployment, Link};
use crate::project::Project;
use crate::source::Place;

use super::json::pretty;
use super::ports::reasons;
use super::words::{clean, said, table};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    links: Vec<LinkJson<'a>>,
}

#[derive(Serialize)]
struct LinkJson<'a> {
    id: &'a str,
    title: &'a str,
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
}

/// As JSON, version 1. `wanted` chooses links by the name of the node that calls.
pub fn json(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let links = chosen(model, wanted).map(|link| {
        let spec = &model.catalogue().links[link.spec];
        let place = place(link);
        LinkJson {
            id: &spec.id,
            title: &spec.title,
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
        }
    });
    pretty(&Document { version: 1, links: links.collect() })
}

/// As a table, dormant ones and those that nobody stated too. `wanted` chooses links by the node that calls.
pub fn human(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let mut rows = vec![["FROM", "TO", "LINK", "HOST:PORT", "VERDICT", "WHY"].map(str::to_owned).to_vec()];
    for link in chosen(model, wanted) {
        let to = targets(model, link).join(", ");
        rows.push(vec![
            clean(&model.nodes[link.node].name).into_owned(),
            if to.is_empty() { "-".to_owned() } else { clean(&to).into_owned() },
            model.catalogue().links[link.spec].id.clone(),
            address(link),
            link.verdict.name().to_owned(),
            why(link).unwrap_or_default(),
        ]);
    }
    table(&rows, "")
}

/// As comma-separated values, a row for each link. `wanted` chooses links by the name of the node that calls.
pub fn csv(project: &Project, wanted: &dyn Fn(&str) -> bool) -> String {
    let model = &*project.model;
    let names = ["from", "to", "id", "title", "scheme", "host", "port", "verdict", "why", "file", "line"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    rows.extend(chosen(model, wanted).map(|link| {
        let spec = &model.catalogue().links[link.spec];
        let place = place(link);
        vec![
            model.nodes[link.node].name.clone(),
            targets(model, link).join(" "),
            spec.id.clone(),
            spec.title.clone(),
            link.scheme.clone(),
            host(link).unwrap_or_default(),
            link.port.value().map_or_else(String::new, |port| port.to_string()),
            link.verdict.name().to_owned(),
            why(link).unwrap_or_default(),
            place.map(|place| model.sources().get(place.source).name.clone()).unwrap_or_default(),
            place.map_or_else(String::new, |place| model.sources().position(place).start.line.to_string()),
        ]
    }));
    super::csv::render(&rows)
}

fn chosen<'a>(model: &'a Deployment, wanted: &'a dyn Fn(&str) -> bool) -> impl Iterator<Item = &'a Link> {
    model.links.iter().filter(|link| wanted(&model.nodes[link.node].name))
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
