//! Where a new element goes, and how it is set apart: as its neighbours are.

use super::change::RawEdit;
use super::lookup::holder;
use super::markup::{indentation, tag_name, text as escaped};
use super::path::{Step, XmlPath};
use super::toml_text::{line_break, line_end};
use super::xml::{Element, Tree, is_blank};

/// Inserts the leaf element at the path into the first of its parents.
pub(super) fn insert(tree: &Tree, text: &str, path: &XmlPath, value: &str, beside: &[String]) -> Option<RawEdit> {
    let last = path.steps.last()?;
    let name = last.name.as_deref()?;
    if path.attribute.is_some() || last.descendant || !last.predicates.is_empty() {
        return None;
    }
    let parent = *tree.select(holder(path)).first()?;
    let element = format!("<{name}>{}</{name}>", escaped(value)?);
    let siblings = beside.iter().find_map(|sibling| find_sibling(tree, path, parent, sibling));
    if let Some((start, end)) = siblings {
        return Some(after_sibling(text, start, end, &element));
    }
    append(tree, text, parent, &element)
}

/// First and last offset of the sibling with a name, active or commented out.
fn find_sibling(tree: &Tree, path: &XmlPath, parent: u32, name: &str) -> Option<(usize, usize)> {
    let children = tree.children(parent).filter_map(|child| tree.element(child));
    let active = children.filter(|child| child.name.of(&tree.pool) == name).map(|child| child.span).next();
    let slice = active.or_else(|| {
        let step = Step { descendant: false, name: Some(name.to_owned()), predicates: Vec::new() };
        let steps = holder(path).iter().cloned().chain([step]).collect();
        let commented = tree.commented(&XmlPath { steps, attribute: None });
        commented.iter().find(|(comment, _)| comment.parent == parent).map(|(comment, _)| comment.span)
    })?;
    Some((slice.start as usize, slice.end as usize))
}

/// On a line of its own where the sibling has one, else right behind it.
fn after_sibling(text: &str, start: usize, end: usize, element: &str) -> RawEdit {
    let Some(indent) = indentation(text, start) else { return (end..end, element.to_owned()) };
    let line = line_end(text, end);
    let at = if only_comments(&text[end..line]) { end + text[end..line].trim_end().len() } else { end };
    (at..at, format!("{}{indent}{element}", line_break(text, start)))
}

/// Whether nothing but blanks and whole comments is left of a line: these are about what stands before them.
fn only_comments(rest: &str) -> bool {
    let mut rest = rest.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some(end) = comment.find("-->") else { return false };
        rest = comment[end + 3..].trim_start();
    }
    rest.is_empty()
}

/// As the last child, in front of the closing tag.
fn append(tree: &Tree, text: &str, parent: u32, element: &str) -> Option<RawEdit> {
    let holder = tree.element(parent)?;
    if !is_blank(holder.value.text.of(&tree.pool)) {
        return None;
    }
    let (start, end) = (holder.span.start as usize, holder.span.end as usize);
    let whole = &text[start..end];
    let outer = indentation(text, start);
    let line_break = line_break(text, start);
    if let Some(open) = whole.strip_suffix("/>") {
        let at = start + open.trim_end().len();
        let inner = inner_break(tree, text, holder, line_break);
        let outer = outer.map(|indent| format!("{line_break}{indent}")).unwrap_or_default();
        return Some((at..end, format!(">{inner}{element}{outer}</{}>", tag_name(whole))));
    }
    let close = start + whole.rfind("</")?;
    let at = start + text[start..close].trim_end_matches([' ', '\t', '\r', '\n']).len();
    let inner = inner_break(tree, text, holder, line_break);
    // The closing tag gets a line of its own where it shared one with the opening tag.
    let shared = !inner.is_empty() && !text[at..close].contains('\n');
    let outer = outer.filter(|_| shared).map(|indent| format!("{line_break}{indent}")).unwrap_or_default();
    let end = if shared { close } else { at };
    Some((at..end, format!("{inner}{element}{outer}")))
}

/// What sets a new last child apart: line end and indentation of the other children; one level deeper than the parent
/// where there are none; nothing where the children share a line.
fn inner_break(tree: &Tree, text: &str, holder: &Element, line_break: &str) -> String {
    let inside = |start: u32| holder.span.start < start && start < holder.span.end;
    let index = tree.elements.partition_point(|element| element.span.start < holder.span.start);
    let last =
        tree.children(super::disk::narrow(index)).last().and_then(|child| tree.element(child)).map(|child| child.span.start);
    let commented = || tree.comments.iter().map(|comment| comment.span.start).find(|start| inside(*start));
    let indent = match last.or_else(commented) {
        Some(child) => indentation(text, child as usize).map(str::to_owned),
        None => indentation(text, holder.span.start as usize).map(|own| format!("{own}{}", level(tree, text, holder, own))),
    };
    indent.map(|indent| format!("{line_break}{indent}")).unwrap_or_default()
}

/// One level of indentation: by how much the parent is deeper than its own parent, else four blanks.
fn level(tree: &Tree, text: &str, holder: &Element, own: &str) -> String {
    let above = tree.element(holder.parent).and_then(|above| indentation(text, above.span.start as usize));
    let by = above.and_then(|above| own.strip_prefix(above)).filter(|level| !level.is_empty());
    by.unwrap_or(if own.starts_with('\t') { "\t" } else { "    " }).to_owned()
}
