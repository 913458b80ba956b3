//! The elements of an XML file as flat lists that own their text. Nothing here recurses: a file may nest as it likes.

use roxmltree::{Node, StringStorage};

use super::disk::{Slice, narrow};
use super::malformed::Malformed;
use super::xml_trouble;
use crate::source::Content;

/// The document itself, as the parent of the root element.
pub(super) const DOCUMENT: u32 = u32::MAX;

/// No real configuration file comes near; a hostile one is refused before it fills the memory.
const MOST_NODES: u32 = 4_000_000;

#[derive(Debug)]
pub(super) struct Tree {
    /// The file's text, and after it the values that differ from what is written.
    pub pool: String,
    /// In document order, so that a subtree is a range.
    pub elements: Vec<Element>,
    pub attributes: Vec<Attribute>,
    /// The comments that may be a commented-out leaf element, in document order.
    pub comments: Vec<Comment>,
}

#[derive(Debug)]
pub(super) struct Element {
    pub name: Slice,
    pub parent: u32,
    /// Index one past the last element within this one.
    pub after: u32,
    /// Indices of the first attribute, and one past the last.
    pub attributes: (u32, u32),
    pub span: Slice,
    pub value: Value,
    /// Whether other elements are within.
    pub container: bool,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub name: Slice,
    pub span: Slice,
    pub value: Value,
}

/// A value: its text in the pool, its place in the file, and whether the place spells out the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub text: Slice,
    pub place: Slice,
    pub exact: bool,
}

#[derive(Debug)]
pub(super) struct Comment {
    pub parent: u32,
    pub span: Slice,
}

impl Tree {
    pub(super) fn parse(content: &Content) -> Result<Self, Malformed> {
        let text = content.text();
        xml_trouble::check_excess(content)?;
        match read(text) {
            Ok(parsed) => Ok(Self::build(text, &parsed)),
            Err(error) => Err(xml_trouble::explain(content, &error)),
        }
    }

    /// Parses a piece of a file.
    pub(super) fn fragment(text: &str) -> Option<Self> {
        read(text).ok().map(|parsed| Self::build(text, &parsed))
    }

    fn build(text: &str, parsed: &roxmltree::Document<'_>) -> Self {
        let mut tree = Self { pool: text.to_owned(), elements: Vec::new(), attributes: Vec::new(), comments: Vec::new() };
        let mut open = DOCUMENT;
        for node in parsed.descendants() {
            if node.is_element() {
                open = tree.close_before(open, node.range().start);
                tree.push_element(text, node, open);
                open = narrow(tree.elements.len() - 1);
            } else if node.is_comment() {
                let range = node.range();
                if may_hide_leaf(&text[range.clone()]) {
                    open = tree.close_before(open, range.start);
                    tree.comments.push(Comment { parent: open, span: Slice::new(range.start, range.end) });
                }
            }
        }
        tree.close_before(open, text.len());
        tree
    }

    /// Closes the elements that end before an offset; gives the innermost that does not.
    fn close_before(&mut self, mut open: u32, offset: usize) -> u32 {
        let after = narrow(self.elements.len());
        while let Some(element) = self.elements.get_mut(open as usize) {
            if element.span.end > narrow(offset) {
                break;
            }
            element.after = after;
            open = element.parent;
        }
        open
    }

    fn push_element(&mut self, text: &str, node: Node<'_, '_>, parent: u32) {
        let range = node.range();
        let first = narrow(self.attributes.len());
        for attribute in node.attributes() {
            let (span, name, place) = (attribute.range(), attribute.range_qname(), attribute.range_value());
            let value = self.value(attribute.value_storage(), Slice::new(place.start, place.end));
            self.attributes.push(Attribute {
                name: Slice::new(name.end - attribute.name().len(), name.end),
                span: Slice::new(span.start, span.end),
                value,
            });
        }
        let (value, container) = self.element_value(text, node);
        self.elements.push(Element {
            name: local_name(text, range.start + 1, node.tag_name().name()),
            parent,
            after: narrow(self.elements.len() + 1),
            attributes: (first, narrow(self.attributes.len())),
            span: Slice::new(range.start, range.end),
            value,
            container,
        });
    }

    /// The direct text of an element, joined over CDATA, references and comments as Axiom does; blanks between
    /// child elements are no text. Also says whether there are child elements.
    fn element_value(&mut self, text: &str, node: Node<'_, '_>) -> (Value, bool) {
        let range = node.range();
        let Some(first) = node.first_child() else { return (empty_value(text, Slice::new(range.start, range.end)), false) };
        if first.is_text() && first.next_sibling().is_none() {
            return (self.text_value(text, first, range.end), false);
        }
        let container = node.children().any(|child| child.is_element());
        let worth = |child: &Node<'_, '_>| child.is_text() && !(container && is_blank(child.text().unwrap_or_default()));
        let mut pieces = node.children().filter(worth);
        let Some(piece) = pieces.next() else {
            let close = close_tag(text, range.end);
            return (Value { text: Slice::default(), place: Slice::new(close, close), exact: !container }, container);
        };
        if !container && pieces.next().is_none() {
            return (self.text_value(text, piece, range.end), false);
        }
        let joined: String = node.children().filter(worth).filter_map(|child| child.text()).collect();
        let place = Slice::new(piece.range().start, piece.range().end);
        (Value { text: Slice::kept(&mut self.pool, &joined), place, exact: false }, container)
    }

    /// The value of a text that has no other beside it.
    fn text_value(&mut self, text: &str, node: Node<'_, '_>, end: usize) -> Value {
        let range = node.range();
        let Some(storage) = node.text_storage() else { return empty_value(text, Slice::new(range.start, end)) };
        // Of CDATA and of joined pieces the range is another than that of the text.
        if matches!(storage, StringStorage::Borrowed(piece) if piece.len() == range.len()) {
            return self.value(storage, Slice::new(range.start, range.end));
        }
        let place = Slice::new(range.start, close_tag(text, end));
        Value { text: Slice::kept(&mut self.pool, storage.as_str()), place, exact: false }
    }

    fn value(&mut self, storage: &StringStorage<'_>, place: Slice) -> Value {
        match storage {
            StringStorage::Borrowed(_) => Value { text: place, place, exact: true },
            StringStorage::Owned(value) => Value { text: Slice::kept(&mut self.pool, value), place, exact: false },
        }
    }
}

fn read(text: &str) -> Result<roxmltree::Document<'_>, roxmltree::Error> {
    let options = roxmltree::ParsingOptions { nodes_limit: MOST_NODES, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options)
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Where a local name stands in the tag whose qualified name starts at `start`.
fn local_name(text: &str, start: usize, name: &str) -> Slice {
    let plain = text[start..].starts_with(name) && text.as_bytes().get(start + name.len()) != Some(&b':');
    let start = if plain { start } else { start + text[start..].find(':').map_or(0, |colon| colon + 1) };
    Slice::new(start, start + name.len())
}

/// Where the closing tag of the element that ends at `end` starts.
fn close_tag(text: &str, end: usize) -> usize {
    text[..end].rfind("</").unwrap_or(end)
}

fn empty_value(text: &str, element: Slice) -> Value {
    if element.of(text).ends_with("/>") {
        return Value { text: Slice::default(), place: element, exact: false };
    }
    let close = close_tag(text, element.end as usize);
    Value { text: Slice::default(), place: Slice::new(close, close), exact: true }
}

/// A first glance at a comment: may it be a commented-out leaf element? Keeps the many others out of every look-up.
fn may_hide_leaf(comment: &str) -> bool {
    let inner = comment_text(comment);
    let ends = if inner.starts_with('<') { inner.ends_with('>') } else { inner.ends_with(|last: char| last != '>') };
    ends && (inner.contains("</") || inner.ends_with('/') || inner.ends_with("/>")) && !inner.starts_with("</")
}

/// What a comment says, without its delimiters and the blanks around.
pub(super) fn comment_text(comment: &str) -> &str {
    let inner = comment.strip_prefix("<!--").unwrap_or(comment);
    inner.strip_suffix("-->").unwrap_or(inner).trim_matches([' ', '\t', '\r', '\n'])
}
