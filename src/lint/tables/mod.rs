//! The fields of every kind of object.

mod groups;
mod links;
mod nodes;

use std::sync::Arc;

use minijinja::value::Value;

use crate::catalogue::Catalogue;
use crate::deployment::{Deployment, Link, Node};

use super::model::{Field, Handle, Kind, Ref, Type, named};

use groups::{CLUSTER, COLLISION, ELEMENT, FORWARD, MEMBER, RECORD, TABLE};
use links::{LINK, TARGET};
pub use nodes::setting_is_live;
use nodes::{FILE, LISTENER, NODE, OFFSET, SETTING, TOPOLOGY};

type Model = Arc<Deployment>;

const fn field(name: &'static str, ty: Type, doc: &'static str, get: fn(&Model, Ref) -> Value) -> Field {
    Field { name, ty, doc, get }
}

/// The fields of a kind.
pub fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Topology => TOPOLOGY,
        Kind::Node => NODE,
        Kind::File => FILE,
        Kind::Setting => SETTING,
        Kind::Listener => LISTENER,
        Kind::Link => LINK,
        Kind::Target => TARGET,
        Kind::Offset => OFFSET,
        Kind::Collision => COLLISION,
        Kind::Cluster => CLUSTER,
        Kind::Member => MEMBER,
        Kind::Forward => FORWARD,
        Kind::Record => RECORD,
        Kind::Table => TABLE,
        Kind::Element => ELEMENT,
    }
}

/// The field of that name.
pub fn find(kind: Kind, name: &str) -> Option<&'static Field> {
    fields(kind).iter().find(|field| field.name == name)
}

/// What an object is called.
pub fn name(model: &Deployment, at: Ref) -> String {
    match at.kind {
        Kind::Topology => "the topology".to_owned(),
        Kind::Node | Kind::Offset => model.nodes[at.first].name.clone(),
        Kind::Target => {
            model.links[at.first].targets.get(at.second).map_or_else(String::new, |target| model.nodes[target.node].name.clone())
        }
        Kind::File => model.sources().get(model.files[at.first].source).name.clone(),
        Kind::Setting => model.catalogue().settings[at.second].title.clone(),
        Kind::Listener => model.catalogue().listeners[at.second].title.clone(),
        Kind::Link => model.catalogue().links[model.links[at.first].spec].title.clone(),
        Kind::Collision => model.collisions[at.first].machine.clone(),
        Kind::Cluster => model.nodes[model.clusters[at.first].target].name.clone(),
        Kind::Member => model.nodes[model.members[at.first].node].name.clone(),
        Kind::Forward => balancer_name(model, model.forwards[at.first].balancer),
        Kind::Record => model.records[at.first].name.clone(),
        Kind::Table | Kind::Element => named(model, at).what.clone(),
    }
}

const VERDICTS: &[&str] = &[
    "ok",
    "wrong port",
    "wrong scheme",
    "still local",
    "wrong role",
    "nothing listens",
    "unknown host",
    "external",
    "dormant",
    "malformed",
    "not stated",
    "undecidable",
];
const STATES: &[&str] = &["written", "blank", "absent", "shipped", "unknown", "not applicable"];
const OFFSET_PROBLEMS: &[&str] = &["none", "absent", "blank", "not a number", "blanks around"];
const VALUE_PROBLEMS: &[&str] = &["none", "blanks around", "not a number", "not a choice"];
const HOME_STATES: &[&str] = &["present", "missing", "empty", "unreadable"];
const FILE_STATES: &[&str] = &["read", "unreadable", "malformed"];

fn text(value: impl Into<String>) -> Value {
    Value::from(value.into())
}

fn optional<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::UNDEFINED, Into::into)
}

fn list<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    Value::from(values.into_iter().map(Into::into).collect::<Vec<Value>>())
}

fn object(model: &Model, kind: Kind, first: usize) -> Value {
    Handle::value(model, Ref::new(kind, first))
}

fn node(model: &Model, at: Ref) -> &Node {
    &model.nodes[at.first]
}

fn link(model: &Model, at: Ref) -> &Link {
    &model.links[at.first]
}

fn balancer_name(model: &Deployment, index: usize) -> String {
    let balancer = &model.inputs.topology.load_balancers[index];
    balancer.name.as_ref().unwrap_or(&balancer.host).value.clone()
}

fn names(model: &Deployment, nodes: impl IntoIterator<Item = usize>) -> Value {
    let mut names: Vec<String> = Vec::new();
    for node in nodes {
        let name = &model.nodes[node].name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    list(names)
}

fn setting_id(catalogue: &Catalogue, setting: Option<usize>) -> Value {
    text(setting.map_or("", |setting| catalogue.settings[setting].id.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::deployment::Verdict;

    use super::*;

    #[test]
    fn the_verdicts_of_rules_are_those_of_the_model() {
        assert_eq!(Verdict::ALL.map(Verdict::name).as_slice(), VERDICTS);
    }

    #[test]
    fn fields_of_a_kind_have_names_of_their_own_and_say_what_they_are() {
        for (_, kind) in Kind::SUBJECTS {
            let mut names: Vec<_> = fields(kind).iter().map(|field| field.name).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{kind:?}");
            assert!(fields(kind).iter().all(|field| !field.doc.is_empty()));
        }
    }
}
