//! Names in files that nobody reads for a slip of the pen, tables and keys that are defined twice, and tables without the
//! brackets of a list.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Edit, Misnamed, Named};
use crate::home::FileState;
use crate::source::{Place, SourceId};

use super::{File, FileProblem, Inputs};

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
                nearest: None,
                first: twice.first.map(|span| Place { source: file.source, span }),
                fault: Fault::Twice,
                mend: None,
            }));
            continue;
        }
        let Some(Ok(document)) = inputs.documents.get(file.source) else { continue };
        let content = &inputs.sources.get(file.source).content;
        let known = specs.get(&file.source).into_iter().flatten().filter_map(|spec| inputs.catalogue.names.get(*spec));
        let mut found: Vec<Misnamed> = known.flat_map(|names| document.misnamed(content, names)).collect();
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

fn in_words(name: Misnamed, file: usize, source: SourceId) -> Name {
    let Misnamed { kind, path, span, meant, elsewhere, mend } = name;
    let (own, holders) = path.split_last().map_or(("", &[][..]), |(own, holders)| (own.as_str(), holders));
    let full = |name: &str| holders.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
    let what = match (kind, holders.last()) {
        (Named::Table, _) => format!("the table `{}`", full(own)),
        (Named::Key, _) => format!("the key `{}`", full(own)),
        (Named::Element, Some(holder)) => format!("the element `{own}` in `{holder}`"),
        (Named::Element, None) => format!("the element `{own}`"),
    };
    let fault = match (&elsewhere, &meant) {
        (Some(_), _) => Fault::Stray,
        (None, Some(_)) => Fault::Unread,
        (None, None) => Fault::Single,
    };
    let nearest = match kind {
        _ if elsewhere.is_some() => elsewhere,
        Named::Element => meant,
        // Without a name that was meant it is the right one.
        _ => Some(full(meant.as_deref().unwrap_or(own))),
    };
    Name { file, place: Place { source, span }, what, nearest, first: None, fault, mend }
}
