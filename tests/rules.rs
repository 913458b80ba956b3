//! Every rule: unique, documented, with examples; and every example run: what it reports, where, how it is mended.

use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use carbonlint::catalogue::Detector;
use carbonlint::examples::{self, Tested};
use carbonlint::lint::load;
use carbonlint::project::Engine;
use carbonlint::report::{self, Style};

/// The rules as they lie in their folder now.
fn engine() -> Engine {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut files = Vec::new();
    collect(Path::new(&root), Path::new("rules"), &mut files);
    files.sort();
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let mut engine = Engine::new().expect("the embedded rules load");
    let rules = load(files, &engine.catalogue).unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    engine.rules = Arc::new(rules);
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

#[test]
fn the_rules_in_the_program_are_those_in_the_folder_without_their_examples() {
    let embedded = Engine::new().expect("the embedded rules load");
    assert_eq!(engine().rules.ids(), embedded.rules.ids());
    let rules = Arc::into_inner(engine().rules).expect("nobody else has them");
    for rule in rules.rules {
        // The build cuts a file off at its examples: nothing may stand behind them.
        let mut rule = Arc::into_inner(rule).expect("nobody else has it");
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
        let missing = examples::missing(rule);
        must(file.when.is_none() || missing.is_empty(), &missing.join("; "));
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
fn every_example_holds() {
    let engine = engine();
    let tested: Vec<Tested<'_>> = engine.rules.rules.iter().map(|rule| examples::test(&engine, rule)).collect();
    let wrong: Vec<Tested<'_>> = tested.into_iter().filter(|one| !one.holds()).collect();
    assert!(wrong.is_empty(), "{}", report::examples::render(&wrong, Style::default()));
}
