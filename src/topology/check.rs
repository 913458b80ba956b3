//! Holds a tree against the tables of [`shape`](super::shape) and says what does not fit.

use super::shape::{DEFAULTS, LAYER, Record, Shape, TOPOLOGY};
use super::tree::{Entry, Tree, Value};
use super::{TopologyError, within};
use crate::source::{Span, Spanned, nearest};

/// The smallest topology, for those who have none yet.
const SMALLEST: &str = "the smallest topology is `nodes: [{name: gw, role: gateway, home: homes/gw}]`";

/// Everything in the tree that no topology may hold.
pub(super) fn check(tree: &Tree) -> Vec<TopologyError> {
    if matches!(tree.value, Value::Nothing) {
        return vec![TopologyError::new("the topology is empty", tree.span).with_help(SMALLEST)];
    }
    let defaults = tree.get("defaults").map_or(&[][..], Tree::entries);
    let mut checker = Checker { errors: Vec::new(), defaults };
    checker.record(tree, &TOPOLOGY, "the topology");
    // `nodes:` with all its entries commented out is nothing; any other wrong type was reported just now.
    if let Some(nodes) = tree.get("nodes")
        && nodes.items().is_empty()
        && matches!(nodes.value, Value::List(_) | Value::Nothing)
    {
        checker.errors.push(TopologyError::new("`nodes` is empty: there is nothing to check", nodes.span).with_help(SMALLEST));
    }
    checker.errors
}

struct Checker<'a> {
    errors: Vec<TopologyError>,
    /// What nodes need not say themselves.
    defaults: &'a [Entry],
}

impl Checker<'_> {
    /// Checks a value; `label` is what messages call it.
    fn value(&mut self, tree: &Tree, shape: &Shape, label: &str) {
        match (shape, &tree.value) {
            (Shape::Record(record), Value::Map(_)) => self.record(tree, record, label),
            // `ignore:` with all its entries commented out is an empty list.
            (Shape::List { .. } | Shape::Map { .. } | Shape::OneOrMany { at_least_one: false, .. }, Value::Nothing) => {}
            (Shape::Record(record), Value::Nothing) if record.fields.iter().all(|field| !field.required) => {}
            (Shape::List { each, .. }, Value::List(items)) => {
                let label = format!("an entry of {label}");
                for item in items {
                    self.value(item, each, &label);
                }
            }
            (Shape::Map { key, value, .. }, Value::Map(entries)) => {
                for entry in entries {
                    let label = if matches!(key, Shape::Port) { "a port of a load balancer" } else { "a key" };
                    self.scalar(&entry.key.value, entry.key.span, key, label);
                    self.value(&entry.value, value, &quoted(&entry.key.value));
                }
            }
            (Shape::OneOrMany { each, at_least_one }, Value::List(items)) => {
                if items.is_empty() && *at_least_one {
                    self.errors.push(mismatch(label, shape, "an empty list", tree.span));
                }
                for item in items {
                    self.value(item, each, label);
                }
            }
            (Shape::OneOrMany { each, .. }, Value::Text(text)) => self.scalar(text, tree.span, each, label),
            (Shape::OneOrMany { each: Shape::Layer, .. } | Shape::Layer, Value::Map(_)) => self.record(tree, &LAYER, label),
            (_, Value::Text(text)) => self.scalar(text, tree.span, shape, label),
            _ => {
                let mut error = mismatch(label, shape, &found(tree), tree.span);
                if matches!((shape, &tree.value), (Shape::Value, Value::Nothing)) {
                    error = error.with_help("write \"\" for an empty text");
                }
                self.errors.push(error);
            }
        }
    }

    fn record(&mut self, tree: &Tree, record: &'static Record, label: &str) {
        let Value::Map(entries) = &tree.value else {
            self.errors.push(mismatch(label, &Shape::Record(record), &found(tree), tree.span));
            return;
        };
        for entry in entries {
            match record.fields.iter().find(|field| field.key == entry.key.value) {
                Some(field) => self.value(&entry.value, &field.shape, &format!("`{}`", field.key)),
                None => self.errors.push(unknown_key(&entry.key, record)),
            }
        }
        for field in record.fields.iter().filter(|field| field.required && tree.get(field.key).is_none()) {
            let supplied = record.takes_defaults && self.defaults.iter().any(|entry| entry.key.value == field.key);
            if !supplied {
                let message = format!("{} has no `{}`", titled(tree, record), field.key);
                let help = if field.key == "nodes" { SMALLEST.to_owned() } else { format!("`{}`: {}", field.key, field.doc) };
                self.errors.push(TopologyError::new(message, tree.span).with_help(help));
            }
        }
    }

    fn scalar(&mut self, text: &str, span: Span, shape: &Shape, label: &str) {
        let fits = match shape {
            Shape::Text | Shape::Layer | Shape::Within | Shape::Name | Shape::Host if text.trim().is_empty() => {
                let message = format!("{label} is empty: expected {}", expected(shape));
                self.errors.push(TopologyError::new(message, span));
                return;
            }
            Shape::Value | Shape::Text | Shape::Layer => true,
            Shape::Name => {
                self.errors.extend(name_error(text, span));
                true
            }
            Shape::Within => within(text).is_some(),
            Shape::Host => is_host(text),
            Shape::Version => text == "1",
            Shape::Integer => text.parse::<i32>().is_ok(),
            Shape::Port => port(text).is_some(),
            Shape::Backend => backend(text).is_some(),
            Shape::OneOf(words) => words.contains(&text),
            Shape::OneOrMany { .. } | Shape::List { .. } | Shape::Map { .. } | Shape::Record(_) => false,
        };
        if fits {
            return;
        }
        let mut error = mismatch(label, shape, &quoted(text), span);
        error.help = match shape {
            Shape::Version => Some("this carbonlint reads version 1 of the format only".to_owned()),
            Shape::Within => Some("it is relative to the product directory: `repository/conf`, or `.` for all of it".to_owned()),
            Shape::Host => Some("write the name alone, like `km.example.com`".to_owned()),
            Shape::Integer => Some("write the number alone, like `port_offset: 2`".to_owned()),
            Shape::OneOf(words) => suggestion(text, words.iter().copied()),
            _ => None,
        };
        self.errors.push(error);
    }
}

fn unknown_key(key: &Spanned<String>, record: &Record) -> TopologyError {
    let error = TopologyError::new(format!("unknown key {} of {}", quoted(&key.value), record.what), key.span);
    if key.value == "name" && std::ptr::eq(record, &raw const DEFAULTS) {
        return error.with_help("a name cannot be a default: every node has its own");
    }
    let keys = record.fields.iter().map(|field| field.key);
    let choices = || format!("the keys of {} are {}", record.what, keys.clone().collect::<Vec<_>>().join(", "));
    error.with_help(suggestion(&key.value, keys.clone()).unwrap_or_else(choices))
}

/// What is wrong with the name of a node.
pub(super) fn name_error(name: &str, span: Span) -> Option<TopologyError> {
    // A comma and an exclamation mark mean something inside the brackets of a pattern only.
    let (braces, brackets) = (name.contains('{'), name.contains('['));
    let allowed = |c: char| c.is_alphanumeric() || "-_*?[]{}".contains(c) || c == ',' && braces || c == '!' && brackets;
    let wrong = name.chars().find(|c| !allowed(*c))?;
    let why = if wrong == '.' { ", because `explain NODE.PORT` splits there" } else { "" };
    let message = format!("the node name {} holds {}, which is not allowed{why}", quoted(name), quoted(&wrong.to_string()));
    Some(TopologyError::new(message, span).with_help("use letters, digits, `-` and `_` (`*?[]{}` in patterns)"))
}

/// A port, 1 to 65535, written without signs or leading zeros.
pub(super) fn port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

/// The two parts of `node:port`.
pub(super) fn backend(text: &str) -> Option<(&str, u16)> {
    let (node, number) = text.rsplit_once(':')?;
    port(number).filter(|_| !node.is_empty()).map(|port| (node, port))
}

/// A name or an address: no URL, no port. IPv6 addresses have colons, with or without brackets.
fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<std::net::Ipv6Addr>().is_ok() || text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn mismatch(label: &str, shape: &Shape, found: &str, span: Span) -> TopologyError {
    TopologyError::new(format!("{label}: expected {}, found {found}", expected(shape)), span)
}

/// A shape in words.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Version => "1".to_owned(),
        Shape::Text | Shape::Value => "a text".to_owned(),
        Shape::Name => "a name".to_owned(),
        Shape::Host => "a host name or an address (no scheme, port or blanks)".to_owned(),
        Shape::Integer => format!("a whole number ({} to {})", i32::MIN, i32::MAX),
        Shape::Port => "a port (1 to 65535)".to_owned(),
        Shape::Backend => "a node and its port (1 to 65535), like km:9443".to_owned(),
        Shape::Layer => "a path or a map {from: …, to: …}".to_owned(),
        Shape::Within => "a path within the home, with forward slashes and without `..`".to_owned(),
        Shape::OneOf(words) => format!("one of {}", words.join(", ")),
        Shape::OneOrMany { each, .. } => format!("{} or a list of such", expected(each)),
        Shape::List { of, .. } => format!("a list of {of}"),
        Shape::Map { of, .. } => format!("a map of {of}"),
        Shape::Record(record) => {
            let keys = record.fields.iter().filter(|field| field.required).map(|field| field.key);
            format!("a map that describes {} ({}, …)", record.what, keys.collect::<Vec<_>>().join(", "))
        }
    }
}

fn found(tree: &Tree) -> String {
    match &tree.value {
        Value::Nothing => "nothing".to_owned(),
        Value::Text(text) => quoted(text),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

/// What an entry is called: by its name, where it has one.
fn titled(tree: &Tree, record: &Record) -> String {
    match tree.get("name").and_then(Tree::text) {
        Some(name) => format!("{} {}", record.what.trim_start_matches("a "), quoted(&name.value)),
        None => record.what.to_owned(),
    }
}

/// What the user wrote, fit for one line of a message.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("`{}{more}`", shown.replace("\\'", "'").replace("\\\"", "\""))
}

/// `did you mean …?`, where something is near. Words that nobody mistypes are not compared: it takes
/// time and memory by the product of their lengths.
pub(super) fn suggestion<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    const LONGEST: usize = 100;
    if written.len() > LONGEST {
        return None;
    }
    let length = written.len();
    let similar = candidates.filter(|candidate| candidate.len() <= 2 * length + 8 && candidate.len() <= 2 * LONGEST);
    nearest(written, similar).map(|name| format!("did you mean `{name}`?"))
}
