//! Fields of links and of their targets.

use minijinja::value::Value;

use crate::deployment::{Deployment, Link, Listener, Node, Target, Verdict, apart};

use super::super::model::{Field, Handle, Kind, Ref, Type};
use super::{Model, VERDICTS, balancer_name, field, link, list, names, object, optional, setting_id, text};

use Type::{Bool, List, Number, OneOf, Text};

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

/// What the log says where another listener answers at the port of a link.
fn answer(model: &Model, link: &Link) -> Option<String> {
    let (node, listener) = link.answered?;
    let protocol = &model.catalogue().listeners[listener].protocol;
    let fits = |all: &[String], one: &String| all.is_empty() || all.contains(one);
    let mut answers = model.catalogue().answers.iter();
    let answer = answers.find(|answer| fits(&answer.calls, &link.scheme) && fits(&answer.speaks, protocol))?;
    Some(answer.log.replace("{{node}}", &model.nodes[node].name).replace("{{protocol}}", protocol))
}

fn of_brokers(model: &Model, link: &Link) -> bool {
    model.catalogue().links[link.spec].format.of_brokers()
}

pub const LINK: &[Field] = &[
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
    field(
        "needs_port",
        Bool,
        "whether another call of the node cuts the port out of its text and says that it finds none",
        |m, at| {
            let link = link(m, at);
            let companion = |other: &Link| m.catalogue().links[other.spec].companion == Some(link.spec);
            let fails = |other: &Link| other.companion_lacks_port && other.verdict == Verdict::Malformed;
            Value::from(m.links_of(link.node).iter().any(|other| companion(other) && fails(other)))
        },
    ),
    field("placeholder", Text, "the placeholder that gives the port, or nothing", |m, at| {
        text(link(m, at).placeholder.clone().unwrap_or_default())
    }),
    field("verdict", OneOf(VERDICTS), "what became of it", |m, at| text(link(m, at).verdict.name())),
    field("why", Text, "why, where the verdict does not say it", |m, at| text(&link(m, at).why)),
    field("target", Type::Object(Kind::Target), "where it goes: the first that does not fit, else the first", target_ref),
    field("targets", List, "names of the nodes that it goes to", |m, at| {
        names(m, link(m, at).targets.iter().map(|target| target.node))
    }),
    field("reached", List, "names of those of them that listen at its port", |m, at| {
        let at_port = |target: &&Target| {
            let listener = &m.nodes[target.node].listeners[target.listener];
            listener.live && listener.port.value() == link(m, at).port.value()
        };
        names(m, link(m, at).targets.iter().filter(at_port).map(|target| target.node))
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
        Value::from(link(m, at).misses_role())
    }),
    field(
        "stands_in",
        Text,
        "what people call the link whose address is used for want of its own, though it means other nodes; or nothing",
        |m, at| text(link(m, at).stands_in.map_or("", |other| m.catalogue().links[other].title.as_str())),
    ),
    field("is_url", Bool, "whether it is written as a URL", |m, at| {
        Value::from(matches!(m.catalogue().links[link(m, at).spec].address, crate::catalogue::Address::Url(_)))
    }),
    field("brokers", Bool, "whether it is an address of message brokers", |m, at| Value::from(of_brokers(m, link(m, at)))),
    field("rest", Bool, "whether something follows host and port where its reader takes nothing", |m, at| {
        Value::from(link(m, at).rest.is_some())
    }),
    field("pairing", Text, "how the addresses of its setting do not pair with those that have to, or nothing", |m, at| {
        text(link(m, at).pairing.clone().unwrap_or_default())
    }),
    field("public", Bool, "whether browsers use it", |m, at| Value::from(m.catalogue().links[link(m, at).spec].public)),
    field("misnamed", Text, "the name that nobody reads and that was likely meant to say it, or nothing", |m, at| {
        let link = link(m, at);
        let own = match &m.catalogue().links[link.spec].address {
            crate::catalogue::Address::Url(setting) => Some(*setting),
            crate::catalogue::Address::PortAndHost { .. } => None,
        };
        let mut settings = own.into_iter().chain(link.missing.iter().copied());
        text(settings.find_map(|setting| m.misnamed(link.node, setting)).map_or("", |name| name.what.as_str()))
    }),
    field("missing", List, "ids of settings that its caller needs and does not find", |m, at| {
        list(link(m, at).missing.iter().map(|setting| m.catalogue().settings[*setting].id.clone()))
    }),
    field("companion_lacks_port", Bool, "whether its companion lacks a port that the caller can read", |m, at| {
        Value::from(link(m, at).companion_lacks_port)
    }),
    field("proven", Bool, "whether it is proven that the caller's role makes this call", |m, at| Value::from(link(m, at).proven)),
    field("companion", Type::Object(Kind::Link), "the other link of this node to the same target", |m, at| {
        optional(companion(m, at).map(|index| object(m, Kind::Link, index)))
    }),
    field("has_companion", Bool, "whether there is one", |m, at| Value::from(companion(m, at).is_some())),
    field("breaks", Text, "what does not work when it is wrong", |m, at| text(&m.catalogue().links[link(m, at).spec].breaks)),
    field("log", Text, "what the log then says", |m, at| {
        let link = link(m, at);
        if let Some(log) = answer(m, link) {
            return text(log);
        }
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
    let node = *link.candidates.first()?;
    Some(get(&Target { node, listener: link.listener, fits: false, instead: None }))
}

fn on_target(model: &Model, at: Ref, get: impl Fn(&Listener, &Node) -> Value) -> Value {
    with_target(model, at, |target| get(&model.nodes[target.node].listeners[target.listener], &model.nodes[target.node]))
        .unwrap_or(Value::UNDEFINED)
}

pub const TARGET: &[Field] = &[
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
    field("scheme", Text, "the scheme with which the link means it", |m, at| {
        let scheme = |target: &Target| {
            let specs = &m.catalogue().links[m.links[at.first].spec].targets;
            let mut listeners = specs.iter().flat_map(|spec| &spec.listeners);
            let meant = listeners.find(|(_, listener)| *listener == target.listener);
            let known = meant.map_or(m.catalogue().listeners[target.listener].protocol.as_str(), |(scheme, _)| scheme);
            let link = &m.links[at.first];
            // How files write a broker is not how it is called.
            let is_strange =
                of_brokers(m, link) && !specs.iter().flat_map(|spec| &spec.listeners).any(|(own, _)| *own == link.scheme);
            text(if is_strange && known == "amqp" { "tcp" } else { known })
        };
        optional(with_target(m, at, scheme))
    }),
    field("live", Bool, "whether it opens", |m, at| on_target(m, at, |listener, _| Value::from(listener.live))),
    field("switched_off_by", List, "ids of the settings that keep it from opening", |m, at| {
        on_target(m, at, |listener, _| {
            list(listener.switched_off_by.iter().map(|setting| m.catalogue().settings[*setting].id.clone()))
        })
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
