//! Names of nodes, after the folders of their homes.

use std::collections::{BTreeMap, HashSet};

use crate::home::FoundHome;

/// A name for each home, each once: that of its folder, with that of the folder above where several are alike.
pub fn nodes(homes: &[FoundHome]) -> Vec<String> {
    let parts = |home: &FoundHome| -> Vec<String> {
        let plain = home.names.iter().map(|name| plain(name)).filter(|name| !name.is_empty()).collect::<Vec<_>>();
        if plain.is_empty() { vec!["node".to_owned()] } else { plain }
    };
    let parts: Vec<Vec<String>> = homes.iter().map(parts).collect();
    let deepest = parts.iter().map(Vec::len).max().unwrap_or_default();
    let mut names: Vec<String> = parts.iter().map(|parts| last(parts, 1)).collect();
    for count in 2..=deepest {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for name in &names {
            *seen.entry(name).or_default() += 1;
        }
        let alike: Vec<bool> = names.iter().map(|name| seen.get(name.as_str()).is_some_and(|count| *count > 1)).collect();
        for ((name, parts), _) in names.iter_mut().zip(&parts).zip(alike).filter(|(_, alike)| *alike) {
            *name = last(parts, count);
        }
    }
    numbered(names)
}

fn last(parts: &[String], count: usize) -> String {
    parts[parts.len().saturating_sub(count)..].join("-")
}

/// Numbers the second and later of what is alike still.
fn numbered(names: Vec<String>) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let all: HashSet<String> = names.iter().cloned().collect();
    let highest = 2 * names.len() + 2;
    let one = |name: String| {
        let free = |other: &String| !all.contains(other) && !taken.contains(other);
        let numbered = || (2..=highest).map(|number| format!("{name}-{number}")).find(free);
        let unique = if taken.contains(&name) { numbered().unwrap_or(name) } else { name };
        taken.insert(unique.clone());
        unique
    };
    names.into_iter().map(one).collect()
}

/// What names of nodes may hold; anything else becomes a dash.
fn plain(name: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let mapped: String = name.chars().map(allowed).collect();
    mapped.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<String> {
        let home =
            |path: &&str| FoundHome { path: path.into(), real: path.into(), names: path.split('/').map(str::to_owned).collect() };
        nodes(&paths.iter().map(home).collect::<Vec<_>>())
    }

    #[test]
    fn a_node_is_named_like_its_folder() {
        assert_eq!(named(&["homes/gw", "homes/km", "wso2am-2.6.0"]), ["gw", "km", "wso2am-2-6-0"]);
        assert_eq!(named(&["a b{c}"]), ["a-b-c"]);
        assert_eq!(named(&["…"]), ["node"]);
    }

    #[test]
    fn folders_above_tell_those_of_one_name_apart() {
        assert_eq!(named(&["gw/wso2am", "km/wso2am", "tm"]), ["gw-wso2am", "km-wso2am", "tm"]);
        assert_eq!(named(&["a/x/am", "b/x/am"]), ["a-x-am", "b-x-am"]);
        assert_eq!(named(&["am", "am", "am-2"]), ["am", "am-3", "am-2"]);
    }
}
