//! Where places of an earlier text are in a later one: what is before the change stays, what is behind it moves along.

use std::ops::Range;

/// The change from one text to another, as one range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Bytes that both begin with.
    start: usize,
    /// Where the rest begins that both end with: in the earlier text, in the later one.
    ends: (usize, usize),
}

impl Shift {
    /// What changed from `old` to `new`.
    pub fn between(old: &str, new: &str) -> Self {
        let mut start = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
        while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
            start -= 1;
        }
        let behind = (old[start..].bytes().rev()).zip(new[start..].bytes().rev());
        let mut same = behind.take_while(|(one, other)| one == other).count();
        while !old.is_char_boundary(old.len() - same) || !new.is_char_boundary(new.len() - same) {
            same -= 1;
        }
        Self { start, ends: (old.len() - same, new.len() - same) }
    }

    /// The change: from where to where in the earlier text (bytes), and what stands there in `new`, the later one.
    pub fn change<'a>(&self, new: &'a str) -> (usize, usize, &'a str) {
        (self.start, self.ends.0, new.get(self.start..self.ends.1).unwrap_or_default())
    }

    /// A range of the earlier text (bytes) in the later one. What changed itself is there as a whole.
    pub fn forward(&self, range: &Range<usize>) -> Range<usize> {
        moved(range, self.start, self.ends.0, self.ends.1)
    }

    /// An offset of the later text (bytes) in the earlier one.
    pub fn back(&self, offset: usize) -> usize {
        moved(&(offset..offset), self.start, self.ends.1, self.ends.0).start
    }
}

fn moved(range: &Range<usize>, start: usize, from: usize, to: usize) -> Range<usize> {
    let one = |at: usize, within: usize| match at {
        at if at <= start => at,
        at if at >= from => at - from + to,
        _ => within,
    };
    let first = one(range.start, start);
    first..one(range.end, to).max(first)
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
    fn what_changed_itself_is_there_as_a_whole() {
        let shift = Shift::between("<a>123</a>", "<a>9</a>");
        assert_eq!(shift.forward(&(3..6)), 3..4);
        assert_eq!(shift.forward(&(4..5)), 3..4);
        let within = Shift::between("ä", "ö");
        assert_eq!(within.forward(&(0..2)), 0..2);
    }
}
