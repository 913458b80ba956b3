//! Evaluates rules over a model.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use minijinja::value::Value;
use minijinja::{Error, Expression};
use rayon::prelude::*;

use crate::catalogue::Severity;
use crate::deployment::Deployment;
use crate::source::{Place, Span, mask_text};

use super::finding::{Finding, Label};
use super::follow::Reaching;
use super::guard::Guard;
use super::ignored::{Ignored, Says, Sorted};
use super::labels;
use super::model::{Handle, Kind, Ref, named};
use super::rule::{Rule, Rules, template_name};
use super::rule_file::{At, LabelFile};
use super::shared;
use super::values;

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

    fn optional(&self, rule: &Rule, field: &str, present: bool, subject: &Value) -> Result<Option<String>, Error> {
        let text = present.then(|| self.said(rule, field, subject)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn build(&self, rule: &Rule, at: Ref, subject: &Value, key: Option<&str>) -> Result<Finding, Error> {
        let file = &rule.file;
        let nodes = self.nodes(at);
        let link = (at.kind == Kind::Link).then(|| self.model.catalogue().links[self.model.links[at.first].spec].id.clone());
        let mut fixes = Vec::new();
        for (index, fix) in file.fixes.iter().enumerate() {
            fixes.extend(self.fix(rule, index, fix, at, subject)?);
        }
        let (asked, fixes) = fixes.into_iter().partition(|fix: &super::finding::Fix| fix.asked);
        let mut finding = Finding {
            rule: rule.id.clone(),
            severity: self.severity(rule, at, subject)?,
            message: self.said(rule, "message", subject)?,
            symptom: self.optional(rule, "symptom", file.symptom.is_some(), subject)?,
            note: self.optional(rule, "note", file.note.is_some(), subject)?,
            labels: self.labels(rule, at, subject)?,
            flow: Vec::new(),
            values: values::of(self.model, at, &self.options.folder),
            fingerprint: String::new(),
            fixes,
            asked,
            nodes,
            link,
        };
        finding.flow = labels::flow(self.model, at, &finding.labels);
        finding.fingerprint = self.fingerprint(&finding, at, key);
        Ok(finding)
    }

    fn severity(&self, rule: &Rule, at: Ref, subject: &Value) -> Result<Severity, Error> {
        if let Some(Some(severity)) = self.options.severities.get(&rule.id) {
            return Ok(*severity);
        }
        let mut severity = rule.file.severity;
        for other in &rule.file.severity_when {
            if self.is_true(&other.when.value, subject)? {
                severity = other.severity;
                break;
            }
        }
        if at.kind == Kind::Link {
            severity = severity.min(self.model.catalogue().links[self.model.links[at.first].spec].severity);
        }
        // What an offset that is none makes of other ports is worth knowing, and no mistake of those who use them.
        Ok(if self.rests_on_guess(at) { severity.min(Severity::Info) } else { severity })
    }

    fn nodes(&self, at: Ref) -> Vec<usize> {
        let model = self.model;
        let mut nodes = match at.kind {
            Kind::Topology => Vec::new(),
            Kind::Node | Kind::Offset | Kind::Setting | Kind::Listener => vec![at.first],
            Kind::File => model.files[at.first].nodes.clone(),
            Kind::Link | Kind::Target => {
                let link = &model.links[at.first];
                let failing = link.targets.iter().filter(|target| !target.fits);
                let mut nodes: Vec<usize> = std::iter::once(link.node).chain(failing.map(|target| target.node)).collect();
                if nodes.len() == 1 {
                    nodes.extend(link.targets.iter().map(|target| target.node));
                }
                nodes
            }
            Kind::Collision => {
                let collision = &model.collisions[at.first];
                let other = if let crate::deployment::Opener::Node(other) = collision.other { Some(other) } else { None };
                std::iter::once(collision.node).chain(other).collect()
            }
            Kind::Cluster => {
                let cluster = &model.clusters[at.first];
                cluster.members.iter().map(|(node, _)| *node).chain([cluster.target]).collect()
            }
            Kind::Member => {
                let member = &model.members[at.first];
                std::iter::once(member.node).chain(member.same_as).chain(member.misled()).collect()
            }
            Kind::Forward => vec![model.forwards[at.first].node],
            Kind::Record => vec![model.records[at.first].node],
            Kind::Table | Kind::Element => model.files[named(model, at).file].nodes.clone(),
        };
        let mut seen = HashSet::new();
        nodes.retain(|node| seen.insert(*node));
        nodes
    }

    fn labels(&self, rule: &Rule, at: Ref, subject: &Value) -> Result<Vec<Label>, Error> {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for (index, label) in rule.file.labels.iter().enumerate() {
            let (places, node) = self.label_places(label, at, subject)?;
            let text = self.said(rule, &format!("label {index}"), subject)?;
            let labels = places.into_iter().map(|place| Label { place, text: text.clone(), node });
            if label.primary { &mut first } else { &mut last }.extend(labels);
        }
        let own = labels::of(self.model, at).into_iter().map(|label| Label { text: mask_text(&label.text), ..label });
        // The place where a node is declared stands in only where nothing better is known.
        let stands_in = matches!(at.kind, Kind::Node | Kind::Offset) && !(first.is_empty() && last.is_empty());
        let own: Vec<Label> = if stands_in { Vec::new() } else { own.collect() };
        Ok(labels::dedup(first.into_iter().chain(own).chain(last).collect()))
    }

    /// The places of a label of a rule, none where there is nothing to point at, and the node whose they are.
    fn label_places(&self, label: &LabelFile, at: Ref, subject: &Value) -> Result<(Vec<Place>, Option<usize>), Error> {
        let Some(index) = self.node_of(label.node.as_ref().map(|node| node.value.as_str()), at, subject)? else {
            return Ok((Vec::new(), None));
        };
        let node = &self.model.nodes[index];
        let declared = &self.model.inputs.topology.nodes[index];
        if let Some(setting) = label.setting.as_ref().and_then(|setting| self.model.catalogue().setting(&setting.value)) {
            return Ok((node.settings[setting].place().into_iter().collect(), Some(index)));
        }
        let place = match label.at {
            Some(At::Home) => declared.home.get(node.home.layer).map(|home| self.model.topology_place(home.path.span)),
            Some(At::Offset) => node.offset.place.or(Some(node.place)),
            Some(At::Version) => node.product.place,
            Some(At::HomeVersion) => node.product.contradiction.as_ref().map(|said| said.place),
            Some(At::OverriddenOffset) => {
                let places = node.offset.overridden.iter().map(|(_, place)| *place).collect();
                return Ok((places, Some(index)));
            }
            Some(At::Name) | None => Some(node.place),
        };
        Ok((place.into_iter().collect(), Some(index)))
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

    fn fingerprint(&self, finding: &Finding, at: Ref, key: Option<&str>) -> String {
        let model = self.model;
        let nodes: Vec<&str> = finding.nodes.iter().map(|node| model.nodes[*node].name.as_str()).collect();
        // Of a file that holds several of a kind, which one.
        let part = match at.kind {
            Kind::Setting => model.catalogue().settings[at.second].id.as_str(),
            Kind::Table | Kind::Element => named(model, at).what.as_str(),
            _ => "",
        };
        let file = match at.kind {
            Kind::File => super::tables::name(model, at),
            Kind::Table | Kind::Element => super::tables::name(model, Ref::new(Kind::File, named(model, at).file)),
            _ => String::new(),
        };
        let file = file.strip_prefix(&self.options.folder).unwrap_or(&file);
        let link = finding.link.as_deref().unwrap_or_default();
        fingerprint(&[&finding.rule, &nodes.join(","), link, part, file, key.unwrap_or_default()])
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
