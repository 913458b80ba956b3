//! Fixes as bytes: what each change of a fix means in the files as they lie there.
//!
//! A change that cannot be made safely leaves its fix shown, not applicable. `plan` chooses among fixes and tries them
//! in memory, `write` brings a plan to the disk; nothing else writes.

mod plan;
mod write;

use crate::catalogue::holds;
use crate::config::{self, Edit};
use crate::deployment::{Deployment, Node, StartOption};
use crate::home::FileState;
use crate::lint::{Change, Fix, Safety};
use crate::source::{Place, SourceId, mask_file};

pub use plan::{Applied, FileChange, HeldBack, Plan, Planner, Refuse, TRIALS, Wish};
pub use write::{Prepared, Refused, prepare};

/// A fix with its edits.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// What it does.
    pub title: String,
    /// Whether it can be applied without asking.
    pub safety: Safety,
    /// Why it is safe or not.
    pub why: String,
    /// Whether every change could be turned into bytes.
    pub applicable: bool,
    /// The edits, by file and place; empty where it is not applicable.
    pub edits: Vec<FileEdit>,
    /// What would have to be written by hand, for each change that could not be turned into bytes.
    pub by_hand: Vec<String>,
    /// The first of them that only an archive stands against.
    pub archived: Option<String>,
}

/// An edit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The file.
    pub source: SourceId,
    /// The bytes and what replaces them.
    pub edit: Edit,
}

/// Lines before and after an edit, secrets starred out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The file.
    pub source: SourceId,
    /// The first line that changes, counted from 1.
    pub line: usize,
    /// The lines as they are.
    pub removed: Vec<String>,
    /// The lines as they would be.
    pub added: Vec<String>,
}

/// A change that cannot be turned into bytes.
struct ByHand {
    /// What somebody would have to do.
    what: String,
    /// Whether it is only that the file lies in an archive.
    archived: bool,
}

impl From<String> for ByHand {
    fn from(what: String) -> Self {
        Self { what, archived: false }
    }
}

/// Turns a fix into edits.
pub fn suggest(model: &Deployment, fix: &Fix) -> Suggestion {
    let mut edits = Vec::new();
    let mut by_hand = Vec::new();
    let mut archived = None;
    for change in &fix.changes {
        match resolve(model, change) {
            Ok(found) => edits.extend(found),
            Err(ByHand { what, archived: is_archived }) => {
                if is_archived {
                    archived.get_or_insert_with(|| what.clone());
                }
                by_hand.push(what);
            }
        }
    }
    edits.sort_by_key(|one: &FileEdit| (one.source, one.edit.span));
    edits.dedup();
    for group in edits.chunk_by(|one, other| one.source == other.source) {
        let file = model.sources().get(group[0].source);
        let own: Vec<Edit> = group.iter().map(|one| one.edit.clone()).collect();
        if config::apply(file.content.bytes(), &own, &file.content).is_none() {
            by_hand.push(format!("edit {}: its encoding has no bytes for the new text", file.name));
        }
    }
    let applicable = by_hand.is_empty() && !edits.is_empty();
    if !applicable {
        edits.clear();
    }
    Suggestion { title: fix.title.clone(), safety: fix.safety, why: fix.why.clone(), applicable, edits, by_hand, archived }
}

/// The edits of a change, or what somebody would have to do by hand.
fn resolve(model: &Deployment, change: &Change) -> Result<Vec<FileEdit>, ByHand> {
    match change {
        Change::Replace { place: Some(place), text } => {
            let what = || format!("write {text} in {}", model.sources().file_line(*place));
            editable(model, place.source, what)?;
            Ok(vec![FileEdit { source: place.source, edit: Edit { span: place.span, text: text.clone() } }])
        }
        Change::Replace { place: None, text } => {
            Err(format!("write {text} there: the text is not written plainly enough to be edited").into())
        }
        Change::Mend { source, edits, what } => {
            let what = || format!("{what} in {}", model.sources().get(*source).name);
            editable(model, *source, what)?;
            let edits = edits.as_ref().ok_or_else(what)?;
            Ok(edits.iter().map(|edit| FileEdit { source: *source, edit: edit.clone() }).collect())
        }
        Change::Set { node, setting, value } => set(model, *node, *setting, value),
    }
}

/// Whether a file can be edited where it lies. `what` says what to do by hand where it cannot.
fn editable(model: &Deployment, source: SourceId, what: impl Fn() -> String) -> Result<(), ByHand> {
    if model.sources().get(source).real.is_some() || source == model.inputs.topology_source {
        return Ok(());
    }
    let what = format!("{}: it lies in an archive, so change it where the archive is made", what());
    Err(ByHand { what, archived: true })
}

fn set(model: &Deployment, node_index: usize, setting: usize, value: &str) -> Result<Vec<FileEdit>, ByHand> {
    let node = &model.nodes[node_index];
    let spec = &model.catalogue().settings[setting];
    let property = &model.catalogue().offset_property;
    // The offset that counts is to be that of the file, too.
    let is_that_of_start = node.offset.value.is_some_and(|offset| offset.to_string() == value);
    let of_start =
        node.started.get(property).filter(|start| setting == model.catalogue().offset && node.offset.place == Some(start.place));
    if let Some(start) = of_start.filter(|_| !is_that_of_start) {
        return in_start(model, node, start, value);
    }
    let places: Vec<_> = spec.places.iter().filter(|place| holds(place.versions, node.product.family)).collect();
    let present: Vec<_> = places
        .iter()
        .filter_map(|place| match node.home.file(place.file) {
            FileState::Read(source) => Some((*place, *source, model.inputs.documents.get(*source)?.as_ref().ok()?)),
            _ => None,
        })
        .collect();
    // Where it is written, else where it is commented out, else where it can be inserted.
    let active = present.iter().find(|(place, _, document)| !document.find(&place.path).is_empty());
    let commented = present.iter().filter(|(place, _, document)| !document.find_commented(&place.path).is_empty());
    let tried: Vec<_> = active.map_or_else(|| commented.chain(&present).collect(), |active| vec![active]);
    for (place, source, document) in tried {
        let content = &model.sources().get(*source).content;
        if let Some(edits) = config::set(document, content, &place.path, value, &spec.beside) {
            let what = || format!("set {} to {value} in {}", place.path, model.sources().get(*source).name);
            editable(model, *source, what)?;
            return Ok(edits.into_iter().map(|edit| FileEdit { source: *source, edit }).collect());
        }
    }
    let what = present.first().map(|(place, ..)| *place).or_else(|| places.first().copied()).map_or_else(
        || spec.title.clone(),
        |place| format!("{} in {}", place.path, node.home.name_of(&model.catalogue().files[place.file].path)),
    );
    Err(format!("set {what} to {value}").into())
}

/// Writes another offset where the start of a node says it.
fn in_start(model: &Deployment, node: &Node, start: &StartOption, value: &str) -> Result<Vec<FileEdit>, ByHand> {
    let property = &model.catalogue().offset_property;
    if start.place.source == model.inputs.topology_source {
        return Err(format!("start {} with -D{property}={value}", node.name).into());
    }
    let places = || std::iter::once(&start.place).chain(&start.also);
    // A value of a variable stands elsewhere.
    let is_written = |place: &Place| {
        let content = &model.sources().get(place.source).content;
        content.text().get(content.to_text(place.span)).is_some_and(|text| start.value.as_deref() == Ok(text))
    };
    if !places().all(is_written) {
        return Err(format!("write -D{property}={value} in {}", model.sources().file_line(start.place)).into());
    }
    let edit = |place: &Place| {
        editable(model, place.source, || format!("write -D{property}={value} in {}", model.sources().file_line(*place)))?;
        Ok(FileEdit { source: place.source, edit: Edit { span: place.span, text: value.to_owned() } })
    };
    places().map(edit).collect()
}

/// What the edits of a suggestion change, line by line. Edits of the same lines are shown as one.
pub fn preview(model: &Deployment, suggestion: &Suggestion) -> Vec<Preview> {
    let mut groups: Vec<(SourceId, std::ops::Range<usize>, Vec<&Edit>)> = Vec::new();
    for FileEdit { source, edit } in &suggestion.edits {
        let content = &model.sources().get(*source).content;
        let lines = whole_lines(content.text(), &content.to_text(edit.span));
        match groups.last_mut() {
            Some((last, range, edits)) if last == source && lines.start <= range.end => {
                range.end = range.end.max(lines.end);
                edits.push(edit);
            }
            _ => groups.push((*source, lines, vec![edit])),
        }
    }
    groups.iter().map(|(source, lines, edits)| preview_lines(model, *source, lines, edits)).collect()
}

fn whole_lines(text: &str, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    start..text[range.end..].find('\n').map_or(text.len(), |at| range.end + at)
}

fn preview_lines(model: &Deployment, source: SourceId, lines: &std::ops::Range<usize>, edits: &[&Edit]) -> Preview {
    let content = &model.sources().get(source).content;
    let text = mask_file(content.text(), model.masking(source), !model.is_understood(source));
    let (mut new, mut at) = (String::new(), lines.start);
    for edit in edits {
        let range = content.to_text(edit.span);
        new.push_str(text.get(at..range.start).unwrap_or_default());
        new.push_str(&edit.text);
        at = range.end;
    }
    new.push_str(text.get(at..lines.end).unwrap_or_default());
    let split = |text: &str| text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect::<Vec<_>>();
    let (mut removed, mut added) = (split(&text[lines.clone()]), split(&new));
    // An insertion leaves the line it follows as it is.
    let same = removed.iter().zip(&added).take_while(|(old, new)| old == new).count();
    removed.drain(..same);
    added.drain(..same);
    let line = content.line_column(content.to_disk(lines.clone()).start).line + same;
    Preview { source, line, removed, added }
}
