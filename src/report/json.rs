//! `check --format json`, version 1. The order and the names of fields are a contract: see the design.

use serde::Serialize;

use crate::deployment::Deployment;
use crate::fix::suggest;
use crate::lint::{Finding, Ignored, Label, Means};

use super::{Report, Run, Summary};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool_version: &'static str,
    summary: Summary,
    findings: Vec<FindingJson<'a>>,
    /// Only where they are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<Vec<FindingJson<'a>>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    symptom: Option<&'a str>,
    nodes: Vec<&'a str>,
    link: Option<&'a str>,
    labels: Vec<LabelJson<'a>>,
    fixes: Vec<FixJson<'a>>,
    fingerprint: &'a str,
    /// Only where several topologies were checked: names of nodes are unique in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    topology: Option<&'a str>,
    /// Why it is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<IgnoredJson<'a>>,
}

#[derive(Serialize)]
struct IgnoredJson<'a> {
    reason: &'a str,
    by: &'static str,
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct LabelJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: usize,
    end: usize,
    text: &'a str,
    primary: bool,
    node: Option<&'a str>,
}

#[derive(Serialize)]
struct FixJson<'a> {
    title: &'a str,
    safety: &'static str,
    applicable: bool,
    edits: Vec<EditJson<'a>>,
}

#[derive(Serialize)]
struct EditJson<'a> {
    file: &'a str,
    start: usize,
    end: usize,
    text: String,
}

/// The report as pretty-printed JSON.
pub fn render(run: &Run<'_>) -> String {
    pretty(&Document {
        version: 1,
        tool_version: env!("CARGO_PKG_VERSION"),
        summary: Summary::of_all(run),
        findings: run.findings().map(|(report, found)| finding(report, found, run.is_several())).collect(),
        ignored: run.show_ignored.then(|| run.ignored().map(|(report, one)| ignored(report, one, run.is_several())).collect()),
    })
}

/// Pretty-printed, with a line end. Nothing of ours can fail to serialise: keys are strings, numbers are finite.
pub(super) fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn finding<'a>(report: Report<'a>, finding: &'a Finding, several: bool) -> FindingJson<'a> {
    let model = report.model();
    FindingJson {
        rule: &finding.rule,
        severity: finding.severity.name(),
        message: &finding.message,
        symptom: finding.symptom.as_deref(),
        nodes: report.nodes(finding),
        link: finding.link.as_deref(),
        labels: finding.labels.iter().enumerate().map(|(at, one)| label(model, one, at == 0)).collect(),
        fixes: finding.fixes.iter().map(|one| fix(model, one)).collect(),
        fingerprint: &finding.fingerprint,
        topology: several.then(|| report.topology()),
        ignored: None,
    }
}

fn ignored<'a>(report: Report<'a>, ignored: &'a Ignored, several: bool) -> FindingJson<'a> {
    let sources = report.model().sources();
    let start = sources.position(ignored.place).start;
    let by = match ignored.by {
        Means::Comment => "comment",
        Means::Topology => "topology",
    };
    let file = &sources.get(ignored.place.source).name;
    let why = IgnoredJson { reason: &ignored.reason, by, file, line: start.line, column: start.column };
    FindingJson { ignored: Some(why), ..finding(report, &ignored.finding, several) }
}

fn label<'a>(model: &'a Deployment, label: &'a Label, primary: bool) -> LabelJson<'a> {
    let position = model.sources().position(label.place);
    LabelJson {
        file: &model.sources().get(label.place.source).name,
        line: position.start.line,
        column: position.start.column,
        end_line: position.end.line,
        end_column: position.end.column,
        start: label.place.span.start,
        end: label.place.span.end,
        text: &label.text,
        primary,
        node: label.node.map(|node| model.nodes[node].name.as_str()),
    }
}

fn fix<'a>(model: &'a Deployment, fix: &'a crate::lint::Fix) -> FixJson<'a> {
    let suggestion = suggest(model, fix);
    let edits = suggestion.edits.into_iter().map(|one| EditJson {
        file: &model.sources().get(one.source).name,
        start: one.edit.span.start,
        end: one.edit.span.end,
        text: one.edit.text,
    });
    FixJson { title: &fix.title, safety: fix.safety.name(), applicable: suggestion.applicable, edits: edits.collect() }
}
