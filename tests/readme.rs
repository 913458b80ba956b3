//! What the README says is what the program does.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use carbonlint::project::Engine;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README")
}

#[test]
fn the_example_prints_what_the_readme_shows() {
    let mut command = Command::cargo_bin("carbonlint").expect("the program");
    let arguments = ["check", "examples/offset-mismatch/topology.yaml"];
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().args(arguments).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(readme().contains(printed.trim_end()), "the README does not show what is printed:\n{printed}");
}

#[test]
fn the_readme_lists_every_rule_with_its_severity_and_title() {
    let readme = readme();
    for rule in &Engine::new().expect("the embedded rules load").rules.rules {
        let row = format!("| `{}` | {} | {} |", rule.id, rule.file.severity.name(), rule.file.title);
        assert!(readme.contains(&row), "missing: {row}");
    }
}

#[test]
fn the_topologies_of_the_readme_are_understood() {
    let readme = readme();
    let blocks: Vec<&str> = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let topologies: Vec<&str> =
        blocks.into_iter().filter(|block| block.starts_with("nodes:") || block.starts_with("version:")).collect();
    assert_eq!(topologies.len(), 2);
    for block in topologies {
        let content = carbonlint::source::Content::plain(block);
        assert!(carbonlint::topology::read(&content).is_ok(), "{block}");
    }
}

#[test]
fn the_rule_of_the_readme_is_understood_and_its_example_holds() {
    let readme = readme();
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let rules: Vec<&str> = blocks.filter(|block| block.starts_with("id:")).collect();
    assert_eq!(rules.len(), 1);
    let mut engine = Engine::new().expect("the embedded rules load");
    let with = carbonlint::lint::add_own(&engine.rules, [("README.md", rules[0])], &engine.catalogue);
    engine.rules = std::sync::Arc::new(with.expect("a rule"));
    let own = engine.rules.rules.iter().find(|rule| rule.is_own).expect("it");
    assert!(carbonlint::examples::test(&engine, own).holds());
}
