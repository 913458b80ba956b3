//! Real deployments, healthy all of them: no error, no warning, and the right ports.
//!
//! They are no part of the project. Where they are not beside it, this test says so and passes.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use carbonlint::catalogue::Severity;
use carbonlint::project::{Engine, Project};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

fn deployments() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(CORPUS) else {
        println!("skipped: no corpus of real deployments beside the project");
        return Vec::new();
    };
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path().join("topology.yaml")).filter(|path| path.is_file()).collect();
    found.sort();
    assert!(found.len() >= 16, "the corpus holds 16 deployments, found {}", found.len());
    found
}

fn name(path: &Path) -> String {
    path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn open(engine: &Engine, path: &Path) -> Project {
    engine.open(path).unwrap_or_else(|error| panic!("{}: {error}", name(path)))
}

#[test]
fn real_deployments_have_no_errors_and_no_warnings() {
    let engine = Engine::new().expect("the embedded rules load");
    for path in deployments() {
        let project = open(&engine, &path);
        let linted = engine.lint(&project, &HashMap::new());
        assert!(!linted.failed, "{}: a rule failed", name(&path));
        let bad: Vec<String> = linted
            .findings
            .iter()
            .filter(|finding| finding.severity > Severity::Info)
            .map(|finding| format!("{}: {}", finding.rule, finding.message))
            .collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", name(&path));
    }
}

#[test]
fn real_deployments_have_their_documented_ports() {
    // No deployment of the corpus has an offset, and none changes a port.
    let expected: HashMap<&str, i64> = HashMap::from([
        ("thrift-server", 10397),
        ("servlet-https", 9443),
        ("servlet-http", 9763),
        ("passthru-https", 8243),
        ("passthru-http", 8280),
        ("ws", 9099),
        ("wss", 8099),
        ("websub-http", 9021),
        ("websub-https", 8021),
        ("thrift-authentication", 10711),
        ("thrift-entitlement", 10500),
        ("databridge-binary-tcp", 9611),
        ("databridge-binary-ssl", 9711),
        ("databridge-thrift-tcp", 7611),
        ("databridge-thrift-ssl", 7711),
        ("amqp", 5672),
        ("amqps", 8672),
        ("mqtt", 1883),
        ("mqtts", 8883),
        ("andes-coordination", 7611),
        ("andes-jmx", 8999),
        ("cep-event-sync", 11224),
        ("cep-management", 10005),
        ("jmx-rmi-registry", 9999),
        ("jmx-rmi-server", 11111),
        ("embedded-ldap", 10389),
        ("kdc", 8000),
        ("hazelcast", 4000),
        ("hazelcast-multicast", 45564),
    ]);
    let engine = Engine::new().expect("the embedded rules load");
    for path in deployments() {
        let project = open(&engine, &path);
        for node in &project.model.nodes {
            assert_eq!(node.offset.value, Some(0), "{}: {}", name(&path), node.name);
            let listed: Vec<_> = node.listeners.iter().filter(|listener| listener.listed && listener.stated).collect();
            assert!(listed.len() >= 2, "{}: {} has its servlet ports", name(&path), node.name);
            for listener in listed {
                let id = engine.catalogue.listeners[listener.spec].id.as_str();
                assert_eq!(listener.port.value(), expected.get(id).copied(), "{}: {} {id}", name(&path), node.name);
            }
        }
        for link in &project.model.links {
            if engine.catalogue.links[link.spec].id == "thrift-client" {
                assert_eq!(link.port.value(), Some(10397), "{}", name(&path));
            }
        }
    }
}

#[test]
fn real_deployments_are_of_the_versions_that_they_say() {
    let expected = [
        ("am-1.8.0-allinone", "am", "1.8"),
        ("am-1.10.0-default", "am", "1.10"),
        ("am-2.1.0-default", "am", "2.1"),
        ("am-2.6.0-default", "am", "2.6"),
        ("am-3.x-4.x-allinone-toml", "am", "4.0"),
        ("docker-1.10.0-pattern-1", "keymanager", "1.10"),
        ("docker-2.1.0-pattern-4", "keymanager", "2.1"),
        ("docker-2.6.0-is-as-km", "is-as-km", "2.6"),
        ("kernel-toml-pattern-3", "gw", "3.0"),
    ];
    let engine = Engine::new().expect("the embedded rules load");
    for path in deployments() {
        let project = open(&engine, &path);
        for (_, node, family) in expected.iter().filter(|(deployment, ..)| *deployment == name(&path)) {
            let node = project.model.node(node).expect("the node is there");
            let found = project.model.nodes[node].product.family.map(|family| family.to_string());
            assert_eq!(found.as_deref(), Some(*family), "{}", name(&path));
        }
    }
}
