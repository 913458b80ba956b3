//! `--statistics`: how many findings of each rule and severity there are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::catalogue::Severity;

use super::words::{Ink, clean, table};
use super::{Run, Style};

/// A row for each rule and severity, the worst and most frequent first; empty where there is nothing to count.
pub fn render(run: &Run<'_>, style: Style) -> String {
    let mut counts: BTreeMap<(Reverse<Severity>, &str), usize> = BTreeMap::new();
    for (_, finding) in run.findings() {
        *counts.entry((Reverse(finding.severity), &finding.rule)).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|((severity, rule), number)| (*severity, Reverse(*number), *rule));
    let width = counts.iter().map(|(_, number)| number.to_string().len()).max().unwrap_or_default();
    let row = |((severity, rule), number): &((Reverse<Severity>, &str), usize)| {
        let title = run.rules.get(rule).map(|rule| clean(&rule.file.title).into_owned()).unwrap_or_default();
        vec![format!("{number:>width$}"), severity.0.name().to_owned(), clean(rule).into_owned(), title]
    };
    let rows: Vec<Vec<String>> = counts.iter().map(row).collect();
    format!("{}\n{}", style.paint(Ink::Strong, "findings by rule:"), table(&rows, "  "))
}
