//! Tables of a TOML file by name, and new names for them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::change::{RawEdit, splice, to_disk};
use super::disk::{DiskMap, Slice};
use super::toml_text::{key, line_end};
use super::toml_tree::{Kind, Node, Tree};
use super::{Body, Document, Edit, Format};
use crate::source::{Content, Span};

/// A table, or an array of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    /// Its name and those of the tables that hold it, the outermost first.
    pub path: Vec<String>,
    /// The bytes of its own name where it stands for the first time.
    pub span: Span,
}

impl Tree {
    /// Every table by name, each once, in the order of names.
    pub(super) fn table_names(&self, disk: &DiskMap) -> Vec<TableName> {
        let mut found: BTreeMap<Vec<String>, Slice> = BTreeMap::new();
        let mut open: Vec<(u32, Vec<String>)> = vec![(0, Vec::new())];
        while let Some((index, path)) = open.pop() {
            let Some(node) = self.node(index) else { continue };
            for child in &node.children {
                let Some(node) = self.node(*child) else { continue };
                if !self.holds_tables(node) {
                    continue;
                }
                let mut path = path.clone();
                let name = node.key.of(&self.pool);
                if !name.is_empty() {
                    path.extend(name.split('.').map(str::to_owned));
                    let place = self.place_of_name(node);
                    let first = found.entry(path.clone()).or_insert(place);
                    if place.start < first.start {
                        *first = place;
                    }
                }
                open.push((*child, path));
            }
        }
        found.into_iter().map(|(path, place)| TableName { path, span: disk.span(place) }).collect()
    }

    /// Whether a node is a table, or a list of tables.
    pub(super) fn holds_tables(&self, node: &Node) -> bool {
        match node.kind {
            Kind::Table => true,
            Kind::Array => node.children.iter().any(|item| self.node(*item).is_some_and(|item| item.kind == Kind::Table)),
            Kind::Scalar => false,
        }
    }

    /// The values that take more than one line, in document order: what looks like a header in them is none.
    fn long_values(&self) -> Vec<Range<usize>> {
        let stated =
            self.nodes.iter().filter(|node| node.written.start > node.key_at && node.written.of(&self.pool).contains('\n'));
        let mut values: Vec<Range<usize>> = stated.map(|node| node.written.start as usize..node.written.end as usize).collect();
        values.sort_unstable_by_key(|value| (value.start, std::cmp::Reverse(value.end)));
        let mut end = 0;
        values.retain(|value| {
            let outermost = value.start >= end;
            end = end.max(value.end);
            outermost
        });
        values
    }

    /// The bytes of the name of a node; where it is written in quotes, of the first of them.
    pub(super) fn place_of_name(&self, node: &Node) -> Slice {
        let (name, start) = (node.key.of(&self.pool), node.key_at as usize);
        let plain = self.pool.get(start..).is_some_and(|rest| rest.starts_with(name));
        Slice::new(start, start + if plain { name.len() } else { 1 })
    }
}

impl Document {
    /// Every table of a TOML file by name, each once; none of other files.
    pub fn tables(&self) -> Vec<TableName> {
        match &self.body {
            Body::Toml(tree) => tree.table_names(&self.disk),
            _ => Vec::new(),
        }
    }
}

/// The edits that give a table another name, in all headers that name it. `None` where that would leave something behind
/// (dotted keys, inline tables), or make two tables one.
pub fn rename_table(document: &Document, content: &Content, table: &[String], name: &str) -> Option<Vec<Edit>> {
    let Body::Toml(tree) = &document.body else { return None };
    let text = content.text();
    let values = tree.long_values();
    let within_value = |at: usize| {
        let before = values.partition_point(|value| value.start < at);
        before.checked_sub(1).is_some_and(|last| values[last].end > at)
    };
    let places = headers(text, table).filter(|place| !within_value(place.start));
    let edits = places.map(|place| (place, key(name))).collect::<Vec<RawEdit>>();
    let changed = Document::parse(&Content::plain(splice(text, &edits)?), Format::Toml).ok()?;
    let renamed = |path: Vec<String>| {
        let mut path = path;
        if path.starts_with(table) {
            name.clone_into(&mut path[table.len() - 1]);
        }
        path
    };
    let mut wanted: Vec<Vec<String>> = document.tables().into_iter().map(|table| renamed(table.path)).collect();
    let before = wanted.len();
    wanted.sort();
    wanted.dedup();
    let reads = wanted.len() == before && changed.tables().into_iter().map(|table| table.path).eq(wanted);
    (reads && !edits.is_empty()).then(|| to_disk(content, edits))
}

/// The bytes of the last of the names in every header that starts with all of them.
fn headers<'a>(text: &'a str, table: &'a [String]) -> impl Iterator<Item = Range<usize>> + 'a {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.filter_map(move |start| {
        let line = &text[start..line_end(text, start)];
        let inner = line.trim_start().trim_start_matches('[').trim_start();
        if !line.trim_start().starts_with('[') {
            return None;
        }
        let mut at = start + line.len() - inner.len();
        for (index, name) in table.iter().enumerate() {
            let written = text[at..].strip_prefix(name.as_str()).map(|_| at..at + name.len())?;
            let rest = text[written.end..].trim_start();
            if index + 1 == table.len() {
                return rest.starts_with(['.', ']']).then_some(written);
            }
            let rest = rest.strip_prefix('.')?.trim_start();
            at = text.len() - rest.len();
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(text: &str, table: &[&str], name: &str) -> Option<String> {
        let content = Content::plain(text.to_owned());
        let document = Document::parse(&content, Format::Toml).expect("TOML");
        let table: Vec<String> = table.iter().map(|name| (*name).to_owned()).collect();
        let edits = rename_table(&document, &content, &table, name)?;
        super::super::apply(content.bytes(), &edits, &content).map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    }

    #[test]
    fn tables_have_names_and_places() {
        let text = "a.b.x = 1\n[c]\ny = {z = 1}\n[[d.e]]\nlist = [1]\n[[d.e]]\n";
        let document = Document::parse(&Content::plain(text.to_owned()), Format::Toml).expect("TOML");
        let names: Vec<String> = document
            .tables()
            .iter()
            .map(|table| format!("{} {}", table.path.join("."), &text[table.span.start..table.span.end]))
            .collect();
        assert_eq!(names, ["a a", "a.b b", "c c", "c.y y", "d d", "d.e e"]);
    }

    #[test]
    fn every_header_gets_the_new_name() {
        let text = "[apim.throtling] # x\na = 1\n\n[ apim . throtling . jms ]\n[[apim.throtling.url_group]]\n[[apim.throtling.url_group]]\n";
        let expected = "[apim.throttling] # x\na = 1\n\n[ apim . throttling . jms ]\n[[apim.throttling.url_group]]\n[[apim.throttling.url_group]]\n";
        assert_eq!(renamed(text, &["apim", "throtling"], "throttling").as_deref(), Some(expected));
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        let text = "[x]\na = ['''\n[x]\n''']\nb = [\n[1],\n]\n[1]\n[x.y]\n";
        let expected = "[z]\na = ['''\n[x]\n''']\nb = [\n[1],\n]\n[1]\n[z.y]\n";
        assert_eq!(renamed(text, &["x"], "z").as_deref(), Some(expected));
        assert_eq!(renamed(text, &["1"], "2").as_deref(), Some(text.replace("\n[1]\n", "\n[2]\n").as_str()));
    }

    #[test]
    fn what_would_be_left_behind_or_merged_is_not_renamed() {
        assert_eq!(renamed("apim.throtling.a = 1\n", &["apim", "throtling"], "throttling"), None);
        assert_eq!(renamed("[apim.throtling]\n[apim.throttling]\n", &["apim", "throtling"], "throttling"), None);
        assert_eq!(renamed("[\"apim\".throtling]\n", &["apim", "throtling"], "throttling"), None);
    }
}
