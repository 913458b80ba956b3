//! The name by which other nodes reach a home, as far as its files say it.

use std::collections::{HashMap, HashSet};
use std::net::Ipv6Addr;

use crate::catalogue::{Catalogue, InitFacts};
use crate::home::FileState;

use super::roles::Known;

/// What is known of the host of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name, and where it is written.
    Named(String, String),
    /// The same name as in other homes: the name, and the nodes that have it.
    Shared(String, Vec<String>),
    /// Something is written that is no name yet: where.
    Placeholder(String),
    /// Nothing, or a name of the machine itself.
    Nothing,
}

/// The host that a home says.
pub fn of(known: &Known<'_>, facts: &InitFacts, catalogue: &Catalogue) -> Host {
    let there = |file: usize| *known.node.home.file(file) != FileState::Absent;
    // A carbon.xml beside a deployment.toml is written anew at every start.
    let Some(file) = facts.hosts.iter().map(|place| place.file).find(|file| there(*file)) else { return Host::Nothing };
    let mut placeholder = None;
    for place in facts.hosts.iter().filter(|place| place.file == file) {
        let Some((source, found)) = known.find(place) else { continue };
        let written = found.text.trim();
        let line = known.file_line(source, &found);
        if !is_name(written) {
            placeholder = placeholder.or(Some(line));
        } else if !catalogue.is_own(written) {
            return Host::Named(written.to_owned(), line);
        }
    }
    placeholder.map_or(Host::Nothing, Host::Placeholder)
}

/// Takes a name away from all nodes where several have it: it is that of a load balancer, or was copied.
pub fn share(hosts: Vec<Host>, nodes: &[String]) -> Vec<Host> {
    let mut holders: HashMap<String, Vec<String>> = HashMap::new();
    for (host, node) in hosts.iter().zip(nodes) {
        if let Host::Named(name, _) = host {
            holders.entry(name.to_lowercase()).or_default().push(node.clone());
        }
    }
    let shared = |host: Host| match host {
        Host::Named(name, place) => match holders.get(&name.to_lowercase()) {
            Some(nodes) if nodes.len() > 1 => Host::Shared(name, nodes.clone()),
            _ => Host::Named(name, place),
        },
        other => other,
    };
    hosts.into_iter().map(shared).collect()
}

/// Which nodes may share a machine: no name of their own tells them apart, and all their offsets do.
pub fn beside(hosts: &[Host], offsets: &[Option<i64>]) -> Vec<bool> {
    let shared = |host: &Host| match host {
        Host::Nothing => Some(String::new()),
        Host::Shared(name, _) => Some(name.to_lowercase()),
        Host::Named(..) | Host::Placeholder(_) => None,
    };
    let mut groups: HashMap<String, (usize, HashSet<Option<i64>>)> = HashMap::new();
    for (host, offset) in hosts.iter().zip(offsets) {
        if let Some(name) = shared(host) {
            let (count, distinct) = groups.entry(name).or_default();
            *count += 1;
            distinct.insert(*offset);
        }
    }
    let apart =
        |(count, distinct): &(usize, HashSet<Option<i64>>)| *count > 1 && distinct.len() == *count && !distinct.contains(&None);
    hosts.iter().map(|host| shared(host).and_then(|name| groups.get(&name)).is_some_and(apart)).collect()
}

/// A name or an address: no placeholder, no template, no URL.
pub fn is_name(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    bare.parse::<Ipv6Addr>().is_ok() || !text.is_empty() && text.chars().all(plain)
}
