//! Baselines: what was found once may stay, what is new counts, and what is gone is said.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("carbonlint").expect("the program");
    command.current_dir(folder).env_clear().args(arguments).output().expect("it runs")
}

/// Exit status, standard output, standard error.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = run_in(folder, &[&["check"], arguments].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

const TOPOLOGY: &str = "nodes:
  - {name: gw, role: gateway, home: gw, host: gw.example.com}
  - {name: km, role: key-manager, home: km, host: km.example.com}
";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn offset(folder: &Path, node: &str, offset: i32) {
    let text = format!("<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n");
    write(folder, &format!("{node}/repository/conf/carbon.xml"), &text);
}

/// A gateway that calls a Thrift port on which nobody listens.
fn deployment() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "topology.yaml", TOPOLOGY);
    offset(folder.path(), "gw", 2);
    offset(folder.path(), "km", 5);
    let gateway = "<APIManager>\n  <APIKeyValidator>\n    <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n    \
         <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n    \
         <ServerURL>https://km.example.com:9448/services/</ServerURL>\n    <ThriftServerHost>km.example.com</ThriftServerHost>\n  \
         </APIKeyValidator>\n</APIManager>\n";
    write(folder.path(), "gw/repository/conf/api-manager.xml", gateway);
    let key_manager = "<APIManager>\n  <APIKeyValidator>\n    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n    \
                       <EnableThriftServer>true</EnableThriftServer>\n  </APIKeyValidator>\n</APIManager>\n";
    write(folder.path(), "km/repository/conf/api-manager.xml", key_manager);
    folder
}

fn with_baseline() -> TempDir {
    let folder = deployment();
    let (status, printed, said) = check(folder.path(), &["--write-baseline", "baseline.json"]);
    assert_eq!((status, printed.as_str(), said.as_str()), (0, "", "baseline.json: 1 finding\n"));
    folder
}

fn baseline(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("baseline.json")).expect("the baseline")
}

#[test]
fn what_was_there_is_left_out_and_counted() {
    let folder = with_baseline();
    assert_snapshot!("baseline", baseline(&folder).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let (status, printed, said) = check(folder.path(), &["--baseline", "baseline.json"]);
    assert_eq!((status, said.as_str()), (0, ""), "{printed}");
    assert!(!printed.contains("thrift-port-mismatch") && printed.contains("1 finding in the baseline"), "{printed}");
    let (_, json, _) = check(folder.path(), &["--baseline", "baseline.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&report["summary"]["baselined"], &report["findings"]), (&Value::from(1), &Value::from(Vec::<Value>::new())));
}

#[test]
fn a_line_that_moves_changes_nothing() {
    let folder = with_baseline();
    let path = folder.path().join("gw/repository/conf/carbon.xml");
    let moved = fs::read_to_string(&path).expect("it").replace("  <Ports>", "\n\n  <!-- moved -->\n  <Ports>");
    fs::write(path, moved).expect("it");
    let (status, printed, _) = check(folder.path(), &["--baseline", "baseline.json", "--format", "short"]);
    assert_eq!((status, printed.as_str()), (0, ""));
    let before = baseline(&folder);
    let (_, _, said) = check(folder.path(), &["--write-baseline", "baseline.json"]);
    assert_eq!((said.as_str(), baseline(&folder)), ("baseline.json: 1 finding, 0 added, 0 removed\n", before));
}

#[test]
fn what_is_new_counts_and_what_is_gone_is_said_at_its_entry() {
    let folder = with_baseline();
    offset(folder.path(), "km", 6);
    let (status, printed, _) = check(folder.path(), &["--baseline", "baseline.json", "--format", "short"]);
    assert_eq!(status, 1, "{printed}");
    assert!(printed.contains("10399, but km listens on 10403"), "{printed}");
    let gone = "baseline.json:5:5: warning[baseline-outdated] no finding matches this entry of the baseline any more: \
                thrift-port-mismatch of gw, km (thrift-client)";
    assert!(printed.contains(gone), "{printed}");
    let (_, quiet, _) =
        check(folder.path(), &["--baseline", "baseline.json", "--format", "short", "--rule", "baseline-outdated=off"]);
    assert!(!quiet.contains("baseline-outdated"), "{quiet}");
    let (_, off, _) =
        check(folder.path(), &["--baseline", "baseline.json", "--format", "short", "--rule", "thrift-port-mismatch=off"]);
    assert!(!off.contains("baseline-outdated"), "{off}");
}

#[test]
fn with_a_baseline_it_only_shrinks() {
    let folder = with_baseline();
    offset(folder.path(), "km", -1);
    let (status, printed, said) = check(folder.path(), &["--baseline", "baseline.json", "--write-baseline", "baseline.json"]);
    assert_eq!((status, printed.as_str()), (0, ""));
    assert!(said.starts_with("baseline.json: 0 findings, 0 added, 1 removed; "), "{said}");
    assert!(said.ends_with(" not in it: with --baseline nothing is added\n"), "{said}");
    let (status, _, said) = check(folder.path(), &["--write-baseline", "baseline.json"]);
    assert_eq!(status, 0);
    assert!(said.contains(" added, 0 removed"), "{said}");
    assert_eq!(check(folder.path(), &["--baseline", "baseline.json", "--format", "short", "--fail-on", "info"]).0, 0);
}

#[test]
fn an_entry_counts_as_often_as_it_says() {
    let folder = with_baseline();
    write(folder.path(), "baseline.json", &baseline(&folder).replace("\"count\": 1", "\"count\": 3"));
    let (status, printed, _) = check(folder.path(), &["--baseline", "baseline.json", "--format", "short"]);
    assert_eq!(status, 0);
    assert!(printed.contains("only 1 of 3 findings match this entry of the baseline"), "{printed}");
}

#[track_caller]
fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let (status, printed, said) = check(folder.path(), arguments);
    assert_eq!((status, printed.as_str()), (2, ""), "{said}");
    said
}

#[test]
fn what_is_no_baseline_is_refused_with_what_was_expected() {
    let folder = with_baseline();
    let good = baseline(&folder);
    let broken = [
        ("{", "it is no JSON"),
        ("[]", "it says no `format`"),
        (&good.replace("\"format\": 1", "\"format\": 2"), "it has format 2 of carbonlint"),
        (&good.replace("\"format\": 1", "\"format\": 0"), "there is no format 0"),
        (&good.replace("\"count\": 1", "\"count\": 0"), "an entry is not understood (line"),
        (&good.replace("\"rule\"", "\"line\""), "an entry is not understood (line"),
    ];
    for (text, expected) in broken {
        write(folder.path(), "broken.json", text);
        let said = refused(&folder, &["--baseline", "broken.json"]);
        assert!(said.starts_with("error: broken.json: ") && said.contains(expected) && said.contains("expected "), "{said}");
        // Nothing that is no baseline is lost.
        let said = refused(&folder, &["--write-baseline", "broken.json"]);
        assert!(said.contains("it is not overwritten"), "{said}");
        assert_eq!(fs::read_to_string(folder.path().join("broken.json")).expect("it"), text);
    }
    assert!(refused(&folder, &["--baseline", "none.json"]).contains("carbonlint check --write-baseline none.json writes one"));
    assert!(refused(&folder, &["--baseline", "gw"]).contains("cannot be read"));
    assert!(refused(&folder, &["--write-baseline", "no/such/folder/b.json"]).contains("cannot be written"));
}

#[test]
fn what_does_not_go_together_is_refused_with_a_reason() {
    let folder = with_baseline();
    fs::copy(folder.path().join("topology.yaml"), folder.path().join("other.yaml")).expect("a copy");
    for option in ["--baseline", "--write-baseline"] {
        let said = refused(&folder, &["topology.yaml", "other.yaml", option, "baseline.json"]);
        assert!(said.contains("a baseline knows nodes by their names"), "{said}");
        assert!(refused(&folder, &["--fix", option, "baseline.json"]).contains("mend first"));
        assert!(refused(&folder, &["--diff", option, "baseline.json"]).contains("mend first"));
    }
}

#[test]
fn no_baseline_holds_a_secret() {
    let folder = deployment();
    let path = folder.path().join("gw/repository/conf/api-manager.xml");
    let gateway = fs::read_to_string(&path)
        .expect("the file")
        .replace("https://km.example.com:9448", "https://me:hunter2@km.example.com:1");
    fs::write(&path, gateway).expect("it");
    let (status, _, _) = check(folder.path(), &["--write-baseline", "baseline.json"]);
    assert_eq!(status, 0);
    assert!(!baseline(&folder).contains("hunter2") && baseline(&folder).contains("link-port-mismatch"), "{}", baseline(&folder));
    write(folder.path(), "baseline.json", &baseline(&folder).replace("\"gw\"", "\"password=hunter2\""));
    let (_, printed, _) = check(folder.path(), &["--baseline", "baseline.json"]);
    assert!(printed.contains("baseline-outdated") && !printed.contains("hunter2"), "{printed}");
}
