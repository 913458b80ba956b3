//! Findings that somebody wants ignored, in the topology or in a comment, and what of that ignores nothing.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::deployment::Deployment;
use crate::source::{Place, Span, mask_text};

use super::comments::{Comments, Ignoring};
use super::finding::{Finding, Label};
use super::run::{Linted, Runner, fingerprint};
use super::{suppress, values};

/// A rule that the engine itself reports, for what no condition can say.
pub const UNUSED_IGNORE: &str = "unused-ignore";

/// A finding that is ignored.
#[derive(Debug, Clone)]
pub struct Ignored {
    /// The finding.
    pub finding: Finding,
    /// Why, without secrets.
    pub reason: String,
    /// Where that is said.
    pub place: Place,
    /// By what.
    pub by: Means,
}

/// What ignores a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A comment in a file that the finding is about.
    Comment,
    /// An entry of the topology.
    Topology,
}

/// What a finding of the engine's own says.
pub enum Says<'a> {
    /// The rule's message, and what it is about.
    Detail(&'a str),
    /// Something else, with a note.
    Message(&'a str, Option<String>),
}

/// Findings, once those that are to be ignored are told apart.
pub(super) struct Sorted {
    /// What is left.
    pub kept: Vec<Finding>,
    /// What is ignored.
    pub ignored: Vec<Ignored>,
    /// What is said of entries and comments that ignore nothing.
    pub added: Vec<Finding>,
    /// Comments that ignore something.
    pub used: Vec<Place>,
}

/// Takes back what is said of comments that ignore nothing where they ignore something in another deployment of the same run:
/// these may share files.
pub fn use_together(runs: &mut [(&Deployment, &mut Linted)]) {
    let known = |model: &Deployment, place: &Place| {
        let real = model.sources().get(place.source).real.clone()?;
        Some((real, place.span))
    };
    let used = runs.iter().flat_map(|(model, linted)| linted.used.iter().filter_map(|place| known(model, place)));
    let used: HashSet<(PathBuf, Span)> = used.collect();
    for (model, linted) in runs {
        let is_used = |place: &Place| known(model, place).is_some_and(|place| used.contains(&place));
        linted.findings.retain(|one| one.rule != UNUSED_IGNORE || !one.labels.iter().any(|label| is_used(&label.place)));
    }
}

impl Runner<'_> {
    /// Takes out what is to be ignored, and says what ignores nothing.
    pub(super) fn suppress(&self, findings: Vec<Finding>) -> Sorted {
        let mut entries = suppress::compile(&self.model.inputs.topology.ignores);
        let mut comments = Comments::of(self.model, self.rules);
        let (mut kept, mut ignored) = (Vec::with_capacity(findings.len()), Vec::new());
        for finding in findings {
            let by_comment = comments.ignore(&finding).map(|one| (one.reason.clone(), one.place, Means::Comment));
            let matching = entries.iter_mut().filter(|one| one.matches(self.model, &finding, &self.options.folder));
            let mut by_entry = None;
            for one in matching {
                one.used = true;
                by_entry = by_entry.or_else(|| Some((one.reason.clone(), self.model.topology_place(one.span), Means::Topology)));
            }
            // The comment stands nearer.
            match by_comment.or(by_entry) {
                Some((reason, place, by)) => ignored.push(Ignored { finding, reason, place, by }),
                None => kept.push(finding),
            }
        }
        let all_off = |names: &dyn Fn(&str) -> bool| {
            self.rules.rules.iter().filter(|rule| names(&rule.id)).all(|rule| self.is_off(&rule.id))
        };
        let topology = &self.model.inputs.topology;
        let unused = entries.iter().zip(&topology.ignores).filter(|(one, _)| !one.used && !all_off(&|rule| one.names(rule)));
        let unused = unused.filter_map(|(one, ignore)| {
            self.own_finding(UNUSED_IGNORE, self.model.topology_place(one.span), &Says::Detail(&ignore.rule.value))
        });
        let mut added: Vec<Finding> = unused.collect();
        let mistakes = comments.mistakes.iter().map(|(place, message)| (*place, message.clone(), None));
        let unused = comments.ignoring.iter().filter(|one| !one.used && !all_off(&|rule| one.names(rule))).map(|one| {
            let message = format!("nothing is ignored by this comment: {}", one.written);
            (one.place, message, Some(about(one)))
        });
        let said: Vec<_> = mistakes.chain(unused).collect();
        added.extend(
            said.into_iter()
                .filter_map(|(place, message, note)| self.own_finding(UNUSED_IGNORE, place, &Says::Message(&message, note))),
        );
        let used = comments.ignoring.iter().filter(|one| one.used).map(|one| one.place).collect();
        Sorted { kept, ignored, added, used }
    }

    /// A finding of the engine's own rules.
    pub(super) fn own_finding(&self, rule: &str, place: Place, says: &Says<'_>) -> Option<Finding> {
        let rule = self.rules.get(rule).filter(|rule| !self.is_off(&rule.id))?;
        let (message, note, detail) = match says {
            Says::Detail("") => (self.own_message(rule), None, ""),
            Says::Detail(detail) => (format!("{}: {}", self.own_message(rule), mask_text(detail)), None, *detail),
            Says::Message(message, note) => (mask_text(message), note.clone(), *message),
        };
        let model = self.model;
        let severity = self.options.severities.get(&rule.id).copied().flatten().unwrap_or(rule.file.severity);
        // Where in the topology an entry stands tells it from others; in another file the place may move.
        let in_topology = place.source == model.inputs.topology_source;
        let name = &model.sources().get(place.source).name;
        let name = name.strip_prefix(&self.options.folder).unwrap_or(name);
        let start = place.span.start.to_string();
        let nodes = model.files.iter().filter(|file| file.source == place.source).flat_map(|file| file.nodes.clone()).collect();
        let label = Label { place, text: rule.file.title.clone(), node: None };
        Some(Finding {
            rule: rule.id.clone(),
            severity,
            message,
            symptom: None,
            note,
            nodes,
            link: None,
            labels: vec![label],
            flow: Vec::new(),
            fixes: Vec::new(),
            asked: Vec::new(),
            values: values::of_own(model, place, detail, &self.options.folder),
            fingerprint: fingerprint(&[&rule.id, detail, "", "", "", if in_topology { &start } else { name }]),
        })
    }
}

/// What a comment is about, for people who wonder why it ignores nothing.
fn about(comment: &Ignoring) -> String {
    match comment.lines {
        (first, last) if first == last => format!("it is about line {first}: no finding of that rule has a place there"),
        (first, last) => format!("it is about lines {first} to {last}: no finding of that rule has a place there"),
    }
}
