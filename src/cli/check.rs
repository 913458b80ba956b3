//! `check`: lints, mends or shows what would be mended, one topology after the other, and reports on all of them at once.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::Severity;
use crate::deployment::Deployment;
use crate::fix::{FileChange, Wish};
use crate::lint::{self, Linted, Rules, Side};
use crate::project::{Engine, Mended, Project, severity_named};
use crate::report::{self, Report, Run, Unread};
use crate::source::nearest;

use super::args::{Check, Color, FailOn, Format, Prefer, Wanted};
use super::baseline::{self, Known};
use super::output::{self, Destination, Output};
use super::progress::Progress;
use super::target::{self, Target};
use super::{COULD_NOT_RUN, Outcome, style};

/// Severities that replace those of rules.
type Overrides = HashMap<String, Option<Severity>>;

/// The rule that `--strict-undecidable` switches on.
const UNDECIDABLE: &str = "undecidable";

/// A topology that was checked.
enum Checked {
    /// As it is.
    Linted(Project, Linted),
    /// After mending.
    Mended(Box<Mended>),
}

impl Checked {
    fn report(&self) -> Report<'_> {
        match self {
            Self::Linted(project, linted) => Report { project, linted, mended: None },
            Self::Mended(mended) => Report { project: &mended.project, linted: &mended.linted, mended: Some(mended) },
        }
    }

    fn linted(&mut self) -> &mut Linted {
        self.parts().1
    }

    fn parts(&mut self) -> (&Deployment, &mut Linted) {
        match self {
            Self::Linted(project, linted) => (&project.model, linted),
            Self::Mended(mended) => (&mended.project.model, &mut mended.linted),
        }
    }
}

/// A run of `check`.
struct Checker<'a> {
    engine: &'a Engine,
    options: &'a Check,
    color: Color,
    overrides: Overrides,
    targets: Vec<Target>,
    baseline: Option<Known>,
    progress: Progress,
}

/// What could not be opened: for formats, and for people.
#[derive(Default)]
struct Failures {
    unread: Vec<Unread>,
    errors: Vec<String>,
}

/// Runs the command.
pub fn check(engine: &Engine, options: &Check, color: Color) -> Result<Outcome, String> {
    let wanted = wanted(options)?;
    let targets = target::of(&options.topologies)?;
    let baseline = Known::of(options, targets.len())?;
    let mut overrides = overrides(engine, &targets, &options.rule)?;
    if options.strict_undecidable {
        overrides.entry(UNDECIDABLE.to_owned()).or_insert(Some(Severity::Error));
    }
    let topologies = targets.iter().filter_map(Target::file);
    refuse(options, topologies.chain(baseline.as_ref().map(|known| Path::new(&known.name))))?;
    let checker = Checker { engine, options, color, overrides, targets, baseline, progress: Progress::start(options.quiet) };
    if let Some(path) = &options.write_baseline {
        return checker.write_baseline(path);
    }
    if options.diff { checker.diff() } else { checker.report(&wanted) }
}

/// The formats, each with its file if it has one.
fn wanted(options: &Check) -> Result<Vec<Wanted>, String> {
    let mut wanted = options.format.clone();
    let mut without: Vec<&mut Wanted> = wanted.iter_mut().filter(|one| one.file.is_none()).collect();
    if without.len() > 1 {
        let place = if options.output.is_some() { "one file" } else { "standard output" };
        return Err(format!(
            "error: only one format can go to {place}: give the others files of their own (--format FORMAT=FILE)"
        ));
    }
    match (without.first_mut(), &options.output) {
        (Some(one), Some(path)) => one.file = Some(path.clone()),
        (None, Some(_)) => return Err("error: --output: every format has a file of its own already".to_owned()),
        (_, None) => {}
    }
    if let Some(path) = output::named_twice(wanted.iter().filter_map(|one| one.file.as_deref())) {
        return Err(format!("error: {} is named for two formats: give each a file of its own", path.display()));
    }
    Ok(wanted)
}

impl Checker<'_> {
    /// Opens and lints a target.
    fn open(&self, index: usize, failures: &mut Failures) -> Option<(Project, Linted)> {
        let target = &self.targets[index];
        self.say("reading", index);
        let opened = target.open(self.engine).map_err(|error| {
            failures.unread.push(Unread { name: target.name(), why: error.why() });
            failures.errors.push(target.explain(&error, &style(self.color, false, true)));
        });
        let mut project = opened.ok()?;
        self.say("checking", index);
        let source = self.baseline.as_ref().and_then(|known| project.add_source(&known.name, Arc::clone(&known.content)));
        let mut linted = self.engine.lint(&project, &self.overrides);
        if let (Some(known), Some(source), None) = (&self.baseline, source, &self.options.write_baseline) {
            project.compare(&self.overrides, (&known.baseline, source), &mut linted);
        }
        Some((project, linted))
    }

    /// Writes what is found, or what of it the baseline has already.
    fn write_baseline(&self, path: &Path) -> Result<Outcome, String> {
        let mut failures = Failures::default();
        let Some((project, linted)) = self.open(0, &mut failures) else { return Err(failures.errors.join("\n")) };
        let mut outcome = baseline::write(path, self.baseline.as_ref(), &project, &linted)?;
        outcome.quiet = self.options.quiet;
        Ok(outcome)
    }

    /// Refuses to write over what a deployment is made of.
    fn refuse_inputs(&self, project: &Project) -> Result<(), String> {
        let files = project.model.sources().iter().filter_map(|(_, source)| source.real.as_deref());
        let homes = project.model.nodes.iter().flat_map(|node| &node.home.layers).map(Path::new);
        refuse(self.options, files.chain(homes).chain(project.rule_files.iter().map(PathBuf::as_path)))
    }

    fn say(&self, what: &str, index: usize) {
        self.progress.say(|| {
            let of = if self.targets.len() > 1 { format!(" ({} of {})", index + 1, self.targets.len()) } else { String::new() };
            format!("{what} {}{of}", self.targets[index].name())
        });
    }

    fn wish(&self) -> Wish {
        let prefer = match self.options.prefer {
            Prefer::Client => Side::Client,
            Prefer::Server => Side::Server,
        };
        Wish { unsafe_fixes: self.options.unsafe_fixes, prefer }
    }

    /// Lints, or mends and lints, and reports.
    fn report(&self, wanted: &[Wanted]) -> Result<Outcome, String> {
        let mut failures = Failures::default();
        let mut checked = Vec::new();
        let mut destinations = None;
        for index in 0..self.targets.len() {
            let Some((project, linted)) = self.open(index, &mut failures) else { continue };
            self.refuse_inputs(&project)?;
            if !self.options.fix {
                checked.push(Checked::Linted(project, linted));
                continue;
            }
            // Nothing is changed that cannot be reported.
            if destinations.is_none() {
                destinations = Some(prepare(wanted).map_err(|error| format!("{error}; nothing was changed"))?);
            }
            self.say("mending", index);
            let mended = self.engine.mend(&project, &linted, &self.overrides, self.wish());
            for before in &mut checked {
                if let Checked::Mended(before) = before {
                    self.engine.follow(before, &mended.files, &self.overrides);
                }
            }
            checked.push(Checked::Mended(Box::new(mended)));
        }
        if checked.is_empty() {
            return Err(failures.errors.join("\n"));
        }
        use_together(&mut checked);
        if self.targets.len() > 1 {
            for one in &mut checked {
                let topology = one.report().topology().to_owned();
                one.linted().within(&topology);
            }
        }
        let reports: Vec<Report<'_>> = checked.iter().map(Checked::report).collect();
        let rules = rules(self.engine, &reports);
        let run = Run { rules: &rules, reports, unread: failures.unread, show_ignored: self.options.show_ignored };
        let destinations = destinations.map_or_else(|| prepare(wanted), Ok)?;
        let mut outcome = Outcome { errors: failures.errors, quiet: self.options.quiet, ..Outcome::default() };
        outcome.status = run.reports.iter().map(|report| self.status(report.linted)).max().unwrap_or_default();
        for (one, to) in wanted.iter().zip(destinations) {
            outcome.outputs.push(Output { bytes: self.render(&run, one.format, &to).into_bytes(), to });
        }
        self.say_what_was_mended(&run, wanted, &mut outcome);
        if self.options.statistics && !wanted.iter().any(|one| one.format == Format::Human) {
            outcome.notes.extend(self.statistics(&run));
        }
        if !outcome.errors.is_empty() {
            outcome.status = COULD_NOT_RUN;
        }
        Ok(outcome)
    }

    fn render(&self, run: &Run<'_>, format: Format, to: &Destination) -> String {
        match format {
            Format::Human => {
                let style = style(self.color, self.options.verbose, matches!(to, Destination::Standard));
                let mut text = report::human::render(run, &style);
                let statistics = self.options.statistics.then(|| report::statistics::render(run, style));
                if let Some(statistics) = statistics.filter(|statistics| !statistics.is_empty()) {
                    text.push_str(&format!("\n{statistics}"));
                }
                text
            }
            Format::Short => report::short::render(run),
            Format::Json => report::json::render(run),
            Format::Sarif => report::sarif::render(run),
            Format::Github => report::github::render(run),
            Format::Gitlab => report::gitlab::render(run),
            Format::Junit => report::junit::render(run),
        }
    }

    /// The table for standard error.
    fn statistics(&self, run: &Run<'_>) -> Option<String> {
        let text = report::statistics::render(run, style(self.color, false, false));
        (!text.is_empty()).then_some(text)
    }

    /// What the report for people says is said here where there is none; what could not be done always.
    fn say_what_was_mended(&self, run: &Run<'_>, wanted: &[Wanted], outcome: &mut Outcome) {
        let human = wanted.iter().any(|one| one.format == Format::Human);
        for (report, mended) in run.reports.iter().filter_map(|report| Some((report, report.mended?))) {
            if !human && !mended.files.is_empty() {
                let topology = if self.targets.len() > 1 { format!("{}: ", report.topology()) } else { String::new() };
                let (summary, restart) = (report::mended::summary(mended), report::mended::restart(mended));
                outcome.notes.push(format!("{topology}{summary}; restart {restart}"));
            }
            outcome.errors.extend(mended.refused.iter().map(|(name, why)| format!("error: {name} is not mended: {why}")));
        }
    }

    /// What `--fix` would change. The exit status is that of the deployments as they are.
    fn diff(&self) -> Result<Outcome, String> {
        let mut failures = Failures::default();
        let (mut changes, mut broken): (Vec<FileChange>, HashSet<PathBuf>) = (Vec::new(), HashSet::new());
        let (mut held_back, mut opened) = (Vec::new(), Vec::new());
        for index in 0..self.targets.len() {
            let Some((project, linted)) = self.open(index, &mut failures) else { continue };
            self.refuse_inputs(&project)?;
            // Files that an earlier topology shares are taken as they would be then.
            let after = project.after(&changes).map(|project| (self.engine.lint(&project, &self.overrides), project));
            let (now, then) = after.as_ref().map_or((&linted, &project), |(linted, project)| (linted, project));
            self.say("mending", index);
            let plan = self.engine.plan(then, now, &self.overrides, self.wish(), &report::unified::objection);
            broken.extend(plan.files.iter().filter(|one| !then.model.is_understood(one.source)).map(|one| one.real.clone()));
            for change in plan.files {
                match changes.iter_mut().find(|before| before.real == change.real) {
                    Some(before) => before.after = change.after,
                    None => changes.push(change),
                }
            }
            let option = if self.options.unsafe_fixes { "--fix --unsafe-fixes" } else { "--fix" };
            held_back.extend(plan.held_back.iter().map(|one| {
                // What a diff cannot show can be done all the same.
                let (what, done) = if one.refused {
                    ("not shown", format!("; {option} makes the change"))
                } else {
                    ("not mended", String::new())
                };
                format!("{what}: {}: {}: {}{done}", one.rule, one.title, one.why)
            }));
            opened.push(Checked::Linted(project, linted));
        }
        if opened.is_empty() {
            return Err(failures.errors.join("\n"));
        }
        use_together(&mut opened);
        let status = opened.iter_mut().map(|one| self.status(one.linted())).max().unwrap_or_default();
        // The file itself, not a link to it: programs that apply diffs refuse to write through links.
        let shown = |change: &FileChange| crate::home::display(&change.real);
        let name = |change: &FileChange| shown(change).trim_start_matches('/').to_owned();
        let outside = changes.iter().any(|change| shown(change).starts_with('/'));
        let outside = outside
            .then(|| "paths are those from /, for files lie outside the working directory: apply with patch -d / -p1".to_owned());
        let unified = report::unified::render(&changes, name, |change| broken.contains(&change.real));
        let left_out = unified.left_out.into_iter().map(|what| format!("left out: {what}"));
        let to = Destination::of(self.options.output.as_deref())?;
        let mut notes: Vec<String> = outside.into_iter().chain(left_out).chain(held_back).collect();
        if self.options.statistics {
            let reports: Vec<Report<'_>> = opened.iter().map(Checked::report).collect();
            let rules = rules(self.engine, &reports);
            let run = Run { rules: &rules, reports, unread: Vec::new(), show_ignored: false };
            notes.extend(self.statistics(&run));
        }
        Ok(Outcome {
            outputs: vec![Output { bytes: unified.bytes, to }],
            notes,
            status: if failures.errors.is_empty() { status } else { COULD_NOT_RUN },
            errors: failures.errors,
            quiet: self.options.quiet,
        })
    }

    fn status(&self, linted: &Linted) -> u8 {
        let limit = match self.options.fail_on {
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
}

/// Refuses destinations that are inputs: a report in the place of a configuration would be lost work.
fn refuse<'a>(options: &Check, inputs: impl Iterator<Item = &'a Path>) -> Result<(), String> {
    let named = options.format.iter().filter_map(|one| one.file.as_deref()).chain(options.output.as_deref());
    let there: Vec<(PathBuf, &Path)> = named.filter_map(|path| Some((path.canonicalize().ok()?, path))).collect();
    if there.is_empty() {
        return Ok(());
    }
    let mut inputs = inputs.filter_map(|input| input.canonicalize().ok());
    let taken = inputs.find_map(|input| there.iter().find(|(real, _)| *real == input));
    taken.map_or(Ok(()), |(_, path)| {
        Err(format!("error: {} is read by this check: name another file for the report; nothing was written", path.display()))
    })
}

/// A comment in a shared file may ignore something in one of several topologies only.
fn use_together(checked: &mut [Checked]) {
    let mut parts: Vec<_> = checked.iter_mut().map(Checked::parts).collect();
    if parts.len() > 1 {
        lint::use_together(&mut parts);
    }
}

/// Every destination, tried.
fn prepare(wanted: &[Wanted]) -> Result<Vec<Destination>, String> {
    wanted.iter().map(|wanted| Destination::of(wanted.file.as_deref())).collect()
}

/// The rules of all reports: each topology may have some of its own.
fn rules(engine: &Engine, reports: &[Report<'_>]) -> Arc<Rules> {
    let own = reports.iter().map(|report| &report.project.rules).filter(|rules| !Arc::ptr_eq(rules, &engine.rules));
    let own: Vec<&Rules> = own.map(AsRef::as_ref).collect();
    if own.is_empty() {
        return Arc::clone(&engine.rules);
    }
    Rules::together(own).map_or_else(|| Arc::clone(&engine.rules), Arc::new)
}

/// Severities of `--rule ID=SEVERITY`.
fn overrides(engine: &Engine, targets: &[Target], rules: &[String]) -> Result<Overrides, String> {
    let mut own: Option<Vec<String>> = None;
    let mut read = |written: &String| {
        let (id, severity) = written
            .split_once('=')
            .ok_or_else(|| format!("error: --rule {written}: expected ID=SEVERITY, such as port-collision=warning"))?;
        if engine.rules.get(id).is_none() {
            // Topologies are read twice then, but nothing of their homes.
            let own = own.get_or_insert_with(|| targets.iter().flat_map(|target| target.own_rules(engine)).collect());
            if !own.iter().any(|own| own == id) {
                return Err(unknown_rule(engine, own, id));
            }
        }
        let severity = severity_named(severity)
            .ok_or_else(|| format!("error: --rule {written}: the severity is one of error, warning, info, off"))?;
        Ok((id.to_owned(), severity))
    };
    rules.iter().map(&mut read).collect()
}

fn unknown_rule(engine: &Engine, own: &[String], id: &str) -> String {
    let known = engine.rules.ids().into_iter().chain(own.iter().map(String::as_str));
    let near = nearest(id, known).map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
    format!("error: there is no rule '{id}'.{near} `carbonlint rules` lists them all.")
}
