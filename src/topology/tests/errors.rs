//! What the reader says about topologies that are wrong.

use super::*;

#[test]
fn errors_of_the_scanner_point_to_bytes_too() {
    let text = "# Zürich €\nnodes: [{name: gä]}\n";
    let bytes = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let errors = read(&Content::decode(bytes.clone(), TextKind::Utf8)).expect_err("brackets do not match");
    let span = errors[0].span.expect("a place");
    assert_eq!(bytes[span.start], b'{', "{errors:?}");
}

#[test]
fn a_quote_that_is_never_closed_is_shown() {
    let (shown, message, _) = of_node("start: sh x 'y");
    assert_eq!((shown.as_str(), message.contains("never closed")), ("'", true));
}

#[test]
fn a_port_offset_has_to_be_a_whole_number() {
    for wrong in ["true", "abc", "1.5", "99999999999", "0x10", "\"\""] {
        let (shown, message, _) = of_node(&format!("port_offset: {wrong}"));
        assert_eq!(shown, wrong);
        assert!(message.starts_with("`port_offset`: expected a whole number"), "{message}");
    }
    assert!(of_node("properties: {portOffset: 3}").2.contains("port_offset: 3"));
}

#[test]
fn unknown_key_names_the_nearest() {
    assert_eq!(of_node("hots: x"), ("hots".into(), "unknown key `hots` of a node".into(), "did you mean `host`?".into()));
    assert_eq!(only(&format!("{GW}load_balancer: []\n")).2, "did you mean `load_balancers`?");
    assert_eq!(only(&format!("{GW}defaults: {{prodct: 1}}\n")).2, "did you mean `product`?");
    assert_eq!(only(&format!("{GW}externals: [{{host: a, machin: 1}}]\n")).2, "did you mean `machine`?");
    assert_eq!(only(&format!("{GW}load_balancers: [{{host: a, node: gw, nodes: gw}}]\n")).2, "did you mean `nodes`?");
    assert_eq!(
        only(&format!("{GW}ignore: [{{rule: a, reason: b, path: c}}]\n")).2,
        "the keys of an entry of ignore are rule, node, file, link, reason"
    );
}

#[test]
fn a_name_is_no_default() {
    assert!(only(&format!("{GW}defaults: {{name: x}}\n")).2.contains("every node has its own"));
}

#[test]
fn missing_keys_are_shown_at_their_entry() {
    let (shown, message, help) = only("nodes:\n- {name: gw, role: gateway}\n");
    assert_eq!((shown.as_str(), message.as_str()), ("{name: gw, role: gateway}", "node `gw` has no `home`"));
    assert!(help.starts_with("`home`: The product directory"));
    assert_eq!(only("nodes:\n- role: gateway\n  home: x\n").0, "role: gateway\n  home: x");
    assert_eq!(only(&format!("{GW}load_balancers: [{{nodes: gw}}]\n")).1, "a load balancer has no `host`");
    assert_eq!(only(&format!("{GW}externals: [{{ports: 1}}]\n")).1, "an external host has no `host`");
    assert_eq!(only(&format!("{GW}ignore: [{{rule: a}}]\n")).1, "an entry of ignore has no `reason`");
    assert_eq!(only(&format!("{GW}ignore: [{{reason: a}}]\n")).1, "an entry of ignore has no `rule`");
}

#[test]
fn without_nodes_there_is_nothing_to_check() {
    assert_eq!(only("version: 1\n").1, "the topology has no `nodes`");
    assert_eq!(only("nodes: []\n").1, "`nodes` is empty: there is nothing to check");
    assert_eq!(only("nodes:\n").1, "`nodes` is empty: there is nothing to check");
    for empty in ["", "# nothing\n", "---\n", "~"] {
        let (_, message, help) = only(empty);
        assert!(message == "the topology is empty" && help.contains("nodes:"));
    }
}

#[test]
fn wrong_types_are_told_in_plain_words() {
    let message = |text: &str| only(text).1;
    assert_eq!(message("nodes: {gw: {}}\n"), "`nodes`: expected a list of nodes, found a map");
    assert_eq!(message("nodes: gw\n"), "`nodes`: expected a list of nodes, found `gw`");
    assert_eq!(
        message("nodes: [gw]\n"),
        "an entry of `nodes`: expected a map that describes a node (name, role, home, …), found `gw`"
    );
    assert_eq!(message("- gw\n"), "the topology: expected a map that describes the topology (nodes, …), found a list");
    assert_eq!(of_node("host: [a]").1, "`host`: expected a host name or an address (no scheme, port or blanks), found a list");
    assert!(of_node("host: km:9443").1.ends_with("found `km:9443`"));
    assert!(of_node("host: https://km").1.ends_with("found `https://km`"));
    assert_eq!(of_node("machine:").1, "`machine`: expected a text, found nothing");
    assert_eq!(
        of_node("aliases: {a: b}").1,
        "`aliases`: expected a host name or an address (no scheme, port or blanks) or a list of such, found a map"
    );
    assert_eq!(of_node("key_manager: [[a]]").1, "`key_manager`: expected a text, found a list");
    assert_eq!(of_node("properties: [a]").1, "`properties`: expected a map of system properties, found a list");
    assert_eq!(of_node("environment: {A: }").2, "write \"\" for an empty text");
    assert_eq!(message(&format!("version: 2\n{GW}")), "`version`: expected 1, found `2`");
}

#[test]
fn empty_names_roles_and_homes_are_errors() {
    for (name, role, home) in [
        ("''", "r", "h"),
        ("' '", "r", "h"),
        ("n", "''", "h"),
        ("n", "[]", "h"),
        ("n", "[a, '']", "h"),
        ("n", "r", "''"),
        ("n", "r", "[]"),
    ] {
        only(&format!("nodes: [{{name: {name}, role: {role}, home: {home}}}]\n"));
    }
    only(&format!("{GW}ignore: [{{rule: a, reason: ''}}]\n"));
}

#[test]
fn names_hold_nothing_that_explain_would_split_at() {
    let (shown, message, _) = only("nodes: [{name: gw.1, role: r, home: h}]\n");
    assert_eq!((shown.as_str(), message.contains("NODE.PORT")), ("gw.1", true));
    assert_eq!(bad("nodes: [{name: a b, role: r, home: h}]\n").len(), 1);
    for fine in ["gw-1_a", "gw-*", "gw-[1-3]", "gw-{a,b}", "gw-?", "Zürich"] {
        assert_eq!(good(&format!("nodes: [{{name: \"{fine}\", role: r, home: h}}]\n")).nodes[0].name.value, fine);
    }
}

#[test]
fn two_nodes_of_one_name_are_an_error() {
    let (shown, message, _) = only("nodes: [{name: gw, role: r, home: h}, {name: \"gw\", role: r, home: h}]\n");
    assert_eq!((shown.as_str(), message.as_str()), ("\"gw\"", "two nodes are named `gw`"));
}

#[test]
fn a_key_given_twice_is_shown_where_it_comes_again() {
    let text = "nodes:\n- name: gw\n  role: r\n  home: h\n  name: other\n";
    let errors = plain(text).expect_err("twice");
    assert_eq!(errors[0].span, text.rfind("name").map(|at| Span::new(at, at + 4)));
    assert_eq!(errors[0].message, "the key `name` is given twice in one map");
    assert!(
        only(&format!("{GW}load_balancers: [{{host: a, ports: {{443: \"gw:1\", \"443\": \"gw:2\"}}}}]\n")).1.contains("`443`")
    );
    assert!(bad(&format!("{GW}? [a, b]\n: c\n"))[0].1.message.contains("a key must be a plain text"));
}

#[test]
fn ports_lie_between_1_and_65535() {
    for wrong in ["0", "65536", "-1", "abc", "0443", "1.5"] {
        let (shown, message, _) = only(&format!("{GW}externals: [{{host: a, ports: [{wrong}]}}]\n"));
        assert_eq!((shown.as_str(), message.contains("a port (1 to 65535)")), (wrong, true), "{message}");
        assert_eq!(only(&format!("{GW}load_balancers: [{{host: a, ports: {{{wrong}: \"gw:1\"}}}}]\n")).0, wrong);
    }
}

#[test]
fn backends_are_node_and_port() {
    for wrong in ["gw", "gw:", ":1", "gw:x", "gw:0", "gw:70000"] {
        let (shown, message, _) = only(&format!("{GW}load_balancers: [{{host: a, ports: {{443: [\"{wrong}\"]}}}}]\n"));
        assert_eq!((shown, message.contains("a node and its port")), (format!("\"{wrong}\""), true));
    }
    assert!(only(&format!("{GW}load_balancers:\n- host: a\n  ports:\n    443:\n    - gw: 1\n")).1.contains("found a map"));
    assert!(only(&format!("{GW}load_balancers: [{{host: a, ports: {{443: []}}}}]\n")).1.contains("an empty list"));
}

#[test]
fn a_load_balancer_forwards_by_ports_or_to_nodes() {
    assert!(only(&format!("{GW}load_balancers: [{{host: a}}]\n")).1.contains("`a` has neither `ports` nor `nodes`"));
    assert!(only(&format!("{GW}load_balancers: [{{host: a, ports: {{1: \"gw:1\"}}, nodes: gw}}]\n")).1.contains("has both"));
}

#[test]
fn severities_are_four_words() {
    let (shown, message, help) = only(&format!("{GW}rules: {{port-collision: warnig}}\n"));
    assert_eq!((shown.as_str(), help.as_str()), ("warnig", "did you mean `warning`?"));
    assert_eq!(message, "`port-collision`: expected one of error, warning, info, off, found `warnig`");
}

#[test]
fn a_layer_lies_within_the_home() {
    for to in ["/repository/conf", "../conf", "repository/../../conf", "C:/conf", "repository\\conf"] {
        for home in [format!("{{from: confs/gw, to: '{to}'}}"), format!("[packs/am, {{from: confs/gw, to: '{to}'}}]")] {
            let (shown, message, help) = only(&format!("nodes: [{{name: gw, role: r, home: {home}}}]\n"));
            assert_eq!(shown, format!("'{to}'"));
            assert!(message.starts_with("`to`: expected a path within the home"), "{message}");
            assert!(help.contains("relative to the product directory"), "{help}");
        }
    }
}

#[test]
fn a_layer_needs_both_its_ends() {
    let layer = |keys: &str| only(&format!("nodes: [{{name: gw, role: r, home: [x, {keys}]}}]\n"));
    assert_eq!(layer("{from: a}").1, "a layer of a home has no `to`");
    assert_eq!(layer("{to: a}").1, "a layer of a home has no `from`");
    assert!(layer("{from: a, too: b, to: c}").2.contains("`to`"));
    assert!(layer("[a]").1.contains("expected a path or a map {from: …, to: …}"));
}

#[test]
fn unknown_nodes_are_named_with_the_nearest() {
    let text = "nodes: [{name: gateway, role: r, home: h, key_manager: gatewya}]\n";
    let (shown, message, help) = only(text);
    assert_eq!((shown.as_str(), message.as_str()), ("gatewya", "no node is named `gatewya`"));
    assert_eq!(help, "did you mean `gateway`?");
    let (shown, _, help) = only(&format!("{GW}load_balancers: [{{host: a, ports: {{443: [\"other:1\"]}}}}]\n"));
    assert_eq!((shown.as_str(), help.as_str()), ("\"other:1\"", "the nodes are gw"));
    assert_eq!(only(&format!("{GW}load_balancers: [{{host: a, nodes: [gw, g-w-x-y]}}]\n")).0, "g-w-x-y");
    assert!(only(&format!("{GW}load_balancers: [{{host: a, nodes: gw-*}}]\n")).2.contains("list the nodes"));
    assert_eq!(only(&format!("{GW}defaults: {{key_manager: x}}\n")).0, "x", "once, however many nodes take it");
}

#[test]
fn all_mistakes_are_reported_in_one_run_in_the_order_of_the_file() {
    let text = "version: 3\nnodes:\n- {name: a.b, rol: x, home: h}\n- {name: c, role: r, home: h, port_offset: x}\n- {name: c, role: r, home: h, key_manager: d}\nrules: {a: b}\nbla: 1\n";
    let shown: Vec<String> = bad(text).into_iter().map(|(shown, _)| shown).collect();
    assert_eq!(shown, ["3", "{name: a.b, rol: x, home: h}", "a.b", "rol", "x", "c", "d", "b", "bla"]);
}

#[test]
fn broken_yaml_is_reported_with_its_place() {
    for text in [
        "nodes: [",
        "nodes: [{a: 1]}",
        "nodes:\n- name: 'gw\n",
        "a: b: c\n",
        "nodes:\n  - a\n - b\n",
        "a: *b\n",
        "\u{1}",
        "a: @b",
    ] {
        let errors = bad(text);
        assert!(errors.len() == 1 && errors[0].1.span.is_some(), "{text}: {errors:?}");
        assert!(errors[0].1.message.starts_with("this is not valid YAML: "), "{errors:?}");
        assert!(!errors[0].1.message.contains(" at line "), "{errors:?}");
    }
    assert!(only(&format!("{GW}---\n{GW}")).1.contains("one YAML document"));
}

#[test]
fn bytes_that_are_no_utf8_are_shown() {
    let errors = read(&Content::decode(b"nodes: \xff\n".to_vec(), TextKind::Utf8)).expect_err("not UTF-8");
    assert_eq!(errors[0].span, Some(Span::new(7, 8)));
}
