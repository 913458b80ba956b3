//! `explain` has an answer for every port and every call of the catalogue, on every node.

use std::path::{Path, PathBuf};

use carbonlint::project::Engine;
use carbonlint::report::explain;

/// Topologies in the folders of a folder, if it is there.
fn topologies(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("topology.yaml")).filter(|path| path.is_file()).collect()
}

#[test]
fn every_port_and_every_call_is_explained() {
    let engine = Engine::new().expect("the embedded rules load");
    let ids: Vec<&String> = engine
        .catalogue
        .listeners
        .iter()
        .map(|spec| &spec.id)
        .chain(engine.catalogue.links.iter().map(|spec| &spec.id))
        .collect();
    let examples = topologies("examples");
    assert!(examples.len() >= 8, "the examples are there");
    for path in examples.iter().chain(&topologies("../shared/corpus")) {
        let project = engine.open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for node in &project.model.nodes {
            for id in &ids {
                let subject = format!("{}.{id}", node.name);
                let text = explain::render(&project, &subject).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(text.starts_with(&format!("{subject}: ")), "{text}");
                assert!(text.lines().count() > 1 || text.contains(" does not "), "{text}");
            }
        }
    }
}
