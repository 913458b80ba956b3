//! What a topology may say, and what its reader answers.

mod errors;
mod robustness;

use super::*;
use crate::source::{Content, TextKind};

const GW: &str = "nodes: [{name: gw, role: gateway, home: homes/gw}]\n";

/// Everything the format knows.
const FULL: &str = r#"
version: 1
defaults: {product: 2.6.0, properties: {a: "1", b: "1"}}
nodes:
  - name: gw
    role: [gateway, key-manager]
    home: [packs/am, homes/gw]
    host: gw.example.com
    aliases: [10.0.0.5]
    machine: vm-1
    port_offset: -2
    properties: {b: 2}
    environment: {NODE_IP: x, EMPTY: ""}
    product: 1.10
    key_manager: km
  - name: km
    role: key-manager
    home: homes/km
    start: "JAVA_OPTS='-DportOffset=2' sh wso2server.sh -Dprofile=api-key-manager -DportOffset=5 -Db=3 -Dc=4"
load_balancers:
  - host: km.example.com
    name: nginx
    ports:
      443: ["km:9443", "gw:9445"]
      80: km:9763
  - {host: cp, nodes: [gw, km]}
externals:
  - {host: mysql}
  - {host: rabbit, machine: vm-1, ports: [5672]}
ignore:
  - {rule: "thrift-*", node: gw-*, file: "**/api-manager.xml", link: thrift-client, reason: "why"}
rules:
  port-collision: warning
  still-local: off
rules_dir: rules
"#;

fn plain(text: &str) -> Result<Topology, Vec<TopologyError>> {
    read(&Content::plain(text))
}

/// The topology; what it is made of is fine.
fn good(text: &str) -> Topology {
    plain(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// Errors, each with the text that it points to.
fn bad(text: &str) -> Vec<(String, TopologyError)> {
    let content = Content::plain(text);
    let errors = read(&content).expect_err(text);
    errors.into_iter().map(|error| (error.span.map_or("", |span| content.slice(span)).to_owned(), error)).collect()
}

/// The only error: where it points, its message and its help.
fn only(text: &str) -> (String, String, String) {
    let mut errors = bad(text);
    assert_eq!(errors.len(), 1, "{text}: {errors:#?}");
    let (shown, error) = errors.remove(0);
    (shown, error.message, error.help.unwrap_or_default())
}

/// The only error of a node `gw` with one more key: where it points, its message and its help.
fn of_node(keys: &str) -> (String, String, String) {
    only(&format!("nodes:\n- name: gw\n  role: gateway\n  home: homes/gw\n  {keys}\n"))
}

fn node_with(keys: &str) -> Node {
    good(&format!("nodes:\n- name: gw\n  role: gateway\n  home: homes/gw\n  {keys}\n")).nodes.remove(0)
}

fn values(list: &[Spanned<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}

#[test]
fn layers_are_paths_or_maps() {
    let home = "[packs/am.zip, {from: confs/gw, to: ./repository/conf/}]";
    let topology = good(&format!("nodes: [{{name: gw, role: r, home: {home}}}]\n"));
    let home = &topology.nodes[0].home;
    assert_eq!(paths(home), ["packs/am.zip", "confs/gw"]);
    assert_eq!(home[0].to, None);
    assert_eq!(home[1].to.as_ref().and_then(|to| within(&to.value)).as_deref(), Some("repository/conf"));
}

fn paths(layers: &[Layer]) -> Vec<&str> {
    layers.iter().map(|layer| layer.path.value.as_str()).collect()
}

fn value(text: Option<&Spanned<String>>) -> Option<&str> {
    text.map(|text| text.value.as_str())
}

#[test]
fn two_nodes_of_three_lines_are_a_topology() {
    let topology =
        good("nodes:\n- name: gw\n  role: gateway\n  home: homes/gw\n- name: km\n  role: key-manager\n  home: homes/km\n");
    let [gw, km] = topology.nodes.as_slice() else { panic!("two nodes") };
    assert_eq!((gw.name.value.as_str(), values(&gw.roles), paths(&gw.home)), ("gw", vec!["gateway"], vec!["homes/gw"]));
    assert_eq!(km.name.value, "km");
    assert!(km.port_offset.is_none() && km.profile.is_none() && km.start.is_none());
}

#[test]
fn every_key_is_read() {
    let topology = good(FULL);
    let [gw, km] = topology.nodes.as_slice() else { panic!("two nodes") };
    assert_eq!((values(&gw.roles), paths(&gw.home)), (vec!["gateway", "key-manager"], vec!["packs/am", "homes/gw"]));
    assert_eq!((value(gw.host.as_ref()), value(gw.machine.as_ref())), (Some("gw.example.com"), Some("vm-1")));
    assert_eq!((values(&gw.aliases), values(&gw.key_manager)), (vec!["10.0.0.5"], vec!["km"]));
    assert_eq!(value(gw.port_offset.as_ref()), Some("-2"));
    assert_eq!(value(gw.environment.get("EMPTY")), Some(""));
    assert_eq!(value(km.port_offset.as_ref()), Some("5"));
    assert_eq!(value(km.profile.as_ref().and_then(Option::as_ref)), Some("api-key-manager"));
    let [nginx, cp] = topology.load_balancers.as_slice() else { panic!("two load balancers") };
    let ports: Vec<_> = nginx.ports.iter().map(|(port, backends)| (port.value, backends.len())).collect();
    assert_eq!(ports, [(443, 2), (80, 1)]);
    assert_eq!((nginx.ports[0].1[1].node.as_str(), nginx.ports[0].1[1].port), ("gw", 9445));
    assert_eq!((values(&cp.nodes), cp.ports.len()), (vec!["gw", "km"], 0));
    assert_eq!(topology.externals[1].ports[0].value, 5672);
    assert_eq!(topology.ignores[0].rule.value, "thrift-*");
    assert_eq!(topology.severities.iter().map(|(_, severity)| severity.value.as_str()).collect::<Vec<_>>(), ["warning", "off"]);
    assert_eq!(value(topology.rules_dir.first()), Some("rules"));
}

#[test]
fn defaults_are_merged_key_by_key() {
    let topology = good(FULL);
    let [gw, km] = topology.nodes.as_slice() else { panic!("two nodes") };
    assert_eq!((value(gw.product.as_ref()), value(km.product.as_ref())), (Some("1.10"), Some("2.6.0")));
    let properties = |node: &Node| node.properties.iter().map(|(k, v)| format!("{k}={}", v.value)).collect::<Vec<_>>().join(" ");
    assert_eq!(properties(gw), "a=1 b=2");
    assert_eq!(properties(km), "a=1 b=3 c=4", "the start command of the node wins over defaults");
}

#[test]
fn defaults_supply_what_is_required() {
    let topology = good("defaults: {role: gateway, home: homes/gw, key_manager: a}\nnodes: [{name: a}, {name: b, home: x}]\n");
    assert_eq!(paths(&topology.nodes[0].home), ["homes/gw"]);
    assert_eq!(paths(&topology.nodes[1].home), ["x"]);
}

#[test]
fn the_node_wins_over_an_offset_of_the_defaults() {
    let offset = |text: &str| good(text).nodes[0].port_offset.clone().map(|offset| offset.value);
    let node = "role: r, home: h";
    assert_eq!(
        offset(&format!("defaults: {{port_offset: 1}}\nnodes: [{{name: a, {node}, start: x -DportOffset=2}}]")).as_deref(),
        Some("2")
    );
    assert_eq!(
        offset(&format!("defaults: {{start: x -DportOffset=2}}\nnodes: [{{name: a, {node}, port_offset: 1}}]")).as_deref(),
        Some("1")
    );
    assert_eq!(offset(&format!("defaults: {{port_offset: 1}}\nnodes: [{{name: a, {node}, start: x}}]")).as_deref(), Some("1"));
    assert_eq!(offset(&format!("defaults: {{start: x -DportOffset=2}}\nnodes: [{{name: a, {node}, start: x}}]")), None);
}

#[test]
fn texts_stay_as_they_are_written() {
    for (written, read) in
        [("1.10", "1.10"), ("2.6", "2.6"), ("\"2.6\"", "2.6"), ("0x10", "0x10"), ("yes", "yes"), ("'it''s'", "it's")]
    {
        assert_eq!(value(node_with(&format!("product: {written}")).product.as_ref()), Some(read));
    }
}

#[test]
fn spans_are_bytes_on_disk() {
    let text = "# Zürich €\nnodes:\n- {name: gä, role: gateway, home: \"homes/😀/gw\", port_offset: 3}\n";
    for bom in [&b""[..], &b"\xef\xbb\xbf"[..]] {
        let bytes = [bom, text.as_bytes()].concat();
        let node = read(&Content::decode(bytes.clone(), TextKind::Utf8)).expect("fine").nodes.remove(0);
        let shown = |span: Span| std::str::from_utf8(&bytes[span.start..span.end]).expect("whole characters");
        assert_eq!(shown(node.name.span), "gä");
        assert_eq!(shown(node.home[0].path.span), "\"homes/😀/gw\"");
        assert_eq!(shown(node.port_offset.expect("given").span), "3");
    }
}

#[test]
fn line_ends_of_windows_are_no_part_of_values() {
    let text = FULL.replace('\n', "\r\n");
    let topology = good(&text);
    let gw = &topology.nodes[0];
    let all = [Some(&gw.name), gw.host.as_ref(), gw.port_offset.as_ref(), gw.product.as_ref(), topology.rules_dir.first()];
    for written in all.into_iter().flatten() {
        assert_eq!(written.value, text[written.span.start..written.span.end]);
    }
}

#[test]
fn the_offset_of_a_start_command_has_its_own_span() {
    for start in ["sh wso2server.sh -DportOffset=12", "\"sh wä.sh -DportOffset=12\"", "'sh wso2server.sh \"-DportOffset=12\"'"] {
        let text = format!("nodes:\n- name: gw\n  role: r\n  home: h\n  start: {start}\n");
        let offset = good(&text).nodes[0].port_offset.clone().expect("given");
        assert_eq!(&text[offset.span.start..offset.span.end], "12");
    }
}

#[test]
fn a_start_command_with_escapes_or_folded_lines_is_labelled_as_a_whole() {
    for start in ["\"sh \\\"x\\\" -DportOffset=12\"", ">\n    sh wso2server.sh\n    -DportOffset=12"] {
        let node = node_with(&format!("start: {start}"));
        let offset = node.port_offset.expect("given");
        assert_eq!((offset.value.as_str(), offset.span), ("12", node.start.expect("given").span));
    }
}

#[test]
fn a_start_command_without_profile_says_so() {
    assert!(matches!(node_with("start: sh wso2server.sh").profile, Some(None)));
    assert!(node_with("host: x").profile.is_none());
}

#[test]
fn explicit_properties_win_over_the_start_command() {
    let node = node_with("start: sh wso2server.sh -Da=1 -Dc=1\n  properties: {a: 2, b: 2}");
    let all: Vec<_> = node.properties.iter().map(|(key, value)| (key.as_str(), value.value.as_str())).collect();
    assert_eq!(all, [("a", "2"), ("b", "2"), ("c", "1")]);
}

#[test]
fn start_and_port_offset_have_to_agree() {
    let (shown, message, _) = of_node("port_offset: 2\n  start: sh wso2server.sh -DportOffset=5");
    assert_eq!((shown.as_str(), message.as_str()), ("2", "`port_offset` is `2`, but `start` says -DportOffset=`5`"));
    assert_eq!(
        node_with("port_offset: 2\n  start: sh wso2server.sh -DportOffset=2").port_offset.map(|o| o.value).as_deref(),
        Some("2")
    );
}

#[test]
fn an_offset_without_value_is_kept_for_later_stages() {
    assert_eq!(value(node_with("start: sh x -DportOffset").port_offset.as_ref()), Some("true"));
    assert_eq!(value(node_with("start: sh x -DportOffset=").port_offset.as_ref()), Some(""));
}

#[test]
fn empty_lists_and_maps_may_be_left_standing() {
    let text = format!("{GW}defaults:\nload_balancers:\nexternals: []\nignore:\nrules:\n");
    assert_eq!(good(&text).nodes.len(), 1);
    assert!(node_with("aliases:\n  properties:").aliases.is_empty());
}

#[test]
fn patterns_leave_references_to_later() {
    let mut topology = good("nodes: [{name: gw-*, role: r, home: h, key_manager: gw-1}]\n");
    assert_eq!(check_references(&topology).len(), 1);
    topology.nodes[0].name.value = "gw-1".to_owned();
    assert_eq!(check_references(&topology), []);
    let twice = topology.nodes[0].clone();
    topology.nodes.push(twice);
    assert_eq!(check_references(&topology)[0].message, "two nodes are named `gw-1`");
}

#[test]
fn anchors_and_merges_work() {
    let text = "nodes:\n- &gw\n  name: a\n  role: gateway\n  home: h\n  product: 1.10\n- {<<: *gw, name: b}\n- <<: *gw\n  name: c\n  home: *h\n";
    let topology = good(&text.replace("home: h", "home: &h h"));
    let all: Vec<_> = topology.nodes.iter().map(|node| (node.name.value.as_str(), value(node.product.as_ref()))).collect();
    assert_eq!(all, [("a", Some("1.10")), ("b", Some("1.10")), ("c", Some("1.10"))]);
}

#[test]
fn long_comments_are_fine() {
    let comments = "  # - name: old\n".repeat(500);
    assert_eq!(
        good(&format!("nodes:\n{comments}- name: gw\n{comments}  role: r\n{comments}  home: h\n{comments}")).nodes.len(),
        1
    );
}
