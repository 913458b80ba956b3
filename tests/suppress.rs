//! Findings that comments ignore, and links that may not be left unjudged.

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

/// What `check` with arguments prints, and its exit status.
fn check(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = run_in(folder, &[&["check"], arguments].concat());
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    (text(&output.stdout), output.status.code().expect("a status"))
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

/// A gateway that calls a Thrift port on which nobody listens, with comments before the offsets and before the element that holds
/// the host.
fn deployment(topology: &str, at_client: &str, at_server: &str, at_host: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let carbon = |offset: u32, comment: &str| {
        format!(
            "<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    {comment}\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n"
        )
    };
    write(folder.path(), "topology.yaml", topology);
    write(folder.path(), "gw/repository/conf/carbon.xml", &carbon(2, at_client));
    write(folder.path(), "km/repository/conf/carbon.xml", &carbon(5, at_server));
    let gateway = format!(
        "<APIManager>\n  {at_host}\n  <APIKeyValidator>\n    <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n    \
         <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n    \
         <ServerURL>https://km.example.com:9448/services/</ServerURL>\n    <ThriftServerHost>km.example.com</ThriftServerHost>\n  \
         </APIKeyValidator>\n</APIManager>\n"
    );
    write(folder.path(), "gw/repository/conf/api-manager.xml", &gateway);
    let key_manager = "<APIManager>\n  <APIKeyValidator>\n    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n    \
                       <EnableThriftServer>true</EnableThriftServer>\n  </APIKeyValidator>\n</APIManager>\n";
    write(folder.path(), "km/repository/conf/api-manager.xml", key_manager);
    folder
}

const MISMATCH: &str =
    "gw/repository/conf/carbon.xml:5:13: error[thrift-port-mismatch] gw calls km on Thrift port 10399, but km listens on 10402";

#[test]
fn a_comment_at_any_place_of_a_finding_ignores_it() {
    let comment = "<!-- carbonlint: ignore thrift-port-mismatch: moved in May -->";
    for comments in [["", "", ""], [comment, "", ""], ["", comment, ""], ["", "", comment]] {
        let [client, server, host] = comments;
        let folder = deployment(TOPOLOGY, client, server, host);
        let (printed, status) = check(folder.path(), &["--format", "short"]);
        let ignored = comments.iter().any(|comment| !comment.is_empty());
        assert_eq!(status, i32::from(!ignored), "{comments:?}: {printed}");
        assert_eq!(printed.contains(MISMATCH), !ignored, "{comments:?}: {printed}");
        let (shown, _) = check(folder.path(), &["--format", "short", "--show-ignored"]);
        assert!(shown.contains(MISMATCH), "{shown}");
        assert_eq!(shown.lines().filter(|line| line.ends_with(" (ignored)")).count(), usize::from(ignored), "{shown}");
    }
}

#[test]
fn a_comment_elsewhere_ignores_nothing_and_says_what_it_is_about() {
    let folder = deployment(TOPOLOGY, "", "", "");
    let path = folder.path().join("gw/repository/conf/carbon.xml");
    let carbon = fs::read_to_string(&path).expect("the file");
    fs::write(&path, carbon.replace("  <Version>", "  <!-- carbonlint: ignore thrift-*, url-malformed: why -->\n  <Version>"))
        .expect("it");
    let (printed, status) = check(folder.path(), &["--format", "json"]);
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((status, &report["summary"]["ignored"]), (1, &Value::from(0)));
    let unused: Vec<&Value> =
        report["findings"].as_array().expect("a list").iter().filter(|one| one["rule"] == "unused-ignore").collect();
    let says: Vec<&str> = unused.iter().filter_map(|one| one["message"].as_str()).collect();
    assert_eq!(says, ["nothing is ignored by this comment: thrift-*", "nothing is ignored by this comment: url-malformed"]);
    let place = &unused[0]["labels"][0];
    assert_eq!((&place["file"], &place["line"]), (&"gw/repository/conf/carbon.xml".into(), &Value::from(2)));
    let (human, _) = check(folder.path(), &[]);
    assert!(human.contains("it is about lines 2 to 3:"), "{human}");
}

#[test]
fn comments_work_in_toml_properties_json_and_scripts() {
    let folder = TempDir::new().expect("a folder");
    let topology = "defaults: {product: 4.2.0}\nnodes:\n  - {name: gw, role: gateway, home: gw, host: gw}\n  - {name: km, role: key-manager, home: km, host: km}\n";
    write(folder.path(), "topology.yaml", topology);
    write(folder.path(), "km/repository/conf/deployment.toml", "[server]\nhostname = \"km\"\n");
    let toml = |before: &str, behind: &str| {
        format!(
            "[server]\nhostname = \"gw\"\n[apim.key_manager]\n{before}\nservice_url = \"https://km:9444/services/\"{behind}\n"
        )
    };
    let reported = |text: &str| {
        write(folder.path(), "gw/repository/conf/deployment.toml", text);
        let (printed, status) = check(folder.path(), &["--format", "short"]);
        assert!(!printed.contains("unused-ignore"), "{printed}");
        (printed.contains("[link-port-mismatch]"), status)
    };
    assert_eq!(reported(&toml("", "")), (true, 1));
    assert_eq!(reported(&toml("# carbonlint: ignore link-port-mismatch: why", "")), (false, 0));
    assert_eq!(reported(&toml("# carbonlint: ignore link-port-mismatch -- why\n\n# more", "")), (false, 0));
    assert_eq!(reported(&toml("", " # carbonlint: ignore link-*: why")), (false, 0));
}

#[test]
fn a_reason_with_dashes_in_xml_is_told_to_use_the_colon() {
    let folder = deployment(TOPOLOGY, "<!-- carbonlint: ignore thrift-port-mismatch -- why -->", "", "");
    let (printed, status) = check(folder.path(), &[]);
    assert_eq!(status, 1);
    let flat = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("write the reason behind a colon, `carbonlint: ignore RULE: why`"), "{printed}");
}

#[test]
fn a_file_with_two_names_has_each_comment_once() {
    let topology = "nodes:
  - {name: gw, role: gateway, home: gw, host: gw.example.com}
  - {name: km, role: key-manager, home: km, host: km.example.com}
  - {name: km2, role: key-manager, home: km, host: km2.example.com}
";
    let folder = deployment(topology, "", "<!-- carbonlint: ignore offset-negative: why -->", "");
    let (printed, _) = check(folder.path(), &["--format", "short"]);
    assert_eq!(printed.matches("[unused-ignore]").count(), 1, "{printed}");
}

#[test]
fn no_reason_shows_a_secret() {
    let comment = "<!-- carbonlint: ignore thrift-port-mismatch: password=hunter2 at https://me:hunter2@x/ -->";
    let folder = deployment(TOPOLOGY, comment, "", "");
    for format in ["human", "short", "json", "sarif", "github", "gitlab", "junit"] {
        let (printed, _) = check(folder.path(), &["--format", format, "--show-ignored"]);
        assert!(!printed.contains("hunter2"), "{format}: {printed}");
    }
}

#[test]
fn what_is_ignored_is_shown_in_every_format() {
    let topology = format!("{TOPOLOGY}ignore:\n  - {{rule: thrift-port-mismatch, node: km, reason: the topology knows}}\n");
    let by_topology = deployment(&topology, "", "", "");
    let by_comment = deployment(TOPOLOGY, "<!-- carbonlint: ignore thrift-port-mismatch: moved in May -->", "", "");
    for format in ["human", "short", "json", "sarif", "github", "gitlab", "junit"] {
        let show = |folder: &TempDir| {
            let (printed, status) = check(folder.path(), &["--format", format, "--show-ignored"]);
            assert_eq!(status, 0, "{printed}");
            // The documentation of all rules is shown by other tests.
            if format == "sarif" {
                let log: Value = serde_json::from_str(&printed).expect("JSON");
                return format!("{:#}", log["runs"][0]["results"]);
            }
            printed
        };
        assert_snapshot!(format!("ignored-by-comment-{format}"), show(&by_comment));
        if matches!(format, "human" | "json" | "sarif") {
            assert_snapshot!(format!("ignored-by-topology-{format}"), show(&by_topology));
        }
    }
}

#[test]
fn pipelines_may_want_no_blind_spot() {
    let folder = deployment(TOPOLOGY, "", "", "");
    let path = folder.path().join("gw/repository/conf/api-manager.xml");
    let gateway = fs::read_to_string(&path).expect("the file");
    fs::write(&path, gateway.replace("km.example.com", "$env{KM}")).expect("it");
    let (relaxed, status) = check(folder.path(), &["--format", "short"]);
    assert_eq!((status, relaxed.contains("undecidable")), (0, false), "{relaxed}");
    let (strict, status) = check(folder.path(), &["--format", "short", "--strict-undecidable"]);
    assert_eq!(status, 1, "{strict}");
    assert!(strict.contains("error[undecidable]"), "{strict}");
    assert_eq!(check(folder.path(), &["--format", "short", "--rule", "undecidable=error"]), (strict, 1));
    let (milder, status) = check(folder.path(), &["--format", "short", "--strict-undecidable", "--rule", "undecidable=warning"]);
    assert_eq!(status, 0);
    assert!(milder.contains("warning[undecidable]"), "{milder}");
    let (human, _) = check(folder.path(), &["--strict-undecidable"]);
    assert!(human.contains("`environment` of gw"), "{human}");
}

#[test]
fn a_comment_in_the_topology_ignores_what_stands_in_its_line_or_the_next() {
    let topology = |before: &str, behind: &str| {
        format!(
            "nodes:\n  - {{name: gw, role: gateway, home: gw, host: gw}}\n  - {{name: km, role: key-manager, home: km, host: km}}\n\
             load_balancers:\n  - host: lb\n    ports:\n{before}      443: [\"km:9443\"]{behind}\n"
        )
    };
    let said = "topology.yaml";
    let comment = "# carbonlint: ignore load-balancer-port: moved in May";
    for (before, behind, ignored) in [
        ("", String::new(), false),
        (&*format!("      {comment}\n"), String::new(), true),
        ("", format!(" {comment}"), true),
        (&*format!("      {}\n", comment.replace(": moved", " -- moved")), String::new(), true),
    ] {
        let folder = deployment(&topology(before, &behind), "", "", "");
        let (printed, _) = check(folder.path(), &["--format", "short"]);
        let found = |text: &str| text.lines().any(|line| line.starts_with(said) && line.contains("[load-balancer-port]"));
        assert_eq!(found(&printed), !ignored, "{printed}");
        assert!(!printed.contains("unused-ignore"), "{printed}");
    }
}

#[test]
fn a_fix_is_not_held_back_because_a_comment_has_nothing_left_to_ignore() {
    // Of two gateways with one file the placeholder fits the second by chance, which a comment ignores; the fix for the first
    // takes it away.
    let folder = TempDir::new().expect("a folder");
    let gateway = |comment: &str| {
        format!(
            "<APIManager><APIKeyValidator>\n<KeyValidatorClientType>WSClient</KeyValidatorClientType>\n{comment}\n\
             <ServerURL>https://km:${{mgt.transport.https.port}}/services/</ServerURL>\n</APIKeyValidator></APIManager>\n"
        )
    };
    let nodes = "defaults: {product: 2.6.0}\nnodes:\n  - {name: gw, role: gateway, home: gw, host: gw}\n  \
                 - {name: gw2, role: gateway, home: [gw, gw2], host: gw2}\n  - {name: km, role: key-manager, home: km, host: km}\n";
    let offset = |offset: u32| format!("<Server><Ports><Offset>{offset}</Offset></Ports></Server>\n");
    write(folder.path(), "topology.yaml", nodes);
    write(folder.path(), "gw/repository/conf/carbon.xml", &offset(1));
    write(folder.path(), "gw2/repository/conf/carbon.xml", &offset(0));
    write(folder.path(), "km/repository/conf/carbon.xml", &offset(0));
    let comment = "<!-- carbonlint: ignore local-port-variable: why -->";
    write(folder.path(), "gw/repository/conf/api-manager.xml", &gateway(comment));
    let (printed, status) = check(folder.path(), &["--format", "short"]);
    assert!(printed.contains("error[link-port-mismatch] gw calls km on 9444"), "{printed}");
    assert!(!printed.contains("unused-ignore"), "{printed}");
    assert_eq!(status, 1);
    let output = run_in(folder.path(), &["check", "--fix", "--unsafe-fixes", "--format", "short"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let mended = fs::read_to_string(folder.path().join("gw/repository/conf/api-manager.xml")).expect("the file");
    assert_eq!(mended, gateway(comment).replace("${mgt.transport.https.port}", "9443"));
    assert!(text(&output.stdout).contains("[unused-ignore]"), "{}", text(&output.stdout));
}
