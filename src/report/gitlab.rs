//! The code quality report of GitLab: a list of issues with the fields of Code Climate that GitLab reads.

use serde::Serialize;

use crate::catalogue::Severity;
use crate::lint::Finding;

use super::json::pretty;
use super::words::clean;
use super::{Report, Run};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
    /// GitLab ignores what it does not know.
    nodes: Vec<&'a str>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Every finding, infos too.
pub fn render(run: &Run<'_>) -> String {
    let issues: Vec<Issue<'_>> = run.findings().filter_map(|(report, finding)| issue(report, finding)).collect();
    pretty(&issues)
}

fn issue<'a>(report: Report<'a>, finding: &'a Finding) -> Option<Issue<'a>> {
    let place = finding.labels.first()?.place;
    let sources = report.model().sources();
    Some(Issue {
        description: clean(&finding.message).into_owned(),
        check_name: &finding.rule,
        fingerprint: &finding.fingerprint,
        // GitLab's words are info, minor, major, critical and blocker.
        severity: match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        location: Location {
            path: clean(&sources.get(place.source).name).into_owned(),
            lines: Lines { begin: sources.position(place).start.line },
        },
        nodes: report.nodes(finding),
    })
}
