//! From the text of a topology file to what it declares.

use super::check::{backend, check, port, quoted};
use super::references::{check_references, duplicates};
use super::tree::{self, Entry, Tree, Value};
use super::{Backend, External, Ignore, LoadBalancer, Topology, TopologyError, is_pattern, nodes};
use crate::source::{Content, Span, Spanned};

/// Reads a topology.
///
/// Names that refer to nodes are checked here where no node is a pattern; else they have to be
/// checked by [`check_references`] once patterns were expanded.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file. Where the text is no YAML,
/// that alone.
pub fn read(content: &Content) -> Result<Topology, Vec<TopologyError>> {
    Declared::read(content).whole()
}

/// What a topology declares, as far as it can be read, and what is wrong with it so far.
#[derive(Debug)]
pub struct Declared {
    /// What fits; `None` where the text is no YAML.
    pub topology: Option<Topology>,
    /// Everything that is wrong, as [`read`] says it.
    pub errors: Vec<TopologyError>,
}

impl Declared {
    /// Reads a topology, and keeps of one with mistakes what fits: so that what later stages find wrong is said in one go.
    pub fn read(content: &Content) -> Self {
        match read_parts(content) {
            Ok((topology, errors)) => Self { topology: Some(topology), errors },
            Err(errors) => Self { topology: None, errors },
        }
    }

    /// The topology, if nothing is wrong with it.
    ///
    /// # Errors
    /// Everything that is.
    pub fn whole(self) -> Result<Topology, Vec<TopologyError>> {
        match self.topology {
            Some(topology) if self.errors.is_empty() => Ok(topology),
            _ => Err(self.errors),
        }
    }
}

impl From<Result<Topology, Vec<TopologyError>>> for Declared {
    fn from(read: Result<Topology, Vec<TopologyError>>) -> Self {
        match read {
            Ok(topology) => Self { topology: Some(topology), errors: Vec::new() },
            Err(errors) => Self { topology: None, errors },
        }
    }
}

/// `Err` where the text is no YAML.
fn read_parts(content: &Content) -> Result<(Topology, Vec<TopologyError>), Vec<TopologyError>> {
    if let Some(error) = content.error() {
        let span = Span::new(error.offset, error.offset + 1);
        let message = format!("the topology is not {} text: this byte does not fit", error.encoding);
        return Err(vec![TopologyError::new(message, span).with_help("save the file as UTF-8")]);
    }
    let (tree, mut errors) = tree::parse(content).map_err(|error| vec![error])?;
    errors.extend(check(&tree));
    let topology = build(&tree, content, &mut errors);
    let declared = tree.get("nodes").map_or(0, |nodes| nodes.items().len());
    let patterns = topology.nodes.iter().any(|node| is_pattern(&node.name.value));
    if patterns || declared == 0 || topology.nodes.len() < declared {
        // Who is there is not known: either not yet, or because nodes could not be read.
        errors.extend(duplicates(&topology));
    } else {
        errors.extend(check_references(&topology));
    }
    Ok((topology, in_order(errors)))
}

/// By place, and each once: what is wrong with the defaults is found again in every node that takes them.
pub fn in_order(mut errors: Vec<TopologyError>) -> Vec<TopologyError> {
    errors.sort_by(|left, right| (left.span, &left.message).cmp(&(right.span, &right.message)));
    errors.dedup();
    errors
}

/// Takes what fits out of the tree. What does not was reported by `check`.
fn build(tree: &Tree, content: &Content, errors: &mut Vec<TopologyError>) -> Topology {
    let list = |key: &str| tree.get(key).map(Tree::items).unwrap_or_default();
    let defaults = tree.get("defaults");
    Topology {
        nodes: list("nodes").iter().filter_map(|tree| nodes::node(tree, defaults, content, errors)).collect(),
        load_balancers: list("load_balancers").iter().filter_map(|tree| load_balancer(tree, errors)).collect(),
        externals: list("externals").iter().filter_map(external).collect(),
        ignores: list("ignore").iter().filter_map(ignore).collect(),
        severities: tree.get("rules").map(Tree::entries).unwrap_or_default().iter().filter_map(severity).collect(),
        rules_dir: texts(tree, "rules_dir"),
    }
}

fn text(tree: &Tree, key: &str) -> Option<Spanned<String>> {
    tree.get(key).and_then(Tree::text)
}

fn texts(tree: &Tree, key: &str) -> Vec<Spanned<String>> {
    tree.get(key).map(Tree::texts).unwrap_or_default()
}

fn load_balancer(tree: &Tree, errors: &mut Vec<TopologyError>) -> Option<LoadBalancer> {
    let given = |key: &str| tree.get(key).filter(|value| !is_empty(value));
    if matches!(tree.value, Value::Map(_)) {
        let called = text(tree, "name").or_else(|| text(tree, "host")).map(|name| format!(" {}", quoted(&name.value)));
        let called = called.unwrap_or_default();
        let wrong = match (given("ports"), given("nodes")) {
            (None, None) => Some(("has neither `ports` nor `nodes`: it forwards to nothing", tree.span)),
            (Some(_), Some(nodes)) => Some(("has both `ports` and `nodes`", nodes.span)),
            _ => None,
        };
        let help = "give `ports: {443: [\"km:9443\"]}`, or `nodes: [km]` where every port is forwarded one to one";
        errors.extend(
            wrong.map(|(what, span)| TopologyError::new(format!("the load balancer{called} {what}"), span).with_help(help)),
        );
    }
    Some(LoadBalancer {
        name: text(tree, "name"),
        host: text(tree, "host")?,
        aliases: texts(tree, "aliases"),
        ports: given("ports").map(Tree::entries).unwrap_or_default().iter().filter_map(offered).collect(),
        nodes: texts(tree, "nodes"),
    })
}

fn is_empty(tree: &Tree) -> bool {
    match &tree.value {
        Value::Nothing => true,
        Value::Text(_) => false,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}

fn offered(entry: &Entry) -> Option<(Spanned<u16>, Vec<Backend>)> {
    let offered = Spanned { value: port(&entry.key.value)?, span: entry.key.span };
    let backends = entry.value.texts().into_iter().filter_map(|written| {
        let (node, port) = backend(&written.value)?;
        Some(Backend { node: node.to_owned(), port, span: written.span })
    });
    Some((offered, backends.collect()))
}

fn external(tree: &Tree) -> Option<External> {
    let ports = texts(tree, "ports").into_iter();
    Some(External {
        host: text(tree, "host")?,
        aliases: texts(tree, "aliases"),
        machine: text(tree, "machine"),
        ports: ports.filter_map(|written| Some(Spanned { value: port(&written.value)?, span: written.span })).collect(),
    })
}

fn ignore(tree: &Tree) -> Option<Ignore> {
    Some(Ignore {
        rule: text(tree, "rule")?,
        node: text(tree, "node"),
        file: text(tree, "file"),
        link: text(tree, "link"),
        reason: text(tree, "reason")?,
        span: tree.span,
    })
}

fn severity(entry: &Entry) -> Option<(Spanned<String>, Spanned<String>)> {
    Some((entry.key.clone(), entry.value.text()?))
}
