//! What breaks, and what the log says: as it is where nobody answers, and where somebody else does.

use std::collections::HashMap;
use std::path::Path;

use carbonlint::home::Memory;
use carbonlint::project::Engine;

/// What the finding about the key manager's address says of a gateway with keys of its own, beside a publisher.
fn symptom(machines: [&str; 3], url: &str) -> String {
    let engine = Engine::new().expect("the embedded rules load");
    let mut memory = Memory::default();
    for (node, offset) in [("gw", 2), ("km", 1), ("pub", 0)] {
        let carbon = format!("<Server><Version>2.6.0</Version><Ports><Offset>{offset}</Offset></Ports></Server>");
        memory.insert(format!("{node}/repository/conf/carbon.xml"), carbon);
    }
    let manager = format!("<APIManager><APIKeyValidator><ServerURL>{url}</ServerURL></APIKeyValidator></APIManager>");
    memory.insert("gw/repository/conf/api-manager.xml", manager);
    let [gw, km, publisher] = machines;
    let topology = format!(
        "nodes:\n  - {{name: gw, role: gateway, home: gw, host: gw, machine: {gw}}}\n  - {{name: km, role: key-manager, home: km, host: \
         km, machine: {km}}}\n  - {{name: pub, role: publisher, home: pub, host: pub, machine: {publisher}}}\n"
    );
    let project = engine.open_in(&memory, Path::new(""), &topology).expect("the topology is fine");
    let linted = engine.lint(&project, &HashMap::new());
    let finding = linted.findings.into_iter().find(|finding| finding.rule.starts_with("link-")).expect("a finding");
    finding.symptom.expect("something breaks")
}

#[test]
fn a_call_that_nobody_takes_is_refused() {
    let refused = symptom(["a", "b", "c"], "https://km:9443/services/");
    assert_eq!(refused, "tokens cannot be validated or issued; the log of gw says: Connection refused");
}

#[test]
fn a_call_that_another_server_of_the_machine_takes_is_not() {
    let log = |url| symptom(["a", "b", "b"], url).split_once(" says: ").expect("a log").1.to_owned();
    assert_eq!(log("https://km:9443/services/"), "404 Not Found, or The service cannot be found (pub answers there)");
    assert_eq!(log("https://km:9445/services/"), "Connection refused");
}

#[test]
fn nor_is_one_that_another_listener_of_the_target_takes() {
    let said = symptom(["a", "b", "c"], "https://km:9764/services/");
    assert!(said.ends_with("Unrecognized SSL message, plaintext connection?"), "{said}");
}
