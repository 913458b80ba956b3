//! The `-D` options with which a server starts: what the topology gives and what start scripts of the home say, and which
//! of them counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, FileSpec};
use crate::config::Format;
use crate::home::{FileState, Home};
use crate::source::{Place, SourceId, Spanned, file_name};
use crate::start::script::{JavaOpts, Options, Said, What};
use crate::start::{Rank, Syntax, command};
use crate::topology;

use super::Inputs;

/// Every option by name.
#[derive(Debug, Default)]
pub struct Started {
    options: BTreeMap<String, StartOption>,
    /// What is given and counts in no case, by option: values and places.
    discarded: BTreeMap<String, Vec<(String, Place)>>,
    /// Scripts that the start command names and that are not in the home: what they say does not count.
    pub unread: Vec<String>,
}

/// A `-D` option that counts.
#[derive(Debug, Clone)]
pub struct StartOption {
    /// Its value, or why it cannot be known.
    pub value: Result<String, String>,
    /// Where it is written.
    pub place: Place,
    /// Where other scripts say the same.
    pub also: Vec<Place>,
    /// Who gives it: `start command`, `wso2server.sh`.
    pub origin: String,
    /// What it is, unless it is not given at all: nobody knows which script starts the server, and one of them says nothing.
    pub perhaps: Option<String>,
    /// What loses against it: values and places.
    pub loses: Vec<(String, Place)>,
}

/// Where what the topology gives comes from.
pub const START_COMMAND: &str = "start command";

impl Started {
    /// What counts of an option.
    pub fn get(&self, name: &str) -> Option<&StartOption> {
        self.options.get(name)
    }

    /// Values of an option that are thrown away before the server starts.
    pub fn discarded(&self, name: &str) -> &[(String, Place)] {
        self.discarded.get(name).map_or(&[], Vec::as_slice)
    }

    /// What counts for a node with a home.
    pub(super) fn of(inputs: &Inputs, declared: &topology::Node, home: &Home, roles: &[String]) -> Self {
        let command = declared.command();
        let Scripts { around, of_product, unread } = scripts(inputs, &command.scripts, home, roles);
        let mut options = of_topology(inputs, declared);
        let mut ranks = add_environment(inputs, declared, &command.environment, &mut options);
        let mut discarded = java_opts(inputs, &ranks, &around, &mut options);
        if !around.is_empty() && around.iter().all(|script| script.options.starts && !script.options.hands_on) {
            for (name, value) in drop_arguments(inputs, declared, &command.options, &mut options) {
                discarded.entry(name).or_default().push(value);
            }
        }
        for (name, values) in java_opts(inputs, &ranks, &of_product, &mut options) {
            discarded.entry(name).or_default().extend(values);
        }
        let offset = &inputs.catalogue.offset_property;
        for script in around.iter().chain(&of_product) {
            for (value, range) in script.options.discarded(offset) {
                let place = place(inputs, script.source, range.clone());
                discarded.entry(offset.clone()).or_default().push((value.clone(), place));
            }
        }
        let environment = environment(declared, command.environment);
        // One that starts another hands its options on.
        for scripts in [&around, &of_product] {
            for (name, of_name) in said(declared, &environment, scripts) {
                let (rank, option) = of_scripts(inputs, &environment, scripts, &of_name);
                let Some(command) = options.remove(name) else {
                    options.insert(name.to_owned(), option);
                    ranks.insert(name.to_owned(), rank);
                    continue;
                };
                let given = ranks.get(name).copied().unwrap_or(Rank::Argument);
                ranks.insert(name.to_owned(), rank.max(given));
                let (mut wins, loser) = if rank > given { (option, command) } else { (command, option) };
                wins.loses.extend(loser.value.ok().map(|value| (value, loser.place)));
                options.insert(name.to_owned(), wins);
            }
        }
        if !options.contains_key(offset) {
            options.extend(run_elsewhere(inputs, &around).map(|option| (offset.clone(), option)));
        }
        Self { options, discarded, unread }
    }
}

/// Takes out the arguments of the start command, which a script does not hand on, and returns them.
fn drop_arguments(
    inputs: &Inputs,
    declared: &topology::Node,
    of_command: &BTreeMap<String, command::Value>,
    options: &mut BTreeMap<String, StartOption>,
) -> Vec<(String, (String, Place))> {
    let Some(start) = declared.start.as_ref().map(|start| start.span) else { return Vec::new() };
    // Keys of the topology say how it is, whatever the command is.
    let is_of_command =
        |place: Place| place.source == inputs.topology_source && start.start <= place.span.start && place.span.end <= start.end;
    let arguments = of_command.iter().filter(|(_, value)| value.rank == Rank::Argument);
    arguments
        .filter_map(|(name, _)| {
            let dropped = options.get(name).filter(|option| is_of_command(option.place))?;
            let dropped = (dropped.value.clone().ok()?, dropped.place);
            options.remove(name);
            Some((name.clone(), dropped))
        })
        .collect()
}

/// What is known of the offset where a script runs another one, which is not read, and says nothing itself.
fn run_elsewhere(inputs: &Inputs, around: &[Script]) -> Option<StartOption> {
    let (script, runs) = around.iter().find_map(|script| Some((script, script.options.runs.clone()?)))?;
    let place = place(inputs, script.source, runs);
    let origin = inputs.sources.file_name(script.source).to_owned();
    let value = Err(format!("{} runs another script, which is not read", line(inputs, place)));
    Some(StartOption { value, place, also: Vec::new(), origin, perhaps: None, loses: Vec::new() })
}

/// What counts of the options of each script, by name.
fn said<'a>(
    declared: &topology::Node,
    environment: &BTreeMap<String, String>,
    scripts: &[Script<'a>],
) -> BTreeMap<&'a str, Vec<(SourceId, &'a Said)>> {
    let mut said: BTreeMap<&str, Vec<(SourceId, &Said)>> = BTreeMap::new();
    for script in scripts {
        for (name, all) in script.options.iter() {
            let counts = |said: &&Said| {
                let given = said.unless.as_ref().is_some_and(|variable| environment.contains_key(variable));
                !(given || declared.debug && said.java_opts)
            };
            if let Some(option) = all.iter().find(counts) {
                said.entry(name).or_default().push((script.source, option));
            }
        }
    }
    said
}

/// What is asked of each home: the files of the catalogue, and behind them the scripts of other names with which the topology
/// starts nodes, of the homes of these.
pub fn files_of(catalogue: &Catalogue, topology: &topology::Topology) -> Vec<FileSpec> {
    let mut nodes_of: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, node) in topology.nodes.iter().enumerate() {
        for path in node.command().scripts.iter().filter(|path| !is_of_product(catalogue, path)).flat_map(|path| paths(path)) {
            nodes_of.entry(path).or_default().insert(index);
        }
    }
    let spec = |(path, nodes): (String, BTreeSet<usize>)| {
        let syntax = if path.to_ascii_lowercase().ends_with(".bat") { Syntax::Batch } else { Syntax::Shell };
        FileSpec { path, format: Some(Format::Script(syntax)), generates: false, roles: Vec::new(), only_of: nodes }
    };
    catalogue.files.iter().cloned().chain(nodes_of.into_iter().map(spec)).collect()
}

/// Whether a path is that of a script of the product, wherever it lies.
fn is_of_product(catalogue: &Catalogue, path: &str) -> bool {
    let mut scripts = catalogue.files.iter().filter(|file| file.is_script());
    scripts.any(|file| file_name(&file.path).eq_ignore_ascii_case(last(path)))
}

fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Where a home may have a script that a command names, the likeliest first: nobody says in which folder the command runs, nor
/// where the home lies on the server.
fn paths(named: &str) -> Vec<String> {
    let named = named.replace('\\', "/");
    let unknown = |part: &&str| *part == ".." || part.contains(['$', '%', '~', ':', '*', '{']);
    let parts: Vec<&str> = named.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let parts = &parts[parts.iter().rposition(unknown).map_or(0, |at| at + 1)..];
    match parts {
        [] => Vec::new(),
        // Of the whole server's first folder.
        [_] if named.starts_with('/') => Vec::new(),
        [name] => vec![(*name).to_owned(), format!("bin/{name}")],
        // No path leads deeper.
        parts => (0..parts.len() - 1).take(16).map(|from| parts[from..].join("/")).collect(),
    }
}

/// What the topology says of the environment in which a script starts.
fn environment(declared: &topology::Node, of_command: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = of_command;
    for (name, value) in declared.environment.iter().filter(|(_, value)| !value.value.is_empty()) {
        all.entry(name.clone()).or_insert_with(|| value.value.clone());
    }
    all
}

/// Adds the options that `environment` of the topology holds in variables that the JVM or the shipped scripts read, where the
/// start command does not set those anew. Returns where options stand that are no arguments.
fn add_environment(
    inputs: &Inputs,
    declared: &topology::Node,
    anew: &BTreeMap<String, String>,
    options: &mut BTreeMap<String, StartOption>,
) -> BTreeMap<String, Rank> {
    let mut ranks = declared.ranks.clone();
    let variables =
        [("JAVA_OPTS", Rank::JavaOpts), ("JDK_JAVA_OPTIONS", Rank::JdkOptions), ("JAVA_TOOL_OPTIONS", Rank::ToolOptions)];
    for (variable, rank) in variables {
        let skipped = anew.contains_key(variable) || declared.debug && rank == Rank::JavaOpts;
        let Some(text) = declared.environment.get(variable).filter(|_| !skipped) else { continue };
        // The last one wins.
        for option in text.value.split_whitespace().rev().filter_map(|word| word.strip_prefix("-D")) {
            let (name, value) = option.split_once('=').unwrap_or((option, "true"));
            if options.contains_key(name) && ranks.get(name).is_none_or(|other| *other >= rank) {
                continue;
            }
            let place = Place { source: inputs.topology_source, span: text.span };
            let origin = START_COMMAND.to_owned();
            options.insert(
                name.to_owned(),
                StartOption { value: Ok(value.to_owned()), place, also: Vec::new(), origin, perhaps: None, loses: Vec::new() },
            );
            ranks.insert(name.to_owned(), rank);
        }
    }
    ranks
}

/// Takes out what the topology gives in `JAVA_OPTS` and the script throws away, and returns it.
fn java_opts(
    inputs: &Inputs,
    ranks: &BTreeMap<String, Rank>,
    scripts: &[Script],
    options: &mut BTreeMap<String, StartOption>,
) -> BTreeMap<String, Vec<(String, Place)>> {
    let mut discarded = BTreeMap::new();
    // Every pack has scripts of Windows too, and they leave it alone.
    let shell = scripts.iter().any(|script| script.shell);
    let mut may_start = scripts.iter().filter(|script| script.shell == shell);
    let Some(first) = may_start.clone().find(|script| script.options.java_opts != JavaOpts::Kept) else { return discarded };
    let sure = may_start.all(|script| matches!(script.options.java_opts, JavaOpts::Replaced(_)));
    let at = match &first.options.java_opts {
        JavaOpts::Replaced(range) | JavaOpts::Perhaps(range) => range.clone(),
        JavaOpts::Kept => return discarded,
    };
    let line = line(inputs, place(inputs, first.source, at));
    for (name, _) in ranks.iter().filter(|(_, rank)| **rank == Rank::JavaOpts) {
        if sure {
            let thrown = options.remove(name).and_then(|option| Some((option.value.ok()?, option.place)));
            discarded.extend(thrown.map(|thrown| (name.clone(), vec![thrown])));
        } else if let Some(option) = options.get_mut(name) {
            option.value = Err(format!("{line} may replace the JAVA_OPTS that the script was given"));
        }
    }
    discarded
}

fn place(inputs: &Inputs, source: SourceId, range: std::ops::Range<usize>) -> Place {
    Place { source, span: inputs.sources.get(source).content.to_disk(range) }
}

/// A place as `wso2server.sh:12`.
fn line(inputs: &Inputs, place: Place) -> String {
    file_name(&inputs.sources.file_line(place)).to_owned()
}

fn of_topology(inputs: &Inputs, declared: &topology::Node) -> BTreeMap<String, StartOption> {
    let catalogue = &inputs.catalogue;
    let option = |value: &Spanned<String>| StartOption {
        value: Ok(value.value.clone()),
        place: Place { source: inputs.topology_source, span: value.span },
        also: Vec::new(),
        origin: START_COMMAND.to_owned(),
        perhaps: None,
        loses: Vec::new(),
    };
    let properties = declared.properties.iter().map(|(name, value)| (name.clone(), option(value)));
    let offset = declared.port_offset.iter().map(|value| (catalogue.offset_property.clone(), option(value)));
    let profile = declared.profile.iter().flatten().map(|value| (catalogue.profile_property.clone(), option(value)));
    properties.chain(offset).chain(profile).collect()
}

/// A start script of a home.
struct Script<'a> {
    source: SourceId,
    options: &'a Options,
    /// Whether a shell runs it. Every pack has those of Windows too.
    shell: bool,
}

/// The start scripts of a home that may start a node.
struct Scripts<'a> {
    /// Those of other names that its start command names.
    around: Vec<Script<'a>>,
    /// Those of the product, which these start: the one that the command names, else those of no other role.
    of_product: Vec<Script<'a>>,
    /// Those of other names that are not there.
    unread: Vec<String>,
}

fn scripts<'a>(inputs: &'a Inputs, named: &[String], home: &Home, roles: &[String]) -> Scripts<'a> {
    let there = |index: usize| match home.file(index) {
        FileState::Read(source) => {
            let options = inputs.documents.get(*source)?.as_ref().ok()?.options()?;
            let shell = inputs.files[index].format == Some(Format::Script(Syntax::Shell));
            Some(Script { source: *source, options, shell })
        }
        _ => None,
    };
    let (of_product, others): (Vec<&String>, Vec<&String>) =
        named.iter().partition(|path| is_of_product(&inputs.catalogue, path));
    // Windows does not tell upper from lower case.
    let is_named = |spec: &FileSpec| of_product.iter().any(|path| last(path).eq_ignore_ascii_case(file_name(&spec.path)));
    let known = || inputs.catalogue.files.iter().enumerate().filter_map(|(index, spec)| Some((spec, there(index)?)));
    let one = known().any(|(spec, _)| is_named(spec));
    let of_role = |of: &[String]| of.is_empty() || of.iter().any(|role| roles.contains(role));
    let may_start = |spec: &FileSpec| if one { is_named(spec) } else { of_role(&spec.roles) };
    let mut scripts = Scripts {
        around: Vec::new(),
        of_product: known().filter(|(spec, _)| may_start(spec)).map(|(_, script)| script).collect(),
        unread: Vec::new(),
    };
    let first = inputs.catalogue.files.len();
    for path in others {
        let mut places = paths(path).into_iter().filter_map(|path| {
            let more = inputs.files[first..].iter().position(|spec| spec.path == path);
            more.map(|at| first + at).filter(|index| *home.file(*index) != FileState::Absent)
        });
        match places.next() {
            Some(index) => scripts.around.extend(there(index)),
            None => scripts.unread.push(path.clone()),
        }
    }
    scripts
}

/// What scripts say of an option: where they differ, nobody knows which of them starts the server, nor where those of Windows or
/// the service wrapper say something and those of a shell nothing. The other way round the shell's count: every pack has all of
/// them, and who runs a shell need not edit the others.
fn of_scripts(
    inputs: &Inputs,
    environment: &BTreeMap<String, String>,
    all: &[Script],
    scripts: &[(SourceId, &Said)],
) -> (Rank, StartOption) {
    let line_of = |(source, said): &(SourceId, &Said)| line(inputs, place(inputs, *source, said.range.clone()));
    let differ = scripts.iter().any(|(_, said)| said.what != scripts[0].1.what);
    let says = |script: &&Script| scripts.iter().any(|(source, _)| *source == script.source);
    let silent =
        all.iter().find(|script| script.shell).filter(|_| !all.iter().filter(|script| script.shell).any(|script| says(&script)));
    let value = if differ || silent.is_some() {
        let mut words: Vec<String> = scripts.iter().map(|script| words(&line_of(script), &script.1.what)).collect();
        words.extend(silent.map(|script| format!("{} says nothing", inputs.sources.file_name(script.source))));
        Err(format!("{}: which of them starts the server?", words.join(", ")))
    } else {
        let line = line_of(&scripts[0]);
        match &scripts[0].1.what {
            What::Value(value) => Ok(value.clone()),
            What::Variable(Some(variable)) => {
                let name = variable.trim_matches(['$', '%', '{', '}']);
                let given = environment.get(name).cloned();
                given.ok_or_else(|| {
                    format!("{}, which `environment` of the topology does not give", words(&line, &scripts[0].1.what))
                })
            }
            what => Err(words(&line, what)),
        }
    };
    let perhaps = match &scripts[0].1.what {
        What::Value(value) if !differ && silent.is_some() => Some(value.clone()),
        _ => None,
    };
    let origin = inputs.sources.file_name(scripts[0].0).to_owned();
    let rank = scripts.iter().map(|(_, said)| said.rank).max().unwrap_or(Rank::Argument);
    let place_of = |(source, said): &(SourceId, &Said)| place(inputs, *source, said.range.clone());
    let place = place_of(&scripts[0]);
    let also = scripts[1..].iter().map(place_of).collect();
    (rank, StartOption { value, place, also, origin, perhaps, loses: Vec::new() })
}

/// What a script says, in words.
fn words(line: &str, what: &What) -> String {
    match what {
        What::Value(value) if value.parse::<i64>().is_ok() => format!("{line} says {value}"),
        // It may be a secret.
        What::Value(_) => format!("{line} says something else"),
        What::Variable(Some(name)) => format!("{line} takes it from {name}"),
        What::Variable(None) => format!("{line} takes it from somewhere else"),
        What::Template => format!("{line} has a template there that was not rendered"),
        What::Conditional => format!("{line} sets it under a condition"),
        What::Elsewhere => format!("{line} sets it where the server may not see it"),
    }
}
