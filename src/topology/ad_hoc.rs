//! A topology from the command line: `gw=gateway:homes/gw km=key-manager:homes/km`.

use std::collections::BTreeMap;

use super::check::{name_error, quoted};
use super::references::duplicates;
use super::{Layer, Node, Topology, TopologyError};
use crate::source::{Span, Spanned};

const FORM: &str = "write NAME=ROLE:DIR or NAME=ROLE,ROLE:DIR, like gw=gateway:homes/gw";

/// Makes a topology of arguments of the form `NAME=ROLE[,ROLE…]:DIR`, where an archive may stand for the directory.
///
/// The text is the arguments, joined by blanks: what all spans, those of errors too, are bytes of.
pub fn ad_hoc(arguments: &[String]) -> (String, Result<Topology, Vec<TopologyError>>) {
    let source = arguments.join(" ");
    let (mut nodes, mut errors) = (Vec::with_capacity(arguments.len()), Vec::new());
    let mut start = 0;
    for argument in arguments {
        match node(argument, start, &mut errors) {
            Ok(node) => nodes.push(node),
            Err(error) => errors.push(error),
        }
        start += argument.len() + 1;
    }
    if arguments.is_empty() {
        errors.push(TopologyError { message: "no nodes are given".to_owned(), span: None, help: Some(FORM.to_owned()) });
    }
    let topology = Topology { nodes, ..Topology::default() };
    errors.extend(duplicates(&topology));
    errors.sort_by_key(|error| error.span);
    let result = if errors.is_empty() { Ok(topology) } else { Err(errors) };
    (source, result)
}

/// The node of one argument, which starts at a byte of the source.
fn node(argument: &str, start: usize, errors: &mut Vec<TopologyError>) -> Result<Node, TopologyError> {
    let whole = Span::new(start, start + argument.len());
    let malformed = |what: &str| TopologyError::new(format!("the node {} {what}", quoted(argument)), whole).with_help(FORM);
    let (name, rest) = argument.split_once('=').ok_or_else(|| malformed("has no `=`"))?;
    // Only the first colon splits: C:\wso2am has one of its own.
    let (roles, home) = rest.split_once(':').ok_or_else(|| malformed("has no `:` before its directory"))?;
    if name.is_empty() || home.is_empty() || roles.split(',').any(str::is_empty) {
        return Err(malformed("lacks its name, a role or its directory"));
    }
    let piece = |text: &str, at: usize| Spanned { value: text.to_owned(), span: Span::new(start + at, start + at + text.len()) };
    let name_piece = piece(name, 0);
    errors.extend(name_error(name, name_piece.span));
    let first = name.len() + 1;
    let mut at = first;
    let roles_at = roles.split(',').map(|role| {
        let found = piece(role, at);
        at += role.len() + 1;
        found
    });
    Ok(Node {
        name: name_piece,
        roles: roles_at.collect(),
        home: vec![Layer { path: piece(home, first + roles.len() + 1), to: None }],
        host: None,
        aliases: Vec::new(),
        machine: None,
        port_offset: None,
        start: None,
        profile: None,
        properties: BTreeMap::new(),
        ranks: BTreeMap::new(),
        debug: false,
        environment: BTreeMap::new(),
        product: None,
        key_manager: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn arguments_become_nodes_with_places_in_the_joined_text() {
        let (source, result) = ad_hoc(&arguments("gä=gateway:homes/gw km=key-manager,traffic-manager:homes/km"));
        let topology = result.expect("fine");
        let [_, km] = topology.nodes.as_slice() else { panic!("two nodes") };
        let pieces = std::iter::once(&km.name).chain(&km.roles).chain(km.home.iter().map(|layer| &layer.path));
        let shown: Vec<&str> = pieces.clone().map(|piece| &source[piece.span.start..piece.span.end]).collect();
        assert_eq!(shown, ["km", "key-manager", "traffic-manager", "homes/km"]);
        assert!(pieces.zip(shown).all(|(piece, shown)| piece.value == shown));
    }

    #[test]
    fn only_the_first_colon_splits() {
        let (_, result) = ad_hoc(&arguments(r"gw=gateway:C:\wso2\am=1"));
        assert_eq!(result.expect("fine").nodes[0].home[0].path.value, r"C:\wso2\am=1");
    }

    #[test]
    fn every_malformed_argument_is_reported() {
        let (source, result) = ad_hoc(&arguments("gw gw=gateway =gateway:x gw=:x gw=a,:x gw=gateway: g.w=gateway:x"));
        let errors = result.expect_err("all are wrong");
        let shown: Vec<&str> = errors.iter().filter_map(|error| error.span).map(|span| &source[span.start..span.end]).collect();
        assert_eq!(shown, ["gw", "gw=gateway", "=gateway:x", "gw=:x", "gw=a,:x", "gw=gateway:", "g.w"]);
        assert!(errors.iter().all(|error| error.help.is_some()));
    }

    #[test]
    fn duplicate_names_are_an_error() {
        let (_, result) = ad_hoc(&arguments("gw=gateway:a gw=gateway:b"));
        assert_eq!(result.expect_err("twice").len(), 1);
        assert_eq!(ad_hoc(&[]).1.expect_err("none").len(), 1);
    }
}
