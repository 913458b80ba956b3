//! Addresses of one link that have to go with those of another, by position: receivers of events and their logins.

use std::collections::HashMap;
use std::ops::Range;

use crate::catalogue::{AddressFormat, Catalogue};

use super::{Link, Verdict};
use crate::deployment::expand::OPAQUE;

/// Says at the first address of a setting how its addresses do not pair with those of the other: by number and host, group by
/// group. Links are in the order of nodes and of the catalogue.
pub fn pair(catalogue: &Catalogue, links: &mut [Link]) {
    let mut ranges: HashMap<(usize, usize), Range<usize>> = HashMap::new();
    for (at, link) in links.iter().enumerate().filter(|(_, link)| catalogue.links[link.spec].format != AddressFormat::Url) {
        ranges.entry((link.node, link.spec)).or_insert(at..at).end = at + 1;
    }
    let mut said: Vec<(usize, String)> = Vec::new();
    for ((node, spec), one) in &ranges {
        let other = catalogue.links[*spec].pairs_with.and_then(|with| ranges.get(&(*node, with)));
        let Some(other) = other.filter(|other| is_stated(&links[one.start]) && is_stated(&links[other.start])) else { continue };
        let (receivers, logins) = (&links[one.clone()], &links[other.clone()]);
        let titles = [receivers, logins].map(|links| catalogue.links[links[0].spec].title.as_str());
        let in_braces = catalogue.links[*spec].format == AddressFormat::DatabridgeGroup;
        said.extend(trouble(receivers, logins, titles, in_braces).map(|why| (one.start, why)));
    }
    for (at, why) in said {
        let link = &mut links[at];
        link.verdict = Verdict::Malformed;
        link.why.clone_from(&why);
        link.pairing = Some(why);
    }
}

fn is_stated(link: &Link) -> bool {
    !matches!(link.verdict, Verdict::NotStated | Verdict::Dormant | Verdict::Malformed) && link.host.name.is_some()
}

/// How two lists do not pair. In braces groups pair by position; in TOML a table holds a group of each, and one without logins
/// has those of its receivers.
fn trouble(receivers: &[Link], logins: &[Link], titles: [&str; 2], in_braces: bool) -> Option<String> {
    let groups = |links: &'_ [Link]| links.chunk_by(|one, other| one.group == other.group).map(<[Link]>::len).collect::<Vec<_>>();
    let (one, other) = (groups(receivers), groups(logins));
    if in_braces && one.len() != other.len() {
        let said = |count: usize, title: &str| format!("{count} group{} for {title}", if count == 1 { "" } else { "s" });
        return Some(format!("{}, {}", said(one.len(), titles[0]), said(other.len(), titles[1])));
    }
    let with = |group: usize| logins.chunk_by(|one, other| one.group == other.group).find(|links| links[0].group == group);
    let several = one.len() > 1;
    let mut groups = receivers.chunk_by(|one, other| one.group == other.group).enumerate();
    groups.find_map(|(number, group)| {
        let place = if several { format!("in group {}, ", number + 1) } else { String::new() };
        Some(format!("{place}{}", of_group(group, with(group[0].group)?, titles)?))
    })
}

fn of_group(receivers: &[Link], logins: &[Link], titles: [&str; 2]) -> Option<String> {
    // A placeholder may stand for any host, and for several addresses.
    let known = |link: &Link| link.host.name.as_ref().is_some_and(|host| !host.contains(OPAQUE));
    if receivers.len() != logins.len() {
        let all_known = receivers.iter().chain(logins).all(known);
        return all_known.then(|| format!("{} for {}, {} for {}", receivers.len(), titles[0], logins.len(), titles[1]));
    }
    let host = |link: &Link| link.host.name.as_deref().map(str::to_lowercase).unwrap_or_default();
    let mut pairs = receivers.iter().zip(logins).enumerate();
    pairs.find_map(|(at, (receiver, login))| {
        let (one, other) = (host(receiver), host(login));
        let differ = known(receiver) && known(login) && one != other;
        differ.then(|| format!("number {} is {one} for one and {other} for the other", at + 1))
    })
}
