//! Where places of an earlier text are in a later one: what is before the change stays, what is behind it moves along.

use std::ops::Range;
use std::time::Duration;

use similar::{DiffTag, TextDiff};

/// What changed from one text to another: ranges (bytes) of the earlier one and what they became, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    changes: Vec<(Range<usize>, Range<usize>)>,
}

impl Shift {
    /// What changed from `old` to `new`, line by line.
    pub fn between(old: &str, new: &str) -> Self {
        let (was, is) = change(old, new);
        // Whole lines: those between two changes stayed as they are.
        let start = old[..was.start].rfind('\n').map_or(0, |at| at + 1);
        let end = |text: &str, from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
        let (was, is) = (start..end(old, was.end), start..end(new, is.end));
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&old[was.clone()], &new[is.clone()]);
        let mut changes = Vec::new();
        let (mut before, mut after) = (was.start, is.start);
        for op in diff.ops() {
            let length = |slices: &mut dyn Iterator<Item = &str>, lines: Range<usize>| {
                slices.skip(lines.start).take(lines.len()).map(str::len).sum::<usize>()
            };
            let olds = length(&mut diff.iter_old_slices(), op.old_range());
            let news = length(&mut diff.iter_new_slices(), op.new_range());
            if op.tag() != DiffTag::Equal {
                let (one, other) = change(&old[before..before + olds], &new[after..after + news]);
                changes.push((one.start + before..one.end + before, other.start + after..other.end + after));
            }
            (before, after) = (before + olds, after + news);
        }
        Self { changes }
    }

    /// A range of the earlier text (bytes) in the later one. What changed itself is there as a whole.
    pub fn forward(&self, range: &Range<usize>) -> Range<usize> {
        let pairs = || self.changes.iter().map(|(old, new)| (old, new));
        let start = moved(range.start, pairs(), |new| new.start);
        start..moved(range.end, pairs(), |new| new.end).max(start)
    }

    /// An offset of the later text (bytes) in the earlier one.
    pub fn back(&self, offset: usize) -> usize {
        moved(offset, self.changes.iter().map(|(old, new)| (new, old)), |old| old.start)
    }
}

/// How long two texts are compared line by line; after that, more of them counts as changed.
const PATIENCE: Duration = Duration::from_millis(10);

/// The one range (bytes) in which two texts differ, in either.
pub fn change(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let mut start = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let behind = (old[start..].bytes().rev()).zip(new[start..].bytes().rev());
    let mut same = behind.take_while(|(one, other)| one == other).count();
    while !old.is_char_boundary(old.len() - same) || !new.is_char_boundary(new.len() - same) {
        same -= 1;
    }
    (start..old.len() - same, start..new.len() - same)
}

fn moved<'a>(
    at: usize,
    changes: impl Iterator<Item = (&'a Range<usize>, &'a Range<usize>)>,
    within: impl Fn(&Range<usize>) -> usize,
) -> usize {
    let (mut from, mut to) = (0, 0);
    for (old, new) in changes {
        if at <= old.start {
            break;
        }
        if at < old.end {
            return within(new);
        }
        (from, to) = (old.end, new.end);
    }
    at - from + to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_change_moves_along() {
        let (old, new) = ("<a>1</a><b>2</b>", "<a>10</a><b>2</b>");
        let shift = Shift::between(old, new);
        let at = |text: &str, what| text.find(what).map(|at| at..at + 1).expect("there");
        assert_eq!(shift.forward(&at(old, '2')), at(new, '2'));
        assert_eq!(shift.forward(&at(old, 'a')), at(new, 'a'));
        assert_eq!(shift.back(at(new, '2').start), at(old, '2').start);
    }

    #[test]
    fn what_is_between_two_changes_moves_too() {
        let (old, new) = ("a\nb\n2\nc\nd", "x\na\nb\n2\nc\nd and more");
        let shift = Shift::between(old, new);
        let at = |text: &str, what| text.find(what).map(|at| at..at + 1).expect("there");
        assert_eq!(shift.forward(&at(old, '2')), at(new, '2'));
        assert_eq!(shift.back(at(new, 'c').start), at(old, 'c').start);
    }

    #[test]
    fn what_changed_itself_is_there_as_a_whole() {
        let shift = Shift::between("<a>123</a>", "<a>9</a>");
        assert_eq!(shift.forward(&(3..6)), 3..4);
        assert_eq!(shift.forward(&(4..5)), 3..4);
        let within = Shift::between("ä", "ö");
        assert_eq!(within.forward(&(0..2)), 0..2);
    }
}
