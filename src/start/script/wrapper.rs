//! Reads the properties of the service wrapper: `wrapper.java.additional.N=-Dname=value`.

use std::collections::BTreeMap;

use super::parts::{Part, Split, is_name};
use super::values::{Piece, Values};
use super::{JavaOpts, Options, Said, What};
use crate::start::Rank;

/// Reads the options of a configuration: the last number of a name counts.
pub(super) fn read(text: &str) -> Options {
    let mut values = Values::new(text, Split::Outside);
    let mut found: BTreeMap<String, (Rank, usize, usize)> = BTreeMap::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let key = line.split('=').next().unwrap_or_default();
        let from = start + (key.len() + 1).min(line.len());
        start += line.len();
        let key = key.trim();
        if key.starts_with(['#', '!']) || !line.contains('=') {
            continue;
        }
        let number = key.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        let rank = if key.starts_with("wrapper.app.parameter") { Rank::Argument } else { Rank::Before };
        for piece in values.pieces(&unquoted(text, from, start), Split::Outside) {
            let Piece::Option(hit) = piece else { continue };
            let name = values.hits[hit].name.clone();
            if found.get(&name).is_none_or(|(other, before, _)| (*other, *before) <= (rank, number)) {
                found.insert(name, (rank, number, hit));
            }
        }
    }
    let said = |(rank, _, hit): (Rank, usize, usize)| {
        let hit = &values.hits[hit];
        let what = match (&hit.what, variable(&text[hit.range.clone()])) {
            (What::Variable(_), variable) => What::Variable(variable.map(str::to_owned)),
            (What::Template, Some(variable)) => What::Variable(Some(variable.to_owned())),
            (what, _) => what.clone(),
        };
        vec![Said { what, range: hit.range.clone(), rank, unless: None, java_opts: false }]
    };
    let said = found.into_iter().map(|(name, found)| (name, said(found))).collect();
    Options { said, discarded: BTreeMap::new(), java_opts: JavaOpts::Kept, hands_on: true, starts: true, runs: None }
}

/// The texts of a range, without double quotes.
fn unquoted<'t>(text: &str, from: usize, to: usize) -> Vec<Part<'t>> {
    let mut start = from;
    let mut parts = Vec::new();
    for (at, piece) in text[from..to].split('"').enumerate() {
        let end = start + piece.len();
        if end > start {
            parts.push(Part::Text { range: start..end, quoted: at % 2 == 1 });
        }
        start = end + 1;
    }
    parts
}

/// `%NAME%` or `${NAME}`, whole.
fn variable(value: &str) -> Option<&str> {
    let percent = value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    let name = percent.or_else(|| value.strip_prefix("${")?.strip_suffix('}'))?;
    is_name(name).then_some(value)
}
