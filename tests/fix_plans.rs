//! Plans over deployments that nobody thought of: real ones with their offsets changed, and random ones.
//!
//! Whatever the deployment: files that parse go on parsing, no new error or warning comes, what the plan promised is what a
//! fresh look at the disk finds, and a second run changes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use carbonlint::catalogue::Severity;
use carbonlint::deployment::FileProblem;
use carbonlint::fix::{Wish, suggest};
use carbonlint::lint::{Finding, Linted, Safety, Side};
use carbonlint::project::{Engine, Project};
use proptest::prelude::*;
use tempfile::TempDir;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

fn troubles(linted: &Linted) -> HashSet<&str> {
    let worse = |finding: &&Finding| finding.severity > Severity::Info;
    linted.findings.iter().filter(worse).map(|finding| finding.fingerprint.as_str()).collect()
}

fn malformed(project: &Project) -> usize {
    project.model.files.iter().filter(|file| matches!(file.state, FileProblem::Malformed(_))).count()
}

fn open(engine: &Engine, folder: &Path) -> (Project, Linted) {
    let project = engine.open(&folder.join("topology.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let linted = engine.lint(&project, &HashMap::new());
    assert!(!linted.failed, "a rule failed");
    (project, linted)
}

/// Mends a deployment on disk and holds the promises against it. Returns how many findings went and how many are left.
fn mend(engine: &Engine, folder: &Path, wish: Wish) -> (usize, usize) {
    let (project, before) = open(engine, folder);
    let mended = engine.mend(&project, &before, &HashMap::new(), wish);
    assert!(mended.refused.is_empty(), "{:?}", mended.refused);
    let (known, left) = (troubles(&before), troubles(&mended.linted));
    assert!(
        left.is_subset(&known),
        "new: {:#?}",
        left.difference(&known).map(|new| message(&mended.linted, new)).collect::<Vec<_>>()
    );
    assert!(mended.files.is_empty() || left.len() < known.len(), "files were changed for nothing");

    let (project, after) = open(engine, folder);
    assert_eq!(troubles(&after), left, "the disk holds what the plan promised");
    assert!(malformed(&project) <= malformed(&mended.project), "every file parses that did");
    let held_back: HashSet<&str> = mended.held_back.iter().map(|one| one.fingerprint.as_str()).collect();
    for finding in after.findings.iter().filter(|finding| finding.severity > Severity::Info) {
        let open = finding.fixes.iter().filter(|fix| fix.safety == Safety::Safe || wish.unsafe_fixes);
        let open = open.filter(|fix| suggest(&project.model, fix).applicable).count();
        assert!(open == 0 || held_back.contains(finding.fingerprint.as_str()), "left without a word: {}", finding.message);
    }
    let again = engine.mend(&project, &after, &HashMap::new(), wish);
    assert!(again.files.is_empty(), "a second run changes something");
    (known.len() - left.len(), left.len())
}

fn message<'a>(linted: &'a Linted, fingerprint: &str) -> Option<&'a str> {
    linted.findings.iter().find(|finding| finding.fingerprint == fingerprint).map(|finding| finding.message.as_str())
}

fn wishes() -> [Wish; 4] {
    let wish = |unsafe_fixes, prefer| Wish { unsafe_fixes, prefer };
    [wish(false, Side::Client), wish(false, Side::Server), wish(true, Side::Client), wish(true, Side::Server)]
}

/// Copies a folder, with the offset of every carbon.xml and deployment.toml replaced by the next of `offsets`.
fn copy(from: &Path, to: &Path, offsets: &mut impl Iterator<Item = i32>) {
    fs::create_dir_all(to).expect("a folder");
    let mut entries: Vec<PathBuf> = fs::read_dir(from).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target, offsets);
            continue;
        }
        let mut bytes = fs::read(&path).expect("a file");
        let shipped = b"<Offset>0</Offset>";
        if let Some(at) = bytes.windows(shipped.len()).position(|window| window == shipped) {
            let digits = offsets.next().expect("offsets never end").to_string();
            bytes.splice(at + 8..at + 9, digits.into_bytes());
        }
        fs::write(target, bytes).expect("a file");
    }
}

#[test]
fn real_deployments_with_other_offsets_are_mended_or_honestly_left() {
    let Ok(entries) = fs::read_dir(CORPUS) else {
        println!("skipped: no corpus of real deployments beside the project");
        return;
    };
    let engine = Engine::new().expect("the embedded rules load");
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let mut totals: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for folder in folders {
        for (round, wish) in (0..3).flat_map(|round| wishes().map(move |wish| (round, wish))) {
            let copied = TempDir::new().expect("a folder");
            // Offsets that differ from node to node and from round to round, 0 among them.
            let mut state = 7 + round * 5;
            copy(
                &folder,
                copied.path(),
                &mut std::iter::repeat_with(move || {
                    state = (state * 13 + 5) % 31;
                    state % 6
                }),
            );
            let (mended, left) = mend(&engine, copied.path(), wish);
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            let total = totals.entry(name).or_default();
            *total = (total.0 + mended, total.1 + left);
        }
    }
    println!("mended and left: {totals:#?}");
    assert!(totals.values().map(|(mended, _)| mended).sum::<usize>() > 60, "offsets break something, and it is mended");
}

/// A gateway or key manager as somebody may have written it.
#[derive(Debug, Clone)]
struct Node {
    offset: i32,
    port: Port,
    client: &'static str,
    url: Url,
    server_host: Option<&'static str>,
    layout: usize,
}

#[derive(Debug, Clone)]
enum Port {
    Absent,
    Commented(bool),
    Written(String),
    Padded(i32),
}

#[derive(Debug, Clone)]
enum Url {
    Absent,
    Local(i32),
    Placeholder,
    Port(i32),
    NoPort,
    Plain(i32),
    Unknown,
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![
        3 => Just(Port::Absent),
        2 => any::<bool>().prop_map(Port::Commented),
        3 => (10395..10405).prop_map(|port: i32| Port::Written(port.to_string())),
        1 => (10397..10400).prop_map(Port::Padded),
        1 => Just(Port::Written("&#49;0397".to_owned())),
        1 => Just(Port::Written("<![CDATA[10398]]>".to_owned())),
    ]
}

fn url() -> impl Strategy<Value = Url> {
    prop_oneof![
        Just(Url::Absent),
        (9443..9450).prop_map(Url::Local),
        Just(Url::Placeholder),
        (9443..9450).prop_map(Url::Port),
        Just(Url::NoPort),
        (9760..9770).prop_map(Url::Plain),
        Just(Url::Unknown),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let client = prop_oneof![4 => Just("ThriftClient"), 2 => Just("WSClient"), 1 => Just(" thriftclient ")];
    let host = prop_oneof![3 => Just(None), 1 => Just(Some("localhost")), 2 => Just(Some("km-0")), 1 => Just(Some("0.0.0.0"))];
    (0..6, port(), client, url(), host, 0_usize..4).prop_map(|(offset, port, client, url, server_host, layout)| Node {
        offset,
        port,
        client,
        url,
        server_host,
        layout,
    })
}

/// Lays an element out in the manner of the node: lines and tabs, lines and blanks with CRLF, everything in one line.
fn manager(node: &Node, element: &str) -> String {
    let port = match &node.port {
        Port::Absent => String::new(),
        Port::Commented(true) => format!("<!--{element}>10397</{element}-->"),
        Port::Commented(false) => format!("<!-- <{element}>10397</{element}> -->"),
        Port::Written(text) => format!("<{element}>{text}</{element}>"),
        Port::Padded(port) => format!("<{element}> {port} </{element}>"),
    };
    let url = match &node.url {
        Url::Absent => None,
        Url::Local(port) => Some(format!("https://localhost:{port}/services/")),
        Url::Placeholder => Some("https://km-0:${mgt.transport.https.port}/services/".to_owned()),
        Url::Port(port) => Some(format!("https://km-0:{port}/services/")),
        Url::NoPort => Some("https://km-0/services/".to_owned()),
        Url::Plain(port) => Some(format!("http://km-0:{port}/services/")),
        Url::Unknown => Some("https://elsewhere:9443/services/".to_owned()),
    };
    let url = url.map(|url| format!("<ServerURL>{url}</ServerURL>")).unwrap_or_default();
    let host = node.server_host.map(|host| format!("<ThriftServerHost>{host}</ThriftServerHost>")).unwrap_or_default();
    let client = format!("<KeyValidatorClientType>{}</KeyValidatorClientType>", node.client);
    let inside = [
        client,
        url,
        "<Password>hunter2</Password>".to_owned(),
        port,
        host,
        "<EnableThriftServer>true</EnableThriftServer>".to_owned(),
        "<ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>".to_owned(),
    ];
    let (line, indent) = match node.layout {
        0 => ("\n", "\t\t"),
        1 => ("\r\n", "    "),
        2 => ("", ""),
        _ => ("\n\n", "  "),
    };
    let mut lines = String::new();
    for text in inside.iter().filter(|text| !text.is_empty()) {
        lines.extend([line, indent, text]);
    }
    format!("<APIManager><APIKeyValidator>{lines}{line}</APIKeyValidator></APIManager>")
}

fn lay_out(folder: &Path, gateways: &[Node], managers: &[Node], hosts: bool, machine: bool, shared: bool, version: &str) {
    let mut topology = format!("defaults: {{product: {version}}}\nnodes:\n");
    let sides = [("gw", "gateway", "ThriftClientPort", gateways), ("km", "key-manager", "ThriftServerPort", managers)];
    for (prefix, role, element, nodes) in sides {
        for (index, node) in nodes.iter().enumerate() {
            let name = format!("{prefix}-{index}");
            let home = if shared && prefix == "gw" { "gw-0" } else { &name };
            let host = if hosts { format!(", host: {name}") } else { String::new() };
            let machine = if machine { ", machine: vm" } else { "" };
            topology.push_str(&format!("  - {{name: {name}, role: {role}, home: {home}{host}{machine}}}\n"));
            let conf = folder.join(&name).join("repository/conf");
            fs::create_dir_all(&conf).expect("a folder");
            let carbon = format!("<Server>\n  <Ports>\n    <Offset>{}</Offset>\n  </Ports>\n</Server>\n", node.offset);
            fs::write(conf.join("carbon.xml"), carbon).expect("a file");
            fs::write(conf.join("api-manager.xml"), manager(node, element)).expect("a file");
        }
    }
    fs::write(folder.join("topology.yaml"), topology).expect("the topology");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_deployments_keep_every_promise(
        gateways in proptest::collection::vec(node(), 1..4),
        managers in proptest::collection::vec(node(), 1..3),
        (hosts, machine, shared) in any::<(bool, bool, bool)>(),
        version in prop_oneof![3 => Just("2.6.0"), 1 => Just("1.10.0"), 1 => Just("2.0.0"), 1 => Just("1.8.0")],
        wish in 0_usize..4,
    ) {
        let engine = Engine::new().expect("the embedded rules load");
        let folder = TempDir::new().expect("a folder");
        lay_out(folder.path(), &gateways, &managers, hosts, machine, shared, version);
        mend(&engine, folder.path(), wishes()[wish]);
    }
}
