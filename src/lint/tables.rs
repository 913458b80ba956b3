//! The fields of every kind of object.

use std::sync::Arc;

use minijinja::value::Value;

use crate::catalogue::{Catalogue, ValueKind};
use crate::deployment::{Deployment, FileProblem, Lack, Link, Listener, Node, Target, Verdict};
use crate::deployment::{NumberProblem, Opener, Setting, State, apart, parse_int};
use crate::home::HomeState;
use crate::source::nearest;

use super::model::{Field, Handle, Kind, Ref, Type};

use Type::{Bool, List, Number, OneOf, Text};

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
        Kind::Forward => FORWARD,
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
        Kind::Forward => balancer_name(model, model.forwards[at.first].balancer),
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

const TOPOLOGY: &[Field] = &[field("nodes", Number, "how many nodes there are", |m, _| Value::from(m.nodes.len()))];

const NODE: &[Field] = &[
    field("name", Text, "its name", |m, at| text(&node(m, at).name)),
    field("roles", List, "every role that it has", |m, at| list(node(m, at).role_set.iter().cloned())),
    field("host", Text, "its declared host", |m, at| optional(node(m, at).host.clone())),
    field("has_host", Bool, "whether it declares a host", |m, at| Value::from(node(m, at).host.is_some())),
    field("home", Text, "its home directory", |m, at| text(&node(m, at).home.name)),
    field("home_state", OneOf(HOME_STATES), "what became of its home", |m, at| {
        text(match node(m, at).home.state {
            HomeState::Present => "present",
            HomeState::Missing { .. } => "missing",
            HomeState::Empty => "empty",
            HomeState::Unreadable(_) => "unreadable",
        })
    }),
    field("home_problem", Text, "why its home cannot be read", |m, at| match &node(m, at).home.state {
        HomeState::Unreadable(why) => text(why),
        _ => text(""),
    }),
    field("home_nearest", Text, "a directory of a similar name, or nothing", |m, at| match &node(m, at).home.state {
        HomeState::Missing { nearest: Some(nearest) } => text(nearest),
        _ => text(""),
    }),
    field("version", Text, "its product version", |m, at| optional(node(m, at).product.version.clone())),
    field("judged_as", Text, "the family that it is judged as", |m, at| {
        optional(node(m, at).product.family.map(|f| f.to_string()))
    }),
    field("newer", Bool, "whether its version is newer than every known one", |m, at| Value::from(node(m, at).product.newer)),
    field("offset", Type::Object(Kind::Offset), "its port offset", |m, at| object(m, Kind::Offset, at.first)),
    field("out_of_range", List, "its ports outside 1 to 65535", |m, at| {
        let node = node(m, at);
        let listed = node.listeners.iter().filter(|listener| listener.live);
        list(listed.filter_map(|listener| {
            let port = listener.port.value().filter(|port| !(1..=65535).contains(port))?;
            Some(format!("{} {port}", m.catalogue().listeners[listener.spec].id))
        }))
    }),
];

fn offset_of(model: &Model, at: Ref) -> &crate::deployment::Offset {
    &node(model, at).offset
}

const OFFSET: &[Field] = &[
    field("value", Number, "the number that counts", |m, at| optional(offset_of(m, at).value)),
    field("known", Bool, "whether it is known", |m, at| Value::from(offset_of(m, at).value.is_some())),
    field("text", Text, "as written", |m, at| text(offset_of(m, at).text.clone().unwrap_or_default())),
    field("trimmed", Text, "as written, without blanks around it", |m, at| {
        text(offset_of(m, at).text.as_deref().unwrap_or_default().trim())
    }),
    field("origin", Text, "where it comes from: carbon.xml, start command", |m, at| text(&offset_of(m, at).origin)),
    field("problem", OneOf(OFFSET_PROBLEMS), "what is wrong with it", |m, at| {
        text(offset_of(m, at).problem.map_or("none", crate::deployment::OffsetProblem::name))
    }),
    field("overridden", Bool, "whether the start command overrides another value of the file", |m, at| {
        let offset = offset_of(m, at);
        Value::from(offset.overridden.is_some_and(|(file, _)| Some(file) != offset.value))
    }),
    field("file_value", Number, "the value that the start command overrides", |m, at| {
        optional(offset_of(m, at).overridden.map(|(value, _)| value))
    }),
    field("from_file", Bool, "whether it comes from a file of the home", |m, at| {
        let start = m.inputs.topology_source;
        Value::from(offset_of(m, at).place.is_some_and(|place| place.source != start))
    }),
];

fn setting(model: &Model, at: Ref) -> &Setting {
    &model.nodes[at.first].settings[at.second]
}

fn setting_spec(model: &Model, at: Ref) -> &crate::catalogue::Setting {
    &model.catalogue().settings[at.second]
}

/// Whether anything that the node does depends on a setting.
fn setting_is_live(model: &Deployment, at: Ref) -> bool {
    let catalogue = model.catalogue();
    let node = &model.nodes[at.first];
    let by_link = model.links_of(at.first).iter().any(|link| {
        let spec = &catalogue.links[link.spec];
        let conditions = spec
            .live
            .iter()
            .chain(spec.readers.iter().filter(|reader| node.role_set.contains(&reader.role)).flat_map(|reader| &reader.live));
        let decides = conditions.into_iter().any(|condition| condition.setting == at.second);
        decides || link.verdict != Verdict::Dormant && uses(spec, at.second)
    });
    let listeners = catalogue.listeners.iter().zip(&node.listeners);
    by_link
        || listeners.into_iter().any(|(spec, listener)| listener.live && (spec.port == at.second || spec.bind == Some(at.second)))
}

fn uses(spec: &crate::catalogue::Link, setting: usize) -> bool {
    match &spec.address {
        crate::catalogue::Address::Url(url) => *url == setting,
        crate::catalogue::Address::PortAndHost { port, hosts } => *port == setting || hosts.contains(&setting),
    }
}

/// What is wrong with the text of a setting, by its kind.
fn value_problem(model: &Deployment, at: Ref) -> &'static str {
    let value = &model.nodes[at.first].settings[at.second];
    let spec = &model.catalogue().settings[at.second];
    let Some(text) = value.text.as_deref().filter(|_| value.state == State::Written) else { return "none" };
    if text.contains("${") || text.contains("$env{") || text.contains("{{") || text.contains("<%") || text.contains("$secret{") {
        return "none";
    }
    match spec.kind {
        ValueKind::Port | ValueKind::Integer => match parse_int(text) {
            Ok(_) => "none",
            Err((NumberProblem::BlanksAround, _)) => "blanks around",
            Err((NumberProblem::NotANumber, _)) => "not a number",
        },
        ValueKind::Choice if !spec.choices.iter().any(|choice| choice == text) => "not a choice",
        _ => "none",
    }
}

const SETTING: &[Field] = &[
    field("id", Text, "its id in the catalogue", |m, at| text(&setting_spec(m, at).id)),
    field("title", Text, "what people call it", |m, at| text(&setting_spec(m, at).title)),
    field("node", Type::Object(Kind::Node), "the node that reads it", |m, at| object(m, Kind::Node, at.first)),
    field("state", OneOf(STATES), "written, or what stands for it", |m, at| text(setting(m, at).state.name())),
    field("text", Text, "its text", |m, at| text(setting(m, at).text.clone().unwrap_or_default())),
    field("trimmed", Text, "its text without blanks around it", |m, at| {
        text(setting(m, at).text.as_deref().unwrap_or_default().trim())
    }),
    field("is_true", Bool, "whether it reads as true", |m, at| {
        Value::from(setting(m, at).text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true")))
    }),
    field("live", Bool, "whether anything depends on it", |m, at| Value::from(setting_is_live(m, at))),
    field("problem", OneOf(VALUE_PROBLEMS), "what is wrong with its text", |m, at| text(value_problem(m, at))),
    field("nearest", Text, "the choice that is nearest to it, or nothing", |m, at| {
        let written = setting(m, at).text.clone().unwrap_or_default();
        text(nearest(written.trim(), setting_spec(m, at).choices.iter().map(String::as_str)).unwrap_or_default())
    }),
    field("choices", List, "what it may be", |m, at| list(setting_spec(m, at).choices.iter().cloned())),
    field("duplicates", Number, "further elements of that name with other values", |m, at| {
        Value::from(setting(m, at).duplicates.len())
    }),
    field("is_default", Bool, "whether it is the number that it would be unwritten, before any offset", |m, at| {
        let default = m.catalogue().listeners.iter().find(|listener| {
            listener.port == at.second
                || m.catalogue().links.iter().any(|link| {
                    uses(link, at.second)
                        && link.listeners.iter().any(|(_, meant)| m.catalogue().listeners[*meant].id == listener.id)
                })
        });
        let written = setting(m, at).text.as_deref().and_then(|text| text.parse::<u32>().ok());
        Value::from(default.is_some_and(|listener| Some(listener.default) == written))
    }),
    field("settled", Bool, "whether every link of its node, and every call to it, is in order", |m, at| {
        Value::from(m.is_settled(at.first))
    }),
];

fn listener(model: &Model, at: Ref) -> &Listener {
    &model.nodes[at.first].listeners[at.second]
}

const LISTENER: &[Field] = &[
    field("id", Text, "its id in the catalogue", |m, at| text(&m.catalogue().listeners[at.second].id)),
    field("title", Text, "what people call it", |m, at| text(&m.catalogue().listeners[at.second].title)),
    field("node", Type::Object(Kind::Node), "the node that opens it", |m, at| object(m, Kind::Node, at.first)),
    field("port", Number, "its effective port", |m, at| optional(listener(m, at).port.value())),
    field("live", Bool, "whether it opens", |m, at| Value::from(listener(m, at).live)),
];

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

fn target_ref(model: &Model, at: Ref) -> Value {
    let link = link(model, at);
    let chosen = link.targets.iter().position(|target| !target.fits).or((!link.targets.is_empty()).then_some(0));
    optional(chosen.map(|second| Handle::value(model, Ref { kind: Kind::Target, first: at.first, second })))
}

/// The other link of the same node that goes to the same target.
fn companion(model: &Deployment, at: Ref) -> Option<usize> {
    let link = &model.links[at.first];
    let spec = model.catalogue().links[link.spec].companion?;
    let offset = model.links_of(link.node).iter().position(|other| other.spec == spec)?;
    let first = model.links.partition_point(|other| other.node < link.node);
    Some(first + offset)
}

const LINK: &[Field] = &[
    field("id", Text, "its id in the catalogue", |m, at| text(&m.catalogue().links[link(m, at).spec].id)),
    field("title", Text, "what people call it", |m, at| text(&m.catalogue().links[link(m, at).spec].title)),
    field("node", Type::Object(Kind::Node), "the node that calls", |m, at| object(m, Kind::Node, link(m, at).node)),
    field("scheme", Text, "its scheme", |m, at| text(&link(m, at).scheme)),
    field("host", Text, "the host that it calls, as written", |m, at| text(link(m, at).host.raw.clone().unwrap_or_default())),
    field("host_setting", Text, "id of the setting that gives the host", |m, at| {
        setting_id(m.catalogue(), link(m, at).host.setting)
    }),
    field("host_borrowed", Bool, "whether the host is that of another link, where it is judged", |m, at| {
        Value::from(link(m, at).host.borrowed)
    }),
    field("loopback", Bool, "whether the host means the caller's own machine", |m, at| Value::from(link(m, at).host.loopback)),
    field("port", Number, "the port that it calls", |m, at| optional(link(m, at).port.value())),
    field("arithmetic", Text, "how that port comes about", |m, at| text(link(m, at).port.arithmetic())),
    field("explicit", Bool, "whether the port is written", |m, at| Value::from(link(m, at).written.explicit)),
    field("needs_port", Bool, "whether its reader fails without a written port, and none is written", |m, at| {
        Value::from(link(m, at).written.needed && !link(m, at).written.explicit)
    }),
    field("placeholder", Text, "the placeholder that gives the port, or nothing", |m, at| {
        text(link(m, at).placeholder.clone().unwrap_or_default())
    }),
    field("verdict", OneOf(VERDICTS), "what became of it", |m, at| text(link(m, at).verdict.name())),
    field("why", Text, "why, where the verdict does not say it", |m, at| text(&link(m, at).why)),
    field("target", Type::Object(Kind::Target), "where it goes: the first that does not fit, else the first", target_ref),
    field("targets", List, "names of the nodes that it goes to", |m, at| {
        names(m, link(m, at).targets.iter().map(|target| target.node))
    }),
    field("failing", List, "names of those that do not fit", |m, at| {
        names(m, link(m, at).targets.iter().filter(|target| !target.fits).map(|target| target.node))
    }),
    field("candidates", List, "names of the nodes with the target's role", |m, at| {
        names(m, link(m, at).candidates.iter().copied())
    }),
    field("candidate", Type::Object(Kind::Target), "the listener that is meant on the first of them", |m, at| {
        optional(
            link(m, at)
                .candidates
                .first()
                .map(|_| Handle::value(m, Ref { kind: Kind::Target, first: at.first, second: usize::MAX })),
        )
    }),
    field("balancer", Text, "the load balancer in between, or nothing", |m, at| {
        text(link(m, at).balancer.map(|index| balancer_name(m, index)).unwrap_or_default())
    }),
    field("forward_at_fault", Bool, "whether the balancer forwards to a port that nobody opens", |m, at| {
        Value::from(link(m, at).forward_at_fault)
    }),
    field("backends", Number, "nodes with the target's role behind that load balancer", |m, at| {
        let link = link(m, at);
        let Some(index) = link.balancer else { return Value::from(0) };
        let balancer = &m.inputs.topology.load_balancers[index];
        let behind = balancer.ports.iter().flat_map(|(_, backends)| backends.iter().map(|backend| &backend.node));
        let mut nodes: Vec<&String> = behind.chain(balancer.nodes.iter().map(|node| &node.value)).collect();
        nodes.sort();
        nodes.dedup();
        let is_candidate = |name: &&String| link.candidates.iter().any(|node| m.nodes[*node].name == ***name);
        Value::from(nodes.iter().filter(|name| is_candidate(name)).count())
    }),
    field("port_backends", Number, "nodes to which that load balancer forwards the link's port", |m, at| {
        let link = link(m, at);
        let Some(index) = link.balancer else { return Value::from(0) };
        let balancer = &m.inputs.topology.load_balancers[index];
        let offered = balancer.ports.iter().find(|(port, _)| Some(i64::from(port.value)) == link.port.value());
        Value::from(offered.map_or(balancer.nodes.len(), |(_, backends)| backends.len()))
    }),
    field("apart", Bool, "whether its target runs on another machine, as far as the topology says", |m, at| {
        let link = link(m, at);
        Value::from(link.target().is_some_and(|target| apart(&m.nodes[link.node], &m.nodes[target.node])))
    }),
    field("to_itself", Bool, "whether its target is the calling node", |m, at| {
        Value::from(link(m, at).target().is_some_and(|target| target.node == link(m, at).node))
    }),
    field("reaches", Bool, "whether it names nodes with the target's role on another machine", |m, at| {
        let link = link(m, at);
        let named = matches!(link.verdict, Verdict::Ok | Verdict::WrongPort | Verdict::WrongScheme | Verdict::NothingListens);
        let fits = |target: &Target| link.candidates.contains(&target.node) && apart(&m.nodes[link.node], &m.nodes[target.node]);
        Value::from(named && !link.targets.is_empty() && link.targets.iter().all(fits))
    }),
    field("has_target", Bool, "whether it goes to a node of the topology", |m, at| Value::from(!link(m, at).targets.is_empty())),
    field("misses_role", Bool, "whether it names nodes, none of which has the target's role", |m, at| {
        let link = link(m, at);
        Value::from(!link.targets.is_empty() && !link.targets.iter().any(|target| link.candidates.contains(&target.node)))
    }),
    field("is_url", Bool, "whether it is written as a URL", |m, at| {
        Value::from(matches!(m.catalogue().links[link(m, at).spec].address, crate::catalogue::Address::Url(_)))
    }),
    field("missing", Text, "id of the setting that it lacks, or nothing", |m, at| match link(m, at).lack {
        Some(Lack::Setting(setting)) => setting_id(m.catalogue(), Some(setting)),
        _ => text(""),
    }),
    field("companion_lacks_port", Bool, "whether its companion lacks a port that the caller can read", |m, at| {
        Value::from(link(m, at).lack == Some(Lack::CompanionPort))
    }),
    field("proven", Bool, "whether it is proven that the caller's role makes this call", |m, at| Value::from(link(m, at).proven)),
    field("companion", Type::Object(Kind::Link), "the other link of this node to the same target", |m, at| {
        optional(companion(m, at).map(|index| object(m, Kind::Link, index)))
    }),
    field("has_companion", Bool, "whether there is one", |m, at| Value::from(companion(m, at).is_some())),
    field("breaks", Text, "what does not work when it is wrong", |m, at| text(&m.catalogue().links[link(m, at).spec].breaks)),
    field("log", Text, "what the log then says", |m, at| {
        let link = link(m, at);
        let port = link.port.value().map_or_else(|| "?".to_owned(), |port| port.to_string());
        let host = link.host.name.clone().or_else(|| link.target().and_then(|target| m.nodes[target.node].host.clone()));
        text(
            m.catalogue().links[link.spec]
                .log
                .replace("{{host}}", &host.unwrap_or_else(|| "…".to_owned()))
                .replace("{{port}}", &port),
        )
    }),
];

/// The target behind a reference: `usize::MAX` is the first candidate, which the link does not name.
fn with_target<T>(model: &Model, at: Ref, get: impl Fn(&Target) -> T) -> Option<T> {
    let link = &model.links[at.first];
    if at.second != usize::MAX {
        return link.targets.get(at.second).map(get);
    }
    let spec = &model.catalogue().links[link.spec];
    let meant = spec.listeners.iter().find(|(scheme, _)| *scheme == link.scheme).or(spec.listeners.first());
    let (node, listener) = (*link.candidates.first()?, meant?.1);
    Some(get(&Target { node, listener, fits: false, instead: None }))
}

fn on_target(model: &Model, at: Ref, get: impl Fn(&Listener, &Node) -> Value) -> Value {
    with_target(model, at, |target| get(&model.nodes[target.node].listeners[target.listener], &model.nodes[target.node]))
        .unwrap_or(Value::UNDEFINED)
}

const TARGET: &[Field] = &[
    field("node", Type::Object(Kind::Node), "the node", |m, at| {
        optional(with_target(m, at, |target| object(m, Kind::Node, target.node)))
    }),
    field("port", Number, "the effective port of the listener that is meant", |m, at| {
        on_target(m, at, |listener, _| optional(listener.port.value()))
    }),
    field("port_known", Bool, "whether that port is known", |m, at| {
        on_target(m, at, |listener, _| Value::from(listener.port.value().is_some()))
    }),
    field("arithmetic", Text, "how that port comes about", |m, at| {
        on_target(m, at, |listener, _| text(listener.port.arithmetic()))
    }),
    field("listener", Text, "id of the listener that is meant", |m, at| {
        optional(with_target(m, at, |t| text(&m.catalogue().listeners[t.listener].id)))
    }),
    field("title", Text, "what people call that listener", |m, at| {
        optional(with_target(m, at, |t| text(&m.catalogue().listeners[t.listener].title)))
    }),
    field("protocol", Text, "what it speaks", |m, at| {
        optional(with_target(m, at, |t| text(&m.catalogue().listeners[t.listener].protocol)))
    }),
    field("live", Bool, "whether it opens", |m, at| on_target(m, at, |listener, _| Value::from(listener.live))),
    field("switched_off_by", Text, "id of the setting that keeps it from opening, or nothing", |m, at| {
        on_target(m, at, |listener, _| setting_id(m.catalogue(), listener.switched_off_by))
    }),
    field("bind", Text, "the address that it binds", |m, at| {
        on_target(m, at, |listener, _| text(listener.bind.clone().unwrap_or_default()))
    }),
    field("bind_loopback", Bool, "whether only its own machine reaches it", |m, at| {
        on_target(m, at, |listener, _| Value::from(listener.bind_loopback))
    }),
    field("callers", Number, "how many links go to it", |m, at| {
        optional(with_target(m, at, |t| Value::from(m.callers(t.node, t.listener))))
    }),
    field("fits", Bool, "whether the link fits it", |m, at| optional(with_target(m, at, |target| Value::from(target.fits)))),
    field("instead", Text, "the listener that is at the link's port, or nothing", |m, at| {
        optional(with_target(m, at, |t| text(t.instead.map_or("", |listener| m.catalogue().listeners[listener].title.as_str()))))
    }),
    field("has_role", Bool, "whether the node has the role that the link needs", |m, at| {
        optional(with_target(m, at, |target| Value::from(m.links[at.first].candidates.contains(&target.node))))
    }),
    field("host", Text, "the node's declared host, else its name", |m, at| {
        on_target(m, at, |_, node| text(node.host.as_ref().unwrap_or(&node.name)))
    }),
    field("has_host", Bool, "whether the node declares a host", |m, at| {
        on_target(m, at, |_, node| Value::from(node.host.is_some()))
    }),
];

const FILE: &[Field] = &[
    field("name", Text, "its path", |m, at| text(name(m, at))),
    field("state", OneOf(FILE_STATES), "what became of it", |m, at| {
        text(match m.files[at.first].state {
            FileProblem::None => "read",
            FileProblem::Unreadable(_) => "unreadable",
            FileProblem::Malformed(_) => "malformed",
        })
    }),
    field("why", Text, "why it could not be read or parsed", |m, at| {
        text(match &m.files[at.first].state {
            FileProblem::None => "",
            FileProblem::Unreadable(why) => why,
            FileProblem::Malformed(malformed) => malformed.message.as_str(),
        })
    }),
    field("cause", Text, "the likely cause, or nothing", |m, at| match &m.files[at.first].state {
        FileProblem::Malformed(malformed) => text(malformed.cause.clone().unwrap_or_default()),
        _ => text(""),
    }),
    field("mend", Text, "what would mend it, or nothing", |m, at| match &m.files[at.first].state {
        FileProblem::Malformed(malformed) => text(malformed.fix.as_ref().map_or("", |(title, _)| title.as_str())),
        _ => text(""),
    }),
    field("templates", List, "marks of unrendered templates in host or port positions", |m, at| {
        list(m.files[at.first].templates.values().cloned())
    }),
    field("unset", List, "placeholders in such positions that nobody set", |m, at| {
        let mut unset: Vec<String> = m.files[at.first].unset.values().cloned().collect();
        unset.sort();
        unset.dedup();
        list(unset)
    }),
    field("obsolete", List, "what in it this version does not read", |m, at| list(m.files[at.first].obsolete.values().cloned())),
];

const COLLISION: &[Field] = &[
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
    field("moves", Bool, "whether another offset would move every port of the collision", |m, at| {
        let collision = &m.collisions[at.first];
        let shifted = |node: usize, listener: usize| {
            m.nodes[node].listeners[listener]
                .port
                .reasons
                .iter()
                .any(|reason| matches!(reason.step, crate::deployment::Step::Offset(..)))
        };
        Value::from(collision.free_offset.is_some_and(|(mover, _)| {
            collision.ports.iter().all(|(_, first, second)| {
                if mover == collision.node { shifted(mover, *first) } else { second.is_some_and(|second| shifted(mover, second)) }
            })
        }))
    }),
];

const CLUSTER: &[Field] = &[
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

const FORWARD: &[Field] = &[
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

#[cfg(test)]
mod tests {
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
