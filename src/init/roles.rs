//! Which roles a home has, and what says so.

use std::path::Path;

use crate::catalogue::{Apps, InitFacts, Said, Sections, SettingPlace, Told, Words};
use crate::config::Found;
use crate::deployment::{Inputs, Node};
use crate::home::{FileState, FoundHome, Storage, display};
use crate::source::{Place, SourceId, file_name};

/// Roles, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Ids of roles, at least one.
    pub roles: Vec<String>,
    /// In words, with file and line.
    pub reason: String,
    /// Whether the server would agree: names of folders and what is left of a pack are guesses.
    pub sure: bool,
}

/// A home and all that is known of it.
pub struct Known<'a> {
    /// What was read.
    pub inputs: &'a Inputs,
    /// The home as a node, its role not known yet.
    pub node: &'a Node,
    /// Where it was found.
    pub home: &'a FoundHome,
    /// How many folders, its own and those above it, hold no other home: only their names tell something of it.
    pub alone: usize,
    /// Where it lies, to ask for applications.
    pub storage: &'a dyn Storage,
}

impl Known<'_> {
    /// A value that is written in the home, with its place.
    pub fn find(&self, place: &SettingPlace) -> Option<(SourceId, Found)> {
        let FileState::Read(source) = self.node.home.file(place.file) else { return None };
        let Some(Ok(document)) = self.inputs.documents.get(*source) else { return None };
        let written = document.find(&place.path).into_iter().find(|found| !found.text.trim().is_empty())?;
        Some((*source, written))
    }

    /// `carbon.xml:48`.
    pub fn file_line(&self, source: SourceId, found: &Found) -> String {
        file_name(&self.inputs.sources.file_line(Place { source, span: found.span })).to_owned()
    }

    fn has_file(&self, path: &str) -> bool {
        let path = path.split('/').fold(self.home.path.clone(), |path, part| path.join(part));
        matches!(self.storage.lies(&path), Ok(Some(_)))
    }
}

/// Everything that says something of the roles, the best first; at least one.
pub fn evidence(known: &Known<'_>, facts: &InitFacts) -> Vec<Evidence> {
    let sure = [product(known, &facts.product), server_role(known, facts), profile(known, facts), script(known)];
    let apps = || facts.apps.iter().find_map(|apps| of_apps(known, apps));
    let sections = || facts.sections.iter().find_map(|sections| of_sections(known, sections));
    let mut all: Vec<Evidence> = sure.into_iter().flatten().collect();
    let guesses = apps().or_else(sections).or_else(|| of_folders(&known.home.names, known.alone, &facts.names));
    all.extend(guesses);
    if all.is_empty() {
        all.push(guess(&facts.otherwise, "nothing says what it does"));
    }
    all.sort_by_key(|evidence| !evidence.sure);
    all
}

/// How many folders, the home's own and up to two above it (`prod/gw/wso2am-2.6.0`), hold no other home.
pub fn alone(home: &FoundHome, homes: &[FoundHome]) -> usize {
    const LEVELS: usize = 3;
    let others = |folder: &Path| homes.iter().any(|other| other.real != home.real && other.real.starts_with(folder));
    home.real.ancestors().take(LEVELS).take_while(|folder| !others(folder)).count()
}

fn guess(roles: &[String], reason: impl Into<String>) -> Evidence {
    Evidence { roles: roles.to_vec(), reason: reason.into(), sure: false }
}

fn sure(roles: &[String], reason: String) -> Evidence {
    Evidence { roles: roles.to_vec(), reason, sure: true }
}

fn meaning<'a>(meanings: &'a [Told], value: &str) -> Option<&'a Told> {
    meanings.iter().find(|meaning| meaning.is.eq_ignore_ascii_case(value.trim()))
}

fn product(known: &Known<'_>, said: &Said) -> Option<Evidence> {
    let (source, found) = known.find(&said.place)?;
    let meaning = meaning(&said.meanings, &found.text)?;
    Some(sure(&meaning.roles, format!("{}, {}", meaning.is, known.file_line(source, &found))))
}

/// The role of the server; a word of somebody's own is read as the name of a folder would be.
fn server_role(known: &Known<'_>, facts: &InitFacts) -> Option<Evidence> {
    let (source, found) = known.find(&facts.server_role.place)?;
    let place = known.file_line(source, &found);
    if let Some(meaning) = meaning(&facts.server_role.meanings, &found.text) {
        return Some(sure(&meaning.roles, format!("server_role {}, {place}", meaning.is)));
    }
    let roles = in_name(&found.text, &facts.names, false)?;
    Some(guess(&roles, format!("the server_role, {place}")))
}

fn profile(known: &Known<'_>, facts: &InitFacts) -> Option<Evidence> {
    let property = &known.inputs.catalogue.profile_property;
    let option = known.node.started.get(property)?;
    let meaning = meaning(&facts.profiles, option.value.as_ref().ok()?)?;
    let place = known.inputs.sources.file_line(option.place);
    Some(sure(&meaning.roles, format!("-D{property}={}, {}", meaning.is, file_name(&place))))
}

fn script(known: &Known<'_>) -> Option<Evidence> {
    let there = |file: usize| *known.node.home.file(file) != FileState::Absent;
    let mut files = known.inputs.catalogue.files.iter().enumerate();
    let (_, script) = files.find(|(index, file)| file.is_script() && !file.roles.is_empty() && there(*index))?;
    Some(sure(&script.roles, format!("the start script {}", file_name(&script.path))))
}

fn of_apps(known: &Known<'_>, apps: &Apps) -> Option<Evidence> {
    let some = |paths: &[String]| paths.iter().any(|path| known.has_file(path));
    (some(&apps.has) && !some(&apps.lacks)).then(|| guess(&apps.roles, &apps.reason))
}

fn of_sections(known: &Known<'_>, sections: &Sections) -> Option<Evidence> {
    let FileState::Read(source) = known.node.home.file(sections.file) else { return None };
    let Some(Ok(document)) = known.inputs.documents.get(*source) else { return None };
    let all = sections.has.iter().all(|path| document.has(path));
    let none = !sections.lacks.iter().any(|path| document.has(path));
    (all && none).then(|| guess(&sections.roles, &sections.reason))
}

/// Roles in the name of the home's folder, or of the nearest above it, among the last `alone` names. Names that packs have
/// whatever they do count last.
fn of_folders(names: &[String], alone: usize, words: &[Words]) -> Option<Evidence> {
    let levels = || names.iter().rev().take(alone).enumerate();
    let found = |general: bool| levels().find_map(|(level, name)| Some((level, name, in_name(name, words, general)?)));
    let (level, name, roles) = found(false).or_else(|| found(true))?;
    let reason = if level == 0 {
        "the name of its folder".to_owned()
    } else {
        format!("the name of the folder {} above it", display(Path::new(name)))
    };
    Some(guess(&roles, reason))
}

/// The roles that words in a name tell, in the order of the data.
fn in_name(name: &str, words: &[Words], general: bool) -> Option<Vec<String>> {
    let mut parts: Vec<String> = parts(name);
    let mut entries: Vec<(usize, Vec<String>)> = Vec::new();
    for (index, entry) in words.iter().enumerate().filter(|(_, entry)| entry.general == general) {
        entries.extend(entry.words.iter().map(|word| (index, self::parts(word))));
    }
    // Longer ones first: `gateway-manager` is not a gateway and something else.
    entries.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
    let mut found: Vec<usize> = Vec::new();
    for (index, word) in entries {
        while let Some(at) = parts.windows(word.len()).position(|window| window == word) {
            // What was read is read once; what is left on both sides does not meet.
            parts.splice(at..at + word.len(), [String::new()]);
            found.push(index);
        }
    }
    found.sort_unstable();
    let mut roles: Vec<String> = Vec::new();
    for role in found.into_iter().flat_map(|index| &words[index].roles) {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    (!roles.is_empty()).then_some(roles)
}

/// The words of a name, in lower case, without numbers at their ends.
fn parts(name: &str) -> Vec<String> {
    let split = name.split(|c: char| !c.is_alphanumeric()).map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    split.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(path: &str) -> String {
        let catalogue = crate::catalogue::load().expect("the catalogue");
        let facts = crate::catalogue::load_init(&catalogue).expect("the facts");
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        of_folders(&names, 3, &facts.names).map(|found| found.roles.join(" ")).unwrap_or_default()
    }

    #[test]
    fn names_of_folders_tell_roles() {
        let expected = [
            ("gw", "gateway"),
            ("GW2", "gateway"),
            ("prod_gateway_01", "gateway"),
            ("wso2am-universal-gw-4.5.0", "gateway"),
            ("gateway-worker-2", "gateway-worker"),
            ("gateway-manager", "gateway-manager"),
            ("keymanager", "key-manager"),
            ("is-as-km", "key-manager"),
            ("wso2is-km-5.7.0", "key-manager"),
            ("wso2is-5.10.0", "key-manager"),
            ("am-pub-store-tm-1", "publisher devportal traffic-manager"),
            ("apim-pubstore-tm-1", "publisher devportal traffic-manager"),
            ("wso2am-acp-4.5.0", "control-plane"),
            ("wso2am-2.6.0", "all-in-one"),
            ("km/wso2am-2.6.0", "key-manager"),
            ("homes/keystore", ""),
            ("gwen", ""),
        ];
        for (name, roles_told) in expected {
            assert_eq!(roles(name), roles_told, "{name}");
        }
    }
}
