//! What was checked, and what was not: silence is no proof.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Severity};
use crate::deployment::{Deployment, Node, Verdict};
use crate::fix::suggest;
use crate::home::HomeState;
use crate::lint::{Finding, Safety};

use crate::source::file_name;

use super::words::{Ink, clean, count, paragraph, said, some_of, table};
use super::{Report, Style, human};

/// Nodes beyond which roles are listed instead.
const NODES: usize = 12;
/// Links that cannot be judged that are listed.
const UNDECIDABLE: usize = 10;
/// Nodes named in one line.
const NAMES: usize = 5;

/// The last part of the report for people.
pub fn render(report: &Report<'_>, style: Style) -> String {
    let model = report.model();
    let mut text = style.paint(Ink::Strong, &format!("checked {}", count(model.nodes.len(), "node")));
    text.push('\n');
    let rows: Vec<Vec<String>> = if model.nodes.len() <= NODES || style.verbose {
        model.nodes.iter().map(|node| node_row(model, node)).collect()
    } else {
        role_rows(model)
    };
    text.push_str(&table(&rows, "  "));
    text.push_str(&links(model));
    text.push('\n');
    text.push_str(&undecidable(model, style));
    for line in unread(model) {
        text.push_str(&paragraph(style, (Ink::Strong, "not read:"), &line, 0));
    }
    for line in assumed(model) {
        text.push_str(&paragraph(style, (Ink::Strong, "assumed as shipped"), &line, 0));
    }
    let totals = human::totals(report, style);
    if !totals.is_empty() {
        text.push_str(&totals);
        text.push('\n');
    }
    if report.linted.failed {
        text.push_str(&paragraph(style, (Ink::Severity(Severity::Error), "incomplete:"), "a rule could not be evaluated", 0));
    }
    text.push_str(&next(report));
    text
}

fn node_row(model: &Deployment, node: &Node) -> Vec<String> {
    let product = match product(model.catalogue(), node) {
        (product, true) => product,
        (product, false) => format!("{product} ({})", clean(&node.product.origin)),
    };
    let product = match &node.home.state {
        HomeState::Present => product,
        HomeState::Missing { .. } => format!("{}: no such home", clean(&node.home.name)),
        HomeState::Empty { .. } => format!("{}: no home of a known product", clean(&node.home.name)),
        HomeState::Unreadable(why) => format!("{}: {}", clean(&node.home.name), said(why)),
    };
    vec![clean(&node.name).into_owned(), node.roles.join(" + "), product, offset(model, node)]
}

/// The version of a node's product and what it is judged as; whether where it comes from goes without saying.
pub(super) fn product(catalogue: &Catalogue, node: &Node) -> (String, bool) {
    let product = &node.product;
    let main = catalogue.products.first().map(|main| &main.id);
    let other =
        product.id.as_ref().filter(|id| Some(*id) != main).and_then(|id| catalogue.products.iter().find(|known| known.id == *id));
    let name = other.map(|other| format!("{} ", other.title)).unwrap_or_default();
    match (&product.version, product.family) {
        (Some(version), Some(family)) if product.newer || other.is_some() => {
            (format!("{name}{}, judged as {family}", clean(version)), false)
        }
        (Some(version), _) => (format!("{name}{}", clean(version)), false),
        (None, Some(family)) => (format!("{name}version unknown, judged as {family}"), false),
        (None, None) => ("version unknown".to_owned(), true),
    }
}

fn offset(model: &Deployment, node: &Node) -> String {
    let offset = &node.offset;
    let source = match offset.place {
        Some(place) if place.source == model.inputs.topology_source => clean(&offset.origin).into_owned(),
        Some(place) if offset.origin == model.sources().file_name(place.source) => {
            format!("{}:{}", clean(&offset.origin), model.sources().position(place).start.line)
        }
        _ => clean(&offset.origin).into_owned(),
    };
    let source = if source.is_empty() { source } else { format!(" ({source})") };
    match (offset.value, &offset.unknown) {
        (Some(value), _) => format!("offset {value}{source}"),
        (None, Some(why)) => format!("offset unknown: {}", said(why)),
        (None, None) => format!("offset unknown{source}"),
    }
}

/// A row for each role: how many nodes, their versions and offsets.
fn role_rows(model: &Deployment) -> Vec<Vec<String>> {
    let mut by_role: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for node in &model.nodes {
        by_role.entry(node.roles.join(" + ")).or_default().push(node);
    }
    let row = |(role, nodes): (&String, &Vec<&Node>)| {
        let versions = tally(nodes.iter().map(|node| match node.home.state {
            HomeState::Present => product(model.catalogue(), node).0,
            _ => "home not readable".to_owned(),
        }));
        let offset = |node: &&Node| node.offset.value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        vec![nodes.len().to_string(), role.clone(), versions, format!("offset {}", tally(nodes.iter().map(offset)))]
    };
    by_role.iter().map(row).collect()
}

/// Different values, each with how often it occurs where there are several.
fn tally(values: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(value, number)| (std::cmp::Reverse(*number), value.parse::<i64>().unwrap_or(i64::MAX)));
    match &counts[..] {
        [(only, _)] => only.clone(),
        many => {
            let parts: Vec<String> = many.iter().map(|(value, number)| format!("{value} ({number})")).collect();
            some_of(&parts.iter().map(String::as_str).collect::<Vec<_>>(), NAMES)
        }
    }
}

/// `9 links: 7 ok, 1 wrong port, 1 dormant`.
fn links(model: &Deployment) -> String {
    let with = |verdict: Verdict| model.links.iter().filter(|link| link.verdict == verdict).count();
    let counts = Verdict::ALL.map(|verdict| (with(verdict), verdict.name()));
    let parts: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, name)| format!("{number} {name}")).collect();
    let total = count(model.links.len(), "link");
    if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) }
}

/// Links that nobody can judge from the files: blind spots.
fn undecidable(model: &Deployment, style: Style) -> String {
    let blind: Vec<_> = model.links.iter().filter(|link| link.verdict == Verdict::Undecidable).collect();
    if blind.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", style.paint(Ink::Strong, "not judged:"));
    for link in blind.iter().take(UNDECIDABLE) {
        let id = &model.catalogue().links[link.spec].id;
        let name = format!("{}.{id}:", clean(&model.nodes[link.node].name));
        let why = if link.why.is_empty() { "it cannot be known".to_owned() } else { said(&link.why) };
        text.push_str(&paragraph(style, (Ink::Faint, &name), &why, 2));
    }
    if blind.len() > UNDECIDABLE {
        text.push_str(&format!("  and {} more\n", blind.len() - UNDECIDABLE));
    }
    text
}

/// Scripts with which nodes start and which are in no home, where the offset may be theirs.
fn unread(model: &Deployment) -> Vec<String> {
    let mut nodes_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let offset = &model.catalogue().offset_property;
    for node in model.nodes.iter().filter(|node| node.started.get(offset).is_none()) {
        for script in &node.started.unread {
            nodes_of.entry(script).or_default().push(&node.name);
        }
    }
    let line = |(script, nodes): (&&str, &Vec<&str>)| {
        format!(
            "{} is not in the home of {}, which it starts: if it gives -DportOffset, say `port_offset`",
            said(script),
            some_of(nodes, NAMES)
        )
    };
    nodes_of.iter().map(line).collect()
}

/// `2.6.0: axis2.xml (gw, km)` for each version and file.
fn assumed(model: &Deployment) -> Vec<String> {
    let mut nodes_of: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for node in &model.nodes {
        let version = node.product.version.clone().or(node.product.family.map(|family| family.to_string())).unwrap_or_default();
        for file in &node.assumed {
            nodes_of.entry((version.clone(), file)).or_default().push(&node.name);
        }
    }
    let mut by_version: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((version, file), nodes) in &nodes_of {
        let all = nodes.len() == model.nodes.len() && nodes.len() > 2;
        let who = if all { "all nodes".to_owned() } else { some_of(nodes, NAMES) };
        by_version.entry(version).or_default().push(format!("{} ({who})", file_name(file)));
    }
    by_version
        .iter()
        .map(|(version, files)| format!("{version}: {}", files.join(", ")).trim_start_matches(": ").to_owned())
        .collect()
}

/// What to type next.
fn next(report: &Report<'_>) -> String {
    let model = report.model();
    let topology = &model.sources().get(model.inputs.topology_source).name;
    // Commands find `topology.yaml` by themselves; what was given on the command line has to be given again.
    let argument = match topology.as_str() {
        "topology.yaml" => String::new(),
        // The text is the arguments.
        "<command line>" => format!(" {}", clean(model.sources().get(model.inputs.topology_source).content.text())),
        other if other.contains(char::is_whitespace) => format!(" '{}'", clean(other)),
        other => format!(" {}", clean(other)),
    };
    let by_link = report.linted.findings.iter().find_map(|finding| Some((*finding.nodes.first()?, finding.link.as_deref()?)));
    let by_node = report.linted.findings.iter().find_map(|finding| finding.nodes.first().copied());
    let name = |node: usize| clean(&model.nodes[node].name).into_owned();
    let subject = match (by_link, by_node) {
        (Some((node, link)), _) => Some((format!("{}.{link}", name(node)), "how that came about, step by step")),
        (None, node) => {
            node.or((!model.nodes.is_empty()).then_some(0)).map(|node| (name(node), "where its ports and calls come from"))
        }
    };
    let fix = fix(report).map(|(option, why)| vec![format!("carbonlint check {option}{argument}"), why]);
    let command = |name: &str, why: &str| vec![format!("carbonlint {name}{argument}"), why.to_owned()];
    let explain = subject.map(|(subject, why)| command(&format!("explain {subject}"), why));
    let links = command("links", "who calls whom, and what became of it");
    let rows: Vec<Vec<String>> =
        fix.into_iter().chain(explain).chain([links, command("ports", "every port of every node")]).collect();
    format!("next:\n{}", table(&rows, "  "))
}

/// Whether anything can be mended by the program, and how to have it done.
fn fix(report: &Report<'_>) -> Option<(&'static str, String)> {
    let troubles = report.linted.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let offered = |safety: Safety| {
        let can = |finding: &&Finding| {
            let fixes = finding.fixes.iter().filter(|fix| fix.safety == safety);
            let mut suggestions = fixes.map(|fix| suggest(report.model(), fix));
            // As --fix does it: that a file lies in an archive is no reason to change the other side.
            suggestions.find(|one| one.applicable || one.archived.is_some()).is_some_and(|one| one.applicable)
        };
        troubles.clone().filter(can).count()
    };
    // What could not be mended a moment ago is not offered again.
    let safe = if report.mended.is_some() { 0 } else { offered(Safety::Safe) };
    match (safe, offered(Safety::Unsafe)) {
        (0, 0) => None,
        (0, unsafe_ones) => Some(("--unsafe-fixes --diff", format!("shows what would mend {}", count(unsafe_ones, "finding")))),
        (safe, _) => Some(("--fix", format!("mends {}; --diff instead shows how", count(safe, "finding")))),
    }
}
