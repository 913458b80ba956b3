//! What counts of what a home and the topology say of a node: its product, settings, offset and listeners.

use std::collections::BTreeSet;

use crate::catalogue::{self, Catalogue, Confidence, Meaning, OffsetUse, holds, pick};
use crate::config::{Format, Path};
use crate::home::{FileState, HomeState};
use crate::source::{Place, Spanned};
use crate::start::is_template;
use crate::topology;

use super::expand::{self, Names, What};
use super::port::{EffectivePort, Step};
use super::settings::{self, NumberProblem, Setting, State, first_unmet, holds_for, parse_int};
use super::started::{START_COMMAND, Started};
use super::{Inputs, Listener, Node, Offset, OffsetProblem, Product, product};

/// Builds the node at an index of the topology.
pub fn build(inputs: &Inputs, index: usize) -> Node {
    let declared = &inputs.topology.nodes[index];
    let catalogue = &*inputs.catalogue;
    let home = inputs.homes[index].clone();
    let product = product::detect(inputs, &home, declared.product.as_ref());
    let settings: Vec<Setting> = catalogue
        .settings
        .iter()
        .map(|spec| settings::read(inputs, &home, product.family, is_known(inputs, &home, &product, spec), spec))
        .collect();
    let (roles, role_set) = roles(catalogue, declared);
    let started = Started::of(inputs, declared, &home, &roles);
    let hosts: Vec<String> = declared.host.iter().chain(&declared.aliases).map(|host| host.value.to_lowercase()).collect();
    let machine = declared.machine.as_ref().or(declared.host.as_ref()).map(|machine| machine.value.to_lowercase());
    let place = Place { source: inputs.topology_source, span: declared.name.span };
    let mut node = Node {
        name: declared.name.value.clone(),
        place,
        roles,
        role_set,
        hosts,
        host: declared.host.as_ref().map(|host| host.value.clone()),
        machine,
        home,
        product,
        started,
        offset: Offset::default(),
        settings,
        listeners: Vec::new(),
        assumed: Vec::new(),
        unresolved: Vec::new(),
    };
    node.offset = offset(inputs, declared, &node);
    node.listeners = (0..catalogue.listeners.len()).map(|spec| listener(inputs, declared, &node, spec)).collect();
    let values: Vec<Option<String>> = (0..node.settings.len()).map(|setting| value(inputs, declared, &node, setting)).collect();
    for (setting, value) in node.settings.iter_mut().zip(values) {
        setting.value = value;
    }
    node.assumed = assumed(catalogue, &node);
    node.unresolved = unresolved(inputs, declared, &node);
    node
}

/// The text of a setting with its placeholders replaced, where all of them are known.
fn value(inputs: &Inputs, declared: &topology::Node, node: &Node, setting: usize) -> Option<String> {
    let text = node.settings[setting].text.as_deref()?;
    if !text.contains(['$', '{', '<', '%', '[', '@', '_']) {
        return Some(text.to_owned());
    }
    let expanded = expand::expand(text, &Reader { inputs, declared, node }, inputs.catalogue.settings[setting].synapse);
    expanded.pieces.iter().all(|piece| !piece.what.is_unknown()).then_some(expanded.text)
}

/// What is not known of the offset and of the ports that the node may open.
fn unresolved(inputs: &Inputs, declared: &topology::Node, node: &Node) -> Vec<(Place, What)> {
    let catalogue = &inputs.catalogue;
    let offset = node.started.get(&catalogue.offset_property).is_none().then_some(catalogue.offset);
    let open = node.listeners.iter().filter(|listener| listener.listed && listener.switched_off_by.is_empty());
    let ports = open.map(|listener| catalogue.listeners[listener.spec].port);
    let in_setting = |setting: usize| {
        let written = node.settings[setting].place().zip(node.settings[setting].text.as_deref());
        let (place, raw) = written.filter(|_| node.settings[setting].state == State::Written)?;
        let expanded = expand::expand(raw, &Reader { inputs, declared, node }, catalogue.settings[setting].synapse);
        Some((place, expanded.pieces.into_iter().map(|piece| piece.what).find(What::is_unknown)?))
    };
    offset.into_iter().chain(ports).filter_map(in_setting).collect()
}

fn roles(catalogue: &Catalogue, declared: &topology::Node) -> (Vec<String>, BTreeSet<String>) {
    let known: Vec<_> = declared.roles.iter().filter_map(|role| catalogue.role(&role.value)).collect();
    let all = known.iter().flat_map(|role| std::iter::once(&role.id).chain(&role.includes)).cloned().collect();
    (known.iter().map(|role| role.id.clone()).collect(), all)
}

/// What a home of another product does not say in a file of its own is not known.
fn is_known(inputs: &Inputs, home: &crate::home::Home, product: &Product, spec: &catalogue::Setting) -> bool {
    let catalogue = &inputs.catalogue;
    let needed = product
        .id
        .as_ref()
        .and_then(|id| catalogue.products.iter().find(|known| known.id == *id))
        .and_then(|known| known.needs.as_ref());
    let Some(needed) = needed else { return true };
    let missing =
        catalogue.files.iter().position(|file| file.path == *needed).is_some_and(|file| *home.file(file) == FileState::Absent);
    !missing || spec.places.iter().any(|place| *home.file(place.file) != FileState::Absent)
}

/// Files that are missing and stand for those of the pack, as far as a port that is open or a call depends on them.
fn assumed(catalogue: &Catalogue, node: &Node) -> Vec<String> {
    if node.home.state != HomeState::Present {
        return Vec::new();
    }
    let shipped = |index: &usize| {
        let setting = &node.settings[*index];
        let first = || catalogue.settings[*index].places.iter().find(|place| holds(place.versions, node.product.family));
        (setting.state == State::Shipped && setting.stated()).then(first).flatten()
    };
    let used = used_by_listeners(catalogue, node).into_iter().chain(used_by_links(catalogue, node)).chain([catalogue.offset]);
    let set: BTreeSet<String> =
        used.filter_map(|index| shipped(&index)).map(|place| catalogue.files[place.file].path.clone()).collect();
    set.into_iter().collect()
}

/// Settings on which the ports depend that a node opens.
fn used_by_listeners(catalogue: &Catalogue, node: &Node) -> Vec<usize> {
    let mut used = Vec::new();
    let judged = catalogue.listeners.iter().zip(&node.listeners).filter(|(spec, _)| spec.confidence != Confidence::Guess);
    for (spec, _) in judged.filter(|(_, listener)| listener.live) {
        used.extend([Some(spec.port), template(catalogue, node, spec.port), spec.bind].into_iter().flatten());
        let switches = catalogue.settings[spec.port].offset_when.iter().chain(&spec.live);
        used.extend(switches.map(|condition| condition.setting));
    }
    used
}

/// Settings on which the calls depend that a node makes.
fn used_by_links(catalogue: &Catalogue, node: &Node) -> Vec<usize> {
    let mut used = Vec::new();
    for spec in catalogue.links.iter().filter(|spec| spec.judged && holds(spec.versions, node.product.family)) {
        let readers = || spec.readers.iter().filter(|reader| reader.is(catalogue, &node.role_set));
        if readers().next().is_none() {
            continue;
        }
        match &spec.address {
            catalogue::Address::Url(url) => used.push(*url),
            catalogue::Address::PortAndHost { port, hosts } => used.extend(std::iter::once(port).chain(hosts)),
        }
        let conditions = spec.live.iter().chain(readers().flat_map(|reader| &reader.live));
        let conditions = conditions.chain(catalogue.conditions_at_places(spec));
        used.extend(conditions.map(|condition| condition.setting).chain(spec.needs.iter().map(|need| need.setting)));
    }
    used
}

/// The setting whose number a port is a template of.
fn template(catalogue: &Catalogue, node: &Node, setting: usize) -> Option<usize> {
    let name = node.settings[setting].text.as_deref()?.strip_prefix("${")?.strip_suffix('}')?;
    match catalogue.placeholders.get(name)? {
        Meaning::Setting(other) => Some(*other),
        _ => None,
    }
}

fn offset(inputs: &Inputs, declared: &topology::Node, node: &Node) -> Offset {
    let catalogue = &inputs.catalogue;
    let setting = &node.settings[catalogue.offset];
    let of_file = || file_offset(inputs, declared, node, setting);
    let discarded = |offset: &Offset| {
        let thrown = node.started.discarded(&catalogue.offset_property).iter();
        let differs = |(value, _): &&(String, Place)| parse_int(value).is_ok_and(|value| Some(value) != offset.value);
        thrown.filter(differs).cloned().collect::<Vec<_>>()
    };
    let start = match node.started.get(&catalogue.offset_property) {
        // Whether it counts or not: both say the same.
        Some(start) if start.perhaps.as_ref().is_some_and(|perhaps| parse_int(perhaps).ok() == of_file().value) => None,
        start => start,
    };
    let Some(start) = start else {
        let offset = of_file();
        return Offset { overridden: discarded(&offset), ..offset };
    };
    let known = setting.state == State::Written && file_offset(inputs, declared, node, setting).unknown.is_none();
    let written = setting.text.clone().zip(setting.place()).filter(|_| known);
    let (origin, place) = (start.origin.clone(), Some(start.place));
    let value = start
        .value
        .clone()
        .and_then(|value| if start.place.source == inputs.topology_source { shell(&value, declared) } else { Ok(value) })
        .and_then(|value| {
            let pieces = expand::expand(&value, &Reader { inputs, declared, node }, false).pieces.into_iter();
            let mark = pieces.map(|piece| piece.what).find(|what| matches!(what, What::Template(_)));
            mark.map_or(Ok(value), |mark| Err(mark.words()))
        });
    let value = match value {
        Ok(value) => value,
        Err(why) => return Offset { origin, place, unknown: Some(why), ..Offset::default() },
    };
    let offset = number(&value, origin, place);
    // An offset that is no number overrides nothing: the server does not come up with it.
    let others = start.loses.iter().cloned().chain(discarded(&offset)).chain(written);
    let overridden = others.filter(|_| offset.problem.is_none()).collect();
    Offset { overridden, ..offset }
}

/// A value of a start command, its shell variables replaced by what the topology's `environment` gives.
fn shell(text: &str, declared: &topology::Node) -> Result<String, String> {
    if let Some(mark) = ["{{", "{%", "<%"].iter().find(|mark| text.contains(**mark)) {
        return Err(format!("{mark} of the start command is an unrendered template"));
    }
    if is_template(text) {
        return Err(format!("{text} of the start command is an unrendered template"));
    }
    if text.contains(['`', '%']) || text.contains("$(") {
        return Err("the start command asks a shell for it".to_owned());
    }
    let Some(name) = text.strip_prefix('$') else { return Ok(text.to_owned()) };
    let name = name.trim_start_matches('{').trim_end_matches('}');
    let given = declared.environment.get(name).map(|value| value.value.clone());
    given.ok_or_else(|| format!("${{{name}}} of the start command is not set in the topology"))
}

/// The offset that the node's files give.
fn file_offset(inputs: &Inputs, declared: &topology::Node, node: &Node, setting: &Setting) -> Offset {
    let place = setting.place().or(setting.file.map(|source| Place { source, span: crate::source::Span::default() }));
    let origin = place.map_or_else(|| "as shipped".to_owned(), |place| inputs.sources.file_name(place.source).to_owned());
    let problem = |problem| Offset { value: Some(0), origin: origin.clone(), place, problem: Some(problem), ..Offset::default() };
    match setting.state {
        State::Unknown => {
            let why =
                if setting.file.is_some() { format!("{origin} cannot be read") } else { "its home cannot be read".to_owned() };
            Offset { origin, unknown: Some(why), ..Offset::default() }
        }
        State::Blank => problem(OffsetProblem::Blank),
        State::Absent if compound(inputs, node).is_some() => {
            let written = compound(inputs, node);
            let (text, place) = written.map_or((None, place), |(text, place)| (Some(text), Some(place)));
            Offset { text, place, ..problem(OffsetProblem::NotANumber) }
        }
        State::Absent if setting.text.is_none() => problem(OffsetProblem::Absent),
        State::Written => {
            let raw = setting.text.as_deref().unwrap_or_default();
            let expanded = expand::expand(raw, &Reader { inputs, declared, node }, false);
            match expanded.pieces.iter().map(|piece| &piece.what).find(|what| what.is_unknown()) {
                Some(what) => {
                    Offset { text: Some(raw.to_owned()), origin, place, unknown: Some(what.words()), ..Offset::default() }
                }
                None => number(&expanded.text, origin, place),
            }
        }
        // The element may be missing where the code has a default (from 3.0 on), and the file may be.
        State::Absent | State::Shipped | State::NotApplicable => {
            let value = setting.text.as_deref().unwrap_or("0").parse().ok();
            let place = setting.place();
            let origin = if setting.state == State::Shipped { origin } else { format!("{origin}, by default") };
            Offset { value, origin, place, ..Offset::default() }
        }
    }
}

/// A list or a table where the offset is to stand, in a word, and its place.
fn compound(inputs: &Inputs, node: &Node) -> Option<(String, Place)> {
    let places = inputs.catalogue.settings[inputs.catalogue.offset].places.iter();
    places.filter(|place| holds(place.versions, node.product.family)).find_map(|place| {
        let FileState::Read(source) = node.home.file(place.file) else { return None };
        let (what, span) = inputs.documents.get(*source)?.as_ref().ok()?.compound(&place.path)?;
        Some((what.to_owned(), Place { source: *source, span }))
    })
}

fn number(text: &str, origin: String, place: Option<Place>) -> Offset {
    let (value, problem) = match parse_int(text) {
        Ok(number) => (number, None),
        Err(_) if text.trim().is_empty() => (0, Some(OffsetProblem::Blank)),
        Err((NumberProblem::BlanksAround, meant)) => (meant.unwrap_or_default(), Some(OffsetProblem::BlanksAround)),
        Err((NumberProblem::NotANumber, _)) => (0, Some(OffsetProblem::NotANumber)),
    };
    Offset { value: Some(value), text: Some(text.to_owned()), origin, place, problem, ..Offset::default() }
}

/// The port of a setting on a node, with the node's offset where the product adds it.
pub fn port(inputs: &Inputs, declared: &topology::Node, node: &Node, setting: usize) -> EffectivePort {
    let spec = &inputs.catalogue.settings[setting];
    let value = &node.settings[setting];
    let step = match value.state {
        State::Written => Step::Written,
        State::Shipped => Step::Shipped,
        _ => Step::Default,
    };
    let place = value.place();
    let Some(raw) = &value.text else {
        let why = match value.state {
            State::Unknown => unknown_file(inputs, node, value),
            State::NotApplicable => format!("it is not known for this version: say `product` of {} in the topology", node.name),
            _ => format!("{} is not there", spec.title),
        };
        return EffectivePort::unknown(why, place);
    };
    let expanded = expand::expand(raw, &Reader { inputs, declared, node }, spec.synapse);
    if let Some(what) = expanded.pieces.iter().map(|piece| &piece.what).find(|what| what.is_unknown()) {
        return EffectivePort::unknown(what.words(), place);
    }
    if let Some(What::Setting(name, other)) = expanded.exactly(&(0..expanded.text.len())).map(|piece| &piece.what) {
        let own = port(inputs, declared, node, *other);
        let value = own.value();
        return own.then(Step::Placeholder(name.clone(), node.name.clone()), value, place);
    }
    let Ok(number) = parse_int(&expanded.text) else {
        return EffectivePort::unknown(format!("{} is no number", spec.title), place);
    };
    let port = EffectivePort::default().then(step, Some(number), place);
    match spec.offset_when.as_ref().filter(|_| value.offset != OffsetUse::Never) {
        None => with_offset(node, port, value.offset),
        Some(condition) => match holds_for(&inputs.catalogue, &node.settings, condition) {
            Some(true) => with_offset(node, port, value.offset),
            Some(false) => port,
            None => {
                let why = format!("whether {} gets the offset cannot be known", spec.title);
                port.then(Step::Unknown(why), None, node.settings[condition.setting].place())
            }
        },
    }
}

/// A port of the product's code, with the node's offset.
pub fn shifted(node: &Node, base: u32) -> EffectivePort {
    let base = EffectivePort::default().then(Step::Default, Some(i64::from(base)), None);
    with_offset(node, base, OffsetUse::Always)
}

fn with_offset(node: &Node, port: EffectivePort, offset: OffsetUse) -> EffectivePort {
    if offset == OffsetUse::Never {
        return port;
    }
    let Some(amount) = node.offset.value else {
        let why = node.offset.unknown.clone().unwrap_or_default();
        return port.then(Step::Unknown(format!("the offset is not known: {why}")), None, node.offset.place);
    };
    let amount = if offset == OffsetUse::Positive { amount.max(0) } else { amount };
    let origin = match node.offset.origin.as_str() {
        "as shipped" => "carbon.xml is not there: as shipped",
        START_COMMAND => START_COMMAND,
        _ if node.offset.problem.is_some() => "what is written there is no valid offset",
        _ => "",
    };
    let sum = port.value().map(|value| value + amount);
    port.then(Step::Offset(amount, origin), sum, node.offset.place)
}

fn unknown_file(inputs: &Inputs, node: &Node, value: &Setting) -> String {
    match value.file {
        Some(source) => format!("{} cannot be read", inputs.sources.get(source).name),
        None if node.home.state == HomeState::Present => "its home is of a product that does not say it".to_owned(),
        None => format!("{} cannot be read", node.home.name),
    }
}

fn listener(inputs: &Inputs, declared: &topology::Node, node: &Node, spec: usize) -> Listener {
    let catalogue = &inputs.catalogue;
    let known = &catalogue.listeners[spec];
    let has_version = holds(known.versions, node.product.family);
    let in_role = known.roles.iter().any(|role| catalogue.has_role(role, &node.role_set));
    // A start command tells the profile, or a start script; without them, only the role is known.
    let profile = match node.started.get(&catalogue.profile_property) {
        Some(profile) => profile.value.as_deref().ok(),
        None => declared.profile.as_ref().map(|_| "default"),
    };
    let in_profile =
        profile.map(|profile| known.profiles.is_empty() && in_role || known.profiles.iter().any(|known| known == profile));
    let port = port(inputs, declared, node, known.port);
    let unmet = first_unmet(catalogue, &node.settings, &known.live);
    let off = |condition: &&catalogue::Condition| holds_for(catalogue, &node.settings, condition) == Some(false);
    let switched_off_by: Vec<usize> = known.live.iter().filter(off).map(|condition| condition.setting).collect();
    let home_known = node.home.state == HomeState::Present;
    let stated = is_stated(catalogue, node, known.port);
    // What nobody wrote and nothing stands for, or is switched off besides, is not there at all.
    let spec_of_port = &catalogue.settings[known.port];
    let has_default =
        pick(&spec_of_port.shipped, node.product.family).or(pick(&spec_of_port.absent, node.product.family)).is_some();
    let of_another = template(catalogue, node, known.port).is_some();
    let optional = !stated && (of_another || !has_default || !switched_off_by.is_empty());
    let listed = has_version && !optional && in_profile.unwrap_or(in_role);
    let why_dormant = match unmet {
        Some((condition, Some(false))) => Some(dormant_because(catalogue, node, condition)),
        Some((_, _)) => Some("it cannot be known".to_owned()),
        None if !stated => Some(format!("{} is not in its file", catalogue.settings[known.port].title)),
        None if !home_known => Some("its home cannot be read".to_owned()),
        None => None,
    };
    let bind = known
        .bind
        .map(|bind| &node.settings[bind])
        .filter(|bind| matches!(bind.state, State::Written | State::Shipped))
        .and_then(|bind| bind.text.as_ref().map(|text| (text.trim().to_owned(), bind.state)));
    Listener {
        spec,
        live: listed && why_dormant.is_none(),
        listed,
        stated,
        out_of_profile: has_version && in_role && in_profile == Some(false),
        why_dormant,
        switched_off_by,
        // What is only assumed of a missing file shuts nobody out.
        bind_loopback: bind.as_ref().is_some_and(|(bind, state)| *state == State::Written && catalogue.is_loopback(bind)),
        bind: bind.map(|(bind, _)| bind),
        proxy_port: known.proxy_port.and_then(|setting| node.settings[setting].text.as_ref()?.parse().ok()),
        port,
    }
}

/// Whether a port is stated, or may be for all that is known: a template of another setting states what that one does.
fn is_stated(catalogue: &Catalogue, node: &Node, setting: usize) -> bool {
    let value = &node.settings[template(catalogue, node, setting).unwrap_or(setting)];
    value.stated() || value.state == State::Unknown
}

/// Why a condition keeps something from being used.
pub fn dormant_because(catalogue: &Catalogue, node: &Node, condition: &catalogue::Condition) -> String {
    let title = catalogue.settings[condition.setting].element();
    let setting = &node.settings[condition.setting];
    match (&setting.text, setting.state) {
        (Some(_), _) if condition.unstated => format!("{title} counts instead"),
        (None, _) => format!("{title} is missing"),
        (Some(text), State::Written) => format!("{title} is '{text}'"),
        (Some(text), State::Shipped) => format!("{title} is '{text}' as shipped"),
        (Some(text), _) => format!("{title} is missing, which means '{text}'"),
    }
}

/// What a node knows when it reads a value.
pub struct Reader<'a> {
    /// Everything that was read.
    pub inputs: &'a Inputs,
    /// What the topology says of it.
    pub declared: &'a topology::Node,
    /// The node; its listeners may not be there yet.
    pub node: &'a Node,
}

impl Names for Reader<'_> {
    fn placeholder(&self, name: &str) -> Option<(What, String)> {
        let known = |what: What, port: &EffectivePort| match port.value() {
            Some(value) => (what, value.to_string()),
            None => {
                let why = port.why_unknown().unwrap_or_default();
                (What::NotKnown(format!("${{{name}}} cannot be known: {why}")), expand::OPAQUE.to_string())
            }
        };
        let owned = name.to_owned();
        Some(match self.inputs.catalogue.placeholders.get(name)? {
            Meaning::Listener(listener) => known(What::Listener(owned, *listener), &self.node.listeners.get(*listener)?.port),
            // A number that is a template itself may lead back here.
            Meaning::Setting(setting) if self.node.settings[*setting].text.as_deref().is_some_and(|text| text.contains("${")) => {
                (What::NotKnown(format!("${{{name}}} refers to another placeholder")), expand::OPAQUE.to_string())
            }
            Meaning::Setting(setting) => {
                known(What::Setting(owned, *setting), &port(self.inputs, self.declared, self.node, *setting))
            }
            Meaning::Port(base) => known(What::Port(owned, *base), &shifted(self.node, *base)),
            Meaning::OwnHost => {
                let own = self.node.host.clone().unwrap_or_else(|| "localhost".to_owned());
                (What::OwnHost(owned), own)
            }
            Meaning::Text(text) => (What::Text, text.clone()),
            Meaning::SameAs(setting) => (What::SameAs(owned, *setting), expand::OPAQUE.to_string()),
        })
    }

    fn property(&self, name: &str) -> Option<Result<(&str, Place), &str>> {
        let option = self.node.started.get(name)?;
        Some(option.value.as_deref().map(|value| (value, option.place)).map_err(String::as_str))
    }

    fn environment(&self, name: &str) -> Option<&Spanned<String>> {
        self.declared.environment.get(name)
    }

    fn reference(&self, key: &str) -> Option<String> {
        let path = Path::parse(key, Format::Toml).ok()?;
        let files = self.inputs.catalogue.files.iter().enumerate().filter(|(_, file)| file.generates);
        let found = files.filter_map(|(file, _)| match self.node.home.file(file) {
            FileState::Read(source) => self.inputs.documents.get(*source)?.as_ref().ok()?.find(&path).into_iter().next(),
            _ => None,
        });
        // A reference to a reference, or to a secret, is not followed.
        found.map(|found| found.text).find(|text| !text.contains('$'))
    }

    fn place(&self, value: &Spanned<String>) -> Place {
        Place { source: self.inputs.topology_source, span: value.span }
    }
}
