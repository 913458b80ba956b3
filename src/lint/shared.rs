//! Fixes in files that several nodes read: safe only where they suit all of them.

use std::collections::{HashMap, HashSet};

use crate::deployment::Deployment;
use crate::source::SourceId;

use super::finding::{Change, Finding, Fix, Safety};
use super::model::{Kind, Ref};
use super::run::Found;
use super::tables;

/// A change as it looks in the files, whichever node asked for it.
#[derive(PartialEq, Eq, Hash)]
struct InFile {
    files: Vec<Option<usize>>,
    settings: Vec<Option<usize>>,
    texts: Vec<String>,
    spans: Vec<Option<crate::source::Span>>,
}

/// Makes safe fixes unsafe where another node reads the file too and does not need the same change.
///
/// A node needs it if the rule reports on it with the same fix, and does not mind it if nothing that it does depends on
/// the setting.
pub fn judge(model: &Deployment, found: &mut Found) {
    if !model.has_shared_files() {
        return;
    }
    let mut wanted_by: HashMap<InFile, HashSet<usize>> = HashMap::new();
    for (at, finding) in found.iter() {
        // An entry of a list is wrong for each node whose list it is.
        let readers = match at.kind {
            Kind::Member => model.members[at.first].misled(),
            _ => Vec::new(),
        };
        for fix in finding.ways() {
            wanted_by.entry(in_file(model, fix)).or_default().extend(finding.nodes.first().into_iter().chain(&readers));
        }
    }
    for (_, finding) in found.iter_mut().filter(|(at, _)| !matches!(at.kind, Kind::File | Kind::Table | Kind::Element)) {
        let readers: Vec<HashSet<usize>> = finding.ways().map(|fix| affected(model, finding, fix)).collect();
        for (fix, readers) in finding.fixes.iter_mut().chain(&mut finding.asked).zip(readers) {
            let wanted = wanted_by.get(&in_file(model, fix));
            let others = readers.iter().filter(|node| wanted.is_none_or(|wanted| !wanted.contains(node))).count();
            if readers.len() > 1 && others > 0 {
                fix.doubtful = true;
            }
            if fix.doubtful && fix.safety == Safety::Safe {
                fix.safety = Safety::Unsafe;
                fix.why = format!("{} nodes read this file, and not all of them need the change", readers.len());
            }
        }
    }
}

fn file(model: &Deployment, change: &Change) -> Option<SourceId> {
    match change {
        Change::Set { node, setting, .. } => model.file_of(*node, *setting),
        Change::Replace { place, .. } => place.map(|place| place.source),
        Change::Mend { source, .. } => Some(*source),
    }
}

fn in_file(model: &Deployment, fix: &Fix) -> InFile {
    let changes = &fix.changes;
    let span = |change: &Change| if let Change::Replace { place: Some(place), .. } = change { Some(place.span) } else { None };
    let setting = |change: &Change| if let Change::Set { setting, .. } = change { Some(*setting) } else { None };
    let text = |change: &Change| match change {
        Change::Set { value, .. } => value.clone(),
        Change::Replace { text, .. } => text.clone(),
        Change::Mend { what, .. } => what.clone(),
    };
    InFile {
        files: changes.iter().map(|change| file(model, change).and_then(|source| model.same_file(source))).collect(),
        settings: changes.iter().map(setting).collect(),
        texts: changes.iter().map(text).collect(),
        spans: changes.iter().map(span).collect(),
    }
}

/// The nodes that read a file which a fix changes, and depend on what it changes there.
fn affected(model: &Deployment, finding: &Finding, fix: &Fix) -> HashSet<usize> {
    let own = finding.nodes.first().copied();
    let of_change = |change: &Change| {
        let setting = match change {
            Change::Set { setting, .. } => Some(*setting),
            // The address of a link: whoever has the link reads it.
            Change::Replace { place, .. } => place.and_then(|place| setting_at(model, own?, place)),
            Change::Mend { .. } => None,
        };
        let readers = file(model, change).map(|source| model.readers(source)).unwrap_or_default();
        let depends = move |node: &usize| {
            let live = |setting| tables::setting_is_live(model, Ref { kind: Kind::Setting, first: *node, second: setting });
            Some(*node) == own || setting.is_none_or(live)
        };
        readers.into_iter().filter(depends).collect::<Vec<_>>()
    };
    fix.changes.iter().flat_map(of_change).collect()
}

/// The setting of a node that is written at a place.
fn setting_at(model: &Deployment, node: usize, place: crate::source::Place) -> Option<usize> {
    let holds = |written: crate::source::Place| {
        written.source == place.source && written.span.start <= place.span.start && place.span.end <= written.span.end
    };
    model.nodes[node].settings.iter().position(|setting| setting.place().is_some_and(holds))
}
