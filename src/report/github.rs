//! Annotations of GitHub Actions: one workflow command a finding, on the line that it is about.

use crate::catalogue::Severity;

use super::words::{clean, said};
use super::{Report, Run};
use crate::lint::Finding;

/// Every finding, infos as notices, and what could not be checked.
pub fn render(run: &Run<'_>) -> String {
    let findings = run.findings().filter_map(|(report, finding)| annotation(report, finding));
    let unread = run.unread.iter().map(|one| format!("::error file={}::{}\n", property(&one.name), data(&said(&one.why))));
    findings.chain(unread).collect()
}

fn annotation(report: Report<'_>, finding: &Finding) -> Option<String> {
    let place = finding.labels.first()?.place;
    let sources = report.model().sources();
    let (position, file) = (sources.position(place), &sources.get(place.source).name);
    let (start, end) = (position.start, position.end);
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    // The runner refuses columns where first and last line differ.
    let (column, end_column) = if start.line == end.line {
        (format!(",col={}", start.column), format!(",endColumn={}", end.column))
    } else {
        (String::new(), String::new())
    };
    let nodes = report.nodes(finding).join(", ");
    let title = if nodes.is_empty() { finding.rule.clone() } else { format!("{} ({nodes})", finding.rule) };
    Some(format!(
        "::{command} file={},line={}{column},endLine={}{end_column},title={}::{}\n",
        property(file),
        start.line,
        end.line,
        property(&title),
        data(&finding.message)
    ))
}

/// The runner undoes exactly these escapes in a message (`escapeData` of the Actions toolkit).
fn data(text: &str) -> String {
    clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// And these in a property (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
