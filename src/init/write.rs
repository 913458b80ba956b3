//! The topology as text: what is known as keys, where it comes from as comments.

use crate::catalogue::Catalogue;
use crate::source::mask_text;

use super::called::Called;
use super::hosts::Host;
use super::roles::Evidence;
use super::{Node, OffsetSaid};

/// The least that a topology says: what every home can be opened with.
pub fn draft(names: &[String], paths: &[String], roles: &[String]) -> String {
    let node = |(name, path): (&String, &String)| {
        format!("  - name: {}\n    role: {}\n    home: {}\n", scalar(name), list(roles), scalar(path))
    };
    let nodes: String = names.iter().zip(paths).map(node).collect();
    format!("nodes:\n{nodes}")
}

/// The whole file; `name` is what it will be called.
pub fn topology(nodes: &[Node], called: &[Called], catalogue: &Catalogue, name: &str) -> String {
    let mut text = header(name);
    text.push_str("version: 1\nnodes:\n");
    for (index, node) in nodes.iter().enumerate() {
        for (at, line) in lines(node, fewer(nodes, index, catalogue)).iter().enumerate() {
            text.push_str(&format!("{}{line}\n", if at == 0 { "  - " } else { "    " }));
        }
    }
    let first = nodes.first().map_or("gw", |node| node.name.as_str());
    text.push_str("# load_balancers:\n");
    text.push_str(&format!("#   - host: lb.example.com\n#     ports: {{443: [\"{first}:9443\"]}}\n"));
    text.push_str(&externals(called));
    text
}

/// Hosts that are called and that no node is known by, at most so many.
const CALLED: usize = 8;

/// What else is called: whoever knows it moves it to where it belongs.
fn externals(called: &[Called]) -> String {
    if called.is_empty() {
        return String::new();
    }
    let mut lines = vec![
        "Called by the homes, and the host of no node. A load balancer goes above, another name of a node under its aliases:"
            .to_owned(),
        "externals:".to_owned(),
    ];
    let shown = if called.len() == CALLED + 1 { called } else { &called[..called.len().min(CALLED)] };
    lines.extend(shown.iter().map(|one| {
        let ports: Vec<String> = one.ports.iter().map(ToString::to_string).collect();
        let on = if ports.is_empty() { String::new() } else { format!("on {} by ", several(&ports)) };
        note(&format!("  - host: {}", scalar(&one.host)), &format!("{on}{}", one.place))
    }));
    if called.len() > shown.len() {
        lines.push(format!("  … and {} more", called.len() - shown.len()));
    }
    format!("# {}\n", lines.join("\n# "))
}

fn header(name: &str) -> String {
    let lines = [
        "A first topology, written by `carbonlint init` from what the homes say.".to_owned(),
        format!("Next: carbonlint check {}", one_line(name)),
        String::new(),
        "To check by hand:".to_owned(),
        "- role: what is marked as a guess. One role, or a list.".to_owned(),
        "- host: the name by which other nodes reach a node; further ones under aliases. Without, roles alone tell who is meant."
            .to_owned(),
        "- machine: nodes on one machine share its ports (machine: vm-1, in each of them).".to_owned(),
        "- load_balancers: names that forward to nodes; see the end.".to_owned(),
    ];
    lines.iter().map(|line| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") }).collect()
}

/// What a role that stands for several comes down to, where it is a guess and other nodes do a part of it.
fn fewer(nodes: &[Node], index: usize, catalogue: &Catalogue) -> Option<String> {
    let guess = nodes.get(index)?.evidence.first().filter(|evidence| !evidence.sure)?;
    let [role] = guess.roles.as_slice() else { return None };
    let includes = &catalogue.role(role)?.includes;
    let others = nodes.iter().enumerate().filter(|(other, _)| *other != index).filter_map(|(_, node)| node.evidence.first());
    let others: Vec<&String> = others.flat_map(|evidence| &evidence.roles).filter(|other| *other != role).collect();
    let done = |part: &String| others.iter().any(|other| catalogue.stands_for(other, part));
    let left: Vec<String> = includes.iter().filter(|part| !done(part)).cloned().collect();
    let some = !left.is_empty() && left.len() < includes.len();
    some.then(|| note("", &format!("or role: {}, if it does not do what other nodes do", list(&left))))
}

/// The lines of a node, without indentation.
fn lines(node: &Node, fewer: Option<String>) -> Vec<String> {
    let mut lines = vec![format!("name: {}", scalar(&node.name))];
    lines.extend(role(&node.evidence));
    lines.extend(fewer);
    lines.push(format!("home: {}", scalar(&node.path)));
    lines.push(host(&node.host));
    if node.beside {
        lines.push(note("# machine: vm-1", "on one machine with the others of no name of their own? Their offsets all differ"));
    }
    lines.extend(node.offset.as_ref().map(|said| match said {
        OffsetSaid::Known(words) => note("", words),
        OffsetSaid::Unknown(why) => note("# port_offset: …", why),
    }));
    if !node.version {
        lines.push(note("# product: 2.6.0", "no file says the version"));
    }
    lines
}

fn role(evidence: &[Evidence]) -> Vec<String> {
    let Some((first, others)) = evidence.split_first() else { return Vec::new() };
    let reason = if first.sure { first.reason.clone() } else { format!("a guess: {}", first.reason) };
    let mut lines = vec![note(&format!("role: {}", list(&first.roles)), &reason)];
    let differs = others.iter().filter(|other| other.sure && other.roles != first.roles);
    lines.extend(differs.map(|other| note("", &format!("{} says {}: which is right?", other.reason, list(&other.roles)))));
    lines
}

fn host(host: &Host) -> String {
    const MEANS: &str = "the name by which other nodes reach it";
    match host {
        Host::Named(name, place) => note(&format!("host: {}", scalar(name)), place),
        Host::Shared(name, nodes) => note(
            "# host: …",
            &format!("{MEANS}; {} say {name}: a load balancer's name, that of one machine, or a copy", several(nodes)),
        ),
        Host::Placeholder(place) => note("# host: …", &format!("{MEANS}; {place} holds a placeholder")),
        Host::Nothing => note("# host: …", MEANS),
    }
}

/// The first names of many.
fn several(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 1 => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

/// A key with a comment, or a comment alone. No comment holds a line end, or what may be a secret.
fn note(key: &str, comment: &str) -> String {
    let comment = format!("# {}", mask_text(&one_line(comment)));
    if key.is_empty() { comment } else { format!("{key}  {comment}") }
}

/// A text without line ends and other characters that would do something.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn list(items: &[String]) -> String {
    match items {
        [one] => scalar(one),
        several => format!("[{}]", several.iter().map(|item| scalar(item)).collect::<Vec<_>>().join(", ")),
    }
}

/// A text as YAML takes it: plain where nothing else could be read there, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let starts = text.chars().next().is_some_and(|c| c.is_alphabetic() || matches!(c, '.' | '/' | '_'));
    let speaks = text.chars().any(char::is_alphabetic) && !words.contains(&text.to_lowercase().as_str());
    if starts && speaks && text.chars().all(plain) {
        return text.to_owned();
    }
    let escaped: String = text.chars().flat_map(escape).collect();
    format!("\"{escaped}\"")
}

fn escape(c: char) -> Vec<char> {
    match c {
        '"' | '\\' => vec!['\\', c],
        c if c.is_control() => format!("\\U{:08x}", u32::from(c)).chars().collect(),
        c => vec![c],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Content;

    #[test]
    fn every_text_is_read_as_it_was_meant() {
        let texts = [
            "gw", "1", "null", "Yes", "a b", "../x", "/opt/gw", "a: b", "#a", "-a", "\"q\"", "a\\b", "tab\tx", "ä/ö", "~", "1e3",
        ];
        for text in texts {
            let read =
                crate::topology::read(&Content::plain(draft(&["n".to_owned()], &[text.to_owned()], &["gateway".to_owned()])));
            assert_eq!(read.expect("a topology").nodes[0].home[0].path.value, text);
        }
    }
}
