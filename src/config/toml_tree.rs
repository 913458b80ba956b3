//! The tables and values of a TOML file as one flat list.

use toml::de::{DeTable, DeValue};

use super::Found;
use super::disk::{DiskMap, Slice, narrow};
use super::malformed::Malformed;
use super::path::{Key, Path};
use super::toml_text::statement_start;
use super::toml_trouble;
use crate::source::{Content, Span};

/// The table that is the whole file.
const ROOT: u32 = 0;

#[derive(Debug)]
pub(super) struct Tree {
    /// The file's text, and after it keys and values that differ from what is written.
    pub pool: String,
    pub nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    /// Decoded, in the pool; empty for the elements of an array.
    pub key: Slice,
    /// The written value, with its quotes; for a table or an array of tables its first header, if it has one.
    pub written: Slice,
    /// From the first of its dotted keys to the end of the value.
    pub element: Slice,
    /// Where its own key starts.
    pub key_at: u32,
    pub text: Slice,
    pub place: Slice,
    pub exact: bool,
    parent: u32,
    pub children: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Array,
    Scalar,
}

impl Tree {
    pub(super) fn parse(content: &Content) -> Result<Self, Malformed> {
        let text = content.text();
        toml_trouble::check_excess(content)?;
        let parsed = DeTable::parse(text).map_err(|error| toml_trouble::explain(content, &error))?;
        let mut tree = Self { pool: text.to_owned(), nodes: Vec::new() };
        tree.build(text, &DeValue::Table(parsed.into_inner()));
        Ok(tree)
    }

    fn build(&mut self, text: &str, root: &DeValue<'_>) {
        self.push(text, None, root, 0..0, ROOT);
        let mut open = vec![(ROOT, root)];
        while let Some((parent, value)) = open.pop() {
            let mut children = Vec::new();
            match value {
                DeValue::Table(table) => {
                    let entries = table.iter().map(|(key, value)| (Some((key.get_ref().as_ref(), key.span())), value));
                    children.extend(entries);
                }
                DeValue::Array(array) => children.extend(array.iter().map(|value| (None, value))),
                _ => {}
            }
            for (key, value) in children {
                let index = self.push(text, key, value.get_ref(), value.span(), parent);
                if let Some(parent) = self.nodes.get_mut(parent as usize) {
                    parent.children.push(index);
                }
                open.push((index, value.get_ref()));
            }
        }
    }

    fn push(
        &mut self,
        text: &str,
        key: Option<(&str, std::ops::Range<usize>)>,
        value: &DeValue<'_>,
        span: std::ops::Range<usize>,
        parent: u32,
    ) -> u32 {
        let written = Slice::new(span.start, span.end);
        let key_at = key.as_ref().map_or(span.start, |(_, key)| key.start);
        let start = if key.is_some() { statement_start(text, key_at) } else { key_at };
        let (kind, decoded, place) = match value {
            DeValue::Table(_) => (Kind::Table, String::new(), written),
            DeValue::Array(_) => (Kind::Array, String::new(), written),
            scalar => (Kind::Scalar, scalar_text(scalar, written.of(text)), inside_quotes(scalar, written, text)),
        };
        let exact = kind == Kind::Scalar && place.of(text) == decoded;
        let node = Node {
            kind,
            key: key.map_or_else(Slice::default, |(key, _)| Slice::kept(&mut self.pool, key)),
            written,
            element: Slice::new(start, span.end),
            key_at: narrow(key_at),
            text: if exact { place } else { Slice::kept(&mut self.pool, &decoded) },
            place,
            exact,
            parent,
            children: Vec::new(),
        };
        self.nodes.push(node);
        narrow(self.nodes.len() - 1)
    }

    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// The nodes at the keys, in document order. A quoted key with dots is walked like the tables it flattens to.
    pub(super) fn select(&self, keys: &[Key]) -> Vec<u32> {
        let mut found = Vec::new();
        let mut open = vec![(ROOT, keys)];
        while let Some((index, keys)) = open.pop() {
            let Some(node) = self.node(index) else { continue };
            match keys.split_first() {
                None => found.push(index),
                Some((Key::Each, rest)) if node.kind == Kind::Array => {
                    open.extend(node.children.iter().map(|child| (*child, rest)));
                }
                // A single value where a list is expected is a list of one.
                Some((Key::Each, [])) if node.kind == Kind::Scalar && !node.key.of(&self.pool).is_empty() => found.push(index),
                Some((Key::Name(_), _)) if node.kind == Kind::Table => {
                    let matching = node.children.iter().filter_map(|child| Some((*child, self.after_key(*child, keys)?)));
                    open.extend(matching);
                }
                Some(_) => {}
            }
        }
        found.sort_unstable_by_key(|index| self.node(*index).map(|node| (node.written.start, *index)));
        found
    }

    /// What remains of the keys after that of a node, if they start with it.
    fn after_key<'k>(&self, child: u32, keys: &'k [Key]) -> Option<&'k [Key]> {
        let key = self.node(child)?.key.of(&self.pool);
        let mut rest = keys;
        for part in key.split('.') {
            match rest.split_first() {
                Some((Key::Name(name), after)) if name == part => rest = after,
                _ => return None,
            }
        }
        Some(rest)
    }

    /// The child of a table with the key.
    pub(super) fn child(&self, table: u32, key: &str) -> Option<&Node> {
        let children = self.node(table)?.children.iter();
        children.filter_map(|child| self.node(*child)).find(|node| node.key.of(&self.pool) == key)
    }

    pub(super) fn find(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let Some(keys) = path.toml() else { return Vec::new() };
        let nodes = self.select(keys).into_iter().filter_map(|index| self.node(index));
        let scalars = nodes.filter(|node| node.kind == Kind::Scalar);
        scalars
            .map(|node| Found {
                text: node.text.of(&self.pool).to_owned(),
                span: disk.span(node.place),
                exact: node.exact,
                element: disk.span(node.element),
                parent: self.table_of(node) as usize,
            })
            .collect()
    }

    /// A list or a table where a single value is to stand.
    pub(super) fn compound(&self, path: &Path, disk: &DiskMap) -> Option<(&'static str, Span)> {
        let nodes = self.select(path.toml()?).into_iter().filter_map(|index| self.node(index));
        let mut compound = nodes.filter(|node| node.kind != Kind::Scalar);
        compound.next().map(|node| (if node.kind == Kind::Table { "{…}" } else { "[…]" }, disk.span(node.written)))
    }

    /// The table that holds a value, alone or in a list.
    fn table_of(&self, node: &Node) -> u32 {
        let mut parent = node.parent;
        while let Some(array) = self.node(parent).filter(|parent| parent.kind == Kind::Array) {
            parent = array.parent;
        }
        parent
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        let Some((_, table)) = path.toml().and_then(last_name) else { return false };
        !self.tables(table).is_empty()
    }

    /// The tables at the keys, in document order.
    pub(super) fn tables(&self, keys: &[Key]) -> Vec<u32> {
        let mut nodes = self.select(keys);
        nodes.retain(|index| self.node(*index).is_some_and(|node| node.kind == Kind::Table));
        nodes
    }
}

impl Tree {
    /// The tables at the keys, each with where its header stands, in document order.
    pub(super) fn headers(&self, keys: &[Key], disk: &DiskMap) -> Vec<(usize, Span)> {
        let tables = self.tables(keys).into_iter();
        tables.filter_map(|index| Some((index as usize, disk.span(self.node(index)?.written)))).collect()
    }
}

/// The last name of a path, and the keys before it.
pub(super) fn last_name(keys: &[Key]) -> Option<(&str, &[Key])> {
    let at = keys.iter().rposition(|key| matches!(key, Key::Name(_)))?;
    match &keys[at] {
        Key::Name(name) => Some((name, &keys[..at])),
        Key::Each => None,
    }
}

fn scalar_text(value: &DeValue<'_>, written: &str) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().to_owned(),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| integer.to_string(), |number| number.to_string()),
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        _ => written.to_owned(),
    }
}

/// The place of a string without its quotes; all of any other value.
fn inside_quotes(value: &DeValue<'_>, written: Slice, text: &str) -> Slice {
    if !matches!(value, DeValue::String(_)) {
        return written;
    }
    let source = written.of(text);
    let long = source.len() >= 6 && (source.starts_with("\"\"\"") || source.starts_with("'''"));
    let quotes = if long { 3 } else { 1 };
    Slice { start: written.start + quotes, end: written.end.saturating_sub(quotes).max(written.start + quotes) }
}
