//! The small diff below the title of a fix.

use crate::deployment::Deployment;
use crate::fix::{Preview, Suggestion, preview};
use crate::source::mask;

use super::Style;
use super::excerpt::{Window, cut};
use super::words::{Ink, clean, count};

/// Lines of one place beyond which the rest is only counted.
const LINES: usize = 6;

/// What a suggestion changes, each place with its file and line, indented.
pub fn draw(model: &Deployment, suggestion: &Suggestion, indent: usize, style: Style) -> String {
    preview(model, suggestion).iter().map(|one| place(model, one, indent, style)).collect()
}

pub(super) fn place(model: &Deployment, preview: &Preview, indent: usize, style: Style) -> String {
    let margin = " ".repeat(indent);
    let name = &model.sources().get(preview.source).name;
    let mut text = format!("{margin}{}:{}\n", clean(name), preview.line);
    let (removed, added) = (dedented(preview, &preview.removed), dedented(preview, &preview.added));
    let window = Window { limit: style.columns().saturating_sub(indent + 2), ellipsis: style.ellipsis() };
    let pairs = removed.len() == added.len();
    for (sign, ink, lines, others) in [('-', Ink::Removed, &removed, &added), ('+', Ink::Added, &added, &removed)] {
        for (at, line) in lines.iter().take(LINES).enumerate() {
            let other = others.get(at).filter(|_| pairs).map_or("", String::as_str);
            let changed = if other.is_empty() { 0..0 } else { difference(line, other) };
            let shown = cut(line, &[changed], window).text;
            text.push_str(&format!("{margin}{}\n", style.paint(ink, &format!("{sign} {shown}"))));
        }
        if lines.len() > LINES {
            text.push_str(&format!("{margin}{sign} {}\n", count(lines.len() - LINES, "more line")));
        }
    }
    text
}

/// Lines without the blanks that all lines of the preview begin with, masked once more: what an edit writes was
/// never part of a file.
fn dedented(preview: &Preview, lines: &[String]) -> Vec<String> {
    let blank = |line: &String| line.len() - line.trim_start().len();
    let all = preview.removed.iter().chain(&preview.added).filter(|line| !line.trim().is_empty());
    let common = all.clone().map(blank).min().unwrap_or_default();
    // Mixed tabs and blanks are left alone.
    let prefix = all.clone().next().and_then(|line| line.get(..common)).unwrap_or_default();
    let prefix = if all.clone().all(|line| line.starts_with(prefix)) { prefix } else { "" };
    lines.iter().map(|line| mask(line.strip_prefix(prefix).unwrap_or(line), false).into_owned()).collect()
}

/// The bytes of a line that another does not have: between their common beginning and their common end.
fn difference(line: &str, other: &str) -> std::ops::Range<usize> {
    let start: usize = line.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let tail = |(a, b): &(char, char)| a == b;
    let rest = (line[start..].chars().rev()).zip(other[start..].chars().rev());
    let end: usize = rest.take_while(tail).map(|(c, _)| c.len_utf8()).sum();
    start..line.len() - end
}
