//! Hover, definition and completion.

use serde_json::{Value, json};

use crate::client::{Client, Copy, modern, position};

const GW: &str = "homes/gw/repository/conf/carbon.xml";
const MANAGER: &str = "homes/gw/repository/conf/api-manager.xml";

fn hover(client: &mut Client, copy: &Copy, file: &str, what: &str) -> String {
    let position = position(&copy.read(file), what);
    let answer = client.at("textDocument/hover", &copy.uri(file), &position);
    answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_hover_says_how_a_port_came_about_and_who_calls_it() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    // An offset, the finding there, and its rule.
    let text = hover(&mut client, &copy, GW, "2</Offset>");
    assert!(text.contains("**error** `thrift-port-mismatch`: gw calls km on Thrift port 10399"), "{text}");
    assert!(text.contains("gw: offset 2, carbon.xml (homes/gw/repository/conf/carbon.xml:48)"), "{text}");
    assert!(text.contains("thrift-client"), "{text}");
    // A host, and the call to it with its verdict.
    let text = hover(&mut client, &copy, MANAGER, "km.example.com</ThriftServerHost>");
    assert!(text.contains("gw.thrift-client") && text.contains("verdict: wrong port"), "{text}");
    // The server's side.
    let text = hover(&mut client, &copy, "topology.yaml", "km\n");
    assert!(text.contains("thrift-server") && text.contains("10402"), "{text}");
    assert_eq!(hover(&mut client, &copy, GW, "<Server "), "");
}

#[test]
fn a_hover_is_plain_where_the_client_wants_it() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &json!({}));
    client.open(&copy, GW);
    let position = position(&copy.read(GW), "2</Offset>");
    let answer = client.at("textDocument/hover", &copy.uri(GW), &position);
    assert_eq!(answer["contents"]["kind"], "plaintext");
    assert!(!answer["contents"]["value"].as_str().unwrap().contains("```"));
}

fn definition(client: &mut Client, copy: &Copy, file: &str, what: &str) -> Vec<(String, u64)> {
    let position = position(&copy.read(file), what);
    let answer = client.at("textDocument/definition", &copy.uri(file), &position);
    let root = copy.uri("");
    let one = |location: &Value| {
        let uri = location["uri"].as_str().unwrap().strip_prefix(&root).unwrap().to_owned();
        (uri, location["range"]["start"]["line"].as_u64().unwrap())
    };
    answer.as_array().map(|all| all.iter().map(one).collect()).unwrap_or_default()
}

#[test]
fn a_host_leads_to_its_node_and_a_node_to_its_home() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let line = |what: &str| position(&copy.read("topology.yaml"), what)["line"].as_u64().unwrap();
    let node = vec![("topology.yaml".to_owned(), line("name: km"))];
    assert_eq!(definition(&mut client, &copy, MANAGER, "km.example.com</ThriftServerHost>"), node);
    let home = definition(&mut client, &copy, "topology.yaml", "homes/km");
    assert!(home[0].0.starts_with("homes/km/repository/conf/"), "{home:?}");
    let host = definition(&mut client, &copy, MANAGER, "tm.example.com");
    assert_eq!(host, [("topology.yaml".to_owned(), line("tm.example.com"))]);
}

#[test]
fn names_of_nodes_lead_to_the_nodes() {
    let copy = Copy::of("offset-mismatch");
    let text = copy.read("topology.yaml").replace("    host: gw.example.com", "    host: gw.example.com\n    key_manager: km")
        + "load_balancers:\n  - host: lb.example.com\n    ports:\n      443: [\"km:9448\"]\n";
    copy.write("topology.yaml", &text);
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let node = vec![("topology.yaml".to_owned(), position(&text, "name: km")["line"].as_u64().unwrap())];
    assert_eq!(definition(&mut client, &copy, "topology.yaml", "km\n\n"), node);
    assert_eq!(definition(&mut client, &copy, "topology.yaml", "km:9448"), node);
    let hover = hover(&mut client, &copy, "topology.yaml", "lb.example.com");
    assert!(hover.contains("443  km:9448  open"), "{hover}");
}

#[test]
fn a_port_leads_to_the_setting_that_opens_the_one_that_is_meant() {
    let copy = Copy::of("offset-mismatch");
    let text = copy
        .read(MANAGER)
        .replace("<!--ThriftClientPort>10397</ThriftClientPort-->", "<ThriftClientPort>10397</ThriftClientPort>");
    copy.write(MANAGER, &text);
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, MANAGER);
    let places = definition(&mut client, &copy, MANAGER, "10397</ThriftClientPort>");
    assert!(places.iter().all(|(file, _)| file.starts_with("homes/km/")) && !places.is_empty(), "{places:?}");
}

fn completion(client: &mut Client, copy: &Copy, text: &str) -> Vec<String> {
    let topology = copy.uri("topology.yaml");
    client.change(&topology, &text.replacen('|', "", 1));
    let answer = client.at("textDocument/completion", &topology, &position(text, "|"));
    answer.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_fits_is_proposed_in_a_topology() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let text = copy.read("topology.yaml");
    let keys = completion(&mut client, &copy, &format!("{text}|"));
    assert!(keys.contains(&"load_balancers".to_owned()) && !keys.contains(&"nodes".to_owned()), "{keys:?}");
    let keys = completion(&mut client, &copy, &text.replace("    role: gateway\n", "    role: gateway\n    |\n"));
    assert!(keys.contains(&"port_offset".to_owned()) && !keys.contains(&"home".to_owned()), "{keys:?}");
    let roles = completion(&mut client, &copy, &text.replace("role: gateway", "role: gate|"));
    assert!(roles.contains(&"gateway-worker".to_owned()) && roles.contains(&"key-manager".to_owned()), "{roles:?}");
    let nodes = completion(&mut client, &copy, &text.replace("role: gateway", "role: gateway\n    key_manager: |"));
    assert_eq!(nodes, ["gw", "km"]);
    let rules = completion(&mut client, &copy, &format!("{text}rules:\n  thr|"));
    assert!(rules.contains(&"thrift-port-mismatch".to_owned()), "{rules:?}");
    let severities = completion(&mut client, &copy, &format!("{text}rules:\n  thrift-port-mismatch: |"));
    assert_eq!(severities, ["error", "warning", "info", "off"]);
    let rules = completion(&mut client, &copy, &format!("{text}ignore:\n  - {{rule: |"));
    assert!(rules.contains(&"port-collision".to_owned()), "{rules:?}");
    let backends = completion(&mut client, &copy, &format!("{text}load_balancers:\n  - host: x\n    ports:\n      443: [\"km|"));
    assert!(backends.contains(&"km:10402".to_owned()), "{backends:?}");
    client.open(&copy, MANAGER);
    let elsewhere = client.at("textDocument/completion", &copy.uri(MANAGER), &json!({"line": 1, "character": 0}));
    assert_eq!(elsewhere, json!([]));
}

#[test]
fn a_proposal_replaces_the_whole_word() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let text = copy.read("topology.yaml").replace("role: gateway", "role: key-m|");
    client.change(&copy.uri("topology.yaml"), &text.replacen('|', "", 1));
    let answer = client.at("textDocument/completion", &copy.uri("topology.yaml"), &position(&text, "|"));
    let item = answer.as_array().unwrap().iter().find(|item| item["label"] == "key-manager").unwrap();
    assert_eq!(item["textEdit"]["range"]["start"], position(&text, "key-m"));
    assert_eq!(item["textEdit"]["newText"], "key-manager");
}
