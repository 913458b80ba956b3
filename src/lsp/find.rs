//! Which topologies cover what is open: named in the settings, in the folders of the workspace, or in a folder above the file.
//!
//! A topology covers itself, what lies in the homes that it names, and the rules of its `rules_dir`.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::client::Client;
use super::uri;
use crate::home::{self, Disk, Overlay, Storage, Texts};
use crate::source::{Content, TextKind};
use crate::topology;

/// How deep topologies are looked for in a folder of the workspace.
const DEEPEST: usize = 6;

/// How many folders are looked into. A home has hundreds, so that those near the root come first.
const MOST: usize = 5_000;

/// Topologies in the folders of the workspace, by their names.
pub fn in_workspace(client: &Client) -> BTreeSet<PathBuf> {
    let mut found: BTreeSet<PathBuf> = client.topologies.iter().filter(|path| path.is_file()).cloned().collect();
    let mut left: VecDeque<(PathBuf, usize)> = client.folders.iter().map(|folder| (folder.clone(), 0)).collect();
    let mut looked = 0;
    while let Some((folder, depth)) = left.pop_front().filter(|_| looked < MOST) {
        looked += 1;
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            let hidden = name.starts_with('.') || matches!(name.as_str(), "node_modules" | "target" | "repository");
            if kind.is_dir() && !hidden && depth < DEEPEST {
                left.push_back((entry.path(), depth + 1));
            } else if kind.is_file() && is_called_topology(&name) {
                found.insert(uri::real(&entry.path()));
            }
        }
    }
    found
}

/// `topology.yaml`, `prod-topology.yml`.
pub fn is_called_topology(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_yaml(&lower) && lower.contains("topology")
}

/// Whether a file is a topology by its name.
pub fn is_topology_by_name(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_called_topology(&name.to_string_lossy()))
}

fn is_yaml(name: &str) -> bool {
    let ending = Path::new(name).extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
}

/// Topologies in folders above a file.
pub fn above(file: &Path) -> BTreeSet<PathBuf> {
    let names = |folder: &Path| ["topology.yaml", "topology.yml"].map(|name| folder.join(name));
    file.ancestors().skip(1).flat_map(names).filter(|path| path.is_file()).map(|path| uri::real(&path)).collect()
}

/// Whether a text is a topology under some other name: it names nodes with their roles and homes.
pub fn looks_like_topology(path: &Path, text: &str) -> bool {
    let says = |key: &str| text.lines().any(|line| line.trim_start_matches([' ', '-', '{', '\t']).starts_with(key));
    let is_yaml = is_yaml(&path.to_string_lossy());
    is_yaml
        && text.lines().any(|line| line.starts_with("nodes:"))
        && says("name:")
        && text.contains("role:")
        && text.contains("home:")
}

/// Of `candidates`, those that cover one of `files`.
pub fn covering(candidates: &BTreeSet<PathBuf>, files: &[&Path], texts: &Texts) -> BTreeSet<PathBuf> {
    let covers = |candidate: &&PathBuf| {
        let named = files.contains(&candidate.as_path());
        named || {
            let roots = homes(candidate, texts);
            files.iter().any(|file| roots.iter().any(|root| file.starts_with(root)))
        }
    };
    candidates.iter().filter(covers).cloned().collect()
}

/// Where the layers of a topology's homes, and its own rules, really lie; none where it cannot be read.
fn homes(path: &Path, texts: &Texts) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let storage = Overlay::new(Disk::below([folder]), texts);
    let Ok(file) = storage.read(path) else { return Vec::new() };
    let Ok(declared) = topology::read(&Content::decode(file.bytes, TextKind::Utf8)) else { return Vec::new() };
    let (expanded, _) = home::expand(declared, folder, &storage);
    let layers = expanded.nodes.iter().flat_map(|node| &node.home).map(|layer| &layer.path);
    layers.chain(&expanded.rules_dir).filter_map(|path| storage.real(&folder.join(&path.value)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_is_known_by_its_name_or_by_what_it_says() {
        assert!(is_called_topology("topology.yaml") && is_called_topology("Prod-Topology.yml"));
        assert!(!is_called_topology("topology.xml") && !is_called_topology("nodes.yaml"));
        let text = "nodes:\n  - name: gw\n    role: gateway\n    home: homes/gw\n";
        assert!(looks_like_topology(Path::new("/d/prod.yaml"), text));
        assert!(!looks_like_topology(Path::new("/d/prod.xml"), text));
        // A cluster of kind.
        assert!(!looks_like_topology(Path::new("/d/kind.yaml"), "kind: Cluster\nnodes:\n  - role: control-plane\n"));
    }
}
