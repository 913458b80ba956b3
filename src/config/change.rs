//! Changes of settings, as edits of bytes.
//!
//! Every proposal is tried on the text before it is handed out: what does not read back as asked is no edit.

use std::ops::Range;

use super::insert;
use super::lookup::Fragment;
use super::markup;
use super::path::Path;
use super::xml::{Element, Tree, is_blank};
use super::{Body, Document, Found, json_change, properties_change, toml_change};
use crate::source::{Content, Span};

/// Bytes of a file and what they are to become.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Bytes on disk; empty to insert.
    pub span: Span,
    /// The new text, to be written in the file's own encoding (see [`apply`](super::apply)).
    pub text: String,
}

/// What is to become of a setting that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It gets this value.
    Value(String),
    /// A part of its value is replaced.
    Part {
        /// Bytes of [`Found::text`].
        range: Range<usize>,
        /// What they become.
        text: String,
    },
    /// It goes, with its line if nothing else stands there.
    Remove,
}

/// The edits that give the setting at the path the value: the first active place (see [`Document::find`]) is rewritten, else the first
/// commented-out element is uncommented in place, else a new one is inserted behind the first of the siblings `beside`
/// that is there (active or commented out), else at the end of its parent. An attribute that no element at its path carries is
/// added to the first of them.
///
/// `None` where that cannot be done without touching more than is understood: a value made of pieces, a parent that
/// is not there, a new element that would need attributes.
pub fn set(document: &Document, content: &Content, path: &Path, value: &str, beside: &[String]) -> Option<Vec<Edit>> {
    let text = content.text();
    let raw = match &document.body {
        Body::Xml(tree) => set_xml(tree, text, path, value, beside)?,
        Body::Toml(tree) => vec![toml_change::set(tree, text, path, value, beside)?],
        Body::Json(tree) => vec![json_change::set(tree, text, path, value, beside)?],
        Body::Properties(tree) => {
            return Some(to_disk(content, vec![properties_change::set(tree, content, path, value, beside)?]));
        }
        Body::Script(..) => return None,
    };
    let changed = Document::parse(&Content::plain(splice(text, &raw)?), document.format()).ok()?;
    let reads = changed.find(path).first().is_some_and(|found| found.text == value);
    reads.then(|| to_disk(content, raw))
}

/// The edits that change a setting of the document that was found active. `None` where it cannot be edited safely.
pub fn change(document: &Document, content: &Content, found: &Found, change: &Change) -> Option<Vec<Edit>> {
    let text = content.text();
    let place = content.to_text(found.span);
    let element = content.to_text(found.element);
    let raw = match (change, &document.body) {
        (_, Body::Properties(tree)) => {
            return Some(to_disk(content, vec![properties_change::change(tree, content, &element, change)?]));
        }
        (_, Body::Script(..)) => return None,
        (_, Body::Json(tree)) => json_change::change(tree, text, &element, change)?,
        (Change::Remove, Body::Xml(_)) => remove_xml(text, element)?,
        (Change::Remove, Body::Toml(_)) => toml_change::remove(text, element)?,
        (Change::Value(value), body) => replace(body, text, &element, place, found.exact, value)?,
        (Change::Part { range, text: part }, body) => {
            found.part(content, range.clone())?;
            let value = format!("{}{part}{}", found.text.get(..range.start)?, found.text.get(range.end..)?);
            let whole = replace(body, text, &element, place.clone(), found.exact, &value)?;
            // Narrowed to the part, unless that has to be written differently there (a number that becomes a text).
            let written = replace(body, text, &element, place.start + range.start..place.start + range.end, true, part);
            let narrow = written.filter(|part| splice_one(text, part) == splice_one(text, &whole));
            narrow.unwrap_or(whole)
        }
    };
    let changed = splice(text, std::slice::from_ref(&raw))?;
    Document::parse(&Content::plain(changed), document.format()).is_ok().then(|| to_disk(content, vec![raw]))
}

/// An edit of decoded text.
pub(super) type RawEdit = (Range<usize>, String);

pub(super) fn to_disk(content: &Content, raw: Vec<RawEdit>) -> Vec<Edit> {
    raw.into_iter().map(|(range, text)| Edit { span: content.to_disk(range), text }).collect()
}

/// The text after the edits, which are in order.
pub(super) fn splice(text: &str, edits: &[RawEdit]) -> Option<String> {
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for (range, replacement) in edits {
        changed.push_str(text.get(at..range.start)?);
        changed.push_str(replacement);
        at = range.end;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

pub(super) fn splice_one(text: &str, edit: &RawEdit) -> Option<String> {
    splice(text, std::slice::from_ref(edit))
}

fn replace(body: &Body, text: &str, element: &Range<usize>, place: Range<usize>, exact: bool, value: &str) -> Option<RawEdit> {
    match body {
        Body::Xml(_) => {
            let whole = text.get(element.clone())?;
            if whole.starts_with('<') {
                element_edit(text, place, exact, value)
            } else {
                attribute_edit(whole, place, exact, value)
            }
        }
        Body::Toml(_) => toml_change::replace(text, place, exact, value),
        Body::Properties(_) | Body::Json(_) | Body::Script(..) => None,
    }
}

fn set_xml(tree: &Tree, text: &str, path: &Path, value: &str, beside: &[String]) -> Option<Vec<RawEdit>> {
    let steps = path.xml()?;
    let active = tree.select(&steps.steps);
    let carries = |name: &String| {
        active.iter().find(|index| tree.element(**index).is_some_and(|element| tree.attribute(element, name).is_some()))
    };
    // An attribute is rewritten where it is, else added to the first element.
    let holder = steps.attribute.as_ref().and_then(carries).or(active.first());
    if let Some(holder) = holder {
        let element = tree.element(*holder)?;
        return Some(vec![match &steps.attribute {
            Some(name) => set_attribute(tree, text, element, name, value)?,
            None if element.container => return None,
            None => element_edit(text, range(element.value.place), element.value.exact, value)?,
        }]);
    }
    let mut commented = tree.commented(steps);
    let carries = |name: &String| commented.iter().position(|(_, fragment)| fragment.carries(name));
    let chosen = steps.attribute.as_ref().and_then(carries).unwrap_or_default();
    if chosen < commented.len() {
        let (comment, fragment) = commented.swap_remove(chosen);
        let uncommented = uncomment(&fragment, steps.attribute.as_deref(), value)?;
        return Some(vec![(range(comment.span), uncommented)]);
    }
    insert::insert(tree, text, steps, value, beside).map(|edit| vec![edit])
}

fn range(slice: super::disk::Slice) -> Range<usize> {
    slice.start as usize..slice.end as usize
}

/// Rewrites the text of an element; a self-closing one gets a closing tag.
fn element_edit(text: &str, place: Range<usize>, exact: bool, value: &str) -> Option<RawEdit> {
    let written = markup::text(value)?;
    if exact {
        return Some((place, written));
    }
    let whole = text.get(place.clone())?;
    let open = whole.strip_prefix('<').and_then(|_| whole.strip_suffix("/>"))?;
    let kept = place.start + open.trim_end().len();
    Some((kept..place.end, format!(">{written}</{}>", markup::tag_name(whole))))
}

fn attribute_edit(whole: &str, place: Range<usize>, exact: bool, value: &str) -> Option<RawEdit> {
    let quote = whole.chars().next_back().filter(|quote| matches!(quote, '"' | '\''))?;
    exact.then_some(())?;
    Some((place, markup::attribute(value, quote)?))
}

/// Rewrites an attribute, or adds it behind the last one.
fn set_attribute(tree: &Tree, text: &str, element: &Element, name: &str, value: &str) -> Option<RawEdit> {
    if let Some(attribute) = tree.attribute(element, name) {
        return attribute_edit(attribute.span.of(text), range(attribute.value.place), attribute.value.exact, value);
    }
    let at = tree.attributes_of(element).last().map_or(element.name.end, |attribute| attribute.span.end) as usize;
    Some((at..at, format!(" {name}=\"{}\"", markup::attribute(value, '"')?)))
}

/// The element of a comment, with a new value.
fn uncomment(fragment: &Fragment, attribute: Option<&str>, value: &str) -> Option<String> {
    let leaf = fragment.tree.element(0)?;
    let edit = match attribute {
        Some(name) => set_attribute(&fragment.tree, &fragment.text, leaf, name, value)?,
        None => element_edit(&fragment.text, range(leaf.value.place), leaf.value.exact, value)?,
    };
    splice_one(&fragment.text, &edit)
}

/// Takes an element or attribute out, with its line where nothing else stands on it.
fn remove_xml(text: &str, element: Range<usize>) -> Option<RawEdit> {
    if !text.get(element.clone())?.starts_with('<') {
        let before = text.get(..element.start)?.trim_end_matches([' ', '\t', '\r', '\n']).len();
        return Some((before..element.end, String::new()));
    }
    let after = text.get(element.end..)?;
    let line = after.find('\n').map_or(after.len(), |newline| newline + 1);
    match markup::indentation(text, element.start) {
        Some(before) if is_blank(&after[..line]) => Some((element.start - before.len()..element.end + line, String::new())),
        _ => Some((element, String::new())),
    }
}
