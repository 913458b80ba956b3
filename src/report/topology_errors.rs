//! Why a project cannot be opened, for people: every mistake of the topology, or of the user's rules, at its place.

use crate::catalogue::Severity;
use crate::home::display;
use crate::lint::RuleError;
use crate::project::{BadRules, OpenError};
use crate::source::{Content, Kind, mask_file, mask_text};
use crate::topology::TopologyError;

use super::Style;
use super::excerpt::Mark;
use super::snippet::draw_text;
use super::words::{Ink, clean, paragraph};

/// All mistakes.
pub fn render(error: &OpenError, style: &Style) -> String {
    match error {
        OpenError::Unreadable { path, why } => {
            format!("{} {}\n", tag(*style), clean(&format!("{} cannot be read: {why}", display(path))))
        }
        OpenError::Topology { name, content, errors } => {
            // A topology that cannot be read may be broken YAML: more is starred out there.
            let text = mask_file(content.text(), Kind::Yaml, true);
            let parts: Vec<String> = errors.iter().map(|error| mistake(name, content, &text, error, *style)).collect();
            parts.join("\n")
        }
        OpenError::Rules(rules) => {
            let parts: Vec<String> = rules.errors.iter().map(|error| rule(rules, error, *style)).collect();
            parts.join("\n")
        }
    }
}

/// A mistake in a rule file: the place is in the first line, for a snippet may be in none.
fn rule(rules: &BadRules, error: &RuleError, style: Style) -> String {
    let message = mask_text(&RuleError { help: None, ..error.clone() }.to_string());
    let mut shown = paragraph(style, (Ink::Severity(Severity::Error), "error:"), &message, 0);
    if let (Some(file), Some(range)) = (rules.file(error), &error.range) {
        let text = mask_file(file.content.text(), Kind::Yaml, true);
        let mark = Mark { range: range.clone(), says: "here".to_owned(), primary: true };
        shown.push_str(&draw_text(&file.name, &text, &[mark], Severity::Error, style).concat());
    }
    if let Some(help) = &error.help {
        shown.push_str(&paragraph(style, (Ink::Help, "help:"), &mask_text(help), 2));
    }
    shown
}

fn tag(style: Style) -> String {
    style.paint(Ink::Severity(Severity::Error), "error:")
}

fn mistake(name: &str, content: &Content, text: &str, error: &TopologyError, style: Style) -> String {
    let message = mask_text(&error.message);
    let mut shown = match error.span {
        Some(span) => {
            let mark = Mark { range: content.to_text(span), says: "here".to_owned(), primary: true };
            let drawn = draw_text(name, text, &[mark], Severity::Error, style).concat();
            format!("{}{drawn}", paragraph(style, (Ink::Severity(Severity::Error), "error:"), &message, 0))
        }
        None => paragraph(style, (Ink::Severity(Severity::Error), "error:"), &format!("{name}: {message}"), 0),
    };
    if let Some(help) = &error.help {
        shown.push_str(&paragraph(style, (Ink::Help, "help:"), &mask_text(help), 2));
    }
    shown
}
