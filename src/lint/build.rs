//! Builds findings: what a rule says of an object.

use std::collections::HashSet;

use minijinja::Error;
use minijinja::value::Value;

use crate::catalogue::Severity;
use crate::source::{Place, mask_text};

use super::finding::{Finding, Label};
use super::labels;
use super::model::{Kind, Ref, named};
use super::rule::Rule;
use super::rule_file::{At, LabelFile};
use super::run::{Runner, fingerprint};
use super::values;

impl Runner<'_> {
    fn optional(&self, rule: &Rule, field: &str, present: bool, subject: &Value) -> Result<Option<String>, Error> {
        let text = present.then(|| self.said(rule, field, subject)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(super) fn build(&self, rule: &Rule, at: Ref, subject: &Value, key: Option<&str>) -> Result<Finding, Error> {
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

    pub(super) fn nodes(&self, at: Ref) -> Vec<usize> {
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
}
