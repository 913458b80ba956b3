//! Findings for people: what is, what breaks, the ways out, and what was checked.

use crate::catalogue::Severity;
use crate::fix::{Suggestion, suggest};
use crate::lint::{Finding, Ignored, Safety};

use super::snippet::{self, Texts};
use super::words::{Ink, clean, count, paragraph, wrap};
use super::{Report, Run, Style, Summary, checked, diff, mended};

/// Places of one finding that are drawn.
const PLACES: usize = 6;

/// The whole report: one topology after the other, each under its name where there are several.
pub fn render(run: &Run<'_>, style: &Style) -> String {
    if !run.is_several() {
        return run.reports.iter().map(|report| one(run, report, *style)).collect();
    }
    let mut text = String::new();
    for report in &run.reports {
        text.push_str(&style.paint(Ink::Strong, &format!("topology {}", clean(report.topology()))));
        text.push_str(&format!("\n\n{}\n", one(run, report, *style)));
    }
    text + &together(run, *style)
}

/// `3 topologies: 1 error, 2 infos, 1 could not be checked`.
fn together(run: &Run<'_>, style: Style) -> String {
    let all = Summary::of_all(run);
    let mut parts = Vec::new();
    if all.errors + all.warnings == 0 && !run.reports.iter().any(|report| report.linted.failed) {
        parts.push("no errors or warnings".to_owned());
    }
    parts.extend(Some(totals_of(&all, style)).filter(|totals| !totals.is_empty()));
    if !run.unread.is_empty() {
        let names: Vec<&str> = run.unread.iter().map(|unread| unread.name.as_str()).collect();
        parts.push(style.paint(Ink::Severity(Severity::Error), &format!("not checked: {}", clean(&names.join(", ")))));
    }
    let heading = style.paint(Ink::Strong, &format!("{} topologies:", run.reports.len() + run.unread.len()));
    format!("{heading} {}\n", parts.join(", "))
}

fn one(run: &Run<'_>, report: &Report<'_>, style: Style) -> String {
    let mut texts = Texts::new(report.model());
    let shown: Vec<&Finding> =
        report.linted.findings.iter().filter(|finding| style.verbose || finding.severity > Severity::Info).collect();
    let mut text = report.mended.map(|mended| mended::render(report, mended, style)).unwrap_or_default();
    // A rule that could not be evaluated might have found something.
    if !report.linted.failed && report.linted.findings.iter().all(|finding| finding.severity == Severity::Info) {
        text.push_str(&style.paint(Ink::Strong, "no errors or warnings"));
        text.push_str("\n\n");
    }
    for finding in &shown {
        text.push_str(&self::finding(report, &mut texts, finding, style));
        text.push('\n');
    }
    for ignored in report.linted.ignored.iter().filter(|_| run.show_ignored) {
        text.push_str(&self::ignored(report, ignored, style));
        text.push('\n');
    }
    text.push_str(&checked::render(report, style));
    text
}

fn finding(report: &Report<'_>, texts: &mut Texts<'_>, finding: &Finding, style: Style) -> String {
    let severity = finding.severity;
    let mut text = heading(finding, style);
    let limit = if style.verbose { PLACES * 8 } else { PLACES };
    text.push_str(&snippet::draw(texts, &finding.labels, severity, limit, style));
    if let Some(symptom) = &finding.symptom {
        text.push_str(&paragraph(style, (Ink::Strong, "what breaks:"), symptom, 2));
    }
    if let Some(note) = &finding.note {
        text.push_str(&paragraph(style, (Ink::Strong, "note:"), note, 2));
    }
    for (index, fix) in finding.fixes.iter().enumerate() {
        let suggestion = suggest(report.model(), fix);
        text.push_str(&self::fix(report, &suggestion, index == 0, style));
    }
    text
}

/// What it is, where, and why it does not count.
fn ignored(report: &Report<'_>, ignored: &Ignored, style: Style) -> String {
    let sources = report.model().sources();
    let mut text = heading(&ignored.finding, style);
    if let Some(label) = ignored.finding.labels.first() {
        text.push_str(&paragraph(style, (Ink::Faint, "at:"), &sources.file_line(label.place), 2));
    }
    let why = format!("{} ({})", ignored.reason, sources.file_line(ignored.place));
    text + &paragraph(style, (Ink::Strong, "ignored:"), &why, 2)
}

/// `error[rule]: message`, the message in as many lines as it needs.
fn heading(finding: &Finding, style: Style) -> String {
    let tag = format!("{}[{}]", finding.severity.name(), clean(&finding.rule));
    let columns = style.columns();
    let lines = wrap(&clean(&finding.message), columns.saturating_sub(tag.chars().count() + 2), columns - 4);
    let lines: Vec<String> = lines.iter().map(|line| style.paint(Ink::Strong, line)).collect();
    format!("{}: {}\n", style.paint(Ink::Severity(finding.severity), &tag), lines.join("\n    "))
}

fn fix(report: &Report<'_>, suggestion: &Suggestion, first: bool, style: Style) -> String {
    let heading = if first { "help:" } else { "  or:" };
    let mut title = suggestion.title.clone();
    if suggestion.safety == Safety::Unsafe {
        title.push_str(&format!(" (unsafe: {})", suggestion.why));
    }
    let mut text = paragraph(style, (Ink::Help, heading), &title, 2);
    if suggestion.applicable {
        text.push_str(&diff::draw(report.model(), suggestion, 8, style));
    }
    for what in &suggestion.by_hand {
        text.push_str(&paragraph(style, (Ink::Strong, "by hand:"), &crate::source::mask_text(what), 8));
    }
    text
}

/// `1 error, 2 infos (--verbose lists them), 1 ignored`.
pub(super) fn totals(report: &Report<'_>, style: Style) -> String {
    totals_of(&Summary::of(report), style)
}

fn totals_of(summary: &Summary, style: Style) -> String {
    let mut parts = Vec::new();
    if summary.errors > 0 {
        parts.push(style.paint(Ink::Severity(Severity::Error), &count(summary.errors, "error")));
    }
    if summary.warnings > 0 {
        parts.push(style.paint(Ink::Severity(Severity::Warning), &count(summary.warnings, "warning")));
    }
    if summary.infos > 0 {
        let hint = match (style.verbose, summary.infos) {
            (true, _) => "",
            (false, 1) => " (--verbose shows it)",
            (false, _) => " (--verbose lists them)",
        };
        parts.push(format!("{}{hint}", count(summary.infos, "info")));
    }
    if summary.ignored > 0 {
        parts.push(format!("{} ignored", summary.ignored));
    }
    if let Some(baselined) = summary.baselined {
        parts.push(format!("{} in the baseline", count(baselined, "finding")));
    }
    parts.join(", ")
}
