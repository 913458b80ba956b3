//! Builds the fixes of a finding: what a rule's edits mean on the nodes and links of a model.

use minijinja::Error;
use minijinja::value::Value;

use crate::deployment::{Fault, FileProblem, Link, Node, OffsetProblem, Opener, Target, Verdict};

use super::finding::{Change, Fix, Safety};
use super::follow::Reaching;
use super::model::{Kind, Ref, named};
use super::rule::Rule;
use super::rule_file::{EditFile, FixFile, Part, SafetyFile, edits};
use super::run::Runner;

impl Runner<'_> {
    pub(super) fn fix(&self, rule: &Rule, index: usize, fix: &FixFile, at: Ref, subject: &Value) -> Result<Option<Fix>, Error> {
        if let Some(when) = &fix.when
            && !self.is_true(&when.value, subject)?
        {
            return Ok(None);
        }
        let mut changes = Vec::new();
        for (edit_index, edit) in edits(fix).enumerate() {
            if let Some(when) = &edit.when
                && !self.is_true(&when.value, subject)?
            {
                continue;
            }
            let value =
                edit.value.as_ref().map(|_| self.render(rule, &format!("fix {index} edit {edit_index}"), subject)).transpose()?;
            changes.extend(self.changes(edit, value.unwrap_or_default(), at, subject)?);
        }
        let mut safe = fix.safety == Some(SafetyFile::Safe);
        if let Some(when) = &fix.safe_when {
            safe = self.is_true(&when.value, subject)?;
        }
        let title = self.said(rule, &format!("fix {index}"), subject)?;
        let guessed = if at.kind == Kind::Link { self.guessed(at.first) } else { None };
        let of_offset = || if at.kind == Kind::Link { self.may_be_of_offset(at.first, &changes) } else { None };
        let guessed = guessed.or_else(of_offset);
        let (safe, doubtful) = (safe && guessed.is_none(), guessed.is_some());
        let safety = if safe { Safety::Safe } else { Safety::Unsafe };
        let why = guessed.unwrap_or_else(|| fix.why.clone());
        Ok(Some(Fix { title, safety, why, doubtful, side: fix.side, asked: fix.asked, changes }))
    }

    /// Why what a node of a link says is a guess: what is counted in its place is good for judging, not for mending.
    fn guessed(&self, link: usize) -> Option<String> {
        let of_link = &self.model.links[link];
        let nodes = std::iter::once(of_link.node).chain(of_link.targets.iter().map(|target| target.node));
        let is_target = |node: usize| self.model.links[link].targets.iter().any(|target| target.node == node);
        // A name with a slip of the pen may be the one of the offset.
        let guessed = |node: usize| {
            let Node { name, offset, .. } = &*self.model.nodes[node];
            if offset.problem.is_some_and(|problem| problem != OffsetProblem::BlanksAround) {
                return Some(format!("the offset of {name} is a guess: mend that first"));
            }
            if is_target(node) && self.model.links[link].verdict == Verdict::WrongPort && self.model.collides(node) {
                return Some(format!(
                    "another server opens the same ports as {name}, so its offset may be what is wrong: mend that first"
                ));
            }
            if let Some((_, port)) = self.model.nodes[node].out_of_range().next().filter(|_| is_target(node)) {
                return Some(format!("{name} would listen on {port}, which is no port: mend that first"));
            }
            self.model
                .has_name_at_fault(node)
                .then(|| format!("a file of {name} has a name in it that nobody reads: mend that first"))
        };
        self.taken_for(of_link).or_else(|| nodes.into_iter().find_map(guessed))
    }

    /// Why who is meant by a host is a guess: nobody declares it, and it was taken for the only node with the role.
    fn taken_for(&self, link: &Link) -> Option<String> {
        let name = link.host.name.as_deref().filter(|_| link.assumed && !link.host.loopback && !link.verdict.in_order())?;
        if !self.model.inputs.topology.nodes[link.node].key_manager.is_empty() {
            return None;
        }
        let first = name.split('.').next().unwrap_or_default();
        let [target] = &link.targets[..] else { return None };
        let node = &self.model.nodes[target.node].name;
        // A host that is called as the node is, is that node.
        let is_called_so = [name, first].iter().any(|host| host.eq_ignore_ascii_case(node));
        let why =
            || format!("that {name} is {node} is a guess: nothing says so but its role; give {node} that `host` in a topology");
        (!is_called_so).then(why)
    }

    /// Whether ports that an object is about were counted with an offset that is none.
    pub(super) fn rests_on_guess(&self, at: Ref) -> bool {
        let model = self.model;
        let is_guess =
            |node: usize| model.nodes[node].offset.problem.is_some_and(|problem| problem != OffsetProblem::BlanksAround);
        let opens = |node: usize, listener: usize| is_guess(node) && model.nodes[node].listeners[listener].port.is_shifted();
        match at.kind {
            Kind::Link => {
                let link = &model.links[at.first];
                let opened = |target: &Target| !target.fits && opens(target.node, target.listener);
                is_guess(link.node) && link.port.is_shifted() || link.targets.iter().any(opened)
            }
            Kind::Collision => {
                let collision = &model.collisions[at.first];
                let other = |listener: Option<usize>| match (collision.other, listener) {
                    (Opener::Node(node), Some(listener)) => opens(node, listener),
                    _ => false,
                };
                let guessed = |(_, first, second): &(i64, usize, Option<usize>)| opens(collision.node, *first) || other(*second);
                collision.ports.iter().all(guessed)
            }
            Kind::Forward => is_guess(model.forwards[at.first].node),
            _ => false,
        }
    }

    /// Why the call may be right: all calls to the target go by the offset in its file, which a start script overrides, or by
    /// one that several files write.
    fn may_be_of_offset(&self, link: usize, changes: &[Change]) -> Option<String> {
        let mends = |change: &Change| matches!(change, Change::Set { setting, .. } if *setting == self.model.catalogue().offset);
        if self.model.links[link].verdict != Verdict::WrongPort || changes.iter().any(mends) {
            return None;
        }
        let of_target = |target: &Target| {
            let Node { name, offset, .. } = &*self.model.nodes[target.node];
            if self.model.is_script_at_fault(target.node) {
                return Some(format!("all calls to {name} go by the offset in its file: {} may be what is wrong", offset.origin));
            }
            let at_fault = self.model.is_offset_at_fault(target.node);
            at_fault.then(|| format!("the offset of {name} may be what is wrong, for all calls to it go by another"))
        };
        self.model.links[link].targets.iter().find_map(of_target)
    }

    fn changes(&self, edit: &EditFile, value: String, at: Ref, subject: &Value) -> Result<Vec<Change>, Error> {
        if edit.mend {
            return Ok(self.worked_out(at).into_iter().collect());
        }
        if let Some(follow) = &edit.follow {
            let node = self.object(&follow.value, subject)?.map(|at| at.first);
            return Ok(node
                .zip(value.parse().ok())
                .map(|(node, offset)| self.reaching.get_or_init(|| Reaching::of(self.model)).links(self.model, node, offset))
                .unwrap_or_default());
        }
        if at.kind == Kind::Member && edit.part.is_some() {
            let entries = self.model.members[at.first].own_entries().filter(|entry| entry.port.to_string() != value);
            return Ok(entries.map(|entry| Change::Replace { place: entry.editable, text: value.clone() }).collect());
        }
        if let Some(part) = edit.part {
            let of = edit.of.as_ref().map(|of| self.object(&of.value, subject)).transpose()?.flatten();
            let link = &self.model.links[of.unwrap_or(at).first];
            return Ok(vec![part_of(link, part, value)]);
        }
        let setting = edit.setting.as_ref().and_then(|setting| self.model.catalogue().setting(&setting.value));
        let node = self.node_of(edit.node.as_ref().map(|node| node.value.as_str()), at, subject)?;
        Ok(setting.zip(node).map(|(setting, node)| Change::Set { node, setting, value }).into_iter().collect())
    }

    /// What the model worked out for a file or a name in it.
    fn worked_out(&self, at: Ref) -> Option<Change> {
        let model = self.model;
        match at.kind {
            Kind::Table | Kind::Element => {
                let name = named(model, at);
                let nearest = name.nearest.as_ref()?;
                let what = match name.fault {
                    Fault::Stray => format!("make it `{nearest}`, for {}", name.what),
                    Fault::Lone => format!("put square brackets around the value of {}", name.what),
                    Fault::Single => format!("write [[{nearest}]] for {}", name.what),
                    _ => format!("call {} `{nearest}`", name.what),
                };
                Some(Change::Mend { source: name.place.source, edits: name.mend.clone(), what })
            }
            _ => match &model.files[at.first].state {
                FileProblem::Malformed(malformed) => {
                    let (what, edits) = malformed.fix.clone()?;
                    Some(Change::Mend { source: model.files[at.first].source, edits: Some(edits), what })
                }
                _ => None,
            },
        }
    }
}

/// The change of a part of a link's address.
pub(super) fn part_of(link: &Link, part: Part, value: String) -> Change {
    let (place, text) = match (part, link.written.setting) {
        (Part::Port, Some(setting)) => return Change::Set { node: link.node, setting, value },
        (Part::Port, None) if link.written.explicit => (link.written.place, value),
        (Part::Port, None) => (link.written.insert_at, format!(":{value}")),
        (Part::Host, _) => (link.host.editable, value),
        (Part::Scheme, _) => (link.scheme_place, value),
        (Part::Rest, _) => (link.rest, value),
    };
    Change::Replace { place, text }
}
