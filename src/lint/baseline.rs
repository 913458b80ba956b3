//! A baseline: findings that were there already, known by rule, nodes, link and values, so that they may stay while nothing
//! new comes. It holds no line and no secret.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::source::{Place, SourceId};

use super::finding::Finding;
use super::ignored::Says;
use super::rule::Rules;
use super::run::{Linted, Options, RULE_FAILED, Runner, number_fingerprints};

/// The version of the format that is written and read.
const FORMAT: u64 = 1;
/// The rule that reports what matches nothing any more.
pub const BASELINE_OUTDATED: &str = "baseline-outdated";

/// Findings that were there already, each kind once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Key, usize>,
    /// The entries as the file has them, with their places in its text.
    written: Vec<(Key, usize, Range<usize>)>,
}

/// What a finding is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Key {
    rule: String,
    #[serde(default)]
    nodes: Vec<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
}

/// An entry of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    #[serde(default)]
    nodes: Vec<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    count: NonZeroUsize,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The version that wrote it.
    carbonlint: String,
    /// The version of the format.
    format: u64,
    entries: Vec<Entry>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// If the text is none, or one of a newer format: what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected a baseline that `carbonlint check --write-baseline` has written";
        let any: Value = serde_json::from_str(text)
            .map_err(|error| format!("it is no JSON (line {}, column {}): {expected}", error.line(), error.column()))?;
        match any.get("format").and_then(Value::as_u64) {
            None => return Err(format!("it says no `format`: {expected}")),
            Some(format) if format > FORMAT => {
                let by =
                    any.get("carbonlint").and_then(Value::as_str).filter(|by| by.len() < 30 && !by.contains(char::is_control));
                let by = by.map(|by| format!(" of carbonlint {by}")).unwrap_or_default();
                return Err(format!(
                    "it has format {format}{by}, and this version, {}, knows format {FORMAT}: expected an older file, or a newer carbonlint",
                    env!("CARGO_PKG_VERSION")
                ));
            }
            Some(FORMAT) => {}
            Some(format) => return Err(format!("there is no format {format}: {expected}")),
        }
        // What is quoted of a file here may be anything: only where it is wrong is said.
        let file: File = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            format!(
                "an entry is not understood ({place}): expected `rule`, `nodes`, `link`, `values` with texts, and `count` from 1"
            )
        })?;
        let mut baseline = Self::default();
        for (entry, place) in file.entries.into_iter().zip(objects(text)) {
            let Entry { rule, nodes, link, values, count } = entry;
            let key = Key { rule, nodes, link, values };
            *baseline.entries.entry(key.clone()).or_default() += count.get();
            baseline.written.push((key, count.get(), place));
        }
        Ok(baseline)
    }

    /// The baseline of what is found. Rules that failed are no findings to live with.
    pub fn of(model: &Deployment, linted: &Linted) -> Self {
        let mut baseline = Self::default();
        for finding in linted.findings.iter().filter(|finding| may_stay(finding)) {
            *baseline.entries.entry(key(model, finding)).or_default() += 1;
        }
        baseline
    }

    /// What this one and another have in common.
    #[must_use]
    pub fn shrunk_to(&self, now: &Self) -> Self {
        let common = |(key, count): (&Key, &usize)| Some((key.clone(), (*count).min(*now.entries.get(key)?)));
        Self { entries: self.entries.iter().filter_map(common).collect(), written: Vec::new() }
    }

    /// How many findings it has.
    pub fn len(&self) -> usize {
        self.entries.values().sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many findings it has that another one lacks.
    pub fn beyond(&self, other: &Self) -> usize {
        let lacking = |(key, count): (&Key, &usize)| count.saturating_sub(other.entries.get(key).copied().unwrap_or_default());
        self.entries.iter().map(lacking).sum()
    }

    /// As it is written: in a stable order.
    pub fn render(&self) -> String {
        let entry = |(key, count): (&Key, &usize)| {
            let Key { rule, nodes, link, values } = key.clone();
            Some(Entry { rule, nodes, link, values, count: NonZeroUsize::new(*count)? })
        };
        let entries = self.entries.iter().filter_map(entry).collect();
        let file = File { carbonlint: env!("CARGO_PKG_VERSION").to_owned(), format: FORMAT, entries };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Takes out of what was found what the baseline has, and says which of its entries match nothing any more. The baseline
    /// was read from `source`.
    pub fn apply(&self, model: &Arc<Deployment>, rules: &Rules, options: &Options, source: SourceId, linted: &mut Linted) {
        let mut found: HashMap<Key, usize> = HashMap::new();
        let before = linted.findings.len();
        linted.findings.retain(|finding| {
            let key = key(model, finding);
            let Some(limit) = self.entries.get(&key).filter(|_| may_stay(finding)) else { return true };
            let found = found.entry(key).or_default();
            *found += 1;
            *found > *limit
        });
        linted.baselined = Some(before - linted.findings.len());
        let runner = Runner::new(model, rules, options);
        let content = &model.sources().get(source).content;
        let mut outdated = Vec::new();
        for (key, count, range) in &self.written {
            let left = found.entry(key.clone()).or_default();
            let matching = (*left).min(*count);
            *left -= matching;
            // While a rule is off, nobody knows.
            if matching == *count || runner.is_off(&key.rule) {
                continue;
            }
            let place = Place { source, span: content.to_disk(range.clone()) };
            let note = "written again, with --baseline and --write-baseline, it only shrinks".to_owned();
            outdated.extend(runner.own_finding(
                BASELINE_OUTDATED,
                place,
                &Says::Message(&says(key, *count, matching), Some(note)),
            ));
        }
        number_fingerprints(&mut outdated);
        linted.findings.extend(outdated);
        runner.sort(&mut linted.findings);
    }
}

fn may_stay(finding: &Finding) -> bool {
    ![RULE_FAILED, BASELINE_OUTDATED].contains(&finding.rule.as_str())
}

fn key(model: &Deployment, finding: &Finding) -> Key {
    Key {
        rule: finding.rule.clone(),
        nodes: finding.nodes.iter().map(|node| model.nodes[*node].name.clone()).collect(),
        link: finding.link.clone(),
        values: finding.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

/// What is wrong with an entry.
fn says(key: &Key, count: usize, matching: usize) -> String {
    let nodes = if key.nodes.is_empty() { String::new() } else { format!(" of {}", key.nodes.join(", ")) };
    let link = key.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
    let what = format!("{}{nodes}{link}", key.rule);
    match matching {
        0 => format!("no finding matches this entry of the baseline any more: {what}"),
        _ => format!("only {matching} of {count} findings match this entry of the baseline: {what}"),
    }
}

/// The objects in the list of a file of the right form, in its order.
fn objects(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                // The file, its list, an entry.
                if depth == 3 {
                    start = at;
                }
            }
            b'}' | b']' => {
                if depth == 3 {
                    found.push(start..at + 1);
                }
                depth -= 1;
            }
            _ => {}
        }
    }
    found
}
