//! `carbonlint rules test`: which examples hold, and what differs in those that do not.

use similar::{ChangeTag, TextDiff};

use crate::catalogue::Severity;
use crate::examples::{Failure, Tested};
use crate::source::mask_text;

use super::Style;
use super::words::{Ink, clean, count};

/// Every rule with its examples, and how many hold.
pub fn render(tested: &[Tested<'_>], style: Style) -> String {
    let mut text = String::new();
    let (mut all, mut failed, mut warned) = (0, 0, 0);
    for one in tested {
        text.push_str(&format!("{} ({})\n", clean(&one.rule.id), clean(&one.rule.path)));
        for (example, failures) in &one.examples {
            all += 1;
            let holds = failures.is_empty();
            failed += usize::from(!holds);
            let tag = if holds { "ok    ".to_owned() } else { style.paint(Ink::Severity(Severity::Error), "failed") };
            text.push_str(&format!("  {tag}  {}\n", clean(&example.name)));
            text.extend(failures.iter().map(says));
        }
        text.extend(one.failures.iter().map(says));
        warned += one.warnings.len();
        for warning in &one.warnings {
            text.push_str(&format!("  {}  {warning}\n", style.paint(Ink::Severity(Severity::Warning), "warning")));
        }
    }
    let (rules, examples) = (count(tested.len(), "rule"), count(all, "example"));
    let warnings = if warned == 0 { String::new() } else { format!(", {}", count(warned, "warning")) };
    let wrong = failed + tested.iter().map(|one| one.failures.len()).sum::<usize>();
    let what = if wrong == 0 { "all hold".to_owned() } else { format!("{wrong} failed") };
    text.push_str(&format!("\n{rules}, {examples}: {what}{warnings}\n"));
    text
}

fn says(failure: &Failure) -> String {
    match failure {
        Failure::Says(what) => format!("          {}\n", clean(&mask_text(what))),
        Failure::Differs { key, is, wanted } => {
            let mut text = format!("          `{key}` differs (- the example, + what is):\n");
            let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let (wanted, is) = (lines(wanted), lines(is));
            for change in TextDiff::from_lines(&wanted, &is).iter_all_changes() {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let line = change.value().trim_end_matches('\n').to_owned();
                text.push_str(&format!("          {sign} {}\n", clean(&mask_text(&line))));
            }
            text
        }
    }
}
