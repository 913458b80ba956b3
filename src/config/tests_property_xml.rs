//! XML however it is written: what a model says is found with its text and place, and edits change nothing else.

use std::ops::Range;

use proptest::prelude::*;

use super::tests::xml_path;
use super::tests_property::{File, values};
use super::*;

/// A piece of what an element says.
#[derive(Debug, Clone)]
enum Piece {
    Raw(String),
    /// As references.
    Escaped(String),
    Cdata(String),
    /// A comment or an instruction: no text.
    Aside(&'static str),
}

#[derive(Debug, Clone)]
struct Leaf {
    name: &'static str,
    prefix: &'static str,
    attributes: Vec<(&'static str, Vec<Piece>, char)>,
    pieces: Vec<Piece>,
    /// Whether it closes itself where it says nothing.
    short: bool,
}

#[derive(Debug, Clone)]
enum Item {
    Leaf(Leaf),
    /// A commented-out element: what the comment is opened and closed with.
    Hidden(Leaf, &'static str, &'static str),
    /// A comment that hides no element.
    Decoy(&'static str),
    Section(&'static str, Vec<(&'static str, Item)>),
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    Marked,
    Latin1,
    Wide { big_endian: bool },
}

const GAPS: &[&str] = &["", " ", "\n", "\n\t", "\r\n  ", "\r\n\r\n"];
const DECOYS: &[&str] =
    &["<!-- see <a>1</a> -->", "<!-- <a>1</a><b>2</b> -->", "<!--a-->", "<!-- <S><a>1</a></S> -->", "<?a b?>"];

fn pieces(safe: bool) -> impl Strategy<Value = Vec<Piece>> {
    // Within a comment no `--`; in an attribute line ends are other characters.
    let raw = if safe { "[a-z0-9:é/€😀 ]{1,6}" } else { "[a-z0-9:é/€😀 \"'>\n=-]{1,6}|x\r\ny" };
    let raw = raw.prop_map(Piece::Raw);
    if safe {
        return prop_oneof![raw.prop_map(|one| vec![one]), Just(Vec::new())].boxed();
    }
    let others = prop_oneof![
        "[<&>\"'é]{1,3}".prop_map(Piece::Escaped),
        "[<&a é]{1,3}".prop_map(Piece::Cdata),
        prop::sample::select(vec!["<!-- c -->", "<!--</a>-->", "<?p </a>?>"]).prop_map(Piece::Aside),
    ];
    let mixed = prop::collection::vec(prop_oneof![raw.clone(), others], 0..4);
    prop_oneof![2 => raw.prop_map(|one| vec![one]), 1 => mixed].boxed()
}

fn attributes() -> impl Strategy<Value = Vec<(&'static str, Vec<Piece>, char)>> {
    let value = prop_oneof![
        3 => "[a-z0-9:é€😀 >/]{0,6}".prop_map(|text| vec![Piece::Raw(text)]),
        1 => "[<&\"'\n\t]{1,3}".prop_map(|text| vec![Piece::Escaped(text)]),
    ];
    let one = |name: &'static str| {
        (value.clone(), prop::sample::select(vec!['"', '\''])).prop_map(move |(pieces, quote)| (name, pieces, quote))
    };
    (prop::option::of(one("x")), prop::option::of(one("y"))).prop_map(|(x, y)| x.into_iter().chain(y).collect())
}

fn leaves(hidden: bool) -> impl Strategy<Value = Leaf> {
    let name = prop::sample::select(vec!["a", "b", "ab"]);
    let prefix = prop::sample::select(if hidden { vec![""] } else { vec!["", "", "n:"] });
    (name, prefix, attributes(), pieces(hidden), any::<bool>()).prop_map(|(name, prefix, attributes, pieces, short)| Leaf {
        name,
        prefix,
        attributes,
        pieces,
        short,
    })
}

fn items() -> impl Strategy<Value = Vec<(&'static str, Item)>> {
    let around = vec![("<!--", "-->"), ("<!-- <", "> -->"), ("<!--\r\n\t<", ">\n-->"), ("<!--<", ">-->")];
    let item = prop_oneof![
        4 => leaves(false).prop_map(Item::Leaf),
        2 => (leaves(true), prop::sample::select(around)).prop_map(|(leaf, (open, close))| Item::Hidden(leaf, open, close)),
        1 => prop::sample::select(DECOYS).prop_map(Item::Decoy),
    ];
    let gap = || prop::sample::select(GAPS);
    let section = (prop::sample::select(vec!["S", "T"]), prop::collection::vec((gap(), item.clone()), 0..5));
    let item = prop_oneof![1 => item, 1 => section.prop_map(|(name, items)| Item::Section(name, items))];
    prop::collection::vec((gap(), item), 0..6)
}

fn encodings() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Utf8),
        Just(Encoding::Marked),
        Just(Encoding::Latin1),
        any::<bool>().prop_map(|big_endian| Encoding::Wide { big_endian }),
    ]
}

/// What is to be found: at which path, with which text, where in the decoded text.
#[derive(Debug, Clone)]
struct Wanted {
    path: String,
    text: String,
    /// Where the bytes spell out the text.
    exact: Option<Range<usize>>,
    element: Range<usize>,
    hidden: bool,
}

/// Writes a model and notes what is to be found.
struct Writer {
    text: String,
    wanted: Vec<Wanted>,
}

impl Writer {
    fn items(&mut self, path: &str, items: &[(&str, Item)]) {
        for (gap, item) in items {
            self.text.push_str(gap);
            let start = self.text.len();
            match item {
                Item::Decoy(comment) => self.text.push_str(comment),
                Item::Section(name, items) if items.is_empty() => self.text.push_str(&format!("<{name} />")),
                Item::Section(name, items) => {
                    self.text.push_str(&format!("<{name}>"));
                    self.items(&format!("{path}/{name}"), items);
                    self.text.push_str(&format!("{gap}</{name}>"));
                }
                Item::Leaf(leaf) => self.leaf(path, leaf, ("<", ">"), false),
                Item::Hidden(leaf, open, close) => {
                    let before = self.wanted.len();
                    self.leaf(path, leaf, (open, close), true);
                    // The whole comment stands for its element, and for an empty value.
                    let end = self.text.len();
                    for wanted in &mut self.wanted[before..] {
                        wanted.element = start..end;
                    }
                }
            }
        }
    }

    fn leaf(&mut self, path: &str, leaf: &Leaf, (open, close): (&str, &str), hidden: bool) {
        let Leaf { name, prefix, attributes, pieces, short } = leaf;
        let (start, path, own) = (self.text.len(), format!("{path}/{name}"), self.wanted.len());
        self.text.push_str(&format!("{open}{prefix}{name}"));
        for (name, pieces, quote) in attributes {
            let start = self.text.len() + 1;
            self.text.push_str(&format!(" {name} = {quote}"));
            let (text, exact) = self.pieces(pieces);
            self.text.push(*quote);
            let element = start..self.text.len();
            self.wanted.push(Wanted { path: format!("{path}/@{name}"), text, exact, element, hidden });
        }
        let (text, exact) = if *short && pieces.is_empty() {
            self.text.push_str(&format!(" /{close}"));
            (String::new(), None)
        } else {
            self.text.push('>');
            let said = self.pieces(pieces);
            self.text.push_str(&format!("</{prefix}{name}{close}"));
            said
        };
        self.wanted.insert(own, Wanted { path, text, exact, element: start..self.text.len(), hidden });
    }

    /// Writes pieces; gives their text, and its place where it is one that is written as it reads.
    fn pieces(&mut self, pieces: &[Piece]) -> (String, Option<Range<usize>>) {
        let (mut said, mut runs, mut plain, mut behind) = (String::new(), Vec::<Range<usize>>::new(), true, usize::MAX);
        for piece in pieces {
            let start = self.text.len();
            match piece {
                Piece::Raw(text) => {
                    self.text.push_str(text);
                    said.push_str(&text.replace("\r\n", "\n"));
                    plain &= !text.contains('\r');
                }
                Piece::Escaped(text) => {
                    self.text.extend(text.chars().map(|letter| format!("&#{};", u32::from(letter))));
                    said.push_str(text);
                    plain = false;
                }
                Piece::Cdata(text) => {
                    self.text.push_str(&format!("<![CDATA[{text}]]>"));
                    said.push_str(text);
                    plain = false;
                }
                Piece::Aside(aside) => {
                    self.text.push_str(aside);
                    continue;
                }
            }
            match runs.last_mut().filter(|_| behind == start) {
                Some(run) => run.end = self.text.len(),
                None => runs.push(start..self.text.len()),
            }
            behind = self.text.len();
        }
        let end = self.text.len();
        let exact = match runs.as_slice() {
            [] => Some(end..end),
            [run] if plain => Some(run.clone()),
            _ => None,
        };
        (said, exact)
    }
}

/// A file as it lies on disk, and what is to be found in it.
struct Written {
    file: File,
    wanted: Vec<Wanted>,
    encoding: Encoding,
}

impl Written {
    fn new(items: &[(&str, Item)], encoding: Encoding) -> Self {
        let mut writer = Writer { text: String::new(), wanted: Vec::new() };
        let label = if matches!(encoding, Encoding::Latin1) { " encoding='ISO-8859-1'" } else { "" };
        writer.text.push_str(&format!("<?xml version=\"1.0\"{label}?>\r\n<!-- <a>0</a> -->\n<n:R xmlns:n=\"urn:n\">"));
        writer.items("/R", items);
        writer.text.push_str("\n</n:R>\n<!-- é -->\n");
        let Writer { mut text, wanted } = writer;
        let mut wanted = wanted;
        if matches!(encoding, Encoding::Latin1) {
            (text, wanted) = narrow(&text, wanted);
        }
        let file = File::read(&encode(&text, encoding), Format::Xml).unwrap_or_else(|why| panic!("{why:?} in {text:?}"));
        assert_eq!(file.content.text(), text);
        Self { file, wanted, encoding }
    }

    /// Where a part of the text lies on disk.
    fn disk(&self, range: &Range<usize>) -> Span {
        let before = |at: usize| encode(&self.file.content.text()[..at], self.encoding).len();
        Span::new(before(range.start), before(range.end))
    }

    fn wanted(&self, path: &str, hidden: bool) -> Vec<&Wanted> {
        self.wanted.iter().filter(|wanted| wanted.path == path && wanted.hidden == hidden).collect()
    }

    fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.wanted.iter().map(|wanted| wanted.path.clone()).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// The same with one letter for each that ISO-8859-1 lacks.
fn narrow(text: &str, mut wanted: Vec<Wanted>) -> (String, Vec<Wanted>) {
    let narrowed =
        |text: &str| text.chars().map(|letter| if u32::from(letter) > 255 { '\u{ff}' } else { letter }).collect::<String>();
    let moved = |range: &Range<usize>| narrowed(&text[..range.start]).len()..narrowed(&text[..range.end]).len();
    for one in &mut wanted {
        one.text = narrowed(&one.text);
        one.element = moved(&one.element);
        one.exact = one.exact.as_ref().map(moved);
    }
    (narrowed(text), wanted)
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Latin1 => text.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect(),
        Encoding::Wide { big_endian: true } => [b"\xfe\xff".to_vec(), wide(u16::to_be_bytes)].concat(),
        Encoding::Wide { big_endian: false } => [b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat(),
    }
}

/// Every element that says something and every attribute by its path, in document order, as another reader sees them.
fn settings(text: &str) -> Vec<(String, String)> {
    let parsed = roxmltree::Document::parse(text).expect("well formed");
    let mut read = Vec::new();
    for node in parsed.descendants().filter(roxmltree::Node::is_element) {
        let mut names: Vec<&str> =
            node.ancestors().filter(roxmltree::Node::is_element).map(|above| above.tag_name().name()).collect();
        names.reverse();
        let path = format!("/{}", names.join("/"));
        let said: String = node.children().filter(roxmltree::Node::is_text).filter_map(|child| child.text()).collect();
        // Blanks of a section are none of its settings.
        if !said.trim().is_empty() || path.ends_with(['a', 'b']) {
            read.push((path.clone(), said));
        }
        read.extend(node.attributes().map(|attribute| (format!("{path}/@{}", attribute.name()), attribute.value().to_owned())));
    }
    read
}

/// The settings that do not belong to the path.
fn others(file: &File, path: &str) -> Vec<(String, String)> {
    let below = format!("{path}/");
    let mut read = settings(file.content.text());
    read.retain(|(other, _)| other != path && !other.starts_with(&below));
    read
}

/// Whether XML has a way to write the value.
fn writable(value: &str) -> bool {
    !value
        .chars()
        .any(|letter| letter < ' ' && !matches!(letter, '\t' | '\n' | '\r') || matches!(letter, '\u{fffe}' | '\u{ffff}'))
}

proptest! {
    #[test]
    fn a_model_is_found_with_its_texts_and_places(items in items(), encoding in encodings()) {
        let written = Written::new(&items, encoding);
        for (path, hidden) in written.paths().into_iter().flat_map(|path| [(path.clone(), false), (path, true)]) {
            let (document, at) = (&written.file.document, xml_path(&path));
            let found = if hidden { document.find_commented(&at) } else { document.find(&at) };
            let wanted = written.wanted(&path, hidden);
            prop_assert_eq!(found.len(), wanted.len(), "{} in {}", path, written.file);
            for (found, wanted) in found.iter().zip(wanted) {
                prop_assert_eq!(&found.text, &wanted.text, "{} in {}", path, written.file);
                prop_assert_eq!(found.element, written.disk(&wanted.element), "{} in {}", path, written.file);
                prop_assert_eq!(found.exact, wanted.exact.is_some(), "{:?} in {}", wanted, written.file);
                if let Some(exact) = &wanted.exact {
                    prop_assert_eq!(found.span, written.disk(exact), "{} in {}", path, written.file);
                }
            }
        }
    }

    #[test]
    fn what_is_set_reads_back_and_nothing_else_changes(
        items in items(), encoding in encodings(), path in "/R(/[ST])?/(a|b|ab|new)(/@[xyz])?", value in values(),
        beside in prop::collection::vec("a|b|S", 0..2),
    ) {
        let Written { file, wanted, .. } = &Written::new(&items, encoding);
        let at = xml_path(&path);
        let edits = set(&file.document, &file.content, &at, &value, &beside);
        let first = |hidden: bool| wanted.iter().find(|wanted| wanted.path == path && wanted.hidden == hidden);
        let can = writable(&value) && match first(false).or(first(true)) {
            Some(first) => first.exact.is_some() || first.text.is_empty() && !path.contains('@'),
            None => file.document.has(&at) && !path.contains('@'),
        };
        prop_assert!(edits.is_some() || !can, "{} could be set to {:?} in {}", path, value, file);
        let Some(edits) = edits else { return Ok(()) };
        let Some(after) = file.after(&edits) else { return Ok(()) };
        let mut texts = file.texts(&at);
        if let Some(first) = texts.first_mut() {
            first.clone_from(&value);
        } else {
            texts.push(value.clone());
        }
        prop_assert_eq!(after.texts(&at), texts, "{} in {}", path, after);
        let above = path.split("/@").next().unwrap_or_default();
        let uncommented = file.texts(&xml_path(above)).is_empty();
        let scope = if uncommented { above } else { &path };
        prop_assert_eq!(others(&after, scope), others(file, scope), "{} in {}", path, after);
        for edit in &edits {
            let gone = file.content.slice(edit.span);
            let of = file.document.find(&at).first().map(|found| found.element);
            let within = of.is_some_and(|of| of.start <= edit.span.start && edit.span.end <= of.end);
            let comment = uncommented && gone.starts_with("<!--") && gone.ends_with("-->");
            prop_assert!(within || comment || gone.trim().trim_start_matches("/>").is_empty(), "{:?} goes from {}", gone, file);
        }
        let again = set(&after.document, &after.content, &at, &value, &beside);
        if !writes_as_pieces(&value, &path) {
            let again = again.and_then(|edits| after.after(&edits)).map(|again| again.content.bytes().to_vec());
            prop_assert_eq!(again.as_deref(), Some(after.content.bytes()), "the same value again changes nothing");
        }
    }

    #[test]
    fn what_is_changed_reads_back_and_what_is_removed_is_gone(
        items in items(), encoding in encodings(), which in any::<prop::sample::Index>(), value in values(), cut in 0..4usize,
    ) {
        let written = Written::new(&items, encoding);
        let Written { file, wanted, .. } = &written;
        let paths = written.paths();
        let active: Vec<&Wanted> = wanted.iter().filter(|wanted| !wanted.hidden).collect();
        if active.is_empty() {
            return Ok(());
        }
        let one = which.get(&active);
        let index = written.wanted(&one.path, false).iter().position(|wanted| wanted.element == one.element).expect("it is there");
        let at = xml_path(&one.path);
        let found = file.document.find(&at).swap_remove(index);
        let start = one.text.char_indices().nth(cut).map_or(one.text.len(), |(at, _)| at);
        let part = Change::Part { range: start..one.text.len(), text: value.clone() };
        let whole = format!("{}{value}", &one.text[..start]);
        for (what, text) in [(Change::Value(value.clone()), Some(value.clone())), (part, Some(whole)), (Change::Remove, None)] {
            let edits = change(&file.document, &file.content, &found, &what);
            let can = text.is_none() || one.exact.is_some() && writable(&value);
            prop_assert!(edits.is_some() || !can, "{:?} of {} in {}", what, one.path, file);
            let Some(after) = edits.and_then(|edits| file.after(&edits)) else { continue };
            let mut texts = file.texts(&at);
            match text {
                Some(text) => texts[index] = text,
                None => drop(texts.remove(index)),
            }
            prop_assert_eq!(&after.texts(&at), &texts, "{:?} of {} in {}", what, one.path, after);
            prop_assert_eq!(others(&after, &one.path), others(file, &one.path), "{:?} of {} in {}", what, one.path, after);
            for path in &paths {
                let commented = |file: &File| file.document.find_commented(&xml_path(path)).into_iter().map(|found| found.text).collect::<Vec<_>>();
                prop_assert_eq!(commented(&after), commented(file), "{:?} of {} in {}", what, one.path, after);
            }
        }
    }
}

/// Whether a value needs references, which make it one that is left alone later.
fn writes_as_pieces(value: &str, path: &str) -> bool {
    value.contains(['<', '&', '>', '\r']) || path.contains('@') && value.contains(['"', '\'', '\n', '\t'])
}
