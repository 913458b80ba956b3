//! Nodes whose `home` is a pattern stand for one node for each directory that matches.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::storage::Storage;
use crate::source::Spanned;
use crate::topology::{Node, Topology, TopologyError};

/// Replaces every node whose home is a pattern by one node for each directory that it matches.
///
/// A node is named by its directory where the node's own pattern matches that name (`gw-*` and
/// `homes/gw-*`), else by what the pattern's `*` stands for (`prod-*` and `homes/gw-*`).
pub fn expand(topology: Topology, base: &Path, storage: &dyn Storage) -> (Topology, Vec<TopologyError>) {
    let mut errors = Vec::new();
    let mut nodes = Vec::with_capacity(topology.nodes.len());
    for node in topology.nodes {
        match pattern_of(&node) {
            None if is_pattern(&node.name.value) => errors.push(TopologyError {
                message: format!("node '{}' is a pattern, but its home is none", node.name.value),
                span: Some(node.name.span),
                help: Some("give home a pattern too (homes/gw-*), one node is made for each directory that matches".to_owned()),
            }),
            None => nodes.push(node),
            Some(home) => match expand_node(&node, home, base, storage) {
                Ok(found) => nodes.extend(found),
                Err(error) => errors.push(error),
            },
        }
    }
    (Topology { nodes, ..topology }, errors)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn pattern_of(node: &Node) -> Option<&Spanned<String>> {
    node.home.first().filter(|home| is_pattern(&home.value))
}

fn expand_node(node: &Node, home: &Spanned<String>, base: &Path, storage: &dyn Storage) -> Result<Vec<Node>, TopologyError> {
    let error = |message: String, help: &str| TopologyError { message, span: Some(home.span), help: Some(help.to_owned()) };
    if node.home.len() > 1 {
        return Err(error("a home of several layers cannot be a pattern".to_owned(), "name each node of its own"));
    }
    if !is_pattern(&node.name.value) {
        let message = format!("home '{}' is a pattern, but the node's name '{}' is none", home.value, node.name.value);
        return Err(error(message, "give the name a * too: it stands for what the * of home matches"));
    }
    let mut found = vec![Match { path: PathBuf::new(), captured: String::new(), last: String::new() }];
    for part in home.value.split('/') {
        found = if is_pattern(part) {
            let matcher = glob(part).map_err(|why| error(why, "* ? [ab] {a,b} are understood"))?;
            found.iter().flat_map(|before| before.list(part, &matcher, base, storage)).collect()
        } else {
            found.into_iter().map(|before| before.push(part)).collect()
        };
    }
    let matcher = glob(&node.name.value).map_err(|why| error(why, "* ? [ab] {a,b} are understood"))?;
    let nodes: Vec<Node> = found
        .into_iter()
        .filter(|one| storage.is_directory(&base.join(&one.path)).unwrap_or(false))
        .map(|one| {
            let named = if matcher.is_match(&one.last) { one.last } else { node.name.value.replacen('*', &one.captured, 1) };
            let mut node = node.clone();
            node.name.value = named;
            node.home[0].value = one.path.to_string_lossy().replace('\\', "/");
            node
        })
        .collect();
    if nodes.is_empty() {
        return Err(error(format!("no directory matches '{}'", home.value), "the pattern is relative to the topology's folder"));
    }
    Ok(nodes)
}

struct Match {
    path: PathBuf,
    /// What the last `*` stands for.
    captured: String,
    /// The last directory that a pattern matched.
    last: String,
}

impl Match {
    fn push(self, part: &str) -> Self {
        // An empty first part is the root of an absolute path.
        let path = if part.is_empty() { PathBuf::from("/") } else { self.path.join(part) };
        Self { path, ..self }
    }

    fn list(&self, pattern: &str, matcher: &GlobMatcher, base: &Path, storage: &dyn Storage) -> Vec<Self> {
        let (prefix, suffix) = pattern.split_once('*').unwrap_or((pattern, ""));
        let names = storage.directories(&base.join(&self.path)).unwrap_or_default();
        names
            .into_iter()
            .filter(|name| matcher.is_match(name))
            .map(|name| {
                let middle = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).unwrap_or(&name);
                Self { path: self.path.join(&name), captured: middle.to_owned(), last: name }
            })
            .collect()
    }
}

fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(pattern).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| format!("'{pattern}' is no pattern: {}", error.kind()))
}
