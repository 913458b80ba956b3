//! How findings look.

use insta::assert_snapshot;

use crate::report::{Style, human, json, short};

use super::{Case, KEY_MANAGER, gateway, mismatch, style};

#[test]
fn a_finding_shows_both_sides_the_ways_out_and_what_was_checked() {
    assert_snapshot!(human::render(&mismatch().open().run(), &style()), @"
    error[test-mismatch]: gw calls km on Thrift port 10399, but km listens on 10402
       ╭─[gw/repository/conf/carbon.xml:4:13]
     3 │   <Ports>
     4 │     <Offset>2</Offset>
       ·             ┬
       ·             ╰── 10397 + offset 2 = 10399, called by gw
     5 │   </Ports>
       ╰────
       ╭─[km/repository/conf/carbon.xml:4:13]
     3 │   <Ports>
     4 │     <Offset>5</Offset>
       ·             ┬
       ·             ╰── 10397 + offset 5 = 10402, opened by km
     5 │   </Ports>
       ╰────
       ╭─[gw/repository/conf/api-manager.xml:6:23]
     5 │     <ServerURL>https://km.example.com:9448/services/</ServerURL>
     6 │     <ThriftServerHost>km.example.com</ThriftServerHost>
       ·                       ───────┬──────
       ·                              ╰── km.example.com is km
     7 │   </APIKeyValidator>
       ╰────
      what breaks: clients get 403; the log of gw says: Could not connect to km.example.com on
          port 10399
      note: a note
      help: set the client port to 10402
            gw/repository/conf/api-manager.xml:4
            + <ThriftClientPort>10402</ThriftClientPort>
        or: set the server port to 10399 (unsafe: others may call it)
            km/repository/conf/api-manager.xml:5
            + <ThriftServerPort>10399</ThriftServerPort>

    checked 2 nodes
      gw  gateway      2.6.0 (carbon.xml)  offset 2 (carbon.xml:4)
      km  key-manager  2.6.0 (carbon.xml)  offset 5 (carbon.xml:4)
    8 links: 1 ok, 1 wrong port, 6 not stated
    assumed as shipped 2.6.0: axis2.xml (gw), thrift-authentication.xml (km),
        catalina-server.xml (gw, km), SecureWebSocketInboundEndpoint.xml (gw),
        WebSocketInboundEndpoint.xml (gw)
    1 error
    next:
      carbonlint check --fix               mends 1 finding; --diff instead shows how
      carbonlint explain gw.thrift-client  how that came about, step by step
      carbonlint links                     who calls whom, and what became of it
      carbonlint ports                     every port of every node
    ");
}

#[test]
fn ascii_is_enough_and_colours_are_asked_for() {
    let opened = mismatch().open();
    let plain = human::render(&opened.run(), &Style { unicode: false, ..style() });
    assert!(plain.is_ascii(), "{plain}");
    let coloured = human::render(&opened.run(), &Style { color: true, ..style() });
    assert!(coloured.contains("\u{1b}[1;31merror[test-mismatch]\u{1b}[0m"), "{coloured}");
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn nothing_wrong_is_said_in_the_first_line() {
    let healthy =
        Case::default().node("gw", "gateway", "5", gateway("km.example.com")).node("km", "key-manager", "5", KEY_MANAGER);
    assert_snapshot!(human::render(&healthy.open().run(), &style()), @"
    no errors or warnings

    checked 2 nodes
      gw  gateway      2.6.0 (carbon.xml)  offset 5 (carbon.xml:4)
      km  key-manager  2.6.0 (carbon.xml)  offset 5 (carbon.xml:4)
    8 links: 2 ok, 6 not stated
    assumed as shipped 2.6.0: axis2.xml (gw), thrift-authentication.xml (km),
        catalina-server.xml (gw, km), SecureWebSocketInboundEndpoint.xml (gw),
        WebSocketInboundEndpoint.xml (gw)
    next:
      carbonlint explain gw  where its ports and calls come from
      carbonlint links       who calls whom, and what became of it
      carbonlint ports       every port of every node
    ");
}

#[test]
fn infos_are_counted_and_listed_when_asked() {
    let case = Case::default().node("gw", "gateway", "5", gateway("kn.example.com")).node("km", "key-manager", "5", KEY_MANAGER);
    let opened = case.open();
    let text = human::render(&opened.run(), &style());
    assert!(text.starts_with("no errors or warnings\n"), "{text}");
    assert!(text.contains("2 infos (--verbose lists them)"), "{text}");
    assert!(!text.contains("info[test-host]"), "{text}");
    let verbose = human::render(&opened.run(), &Style { verbose: true, ..style() });
    assert_eq!(verbose.matches("info[test-host]").count(), 2, "{verbose}");
    assert_eq!(short::render(&opened.run()).lines().count(), 2);
}

#[test]
fn many_nodes_are_counted_by_role() {
    let mut case = Case::default().node("km", "key-manager", "5", KEY_MANAGER);
    for index in 0..14 {
        case = case.node(&format!("gw-{index}"), "gateway", if index < 4 { "1" } else { "5" }, gateway("km.example.com"));
    }
    let text = human::render(&case.open().run(), &style());
    let checked = &text[text.find("checked").expect("what was checked")..];
    assert_snapshot!(checked, @"
    checked 15 nodes
      14  gateway      2.6.0  offset 5 (10), 1 (4)
      1   key-manager  2.6.0  offset 5
    86 links: 24 ok, 4 wrong port, 58 not stated
    assumed as shipped 2.6.0: axis2.xml (gw-0, gw-1, gw-2, gw-3, gw-4 and 9 more),
        thrift-authentication.xml (km), catalina-server.xml (all nodes),
        SecureWebSocketInboundEndpoint.xml (gw-0, gw-1, gw-2, gw-3, gw-4 and 9 more),
        WebSocketInboundEndpoint.xml (gw-0, gw-1, gw-2, gw-3, gw-4 and 9 more)
    4 errors
    next:
      carbonlint check --fix                 mends 4 findings; --diff instead shows how
      carbonlint explain gw-0.thrift-client  how that came about, step by step
      carbonlint links                       who calls whom, and what became of it
      carbonlint ports                       every port of every node
    ");
}

#[test]
fn short_has_one_line_a_finding() {
    assert_snapshot!(short::render(&mismatch().open().run()), @r#"gw/repository/conf/carbon.xml:4:13: error[test-mismatch] gw calls km on Thrift port 10399, but km listens on 10402"#);
}

#[test]
fn json_keeps_the_contract() {
    assert_snapshot!(json::render(&mismatch().open().run()), @r#"
    {
      "version": 1,
      "tool_version": "0.1.0",
      "summary": {
        "nodes": 2,
        "links": 8,
        "dormant": 0,
        "undecidable": 0,
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "ignored": 0,
        "fixed": 0
      },
      "findings": [
        {
          "rule": "test-mismatch",
          "severity": "error",
          "message": "gw calls km on Thrift port 10399, but km listens on 10402",
          "symptom": "clients get 403; the log of gw says: Could not connect to km.example.com on port 10399",
          "nodes": [
            "gw",
            "km"
          ],
          "link": "thrift-client",
          "labels": [
            {
              "file": "gw/repository/conf/carbon.xml",
              "line": 4,
              "column": 13,
              "end_line": 4,
              "end_column": 14,
              "start": 58,
              "end": 59,
              "text": "10397 + offset 2 = 10399, called by gw",
              "primary": true,
              "node": "gw"
            },
            {
              "file": "km/repository/conf/carbon.xml",
              "line": 4,
              "column": 13,
              "end_line": 4,
              "end_column": 14,
              "start": 58,
              "end": 59,
              "text": "10397 + offset 5 = 10402, opened by km",
              "primary": false,
              "node": "km"
            },
            {
              "file": "gw/repository/conf/api-manager.xml",
              "line": 6,
              "column": 23,
              "end_line": 6,
              "end_column": 37,
              "start": 259,
              "end": 273,
              "text": "km.example.com is km",
              "primary": false,
              "node": "gw"
            }
          ],
          "fixes": [
            {
              "title": "set the client port to 10402",
              "safety": "safe",
              "applicable": true,
              "edits": [
                {
                  "file": "gw/repository/conf/api-manager.xml",
                  "start": 98,
                  "end": 98,
                  "text": "\n    <ThriftClientPort>10402</ThriftClientPort>"
                }
              ]
            },
            {
              "title": "set the server port to 10399",
              "safety": "unsafe",
              "applicable": true,
              "edits": [
                {
                  "file": "km/repository/conf/api-manager.xml",
                  "start": 155,
                  "end": 155,
                  "text": "\n    <ThriftServerPort>10399</ThriftServerPort>"
                }
              ]
            }
          ],
          "fingerprint": "f13d2c7bbb9d483b"
        }
      ]
    }
    "#);
}
