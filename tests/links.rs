//! Who is meant by a host, and the verdict of the link: the rules of the topology, one case each.

use std::fmt::Write as _;
use std::path::Path;

use carbonlint::home::Memory;
use carbonlint::project::Engine;

/// A key manager and a gateway of 2.6.0 that calls it with `WSClient`, and what the topology says of them.
struct Case {
    url: &'static str,
    gateway: &'static str,
    key_manager: &'static str,
    offsets: (i32, i32),
    rest: &'static str,
}

const PLAIN: Case = Case { url: "https://km:9443/services/", gateway: "", key_manager: "", offsets: (0, 0), rest: "" };
const HOSTS: Case = Case { gateway: "host: gw", key_manager: "host: km", ..PLAIN };

impl Case {
    /// The verdict of the gateway's link to the key manager, with its reason.
    fn verdict(&self) -> (&'static str, String) {
        let carbon = |offset: i32| format!("<Server><Version>2.6.0</Version><Ports><Offset>{offset}</Offset></Ports></Server>");
        let mut memory = Memory::default();
        for (node, offset) in [("gw", self.offsets.0), ("km", self.offsets.1), ("km2", self.offsets.1), ("pub", 7)] {
            memory.insert(format!("{node}/repository/conf/carbon.xml"), carbon(offset));
        }
        let url = self.url;
        let validator = format!(
            "<APIKeyValidator><ServerURL>{url}</ServerURL><KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator>"
        );
        memory.insert("gw/repository/conf/api-manager.xml", format!("<APIManager>{validator}</APIManager>"));
        let mut topology = String::from("nodes:\n");
        for (name, role, more) in [("gw", "gateway", self.gateway), ("km", "key-manager", self.key_manager)] {
            writeln!(topology, "  - {{name: {name}, role: {role}, home: {name}, {more}}}").expect("a String");
        }
        topology.push_str(self.rest);
        let engine = Engine::new().expect("the embedded rules load");
        let project = engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}\n{topology}"));
        let id = |link: &&carbonlint::deployment::Link| engine.catalogue.links[link.spec].id == "key-validator-server-url";
        let link = project.model.links.iter().find(id).expect("the link is there");
        (link.verdict.name(), link.why.clone())
    }

    #[track_caller]
    fn is(&self, verdict: &str) {
        assert_eq!(self.verdict().0, verdict, "{}", self.verdict().1);
    }
}

const KM2: &str = "  - {name: km2, role: key-manager, home: km2, host: km, machine: m2}\n";
const PUBLISHER: &str = "  - {name: pub, role: publisher, home: pub, host: pub}\n";

#[test]
fn a_declared_host_is_the_node() {
    HOSTS.is("ok");
    Case { offsets: (0, 3), ..HOSTS }.is("wrong port");
    Case { url: "https://KM:9443/services/", ..HOSTS }.is("ok");
}

#[test]
fn an_alias_is_the_node() {
    Case { url: "https://10.0.0.5:9443/", key_manager: "host: km, aliases: [10.0.0.5]", ..HOSTS }.is("ok");
}

#[test]
fn without_declared_hosts_the_only_node_with_the_role_is_meant() {
    PLAIN.is("ok");
    Case { url: "https://whatever.example.com:9443/", ..PLAIN }.is("ok");
    Case { url: "https://localhost:9443/", offsets: (1, 0), ..PLAIN }.is("ok");
    Case { url: "https://whatever.example.com:9443/", offsets: (0, 5), ..PLAIN }.is("wrong port");
}

#[test]
fn without_declared_hosts_a_public_port_is_not_judged() {
    Case { url: "https://keys.example.com/services/", ..PLAIN }.is("undecidable");
}

#[test]
fn without_declared_hosts_one_of_several_is_not_guessed() {
    let rest = "  - {name: km2, role: key-manager, home: km2}\n";
    Case { rest, ..PLAIN }.is("undecidable");
    Case { rest, gateway: "key_manager: km", ..PLAIN }.is("ok");
}

#[test]
fn key_manager_says_who_is_meant_where_the_host_names_nobody() {
    Case { url: "https://keys:9443/", gateway: "host: gw, key_manager: km", ..HOSTS }.is("ok");
    Case { url: "https://keys:9444/", gateway: "host: gw, key_manager: km", ..HOSTS }.is("wrong port");
    Case { url: "https://pub:9450/", gateway: "host: gw, key_manager: km", rest: PUBLISHER, ..HOSTS }.is("wrong role");
}

#[test]
fn a_host_that_nobody_has_is_unknown() {
    let (verdict, why) = Case { url: "https://km1.example.com:9443/", key_manager: "host: km.example.com", ..HOSTS }.verdict();
    assert_eq!((verdict, why.as_str()), ("unknown host", "nearest: km.example.com"));
}

#[test]
fn an_external_is_never_unknown() {
    Case { url: "https://keys:9443/", rest: "externals: [{host: keys}]\n", ..HOSTS }.is("external");
}

#[test]
fn loopback_means_the_readers_machine() {
    for url in [
        "https://localhost:9443/",
        "https://127.0.0.1:9443/",
        "https://[::1]:9443/",
        "https://gw:9443/",
        "https://${carbon.local.ip}:9443/",
    ] {
        Case { url, ..HOSTS }.is("still local");
    }
    let together = Case { gateway: "host: gw, machine: vm", key_manager: "host: km, machine: vm", offsets: (2, 5), ..HOSTS };
    Case { url: "https://localhost:9448/", ..together }.is("ok");
    Case {
        url: "https://localhost:9445/",
        gateway: "host: gw, machine: vm",
        key_manager: "host: km, machine: vm",
        offsets: (2, 5),
        ..HOSTS
    }
    .is("wrong port");
}

#[test]
fn the_port_of_a_neighbour_without_the_role_is_a_wrong_role() {
    let rest = "  - {name: pub, role: publisher, home: pub, host: pub, machine: vm}\n";
    Case { url: "https://localhost:9450/", gateway: "host: gw, machine: vm", rest, ..HOSTS }.is("wrong role");
}

#[test]
fn aliases_never_make_a_machine() {
    Case {
        url: "https://localhost:9448/",
        gateway: "host: gw, aliases: [vm]",
        key_manager: "host: km, aliases: [vm]",
        offsets: (2, 5),
        ..HOSTS
    }
    .is("still local");
}

#[test]
fn one_name_for_several_nodes_must_fit_each() {
    Case { rest: KM2, ..HOSTS }.is("ok");
    let one_is_off = "  - {name: km2, role: key-manager, home: km2, host: km, machine: m2, port_offset: 4}\n";
    Case { rest: one_is_off, key_manager: "host: km, machine: m1", ..HOSTS }.is("wrong port");
}

#[test]
fn a_node_without_the_role_is_a_wrong_role_or_nothing() {
    Case { url: "https://pub:9450/", rest: PUBLISHER, ..HOSTS }.is("wrong role");
    Case { url: "https://pub:9443/", rest: PUBLISHER, ..HOSTS }.is("nothing listens");
}

#[test]
fn a_load_balancer_is_judged_by_what_is_behind_it() {
    let good = "load_balancers: [{host: lb, ports: {443: ['km:9443'], 8443: ['km:9443']}}]\n";
    Case { url: "https://lb/services/", rest: good, ..HOSTS }.is("ok");
    Case { url: "https://lb:8443/services/", rest: good, ..HOSTS }.is("ok");
    Case { url: "https://lb:9443/services/", rest: good, ..HOSTS }.is("nothing listens");
    Case { url: "https://lb/services/", rest: good, offsets: (0, 1), ..HOSTS }.is("nothing listens");
    Case { url: "https://lb:8243/", rest: "load_balancers: [{host: lb, ports: {8243: ['gw:8243']}}]\n", ..HOSTS }
        .is("wrong role");
}

#[test]
fn a_public_port_to_a_load_balancer_is_fine() {
    let rest = "load_balancers: [{host: lb, ports: {9443: ['km:9443']}}]\n";
    Case { url: "https://lb/services/", rest, ..HOSTS }.is("ok");
    Case { url: "https://lb/services/", rest: "load_balancers: [{host: lb, nodes: [km]}]\n", ..HOSTS }.is("ok");
}

#[test]
fn a_public_port_that_a_load_balancer_offers_is_judged_by_what_is_behind_it() {
    let balancer = |backends: &str| format!("load_balancers: [{{host: lb, ports: {{443: [{backends}]}}}}]\n");
    let is = |url: &'static str, backends: &str, verdict: &str| {
        let rest: &'static str = Box::leak((PUBLISHER.to_owned() + &balancer(backends)).into_boxed_str());
        Case { url, rest, ..HOSTS }.is(verdict);
    };
    for url in ["https://lb/services/", "https://lb:443/services/"] {
        is(url, "'km:9443'", "ok");
        is(url, "'km:9763'", "ok");
        is(url, "'pub:9450'", "wrong role");
        is(url, "'km:9444'", "nothing listens");
        is(url, "'km:10397'", "nothing listens");
    }
    // One that routes by path has others behind the same port.
    is("https://lb/services/", "'pub:9450', 'km:9443', 'gw:8243'", "ok");
    is("https://lb/services/", "'pub:9450', 'km:9444'", "wrong role");
    is("https://lb:80/services/", "'km:9443'", "wrong scheme");
    let only_publisher = "  - {name: pub, role: publisher, home: pub, host: pub}\nload_balancers: [{host: lb, nodes: [pub]}]\n";
    Case { url: "https://lb/services/", rest: only_publisher, ..HOSTS }.is("wrong role");
}

#[test]
fn a_service_passes_every_port_one_to_one() {
    let rest = "load_balancers: [{host: svc, nodes: [km]}]\n";
    Case { url: "https://svc:9443/", rest, ..HOSTS }.is("ok");
    Case { url: "https://svc:9443/", rest, offsets: (0, 2), ..HOSTS }.is("wrong port");
}

#[test]
fn a_balancer_and_a_node_may_have_one_name() {
    let rest = "load_balancers: [{host: km, ports: {443: ['km:9443']}}]\n";
    Case { url: "https://km/", rest, ..HOSTS }.is("ok");
    Case { url: "https://km:9443/", rest, ..HOSTS }.is("ok");
}

#[test]
fn schemes_are_told_apart() {
    Case { url: "https://km:9763/", ..HOSTS }.is("wrong scheme");
    Case { url: "http://km:9443/", ..HOSTS }.is("wrong scheme");
}

#[test]
fn what_cannot_be_known_is_undecidable() {
    for url in [
        "https://$env{KM}:9443/",
        "https://{{ km }}:9443/",
        "https://km:${km.port}/",
        "https://[key-manager-host]:9443/",
        "https://%KM%:9443/",
    ] {
        Case { url, ..HOSTS }.is("undecidable");
    }
    Case {
        url: "https://$env{KM}:${km.port}/",
        gateway: "host: gw, environment: {KM: km}, properties: {km.port: 9443}",
        ..HOSTS
    }
    .is("ok");
}

#[test]
fn what_is_no_url_is_malformed() {
    for url in ["km:9443", "https:///services/", "https://localhost.9443/", "https://https://km:9443/", "https://km:9443a/"] {
        Case { url, ..HOSTS }.is("malformed");
    }
    Case { url: "", ..HOSTS }.is("not stated");
}

#[test]
fn what_load_balancers_forward_is_listed_behind_what_nodes_call() {
    let mut memory = Memory::default();
    let carbon = "<Server><Version>2.6.0</Version><Ports><Offset>2</Offset></Ports></Server>";
    memory.insert("km/repository/conf/carbon.xml", carbon);
    let topology = "nodes: [{name: km, role: key-manager, home: km, host: km.example.com}]\n\
                    load_balancers:\n  - {host: keys.example.com, ports: {443: [\"km:9445\"], 8443: [\"km:9443\"]}}\n";
    let engine = Engine::new().expect("the embedded rules load");
    let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
    let all = |name: &str| !name.is_empty();
    let csv = carbonlint::report::links::csv(&project, &all);
    let forwards: Vec<&str> = csv.lines().skip_while(|line| !line.contains("load-balancer")).collect();
    assert_eq!(
        forwards,
        [
            "keys.example.com,km,load-balancer,What it gets on 443,,km.example.com,9445,ok,,topology.yaml,3",
            "keys.example.com,km,load-balancer,What it gets on 8443,,km.example.com,9443,nothing listens,,topology.yaml,3",
        ]
    );
    assert!(!carbonlint::report::links::csv(&project, &|name| name == "gw").contains("load-balancer"));
    let table = carbonlint::report::links::human(&project, &all);
    assert!(table.contains("km.example.com:9445"), "{table}");
}
