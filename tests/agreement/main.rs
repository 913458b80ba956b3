//! `carbonlint links` and `carbonlint check` agree: what one calls a fault the other has a finding about, and the other way round.

mod agree;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use carbonlint::home::Memory;
use carbonlint::lint::{Example, Rule, load};
use carbonlint::project::Engine;
use proptest::prelude::*;

use agree::contradictions;

static ENGINE: OnceLock<Engine> = OnceLock::new();
static DEPLOYMENTS: OnceLock<(Vec<Named>, Vec<Named>)> = OnceLock::new();

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Files by their path below the folder of a deployment.
type Files = BTreeMap<PathBuf, Vec<u8>>;
/// A deployment with its name.
type Named = (String, Files);

fn read(folder: &Path, below: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = below.join(entry.file_name());
        if path.is_dir() {
            read(&path, &name, files);
        } else {
            files.insert(name, fs::read(path).expect("a file"));
        }
    }
}

/// The examples, and the real deployments that lie beside the project.
fn deployments() -> Vec<Named> {
    let folders = ["examples", "../shared/corpus"].map(|folder| Path::new(ROOT).join(folder));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.join("topology.yaml").is_file()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let mut files = Files::new();
        read(path, Path::new(""), &mut files);
        (path.file_name().expect("a name").to_string_lossy().into_owned(), files)
    };
    paths.iter().map(read).collect()
}

fn check(engine: &Engine, name: &str, files: &Files) -> Vec<String> {
    let mut memory = Memory::default();
    for (path, bytes) in files {
        memory.insert(path.clone(), bytes.clone());
    }
    let topology = String::from_utf8_lossy(&files[Path::new("topology.yaml")]).into_owned();
    let project = engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{name}: {error}"));
    let linted = engine.lint(&project, &HashMap::new());
    assert!(!linted.failed, "{name}: a rule failed");
    contradictions(engine, &project, &linted).into_iter().map(|one| format!("{name}: {one}")).collect()
}

#[test]
fn every_deployment_is_judged_alike_by_links_and_check() {
    let engine = Engine::new().expect("the embedded rules load");
    let wrong: Vec<String> = deployments().iter().flat_map(|(name, files)| check(&engine, name, files)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The examples of all rules, each as a deployment.
fn examples(engine: &Engine) -> Vec<Named> {
    let mut files = Files::new();
    read(&Path::new(ROOT).join("rules"), Path::new("rules"), &mut files);
    let text = |(path, bytes): (&PathBuf, &Vec<u8>)| {
        let path = path.to_string_lossy().replace('\\', "/");
        (!path.starts_with("rules/catalogue")).then(|| (path, String::from_utf8_lossy(bytes).into_owned()))
    };
    let texts: Vec<(String, String)> = files.iter().filter_map(text).collect();
    let rules = load(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())), &engine.catalogue).expect("rules");
    let of_rule = |rule: &std::sync::Arc<Rule>| {
        let of_example = |example: &Example| {
            let files = example.files.iter().map(|(path, text)| (PathBuf::from(path), text.clone().into_bytes()));
            let topology = (PathBuf::from("topology.yaml"), example.topology.clone().into_bytes());
            (format!("{}: {}", rule.id, example.name), files.chain([topology]).collect())
        };
        rule.file.examples.iter().map(of_example).collect::<Vec<_>>()
    };
    rules.rules.iter().flat_map(of_rule).collect()
}

#[test]
fn so_is_every_example_of_every_rule() {
    let engine = Engine::new().expect("the embedded rules load");
    let wrong: Vec<String> = examples(&engine).iter().flat_map(|(name, files)| check(&engine, name, files)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What somebody does to an address.
#[derive(Debug, Clone)]
enum Slip {
    NoPort,
    Port(i64),
    PortText(&'static str),
    Host(usize),
    Scheme(&'static str),
    Behind(&'static str),
    Slashes(&'static str),
    Swap(&'static str, &'static str),
}

/// Texts beside addresses that decide what becomes of them.
const SWAPS: &[(&str, &str)] = &[
    ("<Offset>0<", "<Offset>1<"),
    ("offset = 0", "offset = 2"),
    (">ThriftClient<", ">WSClient<"),
    (">WSClient<", ">ThriftClient<"),
    ("<EnableThriftServer>true<", "<EnableThriftServer>false<"),
    ("<ThriftServerHost>localhost<", "<ThriftServerHost>km.example.com<"),
    ("<!--ThriftClientPort>10397</ThriftClientPort-->", "<ThriftClientPort>10398</ThriftClientPort>"),
    ("<ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>", ""),
];

const HOSTS: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "${carbon.local.ip}",
    "nowhere.example.com",
    "gw.example.com",
    "km.example.com",
    "tm.example.com",
    "pub.example.com",
    "keys.example.com",
    "mysql.example.com",
    "cp.example.com",
    "[::1]",
];

fn slip() -> impl Strategy<Value = Slip> {
    prop_oneof![
        2 => Just(Slip::NoPort),
        2 => (-3..4_i64).prop_map(|by| Slip::Port(9443 + by)),
        1 => proptest::sample::select(&[80_i64, 443, 5672, 5675, 8243, 8280, 9099, 9611, 9711, 9763, 10397, 70000]).prop_map(Slip::Port),
        1 => proptest::sample::select(&["${mgt.transport.https.port}", "${https.nio.port}", "${jms.port}", "9443a", "0"]).prop_map(Slip::PortText),
        3 => (0..HOSTS.len()).prop_map(Slip::Host),
        2 => proptest::sample::select(&["http", "https", "tcp", "ssl", "ws"]).prop_map(Slip::Scheme),
        1 => proptest::sample::select(&["/", " ", "/services"]).prop_map(Slip::Behind),
        1 => proptest::sample::select(&[":/", "//", "://https://"]).prop_map(Slip::Slashes),
        3 => proptest::sample::select(SWAPS).prop_map(|(from, to)| Slip::Swap(from, to)),
    ]
}

/// Whether a URL names something and is called by nobody.
fn is_namespace(host: &str) -> bool {
    ["wso2.org", "www.w3.org", "ws.apache.org", "www.apache.org", "axis2.apache.org", "www.springframework.org"]
        .iter()
        .any(|name| host.starts_with(name))
}

/// Makes a slip at one of the addresses of a text.
fn slipped(text: &str, at: usize, slip: &Slip) -> Option<String> {
    if let Slip::Swap(from, to) = slip {
        return Some(text.replace(from, to));
    }
    let all: Vec<usize> = text.match_indices("://").map(|(at, _)| at).filter(|at| !is_namespace(&text[at + 3..])).collect();
    let slashes = *all.get(at.checked_rem(all.len())?)?;
    let start = text[..slashes].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let from = slashes + 3;
    let stop = |letter: char| letter.is_whitespace() || "/<>\"',|;&?@)]".contains(letter);
    let end = text[from..].find(stop).map_or(text.len(), |at| from + at);
    let authority = &text[from..end];
    let (host, port) = authority.find(':').map_or((authority, ""), |at| authority.split_at(at));
    let (scheme, scheme_end, before) = (&text[start..slashes], "://", &text[..start]);
    let after = &text[end..];
    Some(match slip {
        Slip::NoPort => format!("{before}{scheme}{scheme_end}{host}{after}"),
        Slip::Port(port) => format!("{before}{scheme}{scheme_end}{host}:{port}{after}"),
        Slip::PortText(port) => format!("{before}{scheme}{scheme_end}{host}:{port}{after}"),
        Slip::Host(other) => format!("{before}{scheme}{scheme_end}{}{port}{after}", HOSTS[*other]),
        Slip::Scheme(other) => format!("{before}{other}{scheme_end}{authority}{after}"),
        Slip::Behind(more) => format!("{before}{scheme}{scheme_end}{authority}{more}{after}"),
        Slip::Slashes(other) => format!("{before}{scheme}{other}{authority}{after}"),
        Slip::Swap(..) => return None,
    })
}

/// A topology whose nodes declare no hosts.
fn without_hosts(topology: &str) -> String {
    let within_braces = |line: &str| match line.find(", host: ") {
        Some(at) if line.trim_start().starts_with("- {name") => {
            let end = line[at + 2..].find([',', '}']).map_or(line.len(), |end| at + 2 + end);
            format!("{}{}", &line[..at], &line[end..])
        }
        _ => line.to_owned(),
    };
    let mut of_nodes = false;
    let mut lines = Vec::new();
    for line in topology.lines() {
        let is_key = line.starts_with(|letter: char| letter.is_ascii_alphabetic());
        of_nodes = if is_key { line.starts_with("nodes:") } else { of_nodes };
        if !of_nodes {
            lines.push(line.to_owned());
        } else if !line.trim_start().starts_with("host: ") {
            lines.push(within_braces(line));
        }
    }
    lines.join("\n")
}

fn config(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["xml", "toml", "properties", "yaml"].iter().any(|known| end == *known))
        && !path.ends_with("topology.yaml")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn slips_are_told_by_both_or_by_none(
        (rule, which) in (any::<bool>(), any::<proptest::sample::Index>()),
        hosts in proptest::bool::weighted(0.8),
        slips in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..400, slip()), 1..6),
    ) {
        let engine = ENGINE.get_or_init(|| Engine::new().expect("the embedded rules load"));
        let (whole, parts) = DEPLOYMENTS.get_or_init(|| (deployments(), examples(engine)));
        let (name, mut files) = which.get(if rule { parts } else { whole }).clone();
        let topology = files.get_mut(Path::new("topology.yaml")).expect("a topology");
        if !hosts {
            *topology = without_hosts(&String::from_utf8_lossy(topology)).into_bytes();
        }
        for (file, at, slip) in &slips {
            let has = |(path, bytes): &(&PathBuf, &Vec<u8>)| config(path) && !String::from_utf8_lossy(bytes).is_empty();
            let named: Vec<PathBuf> = files.iter().filter(has).map(|(path, _)| path.clone()).collect();
            if named.is_empty() {
                continue;
            }
            let path = file.get(&named);
            let text = String::from_utf8_lossy(&files[path]).into_owned();
            if let Some(text) = slipped(&text, *at, slip) {
                files.insert(path.clone(), text.into_bytes());
            }
        }
        let wrong = check(engine, &name, &files);
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let command = assert_cmd::Command::cargo_bin("carbonlint").expect("the program").current_dir(folder).args(arguments).output();
    String::from_utf8(command.expect("it runs").stdout).expect("UTF-8")
}

#[test]
fn what_links_calls_a_wrong_port_check_reports() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let manager = "<APIManager><APIKeyValidator><ServerURL>https://km/services/</ServerURL>\
                   <KeyValidatorClientType>ThriftClient</KeyValidatorClientType></APIKeyValidator></APIManager>";
    write("pub/repository/conf/api-manager.xml", manager);
    write("km/repository/conf/carbon.xml", "<Server><Version>2.6.0</Version><Ports><Offset>1</Offset></Ports></Server>");
    let node =
        |name: &str, role: &str| format!("  - {{name: {name}, role: {role}, home: {name}, host: {name}, product: 2.6.0}}\n");
    write("topology.yaml", &format!("nodes:\n{}{}", node("pub", "publisher"), node("km", "key-manager")));
    assert!(run(folder.path(), &["links"]).contains("wrong port"));
    let found = run(folder.path(), &["check", "--format", "short"]);
    assert!(found.contains("warning[proxy-port-missing] pub calls km on 443"), "{found}");
    run(folder.path(), &["check", "--fix", "--unsafe-fixes"]);
    assert!(!run(folder.path(), &["links"]).contains("wrong port"));
    assert_eq!(run(folder.path(), &["check", "--format", "short"]), "");
}
