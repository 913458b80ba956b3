//! Secrets of XML: elements and attributes by their names, values beside a name, comments, entities.
//!
//! Reads tags one by one, whether or not they fit together.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::names::is_secret_name;
use super::patterns::Patterns;
use super::prose;

/// An element that is open.
struct Open<'t> {
    name: &'t str,
    /// Where its content starts.
    start: usize,
    /// How many values were seen in front of it.
    values: usize,
    /// Whether an element in it says that the values beside are secret.
    named: bool,
}

/// Elements that are open, and the values in them.
#[derive(Default)]
struct Tree<'t> {
    open: Vec<Open<'t>>,
    /// How many elements of a name are open.
    count: HashMap<&'t str, usize>,
    values: Vec<Range<usize>>,
    found: Vec<Range<usize>>,
}

impl<'t> Tree<'t> {
    /// Closes the innermost element at an offset.
    fn pop(&mut self, end: usize) -> Option<&'t str> {
        let last = self.open.pop()?;
        if let Some(count) = self.count.get_mut(last.name) {
            *count -= 1;
        }
        if last.named {
            self.found.extend(self.values.drain(last.values..));
        }
        if is_value(last.name) {
            self.values.push(last.start..end);
        }
        Some(last.name)
    }
}

fn is_value(name: &str) -> bool {
    let name = local_name(name);
    ["value", "string", "param-value"].iter().any(|value| name.eq_ignore_ascii_case(value))
}

fn is_naming(name: &str) -> bool {
    let name = local_name(name);
    ["name", "key", "param-name"].iter().any(|naming| name.eq_ignore_ascii_case(naming))
}

/// Values of elements beside a name of a secret, before and behind it; comments; values of entities.
pub(super) fn secrets(text: &str, hints: &[usize]) -> Vec<Range<usize>> {
    let mut tree = Tree::default();
    tree.open.push(Open { name: "", start: 0, values: 0, named: false });
    let (mut at, mut comment, mut closes) = (0, 0, true);
    while let Some(start) = text[at..].find('<').map(|length| at + length) {
        let rest = &text[start + 1..];
        at = start + 1;
        if rest.starts_with("!--") {
            // A comment within a comment ends with it.
            if start >= comment {
                let end = if closes { text[start..].find("-->").map(|length| start + length) } else { None };
                closes &= end.is_some();
                comment = end.unwrap_or(text.len());
                at = of_comment(text, start + 4..comment.max(start + 4).min(text.len()), hints, &mut tree.found);
            }
            continue;
        }
        if let Some(entity) = rest.strip_prefix("!ENTITY") {
            let end = at + 7 + end_of_tag(entity);
            let quote = text[at + 7..end].find(['"', '\'']).map_or(end, |quote| at + 7 + quote);
            tree.found.push(quote..end);
            at = end;
            continue;
        }
        let closing = rest.starts_with('/');
        let name = &rest[usize::from(closing)..];
        let name = &name[..name.find(|c: char| !is_of_name(c)).unwrap_or(name.len())];
        if closing {
            if tree.count.get(name).is_some_and(|count| *count > 0) {
                while tree.pop(start).is_some_and(|popped| popped != name) {}
            }
            continue;
        }
        let end = at + end_of_tag(rest);
        at = end.max(at);
        if name.is_empty() || text[..end].ends_with('/') || !text[end..].starts_with('>') {
            continue;
        }
        if is_naming(name) {
            let content = &text[end + 1..];
            let content = content[..content.find('<').unwrap_or(content.len())].trim();
            let first = content.split(|c: char| !is_of_name(c)).next().unwrap_or_default();
            if is_secret_name(content) || is_secret_name(first) {
                tree.open.iter_mut().rev().take(1).for_each(|open| open.named = true);
            }
        }
        *tree.count.entry(name).or_default() += 1;
        tree.open.push(Open { name, start: end + 1, values: tree.values.len(), named: false });
    }
    while tree.pop(text.len()).is_some() {}
    tree.found
}

/// Secrets of a comment. One that holds tags is read on as what it was; of others, what follows a name goes up to their end.
fn of_comment(text: &str, comment: Range<usize>, hints: &[usize], found: &mut Vec<Range<usize>>) -> usize {
    if !text[comment.clone()].contains(['<', '>']) {
        prose::secrets(text, comment.clone(), hints, found);
        return comment.end;
    }
    let mut at = comment.start;
    for line in text[comment.clone()].split_inclusive('\n') {
        if !line.contains(['<', '>']) {
            prose::secrets(text, at..at + line.len(), hints, found);
        }
        at += line.len();
    }
    comment.start
}

/// Secrets of the tag that starts at `<`, and of the element behind it.
pub(super) fn of_tag(
    patterns: &Patterns,
    text: &str,
    start: usize,
    unclosed: &mut HashSet<String>,
    found: &mut Vec<Range<usize>>,
) {
    let inside = text[start + 1..].trim_start_matches("!--").trim_start();
    let from = text.len() - inside.len();
    let end = from + end_of_tag(inside);
    let markup = &text[from..end];
    let name = markup.find(|c: char| !is_of_name(c)).map_or(markup, |at| &markup[..at]);
    let pairs = || {
        patterns
            .attribute
            .captures_iter(markup)
            .filter_map(|pair| Some((local_name(pair.get(1)?.as_str()), pair.get(2).or(pair.get(3))?)))
    };
    let named = pairs().any(|(key, value)| matches!(key, "name" | "key") && is_secret_name(value.as_str()));
    let secret = named || is_secret_name(local_name(name));
    for (key, value) in pairs() {
        if is_secret_name(key) && key != "key" || secret && matches!(key, "value" | "expression") {
            found.push(from + value.start()..from + value.end());
        }
    }
    if secret && text[end..].starts_with('>') && !markup.ends_with('/') {
        found.push(end + 1..end_of_element(text, end + 1, name, unclosed));
    }
    if !text[end..].starts_with('>') && !markup.is_empty() {
        // Its `>` was lost: what follows the name may be the value, and so may the rest of the name itself.
        let closes = text[end..].strip_prefix("</").filter(|_| !name.is_empty());
        let closed = closes.map_or("", |rest| &rest[..rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len())]);
        let glued = !closed.is_empty() && closed.len() < name.len() && name.starts_with(closed);
        if glued && is_secret_name(local_name(closed)) {
            found.push(from + closed.len()..end);
        } else if secret {
            found.push(from + name.len()..end);
        }
    }
}

/// Where a tag ends: at its `>`, which quotes may hold too, or where the next one starts.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (c, quote) {
            ('<', _) => return if quote.is_some() { tag.find(['<', '>']).unwrap_or(at) } else { at },
            ('>', None) => return at,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    tag.find(['<', '>']).unwrap_or(tag.len())
}

/// Where an element ends: at its closing tag, whatever it holds; without one (looked for once a name), at the next tag.
fn end_of_element(text: &str, start: usize, name: &str, unclosed: &mut HashSet<String>) -> usize {
    if !unclosed.contains(name) {
        let close = format!("</{name}");
        // A comment that is an element (`<!--Password>x</Password-->`) closes alike.
        if let Some(length) = text[start..].find(&close) {
            return start + length;
        }
        unclosed.insert(name.to_owned());
    }
    let next = text[start..].find('<').map_or(text.len(), |at| start + at);
    match text[next..].strip_prefix("<![CDATA[") {
        Some(_) => text.len(),
        None => next,
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ':' | '_' | '.' | '-')
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
