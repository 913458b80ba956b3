//! Completion in topologies: keys by place, nodes, roles, rules, severities, what backends offer.

use std::collections::BTreeSet;

use gen_lsp_types::{CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, Range, TextEdit};

use super::actions::Asked;
use super::documents::Documents;
use super::find;
use super::outline::{self, Here, Step};
use super::position::Lines;
use super::requests::At;
use super::view::View;
use crate::deployment::Deployment;
use crate::topology::shape::{Field, LAYER, Shape, TOPOLOGY};

/// A proposal before it has a range.
struct Proposal {
    label: String,
    insert: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    documentation: Option<String>,
}

impl Proposal {
    fn value(label: impl Into<String>, detail: impl Into<String>) -> Self {
        let label = label.into();
        let detail = Some(detail.into()).filter(|detail: &String| !detail.is_empty());
        Self { insert: label.clone(), label, kind: CompletionItemKind::Value, detail, documentation: None }
    }
}

impl Asked {
    /// What may be typed at a position of a topology; nothing in other files.
    pub fn completion(&self, open: &Documents, at: &At) -> Vec<CompletionItem> {
        let Some((path, document)) = at.path.as_ref().and_then(|path| Some((path, open.get(path)?))) else { return Vec::new() };
        let view = self.views.iter().find(|view| view.path == *path);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if view.is_none() && !find::is_called_topology(&name) {
            return Vec::new();
        }
        let (text, encoding) = (&*document.text, self.client.encoding);
        let lines = Lines::new(text);
        let offset = lines.offset(text, at.position, encoding);
        let Some(here) = outline::here(text, offset) else { return Vec::new() };
        let range = lines.range(text, &(here.start.min(offset)..offset), encoding);
        let proposals = self.proposals(view.map(|view| &**view), &here);
        proposals.into_iter().map(|proposal| item(proposal, range)).collect()
    }

    fn proposals(&self, view: Option<&View>, here: &Here) -> Vec<Proposal> {
        let Some((shape, field)) = shape(&here.steps) else { return Vec::new() };
        let model = view.and_then(View::model);
        let key = here.steps.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item => None,
        });
        match shape {
            Shape::Record(record) if !here.is_value => keys(record.fields, &here.siblings),
            Shape::Layer if !here.is_value && here.steps.last() != Some(&Step::Item) => keys(LAYER.fields, &here.siblings),
            Shape::Map { of, .. } if !here.is_value && of.starts_with("rules") => self.rules(view, ": "),
            Shape::OneOf(words) => words.iter().map(|word| Proposal::value(*word, "")).collect(),
            Shape::OneOrMany { each: Shape::Backend, .. } | Shape::Backend => model.map(backends).unwrap_or_default(),
            Shape::Text | Shape::OneOrMany { each: Shape::Text, .. } => self.texts(view, &here.steps, key, field),
            Shape::Version => vec![Proposal::value("1", "")],
            _ => Vec::new(),
        }
    }

    /// Texts that name something.
    fn texts(&self, view: Option<&View>, steps: &[Step], key: Option<&str>, field: Option<&Field>) -> Vec<Proposal> {
        let (top, model) = (steps.first(), view.and_then(View::model));
        let ignores = top == Some(&Step::Key("ignore".to_owned()));
        let nodes = || model.map(nodes).unwrap_or_default();
        match key {
            Some("role") => self.engine.catalogue.role_names().map(|role| Proposal::value(role, "role")).collect(),
            Some("key_manager" | "nodes") => nodes(),
            Some("node") if ignores => nodes(),
            Some("rule") if ignores => self.rules(view, ""),
            Some("link") if ignores => {
                let links = self.engine.catalogue.links.iter();
                links.map(|link| Proposal::value(link.id.as_str(), link.title.as_str())).collect()
            }
            Some("machine") if field.is_some() => {
                let machines: BTreeSet<&str> =
                    model.iter().flat_map(|model| &model.nodes).filter_map(|node| node.machine.as_deref()).collect();
                machines.into_iter().map(|machine| Proposal::value(machine, "machine")).collect()
            }
            _ => Vec::new(),
        }
    }

    fn rules(&self, view: Option<&View>, after: &str) -> Vec<Proposal> {
        let judged = view.and_then(|view| view.judged.as_ref());
        let rules = judged.map_or(&self.engine.rules, |judged| &judged.project.rules);
        let all = rules.ids().into_iter().filter_map(|id| rules.get(id));
        all.map(|rule| Proposal {
            label: rule.id.clone(),
            insert: format!("{}{after}", rule.id),
            kind: CompletionItemKind::EnumMember,
            detail: Some(rule.file.title.clone()),
            documentation: Some(rule.file.docs.clone()),
        })
        .collect()
    }
}

fn item(proposal: Proposal, range: Range) -> CompletionItem {
    CompletionItem {
        label: proposal.label,
        kind: Some(proposal.kind),
        detail: proposal.detail,
        documentation: proposal.documentation.map(Documentation::String),
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text: proposal.insert })),
        ..CompletionItem::default()
    }
}

/// Keys of a map that are not there yet, as they should be met.
fn keys(fields: &'static [Field], there: &[String]) -> Vec<Proposal> {
    let left = fields.iter().filter(|field| !there.iter().any(|key| key == field.key));
    left.map(|field| {
        let opens = matches!(field.shape, Shape::List { .. } | Shape::Map { .. } | Shape::Record(_));
        Proposal {
            label: field.key.to_owned(),
            insert: format!("{}:{}", field.key, if opens { "" } else { " " }),
            kind: CompletionItemKind::Property,
            detail: field.required.then(|| "required".to_owned()),
            documentation: Some(field.doc.to_owned()),
        }
    })
    .collect()
}

fn nodes(model: &Deployment) -> Vec<Proposal> {
    model.nodes.iter().map(|node| Proposal::value(node.name.as_str(), node.roles.join(", "))).collect()
}

/// `node:port` of every port that is open.
fn backends(model: &Deployment) -> Vec<Proposal> {
    let live = model.nodes.iter().flat_map(|node| node.listeners.iter().filter(|one| one.live).map(move |one| (node, one)));
    let offered = live.filter_map(|(node, listener)| {
        let title = model.catalogue().listeners[listener.spec].title.as_str();
        Some(Proposal::value(format!("{}:{}", node.name, listener.port.value()?), title))
    });
    offered.collect()
}

/// What a value has to look like at the end of the way, and the key that says so.
fn shape(steps: &[Step]) -> Option<(&'static Shape, Option<&'static Field>)> {
    static TOP: Shape = Shape::Record(&TOPOLOGY);
    let (mut shape, mut field) = (&TOP, None);
    for step in steps {
        // One may be written without the list around it.
        if let (Shape::OneOrMany { each, .. }, Step::Key(_)) = (shape, step) {
            shape = *each;
        }
        match (step, shape) {
            (Step::Key(key), Shape::Record(record)) => {
                let found = record.fields.iter().find(|field| field.key == key)?;
                (shape, field) = (&found.shape, Some(found));
            }
            (Step::Key(key), Shape::Layer) => {
                let found = LAYER.fields.iter().find(|field| field.key == key)?;
                (shape, field) = (&found.shape, Some(found));
            }
            (Step::Key(_), Shape::Map { value, .. }) => shape = *value,
            (Step::Item, Shape::List { each, .. } | Shape::OneOrMany { each, .. }) => shape = *each,
            _ => return None,
        }
    }
    Some((shape, field))
}
