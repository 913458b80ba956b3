//! Evaluates rules over a model.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use minijinja::value::Value;
use minijinja::{Error, Expression};
use rayon::prelude::*;

use crate::catalogue::Severity;
use crate::deployment::Deployment;
use crate::source::{Place, Span, mask_text};

use super::finding::Finding;
use super::follow::Reaching;
use super::guard::Guard;
use super::ignored::{Ignored, Says, Sorted};
use super::labels;
use super::model::{Handle, Kind, Ref};
use super::rule::{Rule, Rules, template_name};
use super::shared;

/// How to lint.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Severities that replace those of rules; `None` switches a rule off.
    pub severities: HashMap<String, Option<Severity>>,
    /// The topology's folder, as paths show it; empty for the working directory.
    pub folder: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Linted {
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// What would be among them, and is ignored; in the same order.
    pub ignored: Vec<Ignored>,
    /// Comments that ignore something.
    pub used: Vec<Place>,
    /// How many were taken out because a baseline has them; `None` where there is none.
    pub baselined: Option<usize>,
    /// Whether a rule could not be evaluated.
    pub failed: bool,
}

impl Linted {
    /// Makes fingerprints unique among several topologies: nodes of the same names are in others too.
    pub fn within(&mut self, topology: &str) {
        let ignored = self.ignored.iter_mut().map(|ignored| &mut ignored.finding);
        for finding in self.findings.iter_mut().chain(ignored) {
            finding.fingerprint = fingerprint(&[&finding.fingerprint, topology]);
        }
    }
}

/// A rule that the engine itself reports, for what no condition can say.
pub const RULE_FAILED: &str = "rule-failed";

/// Evaluates every rule on every object of its kind.
pub fn run(model: &Arc<Deployment>, rules: &Rules, options: &Options) -> Linted {
    let runner = Runner::new(model, rules, options);
    let mut findings: Vec<Finding> = Vec::new();
    let mut reported: HashSet<usize> = HashSet::new();
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    // What is off unless asked for keeps nobody quiet.
    let asked_for = |rule: &&Arc<Rule>| !rule.file.off || !runner.is_off(&rule.id);
    for rule in rules.rules.iter().filter(asked_for) {
        match runner.evaluate(rule, &reported) {
            Ok(found) => {
                // A rule that is off keeps the general ones quiet too: off is off.
                if rule.kind == Kind::Link {
                    reported.extend(found.iter().map(|(at, _)| at.first));
                }
                if runner.is_off(&rule.id) {
                    continue;
                }
                findings.extend(found.into_iter().map(|(_, finding)| finding));
            }
            Err(_) if runner.is_off(&rule.id) => {}
            Err(error) => {
                failures.insert(&rule.id, error.to_string());
            }
        }
    }
    let failed = !failures.is_empty();
    let start = model.topology_place(Span::default());
    findings.extend(failures.iter().filter_map(|(rule, why)| {
        let detail = format!("{rule}: {why}");
        runner.own_finding(RULE_FAILED, start, &Says::Detail(&detail))
    }));
    // Before anything is taken out: what is ignored changes no other finding's.
    runner.sort(&mut findings);
    number_fingerprints(&mut findings);
    let Sorted { kept: mut findings, ignored, added: mut unused, used } = runner.suppress(findings);
    number_fingerprints(&mut unused);
    findings.extend(unused);
    runner.sort(&mut findings);
    Linted { findings, ignored, used, baselined: None, failed }
}

/// A run in progress.
pub(super) struct Runner<'a> {
    pub(super) model: &'a Arc<Deployment>,
    pub(super) rules: &'a Rules,
    pub(super) options: &'a Options,
    /// Expressions by their text.
    compiled: RwLock<HashMap<String, Arc<Expression<'a, 'static>>>>,
    /// Who calls whom, for nodes that get another offset.
    pub(super) reaching: OnceLock<Reaching>,
}

pub type Found = Vec<(Ref, Finding)>;

impl<'a> Runner<'a> {
    pub(super) fn new(model: &'a Arc<Deployment>, rules: &'a Rules, options: &'a Options) -> Self {
        Self { model, rules, options, compiled: RwLock::default(), reaching: OnceLock::new() }
    }
}

impl Runner<'_> {
    pub(super) fn is_off(&self, rule: &str) -> bool {
        let off = || self.rules.get(rule).is_some_and(|rule| rule.file.off);
        self.options.severities.get(rule).map_or_else(off, Option::is_none)
    }

    fn evaluate(&self, rule: &Rule, reported: &HashSet<usize>) -> Result<Found, Error> {
        let Some(when) = &rule.file.when else { return Ok(Vec::new()) };
        let guard = rule.guard.as_ref().unwrap_or(&Guard::Unknown);
        let objects: Vec<Ref> = self
            .objects(rule)
            .into_iter()
            .filter(|at| !(rule.file.general && rule.kind == Kind::Link && reported.contains(&at.first)))
            .collect();
        let judge = |at: &Ref| self.judge(rule, &when.value, guard, *at);
        // Starting threads costs more than a few conditions.
        let found: Vec<Option<(Option<String>, Ref, Finding)>> = if objects.len() < 512 {
            objects.iter().map(judge).collect::<Result<_, Error>>()?
        } else {
            objects.par_iter().map(judge).collect::<Result<_, Error>>()?
        };
        let mut found = merge(found.into_iter().flatten());
        shared::judge(self.model, &mut found);
        Ok(found)
    }

    fn objects(&self, rule: &Rule) -> Vec<Ref> {
        let model = self.model;
        let all = |count: usize| (0..count).map(|first| Ref::new(rule.kind, first)).collect();
        let of_nodes = |count: usize| {
            let chosen: Vec<usize> = if rule.select.is_empty() { (0..count).collect() } else { rule.select.clone() };
            let nodes = 0..model.nodes.len();
            nodes.flat_map(|first| chosen.iter().map(move |second| Ref { kind: rule.kind, first, second: *second })).collect()
        };
        match rule.kind {
            Kind::Topology => all(1),
            Kind::Node | Kind::Offset => all(model.nodes.len()),
            Kind::File => all(model.files.len()),
            Kind::Collision => all(model.collisions.len()),
            Kind::Cluster => all(model.clusters.len()),
            Kind::Member => {
                let chosen = |at: &Ref| rule.select.is_empty() || rule.select.contains(&model.members[at.first].spec);
                (0..model.members.len()).map(|first| Ref::new(rule.kind, first)).filter(chosen).collect()
            }
            Kind::Forward => all(model.forwards.len()),
            Kind::Record => all(model.records.len()),
            Kind::Table => all(model.tables.len()),
            Kind::Element => all(model.elements.len()),
            Kind::Setting => of_nodes(model.catalogue().settings.len()),
            Kind::Listener => of_nodes(model.catalogue().listeners.len()),
            Kind::Link | Kind::Target => {
                let chosen = |link: &crate::deployment::Link| rule.select.is_empty() || rule.select.contains(&link.spec);
                let links = model.links.iter().enumerate().filter(|(_, link)| chosen(link));
                links.map(|(index, _)| Ref::new(Kind::Link, index)).collect()
            }
        }
    }

    fn judge(
        &self,
        rule: &Rule,
        condition: &str,
        guard: &Guard,
        at: Ref,
    ) -> Result<Option<(Option<String>, Ref, Finding)>, Error> {
        let decided = guard.holds(self.model, at);
        if decided == Some(false) {
            return Ok(None);
        }
        let subject = self.subject(at);
        if decided.is_none() && !self.is_true(condition, &subject)? {
            return Ok(None);
        }
        let key = rule.file.once.as_ref().map(|_| self.render(rule, "once", &subject)).transpose()?;
        let finding = self.build(rule, at, &subject, key.as_deref())?;
        Ok(Some((key, at, finding)))
    }

    /// The context of an object: its kind's name stands for it.
    fn subject(&self, at: Ref) -> Value {
        Value::from(BTreeMap::from([(at.kind.name(), Handle::value(self.model, at))]))
    }

    pub(super) fn render(&self, rule: &Rule, field: &str, subject: &Value) -> Result<String, Error> {
        self.rules.render(&template_name(&rule.id, field), subject)
    }

    pub(super) fn is_true(&self, expression: &str, subject: &Value) -> Result<bool, Error> {
        Ok(self.value(expression, subject)?.is_true())
    }

    /// The value of an expression, which is compiled when it is needed first.
    fn value(&self, expression: &str, subject: &Value) -> Result<Value, Error> {
        let known = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(expression).cloned();
        let compiled = match known {
            Some(compiled) => compiled,
            None => {
                let compiled = Arc::new(self.rules.environment.compile_expression_owned(expression.to_owned())?);
                let mut all = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(all.entry(expression.to_owned()).or_insert(compiled))
            }
        };
        compiled.eval(subject.clone())
    }

    /// A text that quotes what files say: secrets do not leave with it.
    pub(super) fn said(&self, rule: &Rule, field: &str, subject: &Value) -> Result<String, Error> {
        let text = self.render(rule, field, subject)?;
        Ok(mask_text(text.split_whitespace().collect::<Vec<_>>().join(" ").as_str()))
    }

    /// The node that an expression means; the object's own where there is none.
    pub(super) fn node_of(&self, expression: Option<&str>, at: Ref, subject: &Value) -> Result<Option<usize>, Error> {
        let Some(expression) = expression else { return Ok(self.nodes(at).first().copied()) };
        Ok(self.object(expression, subject)?.map(|at| at.first))
    }

    /// The object that an expression means.
    pub(super) fn object(&self, expression: &str, subject: &Value) -> Result<Option<Ref>, Error> {
        let value = self.value(expression, subject)?;
        Ok(value.downcast_object_ref::<Handle>().map(Handle::at))
    }

    /// A text of a rule of the engine's own.
    pub(super) fn own_message(&self, rule: &Rule) -> String {
        let subject = self.subject(Ref::new(Kind::Topology, 0));
        self.render(rule, "message", &subject).unwrap_or_else(|_| rule.file.title.clone())
    }

    pub(super) fn sort(&self, findings: &mut [Finding]) {
        let causes = self.model.causes();
        findings.sort_by(|one, other| self.order(one, &causes).cmp(&self.order(other, &causes)));
    }

    /// The worst first; before calls that fail what may be the cause of it: files, settings, nodes, ports. A name for want of
    /// which something is missing comes before that, whatever its own severity.
    fn order<'f>(&self, finding: &'f Finding, causes: &HashSet<Place>) -> impl Ord + use<'f> {
        let place = finding.labels.first().map(|label| label.place);
        let is_cause = finding.severity > Severity::Info && place.is_some_and(|place| causes.contains(&place));
        let first = finding.nodes.first().copied().unwrap_or(self.model.nodes.len());
        (
            std::cmp::Reverse(if is_cause { Severity::Error } else { finding.severity }),
            !is_cause,
            finding.link.is_some(),
            first,
            finding.rule.as_str(),
            finding.link.as_deref(),
            place,
        )
    }
}

/// Findings with the same key are one, with the places and nodes of all.
fn merge(found: impl Iterator<Item = (Option<String>, Ref, Finding)>) -> Found {
    let mut merged: Found = Vec::new();
    let mut first_with: HashMap<String, usize> = HashMap::new();
    for (key, at, finding) in found {
        let Some(key) = key else {
            merged.push((at, finding));
            continue;
        };
        match first_with.get(&key) {
            Some(index) => {
                let first: &mut Finding = &mut merged[*index].1;
                first.labels = labels::dedup(first.labels.drain(..).chain(finding.labels).collect());
                let new = finding.nodes.into_iter().filter(|node| !first.nodes.contains(node)).collect::<Vec<_>>();
                first.nodes.extend(new);
            }
            None => {
                first_with.insert(key, merged.len());
                merged.push((at, finding));
            }
        }
    }
    merged
}

/// A stable hash of what identifies a finding (64-bit FNV-1a), as 16 hexadecimal digits.
pub(super) fn fingerprint(parts: &[&str]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

pub(super) fn number_fingerprints(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}-{count}", finding.fingerprint);
        }
    }
}
