//! Places of a finding: every place of the arithmetic of both sides, whatever file it is in.

use std::collections::HashMap;

use crate::deployment::{Deployment, EffectivePort, Entry, Fault, FileProblem, Link, Opener, State, Step, Verdict};
use crate::source::{Place, Span};

use super::finding::Label;
use super::model::{Kind, Ref, named};

/// At most so many targets of one link are labelled.
const TARGETS: usize = 4;

/// The places of an object, the most telling first. Never empty.
pub fn of(model: &Deployment, at: Ref) -> Vec<Label> {
    let mut labels = match at.kind {
        Kind::Link | Kind::Target => of_link(model, &model.links[at.first]),
        Kind::Setting => of_setting(model, at),
        Kind::Listener => {
            let listener = &model.nodes[at.first].listeners[at.second];
            of_port(model, &listener.port, at.first, &format!(", opened by {}", model.nodes[at.first].name))
        }
        Kind::File => vec![of_file(model, at.first)],
        Kind::Collision => of_collision(model, at.first),
        Kind::Cluster => of_cluster(model, at.first),
        Kind::Member => of_member(model, at.first),
        Kind::Forward => of_forward(model, at.first),
        Kind::Record => of_record(model, at.first),
        Kind::Table | Kind::Element => of_name(model, at),
        Kind::Topology => vec![Label { place: model.topology_place(Span::default()), text: String::new(), node: None }],
        Kind::Node | Kind::Offset => Vec::new(),
    };
    if labels.is_empty() {
        let node = &model.nodes[at.first];
        labels.push(Label { place: node.place, text: format!("{} is declared here", node.name), node: Some(at.first) });
    }
    labels
}

/// A label for each place of a port's arithmetic, and one in the topology where it has none.
pub fn of_port(model: &Deployment, port: &EffectivePort, node: usize, ending: &str) -> Vec<Label> {
    let last = port.reasons.iter().rposition(|reason| reason.place.is_some());
    let Some(last) = last else {
        let assumed = port.words(model.sources()).join(", ");
        let text = format!("{} ({assumed}){ending}", port.arithmetic());
        return vec![Label { place: model.nodes[node].place, text, node: Some(node) }];
    };
    let label = |(at, reason): (usize, &crate::deployment::Reason)| {
        let text = match reason.step {
            _ if at == last => port.arithmetic() + ending,
            Step::Written => format!("{} is written here", reason.value?),
            _ => port.sum(at)?,
        };
        Some(Label { place: reason.place?, text, node: Some(node) })
    };
    // The last place holds the sum: it comes first.
    let mut labels: Vec<Label> = port.reasons.iter().enumerate().filter_map(label).collect();
    labels.reverse();
    labels
}

/// The places of the arithmetic of an object's ports, those that have a label, as a reader would follow them: each
/// port from its default on, the calling side before the opening one.
pub fn flow(model: &Deployment, at: Ref, labels: &[Label]) -> Vec<Place> {
    let opened = |node: usize, listener: usize| (node, &model.nodes[node].listeners[listener].port);
    let ports: Vec<(usize, &EffectivePort)> = match at.kind {
        Kind::Link | Kind::Target => {
            let link = &model.links[at.first];
            let targets = link.targets.iter().map(|target| opened(target.node, target.listener));
            std::iter::once((link.node, &link.port)).chain(targets).collect()
        }
        Kind::Listener => vec![opened(at.first, at.second)],
        Kind::Collision => {
            let collision = &model.collisions[at.first];
            let other = |second: Option<usize>| match collision.other {
                Opener::Node(node) => second.map(|second| opened(node, second)),
                Opener::External(_) => None,
            };
            let ports = collision.ports.iter();
            ports.flat_map(|(_, first, second)| [Some(opened(collision.node, *first)), other(*second)]).flatten().collect()
        }
        Kind::Forward => {
            let forward = &model.forwards[at.first];
            forward.nearest.iter().map(|nearest| opened(forward.node, *nearest)).collect()
        }
        _ => Vec::new(),
    };
    // What a balancer forwards to is said in one place, without any arithmetic.
    let mut places: Vec<Place> = if at.kind == Kind::Forward { vec![model.forwards[at.first].place] } else { Vec::new() };
    for (node, port) in ports {
        let read: Vec<Place> = port.reasons.iter().filter_map(|reason| reason.place).collect();
        // As [`of_port`] has it: what nobody wrote is said where the node is declared.
        let read = if read.is_empty() { vec![model.nodes[node].place] } else { read };
        for place in read {
            if !places.contains(&place) && labels.iter().any(|label| label.place == place) {
                places.push(place);
            }
        }
    }
    places
}

fn of_link(model: &Deployment, link: &Link) -> Vec<Label> {
    let caller = &model.nodes[link.node].name;
    let calling = of_port(model, &link.port, link.node, &format!(", called by {caller}"));
    let host = host_label(model, link);
    let targets = link.targets.iter().filter(|target| !target.fits || link.verdict == Verdict::Ok).take(TARGETS);
    let opened = targets.flat_map(|target| {
        let listener = &model.nodes[target.node].listeners[target.listener];
        let name = &model.nodes[target.node].name;
        if let Some(label) = switch_label(model, target.node, target.listener) {
            return vec![label];
        }
        of_port(model, &listener.port, target.node, &format!(", opened by {name}"))
    });
    let mut labels = Vec::new();
    match link.verdict {
        Verdict::StillLocal | Verdict::UnknownHost | Verdict::WrongRole | Verdict::NothingListens => {
            labels.extend(host);
            labels.extend(calling);
            labels.extend(opened);
        }
        Verdict::Malformed | Verdict::NotStated => labels.extend(host.or_else(|| calling.into_iter().next())),
        _ => {
            labels.extend(calling);
            labels.extend(opened);
            labels.extend(host);
        }
    }
    labels.extend(declared_labels(model, link));
    if let Some(balancer) = link.balancer.map(|index| &model.inputs.topology.load_balancers[index]) {
        let text = "the load balancer in between".to_owned();
        labels.push(Label { place: model.topology_place(balancer.host.span), text, node: None });
    }
    dedup(labels)
}

/// What the topology says that counts: properties and variables, an alias, `key_manager`.
fn declared_labels(model: &Deployment, link: &Link) -> Vec<Label> {
    let topology = &model.inputs.topology;
    let label = |span, text| Label { place: model.topology_place(span), text, node: None };
    let given = link.given.iter().map(|(name, place)| Label { place: *place, text: format!("{name} is given here"), node: None });
    let mut labels: Vec<Label> = given.collect();
    let host = link.host.name.as_deref().unwrap_or_default();
    for target in link.targets.iter().take(TARGETS) {
        let node = &topology.nodes[target.node];
        let alias = node.aliases.iter().find(|alias| alias.value.eq_ignore_ascii_case(host) && !host.is_empty());
        labels.extend(alias.map(|alias| label(alias.span, format!("an alias of {}", node.name.value))));
        let meant = topology.nodes[link.node].key_manager.iter().find(|name| link.assumed && name.value == node.name.value);
        labels.extend(meant.map(|name| label(name.span, format!("{} is meant", name.value))));
    }
    labels
}

fn host_label(model: &Deployment, link: &Link) -> Option<Label> {
    let place = link.host.place?;
    let caller = &model.nodes[link.node].name;
    let text = match (link.verdict, &link.host.raw) {
        (Verdict::Malformed, _) => format!("read by {caller}"),
        (Verdict::UnknownHost, Some(host)) => format!("no node, alias, balancer or external is called {host}"),
        (Verdict::StillLocal, _) => format!("means {caller} itself"),
        (_, Some(host)) => {
            let names: Vec<&str> = link.targets.iter().map(|target| model.nodes[target.node].name.as_str()).collect();
            match (names.is_empty(), link.assumed) {
                (true, _) => format!("{caller} calls {host}"),
                (false, true) => format!("{host} is taken for {}", names.join(", ")),
                (false, false) => format!("{host} is {}", names.join(", ")),
            }
        }
        (_, None) => format!("read by {caller}"),
    };
    Some(Label { place, text, node: Some(link.node) })
}

/// The setting that keeps a listener from opening, where it is written.
fn switch_label(model: &Deployment, node: usize, listener: usize) -> Option<Label> {
    let listener = &model.nodes[node].listeners[listener];
    let setting = &model.nodes[node].settings[*listener.switched_off_by.first()?];
    let place = setting.place().or_else(|| setting.file.map(|source| Place { source, span: Span::default() }))?;
    let text = format!("{}: {}", model.nodes[node].name, listener.why_dormant.as_deref()?);
    Some(Label { place, text, node: Some(node) })
}

fn of_setting(model: &Deployment, at: Ref) -> Vec<Label> {
    let setting = &model.nodes[at.first].settings[at.second];
    let title = model.catalogue().settings[at.second].element();
    let name = &model.nodes[at.first].name;
    let written = setting.place().map(|place| {
        let text = match setting.state {
            State::Written if setting.duplicates.is_empty() => format!("{title} of {name}"),
            State::Written => "this one counts".to_owned(),
            _ => format!("{title} of {name} is blank"),
        };
        Label { place, text, node: Some(at.first) }
    });
    let others = setting.duplicates.iter().map(|place| Label {
        place: *place,
        text: "nobody reads this one".to_owned(),
        node: Some(at.first),
    });
    let overwritten = setting.overwritten.iter().map(|(_, place)| Label {
        place: *place,
        text: "written anew at every start".to_owned(),
        node: Some(at.first),
    });
    overwritten.chain(written).chain(others).collect()
}

fn of_file(model: &Deployment, index: usize) -> Label {
    let file = &model.files[index];
    let node = file.nodes.first().copied();
    let start = Place { source: file.source, span: Span::default() };
    let (place, text) = match &file.state {
        FileProblem::Malformed(malformed) => (Place { source: file.source, span: malformed.span }, "here".to_owned()),
        FileProblem::Unreadable(why) => (start, why.clone()),
        FileProblem::None => {
            let first = file.templates.iter().next().or(file.unset.iter().next()).or(file.obsolete.iter().next());
            first.map_or((start, String::new()), |(place, what)| (*place, what.clone()))
        }
    };
    Label { place, text, node }
}

fn of_collision(model: &Deployment, index: usize) -> Vec<Label> {
    let collision = &model.collisions[index];
    let side = |node: usize, listener: usize| {
        let listener = &model.nodes[node].listeners[listener];
        let title = &model.catalogue().listeners[listener.spec].id;
        of_port(model, &listener.port, node, &format!(", {title} of {}", model.nodes[node].name))
    };
    let mut labels = Vec::new();
    for (port, first, second) in &collision.ports {
        labels.extend(side(collision.node, *first));
        match (collision.other, second) {
            (Opener::Node(other), Some(second)) => labels.extend(side(other, *second)),
            (Opener::External(external), _) => {
                let external = &model.inputs.topology.externals[external];
                let declared = external.ports.iter().find(|declared| i64::from(declared.value) == *port);
                let span = declared.map_or(external.host.span, |declared| declared.span);
                labels.push(Label {
                    place: model.topology_place(span),
                    text: format!("opened by {}", external.host.value),
                    node: None,
                });
            }
            (Opener::Node(_), None) => {}
        }
    }
    dedup(labels)
}

fn of_cluster(model: &Deployment, index: usize) -> Vec<Label> {
    let cluster = &model.clusters[index];
    let label = |(node, value): &(usize, String)| {
        let setting = &model.nodes[*node].settings[cluster.setting];
        let place = setting.place().unwrap_or(model.nodes[*node].place);
        Label { place, text: format!("{} uses {value}", model.nodes[*node].name), node: Some(*node) }
    };
    // One of each kind tells enough.
    let one_of_each = cluster.values.iter().filter_map(|value| cluster.members.iter().find(|(_, other)| other == value));
    one_of_each.map(label).collect()
}

fn of_member(model: &Deployment, index: usize) -> Vec<Label> {
    let member = &model.members[index];
    let listener = model.catalogue().memberships[member.spec].listener;
    let opened = |node: usize| {
        let node_name = &model.nodes[node].name;
        of_port(model, &model.nodes[node].listeners[listener].port, node, &format!(", opened by {node_name}"))
    };
    if let Some(first) = member.same_as {
        return dedup(opened(first).into_iter().chain(opened(member.node)).collect());
    }
    let entry = |entry: &Entry| {
        let text = format!("{} lists {}:{}", model.nodes[entry.reader].name, entry.host, entry.port);
        Label { place: entry.place, text, node: Some(entry.reader) }
    };
    let meant = member.meant();
    dedup(member.misfits().map(entry).chain(meant.into_iter().take(TARGETS).flat_map(opened)).collect())
}

fn of_forward(model: &Deployment, index: usize) -> Vec<Label> {
    let forward = &model.forwards[index];
    let node = &model.nodes[forward.node];
    let text = format!("{} is behind port {}", node.name, forward.port);
    let declared = Label { place: forward.place, text, node: None };
    let nearest = forward
        .nearest
        .map(|listener| of_port(model, &node.listeners[listener].port, forward.node, &format!(", opened by {}", node.name)));
    std::iter::once(declared).chain(nearest.into_iter().flatten()).collect()
}

fn of_record(model: &Deployment, index: usize) -> Vec<Label> {
    let record = &model.records[index];
    let title = &model.catalogue().records[record.spec].title;
    let label = |place, text| Label { place, text, node: Some(record.node) };
    let own = label(record.place, format!("{title} of {}", model.nodes[record.node].name));
    let first = record.same_as.map(|place| label(place, "the first of that name".to_owned()));
    std::iter::once(own).chain(first).collect()
}

fn of_name(model: &Deployment, at: Ref) -> Vec<Label> {
    let name = named(model, at);
    let node = model.files[name.file].nodes.first().copied();
    let text = match name.fault {
        Fault::Twice => "defined again",
        Fault::Unread => "nobody reads it",
        Fault::Stray => "nobody reads it here",
        Fault::Single => "one table, no list",
        Fault::Lone => "one text, no list",
    };
    let own = Label { place: name.place, text: text.to_owned(), node };
    let first = name.first.map(|place| Label { place, text: "defined here already".to_owned(), node });
    std::iter::once(own).chain(first).collect()
}

/// One label a place: what is said there is joined.
pub fn dedup(labels: Vec<Label>) -> Vec<Label> {
    let mut result: Vec<Label> = Vec::with_capacity(labels.len());
    let mut index_of: HashMap<Place, usize> = HashMap::with_capacity(labels.len());
    for label in labels {
        match index_of.get(&label.place).and_then(|index| result.get_mut(*index)) {
            Some(other) if !other.text.contains(&label.text) => {
                other.text.push_str("; ");
                other.text.push_str(&label.text);
            }
            Some(_) => {}
            None => {
                index_of.insert(label.place, result.len());
                result.push(label);
            }
        }
    }
    result
}
