//! Placeholders in values: what they stand for on the node that reads them, and what cannot be known.

use std::collections::HashMap;
use std::ops::Range;

use crate::source::{Place, Spanned};

/// Stands in expanded text for what is not known.
pub const OPAQUE: char = '\u{fffc}';

/// A value with its placeholders replaced, and the way back to the text as written.
#[derive(Debug, Clone, Default)]
pub struct Expanded {
    /// The text after replacement; `OPAQUE` where something is not known.
    pub text: String,
    /// What was replaced, in order.
    pub pieces: Vec<Piece>,
}

/// One replacement.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Bytes of the expanded text.
    pub out: Range<usize>,
    /// Bytes of the text as written.
    pub raw: Range<usize>,
    /// What it is.
    pub what: What,
}

/// What a piece of a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The port of a listener of the reader: name and the listener's index.
    Listener(String, usize),
    /// The port of a setting of the reader, with its offset: name and the setting's index.
    Setting(String, usize),
    /// A port of the product's code, with the reader's offset: name and the number without it.
    Port(String, u32),
    /// The value of another setting of the reader: name and the setting's index.
    SameAs(String, usize),
    /// The reader's own host.
    OwnHost(String),
    /// A system property or environment variable that the topology or a start script gives, and where.
    Given(String, Option<Place>),
    /// A fixed text.
    Text,
    /// A property, environment variable or secret that nobody gave.
    Unset(String),
    /// A placeholder whose value cannot be known on this node: why.
    NotKnown(String),
    /// A mark of a template that was not rendered.
    Template(String),
    /// A variable of Synapse, resolved for each message.
    SynapseVariable,
}

/// What the reader knows, asked by name.
pub trait Names {
    /// What `${name}` stands for.
    fn placeholder(&self, name: &str) -> Option<(What, String)>;
    /// A system property that the start of the server gives: its value and place, or why it is not known.
    fn property(&self, name: &str) -> Option<Result<(&str, Place), &str>>;
    /// An environment variable that the topology gives.
    fn environment(&self, name: &str) -> Option<&Spanned<String>>;
    /// The value of another key of the file, as `$ref{key}` names it.
    fn reference(&self, key: &str) -> Option<String>;
    /// The place of something that the topology gives.
    fn place(&self, value: &Spanned<String>) -> Place;
}

impl Expanded {
    /// The raw range of an expanded range, where both ends fall on ends of replacements or into plain text.
    pub fn raw_range(&self, range: &Range<usize>) -> Option<Range<usize>> {
        Some(self.raw_offset(range.start, true)?..self.raw_offset(range.end, false)?)
    }

    fn raw_offset(&self, out: usize, is_start: bool) -> Option<usize> {
        // Values may hold thousands of them: only those at the offset matter, and the last one before.
        let first = self.pieces.partition_point(|piece| piece.out.end < out);
        let (mut last_out, mut last_raw) =
            first.checked_sub(1).map_or((0, 0), |before| (self.pieces[before].out.end, self.pieces[before].raw.end));
        for piece in &self.pieces[first..] {
            let before = if is_start { out < piece.out.start } else { out <= piece.out.start };
            if before {
                break;
            }
            if out == piece.out.start && is_start {
                return Some(piece.raw.start);
            }
            if out < piece.out.end {
                return None;
            }
            (last_out, last_raw) = (piece.out.end, piece.raw.end);
        }
        Some(last_raw + (out - last_out))
    }

    /// The replacements that touch a range or end where it does.
    pub fn touching(&self, range: &Range<usize>) -> &[Piece] {
        let first = self.pieces.partition_point(|piece| piece.out.end < range.start);
        let after = self.pieces.partition_point(|piece| piece.out.start <= range.end);
        self.pieces.get(first..after).unwrap_or_default()
    }

    /// The single replacement that covers exactly a range.
    pub fn exactly(&self, range: &Range<usize>) -> Option<&Piece> {
        self.touching(range).iter().find(|piece| piece.out == *range)
    }

    /// The first thing that is not known and touches a range.
    pub fn unknown_in(&self, range: &Range<usize>) -> Option<&What> {
        let touches = |piece: &&Piece| piece.out.start < range.end && range.start < piece.out.end;
        self.touching(range).iter().filter(touches).map(|piece| &piece.what).find(|what| what.is_unknown())
    }
}

impl What {
    /// Whether the value is not known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unset(_) | Self::NotKnown(_) | Self::Template(_) | Self::SynapseVariable | Self::SameAs(..))
    }

    /// In words, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Unset(name) => format!("{name} is not set in the topology"),
            Self::NotKnown(why) => why.clone(),
            Self::Template(mark) => format!("{mark} is an unrendered template"),
            Self::SynapseVariable => "a variable of Synapse, known for each message only".to_owned(),
            Self::Listener(name, _)
            | Self::Setting(name, _)
            | Self::Port(name, _)
            | Self::SameAs(name, _)
            | Self::OwnHost(name)
            | Self::Given(name, _) => format!("${{{name}}}"),
            Self::Text => "text".to_owned(),
        }
    }
}

/// Replaces placeholders by what they stand for.
pub fn expand(raw: &str, names: &dyn Names, synapse: bool) -> Expanded {
    let mut expanded = Expanded::default();
    let mut ends = Ends { raw, next: HashMap::new() };
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        let plain = rest.find(['$', '{', '<', '%', '[', '@', '_']).unwrap_or(rest.len());
        if plain > 0 {
            expanded.text.push_str(&rest[..plain]);
            at += plain;
            continue;
        }
        let Some((length, what, value)) = mark(at, &mut ends, names, synapse) else {
            // Every letter that begins a placeholder is one byte.
            expanded.text.push_str(&rest[..1]);
            at += 1;
            continue;
        };
        let start = expanded.text.len();
        expanded.text.push_str(&value);
        expanded.pieces.push(Piece { out: start..expanded.text.len(), raw: at..at + length, what });
        at += length;
    }
    expanded
}

/// Where placeholders may end: each kind of end is looked for once, however often placeholders begin before it.
struct Ends<'a> {
    raw: &'a str,
    /// The next of each kind from where it was looked for last; `None` where there is none.
    next: HashMap<&'static str, Option<usize>>,
}

impl<'a> Ends<'a> {
    /// What stands between the marks of a placeholder that begins at an offset.
    fn between(&mut self, at: usize, open: &str, close: &'static str) -> Option<&'a str> {
        if !self.raw[at..].starts_with(open) {
            return None;
        }
        let from = at + open.len();
        let raw = self.raw;
        let find = || raw[from..].find(close).map(|end| from + end);
        let next = self.next.entry(close).or_insert_with(find);
        if next.is_some_and(|next| next < from) {
            *next = find();
        }
        next.map(|end| &raw[from..end])
    }
}

/// The placeholder at an offset of a text: its length, what it is, and what stands in its place.
fn mark(at: usize, ends: &mut Ends<'_>, names: &dyn Names, synapse: bool) -> Option<(usize, What, String)> {
    let rest = &ends.raw[at..];
    let opaque = || OPAQUE.to_string();
    let given =
        |name: &str, value: &Spanned<String>| (What::Given(name.to_owned(), Some(names.place(value))), value.value.clone());
    let property = |name: &str| {
        Some(match names.property(name)? {
            Ok((value, place)) => (What::Given(name.to_owned(), Some(place)), value.to_owned()),
            Err(why) => (What::NotKnown(format!("-D{name} is not known: {why}")), opaque()),
        })
    };
    let (length, (what, value)) = if let Some(inner) = ends.between(at, "{{", "}}").or_else(|| ends.between(at, "{%", "%}")) {
        (inner.len() + 4, (What::Template(shown(&rest[..inner.len() + 4])), opaque()))
    } else if let Some(inner) = ends.between(at, "<%", "%>") {
        (inner.len() + 4, (What::Template(shown(&rest[..inner.len() + 4])), opaque()))
    } else if let Some(name) = ends.between(at, "${", "}") {
        let known = property(name).or_else(|| names.placeholder(name));
        let known = known.or_else(|| names.environment(name).map(|value| given(name, value)));
        (name.len() + 3, known.unwrap_or_else(|| (What::Unset(format!("${{{name}}}")), opaque())))
    } else if let Some(name) = ends.between(at, "$env{", "}") {
        let known = names.environment(name).map(|value| given(name, value));
        (name.len() + 6, known.unwrap_or_else(|| (What::Unset(format!("$env{{{name}}}")), opaque())))
    } else if let Some(name) = ends.between(at, "$sys{", "}") {
        let known = property(name).or_else(|| names.placeholder(name));
        (name.len() + 6, known.unwrap_or_else(|| (What::Unset(format!("$sys{{{name}}}")), opaque())))
    } else if let Some(name) = ends.between(at, "$ref{", "}") {
        let known = names.reference(name).map(|value| (What::Text, value));
        (name.len() + 6, known.unwrap_or_else(|| (What::Unset(format!("$ref{{{name}}}")), opaque())))
    } else if let Some(name) = ends.between(at, "$secret{", "}") {
        (name.len() + 9, (What::Unset(format!("$secret{{{name}}}")), opaque()))
    } else if let Some(name) = ends.between(at, "{", "}").filter(|name| is_name(name)) {
        let known = if synapse { names.placeholder(&format!("{{{name}}}")) } else { None };
        let other = || if synapse { What::SynapseVariable } else { What::Template(format!("{{{name}}}")) };
        (name.len() + 2, known.unwrap_or_else(|| (other(), opaque())))
    } else if let Some(name) = ends.between(at, "%", "%").filter(|name| is_name(name)) {
        (name.len() + 2, (What::Template(format!("%{name}%")), opaque()))
    } else if let Some(name) = ends.between(at, "[", "]").filter(|name| is_name(name) && !is_address(name)) {
        (name.len() + 2, (What::Template(format!("[{name}]")), opaque()))
    } else if let Some(mark) = of_tool(ends.raw, at) {
        (mark.len(), (What::Template(mark.to_owned()), opaque()))
    } else {
        return None;
    };
    Some((length, what, value))
}

/// `@OFFSET@`, `__OFFSET__`: what Ant and `sed` replace. In small letters it may be a part of a password, unless it stands alone.
fn of_tool(raw: &str, at: usize) -> Option<&str> {
    let sign = ["@", "__"].into_iter().find(|sign| raw[at..].starts_with(sign))?;
    let inside = &raw[at + sign.len()..];
    let length = inside.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
    let name = if sign == "@" { &inside[..length] } else { inside[..length].strip_suffix(sign)? };
    let mark = raw.get(at..at + 2 * sign.len() + name.len()).filter(|mark| mark.ends_with(sign))?;
    let loud = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase());
    (is_name(name) && (loud || mark.len() == raw.trim().len())).then_some(mark)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

/// `[dead::beef]` is an address, `[key-manager-host]` is not.
fn is_address(text: &str) -> bool {
    text.contains(':') || text.parse::<std::net::IpAddr>().is_ok()
}

/// A template mark, shortened: it may hold anything.
fn shown(mark: &str) -> String {
    let one_line: String = mark.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() > 40 { one_line.chars().take(37).chain("...".chars()).collect() } else { one_line }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Names for Nothing {
        fn placeholder(&self, name: &str) -> Option<(What, String)> {
            (name == "mgt.transport.https.port").then(|| (What::Listener(name.to_owned(), 0), "9445".to_owned()))
        }
        fn property(&self, _: &str) -> Option<Result<(&str, Place), &str>> {
            None
        }
        fn environment(&self, _: &str) -> Option<&Spanned<String>> {
            None
        }
        fn reference(&self, key: &str) -> Option<String> {
            (key == "km.host").then(|| "km".to_owned())
        }
        fn place(&self, _: &Spanned<String>) -> Place {
            unreachable!("nothing is given")
        }
    }

    #[test]
    fn ranges_lead_back_to_the_text_as_written() {
        let raw = "https://km:${mgt.transport.https.port}/services/";
        let expanded = expand(raw, &Nothing, false);
        assert_eq!(expanded.text, "https://km:9445/services/");
        let port = 11..15;
        assert_eq!(expanded.raw_range(&port).map(|range| &raw[range]), Some("${mgt.transport.https.port}"));
        assert_eq!(expanded.raw_range(&(8..10)).map(|range| &raw[range]), Some("km"));
        assert_eq!(expanded.raw_range(&(16..24)).map(|range| &raw[range]), Some("services"));
        assert_eq!(expanded.raw_range(&(11..13)), None);
        assert!(matches!(expanded.exactly(&port).map(|piece| &piece.what), Some(What::Listener(..))));
    }

    #[test]
    fn references_are_followed_where_they_lead_somewhere() {
        assert_eq!(expand("https://$ref{km.host}:9443/", &Nothing, false).text, "https://km:9443/");
        assert!(expand("https://$ref{nowhere}:9443/", &Nothing, false).unknown_in(&(8..11)).is_some());
    }

    #[test]
    fn templates_and_unset_names_are_told_apart() {
        let what = |raw: &str, synapse| expand(raw, &Nothing, synapse).pieces.first().map(|piece| piece.what.clone());
        assert!(matches!(what("https://{{ km_host }}:9443/", false), Some(What::Template(_))));
        assert!(matches!(what("<%= @offset %>", false), Some(What::Template(_))));
        assert!(matches!(what("https://%KM%:9443/", false), Some(What::Template(_))));
        assert!(matches!(what("https://[key-manager-host]:9443/", false), Some(What::Template(_))));
        assert!(matches!(what("https://${tm.ip}:9443/", false), Some(What::Unset(_))));
        assert!(matches!(what("$env{NODE_IP}", false), Some(What::Unset(_))));
        assert!(matches!(what("https://{uri.var.hostname}/", true), Some(What::SynapseVariable)));
        assert!(matches!(what("https://@KM_HOST@:9443/", false), Some(What::Template(_))));
        assert!(matches!(what("https://__KM_HOST__:9443/", false), Some(What::Template(_))));
        assert!(matches!(what("@offset@", false), Some(What::Template(_))));
        assert_eq!(what("amqp://admin:p@ss@km:5672/__x_y@Z", false), None);
        assert_eq!(what("https://[::1]:9443/x%2Fy", false), None);
    }
}
