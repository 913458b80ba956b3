//! Reads a batch file: its statements in their order. Where jumps lead is followed only as far as to tell what may be left out.

use std::collections::BTreeMap;

use super::batch_words::{Kind, Statement, statements};
use super::launch::{Commands, When, starts};
use super::parts::Split;
use super::values::{Sure, Values};
use super::walk::Launches;

/// Reads a script.
pub(super) fn read(text: &str) -> (Values<'_>, Launches<'_>) {
    let statements = statements(text);
    let skipped = skipped(text, &statements);
    let mut values = Values::new(text, Split::Outside);
    let mut commands = Commands::default();
    for (statement, skipped) in statements.iter().zip(skipped) {
        let perhaps = statement.perhaps || skipped;
        match &statement.kind {
            Kind::Set(name, value, range) => {
                let sure = match (perhaps, statement.empty) {
                    (false, _) => Sure::Yes,
                    (true, Some(empty)) if empty == *name && !skipped => Sure::IfEmpty,
                    _ => Sure::Perhaps,
                };
                values.set(name, value, range.clone(), sure);
            }
            Kind::Command(fields) => commands.take(&mut values, text, fields, &[], When { branch: perhaps, perhaps }),
            Kind::Label(_) | Kind::Goto(_) => {}
        }
    }
    (values, commands.launches())
}

/// Which statements may be jumped over on the way to the server's start: those between a jump under a condition and its label,
/// unless the start is one of them, and those behind a jump up to a label to which another leads.
fn skipped(text: &str, statements: &[Statement<'_>]) -> Vec<bool> {
    let jumps = || {
        statements.iter().enumerate().filter_map(|(at, statement)| {
            let Kind::Goto(label) = &statement.kind else { return None };
            Some((at, label.map(str::to_lowercase), statement.perhaps))
        })
    };
    let labels: BTreeMap<String, usize> = statements
        .iter()
        .enumerate()
        .filter_map(
            |(at, statement)| if let Kind::Label(label) = statement.kind { Some((label.to_lowercase(), at)) } else { None },
        )
        .collect();
    let mut next_start = vec![usize::MAX; statements.len() + 1];
    for (at, statement) in statements.iter().enumerate().rev() {
        let is_start = matches!(&statement.kind, Kind::Command(fields) if starts(text, fields));
        next_start[at] = if is_start { at } else { next_start[at + 1] };
    }
    let mut reached = vec![false; statements.len()];
    // How many jumps lead over a statement: one more from here on, one less.
    let mut change = vec![0_i64; statements.len() + 1];
    for (at, label, perhaps) in jumps() {
        let Some(to) = label.and_then(|label| labels.get(&label).copied()) else { continue };
        if !perhaps {
            reached[to] = true;
        } else if at < to && next_start[at] > to {
            change[at] += 1;
            change[to] -= 1;
        }
    }
    let (mut over, mut off) = (0, false);
    let mut skipped = Vec::with_capacity(statements.len());
    for (at, statement) in statements.iter().enumerate() {
        over += change[at];
        off &= !reached[at];
        skipped.push(off || over > 0);
        off |= matches!(statement.kind, Kind::Goto(_)) && !statement.perhaps;
    }
    skipped
}
