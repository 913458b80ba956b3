//! Fields of nodes, and of their offsets, settings, listeners and files.

use minijinja::value::Value;

use crate::catalogue::{Address, OffsetUse, ValueKind, pick};
use crate::deployment::{Deployment, FileProblem, Link, Listener, NumberProblem, Setting, State, Target, Verdict, parse_int};
use crate::home::HomeState;
use crate::source::nearest;

use super::super::model::{Field, Kind, Ref, Type};
use super::{
    FILE_STATES, HOME_STATES, Model, OFFSET_PROBLEMS, STATES, VALUE_PROBLEMS, field, list, name, node, object, optional, text,
};

use Type::{Bool, List, Number, OneOf, Text};

pub const TOPOLOGY: &[Field] = &[field("nodes", Number, "how many nodes there are", |m, _| Value::from(m.nodes.len()))];

pub const NODE: &[Field] = &[
    field("name", Text, "its name", |m, at| text(&node(m, at).name)),
    field("roles", List, "every role that it has", |m, at| list(node(m, at).role_set.iter().cloned())),
    field("host", Text, "its declared host", |m, at| optional(node(m, at).host.clone())),
    field("has_host", Bool, "whether it declares a host", |m, at| Value::from(node(m, at).host.is_some())),
    field("home", Text, "its home directory; of several layers, the one at fault", |m, at| {
        let home = &node(m, at).home;
        text(if home.state == HomeState::Present { &home.name } else { &home.layers[home.layer] })
    }),
    field("home_state", OneOf(HOME_STATES), "what became of its home", |m, at| {
        text(match node(m, at).home.state {
            HomeState::Present => "present",
            HomeState::Missing { .. } => "missing",
            HomeState::Empty { .. } => "empty",
            HomeState::Unreadable(_) => "unreadable",
        })
    }),
    field("home_problem", Text, "why its home cannot be read", |m, at| match &node(m, at).home.state {
        HomeState::Unreadable(why) => text(why),
        _ => text(""),
    }),
    field("home_nearest", Text, "the directory that may be meant, or nothing", |m, at| match &node(m, at).home.state {
        HomeState::Missing { nearest: Some(nearest) } | HomeState::Empty { nearest: Some(nearest) } => text(nearest),
        _ => text(""),
    }),
    field("version", Text, "its product version", |m, at| optional(node(m, at).product.version.clone())),
    field("judged_as", Text, "the family that it is judged as", |m, at| {
        optional(node(m, at).product.family.map(|f| f.to_string()))
    }),
    field("newer", Bool, "whether its version is newer than every known one", |m, at| Value::from(node(m, at).product.newer)),
    field("contradicted", Bool, "whether its home says another version than the topology", |m, at| {
        Value::from(node(m, at).product.contradiction.is_some())
    }),
    field("home_version", Text, "the version that its home says then", |m, at| {
        optional(node(m, at).product.contradiction.as_ref().map(|said| said.version.clone()))
    }),
    field("home_version_file", Text, "the file that says it", |m, at| {
        let said = node(m, at).product.contradiction.as_ref();
        optional(said.map(|said| m.sources().file_name(said.place.source).to_owned()))
    }),
    field("home_version_at_least", Bool, "whether that file is of this version and later ones", |m, at| {
        Value::from(node(m, at).product.contradiction.as_ref().is_some_and(|said| said.at_least))
    }),
    field("reads_otherwise", Bool, "whether other places of its files are read under that version", |m, at| {
        Value::from(node(m, at).product.contradiction.as_ref().is_some_and(|said| said.reads_otherwise))
    }),
    field("offset", Type::Object(Kind::Offset), "its port offset", |m, at| object(m, Kind::Offset, at.first)),
    field("expected_offset", Number, "the offset that all calls to it go by, where it has another", |m, at| {
        optional(m.expected_offset(at.first).map(|expected| expected.offset))
    }),
    field("expecting_files", Number, "how many files have that offset in a port that somebody wrote", |m, at| {
        Value::from(m.expected_offset(at.first).map_or(0, |expected| expected.files))
    }),
    field(
        "offset_at_fault",
        Bool,
        "whether its offset is more likely the slip than the calls: ports in several files agree on another",
        |m, at| Value::from(m.is_offset_at_fault(at.first)),
    ),
    field("expecting_calls", Number, "how many calls go by that offset", |m, at| {
        Value::from(m.expected_offset(at.first).map_or(0, |expected| expected.calls))
    }),
    field(
        "script_at_fault",
        Bool,
        "whether a start script gives it another offset than its file, and all calls to it go by that of the file",
        |m, at| Value::from(m.is_script_at_fault(at.first)),
    ),
    field("out_of_range", List, "its ports outside 1 to 65535", |m, at| {
        let named = |(listener, port): (&Listener, i64)| format!("{} {port}", m.catalogue().listeners[listener.spec].id);
        list(node(m, at).out_of_range().map(named))
    }),
];

fn offset_of(model: &Model, at: Ref) -> &crate::deployment::Offset {
    &node(model, at).offset
}

pub const OFFSET: &[Field] = &[
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
    field("overridden", List, "other values that do not count: `1 in carbon.xml`", |m, at| {
        let offset = offset_of(m, at);
        let others = offset.overridden.iter().filter(|(other, _)| parse_int(other).ok() != offset.value);
        list(others.map(|(other, place)| {
            if place.source == m.inputs.topology_source {
                format!("{other} of the start command")
            } else {
                format!("{other} in {}", m.sources().file_name(place.source))
            }
        }))
    }),
    field("of_file", Number, "that of its file, where the start of the server says another", |m, at| {
        optional(m.overridden_offset(at.first).map(|(value, _)| value))
    }),
    field("has_other", Bool, "whether its file says another than the start of the server", |m, at| {
        Value::from(m.overridden_offset(at.first).is_some())
    }),
    field("file", Text, "the name of that file, or nothing", |m, at| {
        text(m.overridden_offset(at.first).map_or("", |(_, place)| m.sources().file_name(place.source)))
    }),
    field("in_script", Bool, "whether a start script gives it", |m, at| Value::from(m.is_offset_of_script(at.first))),
    field("editable", Bool, "whether a file of the home gives it", |m, at| {
        let node = &m.nodes[at.first];
        let started =
            node.started.get(&m.catalogue().offset_property).is_some_and(|start| node.offset.place == Some(start.place));
        Value::from(!started || m.is_offset_of_script(at.first))
    }),
    field("from_file", Bool, "whether its setting in a file of the home counts", |m, at| {
        let node = &m.nodes[at.first];
        Value::from(node.started.get(&m.catalogue().offset_property).is_none_or(|start| node.offset.place != Some(start.place)))
    }),
];

fn setting(model: &Model, at: Ref) -> &Setting {
    &model.nodes[at.first].settings[at.second]
}

fn setting_spec(model: &Model, at: Ref) -> &crate::catalogue::Setting {
    &model.catalogue().settings[at.second]
}

/// Whether anything that the node does depends on a setting.
pub fn setting_is_live(model: &Deployment, at: Ref) -> bool {
    let catalogue = model.catalogue();
    let node = &model.nodes[at.first];
    let by_link = model.links_of(at.first).iter().any(|link| {
        let spec = &catalogue.links[link.spec];
        let conditions = spec
            .live
            .iter()
            .chain(spec.readers.iter().filter(|reader| node.role_set.contains(&reader.role)).flat_map(|reader| &reader.live))
            .chain(catalogue.conditions_at_places(spec));
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
    // What is not known is no mistake.
    let Some(text) = value.value.as_deref().filter(|_| value.state == State::Written) else { return "none" };
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

pub const SETTING: &[Field] = &[
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
    field("overwritten", Text, "another value in a file that is written anew at every start, or nothing", |m, at| {
        text(setting(m, at).overwritten.as_ref().map(|(other, _)| other.clone()).unwrap_or_default())
    }),
    field("misplaced", Bool, "whether it stands where only other versions read it, and not where this one does", |m, at| {
        let other = setting_spec(m, at).instead_of.map(|other| m.nodes[at.first].settings[other].state);
        Value::from(setting(m, at).state == State::Written && other.is_some_and(|state| state != State::Written))
    }),
    field("duplicates", Number, "further elements of that name with other values", |m, at| {
        Value::from(setting(m, at).duplicates.len())
    }),
    field("is_default", Bool, "whether it is the number to which the offset would be added if it were not written", |m, at| {
        let default = pick(&setting_spec(m, at).absent, m.nodes[at.first].product.family);
        let shifted = default.filter(|default| default.offset == OffsetUse::Always);
        Value::from(shifted.is_some_and(|default| Some(&default.value) == setting(m, at).text.as_ref()))
    }),
    field(
        "meets_default",
        Bool,
        "whether a link calls with it a port that the target leaves to its default and offset",
        |m, at| {
            let calls = |link: &&Link| {
                let spec = &m.catalogue().links[link.spec];
                link.verdict == Verdict::Ok && matches!(spec.address, Address::PortAndHost { port, .. } if port == at.second)
            };
            let left_alone = |target: &Target| {
                let port = m.catalogue().listeners[target.listener].port;
                m.nodes[target.node].settings[port].state != State::Written
            };
            Value::from(m.links_of(at.first).iter().filter(calls).any(|link| link.targets.iter().all(left_alone)))
        },
    ),
    field("settled", Bool, "whether every link of its node, every call to it and every port of it is in order", |m, at| {
        Value::from(m.is_settled(at.first))
    }),
];

fn listener(model: &Model, at: Ref) -> &Listener {
    &model.nodes[at.first].listeners[at.second]
}

pub const LISTENER: &[Field] = &[
    field("id", Text, "its id in the catalogue", |m, at| text(&m.catalogue().listeners[at.second].id)),
    field("title", Text, "what people call it", |m, at| text(&m.catalogue().listeners[at.second].title)),
    field("node", Type::Object(Kind::Node), "the node that opens it", |m, at| object(m, Kind::Node, at.first)),
    field("port", Number, "its effective port", |m, at| optional(listener(m, at).port.value())),
    field("live", Bool, "whether it opens", |m, at| Value::from(listener(m, at).live)),
];

pub const FILE: &[Field] = &[
    field("name", Text, "its path", |m, at| text(name(m, at))),
    field("state", OneOf(FILE_STATES), "what became of it", |m, at| {
        text(match m.files[at.first].state {
            FileProblem::None => "read",
            FileProblem::Unreadable(_) => "unreadable",
            FileProblem::Malformed(_) => "malformed",
        })
    }),
    field("overwritten", Bool, "whether each of its nodes writes it anew at every start", |m, at| {
        Value::from(m.is_overwritten(&m.files[at.first]))
    }),
    field("needed", Bool, "whether one of its nodes reads it, in its role", |m, at| Value::from(m.is_read(&m.files[at.first]))),
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
    field("twice", Bool, "whether all that is wrong is that something is defined twice", |m, at| {
        Value::from(matches!(&m.files[at.first].state, FileProblem::Malformed(malformed) if malformed.twice.is_some()))
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
