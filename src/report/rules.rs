//! `carbonlint rules`: the list of rules, and the documentation of one.

use crate::lint::{Rule, Rules};
use crate::source::nearest;

use super::words::{clean, table};

/// All rules by id: id, severity, title; of the user's own ones the file.
pub fn list(rules: &Rules) -> String {
    let rows = rules
        .ids()
        .into_iter()
        .filter_map(|id| rules.get(id))
        .map(|rule| vec![rule.id.clone(), severity(rule).to_owned(), title(rule)]);
    table(&rows.collect::<Vec<_>>(), "")
}

fn severity(rule: &Rule) -> &'static str {
    if rule.file.off { "off" } else { rule.file.severity.name() }
}

fn title(rule: &Rule) -> String {
    let title = clean(&rule.file.title);
    if rule.is_own { format!("{title} (your own: {})", clean(&rule.path)) } else { title.into_owned() }
}

/// The documentation of one rule, as plain text.
///
/// # Errors
/// If there is no such rule: what is nearest.
pub fn show(rules: &Rules, id: &str) -> Result<String, String> {
    let rule = rules.get(id).ok_or_else(|| unknown(rules, id))?;
    let file = &rule.file;
    let mut text = format!("{}: {}\n\nseverity: {}", rule.id, file.title, file.severity.name());
    if file.off {
        text.push_str(&format!("; off unless it is given one (--rule {}={})", rule.id, file.severity.name()));
    }
    for other in &file.severity_when {
        text.push_str(&format!("; {} when {}", other.severity.name(), other.when.value));
    }
    text.push_str(&format!("\nabout: {}", file.subject.value));
    if !file.select.is_empty() {
        let select: Vec<&str> = file.select.iter().map(|id| id.value.as_str()).collect();
        text.push_str(&format!(" ({})", select.join(", ")));
    }
    if rule.is_own {
        text.push_str(&format!("\nyour own: {}", clean(&rule.path)));
    }
    text.push_str(&format!("\n\n{}\n", file.docs.trim_end()));
    text.push_str(&fixes(rule));
    if !file.examples.is_empty() {
        text.push_str("\nexamples:\n");
        for example in &file.examples {
            let good = if example.reports.is_empty() { " (nothing reported)" } else { "" };
            text.push_str(&format!("  {}{good}\n", example.name));
        }
    }
    Ok(text)
}

fn unknown(rules: &Rules, id: &str) -> String {
    let near = nearest(id, rules.ids()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    format!("there is no rule '{}'{near} (`carbonlint rules` lists them)", clean(id))
}

/// A title with `…` where numbers and names come.
fn without_templates(title: &str) -> String {
    let mut parts = title.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| format!("…{}", part.split_once("}}").map_or("", |(_, rest)| rest)));
    let text: String = rest.fold(first, |text, part| text + &part);
    // What stands under a condition may be there: shown.
    text.split("{%").map(|part| part.split_once("%}").map_or(part, |(_, rest)| rest)).collect()
}

fn fixes(rule: &Rule) -> String {
    if rule.file.fixes.is_empty() {
        return String::new();
    }
    let mut text = "\nfixes:\n".to_owned();
    for fix in &rule.file.fixes {
        let safety = match (&fix.safe_when, fix.safety) {
            (Some(when), _) => format!("safe when {}", when.value),
            (None, Some(safety)) => safety.name().to_owned(),
            (None, None) => "unsafe".to_owned(),
        };
        text.push_str(&format!("  {}\n    {safety}: {}\n", without_templates(fix.title.value.trim_end()), fix.why.trim_end()));
    }
    text
}
