//! Encodings, byte-order marks and line ends: positions and edits are right in all of them.

use serde_json::json;

use crate::client::{Client, Copy, apply, modern};

const GW: &str = "homes/gw/repository/conf/carbon.xml";
const MANAGER: &str = "homes/gw/repository/conf/api-manager.xml";

/// The carbon.xml of the gateway with wide characters before its offset.
fn wide(copy: &Copy) -> String {
    let text = copy.read(GW).replace("ISO-8859-1", "UTF-8");
    text.replace("<Offset>2</Offset>", "<!-- ä😀 --><Offset>2</Offset>")
}

#[test]
fn columns_are_those_that_were_agreed_on() {
    for (encodings, column) in [(&["utf-8"][..], 8 + 15 + 8), (&["utf-16"], 8 + 12 + 8), (&["utf-32"], 8 + 11 + 8)] {
        let copy = Copy::of("offset-mismatch");
        copy.save(GW, &wide(&copy));
        let mut client = Client::start(&copy, &modern(encodings));
        client.open(&copy, GW);
        let found = &client.diagnostics[&copy.uri(GW)][0];
        assert_eq!(found["range"]["start"], json!({"line": 47, "character": column}), "{encodings:?}");
        // The same position leads back.
        let hover = client.at("textDocument/hover", &copy.uri(GW), &json!({"line": 47, "character": column}));
        assert!(hover["contents"]["value"].as_str().unwrap().contains("gw: offset 2"), "{hover}");
    }
}

#[test]
fn parts_of_a_text_are_replaced_in_the_units_that_were_agreed_on() {
    let copy = Copy::of("offset-mismatch");
    copy.save(GW, &wide(&copy));
    let mut client = Client::start(&copy, &modern(&["utf-8"]));
    client.open(&copy, GW);
    let (start, end) = (json!({"line": 47, "character": 31}), json!({"line": 47, "character": 32}));
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": copy.uri(GW), "version": 9},
            "contentChanges": [{"range": {"start": start, "end": end}, "text": "5"}]}),
    );
    client.settle();
    assert!(client.codes(&copy.uri(GW)).is_empty());
}

#[test]
fn a_file_of_another_encoding_is_the_same_whether_open_or_not() {
    let copy = Copy::of("offset-mismatch");
    let text = copy.read(GW).replace("<Offset>2</Offset>", "<!-- \u{e4} --><Offset>2</Offset>");
    assert!(text.contains("ISO-8859-1"), "the example declares it");
    copy.save(GW, &text);
    let mut client = Client::start(&copy, &modern(&[]));
    // As a client shows it that knows the encoding, and as one that takes everything for UTF-8.
    for shown in [text.clone(), text.replace('\u{e4}', "\u{fffd}")] {
        client.open_text(&copy.uri(GW), &shown);
        let found = &client.diagnostics[&copy.uri(GW)];
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0]["range"]["start"], json!({"line": 47, "character": 8 + 10 + 8}));
        client.notify("textDocument/didClose", json!({"textDocument": {"uri": copy.uri(GW)}}));
    }
    // And where it was changed, the text counts, whatever it declares.
    client.open_text(&copy.uri(GW), &text.replace("<Offset>2<", "<Offset>5<"));
    assert!(client.codes(&copy.uri(GW)).is_empty());
    client.change(&copy.uri(GW), &text.replace('\u{e4}', "€"));
    client.settle();
    assert_eq!(client.codes(&copy.uri(GW)), ["thrift-port-mismatch"]);
}

#[test]
fn line_ends_and_marks_stay() {
    let copy = Copy::of("offset-mismatch");
    let text = copy.read(MANAGER).replace('\n', "\r\n");
    copy.write(MANAGER, format!("\u{feff}{text}"));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, MANAGER);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99999, "character": 0}});
    let actions = client.actions(&copy.uri(GW), &whole, &["source.fixAll"]);
    let edits = actions[0]["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
    let ours = apply(&text, edits);
    assert_eq!(copy.run(&["check", "--fix"]), Some(0));
    assert_eq!(format!("\u{feff}{ours}"), copy.read(MANAGER));
}

#[test]
fn properties_are_read_without_a_mark_and_what_only_the_disk_has_is_not_edited() {
    const JNDI: &str = "homes/tm/repository/conf/jndi.properties";
    let copy = Copy::of("five-on-one-machine");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, JNDI);
    let text = copy.read(JNDI);
    assert!(text.starts_with("connectionfactory"), "a mark in front of the first key would be a part of it");
    client.change(&copy.uri(JNDI), &format!("{text}\n# x"));
    client.settle();
    assert_eq!(client.codes(&copy.uri(JNDI)), Vec::<String>::new());
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": copy.uri(JNDI)}}));
    // Where the file has one it is said, and nothing in the editor's text would mend it.
    copy.write(JNDI, format!("\u{feff}{text}"));
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, JNDI);
    client.change(&copy.uri(JNDI), &format!("{text}\n# x"));
    client.settle();
    assert_eq!(client.codes(&copy.uri(JNDI)), ["file-malformed"]);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99999, "character": 0}});
    assert!(client.actions(&copy.uri(JNDI), &whole, &["quickfix"]).is_empty());
}
