//! How a conversation starts, ends, and survives what it should.

use serde_json::{Value, json};

use crate::client::{Client, Copy, modern};

#[test]
fn it_says_what_it_can_do() {
    let copy = Copy::of("offset-mismatch");
    let client = Client::start(&copy, &modern(&["utf-16", "utf-8"]));
    let can = &client.initialized["capabilities"];
    assert_eq!(can["positionEncoding"], "utf-8");
    assert_eq!(can["hoverProvider"], true);
    assert_eq!(can["codeActionProvider"]["codeActionKinds"], json!(["quickfix", "source.fixAll.carbonlint"]));
    assert_eq!(client.initialized["serverInfo"]["name"], "carbonlint");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn columns_count_utf_16_where_nothing_else_is_agreed_on() {
    let copy = Copy::of("offset-mismatch");
    let client = Client::start(&copy, &json!({}));
    assert_eq!(client.initialized["capabilities"]["positionEncoding"], "utf-16");
}

#[test]
fn watchers_are_registered_where_the_client_can() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &modern(&[]));
    client.settle();
    assert_eq!(client.registered[0]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let mut client = Client::start(&copy, &json!({}));
    client.settle();
    assert!(client.registered.is_empty());
}

#[test]
fn exit_without_shutdown_is_status_1_and_so_is_a_client_that_is_gone() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &json!({}));
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), Some(1));
    assert_eq!(Client::start(&copy, &json!({})).wait(), Some(1));
    let mut client = Client::start(&copy, &json!({}));
    client.raw(b"no message at all\r\n\r\n");
    assert_eq!(client.wait(), Some(1));
}

#[test]
fn nothing_is_answered_before_initialize_or_after_shutdown() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::spawn(&copy.path(""));
    let code = |result: Result<Value, lsp_server::ResponseError>| result.expect_err("an error").code;
    assert_eq!(code(client.request("textDocument/hover", json!({}))), -32002);
    client.request("initialize", json!({"capabilities": {}})).expect("initialized");
    assert_eq!(code(client.request("initialize", json!({"capabilities": {}}))), -32600);
    client.request("shutdown", Value::Null).expect("an answer");
    assert_eq!(code(client.request("textDocument/hover", json!({}))), -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), Some(0));
}

#[test]
fn what_cannot_be_answered_is_an_error_and_the_server_lives_on() {
    let copy = Copy::of("offset-mismatch");
    let mut client = Client::start(&copy, &json!({}));
    assert_eq!(client.request("textDocument/rename", json!({})).expect_err("unknown").code, -32601);
    assert_eq!(client.request("textDocument/hover", json!({"password": "hunter2"})).expect_err("wrong").code, -32602);
    client.notify("textDocument/didOpen", json!({"nonsense": true}));
    client.notify("$/whatever", json!(null));
    let far = json!({"line": 4_000_000_000u32, "character": 4_000_000_000u32});
    assert_eq!(client.at("textDocument/hover", "untitled:1", &far), Value::Null);
    client.open(&copy, "homes/gw/repository/conf/carbon.xml");
    client.at("textDocument/hover", &copy.uri("homes/gw/repository/conf/carbon.xml"), &far);
    client.at("textDocument/completion", &copy.uri("topology.yaml"), &far);
    assert_eq!(client.codes(&copy.uri("homes/gw/repository/conf/carbon.xml")), ["thrift-port-mismatch"]);
    assert!(!client.all.contains("hunter2"));
    assert_eq!(client.end(), Some(0));
}
