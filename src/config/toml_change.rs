//! Edits of TOML: values rewritten in their own kind, keys added where their neighbours are.

use std::ops::Range;

use super::change::RawEdit;
use super::path::{Key, Path};
use super::toml_text::{escaped, is_float, key, line_break, line_end, line_start, written};
use super::toml_tree::{Kind, Node, Tree, last_name};

/// Gives the first setting at the path a value, or adds it to its table, or adds the table.
pub(super) fn set(tree: &Tree, text: &str, path: &Path, value: &str, beside: &[String]) -> Option<RawEdit> {
    let keys = path.toml()?;
    let nodes = tree.select(keys);
    if !nodes.is_empty() {
        let node = nodes.iter().filter_map(|index| tree.node(*index)).find(|node| node.kind == Kind::Scalar)?;
        let place = node.place.start as usize..node.place.end as usize;
        return replace(text, place, node.exact, value);
    }
    // Of a list that is not there, the only entry.
    let (keys, value) = match keys.split_last() {
        Some((Key::Each, list)) if tree.select(list).is_empty() => (list, format!("[{}]", written(value))),
        _ => (keys, written(value)),
    };
    let (name, table) = last_name(keys).filter(|_| keys.last() != Some(&Key::Each))?;
    let setting = format!("{} = {value}", key(name));
    match tree.tables(table).first() {
        Some(index) => add_to_table(tree, text, *index, &setting, beside).or_else(|| add_table(tree, text, table, &setting)),
        None => add_table(tree, text, table, &setting),
    }
}

/// Rewrites a value: a text stays a text, a number a number where it can.
pub(super) fn replace(text: &str, place: Range<usize>, exact: bool, value: &str) -> Option<RawEdit> {
    exact.then_some(())?;
    let old = text.get(place.clone())?;
    let before = &text[..place.start];
    let replacement = if before.ends_with('"') {
        escaped(value)
    } else if before.ends_with('\'') {
        let literal = !value.contains(['\'', '\n', '\r']) && !value.chars().any(|letter| letter.is_control() && letter != '\t');
        literal.then(|| value.to_owned())?
    } else if old.contains(['.', 'e', 'E']) && is_float(value) {
        value.to_owned()
    } else {
        written(value)
    };
    Some((place, replacement))
}

/// Takes a whole statement out, with its line. Parts of inline tables and arrays stay.
pub(super) fn remove(text: &str, element: Range<usize>) -> Option<RawEdit> {
    let start = line_start(text, element.start);
    let end = line_end(text, element.end);
    let rest = text.get(element.end..end)?.trim_start();
    let alone = text.get(start..element.start)?.trim().is_empty() && text.get(element.clone())?.contains('=');
    if !alone || !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
    Some((start..end, String::new()))
}

/// A new line behind a sibling named in `beside`, else behind the last key of the table, else behind its header.
fn add_to_table(tree: &Tree, text: &str, table: u32, setting: &str, beside: &[String]) -> Option<RawEdit> {
    let node = tree.node(table)?;
    let statements = || node.children.iter().filter_map(|child| tree.node(*child)).filter(|child| is_statement(text, child));
    let named = beside.iter().filter_map(|sibling| tree.child(table, sibling)).find(|child| is_statement(text, child));
    let last = || statements().max_by_key(|child| child.element.start);
    if let Some(sibling) = named.or_else(last) {
        let start = sibling.element.start as usize;
        let prefix = &text[line_start(text, start)..sibling.key_at as usize];
        return Some(new_line(text, sibling.element.end as usize, &format!("{prefix}{setting}")));
    }
    let header = node.written.of(text);
    header.starts_with('[').then(|| new_line(text, node.written.end as usize, setting))
}

/// Whether a node is a line of its own: neither a table that has a header or is implied, nor part of an inline table.
fn is_statement(text: &str, node: &Node) -> bool {
    let start = node.element.start as usize;
    let first = text[line_start(text, start)..start].trim().is_empty();
    first && node.element.of(text).contains('=') && (node.kind != Kind::Table || node.written.of(text).starts_with('{'))
}

fn new_line(text: &str, after: usize, line: &str) -> RawEdit {
    let at = line_end(text, after);
    (at..at, format!("{}{line}", line_break(text, after)))
}

/// A new table at the end of the file. Arrays of tables are not begun: which of them was meant is not known.
fn add_table(tree: &Tree, text: &str, table: &[Key], setting: &str) -> Option<RawEdit> {
    let names: Option<Vec<String>> =
        table.iter().map(|part| if let Key::Name(name) = part { Some(key(name)) } else { None }).collect();
    let header = names?.join(".");
    let line_break = line_break(text, text.len());
    let at = text.len();
    if header.is_empty() {
        // A key of no table has to stand before the first header.
        let first =
            tree.nodes.iter().filter(|node| node.written.of(text).starts_with('[')).map(|node| node.written.start as usize);
        let start = first.min().map_or(at, |header| line_start(text, header));
        return Some((start..start, format!("{setting}{line_break}")));
    }
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => line_break,
        _ => &line_break.repeat(2),
    };
    Some((at..at, format!("{gap}[{header}]{line_break}{setting}{line_break}")))
}
