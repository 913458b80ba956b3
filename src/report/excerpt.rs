//! The lines of a text that a report shows: around each mark, long lines cut to a window, nothing in them that
//! a terminal would obey, and marks that neither overlap nor are empty.
//!
//! Pure text: knows neither files nor masking. Callers pass masked text.

use std::ops::Range;

use super::words::is_unsafe;

/// Lines shown before and after a marked one.
const AROUND: usize = 1;

/// A range of a text and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the text. Need not lie in it.
    pub range: Range<usize>,
    /// What is said.
    pub says: String,
    /// Whether it is the one that matters most.
    pub primary: bool,
}

/// Some lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines as shown. Each ends in a blank, so that a mark at its end has something to point at.
    pub text: String,
    /// Number of the first line, from 1.
    pub line: usize,
    /// Line and column, from 1, of the primary mark or the first one.
    pub position: (usize, usize),
    /// The marks as ranges of `text`: sorted, apart, none empty, none across lines.
    pub marks: Vec<Mark>,
}

/// How much of a line is shown, and what stands for the rest.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Characters of a line.
    pub limit: usize,
    /// What stands for characters left out.
    pub ellipsis: &'static str,
}

/// A mark that lies within its line.
struct Placed<'a> {
    line: usize,
    start: usize,
    range: Range<usize>,
    mark: &'a Mark,
}

/// The excerpts of a text that show all marks, in the order of the text.
pub fn excerpts(text: &str, marks: &[Mark], window: Window) -> Vec<Excerpt> {
    let mut placed: Vec<Placed<'_>> = marks.iter().map(|mark| place(text, mark)).collect();
    placed.sort_by_key(|one| (one.range.start, one.range.end));
    number(text, &mut placed);
    let mut groups: Vec<Vec<Placed<'_>>> = Vec::new();
    for one in placed {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| one.line - last.line <= 2 * AROUND + 1) => group.push(one),
            _ => groups.push(vec![one]),
        }
    }
    groups.iter().filter_map(|group| excerpt(text, group, window)).collect()
}

fn place<'a>(text: &str, mark: &'a Mark) -> Placed<'a> {
    let from = floor(text, mark.range.start);
    let start = line_start(text, from);
    let end = line_end(text, from);
    let from = from.min(end);
    let to = floor(text, mark.range.end).clamp(from, end);
    Placed { line: 0, start, range: from..to, mark }
}

/// Numbers lines in one pass over the text.
fn number(text: &str, placed: &mut [Placed<'_>]) {
    let (mut line, mut at) = (1, 0);
    for one in placed {
        line += newlines(&text[at..one.start]);
        at = one.start;
        one.line = line;
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of a line, before its line end.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let start = line_start(text, at);
    start + text[start..end].trim_end_matches('\r').len()
}

fn excerpt(text: &str, group: &[Placed<'_>], window: Window) -> Option<Excerpt> {
    let (first, last) = (group.first()?, group.last()?);
    let (mut start, mut line) = (first.start, first.line);
    for _ in 0..AROUND {
        if start > 0 {
            start = line_start(text, start - 1);
            line -= 1;
        }
    }
    let head = group.iter().find(|one| one.mark.primary).unwrap_or(first);
    let column = text[head.start..head.range.start].chars().count() + 1;
    let mut shown = Excerpt { text: String::new(), line, position: (head.line, column), marks: Vec::new() };
    let mut at = start;
    for number in line..=last.line + AROUND {
        let end = line_end(text, at);
        let here: Vec<&Placed<'_>> = group.iter().filter(|one| one.line == number).collect();
        let ranges: Vec<Range<usize>> = here.iter().map(|one| one.range.start - at..one.range.end - at).collect();
        let cut = cut(&text[at..end], &ranges, window);
        let base = shown.text.len();
        shown.text.push_str(&cut.text);
        shown.text.push_str(" \n");
        let marks = here
            .iter()
            .zip(cut.ranges)
            .map(|(one, range)| Mark { range: base + range.start..base + range.end, ..one.mark.clone() });
        shown.marks.extend(apart(&shown.text, marks));
        match text[end..].find('\n') {
            Some(newline) => at = end + newline + 1,
            None => break,
        }
    }
    Some(shown)
}

/// Marks of one line, sorted by start: none empty, none reaching into the next, those of one start joined.
fn apart(text: &str, marks: impl Iterator<Item = Mark>) -> Vec<Mark> {
    let mut result: Vec<Mark> = Vec::new();
    for mut mark in marks {
        let width = text[mark.range.start..].chars().next().map_or(1, char::len_utf8);
        mark.range.end = mark.range.end.max(mark.range.start + width);
        match result.last_mut() {
            Some(before) if before.range.start >= mark.range.start => {
                before.range.end = before.range.end.max(mark.range.end);
                before.primary |= mark.primary;
                if before.says.is_empty() {
                    before.says = mark.says;
                } else if !mark.says.is_empty() && before.says != mark.says {
                    before.says = format!("{}; {}", before.says, mark.says);
                }
            }
            Some(before) => {
                before.range.end = before.range.end.min(mark.range.start);
                result.push(mark);
            }
            None => result.push(mark),
        }
    }
    result
}

/// A line as shown, and where its marks are in it.
pub struct Cut {
    /// The line.
    pub text: String,
    /// The marks.
    pub ranges: Vec<Range<usize>>,
}

/// Cuts a line to its window: all of it where it fits, else some characters around each mark.
pub fn cut(line: &str, marks: &[Range<usize>], window: Window) -> Cut {
    let kept = kept(line, marks, window);
    let mut text = String::new();
    // Where each kept character went, and where each kept part ends.
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut end = 0;
    for part in kept {
        if part.start > end {
            text.push_str(window.ellipsis);
        }
        for (at, c) in line[part.clone()].char_indices() {
            places.push((part.start + at, text.len()));
            match c {
                '\t' => text.push_str("    "),
                c if is_unsafe(c) => text.push('?'),
                c => text.push(c),
            }
        }
        end = part.end;
        places.push((end, text.len()));
    }
    if end < line.len() {
        text.push_str(window.ellipsis);
    }
    let map = |at: usize| places.partition_point(|(from, _)| *from <= at).checked_sub(1).map_or(0, |index| places[index].1);
    let ranges = marks.iter().map(|mark| map(mark.start)..map(mark.end).max(map(mark.start))).collect();
    Cut { text, ranges }
}

/// The parts of a line that are shown: sorted and apart.
fn kept(line: &str, marks: &[Range<usize>], window: Window) -> Vec<Range<usize>> {
    let limit = window.limit.max(8);
    if line.len() <= limit || line.chars().nth(limit).is_none() {
        return std::iter::once(0..line.len()).collect();
    }
    let forward =
        |at: usize, characters: usize| line[at..].char_indices().nth(characters).map_or(line.len(), |(step, _)| at + step);
    let back = |at: usize, characters: usize| line[..at].char_indices().rev().take(characters).last().map_or(at, |(at, _)| at);
    if marks.is_empty() {
        return std::iter::once(0..forward(0, limit)).collect();
    }
    // A mark longer than its share is cut too; what is left of the share is context, most of it before the mark,
    // where names of elements are.
    let share = limit / marks.len().min(4);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        let length = line[mark.clone()].chars().take(share).count();
        let around = (share - length).max(8);
        let part = back(mark.start, around * 2 / 3)..forward(mark.start, length.max(1) + around / 3);
        match parts.last_mut() {
            Some(before) if part.start <= before.end => before.end = before.end.max(part.end),
            _ => parts.push(part),
        }
    }
    parts
}
