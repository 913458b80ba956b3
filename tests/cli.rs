//! The program as people run it: whole outputs of the examples, options, exit statuses.

use std::fs;
use std::process::{Output, Stdio};

use assert_cmd::Command;
use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs the program at the project's root, in an environment of its own.
fn run(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("carbonlint").expect("the program");
    command.current_dir(ROOT).env_clear().args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[track_caller]
fn printed(arguments: &[&str], status: i32) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(output.stdout.is_empty());
    text(&output.stderr)
}

const EXAMPLES: [(&str, i32); 11] = [
    ("all-in-one", 0),
    ("control-plane-gateway-traffic-manager", 0),
    ("five-on-one-machine", 0),
    ("five-on-one-machine-seven-mistakes", 1),
    ("healthy-distributed", 0),
    ("house-rules", 1),
    ("identity-server-as-key-manager", 0),
    ("offset-mismatch", 1),
    ("offset-mismatch-client-raised", 0),
    ("offset-mismatch-server-lowered", 0),
    ("split-packs-two-environments", 0),
];

/// The documentation of all rules is in every report.
fn without_rules(sarif: &str) -> String {
    let (before, rest) = sarif.split_once("\"rules\": [\n").expect("rules");
    let (_, after) = rest.split_once("\n          ]\n").expect("their end");
    format!("{before}\"rules\": [\n          ]\n{after}")
}

#[test]
fn examples_in_every_format() {
    for (example, status) in EXAMPLES {
        let topology = format!("examples/{example}/topology.yaml");
        for format in ["human", "short", "json", "github", "gitlab", "junit"] {
            assert_snapshot!(format!("{example}-{format}"), printed(&["check", &topology, "--format", format], status));
        }
        let sarif = printed(&["check", &topology, "--format", "sarif"], status);
        assert_snapshot!(format!("{example}-sarif"), without_rules(&sarif));
        assert_snapshot!(format!("{example}-ports"), printed(&["ports", &topology], 0));
        assert_snapshot!(format!("{example}-links"), printed(&["links", &topology], 0));
    }
}

#[test]
fn seven_classic_mistakes_are_mended_in_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let copied = std::process::Command::new("cp")
        .args(["-r", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/five-on-one-machine-seven-mistakes/."), "."])
        .current_dir(folder.path())
        .status();
    assert!(copied.expect("cp runs").success());
    let check = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_carbonlint"));
        command.current_dir(folder.path()).args(["check", "--format", "json"]).args(more).output().expect("it runs")
    };
    let count = |output: &std::process::Output, field: &str| {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        json["summary"][field].as_u64().expect("a number")
    };
    let before = check(&[]);
    assert_eq!((count(&before, "errors"), count(&before, "warnings")), (6, 1), "{}", text(&before.stdout));
    let mended = check(&["--fix"]);
    assert_eq!(mended.status.code(), Some(0), "{}", text(&mended.stdout));
    assert_eq!(count(&mended, "fixed"), 7);
    assert_eq!((count(&check(&[]), "errors"), count(&check(&[]), "warnings")), (0, 0));
}

#[test]
fn tables_for_spreadsheets() {
    let topology = "examples/offset-mismatch/topology.yaml";
    assert_snapshot!("ports-csv", printed(&["ports", topology, "--format", "csv"], 0));
    assert_snapshot!("links-csv", printed(&["links", topology, "--format", "csv"], 0));
}

#[test]
fn tables_for_programs() {
    assert_snapshot!("ports-json", printed(&["ports", "examples/offset-mismatch", "--format", "json"], 0));
    assert_snapshot!("links-json", printed(&["links", "examples/offset-mismatch", "--format", "json"], 0));
}

#[test]
fn explanations() {
    for what in ["gw", "gw.thrift-client", "km.thrift-server", "gw.key-validator-server-url"] {
        assert_snapshot!(format!("explain-{what}"), printed(&["explain", what, "examples/offset-mismatch"], 0));
    }
    let said = refused(&["explain", "gw.thrift-cleint", "examples/offset-mismatch"]);
    assert!(said.contains("thrift-client"), "{said}");
}

#[test]
fn the_json_keeps_its_contract() {
    let report: Value =
        serde_json::from_str(&printed(&["check", "examples/offset-mismatch", "--format", "json"], 1)).expect("JSON");
    let keys = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(keys(&report), sorted(&["version", "tool_version", "summary", "findings"]));
    let summary = sorted(&["nodes", "links", "dormant", "undecidable", "errors", "warnings", "infos", "ignored", "fixed"]);
    assert_eq!(keys(&report["summary"]), summary);
    let finding = &report["findings"][0];
    let expected = sorted(&["rule", "severity", "message", "symptom", "nodes", "link", "labels", "fixes", "fingerprint"]);
    assert_eq!(keys(finding), expected);
    let label = &finding["labels"][0];
    let expected = sorted(&["file", "line", "column", "end_line", "end_column", "start", "end", "text", "primary", "node"]);
    assert_eq!(keys(label), expected);
    let bytes = fs::read(format!("{ROOT}/{}", label["file"].as_str().expect("a file"))).expect("the file");
    let offset = |key: &str| usize::try_from(label[key].as_u64().expect("a number")).expect("it fits");
    assert_eq!(&bytes[offset("start")..offset("end")], b"2", "places are bytes on disk");
    assert_eq!(finding["nodes"], serde_json::json!(["gw", "km"]));
    assert_eq!(finding["fixes"][0]["title"], "raise the client port by 3");
    assert_eq!(finding["fixes"][1]["title"], "lower the server port by 3");
}

#[test]
fn nodes_can_be_given_without_a_file() {
    let homes = "examples/offset-mismatch/homes";
    let output =
        printed(&["check", &format!("gw=gateway:{homes}/gw"), &format!("km=key-manager:{homes}/km"), "--format", "short"], 1);
    assert!(output.contains("error[thrift-port-mismatch]"), "{output}");
}

#[test]
fn severities_and_limits_decide_the_exit_status() {
    let example = "examples/offset-mismatch";
    printed(&["check", example, "--fail-on", "never"], 0);
    printed(&["check", example, "--rule", "thrift-port-mismatch=warning"], 0);
    printed(&["check", example, "--rule", "thrift-port-mismatch=warning", "--fail-on", "warning"], 1);
    let off = printed(&["check", example, "--rule", "thrift-port-mismatch=off", "--format", "short"], 0);
    assert_eq!(off, "", "no general rule takes its place");
}

#[test]
fn bad_usage_is_exit_status_2_and_names_the_nearest() {
    assert!(
        refused(&["check", "examples/offset-mismatch", "--rule", "thrift-port-mismach=off"]).contains("thrift-port-mismatch")
    );
    assert!(
        refused(&["check", "examples/offset-mismatch", "--rule", "thrift-port-mismatch=loud"])
            .contains("error, warning, info, off")
    );
    assert!(refused(&["rules", "thrift-port-mismach"]).contains("thrift-port-mismatch"));
    assert!(refused(&["check", "no/such/file.yaml"]).contains("no/such/file.yaml"));
    assert!(refused(&["check"]).contains("gw=gateway:"), "without a topology it says how to go on");
    refused(&["chek"]);
}

#[test]
fn results_can_go_to_a_file() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("report.json");
    let path = file.to_str().expect("UTF-8");
    assert_eq!(printed(&["check", "examples/offset-mismatch", "--format", "json", "--output", path], 1), "");
    let report: Value = serde_json::from_slice(&fs::read(&file).expect("the file")).expect("JSON");
    assert_eq!(report["summary"]["errors"], 1);
    let nowhere = folder.path().join("no/such/folder/report.json");
    assert!(
        refused(&["check", "examples/offset-mismatch", "--output", nowhere.to_str().expect("UTF-8")])
            .contains("cannot be written")
    );
}

#[test]
fn results_take_the_place_of_no_input() {
    let folder = TempDir::new().expect("a folder");
    let at = |path: &str| folder.path().join(path).to_str().expect("UTF-8").to_owned();
    let carbon = "<Server><Version>2.6.0</Version><Ports><Offset>0</Offset></Ports></Server>";
    let files = [
        ("topology.yaml", "nodes: [{name: km, role: key-manager, home: km}]\nrules_dir: rules\n"),
        ("broken.yaml", "nodes: [\n"),
        ("km/repository/conf/carbon.xml", carbon),
        ("rules/x.yaml", "{id: x, title: x, severity: info, for: node, when: 'false', message: x, docs: x}"),
    ];
    for (path, text) in files {
        fs::create_dir_all(std::path::Path::new(&at(path)).parent().expect("a parent")).expect("a folder");
        fs::write(at(path), text).expect("a file");
    }
    for (path, _) in files {
        let into = format!("sarif={}", at(path));
        for more in [&["--format", "json", "--output", &at(path)][..], &["--format", &into], &["--diff", "--output", &at(path)]] {
            let said = refused(&[&["check", &at("topology.yaml"), &at("broken.yaml")], more].concat());
            assert!(said.contains("is read by this check: name another file"), "{more:?} {said}");
        }
    }
    for (path, text) in files {
        assert_eq!(fs::read_to_string(at(path)).expect("the file"), text);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let program = assert_cmd::cargo::cargo_bin("carbonlint");
    let mut child = std::process::Command::new(program)
        .current_dir(ROOT)
        .args(["rules"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn output_is_the_same_on_any_number_of_threads() {
    let with = |threads: &str| {
        let mut command = Command::cargo_bin("carbonlint").expect("the program");
        let arguments = ["check", "examples/healthy-distributed", "--verbose"];
        command.current_dir(ROOT).env_clear().env("RAYON_NUM_THREADS", threads).args(arguments).output().expect("it runs").stdout
    };
    assert_eq!(with("1"), with("7"));
}

#[test]
fn what_is_ignored_does_not_count_and_what_ignores_nothing_is_said() {
    let folder = TempDir::new().expect("a folder");
    let homes = format!("{ROOT}/examples/offset-mismatch/homes");
    let topology = format!(
        "nodes:\n  - {{name: gw, role: gateway, home: {homes}/gw}}\n  - {{name: km, role: key-manager, home: {homes}/km}}\n\
         ignore:\n  - {{rule: 'thrift-port-*', node: gw, file: '**/carbon.xml', link: thrift-client, reason: known}}\n  \
         - {{rule: port-collision, reason: gone}}\n"
    );
    let file = folder.path().join("topology.yaml");
    fs::write(&file, topology).expect("a file");
    let report: Value =
        serde_json::from_str(&printed(&["check", file.to_str().expect("UTF-8"), "--format", "json"], 0)).expect("JSON");
    assert_eq!(report["summary"]["ignored"], 1);
    let rules: Vec<&str> =
        report["findings"].as_array().expect("a list").iter().filter_map(|finding| finding["rule"].as_str()).collect();
    assert_eq!(rules, ["unused-ignore"]);
}
