//! Runs the examples of rules: what they report and where, how it is mended, and that this holds.
//!
//! The built-in rules and those of users are held to the same: nothing but what an example says may be found in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::catalogue::Severity;
use crate::config::apply;
use crate::fix::{Suggestion, Wish, suggest};
use crate::home::Memory;
use crate::lint::{Example, Finding, Label, Rule, Safety, Side};
use crate::project::{Engine, Project};

/// A rule whose examples were run.
pub struct Tested<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its examples, each with what does not hold.
    pub examples: Vec<(&'a Example, Vec<Failure>)>,
    /// What does not hold for all of them together.
    pub failures: Vec<Failure>,
    /// What is missing, though nothing is wrong.
    pub warnings: Vec<&'static str>,
}

impl Tested<'_> {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && self.examples.iter().all(|(_, failures)| failures.is_empty())
    }
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A part of an example says something else than what is.
    Differs {
        /// The key of the example.
        key: &'static str,
        /// What is, line by line.
        is: Vec<String>,
        /// What the example says.
        wanted: Vec<String>,
    },
    /// In words.
    Says(String),
}

/// Files by path.
type Files = BTreeMap<String, Vec<u8>>;

/// Runs the examples of a rule, among all rules of an engine.
pub fn test<'a>(engine: &Engine, rule: &'a Rule) -> Tested<'a> {
    let mut tested = Tested { rule, examples: Vec::new(), failures: Vec::new(), warnings: missing(rule) };
    let mut mended = false;
    for example in &rule.file.examples {
        let run = Run { engine, rule, example };
        let mut failures = run.reports().unwrap_or_else(|failure| vec![failure]);
        if failures.is_empty() && !example.fixed.is_empty() {
            match run.plans() {
                Ok((is_mended, more)) => {
                    mended |= is_mended;
                    failures.extend(more);
                }
                Err(failure) => failures.push(failure),
            }
        }
        tested.examples.push((example, failures));
    }
    // Infos are mended only where somebody made more of them.
    let infos = |example: &Example| example.reports.iter().all(|report| report.starts_with("info"));
    let must = rule.file.examples.iter().any(|example| !example.fixed.is_empty() && !infos(example));
    if must && !mended && tested.holds() {
        tested.failures.push(Failure::Says("`check --fix --unsafe-fixes` mends no example".to_owned()));
    }
    tested
}

/// Examples that a rule should have.
pub fn missing(rule: &Rule) -> Vec<&'static str> {
    let file = &rule.file;
    let mut missing = Vec::new();
    if !file.examples.iter().any(|example| !example.reports.is_empty()) {
        missing.push("no bad example: one that it reports (`reports`)");
    }
    if !file.examples.iter().any(|example| example.reports.is_empty()) {
        missing.push("no good example: one on which it is silent");
    }
    if !file.fixes.is_empty() && !file.examples.iter().any(|example| !example.fixed.is_empty()) {
        missing.push("no example shows the files after its fix (`fixed`)");
    }
    missing
}

/// One example.
struct Run<'a> {
    engine: &'a Engine,
    rule: &'a Rule,
    example: &'a Example,
}

impl Run<'_> {
    fn files(&self) -> Files {
        self.example.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
    }

    fn open(&self, files: &Files) -> Result<Project, Failure> {
        let mut memory = Memory::default();
        for (path, bytes) in files {
            memory.insert(PathBuf::from(path), bytes.clone());
        }
        let opened = self.engine.open_in(&memory, Path::new(""), &self.example.topology);
        opened.map_err(|error| Failure::Says(format!("its topology has mistakes: {}", error.why())))
    }

    fn own<'b>(&self, findings: &'b [Finding]) -> Vec<&'b Finding> {
        findings.iter().filter(|finding| finding.rule == self.rule.id).collect()
    }

    /// What differs from what the example says.
    fn reports(&self) -> Result<Vec<Failure>, Failure> {
        let (engine, example, files) = (self.engine, self.example, self.files());
        let mut failures = Vec::new();
        let mut compare = |key, is: Vec<String>, wanted: &[String]| {
            if is != wanted {
                failures.push(Failure::Differs { key, is, wanted: wanted.to_vec() });
            }
        };
        let project = self.open(&files)?;
        let linted = engine.lint(&project, &HashMap::new());
        let found = self.own(&linted.findings);
        let says = |finding: &&Finding| format!("{}: {}", finding.severity.name(), finding.message);
        compare("reports", found.iter().map(says).collect(), &example.reports);
        let others = linted.findings.iter().map(|finding| &finding.rule).filter(|id| **id != self.rule.id);
        let mut also: Vec<String> = others.cloned().collect();
        also.sort_unstable();
        also.dedup();
        compare("also", also, &example.also);
        let Some(first) = found.first() else { return Ok(failures) };
        if !example.labels.is_empty() {
            compare("labels", labels(&project, first), &example.labels);
        }
        let suggestions: Vec<Suggestion> = first.fixes.iter().map(|fix| suggest(&project.model, fix)).collect();
        compare("fixes", suggestions.iter().map(title).collect(), &example.fixes);
        let Some(fix) = suggestions.iter().find(|one| one.applicable) else { return Ok(failures) };
        let after = edited(&project, fix, &files)?;
        let changed = after.iter().filter(|(path, bytes)| files.get(*path) != Some(*bytes));
        let changed: BTreeMap<String, String> =
            changed.map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned())).collect();
        if changed != example.fixed {
            compare("fixed", lines(&changed), &lines(&example.fixed));
        }
        let left = engine.lint(&self.open(&after)?, &HashMap::new());
        if self.own(&left.findings).iter().any(|finding| finding.fingerprint == first.fingerprint) {
            failures.push(Failure::Says("the fix leaves the finding as it was".to_owned()));
        }
        let before: HashSet<&String> = linted.findings.iter().map(|finding| &finding.fingerprint).collect();
        for new in left.findings.iter().filter(|finding| !before.contains(&finding.fingerprint)) {
            failures.push(Failure::Says(format!("the fix brings a new finding: {}: {}", new.rule, new.message)));
        }
        Ok(failures)
    }

    /// Mends the example as `check --fix --unsafe-fixes` does, twice: whether the finding is gone, and what does not hold.
    fn plans(&self) -> Result<(bool, Vec<Failure>), Failure> {
        let (engine, none) = (self.engine, HashMap::new());
        let wish = Wish { unsafe_fixes: true, prefer: Side::Client };
        let mut files = self.files();
        let project = self.open(&files)?;
        let linted = engine.lint(&project, &none);
        let plan = engine.plan(&project, &linted, &none, wish, &|_, _| None);
        let own = self.own(&linted.findings);
        let is_left = |finding: &&&Finding| plan.linted.findings.iter().any(|left| left.fingerprint == finding.fingerprint);
        let is_mended = own.iter().find(is_left).is_none();
        let info = own.iter().all(|finding| finding.severity == Severity::Info);
        let mut failures = Vec::new();
        if !is_mended && !info && plan.held_back.iter().all(|one| one.rule != self.rule.id) {
            failures.push(Failure::Says("`check --fix` neither mends it nor says why not".to_owned()));
        }
        for change in &plan.files {
            files.insert(change.name.clone(), change.after.clone());
        }
        let again = self.open(&files)?;
        let second = engine.plan(&again, &engine.lint(&again, &none), &none, wish, &|_, _| None);
        if !second.files.is_empty() {
            failures.push(Failure::Says("a second `check --fix` changes files again".to_owned()));
        }
        Ok((is_mended, failures))
    }
}

/// `path:line:column text` of every label.
fn labels(project: &Project, finding: &Finding) -> Vec<String> {
    let sources = project.model.sources();
    let label = |label: &Label| {
        let start = sources.position(label.place).start;
        format!("{}:{}:{} {}", sources.get(label.place.source).name, start.line, start.column, label.text)
    };
    finding.labels.iter().map(label).collect()
}

fn title(one: &Suggestion) -> String {
    let safety = if one.safety == Safety::Safe { "" } else { " (unsafe)" };
    format!("{}{safety}{}", one.title, if one.applicable { "" } else { " (by hand)" })
}

/// The files with the edits of a fix.
fn edited(project: &Project, suggestion: &Suggestion, files: &Files) -> Result<Files, Failure> {
    let mut files = files.clone();
    let mut by_source: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in &suggestion.edits {
        by_source.entry(one.source).or_default().push(one.edit.clone());
    }
    for (source, edits) in by_source {
        let source = project.model.sources().get(source);
        let bytes = apply(source.content.bytes(), &edits, &source.content)
            .ok_or_else(|| Failure::Says(format!("the fix cannot be written to {}", source.name)))?;
        files.insert(source.name.clone(), bytes);
    }
    Ok(files)
}

/// Files as lines, each file with its path first.
fn lines(files: &BTreeMap<String, String>) -> Vec<String> {
    let file = |(path, text): (&String, &String)| {
        std::iter::once(format!("{path}:")).chain(text.lines().map(|line| format!("  {line}"))).collect::<Vec<_>>()
    };
    files.iter().flat_map(file).collect()
}
