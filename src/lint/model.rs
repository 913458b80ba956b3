//! The model as rules see it: kinds of objects, their fields and types, and how each is read.
//!
//! This table is the whole vocabulary of rules. Conditions and messages are checked against it when
//! rules load, and it is what evaluates them: a field cannot be in one and not in the other.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

use crate::deployment::{Deployment, Name};

use super::tables;

/// What a rule may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The deployment as a whole.
    Topology,
    /// A node.
    Node,
    /// A file of a home.
    File,
    /// A setting on a node.
    Setting,
    /// A listener of a node.
    Listener,
    /// A link.
    Link,
    /// A node that a link goes to, with the listener that is meant.
    Target,
    /// The port offset of a node.
    Offset,
    /// Two nodes that open the same ports of a machine.
    Collision,
    /// Nodes that call the same node.
    Cluster,
    /// A member of a group in which nodes find each other.
    Member,
    /// A port of a load balancer, with one node behind it.
    Forward,
    /// An element of a file that is not whole.
    Record,
    /// A table or key of a TOML file that is defined twice, or has the wrong name or brackets.
    Table,
    /// An element of an XML file that has the wrong name.
    Element,
}

impl Kind {
    /// Kinds that a rule may be `for`, with the words it uses.
    pub const SUBJECTS: [(&'static str, Self); 13] = [
        ("topology", Self::Topology),
        ("node", Self::Node),
        ("file", Self::File),
        ("setting", Self::Setting),
        ("listener", Self::Listener),
        ("link", Self::Link),
        ("collision", Self::Collision),
        ("cluster", Self::Cluster),
        ("member", Self::Member),
        ("forward", Self::Forward),
        ("record", Self::Record),
        ("table", Self::Table),
        ("element", Self::Element),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Offset => "offset",
            other => Self::SUBJECTS.iter().find(|(_, kind)| *kind == other).map_or("", |(name, _)| name),
        }
    }
}

impl Kind {
    /// The word with its article.
    pub fn one(self) -> String {
        format!("{} {}", if self == Self::Offset { "an" } else { "a" }, self.name())
    }

    /// What it is, for people.
    pub fn doc(self) -> &'static str {
        match self {
            Self::Topology => "the deployment as a whole",
            Self::Node => "a node",
            Self::File => "a file of a home",
            Self::Setting => "a value of a node's files, by its id in the catalogue",
            Self::Listener => "a port that a node opens",
            Self::Link => "a call that a node makes, with its verdict",
            Self::Target => "a node that a link goes to, with the listener that is meant there",
            Self::Offset => "the port offset of a node",
            Self::Collision => "two nodes that open the same ports of a machine",
            Self::Cluster => "nodes that call the same node",
            Self::Member => "a node as others of its group reach it",
            Self::Forward => "a port of a load balancer, with one node behind it",
            Self::Record => "an element of a file that is not whole",
            Self::Table => "a table or key of deployment.toml that is defined twice, or has the wrong name or brackets",
            Self::Element => "an element of an XML file that has the wrong name",
        }
    }
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    List,
    /// Another object.
    Object(Kind),
    /// Anything.
    Any,
}

/// One object of a model: its kind, and indices whose meaning depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ref {
    /// What it is.
    pub kind: Kind,
    /// Index of the object; for settings and listeners of the node; for targets of the link.
    pub first: usize,
    /// Index of the setting, listener or target within the first.
    pub second: usize,
}

impl Ref {
    /// An object with one index.
    pub fn new(kind: Kind, first: usize) -> Self {
        Self { kind, first, second: 0 }
    }
}

/// The name at fault of a table or an element.
pub fn named(model: &Deployment, at: Ref) -> &Name {
    if at.kind == Kind::Element { &model.elements[at.first] } else { &model.tables[at.first] }
}

/// A field of a kind of object.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it says.
    pub doc: &'static str,
    /// Reads it; undefined where the object has none.
    pub get: fn(&Arc<Deployment>, Ref) -> Value,
}

/// An object of the model, as minijinja sees it. Printed, it is its name.
pub struct Handle {
    model: Arc<Deployment>,
    at: Ref,
}

impl Handle {
    /// The value for an object.
    pub fn value(model: &Arc<Deployment>, at: Ref) -> Value {
        Value::from_object(Self { model: Arc::clone(model), at })
    }

    /// Which object it is.
    pub fn at(&self) -> Ref {
        self.at
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.at)
    }
}

impl Object for Handle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let field = tables::find(self.at.kind, key.as_str()?)?;
        Some((field.get)(&self.model, self.at))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tables::name(&self.model, self.at))
    }
}
