//! Reads each format back, into what all of them have to say of a finding.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::parsed;

/// What every format has to say of a finding, as far as it has a word for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    pub rule: String,
    pub severity: String,
    pub message: String,
    pub file: String,
    pub line: u64,
    pub column: Option<u64>,
    pub nodes: Option<Vec<String>>,
}

pub fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(string).collect()
}

pub fn of_json(text: &str) -> Vec<Said> {
    let findings = parsed(text)["findings"].as_array().expect("a list").clone();
    let one = |finding: &Value| Said {
        rule: string(&finding["rule"]),
        severity: string(&finding["severity"]),
        message: string(&finding["message"]),
        file: string(&finding["labels"][0]["file"]),
        line: finding["labels"][0]["line"].as_u64().expect("a number"),
        column: finding["labels"][0]["column"].as_u64(),
        nodes: Some(strings(&finding["nodes"])),
    };
    findings.iter().map(one).collect()
}

pub fn of_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Said> {
    let line = Regex::new(r"^(.+?):(\d+):(\d+): (\w+)\[([\w-]+)\] (.*)$").expect("a pattern");
    let one = |text: &str| {
        let parts = line.captures(text).unwrap_or_else(|| panic!("not one line: {text}"));
        Said {
            rule: parts[5].to_owned(),
            severity: parts[4].to_owned(),
            message: parts[6].to_owned(),
            file: parts[1].to_owned(),
            line: parts[2].parse().expect("a number"),
            column: parts[3].parse().ok(),
            nodes: None,
        }
    };
    lines.map(one).collect()
}

/// Undoes percent-encoding.
pub fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

pub fn of_sarif(text: &str) -> Vec<Said> {
    let run = parsed(text)["runs"][0].clone();
    let one = |result: &Value| {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("it fits");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = string(&place["artifactLocation"]["uri"]);
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
        Said {
            rule: string(&result["ruleId"]),
            severity: string(&result["level"]).replace("note", "info"),
            message: string(&result["message"]["text"]),
            file: decoded(&uri),
            line: place["region"]["startLine"].as_u64().expect("a number"),
            column: place["region"]["startColumn"].as_u64(),
            nodes: Some(strings(&result["properties"]["nodes"])),
        }
    };
    run["results"].as_array().expect("a list").iter().map(one).collect()
}

pub fn of_github(text: &str) -> Vec<Said> {
    let one = |line: &str| {
        let (head, message) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
        let (command, properties) = head.split_once(' ').expect("properties");
        let properties: BTreeMap<&str, String> = properties
            .split(',')
            .filter_map(|one| one.split_once('='))
            .map(|(key, value)| (key, decoded_escapes(value)))
            .collect();
        let title = &properties["title"];
        let (rule, nodes) =
            title.split_once(" (").map_or((title.as_str(), ""), |(rule, nodes)| (rule, nodes.trim_end_matches(')')));
        Said {
            rule: rule.to_owned(),
            severity: command.replace("notice", "info"),
            message: decoded_escapes(message),
            file: properties["file"].clone(),
            line: properties["line"].parse().expect("a number"),
            column: properties.get("col").map(|column| column.parse().expect("a number")),
            nodes: Some(nodes.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()),
        }
    };
    text.lines().map(one).collect()
}

/// As the runner undoes them.
fn decoded_escapes(text: &str) -> String {
    let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    pairs.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

pub fn of_gitlab(text: &str) -> Vec<Said> {
    let severity = |word: &str| {
        match word {
            "major" => "error",
            "minor" => "warning",
            other => other,
        }
        .to_owned()
    };
    let one = |issue: &Value| Said {
        rule: string(&issue["check_name"]),
        severity: severity(&string(&issue["severity"])),
        message: string(&issue["description"]),
        file: string(&issue["location"]["path"]),
        line: issue["location"]["lines"]["begin"].as_u64().expect("a number"),
        column: None,
        nodes: Some(strings(&issue["nodes"])),
    };
    parsed(text).as_array().expect("a list").iter().map(one).collect()
}

/// Failures, and infos where nothing fails: each case lists either all of its findings or its infos apart.
pub fn of_junit(text: &str) -> Vec<Said> {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut all = Vec::new();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        for failure in case.children().filter(|node| node.has_tag_name("failure")) {
            let lines: Vec<&str> = failure.text().expect("a text").lines().collect();
            let mut one = of_lines(lines[..1].iter().copied()).remove(0);
            assert_eq!((failure.attribute("type"), failure.attribute("message")), (Some(&*one.rule), Some(&*one.message)));
            let nodes = lines.iter().find_map(|line| line.strip_prefix("nodes: ")).unwrap_or_default();
            one.nodes = Some(nodes.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect());
            all.push(one);
        }
        let listed = case.children().filter(|node| node.has_tag_name("system-out")).filter_map(|node| node.text());
        let infos = listed.flat_map(str::lines).filter(|line| line.contains(": info["));
        all.extend(of_lines(infos));
    }
    all
}
