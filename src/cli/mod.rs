//! The command line: arguments in, a report and an exit status out. Nothing else prints or ends the process.

mod args;
mod baseline;
mod check;
mod generated;
mod output;
mod progress;
mod rules;
mod target;

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use globset::Glob;

use crate::init;
use crate::lsp;
use crate::project::{Engine, Project};
use crate::report::{self, Style};

use args::{Cli, Color, Command, Explain, Init, Links, Ports, RulesAction, TableFormat, Where};
use output::{Destination, Output};

/// Exit status where the check could not run.
const COULD_NOT_RUN: u8 = 2;

/// What a command wants printed, and the exit status.
#[derive(Default)]
struct Outcome {
    /// The results, each with the place that it goes to.
    outputs: Vec<Output>,
    /// What else there is to say: to standard error.
    notes: Vec<String>,
    /// What could not be done: to standard error, also where nothing else is said.
    errors: Vec<String>,
    /// Whether only files and errors are wanted.
    quiet: bool,
    status: u8,
}

impl Outcome {
    fn done(text: impl Into<Vec<u8>>) -> Self {
        let output = Output { bytes: text.into(), to: Destination::Standard };
        Self { outputs: vec![output], ..Self::default() }
    }
}

/// Runs the program on arguments, the first being its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure.
            let status = if error.use_stderr() { COULD_NOT_RUN } else { 0 };
            return if error.print().is_err() { ExitCode::from(COULD_NOT_RUN) } else { ExitCode::from(status) };
        }
    };
    let status = match &cli.command {
        Command::Lsp { .. } => engine(&cli).and_then(lsp::run),
        Command::Completions { shell } => write(generated::completions(*shell)),
        Command::Man { output } => generated::manual(output.as_deref()).and_then(write),
        _ => engine(&cli).and_then(|engine| command(&engine, &cli)).and_then(write),
    };
    match status {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            complain(message.trim_end());
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// Catalogue and rules, those of the user's own that are named too.
fn engine(cli: &Cli) -> Result<Engine, String> {
    let engine = Engine::new()?;
    let real = |folder: &PathBuf| folder.canonicalize().ok();
    let folders = match &cli.command {
        // What is tested is added then.
        Command::Rules { action: Some(RulesAction::Test { own, directories }), .. } => {
            let tested: Vec<Option<PathBuf>> = directories.iter().map(real).collect();
            &own.rules.iter().filter(|folder| !tested.contains(&real(folder))).cloned().collect()
        }
        Command::Check(options) => &options.own.rules,
        Command::Ports(options) => &options.place.own.rules,
        Command::Links(options) => &options.place.own.rules,
        Command::Explain(options) => &options.place.own.rules,
        Command::Lsp { own, .. } | Command::Rules { own, .. } | Command::Schema { own, .. } => &own.rules,
        Command::Init(_) | Command::Completions { .. } | Command::Man { .. } => return Ok(engine),
    };
    let style = style(cli.color, false, false);
    engine.with_rules(folders).map_err(|error| report::topology_errors::render(&error, &style))
}

/// Standard error may be closed: there is nobody left to tell.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Says what there is to say, writes what there is to write, and returns the exit status.
fn write(outcome: Outcome) -> Result<u8, String> {
    let notes = outcome.notes.iter().filter(|_| !outcome.quiet);
    notes.chain(&outcome.errors).for_each(|note| complain(note.trim_end()));
    for Output { bytes, to } in outcome.outputs {
        match to {
            Destination::File(file) => file.write(&bytes)?,
            Destination::Standard if outcome.quiet => {}
            Destination::Standard => print(&bytes)?,
        }
    }
    Ok(outcome.status)
}

fn print(bytes: &[u8]) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| format!("error: standard output cannot be written: {error}")),
    }
}

fn command(engine: &Engine, cli: &Cli) -> Result<Outcome, String> {
    let ok = |text: String| Outcome::done(text);
    match &cli.command {
        Command::Check(options) => check::check(engine, options, cli.color),
        Command::Ports(options) => ports(engine, options, cli.color).map(ok),
        Command::Links(options) => links(engine, options, cli.color).map(ok),
        Command::Explain(options) => explain(engine, options, cli.color).map(ok),
        Command::Init(options) => first_topology(engine, options),
        Command::Rules { action: Some(RulesAction::Test { directories, .. }), .. } => {
            rules::test(engine, directories, style(cli.color, false, true))
        }
        Command::Rules { action: Some(RulesAction::Fields { kind }), .. } => {
            report::fields::render(kind.as_deref()).map(ok).map_err(|error| format!("error: {error}"))
        }
        Command::Rules { id: None, .. } => Ok(ok(report::rules::list(&engine.rules))),
        Command::Rules { id: Some(id), .. } => {
            report::rules::show(&engine.rules, id).map(ok).map_err(|error| format!("error: {error}"))
        }
        Command::Schema { what, .. } => Ok(ok(rules::schema(engine, *what))),
        // They need no engine, or outlive what is printed once; see `run`.
        Command::Lsp { .. } | Command::Completions { .. } | Command::Man { .. } => Ok(Outcome::default()),
    }
}

fn ports(engine: &Engine, options: &Ports, color: Color) -> Result<String, String> {
    let project = open(engine, &options.place, style(color, false, true))?;
    let pattern = options.node.as_ref().map(|pattern| Glob::new(pattern)).transpose();
    let matcher = pattern.map_err(|error| format!("error: --node: {error}"))?.map(|pattern| pattern.compile_matcher());
    let wanted = |name: &str| matcher.as_ref().is_none_or(|matcher| matcher.is_match(name));
    if !project.model.nodes.iter().any(|node| wanted(&node.name)) {
        let names: Vec<&str> = project.model.nodes.iter().map(|node| node.name.as_str()).collect();
        return Err(format!(
            "error: --node {}: no node has such a name; nodes: {}",
            options.node.as_deref().unwrap_or_default(),
            names.join(", ")
        ));
    }
    Ok(match options.format {
        TableFormat::Table => report::ports::human(&project, &wanted),
        TableFormat::Json => report::ports::json(&project, &wanted),
        TableFormat::Csv => report::ports::csv(&project, &wanted),
    })
}

fn links(engine: &Engine, options: &Links, color: Color) -> Result<String, String> {
    let project = open(engine, &options.place, style(color, false, true))?;
    Ok(match options.format {
        TableFormat::Table => report::links::human(&project, &|_| true),
        TableFormat::Json => report::links::json(&project, &|_| true),
        TableFormat::Csv => report::links::csv(&project, &|_| true),
    })
}

fn explain(engine: &Engine, options: &Explain, color: Color) -> Result<String, String> {
    let project = open(engine, &options.place, style(color, false, true))?;
    report::explain::render(&project, &options.what).map_err(|error| format!("error: {error}"))
}

/// A first topology, from the homes below directories.
fn first_topology(engine: &Engine, options: &Init) -> Result<Outcome, String> {
    let error = |error: String| format!("error: {error}");
    if let Some(path) = options.output.as_ref().filter(|path| path.symlink_metadata().is_ok()) {
        let path = crate::home::display(path);
        return Err(error(format!("{path} is there already and is not overwritten; name another file, or delete it first")));
    }
    let first = init::first_topology(engine, &options.directories, options.output.as_deref()).map_err(error)?;
    let mut notes: Vec<String> = first.notes.iter().map(|note| format!("note: {note}")).collect();
    if let Some(path) = &options.output {
        let path = crate::home::display(path);
        let nodes = if first.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", first.nodes) };
        notes.push(format!("{path}: {nodes}; read it over, then: carbonlint check {path}"));
    }
    let to = options.output.as_deref().map_or(Ok(Destination::Standard), |path| output::new_file(path).map(Destination::File))?;
    Ok(Outcome { outputs: vec![Output { bytes: first.text.into(), to }], notes, ..Outcome::default() })
}

/// Opens the one topology that the arguments name.
fn open(engine: &Engine, place: &Where, style: Style) -> Result<Project, String> {
    match &target::of(&place.topology)?[..] {
        [target] => target.open(engine).map_err(|error| target.explain(&error, &style)),
        _ => Err("error: expected one topology file, or nodes as NAME=ROLE:DIRECTORY".to_owned()),
    }
}

/// How to draw. What goes to a pipe or a file is the same on every machine.
fn style(color: Color, verbose: bool, to_standard_output: bool) -> Style {
    let terminal = to_standard_output && std::io::stdout().is_terminal();
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !set("NO_COLOR") && !dumb,
    };
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let unicode = !terminal || locale.is_none_or(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    let width = terminal_size::terminal_size().filter(|_| terminal).map_or(120, |(width, _)| usize::from(width.0));
    Style { color, unicode, width, verbose }
}
