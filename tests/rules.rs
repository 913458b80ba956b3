//! Every rule: unique, documented, with examples; and every example run: what it reports, where, how it is mended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use carbonlint::catalogue::{Detector, Severity};
use carbonlint::config::apply;
use carbonlint::fix::{Suggestion, Wish, suggest};
use carbonlint::home::Memory;
use carbonlint::lint::{Example, Finding, Rule, Side, load};
use carbonlint::project::{Engine, Project};

/// The rules as they lie in their folder now.
fn engine() -> Engine {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut files = Vec::new();
    collect(Path::new(&root), Path::new("rules"), &mut files);
    files.sort();
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let mut engine = Engine::new().expect("the embedded rules load");
    engine.rules = load(files, &engine.catalogue).unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    engine
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(folder)).expect("a folder of rules").flatten() {
        let path = folder.join(entry.file_name());
        match root.join(&path) {
            _ if path.ends_with("catalogue") => {}
            below if below.is_dir() => collect(root, &path, files),
            below => files.push((path.to_string_lossy().replace('\\', "/"), fs::read_to_string(below).expect("a rule"))),
        }
    }
}

fn finish(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
}

fn open(engine: &Engine, example: &Example, files: &BTreeMap<String, Vec<u8>>) -> Project {
    let mut memory = Memory::default();
    for (path, bytes) in files {
        memory.insert(PathBuf::from(path), bytes.clone());
    }
    engine.open_in(&memory, Path::new(""), &example.topology).unwrap_or_else(|error| panic!("{}: {error}", example.name))
}

fn files_of(example: &Example) -> BTreeMap<String, Vec<u8>> {
    example.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
}

fn own<'a>(rule: &Rule, findings: &'a [Finding]) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.rule == rule.id).collect()
}

fn labels(project: &Project, finding: &Finding) -> Vec<String> {
    let sources = project.model.sources();
    let label = |label: &carbonlint::lint::Label| {
        let start = sources.position(label.place).start;
        format!("{}:{}:{} {}", sources.get(label.place.source).name, start.line, start.column, label.text)
    };
    finding.labels.iter().map(label).collect()
}

fn suggestions(project: &Project, finding: &Finding) -> Vec<Suggestion> {
    finding.fixes.iter().map(|fix| suggest(&project.model, fix)).collect()
}

fn edited(project: &Project, suggestion: &Suggestion, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let mut files = files.clone();
    let mut by_source: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in &suggestion.edits {
        by_source.entry(one.source).or_default().push(one.edit.clone());
    }
    for (source, edits) in by_source {
        let source = project.model.sources().get(source);
        let bytes = apply(source.content.bytes(), &edits, &source.content).expect("the edits can be written");
        files.insert(source.name.clone(), bytes);
    }
    files
}

#[test]
fn the_rules_in_the_program_are_those_in_the_folder_without_their_examples() {
    let embedded = Engine::new().expect("the embedded rules load");
    assert_eq!(engine().rules.ids(), embedded.rules.ids());
    for mut rule in engine().rules.rules {
        // The build cuts a file off at its examples: nothing may stand behind them.
        rule.file.examples.clear();
        let embedded = embedded.rules.get(&rule.id).expect("the same ids");
        assert_eq!(format!("{:?}", rule.file), format!("{:?}", embedded.file));
    }
}

#[test]
fn every_rule_is_documented_and_has_a_bad_and_a_good_example() {
    let mut mistakes = Vec::new();
    for rule in &engine().rules.rules {
        let mut must = |holds: bool, what: &str| {
            if !holds {
                mistakes.push(format!("{}: {what}", rule.id));
            }
        };
        let file = &rule.file;
        let stem = Path::new(&rule.path).file_stem().and_then(|stem| stem.to_str());
        must(stem == Some(rule.id.as_str()), "its file has its name");
        must(!file.title.is_empty() && file.docs.len() > 60, "it has a title and documentation");
        must(file.fixes.iter().all(|fix| !fix.why.is_empty()), "each fix says why it is safe or not");
        // What the engine itself reports is shown by tests of the engine.
        if file.when.is_some() {
            must(file.examples.iter().any(|example| !example.reports.is_empty()), "it has a bad example");
            must(file.examples.iter().any(|example| example.reports.is_empty()), "it has a good example");
        }
        if !file.fixes.is_empty() {
            must(file.examples.iter().any(|example| !example.fixed.is_empty()), "an example shows the bytes after its fix");
        }
    }
    finish(&mistakes);
}

#[test]
fn every_fact_of_the_catalogue_has_a_source() {
    let catalogue = engine().catalogue;
    let sources = catalogue.settings.iter().map(|setting| (&setting.id, &setting.source));
    let sources = sources.chain(catalogue.listeners.iter().map(|listener| (&listener.id, &listener.source)));
    let sources = sources.chain(catalogue.memberships.iter().map(|membership| (&membership.id, &membership.source)));
    for (id, source) in sources.chain(catalogue.links.iter().map(|link| (&link.id, &link.source))) {
        assert!(source.len() > 5, "{id}");
    }
    for detector in &catalogue.detection {
        if let Detector::File { pattern, .. } | Detector::Directory(pattern) = detector {
            assert!(pattern.regex().is_some(), "{pattern:?}");
        }
    }
}

#[test]
fn every_example_reports_what_it_says() {
    let engine = engine();
    let mut mistakes = Vec::new();
    for rule in &engine.rules.rules {
        for example in &rule.file.examples {
            let name = format!("{}: {}", rule.id, example.name);
            let files = files_of(example);
            let project = open(&engine, example, &files);
            let linted = engine.lint(&project, &HashMap::new());
            let found = own(rule, &linted.findings);
            let reports: Vec<String> =
                found.iter().map(|finding| format!("{}: {}", finding.severity.name(), finding.message)).collect();
            if reports != example.reports {
                mistakes.push(format!("{name}: reports\n  is     {reports:#?}\n  wanted {:#?}", example.reports));
            }
            let mut also: Vec<&str> =
                linted.findings.iter().map(|finding| finding.rule.as_str()).filter(|id| *id != rule.id).collect();
            also.sort_unstable();
            also.dedup();
            if also != example.also {
                mistakes.push(format!("{name}: also\n  is     {also:?}\n  wanted {:?}", example.also));
            }
            let Some(first) = found.first() else { continue };
            let places = labels(&project, first);
            if !example.labels.is_empty() && places != example.labels {
                mistakes.push(format!("{name}: labels\n  is     {places:#?}\n  wanted {:#?}", example.labels));
            }
            let suggestions = suggestions(&project, first);
            let mark = |one: &Suggestion| {
                format!(
                    "{}{}{}",
                    one.title,
                    if one.safety.name() == "safe" { "" } else { " (unsafe)" },
                    if one.applicable { "" } else { " (by hand)" }
                )
            };
            let titles: Vec<String> = suggestions.iter().map(mark).collect();
            if titles != example.fixes {
                mistakes.push(format!("{name}: fixes\n  is     {titles:#?}\n  wanted {:#?}", example.fixes));
            }
            let Some(fix) = suggestions.iter().find(|one| one.applicable) else { continue };
            let after = edited(&project, fix, &files);
            let changed: BTreeMap<String, String> = after
                .iter()
                .filter(|(path, bytes)| files.get(*path) != Some(*bytes))
                .map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()))
                .collect();
            if changed != example.fixed {
                mistakes.push(format!("{name}: fixed\n  is     {changed:#?}\n  wanted {:#?}", example.fixed));
            }
            let again = open(&engine, example, &after);
            let left = engine.lint(&again, &HashMap::new());
            if own(rule, &left.findings).iter().any(|finding| finding.fingerprint == first.fingerprint) {
                mistakes.push(format!("{name}: the fix leaves the finding as it was"));
            }
            let before: HashSet<&String> = linted.findings.iter().map(|finding| &finding.fingerprint).collect();
            for new in left.findings.iter().filter(|finding| !before.contains(&finding.fingerprint)) {
                mistakes.push(format!("{name}: the fix brings a new finding: {}: {}", new.rule, new.message));
            }
        }
    }
    finish(&mistakes);
}

#[test]
fn every_example_that_can_be_mended_is_mended_once_and_for_all() {
    let engine = engine();
    let none = HashMap::new();
    let wish = Wish { unsafe_fixes: true, prefer: Side::Client };
    let (mut mistakes, mut mended) = (Vec::new(), HashSet::new());
    for rule in &engine.rules.rules {
        for example in rule.file.examples.iter().filter(|example| !example.fixed.is_empty()) {
            let name = format!("{}: {}", rule.id, example.name);
            let mut files = files_of(example);
            let project = open(&engine, example, &files);
            let linted = engine.lint(&project, &none);
            let plan = engine.plan(&project, &linted, &none, wish, &|_, _| None);
            let is_mended = linted.findings.iter().all(|finding| {
                finding.rule != rule.id || plan.linted.findings.iter().all(|left| left.fingerprint != finding.fingerprint)
            });
            // Infos are mended only where somebody made more of them.
            let info = own(rule, &linted.findings).iter().all(|finding| finding.severity == Severity::Info);
            if is_mended {
                mended.insert(rule.id.as_str());
            } else if !info && plan.held_back.iter().all(|one| one.rule != rule.id) {
                mistakes.push(format!("{name}: neither mended nor held back"));
            }
            for change in &plan.files {
                files.insert(change.name.clone(), change.after.clone());
            }
            let again = open(&engine, example, &files);
            let left = engine.lint(&again, &none);
            let second = engine.plan(&again, &left, &none, wish, &|_, _| None);
            if !second.files.is_empty() {
                mistakes.push(format!("{name}: a second plan is not empty"));
            }
        }
        let infos = |example: &Example| example.reports.iter().all(|report| report.starts_with("info"));
        let must = rule.file.examples.iter().any(|example| !example.fixed.is_empty() && !infos(example));
        if must && !mended.contains(rule.id.as_str()) {
            mistakes.push(format!("{}: no example is mended", rule.id));
        }
    }
    finish(&mistakes);
}
