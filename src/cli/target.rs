//! What arguments name: topology files, their folders, or nodes without a file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::home::display;
use crate::project::{Engine, OpenError, Project};
use crate::report::{self, Style};

/// A deployment that was asked for.
pub enum Target {
    /// A topology file; whether it is the usual one of a folder, which nobody named.
    File { path: PathBuf, is_usual: bool },
    /// Nodes as `name=role:directory`.
    Nodes(Vec<String>),
}

/// The deployments that arguments name, each once.
pub fn of(arguments: &[String]) -> Result<Vec<Target>, String> {
    if arguments.is_empty() {
        return Ok(vec![Target::File { path: "topology.yaml".into(), is_usual: true }]);
    }
    match arguments.iter().filter(|argument| is_node(argument)).count() {
        0 => {}
        nodes if nodes == arguments.len() => return Ok(vec![Target::Nodes(arguments.to_vec())]),
        _ => return Err("error: expected topology files, or nodes as NAME=ROLE:DIRECTORY, but not both".to_owned()),
    }
    let mut seen = HashSet::new();
    let file = |path: &Path| {
        let is_usual = path.is_dir();
        Target::File { path: if is_usual { path.join("topology.yaml") } else { path.into() }, is_usual }
    };
    let mut is_new = |target: &Target| match target {
        Target::File { path, .. } => seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())),
        Target::Nodes(_) => true,
    };
    Ok(arguments.iter().map(|argument| file(Path::new(argument))).filter(|target| is_new(target)).collect())
}

/// `name=role:directory`, and no file of that name.
fn is_node(argument: &str) -> bool {
    argument.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '\\', '.'])) && !Path::new(argument).is_file()
}

impl Target {
    /// Its name for people.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => display(path),
            Self::Nodes(_) => "<command line>".to_owned(),
        }
    }

    /// The topology file.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Nodes(_) => None,
        }
    }

    /// Opens it.
    pub fn open(&self, engine: &Engine) -> Result<Project, OpenError> {
        match self {
            Self::File { path, .. } => engine.open(path),
            Self::Nodes(nodes) => engine.open_ad_hoc(nodes),
        }
    }

    /// Ids of the rules that its topology brings along; none where it cannot be read, which opening it says.
    pub fn own_rules(&self, engine: &Engine) -> Vec<String> {
        let rules = match self {
            Self::File { path, .. } => engine.rules_named_by(path).ok(),
            Self::Nodes(_) => None,
        };
        rules.map_or_else(Vec::new, |rules| rules.ids().into_iter().map(str::to_owned).collect())
    }

    /// Why it cannot be opened, for people.
    pub fn explain(&self, error: &OpenError, style: &Style) -> String {
        let hint = "\nName a topology file, write a first one (carbonlint init DIR), or check homes without one: \
                    carbonlint check gw=gateway:homes/gw km=key-manager:homes/km";
        let nameless = matches!((self, error), (Self::File { is_usual: true, .. }, OpenError::Unreadable { .. }));
        report::topology_errors::render(error, style) + if nameless { hint } else { "" }
    }
}
