//! The command line: arguments in, a report and an exit status out. Nothing else prints or ends the process.

mod args;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use globset::Glob;

use crate::catalogue::Severity;
use crate::fix::{FileChange, Wish};
use crate::init;
use crate::lint::{Linted, Side};
use crate::project::{Engine, OpenError, Project, severity_named};
use crate::report::{self, Report, Style};
use crate::source::nearest;

use args::{Check, Cli, Color, Command, Explain, FailOn, Format, Init, Links, Ports, Prefer, TableFormat, Where};

/// Exit status where the check could not run.
const COULD_NOT_RUN: u8 = 2;

/// What a command wants printed, and the exit status.
struct Outcome {
    /// The result: to standard output, or to the file.
    text: Vec<u8>,
    file: Option<PathBuf>,
    /// Whether the file must not be there yet.
    new: bool,
    /// What else there is to say: to standard error.
    notes: Vec<String>,
    status: u8,
}

impl Outcome {
    fn done(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), file: None, new: false, notes: Vec::new(), status: 0 }
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
    let outcome =
        Engine::new().and_then(|engine| command(&engine, &cli)).and_then(|outcome| write(&outcome).map(|()| outcome.status));
    match outcome {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            complain(message.trim_end());
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// Standard error may be closed: there is nobody left to tell.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

fn write(outcome: &Outcome) -> Result<(), String> {
    for note in &outcome.notes {
        complain(note);
    }
    if let Some(path) = &outcome.file {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(!outcome.new).create_new(outcome.new);
        return options
            .open(path)
            .and_then(|mut file| file.write_all(&outcome.text))
            .map_err(|error| format!("error: {} cannot be written: {error}", path.display()));
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(&outcome.text).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| format!("error: standard output cannot be written: {error}")),
    }
}

fn command(engine: &Engine, cli: &Cli) -> Result<Outcome, String> {
    let ok = |text: String| Outcome::done(text);
    match &cli.command {
        Command::Check(options) => check(engine, options, cli.color),
        Command::Ports(options) => ports(engine, options, cli.color).map(ok),
        Command::Links(options) => links(engine, options, cli.color).map(ok),
        Command::Explain(options) => explain(engine, options, cli.color).map(ok),
        Command::Init(options) => first_topology(engine, options),
        Command::Rules { id: None } => Ok(ok(report::rules::list(&engine.rules))),
        Command::Rules { id: Some(id) } => {
            report::rules::show(&engine.rules, id).map(ok).map_err(|error| format!("error: {error}"))
        }
    }
}

fn unknown_rule(engine: &Engine, id: &str) -> String {
    let near = nearest(id, engine.rules.ids()).map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
    format!("error: there is no rule '{id}'.{near} `carbonlint rules` lists them all.")
}

fn check(engine: &Engine, options: &Check, color: Color) -> Result<Outcome, String> {
    let overrides = overrides(engine, &options.rule)?;
    let project = open(engine, &options.place, style(color, false, true))?;
    let linted = engine.lint(&project, &overrides);
    let wish = Wish { unsafe_fixes: options.unsafe_fixes, prefer: side(options.prefer) };
    if options.diff {
        return Ok(diff(engine, &project, &linted, &overrides, wish, options));
    }
    if !options.fix {
        let report = Report { project: &project, linted: &linted, mended: None };
        return Ok(reported(&report, options, color));
    }
    if let Some(path) = &options.output {
        // Nothing is changed that cannot be reported.
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
        opened.map_err(|error| format!("error: {} cannot be written: {error}; nothing was changed", path.display()))?;
    }
    let mended = engine.mend(&project, &linted, &overrides, wish);
    let report = Report { project: &mended.project, linted: &mended.linted, mended: Some(&mended) };
    let mut outcome = reported(&report, options, color);
    if options.format != Format::Human && !mended.files.is_empty() {
        outcome.notes.push(format!("{}; restart {}", report::mended::summary(&mended), report::mended::restart(&mended)));
    }
    outcome.notes.extend(mended.refused.iter().map(|(name, why)| format!("error: {name} is not mended: {why}")));
    if !mended.refused.is_empty() {
        outcome.status = COULD_NOT_RUN;
    }
    Ok(outcome)
}

fn reported(report: &Report<'_>, options: &Check, color: Color) -> Outcome {
    let text = match options.format {
        Format::Human => report::human::render(report, &style(color, options.verbose, options.output.is_none())),
        Format::Short => report::short::render(report),
        Format::Json => report::json::render(report),
    };
    Outcome { file: options.output.clone(), status: status(report.linted, options.fail_on), ..Outcome::done(text) }
}

fn side(prefer: Prefer) -> Side {
    match prefer {
        Prefer::Client => Side::Client,
        Prefer::Server => Side::Server,
    }
}

/// What `--fix` would change. The exit status is that of the deployment as it is.
fn diff(
    engine: &Engine,
    project: &Project,
    linted: &Linted,
    overrides: &HashMap<String, Option<Severity>>,
    wish: Wish,
    options: &Check,
) -> Outcome {
    let plan = engine.plan(project, linted, overrides, wish, &report::unified::objection);
    // The file itself, not a link to it: programs that apply diffs refuse to write through links.
    let shown = |change: &FileChange| crate::home::display(&change.real);
    let name = |change: &FileChange| shown(change).trim_start_matches('/').to_owned();
    let outside = plan.files.iter().any(|change| shown(change).starts_with('/'));
    let outside = outside
        .then(|| "paths are those from /, for files lie outside the working directory: apply with patch -d / -p1".to_owned());
    let unified = report::unified::render(&plan.files, name, |change| !project.model.is_understood(change.source));
    let left_out = unified.left_out.into_iter().map(|what| format!("left out: {what}"));
    let held_back = plan.held_back.iter().map(|one| format!("not mended: {}: {}: {}", one.rule, one.title, one.why));
    Outcome {
        file: options.output.clone(),
        notes: outside.into_iter().chain(left_out).chain(held_back).collect(),
        status: status(linted, options.fail_on),
        ..Outcome::done(unified.bytes)
    }
}

fn status(linted: &Linted, fail_on: FailOn) -> u8 {
    let limit = match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    if linted.failed {
        return COULD_NOT_RUN;
    }
    u8::from(limit.is_some_and(|limit| linted.findings.iter().any(|finding| finding.severity >= limit)))
}

/// Severities of `--rule ID=SEVERITY`.
fn overrides(engine: &Engine, rules: &[String]) -> Result<HashMap<String, Option<Severity>>, String> {
    let read = |written: &String| {
        let (id, severity) = written
            .split_once('=')
            .ok_or_else(|| format!("error: --rule {written}: expected ID=SEVERITY, such as port-collision=warning"))?;
        if engine.rules.get(id).is_none() {
            return Err(unknown_rule(engine, id));
        }
        let severity = severity_named(severity)
            .ok_or_else(|| format!("error: --rule {written}: the severity is one of error, warning, info, off"))?;
        Ok((id.to_owned(), severity))
    };
    rules.iter().map(read).collect()
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
    Ok(Outcome { file: options.output.clone(), new: true, notes, ..Outcome::done(first.text) })
}

/// Opens what the arguments name: a topology, its folder, or nodes without a file.
fn open(engine: &Engine, place: &Where, style: Style) -> Result<Project, String> {
    let opened = match &place.topology[..] {
        [] => engine.open(Path::new("topology.yaml")),
        [path] if !is_node(path) => {
            let path = Path::new(path);
            if path.is_dir() { engine.open(&path.join("topology.yaml")) } else { engine.open(path) }
        }
        nodes if nodes.iter().all(|node| is_node(node)) => engine.open_ad_hoc(nodes),
        _ => return Err("error: expected one topology file, or nodes as NAME=ROLE:DIRECTORY".to_owned()),
    };
    opened.map_err(|error| {
        let is_default = place.topology.is_empty() && matches!(error, OpenError::Unreadable { .. });
        let hint = "\nName a topology file, or check directories without one: carbonlint check gw=gateway:homes/gw km=key-manager:homes/km";
        report::topology_errors::render(&error, &style) + if is_default { hint } else { "" }
    })
}

/// `name=role:directory`, and no file of that name.
fn is_node(argument: &str) -> bool {
    argument.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '\\', '.'])) && !Path::new(argument).is_file()
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
