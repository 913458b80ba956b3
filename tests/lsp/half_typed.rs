//! Files that do not parse while somebody types.

use serde_json::json;

use crate::client::{Client, Copy, modern, position};

const GW: &str = "homes/gw/repository/conf/carbon.xml";
const KM: &str = "homes/km/repository/conf/carbon.xml";

#[test]
fn what_was_found_before_stays_beside_what_is_half_typed() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    let (uri, text) = (copy.uri(GW), copy.read(GW));
    let broken = text.replace("<Name>", "\n<Nam").replace("<Offset>2</Offset>", "<Offset>2</Offse");
    client.change(&uri, &broken);
    client.settle();
    let mut codes = client.codes(&uri);
    codes.sort();
    assert_eq!(codes, ["file-malformed", "thrift-port-mismatch"], "{:#?}", client.diagnostics);
    let earlier = client.diagnostics[&uri].iter().find(|one| one["code"] == "thrift-port-mismatch").unwrap();
    assert_eq!(earlier["range"]["start"]["line"], position(&broken, "<Offset>2<")["line"], "it moves with the text");
    // Nothing else comes up: its port is not suddenly unknown.
    let all: usize = client.diagnostics.values().map(Vec::len).sum();
    assert_eq!(all, 2, "{:#?}", client.diagnostics);
    client.change(&uri, &text.replace("<Offset>2<", "<Offset>5<"));
    client.settle();
    assert!(client.codes(&uri).is_empty());
}

#[test]
fn another_file_can_be_typed_meanwhile() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    client.open(&copy, KM);
    let (gw, km) = (copy.uri(GW), copy.uri(KM));
    client.change(&gw, &copy.read(GW).replace("</Server>", "</Serv"));
    client.change(&km, &copy.read(KM).replace("<Offset>5<", "<Offset>7<"));
    client.settle();
    let messages: Vec<&str> = client.diagnostics[&gw].iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert!(messages.iter().any(|message| message.contains("listens on 10404")), "{messages:?}");
    // A half-typed file is not edited by fixes that were made for an earlier text; others are.
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}});
    assert!(client.actions(&gw, &whole, &["source.fixAll.carbonlint"]).is_empty());
}

#[test]
fn a_file_that_never_parsed_is_said_to_be_malformed() {
    let copy = Copy::of("offset-mismatch");
    copy.save(GW, &copy.read(GW).replace("</Server>", "</Serv"));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, GW);
    assert!(client.codes(&copy.uri(GW)).contains(&"file-malformed".to_owned()));
    assert!(!client.codes(&copy.uri(GW)).contains(&"thrift-port-mismatch".to_owned()));
}
