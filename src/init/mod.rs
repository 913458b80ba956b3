//! A first topology, out of homes that nobody has described yet: what their files say becomes the topology's, what only
//! their names suggest is marked as a guess, and what nobody says is left for the user to fill in.
//!
//! The homes are opened as a deployment whose roles are not known, so that everything is read as a check would read it.
//! What is written is opened again before it is handed out.

mod called;
mod hosts;
mod names;
mod roles;
mod write;

use std::path::{Path, PathBuf};

use crate::catalogue::{self, InitFacts};
use crate::home::{self, Disk, FileState, Found, FoundHome, Lies, Storage, Wanted, display};
use crate::project::{Engine, Project};
use crate::source::{Content, file_name};
use crate::topology::{self, TopologyError};

use hosts::Host;
use roles::{Evidence, Known};

/// A first topology.
#[derive(Debug)]
pub struct First {
    /// The file.
    pub text: String,
    /// How many nodes are in it.
    pub nodes: usize,
    /// What else people should know.
    pub notes: Vec<String>,
}

/// All that the topology says of one home.
struct Node {
    name: String,
    /// The home, relative to the topology.
    path: String,
    /// At least one; the first counts.
    evidence: Vec<Evidence>,
    host: Host,
    /// Whether it may share a machine with others.
    beside: bool,
    /// The offset of the home's files, in words.
    offset: Option<OffsetSaid>,
    /// Whether the home says its version.
    version: bool,
}

/// What files of a home say of its offset, in words.
enum OffsetSaid {
    /// It is known.
    Known(String),
    /// It has to be filled in: why.
    Unknown(String),
}

/// Makes a topology of the homes in and below `folders`. Paths in it are relative to the folder of `output`, or to the
/// working directory.
///
/// # Errors
/// What is wrong, and what to do: a folder is not there, or no home is found.
pub fn first_topology(engine: &Engine, folders: &[PathBuf], output: Option<&Path>) -> Result<First, String> {
    let facts = catalogue::load_init(&engine.catalogue).map_err(|error| error.to_string())?;
    let base = folder(output)?;
    let disk = Disk::below(folders.iter().map(PathBuf::as_path));
    let found = home::find(&disk, folders, &telling(engine))?;
    let mut notes: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
    let (homes, paths) = reachable(&disk, &base, &found, &mut notes);
    if homes.is_empty() {
        return Err(nothing(folders, &found, &notes));
    }
    let disk = Disk::below(folders.iter().chain(homes.iter().map(|home| &home.real)).map(PathBuf::as_path));
    let names = names::nodes(&homes);
    let draft = write::draft(&names, &paths, &facts.otherwise);
    let open = |text: &str| engine.open_in(&disk, &base, text).map_err(|error| failed(&error.to_string()));
    let project = open(&draft)?;
    let known: Vec<Known<'_>> = known(&project, &homes, &disk);
    notes.extend(known.iter().flat_map(unreadable));
    let nodes = nodes(engine, &facts, &known, &names, &paths);
    let name = output.map_or_else(|| "topology.yaml".to_owned(), display);
    let text = write::topology(&nodes, &called::hosts(&project.model, &nodes), &engine.catalogue, &name);
    understood(&text)?;
    open(&text)?;
    let notes = notes.iter().map(|note| write::one_line(note)).collect();
    Ok(First { text, nodes: nodes.len(), notes })
}

/// The folder of the topology, which has to be there.
fn folder(output: Option<&Path>) -> Result<PathBuf, String> {
    let parent = output.and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new(".")).to_owned();
    if Disk::below([]).lies(&folder) == Ok(Some(Lies::Directory)) {
        return Ok(folder);
    }
    Err(format!("{} is no folder, and the topology was to be written there; make it first", display(&folder)))
}

/// The homes that a topology can name, each with its path in the topology.
fn reachable(disk: &Disk, base: &Path, found: &Found, notes: &mut Vec<String>) -> (Vec<FoundHome>, Vec<String>) {
    let mut reachable = (Vec::new(), Vec::new());
    for home in &found.homes {
        let shown = display(&home.path);
        match home::relative(disk, base, home) {
            Ok(path) if path.contains(['*', '?', '[', '{']) => {
                notes.push(format!("{shown} is left out: a topology would read its name as a pattern; rename it"));
            }
            Ok(path) => {
                reachable.0.push(home.clone());
                reachable.1.push(path);
            }
            Err(why) => notes.push(format!("{shown} is left out: {why}")),
        }
    }
    reachable
}

/// Why there is no topology: what was looked for, and where.
fn nothing(folders: &[PathBuf], found: &Found, notes: &[String]) -> String {
    let shown: Vec<String> = folders.iter().map(|folder| display(folder)).collect();
    let looked = if found.looked == 1 { "1 folder".to_owned() } else { format!("{} folders", found.looked) };
    let mut lines = vec![
        format!("no home of a node was found in {} ({looked} looked into)", shown.join(", ")),
        "A home is the product directory of a node, or the part of it that holds its configuration: a directory with".to_owned(),
        "repository/conf/carbon.xml, repository/conf/api-manager.xml, repository/conf/deployment.toml or the like below it."
            .to_owned(),
    ];
    lines.extend(notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n")
}

/// What was written, or was about to be, is no topology.
fn failed(why: &str) -> String {
    format!(
        "no topology could be made of these homes: {why}\nWrite it by hand: `nodes: [{{name: gw, role: gateway, home: homes/gw}}]`"
    )
}

/// Reads the topology as it would be read from the file.
fn understood(text: &str) -> Result<(), String> {
    let messages = |errors: Vec<TopologyError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    topology::read(&Content::plain(text)).map(drop).map_err(|errors| failed(&messages(errors)))
}

/// The files by which a home is recognised: a folder of scripts alone is none.
fn telling(engine: &Engine) -> Vec<Wanted> {
    let files = engine.catalogue.files.iter().zip(engine.wanted());
    files.filter(|(file, _)| !file.is_script()).map(|(_, wanted)| wanted).collect()
}

fn known<'a>(project: &'a Project, homes: &'a [FoundHome], disk: &'a Disk) -> Vec<Known<'a>> {
    let all = project.model.nodes.iter().map(std::sync::Arc::as_ref).zip(homes);
    let known = |(node, home)| {
        let alone = roles::alone(home, homes);
        Known { inputs: &project.model.inputs, node, home, alone, storage: disk }
    };
    all.map(known).collect()
}

/// Start scripts that could not be read.
fn unreadable(known: &Known<'_>) -> Vec<String> {
    let scripts = known.inputs.catalogue.files.iter().enumerate().filter(|(_, file)| file.is_script());
    let unreadable = |(file, _)| match known.node.home.file(file) {
        FileState::Unreadable(source, why) => Some(format!("{} is left out: {why}", known.inputs.sources.get(*source).name)),
        _ => None,
    };
    scripts.filter_map(unreadable).collect()
}

fn nodes(engine: &Engine, facts: &InitFacts, known: &[Known<'_>], names: &[String], paths: &[String]) -> Vec<Node> {
    let hosts = known.iter().map(|known| hosts::of(known, facts, &engine.catalogue)).collect();
    let hosts = hosts::share(hosts, names);
    let offsets: Vec<Option<i64>> = known.iter().map(|known| known.node.offset.value).collect();
    let hosts = hosts::beside(&hosts, &offsets).into_iter().zip(hosts);
    let called = known.iter().zip(names).zip(paths).zip(hosts);
    called
        .map(|(((known, name), path), (beside, host))| Node {
            name: name.clone(),
            path: path.clone(),
            evidence: roles::evidence(known, facts),
            host,
            beside,
            offset: offset(known),
            version: known.node.product.family.is_some(),
        })
        .collect()
}

/// The offset that files of the home say, where it is not 0.
fn offset(known: &Known<'_>) -> Option<OffsetSaid> {
    let (offset, sources) = (&known.node.offset, &known.inputs.sources);
    let place = |place| file_name(&sources.file_line(place)).to_owned();
    match (offset.value, offset.problem, &offset.unknown) {
        (None, _, Some(why)) => Some(OffsetSaid::Unknown(why.clone())),
        (_, Some(_), _) | (None, ..) => {
            Some(OffsetSaid::Unknown(format!("the offset cannot be known, {}", place(offset.place?))))
        }
        (Some(0), None, _) if offset.overridden.is_empty() => None,
        (Some(value), None, _) => {
            let others = offset
                .overridden
                .iter()
                .filter(|(text, _)| text.parse() != Ok(value))
                .map(|(text, at)| format!(", not the {text} of {}", place(*at)));
            Some(OffsetSaid::Known(format!("offset {value}, {}{}", place(offset.place?), others.collect::<String>())))
        }
    }
}
