//! Names in files that nobody reads for a slip of the pen, tables and keys that are defined twice, and tables without the
//! brackets of a list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::{self, Edit, Meant, Named, Path};
use crate::home::FileState;
use crate::source::{Place, SourceId};

use super::{Deployment, File, FileProblem, Inputs};

/// A name at fault: of a table or key of TOML, or of an element of XML.
#[derive(Debug)]
pub struct Name {
    /// Index of its file.
    pub file: usize,
    /// Where it stands.
    pub place: Place,
    /// What it is, in words: "the table `apim.throtling`".
    pub what: String,
    /// The name that is read and was meant, where this one is not.
    pub nearest: Option<String>,
    /// The names on the way to what was meant, the outermost first; none where it is defined twice.
    pub path: Vec<String>,
    /// Where it is defined before, if it is defined twice.
    pub first: Option<Place>,
    /// What is wrong with it.
    pub fault: Fault,
    /// The edits that mend it.
    pub mend: Option<Vec<Edit>>,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody reads it.
    Unread,
    /// Nobody reads it there, and elsewhere the same is read.
    Stray,
    /// It is defined twice.
    Twice,
    /// It names one table, and a list of tables is read.
    Single,
    /// It has one value, and a list of values is read.
    Lone,
}

impl Name {
    /// Whether the name that was meant is on the way of a path.
    pub fn leads_to(&self, path: &Path) -> bool {
        self.fault != Fault::Lone
            && !self.path.is_empty()
            && path.names().starts_with(&self.path.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Names at fault by the nodes that read their files; those that are right, and have the wrong value, are none.
#[derive(Debug, Default)]
pub struct Misnamed(HashMap<usize, Vec<At>>);

/// A name at fault: whether it is one of an element, and its index.
type At = (bool, usize);

impl Misnamed {
    /// Those of tables and keys, and those of elements.
    pub fn new(tables: &[Name], elements: &[Name], files: &[File]) -> Self {
        let mut by_node: HashMap<usize, Vec<At>> = HashMap::new();
        let tables = tables.iter().enumerate().map(|(at, name)| ((false, at), name));
        let elements = elements.iter().enumerate().map(|(at, name)| ((true, at), name));
        for (at, name) in tables.chain(elements).filter(|(_, name)| name.fault != Fault::Lone) {
            for node in &files[name.file].nodes {
                by_node.entry(*node).or_default().push(at);
            }
        }
        Self(by_node)
    }

    /// Whether a node reads one.
    pub fn is_read_by(&self, node: usize) -> bool {
        self.0.contains_key(&node)
    }

    /// Those that a node reads.
    pub fn of<'m>(&'m self, model: &'m Deployment, node: usize) -> impl Iterator<Item = &'m Name> {
        let all = self.0.get(&node).into_iter().flatten();
        all.map(|(element, at)| if *element { &model.elements[*at] } else { &model.tables[*at] })
    }
}

/// Names at fault: those of tables and keys, and those of elements.
pub fn of_files(inputs: &Inputs, files: &[File]) -> (Vec<Name>, Vec<Name>) {
    let specs = specs(inputs);
    let (mut keys, mut elements) = (Vec::new(), Vec::new());
    for (index, file) in files.iter().enumerate() {
        if let FileProblem::Malformed(malformed) = &file.state {
            keys.extend(malformed.twice.as_ref().map(|twice| Name {
                file: index,
                place: Place { source: file.source, span: malformed.span },
                what: twice.what.clone(),
                nearest: twice.listed.as_ref().map(|(name, _)| name.clone()),
                path: Vec::new(),
                first: twice.first.map(|span| Place { source: file.source, span }),
                fault: Fault::Twice,
                mend: twice.listed.as_ref().map(|(_, edits)| edits.clone()),
            }));
            continue;
        }
        let Some(Ok(document)) = inputs.documents.get(file.source) else { continue };
        let content = &inputs.sources.get(file.source).content;
        let known = specs.get(&file.source).into_iter().flatten().filter_map(|spec| inputs.catalogue.names.get(*spec));
        let mut found: Vec<config::Misnamed> = known.flat_map(|names| document.misnamed(content, names)).collect();
        found.sort_by_key(|name| name.span);
        for name in found {
            let list = if name.kind == Named::Element { &mut elements } else { &mut keys };
            list.push(in_words(name, index, file.source));
        }
    }
    (keys, elements)
}

/// What each file is in the catalogue: of a file that several homes share under several names, all of them.
fn specs(inputs: &Inputs) -> BTreeMap<SourceId, BTreeSet<usize>> {
    let mut specs: BTreeMap<SourceId, BTreeSet<usize>> = BTreeMap::new();
    for home in &inputs.homes {
        for spec in 0..inputs.catalogue.files.len() {
            if let FileState::Read(source) = home.file(spec) {
                specs.entry(*source).or_default().insert(spec);
            }
        }
    }
    specs
}

fn in_words(name: config::Misnamed, file: usize, source: SourceId) -> Name {
    let config::Misnamed { kind, path, span, meant, mend } = name;
    let (own, holders) = path.split_last().map_or(("", &[][..]), |(own, holders)| (own.as_str(), holders));
    let full = |name: &str| holders.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
    let what = match (kind, holders.last()) {
        (Named::Table, _) => format!("the table `{}`", full(own)),
        (Named::Key, _) => format!("the key `{}`", full(own)),
        (Named::Element, Some(holder)) => format!("the element `{own}` in `{holder}`"),
        (Named::Element, None) => format!("the element `{own}`"),
    };
    let path_of = |name: &str| holders.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
    let (fault, nearest, path) = match meant {
        Meant::Elsewhere(key) => (Fault::Stray, key, Vec::new()),
        Meant::Name(name) if kind == Named::Element => (Fault::Unread, name.clone(), path_of(&name)),
        Meant::Name(name) => (Fault::Unread, full(&name), path_of(&name)),
        // Its name is the right one.
        Meant::Tables => (Fault::Single, full(own), path_of(own)),
        Meant::Values => (Fault::Lone, full(own), path_of(own)),
    };
    Name { file, place: Place { source, span }, what, nearest: Some(nearest), path, first: None, fault, mend }
}
