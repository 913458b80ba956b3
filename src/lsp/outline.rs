//! Where in a half-typed YAML text a position is: under which keys, and whether a key or a value is typed there.
//!
//! Told by indentation and, within a line, by brackets. No parser is asked, since the text need not parse.

/// A step on the way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item,
}

/// A place in an outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The way down to the map or the value that is typed.
    pub steps: Vec<Step>,
    /// Whether a value is typed; else it may be a key of the map there, or an item that is a text.
    pub is_value: bool,
    /// Byte offset at which the typed word starts.
    pub start: usize,
    /// Keys of the same map that are there already.
    pub siblings: Vec<String>,
}

/// A line: where its dashes and its key are (columns in bytes).
#[derive(Debug)]
struct Line<'a> {
    dashes: Vec<usize>,
    column: usize,
    key: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// `None` for blank lines and comments.
    fn new(text: &'a str) -> Option<Self> {
        let mut column = text.len() - text.trim_start_matches(' ').len();
        let mut dashes = Vec::new();
        while text[column..].starts_with("- ") || &text[column..] == "-" {
            dashes.push(column);
            let rest = &text[column + 1..];
            column += 1 + rest.len() - rest.trim_start_matches(' ').len();
        }
        let rest = &text[column..];
        if rest.starts_with('#') || (rest.trim().is_empty() && dashes.is_empty()) {
            return None;
        }
        Some(Self { dashes, column, key: key(rest).map(|(key, _)| key) })
    }
}

/// The key at the start of a text, and what follows its colon.
fn key(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['{', '[']) {
        return None;
    }
    let at = text.find(": ").or_else(|| text.trim_end().ends_with(':').then(|| text.trim_end().len() - 1))?;
    Some((text[..at].trim().trim_matches(['"', '\'']), &text[at + 1..]))
}

/// What is typed at a byte offset of a text; `None` in a comment.
pub fn here(text: &str, offset: usize) -> Option<Here> {
    let before = text.get(..offset)?;
    let start_of_line = before.rfind('\n').map_or(0, |at| at + 1);
    let typed = &before[start_of_line..];
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    if typed.trim_start().starts_with('#') || typed.contains(" #") {
        return None;
    }
    let blank = Line { dashes: Vec::new(), column: typed.len(), key: None };
    let line = Line::new(typed).unwrap_or(blank);
    let lines: Vec<&str> = before[..start_of_line].lines().collect();
    let (mut steps, mut siblings) = parents(&lines, &line);
    siblings.extend(following(text.get(end..).unwrap_or_default(), line.column));
    let rest = &typed[line.column.min(typed.len())..];
    let base = offset - rest.len();
    let (flow, at, first) = match key(rest) {
        Some((key, value)) => {
            steps.push(Step::Key(key.to_owned()));
            (value, offset - value.len(), true)
        }
        None => (rest, base, false),
    };
    let mut here = Here { steps, is_value: first, start: at, siblings: if first { Vec::new() } else { siblings } };
    brackets(flow, at, &mut here);
    let word = text.get(here.start..offset)?;
    here.start += word.len() - word.trim_start_matches([' ', '"', '\'']).len();
    Some(here)
}

/// The way down to a line, and the keys beside it that come before it.
fn parents(before: &[&str], line: &Line<'_>) -> (Vec<Step>, Vec<String>) {
    let (mut steps, mut siblings) = (Vec::new(), Vec::new());
    let mut column = line.column;
    for dash in line.dashes.iter().rev() {
        steps.push(Step::Item);
        column = *dash;
    }
    for other in before.iter().rev().filter_map(|text| Line::new(text)) {
        if steps.is_empty() && other.column == column {
            siblings.extend(other.key.map(str::to_owned));
        }
        // A list may stand as far left as its key.
        let in_item = steps.last() == Some(&Step::Item);
        let is_parent = other.column < column || (in_item && other.column == column && other.dashes.is_empty());
        if let Some(key) = other.key.filter(|_| is_parent) {
            steps.push(Step::Key(key.to_owned()));
            column = other.column;
        }
        // What stands further right belongs to something beside; the dashes of a key before it to the same item.
        let beside = other.column > column;
        for dash in other.dashes.iter().rev() {
            if !beside && *dash < column {
                steps.push(Step::Item);
                column = *dash;
            }
        }
        if column == 0 && steps.last().is_some_and(|step| *step != Step::Item) {
            break;
        }
    }
    steps.reverse();
    (steps, siblings)
}

/// Keys of the same map in the lines that follow.
fn following(rest: &str, column: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for other in rest.lines().skip(1).filter_map(Line::new) {
        if other.column < column || other.dashes.iter().any(|dash| *dash < column) {
            break;
        }
        if other.column == column {
            keys.extend(other.key.map(str::to_owned));
        }
    }
    keys
}

/// Goes down into what brackets open in a line and do not close.
fn brackets(text: &str, base: usize, here: &mut Here) {
    // For each open bracket: how many steps there were before it, and the keys of its map.
    let mut open: Vec<(char, usize, Vec<String>)> = Vec::new();
    let mut quote: Option<char> = None;
    let mut word = 0;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (_, Some(end)) => quote = (c != end).then_some(end),
            ('"' | '\'', None) => quote = Some(c),
            ('{' | '[', None) => {
                open.push((c, here.steps.len(), Vec::new()));
                if c == '[' {
                    here.steps.push(Step::Item);
                }
                here.is_value = c == '[';
                word = at + 1;
            }
            ('}' | ']', None) => {
                if let Some((_, steps, _)) = open.pop() {
                    here.steps.truncate(steps);
                }
                here.is_value = true;
                word = at + 1;
            }
            (',', None) => {
                if let Some((bracket, steps, _)) = open.last() {
                    here.steps.truncate(*steps + usize::from(*bracket == '['));
                    here.is_value = *bracket == '[';
                    word = at + 1;
                }
            }
            (':', None) if text[at + 1..].starts_with(' ') || at + 1 == text.len() => {
                if let Some((_, _, keys)) = open.last_mut().filter(|(bracket, ..)| *bracket == '{') {
                    let key = text[word..at].trim().trim_matches(['"', '\'']).to_owned();
                    keys.push(key.clone());
                    here.steps.push(Step::Key(key));
                    here.is_value = true;
                    word = at + 1;
                }
            }
            _ => {}
        }
    }
    if let Some((_, _, keys)) = open.pop() {
        here.siblings = keys;
    }
    if word > 0 || !open.is_empty() {
        here.start = base + word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps at `|`, with `=` at the end where a value is typed.
    fn at(text: &str) -> String {
        let offset = text.find('|').expect("a cursor");
        let here = here(&text.replacen('|', "", 1), offset).expect("no comment");
        let word = &text[here.start..offset];
        let steps = here.steps.iter().map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Item => "-",
        });
        format!("{}{} {word}", steps.collect::<Vec<_>>().join("/"), if here.is_value { "=" } else { "" }).trim().to_owned()
    }

    #[test]
    fn keys_and_values_of_blocks() {
        assert_eq!(at("no|"), "no");
        assert_eq!(at("nodes:\n  - name: gw\n    ro|"), "nodes/- ro");
        assert_eq!(at("nodes:\n  - name: gw\n    role: gate|"), "nodes/-/role= gate");
        assert_eq!(at("nodes:\n  - na|"), "nodes/- na");
        assert_eq!(at("nodes:\n- name: gw\n  role: |"), "nodes/-/role=");
        assert_eq!(at("nodes:\n- name: gw\n- |"), "nodes/-");
        assert_eq!(at("nodes:\n  - name: a\n    role:\n      - pub|"), "nodes/-/role/- pub");
        assert_eq!(at("nodes:\n  - name: a\nrules:\n  thrift-|"), "rules thrift-");
        assert_eq!(at("nodes:\n  - name: a\nrules:\n  thrift-off: |"), "rules/thrift-off=");
    }

    #[test]
    fn keys_and_values_in_brackets() {
        assert_eq!(at("nodes:\n  - {name: gw, ro|"), "nodes/- ro");
        assert_eq!(at("nodes:\n  - {name: gw, role: gate|}"), "nodes/-/role= gate");
        assert_eq!(at("load_balancers:\n  - {host: x, nodes: [km|]}"), "load_balancers/-/nodes/-= km");
        assert_eq!(at("ignore:\n  - {rule: \"thr|"), "ignore/-/rule= thr");
        assert_eq!(at("load_balancers:\n  - host: x\n    ports:\n      443: [\"km|"), "load_balancers/-/ports/443/-= km");
        assert_eq!(at("defaults: {pro|"), "defaults pro");
    }

    #[test]
    fn keys_that_are_there_are_known() {
        let text = "nodes:\n  - name: gw\n    \n    home: x\n  - name: km\n    role: key-manager\n";
        let offset = text.find("    \n").expect("there") + 4;
        let mut siblings = here(text, offset).expect("no comment").siblings;
        siblings.sort();
        assert_eq!(siblings, ["home", "name"]);
    }

    #[test]
    fn nothing_is_said_in_a_comment() {
        assert_eq!(here("nodes: # a", 10), None);
    }
}
