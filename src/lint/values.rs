//! What a finding compares, by name: what a baseline knows it by when its lines have moved and its words have changed.

use std::collections::BTreeMap;

use crate::deployment::{Deployment, EffectivePort, Opener};
use crate::source::{Place, SourceId, mask_text};

use super::model::{Kind, Ref, named};

/// Names and values; without secrets, and without anything that depends on lines.
pub type Values = BTreeMap<&'static str, String>;

/// The values of a finding about an object. `folder` is the topology's, as paths show it.
pub fn of(model: &Deployment, at: Ref, folder: &str) -> Values {
    let mut values = Values::new();
    let file = |source: SourceId| relative(model, source, folder);
    let mut set = |name: &'static str, value: String| {
        if !value.is_empty() {
            values.insert(name, mask_text(&value));
        }
    };
    match at.kind {
        Kind::Link | Kind::Target => {
            let link = &model.links[at.first];
            set("host", link.host.raw.clone().unwrap_or_default());
            set("port", port(&link.port));
            set("scheme", link.scheme.clone());
            set("verdict", link.verdict.name().to_owned());
            let opened = link.targets.iter().filter(|target| !target.fits);
            let opened = opened.map(|target| port(&model.nodes[target.node].listeners[target.listener].port));
            set("opened", listed(opened));
        }
        Kind::Listener => {
            let listener = &model.nodes[at.first].listeners[at.second];
            set("listener", model.catalogue().listeners[listener.spec].id.clone());
            set("port", port(&listener.port));
        }
        Kind::Setting => {
            let setting = &model.nodes[at.first].settings[at.second];
            set("setting", model.catalogue().settings[at.second].id.clone());
            let value = setting.found.as_ref().map(|(_, found)| found.text.trim()).unwrap_or_default();
            // A name may make a secret of its value.
            let named = format!("{}={value}", model.catalogue().settings[at.second].element());
            set("value", if mask_text(&named) == named { value.to_owned() } else { String::new() });
        }
        Kind::File => set("file", file(model.files[at.first].source)),
        Kind::Collision => {
            let collision = &model.collisions[at.first];
            set("ports", listed(collision.ports.iter().map(|(port, ..)| port.to_string())));
            if let Opener::External(external) = collision.other {
                set("external", model.inputs.topology.externals[external].host.value.clone());
            }
        }
        Kind::Cluster => set("values", listed(model.clusters[at.first].values.iter().cloned())),
        Kind::Member => {
            let member = &model.members[at.first];
            set("member", model.catalogue().memberships[member.spec].id.clone());
            set("entries", listed(member.misfits().map(|entry| format!("{}:{}", entry.host, entry.port))));
        }
        Kind::Forward => {
            let forward = &model.forwards[at.first];
            set("balancer", model.inputs.topology.load_balancers[forward.balancer].host.value.clone());
            set("port", forward.port.to_string());
        }
        Kind::Record => {
            let record = &model.records[at.first];
            set("record", model.catalogue().records[record.spec].id.clone());
            set("name", record.name.clone());
            set("file", file(record.place.source));
        }
        Kind::Table | Kind::Element => {
            let name = named(model, at);
            set("file", file(model.files[name.file].source));
            set(at.kind.name(), name.what.clone());
        }
        Kind::Node | Kind::Offset => {
            let offset = &model.nodes[at.first].offset;
            set("offset", offset.value.map(|value| value.to_string()).unwrap_or_default());
        }
        Kind::Topology => {}
    }
    values
}

/// The values of a finding of the engine's own, at a place.
pub fn of_own(model: &Deployment, place: Place, detail: &str, folder: &str) -> Values {
    let mut values = Values::new();
    if place.source != model.inputs.topology_source {
        values.insert("file", relative(model, place.source, folder));
    }
    if !detail.is_empty() {
        values.insert("about", mask_text(detail));
    }
    values
}

/// The name of a file from the topology's folder.
fn relative(model: &Deployment, source: SourceId, folder: &str) -> String {
    let name = &model.sources().get(source).name;
    name.strip_prefix(folder).unwrap_or(name).trim_start_matches('/').to_owned()
}

fn port(port: &EffectivePort) -> String {
    port.value().map(|port| port.to_string()).unwrap_or_default()
}

/// Sorted and each once, so that it does not matter in which order they were found.
fn listed(values: impl Iterator<Item = String>) -> String {
    let mut values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
    values.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    values.dedup();
    values.join(", ")
}
