//! Reads a Bourne shell's script command by command: what it assigns, what it starts, and under which conditions.

use std::ops::Range;

use super::functions::Functions;
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

/// `sh -c "bash -c '…'"`, functions that call functions: nobody goes deeper.
const DEEPEST: usize = 6;

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

/// A group of commands that is open.
#[derive(Debug, Clone, Copy)]
struct Group<'t> {
    /// Whether it is a branch.
    branch: bool,
    kind: Kind<'t>,
}

/// What is done with a group of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'t> {
    /// The shell runs it.
    Plain,
    /// A shell of its own does.
    Subshell,
    /// It is kept as a function: its name, its first byte.
    Function(&'t str, usize),
}

struct Shell<'t> {
    text: &'t str,
    values: Values<'t>,
    commands: Commands<'t>,
    functions: Functions<'t>,
    /// The name of the function whose commands come next.
    defines: Option<&'t str>,
    /// How many functions are open: what stands in them is not run.
    kept: usize,
    branches: Vec<Branch<'t>>,
    groups: Vec<Group<'t>>,
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
        functions: Functions::new(),
        defines: None,
        kept: 0,
        branches: Vec::new(),
        groups: Vec::new(),
        cases: 0,
        loops: 0,
        chained: Chained::No,
        negated: false,
        header: Header::None,
        words: Vec::new(),
    };
    shell.run(0..text.len(), 0, false);
    for function in shell.functions.perhaps() {
        shell.nested(function.body, 0, false, true);
    }
    (shell.values, shell.commands.launches())
}

impl<'t> Shell<'t> {
    fn run(&mut self, range: Range<usize>, depth: usize, escaped: bool) {
        let mut lexer = Lexer::new(self.text, range, escaped);
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
                Token::Operator(operator) => self.operator(operator, lexer.at(), depth),
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
            self.group("(", at);
        }
    }

    /// Opens a group of commands, which runs under the conditions of its first. The byte is that behind its sign.
    fn group(&mut self, sign: &str, at: usize) {
        let words = std::mem::take(&mut self.words);
        // `name()`: a function follows.
        let empty = || self.text[at..].trim_start_matches([' ', '\t']).starts_with(')');
        if sign == "(" && (!words.is_empty() || self.defines.is_some()) && empty() {
            if let [word] = words.as_slice() {
                self.defines = Some(parts::head(self.text, word));
            }
            return self.groups.push(Group { branch: false, kind: Kind::Plain });
        }
        let kind = match self.defines.take() {
            // A shell of its own runs what stands in parentheses.
            Some(name) => Kind::Function(name, if sign == "(" { at - 1 } else { at }),
            None if sign == "(" && self.kept == 0 => Kind::Subshell,
            None => Kind::Plain,
        };
        let branch = self.branch();
        match kind {
            Kind::Function(..) => self.kept += 1,
            Kind::Subshell => self.values.open(),
            Kind::Plain => {}
        }
        self.groups.push(Group { branch, kind });
    }

    /// Makes what stands before a command, if it decides whether that runs, the condition of several.
    fn branch(&mut self) -> bool {
        let empty = match std::mem::replace(&mut self.chained, Chained::No) {
            Chained::No => return false,
            Chained::Perhaps => None,
            Chained::IfEmpty(name) => Some(name),
        };
        self.branches.push(Branch { test: false, empty });
        true
    }

    /// Closes the group of commands that was opened last. The byte is that of its sign.
    fn close_group(&mut self, at: usize) {
        let Some(group) = self.groups.pop() else { return };
        if group.branch {
            self.branches.pop();
        }
        match group.kind {
            Kind::Plain => {}
            Kind::Subshell => self.values.close(),
            Kind::Function(name, start) => {
                self.kept -= 1;
                if self.kept == 0 {
                    let end = if self.text[start..].starts_with('(') { at + 1 } else { at };
                    self.functions.define(name, start..end.clamp(start, self.text.len()), self.when().perhaps);
                }
            }
        }
    }

    /// Takes an operator, and the byte behind it.
    fn operator(&mut self, operator: &'t str, at: usize, depth: usize) {
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
                if self.kept == 0 {
                    self.values.set_fields(name, &words, range, sure);
                }
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
                self.close_group(at - 1);
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
            Header::Function => {
                self.header = Header::None;
                return self.defines = Some(plain);
            }
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
        if plain != "{" {
            self.defines = None;
        }
        if self.words.is_empty() && self.header == Header::None && self.reserved(plain, &word.first().map_or(0..0, Part::range)) {
            return;
        }
        self.words.push(word);
    }

    /// Whether a word at the start of a command is one of the shell's own.
    fn reserved(&mut self, word: &'t str, range: &Range<usize>) -> bool {
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
            "{" => self.group(word, range.end),
            "}" => self.close_group(range.start),
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
                if self.kept == 0 {
                    self.values.set_fields(name, &words, at..at, Sure::Perhaps);
                }
                return;
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
        if self.kept > 0 {
            return None;
        }
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
            None if self.calls(words, depth) => {}
            None => {
                let is_assignment = |word: &&Field<'t>| parts::assignment(self.text, word).is_some();
                let fields: Vec<Field<'t>> = words.iter().filter(|word| !is_assignment(word)).cloned().collect();
                self.functions.perhaps_called(self.text, &fields);
                let when = self.when();
                self.commands.take(&mut self.values, self.text, &fields, &names, when);
            }
        }
        for (name, before) in given.into_iter().rev() {
            self.values.restore(name, before);
        }
    }

    /// Whether a command calls a function; what that does is read then.
    fn calls(&mut self, words: &[Field<'t>], depth: usize) -> bool {
        let assigned = words.iter().take_while(|word| parts::assignment(self.text, word).is_some()).count();
        let Some((first, arguments)) = words[assigned..].split_first().filter(|_| depth < DEEPEST) else { return false };
        let Some((name, range)) = parts::literal(self.text, first) else { return false };
        let Some(function) = self.functions.call(&name) else { return false };
        let given = self.values.saved(ARGUMENTS);
        self.values.set_fields(ARGUMENTS, arguments, range, Sure::Yes);
        self.nested(function.body, depth, false, function.perhaps);
        self.values.restore(ARGUMENTS, given);
        true
    }

    /// Reads words as a script of their own.
    fn inner(&mut self, words: &[Field<'t>], depth: usize) {
        let parts = || words.iter().flatten();
        if let (Some(first), Some(last), true) = (parts().next(), parts().next_back(), depth < DEEPEST) {
            let range = first.range().start..last.range().end;
            // Between single quotes, all of it is as the other shell reads it.
            let escaped = !self.text[..range.start].ends_with('\'');
            self.nested(range, depth, escaped, false);
        }
    }

    /// Reads a stretch of the script, under the conditions that hold here. What is open at its end ends there.
    fn nested(&mut self, range: Range<usize>, depth: usize, escaped: bool, perhaps: bool) {
        let (chained, end) = (self.chained, range.end);
        if perhaps {
            self.chained = Chained::Perhaps;
        }
        let branch = self.branch();
        let (branches, groups, cases, loops) = (self.branches.len(), self.groups.len(), self.cases, self.loops);
        self.run(range, depth + 1, escaped);
        while self.groups.len() > groups {
            self.close_group(end);
        }
        self.branches.truncate(branches);
        (self.cases, self.loops) = (cases, loops);
        if branch {
            self.branches.pop();
        }
        self.chained = chained;
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
