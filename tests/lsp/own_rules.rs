//! Rules of the user's own, in an editor.

use crate::client::{Client, Copy, modern, position};

const RULE: &str = "rules/offset-below-100.yaml";
const PUBLISHER: &str = "homes/publisher/repository/conf/carbon.xml";

#[test]
fn they_are_reported_explained_and_proposed() {
    let copy = Copy::of("house-rules");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, PUBLISHER);
    let uri = copy.uri(PUBLISHER);
    assert_eq!(client.codes(&uri), ["offset-below-100"], "{:#?}", client.diagnostics);
    let hover = client.at("textDocument/hover", &uri, &position(&copy.read(PUBLISHER), "120")).to_string();
    assert!(hover.contains("The firewall between our networks"), "{hover}");
    client.open(&copy, "topology.yaml");
    let topology = copy.read("topology.yaml");
    let proposed = client.at("textDocument/completion", &copy.uri("topology.yaml"), &position(&topology, "offset-below-100"));
    assert!(proposed.to_string().contains("\"label\":\"key-manager-over-tls\""), "{proposed}");
}

#[test]
fn a_rule_is_judged_anew_while_it_is_typed() {
    let copy = Copy::of("house-rules");
    let mut client = Client::start(&copy, &modern(&[]));
    client.open(&copy, PUBLISHER);
    client.open(&copy, RULE);
    let (uri, rule) = (copy.uri(PUBLISHER), copy.uri(RULE));
    client.change(&rule, &copy.read(RULE).replace(">= 100\n", ">= 200\n"));
    client.settle();
    assert!(client.codes(&uri).is_empty(), "{:#?}", client.diagnostics);
    let broken = copy.read(RULE).replace("node.offset.value >= 100\n", "node.offset.valu >= 100\n");
    client.change(&rule, &broken);
    client.settle();
    let [wrong] = &client.diagnostics[&rule][..] else { panic!("{:#?}", client.diagnostics) };
    assert!(wrong["message"].as_str().unwrap().contains("did you mean 'value'"), "{wrong}");
    assert_eq!(wrong["range"]["start"], position(&broken, "valu >="));
    let of_topology = &client.diagnostics[&copy.uri("topology.yaml")];
    assert!(of_topology.iter().any(|one| one["message"].as_str().unwrap().contains("a rule has a mistake")), "{of_topology:?}");
    client.change(&rule, &copy.read(RULE));
    client.settle();
    assert_eq!(client.codes(&uri), ["offset-below-100"], "{:#?}", client.diagnostics);
    assert!(client.codes(&rule).is_empty());
}
