//! Edits of properties: values rewritten, statements uncommented, added and removed.
//!
//! An edit is handed out only if all statements of the changed text read as wanted, the untouched ones as before.

use std::ops::Range;

use super::change::{Change, RawEdit, splice_one};
use super::path::Path;
use super::properties::{Statement, Tree, is_marked};
use super::properties_text::{after_line, key as written_key, line_break, line_start, part, written};
use crate::source::Content;

/// Gives the counting statement of a key its value, or uncomments the first commented one, or adds one.
pub(super) fn set(tree: &Tree, content: &Content, path: &Path, value: &str, beside: &[String]) -> Option<RawEdit> {
    let key = path.property()?;
    let text = content.text();
    let of_key = |statement: &&Statement| tree.key_of(statement) == key;
    if let Some(statement) = tree.counting(key) {
        return tried(tree, content, rewrite(statement, value), After::Value(statement, value));
    }
    let edit = match tree.commented().find(of_key) {
        Some(statement) => uncomment(text, statement, value),
        None => insert(tree, text, key, value, beside),
    };
    tried(tree, content, edit, After::New(key, value))
}

/// Changes the active statement that is an element of the text.
pub(super) fn change(tree: &Tree, content: &Content, element: &Range<usize>, change: &Change) -> Option<RawEdit> {
    let statement = tree.active().find(|statement| statement.element.start as usize == element.start)?;
    match change {
        Change::Remove => tried(tree, content, remove(content.text(), statement), After::Gone(statement)),
        Change::Value(value) => tried(tree, content, rewrite(statement, value), After::Value(statement, value)),
        Change::Part { range, text: new } => {
            let old = tree.value_of(statement);
            let value = format!("{}{new}{}", old.get(..range.start)?, old.get(range.start..)?.get(range.len()..)?);
            if !statement.exact || range.start > range.end {
                return None;
            }
            let start = statement.place.start as usize;
            let narrow = (start + range.start..start + range.end, part(new));
            // All of the value, where the part means something else at its place (a blank in front).
            tried(tree, content, narrow, After::Value(statement, &value))
                .or_else(|| tried(tree, content, rewrite(statement, &value), After::Value(statement, &value)))
        }
    }
}

/// What the statements are to be after an edit: as before, but for one.
#[derive(Clone, Copy)]
enum After<'a> {
    Value(&'a Statement, &'a str),
    New(&'a str, &'a str),
    Gone(&'a Statement),
}

/// The edit, if the changed text reads as wanted.
fn tried(tree: &Tree, content: &Content, edit: RawEdit, wanted: After<'_>) -> Option<RawEdit> {
    let changed = splice_one(content.text(), &edit)?;
    let changed = Tree::read(&changed, is_marked(content)).ok()?;
    let reads = changed.active().map(|statement| (changed.key_of(statement), changed.value_of(statement)));
    reads.eq(expected(tree, edit.0.start, wanted)).then_some(edit)
}

/// Keys and values that are wanted, in document order; a new one stands where the edit is.
fn expected<'a>(tree: &'a Tree, at: usize, wanted: After<'a>) -> Vec<(&'a str, &'a str)> {
    let same = |one: &Statement, other: &Statement| one.element == other.element;
    let mut expected: Vec<(&str, &str)> = Vec::new();
    let mut before = 0;
    for statement in tree.active() {
        let value = match wanted {
            After::Gone(gone) if same(gone, statement) => continue,
            After::Value(changed, value) if same(changed, statement) => value,
            _ => tree.value_of(statement),
        };
        expected.push((tree.key_of(statement), value));
        before += usize::from((statement.element.start as usize) < at);
    }
    if let After::New(key, value) = wanted {
        expected.insert(before, (key, value));
    }
    expected
}

/// Writes a value in the place of the one that is there, behind a separator.
fn rewrite(statement: &Statement, value: &str) -> RawEdit {
    let place = statement.place.start as usize..statement.place.end as usize;
    let separator = if statement.separated || value.is_empty() { "" } else { "=" };
    (place, format!("{separator}{}", written(value)))
}

/// Takes the mark of a comment away, and gives what is behind it a value.
fn uncomment(text: &str, statement: &Statement, value: &str) -> RawEdit {
    let head = &text[statement.key_place.start as usize..statement.place.start as usize];
    (statement.element.start as usize..statement.element.end as usize, format!("{head}{}", written(value)))
}

/// Takes a statement out with its lines.
fn remove(text: &str, statement: &Statement) -> RawEdit {
    let start = line_start(text, statement.element.start as usize);
    (start..after_line(text, statement.element.end as usize), String::new())
}

/// A new line behind a sibling named in `beside`, active or commented out, else at the end of the file; its separator is
/// that of its neighbour.
fn insert(tree: &Tree, text: &str, key: &str, value: &str, beside: &[String]) -> RawEdit {
    let commented = |name: &str| tree.commented().find(|statement| tree.key_of(statement) == name);
    let sibling = beside.iter().find_map(|name| tree.counting(name).or_else(|| commented(name)));
    let like = sibling.or_else(|| tree.active().next_back());
    let separator = like.map_or("=", |statement| separator(text, statement));
    let line = format!("{}{separator}{}", written_key(key), written(value));
    let Some(sibling) = sibling else {
        let end = line_break(text, text.len());
        let gap = if text.is_empty() || text.ends_with(['\n', '\r']) { "" } else { end };
        return (text.len()..text.len(), format!("{gap}{line}{end}"));
    };
    let (start, at) = (sibling.element.start as usize, sibling.element.end as usize);
    let indentation = &text[line_start(text, start)..start];
    (at..at, format!("{}{indentation}{line}", line_break(text, at)))
}

/// What stands between the key and the value of a statement, where that is on one line.
fn separator<'a>(text: &'a str, statement: &Statement) -> &'a str {
    let between = text.get(statement.key_place.end as usize..statement.place.start as usize).unwrap_or_default();
    if between.is_empty() || between.contains('\\') { "=" } else { between }
}
