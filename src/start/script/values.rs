//! What variables of a script hold, as far as options go: a graph of pieces, not texts, so that a variable that is put into
//! itself over and over costs no more than what is written.

use std::collections::BTreeMap;
use std::ops::Range;

use super::What;
use super::parts::{self, Field, Part, Split, Use};
use super::shell_words::printed;
use crate::start::is_template;

/// The variable that start scripts put on the command line of the JVM.
pub(super) const JAVA_OPTS: &str = "JAVA_OPTS";
/// The arguments of the script, as if they were a variable.
pub(super) const ARGUMENTS: &str = "@";

/// An index of [`Values::nodes`].
pub(super) type Node = usize;

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// An option, by its index.
    Option(usize),
    /// What a variable holds at that point, and whether it is `JAVA_OPTS`.
    Held(Node, bool),
    /// What the environment gives a variable.
    Environment(&'t str),
    /// The arguments that the script was given.
    Given,
    /// What stands for a variable that the environment does not set.
    Default(&'t str, Node),
    /// What is there under a condition.
    Perhaps(Node),
}

impl Piece<'_> {
    /// The node that it holds.
    pub(super) fn inner(&self) -> Option<Node> {
        match self {
            Self::Held(node, _) | Self::Default(_, node) | Self::Perhaps(node) => Some(*node),
            Self::Option(_) | Self::Environment(_) | Self::Given => None,
        }
    }
}

/// An option as it is written.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) name: String,
    pub(super) what: What,
    pub(super) range: Range<usize>,
}

/// What a variable holds.
#[derive(Debug, Clone)]
pub(super) struct Held {
    node: Node,
    text: Text,
    /// Where it was set last.
    range: Option<Range<usize>>,
}

/// What is known of the text of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Text {
    /// The environment says it, perhaps with something by default.
    Environment,
    /// It is empty, or this.
    Known(Option<(String, Range<usize>)>),
    /// Something.
    Unknown,
}

/// Longer texts of variables are no values of options that somebody asks for; they would be copied with each use.
const LONGEST: usize = 256;

/// How sure it is that a variable gets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    Yes,
    /// Under a condition.
    Perhaps,
    /// If it has none.
    IfEmpty,
}

/// Variables and options of a script.
#[derive(Debug)]
pub(super) struct Values<'t> {
    text: &'t str,
    /// How the script takes texts apart that stand in variables.
    split: Split,
    pub(super) nodes: Vec<Vec<Piece<'t>>>,
    pub(super) hits: Vec<Hit>,
    variables: BTreeMap<&'t str, Held>,
    /// For each shell that is open within this one, what variables held before it changed them.
    before: Vec<Vec<(&'t str, Option<Held>)>>,
}

impl<'t> Values<'t> {
    pub(super) fn new(text: &'t str, split: Split) -> Self {
        Self { text, split, nodes: Vec::new(), hits: Vec::new(), variables: BTreeMap::new(), before: Vec::new() }
    }

    /// Whether this is a batch file.
    fn is_batch(&self) -> bool {
        self.split == Split::Outside
    }

    pub(super) fn node(&mut self, pieces: Vec<Piece<'t>>) -> Node {
        self.nodes.push(pieces);
        self.nodes.len() - 1
    }

    fn held(&mut self, name: &'t str) -> &Held {
        let start = if name == ARGUMENTS { Piece::Given } else { Piece::Environment(name) };
        if !self.variables.contains_key(name) {
            let node = self.node(vec![start]);
            let text = if name == ARGUMENTS { Text::Unknown } else { Text::Environment };
            self.insert(name, Held { node, text, range: None });
        }
        &self.variables[name]
    }

    /// What a variable holds, as a piece.
    pub(super) fn variable(&mut self, name: &'t str) -> Piece<'t> {
        Piece::Held(self.held(name).node, name == JAVA_OPTS)
    }

    /// Where a variable was set last, if it was.
    pub(super) fn set_at(&self, name: &str) -> Option<Range<usize>> {
        self.variables.get(name)?.range.clone()
    }

    /// All variables, each as a piece.
    pub(super) fn variables(&self) -> Vec<(&'t str, Piece<'t>)> {
        self.variables.iter().map(|(name, held)| (*name, Piece::Held(held.node, *name == JAVA_OPTS))).collect()
    }

    /// Gives a variable a value.
    pub(super) fn set(&mut self, name: &'t str, value: &[Part<'t>], range: Range<usize>, sure: Sure) {
        let pieces = self.pieces(value, self.split);
        let text = match value {
            [] => Text::Known(None),
            [Part::Variable(own, Use::Plain | Use::Default(_) | Use::Set(_), _)] if *own == name => self.held(name).text.clone(),
            _ => match parts::literal(self.text, value) {
                Some(literal) if literal.0.len() <= LONGEST => Text::Known(Some(literal)),
                _ => Text::Unknown,
            },
        };
        self.set_pieces(name, pieces, text, range, sure);
    }

    /// Gives a variable a value and keeps what it had.
    pub(super) fn append(&mut self, name: &'t str, value: &[Part<'t>], range: Range<usize>, sure: Sure) {
        let mut pieces = vec![self.variable(name)];
        pieces.extend(self.pieces(value, self.split));
        self.set_pieces(name, pieces, Text::Unknown, range, sure);
    }

    /// Gives a variable what fields of a command come to.
    pub(super) fn set_fields(&mut self, name: &'t str, fields: &[Field<'t>], range: Range<usize>, sure: Sure) {
        let mut pieces = Vec::new();
        for field in fields {
            self.field(field, Split::Never, &mut pieces);
        }
        self.set_pieces(name, pieces, Text::Unknown, range, sure);
    }

    fn set_pieces(&mut self, name: &'t str, pieces: Vec<Piece<'t>>, text: Text, range: Range<usize>, sure: Sure) {
        let own = self.variable(name);
        let keeps = |piece: &Piece<'t>| *piece == own || matches!(piece, Piece::Default(of, _) if *of == name);
        let before = self.held(name).text.clone();
        let (pieces, text) = match (sure, before) {
            (Sure::Yes, _) | (Sure::IfEmpty, Text::Known(None)) => (pieces, text),
            (Sure::IfEmpty, Text::Known(Some(_))) => return,
            (Sure::IfEmpty, Text::Environment) => {
                let node = self.node(pieces);
                (vec![own, Piece::Default(name, node)], Text::Environment)
            }
            // Whoever wants to debug says so.
            (Sure::Perhaps, _) if name == JAVA_OPTS && self.is_of_debugger(&range) => return,
            _ if pieces.iter().any(keeps) => {
                let perhaps = |piece| if keeps(&piece) { piece } else { Piece::Perhaps(self.node(vec![piece])) };
                (pieces.into_iter().map(perhaps).collect(), Text::Unknown)
            }
            _ => {
                let (before, after) = (self.node(vec![own]), self.node(pieces));
                (vec![Piece::Perhaps(before), Piece::Perhaps(after)], Text::Unknown)
            }
        };
        let node = self.node(pieces);
        self.insert(name, Held { node, text, range: Some(range) });
    }

    /// Whether a value is the one that start scripts give `JAVA_OPTS` at `--debug`.
    fn is_of_debugger(&self, range: &Range<usize>) -> bool {
        let value = &self.text[range.clone()];
        ["-Xrunjdwp", "-agentlib:jdwp"].iter().any(|mark| value.contains(mark))
    }

    /// What a variable holds now, to be restored.
    pub(super) fn saved(&mut self, name: &'t str) -> Held {
        self.held(name).clone()
    }

    /// Takes back what a command alone was given.
    pub(super) fn restore(&mut self, name: &'t str, held: Held) {
        self.insert(name, held);
    }

    fn insert(&mut self, name: &'t str, held: Held) {
        let before = self.variables.insert(name, held);
        if let Some(shell) = self.before.last_mut() {
            shell.push((name, before));
        }
    }

    /// Opens a shell within this one: what it sets ends with it.
    pub(super) fn open(&mut self) {
        self.before.push(Vec::new());
    }

    /// Closes the shell that was opened last.
    pub(super) fn close(&mut self) {
        for (name, held) in self.before.pop().into_iter().flatten().rev() {
            match held {
                Some(held) => self.variables.insert(name, held),
                None => self.variables.remove(name),
            };
        }
    }

    /// What parts come to. Options that they hold are taken down.
    pub(super) fn pieces(&mut self, parts: &[Part<'t>], split: Split) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        for field in parts::fields(self.text, parts, split) {
            self.field(&field, split, &mut pieces);
        }
        pieces
    }

    pub(super) fn field(&mut self, field: &Field<'t>, split: Split, pieces: &mut Vec<Piece<'t>>) {
        let mut parts = field.as_slice();
        // `${JAVA_OPTS}-Da=b`: an option of its own, if what stands before it ends with a blank, or is nothing.
        let mut sure = true;
        while let Some((first, rest)) = parts.split_first() {
            match first {
                Part::Text { range, .. } => {
                    if self.text[range.clone()].starts_with("-D") {
                        break;
                    }
                }
                Part::Given(_) => pieces.push(self.variable(ARGUMENTS)),
                Part::Unknown(range) => pieces.extend(self.printed(range)),
                Part::Variable(name, used, _) => {
                    let goes_on = rest.first().is_some_and(|next| self.goes_on(next));
                    let is_option = |text: &str| text.starts_with("-D") && !text.contains(char::is_whitespace);
                    if goes_on && *used == Use::Plain && self.known(name).is_some_and(is_option) {
                        break;
                    }
                    let from = pieces.len();
                    self.used(name, used, split, pieces);
                    if goes_on {
                        // `$OPTS=3`: the last of its options has another value.
                        let last = pieces.split_off(from);
                        pieces.push(Piece::Perhaps(self.node(last)));
                    }
                }
            }
            // The end of an expansion is no end of a word where a text goes on.
            sure = matches!(first, Part::Variable(_, Use::Alternate(_), _));
            parts = rest;
        }
        if let Some(option) = self.option(parts) {
            let option = Piece::Option(option);
            pieces.push(if sure { option } else { Piece::Perhaps(self.node(vec![option])) });
        }
    }

    /// Whether a word goes on with a part. Options that stand together are taken for several.
    fn goes_on(&self, part: &Part<'t>) -> bool {
        match part {
            Part::Text { range, .. } => {
                let text = &self.text[range.clone()];
                !text.starts_with(char::is_whitespace) && !text.starts_with("-D")
            }
            _ => false,
        }
    }

    /// The text of a variable, where it is known.
    fn known(&mut self, name: &'t str) -> Option<&str> {
        match &self.held(name).text {
            Text::Known(known) => known.as_ref().map(|(text, _)| text.as_str()),
            _ => None,
        }
    }

    /// What may be in the output of a command that is put in place: `$(…)`.
    fn printed(&mut self, range: &Range<usize>) -> Option<Piece<'t>> {
        let whole = &self.text[range.clone()];
        let (open, close) = match whole.as_bytes() {
            [b'$', b'(', b'(', ..] => return None,
            [b'$', b'(', ..] => (2, usize::from(whole.ends_with(')'))),
            [b'`', ..] => (1, usize::from(whole.len() > 1 && whole.ends_with('`'))),
            _ => return None,
        };
        let (names, words) = printed(self.text, range.start + open..range.end - close);
        let mut pieces: Vec<Piece<'t>> = names.into_iter().map(|name| self.variable(name)).collect();
        for word in words {
            pieces.extend(self.pieces(&word, Split::Everywhere));
        }
        (!pieces.is_empty()).then(|| Piece::Perhaps(self.node(pieces)))
    }

    fn used(&mut self, name: &'t str, used: &Use<'t>, split: Split, pieces: &mut Vec<Piece<'t>>) {
        let own = self.variable(name);
        match used {
            Use::Plain => pieces.push(own),
            Use::Changed => pieces.push(Piece::Perhaps(self.node(vec![own]))),
            Use::Default(rest) | Use::Set(rest) => {
                // The quotes around a variable are gone when its default stands in another one.
                let rest = self.pieces(rest, if split == Split::Never { Split::Outside } else { split });
                let otherwise = self.node(rest);
                match self.held(name).text {
                    Text::Environment => pieces.extend([own, Piece::Default(name, otherwise)]),
                    Text::Known(None) => pieces.push(Piece::Held(otherwise, name == JAVA_OPTS)),
                    Text::Known(Some(_)) => pieces.push(own),
                    Text::Unknown => pieces.extend([own, Piece::Perhaps(otherwise)]),
                }
            }
            Use::Alternate(rest) => {
                let rest = self.pieces(rest, split);
                let perhaps = |piece| if piece == own { piece } else { Piece::Perhaps(self.node(vec![piece])) };
                pieces.extend(rest.into_iter().map(perhaps).collect::<Vec<_>>());
            }
        }
    }

    /// Takes down the option that parts are, if they are one: `-Dname`, `-Dname=value`.
    fn option(&mut self, parts: &[Part<'t>]) -> Option<usize> {
        let mut name = String::new();
        let mut whole: Option<Range<usize>> = None;
        let (mut value, mut partly) = (None, false);
        for (at, part) in parts.iter().enumerate() {
            let range = part.range();
            let text = match part {
                Part::Text { .. } => &self.text[range.clone()],
                // `-D$NAME=3`
                Part::Variable(variable, Use::Plain, _) => {
                    let known = self.known(variable)?;
                    match known.split_once('=') {
                        Some((start, beginning)) => {
                            // What the variable has of the value is not written here.
                            partly = !beginning.is_empty();
                            name.push_str(start);
                            whole = Some(whole.map_or(range.start, |whole| whole.start)..range.end);
                            value = Some(parts[at + 1..].to_vec());
                            break;
                        }
                        None => name.push_str(known),
                    }
                    ""
                }
                _ => return None,
            };
            whole = Some(whole.map_or(range.start, |whole| whole.start)..range.end);
            match text.find('=') {
                Some(equals) => {
                    name.push_str(&text[..equals]);
                    value = Some(parts::without(&parts[at..], equals + 1));
                    break;
                }
                None => name.push_str(text),
            }
        }
        let name = name.strip_prefix("-D")?.to_owned();
        let whole = whole?;
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(is_of_name) || name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') {
            return None;
        }
        let (what, range) = match value {
            // The launcher reads an option without a value as true.
            None => (What::Value("true".to_owned()), whole),
            Some(value) if partly => {
                (What::Variable(None), value.last().map_or(whole.clone(), |last| whole.start..last.range().end))
            }
            Some(value) if value.is_empty() => (What::Value(String::new()), whole.end..whole.end),
            Some(value) => self.value(&value, whole.end),
        };
        self.hits.push(Hit { name, what, range });
        Some(self.hits.len() - 1)
    }

    /// The value of an option, and its bytes.
    fn value(&mut self, value: &[Part<'t>], start: usize) -> (What, Range<usize>) {
        if let Some((value, range)) = parts::literal(self.text, value) {
            // What a tool would put there.
            let open = || value.contains(['$', '%', '{', '`', '<', '@', '!']);
            let what = match is_template(&value) {
                true => What::Template,
                false if open() => What::Variable(None),
                false => What::Value(value),
            };
            return (what, range);
        }
        let from = value.first().map_or(start, |part| part.range().start);
        let whole = from..value.last().map_or(start, |part| part.range().end);
        let [Part::Variable(name, Use::Plain | Use::Default(_) | Use::Set(_), _)] = value else {
            return (What::Variable(None), whole);
        };
        let shown = if self.is_batch() { format!("%{name}%") } else { format!("${name}") };
        match &self.held(name).text {
            Text::Known(Some((value, range))) => (What::Value(value.clone()), range.clone()),
            Text::Environment => (What::Variable(Some(shown)), whole),
            _ => (What::Variable(None), whole),
        }
    }
}
