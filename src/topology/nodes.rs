//! Nodes out of a checked tree: defaults merged in, the start command read.

use std::collections::BTreeMap;

use super::check::quoted;
use super::tree::Tree;
use super::{Layer, Node, TopologyError};
use crate::source::{Content, Span, Spanned};
use crate::start::{Rank, command};

/// The properties that have a place of their own in a node.
const PORT_OFFSET: &str = "portOffset";
const PROFILE: &str = "profile";

/// Builds a node. `None` where it has no name; whatever else is wrong was reported by `check`, and is left out here.
pub(super) fn node(own: &Tree, defaults: Option<&Tree>, content: &Content, errors: &mut Vec<TopologyError>) -> Option<Node> {
    let either = |key: &str| own.get(key).or_else(|| defaults.and_then(|defaults| defaults.get(key)));
    let text = |key: &str| either(key).and_then(Tree::text);
    let texts = |key: &str| either(key).map(Tree::texts).unwrap_or_default();
    let name = own.get("name")?.text()?;
    let said = Said::read(own, content, errors);
    let mut default = defaults.map(|defaults| Said::read(defaults, content, errors)).unwrap_or_default();
    if said.start.is_some() {
        default.options.clear();
        default.ranks.clear();
        default.debug = false;
    }
    let start = said.start.or(default.start);
    // The nearer wins: what the node says over the defaults, a key over the start command.
    let mut ranks = default.ranks;
    ranks.extend(said.ranks);
    for key in default.properties.keys().filter(|key| !said.options.contains_key(*key)).chain(said.properties.keys()) {
        ranks.insert(key.clone(), Rank::Last);
    }
    if said.port_offset.as_ref().or(default.port_offset.as_ref().filter(|_| !said.started_with_offset)).is_some() {
        ranks.insert(PORT_OFFSET.to_owned(), Rank::Last);
    }
    let mut properties = default.options;
    properties.extend(default.properties);
    properties.extend(said.options);
    properties.extend(said.properties);
    let started_with = properties.remove(PORT_OFFSET);
    let own_offset = said.port_offset.or(if said.started_with_offset { started_with.clone() } else { None });
    let profile = properties.remove(PROFILE);
    let mut environment = defaults.map(|defaults| map(defaults, "environment")).unwrap_or_default();
    environment.extend(map(own, "environment"));
    Some(Node {
        name,
        roles: texts("role"),
        home: either("home").map(layers).unwrap_or_default(),
        host: text("host"),
        aliases: texts("aliases"),
        machine: text("machine"),
        port_offset: own_offset.or(default.port_offset).or(started_with),
        profile: if start.is_some() { Some(profile) } else { profile.map(Some) },
        start,
        properties,
        ranks,
        debug: said.debug || default.debug,
        environment,
        product: text("product"),
        key_manager: texts("key_manager"),
    })
}

/// The layers of a home.
fn layers(home: &Tree) -> Vec<Layer> {
    let of_items = home.items().iter().filter_map(layer);
    layer(home).into_iter().chain(of_items).collect()
}

/// A path, or a map of a path and where it lies in the home.
fn layer(tree: &Tree) -> Option<Layer> {
    let mapped = || Some(Layer { path: tree.get("from")?.text()?, to: tree.get("to").and_then(Tree::text) });
    tree.text().map(|path| Layer { path, to: None }).or_else(mapped)
}

/// What a node, or the defaults, say about the start of the server.
#[derive(Default)]
struct Said {
    start: Option<Spanned<String>>,
    options: BTreeMap<String, Spanned<String>>,
    /// Where options stand that are no arguments.
    ranks: BTreeMap<String, Rank>,
    debug: bool,
    started_with_offset: bool,
    properties: BTreeMap<String, Spanned<String>>,
    port_offset: Option<Spanned<String>>,
}

impl Said {
    fn read(tree: &Tree, content: &Content, errors: &mut Vec<TopologyError>) -> Self {
        let start = tree.get("start").and_then(Tree::text);
        let (options, ranks, debug) = start.as_ref().map(|start| options(start, content, errors)).unwrap_or_default();
        let mut properties = map(tree, "properties");
        if let Some(offset) = properties.remove(PORT_OFFSET) {
            let message = "`properties` holds `portOffset`, which has a key of its own".to_owned();
            let help = format!("write `port_offset: {}` in the node instead", offset.value);
            errors.push(TopologyError::new(message, offset.span).with_help(help));
        }
        let port_offset = tree.get("port_offset").and_then(Tree::text);
        if let (Some(declared), Some(started)) = (&port_offset, options.get(PORT_OFFSET))
            && !same_number(&declared.value, &started.value)
        {
            let (declared_value, started_value) = (quoted(&declared.value), quoted(&started.value));
            let message = format!("`port_offset` is {declared_value}, but `start` says -DportOffset={started_value}");
            let help = "take out `port_offset`, or correct it: `start` says it already";
            errors.push(TopologyError::new(message, declared.span).with_help(help));
        }
        let started_with_offset = options.contains_key(PORT_OFFSET);
        Self { start, options, ranks, debug, started_with_offset, properties, port_offset }
    }
}

fn same_number(left: &str, right: &str) -> bool {
    left == right || left.parse::<i32>().is_ok_and(|left| right.parse() == Ok(left))
}

/// A map of texts.
fn map(tree: &Tree, key: &str) -> BTreeMap<String, Spanned<String>> {
    let entries = tree.get(key).map(Tree::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.value.clone(), entry.value.text()?))).collect()
}

/// Values of options, ranks of those that are no arguments, and whether `JAVA_OPTS` is thrown away.
type Options = (BTreeMap<String, Spanned<String>>, BTreeMap<String, Rank>, bool);

/// The `-D` options of the start command, each at its place where that can be known.
fn options(start: &Spanned<String>, content: &Content, errors: &mut Vec<TopologyError>) -> Options {
    let exact = exact_start(start, content);
    let place = |range: std::ops::Range<usize>| match exact {
        Some(first) => content.to_disk(first + range.start..first + range.end),
        None => start.span,
    };
    match command::read(&start.value) {
        Ok(command) => {
            let early = command.options.iter().filter(|(_, option)| option.rank < Rank::Argument);
            let ranks = early.map(|(key, option)| (key.clone(), option.rank)).collect();
            let spanned = |option: command::Value| Spanned { value: option.value, span: place(option.range) };
            (command.options.into_iter().map(|(key, option)| (key, spanned(option))).collect(), ranks, command.debug)
        }
        Err(at) => {
            let message = "`start`: a quote is opened here and never closed";
            errors.push(TopologyError::new(message, place(at..at + 1)).with_help("paste the command as a shell would take it"));
            Options::default()
        }
    }
}

/// Where the text of a scalar starts in the decoded source, if it stands there letter by letter: no escapes, no folded lines.
fn exact_start(scalar: &Spanned<String>, content: &Content) -> Option<usize> {
    let Span { start, end } = scalar.span;
    let range = content.to_text(Span::new(start, end));
    let source = content.text().get(range.clone())?;
    if source == scalar.value {
        return Some(range.start);
    }
    let quoted = ['"', '\''].into_iter().find_map(|quote| source.strip_prefix(quote)?.strip_suffix(quote))?;
    (quoted == scalar.value).then_some(range.start + 1)
}
