//! What stands at a position: a port, a call, an offset, a node, a load balancer.

use std::collections::BTreeSet;
use std::path::Path;

use gen_lsp_types::Position;

use super::view::View;
use crate::deployment::{Deployment, EffectivePort, Link, Listener};
use crate::source::{Place, SourceId, Span};

/// How many things are said of one place: a file may be that of a hundred nodes.
const MOST: usize = 8;

/// Something of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A node.
    Node(usize),
    /// The offset of a node.
    Offset(usize),
    /// A port that a node opens: node and index among its listeners.
    Listener(usize, usize),
    /// A call: index in the model.
    Link(usize),
    /// A load balancer: index in the topology.
    Balancer(usize),
    /// A host that nobody lints: index in the topology.
    External(usize),
}

/// What stands at a position of a file.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The file.
    pub source: SourceId,
    /// The byte on disk, in the model's file.
    pub offset: usize,
    /// What is there, those of the first nodes.
    pub things: Vec<Thing>,
    /// The bytes of the value, where that is known.
    pub span: Option<Span>,
}

/// What stands at a position of a file; of a file with several names, under the first of them where anything is known.
pub fn at(view: &View, path: &Path, position: Position) -> Option<Hit> {
    let model = view.model()?;
    let mut hits = view.sources(path).into_iter().filter_map(|source| {
        let offset = view.offset(source, position)?;
        let (things, span) = if source == model.inputs.topology_source {
            (in_topology(model, offset), None)
        } else {
            in_file(model, source, offset)
        };
        Some(Hit { source, offset, things, span })
    });
    let first = hits.next()?;
    if first.things.is_empty() { hits.find(|hit| !hit.things.is_empty()).or(Some(first)) } else { Some(first) }
}

/// Whether a byte lies in a span, its end included: a cursor stands between characters.
pub fn holds(span: Span, offset: usize) -> bool {
    span.start <= offset && offset <= span.end
}

fn in_file(model: &Deployment, source: SourceId, offset: usize) -> (Vec<Thing>, Option<Span>) {
    let nodes: BTreeSet<usize> =
        model.files.iter().filter(|file| file.source == source).flat_map(|file| &file.nodes).copied().collect();
    let element = nodes.iter().filter_map(|node| element(model, *node, source, offset)).min_by_key(|(element, _)| element.len());
    let exactly = |place: Place| place.source == source && holds(place.span, offset);
    let exact = things(model, &nodes, &exactly);
    if !exact.is_empty() {
        return (exact, element.map(|(_, value)| value));
    }
    let Some((element, value)) = element else { return (Vec::new(), None) };
    let nearly = |place: Place| place.source == source && element.start <= place.span.start && place.span.end <= element.end;
    (things(model, &nodes, &nearly), Some(value))
}

/// The narrowest setting of a node that is written around a byte: the element, and its value.
fn element(model: &Deployment, node: usize, source: SourceId, offset: usize) -> Option<(Span, Span)> {
    let settings = model.nodes[node].settings.iter();
    let found = settings.flat_map(|setting| setting.found.iter().chain(&setting.more));
    let here = found.filter(|(file, found)| *file == source && holds(found.element, offset));
    here.map(|(_, found)| (found.element, found.span)).min_by_key(|(element, _)| element.len())
}

fn things(model: &Deployment, nodes: &BTreeSet<usize>, is_here: &dyn Fn(Place) -> bool) -> Vec<Thing> {
    let mut things = Vec::new();
    for node in nodes {
        let offset = &model.nodes[*node].offset;
        let overridden = offset.overridden.iter().map(|(_, place)| *place);
        if offset.place.into_iter().chain(overridden).any(is_here) {
            things.push(Thing::Offset(*node));
            continue;
        }
        let listeners = model.nodes[*node].listeners.iter().enumerate();
        let listeners = listeners.filter(|(_, listener)| opens_at(listener, is_here));
        things.extend(listeners.map(|(index, _)| Thing::Listener(*node, index)));
        let links = model.links.iter().enumerate().filter(|(_, link)| link.node == *node && calls_at(link, is_here));
        things.extend(links.map(|(index, _)| Thing::Link(index)));
        if things.len() >= MOST {
            break;
        }
    }
    things.truncate(MOST);
    things
}

fn opens_at(listener: &Listener, is_here: &dyn Fn(Place) -> bool) -> bool {
    (listener.listed || listener.live) && port_at(&listener.port, is_here)
}

fn calls_at(link: &Link, is_here: &dyn Fn(Place) -> bool) -> bool {
    let places = [link.host.place, link.host.editable, link.scheme_place, link.written.place, link.written.insert_at];
    places.into_iter().flatten().any(is_here) || port_at(&link.port, is_here)
}

/// Whether a port was read there.
pub fn port_at(port: &EffectivePort, is_here: &dyn Fn(Place) -> bool) -> bool {
    port.reasons.iter().filter_map(|reason| reason.place).any(is_here)
}

fn in_topology(model: &Deployment, offset: usize) -> Vec<Thing> {
    let topology = &model.inputs.topology;
    let here = |span: Span| holds(span, offset);
    let named = |name: &str| model.node(name).map(Thing::Node);
    // What names a node means that node, whoever says so.
    let mut names =
        topology.nodes.iter().flat_map(|node| &node.key_manager).chain(topology.load_balancers.iter().flat_map(|one| &one.nodes));
    if let Some(name) = names.find(|name| here(name.span)) {
        return named(&name.value).into_iter().collect();
    }
    let backends = topology.load_balancers.iter().flat_map(|one| &one.ports).flat_map(|(_, backends)| backends);
    if let Some(backend) = backends.into_iter().find(|backend| here(backend.span)) {
        return named(&backend.node).into_iter().collect();
    }
    for (index, balancer) in topology.load_balancers.iter().enumerate() {
        let ports = balancer.ports.iter().map(|(port, _)| port.span);
        let spans = balancer.aliases.iter().chain(&balancer.name).map(|name| name.span).chain([balancer.host.span]).chain(ports);
        if spans.into_iter().any(here) {
            return vec![Thing::Balancer(index)];
        }
    }
    if let Some(index) = topology.externals.iter().position(|external| here(external.host.span)) {
        return vec![Thing::External(index)];
    }
    let is_offset = |node: &crate::topology::Node| node.port_offset.iter().chain(&node.start).any(|value| here(value.span));
    let nodes = topology.nodes.iter().enumerate();
    let things = nodes.filter_map(|(index, node)| {
        if is_offset(node) {
            return Some(Thing::Offset(index));
        }
        let layers = node.home.iter().map(|layer| layer.path.span);
        let texts = node.aliases.iter().chain(&node.host).chain(&node.machine).chain(&node.product).chain(&node.roles);
        let mut spans = texts.map(|text| text.span).chain([node.name.span]).chain(layers);
        spans.any(here).then_some(Thing::Node(index))
    });
    things.take(MOST).collect()
}
