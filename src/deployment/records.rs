//! Elements that stand several times: which parts each lacks, and which of them have one name.

use std::collections::HashMap;

use crate::catalogue::{RecordSpec, holds};
use crate::config::{Document, Found};
use crate::home::FileState;
use crate::source::{Place, SourceId, Span};

use super::{Inputs, Node};

/// An element of a node's file that is not whole.
#[derive(Debug)]
pub struct Record {
    /// Index in the catalogue.
    pub spec: usize,
    /// The node that reads it.
    pub node: usize,
    /// Where it stands.
    pub place: Place,
    /// What it is called, as far as it says.
    pub name: String,
    /// The parts that it lacks.
    pub missing: Vec<String>,
    /// Where another one of the same name stands before it.
    pub same_as: Option<Place>,
}

/// The elements of a node that lack a part, or have the name of another one.
pub fn of_node(inputs: &Inputs, node: &Node, index: usize) -> Vec<Record> {
    let read = |(spec, known): (usize, &RecordSpec)| {
        let reads = known.readers.iter().any(|role| inputs.catalogue.has_role(role, &node.role_set));
        let applies = reads && holds(known.place.versions, node.product.family);
        let FileState::Read(source) = node.home.file(known.place.file) else { return Vec::new() };
        let Some(Ok(document)) = inputs.documents.get(*source).filter(|_| applies) else { return Vec::new() };
        incomplete(document, *source, known, (spec, index))
    };
    inputs.catalogue.records.iter().enumerate().flat_map(read).collect()
}

fn incomplete(document: &Document, source: SourceId, known: &RecordSpec, (spec, node): (usize, usize)) -> Vec<Record> {
    let tables = document.listed_tables(&known.place.path);
    let index_of: HashMap<usize, usize> = tables.iter().enumerate().map(|(at, (table, _))| (*table, at)).collect();
    let places: Vec<Span> = if tables.is_empty() {
        document.find(&known.place.path).iter().map(|found| found.element).collect()
    } else {
        tables.into_iter().map(|(_, header)| header).collect()
    };
    // A value of TOML says which table it is in. Parts of XML come in document order, as the elements do: each belongs to the last
    // element that starts before it.
    let before = |part: &Found| places.partition_point(|place| place.start <= part.element.start).checked_sub(1);
    let owner = |part: &Found| if index_of.is_empty() { before(part) } else { index_of.get(&part.parent).copied() };
    let stated = |part: &Found| !part.text.trim().is_empty();
    let mut missing: Vec<Vec<String>> = vec![Vec::new(); places.len()];
    for (name, path) in &known.needs {
        let mut has = vec![false; places.len()];
        for part in document.find(path).iter().filter(|part| stated(part)) {
            if let Some(at) = owner(part) {
                has[at] = true;
            }
        }
        missing.iter_mut().zip(has).filter(|(_, has)| !has).for_each(|(missing, _)| missing.push(name.clone()));
    }
    let mut names: Vec<Option<Found>> = places.iter().map(|_| None).collect();
    for part in document.find(&known.unique.1).into_iter().filter(stated) {
        if let Some(at) = owner(&part) {
            names[at].get_or_insert(part);
        }
    }
    let mut first_of: HashMap<String, Place> = HashMap::new();
    let mut records = Vec::new();
    for ((span, missing), name) in places.into_iter().zip(missing).zip(names) {
        let whole = Place { source, span };
        let own = name.as_ref().map(|name| Place { source, span: name.span });
        let name = name.map(|name| name.text.trim().to_owned()).unwrap_or_default();
        let same_as = if name.is_empty() { None } else { first_of.get(&name).copied() };
        if !missing.is_empty() || same_as.is_some() {
            records.push(Record { spec, node, place: own.unwrap_or(whole), name: name.clone(), missing, same_as });
        }
        if let Some(own) = own {
            first_of.entry(name).or_insert(own);
        }
    }
    records
}
