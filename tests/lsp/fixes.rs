//! Fixes as edits: the bytes of `--fix`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Client, Copy, apply, modern};

const GW: &str = "homes/gw/repository/conf/carbon.xml";

fn whole() -> Value {
    json!({"start": {"line": 0, "character": 0}, "end": {"line": 99999, "character": 0}})
}

/// The files of a copy after a workspace edit, as `documentChanges` has it.
fn after(copy: &Copy, edit: &Value) -> BTreeMap<String, Vec<u8>> {
    let mut files = copy.files();
    for change in edit["documentChanges"].as_array().expect("changes of documents") {
        let uri = change["textDocument"]["uri"].as_str().unwrap();
        let relative = uri.strip_prefix(&copy.uri("")).unwrap();
        let text = String::from_utf8(files[relative].clone()).unwrap();
        files.insert(relative.to_owned(), apply(&text, change["edits"].as_array().unwrap()).into_bytes());
    }
    files
}

#[test]
fn a_quick_fix_is_that_of_the_command_line() {
    let (copy, mended) = (Copy::of("offset-mismatch"), Copy::of("offset-mismatch"));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    let range = client.diagnostics[&copy.uri(GW)][0]["range"].clone();
    let actions = client.actions(&copy.uri(GW), &range, &["quickfix"]);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["raise the client port by 3", "lower the server port by 3"]);
    assert_eq!((&actions[0]["isPreferred"], &actions[0]["kind"]), (&json!(true), &json!("quickfix")));
    assert_eq!(actions[0]["diagnostics"][0]["code"], "thrift-port-mismatch");
    assert_eq!(mended.run(&["check", "--fix"]), Some(0));
    assert_eq!(after(&copy, &actions[0]["edit"]), mended.files());
}

#[test]
fn all_safe_fixes_are_the_plan_of_the_command_line() {
    for example in ["offset-mismatch", "five-on-one-machine-seven-mistakes"] {
        let (copy, mended) = (Copy::of(example), Copy::of(example));
        let mut client = Client::start(&copy, &modern(&[]));
        client.open(&copy, "topology.yaml");
        let actions = client.actions(&copy.uri("topology.yaml"), &whole(), &["source.fixAll"]);
        assert_eq!(actions.len(), 1, "{actions:#?}");
        assert_eq!(actions[0]["kind"], "source.fixAll.carbonlint");
        mended.run(&["check", "--fix"]);
        let (ours, theirs) = (after(&copy, &actions[0]["edit"]), mended.files());
        assert_ne!(theirs, copy.files(), "{example} has something to mend");
        for (name, bytes) in &theirs {
            assert_eq!(String::from_utf8_lossy(&ours[name]), String::from_utf8_lossy(bytes), "{example}: {name}");
        }
    }
}

#[test]
fn the_edit_of_all_is_asked_for_later_where_the_client_can() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    let params = json!({"textDocument": {"uri": copy.uri(GW)}, "range": whole(), "context": {"diagnostics": []}});
    let actions = client.request("textDocument/codeAction", params).unwrap();
    let all = actions.as_array().unwrap().iter().find(|one| one["kind"] == "source.fixAll.carbonlint").unwrap().clone();
    assert_eq!(all["edit"], Value::Null);
    let resolved = client.request("codeAction/resolve", all).unwrap();
    assert_eq!(after(&copy, &resolved["edit"]).len(), copy.files().len());
}

#[test]
fn edits_name_the_version_that_they_are_for_and_are_of_what_was_typed() {
    let copy = Copy::of("offset-mismatch");
    let manager = "homes/gw/repository/conf/api-manager.xml";
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, manager);
    let typed = copy.read(manager).replacen("<APIManager>", "<APIManager>\n<!-- typed -->", 1);
    client.change(&copy.uri(manager), &typed);
    let actions = client.actions(&copy.uri(GW), &whole(), &["quickfix"]);
    let change = &actions[0]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": copy.uri(manager), "version": 2}));
    let new = apply(&typed, change["edits"].as_array().unwrap());
    assert!(new.contains("<ThriftClientPort>10402</ThriftClientPort>") && new.contains("<!-- typed -->"), "{change}");
}

#[test]
fn a_client_without_versions_gets_plain_changes() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &json!({}));
    client.open(&copy, GW);
    let actions = client.actions(&copy.uri(GW), &whole(), &["quickfix"]);
    let manager = copy.uri("homes/gw/repository/conf/api-manager.xml");
    assert!(actions[0]["edit"]["changes"][&manager].is_array(), "{actions:#?}");
    let all = client.actions(&copy.uri(GW), &whole(), &["source"]);
    assert!(all[0]["edit"]["changes"][&manager].is_array(), "{all:#?}");
}

#[test]
fn what_is_unsafe_says_so_and_is_in_no_fix_of_all() {
    let copy = Copy::of("offset-mismatch");
    // Another gateway with the same mistake: to change the server is no longer this one's to decide.
    for (name, bytes) in copy.files().into_iter().filter(|(name, _)| name.starts_with("homes/gw/")) {
        copy.write(&name.replace("homes/gw/", "homes/gw-2/"), bytes);
    }
    let second = "nodes:\n  - {name: gw-2, role: gateway, home: homes/gw-2, host: gw-2.example.com}\n";
    copy.write("topology.yaml", copy.read("topology.yaml").replace("nodes:\n", second));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    let actions = client.actions(&copy.uri(GW), &whole(), &["quickfix"]);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["raise the client port by 3", "lower the server port by 3 (unsafe)"]);
    assert_eq!(actions[1]["isPreferred"], false);
    let all = client.actions(&copy.uri(GW), &whole(), &["source.fixAll"]);
    let changed = all[0]["edit"]["documentChanges"].as_array().unwrap();
    let changed: Vec<&str> = changed.iter().map(|change| change["textDocument"]["uri"].as_str().unwrap()).collect();
    assert!(changed.len() == 2 && changed.iter().all(|uri| !uri.contains("homes/km")), "{changed:?}");
}
