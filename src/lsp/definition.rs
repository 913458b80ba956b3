//! Where what stands at a place is defined: the node that a host means, the setting that opens a port, the home of a node.

use gen_lsp_types::{Definition, Location, Position, Range};

use super::actions::Asked;
use super::cursor::{self, Hit, Thing};
use super::requests::At;
use super::view::View;
use crate::deployment::{Deployment, Link, Step};
use crate::home::FileState;
use crate::source::{Place, Span};

impl Asked {
    /// Where what stands at a position is defined, in every topology that knows it.
    pub fn definition(&self, at: &At) -> Option<Definition> {
        let path = at.path.as_ref()?;
        let mut locations: Vec<Location> = Vec::new();
        for view in &self.views {
            let Some(hit) = cursor::at(view, path, at.position) else { continue };
            locations.extend(of(view, &hit).unwrap_or_default());
        }
        let mut seen: Vec<Location> = Vec::new();
        locations.retain(|location| {
            let new = !seen.contains(location);
            seen.push(location.clone());
            new
        });
        (!locations.is_empty()).then_some(Definition::LocationList(locations))
    }
}

fn of(view: &View, hit: &Hit) -> Option<Vec<Location>> {
    let model = view.model()?;
    let in_topology = hit.source == model.inputs.topology_source;
    let mut places: Vec<Place> = Vec::new();
    let mut homes = Vec::new();
    for thing in &hit.things {
        match thing {
            Thing::Link(index) => places.extend(of_link(model, model.links.get(*index)?, hit)),
            Thing::Node(node) if in_topology => {
                let name = model.nodes[*node].place;
                let declared = &model.inputs.topology.nodes[*node];
                if declared.home.iter().any(|layer| cursor::holds(layer.path.span, hit.offset)) {
                    homes.extend(first_file(view, model, *node));
                } else {
                    places.push(name);
                }
            }
            Thing::Node(node) | Thing::Offset(node) | Thing::Listener(node, _) => places.extend(own_place(model, *node, hit)),
            Thing::Balancer(index) => {
                places.push(model.topology_place(model.inputs.topology.load_balancers.get(*index)?.host.span));
            }
            Thing::External(index) => places.push(model.topology_place(model.inputs.topology.externals.get(*index)?.host.span)),
        }
    }
    if places.is_empty() && homes.is_empty() {
        places.extend(of_word(model, hit));
    }
    let locations = places.into_iter().filter_map(|place| view.location(place));
    Some(locations.chain(homes).collect())
}

/// The node whose file it is, unless a host is written there.
fn own_place(model: &Deployment, node: usize, hit: &Hit) -> Vec<Place> {
    let of_host = of_word(model, hit);
    if of_host.is_empty() { vec![model.nodes[node].place] } else { of_host }
}

/// From the port of a call to what opens the port that is meant; from its host to who is meant.
fn of_link(model: &Deployment, link: &Link, hit: &Hit) -> Vec<Place> {
    let here = |place: Place| place.source == hit.source && cursor::holds(place.span, hit.offset);
    let on_host = link.host.place.is_some_and(here) && !link.written.place.is_some_and(here);
    let ports: Vec<Place> = link
        .targets
        .iter()
        .filter_map(|target| {
            let reasons = &model.nodes[target.node].listeners.get(target.listener)?.port.reasons;
            let mut written = reasons.iter().rev().filter(|reason| !matches!(reason.step, Step::Offset(..)));
            written.find_map(|reason| reason.place).or_else(|| reasons.iter().rev().find_map(|reason| reason.place))
        })
        .collect();
    if !on_host && link.written.place.is_some_and(here) && !ports.is_empty() {
        return ports;
    }
    let mut places: Vec<Place> = Vec::new();
    if let Some(balancer) = link.balancer.and_then(|index| model.inputs.topology.load_balancers.get(index)) {
        places.push(model.topology_place(balancer.host.span));
    }
    places.extend(link.targets.iter().map(|target| model.nodes[target.node].place));
    if places.is_empty() { of_word(model, hit) } else { places }
}

/// Who has the host that is written there, member of a list or broker.
fn of_word(model: &Deployment, hit: &Hit) -> Vec<Place> {
    let Some(word) = word(model, hit) else { return Vec::new() };
    let topology = &model.inputs.topology;
    let is = |host: &str| host.eq_ignore_ascii_case(&word);
    let balancers =
        topology.load_balancers.iter().filter(|one| is(&one.host.value) || one.aliases.iter().any(|alias| is(&alias.value)));
    let externals =
        topology.externals.iter().filter(|one| is(&one.host.value) || one.aliases.iter().any(|alias| is(&alias.value)));
    let spans = balancers.map(|one| one.host.span).chain(externals.map(|one| one.host.span));
    let named: Vec<Place> = spans.map(|span| model.topology_place(span)).collect();
    let nodes = model.nodes.iter().filter(|node| node.hosts.iter().any(|host| is(host)) || is(&node.name));
    named.into_iter().chain(nodes.map(|node| node.place)).collect()
}

/// The host around a position, as the file has it.
fn word(model: &Deployment, hit: &Hit) -> Option<String> {
    let content = &model.sources().get(hit.source).content;
    let text = content.text();
    let at = content.to_text(Span::new(hit.offset, hit.offset)).start;
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let start = text.get(..at)?.char_indices().rev().take_while(|(_, c)| belongs(*c)).last().map_or(at, |(start, _)| start);
    let end = at + text.get(at..)?.find(|c| !belongs(c)).unwrap_or(text.len() - at);
    let word = text.get(start..end)?.trim_matches('.');
    (!word.is_empty()).then(|| word.to_owned())
}

/// The first file of a home that is read: a folder cannot be opened.
fn first_file(view: &View, model: &Deployment, node: usize) -> Option<Location> {
    let home = &model.nodes[node].home;
    let mut sources = (0..model.catalogue().files.len()).filter_map(|index| match home.file(index) {
        FileState::Read(source) => Some(*source),
        _ => None,
    });
    let path = sources.find_map(|source| view.file(source))?;
    let start = Position { line: 0, character: 0 };
    Some(Location { uri: view.uri(path), range: Range { start, end: start } })
}
