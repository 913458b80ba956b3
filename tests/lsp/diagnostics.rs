//! Diagnostics of a whole deployment, of texts that nobody saved.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::client::{Client, Copy, modern, position};

const GW: &str = "homes/gw/repository/conf/carbon.xml";
const KM: &str = "homes/km/repository/conf/carbon.xml";

#[test]
fn a_finding_stands_at_its_place_and_names_those_of_others() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, KM);
    let found = &client.diagnostics[&copy.uri(GW)];
    assert_eq!(found.len(), 1, "{found:#?}");
    let found = &found[0];
    assert_eq!(
        (&found["code"], &found["severity"], &found["source"]),
        (&json!("thrift-port-mismatch"), &json!(1), &json!("carbonlint"))
    );
    let message = found["message"].as_str().unwrap();
    assert!(message.starts_with("gw calls km on Thrift port 10399, but km listens on 10402\n"), "{message}");
    assert!(message.contains("what breaks: every API call fails"), "{message}");
    assert_eq!(found["range"], json!({"start": {"line": 47, "character": 16}, "end": {"line": 47, "character": 17}}));
    let related: Vec<(&str, &str)> = found["relatedInformation"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["location"]["uri"].as_str().unwrap(), one["message"].as_str().unwrap()))
        .collect();
    let km = copy.uri(KM);
    assert!(related.contains(&(&km, "10397 + offset 5 = 10402, opened by km")), "{related:?}");
}

#[test]
fn places_of_others_are_in_the_message_where_a_client_shows_no_others() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &json!({}));
    client.open(&copy, KM);
    let found = &client.diagnostics[&copy.uri(GW)][0];
    assert_eq!(found["relatedInformation"], Value::Null);
    assert!(found["message"].as_str().unwrap().contains("homes/km/repository/conf/carbon.xml:48: 10397 + offset 5"), "{found}");
}

#[test]
fn every_file_of_the_deployment_has_its_own() {
    let copy = Copy::of("five-on-one-machine-seven-mistakes");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let with: Vec<&String> = client.diagnostics.iter().filter(|(_, found)| !found.is_empty()).map(|(uri, _)| uri).collect();
    assert!(with.len() >= 4, "{with:?}");
}

#[test]
fn a_collision_is_said_in_the_files_of_both_nodes() {
    let copy = Copy::of("offset-mismatch");
    let topology = copy.read("topology.yaml").replace("    role: ", "    machine: vm\n    role: ");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    client.change(&copy.uri("topology.yaml"), &topology);
    client.open(&copy, KM);
    client.change(&copy.uri(KM), &copy.read(KM).replace("<Offset>5<", "<Offset>2<"));
    client.settle();
    let of = |client: &Client, file: &str| {
        let found = &client.diagnostics[&copy.uri(file)];
        let collisions = found.iter().filter(|one| one["code"] == "port-collision");
        collisions.map(|one| (one["severity"].clone(), one["range"]["start"]["line"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(of(&client, GW), [(json!(1), json!(47))]);
    assert_eq!(of(&client, KM), [(json!(3), json!(47))]);
    let at_km = client.diagnostics[&copy.uri(KM)].iter().find(|one| one["code"] == "port-collision").unwrap();
    assert_eq!(at_km["relatedInformation"][0]["location"]["uri"], json!(copy.uri(GW)));
}

#[test]
fn what_is_typed_counts_before_it_is_saved_in_whatever_file() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, KM);
    let (gw, km, text) = (copy.uri(GW), copy.uri(KM), copy.read(KM));
    assert_eq!(client.codes(&gw), ["thrift-port-mismatch"]);
    client.change(&km, &text.replace("<Offset>5</Offset>", "<Offset>2</Offset>"));
    client.settle();
    assert!(client.diagnostics[&gw].is_empty(), "cleared");
    client.change(&km, &text.replace("<Offset>5</Offset>", "<Offset>9</Offset>"));
    client.settle();
    assert!(client.diagnostics[&gw][0]["message"].as_str().unwrap().contains("listens on 10406"));
    // Closed without saving: the disk counts again.
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": km}}));
    client.settle();
    assert!(client.diagnostics[&gw][0]["message"].as_str().unwrap().contains("listens on 10402"));
}

#[test]
fn a_comment_that_is_typed_ignores_and_one_that_ignores_nothing_is_said() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, KM);
    let (gw, km, text) = (copy.uri(GW), copy.uri(KM), copy.read(KM));
    let with = |rule: &str| {
        text.replace("<Offset>5</Offset>", &format!("<Offset>5</Offset> <!-- carbonlint: ignore {rule}: moves in May -->"))
    };
    client.change(&km, &with("thrift-port-mismatch"));
    client.settle();
    assert!(client.diagnostics[&gw].is_empty(), "ignored");
    client.change(&km, &with("offset-negative"));
    client.settle();
    assert_eq!((client.codes(&gw), client.codes(&km)), (vec!["thrift-port-mismatch".into()], vec!["unused-ignore".into()]));
}

#[test]
fn the_topology_is_a_text_like_others() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let (topology, text) = (copy.uri("topology.yaml"), copy.read("topology.yaml"));
    client.change(&topology, &text.replace("    host: gw.example.com\n", "    host: gw.example.com\n    port_offset: 5\n"));
    client.settle();
    assert!(!client.codes(&copy.uri(GW)).contains(&"thrift-port-mismatch".to_owned()));
    client.change(&topology, &format!("{text}rules:\n  thrift-port-mismatch: warning\n"));
    client.settle();
    assert_eq!(client.diagnostics[&copy.uri(GW)][0]["severity"], 2);
}

#[test]
fn a_topology_that_was_typed_says_what_it_says_where_it_is_opened_anew() {
    let copy = Copy::of("five-on-one-machine-seven-mistakes");
    let (topology, text) = (copy.uri("topology.yaml"), copy.read("topology.yaml"));
    let (carbon, file) = (copy.uri("homes/tm/repository/conf/carbon.xml"), copy.read("homes/tm/repository/conf/carbon.xml"));
    let (km, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("name: km"));
    let texts = [
        format!("# moves every node\n{text}"),
        text.replace("home: homes/gateway,", "home: homes/gateway, port_offset: 7,"),
        rest.join("\n"),
        format!("{}\n{}\n", rest.join("\n"), km.join("\n")),
        text.replace("homes/gateway", "homes/gatewa"),
        format!("{text}  - {{name: gw-2, role: gateway, home: homes/store, host: gw-2.example.com}}\n"),
        text.replace("homes/store", "homes/tm"),
        format!("defaults: {{product: 2.5.0}}\n{text}"),
        text.clone(),
    ];
    let shown = |client: &Client| -> BTreeMap<String, Vec<Value>> {
        client.diagnostics.iter().filter(|(_, all)| !all.is_empty()).map(|(uri, all)| (uri.clone(), all.clone())).collect()
    };
    let mut typed = Client::start(&copy, &modern(&[]));
    typed.open(&copy, "topology.yaml");
    typed.open(&copy, "homes/tm/repository/conf/carbon.xml");
    let mut seen = BTreeSet::new();
    for (turn, text) in texts.iter().enumerate() {
        let file = if turn % 3 == 2 { file.replace("<Offset>3</Offset>", "<Offset>9</Offset>") } else { file.clone() };
        typed.change(&carbon, &file);
        typed.change(&topology, text);
        typed.settle();
        let mut anew = Client::start(&copy, &modern(&[]));
        anew.open_text(&carbon, &file);
        anew.open_text(&topology, text);
        let found = shown(&anew);
        assert_eq!(shown(&typed), found, "{text}");
        seen.insert(serde_json::to_string(&found).expect("JSON"));
    }
    assert!(seen.len() >= 6, "the texts differ in what is wrong with them");
}

#[test]
fn a_mistake_of_the_topology_stands_in_it_and_takes_nothing_away() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let (topology, text) = (copy.uri("topology.yaml"), copy.read("topology.yaml"));
    client.change(&topology, &text.replace("role: gateway", "role: gatway"));
    client.settle();
    assert_eq!(
        (client.codes(&topology), client.codes(&copy.uri(GW))),
        (vec!["topology".to_owned()], vec!["thrift-port-mismatch".to_owned()])
    );
    let mistake = &client.diagnostics[&topology][0];
    assert_eq!(mistake["range"]["start"], json!({"line": 4, "character": 10}));
    assert!(mistake["message"].as_str().unwrap().contains("did you mean `gateway`?"), "{mistake}");
    // Homes are still looked at.
    client.open(&copy, KM);
    client.change(&copy.uri(KM), &copy.read(KM).replace("<Offset>5<", "<Offset>2<"));
    client.settle();
    assert_eq!((client.codes(&topology), client.codes(&copy.uri(GW))), (vec!["topology".to_owned()], vec![]));
    client.change(&topology, &text);
    client.settle();
    assert!(client.codes(&topology).is_empty() && client.codes(&copy.uri(GW)).is_empty());
}

#[test]
fn what_others_change_on_disk_is_read_again() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let (gw, text) = (copy.uri(GW), copy.read(KM));
    copy.save(KM, &text.replace("<Offset>5<", "<Offset>2<"));
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": copy.uri(KM), "type": 2}]}));
    client.settle();
    assert!(client.codes(&gw).is_empty());
    copy.save(KM, &text);
    client.notify("textDocument/didSave", json!({"textDocument": {"uri": copy.uri("topology.yaml")}}));
    client.settle();
    assert_eq!(client.codes(&gw), ["thrift-port-mismatch"]);
    fs::remove_file(copy.path("topology.yaml")).unwrap();
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": copy.uri("topology.yaml")}}));
    client.settle();
    assert!(client.codes(&gw).is_empty(), "nothing is said of a deployment that is gone");
}

#[test]
fn homes_are_read_again_while_the_topology_is_half_typed() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    client.change(&copy.uri("topology.yaml"), &copy.read("topology.yaml").replace("role: gateway", "role: gatew"));
    copy.save(KM, &copy.read(KM).replace("<Offset>5<", "<Offset>2<"));
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": copy.uri(KM), "type": 2}]}));
    client.settle();
    assert_eq!(client.codes(&copy.uri("topology.yaml")), ["topology"]);
    assert!(client.codes(&copy.uri(GW)).is_empty());
}

#[test]
fn a_topology_that_comes_later_is_found() {
    let copy = Copy::of("offset-mismatch");
    let text = copy.read("topology.yaml");
    fs::remove_file(copy.path("topology.yaml")).unwrap();
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, KM);
    assert!(client.diagnostics.is_empty());
    copy.write("deploy/prod-topology.yaml", text.replace("homes/", "../homes/"));
    let uri = copy.uri("deploy/prod-topology.yaml");
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 1}]}));
    client.settle();
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
}

#[test]
fn what_lies_in_an_archive_is_said_where_the_topology_names_it() {
    let copy = Copy::of("offset-mismatch");
    let mut archive = zip::ZipWriter::new(fs::File::create(copy.path("gw.zip")).unwrap());
    for (name, bytes) in copy.files().into_iter().filter(|(name, _)| name.starts_with("homes/gw/")) {
        archive.start_file(name.trim_start_matches("homes/gw/"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap();
    let text = copy.read("topology.yaml").replace("home: homes/gw", "home: gw.zip");
    copy.write("topology.yaml", &text);
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let found = &client.diagnostics[&copy.uri("topology.yaml")];
    let found = found.iter().find(|one| one["code"] == "thrift-port-mismatch").unwrap();
    assert_eq!(found["range"]["start"], position(&text, "gw.zip"));
    assert!(found["message"].as_str().unwrap().contains("gw.zip!/repository/conf/carbon.xml:48"), "{found}");
}

#[test]
fn a_file_that_is_not_saved_yet_counts() {
    let copy = Copy::of("offset-mismatch");
    let text = copy.read(KM);
    fs::remove_file(copy.path(KM)).unwrap();
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "topology.yaml");
    let before = client.codes(&copy.uri(GW));
    client.open_text(&copy.uri(KM), &text);
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"], "before: {before:?}");
}

#[test]
fn a_topology_is_found_above_the_file_without_any_workspace() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::spawn(&copy.path("homes"));
    client.request("initialize", json!({"capabilities": {}})).expect("initialized");
    client.notify("initialized", json!({}));
    client.open(&copy, KM);
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
}

#[test]
fn nothing_is_said_where_no_topology_covers_the_file() {
    let copy = Copy::of("offset-mismatch");
    copy.write("elsewhere/carbon.xml", "<a");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "elsewhere/carbon.xml");
    assert!(client.diagnostics.is_empty());
}

#[test]
fn every_topology_that_covers_a_file_is_served() {
    let copy = Copy::of("offset-mismatch");
    copy.write("prod-topology.yaml", copy.read("topology.yaml").replace("name: gw", "name: gateway-1"));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, KM);
    let messages: Vec<&str> = client.diagnostics[&copy.uri(GW)].iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert!(messages.iter().any(|message| message.starts_with("gw calls km")), "{messages:?}");
    assert!(messages.iter().any(|message| message.starts_with("gateway-1 calls km")), "{messages:?}");
}

#[test]
fn no_secret_is_in_any_message() {
    let copy = Copy::of("offset-mismatch");
    let manager = "homes/gw/repository/conf/api-manager.xml";
    let text = copy.read(manager).replacen("<ThriftServerHost>", "<Password>hunter2</Password><ThriftServerHost>", 1);
    copy.save(manager, &text);
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, manager);
    let uri = copy.uri(manager);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99999, "character": 0}});
    client.actions(&uri, &whole, &["quickfix"]);
    assert!(!client.actions(&uri, &whole, &["source.fixAll"]).is_empty());
    for line in 0..text.lines().count() {
        for method in ["textDocument/hover", "textDocument/definition"] {
            client.at(method, &uri, &json!({"line": line, "character": 30}));
        }
    }
    client.change(&uri, &text.replace("</APIManager>", "<Password>hunter2"));
    client.settle();
    assert!(client.codes(&uri).contains(&"file-malformed".to_owned()));
    assert!(!client.all.contains("hunter2"));
}

#[test]
fn a_file_that_says_something_else_is_no_topology_any_more() {
    let copy = Copy::of("offset-mismatch");
    fs::rename(copy.path("topology.yaml"), copy.path("prod.yaml")).unwrap();
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, "prod.yaml");
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
    let other = "apiVersion: v1\nkind: Service\n";
    client.change(&copy.uri("prod.yaml"), other);
    copy.write("prod.yaml", other);
    client.notify("textDocument/didSave", json!({"textDocument": {"uri": copy.uri("prod.yaml")}}));
    client.settle();
    assert_eq!((client.codes(&copy.uri(GW)), client.codes(&copy.uri("prod.yaml"))), (Vec::new(), Vec::new()));
}

#[test]
fn a_topology_that_comes_back_is_served_again_though_nothing_is_open() {
    let copy = Copy::of("offset-mismatch");
    let topology = copy.read("topology.yaml");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": copy.uri(GW)}}));
    client.settle();
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
    let watched = |kind: u8| json!({"changes": [{"uri": copy.uri("topology.yaml"), "type": kind}]});
    fs::remove_file(copy.path("topology.yaml")).unwrap();
    client.notify("workspace/didChangeWatchedFiles", watched(3));
    client.settle();
    assert!(client.codes(&copy.uri(GW)).is_empty());
    copy.write("topology.yaml", topology);
    client.notify("workspace/didChangeWatchedFiles", watched(1));
    client.settle();
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
}

#[cfg(unix)]
#[test]
fn a_file_under_two_names_is_open_until_both_are_closed() {
    let copy = Copy::of("offset-mismatch");
    let link = tempfile::tempdir().unwrap();
    let linked = link.path().canonicalize().unwrap().join("deployment");
    std::os::unix::fs::symlink(copy.path(""), &linked).unwrap();
    let by_link = format!("file://{}/{GW}", linked.display());
    let mut client = Client::start(&copy, &modern(&[]));
    let text = copy.read(GW);
    client.open_text(&by_link, &text);
    client.open_text(&copy.uri(GW), &text);
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": copy.uri(GW)}}));
    client.change(&by_link, &text.replace("<Offset>2<", "<Offset>5<"));
    client.settle();
    assert_eq!((client.codes(&by_link), client.codes(&copy.uri(GW))), (Vec::new(), Vec::new()));
}
