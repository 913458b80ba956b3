//! The plan: which fixes are taken, tried together in memory until nothing changes any more.
//!
//! Invariant: what a plan changes leaves fewer errors and warnings and no new one. A fix that would bring one is taken
//! only together with fixes that mend that too.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::Severity;
use crate::config::{self, Edit};
use crate::deployment::Deployment;
use crate::lint::{self, Change, Finding, Linted, Options, Rules, Safety, Side, UNUSED_IGNORE};
use crate::source::{Content, SourceId, mask_text};

use super::{FileEdit, Suggestion, suggest};

/// Rounds after which a plan is taken as it is. Each round leaves fewer findings, so that more are hardly ever needed.
const ROUNDS: usize = 16;
/// How often findings that a fix uncovers are mended in turn before that fix is given up.
const DEPTH: usize = 3;
/// Trials of a plan: each resolves and lints the deployment anew.
pub const TRIALS: usize = 400;

/// Which fixes may be taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Unsafe ones too.
    pub unsafe_fixes: bool,
    /// The side on which a mismatch is mended where both can be.
    pub prefer: Side,
}

/// What is to be changed, and what comes of it.
pub struct Plan {
    /// Files that change, by name.
    pub files: Vec<FileChange>,
    /// The fixes that were taken, in the order of their findings.
    pub applied: Vec<Applied>,
    /// Findings with a fix that was not taken: why.
    pub held_back: Vec<HeldBack>,
    /// The model after the plan.
    pub model: Arc<Deployment>,
    /// What remains after the plan.
    pub linted: Linted,
}

/// A file that changes.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// The file; of several names, the first.
    pub source: SourceId,
    /// Its name for people.
    pub name: String,
    /// Where it lies.
    pub real: PathBuf,
    /// What it holds.
    pub before: Arc<Content>,
    /// What it is to hold.
    pub after: Vec<u8>,
}

/// A fix that was taken.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The finding that it mends.
    pub finding: Finding,
    /// Its title.
    pub title: String,
    /// Whether it is safe.
    pub safety: Safety,
    /// The files that it changes.
    pub sources: Vec<SourceId>,
}

/// A finding with a fix that was not taken.
#[derive(Debug, Clone)]
pub struct HeldBack {
    /// Its rule.
    pub rule: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The fix.
    pub title: String,
    /// Why it was not taken.
    pub why: String,
    /// Whether it cannot be taken whatever its merits.
    pub refused: bool,
}

/// What a plan is made from.
pub struct Planner<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// How to lint.
    pub options: &'a Options,
    /// What may be taken.
    pub wish: Wish,
    /// How many trials are left.
    pub trials: Cell<usize>,
    /// What cannot be taken whatever its merits: why.
    pub refuse: &'a Refuse<'a>,
}

/// Says why a suggestion cannot be taken: a file that cannot be written, a line that cannot be shown.
pub type Refuse<'a> = dyn Fn(&Deployment, &Suggestion) -> Option<String> + 'a;

/// A deployment at some point of the plan.
#[derive(Clone)]
struct State {
    model: Arc<Deployment>,
    linted: Arc<Linted>,
    changed: BTreeMap<SourceId, Vec<u8>>,
    applied: Vec<Applied>,
}

impl State {
    fn fingerprints(&self) -> HashSet<&str> {
        self.linted.findings.iter().map(|finding| finding.fingerprint.as_str()).collect()
    }

    /// How many errors and warnings there are. Infos do not count: what a fix writes on purpose may be worth knowing.
    fn troubles(&self) -> usize {
        self.linted.findings.iter().filter(|finding| is_trouble(finding)).count()
    }

    fn finding(&self, fingerprint: &str) -> Option<&Finding> {
        self.linted.findings.iter().find(|finding| finding.fingerprint == fingerprint)
    }
}

/// A fix of a finding, to be looked up again in every state: places move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    fingerprint: String,
    title: String,
}

/// Fixes that are not taken, and why; nothing where another fix of the same finding says it.
type GivenUp = BTreeMap<Choice, Option<Reason>>;

/// Why a fix is not taken.
struct Reason {
    words: String,
    refused: bool,
}

impl Reason {
    fn of(words: String) -> Self {
        Self { words, refused: false }
    }
}

/// What became of trying fixes.
enum Tried {
    /// It leaves fewer findings, and no new one.
    Good(State),
    /// It does not: why, in words.
    Bad(String),
    /// One of them cannot be taken whatever its merits: why.
    Refused(String),
}

impl Planner<'_> {
    /// Makes a plan for the findings of a model.
    pub fn plan(&self, model: &Arc<Deployment>, linted: &Linted) -> Plan {
        let mut state =
            State { model: Arc::clone(model), linted: Arc::new(linted.clone()), changed: BTreeMap::new(), applied: Vec::new() };
        let mut given_up: GivenUp = BTreeMap::new();
        // What was given up may do once others are mended: tried anew as long as that leads on.
        loop {
            let before = state.troubles();
            given_up.clear();
            state = self.rounds(state, &mut given_up);
            if state.troubles() == before {
                break;
            }
        }
        for choice in self.choose(&state, &given_up, |_| true) {
            given_up.insert(
                choice,
                Some(Reason::of(format!("it is still open after {ROUNDS} rounds: it undoes what another fix does"))),
            );
        }
        for (choice, why) in self.archived(&state) {
            given_up.entry(choice).or_insert(Some(Reason::of(why)));
        }
        Self::finish(model, state, given_up)
    }

    /// Fixes that would be taken if the file to be changed did not lie in an archive, and what to do instead.
    fn archived(&self, state: &State) -> Vec<(Choice, String)> {
        let findings = state.linted.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let of_finding = |finding: &Finding| {
            let fix = self.in_order(finding, |fix| self.may_take(fix)).into_iter().next()?;
            let why = suggest(&state.model, fix).archived?;
            let choice = Choice { fingerprint: finding.fingerprint.clone(), title: fix.title.clone() };
            Some((choice, mask_text(&why)))
        };
        findings.filter_map(of_finding).collect()
    }

    /// The fixes of a finding, those of the preferred side first, those against which something speaks last.
    fn in_order<'a>(&self, finding: &'a Finding, suits: impl Fn(&lint::Fix) -> bool) -> Vec<&'a lint::Fix> {
        let is_asked = |fix: &&lint::Fix| !fix.asked || fix.side == Some(self.wish.prefer);
        let mut fixes: Vec<&lint::Fix> = finding.ways().filter(is_asked).filter(|fix| suits(fix)).collect();
        let rank = |fix: &lint::Fix| fix.side.map_or(0, |side| if side == self.wish.prefer { 0 } else { 2 });
        fixes.sort_by_key(|fix| (fix.doubtful, rank(fix)));
        fixes
    }

    /// Takes fixes round by round until none is left that was not given up.
    fn rounds(&self, mut state: State, given_up: &mut GivenUp) -> State {
        for _ in 0..ROUNDS {
            let batch = self.next(&state, given_up);
            if batch.is_empty() {
                break;
            }
            let before = state.troubles();
            state = self.take(state, &batch, given_up);
            if state.troubles() == before && self.next(&state, given_up) == batch {
                break;
            }
        }
        state
    }

    /// The fixes of a round. What makes more of a file count comes alone, before all that is missing for want of it: where a name
    /// is misspelt, the value is there.
    fn next(&self, state: &State, given_up: &GivenUp) -> Vec<Choice> {
        let all = self.choose(state, given_up, |_| true);
        let findings = state.linted.findings.iter();
        let by_fingerprint: HashMap<&str, &Finding> = findings.map(|finding| (finding.fingerprint.as_str(), finding)).collect();
        let reveals = |choice: &&Choice| {
            let fix = by_fingerprint.get(choice.fingerprint.as_str()).and_then(|finding| finding.way(&choice.title));
            fix.is_some_and(|fix| fix.changes.iter().any(|change| matches!(change, Change::Mend { .. })))
        };
        let first: Vec<Choice> = all.iter().filter(reveals).cloned().collect();
        if first.is_empty() { all } else { first }
    }

    /// One fix for each finding that may be mended: the first that was not given up.
    fn choose(&self, state: &State, given_up: &GivenUp, wanted: impl Fn(&Finding) -> bool) -> Vec<Choice> {
        // Infos are mended only where the user made more of them.
        let findings = state.linted.findings.iter().filter(|finding| finding.severity > Severity::Info && wanted(finding));
        let torn = if self.wish.prefer == Side::Server { self.torn(state) } else { HashSet::new() };
        let choice = |finding: &Finding| {
            let is_torn = torn.contains(finding.nodes.get(1..).unwrap_or_default());
            let suits = |fix: &lint::Fix| {
                let only_for_all = fix.safety == Safety::Unsafe && !self.wish.unsafe_fixes;
                self.may_take(fix) && !(only_for_all && is_torn)
            };
            for fix in self.in_order(finding, suits) {
                let choice = Choice { fingerprint: finding.fingerprint.clone(), title: fix.title.clone() };
                if given_up.contains_key(&choice) {
                    continue;
                }
                let suggestion = suggest(&state.model, fix);
                if suggestion.applicable {
                    return Some(choice);
                }
                // As where a file may not be written: the other side is no way out.
                suggestion.archived.is_none().then_some(())?;
            }
            None
        };
        findings.filter_map(choice).collect()
    }

    /// Safe fixes; unsafe ones where asked for. The server's side, if asked for, is tried too where other nodes call that
    /// server: the trial tells whether it suits them all.
    fn may_take(&self, fix: &lint::Fix) -> bool {
        fix.safety == Safety::Safe || self.wish.unsafe_fixes || self.for_all_callers(fix)
    }

    fn for_all_callers(&self, fix: &lint::Fix) -> bool {
        self.wish.prefer == Side::Server && fix.side == Some(Side::Server) && !fix.doubtful
    }

    /// Takes as many of the fixes as leave no new finding. Those that do are found by halving.
    fn take(&self, state: State, batch: &[Choice], given_up: &mut GivenUp) -> State {
        let batch: Vec<Choice> = batch.iter().filter(|choice| !given_up.contains_key(choice)).cloned().collect();
        if self.trials.get() == 0 {
            let why = || "it was not tried any more: too many fixes do not go together".to_owned();
            given_up.extend(batch.into_iter().map(|choice| (choice, Some(Reason::of(why())))));
            return state;
        }
        match self.try_all(&state, &batch, DEPTH) {
            Tried::Good(after) => after,
            // The other side is no way out: what was to be changed here is what a user looks for.
            Tried::Refused(why) if batch.len() == 1 => {
                let fixes = state.finding(&batch[0].fingerprint).into_iter().flat_map(Finding::ways);
                let choice = |fix: &lint::Fix| Choice { fingerprint: batch[0].fingerprint.clone(), title: fix.title.clone() };
                given_up.extend(fixes.map(|fix| (choice(fix), None)));
                given_up.insert(batch[0].clone(), Some(Reason { words: why, refused: true }));
                state
            }
            Tried::Bad(why) | Tried::Refused(why) => match &batch[..] {
                [] => state,
                [only] => {
                    given_up.extend(self.alike(&state, only).into_iter().map(|choice| (choice, Some(Reason::of(why.clone())))));
                    state
                }
                many => {
                    let (left, right) = many.split_at(many.len() / 2);
                    let state = self.take(state, left, given_up);
                    self.take(state, right, given_up)
                }
            },
        }
    }

    /// The choice, and those of other callers that are the very same change of one server: what fails for one fails for all.
    fn alike(&self, state: &State, choice: &Choice) -> Vec<Choice> {
        let Some(finding) = state.finding(&choice.fingerprint) else { return vec![choice.clone()] };
        let same = |other: &&Finding| {
            let fix = other.way(&choice.title);
            other.rule == finding.rule
                && other.nodes.get(1..) == finding.nodes.get(1..)
                && fix.is_some_and(|fix| self.for_all_callers(fix))
        };
        let others = state.linted.findings.iter().filter(same).map(|other| other.fingerprint.clone());
        let mut alike: Vec<Choice> = others.map(|fingerprint| Choice { fingerprint, title: choice.title.clone() }).collect();
        alike.push(choice.clone());
        alike
    }

    /// Servers whose callers would have it changed to different ports: no change there suits them all.
    fn torn(&self, state: &State) -> HashSet<Vec<usize>> {
        let mut titles: BTreeMap<(&str, &[usize]), BTreeSet<&str>> = BTreeMap::new();
        for finding in &state.linted.findings {
            let of_server = finding.ways().filter(|fix| self.for_all_callers(fix)).map(|fix| fix.title.as_str());
            let servers = finding.nodes.get(1..).unwrap_or_default();
            titles.entry((&finding.rule, servers)).or_default().extend(of_server);
        }
        titles.into_iter().filter(|(_, titles)| titles.len() > 1).map(|((_, servers), _)| servers.to_vec()).collect()
    }

    /// Tries fixes together, and mends in turn what they uncover.
    fn try_all(&self, state: &State, batch: &[Choice], depth: usize) -> Tried {
        let (mut after, taken) = match self.apply(state, batch) {
            Ok(applied) => applied,
            Err(why) => return Tried::Refused(why),
        };
        let known: HashSet<&str> = state.fingerprints();
        for _ in 0..depth {
            let uncovered = self.choose(&after, &BTreeMap::new(), |finding| !known.contains(finding.fingerprint.as_str()));
            if uncovered.is_empty() {
                break;
            }
            match self.apply(&after, &uncovered) {
                Ok((further, _)) => after = further,
                Err(_) => break,
            }
        }
        match self.objection(state, &after, &taken) {
            Some(why) => Tried::Bad(why),
            None => Tried::Good(after),
        }
    }

    /// What speaks against a state: a new finding, one that is still there, a caller that is left behind.
    fn objection(&self, before: &State, after: &State, taken: &[Choice]) -> Option<String> {
        let known = before.fingerprints();
        let is_new = |finding: &&Finding| is_trouble(finding) && !known.contains(finding.fingerprint.as_str());
        if let Some(new) = after.linted.findings.iter().find(is_new) {
            return Some(format!("it would bring {}[{}]: {}", new.severity.name(), new.rule, new.message));
        }
        if after.linted.failed {
            return Some("a rule could not be evaluated then".to_owned());
        }
        for choice in taken {
            if after.finding(&choice.fingerprint).is_some() {
                return Some("it would not be enough".to_owned());
            }
            let Some(finding) = before.finding(&choice.fingerprint) else { continue };
            let fix = finding.way(&choice.title);
            let for_all = fix.is_some_and(|fix| fix.safety == Safety::Unsafe && !self.wish.unsafe_fixes);
            let servers = finding.nodes.get(1..).unwrap_or_default();
            let left =
                |other: &&Finding| other.rule == finding.rule && other.nodes.iter().skip(1).any(|node| servers.contains(node));
            if for_all && let Some(left) = after.linted.findings.iter().find(left) {
                return Some(format!("it would not mend every caller: {}", left.message));
            }
        }
        let fewer = after.troubles() < before.troubles();
        (!fewer).then(|| "it would not leave fewer findings".to_owned())
    }

    /// The state after fixes, and those of them that were applied: what overlaps with an earlier one waits for a later round.
    fn apply(&self, state: &State, batch: &[Choice]) -> Result<(State, Vec<Choice>), String> {
        self.trials.set(self.trials.get().saturating_sub(1));
        let (mut taken, mut applied) = (Vec::new(), Vec::new());
        let mut edits: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
        for choice in batch {
            let Some(finding) = state.finding(&choice.fingerprint) else { continue };
            let Some(fix) = finding.way(&choice.title) else { continue };
            let suggestion = suggest(&state.model, fix);
            if !suggestion.applicable {
                continue;
            }
            if let Some(why) = (self.refuse)(&state.model, &suggestion) {
                return Err(why);
            }
            // A file may be known by several names.
            let first_name = |source| state.model.names_of(source).first().copied().unwrap_or(source);
            let new: Vec<FileEdit> =
                suggestion.edits.into_iter().map(|one| FileEdit { source: first_name(one.source), ..one }).collect();
            if !fits(&edits, &new) {
                continue;
            }
            let sources: BTreeSet<SourceId> = new.iter().map(|edit| edit.source).collect();
            for FileEdit { source, edit } in new {
                let of_file = edits.entry(source).or_default();
                if !of_file.contains(&edit) {
                    of_file.push(edit);
                }
            }
            taken.push(choice.clone());
            applied.push(Applied {
                finding: finding.clone(),
                title: fix.title.clone(),
                safety: fix.safety,
                sources: sources.into_iter().collect(),
            });
        }
        let mut changed = state.changed.clone();
        for (source, edits) in edits {
            let content = &state.model.sources().get(source).content;
            let bytes = config::apply(content.bytes(), &edits, content).ok_or("the edits cannot be written")?;
            for name in state.model.names_of(source) {
                changed.insert(name, bytes.clone());
            }
        }
        let model = Arc::new(state.model.edited(&changed));
        let linted = Arc::new(lint::run(&model, self.rules, self.options));
        let applied = state.applied.iter().cloned().chain(applied).collect();
        Ok((State { model, linted, changed, applied }, taken))
    }

    fn finish(origin: &Deployment, state: State, given_up: GivenUp) -> Plan {
        let held_back = given_up.into_iter().filter_map(|(Choice { fingerprint, title }, why)| {
            let (finding, why) = (state.finding(&fingerprint)?, why?);
            Some(HeldBack { rule: finding.rule.clone(), fingerprint, title, why: why.words, refused: why.refused })
        });
        let held_back = held_back.collect();
        let mut files: Vec<FileChange> = Vec::new();
        let mut seen: HashSet<PathBuf> = HashSet::new();
        for (source, after) in &state.changed {
            let file = origin.sources().get(*source);
            let Some(real) = file.real.clone().filter(|real| seen.insert(real.clone())) else { continue };
            // What one fix wrote another may have taken back.
            if file.content.bytes() == after.as_slice() {
                continue;
            }
            files.push(FileChange {
                source: *source,
                name: file.name.clone(),
                real,
                before: Arc::clone(&file.content),
                after: after.clone(),
            });
        }
        let changed: BTreeSet<SourceId> = files.iter().map(|file| file.source).collect();
        let mut applied = state.applied;
        applied.retain(|fix| fix.sources.iter().any(|source| changed.contains(source)));
        Plan { held_back, files, applied, model: state.model, linted: Arc::unwrap_or_clone(state.linted) }
    }
}

/// Whether a finding speaks against a plan that brings it. That a comment has nothing left to ignore is what mending leads to.
fn is_trouble(finding: &Finding) -> bool {
    finding.severity > Severity::Info && finding.rule != UNUSED_IGNORE
}

/// Whether edits lie apart from those that are there, or are the same.
fn fits(edits: &BTreeMap<SourceId, Vec<Edit>>, new: &[FileEdit]) -> bool {
    new.iter().all(|FileEdit { source, edit }| {
        let there = edits.get(source).map(Vec::as_slice).unwrap_or_default();
        there.contains(edit) || there.iter().all(|other| apart(other, edit))
    })
}

fn apart(one: &Edit, other: &Edit) -> bool {
    one.span.end < other.span.start || other.span.end < one.span.start
}
