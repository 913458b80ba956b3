//! One line a finding: `path:line:column: severity[rule] message`, for editors and for grep.

use super::Run;
use super::words::clean;

/// Every finding, infos too; what is ignored, where that is wanted, behind all others.
pub fn render(run: &Run<'_>) -> String {
    let mut text = String::new();
    let ignored = run.ignored().map(|(report, ignored)| (report, &ignored.finding, " (ignored)"));
    for (report, finding, ending) in run.findings().map(|(report, finding)| (report, finding, "")).chain(ignored) {
        let sources = report.model().sources();
        // A finding always has a place.
        let Some(place) = finding.labels.first().map(|label| label.place) else { continue };
        let (file, start) = (clean(&sources.get(place.source).name), sources.position(place).start);
        let (severity, rule, message) = (finding.severity.name(), clean(&finding.rule), clean(&finding.message));
        text.push_str(&format!("{file}:{}:{}: {severity}[{rule}] {message}{ending}\n", start.line, start.column));
    }
    text
}
