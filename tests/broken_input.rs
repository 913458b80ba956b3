//! Bad input is normal input: a clear finding at its place, the rest still checked, never a panic.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

const CARBON: &str = "repository/conf/carbon.xml";
const API_MANAGER: &str = "repository/conf/api-manager.xml";

/// A gateway and a key manager that fit, in a folder of their own.
struct Deployment {
    folder: TempDir,
}

impl Deployment {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let new = Self { folder };
        for node in ["gw", "km"] {
            new.write(node, CARBON, carbon("0").as_bytes());
            let validator = "<KeyValidatorClientType>ThriftClient</KeyValidatorClientType><ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut><EnableThriftServer>true</EnableThriftServer>";
            new.write(
                node,
                API_MANAGER,
                format!("<APIManager><APIKeyValidator>{validator}</APIKeyValidator></APIManager>").as_bytes(),
            );
        }
        let topology = "nodes:\n  - {name: gw, role: gateway, home: gw}\n  - {name: km, role: key-manager, home: km}\n";
        fs::write(new.path().join("topology.yaml"), topology).expect("a file");
        new
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, node: &str, file: &str, bytes: &[u8]) {
        let path = self.path().join(node).join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn with(file: &str, bytes: &[u8]) -> Self {
        let new = Self::new();
        new.write("gw", file, bytes);
        new
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("carbonlint").expect("the program");
        command.current_dir(self.path()).env_clear().args(arguments).output().expect("it runs")
    }

    /// Lines of `--format short`, without the information that the test homes bring by themselves.
    fn findings(&self) -> Vec<String> {
        let output = self.run(&["check", "--format", "short"]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
        text.lines().filter(|line| !line.contains("[thrift-server-unneeded]")).map(str::to_owned).collect()
    }

    #[track_caller]
    fn says(&self, expected: &[&str]) {
        let findings = self.findings();
        let short: Vec<&str> =
            findings.iter().map(|line| line.split_once("] ").map_or(line.as_str(), |(head, _)| head)).collect();
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(short.iter().map(|head| format!("{head}]")).collect::<Vec<_>>(), expected, "{findings:#?}");
        // Every other format copes as well.
        for format in ["human", "json"] {
            let output = self.run(&["check", "--format", format]);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        }
        for command in ["ports", "links"] {
            assert_eq!(self.run(&[command]).status.code(), Some(0), "{command}");
        }
    }
}

fn carbon(offset: &str) -> String {
    format!("<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n")
}

#[test]
fn a_healthy_deployment_says_nothing() {
    Deployment::new().says(&[]);
}

#[test]
fn a_missing_home() {
    let deployment = Deployment::new();
    fs::rename(deployment.path().join("km"), deployment.path().join("kn")).expect("renamed");
    deployment.says(&["topology.yaml:3:41: error[home-missing]"]);
}

#[test]
fn a_missing_home_names_the_nearest_directory() {
    let deployment = Deployment::new();
    fs::rename(deployment.path().join("km"), deployment.path().join("key-manager-1")).expect("renamed");
    fs::write(deployment.path().join("topology.yaml"), "nodes:\n  - {name: km, role: key-manager, home: key-manager}\n")
        .expect("a file");
    let output = deployment.run(&["check"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("key-manager-1"), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_home_without_any_known_file() {
    let deployment = Deployment::new();
    fs::remove_dir_all(deployment.path().join("gw")).expect("removed");
    fs::create_dir_all(deployment.path().join("gw/conf")).expect("a folder");
    deployment.says(&["topology.yaml:2:37: error[home-missing]"]);
}

#[test]
fn a_file_in_the_place_of_a_home() {
    let deployment = Deployment::new();
    fs::remove_dir_all(deployment.path().join("gw")).expect("removed");
    fs::write(deployment.path().join("gw"), "").expect("a file");
    deployment.says(&["topology.yaml:2:37: error[home-missing]"]);
}

#[test]
fn an_empty_file() {
    Deployment::with(CARBON, b"").says(&["gw/repository/conf/carbon.xml:1:1: error[file-malformed]"]);
}

#[test]
fn a_file_that_is_cut_off() {
    Deployment::with(CARBON, b"<Server>\n  <Ports>\n    <Offset>1</Off")
        .says(&["gw/repository/conf/carbon.xml:3:14: error[file-malformed]"]);
}

#[test]
fn a_binary_file() {
    let findings = Deployment::with(CARBON, &[0x7f, b'E', b'L', b'F', 0, 0, 1, 0xff, 0xfe]).findings();
    assert!(findings.len() == 1 && findings[0].contains("error[file-malformed]"), "{findings:#?}");
}

#[test]
fn bytes_that_are_not_of_the_declared_encoding() {
    Deployment::with(CARBON, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Server>\xe4</Server>")
        .says(&["gw/repository/conf/carbon.xml:2:9: error[file-malformed]"]);
}

const SITE: &str = "repository/deployment/server/jaggeryapps/publisher/site/conf/site.json";

#[test]
fn a_site_json_that_does_not_parse_shows_its_place_and_no_secret() {
    let broken: &[(&str, &str)] = &[
        ("{\n  \"a\": 1\n  \"keyStorePassword\" : \"hidden\",\n}", "2:9"),
        ("{\n  \"keyStorePassword\" : \"hidden,\n  \"a\": 1\n}", "2:24"),
        ("{\n  \"clientSecret\" :\n  hidden\n}", "3:3"),
        ("{\n  \"a\": 1, 'password' : 'it\\'s hidden' \"b\"\n}", "2:38"),
        ("{\n  //\"password\" : \"hidden\"\n  \"a\" 1\n}", "3:7"),
        ("{\n  \"password\": { \"is\":\n    \"hidden\" \"x\" }\n}", "3:13"),
    ];
    for (text, place) in broken {
        let deployment = Deployment::with(SITE, text.as_bytes());
        deployment.says(&[&format!("gw/{SITE}:{place}: error[file-malformed]")]);
        for format in ["human", "short", "json"] {
            let output = deployment.run(&["check", "--format", format, "--verbose"]);
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(shown.contains("site.json") && !shown.contains("hidden"), "{format}: {shown}");
        }
        for arguments in [&["check", "--diff", "--unsafe-fixes"], &["check", "--fix", "--unsafe-fixes"]] {
            let output = deployment.run(arguments);
            assert!(!String::from_utf8_lossy(&output.stdout).contains("hidden"), "{text}");
        }
    }
}

#[test]
fn a_site_json_nested_200_000_deep() {
    Deployment::with(SITE, "{a:[".repeat(200_000).as_bytes()).says(&[&format!("gw/{SITE}:1:201: error[file-malformed]")]);
}

#[test]
fn elements_nested_200_000_deep() {
    let deep = "<a>".repeat(200_000) + &"</a>".repeat(200_000);
    Deployment::with(CARBON, deep.as_bytes()).says(&["gw/repository/conf/carbon.xml:1:1: error[offset-invalid]"]);
}

#[test]
fn an_entity_bomb() {
    let mut bomb = String::from("<!DOCTYPE a [<!ENTITY x0 \"lol\">");
    for level in 1..30 {
        let reference = format!("&x{};", level - 1).repeat(10);
        bomb += &format!("<!ENTITY x{level} \"{reference}\">");
    }
    let findings = Deployment::with(CARBON, (bomb + "]><Server>&x29;</Server>").as_bytes()).findings();
    assert!(findings.len() == 1 && findings[0].contains("error[file-malformed]"), "{findings:#?}");
}

#[test]
fn a_directory_in_the_place_of_a_file() {
    let deployment = Deployment::new();
    fs::remove_file(deployment.path().join("gw").join(API_MANAGER)).expect("removed");
    fs::create_dir(deployment.path().join("gw").join(API_MANAGER)).expect("a folder");
    deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
}

#[test]
fn a_file_of_gigabytes() {
    let deployment = Deployment::new();
    let file = fs::File::create(deployment.path().join("gw").join(API_MANAGER)).expect("a file");
    file.set_len(4 << 30).expect("a sparse file");
    deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_that_may_not_be_read() {
        let deployment = Deployment::new();
        let path = deployment.path().join("gw").join(API_MANAGER);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
        if fs::read(&path).is_ok() {
            println!("skipped: this user may read everything");
            return;
        }
        deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
    }

    #[test]
    fn a_link_that_leads_out() {
        let outside = TempDir::new().expect("a folder");
        fs::write(outside.path().join("api-manager.xml"), "<APIManager/>").expect("a file");
        let deployment = Deployment::new();
        let path = deployment.path().join("gw").join(API_MANAGER);
        fs::remove_file(&path).expect("removed");
        symlink(outside.path().join("api-manager.xml"), &path).expect("a link");
        deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
    }

    #[test]
    fn links_between_homes_are_followed() {
        let deployment = Deployment::new();
        let path = deployment.path().join("gw").join(API_MANAGER);
        fs::remove_file(&path).expect("removed");
        symlink(deployment.path().join("km").join(API_MANAGER), &path).expect("a link");
        deployment.says(&[]);
    }

    #[test]
    fn a_link_in_a_circle() {
        let deployment = Deployment::new();
        let path = deployment.path().join("gw").join(API_MANAGER);
        fs::remove_file(&path).expect("removed");
        symlink(&path, &path).expect("a link");
        deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let deployment = Deployment::new();
        let path = deployment.path().join("gw").join(API_MANAGER);
        fs::remove_file(&path).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("skipped: no mkfifo here");
            return;
        }
        deployment.says(&["gw/repository/conf/api-manager.xml:1:1: error[file-unreadable]"]);
    }
}

#[test]
fn offsets_of_every_kind() {
    let here = "gw/repository/conf/carbon.xml:4:13:";
    let invalid = format!("{here} error[offset-invalid]");
    let out_of_range = format!("{here} error[port-out-of-range]");
    let mismatch = format!("{here} error[thrift-port-mismatch]");
    let negative = format!("{here} warning[offset-negative]");
    Deployment::with(CARBON, carbon("").as_bytes()).says(&[&invalid]);
    Deployment::with(CARBON, carbon("   ").as_bytes()).says(&[&invalid]);
    Deployment::with(CARBON, carbon("two").as_bytes()).says(&[&invalid]);
    Deployment::with(CARBON, carbon("99999999999999999999").as_bytes()).says(&[&invalid]);
    Deployment::with(CARBON, carbon("-1").as_bytes()).says(&[&mismatch, &negative]);
    Deployment::with(CARBON, carbon("60000").as_bytes()).says(&[&out_of_range, &mismatch]);
    Deployment::with(CARBON, carbon(" 0 ").as_bytes()).says(&[&invalid]);
    // An unrendered template is not an invalid offset, and nothing that rests on it is judged.
    Deployment::with(CARBON, carbon("<![CDATA[<%= @offset %>]]>").as_bytes())
        .says(&["gw/repository/conf/carbon.xml:4:13: warning[unresolved-placeholder]"]);
    Deployment::with(CARBON, carbon("{{ offset }}").as_bytes())
        .says(&["gw/repository/conf/carbon.xml:4:13: warning[unresolved-placeholder]"]);
}

#[test]
fn a_carbon_xml_without_offset() {
    Deployment::with(CARBON, b"<Server>\n<Version>2.6.0</Version></Server>")
        .says(&["gw/repository/conf/carbon.xml:1:1: error[offset-invalid]"]);
}

#[test]
fn topologies_that_are_none_are_exit_status_2() {
    let deployment = Deployment::new();
    for text in [
        &b""[..],
        b"nodes:",
        b"nodes: {",
        b"nodes:\n  - nmae: gw\n",
        b"\xff\xfe\x00",
        b"- - - -",
        b"nodes: [[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ] {
        fs::write(deployment.path().join("topology.yaml"), text).expect("a file");
        let output = deployment.run(&["check"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.is_empty() && output.stdout.is_empty() && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_slip_in_a_topology_is_shown_with_its_line_and_the_nearest_name() {
    let deployment = Deployment::new();
    let slips = [
        ("nodes:\n  - {nmae: gw, role: gateway, home: gw}\n", "name"),
        ("nodes:\n  - {name: gw, role: gatway, home: gw}\n", "gateway"),
        ("nodes:\n  - {name: gateway, role: gateway, home: gw, key_manager: gatewy}\n", "gateway"),
        ("nodes:\n  - {name: gw, role: gateway, home: gw}\nrules: {port-colision: off}\n", "port-collision"),
    ];
    for (text, nearest) in slips {
        fs::write(deployment.path().join("topology.yaml"), text).expect("a file");
        let output = deployment.run(&["check"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("topology.yaml:") && said.contains(&format!("did you mean `{nearest}`?")), "{said}");
    }
}

#[test]
fn placeholders_that_lead_back_to_themselves_are_not_known() {
    let port = |text: &str| {
        format!(
            "<Server><Version>2.6.0</Version><Ports><Offset>0</Offset><JMX><RMIRegistryPort>{text}</RMIRegistryPort><RMIServerPort>${{Ports.JMX.RMIRegistryPort}}</RMIServerPort></JMX></Ports></Server>"
        )
    };
    for text in ["${Ports.JMX.RMIRegistryPort}", "1${Ports.JMX.RMIServerPort}", "${Ports.EmbeddedLDAP.KDCServerPort}"] {
        let folder = tempfile::TempDir::new().expect("a folder");
        let conf = folder.path().join("g/repository/conf");
        std::fs::create_dir_all(&conf).expect("a folder");
        std::fs::write(conf.join("carbon.xml"), port(text)).expect("a file");
        std::fs::write(folder.path().join("topology.yaml"), "nodes: [{name: g, role: gateway, home: g}]").expect("a file");
        for arguments in [&["check"][..], &["ports"], &["links"], &["explain", "g"], &["check", "--fix"]] {
            let mut command = assert_cmd::Command::cargo_bin("carbonlint").expect("the program");
            let output = command.current_dir(folder.path()).env_clear().args(arguments).output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn java_reads_no_marked_and_no_wide_properties() {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("tm/repository/conf");
    fs::create_dir_all(&conf).expect("a folder");
    fs::write(conf.join("carbon.xml"), "<Server><Version>2.6.0</Version><Ports><Offset>0</Offset></Ports></Server>")
        .expect("a file");
    fs::write(folder.path().join("topology.yaml"), "nodes:\n  - {name: tm, role: traffic-manager, home: tm, host: tm}\n")
        .expect("a file");
    let jndi = "connectionfactory.TopicConnectionFactory=amqp://admin:hidden@clientid/carbon?brokerlist='tcp://localhost:5672'\n";
    let check = |bytes: &[u8]| {
        fs::write(conf.join("jndi.properties"), bytes).expect("a file");
        let mut command = Command::cargo_bin("carbonlint").expect("the binary");
        let command = command.current_dir(folder.path()).args(["check", "topology.yaml", "--format", "short"]);
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    };
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let said = check(&marked(jndi));
    assert!(said.contains("file-malformed") && said.contains("`connectionfactory.TopicConnectionFactory` is not set"), "{said}");
    assert!(!said.contains("hidden"), "{said}");
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(jndi.bytes().flat_map(|byte| [byte, 0])).collect();
    let said = check(&wide);
    assert!(said.contains("file-malformed") && said.contains("UTF-16") && !said.contains("hidden"), "{said}");
    // In front of a comment the mark does no harm.
    assert!(!check(&marked(&format!("# brokers\n{jndi}"))).contains("file-malformed"));
    assert!(!check(jndi.as_bytes()).contains("file-malformed"));
    // Removing it is safe.
    check(&marked(jndi));
    let mut command = Command::cargo_bin("carbonlint").expect("the binary");
    command.current_dir(folder.path()).args(["check", "topology.yaml", "--fix"]).output().expect("it runs");
    assert_eq!(fs::read(conf.join("jndi.properties")).expect("a file"), jndi.as_bytes());
}
