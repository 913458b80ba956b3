//! Formats for other programs: against their schemas, against each other, byte for byte where they promise bytes.

mod read_back;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use read_back::{Said, decoded, of_github, of_gitlab, of_json, of_junit, of_lines, of_sarif, string};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FORMATS: [&str; 7] = ["human", "short", "json", "sarif", "github", "gitlab", "junit"];

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("carbonlint").expect("the program");
    command.current_dir(folder).env_clear().args(arguments).output().expect("it runs")
}

fn printed(folder: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(folder, arguments).stdout).expect("UTF-8")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn examples() -> Vec<String> {
    let folders = fs::read_dir(Path::new(ROOT).join("examples")).expect("examples").flatten();
    let mut names: Vec<String> = folders.map(|entry| format!("examples/{}", entry.file_name().display())).collect();
    names.retain(|name| Path::new(ROOT).join(name).join("topology.yaml").is_file());
    names.sort();
    names
}

/// A deployment with every kind of finding that is awkward to print: names that need escaping in each format, a place at
/// the very start of a file, infos, what is about no node, a line with characters beyond ASCII.
fn awkward() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let conf = |home: &str| folder.path().join(home).join("repository/conf");
    let gateway = "ho mes/g%w, \u{fc}:1 <&>\"'";
    for (home, offset, text) in [
        (gateway, "2", fs::read_to_string(format!("{ROOT}/examples/offset-mismatch/homes/gw/repository/conf/api-manager.xml"))),
        ("km", "5", fs::read_to_string(format!("{ROOT}/examples/offset-mismatch/homes/km/repository/conf/api-manager.xml"))),
    ] {
        fs::create_dir_all(conf(home)).expect("a folder");
        let carbon = format!(
            "<Server><Version>2.6.0</Version>\n<Ports><!-- \u{e4}\u{1f600} --><Offset>{offset}</Offset></Ports></Server>\n"
        );
        fs::write(conf(home).join("carbon.xml"), carbon).expect("a file");
        fs::write(conf(home).join("api-manager.xml"), text.expect("the example")).expect("a file");
    }
    fs::create_dir_all(conf("broken")).expect("a folder");
    fs::write(conf("broken").join("carbon.xml"), "<Server><Version>2.6.0</Version>\n\u{0}").expect("a file");
    let topology = format!(
        "nodes:\n  - {{name: 'gw', role: gateway, home: {home}, host: gw.example.com, port_offset: 3}}\n  \
         - {{name: km, role: key-manager, home: km, host: km.example.com}}\n  \
         - {{name: broken, role: publisher, home: broken}}\n  - {{name: gone, role: devportal, home: not/there}}\n\
         load_balancers:\n  - {{host: lb.example.com, ports: {{9443: ['km:9999']}}}}\n\
         ignore:\n  - {{rule: port-collision, reason: gone}}\n",
        home = serde_json::to_string(gateway).expect("a string")
    );
    fs::write(folder.path().join("topology.yaml"), topology).expect("a file");
    folder
}

/// An example with a finding that a comment ignores.
fn ignoring() -> TempDir {
    let folder = copied("examples/offset-mismatch");
    let path = folder.path().join("homes/gw/repository/conf/carbon.xml");
    let mut carbon = fs::read(&path).expect("the file");
    let at = carbon.windows(8).position(|bytes| bytes == b"<Offset>").expect("an offset");
    carbon.splice(at..at, *b"<!-- carbonlint: ignore thrift-port-mismatch: <moved> & \"gone\" -->\n");
    fs::write(path, carbon).expect("it");
    folder
}

fn validator(schema: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(format!("{ROOT}/tests/schemas/{schema}")).expect("the schema");
    // The published pattern of a language has a bracket too many, which not every reader of patterns takes.
    let text = text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}?$");
    jsonschema::options().should_validate_formats(true).build(&parsed(&text)).expect("a schema")
}

#[track_caller]
fn assert_valid(validator: &jsonschema::Validator, text: &str) {
    let errors: Vec<String> =
        validator.iter_errors(&parsed(text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn sarif_and_gitlab_keep_to_their_schemas() {
    let (sarif, gitlab) = (validator("sarif-2.1.0.json"), validator("gitlab-code-quality.json"));
    assert!(!sarif.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{}]})), "the schema refuses something");
    assert!(!gitlab.is_valid(&serde_json::json!([{"description": "x"}])), "the schema refuses something");
    for example in examples() {
        assert_valid(&sarif, &printed(Path::new(ROOT), &["check", &example, "--format", "sarif"]));
        assert_valid(&gitlab, &printed(Path::new(ROOT), &["check", &example, "--format", "gitlab"]));
    }
    let ignoring = ignoring();
    let shown = ["check", "--show-ignored", "--format"];
    let sarif_ignored = printed(ignoring.path(), &[&shown[..], &["sarif"]].concat());
    assert!(sarif_ignored.contains("\"inSource\""), "{sarif_ignored}");
    assert_valid(&sarif, &sarif_ignored);
    let folder = awkward();
    for topologies in [&["topology.yaml"][..], &["topology.yaml", "not/there.yaml"]] {
        let arguments = |format| [&["check", "--format", format], topologies].concat();
        assert_valid(&sarif, &printed(folder.path(), &arguments("sarif")));
        assert_valid(&gitlab, &printed(folder.path(), &arguments("gitlab")));
    }
}

#[test]
fn nothing_found_is_an_empty_list_and_not_nothing() {
    let healthy = |format| printed(Path::new(ROOT), &["check", "examples/healthy-distributed", "--format", format]);
    let sarif = parsed(&healthy("sarif"));
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(healthy("gitlab"), "[]\n");
    assert_eq!(healthy("github"), "");
    assert!(healthy("junit").contains(r#"failures="0""#));
}

/// What a format cannot say is taken from the other one.
fn as_far_as(one: &Said, other: &Said) -> Said {
    Said { column: one.column.or(other.column), nodes: one.nodes.clone().or_else(|| other.nodes.clone()), ..one.clone() }
}

#[track_caller]
fn assert_all_say_the_same(folder: &Path, topology: &str) -> usize {
    let report = |format| printed(folder, &["check", topology, "--format", format]);
    let expected = of_json(&report("json"));
    let short = report("short");
    for (format, mut said) in [
        ("short", of_lines(short.lines())),
        ("sarif", of_sarif(&report("sarif"))),
        ("github", of_github(&report("github"))),
        ("gitlab", of_gitlab(&report("gitlab"))),
        ("junit", of_junit(&report("junit"))),
    ] {
        let mut expected = expected.clone();
        if format == "junit" {
            // In the order of nodes.
            said.sort();
            expected.sort();
        }
        assert_eq!(said.len(), expected.len(), "{format}: {said:#?}");
        for (one, other) in said.iter().zip(&expected) {
            assert_eq!(&as_far_as(one, other), other, "{format}");
        }
    }
    let human = printed(folder, &["check", topology, "--verbose"]);
    let flat = human.split_whitespace().collect::<Vec<_>>().join(" ");
    for one in &expected {
        let message = one.message.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&format!("{}[{}]: {message}", one.severity, one.rule)), "{one:?}\n{human}");
        let place = format!("{}:{}:", one.file, one.line);
        assert!(human.contains(&place), "{place}\n{human}");
    }
    expected.len()
}

#[test]
fn all_formats_say_the_same() {
    let seven = assert_all_say_the_same(Path::new(ROOT), "examples/five-on-one-machine-seven-mistakes");
    assert_eq!(seven, 7);
    for example in examples() {
        assert_all_say_the_same(Path::new(ROOT), &example);
    }
    let folder = awkward();
    let awkward = parsed(&printed(folder.path(), &["check", "--format", "json"]));
    let severities: Vec<&str> =
        awkward["findings"].as_array().expect("a list").iter().filter_map(|one| one["severity"].as_str()).collect();
    assert!(["error", "warning", "info"].iter().all(|severity| severities.contains(severity)), "{awkward:#}");
    assert!(awkward["findings"].as_array().expect("a list").iter().any(|one| one["nodes"] == serde_json::json!([])));
    assert_all_say_the_same(folder.path(), "topology.yaml");
}

#[test]
fn junit_counts_what_it_holds_and_has_a_case_for_each_node() {
    let folder = awkward();
    for (folder, topology) in [(Path::new(ROOT), "examples/five-on-one-machine-seven-mistakes"), (folder.path(), "topology.yaml")]
    {
        let text = printed(folder, &["check", topology, "--format", "junit"]);
        let document = roxmltree::Document::parse(&text).expect("XML");
        let is = |tag| move |node: &roxmltree::Node<'_, '_>| node.has_tag_name(tag);
        let cases: Vec<_> = document.descendants().filter(is("testcase")).collect();
        let failing = cases.iter().filter(|case| case.children().any(|node| node.has_tag_name("failure"))).count();
        for counted in document.descendants().filter(|node| node.has_tag_name("testsuite") || node.has_tag_name("testsuites")) {
            let count = |name| counted.attribute(name).and_then(|text| text.parse::<usize>().ok());
            assert_eq!((count("tests"), count("failures"), count("errors")), (Some(cases.len()), Some(failing), Some(0)));
        }
        let nodes = parsed(&printed(folder, &["ports", topology, "--format", "json"]))["nodes"].as_array().expect("a list").len();
        let other = cases.iter().filter(|case| case.attribute("name") == Some("(topology)")).count();
        assert_eq!(cases.len(), nodes + other);
    }
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
                found.insert(name, fs::read(entry.path()).expect("a file"));
            }
        }
    }
    found
}

/// Applies the first fix of each result, as an editor would: bytes for bytes, from the end of a file on.
fn apply_sarif(folder: &Path, sarif: &Value) -> usize {
    let mut replacements: BTreeMap<String, Vec<(usize, usize, Vec<u8>)>> = BTreeMap::new();
    let offset = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("it fits");
    for result in sarif["runs"][0]["results"].as_array().expect("a list") {
        for change in result["fixes"][0]["artifactChanges"].as_array().into_iter().flatten() {
            let file = decoded(&string(&change["artifactLocation"]["uri"]));
            for one in change["replacements"].as_array().expect("a list") {
                let start = offset(&one["deletedRegion"]["byteOffset"]);
                let bytes = STANDARD.decode(string(&one["insertedContent"]["binary"])).expect("Base64");
                let edit = (start, start + offset(&one["deletedRegion"]["byteLength"]), bytes);
                let edits = replacements.entry(file.clone()).or_default();
                if !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    for (file, edits) in &mut replacements {
        edits.sort();
        let path = folder.join(file);
        let mut bytes = fs::read(&path).expect("the file");
        for (start, end, text) in edits.iter().rev() {
            bytes.splice(start..end, text.iter().copied());
        }
        fs::write(path, bytes).expect("the file");
    }
    replacements.len()
}

fn copied(example: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let from = Path::new(ROOT).join(example);
    for (name, bytes) in files(&from) {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::write(to, bytes).expect("a file");
    }
    folder
}

#[test]
fn fixes_of_sarif_are_those_of_the_program_byte_for_byte() {
    for example in ["examples/offset-mismatch", "examples/five-on-one-machine-seven-mistakes"] {
        let (by_sarif, by_program) = (copied(example), copied(example));
        // Another encoding: the bytes of new text are others then.
        for folder in [&by_sarif, &by_program] {
            let file = files(folder.path()).into_keys().find(|name| name.ends_with("api-manager.xml")).expect("the file");
            let path = folder.path().join(file);
            let text = fs::read_to_string(&path).expect("UTF-8");
            let text = text.replace("ISO-8859-1", "UTF-16").replace("UTF-8", "UTF-16");
            let bytes: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            fs::write(path, bytes).expect("a file");
        }
        let sarif = parsed(&printed(by_sarif.path(), &["check", "--format", "sarif"]));
        assert!(apply_sarif(by_sarif.path(), &sarif) > 0);
        assert_eq!(run_in(by_program.path(), &["check", "--fix"]).status.code(), Some(0));
        assert!(files(by_sarif.path()) == files(by_program.path()), "{example}");
    }
}

#[test]
fn a_code_flow_walks_the_calling_side_before_the_opening_one() {
    let sarif = parsed(&printed(Path::new(ROOT), &["check", "examples/offset-mismatch", "--format", "sarif"]));
    let result = &sarif["runs"][0]["results"][0];
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("a list");
    let texts: Vec<String> = steps.iter().map(|step| string(&step["location"]["message"]["text"])).collect();
    assert_eq!(texts, ["10397 + offset 2 = 10399, called by gw", "10397 + offset 5 = 10402, opened by km"]);
}

#[test]
fn a_fingerprint_is_the_same_in_every_format_and_survives_moved_lines() {
    let folder = copied("examples/five-on-one-machine-seven-mistakes");
    let fingerprints = |format: &str, path: &str| {
        let report = parsed(&printed(folder.path(), &["check", "--format", format]));
        let list = report.pointer(path).expect("a list").as_array().expect("a list").clone();
        let one = |value: &Value| {
            let place = ["/fingerprint", "/partialFingerprints/carbonlint~1v1"];
            place.iter().find_map(|place| value.pointer(place)).map(string).expect("a fingerprint")
        };
        list.iter().map(one).collect::<Vec<_>>()
    };
    let json = fingerprints("json", "/findings");
    assert_eq!(json.len(), 7);
    assert_eq!(fingerprints("sarif", "/runs/0/results"), json);
    assert_eq!(fingerprints("gitlab", ""), json);
    for (name, bytes) in files(folder.path()).into_iter().filter(|(_, bytes)| bytes.starts_with(b"<")) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let at = text.find("?>").map_or(0, |end| end + 2);
        fs::write(folder.path().join(name), format!("{}\n\n<!-- moved -->\n{}", &text[..at], &text[at..])).expect("a file");
    }
    assert_eq!(fingerprints("sarif", "/runs/0/results"), json);
}

#[test]
fn every_format_is_written_to_files_as_to_standard_output() {
    let folder = TempDir::new().expect("a folder");
    let path = |format: &str| folder.path().join(format).display().to_string();
    let wanted: Vec<String> = FORMATS.iter().map(|format| format!("--format={format}={}", path(format))).collect();
    let arguments: Vec<&str> =
        ["check", "examples/offset-mismatch"].into_iter().chain(wanted.iter().map(String::as_str)).collect();
    let output = run_in(Path::new(ROOT), &arguments);
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(1), 0, 0));
    for format in FORMATS {
        let expected = printed(Path::new(ROOT), &["check", "examples/offset-mismatch", "--format", format]);
        assert_eq!(fs::read_to_string(path(format)).expect("the file"), expected, "{format}");
    }
    assert_eq!(files(folder.path()).len(), FORMATS.len(), "nothing else is left behind");
}
