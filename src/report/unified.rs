//! A plan as a unified diff that `git apply` and `patch -p1` take, without a line that holds a secret.

use std::ops::Range;
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::config;
use crate::deployment::Deployment;
use crate::fix::{FileChange, Suggestion};
use crate::source::{Kind, mask_file};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The diff of a plan.
#[derive(Debug, Default)]
pub struct Unified {
    /// Bytes, in the encodings of the files. Paths are relative to the working directory where they can be.
    pub bytes: Vec<u8>,
    /// What had to be left out, in words, with file and line.
    pub left_out: Vec<String>,
}

/// Draws the changes of files. `name` gives the path to write, `broken` says whether a file was not understood before.
pub fn render<'a>(
    changes: impl IntoIterator<Item = &'a FileChange>,
    name: impl Fn(&FileChange) -> String,
    broken: impl Fn(&FileChange) -> bool,
) -> Unified {
    let mut unified = Unified::default();
    for change in changes {
        let path = name(change);
        if change.before.bytes().contains(&0) {
            unified.left_out.push(format!("{path}: its encoding is not one that a diff can show"));
            continue;
        }
        file(change, &path, broken(change), &mut unified);
    }
    unified
}

/// Why the changes of a suggestion cannot be shown in a diff, with file and line; `None` where they can.
pub fn objection(model: &Deployment, suggestion: &Suggestion) -> Option<String> {
    suggestion.edits.chunk_by(|one, other| one.source == other.source).find_map(|edits| {
        let source = edits.first()?.source;
        let file = model.sources().get(source);
        let own: Vec<_> = edits.iter().map(|one| one.edit.clone()).collect();
        let change = FileChange {
            source,
            name: file.name.clone(),
            real: file.real.clone().unwrap_or_default(),
            before: Arc::clone(&file.content),
            after: config::apply(file.content.bytes(), &own, &file.content)?,
        };
        let shown = render([&change], |change| change.name.clone(), |_| !model.is_understood(source));
        shown.left_out.into_iter().next()
    })
}

/// Lines of both sides, and which of them may not be shown.
struct Sides<'a> {
    old: Vec<&'a [u8]>,
    new: Vec<&'a [u8]>,
    old_secret: Vec<bool>,
    new_secret: Vec<bool>,
}

/// A run of changed lines, with as much context on both sides.
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
    ops: Vec<DiffOp>,
}

fn file(change: &FileChange, path: &str, broken: bool, unified: &mut Unified) {
    let (old, new) = (lines(change.before.bytes()), lines(&change.after));
    let after = crate::source::Content::decode(change.after.clone(), crate::source::TextKind::Xml);
    let kind = Kind::of(&change.name);
    let sides = Sides {
        old_secret: secret_lines(change.before.text(), kind, broken, old.len()),
        new_secret: secret_lines(after.text(), kind, broken, new.len()),
        old,
        new,
    };
    let ops = capture_diff_slices(Algorithm::Myers, &sides.old, &sides.new);
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        match hunk(&sides, op) {
            Ok(next) => join(&mut hunks, next),
            Err(why) => unified.left_out.push(format!("{path}:{}: {why}", op.old_range().start + 1)),
        }
    }
    if hunks.is_empty() {
        return;
    }
    let quoted = (quote("a/", path), quote("b/", path));
    unified.bytes.extend(format!("--- {}\n+++ {}\n", quoted.0, quoted.1).bytes());
    let mut shift = 0;
    for hunk in &hunks {
        write_hunk(&sides, hunk, shift, &mut unified.bytes);
        shift += hunk.new.len().cast_signed() - hunk.old.len().cast_signed();
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn secret_lines(text: &str, kind: Kind, broken: bool, count: usize) -> Vec<bool> {
    let masked = mask_file(text, kind, broken);
    let mut secret: Vec<bool> = text.split_inclusive('\n').zip(masked.split_inclusive('\n')).map(|(a, b)| a != b).collect();
    secret.resize(count, false);
    secret
}

/// The hunk of one change. Programs that apply diffs want as much context before as after, unless the file ends there.
fn hunk(sides: &Sides<'_>, op: DiffOp) -> Result<Hunk, &'static str> {
    let (old, new) = (op.old_range(), op.new_range());
    if sides.old_secret[old.clone()].contains(&true) || sides.new_secret[new.clone()].contains(&true) {
        return Err("the line holds a secret");
    }
    let (first, last) = (old.start, sides.old.len() - old.end);
    let before = (0..first.min(CONTEXT)).take_while(|step| !sides.old_secret[first - 1 - step]).count();
    let after = (0..last.min(CONTEXT)).take_while(|step| !sides.old_secret[old.end + step]).count();
    let ends_before = before == first;
    let ends_after = after == last;
    let (before, after) = match (ends_before, ends_after) {
        (true, true) => (before, after),
        (true, false) if before <= after => (before, after),
        (false, true) if after <= before => (before, after),
        _ => (before.min(after), before.min(after)),
    };
    if (before == 0 && !ends_before) || (after == 0 && !ends_after) {
        return Err("the line beside it holds a secret, and a diff needs one to go by");
    }
    Ok(Hunk { old: first - before..old.end + after, new: new.start - before..new.end + after, ops: vec![op] })
}

/// Adds a hunk; what overlaps with the one before becomes one with it.
fn join(hunks: &mut Vec<Hunk>, next: Hunk) {
    match hunks.last_mut() {
        Some(last) if next.old.start <= last.old.end => {
            last.old.end = next.old.end;
            last.new.end = next.new.end;
            last.ops.extend(next.ops);
        }
        _ => hunks.push(next),
    }
}

fn write_hunk(sides: &Sides<'_>, hunk: &Hunk, shift: isize, out: &mut Vec<u8>) {
    let start = |range: &Range<usize>, at: usize| if range.is_empty() { at } else { at + 1 };
    // Hunks that were left out are not there on the new side either.
    let new_start = hunk.old.start.saturating_add_signed(shift);
    let header = format!(
        "@@ -{},{} +{},{} @@\n",
        start(&hunk.old, hunk.old.start),
        hunk.old.len(),
        start(&hunk.new, new_start),
        hunk.new.len()
    );
    out.extend(header.bytes());
    let mut at = hunk.old.start;
    for op in &hunk.ops {
        write_lines(b' ', &sides.old[at..op.old_range().start], out);
        write_lines(b'-', &sides.old[op.old_range()], out);
        write_lines(b'+', &sides.new[op.new_range()], out);
        at = op.old_range().end;
    }
    write_lines(b' ', &sides.old[at..hunk.old.end], out);
}

fn write_lines(sign: u8, lines: &[&[u8]], out: &mut Vec<u8>) {
    for line in lines {
        out.push(sign);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

/// A path as git and patch read it: quoted where it holds what would end it.
fn quote(prefix: &str, path: &str) -> String {
    if path.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        let escaped: String = path
            .bytes()
            .map(|byte| match byte {
                b'"' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                byte => format!("\\{byte:03o}"),
            })
            .collect();
        return format!("\"{prefix}{escaped}\"");
    }
    // A blank in a name would end it: a tab behind it says that it does not.
    let end = if path.contains(' ') { "\t" } else { "" };
    format!("{prefix}{path}{end}")
}
