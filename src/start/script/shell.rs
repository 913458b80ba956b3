//! Reads a Bourne shell's script command by command: what it assigns, what it starts, and under which conditions.

use std::ops::Range;

use super::launch::{Commands, When};
use super::parts::{self, Field, Part, Split, Use};
use super::shell_test::asks;
use super::shell_words::{Lexer, Token};
use super::values::{ARGUMENTS, Sure, Values};
use super::walk::Launches;

/// Commands whose arguments are texts.
const SAY: [&str; 29] = [
    "echo", "printf", "print", "log", "logger", "cat", "grep", "egrep", "fgrep", "sed", "awk", "expr", "let", "read", "tee",
    "ps", "pgrep", "pkill", "kill", "usage", "die", "warn", "error", "info", "trap", "alias", "return", "exit", ":",
];

/// Commands that do not decide whether what stands behind `&&` runs.
const HARMLESS: [&str; 24] = [
    "cd", "pushd", "export", "set", "unset", "true", ":", "echo", "printf", ".", "source", "umask", "ulimit", "mkdir", "chmod",
    "chown", "sleep", "rm", "touch", "cp", "mv", "ln", "readonly", "declare",
];

/// `sh -c "bash -c '…'"`: nobody goes deeper.
const DEEPEST: usize = 4;

/// Whether what stands behind `&&` or `||` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chained<'t> {
    /// Nothing stands before it that decides.
    No,
    Perhaps,
    /// If a variable is empty.
    IfEmpty(&'t str),
}

/// What of a command line is read that is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Header<'t> {
    None,
    Function,
    /// `for`, before the name.
    For,
    /// And behind it.
    ForName(&'t str),
    /// Behind `in`.
    ForList(&'t str),
    /// Behind `case`.
    Case,
    /// A pattern of it.
    Pattern,
    /// `NAME=(`, its first byte, and whether it appends.
    List(&'t str, usize, bool),
}

/// An `if`.
#[derive(Debug, Clone, Copy)]
struct Branch<'t> {
    /// Whether this is its condition.
    test: bool,
    /// The variable that is empty where its branch runs.
    empty: Option<&'t str>,
}

struct Shell<'t> {
    text: &'t str,
    values: Values<'t>,
    commands: Commands<'t>,
    branches: Vec<Branch<'t>>,
    /// Groups of commands that are open, and whether each is a branch.
    groups: Vec<bool>,
    cases: usize,
    loops: usize,
    chained: Chained<'t>,
    negated: bool,
    header: Header<'t>,
    words: Vec<Field<'t>>,
}

/// Reads a script.
pub(super) fn read(text: &str) -> (Values<'_>, Launches<'_>) {
    let mut shell = Shell {
        text,
        values: Values::new(text, Split::Everywhere),
        commands: Commands::default(),
        branches: Vec::new(),
        groups: Vec::new(),
        cases: 0,
        loops: 0,
        chained: Chained::No,
        negated: false,
        header: Header::None,
        words: Vec::new(),
    };
    shell.run(0..text.len(), 0);
    (shell.values, shell.commands.launches())
}

impl<'t> Shell<'t> {
    fn run(&mut self, range: Range<usize>, depth: usize) {
        let mut lexer = Lexer::new(self.text, range);
        while let Some(token) = lexer.next() {
            match token {
                Token::Word(word) => self.word(word),
                Token::Line => {
                    let goes_on = self.words.is_empty();
                    self.end(";", depth);
                    if !goes_on {
                        self.chained = Chained::No;
                    }
                }
                Token::Operator("(") if !matches!(self.header, Header::Pattern | Header::List(..)) => self.opens(lexer.at()),
                Token::Operator(operator) => self.operator(operator, depth),
            }
        }
        self.end(";", depth);
        self.chained = Chained::No;
        self.header = Header::None;
    }

    /// Takes a parenthesis that ends at a byte: of a list, a function, or commands.
    fn opens(&mut self, at: usize) {
        if let [word] = self.words.as_slice()
            && let Some((name, _, append)) = parts::assignment(self.text, word)
            && let [Part::Text { range, .. }] = word.as_slice()
            && range.end + 1 == at
        {
            self.header = Header::List(name, range.start, append);
            self.words.clear();
        } else {
            self.group();
        }
    }

    /// Opens a group of commands, which runs under the conditions of its first.
    fn group(&mut self) {
        // With a word before it, this is a function.
        let function = !self.words.is_empty();
        self.words.clear();
        let chained = self.chained != Chained::No && !function;
        if chained {
            let empty = if let Chained::IfEmpty(name) = self.chained { Some(name) } else { None };
            self.branches.push(Branch { test: false, empty });
            self.chained = Chained::No;
        }
        self.groups.push(chained);
    }

    fn close_group(&mut self) {
        if self.groups.pop() == Some(true) {
            self.branches.pop();
        }
    }

    fn operator(&mut self, operator: &'t str, depth: usize) {
        match (operator, &self.header) {
            (")", Header::Pattern) => self.header = Header::None,
            (_, Header::Pattern) => {}
            (")", Header::List(name, start, append)) => {
                let (name, range, append) = (*name, *start..*start, *append);
                self.header = Header::None;
                let mut words = std::mem::take(&mut self.words);
                if append {
                    words.insert(0, vec![Part::Variable(name, Use::Plain, range.clone())]);
                }
                let sure = self.sure(name);
                self.values.set_fields(name, &words, range, sure);
            }
            (";;", _) => {
                self.end(";", depth);
                self.chained = Chained::No;
                if self.cases > 0 {
                    self.header = Header::Pattern;
                }
            }
            (")", _) => {
                self.end(";", depth);
                self.close_group();
            }
            _ => {
                self.end(operator, depth);
                if matches!(operator, ";" | "&") {
                    self.chained = Chained::No;
                }
            }
        }
    }

    fn word(&mut self, word: Field<'t>) {
        let plain = match word.as_slice() {
            [Part::Text { range, quoted: false }] => &self.text[range.clone()],
            _ => "",
        };
        match &self.header {
            Header::None | Header::List(..) => {}
            Header::Function => return self.header = Header::None,
            Header::For => return self.header = if parts::is_name(plain) { Header::ForName(plain) } else { Header::None },
            Header::ForName(name) => {
                self.header = if plain == "in" { Header::ForList(name) } else { Header::None };
                return;
            }
            Header::Case => {
                if plain == "in" {
                    self.header = Header::Pattern;
                }
                return;
            }
            Header::Pattern if plain == "esac" => {
                self.header = Header::None;
                self.cases = self.cases.saturating_sub(1);
                return;
            }
            Header::Pattern => return,
            Header::ForList(_) => return self.words.push(word),
        }
        if self.words.is_empty() && self.header == Header::None && self.reserved(plain) {
            return;
        }
        self.words.push(word);
    }

    /// Whether a word at the start of a command is one of the shell's own.
    fn reserved(&mut self, word: &str) -> bool {
        let branch = self.branches.last_mut();
        match word {
            "if" => self.branches.push(Branch { test: true, empty: None }),
            "elif" => branch.into_iter().for_each(|branch| *branch = Branch { test: true, empty: None }),
            "then" => branch.into_iter().for_each(|branch| branch.test = false),
            "else" => branch.into_iter().for_each(|branch| *branch = Branch { test: false, empty: None }),
            "fi" => _ = self.branches.pop(),
            "while" | "until" => self.loops += 1,
            "for" | "select" => {
                self.loops += 1;
                self.header = Header::For;
            }
            "done" => self.loops = self.loops.saturating_sub(1),
            "case" => {
                self.cases += 1;
                self.header = Header::Case;
            }
            "esac" => self.cases = self.cases.saturating_sub(1),
            "function" => self.header = Header::Function,
            "!" => self.negated = true,
            "{" => self.group(),
            "}" => self.close_group(),
            "do" | "time" => {}
            _ => return false,
        }
        if matches!(word, "if" | "elif" | "then" | "else" | "do" | "while" | "until") {
            self.chained = Chained::No;
        }
        true
    }

    /// How sure it is that a variable is set here.
    fn sure(&self, name: &str) -> Sure {
        let chained = self.chained != Chained::No;
        let conditions = self.branches.len() + self.cases + self.loops + usize::from(chained);
        let empty = match self.chained {
            Chained::IfEmpty(empty) => Some(empty),
            _ => self.branches.last().filter(|branch| !branch.test).and_then(|branch| branch.empty),
        };
        match conditions {
            0 => Sure::Yes,
            1 if empty == Some(name) => Sure::IfEmpty,
            _ => Sure::Perhaps,
        }
    }

    fn when(&self) -> When {
        let branch = !self.branches.is_empty() || self.cases > 0 || self.chained != Chained::No;
        When { branch, perhaps: branch || self.loops > 0 }
    }

    /// Takes the command that ends here.
    fn end(&mut self, operator: &str, depth: usize) {
        if matches!(self.header, Header::List(..)) {
            return;
        }
        let words = std::mem::take(&mut self.words);
        let negated = std::mem::take(&mut self.negated);
        match std::mem::replace(&mut self.header, Header::None) {
            Header::ForList(name) => {
                let at = words.first().and_then(|word| word.first()).map_or(0, |part| part.range().start);
                return self.values.set_fields(name, &words, at..at, Sure::Perhaps);
            }
            // Lines may end before it.
            header @ (Header::Case | Header::Pattern) => return self.header = header,
            _ => {}
        }
        let test = if words.is_empty() { None } else { self.command(&words, depth) };
        let test = test.map(|(name, empty)| (name, empty != negated));
        if let Some(branch) = self.branches.last_mut().filter(|branch| branch.test && !words.is_empty()) {
            branch.empty = test.filter(|(_, empty)| *empty && self.chained == Chained::No).map(|(name, _)| name);
        }
        let harmless = || {
            let first = words.iter().find(|word| parts::assignment(self.text, word).is_none());
            !words.is_empty() && !negated && first.is_none_or(|first| HARMLESS.contains(&parts::head(self.text, first)))
        };
        self.chained = match (operator, test, self.chained) {
            ("&&", Some((name, true)), Chained::No) | ("||", Some((name, false)), Chained::No) => Chained::IfEmpty(name),
            ("&&", _, chained) if harmless() => chained,
            ("&&" | "||", ..) => Chained::Perhaps,
            (_, _, chained) => chained,
        };
    }

    /// Takes a command; returns the variable that it asks for, and whether it holds if that one is empty.
    fn command(&mut self, words: &[Field<'t>], depth: usize) -> Option<(&'t str, bool)> {
        for part in words.iter().flatten() {
            if let Part::Variable(name, Use::Set(_), range) = part {
                self.values.set(name, std::slice::from_ref(part), range.clone(), self.sure(name));
            }
        }
        let assigned = words.iter().take_while(|word| parts::assignment(self.text, word).is_some()).count();
        let (assignments, rest) = words.split_at(assigned);
        let Some((first, arguments)) = rest.split_first() else {
            for word in assignments {
                self.assign(word, None);
            }
            return None;
        };
        match parts::literal(self.text, first).map(|(name, _)| name).unwrap_or_default().as_str() {
            "export" | "declare" | "typeset" | "local" | "readonly" => {
                for word in arguments {
                    self.assign(word, None);
                }
            }
            "unset" => {
                for word in arguments {
                    let [Part::Text { range, .. }] = word.as_slice() else { continue };
                    let name = &self.text[range.clone()];
                    if parts::is_name(name) {
                        self.values.set(name, &[], range.clone(), self.sure(name));
                    }
                }
            }
            "set" if arguments.first().is_some_and(|first| parts::head(self.text, first) == "--") => {
                let at = first[0].range();
                self.values.set_fields(ARGUMENTS, &arguments[1..], at, self.sure(ARGUMENTS));
            }
            "[" | "test" | "[[" => return asks(self.text, arguments),
            "eval" => self.inner(arguments, depth),
            name if SAY.contains(&name) => {}
            _ => self.starts(words, depth),
        }
        None
    }

    /// Takes a command that is no part of the shell.
    fn starts(&mut self, words: &[Field<'t>], depth: usize) {
        let shell = words.iter().position(|word| matches!(parts::head(self.text, word), "-c" | "-lc" | "-ec"));
        let inner = shell.and_then(|at| words.get(at + 1..at + 2)).filter(|_| depth < DEEPEST);
        let mut given = Vec::new();
        for word in words.iter().take(shell.unwrap_or(words.len())) {
            if let Some((name, ..)) = parts::assignment(self.text, word) {
                let before = self.values.saved(name);
                self.assign(word, Some(if self.when().branch { Sure::Perhaps } else { Sure::Yes }));
                given.push((name, before));
            }
        }
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        match inner {
            Some(inner) => self.inner(inner, depth),
            None => {
                let is_assignment = |word: &&Field<'t>| parts::assignment(self.text, word).is_some();
                let fields: Vec<Field<'t>> = words.iter().filter(|word| !is_assignment(word)).cloned().collect();
                let when = self.when();
                self.commands.take(&mut self.values, self.text, &fields, &names, when);
            }
        }
        for (name, before) in given.into_iter().rev() {
            self.values.restore(name, before);
        }
    }

    /// Reads words as a script of their own.
    fn inner(&mut self, words: &[Field<'t>], depth: usize) {
        let parts = || words.iter().flatten();
        if let (Some(first), Some(last), true) = (parts().next(), parts().next_back(), depth < DEEPEST) {
            let (chained, range) = (self.chained, first.range().start..last.range().end);
            self.run(range, depth + 1);
            self.chained = chained;
        }
    }

    fn assign(&mut self, word: &Field<'t>, sure: Option<Sure>) {
        let Some((name, length, append)) = parts::assignment(self.text, word) else { return };
        let value = parts::without(word, length);
        let start = word[0].range().start;
        let range = start..word.last().map_or(start, |part| part.range().end);
        let sure = sure.unwrap_or_else(|| self.sure(name));
        if append {
            self.values.append(name, &value, range, sure);
        } else {
            self.values.set(name, &value, range, sure);
        }
    }
}
