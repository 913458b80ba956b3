//! Options of the server in its start scripts: what `-Dname=value` says there, and where.
//!
//! A script is a program, and this is no shell: what is set under a condition, or taken from a variable, is told apart from
//! what is written out. The order is that of the shipped scripts (product-apim@v2.6.0 `wso2server.sh`, `wso2server.bat`;
//! v4.x `api-manager.sh`): options of the JVM, `$JAVA_OPTS`, more options of the JVM, the class, the arguments of the script
//! (`$*`, `%CMD%`). The JVM takes the last of several options of one name, and the class sets what arguments say once the JVM
//! runs (`org.wso2.carbon.server.Main`), so that an argument wins wherever it stands.

mod batch;
mod batch_words;
mod functions;
mod launch;
mod parts;
mod shell;
mod shell_test;
mod shell_words;
#[cfg(test)]
mod tests;
mod values;
mod walk;
mod wrapper;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

pub(super) use launch::script;

use super::{Rank, Syntax};

/// What a script says of options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    said: BTreeMap<String, Vec<Said>>,
    /// Values that count in no case: others stand in their place before the server starts.
    discarded: BTreeMap<String, Vec<(String, Range<usize>)>>,
    /// What becomes of the `JAVA_OPTS` that it is given.
    pub java_opts: JavaOpts,
    /// Whether the server gets the arguments that it is given.
    pub hands_on: bool,
    /// Whether it starts the server itself, by its class or by a script of the product.
    pub starts: bool,
    /// Another script that it runs and that may start the server or set its options: the bytes of its name.
    pub runs: Option<Range<usize>>,
}

impl Options {
    /// Every option by name, with what is said of it: what wins comes first. All but the last count under circumstances
    /// ([`Said::unless`], [`Said::java_opts`]).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Said])> {
        self.said.iter().map(|(name, said)| (name.as_str(), said.as_slice()))
    }

    /// Values of an option that are written and count in no case.
    pub fn discarded(&self, name: &str) -> &[(String, Range<usize>)] {
        self.discarded.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What a script says of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is written.
    pub what: What,
    /// Bytes of the text: from the first of the value to the last, without quotes around it; the whole option where it has no
    /// value.
    pub range: Range<usize>,
    /// Where it stands on the command line.
    pub rank: Rank,
    /// It counts only where the environment does not set this variable: `${JAVA_OPTS:--Da=b}`.
    pub unless: Option<String>,
    /// It stands in `JAVA_OPTS`, which `--debug` throws away.
    pub java_opts: bool,
}

/// What is written for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A value.
    Value(String),
    /// A variable, with its name where that is a plain one: `$OFFSET`, `%OFFSET%`.
    Variable(Option<String>),
    /// A template that was not rendered.
    Template,
    /// A value or a variable, under a condition.
    Conditional,
    /// A value or a variable, for a command that does not start the server, or in a variable that none that does it names.
    Elsewhere,
}

/// What becomes of the `JAVA_OPTS` that a script is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JavaOpts {
    /// The server gets it.
    Kept,
    /// The script gives it another value, at this place.
    Replaced(Range<usize>),
    /// It may do so.
    Perhaps(Range<usize>),
}

/// Marks of a template that was not rendered as one word, as long as they were: in `<%= @offset %>` a shell would read a file.
pub(super) fn one_word(text: &str) -> Cow<'_, str> {
    static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<%[^\r\n%]*%>").ok());
    match &*MARK {
        Some(mark) if text.contains("<%") => mark.replace_all(text, |mark: &Captures<'_>| {
            let inside = &mark[0][2..mark[0].len() - 2];
            format!("{{{{{}}}}}", inside.replace(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric(), "_"))
        }),
        _ => Cow::Borrowed(text),
    }
}

/// Reads a script. What is commented out is not there.
pub fn read(text: &str, syntax: Syntax) -> Options {
    let text = &*one_word(text);
    let (values, launches) = match syntax {
        Syntax::Shell => shell::read(text),
        Syntax::Batch => batch::read(text),
        Syntax::Wrapper => return wrapper::read(text),
    };
    let options = walk::options(values, launches);
    let one_by_one = ["$1", "${1", "%1", "%~1"].iter().any(|argument| text.contains(argument));
    Options { hands_on: options.hands_on || one_by_one, ..options }
}
