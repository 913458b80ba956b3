//! One line a finding: `path:line:column: severity[rule] message`, for editors and for grep.

use super::Run;
use super::words::clean;

/// Every finding, infos too.
pub fn render(run: &Run<'_>) -> String {
    let mut text = String::new();
    for (report, finding) in run.findings() {
        let sources = report.model().sources();
        // A finding always has a place.
        let Some(place) = finding.labels.first().map(|label| label.place) else { continue };
        let (file, start) = (clean(&sources.get(place.source).name), sources.position(place).start);
        let (severity, rule, message) = (finding.severity.name(), clean(&finding.rule), clean(&finding.message));
        text.push_str(&format!("{file}:{}:{}: {severity}[{rule}] {message}\n", start.line, start.column));
    }
    text
}
