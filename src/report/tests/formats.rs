//! Formats for other programs: what they escape, and that any text comes out whole.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;

use crate::report::{github, gitlab, junit, sarif};

use super::{KEY_MANAGER, Opened, gateway, mismatch};

#[test]
fn sarif_has_rules_places_flow_and_fixes() {
    assert_snapshot!("sarif", sarif::render(&mismatch().open().run()));
}

#[test]
fn annotations_escape_what_would_end_a_property_or_a_line() {
    let mut opened = mismatch().open();
    opened.linted.findings[0].message = "100% sure:\nyes, ::error::".to_owned();
    opened.linted.findings[0].rule = "a,b:c%".to_owned();
    assert_snapshot!(github::render(&opened.run()), @"::error file=gw/repository/conf/carbon.xml,line=4,col=13,endLine=4,endColumn=14,title=a%2Cb%3Ac%25 (gw%2C km)::100%25 sure: yes, ::error::");
}

#[test]
fn columns_are_left_out_where_a_place_has_several_lines() {
    let mut opened = mismatch().open();
    let label = &mut opened.linted.findings[0].labels[0];
    label.place.span.end += 30;
    let text = github::render(&opened.run());
    assert!(text.starts_with("::error file=gw/repository/conf/carbon.xml,line=4,endLine=6,title="), "{text}");
}

#[test]
fn a_place_that_starts_a_side_late_is_still_walked_from_the_default_on() {
    // The port is written out on one side: one step there, and the other side's own.
    let written =
        gateway("km.example.com").replace("<ThriftServerHost>", "<ThriftClientPort>10399</ThriftClientPort><ThriftServerHost>");
    let case = super::Case::default().node("gw", "gateway", "2", written).node("km", "key-manager", "5", KEY_MANAGER);
    let log: Value = serde_json::from_str(&sarif::render(&case.open().run())).expect("JSON");
    let steps = log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("a flow").clone();
    let says: Vec<&str> = steps.iter().filter_map(|step| step["location"]["message"]["text"].as_str()).collect();
    assert_eq!(says, ["10399, called by gw", "10397 + offset 5 = 10402, opened by km"]);
}

#[test]
fn a_fix_whose_text_may_not_be_shown_is_left_out() {
    let mut opened = mismatch().open();
    let fixes = |opened: &Opened| {
        let log: Value = serde_json::from_str(&sarif::render(&opened.run())).expect("JSON");
        log["runs"][0]["results"][0]["fixes"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(fixes(&opened), 2);
    let place = opened.linted.findings[0].labels[0].place;
    let change = crate::lint::Change::Replace { place: Some(place), text: "https://admin:hunter2@km".to_owned() };
    opened.linted.findings[0].fixes[0].changes = vec![change];
    assert_eq!(fixes(&opened), 1);
    assert!(!sarif::render(&opened.run()).contains("hunter2"));
}

proptest! {
    #[test]
    fn any_text_leaves_every_format_whole(message in any::<String>(), rule in "[ -~\u{0}-\u{1f}]{1,9}") {
        let mut opened = mismatch().open();
        let finding = &mut opened.linted.findings[0];
        finding.message.clone_from(&message);
        finding.symptom = Some(message.clone());
        finding.labels[0].text = message;
        finding.rule = rule;
        let run = opened.run();
        let xml = junit::render(&run);
        let document = roxmltree::Document::parse(&xml);
        prop_assert!(document.is_ok(), "{xml:?}");
        prop_assert_eq!(document.map(|document| document.descendants().filter(|node| node.has_tag_name("failure")).count()).unwrap_or_default(), 1);
        let annotations = github::render(&run);
        prop_assert_eq!(annotations.matches(['\n', '\r']).count(), 1);
        prop_assert!(serde_json::from_str::<Value>(&gitlab::render(&run)).is_ok());
        prop_assert!(serde_json::from_str::<Value>(&sarif::render(&run)).is_ok());
    }
}
