//! What the start scripts of a home say: offset, profile, and which scripts there are.

use std::path::Path;

use crate::catalogue::{InitFacts, Script};
use crate::home::{self, FileState, FoundHome, Home, Storage, Wanted};
use crate::source::{Sources, Span, Spanned, TextKind};
use crate::topology::Layer;

use super::scripts::{self, What};

/// What the start scripts of a home say.
#[derive(Debug, Default)]
pub struct Start {
    /// Paths of the scripts that are there, relative to the home.
    pub scripts: Vec<String>,
    /// What scripts say of the offset, each with its `file:line`.
    pub offsets: Vec<(String, What)>,
    /// What scripts say of the profile.
    pub profiles: Vec<(String, What)>,
    /// Scripts that could not be read, each with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// The offset that the scripts of a home give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// No script says anything.
    Nothing,
    /// A number, and where it is written.
    Offset(i32, String),
    /// A number in a comment, and where.
    Commented(i32, String),
    /// It cannot be known: why.
    Unknown(String),
}

/// Reads the start scripts of homes.
pub fn read(storage: &dyn Storage, homes: &[FoundHome], facts: &InitFacts, offset: &str) -> Vec<Start> {
    let wanted: Vec<Wanted> =
        facts.scripts.iter().map(|script| Wanted { path: script.path.clone(), kind: TextKind::Utf8 }).collect();
    let paths: Vec<String> = homes.iter().map(|home| home.path.to_string_lossy().into_owned()).collect();
    let spanned = |value: &String| Spanned { value: value.clone(), span: Span::default() };
    let layers: Vec<[Layer; 1]> = paths.iter().map(|path| [Layer { path: spanned(path), to: None }]).collect();
    let layers: Vec<&[Layer]> = layers.iter().map(<[Layer; 1]>::as_slice).collect();
    let mut sources = Sources::default();
    let read = home::read(storage, Path::new("."), &layers, &wanted, &mut sources);
    read.iter().map(|home| start(home, &sources, &facts.scripts, [offset, &facts.profile])).collect()
}

fn start(home: &Home, sources: &Sources, scripts: &[Script], [offset, profile]: [&str; 2]) -> Start {
    let mut start = Start::default();
    for (index, script) in scripts.iter().enumerate() {
        match home.file(index) {
            FileState::Absent => {}
            FileState::Unreadable(source, why) => {
                start.scripts.push(script.path.clone());
                start.unreadable.push((sources.get(*source).name.clone(), why.clone()));
            }
            FileState::Read(source) => {
                start.scripts.push(script.path.clone());
                let text = sources.get(*source).content.text();
                let said = |option| {
                    let said = scripts::option(text, script.syntax, option)?;
                    Some((format!("{}:{}", short(&script.path), said.line), said.what))
                };
                start.offsets.extend(said(offset));
                start.profiles.extend(said(profile));
            }
        }
    }
    start
}

impl Start {
    /// The offset that the start gives: where several scripts give one, only if they agree.
    pub fn offset(&self) -> Given {
        let commented = |what: &What| matches!(what, What::Commented(_));
        let said: Vec<&(String, What)> = self.offsets.iter().filter(|(_, what)| !commented(what)).collect();
        let Some((place, what)) = said.first() else { return self.commented() };
        if said.iter().any(|(_, other)| other != what) {
            let all: Vec<String> = said.iter().map(|(place, what)| words(place, what)).collect();
            return Given::Unknown(format!("{}: the one that starts the server counts", all.join(", ")));
        }
        match what {
            What::Value(value) => match value.parse() {
                Ok(number) => Given::Offset(number, place.clone()),
                Err(_) => Given::Unknown(words(place, what)),
            },
            _ => Given::Unknown(words(place, what)),
        }
    }

    fn commented(&self) -> Given {
        let number = |(place, what): &(String, What)| match what {
            What::Commented(value) => value.parse().ok().map(|number| Given::Commented(number, place.clone())),
            _ => None,
        };
        self.offsets.iter().find_map(number).unwrap_or(Given::Nothing)
    }
}

/// What a script says, in words. Nothing of it is quoted but numbers and names of variables.
fn words(place: &str, what: &What) -> String {
    match what {
        What::Value(value) | What::Commented(value) => match value.parse::<i32>() {
            Ok(number) => format!("{place} says {number}"),
            Err(_) => format!("{place} says something that is no whole number"),
        },
        What::Variable(Some(name)) => format!("{place} takes it from {name}"),
        What::Variable(None) => format!("{place} takes it from somewhere else"),
        What::Conditional => format!("{place} sets it under a condition"),
    }
}

/// The last part of a path with forward slashes.
pub fn short(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
