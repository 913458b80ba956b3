//! Several topologies and several formats in one run, and how much a run says.

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

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", text(bytes)))
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run_in(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    text(&output.stderr)
}

const GATEWAY: &str = "<APIManager>
  <APIKeyValidator>
    <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>
    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>
    <ServerURL>https://km.example.com:9448/services/</ServerURL>
    <ThriftServerHost>km.example.com</ThriftServerHost>
  </APIKeyValidator>
</APIManager>
";
const KEY_MANAGER: &str = "<APIManager>
  <APIKeyValidator>
    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>
    <EnableThriftServer>true</EnableThriftServer>
  </APIKeyValidator>
</APIManager>
";

fn home(folder: &Path, name: &str, offset: u32, api_manager: &str) {
    let conf = folder.join(name).join("repository/conf");
    fs::create_dir_all(&conf).expect("a folder");
    let carbon =
        format!("<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n");
    fs::write(conf.join("carbon.xml"), carbon).expect("a file");
    fs::write(conf.join("api-manager.xml"), api_manager).expect("a file");
}

fn topology(folder: &Path, name: &str, gateway: &str, key_manager: &str) {
    let text = format!(
        "nodes:\n  - {{name: gw, role: gateway, home: {gateway}, host: gw.example.com}}\n  \
         - {{name: km, role: key-manager, home: {key_manager}, host: km.example.com}}\n"
    );
    fs::create_dir_all(folder.join(name)).expect("a folder");
    fs::write(folder.join(name).join("topology.yaml"), text).expect("a file");
}

/// Two topologies with nodes of the same names: one fails, the other does not.
fn dev_and_prod() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, offset) in [("dev", 2), ("prod", 5)] {
        home(folder.path(), &format!("{name}/gw"), offset, GATEWAY);
        home(folder.path(), &format!("{name}/km"), 5, KEY_MANAGER);
        topology(folder.path(), name, "gw", "km");
    }
    folder
}

#[test]
fn people_read_one_topology_after_the_other() {
    let folder = dev_and_prod();
    let output = run_in(folder.path(), &["check", "dev", "prod/topology.yaml", "--statistics"]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), ""));
    assert_snapshot!("several-human", text(&output.stdout));
}

#[test]
fn programs_read_one_report_with_unique_fingerprints() {
    let folder = dev_and_prod();
    home(folder.path(), "prod/gw", 3, GATEWAY);
    let one = |arguments: &[&str]| json(&run_in(folder.path(), &[&["check", "--format", "json"], arguments].concat()).stdout);
    let (dev, prod, both) = (one(&["dev"]), one(&["prod"]), one(&["dev", "prod"]));
    for field in ["nodes", "links", "dormant", "undecidable", "errors", "warnings", "infos", "ignored", "fixed"] {
        let count = |report: &Value| report["summary"][field].as_u64().expect("a number");
        assert_eq!(count(&both), count(&dev) + count(&prod), "{field}");
    }
    let findings = both["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 2);
    assert_eq!(dev["findings"][0]["fingerprint"], prod["findings"][0]["fingerprint"], "alone each is as before");
    assert_ne!(findings[0]["fingerprint"], findings[1]["fingerprint"]);
    assert_eq!(findings[0]["topology"], "dev/topology.yaml");
    assert!(dev["findings"][0].get("topology").is_none());
    let turned = one(&["prod", "dev"]);
    assert_eq!(turned["findings"][1]["fingerprint"], findings[0]["fingerprint"], "the order of arguments does not matter");
    assert_eq!(one(&["dev", "dev/topology.yaml", "./dev"]), dev, "named twice is checked once");
    let sarif = json(&run_in(folder.path(), &["check", "dev", "prod", "--format", "sarif"]).stdout);
    assert_eq!(sarif["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(2));
    let junit = text(&run_in(folder.path(), &["check", "dev", "prod", "--format", "junit"]).stdout);
    assert!(junit.contains(r#"<testsuites name="carbonlint" tests="4" failures="2" errors="0">"#), "{junit}");
}

#[test]
fn a_topology_that_cannot_be_read_is_said_everywhere_and_the_others_are_checked() {
    let folder = dev_and_prod();
    fs::write(folder.path().join("broken.yaml"), "nodes: 1\npassword: hunter2\n").expect("a file");
    let check = |format| {
        let output = run_in(folder.path(), &["check", "gone.yaml", "prod", "broken.yaml", "--format", format]);
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains("gone.yaml cannot be read") && said.contains("broken.yaml"), "{said}");
        let printed = text(&output.stdout);
        assert!(!said.contains("hunter2") && !printed.contains("hunter2"), "{printed}{said}");
        printed
    };
    let human = check("human");
    assert!(human.contains("checked 2 nodes") && human.contains("not checked: gone.yaml, broken.yaml"), "{human}");
    let invocation = &json(check("sarif").as_bytes())["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(2));
    assert!(check("github").contains("::error file=gone.yaml::"));
    assert!(check("junit").contains(r#"tests="4" failures="0" errors="2""#));
    assert_eq!(json(check("json").as_bytes())["summary"]["nodes"], 2);
    let none = refused(folder.path(), &["check", "gone.yaml", "broken.yaml", "--format", "json"]);
    assert!(none.contains("gone.yaml") && none.contains("broken.yaml"), "{none}");
}

#[test]
fn mending_goes_from_one_topology_to_the_next() {
    let folder = dev_and_prod();
    // Both read the same gateway; what the first mends is mended for the second.
    topology(folder.path(), "prod", "../dev/gw", "../dev/km");
    let diff = run_in(folder.path(), &["check", "dev", "prod", "--diff"]);
    assert_eq!((diff.status.code(), text(&diff.stderr).as_str()), (Some(1), ""));
    assert_eq!(text(&diff.stdout).matches("+++ ").count(), 1, "{}", text(&diff.stdout));
    let before = fs::read_to_string(folder.path().join("dev/gw/repository/conf/api-manager.xml")).expect("the file");
    let fixed = run_in(folder.path(), &["check", "dev", "prod", "--fix", "--format", "json"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", text(&fixed.stdout));
    assert!(text(&fixed.stderr).starts_with("dev/topology.yaml: mended 1 finding in 1 file"), "{}", text(&fixed.stderr));
    assert_eq!(json(&fixed.stdout)["summary"]["fixed"], 1);
    let after = fs::read_to_string(folder.path().join("dev/gw/repository/conf/api-manager.xml")).expect("the file");
    assert_ne!(before, after);
    assert_eq!(text(&run_in(folder.path(), &["check", "dev", "prod", "--diff"]).stdout), "", "a second run changes nothing");
    // The diff is what was done.
    fs::write(folder.path().join("dev/gw/repository/conf/api-manager.xml"), before).expect("the file");
    fs::write(folder.path().join("it.diff"), &diff.stdout).expect("a file");
    let patched = std::process::Command::new("git").args(["apply", "it.diff"]).current_dir(folder.path()).status();
    if patched.is_ok_and(|status| status.success()) {
        assert_eq!(fs::read_to_string(folder.path().join("dev/gw/repository/conf/api-manager.xml")).expect("the file"), after);
    }
}

#[test]
fn what_mending_the_second_breaks_in_the_first_is_reported() {
    let folder = TempDir::new().expect("a folder");
    home(folder.path(), "gw", 2, GATEWAY);
    home(folder.path(), "km-dev", 5, KEY_MANAGER);
    home(folder.path(), "km-prod", 7, &KEY_MANAGER.replace("9448", "9450"));
    topology(folder.path(), "dev", "../gw", "../km-dev");
    topology(folder.path(), "prod", "../gw", "../km-prod");
    let fixed = run_in(folder.path(), &["check", "dev", "prod", "--fix", "--format", "json"]);
    let again = run_in(folder.path(), &["check", "dev", "prod", "--format", "json"]);
    let rules = |output: &Output| {
        let report = json(&output.stdout);
        let findings = report["findings"].as_array().expect("a list").iter();
        findings.map(|one| format!("{} {}", one["topology"], one["message"])).collect::<Vec<_>>()
    };
    assert_eq!(rules(&fixed), rules(&again), "what remains is what the next run finds");
    assert_eq!(fixed.status.code(), again.status.code());
}

#[test]
fn nodes_and_topologies_do_not_mix() {
    let folder = dev_and_prod();
    let said = refused(folder.path(), &["check", "dev", "gw=gateway:dev/gw"]);
    assert!(said.contains("but not both"), "{said}");
    assert!(refused(folder.path(), &["ports", "dev", "prod"]).contains("one topology file"));
}

#[test]
fn formats_have_places_of_their_own() {
    let folder = dev_and_prod();
    let output =
        run_in(folder.path(), &["check", "dev", "--format", "short", "--format", "sarif=out.sarif", "--format=json=o=1.json"]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), ""));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert_eq!(json(&fs::read(folder.path().join("out.sarif")).expect("a file"))["version"], "2.1.0");
    assert_eq!(json(&fs::read(folder.path().join("o=1.json")).expect("a file"))["version"], 1);
    let check = |arguments: &[&str]| refused(folder.path(), &[&["check", "dev"], arguments].concat());
    assert!(check(&["--format", "human", "--format", "json"]).contains("only one format can go to standard output"));
    assert!(check(&["--format", "human", "--format", "json", "--output", "x"]).contains("only one format can go to one file"));
    assert!(check(&["--format", "json=x", "--format", "sarif=dev/../x"]).contains("named for two formats"));
    assert!(check(&["--format", "json=x", "--format", "short", "--output", "x"]).contains("named for two formats"));
    assert!(check(&["--format", "json=x", "--output", "y"]).contains("every format has a file"));
    assert!(check(&["--format", "json="]).contains("the name of the file is missing"));
    assert!(check(&["--format", "sarf=x"]).contains("sarif"), "the nearest is named");
    assert!(check(&["--diff", "--format", "json=x"]).contains("--format"));
    assert!(!folder.path().join("x").exists() && !folder.path().join("y").exists());
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = dev_and_prod();
    fs::write(folder.path().join("report.json"), "as it was").expect("a file");
    let held = || fs::read_to_string(folder.path().join("report.json")).expect("the file");
    refused(folder.path(), &["check", "gone.yaml", "--format", "json=report.json"]);
    assert_eq!(held(), "as it was");
    let said = refused(folder.path(), &["check", "dev", "--format", "json=report.json", "--format", "sarif=no/such/folder/x"]);
    assert!(said.contains("no/such/folder/x cannot be written"), "{said}");
    assert_eq!(held(), "as it was");
    assert!(refused(folder.path(), &["check", "dev", "--output", "dev"]).contains("it is a directory"));
    let file = folder.path().join("dev/gw/repository/conf/api-manager.xml");
    let before = fs::read(&file).expect("a file");
    let said = refused(folder.path(), &["check", "dev", "--fix", "--format", "sarif=no/such/folder/x"]);
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(fs::read(&file).expect("a file"), before);
    assert_eq!(run_in(folder.path(), &["check", "dev", "--format", "json=report.json"]).status.code(), Some(1));
    assert_eq!(json(held().as_bytes())["version"], 1);
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[cfg(unix)]
#[test]
fn links_modes_and_devices_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = dev_and_prod();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("real.json"), "old").expect("a file");
    fs::set_permissions(path("real.json"), fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("real.json", path("link.json")).expect("a link");
    symlink("fresh.json", path("dangling.json")).expect("a link");
    for file in ["link.json", "dangling.json", "new.json", "/dev/null"] {
        assert_eq!(run_in(folder.path(), &["check", "dev", "--format", "json", "--output", file]).status.code(), Some(1));
    }
    assert!(path("link.json").is_symlink() && path("dangling.json").is_symlink());
    for file in ["real.json", "fresh.json", "new.json"] {
        assert_eq!(json(&fs::read(path(file)).expect("the file"))["version"], 1, "{file}");
    }
    let mode = |name: &str| fs::metadata(path(name)).expect("the file").permissions().mode() & 0o777;
    assert_eq!(mode("real.json"), 0o640);
    fs::write(path("usual"), "").expect("a file");
    assert_eq!(mode("new.json"), mode("usual"), "a new file is as any other");
    let piped = run_in(folder.path(), &["check", "dev", "--format", "json", "--output", "/dev/stdout"]);
    assert_eq!(json(&piped.stdout)["version"], 1);
}

#[test]
fn quiet_leaves_files_and_errors() {
    let folder = dev_and_prod();
    let quiet = |arguments: &[&str]| run_in(folder.path(), &[&["check", "--quiet"], arguments].concat());
    let silent = |output: &Output| output.stdout.is_empty() && output.stderr.is_empty();
    let output = quiet(&["dev", "--format", "human", "--format", "sarif=out.sarif", "--statistics"]);
    assert!(output.status.code() == Some(1) && silent(&output), "{output:?}");
    assert!(folder.path().join("out.sarif").is_file());
    let output = quiet(&["dev", "--diff"]);
    assert!(output.status.code() == Some(1) && silent(&output), "{output:?}");
    let output = quiet(&["dev", "gone.yaml"]);
    assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{output:?}");
    assert!(text(&output.stderr).contains("gone.yaml cannot be read"));
    let output = quiet(&["dev", "--fix", "--format", "json"]);
    assert!(output.status.code() == Some(0) && silent(&output), "{output:?}");
    assert!(!run_in(folder.path(), &["check", "-q", "-v"]).status.success());
}

#[test]
fn statistics_stand_at_the_end_or_beside_what_programs_read() {
    let folder = dev_and_prod();
    let check = |arguments: &[&str]| run_in(folder.path(), &[&["check", "dev", "--statistics"], arguments].concat());
    let table = "findings by rule:\n  1  error  thrift-port-mismatch  The Thrift client and server ports differ\n";
    assert!(text(&check(&[]).stdout).ends_with(&format!("\n\n{table}")));
    let output = check(&["--format", "json"]);
    assert_eq!(text(&output.stderr), table);
    assert_eq!(json(&output.stdout)["version"], 1);
    assert_eq!(text(&check(&["--diff"]).stderr), table);
    let healthy = run_in(folder.path(), &["check", "prod", "--statistics", "--format", "short"]);
    assert!(healthy.stdout.is_empty() && healthy.stderr.is_empty(), "{healthy:?}");
}

#[test]
fn a_comment_in_a_shared_file_is_used_where_one_of_the_topologies_uses_it() {
    let folder = TempDir::new().expect("a folder");
    let comment = "<!-- carbonlint: ignore thrift-port-mismatch: moved in May -->\n  <APIKeyValidator>";
    home(folder.path(), "gw", 2, &GATEWAY.replace("<APIKeyValidator>", comment));
    home(folder.path(), "wrong", 5, KEY_MANAGER);
    home(folder.path(), "right", 2, KEY_MANAGER);
    let write = |name: &str, key_manager: &str| {
        let node = |name: &str, role: &str, home: &str| {
            format!("  - {{name: {name}, role: {role}, home: {home}, host: {name}.example.com}}\n")
        };
        let text = format!("nodes:\n{}{}", node("gw", "gateway", "gw"), node("km", "key-manager", key_manager));
        fs::write(folder.path().join(name), text).expect("a file");
    };
    write("a.yaml", "wrong");
    write("b.yaml", "right");
    let unused = |topologies: &[&str]| {
        let output = run_in(folder.path(), &[&["check", "--format", "short", "--fail-on", "never"], topologies].concat());
        text(&output.stdout).matches("[unused-ignore]").count()
    };
    assert_eq!((unused(&["a.yaml"]), unused(&["b.yaml"]), unused(&["a.yaml", "b.yaml"])), (0, 1, 0));
    assert_eq!(unused(&["b.yaml", "a.yaml"]), 0);
}
