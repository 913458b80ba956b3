//! Rules of one's own, from outside: how they are named, what is said of mistakes in them, and where they count.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const RULE: &str = r#"id: no-offset
title: A node has an offset
severity: warning
for: node
when: node.offset.known and node.offset.value > 0
message: "{{ node.name }} has offset {{ node.offset.value }}"
docs: Offsets are for one machine, and we have many.
examples:
  - name: an offset
    topology: "nodes: [{name: km, role: key-manager, home: km}]"
    files: {km/repository/conf/carbon.xml: <Server><Ports><Offset>1</Offset></Ports></Server>}
    reports: ["warning: km has offset 1"]
  - name: none
    topology: "nodes: [{name: km, role: key-manager, home: km}]"
    files: {km/repository/conf/carbon.xml: <Server><Ports><Offset>0</Offset></Ports></Server>}
"#;

const CARBON: &str = "<Server><Version>2.6.0</Version><Ports><Offset>3</Offset></Ports></Server>";

/// A folder with a topology of one node, and what a case adds.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new(more: &str) -> Self {
        let case = Self { folder: TempDir::new().expect("a folder") };
        case.write("topology.yaml", &format!("nodes: [{{name: km, role: key-manager, home: km}}]\n{more}"));
        case.write("km/repository/conf/carbon.xml", CARBON);
        case
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carbonlint"));
        command.current_dir(self.folder.path()).env_clear().args(arguments).output().expect("it runs")
    }

    #[track_caller]
    fn prints(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(status), "{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.stdout.is_empty());
        text(&output.stderr)
    }

    fn findings(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let output = self.run(&[&["check", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        let found = report["findings"].as_array().expect("findings").iter();
        let of = |finding: &Value, key: &str| finding[key].as_str().expect("a text").to_owned();
        found.map(|finding| (of(finding, "rule"), of(finding, "severity"))).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn found(rule: &str, severity: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), severity.to_owned())]
}

#[test]
fn rules_are_named_by_an_option_or_by_the_topology() {
    let case = Case::new("");
    case.write("house/deep/no-offset.yml", RULE).write("house/README.md", "no rule").write("house/.old.yaml", "no rule");
    assert_eq!(case.findings(&[]), []);
    assert_eq!(case.findings(&["--rules", "house"]), found("no-offset", "warning"));
    case.write("deploy/topology.yaml", "rules_dir: ../house\nnodes: [{name: km, role: key-manager, home: ../km}]\n");
    assert_eq!(case.findings(&["deploy"]), found("no-offset", "warning"), "relative to the topology");
    assert_eq!(case.findings(&["deploy", "--rules", "house"]), found("no-offset", "warning"), "a file counts once");
    case.write("deploy/topology.yaml", "rules_dir: [../house, ../more]\nnodes: [{name: km, role: key-manager, home: ../km}]\n");
    case.write("more/x.yaml", &RULE.replace("id: no-offset", "id: no-offset-at-all"));
    assert_eq!(case.findings(&["deploy"]).len(), 2);
}

#[test]
fn severities_and_ignores_take_their_ids() {
    let case = Case::new("rules_dir: house\nrules: {no-offset: error}\n");
    case.write("house/no-offset.yaml", RULE);
    assert_eq!(case.findings(&[]), found("no-offset", "error"));
    assert_eq!(case.findings(&["--rule", "no-offset=info"]), found("no-offset", "info"));
    assert_eq!(case.findings(&["--rule", "no-offset=off"]), []);
    let said = case.refuses(&["check", "--rule", "no-ofset=off"]);
    assert!(said.contains("Did you mean 'no-offset'?"), "{said}");
    let case = Case::new("rules_dir: house\nignore: [{rule: no-offset, reason: one machine}]\n");
    case.write("house/no-offset.yaml", RULE);
    assert_eq!(case.findings(&[]), []);
    // An id that only `--rules` brings is one where it is given, and a slip elsewhere.
    let case = Case::new("rules: {no-offset: off}\n");
    case.write("house/no-offset.yaml", RULE);
    for command in [&["check"][..], &["ports"], &["links"], &["explain", "km"]] {
        assert!(case.refuses(command).contains("there is no rule `no-offset`"));
        case.prints(&[command, &["--rules", "house"]].concat(), 0);
    }
}

#[test]
fn each_topology_of_a_run_has_its_own() {
    let case = Case::new("");
    case.write("house/no-offset.yaml", RULE);
    case.write("own.yaml", "rules_dir: house\nnodes: [{name: km, role: key-manager, home: km}]\n");
    let report: Value =
        serde_json::from_str(&case.prints(&["check", "topology.yaml", "own.yaml", "--format", "json"], 0)).expect("JSON");
    let of: Vec<&str> =
        report["findings"].as_array().expect("a list").iter().filter_map(|finding| finding["topology"].as_str()).collect();
    assert_eq!(of, ["own.yaml"]);
    let sarif: Value =
        serde_json::from_str(&case.prints(&["check", "topology.yaml", "own.yaml", "--format", "sarif"], 0)).expect("JSON");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
    let own = rules.iter().find(|rule| rule["id"] == "no-offset").expect("the report documents it");
    assert!(own["help"]["text"].as_str().expect("help").contains("your own: house/no-offset.yaml"), "{own}");
    let index = sarif["runs"][0]["results"][0]["ruleIndex"].as_u64().expect("an index");
    assert_eq!(rules[usize::try_from(index).expect("it fits")]["id"], "no-offset");
}

#[test]
fn they_are_listed_and_documented_as_the_users() {
    let case = Case::new("");
    case.write("house/no-offset.yaml", RULE);
    let list = case.prints(&["rules", "--rules", "house"], 0);
    assert!(list.lines().any(|line| line.ends_with("A node has an offset (your own: house/no-offset.yaml)")), "{list}");
    assert_eq!(list.matches("your own").count(), 1);
    let shown = case.prints(&["rules", "no-offset", "--rules", "house"], 0);
    assert!(shown.contains("Offsets are for one machine") && shown.contains("your own: house/no-offset.yaml"), "{shown}");
    assert!(case.refuses(&["rules", "no-offset"]).contains("there is no rule 'no-offset'"));
}

/// Slips in [`RULE`], and what is said of them: place, what is wrong, what helps.
const SLIPS: &[(&str, &str, [&str; 3])] = &[
    ("node.offset.value > 0", "node.offset.valu > 0", [":5:", "an offset has no 'valu'", "did you mean 'value'"]),
    (
        "when: node.offset.known",
        "when: |\n  node.name == 'x' or\n  node.ofset.known",
        [":7:8:", "'ofset'", "did you mean 'offset'"],
    ),
    ("node.offset.value > 0", "node.offset.value > '0'", [":5:", "a number is compared with a text", ""]),
    ("{{ node.name }}", "{{ node.nam }}", [":6:", "a node has no 'nam'", "did you mean 'name'"]),
    ("{{ node.name }}", "{{ node.name", [":6:", "it does not parse", ""]),
    ("for: node", "for: nod", [":4:6:", "'nod' is nothing that a rule can be for", "did you mean `node`?"]),
    ("for: node", "for: node\nselect: [x]", [":5:", "a rule for a node selects nothing", "selected by id"]),
    ("severity: warning", "severity: warnin", [":3:11:", "unknown variant `warnin`", "did you mean `warning`?"]),
    ("message:", "massage:", [":6:1:", "unknown field `massage`", "did you mean `message`?"]),
    ("docs: Offsets are for one machine, and we have many.\n", "", ["", "missing field `docs`", "`docs`: What it means"]),
    ("when: node.offset.known and node.offset.value > 0\n", "", [":1:5:", "has no `when`", "the condition under which"]),
    ("id: no-offset", "id: port-collision", [":1:5:", "is the id of a built-in rule", "rules: {port-collision: warning}"]),
    ("id: no-offset", "id: No offset", [":1:5:", "is no id of a rule", "lower-case letters"]),
    ("id: no-offset", "id: test", [":1:5:", "cannot be the id", "means something else"]),
    ("title: A node", "title: A: node", [":2:", "", "indentation"]),
    (
        "docs: Off",
        "labels: [{setting: thrift-cleint, text: x}]\ndocs: Off",
        [":7:20:", "no setting 'thrift-cleint'", "did you mean `thrift-client`?"],
    ),
    ("known and", "known|lenght > 1 and", [":5:", "there is no filter 'lenght'", "did you mean 'length'?"]),
];

#[test]
fn mistakes_are_said_with_file_line_snippet_and_cure() {
    for (from, to, [place, wrong, cure]) in SLIPS {
        let case = Case::new("rules_dir: house\n");
        assert!(RULE.contains(from), "{from}");
        case.write("house/no-offset.yaml", &RULE.replacen(from, to, 1));
        for arguments in
            [&["check"][..], &["check", "--rules", "house"], &["rules", "--rules", "house"], &["rules", "test", "house"]]
        {
            let said = case.refuses(arguments);
            let unwrapped = said.split_whitespace().collect::<Vec<_>>().join(" ");
            let expected = format!("error: house/no-offset.yaml{place}");
            assert!(unwrapped.contains(&expected), "{expected}: {said}");
            assert!(unwrapped.contains(wrong) && unwrapped.contains(cure), "{wrong}, {cure}: {said}");
            assert!(said.contains("╭─[house/no-offset.yaml:"), "{said}");
            assert!(cure.is_empty() || unwrapped.contains("help: "), "{said}");
        }
    }
}

#[test]
fn all_mistakes_of_all_files_are_said_at_once() {
    let case = Case::new("rules_dir: house\n");
    case.write("house/a.yaml", &RULE.replace("node.name", "node.nam").replace("for: node\n", "for: node\nselect: [x]\n"));
    case.write("house/b.yaml", &RULE.replace("id: no-offset", "id: other").replace("severity: warning", "severity: bad"));
    let said = case.refuses(&["check"]);
    assert_eq!(said.matches("error: house/").count(), 3, "{said}");
    let case = Case::new("rules_dir: house\n");
    case.write("house/a.yaml", RULE).write("house/b.yaml", RULE);
    assert!(case.refuses(&["check"]).contains("rule 'no-offset' is in house/a.yaml already"));
}

#[test]
fn folders_that_are_none_are_said() {
    let case = Case::new("rules_dir: hous\n");
    case.write("house/a.yaml", RULE).write("file.yaml", RULE);
    let said = case.refuses(&["check"]);
    assert!(said.contains("topology.yaml:2:12") && said.contains("there is no such folder"), "{said}");
    assert!(said.contains("did you mean house?"), "{said}");
    let said = case.refuses(&["check", "--rules", "hous"]);
    assert!(said.contains("hous") && said.contains("did you mean house?"), "{said}");
    assert!(case.refuses(&["check", "--rules", "file.yaml"]).contains("it is a file"));
    assert!(case.refuses(&["rules", "test", "km"]).contains("no rules in km"));
    case.write("latin/a.yaml", "");
    fs::write(case.folder.path().join("latin/a.yaml"), b"id: caf\xe9\n").expect("a file");
    let said = case.refuses(&["rules", "--rules", "latin"]);
    assert!(said.contains("latin/a.yaml:1:8") && said.contains("UTF-8"), "{said}");
}

#[test]
fn no_secret_of_a_rule_file_is_shown() {
    let case = Case::new("");
    let leak = RULE.replace("docs: Off", "docss: x\nexample: <Password>hunter2hunter2</Password>\ndocs: Off");
    case.write("house/a.yaml", &leak);
    let said = case.refuses(&["check", "--rules", "house"]);
    assert!(!said.contains("hunter2hunter2"), "{said}");
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_a_failure_unless_it_is_off() {
    let case = Case::new("");
    case.write(
        "house/a.yaml",
        &RULE.replace("message: \"", "message: \"{{ (node.offset.value - 3) // (node.offset.value - 3) }}"),
    );
    assert_eq!(case.run(&["check", "--rules", "house"]).status.code(), Some(2));
    assert_eq!(case.run(&["check", "--rules", "house", "--rule", "no-offset=off"]).status.code(), Some(0));
}

#[test]
fn examples_that_hold_are_listed() {
    let case = Case::new("");
    case.write("house/no-offset.yaml", RULE);
    let said = case.prints(&["rules", "test", "house"], 0);
    assert_eq!(said, "no-offset (house/no-offset.yaml)\n  ok      an offset\n  ok      none\n\n1 rule, 2 examples: all hold\n");
    // Rules that are only there are not tested, and named twice they are.
    case.write(
        "more/x.yaml",
        &RULE.replace("id: no-offset", "id: none-at-all").replace("reports: [", "also: [no-offset]\n    reports: ["),
    );
    assert!(case.prints(&["rules", "test", "more", "--rules", "house"], 0).starts_with("none-at-all"));
    assert_eq!(case.prints(&["rules", "test", "house", "--rules", "house"], 0), said);
}

#[test]
fn examples_that_do_not_hold_say_what_is_and_what_was_wanted() {
    let case = Case::new("");
    case.write("house/no-offset.yaml", &RULE.replace("km has offset 1\"", "km has offset 2\"").replace("<Offset>0", "<Offset>x"));
    let said = case.prints(&["rules", "test", "house"], 1);
    assert!(said.contains("- warning: km has offset 2\n") && said.contains("+ warning: km has offset 1\n"), "{said}");
    assert!(said.contains("+ offset-invalid\n"), "findings of other rules count: {said}");
    assert!(said.ends_with("1 rule, 2 examples: 2 failed\n"), "{said}");
    let broken = RULE.replace("role: key-manager", "role: key-manger");
    case.write("house/no-offset.yaml", &broken);
    let said = case.prints(&["rules", "test", "house"], 1);
    assert!(said.contains("its topology has mistakes: unknown role `key-manger`"), "{said}");
}

#[test]
fn fixes_are_compared_by_title_and_by_bytes() {
    let fix = "fixes:\n  - {title: none, edit: {setting: offset, value: '0'}, safety: safe, why: it is ours}\nexamples:\n";
    let case = Case::new("");
    let with = RULE.replace("examples:\n", fix);
    case.write("house/no-offset.yaml", &with);
    let said = case.prints(&["rules", "test", "house"], 1);
    assert!(said.contains("+ none\n") && said.contains("+   <Server><Ports><Offset>0</Offset></Ports></Server>\n"), "{said}");
    assert!(said.contains("warning  no example shows the files after its fix"), "{said}");
    let fixed = "    fixes: [none]\n    fixed: {km/repository/conf/carbon.xml: <Server><Ports><Offset>0</Offset></Ports></Server>}\n  - name: none\n";
    case.write("house/no-offset.yaml", &with.replace("  - name: none\n", fixed));
    assert!(case.prints(&["rules", "test", "house"], 0).ends_with("2 examples: all hold\n"));
    case.prints(&["check", "--rules", "house", "--fix"], 0);
    let after = fs::read_to_string(case.folder.path().join("km/repository/conf/carbon.xml")).expect("the file");
    assert_eq!(after, CARBON.replace('3', "0"), "rules of one's own mend files too");
}

#[test]
fn a_rule_without_examples_is_warned_about() {
    let case = Case::new("");
    let (without, _) = RULE.split_once("examples:").expect("examples");
    case.write("house/no-offset.yaml", without);
    let said = case.prints(&["rules", "test", "house"], 0);
    assert!(said.contains("warning  no bad example") && said.contains("warning  no good example"), "{said}");
    assert!(said.ends_with("1 rule, 0 examples: all hold, 2 warnings\n"), "{said}");
}

#[test]
fn the_house_rules_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_carbonlint"));
    let output = command.current_dir(root).args(["rules", "test", "examples/house-rules/rules"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).ends_with("4 rules, 8 examples: all hold\n"), "{}", text(&output.stdout));
}

#[test]
fn what_rules_may_say_is_listed_by_kind() {
    let case = Case::new("");
    let all = case.prints(&["rules", "fields"], 0);
    for line in ["for: link (", "for: node (", "offset (", "target (", "functions: ", "filters, "] {
        assert!(all.lines().any(|found| found.starts_with(line)), "{line}: {all}");
    }
    let one = case.prints(&["rules", "fields", "offset"], 0);
    assert!(one.contains("value") && !one.contains("verdict"), "{one}");
    assert!(case.refuses(&["rules", "fields", "lnk"]).contains("did you mean 'link'?"));
}
