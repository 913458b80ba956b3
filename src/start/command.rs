//! The start command, as it was pasted: what its `-D` options say. Split as a shell does.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Rank, script};

/// A character of the command, and its byte offset there.
type Character = (char, usize);

/// What a start command says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// What counts of each `-D` option.
    pub options: BTreeMap<String, Value>,
    /// Whether it throws `JAVA_OPTS` away (`wso2server.sh`, at `--debug`: `JAVA_OPTS=""`).
    pub debug: bool,
    /// The variables that it gives the server's environment, with their values. None that is empty.
    pub environment: BTreeMap<String, String>,
    /// The paths of scripts that it names, which end in `.sh` or `.bat`.
    pub scripts: Vec<String>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As the server sees it.
    pub value: String,
    /// Its bytes in the command; the whole option where it has no value.
    pub range: Range<usize>,
    /// Where it stands.
    pub rank: Rank,
}

/// Reads a command.
///
/// # Errors
/// The byte offset of a quote that is opened and never closed.
pub fn read(command: &str) -> Result<Command, usize> {
    let command = &*script::one_word(command);
    let characters: Vec<Character> = command.char_indices().map(|(at, c)| (c, at)).collect();
    let mut reader = Reader { command, found: BTreeMap::new(), debug: false, environment: BTreeMap::new(), scripts: Vec::new() };
    reader.read(&words(&characters)?, Rank::Argument, 0);
    let debug = reader.debug;
    let effective = reader.found.into_iter().filter_map(|(key, ranks)| {
        let mut by_rank = ranks.into_iter().rev().filter(|(rank, _)| !(debug && *rank == Rank::JavaOpts));
        by_rank.next().map(|(_, value)| (key, value))
    });
    Ok(Command { options: effective.collect(), debug, environment: reader.environment, scripts: reader.scripts })
}

struct Reader<'c> {
    command: &'c str,
    found: BTreeMap<String, BTreeMap<Rank, Value>>,
    debug: bool,
    environment: BTreeMap<String, String>,
    scripts: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, words: &[Vec<Character>], rank: Rank, depth: usize) {
        /// `sh -c "bash -c '…'"`: nobody goes deeper.
        const DEEPEST: usize = 4;
        let mut previous = String::new();
        for word in words {
            let text: String = word.iter().map(|(c, _)| *c).collect();
            if let Some((name, value)) = text.split_once('=').filter(|(name, value)| is_name(name) && !value.is_empty()) {
                self.environment.insert(name.to_owned(), value.to_owned());
            }
            let (inner, inner_rank) = match assigned(&text) {
                Some((prefix, rank)) => (Some(&word[prefix..]), rank),
                // `sh -c "sh wso2server.sh -DportOffset=2"`
                None if matches!(previous.as_str(), "-c" | "-lc" | "-ec" | "/c" | "/C") => (Some(word.as_slice()), rank),
                None => (None, rank),
            };
            if let Some(inner) = inner.filter(|_| depth < DEEPEST)
                && let Ok(words) = self::words(inner)
            {
                self.read(&words, inner_rank, depth + 1);
            } else if text.starts_with("-D") {
                self.option(word, rank);
            } else if rank == Rank::Argument && matches!(text.as_str(), "--debug" | "-debug" | "debug") {
                self.debug = true;
            } else if is_script(&text) {
                // In a path of Windows nothing is escaped.
                let written = self.command.get(range(word)).unwrap_or_default();
                let windows = written.match_indices('\\').any(|(at, _)| written[at + 1..].starts_with(char::is_alphanumeric));
                self.scripts.push(if windows { written.to_owned() } else { text.clone() });
            }
            previous = text;
        }
    }

    /// Takes `-Dk=v`. `-Dk` without a value says "true", `-Dk=` the empty text.
    fn option(&mut self, word: &[Character], rank: Rank) {
        let whole = range(word);
        let option = word.get(2..).unwrap_or_default();
        let equals = option.iter().position(|(c, _)| *c == '=');
        let (key, value) = match equals {
            Some(at) => {
                let value = &option[at + 1..];
                let range = if value.is_empty() { whole } else { range(value) };
                (&option[..at], Value { value: value.iter().map(|(c, _)| *c).collect(), range, rank })
            }
            None => (option, Value { value: "true".to_owned(), range: whole, rank }),
        };
        let key: String = key.iter().map(|(c, _)| *c).collect();
        if !key.is_empty() {
            self.found.entry(key).or_default().insert(rank, value);
        }
    }
}

/// The length of `JAVA_OPTS=` and its rank, if the word assigns one of the variables that hold options.
fn assigned(word: &str) -> Option<(usize, Rank)> {
    let variables =
        [("JAVA_OPTS=", Rank::JavaOpts), ("JDK_JAVA_OPTIONS=", Rank::JdkOptions), ("JAVA_TOOL_OPTIONS=", Rank::ToolOptions)];
    variables.into_iter().find(|(prefix, _)| word.starts_with(prefix)).map(|(prefix, rank)| (prefix.len(), rank))
}

/// Whether a word is the path of a script, and no address or option that ends like one.
fn is_script(word: &str) -> bool {
    script::script(word).is_some() && !word.starts_with('-') && !word.contains(['=', '@', '\n']) && !word.contains("//")
}

/// Whether a text is the name of a variable.
fn is_name(text: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(of_name)
}

/// From the first character to the last; escapes and quotes between them belong to it.
fn range(characters: &[Character]) -> Range<usize> {
    match (characters.first(), characters.last()) {
        (Some((_, start)), Some((c, end))) => *start..end + c.len_utf8(),
        _ => 0..0,
    }
}

/// Splits a command into words: quotes, escapes, comments, and the operators between commands. `Err` is the offset of a
/// quote that is never closed.
fn words(characters: &[Character]) -> Result<Vec<Vec<Character>>, usize> {
    let mut words = Vec::new();
    let mut word: Option<Vec<Character>> = None;
    // Inside `$(…)` nothing is split: what it yields is unknown.
    let mut substitutions = 0_usize;
    // Where output goes to is no word of the command.
    let mut redirected = false;
    let mut finish = |word: &mut Option<Vec<Character>>, redirected: &mut bool| {
        if let Some(done) = word.take()
            && !std::mem::take(redirected)
        {
            words.push(done);
        }
    };
    let mut rest = characters.iter().copied().peekable();
    while let Some((c, at)) = rest.next() {
        match c {
            '#' if word.is_none() => while rest.next_if(|(c, _)| *c != '\n').is_some() {},
            '(' if substitutions > 0 || word.as_ref().and_then(|word| word.last()).is_some_and(|(c, _)| *c == '$') => {
                substitutions += 1;
                word.get_or_insert_default().push((c, at));
            }
            ')' if substitutions > 0 => {
                substitutions -= 1;
                word.get_or_insert_default().push((c, at));
            }
            _ if substitutions > 0 => word.get_or_insert_default().push((c, at)),
            '\'' | '"' => quoted((c, at), &mut rest, word.get_or_insert_default())?,
            '\\' => match rest.next() {
                // A line that goes on in the next one.
                Some(('\n', _)) => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => word.get_or_insert_default().push((c, at)),
            },
            // A mark of a template, and no redirection.
            '<' if rest.next_if(|(c, _)| *c == '%').is_some() => {
                let word = word.get_or_insert_default();
                word.extend([(c, at), ('%', at + 1)]);
                let mut before = ' ';
                for inner in rest.by_ref() {
                    word.push(inner);
                    if (before, inner.0) == ('%', '>') {
                        break;
                    }
                    before = inner.0;
                }
            }
            ';' | '&' | '|' | '<' | '>' | '(' | ')' => {
                finish(&mut word, &mut redirected);
                redirected = c == '>' || redirected && c == '&';
            }
            _ if c.is_whitespace() => finish(&mut word, &mut redirected),
            _ => word.get_or_insert_default().push((c, at)),
        }
    }
    finish(&mut word, &mut redirected);
    Ok(words)
}

/// Reads to the closing quote.
fn quoted(open: Character, rest: &mut impl Iterator<Item = Character>, word: &mut Vec<Character>) -> Result<(), usize> {
    while let Some((c, at)) = rest.next() {
        match c {
            _ if c == open.0 => return Ok(()),
            '\\' if open.0 == '"' => match rest.next() {
                Some(('\n', _)) => {}
                Some(escaped @ ('$' | '`' | '"' | '\\', _)) => word.push(escaped),
                Some(other) => word.extend([(c, at), other]),
                None => return Err(open.1),
            },
            _ => word.push((c, at)),
        }
    }
    Err(open.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(command: &str, key: &str) -> Option<String> {
        read(command).expect("quotes are closed").options.remove(key).map(|found| found.value)
    }

    fn offset(command: &str) -> Option<String> {
        value(command, "portOffset")
    }

    #[test]
    fn options_are_found_in_a_plain_command() {
        let command = "sh wso2server.sh -Dprofile=api-key-manager -DportOffset=5";
        assert_eq!(offset(command).as_deref(), Some("5"));
        assert_eq!(value(command, "profile").as_deref(), Some("api-key-manager"));
        assert_eq!(read(command).expect("closed").options["portOffset"].range, 56..57);
    }

    #[test]
    fn arguments_win_over_java_opts_wherever_they_stand() {
        assert_eq!(offset("JAVA_OPTS=\"-DportOffset=2\" sh wso2server.sh -DportOffset=5").as_deref(), Some("5"));
        assert_eq!(offset("sh wso2server.sh -DportOffset=5; export JAVA_OPTS='-Da=b -DportOffset=2'").as_deref(), Some("5"));
        assert_eq!(offset("JAVA_OPTS=\"-Da=b -DportOffset=2\" sh wso2server.sh").as_deref(), Some("2"));
        assert_eq!(offset("docker run -e JAVA_OPTS=-DportOffset=3 wso2am").as_deref(), Some("3"));
        assert_eq!(offset("JAVA_TOOL_OPTIONS=-DportOffset=1 JAVA_OPTS=-DportOffset=2 sh wso2server.sh").as_deref(), Some("2"));
    }

    #[test]
    fn variables_that_are_set_are_known() {
        let environment = |command: &str| {
            let all: Vec<(String, String)> = read(command).expect("quotes are closed").environment.into_iter().collect();
            all
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(environment("JAVA_OPTS='-Da=b -Dc=d' sh x.sh -De=f"), [pair("JAVA_OPTS", "-Da=b -Dc=d")]);
        assert_eq!(environment("docker run -e A=b -e C= --env=D=e x"), [pair("A", "b")]);
    }

    #[test]
    fn the_last_among_equals_wins() {
        assert_eq!(offset("sh wso2server.sh -DportOffset=5 -DportOffset=6").as_deref(), Some("6"));
        assert_eq!(offset("JAVA_OPTS='-DportOffset=1 -DportOffset=2' sh wso2server.sh").as_deref(), Some("2"));
    }

    #[test]
    fn debug_throws_java_opts_away() {
        assert_eq!(offset("JAVA_OPTS=-DportOffset=2 sh wso2server.sh --debug 5005"), None);
        assert!(read("sh wso2server.sh --debug 5005").expect("closed").debug);
        assert_eq!(offset("JAVA_OPTS=-DportOffset=2 sh wso2server.sh --debug 5005 -DportOffset=3").as_deref(), Some("3"));
    }

    #[test]
    fn an_option_without_value_is_kept_as_the_launcher_reads_it() {
        assert_eq!(offset("sh wso2server.sh -DportOffset").as_deref(), Some("true"));
        assert_eq!(offset("sh wso2server.sh -DportOffset=").as_deref(), Some(""));
        assert_eq!(offset("sh wso2server.sh -DportOffset=abc").as_deref(), Some("abc"));
        assert!(read("-D -D=x").expect("closed").options.is_empty());
    }

    #[test]
    fn quotes_and_escapes_are_those_of_a_shell() {
        assert_eq!(offset("sh wso2server.sh -DportOffset=\"5\"").as_deref(), Some("5"));
        assert_eq!(offset("sh wso2server.sh '-DportOffset=5'").as_deref(), Some("5"));
        assert_eq!(offset("sh wso2server.sh \\\n  -DportOffset=5 > log 2>&1 &").as_deref(), Some("5"));
        assert_eq!(offset("sh wso2server.sh -DportOffset=5&").as_deref(), Some("5"));
        assert_eq!(value("sh x -Da=\"b \\\"c\\\" d\"", "a").as_deref(), Some("b \"c\" d"));
        assert_eq!(value("sh x -Da=b\\ c", "a").as_deref(), Some("b c"));
        assert_eq!(offset("sh wso2server.sh # -DportOffset=5"), None);
        assert_eq!(offset("sh wso2server.sh -DportOffset=$(cat offset; true) -Da=b").as_deref(), Some("$(cat offset; true)"));
    }

    #[test]
    fn a_command_within_a_command_counts() {
        assert_eq!(offset("sh -c 'cd /opt && sh wso2server.sh -DportOffset=5'").as_deref(), Some("5"));
        assert_eq!(offset("sh -c 'JAVA_OPTS=\"-DportOffset=2\" sh wso2server.sh'").as_deref(), Some("2"));
    }

    #[test]
    fn scripts_are_named() {
        let scripts = |command: &str| read(command).expect("quotes are closed").scripts;
        assert_eq!(scripts("cd /opt && sh -c './start-gw.sh -Da=b' > out.log"), ["./start-gw.sh"]);
        assert_eq!(scripts("bin/start\\ gw.sh a; 'b c'/\"d\".sh"), ["bin/start gw.sh", "b c/d.sh"]);
        assert_eq!(scripts("bin/x.sh > log.sh 2>&1 & y.sh >>z.sh"), ["bin/x.sh", "y.sh"]);
        let none: [&str; 0] = [];
        assert_eq!(scripts("curl https://u:p@repo.example.com/x.sh --log=x.sh A=b.sh"), none);
        assert_eq!(scripts("bin\\Start.BAT"), ["bin\\Start.BAT"]);
    }

    #[test]
    fn an_open_quote_is_found() {
        assert_eq!(read("sh wso2server.sh 'x"), Err(17));
        assert_eq!(read("sh \"x\\"), Err(3));
    }

    #[test]
    fn ranges_are_bytes() {
        let command = "sh wso2-ä.sh -DportOffset='12'";
        let range = read(command).expect("closed").options["portOffset"].range.clone();
        assert_eq!(&command[range], "12");
    }
}
