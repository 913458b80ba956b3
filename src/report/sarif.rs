//! SARIF 2.1.0, for code scanning and editors: findings with every place, the arithmetic as a flow, fixes as bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::catalogue::Severity;
use crate::config;
use crate::fix::{FileEdit, Suggestion, suggest};
use crate::lint::{Finding, Ignored, Label, Means, Rule, Rules, Safety};
use crate::source::{Place, SourceId, mask};

use super::json::pretty;
use super::sarif_log::{
    ArtifactChange, ArtifactLocation, CodeFlow, Configuration, Content, Driver, Fingerprints, FixLog, FixProperties, Help,
    Invocation, Location, Log, Notification, PhysicalLocation, Region, Replacement, ResultLog, ResultProperties, RuleLog,
    RuleProperties, RunLog, Step, Suppression, Text, ThreadFlow, Tool,
};
use super::words::{clean, said};
use super::{Report, Run};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name under which readers know the root of what was checked; where that is, they know better.
const ROOT: &str = "%SRCROOT%";

/// The report as one run of one tool.
pub fn render(run: &Run<'_>) -> String {
    let ids = run.rules.ids();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [RunLog {
            tool: Tool {
                driver: Driver {
                    name: "carbonlint",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: ids.iter().filter_map(|id| run.rules.get(id)).map(|one| rule(run.rules, one)).collect(),
                },
            },
            invocations: [invocation(run)],
            column_kind: "unicodeCodePoints",
            results: results(run, &ids),
        }],
    };
    pretty(&log)
}

fn results<'a>(run: &Run<'a>, ids: &[&str]) -> Vec<ResultLog<'a>> {
    let several = run.is_several();
    let found = run.findings().map(|(report, found)| ResultLog {
        suppressions: run.show_ignored.then(Vec::new),
        ..result(report, found, ids, several)
    });
    let ignored = run.ignored().map(|(report, ignored)| ResultLog {
        suppressions: Some(vec![suppression(report, ignored)]),
        ..result(report, &ignored.finding, ids, several)
    });
    found.chain(ignored).collect()
}

fn suppression(report: Report<'_>, ignored: &Ignored) -> Suppression {
    let kind = match ignored.by {
        Means::Comment => "inSource",
        Means::Topology => "external",
    };
    let label = Label { place: ignored.place, text: String::new(), node: None };
    Suppression { kind, justification: clean(&ignored.reason).into_owned(), location: labelled(report, &label, None) }
}

/// What kept the run from being whole.
fn invocation(run: &Run<'_>) -> Invocation {
    let unread = run.unread.iter().map(|one| format!("{} was not checked: {}", said(&one.name), said(&one.why)));
    let failed = run.reports.iter().any(|report| report.linted.failed);
    let failed = failed.then(|| "a rule could not be evaluated".to_owned());
    let notifications: Vec<Notification> =
        unread.chain(failed).map(|text| Notification { level: "error", message: Text { text } }).collect();
    Invocation { execution_successful: notifications.is_empty(), tool_execution_notifications: notifications }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule<'a>(rules: &Rules, rule: &'a Rule) -> RuleLog<'a> {
    let docs = rule.file.docs.trim_end();
    let first = docs.split("\n\n").next().unwrap_or(docs).split_whitespace().collect::<Vec<_>>().join(" ");
    RuleLog {
        id: &rule.id,
        short_description: text(&rule.file.title),
        full_description: Text { text: first },
        help: Help { text: super::rules::show(rules, &rule.id).unwrap_or_default(), markdown: docs },
        default_configuration: Configuration { enabled: rule.file.off.then_some(false), level: level(rule.file.severity) },
        properties: RuleProperties {
            problem_severity: match rule.file.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

/// A text as it is. The standard wants braces doubled, for arguments; readers show texts without arguments unchanged.
fn text(text: &str) -> Text {
    Text { text: clean(text).into_owned() }
}

fn result<'a>(report: Report<'a>, finding: &'a Finding, ids: &[&str], several: bool) -> ResultLog<'a> {
    let (primary, others) = finding.labels.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
    ResultLog {
        rule_id: &finding.rule,
        rule_index: ids.binary_search(&finding.rule.as_str()).ok(),
        level: level(finding.severity),
        message: text(&finding.message),
        locations: primary.map(|label| labelled(report, label, None)).into_iter().collect(),
        related_locations: others.iter().zip(1..).map(|(label, id)| labelled(report, label, Some(id))).collect(),
        code_flows: flow(report, finding).into_iter().collect(),
        fixes: finding.fixes.iter().filter_map(|one| fix(report, &suggest(report.model(), one))).collect(),
        suppressions: None,
        partial_fingerprints: Fingerprints { first: &finding.fingerprint },
        properties: ResultProperties {
            nodes: report.nodes(finding),
            link: finding.link.as_deref(),
            symptom: finding.symptom.as_deref().map(|symptom| clean(symptom).into_owned()),
            topology: several.then(|| report.topology()),
        },
    }
}

/// The arithmetic of both sides, step by step. One step alone is no flow.
fn flow(report: Report<'_>, finding: &Finding) -> Option<CodeFlow> {
    let label = |place: &Place| finding.labels.iter().find(|label| label.place == *place);
    let locations: Vec<Step> =
        finding.flow.iter().filter_map(label).map(|label| Step { location: labelled(report, label, None) }).collect();
    (locations.len() > 1).then_some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
}

fn labelled(report: Report<'_>, label: &Label, id: Option<usize>) -> Location {
    Location {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(report, label.place.source),
            region: region(report, label.place),
        },
        message: (!label.text.is_empty()).then(|| text(&label.text)),
    }
}

/// Lines and columns as everywhere: from 1, columns in characters, the end one past the last.
fn region(report: Report<'_>, place: Place) -> Region {
    let position = report.model().sources().position(place);
    Region {
        start_line: position.start.line,
        start_column: position.start.column,
        end_line: position.end.line,
        end_column: position.end.column,
        byte_offset: None,
        byte_length: None,
    }
}

fn artifact(report: Report<'_>, source: SourceId) -> ArtifactLocation {
    let name = &report.model().sources().get(source).name;
    let drive = name.split('/').next().is_some_and(|first| first.len() == 2 && first.ends_with(':'));
    match (name.starts_with('/'), drive) {
        (true, _) => ArtifactLocation { uri: format!("file://{}", encoded(name)), uri_base_id: None },
        (_, true) => ArtifactLocation { uri: format!("file:///{}", encoded(name)), uri_base_id: None },
        _ => ArtifactLocation { uri: encoded(name), uri_base_id: Some(ROOT) },
    }
}

/// A path as part of an address: what RFC 3986 does not leave unreserved is percent-encoded, slashes are kept.
fn encoded(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    path.bytes().map(byte).collect()
}

/// A fix as bytes; `None` where it cannot be made, or where what it writes may not be shown.
fn fix(report: Report<'_>, suggestion: &Suggestion) -> Option<FixLog> {
    let shown = |one: &FileEdit| mask(&one.edit.text, !report.model().is_understood(one.source)) == one.edit.text;
    if !suggestion.applicable || !suggestion.edits.iter().all(shown) {
        return None;
    }
    let files = suggestion.edits.chunk_by(|one, other| one.source == other.source);
    let changes: Option<Vec<ArtifactChange>> = files.map(|edits| change(report, edits)).collect();
    let description = match suggestion.safety {
        Safety::Safe => suggestion.title.clone(),
        Safety::Unsafe => format!("{} (unsafe: {})", suggestion.title, suggestion.why),
    };
    Some(FixLog {
        description: text(&description),
        artifact_changes: changes?,
        properties: FixProperties { safety: suggestion.safety.name() },
    })
}

fn change(report: Report<'_>, edits: &[FileEdit]) -> Option<ArtifactChange> {
    let replacement = |one: &FileEdit| {
        let place = Place { source: one.source, span: one.edit.span };
        let bytes = config::encode(&one.edit.text, &report.model().sources().get(one.source).content)?;
        Some(Replacement {
            deleted_region: Region {
                byte_offset: Some(place.span.start),
                byte_length: Some(place.span.len()),
                ..region(report, place)
            },
            inserted_content: Content { text: one.edit.text.clone(), binary: STANDARD.encode(bytes) },
        })
    };
    let replacements: Option<Vec<Replacement>> = edits.iter().map(replacement).collect();
    Some(ArtifactChange { artifact_location: artifact(report, edits.first()?.source), replacements: replacements? })
}
