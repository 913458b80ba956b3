//! A first topology, as people make it: whole outputs, what is refused, and that a check follows without another step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use carbonlint::project::Engine;
use tempfile::TempDir;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

/// What every topology starts with.
const HEADER: &str = "\
# A first topology, written by `carbonlint init` from what the homes say.
# Next: carbonlint check topology.yaml
#
# To check by hand:
# - role: what is marked as a guess. One role, or a list.
# - host: the name by which other nodes reach a node; further ones under aliases. Without, roles alone tell who is meant.
# - machine: nodes on one machine share its ports (machine: vm-1, in each of them).
# - load_balancers: names that forward to nodes; see the end.
version: 1
nodes:
";

/// A folder with files.
fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("carbonlint").expect("the program");
    command.current_dir(folder).env_clear().args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What `init` prints between its header and its end, with nothing on standard error.
#[track_caller]
fn nodes(folder: &TempDir, arguments: &[&str]) -> String {
    let (nodes, notes) = nodes_and_notes(folder, arguments);
    assert_eq!(notes, "");
    nodes
}

#[track_caller]
fn nodes_and_notes(folder: &TempDir, arguments: &[&str]) -> (String, String) {
    let output = run(folder.path(), &[&["init"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let nodes = printed.strip_prefix(HEADER).unwrap_or_else(|| panic!("another header: {printed}"));
    let (nodes, _) = nodes.split_once("# load_balancers:\n").expect("an end");
    (nodes.to_owned(), text(&output.stderr))
}

#[track_caller]
fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder.path(), &[&["init"], arguments].concat());
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(output.stdout.is_empty());
    text(&output.stderr)
}

/// A carbon.xml of five lines and what is in its `Server`; the first line of that is line 4.
fn carbon(version: &str, offset: &str, rest: &str) -> String {
    format!(
        "<Server>\n  <Name>WSO2 API Manager</Name>\n  <Version>{version}</Version>\n  \
         <Ports><Offset>{offset}</Offset></Ports>\n  {rest}\n</Server>\n"
    )
}

fn conf(home: &str, text: String) -> (String, String) {
    (format!("{home}/repository/conf/carbon.xml"), text)
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, String)> {
    files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect()
}

fn named(hostname: &str) -> String {
    format!("<HostName>{hostname}</HostName>")
}

#[test]
fn five_nodes_of_2_6() {
    let files = [
        conf("homes/gw", carbon("2.6.0", "2", &named("gw.example.com"))),
        conf("homes/km", carbon("2.6.0", "0", &named("localhost"))),
        conf("homes/publisher", carbon("2.6.0", "0", "")),
        conf("homes/store", carbon("2.6.0", "0", "<HostName>${hostname}</HostName>")),
        conf("homes/tm", carbon("2.6.0", "x", "<MgtHostName>tm.example.com</MgtHostName>")),
    ];
    let folder = folder(&borrowed(&files));
    let expected = "  - name: gw
    role: gateway  # a guess: the name of its folder
    home: homes/gw
    host: gw.example.com  # carbon.xml:5
    # offset 2, carbon.xml:4
  - name: km
    role: key-manager  # a guess: the name of its folder
    home: homes/km
    # host: …  # the name by which other nodes reach it
  - name: publisher
    role: publisher  # a guess: the name of its folder
    home: homes/publisher
    # host: …  # the name by which other nodes reach it
  - name: store
    role: devportal  # a guess: the name of its folder
    home: homes/store
    # host: …  # the name by which other nodes reach it; carbon.xml:5 holds a placeholder
  - name: tm
    role: traffic-manager  # a guess: the name of its folder
    home: homes/tm
    host: tm.example.com  # carbon.xml:5
    # port_offset: …  # the offset cannot be known, carbon.xml:4
";
    assert_eq!(nodes(&folder, &["homes"]), expected);
    assert_eq!(nodes(&folder, &["."]), expected);
}

#[test]
fn the_end_shows_a_load_balancer_that_can_be_taken_as_it_is() {
    let folder = folder(&borrowed(&[conf("homes/gw", carbon("2.6.0", "0", ""))]));
    let printed = text(&run(folder.path(), &["init", "homes"]).stdout);
    let (_, end) = printed.split_once("# load_balancers:\n").expect("an end");
    assert_eq!(end, "#   - host: lb.example.com\n#     ports: {443: [\"gw:9443\"]}\n");
    let uncommented = printed.replace("# load_balancers:", "load_balancers:").replace("#   - host", "  - host");
    fs::write(folder.path().join("t.yaml"), uncommented.replace("#     ports", "    ports")).expect("written");
    assert_eq!(run(folder.path(), &["check", "t.yaml"]).status.code(), Some(0));
}

#[test]
fn hosts_that_are_called_and_belong_to_no_node_are_listed_at_the_end() {
    let environment = "<APIManager>\n<APIGateway><Environments><Environment><ServerURL>https://gw.example.com:9443/services/</ServerURL>\n\
                       <GatewayEndpoint>https://api.example.com,http://api.example.com:8280</GatewayEndpoint></Environment></Environments></APIGateway>\n\
                       <APIKeyValidator><ServerURL>https://10.0.0.9:9443/services/</ServerURL></APIKeyValidator>\n\
                       <AuthManager><ServerURL>https://localhost:9443/services/</ServerURL></AuthManager></APIManager>\n";
    let files = [
        conf("homes/gw", carbon("2.6.0", "0", &named("gw.example.com"))),
        conf("homes/pub", carbon("2.6.0", "1", &named("pub.example.com"))),
        ("homes/pub/repository/conf/api-manager.xml".to_owned(), environment.to_owned()),
    ];
    let folder = folder(&borrowed(&files));
    let printed = text(&run(folder.path(), &["init", "homes"]).stdout);
    let (_, end) = printed.split_once("443: [\"gw:9443\"]}\n").expect("an end");
    let expected = "\
# Called by the homes, and the host of no node. A load balancer goes above, another name of a node under its aliases:
# externals:
#   - host: \"10.0.0.9\"  # on 9443 by pub, api-manager.xml:4
#   - host: api.example.com  # on 443, 8280 by pub, api-manager.xml:3
";
    assert_eq!(end, expected);
    let uncommented = printed.replace("# externals:", "externals:").replace("#   - host: \"10", "  - host: \"10");
    fs::write(folder.path().join("t.yaml"), uncommented.replace("#   - host: api", "  - host: api")).expect("written");
    assert_ne!(run(folder.path(), &["check", "t.yaml"]).status.code(), Some(2));
}

#[test]
fn init_and_check_are_all_that_it_takes() {
    let files = [
        conf("homes/gw", carbon("2.6.0", "2", &named("gw.example.com"))),
        conf("homes/km", carbon("2.6.0", "5", &named("km.example.com"))),
        ("homes/gw/repository/conf/api-manager.xml".to_owned(), gateway_of_2_6()),
        ("homes/km/repository/conf/api-manager.xml".to_owned(), gateway_of_2_6()),
    ];
    let folder = folder(&borrowed(&files));
    let output = run(folder.path(), &["init", "homes", "--output", "topology.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    assert_eq!(text(&output.stderr), "topology.yaml: 2 nodes; read it over, then: carbonlint check topology.yaml\n");
    let checked = run(folder.path(), &["check", "--format", "short"]);
    assert_eq!(checked.status.code(), Some(1), "{}", text(&checked.stderr));
    assert!(text(&checked.stdout).contains("error[thrift-port-mismatch]"), "{}", text(&checked.stdout));
}

fn gateway_of_2_6() -> String {
    "<APIManager>\n  <APIKeyValidator>\n    <ServerURL>https://km.example.com:9448/services/</ServerURL>\n    \
     <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n    \
     <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n    \
     <EnableThriftServer>true</EnableThriftServer>\n    <ThriftServerHost>km.example.com</ThriftServerHost>\n  \
     </APIKeyValidator>\n</APIManager>\n"
        .to_owned()
}

fn toml(role: &str, rest: &str) -> String {
    format!("[server]\nhostname = \"localhost\"\nserver_role = \"{role}\"\n{rest}\n")
}

#[test]
fn roles_of_the_server_of_3_2() {
    let file = |home: &str| format!("vms/{home}/wso2am-3.2.0/repository/conf/deployment.toml");
    let files = [
        (file("one"), toml("api-key-manager", "offset = 1")),
        (file("two"), toml("gateway-worker", "")),
        (file("three"), toml("default", "")),
        (file("store"), toml("default", "")),
        (file("four"), toml("our-own-gw", "")),
    ];
    let folder = folder(&borrowed(&files));
    let expected = "  - name: four-wso2am-3-2-0
    role: gateway  # a guess: the server_role, deployment.toml:3
    home: vms/four/wso2am-3.2.0
    # host: …  # the name by which other nodes reach it
  - name: one-wso2am-3-2-0
    role: key-manager  # server_role api-key-manager, deployment.toml:3
    home: vms/one/wso2am-3.2.0
    # host: …  # the name by which other nodes reach it
    # offset 1, deployment.toml:4
  - name: store-wso2am-3-2-0
    role: devportal  # a guess: the name of the folder store above it
    home: vms/store/wso2am-3.2.0
    # host: …  # the name by which other nodes reach it
  - name: three-wso2am-3-2-0
    role: all-in-one  # a guess: the name of its folder
    # or role: [publisher, traffic-manager], if it does not do what other nodes do
    home: vms/three/wso2am-3.2.0
    # host: …  # the name by which other nodes reach it
  - name: two-wso2am-3-2-0
    role: gateway  # server_role gateway-worker, deployment.toml:3
    home: vms/two/wso2am-3.2.0
    # host: …  # the name by which other nodes reach it
";
    assert_eq!(nodes(&folder, &["vms"]), expected);
}

#[test]
fn split_packs_of_4_5_say_what_they_are() {
    let pack = |name: &str| format!("<Server><Name>WSO2 {name}</Name><Version>4.5.0</Version></Server>\n");
    let files = [
        conf("a", pack("API Control Plane")),
        conf("b", pack("Universal Gateway")),
        conf("c", pack("Traffic Manager")),
        ("b/repository/conf/deployment.toml".to_owned(), toml("default", "")),
        ("d/bin/gateway.sh".to_owned(), "#!/bin/sh\n".to_owned()),
        ("d/repository/conf/deployment.toml".to_owned(), toml("default", "")),
    ];
    let folder = folder(&borrowed(&files));
    let expected = "  - name: a
    role: control-plane  # WSO2 API Control Plane, carbon.xml:1
    home: a
    # host: …  # the name by which other nodes reach it
  - name: b
    role: gateway  # WSO2 Universal Gateway, carbon.xml:1
    home: b
    # host: …  # the name by which other nodes reach it
  - name: c
    role: traffic-manager  # WSO2 Traffic Manager, carbon.xml:1
    home: c
    # host: …  # the name by which other nodes reach it
  - name: d
    role: gateway  # the start script gateway.sh
    home: d
    # host: …  # the name by which other nodes reach it
";
    assert_eq!(nodes(&folder, &["."]), expected);
}

#[test]
fn parts_of_homes_are_homes() {
    let folder = folder(&[
        ("confs/x1/repository/conf/axis2/axis2.xml", "<axisconfig/>\n".to_owned()),
        ("confs/x2/repository/deployment/server/jaggeryapps/store/site.json", "{}".to_owned()),
        ("confs/x2/repository/conf/broker.xml", "<broker/>\n".to_owned()),
        (
            "confs/x3/repository/conf/deployment.toml",
            "[apim.sync_runtime_artifacts.gateway]\ngateway_labels = [\"Default\"]\n".to_owned(),
        ),
        ("confs/empty/readme.txt", String::new()),
    ]);
    let expected = "  - name: x1
    role: all-in-one  # a guess: nothing says what it does
    # or role: [key-manager, publisher, traffic-manager], if it does not do what other nodes do
    home: confs/x1
    # host: …  # the name by which other nodes reach it
    # product: 2.6.0  # no file says the version
  - name: x2
    role: devportal  # a guess: of the two portals only the developer portal is there
    home: confs/x2
    # host: …  # the name by which other nodes reach it
    # product: 2.6.0  # no file says the version
  - name: x3
    role: gateway  # a guess: deployment.toml has the labels of a gateway and no gateways to deploy to
    home: confs/x3
    # host: …  # the name by which other nodes reach it
";
    assert_eq!(nodes(&folder, &["confs"]), expected);
}

fn start(options: &str) -> String {
    format!(
        "#!/bin/sh\n$JAVACMD \\\n  $JAVA_OPTS \\\n  {options}\n  -Dcarbon.home=\"$CARBON_HOME\" \\\n  org.wso2.carbon.bootstrap.Bootstrap $*\n"
    )
}

#[test]
fn start_scripts_say_offsets_and_profiles() {
    let script = |home: &str| format!("{home}/bin/wso2server.sh");
    let wrapper = |home: &str| format!("{home}/bin/yajsw/conf/wrapper.conf");
    let mut files: Vec<(String, String)> =
        ["a", "b", "c", "d", "e", "f"].iter().map(|home| conf(home, carbon("2.6.0", "0", ""))).collect();
    files[0].1 = carbon("2.6.0", "1", "");
    files.extend([
        (script("a"), start("-DportOffset=3 -Dprofile=api-key-manager \\")),
        (script("b"), start("-DportOffset=$OFFSET \\")),
        (script("c"), start("\n# -DportOffset=4 \\")),
        (
            wrapper("d"),
            "wrapper.java.additional.1=-DportOffset=2\nwrapper.java.additional.2=-Dprofile=gateway-worker\n".to_owned(),
        ),
        (script("e"), start("-DportOffset=1 \\")),
        (wrapper("e"), "wrapper.java.additional.1=-DportOffset=2\n".to_owned()),
        (script("f"), start("-Djavax.net.ssl.keyStorePassword=hunter2 -DportOffset=hunter2 \\")),
    ]);
    let folder = folder(&borrowed(&files));
    let expected = "  - name: a
    role: key-manager  # -Dprofile=api-key-manager, wso2server.sh:4
    home: a
    # host: …  # the name by which other nodes reach it
    # offset 3, wso2server.sh:4, not the 1 of carbon.xml:4
  - name: b
    role: all-in-one  # a guess: nothing says what it does
    # or role: [publisher, devportal, traffic-manager], if it does not do what other nodes do
    home: b
    # host: …  # the name by which other nodes reach it
    # port_offset: …  # wso2server.sh:4 takes it from $OFFSET, which `environment` of the topology does not give
  - name: c
    role: all-in-one  # a guess: nothing says what it does
    # or role: [publisher, devportal, traffic-manager], if it does not do what other nodes do
    home: c
    # host: …  # the name by which other nodes reach it
  - name: d
    role: gateway  # -Dprofile=gateway-worker, wrapper.conf:2
    home: d
    # host: …  # the name by which other nodes reach it
    # offset 2, wrapper.conf:1, not the 0 of carbon.xml:4
  - name: e
    role: all-in-one  # a guess: nothing says what it does
    # or role: [publisher, devportal, traffic-manager], if it does not do what other nodes do
    home: e
    # host: …  # the name by which other nodes reach it
    # port_offset: …  # wso2server.sh:4 says 1, wrapper.conf:1 says 2: which of them starts the server?
  - name: f
    role: all-in-one  # a guess: nothing says what it does
    # or role: [publisher, devportal, traffic-manager], if it does not do what other nodes do
    home: f
    # host: …  # the name by which other nodes reach it
    # port_offset: …  # the offset cannot be known, wso2server.sh:4
";
    assert_eq!(nodes(&folder, &["."]), expected);
}

#[test]
fn sure_signs_that_differ_are_both_said() {
    let folder = folder(&[
        ("x/repository/conf/deployment.toml", toml("control-plane", "")),
        ("x/bin/api-manager.sh", start("-Dprofile=api-key-manager \\")),
    ]);
    let expected = "  - name: x
    role: control-plane  # server_role control-plane, deployment.toml:3
    # -Dprofile=api-key-manager, api-manager.sh:4 says key-manager: which is right?
    home: x
    # host: …  # the name by which other nodes reach it
";
    assert_eq!(nodes(&folder, &["."]), expected);
}

#[test]
fn a_name_that_several_homes_have_is_nobodys() {
    let files = [
        conf("gw-1", carbon("2.6.0", "0", &named("api.example.com"))),
        conf("gw-2", carbon("2.6.0", "0", &named("API.example.com"))),
        conf("km", carbon("2.6.0", "0", &named("km.example.com"))),
    ];
    let folder = folder(&borrowed(&files));
    let expected = "  - name: gw-1
    role: gateway  # a guess: the name of its folder
    home: gw-1
    # host: …  # the name by which other nodes reach it; gw-1, gw-2 say api.example.com: a load balancer's name, that of one machine, or a copy
  - name: gw-2
    role: gateway  # a guess: the name of its folder
    home: gw-2
    # host: …  # the name by which other nodes reach it; gw-1, gw-2 say API.example.com: a load balancer's name, that of one machine, or a copy
  - name: km
    role: key-manager  # a guess: the name of its folder
    home: km
    host: km.example.com  # carbon.xml:5
";
    assert_eq!(nodes(&folder, &["."]), expected);
}

#[test]
fn homes_whose_offsets_alone_differ_may_share_a_machine() {
    let files = [conf("gw", carbon("2.6.0", "2", &named("vm"))), conf("km", carbon("2.6.0", "5", &named("vm")))];
    let nodes = nodes(&folder(&borrowed(&files)), &["."]);
    let asked = "    # machine: vm-1  # on one machine with the others of no name of their own? Their offsets all differ\n";
    assert_eq!(nodes.matches(asked).count(), 2, "{nodes}");
}

#[test]
fn archives_are_said_and_not_looked_into() {
    let files = [conf("confs/gw", carbon("2.6.0", "2", "")), ("confs/wso2am-2.6.0.zip".to_owned(), String::new())];
    let folder = folder(&borrowed(&files));
    let said = "confs/wso2am-2.6.0.zip is an archive and was not looked into; where one is the home of a node, name it: \
                `home: confs/wso2am-2.6.0.zip`";
    assert!(nodes_and_notes(&folder, &["."]).1.contains(said), "{}", nodes_and_notes(&folder, &["."]).1);
}

#[test]
fn paths_start_at_the_folder_of_the_output() {
    let folder = folder(&borrowed(&[conf("homes/g w", carbon("2.6.0", "0", "")), conf("deploy/km", carbon("2.6.0", "0", ""))]));
    let output = run(folder.path(), &["init", "homes", "deploy", "--output", "deploy/prod.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join("deploy/prod.yaml")).expect("the topology");
    assert!(written.contains("# Next: carbonlint check deploy/prod.yaml\n"));
    let homes: Vec<&str> = written.lines().filter(|line| line.trim_start().starts_with("home:")).collect();
    assert_eq!(homes, ["    home: \"../homes/g w\"", "    home: km"]);
    assert_eq!(run(folder.path(), &["check", "deploy/prod.yaml"]).status.code(), Some(0));
}

#[test]
fn a_folder_within_a_home_leads_to_the_home() {
    let folder = folder(&borrowed(&[conf("gw", carbon("2.6.0", "0", ""))]));
    let (nodes, notes) = nodes_and_notes(&folder, &["gw/repository/conf"]);
    assert_eq!(notes, "note: gw/repository/conf lies within the home gw, which is taken\n");
    assert!(nodes.contains("    home: gw\n"), "{nodes}");
}

#[test]
fn names_that_a_topology_cannot_hold_are_said_and_the_rest_goes_on() {
    let folder = folder(&borrowed(&[conf("a[1]", carbon("2.6.0", "0", "")), conf("gw.prod #1", carbon("2.6.0", "0", ""))]));
    let (nodes, notes) = nodes_and_notes(&folder, &["."]);
    assert_eq!(notes, "note: a[1] is left out: a topology would read its name as a pattern; rename it\n");
    assert!(nodes.starts_with("  - name: gw-prod-1\n"), "{nodes}");
    assert!(nodes.contains("    home: \"gw.prod #1\"\n"), "{nodes}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_said_on_one_line() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&borrowed(&[conf("gw", carbon("2.6.0", "0", ""))]));
    let name = std::ffi::OsStr::from_bytes(b"k\n\xffm");
    fs::create_dir_all(folder.path().join(name).join("repository/conf")).expect("a folder");
    let (nodes, notes) = nodes_and_notes(&folder, &["."]);
    assert_eq!(nodes.matches("- name:").count(), 1, "{nodes}");
    assert_eq!(notes, "note: k \u{fffd}m is left out: its name is no UTF-8 text, and a topology could not hold it\n");
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_or_round() {
    use std::os::unix::fs::symlink;
    let elsewhere = folder(&borrowed(&[conf("km", carbon("2.6.0", "0", ""))]));
    let folder = folder(&borrowed(&[conf("homes/gw", carbon("2.6.0", "0", ""))]));
    symlink(folder.path().join("homes"), folder.path().join("homes/again")).expect("a link");
    symlink("nowhere", folder.path().join("homes/broken")).expect("a link");
    symlink(elsewhere.path().join("km"), folder.path().join("homes/km")).expect("a link");
    let (nodes, notes) = nodes_and_notes(&folder, &["homes"]);
    assert_eq!(nodes.matches("- name:").count(), 1, "{nodes}");
    assert_eq!(notes.lines().count(), 1);
    assert!(notes.contains("homes/km is left out: a symbolic link that leads out"), "{notes}");
    let named = run(folder.path(), &["init", "homes", "homes/km"]);
    assert!(text(&named.stdout).contains("    home: homes/km\n"), "{}", text(&named.stdout));
}

#[test]
fn no_home_no_topology() {
    let folder = folder(&[("src/x/main.rs", String::new())]);
    let expected = "error: no home of a node was found in src (2 folders looked into)
A home is the product directory of a node, or the part of it that holds its configuration: a directory with
repository/conf/carbon.xml, repository/conf/api-manager.xml, repository/conf/deployment.toml or the like below it.
";
    assert_eq!(refused(&folder, &["src"]), expected);
    assert!(refused(&folder, &[]).contains("<DIR>"));
}

#[test]
fn what_is_not_there_is_said_with_what_is_near() {
    let folder = folder(&borrowed(&[conf("homes/gw", carbon("2.6.0", "0", ""))]));
    assert_eq!(refused(&folder, &["hmoes"]), "error: hmoes: there is no such folder; did you mean homes?\n");
    let said = refused(&folder, &["homes/gw/repository/conf/carbon.xml"]);
    assert!(said.contains("name a folder with homes in it, or a home"), "{said}");
    let said = refused(&folder, &["homes", "--output", "out/topology.yaml"]);
    assert!(said.contains("out is no folder"), "{said}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder(&borrowed(&[conf("gw", carbon("2.6.0", "0", "")), ("topology.yaml".to_owned(), "mine".to_owned())]));
    let said = refused(&folder, &[".", "--output", "topology.yaml"]);
    assert_eq!(said, "error: topology.yaml is there already and is not overwritten; name another file, or delete it first\n");
    assert_eq!(fs::read_to_string(folder.path().join("topology.yaml")).expect("the file"), "mine");
}

/// Where a guess differs from what somebody wrote by hand, and why that is right.
const DIFFERENT: [(&str, &str, &str); 1] = [(
    "docker-2.6.0-is-as-km",
    "apim",
    "nothing in the home says that it leaves keys to the other node; the comment beside it does",
)];

#[test]
fn real_deployments_get_topologies_that_load_with_the_roles_they_have() {
    let Ok(entries) = fs::read_dir(CORPUS) else {
        println!("skipped: no corpus of real deployments beside the project");
        return;
    };
    let engine = Engine::new().expect("the embedded rules load");
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let mut different = Vec::new();
    for folder in folders {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let output = TempDir::new().expect("a folder");
        let file = output.path().join("topology.yaml");
        let written = carbonlint::init::first_topology(&engine, std::slice::from_ref(&folder), Some(&file));
        let written = written.unwrap_or_else(|error| panic!("{name}: {error}"));
        fs::write(&file, &written.text).expect("written");
        let guessed = engine.open(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let declared = engine.open(&folder.join("topology.yaml")).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(guessed.model.nodes.len(), declared.model.nodes.len(), "{name}: one node for each home");
        for node in &declared.model.nodes {
            let real = |path: &str| fs::canonicalize(path).expect("a home");
            let same =
                |other: &&std::sync::Arc<carbonlint::deployment::Node>| real(&other.home.layers[0]) == real(&node.home.layers[0]);
            let found = guessed.model.nodes.iter().find(same).expect("the home was found");
            let roles = |node: &carbonlint::deployment::Node| -> BTreeSet<String> {
                // A gateway that manages, or works, is a gateway.
                node.role_set
                    .iter()
                    .filter(|role| !matches!(role.as_str(), "gateway-manager" | "gateway-worker"))
                    .cloned()
                    .collect()
            };
            if roles(node) != roles(found) {
                different.push((name.clone(), node.home.layers[0].rsplit('/').next().unwrap_or_default().to_owned()));
            }
        }
    }
    let expected: Vec<(String, String)> =
        DIFFERENT.iter().map(|(deployment, home, _)| ((*deployment).to_owned(), (*home).to_owned())).collect();
    assert_eq!(different, expected);
}
