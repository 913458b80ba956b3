//! One line a finding: `path:line:column: severity[rule] message`, for editors and for grep.

use super::Report;
use super::words::clean;

/// Every finding, infos too.
pub fn render(report: &Report<'_>) -> String {
    let sources = report.model().sources();
    let mut text = String::new();
    for finding in &report.linted.findings {
        // A finding always has a place; one without is still better shown than lost.
        let place = finding.labels.first().map(|label| label.place);
        let (file, start) = match place {
            Some(place) => (clean(&sources.get(place.source).name), sources.position(place).start),
            None => continue,
        };
        let (severity, rule, message) = (finding.severity.name(), clean(&finding.rule), clean(&finding.message));
        text.push_str(&format!("{file}:{}:{}: {severity}[{rule}] {message}\n", start.line, start.column));
    }
    text
}
