//! Edits of JSON: values rewritten in their own kind, keys added where their neighbours are.

use std::ops::Range;

use super::change::{Change, RawEdit};
use super::json_text::{escaped, quoted, written};
use super::json_tree::{Kind, Node, Tree};
use super::path::Path;
use super::properties_text::{line_break, line_start};

/// Gives the setting at the path a value, or adds it to its object. Objects are not begun.
pub(super) fn set(tree: &Tree, text: &str, path: &Path, value: &str, beside: &[String]) -> Option<RawEdit> {
    let keys = path.json()?;
    if let Some(node) = tree.at(keys) {
        return replace(text, node, value);
    }
    add(tree, text, tree.holder(keys)?, keys.last()?, value, beside)
}

/// Changes the value whose key starts an element of the text. None is taken out: which comma goes with it is not known.
pub(super) fn change(tree: &Tree, text: &str, element: &Range<usize>, change: &Change) -> Option<RawEdit> {
    let node = tree.nodes.iter().find(|node| node.element().start as usize == element.start)?;
    match change {
        Change::Remove => None,
        Change::Value(value) => replace(text, node, value),
        Change::Part { range, text: part } => {
            let old = tree.value_of(node);
            let value = format!("{}{part}{}", old.get(..range.start)?, old.get(range.start..)?.get(range.len()..)?);
            if !node.exact || range.start > range.end {
                return None;
            }
            let (Kind::Text, start) = (node.kind, node.place.start as usize) else { return replace(text, node, &value) };
            Some((start + range.start..start + range.end, escaped(part, quote(text, node)?)))
        }
    }
}

/// Rewrites a value: a text stays a text, anything else a number or a switch where it can.
fn replace(text: &str, node: &Node, value: &str) -> Option<RawEdit> {
    let place = node.place.start as usize..node.place.end as usize;
    match node.kind {
        Kind::Text => Some((place, escaped(value, quote(text, node)?))),
        Kind::Bare => Some((place, written(value))),
        Kind::Object | Kind::Array => None,
    }
}

/// The quote that a text is written in.
fn quote(text: &str, node: &Node) -> Option<char> {
    node.written.of(text).chars().next().filter(|quote| matches!(quote, '"' | '\''))
}

/// A new key behind a sibling named in `beside`, else behind the last one, on a line of its own where that has one.
fn add(tree: &Tree, text: &str, object: &Node, key: &str, value: &str, beside: &[String]) -> Option<RawEdit> {
    let named = beside.iter().find_map(|sibling| tree.child(object, sibling));
    let last = || object.children.last().and_then(|child| tree.node(*child));
    let (key, value) = (quoted(key), written(value));
    let Some(sibling) = named.or_else(last) else {
        let at = object.written.start as usize + 1;
        return Some((at..at, format!("{key}: {value}")));
    };
    let between = text.get(sibling.key_place.end as usize..sibling.written.start as usize)?;
    let separator = if between.contains(['/', '\n', '\r']) { ": " } else { between };
    let (start, at) = (sibling.key_place.start as usize, sibling.written.end as usize);
    let before = &text[line_start(text, start)..start];
    let gap = if before.trim().is_empty() { format!("{}{before}", line_break(text, start)) } else { " ".to_owned() };
    Some((at..at, format!(",{gap}{key}{separator}{value}")))
}
