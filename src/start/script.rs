//! Options of the server in its start scripts: what `-Dname=value` says there, and where.
//!
//! A script is a program, and this is no shell: what is set under a condition, or taken from a variable, is told apart from
//! what is written out.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Rank, Syntax};

/// What counts of each option in a script.
pub type Options = BTreeMap<String, Said>;

/// What a script says of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is written.
    pub what: What,
    /// Bytes of the text: the value without its quotes, the whole option where it has none.
    pub range: Range<usize>,
    /// Where it stands on the command line.
    pub rank: Rank,
}

/// What is written for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A value.
    Value(String),
    /// A variable, with its name where that is a plain one: `$OFFSET`, `%OFFSET%`.
    Variable(Option<String>),
    /// A value or a variable, under a condition.
    Conditional,
}

struct Hit {
    name: String,
    said: Said,
    /// Place among those of equal rank.
    order: usize,
}

/// Reads a script. What is commented out is not there.
pub fn read(text: &str, syntax: Syntax) -> Options {
    let mut reader = Reader { syntax, hits: Vec::new(), depth: 0, command: CommandLine::default() };
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        reader.line(line.trim_end_matches(['\n', '\r']), start, number);
        start += line.len();
    }
    let mut options: BTreeMap<String, Hit> = BTreeMap::new();
    for hit in reader.hits {
        let wins = options.get(&hit.name).is_none_or(|other| (other.said.rank, other.order) <= (hit.said.rank, hit.order));
        if wins {
            options.insert(hit.name.clone(), hit);
        }
    }
    options.into_iter().map(|(name, hit)| (name, hit.said)).collect()
}

/// `-Dname`, and `=value`: in quotes of its own, or up to where a word of a command ends.
static OPTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"-D([A-Za-z_][0-9A-Za-z_.\-]*)(?:=("[^"]*"|'[^']*'|[^\s"'\\;&|)]*))?"#).ok());

struct Reader {
    syntax: Syntax,
    hits: Vec<Hit>,
    /// How many `if` and `case` are open.
    depth: usize,
    /// The command so far, where lines go on in the next one.
    command: CommandLine,
}

impl Reader {
    /// Reads a line that starts at a byte of the text.
    fn line(&mut self, line: &str, start: usize, number: usize) {
        let code = &line[..comment(line, self.syntax)];
        let branches = self.syntax == Syntax::Shell && self.command.text.is_empty();
        if branches {
            self.branch(code);
        }
        if clears_java_opts(code) && self.depth == 0 && self.syntax != Syntax::Wrapper {
            self.hits.retain(|hit| hit.said.rank != Rank::JavaOpts);
        }
        let before = self.command.text.len();
        self.command.push(code);
        let tested = self.syntax != Syntax::Wrapper && is_tested(code);
        let options = OPTION.as_ref().filter(|_| code.contains("-D") && !says_only(code));
        for captures in options.into_iter().flat_map(|option| option.captures_iter(code)) {
            let Some((name, range, value)) = hit(code, &captures) else { continue };
            let at = captures.get(0).map_or(0, |whole| whole.start());
            let (rank, order) = match self.syntax {
                Syntax::Wrapper => wrapper_order(code),
                _ => (self.command.rank(before + at), number),
            };
            let said = Said { what: self.what(tested, &value), range: start + range.start..start + range.end, rank };
            self.hits.push(Hit { name, said, order });
        }
        let goes_on = match self.syntax {
            Syntax::Shell => code.strip_suffix('\\'),
            Syntax::Batch => code.strip_suffix('^'),
            Syntax::Wrapper => None,
        };
        match goes_on {
            Some(part) => self.command.text.truncate(before + part.len()),
            None => self.command = CommandLine::default(),
        }
    }

    /// Counts the branches that a line opens and closes.
    fn branch(&mut self, code: &str) {
        let mut starts = true;
        for word in code.split_whitespace().flat_map(|word| word.split_inclusive(';')) {
            match word.trim_end_matches(';') {
                "if" | "case" if starts => self.depth += 1,
                "fi" | "esac" if starts => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            starts = word.ends_with(';') || matches!(word, "then" | "do" | "else" | "{" | "&&" | "||");
        }
    }

    fn what(&self, tested: bool, value: &str) -> What {
        if self.depth > 0 || tested {
            return What::Conditional;
        }
        if value.contains(['$', '%', '{', '`', '<', '@', '!']) {
            return What::Variable(plain_variable(value));
        }
        What::Value(value.to_owned())
    }
}

/// The name of an option, its value without quotes, and the bytes of it; `None` where the name goes on.
fn hit(line: &str, captures: &regex::Captures<'_>) -> Option<(String, Range<usize>, String)> {
    let (whole, name) = (captures.get(0)?, captures.get(1)?.as_str().to_owned());
    let Some(value) = captures.get(2) else {
        let ends = line[whole.end()..].chars().next().is_none_or(|next| next.is_whitespace() || "\"'\\;&|)".contains(next));
        // The launcher reads an option without a value as true.
        return ends.then(|| (name, whole.range(), "true".to_owned()));
    };
    let (text, quotes) = (value.as_str(), usize::from(value.as_str().starts_with(['"', '\''])));
    let range = value.start() + quotes..value.end() - quotes;
    Some((name, range, text[quotes..text.len() - quotes].to_owned()))
}

/// Where the comment of a line starts; its end, where it has none.
fn comment(line: &str, syntax: Syntax) -> usize {
    let start = line.trim_start();
    let whole = match syntax {
        Syntax::Shell => return shell_comment(line),
        Syntax::Batch => {
            let lower = start.to_lowercase();
            ["rem ", "@rem ", "::"].iter().any(|mark| lower.starts_with(mark))
        }
        Syntax::Wrapper => start.starts_with(['#', '!']),
    };
    if whole { 0 } else { line.len() }
}

fn shell_comment(line: &str) -> usize {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        if quote.is_some() {
            quote = quote.filter(|open| *open != c || before == '\\');
        } else if c == '#' && before.is_whitespace() {
            return at;
        } else if matches!(c, '"' | '\'') && before != '\\' {
            quote = Some(c);
        }
        before = c;
    }
    line.len()
}

/// Whether a line says something to people, or decides between arguments.
fn says_only(code: &str) -> bool {
    let start = code.trim_start().trim_start_matches('@').to_lowercase();
    let pattern = start.trim_end().ends_with(')') && !start.contains('(');
    pattern || ["echo", "printf", "elif ", "for ", "while "].iter().any(|word| start.starts_with(word))
}

/// The value that is given to `JAVA_OPTS`, if the line gives it one.
fn java_opts(code: &str) -> Option<&str> {
    let start = code.trim_start();
    let start = ["export ", "set ", "SET "].iter().find_map(|word| start.strip_prefix(word)).unwrap_or(start);
    start.trim_start_matches('"').strip_prefix("JAVA_OPTS=")
}

/// Whether a line gives `JAVA_OPTS` a value without what it held before.
fn clears_java_opts(code: &str) -> bool {
    java_opts(code).is_some_and(|value| !value.contains("JAVA_OPTS"))
}

/// Whether a line asks for something before it does what it does.
fn is_tested(code: &str) -> bool {
    let start = code.trim_start();
    start.starts_with('[') || start.starts_with("test ") || start.to_lowercase().starts_with("if ")
}

/// What tells where on a command line an option stands, each by the texts that do.
const MARKS: [&[&str]; 4] = [
    &["Bootstrap ", ".sh ", ".sh\" ", ".bat "],
    &["$*", "$@", "${@", "${*", "%*"],
    &[" JAVA_OPTS="],
    &["$JAVA_OPTS", "${JAVA_OPTS", "%JAVA_OPTS%"],
];

/// The length of the longest of them: one may begin in one line and end in the next.
const LONGEST: usize = 12;

/// A command, over one line or several, with where each of the marks first ends: so that a long one is searched once.
#[derive(Default)]
struct CommandLine {
    text: String,
    ends: [Option<usize>; 4],
}

impl CommandLine {
    /// Takes the next part of the command.
    fn push(&mut self, part: &str) {
        let mut from = self.text.len().saturating_sub(LONGEST);
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        self.text.push_str(part);
        for (end, marks) in self.ends.iter_mut().zip(MARKS).filter(|(end, _)| end.is_none()) {
            let first = |mark: &&str| self.text[from..].find(mark).map(|at| from + at + mark.len());
            *end = marks.iter().filter_map(first).min();
        }
    }

    /// The rank of an option at an offset.
    fn rank(&self, at: usize) -> Rank {
        let [arguments, given, assigned, used] = self.ends.map(|end| end.is_some_and(|end| end <= at));
        let is_value = || java_opts(&self.text).is_some_and(|value| self.text.len() - value.len() <= at);
        match (arguments, given) {
            (true, true) => Rank::Last,
            (true, false) => Rank::Argument,
            _ if assigned || is_value() => Rank::JavaOpts,
            _ if used => Rank::After,
            _ => Rank::Before,
        }
    }
}

/// The place of an option of the service wrapper: by its number.
fn wrapper_order(code: &str) -> (Rank, usize) {
    let key = code.split('=').next().unwrap_or_default().trim();
    let number = key.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or_default();
    (if key.starts_with("wrapper.app.parameter") { Rank::Argument } else { Rank::Before }, number)
}

/// `$OFFSET` of `$OFFSET`, `${OFFSET:-0}` or `%OFFSET%`.
fn plain_variable(value: &str) -> Option<String> {
    let name = match value.strip_prefix('$') {
        Some(rest) => rest.trim_matches(['{', '}']).split(":-").next().unwrap_or_default(),
        None => value.strip_prefix('%')?.strip_suffix('%')?,
    };
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| if value.starts_with('$') { format!("${name}") } else { value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(text: &str, syntax: Syntax) -> Option<(What, usize)> {
        let said = read(text, syntax).remove("portOffset")?;
        Some((said.what, text[..said.range.start].lines().count().max(1)))
    }

    fn said(text: &str) -> Option<(What, usize)> {
        option(text, Syntax::Shell)
    }

    fn value(text: &str) -> Option<String> {
        match said(text)?.0 {
            What::Value(value) => Some(value),
            other => Some(format!("{other:?}")),
        }
    }

    #[test]
    fn an_option_of_the_java_command_counts_with_its_line() {
        let text = "while true\ndo\n  $JAVACMD \\\n  $JAVA_OPTS \\\n  -DportOffset=3 \\\n  org.wso2.carbon.bootstrap.Bootstrap $*\ndone\n";
        assert_eq!(said(text), Some((What::Value("3".into()), 5)));
    }

    #[test]
    fn what_stands_later_on_the_command_line_wins() {
        let command = |options: &str| format!("JAVA_OPTS=\"-DportOffset=1\"\n$JAVACMD {options} Bootstrap $*\n");
        assert_eq!(value(&command("$JAVA_OPTS")).as_deref(), Some("1"));
        assert_eq!(value(&command("-DportOffset=2 $JAVA_OPTS")).as_deref(), Some("1"));
        assert_eq!(value(&command("$JAVA_OPTS -DportOffset=2")).as_deref(), Some("2"));
        assert_eq!(value("x Bootstrap -DportOffset=4 $*\nx $JAVA_OPTS -DportOffset=2 Bootstrap").as_deref(), Some("4"));
        assert_eq!(value("nohup sh wso2server.sh -DportOffset=4 &").as_deref(), Some("4"));
    }

    #[test]
    fn a_command_ranks_the_same_in_one_line_and_in_many() {
        let options = " $JAVA_OPTS -DportOffset=1 x.Bootstrap -DportOffset=2 $* -DportOffset=3";
        for start in ["java", "JAVA_OPTS=-Da=b", "export JAVA_OPTS=", "x; JAVA_OPTS=1"] {
            let whole = format!("{start}{options}");
            let mut one = CommandLine::default();
            one.push(&whole);
            for cut in 0..whole.len() {
                let mut two = CommandLine::default();
                two.push(&whole[..cut]);
                two.push(&whole[cut..]);
                let ranks = |line: &CommandLine| (0..=whole.len()).map(|at| line.rank(at)).collect::<Vec<_>>();
                assert_eq!(ranks(&one), ranks(&two), "{whole} at {cut}");
            }
        }
    }

    #[test]
    fn a_later_value_of_java_opts_replaces_an_earlier_one() {
        assert_eq!(said("JAVA_OPTS=-DportOffset=1\nexport JAVA_OPTS=\"-Da=b\""), None);
        assert_eq!(value("JAVA_OPTS=-DportOffset=1\nJAVA_OPTS=\"$JAVA_OPTS -Da=b\"").as_deref(), Some("1"));
    }

    #[test]
    fn comments_variables_and_conditions_are_no_values() {
        assert_eq!(said("a\n  # -DportOffset=2 \\"), None);
        assert_eq!(said("x -Da=b # -DportOffset=2"), None);
        assert_eq!(said("x -DportOffset=$OFFSET \\"), Some((What::Variable(Some("$OFFSET".into())), 1)));
        assert_eq!(said("x -DportOffset=\"${OFFSET:-0}\""), Some((What::Variable(Some("$OFFSET".into())), 1)));
        assert_eq!(said("x -DportOffset=$(cat /run/offset)"), Some((What::Variable(None), 1)));
        assert_eq!(said("if [ -n \"$X\" ]; then\n  JAVA_OPTS=-DportOffset=2\nfi"), Some((What::Conditional, 2)));
        assert_eq!(said("[ -n \"$X\" ] && JAVA_OPTS=-DportOffset=2"), Some((What::Conditional, 1)));
        assert_eq!(value("if a; then b; fi\nJAVA_OPTS=-DportOffset=2").as_deref(), Some("2"));
    }

    #[test]
    fn what_is_said_to_people_or_asked_of_arguments_is_none() {
        assert_eq!(said("echo \"usage: -DportOffset=2\"\ncase $1 in\n  -DportOffset=2)\n;;\nesac"), None);
        assert_eq!(said("x -DportOffsets=2 -DportOffset2"), None);
        assert_eq!(value("x -DportOffset").as_deref(), Some("true"));
    }

    #[test]
    fn the_last_number_of_the_wrapper_counts() {
        let text = "#wrapper.java.additional.9=-DportOffset=9\nwrapper.java.additional.12=-DportOffset=2\n\
                    wrapper.java.additional.3 = -DportOffset=1\n";
        assert_eq!(option(text, Syntax::Wrapper), Some((What::Value("2".into()), 2)));
    }

    #[test]
    fn batch_files_are_read_too() {
        let said = |text| option(text, Syntax::Batch);
        let text = "rem -DportOffset=9\r\nset CMD_LINE_ARGS=%JAVA_OPTS% -DportOffset=2 -Da=b\r\n";
        assert_eq!(said(text), Some((What::Value("2".into()), 2)));
        assert_eq!(said("set X=-DportOffset=%OFFSET%"), Some((What::Variable(Some("%OFFSET%".into())), 1)));
    }
}
