//! The `-D` options with which a server starts: what the topology gives and what start scripts of the home say, and which
//! of them counts.

use std::collections::BTreeMap;

use crate::home::{FileState, Home};
use crate::source::{Place, SourceId, Spanned, file_name};
use crate::start::Rank;
use crate::start::script::{Said, What};
use crate::topology;

use super::Inputs;

/// Every option by name.
#[derive(Debug, Default)]
pub struct Started {
    options: BTreeMap<String, StartOption>,
}

/// A `-D` option that counts.
#[derive(Debug, Clone)]
pub struct StartOption {
    /// Its value, or why it cannot be known.
    pub value: Result<String, String>,
    /// Where it is written.
    pub place: Place,
    /// Who gives it: `start command`, `wso2server.sh`.
    pub origin: String,
    /// What loses against it: values and places.
    pub loses: Vec<(String, Place)>,
}

/// Where what the topology gives comes from.
pub const START_COMMAND: &str = "start command";

impl Started {
    /// What counts of an option.
    pub fn get(&self, name: &str) -> Option<&StartOption> {
        self.options.get(name)
    }

    /// What counts for a node with a home.
    pub(super) fn of(inputs: &Inputs, declared: &topology::Node, home: &Home, roles: &[String]) -> Self {
        let scripts = scripts(inputs, declared, home, roles);
        let mut options = of_topology(inputs, declared);
        let mut said: BTreeMap<&str, Vec<(SourceId, &Said)>> = BTreeMap::new();
        for (source, script) in &scripts {
            for (name, option) in script.iter().filter(|(_, option)| !(declared.debug && option.rank == Rank::JavaOpts)) {
                said.entry(name).or_default().push((*source, option));
            }
        }
        for (name, scripts) in said {
            let (rank, option) = of_scripts(inputs, declared, &scripts);
            let given = declared.ranks.get(name).copied().unwrap_or(Rank::Argument);
            match options.remove(name) {
                Some(command) => {
                    let (mut wins, loser) = if rank > given { (option, command) } else { (command, option) };
                    wins.loses.extend(loser.value.ok().map(|value| (value, loser.place)));
                    options.insert(name.to_owned(), wins);
                }
                None => {
                    options.insert(name.to_owned(), option);
                }
            }
        }
        Self { options }
    }
}

fn of_topology(inputs: &Inputs, declared: &topology::Node) -> BTreeMap<String, StartOption> {
    let catalogue = &inputs.catalogue;
    let option = |value: &Spanned<String>| StartOption {
        value: Ok(value.value.clone()),
        place: Place { source: inputs.topology_source, span: value.span },
        origin: START_COMMAND.to_owned(),
        loses: Vec::new(),
    };
    let properties = declared.properties.iter().map(|(name, value)| (name.clone(), option(value)));
    let offset = declared.port_offset.iter().map(|value| (catalogue.offset_property.clone(), option(value)));
    let profile = declared.profile.iter().flatten().map(|value| (catalogue.profile_property.clone(), option(value)));
    properties.chain(offset).chain(profile).collect()
}

/// The start scripts of a home that may start the node: the one that its start command names, else those of no other role.
fn scripts<'a>(
    inputs: &'a Inputs,
    declared: &topology::Node,
    home: &Home,
    roles: &[String],
) -> Vec<(SourceId, &'a BTreeMap<String, Said>)> {
    let files = inputs.catalogue.files.iter().enumerate();
    let there = files.filter_map(|(index, spec)| match home.file(index) {
        FileState::Read(source) => Some((spec, *source, inputs.documents.get(*source)?.as_ref().ok()?.options()?)),
        _ => None,
    });
    let there: Vec<_> = there.collect();
    let command = declared.start.as_ref().map_or("", |start| start.value.as_str());
    let named = |path: &str| command.split([' ', '/', '\\', '"', '\'', ';']).any(|word| word == file_name(path));
    let one = there.iter().any(|(spec, ..)| named(&spec.path));
    let of_role = |of: &[String]| of.is_empty() || of.iter().any(|role| roles.contains(role));
    let counts = there.into_iter().filter(|(spec, ..)| if one { named(&spec.path) } else { of_role(&spec.roles) });
    counts.map(|(_, source, options)| (source, options)).collect()
}

/// What scripts say of an option: where they differ, nobody knows which of them starts the server.
fn of_scripts(inputs: &Inputs, declared: &topology::Node, scripts: &[(SourceId, &Said)]) -> (Rank, StartOption) {
    let place = |(source, said): &(SourceId, &Said)| {
        let content = &inputs.sources.get(*source).content;
        Place { source: *source, span: content.to_disk(said.range.clone()) }
    };
    let line = |script: &(SourceId, &Said)| {
        let line = inputs.sources.file_line(place(script));
        file_name(&line).to_owned()
    };
    let differ = scripts.iter().any(|(_, said)| said.what != scripts[0].1.what);
    let value = if differ {
        let all: Vec<String> = scripts.iter().map(|script| words(&line(script), &script.1.what)).collect();
        Err(format!("{}: which of them starts the server?", all.join(", ")))
    } else {
        match &scripts[0].1.what {
            What::Value(value) => Ok(value.clone()),
            What::Variable(Some(variable)) => {
                let name = variable.trim_matches(['$', '%']);
                let given = declared.environment.get(name).map(|value| value.value.clone());
                given.ok_or_else(|| {
                    format!(
                        "{}, which `environment` of the topology does not give",
                        words(&line(&scripts[0]), &scripts[0].1.what)
                    )
                })
            }
            what => Err(words(&line(&scripts[0]), what)),
        }
    };
    let origin = inputs.sources.file_name(scripts[0].0).to_owned();
    let rank = scripts.iter().map(|(_, said)| said.rank).max().unwrap_or(Rank::Argument);
    (rank, StartOption { value, place: place(&scripts[0]), origin, loses: Vec::new() })
}

/// What a script says, in words.
fn words(line: &str, what: &What) -> String {
    match what {
        What::Value(value) if value.parse::<i64>().is_ok() => format!("{line} says {value}"),
        // It may be a secret.
        What::Value(_) => format!("{line} says something else"),
        What::Variable(Some(name)) => format!("{line} takes it from {name}"),
        What::Variable(None) => format!("{line} takes it from somewhere else"),
        What::Conditional => format!("{line} sets it under a condition"),
    }
}
