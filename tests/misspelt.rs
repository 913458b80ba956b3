//! Names with a slip of the pen, as users meet them: the run says where, what was meant, and mends it when asked to.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A deployment on disk.
struct Deployment(TempDir);

impl Deployment {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("folders");
            fs::write(path, text).expect("a file");
        }
        Self(folder)
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], status: i32) -> String {
        let mut command = Command::cargo_bin("carbonlint").expect("the program");
        let output = command.current_dir(self.0.path()).env_clear().arg("check").args(arguments).output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        assert_eq!(output.status.code(), Some(status), "{said}");
        said
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).expect("a file")
    }
}

const NODES: &str = "nodes:
  - {name: gw, role: gateway, home: gw, product: 4.2.0, host: gw}
  - {name: cp, role: control-plane, home: cp, product: 4.2.0, host: cp}
";
const CP: &str = "[server]\nofset = 3\n";
const GW: &str = "[apim.key_manger]\nservice_url = \"https://cp:9446/services/\"\n\n[apim.throttling]\n\
                  throttle_decision_endpoint = [\"tcp://cp:5675\"]\n";

#[test]
fn a_slip_of_the_pen_is_said_where_it_is_and_mended_when_asked_to() {
    let deployment = Deployment::new(&[
        ("topology.yaml", NODES),
        ("cp/repository/conf/deployment.toml", CP),
        ("gw/repository/conf/deployment.toml", GW),
    ]);
    let said = deployment.run(&["--format", "short", "--fail-on", "warning"], 1);
    for line in [
        "cp/repository/conf/deployment.toml:2:1: warning[toml-structure] nobody reads the key `server.ofset`",
        "gw/repository/conf/deployment.toml:1:7: warning[toml-structure] nobody reads the table `apim.key_manger`",
        "gw/repository/conf/deployment.toml:5:1: warning[toml-structure] nobody reads the key `apim.throttling.throttle_decision_endpoint`",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    deployment.run(&["--fix", "--fail-on", "warning"], 1);
    assert_eq!(deployment.text("cp/repository/conf/deployment.toml"), CP, "nobody has seen it count: not without being asked");
    deployment.run(&["--fix", "--unsafe-fixes", "--fail-on", "warning"], 0);
    assert_eq!(deployment.text("cp/repository/conf/deployment.toml"), "[server]\noffset = 3\n");
    let mended = GW.replace("key_manger", "key_manager").replace("decision_endpoint ", "decision_endpoints ");
    assert_eq!(deployment.text("gw/repository/conf/deployment.toml"), mended);
}

#[test]
fn a_value_under_a_misspelt_name_is_not_written_anew() {
    let carbon = "<c:Server xmlns:c=\"x\"><c:Version>2.6.0</c:Version><c:Ports><c:Ofset a=\"\u{fc}\">1</c:Ofset ></c:Ports></c:Server>\r\n";
    let topology = "nodes:\n  - {name: a, role: gateway, home: a, product: 2.6.0}\n";
    let deployment = Deployment::new(&[("topology.yaml", topology), ("a/repository/conf/carbon.xml", carbon)]);
    deployment.run(&["--format", "short"], 1);
    deployment.run(&["--fix", "--unsafe-fixes"], 0);
    assert_eq!(deployment.text("a/repository/conf/carbon.xml"), carbon.replace("Ofset", "Offset"));
}

#[test]
fn a_misspelt_password_is_not_shown() {
    let toml = "[super_admin]\npasswrod = \"Zq9\"\n[apim.key_manager]\npssword = \"Zq9\"\n[apim.throttling]\npaswsord = \"Zq9\"\n\
                [apim.event_hub]\npassxword = \"Zq9\"\n[databse.x]\npassword = \"Zq9\"\n";
    let xml = "<APIManager><APIGateway><Environments><Environment><Name>x</Name>\n<Pasxword>Zq9</Pasxword>\n</Environment></Environments></APIGateway></APIManager>";
    let deployment = Deployment::new(&[
        (
            "topology.yaml",
            "nodes:\n  - {name: a, role: control-plane, home: a, product: 4.2.0}\n  - {name: b, role: publisher, home: b, product: 2.6.0}\n",
        ),
        ("a/repository/conf/deployment.toml", toml),
        ("b/repository/conf/api-manager.xml", xml),
    ]);
    for arguments in [&["--format", "human"][..], &["--format", "json"], &["--format", "sarif"], &["--diff", "--unsafe-fixes"]] {
        let mut command = Command::cargo_bin("carbonlint").expect("the program");
        let output = command.current_dir(deployment.0.path()).env_clear().arg("check").args(arguments).output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        assert!(said.contains("passwrod") || said.contains("super_admin.password"), "{said}");
        assert!(!said.contains("Zq9"), "{said}");
    }
}

#[test]
fn many_slips_in_one_file_take_no_time() {
    let mut toml = String::new();
    for entry in 0..2_000 {
        toml.push_str(&format!(
            "[[apim.gateway.environment]]\nname = \"e{entry}\"\nservice_ur = \"https://gw:9443/services/\"\n"
        ));
    }
    let elements = "<RecieverUrlGroup>x</RecieverUrlGroup>".repeat(50_000);
    let xml = format!(
        "<APIManager><ThrottlingConfigurations><TrafficManager>{elements}</TrafficManager></ThrottlingConfigurations></APIManager>"
    );
    let deployment = Deployment::new(&[
        (
            "topology.yaml",
            "nodes:\n  - {name: a, role: gateway, home: a, product: 4.2.0}\n  - {name: b, role: gateway, home: b, product: 2.6.0}\n",
        ),
        ("a/repository/conf/deployment.toml", &toml),
        ("b/repository/conf/api-manager.xml", &xml),
    ]);
    let said = deployment.run(&["--format", "short"], 0);
    assert_eq!(said.matches("`apim.gateway.environment.service_ur`").count(), 2_000);
    assert_eq!(said.matches("misspelt-element").count(), 1, "one of a name under one parent tells enough");
}

#[test]
fn all_that_is_wrong_with_a_topology_is_said_in_one_go() {
    let topology = "defaults: {prodct: 2.6.0}
nodes:
  - {name: gw, role: gatway, home: a, port_offset: x}
  - {name: km, role: key-manager, home: b, product: two, key_manager: gw}
load_balancers:
  - {host: lb, nodes: [kmm]}
rules: {thrift-prt-mismatch: off}
";
    let deployment = Deployment::new(&[("topology.yaml", topology)]);
    let said = deployment.run(&["--format", "short"], 2);
    let places = said.lines().filter_map(|line| line.trim().strip_prefix("╭─[topology.yaml:")).collect::<Vec<_>>();
    assert_eq!(places, ["1:12]", "3:22]", "3:52]", "4:53]", "6:24]", "7:9]"], "{said}");
}

#[test]
fn a_name_comes_before_what_is_missing_for_want_of_it() {
    let topology = "nodes:
  - {name: gw, role: gateway, home: gw, product: 4.2.0, host: gw}
  - {name: tm, role: traffic-manager, home: tm, product: 4.2.0, host: tm}
  - {name: cp, role: control-plane, home: cp, product: 4.2.0, host: cp}
";
    let hub = "service_url = \"https://cp:9443/services/\"\nevent_listening_endpoints = [\"tcp://cp:5672\"]\n";
    let gw = format!(
        "[apim.throttling]\nservice_url = \"https://tm:9443/services/\"\nthrottle_decision_endpoints = [\"tcp://tm:5672\"]\n[apim.event_hubb]\n{hub}"
    );
    let tm = format!("[apim.event_hub]\n{hub}");
    let deployment = Deployment::new(&[
        ("topology.yaml", topology),
        ("gw/repository/conf/deployment.toml", &gw),
        ("tm/repository/conf/deployment.toml", &tm),
        ("cp/repository/conf/deployment.toml", "[server]\noffset = 0\n"),
    ]);
    let said = deployment.run(&["--format", "short"], 1);
    let rules: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0)).collect();
    assert_eq!(rules, ["toml-structure", "event-hub-missing", "event-hub-missing"], "{said}");
    // With the name mended nothing is missing any more.
    deployment.run(&["--fix", "--unsafe-fixes"], 0);
    assert!(deployment.text("gw/repository/conf/deployment.toml").contains("[apim.event_hub]"));
    let topology = "nodes:\n  - {name: pub, role: publisher, home: pub, product: 2.6.0}\n";
    let environment = "<APIManager><APIGateway><Environments><Environment><Name>Production</Name><ServerUrl>https://gw:9443/services/</ServerUrl>\
                       <Username>u</Username><Password>p</Password><GatewayEndpoint>https://gw:8243</GatewayEndpoint></Environment></Environments></APIGateway></APIManager>";
    let deployment = Deployment::new(&[("topology.yaml", topology), ("pub/repository/conf/api-manager.xml", environment)]);
    let said = deployment.run(&["--format", "short"], 1);
    let rules: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0)).collect();
    assert_eq!(rules, ["misspelt-element", "environment-incomplete"], "{said}");
}
