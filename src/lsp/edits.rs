//! Edits of files as edits of the texts that clients have.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use gen_lsp_types::{
    DocumentChange, Edit as DocumentEdit, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextDocumentIdentifier,
    TextEdit, WorkspaceEdit,
};
use similar::{DiffOp, TextDiff};

use super::client::Client;
use super::shift;
use super::view::View;
use crate::deployment::Deployment;
use crate::fix::{FileEdit, Suggestion};
use crate::source::{Content, Place, SourceId, mask};

/// The edit of a suggestion; `None` where it has none, would write what must not be shown, or was made for a text that is
/// no longer there. `present` says that it was made for the present texts of half-typed files.
pub fn of(view: &View, client: &Client, model: &Deployment, suggestion: &Suggestion, present: bool) -> Option<WorkspaceEdit> {
    if !suggestion.applicable || hides(model, suggestion) {
        return None;
    }
    let mut files: BTreeMap<PathBuf, BTreeSet<(usize, usize, &str)>> = BTreeMap::new();
    let mut texts: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
    for FileEdit { source, edit } in &suggestion.edits {
        let path = view.file(*source)?.to_owned();
        // A file of several names is edited once.
        if !files.entry(path.clone()).or_default().insert((edit.span.start, edit.span.end, &edit.text)) {
            continue;
        }
        let place = Place { source: *source, span: edit.span };
        let range = match (view.is_present(*source), present) {
            (true, _) => view.range(place)?,
            (false, true) => view.range_now(place)?,
            (false, false) => return None,
        };
        // A byte-order mark is not in the text that an editor has.
        if range.start == range.end && edit.text.is_empty() {
            return None;
        }
        texts.entry(path).or_default().push(TextEdit { range, new_text: edit.text.clone() });
    }
    Some(workspace(view, client, texts))
}

/// Whether a suggestion would write what must not be shown.
pub fn hides(model: &Deployment, suggestion: &Suggestion) -> bool {
    let shown = |one: &FileEdit| mask(&one.edit.text, !model.is_understood(one.source)) == one.edit.text;
    !suggestion.edits.iter().all(shown)
}

/// Edits of several files in one go.
pub fn workspace(view: &View, client: &Client, texts: BTreeMap<PathBuf, Vec<TextEdit>>) -> WorkspaceEdit {
    if !client.document_changes {
        let changes: HashMap<_, _> = texts.into_iter().map(|(path, edits)| (view.uri(&path), edits)).collect();
        return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
    }
    let change = |(path, edits): (PathBuf, Vec<TextEdit>)| {
        DocumentChange::TextDocumentEdit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                version: view.version(&path),
                text_document_identifier: TextDocumentIdentifier { uri: view.uri(&path) },
            },
            edits: edits.into_iter().map(DocumentEdit::TextEdit).collect(),
        })
    };
    WorkspaceEdit { document_changes: Some(texts.into_iter().map(change).collect()), ..WorkspaceEdit::default() }
}

/// What turns one content into another, in few bytes: what does not change is in no edit, for it may be a secret.
pub fn between(view: &View, source: SourceId, before: &Content, after: &Content) -> Vec<TextEdit> {
    let (old, new) = (before.text(), after.text());
    let diff = TextDiff::from_lines(old, new);
    let starts = |slices: Vec<&str>| {
        let mut at = 0;
        let mut starts = vec![0];
        starts.extend(slices.iter().map(|slice| {
            at += slice.len();
            at
        }));
        starts
    };
    let (olds, news) = (starts(diff.iter_old_slices().collect()), starts(diff.iter_new_slices().collect()));
    let mut edits = Vec::new();
    let mut push = |old_range: std::ops::Range<usize>, new_range: std::ops::Range<usize>| {
        let (from, to) = (&old[old_range.clone()], &new[new_range]);
        let (was, is) = shift::change(from, to);
        if !was.is_empty() || !is.is_empty() {
            let span = before.to_disk(old_range.start + was.start..old_range.start + was.end);
            let new_text = to[is].to_owned();
            edits.extend(view.range(Place { source, span }).map(|range| TextEdit { range, new_text }));
        }
    };
    for op in diff.ops() {
        let (old_lines, new_lines) = (op.old_range(), op.new_range());
        match op {
            DiffOp::Equal { .. } => {}
            // Line by line where there are as many: what stands between is no part of the change.
            _ if old_lines.len() == new_lines.len() => {
                for (one, other) in old_lines.zip(new_lines) {
                    push(olds[one]..olds[one + 1], news[other]..news[other + 1]);
                }
            }
            _ => push(olds[old_lines.start]..olds[old_lines.end], news[new_lines.start]..news[new_lines.end]),
        }
    }
    edits
}
