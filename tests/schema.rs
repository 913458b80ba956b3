//! The JSON Schemas: current, valid, no stricter than the readers, and as strict where a schema can be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use carbonlint::project::Engine;
use carbonlint::source::Content;
use jsonschema::Validator;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_carbonlint")).args(arguments).current_dir(ROOT).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn validator(arguments: &[&str]) -> Validator {
    let schema: Value = serde_json::from_str(&printed(arguments)).expect("JSON");
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error} at {}", error.instance_path()));
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// YAML as editors hand it to a schema: keys are texts.
fn yaml(text: &str) -> Value {
    let value: serde_json::Value = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    value
}

#[track_caller]
fn accepts(validator: &Validator, name: &str, text: &str) {
    let value = yaml(text);
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
}

/// Files of a folder and those in it.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rule_files() -> Vec<PathBuf> {
    let all = [below(&Path::new(ROOT).join("rules")), below(&Path::new(ROOT).join("examples/house-rules/rules"))].concat();
    all.into_iter().filter(|path| !path.starts_with(Path::new(ROOT).join("rules/catalogue"))).collect()
}

#[test]
fn the_schemas_in_the_folder_are_those_that_are_printed() {
    for what in ["topology", "rule"] {
        let path = format!("schema/{what}.schema.json");
        let kept = fs::read_to_string(Path::new(ROOT).join(&path)).unwrap_or_default();
        assert!(kept == printed(&["schema", what]), "{path} is old: carbonlint schema {what} > {path}");
    }
    assert_eq!(printed(&["schema"]), printed(&["schema", "topology"]));
}

#[test]
fn every_topology_of_the_examples_validates() {
    let schema = validator(&["schema"]);
    let topologies: Vec<PathBuf> =
        below(&Path::new(ROOT).join("examples")).into_iter().filter(|path| path.ends_with("topology.yaml")).collect();
    assert!(topologies.len() > 8);
    for path in topologies {
        accepts(&schema, &path.display().to_string(), &read(&path));
    }
    let readme = read(&Path::new(ROOT).join("README.md"));
    for block in readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        if block.starts_with("nodes:") || block.starts_with("version:") {
            accepts(&schema, "README", block);
        }
    }
}

#[test]
fn every_rule_file_and_the_topologies_of_its_examples_validate() {
    let (rule, topology) = (validator(&["schema", "rule"]), validator(&["schema"]));
    for path in rule_files() {
        let name = path.display().to_string();
        accepts(&rule, &name, &read(&path));
        for example in yaml(&read(&path))["examples"].as_array().into_iter().flatten() {
            let text = example["topology"].as_str().expect("a topology");
            // A few show what a topology may write that is no JSON: left to the reader.
            accepts(&topology, &format!("{name}: {}", example["name"]), text);
        }
    }
}

/// Topologies, and whether the reader takes them.
const TOPOLOGIES: &[(&str, bool)] = &[
    ("nodes: [{name: gw, role: gateway, home: gw}]", true),
    ("nodes: [{name: gw, role: [gateway, store], home: [a, {from: b, to: repository/conf}]}]\nignore:\nrules:", true),
    ("version: '1'\ndefaults: {role: gateway, home: gw}\nnodes: [{name: gw}]", true),
    ("nodes: [{name: 7, role: gateway, home: 7, host: 10, port_offset: '5', product: 2.6}]", true),
    ("nodes: [{name: gw, role: gateway, home: gw, host: '::1', aliases: ['[fe80::1]', 10.0.0.5, grün.example]}]", true),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb, ports: {443: ['gw:8243']}}]", true),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb, nodes: gw}]", true),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nrules: {port-collision: off}", true),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nignore: [{rule: 'thrift-*', reason: x, link: 'thrift-*'}]", true),
    ("nodes: [{name: gw, role: gateway, home: gw, properties: {a: '', b: 1}, environment: {}}]", true),
    ("", false),
    ("nodes:", false),
    ("nodes: []", false),
    ("nodes: [{name: gw, role: gateway}]", false),
    ("nodes: [{name: gw, home: gw}]", false),
    ("nodes: [{role: gateway, home: gw}]", false),
    ("defaults: {role: gateway}\nnodes: [{name: gw}]", false),
    ("nodes: [{name: gw, role: gatway, home: gw}]", false),
    ("nodes: [{name: gw, role: [], home: gw}]", false),
    ("nodes: [{name: gw, role: gateway, hom: gw}]", false),
    ("nodes: [{name: gw.x, role: gateway, home: gw}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw, host: 'https://gw'}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw, host: ''}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw, port_offset: two}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw, port_offset: 3000000000}]", false),
    ("nodes: [{name: gw, role: gateway, home: {from: a}}]", false),
    ("nodes: [{name: gw, role: gateway, home: {from: a, to: ../x}}]", false),
    ("nodes: [{name: gw, role: gateway, home: {from: a, to: /x}}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw, properties: {a: }}]", false),
    ("version: 2\nnodes: [{name: gw, role: gateway, home: gw}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb, nodes: gw, ports: {443: 'gw:1'}}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb, ports: {443: gw}}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nload_balancers: [{host: lb, ports: {70000000: 'gw:1'}}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nexternals: [{name: db}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nrules: {port-colision: off}", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nrules: {port-collision: loud}", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nignore: [{rule: port-colision, reason: x}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nignore: [{rule: port-collision}]", false),
    ("nodes: [{name: gw, role: gateway, home: gw}]\nnode: []", false),
];

#[test]
fn the_schema_of_topologies_and_their_reader_agree() {
    let (schema, engine) = (validator(&["schema"]), Engine::new().expect("the embedded rules load"));
    for (text, good) in TOPOLOGIES {
        let opened = engine.open_in(&carbonlint::home::Memory::default(), Path::new(""), text);
        assert_eq!(opened.is_ok(), *good, "the reader: {text}: {:?}", opened.err().map(|error| error.to_string()));
        assert_eq!(schema.is_valid(&yaml(text)), *good, "the schema: {text}");
    }
}

const RULE: &str =
    "id: x\ntitle: t\nseverity: error\nfor: link\nselect: [thrift-client]\nwhen: link.explicit\nmessage: m\ndocs: d\n";

/// Slips in [`RULE`]: what is replaced by what, and whether the reader takes it.
const RULES: &[(&str, &str, bool)] = &[
    ("docs: d", "docs: d", true),
    ("docs: d", "docs: d\nsymptom:\nonce: x\ngeneral: true", true),
    ("docs: d", "docs: d\nlabels: [{at: offset, node: link.node, text: x}]", true),
    ("docs: d", "docs: d\nfixes: [{title: x, safety: safe, why: y, edit: {setting: thrift-client, value: '5'}}]", true),
    ("docs: d", "docs: d\nfixes: [{title: x, safe_when: link.explicit, why: y, edits: [{part: port, value: '5'}]}]", true),
    ("docs: d", "docs: 5\nexamples: [{name: 99, topology: x}]", true),
    ("id: x", "id: X y", false),
    ("title: t\n", "", false),
    ("severity: error", "severity: eror", false),
    ("for: link", "for: lnk", false),
    ("[thrift-client]", "[thrift-cleint]", false),
    ("for: link", "for: node", false),
    ("message: m", "massage: m", false),
    ("when: link.explicit\n", "", false),
    ("docs: d", "docs: d\nlabels: [{text: x}]", false),
    ("docs: d", "docs: d\nlabels: [{setting: thrift-cleint, text: x}]", false),
    ("docs: d", "docs: d\nlabels: [{at: ofset, text: x}]", false),
    ("docs: d", "docs: d\nfixes: [{title: x, why: y, edit: {setting: thrift-client, value: '5'}}]", false),
    ("docs: d", "docs: d\nfixes: [{title: x, safety: sure, why: y, edit: {setting: thrift-client, value: '5'}}]", false),
    ("docs: d", "docs: d\nfixes: [{title: x, safety: safe, why: y, edit: {setting: thrift-client}}]", false),
    ("docs: d", "docs: d\nfixes: [{title: x, safety: safe, why: y, edit: {setting: thrift-clien, value: '5'}}]", false),
    (
        "docs: d",
        "docs: d\nfixes: [{title: x, safety: safe, why: y, edit: {part: port, setting: thrift-client, value: '5'}}]",
        false,
    ),
    ("docs: d", "docs: d\nexamples: [{name: x}]", false),
];

#[test]
fn the_schema_of_rules_and_their_reader_agree() {
    let (schema, engine) = (validator(&["schema", "rule"]), Engine::new().expect("the embedded rules load"));
    for (from, to, good) in RULES {
        let text = RULE.replace(from, to);
        let read = carbonlint::lint::add_own(&engine.rules, [("x.yaml", text.as_str())], &engine.catalogue);
        assert_eq!(read.is_ok(), *good, "the reader: {text}: {:?}", read.err());
        let errors: Vec<String> =
            schema.iter_errors(&yaml(&text)).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert_eq!(errors.is_empty(), *good, "the schema: {text}: {errors:#?}");
    }
}

#[test]
fn rules_of_ones_own_are_known_where_they_are_named() {
    let topology =
        |more: &str| format!("nodes: [{{name: gw, role: gateway, home: gw}}]\nrules: {{offset-below-100: off}}\n{more}");
    let own = ["schema", "--rules", "examples/house-rules/rules"];
    assert!(!validator(&["schema"]).is_valid(&yaml(&topology(""))));
    assert!(validator(&["schema"]).is_valid(&yaml(&topology("rules_dir: rules"))), "nobody knows what is in there");
    assert!(validator(&own).is_valid(&yaml(&topology(""))));
    assert!(!validator(&own).is_valid(&yaml(&topology("ignore: [{rule: offset-below-10, reason: x}]"))));
}

#[test]
fn every_key_says_what_it_means() {
    fn undocumented(schema: &Value, path: &str, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            if property["description"].as_str().is_none_or(str::is_empty) {
                found.push(path.clone());
            }
            undocumented(property, &path, found);
        }
        for below in ["items", "additionalProperties"].iter().filter_map(|key| schema.get(key)) {
            undocumented(below, path, found);
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten() {
            undocumented(choice, path, found);
        }
        for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
            undocumented(definition, name, found);
        }
    }
    for what in ["topology", "rule"] {
        let schema: Value = serde_json::from_str(&printed(&["schema", what])).expect("JSON");
        let mut found = Vec::new();
        undocumented(&schema, "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{what}");
        assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    }
}

#[test]
fn the_reader_of_topologies_takes_what_the_schema_calls_its_version() {
    let content = Content::plain("version: \"1\"\nnodes: [{name: gw, role: gateway, home: gw}]");
    assert!(carbonlint::topology::read(&content).is_ok());
}
