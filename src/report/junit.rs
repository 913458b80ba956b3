//! `JUnit` XML, for everything that shows test results: a node is a test case, what is wrong with it its failures.
//!
//! There is no standard; the elements are those that the schema of Jenkins' xUnit plugin and all known readers share.

use std::collections::HashMap;
use std::io;

// Writing only, one dependency, and escaping is its business; `quick-junit` would bring clocks and ids that no report here has.
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::catalogue::Severity;
use crate::lint::{Finding, Ignored, Label, Safety};

use super::words::{is_unsafe, said};
use super::{Report, Run};

/// A test case.
struct Case<'a> {
    name: &'a str,
    findings: Vec<&'a Finding>,
}

/// What becomes a test case of its own, beside the nodes.
const TOPOLOGY: &str = "(topology)";

impl Case<'_> {
    fn failing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().copied().filter(|finding| finding.severity > Severity::Info)
    }

    fn fails(&self) -> bool {
        self.failing().next().is_some()
    }
}

/// The whole report: a suite for each topology.
pub fn render(run: &Run<'_>) -> String {
    // Writing to memory cannot fail.
    let bytes = document(run).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn document(run: &Run<'_>) -> io::Result<Vec<u8>> {
    let suites: Vec<(Report<'_>, Vec<Case<'_>>)> = run.reports.iter().map(|report| (*report, cases(*report))).collect();
    let tests = suites.iter().map(|(_, cases)| cases.len()).sum::<usize>() + run.ignored().count();
    let failures: usize = suites.iter().map(|(_, cases)| cases.iter().filter(|case| case.fails()).count()).sum();
    let unread = run.unread.len();
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer
        .create_element("testsuites")
        .with_attribute(("name", "carbonlint"))
        .with_attributes(counts(tests + unread, failures, unread).each_ref().map(|(name, count)| (*name, count.as_str())))
        .write_inner_content(|writer| {
            suites.iter().try_for_each(|(report, cases)| suite(writer, *report, cases, run.show_ignored))?;
            run.unread.iter().try_for_each(|one| unread_suite(writer, &one.name, &one.why))
        })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn counts(tests: usize, failures: usize, errors: usize) -> [(&'static str, String); 3] {
    [("tests", tests.to_string()), ("failures", failures.to_string()), ("errors", errors.to_string())]
}

/// A case for each node, and one for what is about no node. A finding belongs to its first node: told once.
fn cases(report: Report<'_>) -> Vec<Case<'_>> {
    let nodes = &report.model().nodes;
    let mut cases: Vec<Case<'_>> = nodes.iter().map(|node| Case { name: &node.name, findings: Vec::new() }).collect();
    let mut rest = Case { name: TOPOLOGY, findings: Vec::new() };
    for finding in &report.linted.findings {
        let case = finding.nodes.first().and_then(|node| cases.get_mut(*node)).unwrap_or(&mut rest);
        case.findings.push(finding);
    }
    cases.extend(Some(rest).filter(|case| !case.findings.is_empty()));
    cases
}

fn suite(writer: &mut Writer<Vec<u8>>, report: Report<'_>, cases: &[Case<'_>], show_ignored: bool) -> io::Result<()> {
    let name = plain(report.topology());
    let failures = cases.iter().filter(|case| case.fails()).count();
    let element = writer.create_element("testsuite").with_attribute(("name", name.as_str()));
    let ignored: &[Ignored] = if show_ignored { &report.linted.ignored } else { &[] };
    let counts = counts(cases.len() + ignored.len(), failures, 0);
    let number = ignored.len().to_string();
    let element = element.with_attributes((!ignored.is_empty()).then_some(("skipped", number.as_str())));
    element.with_attributes(counts.each_ref().map(|(name, count)| (*name, count.as_str()))).write_inner_content(|writer| {
        for case in cases {
            // Readers tell cases apart by class and name: nodes of the same name are in other topologies too.
            let element = writer.create_element("testcase").with_attribute(("classname", name.as_str()));
            let element = element.with_attribute(("name", plain(case.name).as_str()));
            if case.findings.is_empty() {
                element.write_empty()?;
            } else {
                element.write_inner_content(|writer| content(writer, report, case))?;
            }
        }
        skipped(writer, report, &name, ignored)
    })?;
    Ok(())
}

/// A case for each finding that is ignored: one of a node cannot be skipped in part.
fn skipped(writer: &mut Writer<Vec<u8>>, report: Report<'_>, class: &str, ignored: &[Ignored]) -> io::Result<()> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for one in ignored {
        let nodes = report.nodes(&one.finding);
        let link = one.finding.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
        let name = plain(&format!("{}: {}{link}", nodes.first().unwrap_or(&TOPOLOGY), one.finding.rule));
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count > 1 { format!("{name} {count}") } else { name };
        let reason = plain(&format!("{} ({})", one.reason, report.model().sources().file_line(one.place)));
        let case = writer.create_element("testcase").with_attribute(("classname", class));
        case.with_attribute(("name", name.as_str())).write_inner_content(|writer| {
            writer.create_element("skipped").with_attribute(("message", reason.as_str())).write_empty()?;
            writer.create_element("system-out").write_text_content(BytesText::new(&line(report, &one.finding)))?;
            Ok(())
        })?;
    }
    Ok(())
}

fn content(writer: &mut Writer<Vec<u8>>, report: Report<'_>, case: &Case<'_>) -> io::Result<()> {
    for finding in case.failing() {
        writer
            .create_element("failure")
            .with_attribute(("type", plain(&finding.rule).as_str()))
            .with_attribute(("message", plain(&finding.message).as_str()))
            .write_text_content(BytesText::new(&details(report, finding)))?;
    }
    // Infos fail nothing. Some readers show the first failure only: what they leave out stands here.
    let several = case.failing().count() > 1;
    let listed: Vec<String> = case
        .findings
        .iter()
        .filter(|finding| several || finding.severity == Severity::Info)
        .map(|finding| line(report, finding))
        .collect();
    if !listed.is_empty() {
        writer.create_element("system-out").write_text_content(BytesText::new(&listed.join("\n")))?;
    }
    Ok(())
}

/// The line of the format `short`.
fn line(report: Report<'_>, finding: &Finding) -> String {
    let sources = report.model().sources();
    let place = finding.labels.first().map(|label| {
        let start = sources.position(label.place).start;
        format!("{}:{}:{}: ", sources.get(label.place.source).name, start.line, start.column)
    });
    plain(&format!("{}{}[{}] {}", place.unwrap_or_default(), finding.severity.name(), finding.rule, finding.message))
}

fn details(report: Report<'_>, finding: &Finding) -> String {
    let sources = report.model().sources();
    let mut lines = vec![line(report, finding)];
    let nodes = report.nodes(finding);
    lines.extend((!nodes.is_empty()).then(|| format!("nodes: {}", plain(&nodes.join(", ")))));
    let label = |label: &Label| plain(&format!("{}: {}", sources.file_line(label.place), label.text));
    lines.extend(finding.labels.iter().filter(|label| !label.text.is_empty()).map(label));
    lines.extend(finding.symptom.iter().map(|symptom| plain(&format!("what breaks: {symptom}"))));
    lines.extend(finding.note.iter().map(|note| plain(&format!("note: {note}"))));
    for (at, fix) in finding.fixes.iter().enumerate() {
        let heading = if at == 0 { "help" } else { "or" };
        let why = if fix.safety == Safety::Unsafe { format!(" (unsafe: {})", fix.why) } else { String::new() };
        lines.push(plain(&format!("{heading}: {}{why}", fix.title)));
    }
    lines.join("\n")
}

fn unread_suite(writer: &mut Writer<Vec<u8>>, name: &str, why: &str) -> io::Result<()> {
    let (name, why) = (plain(name), plain(&said(why)));
    let element = writer.create_element("testsuite").with_attribute(("name", name.as_str()));
    let counts = counts(1, 0, 1);
    element.with_attributes(counts.each_ref().map(|(name, count)| (*name, count.as_str()))).write_inner_content(|writer| {
        let case = writer.create_element("testcase").with_attribute(("classname", name.as_str()));
        case.with_attribute(("name", TOPOLOGY)).write_inner_content(|writer| {
            let error = writer.create_element("error").with_attribute(("type", "not checked"));
            error.with_attribute(("message", why.as_str())).write_empty()?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

/// A text on one line, without what XML 1.0 has no way to write, and without what a terminal would obey.
fn plain(text: &str) -> String {
    let kept = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => None,
        c => Some(c),
    };
    text.chars().filter_map(kept).collect()
}
