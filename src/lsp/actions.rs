//! Code actions: the fixes of findings, and all safe ones at once, by the plan of `check --fix`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{CodeAction, CodeActionKind, CodeActionParams, Diagnostic, Range, TextEdit, WorkspaceEdit};
use serde_json::json;

use super::client::Client;
use super::diagnostics::{self, Shown};
use super::edits;
use super::view::{Judged, View};
use crate::deployment::Deployment;
use crate::fix::{FileChange, Plan, Suggestion, Wish, suggest};
use crate::lint::Safety;
use crate::project::Engine;
use crate::source::{Content, TextKind};

/// The kind of the action that applies all safe fixes.
pub const FIX_ALL: &str = "source.fixAll.carbonlint";

/// Findings whose fixes are offered at a place that is not their primary one: more are no help.
const MOST_RELATED: usize = 5;

/// Answers from views, by the rules of an engine, to a client.
#[derive(Clone)]
pub struct Asked {
    /// Rules and catalogue.
    pub engine: Arc<Engine>,
    /// What the client can do.
    pub client: Arc<Client>,
    /// The last views.
    pub views: Vec<Arc<View>>,
}

impl Asked {
    /// The actions at a range of a file.
    pub fn actions(&self, params: &CodeActionParams, path: &Path) -> Vec<CodeAction> {
        let only = params.context.only.as_deref();
        let wants = |kind: &str| {
            only.is_none_or(|only| {
                only.iter().any(|wanted| {
                    let wanted = wanted.to_string();
                    wanted.is_empty() || kind == wanted || kind.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.'))
                })
            })
        };
        let mut actions = Vec::new();
        if wants("quickfix") {
            for view in &self.views {
                self.quick_fixes(view, path, params.range, &mut actions);
            }
            // Several topologies may find the same.
            let mut seen = Vec::new();
            actions.retain(|action: &CodeAction| {
                let key = (action.title.clone(), action.edit.clone());
                let new = !seen.contains(&key);
                seen.push(key);
                new
            });
        }
        if wants(FIX_ALL) {
            actions.extend(self.fix_all(path, only.is_some()));
        }
        actions
    }

    fn quick_fixes(&self, view: &View, path: &Path, range: Range, actions: &mut Vec<CodeAction>) {
        let uri = view.uri(path);
        let touches = |shown: &Shown<'_>, place| {
            let location = shown.location(view, place);
            location.is_some_and(|there| there.uri == uri && there.range.start <= range.end && range.start <= there.range.end)
        };
        let mut found: Vec<Shown<'_>> = diagnostics::shown(view)
            .filter(|shown| shown.finding.labels.first().is_some_and(|label| touches(shown, label.place)))
            .collect();
        if found.is_empty() {
            let related = |shown: &Shown<'_>| shown.finding.labels.iter().any(|label| touches(shown, label.place));
            found = diagnostics::shown(view).filter(related).take(MOST_RELATED).collect();
        }
        for shown in found {
            let Some((_, diagnostic)) = diagnostics::diagnostic(view, &self.client, &shown) else { continue };
            for (index, fix) in shown.finding.fixes.iter().enumerate() {
                let suggestion = suggest(shown.model, fix);
                let Some(edit) = edits::of(view, &self.client, shown.model, &suggestion, shown.present) else { continue };
                actions.push(quick_fix(&suggestion, edit, diagnostic.clone(), index == 0));
            }
        }
    }

    /// The action that applies all safe fixes, where there are any. Its edit is left for later if the client asks for it
    /// then and not for this kind of action.
    fn fix_all(&self, path: &Path, asked_for: bool) -> Option<CodeAction> {
        if !self.views.iter().any(|view| has_safe_fixes(view)) {
            return None;
        }
        let later = self.client.resolves_edits && !asked_for;
        let edit = if later { None } else { Some(self.edit_of_all()?) };
        Some(CodeAction {
            title: "apply all safe fixes of carbonlint".to_owned(),
            kind: Some(CodeActionKind::Custom(FIX_ALL.into())),
            edit,
            data: later.then(|| json!({"fix_all": path})),
            ..CodeAction::default()
        })
    }

    /// The edit of an action that was offered without one.
    pub fn resolve(&self, mut action: CodeAction) -> CodeAction {
        if action.data.as_ref().is_some_and(|data| data.get("fix_all").is_some()) {
            action.edit = self.edit_of_all();
        }
        action
    }

    /// All safe fixes of all topologies, one after the other as the command line takes them; `None` where nothing changes.
    fn edit_of_all(&self) -> Option<WorkspaceEdit> {
        let whole = |view: &&Arc<View>| view.is_whole();
        let mut texts: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
        let mut changed: BTreeMap<PathBuf, (FileChange, &View)> = BTreeMap::new();
        for view in self.views.iter().filter(whole) {
            let Some(judged) = &view.judged else { continue };
            let earlier: Vec<FileChange> = changed.values().map(|(change, _)| change.clone()).collect();
            let after = judged.project.after(&earlier);
            let plan = match &after {
                None => judged.plan.get_or_init(|| self.plan(judged)).files.clone(),
                Some(project) => {
                    let linted = self.engine.lint(project, &HashMap::new());
                    plan(&self.engine, project, &linted).files
                }
            };
            for change in plan {
                // What an earlier topology changed is still what the client has.
                match changed.get_mut(&change.real) {
                    Some((first, _)) => first.after = change.after,
                    None => drop(changed.insert(change.real.clone(), (change, view))),
                }
            }
        }
        let (_, first) = changed.values().next()?;
        for (path, (change, view)) in &changed {
            let after = Content::decode(change.after.clone(), kind_of(view, change));
            texts.insert(path.clone(), edits::between(view, change.source, &change.before, &after));
        }
        Some(edits::workspace(first, &self.client, texts))
    }

    fn plan(&self, judged: &Judged) -> Plan {
        plan(&self.engine, &judged.project, &judged.linted)
    }
}

fn plan(engine: &Engine, project: &crate::project::Project, linted: &crate::lint::Linted) -> Plan {
    let hidden = |model: &Deployment, suggestion: &Suggestion| {
        edits::hides(model, suggestion).then(|| "it would write a secret, which is not sent to an editor".to_owned())
    };
    engine.plan(project, linted, &HashMap::new(), Wish::default(), &hidden)
}

/// How the file of a change is decoded.
fn kind_of(view: &View, change: &FileChange) -> TextKind {
    let Some(model) = view.model() else { return TextKind::Utf8 };
    let specs = model.catalogue().files.iter().enumerate();
    let reads =
        |index: usize| model.inputs.homes.iter().any(|home| *home.file(index) == crate::home::FileState::Read(change.source));
    specs.into_iter().find(|(index, _)| reads(*index)).map_or(TextKind::Utf8, |(_, spec)| spec.text_kind())
}

fn has_safe_fixes(view: &View) -> bool {
    let Some(judged) = view.judged.as_ref().filter(|_| view.is_whole()) else { return false };
    let findings = judged.linted.findings.iter().filter(|finding| finding.severity > crate::catalogue::Severity::Info);
    findings.flat_map(|finding| &finding.fixes).any(|fix| fix.safety == Safety::Safe)
}

fn quick_fix(suggestion: &Suggestion, edit: WorkspaceEdit, diagnostic: Diagnostic, first: bool) -> CodeAction {
    let safe = suggestion.safety == Safety::Safe;
    let title = if safe { suggestion.title.clone() } else { format!("{} (unsafe)", suggestion.title) };
    CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic]),
        is_preferred: Some(first && safe),
        edit: Some(edit),
        ..CodeAction::default()
    }
}
