//! Commands of a script: which of them starts the server, and what the others say.

use std::ops::Range;

use super::parts::{Field, Split, head, tail};
use super::values::{JAVA_OPTS, Piece, Values};
use super::walk::Launches;

/// Scripts that start a server, without what stands behind the dot.
const STARTS: [&str; 7] = ["wso2server", "wso2carbon", "api-manager", "gateway", "traffic-manager", "api-cp", "key-manager"];

/// The script that prepares files for a profile: shipped scripts start it too, with variables of their own.
const PROFILE_SETUP: &str = "profilesetup";

/// What a field of a command means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    /// Another script: it starts the server if nothing else does.
    Script,
    /// A start script of the product.
    Product,
    /// The class that starts it.
    Class,
}

/// The commands so far.
#[derive(Debug, Default)]
pub(super) struct Commands<'t> {
    sure: Launches<'t>,
    scripts: Launches<'t>,
    others: Vec<Piece<'t>>,
    ignored: Vec<Piece<'t>>,
    /// The first file that is read into the script, and the first script of another name that is started.
    sourced: Option<Range<usize>>,
    started: Option<Range<usize>>,
}

/// Under which conditions a command runs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct When {
    /// In a branch. The server starts in a loop in shipped scripts: then the options of that command are there all the same.
    pub(super) branch: bool,
    /// In a branch or in a loop.
    pub(super) perhaps: bool,
}

impl<'t> Commands<'t> {
    /// Takes a command, with the variables that it alone was given.
    pub(super) fn take(&mut self, values: &mut Values<'t>, text: &str, fields: &[Field<'t>], given: &[&'t str], when: When) {
        let start = start(text, fields);
        self.sourced = self.sourced.take().or_else(|| sources(text, fields));
        if let Some((at, Start::Script)) = start {
            self.started = self.started.take().or_else(|| range(&fields[at]));
        }
        let (before, behind) = match start {
            Some((at, _)) => (&fields[..at], &fields[at + 1..]),
            None => (fields, &[][..]),
        };
        let perhaps = if start.is_some() { when.branch } else { when.perhaps };
        let mut pieces = Vec::new();
        for field in before {
            values.field(field, Split::Never, &mut pieces);
        }
        let mut arguments = Vec::new();
        for field in behind {
            values.field(field, Split::Never, &mut arguments);
        }
        for direct in [&mut pieces, &mut arguments] {
            for piece in direct.iter_mut().filter(|piece| perhaps && matches!(piece, Piece::Option(_))) {
                *piece = Piece::Perhaps(values.node(vec![*piece]));
            }
        }
        pieces.extend(given.iter().map(|name| values.variable(name)));
        let prepares = |field: &Field<'t>| script(tail(text, field)).is_some_and(|name| name == PROFILE_SETUP);
        let launches = match start {
            // What is written there tells the profile, what is in variables comes from the command line.
            None if fields.iter().any(prepares) => {
                let (held, written): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| matches!(piece, Piece::Held(..)));
                self.ignored.extend(held);
                return self.others.extend(written);
            }
            None => return self.others.extend(pieces),
            Some((_, Start::Script)) => &mut self.scripts,
            Some(_) => &mut self.sure,
        };
        launches.any = true;
        launches.jvm.extend(pieces);
        // A script that is started from here finds the variable in its environment.
        launches.jvm.extend(start.filter(|(_, start)| *start != Start::Class).map(|_| values.variable(JAVA_OPTS)));
        launches.arguments.extend(arguments);
    }

    /// What starts the server.
    pub(super) fn launches(self) -> Launches<'t> {
        let Self { sure, scripts, mut others, ignored, sourced, started } = self;
        if !sure.any {
            return Launches { others, ignored, runs: sourced.or(started), ..scripts };
        }
        others.extend(scripts.jvm);
        others.extend(scripts.arguments);
        Launches { others, ignored, sure: true, runs: sourced, ..sure }
    }
}

/// Whether a command starts the server.
pub(super) fn starts(text: &str, fields: &[Field<'_>]) -> bool {
    start(text, fields).is_some_and(|(_, start)| start > Start::Script)
}

/// The field that tells that a command starts the server, the first of those that tell it best.
fn start(text: &str, fields: &[Field<'_>]) -> Option<(usize, Start)> {
    let sourced = fields.first().is_some_and(|first| matches!(head(text, first), "." | "source"));
    let of = |field: &Field<'_>| {
        let tail = tail(text, field);
        if tail.ends_with("Bootstrap") {
            return Some(Start::Class);
        }
        let name = script(tail).filter(|_| !sourced && !head(text, field).starts_with('-'))?;
        if STARTS.contains(&name.as_str()) {
            return Some(Start::Product);
        }
        (name != PROFILE_SETUP).then_some(Start::Script)
    };
    let found = fields.iter().enumerate().filter_map(|(at, field)| Some((at, of(field)?)));
    found.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The file that a command reads into the script; those that set up a login set no options of a server.
fn sources(text: &str, fields: &[Field<'_>]) -> Option<Range<usize>> {
    let [first, file, ..] = fields else { return None };
    let of_login = ["profile", "bashrc"].iter().any(|name| tail(text, file).ends_with(name));
    (matches!(head(text, first), "." | "source") && !of_login).then(|| range(file))?
}

fn range(field: &Field<'_>) -> Option<Range<usize>> {
    Some(field.first()?.range().start..field.last()?.range().end)
}

/// The name of the script that a path names, without what stands behind the dot.
pub(in crate::start) fn script(path: &str) -> Option<String> {
    let path = strip(path, ".sh").or_else(|| strip(path, ".bat"))?;
    Some(path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase())
}

/// A text without its end, in whatever case that is written.
fn strip<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(end.len())?;
    let found = text.get(at..)?;
    found.eq_ignore_ascii_case(end).then(|| &text[..at])
}
