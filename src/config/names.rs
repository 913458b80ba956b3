//! Names that are known at each place of a file, and those in a document that are a slip of the pen away from one of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::change::{RawEdit, to_disk};
use super::disk::Slice;
use super::path::{Key, Path};
use super::toml_change;
use super::toml_text::{in_brackets, key};
use super::toml_tree::{self, Kind};
use super::xml::{self, DOCUMENT};
use super::{Body, Document, Edit, rename_table};
use crate::source::{Content, Span, is_secret_name};

/// Names of tables, keys and elements by what holds them. A name that is known is never a slip of the pen; only names that
/// are read may be what one was meant to be.
#[derive(Debug)]
pub struct Names {
    /// The first is the file itself.
    nodes: Vec<Known>,
    strays: Vec<Stray>,
}

/// A key that is often written where nobody reads it.
#[derive(Debug)]
struct Stray {
    /// Where it is read, as people write it and as files are searched.
    title: String,
    path: Path,
    /// What it is called elsewhere, in lower case.
    names: Vec<String>,
}

impl Stray {
    fn holder(&self) -> &str {
        self.title.rsplit_once('.').map_or("", |(holder, _)| holder)
    }

    fn name(&self) -> &str {
        self.title.rsplit_once('.').map_or(&self.title, |(_, name)| name)
    }
}

#[derive(Debug, Default)]
struct Known {
    /// What it may hold.
    children: BTreeMap<String, u32>,
    read: bool,
    /// Whether it is a list of tables.
    listed: bool,
    /// Whether one value alone is none of its values.
    array: bool,
}

/// A name that nobody reads, or a single table or value where a list is read.
#[derive(Debug)]
pub struct Misnamed {
    /// What it names.
    pub kind: Named,
    /// The names of what holds it, the outermost first, and its own.
    pub path: Vec<String>,
    /// The bytes of its own name where it stands first.
    pub span: Span,
    /// What was meant.
    pub meant: Meant,
    /// The edits that mend it; `None` where that has to be done by hand.
    pub mend: Option<Vec<Edit>>,
}

/// What was meant by a name that nobody reads, or reads otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// Another name, in its place.
    Name(String),
    /// A key that is read elsewhere, by its whole name.
    Elsewhere(String),
    /// The same, as a list of tables.
    Tables,
    /// The same, with a list of values.
    Values,
}

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A table of TOML, or a list of tables.
    Table,
    /// A key of TOML.
    Key,
    /// An element of XML.
    Element,
}

const ROOT: u32 = 0;

/// How many tables of a file get their new name worked out: each is tried on all of it.
const MOST_RENAMED: usize = 50;

impl Default for Names {
    fn default() -> Self {
        Self { nodes: vec![Known::default()], strays: Vec::new() }
    }
}

impl Names {
    /// Adds the names on the way to a setting; those behind `//` or `*` may stand anywhere and tell nothing.
    pub fn add(&mut self, path: &Path, read: bool) {
        self.way(path, read);
        let mut holder = ROOT;
        let keys = path.toml().unwrap_or_default();
        for (at, key) in keys.iter().enumerate() {
            match key {
                Key::Name(name) => holder = self.child(holder, name).unwrap_or(holder),
                // Behind the last name it is a list of values.
                Key::Each if keys[at..].iter().any(|key| matches!(key, Key::Name(_))) => {
                    if let Some(known) = self.nodes.get_mut(holder as usize) {
                        known.listed = true;
                    }
                }
                Key::Each => {}
            }
        }
    }

    /// Adds a key that is often written where nobody reads it: where it is read, that place as people write it, and what it is called elsewhere.
    pub fn add_stray(&mut self, path: Path, title: &str, names: &[String]) {
        let names = names.iter().map(|name| name.to_lowercase()).collect();
        self.strays.push(Stray { title: title.to_owned(), path, names });
    }

    /// Adds the name of a key that takes a list of values only, in square brackets.
    pub fn add_array(&mut self, path: &Path) {
        let at = self.way(path, true);
        if let Some(known) = self.nodes.get_mut(at as usize) {
            known.array = true;
        }
    }

    /// Adds the names of a path; where they lead.
    fn way(&mut self, path: &Path, read: bool) -> u32 {
        path.names().into_iter().fold(ROOT, |holder, name| self.enter(holder, name, read))
    }

    fn enter(&mut self, holder: u32, name: &str, read: bool) -> u32 {
        let new = super::disk::narrow(self.nodes.len());
        let Some(known) = self.nodes.get_mut(holder as usize) else { return ROOT };
        let index = *known.children.entry(name.to_owned()).or_insert(new);
        if index == new {
            self.nodes.push(Known::default());
        }
        if let Some(known) = self.nodes.get_mut(index as usize) {
            known.read |= read;
        }
        index
    }

    fn get(&self, at: u32) -> Option<&Known> {
        self.nodes.get(at as usize)
    }

    fn child(&self, holder: u32, name: &str) -> Option<u32> {
        self.get(holder)?.children.get(name).copied()
    }

    /// The names that are read where an unknown one stands and are near to it.
    fn near(&self, holder: u32, name: &str) -> Vec<Near<'_>> {
        let lower = name.to_lowercase();
        let mut near = Vec::new();
        for (known, index) in self.get(holder).into_iter().flat_map(|known| &known.children) {
            let slips = slips(known);
            let is_read = self.get(*index).is_some_and(|known| known.read);
            if !is_read || lower.len().abs_diff(known.len()) > 4 * slips {
                continue;
            }
            let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
            if distance <= slips {
                near.push((distance, known.as_str(), *index));
            }
        }
        near
    }
}

/// A name that is near to another: in how many slips, which, and where it leads.
type Near<'a> = (usize, &'a str, u32);

/// What was meant by names, each looked for once for what holds it.
struct Guesses<'a> {
    names: &'a Names,
    near: HashMap<(u32, String), Vec<Near<'a>>>,
}

impl<'a> Guesses<'a> {
    fn new(names: &'a Names) -> Self {
        Self { names, near: HashMap::new() }
    }

    /// The nearest of those that fit, if no other is as near.
    fn by(&mut self, holder: u32, name: &str, fits: impl Fn(u32) -> bool) -> Option<&'a str> {
        let names = self.names;
        let near = self.near.entry((holder, name.to_owned())).or_insert_with(|| names.near(holder, name));
        let fitting = || near.iter().filter(|(.., index)| fits(*index));
        let nearest = fitting().map(|(distance, ..)| *distance).min()?;
        let mut best = fitting().filter(|(distance, ..)| *distance == nearest);
        best.next().filter(|_| best.next().is_none()).map(|(_, name, _)| *name)
    }
}

/// How many slips of the pen make no other word: short names are near to many. What masking no longer knows for the name of a
/// secret is not shown with its line either.
fn slips(name: &str) -> usize {
    match name.len() {
        0..5 => 0,
        5..8 => 1,
        _ if is_secret_name(name) => 1,
        _ => 2,
    }
}

impl Document {
    /// Names in it that nobody reads, and that are near to one that is read there; in no order. Keys and elements only where
    /// what was meant is not there.
    pub fn misnamed(&self, content: &Content, names: &Names) -> Vec<Misnamed> {
        match &self.body {
            Body::Xml(tree) => self.misnamed_elements(tree, content, names),
            Body::Toml(tree) => self.misnamed_keys(tree, content, names),
            _ => Vec::new(),
        }
    }

    fn misnamed_elements(&self, tree: &xml::Tree, content: &Content, names: &Names) -> Vec<Misnamed> {
        let name_of = |element: &xml::Element| element.name.of(&tree.pool);
        // Where each element is among names: those that hold it come before it.
        let mut places: Vec<Option<u32>> = Vec::with_capacity(tree.elements.len());
        let mut there: HashSet<(u32, u32)> = HashSet::new();
        for element in &tree.elements {
            let place = holder_of(&places, element.parent).and_then(|holder| names.child(holder, name_of(element)));
            there.extend(place.map(|place| (element.parent, place)));
            places.push(place);
        }
        let mut said: HashSet<(u32, &str)> = HashSet::new();
        let mut meant_by = Guesses::new(names);
        let mut found = Vec::new();
        for (element, place) in tree.elements.iter().zip(&places) {
            let (None, Some(holder)) = (place, holder_of(&places, element.parent)) else { continue };
            let name = name_of(element);
            let missing = |index: u32| !there.contains(&(element.parent, index));
            let Some(meant) = meant_by.by(holder, name, missing) else { continue };
            if !said.insert((element.parent, name)) {
                continue;
            }
            let mut path = vec![name.to_owned()];
            let mut parent = element.parent;
            while let Some(holder) = tree.element(parent) {
                path.push(name_of(holder).to_owned());
                parent = holder.parent;
            }
            path.reverse();
            let mend = tags(content.text(), element).map(|tags| {
                let edits: Vec<RawEdit> = tags.into_iter().map(|tag| (tag, meant.to_owned())).collect();
                to_disk(content, edits)
            });
            found.push(Misnamed {
                kind: Named::Element,
                path,
                span: self.disk.span(element.name),
                meant: Meant::Name(meant.to_owned()),
                mend,
            });
        }
        found
    }

    fn misnamed_keys(&self, tree: &toml_tree::Tree, content: &Content, names: &Names) -> Vec<Misnamed> {
        let mut found = Vec::new();
        let mut said: HashSet<Vec<String>> = HashSet::new();
        let mut meant_by = Guesses::new(names);
        let mut open: Vec<(u32, u32, Vec<String>)> = vec![(ROOT, ROOT, Vec::new())];
        while let Some((index, place, path)) = open.pop() {
            let Some(node) = tree.node(index) else { continue };
            let of_key = |child: u32| tree.node(child).map_or("", |node| node.key.of(&tree.pool));
            let there: HashSet<u32> = node.children.iter().filter_map(|child| names.child(place, of_key(*child))).collect();
            for child in &node.children {
                let Some(held) = tree.node(*child) else { continue };
                let name = of_key(*child);
                if name.is_empty() {
                    open.push((*child, place, path.clone()));
                    continue;
                }
                let is_table = tree.holds_tables(held);
                let is_key = |index: u32| names.get(index).is_some_and(|known| known.children.is_empty());
                let fits = |index: u32| is_table || is_key(index) && !there.contains(&index);
                let before = path.len();
                let Way { at, path, known } = follow(names, place, name, &path);
                if known {
                    if is_table && is_single(names, tree, at, held) {
                        found.push(self.single(tree, held, content, path.clone()));
                    }
                    if names.get(at).is_some_and(|known| known.array) && is_lone_text(tree, held) {
                        found.push(self.lone(tree, held, content, path.clone()));
                    }
                    open.push((*child, at, path));
                    continue;
                }
                let Some(meant) = path.last().and_then(|last| meant_by.by(at, last, fits)) else {
                    if !is_table && let Some(stray) = self.stray(names, &path) {
                        let part = part_of_key(content.text(), held, name, before, &path);
                        let span = self.disk.span(part.unwrap_or_else(|| tree.place_of_name(held)));
                        let beside = path.split_last().is_some_and(|(_, holders)| holders.join(".") == stray.holder());
                        let edits = if beside {
                            part.map(|part| vec![(range(part), key(stray.name()))])
                        } else {
                            moved(tree, content, held, stray)
                        };
                        let mend = edits.map(|edits| to_disk(content, edits));
                        let meant = Meant::Elsewhere(stray.title.clone());
                        found.push(Misnamed { kind: Named::Key, path, span, meant, mend });
                    }
                    continue;
                };
                if is_table && !said.insert(path.clone()) {
                    continue;
                }
                let name = if is_table { None } else { part_of_key(content.text(), held, name, before, &path) };
                let (kind, mend) = if is_table {
                    let few = said.len() <= MOST_RENAMED;
                    (Named::Table, if few { rename_table(self, content, &path, meant) } else { None })
                } else {
                    (Named::Key, name.map(|name| to_disk(content, vec![(range(name), key(meant))])))
                };
                let span = self.disk.span(name.unwrap_or_else(|| tree.place_of_name(held)));
                found.push(Misnamed { kind, path, span, meant: Meant::Name(meant.to_owned()), mend });
            }
        }
        found
    }

    /// A text where a list of them is read; it gets brackets around it.
    fn lone(&self, tree: &toml_tree::Tree, key: &toml_tree::Node, content: &Content, path: Vec<String>) -> Misnamed {
        let mend = Some(to_disk(content, in_brackets(range(key.written))));
        Misnamed { kind: Named::Key, path, span: self.disk.span(tree.place_of_name(key)), meant: Meant::Values, mend }
    }

    /// A single table where a list of tables is read; its header gets a second pair of brackets.
    fn single(&self, tree: &toml_tree::Tree, table: &toml_tree::Node, content: &Content, path: Vec<String>) -> Misnamed {
        let header = range(table.written);
        let written = content.text().get(header.clone()).unwrap_or_default();
        let has_header = written.starts_with('[') && written.ends_with(']') && !written.contains('\n');
        let mend = has_header.then(|| to_disk(content, in_brackets(header)));
        Misnamed { kind: Named::Table, path, span: self.disk.span(tree.place_of_name(table)), meant: Meant::Tables, mend }
    }

    /// The key that an unknown one stands for, if nothing says that one.
    fn stray<'a>(&self, names: &'a Names, path: &[String]) -> Option<&'a Stray> {
        let name = path.last()?.to_lowercase();
        let stray = names.strays.iter().find(|stray| stray.names.contains(&name))?;
        self.find(&stray.path).is_empty().then_some(stray)
    }
}

/// The place of what holds an element; `None` where it is not known.
fn holder_of(places: &[Option<u32>], parent: u32) -> Option<u32> {
    if parent == DOCUMENT { Some(ROOT) } else { places.get(parent as usize).copied().flatten() }
}

/// Where the parts of a key lead.
struct Way {
    /// The last of them that is known.
    at: u32,
    /// The names up to the first that is not, with those of the tables around.
    path: Vec<String>,
    /// Whether all are known.
    known: bool,
}

fn follow(names: &Names, place: u32, name: &str, path: &[String]) -> Way {
    let mut way = Way { at: place, path: path.to_vec(), known: true };
    for part in name.split('.') {
        way.path.push(part.to_owned());
        match names.child(way.at, part) {
            Some(known) => way.at = known,
            None => return Way { known: false, ..way },
        }
    }
    way
}

/// Where the last name of a path stands in a key that holds it and those behind the first `before`; of a key in quotes that are
/// written as they are read, within these.
fn part_of_key(text: &str, held: &toml_tree::Node, name: &str, before: usize, path: &[String]) -> Option<Slice> {
    let start = held.key_at as usize;
    let start = start + usize::from(text.get(start..)?.starts_with(['"', '\'']));
    let (own, others) = path.split_last()?;
    let at = start + others.iter().skip(before).map(|part| part.len() + 1).sum::<usize>();
    text.get(start..)?.starts_with(name).then(|| Slice::new(at, at + own.len()))
}

/// The edits that write a key where it is read, and no more where it stands.
fn moved(tree: &toml_tree::Tree, content: &Content, held: &toml_tree::Node, stray: &Stray) -> Option<Vec<RawEdit>> {
    let text = content.text();
    let value = text.get(range(held.place))?;
    Some(vec![toml_change::remove(text, range(held.element))?, toml_change::set(tree, text, &stray.path, value, &[])?])
}

/// Whether a table stands where a list of tables is read, and holds what each of those does.
fn is_single(names: &Names, tree: &toml_tree::Tree, at: u32, table: &toml_tree::Node) -> bool {
    let is_part = |child: &u32| {
        let named = tree.node(*child).filter(|held| !tree.holds_tables(held));
        named.is_some_and(|held| names.child(at, held.key.of(&tree.pool)).is_some())
    };
    names.get(at).is_some_and(|known| known.listed) && table.kind == Kind::Table && table.children.iter().any(is_part)
}

/// Whether a value is one text: none that a template or another key fills in, which may be a list then.
fn is_lone_text(tree: &toml_tree::Tree, held: &toml_tree::Node) -> bool {
    let text = held.text.of(&tree.pool).trim();
    let filled_in = ["$ref{", "{{", "{%", "<%"].iter().any(|mark| text.contains(mark));
    held.kind == Kind::Scalar && !text.is_empty() && !filled_in
}

/// The bytes of an element's name in its tags.
fn tags(text: &str, element: &xml::Element) -> Option<Vec<Range<usize>>> {
    let (first, name) = (range(element.name), element.name.of(text));
    let whole = text.get(range(element.span))?;
    if whole.ends_with("/>") {
        return Some(vec![first]);
    }
    let inner = whole.strip_suffix('>')?.trim_end();
    let end = element.span.start as usize + inner.len();
    let close = end.checked_sub(name.len())?;
    let closes = inner.ends_with(name) && text[..close].ends_with(['/', ':']);
    closes.then(|| vec![first, close..end])
}

fn range(slice: Slice) -> Range<usize> {
    slice.start as usize..slice.end as usize
}
