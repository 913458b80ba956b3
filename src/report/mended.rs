//! What `--fix` did: fixes, the lines that changed, who has to be restarted, and what was not done and why.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::fix::{Applied, FileChange, Preview};
use crate::project::Mended;
use crate::source::{Content, TextKind, mask_file};

use super::words::{Ink, clean, count, paragraph, said};
use super::{Report, Style, diff};

/// The part of the report for people; empty where nothing was to be done.
pub fn render(report: &Report<'_>, mended: &Mended, style: Style) -> String {
    let mut text = String::new();
    if !mended.files.is_empty() {
        text.push_str(&style.paint(Ink::Strong, &summary(mended)));
        text.push('\n');
        for fix in &mended.applied {
            text.push_str(&paragraph(style, (Ink::Help, &format!("{}:", clean(&fix.finding.rule))), &applied(report, fix), 2));
        }
        for file in &mended.files {
            for preview in previews(report, file) {
                text.push_str(&diff::place(report.model(), &preview, 4, style));
            }
        }
        text.push_str(&paragraph(style, (Ink::Strong, "restart"), &restart(mended), 0));
    }
    for one in &mended.held_back {
        let why = format!("{}: {}", one.title, one.why);
        text.push_str(&paragraph(style, (Ink::Strong, &format!("not mended, {}:", clean(&one.rule))), &said(&why), 0));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// `mended 2 findings in 1 file`.
pub fn summary(mended: &Mended) -> String {
    format!("mended {} in {}", count(mended.fixed, "finding"), count(mended.files.len(), "file"))
}

/// Which nodes have to be restarted.
pub fn restart(mended: &Mended) -> String {
    format!("{}: files are read at start-up only", clean(&mended.restart.join(", ")))
}

fn applied(report: &Report<'_>, fix: &Applied) -> String {
    let nodes: Vec<&str> = fix.finding.nodes.iter().map(|node| report.model().nodes[*node].name.as_str()).collect();
    format!("{} ({})", fix.title, nodes.join(", "))
}

/// The lines of a file that changed, secrets starred out.
fn previews(report: &Report<'_>, file: &FileChange) -> Vec<Preview> {
    let after = Content::decode(file.after.clone(), TextKind::Xml);
    let (kind, broken) = (report.model().masking(file.source), !report.model().is_understood(file.source));
    let (old, new) = (mask_file(file.before.text(), kind, broken), mask_file(after.text(), kind, broken));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    ops.into_iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| Preview {
            source: file.source,
            line: op.old_range().start + 1,
            removed: owned(&old[op.old_range()]),
            added: owned(&new[op.new_range()]),
        })
        .collect()
}
