//! Fields of what several nodes have in common.

use std::collections::BTreeSet;

use minijinja::value::Value;

use crate::deployment::{Entry, Fault, Member, Opener};

use super::super::model::{Field, Kind, Ref, Type, named};
use super::{Model, balancer_name, field, list, object, optional, text};

use Type::{Bool, List, Number, Text};

pub const COLLISION: &[Field] = &[
    field("machine", Text, "the machine", |m, at| text(&m.collisions[at.first].machine)),
    field("node", Type::Object(Kind::Node), "the node that is first in the topology", |m, at| {
        object(m, Kind::Node, m.collisions[at.first].node)
    }),
    field("other", Text, "name of the other one", |m, at| {
        text(match m.collisions[at.first].other {
            Opener::Node(node) => &m.nodes[node].name,
            Opener::External(external) => &m.inputs.topology.externals[external].host.value,
        })
    }),
    field("itself", Bool, "whether it is one node with itself", |m, at| {
        Value::from(m.collisions[at.first].other == Opener::Node(m.collisions[at.first].node))
    }),
    field("ports", List, "the ports that both open", |m, at| {
        list(m.collisions[at.first].ports.iter().map(|(port, ..)| port.to_string()))
    }),
    field("listeners", List, "the listeners of the first node", |m, at| {
        list(m.collisions[at.first].ports.iter().map(|(_, listener, _)| m.catalogue().listeners[*listener].id.clone()))
    }),
    field("has_free_offset", Bool, "whether an offset without collisions was found", |m, at| {
        Value::from(m.collisions[at.first].free_offset.is_some())
    }),
    field("mover", Type::Object(Kind::Node), "the node that would get another offset", |m, at| {
        optional(m.collisions[at.first].free_offset.map(|(node, _)| object(m, Kind::Node, node)))
    }),
    field("free_offset", Number, "the smallest offset for it without collisions", |m, at| {
        optional(m.collisions[at.first].free_offset.map(|(_, offset)| offset))
    }),
    field("is_expected", Bool, "whether that is the offset that calls to it go by", |m, at| {
        let free = m.collisions[at.first].free_offset;
        let expected = free.and_then(|(node, _)| m.expected_offset(node));
        Value::from(free.is_some_and(|(_, offset)| expected.is_some_and(|expected| expected.offset == offset)))
    }),
    field("moves", Bool, "whether another offset would move every port of the collision", |m, at| {
        let collision = &m.collisions[at.first];
        let shifted = |node: usize, listener: usize| m.nodes[node].listeners[listener].port.is_shifted();
        Value::from(collision.free_offset.is_some_and(|(mover, _)| {
            collision.ports.iter().all(|(_, first, second)| {
                if mover == collision.node { shifted(mover, *first) } else { second.is_some_and(|second| shifted(mover, second)) }
            })
        }))
    }),
];

pub const CLUSTER: &[Field] = &[
    field("target", Type::Object(Kind::Node), "the node that all call", |m, at| {
        object(m, Kind::Node, m.clusters[at.first].target)
    }),
    field("setting", Text, "the setting in which they should agree", |m, at| {
        text(&m.catalogue().settings[m.clusters[at.first].setting].title)
    }),
    field("values", List, "the different values among them", |m, at| list(m.clusters[at.first].values.iter().cloned())),
    field("members", List, "each caller with its value", |m, at| {
        list(m.clusters[at.first].members.iter().map(|(node, value)| format!("{} {value}", m.nodes[*node].name)))
    }),
];

fn member(model: &Model, at: Ref) -> &Member {
    &model.members[at.first]
}

/// The port of a member; those that are meant are members of its group.
fn port_of(model: &Model, at: Ref, node: usize) -> Option<i64> {
    let listener = model.catalogue().memberships[member(model, at).spec].listener;
    model.nodes[node].listeners[listener].port.value()
}

pub const MEMBER: &[Field] = &[
    field("node", Type::Object(Kind::Node), "the node", |m, at| object(m, Kind::Node, member(m, at).node)),
    field("group", Text, "the name of its group", |m, at| text(&member(m, at).group)),
    field("title", Text, "what people call such a group", |m, at| text(&m.catalogue().memberships[member(m, at).spec].title)),
    field("port", Number, "its port", |m, at| Value::from(member(m, at).port)),
    field("machine", Text, "its machine, or nothing", |m, at| {
        text(m.nodes[member(m, at).node].machine.clone().unwrap_or_default())
    }),
    field("has_same", Bool, "whether a member before it has its port of its machine", |m, at| {
        Value::from(member(m, at).same_as.is_some())
    }),
    field("same_as", Text, "the name of that member, or nothing", |m, at| {
        text(member(m, at).same_as.map_or("", |node| m.nodes[node].name.as_str()))
    }),
    field("has_free_port", Bool, "whether a free port was found for it then", |m, at| {
        Value::from(member(m, at).free_port.is_some())
    }),
    field("free_port", Number, "the next port that is free on its machine", |m, at| optional(member(m, at).free_port)),
    field("listed", List, "entries of lists that name its host, and a port that nobody meant has: `host:port`", |m, at| {
        let listed: BTreeSet<(&str, i64)> = member(m, at).misfits().map(|entry| (entry.host.as_str(), entry.port)).collect();
        list(listed.into_iter().map(|(host, port)| format!("{host}:{port}")))
    }),
    field("listed_by", List, "names of the nodes whose lists they are in", |m, at| {
        list(member(m, at).misled().into_iter().map(|node| m.nodes[node].name.clone()))
    }),
    field("meant", List, "the members that they may mean, each with its port", |m, at| {
        let nodes = member(m, at).meant().into_iter();
        list(nodes.filter_map(|node| Some(format!("{} is on {}", m.nodes[node].name, port_of(m, at, node)?))))
    }),
    field("certain", Bool, "whether all of them mean this member and no other", |m, at| {
        Value::from(member(m, at).misfits().all(|entry| entry.meant.len() == 1))
    }),
    field("by_offset", Bool, "whether all of them are its port with the offset of its node added", |m, at| {
        let member = member(m, at);
        let offset = m.nodes[member.node].offset.value.filter(|offset| *offset != 0);
        let added = |entry: &Entry| Some(entry.port - member.port) == offset;
        Value::from(member.misfits().count() > 0 && member.misfits().all(added))
    }),
];

pub const FORWARD: &[Field] = &[
    field("balancer", Text, "the load balancer", |m, at| text(balancer_name(m, m.forwards[at.first].balancer))),
    field("port", Number, "the port that it offers", |m, at| Value::from(m.forwards[at.first].port)),
    field("node", Type::Object(Kind::Node), "the node behind it", |m, at| object(m, Kind::Node, m.forwards[at.first].node)),
    field("backend_port", Number, "the port of that node", |m, at| Value::from(m.forwards[at.first].backend_port)),
    field("open", Bool, "whether the node opens it, or may for all that is known", |m, at| {
        Value::from(m.forwards[at.first].open)
    }),
    field("nearest_port", Number, "the nearest port that the node opens", |m, at| {
        let forward = &m.forwards[at.first];
        optional(forward.nearest.and_then(|listener| m.nodes[forward.node].listeners[listener].port.value()))
    }),
    field("has_nearest", Bool, "whether it opens any", |m, at| Value::from(m.forwards[at.first].nearest.is_some())),
];

pub const RECORD: &[Field] = &[
    field("id", Text, "its id in the catalogue", |m, at| text(&m.catalogue().records[m.records[at.first].spec].id)),
    field("title", Text, "what people call it", |m, at| text(&m.catalogue().records[m.records[at.first].spec].title)),
    field("node", Type::Object(Kind::Node), "the node that reads it", |m, at| object(m, Kind::Node, m.records[at.first].node)),
    field("name", Text, "its name, or nothing", |m, at| text(&m.records[at.first].name)),
    field("missing", List, "the parts that it lacks", |m, at| list(m.records[at.first].missing.iter().cloned())),
    field("twice", Bool, "whether another one has its name", |m, at| Value::from(m.records[at.first].same_as.is_some())),
];

const WHAT: Field = field("what", Text, "what it is, with its name", |m, at| text(&named(m, at).what));
const FILE: Field = field("file", Text, "its file", |m, at| text(&m.sources().get(named(m, at).place.source).name));

pub const TABLE: &[Field] = &[
    WHAT,
    FILE,
    field("twice", Bool, "whether it is defined twice", |m, at| Value::from(named(m, at).fault == Fault::Twice)),
    field("stray", Bool, "whether what is read stands elsewhere", |m, at| Value::from(named(m, at).fault == Fault::Stray)),
    field("single", Bool, "whether it is one table where a list of tables is read", |m, at| {
        Value::from(named(m, at).fault == Fault::Single)
    }),
    field("lone", Bool, "whether it has one text where a list of them is read", |m, at| {
        Value::from(named(m, at).fault == Fault::Lone)
    }),
    field("nearest", Text, "the table or key that is read in its place, or nothing", |m, at| {
        text(named(m, at).nearest.clone().unwrap_or_default())
    }),
];

pub const ELEMENT: &[Field] = &[
    WHAT,
    FILE,
    field("nearest", Text, "the element that is read in its place", |m, at| {
        text(named(m, at).nearest.clone().unwrap_or_default())
    }),
];
