//! Tests of the reports, on projects in memory and with rules of their own: what the shipped rules say is tested there.

mod findings;
mod formats;
mod overviews;
mod safety;

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use crate::home::Memory;
use crate::lint::Linted;
use crate::project::{Engine, OpenError, Project};

use super::{Report, Run, Style};

const MISMATCH: &str = r#"
id: test-mismatch
title: The Thrift ports differ
severity: error
for: link
select: [thrift-client]
when: link.verdict == "wrong port"
message: "{{ link.node }} calls {{ link.target.node }} on Thrift port {{ link.port }}, but {{ link.target.node }} listens on {{ link.target.port }}"
symptom: "clients get 403; the log of {{ link.node }} says: {{ link.log }}"
note: a note
fixes:
  - title: "set the client port to {{ link.target.port }}"
    edit: {setting: thrift-client, value: "{{ link.target.port }}"}
    safety: safe
    why: only this gateway reads it
  - title: "set the server port to {{ link.port }}"
    edit: {node: link.target.node, setting: thrift-server, value: "{{ link.port }}"}
    safety: unsafe
    why: others may call it
docs: |
  What it means.
examples:
  - {name: two offsets, topology: "", reports: [x]}
"#;

const UNKNOWN_HOST: &str = r#"
id: test-host
title: A host that nobody has
severity: info
for: link
when: link.verdict == "unknown host"
message: "{{ link.node }} calls a host that nobody has"
docs: nothing
"#;

/// The catalogue that is embedded, with the rules above.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new().expect("embedded data");
    let rules = crate::lint::load([("mismatch.yaml", MISMATCH), ("host.yaml", UNKNOWN_HOST)], &engine.catalogue).expect("rules");
    engine.rules = std::sync::Arc::new(rules);
    engine
});

/// A deployment in memory.
#[derive(Default)]
struct Case {
    files: Memory,
    nodes: String,
    rest: String,
}

/// What reports take.
struct Opened {
    project: Project,
    linted: Linted,
}

impl Opened {
    fn report(&self) -> Report<'_> {
        Report { project: &self.project, linted: &self.linted, mended: None }
    }

    fn run(&self) -> Run<'_> {
        Run { rules: &ENGINE.rules, reports: vec![self.report()], unread: Vec::new(), show_ignored: false }
    }
}

impl Case {
    /// Adds a node with a host of its name, and its carbon.xml and api-manager.xml.
    fn node(mut self, name: &str, role: &str, offset: &str, api_manager: impl Into<Vec<u8>>) -> Self {
        self.nodes.push_str(&format!("  - {{name: {name}, role: {role}, home: {name}, host: {name}.example.com}}\n"));
        let carbon =
            format!("<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n");
        self.files.insert(format!("{name}/repository/conf/carbon.xml"), carbon);
        self.files.insert(format!("{name}/repository/conf/api-manager.xml"), api_manager);
        self
    }

    fn text(&self) -> String {
        format!("nodes:\n{}{}", self.nodes, self.rest)
    }

    fn try_open(&self) -> Result<Project, OpenError> {
        ENGINE.open_in(&self.files, Path::new(""), &self.text())
    }

    fn open(&self) -> Opened {
        let project = self.try_open().expect("a topology without mistakes");
        let linted = ENGINE.lint(&project, &HashMap::new());
        assert!(!linted.failed, "a rule of the tests fails");
        Opened { project, linted }
    }
}

const TIME_OUT: &str = "<ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>";

/// What a gateway's api-manager.xml says of its key manager.
fn gateway(host: &str) -> String {
    format!(
        "<APIManager>\n  <APIKeyValidator>\n    <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n    {TIME_OUT}\n    \
         <ServerURL>https://{host}:9448/services/</ServerURL>\n    <ThriftServerHost>{host}</ThriftServerHost>\n  \
         </APIKeyValidator>\n</APIManager>\n"
    )
}

const KEY_MANAGER: &str = "<APIManager>
  <APIKeyValidator>
    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>
    <EnableThriftServer>true</EnableThriftServer>
  </APIKeyValidator>
</APIManager>
";

/// Gateway and key manager whose offsets differ.
fn mismatch() -> Case {
    Case::default().node("gw", "gateway", "2", gateway("km.example.com")).node("km", "key-manager", "5", KEY_MANAGER)
}

fn style() -> Style {
    Style { width: 90, ..Style::default() }
}
