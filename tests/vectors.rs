//! Hand-computed cases: what the client calls, what the server opens, and what is said of it.
//! The versions, offsets and ports are those of the product's own behaviour (see `rules/catalogue/`).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use carbonlint::deployment::Deployment;
use carbonlint::home::Memory;
use carbonlint::project::{Engine, Project};

/// One gateway and one key manager.
#[derive(Default, Clone)]
struct Case {
    version: &'static str,
    offsets: (&'static str, &'static str),
    /// `-DportOffset` of the gateway.
    start: Option<i32>,
    client: Option<&'static str>,
    server: Option<&'static str>,
    /// The element that holds the client's settings, where it is not the version's own.
    parent: Option<&'static str>,
    url: Option<&'static str>,
    hosts: bool,
}

impl Case {
    fn new(version: &'static str, gateway: &'static str, key_manager: &'static str) -> Self {
        Self { version, offsets: (gateway, key_manager), ..Self::default() }
    }

    fn carbon(&self, offset: &str) -> String {
        format!(
            "<Server><Name>WSO2 API Manager</Name><Version>{}</Version><Ports><Offset>{offset}</Offset></Ports></Server>",
            self.version
        )
    }

    fn api_manager(&self, parent: &str, element: &str, port: Option<&str>, url: Option<&str>) -> String {
        let port = port.map_or(String::new(), |port| format!("<{element}>{port}</{element}>"));
        let url = url.map_or(String::new(), |url| format!("<ServerURL>{url}</ServerURL>"));
        let settings = format!(
            "{url}<KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\
             <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut><EnableThriftServer>true</EnableThriftServer>"
        );
        // A port under the parent of another version stands apart from the settings.
        let own = if self.version == "1.8.0" { "APIKeyManager" } else { "APIKeyValidator" };
        if parent == own {
            format!("<APIManager><{own}>{settings}{port}</{own}></APIManager>")
        } else {
            format!("<APIManager><{parent}>{port}</{parent}><{own}>{settings}</{own}></APIManager>")
        }
    }

    fn open(&self, engine: &Engine) -> Project {
        let own = if self.version == "1.8.0" { "APIKeyManager" } else { "APIKeyValidator" };
        let mut memory = Memory::default();
        memory.insert("gw/repository/conf/carbon.xml", self.carbon(self.offsets.0));
        memory.insert("km/repository/conf/carbon.xml", self.carbon(self.offsets.1));
        memory.insert(
            "gw/repository/conf/api-manager.xml",
            self.api_manager(self.parent.unwrap_or(own), "ThriftClientPort", self.client, self.url),
        );
        memory.insert("km/repository/conf/api-manager.xml", self.api_manager(own, "ThriftServerPort", self.server, None));
        let mut topology = String::from("nodes:\n");
        for (name, role) in [("gw", "gateway"), ("km", "key-manager")] {
            writeln!(topology, "  - name: {name}\n    role: {role}\n    home: {name}").expect("a String");
            if self.hosts {
                writeln!(topology, "    host: {name}").expect("a String");
            }
            if let Some(start) = self.start.filter(|_| name == "gw") {
                writeln!(topology, "    port_offset: {start}").expect("a String");
            }
        }
        engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The client's port, the server's port, and the rules that report, sorted.
    fn outcome(&self) -> (Option<i64>, Option<i64>, Vec<String>) {
        let engine = Engine::new().expect("the embedded rules load");
        let project = self.open(&engine);
        let mut rules: Vec<String> = engine
            .lint(&project, &HashMap::new())
            .findings
            .iter()
            .map(|finding| finding.rule.clone())
            .filter(|rule| rule != "thrift-server-unneeded" && rule != "thrift-port-pinned")
            .collect();
        rules.sort();
        (link(&project.model, "thrift-client"), listener(&project.model, "km", "thrift-server"), rules)
    }
}

fn link(model: &Deployment, id: &str) -> Option<i64> {
    model.links.iter().find(|link| model.catalogue().links[link.spec].id == id).and_then(|link| link.port.value())
}

fn listener(model: &Deployment, node: &str, id: &str) -> Option<i64> {
    let node = &model.nodes[model.node(node).expect("the node is there")];
    node.listeners
        .iter()
        .find(|listener| model.catalogue().listeners[listener.spec].id == id)
        .and_then(|listener| listener.port.value())
}

#[track_caller]
fn check(case: &Case, client: Option<i64>, server: Option<i64>, rules: &[&str]) {
    let (is_client, is_server, is_rules) = case.outcome();
    assert_eq!((is_client, is_server), (client, server));
    assert_eq!(is_rules, rules);
}

#[test]
fn defaults_without_offsets_fit() {
    check(&Case::new("2.6.0", "0", "0"), Some(10397), Some(10397), &[]);
}

#[test]
fn the_documentations_example_does_not_fit() {
    check(&Case::new("2.6.0", "2", "5"), Some(10399), Some(10402), &["thrift-port-mismatch"]);
}

#[test]
fn a_written_client_port_is_not_offset() {
    check(&Case { client: Some("10402"), ..Case::new("2.6.0", "2", "5") }, Some(10402), Some(10402), &[]);
}

#[test]
fn two_written_ports_ignore_both_offsets() {
    let case = Case { client: Some("10397"), server: Some("10397"), ..Case::new("2.6.0", "2", "5") };
    check(&case, Some(10397), Some(10397), &[]);
}

#[test]
fn a_written_server_port_leaves_the_client_behind() {
    check(&Case { server: Some("10397"), ..Case::new("2.6.0", "2", "5") }, Some(10399), Some(10397), &["thrift-port-mismatch"]);
}

#[test]
fn equal_offsets_fit() {
    check(&Case::new("2.6.0", "3", "3"), Some(10400), Some(10400), &[]);
}

#[test]
fn a_written_client_port_meets_a_default_server() {
    check(&Case { client: Some("10397"), ..Case::new("2.6.0", "1", "0") }, Some(10397), Some(10397), &[]);
}

#[test]
fn blanks_around_a_port_are_no_number() {
    check(&Case { client: Some(" 10397 "), ..Case::new("2.6.0", "0", "0") }, None, Some(10397), &["thrift-port-invalid"]);
}

#[test]
fn blanks_alone_count_as_absent() {
    check(&Case { client: Some("   "), ..Case::new("2.6.0", "0", "0") }, Some(10397), Some(10397), &[]);
}

#[test]
fn offsets_do_not_count_in_one_x() {
    let case = Case { client: Some("10397"), server: Some("10397"), ..Case::new("1.10.0", "2", "5") };
    check(&case, Some(10397), Some(10397), &[]);
}

#[test]
fn a_missing_server_port_means_10398_in_one_x() {
    check(&Case { client: Some("10397"), ..Case::new("1.10.0", "0", "0") }, Some(10397), Some(10398), &["thrift-port-mismatch"]);
}

#[test]
fn a_missing_client_port_is_an_error_in_one_x() {
    check(&Case { server: Some("10397"), ..Case::new("1.10.0", "0", "0") }, None, Some(10397), &["thrift-client-port-missing"]);
}

#[test]
fn the_old_parent_is_not_read_from_1_9_on() {
    let case =
        Case { client: Some("10397"), server: Some("10397"), parent: Some("APIKeyManager"), ..Case::new("1.9.0", "0", "0") };
    check(&case, None, Some(10397), &["thrift-client-port-missing", "thrift-obsolete"]);
}

#[test]
fn one_eight_reads_the_old_parent() {
    let case = Case { client: Some("10397"), server: Some("10397"), ..Case::new("1.8.0", "2", "5") };
    check(&case, Some(10397), Some(10397), &[]);
}

#[test]
fn the_start_command_wins_over_the_file() {
    let case = Case { start: Some(4), ..Case::new("2.6.0", "1", "0") };
    check(&case, Some(10401), Some(10397), &["offset-overridden", "thrift-port-mismatch"]);
}

#[test]
fn a_placeholder_is_the_readers_own_port() {
    let url = Some("https://km:${mgt.transport.https.port}/services/");
    // The Thrift port is written, so that only the URL is at fault.
    let case = Case { url, hosts: true, client: Some("10397"), ..Case::new("2.6.0", "1", "0") };
    let engine = Engine::new().expect("the embedded rules load");
    let project = case.open(&engine);
    assert_eq!(link(&project.model, "key-validator-server-url"), Some(9444));
    assert_eq!(listener(&project.model, "km", "servlet-https"), Some(9443));
    assert_eq!(case.outcome().2, ["link-port-mismatch"]);
}

#[test]
fn listeners_move_with_the_offset() {
    let engine = Engine::new().expect("the embedded rules load");
    for (offset, expected) in [("0", [9443, 9763, 8243, 8280]), ("3", [9446, 9766, 8246, 8283])] {
        for version in ["1.8.0", "1.9.1", "1.10.0", "2.0.0", "2.1.0", "2.2.0", "2.5.0", "2.6.0"] {
            let project = Case::new(version, offset, offset).open(&engine);
            for (id, port) in ["servlet-https", "servlet-http", "passthru-https", "passthru-http"].iter().zip(expected) {
                assert_eq!(listener(&project.model, "gw", id), Some(port), "{version} {id}");
            }
        }
    }
}
