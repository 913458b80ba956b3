//! `carbonlint explain NODE[.PORT]`: how a node, a port or a link came about, step by step, each with its place.

use crate::catalogue::{Range, holds};
use crate::deployment::{Deployment, EffectivePort, Link, Listener, Node, Step, Verdict};
use crate::home::HomeState;
use crate::project::Project;
use crate::source::nearest;

use super::checked;
use super::links::{address, host, targets, why};
use super::snippet::file_line;
use super::words::{clean, said, table};

/// Explains `NODE`, or a listener or link of it: `NODE.PORT`.
///
/// # Errors
/// If there is no such node or port: what is nearest, and what there is.
pub fn render(project: &Project, subject: &str) -> Result<String, String> {
    let model = &*project.model;
    // Names of nodes may hold dots: the whole subject first, then what is before a dot, from the right.
    if let Some(index) = model.node(subject) {
        return Ok(overview(model, index));
    }
    let split = subject.rmatch_indices('.').find_map(|(at, _)| Some((model.node(&subject[..at])?, &subject[at + 1..])));
    let Some((index, id)) = split else { return Err(unknown_node(model, subject)) };
    let parts: Vec<String> = model.nodes[index]
        .listeners
        .iter()
        .filter(|listener| model.catalogue().listeners[listener.spec].id == id && is_there(model, index, listener))
        .map(|listener| of_listener(model, index, listener))
        .chain(
            model
                .links_of(index)
                .iter()
                .filter(|link| model.catalogue().links[link.spec].id == id)
                .map(|link| of_link(model, link)),
        )
        .collect();
    if !parts.is_empty() {
        return Ok(parts.join("\n"));
    }
    let why = no_listener(model, index, id).or_else(|| no_link(model, index, id));
    why.ok_or_else(|| unknown_port(model, index, id))
}

/// Why a node does not open a port that others do.
fn no_listener(model: &Deployment, index: usize, id: &str) -> Option<String> {
    let (catalogue, node) = (model.catalogue(), &model.nodes[index]);
    let spec = catalogue.listeners.iter().find(|spec| spec.id == id)?;
    let has_role = spec.roles.iter().any(|role| catalogue.has_role(role, &node.role_set));
    let why = other_version(node, spec.versions)
        .or_else(|| (!has_role).then(|| format!("only these roles open it: {}", spec.roles.join(", "))))
        .or_else(|| {
            let mut own = node.listeners.iter().filter(|listener| catalogue.listeners[listener.spec].id == id);
            own.any(|listener| listener.out_of_profile).then(|| "its start profile does not run it".to_owned())
        })
        .unwrap_or_else(|| "it is off, and no file of the home states its port".to_owned());
    Some(not_there(node, id, &spec.title, "open", &why))
}

/// Why a node does not make a call that others do.
fn no_link(model: &Deployment, index: usize, id: &str) -> Option<String> {
    let (catalogue, node) = (model.catalogue(), &model.nodes[index]);
    let spec = catalogue.links.iter().find(|spec| spec.id == id)?;
    let has_role = spec.readers.iter().any(|reader| reader.is(catalogue, &node.role_set));
    let roles = || spec.readers.iter().map(|reader| reader.role.as_str()).collect::<Vec<_>>().join(", ");
    let why = other_version(node, spec.versions)
        .or_else(|| (!has_role).then(|| format!("only these roles make that call: {}", roles())))
        .unwrap_or_else(|| "no file of the home states where it goes".to_owned());
    Some(not_there(node, id, &spec.title, "call", &why))
}

/// What is said of a port or a call that a node does not have.
fn not_there(node: &Node, id: &str, title: &str, does: &str, why: &str) -> String {
    let name = clean(&node.name);
    format!("{name}.{id}: {title}, which {name} does not {does}: {why}\n")
}

/// Why a version has no port or call of other versions.
fn other_version(node: &Node, versions: Range) -> Option<String> {
    let own = node.product.family.map_or_else(|| "of unknown version".to_owned(), |family| family.to_string());
    let why = || format!("{} is {own}; only versions {versions} have it", clean(&node.name));
    (!holds(versions, node.product.family)).then(why)
}

/// A listener that is listed, or that somebody calls all the same.
fn is_there(model: &Deployment, node: usize, listener: &Listener) -> bool {
    listener.listed || model.callers(node, listener.spec) > 0
}

fn unknown_node(model: &Deployment, subject: &str) -> String {
    let names: Vec<&str> = model.nodes.iter().map(|node| node.name.as_str()).collect();
    let written = nearest(subject, names.iter().copied()).or_else(|| nearest(subject.split('.').next()?, names.iter().copied()));
    unknown("no node is called", subject, written, &names)
}

fn unknown_port(model: &Deployment, index: usize, id: &str) -> String {
    let node = &model.nodes[index];
    let listeners = node.listeners.iter().filter(|listener| is_there(model, index, listener));
    let listeners = listeners.map(|listener| model.catalogue().listeners[listener.spec].id.as_str());
    let links = model.links_of(index).iter().map(|link| model.catalogue().links[link.spec].id.as_str());
    let mut ids: Vec<&str> = listeners.chain(links).collect();
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    unknown(&format!("{} has no port or link", clean(&node.name)), id, nearest(id, ids.iter().copied()), &ids)
}

fn unknown(what: &str, written: &str, near: Option<&str>, choices: &[&str]) -> String {
    let near = near.map(|near| format!("; did you mean '{}'?", clean(near))).unwrap_or_default();
    let choices = super::words::some_of(choices, 40);
    format!("{what} '{}'{near} (there are: {})", clean(written), clean(&choices))
}

/// A node: its facts, what it opens and whom it calls.
pub fn overview(model: &Deployment, index: usize) -> String {
    let node = &model.nodes[index];
    let mut facts = vec![
        fact("declared", file_line(model, node.place)),
        fact("roles", node.roles.join(", ")),
        fact("home", home(node)),
        fact("product", product(model, node)),
        fact("offset", offset(model, node)),
    ];
    for (written, place) in &node.offset.overridden {
        facts.push(fact("", format!("overrides {} ({})", said(written), file_line(model, *place))));
    }
    facts.push(fact(
        "host",
        if node.hosts.is_empty() { "none declared".to_owned() } else { clean(&node.hosts.join(", ")).into_owned() },
    ));
    facts.push(fact(
        "machine",
        node.machine.as_deref().map_or_else(|| "none declared".to_owned(), |machine| clean(machine).into_owned()),
    ));
    if !node.assumed.is_empty() {
        facts.push(fact("assumed", format!("as shipped, for the files are not there: {}", node.assumed.join(", "))));
    }
    let mut text = format!("{}\n{}", clean(&node.name), table(&facts, "  "));
    let listeners: Vec<Vec<String>> =
        node.listeners.iter().filter(|listener| listener.listed).map(|listener| listener_row(model, listener)).collect();
    if !listeners.is_empty() {
        text.push_str(&format!("\nopens\n{}", table(&listeners, "  ")));
    }
    let links: Vec<Vec<String>> = model.links_of(index).iter().map(|link| link_row(model, link)).collect();
    if !links.is_empty() {
        text.push_str(&format!("\ncalls\n{}", table(&links, "  ")));
    }
    text
}

fn fact(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn home(node: &Node) -> String {
    let name = clean(&node.home.name);
    match &node.home.state {
        HomeState::Present => name.into_owned(),
        HomeState::Missing { nearest: Some(near) } => format!("{name}: no such home; nearest: {}", clean(near)),
        HomeState::Missing { nearest: None } => format!("{name}: no such home"),
        HomeState::Empty { .. } => format!("{name}: holds no file of a known product"),
        HomeState::Unreadable(why) => format!("{name}: {}", said(why)),
    }
}

fn product(model: &Deployment, node: &Node) -> String {
    let (product, unknown) = checked::product(model.catalogue(), node);
    match node.product.place {
        _ if unknown => product,
        Some(place) => format!("{product}, from {} ({})", clean(&node.product.origin), file_line(model, place)),
        None => format!("{product}, from {}", clean(&node.product.origin)),
    }
}

fn offset(model: &Deployment, node: &Node) -> String {
    let offset = &node.offset;
    let place = offset.place.map(|place| format!(" ({})", file_line(model, place))).unwrap_or_default();
    let problem = offset.problem.map(|problem| format!(": what is written there is {}", problem.name())).unwrap_or_default();
    match (offset.value, &offset.unknown) {
        (Some(value), _) => format!("{value}, {}{place}{problem}", clean(&offset.origin)),
        (None, why) => format!("unknown: {}{place}", said(why.as_deref().unwrap_or("nothing says it"))),
    }
}

/// The offset of a node, and the ports that it shifts.
pub fn of_offset(model: &Deployment, index: usize) -> String {
    let node = &model.nodes[index];
    let mut text = format!("{}: offset {}\n", clean(&node.name), offset(model, node));
    for (written, place) in &node.offset.overridden {
        text.push_str(&format!("  overrides {} ({})\n", said(written), file_line(model, *place)));
    }
    let listeners = node.listeners.iter().filter(|listener| listener.live && listener.port.is_shifted());
    let listeners: Vec<Vec<String>> = listeners.map(|listener| listener_row(model, listener)).collect();
    if !listeners.is_empty() {
        text.push_str(&format!("opens, shifted by it\n{}", table(&listeners, "  ")));
    }
    let links = model.links_of(index).iter().filter(|link| link.port.is_shifted() && link.verdict != Verdict::Dormant);
    let links: Vec<Vec<String>> = links.map(|link| link_row(model, link)).collect();
    if !links.is_empty() {
        text.push_str(&format!("calls, shifted by it\n{}", table(&links, "  ")));
    }
    text
}

/// A load balancer: the ports that it offers, where each leads, and whether somebody listens there.
pub fn of_balancer(model: &Deployment, index: usize) -> String {
    let balancer = &model.inputs.topology.load_balancers[index];
    let mut text = format!("{}: a load balancer\n", said(&balancer.host.value));
    if balancer.ports.is_empty() {
        let nodes: Vec<&str> = balancer.nodes.iter().map(|node| node.value.as_str()).collect();
        text.push_str(&format!("  forwards every port to {}\n", clean(&nodes.join(", "))));
    }
    let forwards = model.forwards.iter().filter(|forward| forward.balancer == index && !balancer.ports.is_empty());
    let row = |forward: &crate::deployment::Forward| {
        let behind = format!("{}:{}", clean(&model.nodes[forward.node].name), forward.backend_port);
        let open = if forward.open { "open" } else { "nobody listens there" };
        vec![forward.port.to_string(), behind, open.to_owned()]
    };
    text.push_str(&table(&forwards.map(row).collect::<Vec<_>>(), "  "));
    text
}

fn number(port: &EffectivePort) -> String {
    port.value().map_or_else(|| "?".to_owned(), |value| value.to_string())
}

fn listener_row(model: &Deployment, listener: &Listener) -> Vec<String> {
    let how = match &listener.why_dormant {
        Some(why) if !listener.live => format!("not live: {}", said(why)),
        _ => said(&listener.port.arithmetic()),
    };
    let spec = &model.catalogue().listeners[listener.spec];
    vec![spec.id.clone(), number(&listener.port), spec.title.clone(), how]
}

fn link_row(model: &Deployment, link: &Link) -> Vec<String> {
    let to = targets(model, link).join(", ");
    let verdict = why(link).map_or_else(|| link.verdict.name().to_owned(), |why| format!("{}: {why}", link.verdict.name()));
    let to = if to.is_empty() { "-".to_owned() } else { clean(&to).into_owned() };
    vec![model.catalogue().links[link.spec].id.clone(), address(link), to, verdict]
}

/// A port that a node opens: how it came about, and who calls it.
pub fn of_listener(model: &Deployment, index: usize, listener: &Listener) -> String {
    let (node, spec) = (&model.nodes[index], &model.catalogue().listeners[listener.spec]);
    let mut text = format!("{}.{}: {}, which {} opens\n", clean(&node.name), spec.id, spec.title, clean(&node.name));
    let mut step = 0;
    steps(model, &listener.port, &mut step, &mut text);
    text.push_str(&format!("  port {}", number(&listener.port)));
    text.push_str(&match (&listener.why_dormant, listener.live) {
        (_, true) => ", live\n".to_owned(),
        (Some(why), false) => format!(", not opened: {}\n", said(why)),
        (None, false) => ", not opened: neither role nor profile runs it\n".to_owned(),
    });
    if let Some(bind) = &listener.bind {
        text.push_str(&format!("  bound to {}\n", said(bind)));
    }
    if let Some(proxy) = listener.proxy_port {
        text.push_str(&format!("  a proxy in front of it offers {proxy}\n"));
    }
    let calls = |link: &&Link| link.targets.iter().any(|target| target.node == index && target.listener == listener.spec);
    let rows: Vec<Vec<String>> = model
        .links
        .iter()
        .filter(calls)
        .map(|link| {
            let name = format!("{}.{}", clean(&model.nodes[link.node].name), model.catalogue().links[link.spec].id);
            vec![name, address(link), link.verdict.name().to_owned(), why(link).unwrap_or_default()]
        })
        .collect();
    if rows.is_empty() {
        text.push_str("  nobody calls it\n");
    } else {
        text.push_str(&format!("  called by\n{}", table(&rows, "    ")));
    }
    text
}

/// A call that a node makes: how it came about, whom it means, and its verdict.
pub fn of_link(model: &Deployment, link: &Link) -> String {
    let (node, spec) = (&model.nodes[link.node], &model.catalogue().links[link.spec]);
    let mut text = format!("{}.{}: {}, which {} calls\n", clean(&node.name), spec.id, spec.title, clean(&node.name));
    let mut step = 0;
    if let Some(host) = host(link) {
        let place = link.host.place.map(|place| format!(" ({})", file_line(model, place))).unwrap_or_default();
        number_step(&mut step, &format!("host {host}{place}"), &mut text);
    }
    steps(model, &link.port, &mut step, &mut text);
    let unused = if link.verdict == Verdict::Dormant { ", but it does not use that" } else { "" };
    text.push_str(&format!("  so {} calls {}{unused}\n", clean(&node.name), address(link)));
    if let Some(balancer) = link.balancer.map(|index| &model.inputs.topology.load_balancers[index]) {
        let place = file_line(model, model.topology_place(balancer.host.span));
        number_step(&mut step, &format!("that is the load balancer {} ({place})", said(&balancer.host.value)), &mut text);
    }
    for target in &link.targets {
        let (name, listener) = (clean(&model.nodes[target.node].name), &model.nodes[target.node].listeners[target.listener]);
        let id = &model.catalogue().listeners[target.listener].id;
        text.push_str(&format!("  meant is {name}.{id}:\n"));
        steps(model, &listener.port, &mut step, &mut text);
        let fits = if target.fits { "fits" } else { "does not fit" };
        text.push_str(&format!("  so {name} listens on {}: {fits}\n", number(&listener.port)));
    }
    let verdict = link.verdict.name();
    text.push_str(&why(link).map_or_else(|| format!("  verdict: {verdict}\n"), |why| format!("  verdict: {verdict}: {why}\n")));
    text
}

/// The steps of a port, numbered on from `step`.
fn steps(model: &Deployment, port: &EffectivePort, step: &mut usize, text: &mut String) {
    for (reason, words) in port.reasons.iter().zip(port.words(model.sources())) {
        let sum = match (&reason.step, reason.value) {
            (Step::Offset(..), Some(value)) => format!(" = {value}"),
            _ => String::new(),
        };
        number_step(step, &format!("{}{sum}", said(&words)), text);
    }
}

fn number_step(step: &mut usize, words: &str, text: &mut String) {
    *step += 1;
    text.push_str(&format!("  {step}. {words}\n"));
}
