//! Files that do not parse while somebody types: the last good text stays beside the finding that says so.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::documents::Document;
use super::view::{Judged, Present};
use crate::deployment::Deployment;
use crate::project::{Engine, Project};
use crate::source::{Content, SourceId};

/// The last texts of open files that parsed.
pub type Good = HashMap<PathBuf, Arc<Content>>;

/// Keeps the texts of open files that parse.
pub fn keep(good: &mut Good, model: &Deployment, open: &BTreeMap<PathBuf, Document>) {
    good.retain(|path, _| open.contains_key(path));
    for (source, file) in model.sources().iter() {
        let Some(real) = file.real.as_ref().filter(|real| open.contains_key(*real)) else { continue };
        if matches!(model.inputs.documents.get(source), Some(Ok(_))) {
            good.insert(real.clone(), Arc::clone(&file.content));
        }
    }
}

/// Lints a project; where open files do not parse, with what they last said, and with what is wrong with them now.
pub fn judge(engine: &Engine, project: Project, good: &Good) -> Judged {
    let none = HashMap::new();
    let mut half_typed: HashMap<SourceId, Arc<Content>> = HashMap::new();
    let mut earlier: BTreeMap<SourceId, Vec<u8>> = BTreeMap::new();
    for (source, file) in project.model.sources().iter() {
        let malformed = matches!(project.model.inputs.documents.get(source), Some(Err(_)));
        if let Some(last) = file.real.as_ref().and_then(|real| good.get(real)).filter(|_| malformed) {
            half_typed.insert(source, Arc::clone(&file.content));
            earlier.insert(source, last.bytes().to_vec());
        }
    }
    let now = engine.lint(&project, &none);
    if half_typed.is_empty() {
        return Judged { project, linted: now, half_typed, present: None, plan: OnceLock::new() };
    }
    // Nothing else can be said of such a file.
    let about_them = now.findings.into_iter().filter(|finding| {
        let primary = finding.labels.first().map(|label| label.place.source);
        primary.is_some_and(|source| half_typed.contains_key(&source))
    });
    let present = Present { findings: about_them.collect(), project };
    let model = Arc::new(present.project.model.edited(&earlier));
    let project = present.project.with(model);
    let linted = engine.lint(&project, &none);
    Judged { project, linted, half_typed, present: Some(present), plan: OnceLock::new() }
}
