//! `-D` options in start scripts: they count as those of the start command do, unless that one outranks them.

use std::path::Path;
use std::sync::LazyLock;

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
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("the embedded rules load"));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let project = open(&ENGINE, keys, &files);
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
        (environment, opts, "3 wso2server.sh"),
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
fn scripts_of_other_names_count_where_the_start_command_names_them() {
    let around = |text| [("pub/bin/start-pub.sh", text)];
    let argument = "exec ./wso2server.sh -DportOffset=2 start\n";
    assert_eq!(offset("", &around(argument)), "1 carbon.xml");
    for named in
        ["sh bin/start-pub.sh", "/opt/am/bin/start-pub.sh", "sh -c '$HOME/am/bin/start-pub.sh'", "./start-pub.sh restart"]
    {
        assert_eq!(offset(&format!(", start: {named:?}"), &around(argument)), "2 start-pub.sh", "{named}");
    }
    let start = ", start: bin/start-pub.sh";
    assert_eq!(offset(start, &around("JAVA_OPTS=-DportOffset=2\nexport JAVA_OPTS\n./wso2server.sh $*\n")), "2 start-pub.sh");
    // What it starts counts too: the script of the product, whatever is stronger.
    let both = |around, inner| offset(start, &[("pub/bin/start-pub.sh", around), (SH, inner)]);
    assert_eq!(both("./wso2server.sh start\n", "$JAVACMD -DportOffset=3 x.Bootstrap $*\n"), "3 wso2server.sh");
    assert_eq!(both(argument, "$JAVACMD -DportOffset=3 x.Bootstrap $*\n"), "2 start-pub.sh");
    assert_eq!(both(argument, "$JAVACMD x.Bootstrap $* -DportOffset=3\n"), "3 wso2server.sh");
    assert_eq!(both("JAVA_OPTS=-DportOffset=2 ./wso2server.sh\n", "$JAVACMD $JAVA_OPTS x.Bootstrap $*\n"), "2 start-pub.sh");
    // As it is called, with blanks and quotes.
    assert_eq!(offset(", start: 'bin/start\\ pub.sh'", &[("pub/bin/start pub.sh", argument)]), "2 start pub.sh");
    assert_eq!(offset(", start: 'sh bin/\"start-pub\".sh'", &around(argument)), "2 start-pub.sh");
    // In a folder of its own, and one of Windows.
    let elsewhere = [("pub/scripts/up.bat", "call %CARBON_HOME%\\bin\\wso2server.bat -DportOffset=2\r\n")];
    assert_eq!(offset(", start: 'scripts\\up.bat'", &elsewhere), "2 up.bat");
    assert_eq!(offset(", start: ../../../etc/up.sh", &[("etc/up.sh", argument)]), "1 carbon.xml");
}

#[test]
fn a_script_is_read_where_the_command_says() {
    let script = |offset: u8| format!("./wso2server.sh -DportOffset={offset}\n");
    let (two, three, four) = (script(2), script(3), script(4));
    let files = [("pub/scripts/up.sh", &*two), ("pub/bin/up.sh", &*three), ("pub/up.sh", &*four)];
    for (start, expected) in [
        ("scripts/up.sh", "2 up.sh"),
        ("/opt/am/scripts/up.sh", "2 up.sh"),
        ("$CARBON_HOME/bin/up.sh", "3 up.sh"),
        ("cd bin && ../up.sh", "4 up.sh"),
        ("zz/up.sh", "1 carbon.xml"),
        ("/up.sh", "1 carbon.xml"),
        ("bin/wso2server.sh > bin/up.sh", "1 carbon.xml"),
        ("curl -s https://deploy:hunter2@repo.example.com/bin/up.sh | sh", "1 carbon.xml"),
    ] {
        assert_eq!(offset(&format!(", start: {start:?}"), &files), expected, "{start}");
    }
}

#[test]
fn a_script_of_one_node_is_nothing_to_the_others() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut memory = Memory::default();
    let carbon = "<Server><Version>2.6.0</Version><Ports><Offset>1</Offset></Ports></Server>";
    for (path, text) in [
        ("gw/repository/conf/carbon.xml", carbon.as_bytes()),
        ("km/repository/conf/carbon.xml", carbon.as_bytes()),
        ("gw/bin/up.sh", b"./wso2server.sh -DportOffset=2\n"),
        ("km/bin/up.sh", b"\xff\xfe\x00"),
    ] {
        memory.insert(path, text);
    }
    let topology = "nodes: [{name: gw, role: gateway, home: gw, start: bin/up.sh}, {name: km, role: key-manager, home: km}]";
    let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
    let offsets: Vec<Option<i64>> = project.model.nodes.iter().map(|node| node.offset.value).collect();
    assert_eq!(offsets, [Some(2), Some(1)]);
    assert!(project.model.sources().iter().all(|(_, source)| source.name != "km/bin/up.sh"), "nobody asked for it");
}

#[test]
fn what_a_script_runs_that_is_not_read_is_not_known() {
    let start = ", start: bin/up.sh";
    let up = |text| offset(start, &[("pub/bin/up.sh", text)]);
    let unknown = "up.sh:1 runs another script, which is not read";
    assert_eq!(up("exec \"$(dirname \"$0\")/common.sh\" pub\n"), unknown);
    assert_eq!(up(". ./setenv.sh\n./wso2server.sh start\n"), unknown);
    assert_eq!(up("source /etc/sysconfig/am\n./wso2server.sh start\n"), unknown);
    assert_eq!(up("call common.bat\n"), unknown);
    assert_eq!(offset(", start: bin/up.sh, port_offset: 4", &[("pub/bin/up.sh", ". ./setenv.sh\n")]), "4 start command");
    // What it says itself counts, and what sets up a login or waits says nothing.
    assert_eq!(up(". ./setenv.sh\n./wso2server.sh -DportOffset=2\n"), "2 up.sh");
    assert_eq!(up(". /etc/profile\n. ~/.bashrc\n./wait-for-it.sh km:9443\n./wso2server.sh start\n"), "1 carbon.xml");
}

#[test]
fn arguments_count_where_a_script_hands_them_on() {
    let start = ", start: bin/up.sh -DportOffset=6";
    let up = |text: &str| offset(start, &[("pub/bin/up.sh", text)]);
    for handed in ["$*", "\"$@\"", "$1", "${1}"] {
        assert_eq!(up(&format!("./wso2server.sh -DportOffset=5 {handed}\n")), "6 start command", "{handed}");
    }
    assert_eq!(up("./wso2server.sh -DportOffset=5\n"), "5 up.sh");
    assert_eq!(up("./wso2server.sh start\n"), "1 carbon.xml");
    let both = ", start: JAVA_OPTS=-DportOffset=6 bin/up.sh";
    assert_eq!(offset(both, &[("pub/bin/up.sh", "./wso2server.sh start\n")]), "6 start command");
    assert_eq!(offset(", start: bin/up.sh, port_offset: 4", &[("pub/bin/up.sh", "./wso2server.sh start\n")]), "4 start command");
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

/// Cases of one script: keys of the topology, the script, what is expected.
fn each(script: &str, cases: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(keys, text, expected)| {
            let found = offset(keys, &[(script, text)]);
            (found != *expected).then(|| format!("{keys} {text}\n  is {found}\n  not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const CONDITION: &str = "wso2server.sh:1 sets it under a condition";
const GIVEN: &str = ", start: JAVA_OPTS=-DportOffset=4 sh wso2server.sh";
const OTHER: &str = ", start: JAVA_OPTS=-Da=b sh wso2server.sh";

#[test]
fn a_default_counts_where_the_start_command_does_not_set_the_variable() {
    let defaults = [
        r#"JAVA_OPTS="${JAVA_OPTS:--DportOffset=3}""#,
        r#"JAVA_OPTS=${JAVA_OPTS:-"-DportOffset=3"}"#,
        r#"JAVA_OPTS="${JAVA_OPTS:-"-Da=b -DportOffset=3"}""#,
        r#": ${JAVA_OPTS:="-DportOffset=3"}"#,
        r#": "${JAVA_OPTS:=-DportOffset=3}""#,
        r#"[ -z "$JAVA_OPTS" ] && JAVA_OPTS="-DportOffset=3""#,
        r#"[ -n "$JAVA_OPTS" ] || JAVA_OPTS="-DportOffset=3""#,
        "if [ -z \"$JAVA_OPTS\" ]; then\n  JAVA_OPTS=\"-DportOffset=3\"\nfi",
        "if [ \"$JAVA_OPTS\" = \"\" ]; then export JAVA_OPTS=\"-DportOffset=3\"; fi",
        "if [ \"x$JAVA_OPTS\" = x ]; then export JAVA_OPTS=\"-DportOffset=3\"; fi",
        r"$JAVACMD ${JAVA_OPTS:--DportOffset=3} org.wso2.carbon.bootstrap.Bootstrap $*",
    ];
    for script in defaults {
        let cases = [("", script, "3 wso2server.sh"), (GIVEN, script, "4 start command"), (OTHER, script, "1 carbon.xml")];
        each(SH, &cases);
        let launched = format!("{script}\n$JAVACMD $JAVA_OPTS org.wso2.carbon.bootstrap.Bootstrap $*\n");
        each(SH, &[("", &launched, "3 wso2server.sh"), (GIVEN, &launched, "4 start command")]);
    }
    let other = r#"JAVA_OPTS="$JAVA_OPTS ${MORE_OPTS:--DportOffset=3}""#;
    let given = ", start: MORE_OPTS=-Da=b sh wso2server.sh";
    let environment = ", environment: {MORE_OPTS: -Da=b}";
    each(SH, &[("", other, "3 wso2server.sh"), (given, other, "1 carbon.xml"), (environment, other, "1 carbon.xml")]);
    let sets = ", environment: {JAVA_OPTS: -Da=b -DportOffset=4}";
    let script = r#"JAVA_OPTS="${JAVA_OPTS:--DportOffset=3}""#;
    let overwrites = "JAVA_OPTS=-DportOffset=3";
    let both = ", environment: {JAVA_OPTS: -DportOffset=4}, start: JAVA_OPTS=-DportOffset=5 sh wso2server.sh";
    each(SH, &[(sets, script, "4 start command"), (sets, overwrites, "3 wso2server.sh"), (both, script, "5 start command")]);
    let plus = r#"JAVA_OPTS="${JAVA_OPTS:+$JAVA_OPTS }-DportOffset=3""#;
    each(SH, &[("", plus, "3 wso2server.sh"), (GIVEN, plus, "3 wso2server.sh")]);
    let batch = "if \"%JAVA_OPTS%\"==\"\" set JAVA_OPTS=-DportOffset=3\r\n";
    let given = ", start: 'set JAVA_OPTS=-DportOffset=4 & wso2server.bat'";
    each(BAT, &[("", batch, "3 wso2server.bat"), (given, batch, "4 start command")]);
    let batch = "if not defined JAVA_OPTS set \"JAVA_OPTS=-DportOffset=3\"\r\n";
    each(BAT, &[("", batch, "3 wso2server.bat"), (given, batch, "4 start command")]);
}

#[test]
fn what_stands_behind_the_java_opts_that_the_script_was_given_wins() {
    let cases = [
        (GIVEN, r#"JAVA_OPTS="-DportOffset=3""#, "3 wso2server.sh"),
        (GIVEN, r#"JAVA_OPTS="$JAVA_OPTS -DportOffset=3""#, "3 wso2server.sh"),
        (GIVEN, r#"JAVA_OPTS+=" -DportOffset=3""#, "3 wso2server.sh"),
        (GIVEN, r#"export JAVA_OPTS="${JAVA_OPTS} -DportOffset=3""#, "3 wso2server.sh"),
        (GIVEN, r#"JAVA_OPTS="-DportOffset=3 $JAVA_OPTS""#, "4 start command"),
        // The script throws away what it was given.
        (GIVEN, r#"JAVA_OPTS="-Xmx1g""#, "1 carbon.xml"),
        (
            GIVEN,
            "if [ -n \"$DEV\" ]; then JAVA_OPTS=-Xmx1g; fi",
            "wso2server.sh:1 may replace the JAVA_OPTS that the script was given",
        ),
        // Through other variables, on the command line and behind it.
        (GIVEN, "OPTS=-DportOffset=3\njava $JAVA_OPTS $OPTS x.Bootstrap $*", "3 wso2server.sh"),
        (GIVEN, "OPTS=-DportOffset=3\njava $OPTS $JAVA_OPTS x.Bootstrap $*", "4 start command"),
        (", start: sh wso2server.sh -DportOffset=2", r#"JAVA_OPTS="-DportOffset=3""#, "2 start command"),
        (", start: sh wso2server.sh -DportOffset=2", "java $JAVA_OPTS -DportOffset=3 x.Bootstrap $*", "2 start command"),
    ];
    each(SH, &cases);
    let given = ", start: 'set JAVA_OPTS=-DportOffset=4 & wso2server.bat'";
    let line = "set CMD_LINE_ARGS=%JAVA_OPTS% -Da=b\r\nset CMD_LINE_ARGS=%CMD_LINE_ARGS% -DportOffset=3\r\n";
    let launch = "java %CMD_LINE_ARGS% org.wso2.carbon.bootstrap.Bootstrap %CMD%\r\n";
    let cases = [
        (given, "set JAVA_OPTS=-DportOffset=3\r\n", "3 wso2server.bat"),
        (given, "set JAVA_OPTS=%JAVA_OPTS% -DportOffset=3\r\n", "3 wso2server.bat"),
        (given, "set \"JAVA_OPTS=-DportOffset=3 %JAVA_OPTS%\"\r\n", "4 start command"),
        (given, &format!("{line}{launch}"), "3 wso2server.bat"),
    ];
    each(BAT, &cases);
}

#[test]
fn what_loops_and_branches_set_may_apply() {
    let cases = [
        ("", "while [ -n \"$X\" ]; do JAVA_OPTS=\"$JAVA_OPTS -DportOffset=3\"; break; done", CONDITION),
        ("", "until [ -n \"$X\" ]\ndo JAVA_OPTS=-DportOffset=3\ndone", "wso2server.sh:2 sets it under a condition"),
        ("", "for o in -Da=b -DportOffset=3; do JAVA_OPTS=\"$JAVA_OPTS $o\"; done", CONDITION),
        ("", "case $1 in dev) JAVA_OPTS=-DportOffset=3;; esac", CONDITION),
        ("", "grep -q dev /etc/env && JAVA_OPTS=-DportOffset=3", CONDITION),
        ("", "false || JAVA_OPTS=-DportOffset=3", CONDITION),
        ("", "cd /opt && JAVA_OPTS=-DportOffset=3", "3 wso2server.sh"),
        ("", "if a; then b; else JAVA_OPTS=-DportOffset=3; fi", CONDITION),
        // The server starts in a loop, in the shipped scripts too: whenever it starts, then with its options.
        ("", "while [ \"$s\" = 121 ]; do $JAVACMD -DportOffset=3 x.Bootstrap $*; s=$?; done", "3 wso2server.sh"),
        ("", "while :\ndo\n$JAVACMD \\\n $JAVA_OPTS \\\n -DportOffset=3 \\\n x.Bootstrap $*\ndone", "3 wso2server.sh"),
        ("", "if [ \"$1\" = \"-DportOffset=3\" ]; then :; fi", "1 carbon.xml"),
    ];
    each(SH, &cases);
    let condition = "wso2server.bat:1 sets it under a condition";
    let cases = [
        ("", "for %%a in (1 2) do set JAVA_OPTS=-DportOffset=3\r\n", condition),
        ("", "FOR %%a IN (-DportOffset=3) DO (\r\nset JAVA_OPTS=%%a\r\n)\r\n", condition),
        ("", "if \"%DEV%\"==\"1\" set JAVA_OPTS=-DportOffset=3\r\n", condition),
        ("", "IF /i not exist dev.txt (set JAVA_OPTS=-DportOffset=3)\r\n", condition),
        (
            "",
            "if a==b (\r\n  set X=y\r\n) else (\r\n  set JAVA_OPTS=-DportOffset=3\r\n)\r\n",
            "wso2server.bat:4 sets it under a condition",
        ),
        ("", "if a==b (\r\n  set X=y\r\n)\r\nset JAVA_OPTS=-DportOffset=3\r\n", "3 wso2server.bat"),
        ("", "if a==b goto x\r\nset JAVA_OPTS=-DportOffset=3\r\n:x\r\n", "wso2server.bat:2 sets it under a condition"),
        ("", "goto run\r\n:dev\r\nset JAVA_OPTS=-DportOffset=3\r\n:run\r\n", "wso2server.bat:3 sets it under a condition"),
        ("", "goto run\r\n:dev\r\n:run\r\nset JAVA_OPTS=-DportOffset=3\r\n", "3 wso2server.bat"),
    ];
    each(BAT, &cases);
}

#[test]
fn comments_of_batch_files_are_not_there() {
    let cases = [
        "rem\t-DportOffset=3",
        "@REM\tset JAVA_OPTS=-DportOffset=3",
        "cd x & rem set A=-DportOffset=3",
        ":: -DportOffset=3",
        "  ::x -DportOffset=3",
        "echo -DportOffset=3",
        "@echo -DportOffset=3",
        "rem -DportOffset=3 ^",
    ];
    for case in cases {
        each(BAT, &[("", case, "1 carbon.xml"), ("", &format!("@echo off\r\n{case}\r\ncd x\r\n"), "1 carbon.xml")]);
    }
    each(BAT, &[("", "set REMOTE=x\r\nset JAVA_OPTS=-Dremote=1 -DportOffset=3", "3 wso2server.bat")]);
}

#[test]
fn texts_for_people_and_for_other_programs_are_no_options() {
    let cases = [
        ("", "cat <<EOF\n  -DportOffset=3\nEOF\n", "1 carbon.xml"),
        ("", "cat <<-'EOF' > usage\n\tsh x.sh -DportOffset=3\n\tEOF\nJAVA_OPTS=-DportOffset=2\n", "2 wso2server.sh"),
        ("", "cat << \"EOF\"\nit's -DportOffset=3\nEOF\nJAVA_OPTS=-DportOffset=2\n", "2 wso2server.sh"),
        ("", "X=$(cat <<EOF\nit's -DportOffset=3\nEOF\n)\nJAVA_OPTS=-DportOffset=2\n", "2 wso2server.sh"),
        ("", "echo \"usage: \\\n-DportOffset=3\"\n", "1 carbon.xml"),
        ("", "echo usage: \\\n  -DportOffset=3\n", "1 carbon.xml"),
        ("", "echo \"usage:\n  -DportOffset=3\n\"\n", "1 carbon.xml"),
        ("", "ps -ef | grep -- -DportOffset=3 | wc -l", "1 carbon.xml"),
        ("", "A=$((1 << 2))\nJAVA_OPTS=-DportOffset=2\n", "2 wso2server.sh"),
    ];
    each(SH, &cases);
}

#[test]
fn what_is_unset_is_gone() {
    let cases = [
        ("", "JAVA_OPTS=-DportOffset=3\nunset JAVA_OPTS\n", "1 carbon.xml"),
        ("", "JAVA_OPTS=-DportOffset=3\nJAVA_OPTS=\n", "1 carbon.xml"),
        ("", "JAVA_OPTS=-DportOffset=3; unset -v A JAVA_OPTS; JAVA_OPTS=\"$JAVA_OPTS -Da=b\"", "1 carbon.xml"),
        (GIVEN, "unset JAVA_OPTS\n", "1 carbon.xml"),
        (
            "",
            "JAVA_OPTS=-DportOffset=3\nif [ -n \"$X\" ]; then\nunset JAVA_OPTS\nfi\n",
            "wso2server.sh:1 sets it under a condition",
        ),
    ];
    each(SH, &cases);
    let cases = [
        ("", "set JAVA_OPTS=-DportOffset=3\r\nset JAVA_OPTS=\r\n", "1 carbon.xml"),
        ("", "set JAVA_OPTS=-DportOffset=3\r\nset \"JAVA_OPTS=\"\r\n", "1 carbon.xml"),
    ];
    each(BAT, &cases);
}

#[test]
fn scripts_of_one_platform_say_nothing_sure_where_those_of_the_other_are_silent() {
    let (silent, sets) = ("$JAVACMD $JAVA_OPTS x.Bootstrap $*\n", "set JAVA_OPTS=-DportOffset=5\r\n");
    let doubt = "wso2server.bat:1 says 5, wso2server.sh says nothing: which of them starts the server?";
    assert_eq!(offset("", &[(SH, silent), (BAT, sets)]), doubt);
    assert_eq!(offset("", &[(BAT, sets)]), "5 wso2server.bat");
    assert_eq!(offset(", start: wso2server.bat", &[(SH, silent), (BAT, sets)]), "5 wso2server.bat");
    assert_eq!(offset(", start: 'C:\\am\\bin\\WSO2Server.BAT --run'", &[(SH, silent), (BAT, sets)]), "5 wso2server.bat");
    assert_eq!(offset(", start: sh wso2server.sh", &[(SH, silent), (BAT, sets)]), "1 carbon.xml");
    assert_eq!(offset(", port_offset: 2", &[(SH, silent), (BAT, sets)]), "2 start command");
    let given = ", environment: {JAVA_OPTS: -DportOffset=4}";
    assert_eq!(offset(given, &[(SH, "JAVA_OPTS=-Da=b"), (BAT, "echo on")]), "1 carbon.xml");
    // Every pack has both, and who runs Linux edits only one.
    assert_eq!(offset("", &[(SH, "JAVA_OPTS=-DportOffset=3"), (BAT, "echo on")]), "3 wso2server.sh");
    let wrapper = [(SH, silent), (WRAPPER, "wrapper.java.additional.1=-DportOffset=3")];
    assert_eq!(offset("", &wrapper), "wrapper.conf:1 says 3, wso2server.sh says nothing: which of them starts the server?");
}

#[test]
fn variables_of_the_script_are_followed() {
    let cases = [
        ("", "OFFSET=3\njava -DportOffset=$OFFSET x.Bootstrap", "3 wso2server.sh"),
        (", environment: {OFFSET: 7}", "OFFSET=3\njava -DportOffset=${OFFSET} x.Bootstrap", "3 wso2server.sh"),
        ("", "OFFSET=$(cat o)\njava -DportOffset=$OFFSET x.Bootstrap", "wso2server.sh:2 takes it from somewhere else"),
        (", environment: {OFFSET: 7}", "OFFSET=${OFFSET:-3}\njava -DportOffset=$OFFSET x.Bootstrap", "7 wso2server.sh"),
        ("", "set -- \"$@\" -DportOffset=3\nexec sh wso2server.sh \"$@\"", "3 wso2server.sh"),
        ("", "O=(-Da=b -DportOffset=3)\njava \"${O[@]}\" x.Bootstrap", "3 wso2server.sh"),
        (
            "",
            "java x.Bootstrap $*\njava -DportOffset=3 -jar other.jar",
            "wso2server.sh:2 sets it where the server may not see it",
        ),
        ("", "export JAVA_TOOL_OPTIONS=-DportOffset=3\njava $JAVA_OPTS x.Bootstrap $*", "3 wso2server.sh"),
        (GIVEN, "export JAVA_TOOL_OPTIONS=-DportOffset=3\njava $JAVA_OPTS x.Bootstrap $*", "4 start command"),
        ("", "su - wso2 -c \"sh wso2server.sh -DportOffset=3\"", "3 wso2server.sh"),
        ("", "eval \"$JAVACMD $JAVA_OPTS -DportOffset=3 x.Bootstrap $*\"", "3 wso2server.sh"),
    ];
    each(SH, &cases);
    each(BAT, &[("", "set OFFSET=3\r\njava -DportOffset=%OFFSET% x.Bootstrap %*\r\n", "3 wso2server.bat")]);
}

/// How shipped scripts start the server.
const LAUNCH: &str = "\n$JAVACMD $JAVA_OPTS org.wso2.carbon.bootstrap.Bootstrap $*\n";

/// Cases of what a shell script does before it starts the server: what it does, what is expected.
fn before_launch(cases: &[(&str, &str)]) {
    let launched: Vec<String> = cases.iter().map(|(script, _)| format!("{script}{LAUNCH}")).collect();
    let cases: Vec<_> = cases.iter().zip(&launched).map(|((_, expected), script)| ("", script.as_str(), *expected)).collect();
    each(SH, &cases);
}

#[test]
fn what_another_command_puts_out_is_unknown() {
    before_launch(&[
        ("JAVA_OPTS=-DportOffset=3\nJAVA_OPTS=$(echo $JAVA_OPTS)", CONDITION),
        ("JAVA_OPTS=-DportOffset=3\nJAVA_OPTS=`echo $JAVA_OPTS | tr -s ' '`", CONDITION),
        ("JAVA_OPTS=$(echo \"$JAVA_OPTS -DportOffset=3\")", CONDITION),
        ("JAVA_OPTS=\"$(printf '%s' \"-Da=b -DportOffset=3\")\"", CONDITION),
        ("JAVA_OPTS=$(echo $JAVA_OPTS)", "1 carbon.xml"),
        ("COUNT=$(ps -ef | grep -- -DportOffset=3 | wc -l)", "1 carbon.xml"),
    ]);
    let unknown = "wso2server.sh:1 may replace the JAVA_OPTS that the script was given";
    each(SH, &[(GIVEN, &format!("JAVA_OPTS=$(echo $JAVA_OPTS){LAUNCH}"), unknown)]);
}

#[test]
fn what_a_subshell_sets_ends_with_it() {
    before_launch(&[
        ("( JAVA_OPTS=-DportOffset=3 )", "1 carbon.xml"),
        ("JAVA_OPTS=-DportOffset=2\n( unset JAVA_OPTS; JAVA_OPTS=-DportOffset=3 )", "2 wso2server.sh"),
        ("(\n  cd /opt\n  (JAVA_OPTS=-DportOffset=3)\n  X=y\n)\n{ JAVA_OPTS=-DportOffset=4; }", "4 wso2server.sh"),
    ]);
    each(SH, &[("", &format!("( JAVA_OPTS=-DportOffset=3{LAUNCH})\n"), "3 wso2server.sh")]);
}

#[test]
fn what_a_function_does_counts_where_it_is_called() {
    let dev = "dev() {\n  JAVA_OPTS=-DportOffset=3\n}\n";
    let called = format!("{dev}dev");
    let perhaps = format!("{dev}if [ -n \"$DEV\" ]; then dev; fi");
    let chained = format!("{dev}[ -n \"$DEV\" ] && dev");
    let dynamic = format!("{dev}\"$1\"");
    before_launch(&[
        (dev, "1 carbon.xml"),
        ("function dev {\n  JAVA_OPTS=-DportOffset=3; }", "1 carbon.xml"),
        ("function dev ()\n{\n  if a; then JAVA_OPTS=-DportOffset=3; fi\n}\nJAVA_OPTS=-DportOffset=2", "2 wso2server.sh"),
        (&called, "3 wso2server.sh"),
        (&perhaps, "wso2server.sh:2 sets it under a condition"),
        (&chained, "wso2server.sh:2 sets it under a condition"),
        (&dynamic, "wso2server.sh:2 sets it where the server may not see it"),
        ("f() ( JAVA_OPTS=-DportOffset=3 )\nf", "1 carbon.xml"),
    ]);
    let starts = format!("start() {{\n  java \"$@\" {}}}\n", LAUNCH.trim_start().trim_start_matches("$JAVACMD"));
    let recursive = "f() { f; f; }\ng() { f; g; JAVA_OPTS=-DportOffset=3; }\ng";
    each(SH, &[("", &format!("{starts}start -DportOffset=3\n"), "3 wso2server.sh")]);
    before_launch(&[(recursive, "3 wso2server.sh")]);
}

#[test]
fn quotes_within_eval_are_quotes() {
    before_launch(&[
        ("eval \"JAVA_OPTS=\\\"-DportOffset=3 -Da=b\\\"\"", "3 wso2server.sh"),
        ("eval JAVA_OPTS=\\\"-DportOffset=3\\\"", "3 wso2server.sh"),
        ("eval 'JAVA_OPTS=\"-Da=b -DportOffset=3\"'", "3 wso2server.sh"),
        ("eval \"JAVA_OPTS=\\\"\\$JAVA_OPTS -DportOffset=3\\\"\"", "3 wso2server.sh"),
        ("[ -n \"$DEV\" ] && eval 'X=y\nJAVA_OPTS=-DportOffset=3'", "wso2server.sh:2 sets it under a condition"),
    ]);
    let within = "sh -c \"JAVA_OPTS=\\\"-DportOffset=3\\\" sh wso2server.sh\"";
    each(SH, &[("", within, "3 wso2server.sh")]);
}

#[test]
fn names_of_options_in_variables_are_followed() {
    let cases = [
        ("", "OPT=-DportOffset\n$JAVACMD $OPT=3 x.Bootstrap $*", "3 wso2server.sh"),
        ("", "OPT=-DportOffset=\n$JAVACMD ${OPT}3 x.Bootstrap $*", "3 wso2server.sh"),
        ("", "NAME=portOffset\n$JAVACMD -D$NAME=3 x.Bootstrap $*", "3 wso2server.sh"),
        (
            "",
            "OPT=-Da\nif [ -n \"$DEV\" ]; then OPT=-DportOffset; fi\n$JAVACMD $OPT=3 x.Bootstrap $*",
            "wso2server.sh:2 sets it under a condition",
        ),
        ("", "OPTS=\"-Da=b -DportOffset=\"\n$JAVACMD ${OPTS}3 x.Bootstrap $*", CONDITION),
    ];
    each(SH, &cases);
}

#[test]
fn marks_of_templates_are_no_invalid_numbers() {
    for mark in ["[offset]", "{{ offset }}", "{{offset}}", "<%= @offset %>", "@OFFSET@", "__OFFSET__", "%OFFSET%"] {
        let written = format!("$JAVACMD -DportOffset={mark} x.Bootstrap $*");
        each(SH, &[("", &written, "wso2server.sh:1 has a template there that was not rendered")]);
        let quoted = format!("JAVA_OPTS=\"-Da=b -DportOffset={mark}\"");
        each(SH, &[("", &quoted, "wso2server.sh:1 has a template there that was not rendered")]);
        let start = format!(", start: \"sh wso2server.sh -DportOffset={mark}\"");
        let found = offset(&start, &[]);
        assert!(found.ends_with("of the start command is an unrendered template"), "{mark}: {found}");
    }
}

#[test]
fn scripts_that_say_what_the_file_says_leave_nothing_open() {
    let silent = "$JAVACMD $JAVA_OPTS x.Bootstrap $*\n";
    assert_eq!(offset("", &[(SH, silent), (BAT, "set JAVA_OPTS=-DportOffset=1\r\n")]), "1 carbon.xml");
    let wrapper = "wrapper.java.additional.1=-DportOffset=1";
    assert_eq!(offset("", &[(SH, silent), (WRAPPER, wrapper)]), "1 carbon.xml");
}

#[test]
fn what_is_thrown_away_is_said_not_to_count() {
    let engine = Engine::new().expect("the embedded rules load");
    let messages = |keys: &str, script: &str| {
        let project = open(&engine, keys, &[(SH, script.as_bytes())]);
        let linted = engine.lint(&project, &std::collections::HashMap::new());
        linted.findings.into_iter().map(|finding| finding.message).collect::<Vec<String>>().join("\n")
    };
    let replaced = format!("JAVA_OPTS=-DportOffset=3\nJAVA_OPTS=-Xmx1g{LAUNCH}");
    assert_eq!(messages("", &replaced), "pub starts with offset 1 (carbon.xml); the 3 in wso2server.sh does not count");
    let given = format!("JAVA_OPTS=-Xmx1g{LAUNCH}");
    assert_eq!(messages(GIVEN, &given), "pub starts with offset 1 (carbon.xml); the 4 of the start command does not count");
    assert_eq!(messages("", &format!("JAVA_OPTS=-DportOffset=1\nJAVA_OPTS=-Xmx1g{LAUNCH}")), "");
}
