//! `-D` options in start scripts: they count as those of the start command do, unless that one outranks them.

use std::path::Path;

use carbonlint::home::Memory;
use carbonlint::project::{Engine, Project};

const SH: &str = "pub/bin/wso2server.sh";
const BAT: &str = "pub/bin/wso2server.bat";
const WRAPPER: &str = "pub/bin/yajsw/conf/wrapper.conf";

/// A publisher of 2.6.0 whose carbon.xml says offset 1, with further keys of the topology and further files.
fn open(engine: &Engine, keys: &str, files: &[(&str, &[u8])]) -> Project {
    let mut memory = Memory::default();
    let carbon = "<Server><Version>2.6.0</Version><Ports><Offset>1</Offset></Ports></Server>";
    memory.insert("pub/repository/conf/carbon.xml", carbon);
    for (path, text) in files {
        memory.insert(*path, *text);
    }
    let topology = format!("nodes:\n  - {{name: pub, role: publisher, home: pub{keys}}}\n");
    engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}\n{topology}"))
}

/// The offset that counts and where it comes from, or why it cannot be known.
fn offset(keys: &str, files: &[(&str, &str)]) -> String {
    let engine = Engine::new().expect("the embedded rules load");
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let project = open(&engine, keys, &files);
    let offset = &project.model.nodes[0].offset;
    match (&offset.unknown, offset.value) {
        (Some(why), _) => why.clone(),
        (None, value) => format!("{} {}", value.expect("a value"), offset.origin),
    }
}

#[test]
fn options_of_scripts_win_over_files_and_lose_against_arguments() {
    let bootstrap = "$JAVACMD $JAVA_OPTS -DportOffset=3 org.wso2.carbon.bootstrap.Bootstrap $*\n";
    let opts = "JAVA_OPTS=\"$JAVA_OPTS -DportOffset=3\"\n";
    let last = "$JAVACMD org.wso2.carbon.bootstrap.Bootstrap $* -DportOffset=3\n";
    let argument = ", start: sh wso2server.sh -DportOffset=4";
    let environment = ", start: JAVA_OPTS=-DportOffset=4 sh wso2server.sh";
    let cases = [
        ("", bootstrap, "3 wso2server.sh"),
        (", port_offset: 4", bootstrap, "4 start command"),
        (argument, bootstrap, "4 start command"),
        (argument, last, "3 wso2server.sh"),
        (environment, bootstrap, "3 wso2server.sh"),
        (environment, opts, "4 start command"),
        (", start: sh wso2server.sh --debug 5005", opts, "1 carbon.xml"),
        (", start: sh wso2server.sh --debug 5005", bootstrap, "3 wso2server.sh"),
        (", start: sh wso2server.sh, port_offset: 2", last, "2 start command"),
        ("", "# -DportOffset=3\n", "1 carbon.xml"),
        ("", "echo 'usage: -DportOffset=3'\n", "1 carbon.xml"),
    ];
    for (keys, script, expected) in cases {
        assert_eq!(offset(keys, &[(SH, script)]), expected, "{keys} {script}");
    }
}

#[test]
fn the_script_that_the_start_command_names_counts_alone() {
    let files = [(SH, "x -DportOffset=3"), (BAT, "x -DportOffset=5"), (WRAPPER, "wrapper.java.additional.1=-DportOffset=3")];
    assert_eq!(offset("", &files[..1]), "3 wso2server.sh");
    assert_eq!(offset("", &[files[0], files[2]]), "3 wso2server.sh");
    let unknown = "wso2server.sh:1 says 3, wso2server.bat:1 says 5: which of them starts the server?";
    assert_eq!(offset("", &files[..2]), unknown);
    assert_eq!(offset(", start: 'C:\\am\\bin\\wso2server.bat --run'", &files), "5 wso2server.bat");
}

#[test]
fn what_a_shell_would_have_to_say_is_unknown_unless_the_topology_gives_it() {
    let script = [(SH, "\nx -DportOffset=${OFFSET:-0}\n")];
    assert_eq!(offset(", environment: {OFFSET: 7}", &script), "7 wso2server.sh");
    let unknown = "wso2server.sh:2 takes it from $OFFSET, which `environment` of the topology does not give";
    assert_eq!(offset("", &script), unknown);
    assert_eq!(offset(", port_offset: 2", &script), "2 start command");
    let conditional = [(SH, "if [ -n \"$DEV\" ]; then\nJAVA_OPTS=-DportOffset=2\nfi")];
    assert_eq!(offset("", &conditional), "wso2server.sh:2 sets it under a condition");
}

#[test]
fn profiles_and_properties_of_scripts_count() {
    let engine = Engine::new().expect("the embedded rules load");
    let script = "x -Dprofile=gateway-worker -Dkm.port=9445 Bootstrap";
    let manager = "<APIManager><AuthManager><ServerURL>https://km:${km.port}/services/</ServerURL></AuthManager></APIManager>";
    let files: [(&str, &[u8]); 2] = [(SH, script.as_bytes()), ("pub/repository/conf/api-manager.xml", manager.as_bytes())];
    let project = open(&engine, "", &files);
    let node = &project.model.nodes[0];
    let listener = engine.catalogue.listeners.iter().position(|listener| listener.id == "thrift-server").expect("a listener");
    assert!(node.listeners[listener].out_of_profile, "a publisher would open it, the profile does not");
    let id = |link: &&carbonlint::deployment::Link| engine.catalogue.links[link.spec].id == "auth-manager-server-url";
    let link = project.model.links.iter().find(id).expect("the link is there");
    assert_eq!(link.port.value(), Some(9445));
}

#[test]
fn scripts_of_any_bytes_are_read_and_none_is_malformed() {
    let engine = Engine::new().expect("the embedded rules load");
    let bytes = b"rem gr\xfc\xdfe\r\nset JAVA_OPTS=-DportOffset=2\r\n\0";
    let project = open(&engine, "", &[(BAT, bytes)]);
    assert_eq!(project.model.nodes[0].offset.value, Some(2));
    let linted = engine.lint(&project, &std::collections::HashMap::new());
    let rules: Vec<&str> = linted.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["offset-overridden"]);
}
