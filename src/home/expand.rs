//! Nodes whose `home` is a pattern stand for one node for each directory or archive that matches.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::storage::{Lies, ReadError, Storage};
use super::{archive, display};
use crate::topology::{Layer, Node, Topology, TopologyError};

/// Replaces every node whose home is a pattern by one node for each directory or archive that it matches.
///
/// A node is named by its directory (of an archive, by its file without `.zip`) where the node's own pattern matches that name (`gw-*` and
/// `homes/gw-*`), else by what the pattern's `*` stands for (`prod-*` and `homes/gw-*`).
pub fn expand(topology: Topology, base: &Path, storage: &dyn Storage) -> (Topology, Vec<TopologyError>) {
    let mut errors = Vec::new();
    let mut nodes = Vec::with_capacity(topology.nodes.len());
    for node in topology.nodes {
        match patterns_of(&node)[..] {
            [] if is_pattern(&node.name.value) => errors.push(TopologyError {
                message: format!("node '{}' is a pattern, but its home is none", node.name.value),
                span: Some(node.name.span),
                help: Some("give home a pattern too (homes/gw-*), one node is made for each directory that matches".to_owned()),
            }),
            [] => nodes.push(node),
            [layer] => match expand_node(&node, layer, base, storage) {
                Ok(found) => nodes.extend(found),
                Err(error) => errors.push(error),
            },
            [_, second, ..] => errors.push(TopologyError {
                message: format!("two layers of the home of node '{}' are patterns", node.name.value),
                span: Some(node.home[second].path.span),
                help: Some("one layer may be a pattern: what it matches makes the nodes".to_owned()),
            }),
        }
    }
    (Topology { nodes, ..topology }, errors)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The layers of a node's home that are patterns.
fn patterns_of(node: &Node) -> Vec<usize> {
    node.home.iter().enumerate().filter(|(_, layer)| is_pattern(&layer.path.value)).map(|(index, _)| index).collect()
}

fn expand_node(node: &Node, layer: usize, base: &Path, storage: &dyn Storage) -> Result<Vec<Node>, TopologyError> {
    let Layer { path: home, to } = &node.home[layer];
    let error = |message: String, help: &str| TopologyError { message, span: Some(home.span), help: Some(help.to_owned()) };
    if !is_pattern(&node.name.value) {
        let message = format!("home '{}' is a pattern, but the node's name '{}' is none", home.value, node.name.value);
        return Err(error(message, "give the name a * too: it stands for what the * of home matches"));
    }
    let mut found = vec![Match { path: PathBuf::new(), captured: String::new(), last: String::new() }];
    // A pattern means directories, and files where it says how their names end: an archive may lie beside its directory.
    let ending = home.value.rsplit('/').next().unwrap_or_default();
    let means_files = if to.is_some() { ending.contains('.') } else { archive::kind(Path::new(ending)).is_some() };
    let is_layer = |path: &Path| match storage.lies(&base.join(path)) {
        Ok(Some(Lies::Directory)) => true,
        Ok(Some(Lies::File)) => means_files,
        _ => false,
    };
    for part in home.value.split('/') {
        found = if is_pattern(part) {
            let matcher = glob(part).map_err(|why| error(why, "* ? [ab] {a,b} are understood"))?;
            let lists: Result<Vec<_>, _> = found.iter().map(|before| before.list(part, &matcher, base, storage)).collect();
            lists
                .map_err(|why| error(why, "let the folder be listed (chmod), or name each home"))?
                .into_iter()
                .flatten()
                .collect()
        } else {
            found.into_iter().map(|before| before.push(part)).collect()
        };
    }
    let matcher = glob(&node.name.value).map_err(|why| error(why, "* ? [ab] {a,b} are understood"))?;
    let nodes: Vec<Node> = found
        .into_iter()
        .filter(|one| is_layer(&one.path))
        .map(|one| {
            let stem = |name: String| archive::kind(Path::new(&name)).map_or(name, |(_, stem)| stem);
            let (last, captured) = (stem(one.last), stem(one.captured));
            let named = if matcher.is_match(&last) { last } else { node.name.value.replacen('*', &captured, 1) };
            let mut node = node.clone();
            node.name.value = named;
            node.home[layer].path.value = one.path.to_string_lossy().replace('\\', "/");
            node
        })
        .collect();
    if nodes.is_empty() {
        let what = if means_files { "no directory or file matches" } else { "no directory matches" };
        let help = "the pattern is relative to the topology's folder; archives match where it ends like them: homes/gw-*.zip";
        return Err(error(format!("{what} '{}'", home.value), help));
    }
    Ok(nodes)
}

struct Match {
    path: PathBuf,
    /// What the last `*` stands for.
    captured: String,
    /// The last name that a pattern matched.
    last: String,
}

impl Match {
    fn push(self, part: &str) -> Self {
        // An empty first part is the root of an absolute path.
        let path = if part.is_empty() { PathBuf::from("/") } else { self.path.join(part) };
        Self { path, ..self }
    }

    fn list(&self, pattern: &str, matcher: &GlobMatcher, base: &Path, storage: &dyn Storage) -> Result<Vec<Self>, String> {
        let (prefix, suffix) = pattern.split_once('*').unwrap_or((pattern, ""));
        let folder = base.join(&self.path);
        let entries = match storage.entries(&folder) {
            Err(why @ ReadError::Denied) => return Err(format!("'{}' cannot be listed: {why}", display(&folder))),
            entries => entries.unwrap_or_default(),
        };
        Ok(entries
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| matcher.is_match(name))
            .map(|name| {
                let middle = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).unwrap_or(&name);
                Self { path: self.path.join(&name), captured: middle.to_owned(), last: name }
            })
            .collect())
    }
}

fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(pattern).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| format!("'{pattern}' is no pattern: {}", error.kind()))
}
