//! Tables of TOML files that nobody reads for a slip of the pen, or that are defined twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Address, Catalogue};
use crate::config::{Document, Edit, rename_table};
use crate::home::FileState;
use crate::source::{Place, SourceId};

use super::{File, FileProblem, Inputs};

/// A table at fault, or a key.
#[derive(Debug)]
pub struct Table {
    /// Index of its file.
    pub file: usize,
    /// Where its name stands.
    pub place: Place,
    /// What it is, in words: "the table `apim.throtling`".
    pub what: String,
    /// The table that is read and was meant, where its name is none.
    pub nearest: Option<String>,
    /// Where it is defined before, if it is defined twice.
    pub first: Option<Place>,
    /// Whether it is defined twice.
    pub twice: bool,
    /// The edits that give it the right name.
    pub rename: Option<Vec<Edit>>,
}

/// Tables at fault in files from which the product writes others.
pub fn of_files(inputs: &Inputs, files: &[File]) -> Vec<Table> {
    let generates: BTreeSet<SourceId> = inputs
        .homes
        .iter()
        .flat_map(|home| {
            let specs = inputs.catalogue.files.iter().enumerate().filter(|(_, spec)| spec.generates);
            specs.filter_map(|(index, _)| match home.file(index) {
                FileState::Read(source) => Some(*source),
                _ => None,
            })
        })
        .collect();
    let mut known = None;
    let mut tables = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if let FileProblem::Malformed(malformed) = &file.state {
            tables.extend(malformed.twice.as_ref().map(|twice| Table {
                file: index,
                place: Place { source: file.source, span: malformed.span },
                what: twice.what.clone(),
                nearest: None,
                first: twice.first.map(|span| Place { source: file.source, span }),
                twice: true,
                rename: None,
            }));
        } else if let (true, Some(Ok(document))) = (generates.contains(&file.source), inputs.documents.get(file.source)) {
            let known = known.get_or_insert_with(|| Known::of(&inputs.catalogue));
            tables.extend(misspelt(inputs, document, known, (index, file.source)));
        }
    }
    tables
}

/// Names of tables that are read, by the tables that hold them.
struct Known<'a>(BTreeMap<Vec<&'a str>, BTreeSet<&'a str>>);

impl<'a> Known<'a> {
    /// Those with settings that are judged: of others, such as databases, names are people's own.
    fn of(catalogue: &'a Catalogue) -> Self {
        let listed = catalogue.links.iter().filter(|link| !link.judged);
        let listed: BTreeSet<usize> =
            listed.filter_map(|link| if let Address::Url(setting) = link.address { Some(setting) } else { None }).collect();
        let judged = catalogue.settings.iter().enumerate().filter(|(index, _)| !listed.contains(index));
        let mut known: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
        for place in judged.flat_map(|(_, setting)| &setting.places).filter(|place| catalogue.files[place.file].generates) {
            let path = place.path.tables();
            for (depth, name) in path.iter().enumerate() {
                known.entry(path[..depth].to_vec()).or_default().insert(name);
            }
        }
        Self(known)
    }

    /// The name that was meant by the last of these, if the tables that hold it are read and it is not.
    fn meant(&self, path: &[String]) -> Option<&'a str> {
        let (name, holders) = path.split_last()?;
        let names = self.0.get(&holders.iter().map(String::as_str).collect::<Vec<_>>())?;
        let near = |known: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), known) <= slips(known);
        if names.contains(name.as_str()) { None } else { names.iter().find(near).copied() }
    }
}

/// How many slips of the pen make no other word: short names are near to many.
fn slips(name: &str) -> usize {
    match name.len() {
        0..5 => 0,
        5..8 => 1,
        _ => 2,
    }
}

fn misspelt(inputs: &Inputs, document: &Document, known: &Known<'_>, (file, source): (usize, SourceId)) -> Vec<Table> {
    let tables = document.tables();
    let misspelt = |table: &crate::config::TableName| {
        let meant = known.meant(&table.path)?;
        let holders = &table.path[..table.path.len() - 1];
        let nearest = holders.iter().map(String::as_str).chain([meant]).collect::<Vec<_>>().join(".");
        Some(Table {
            file,
            place: Place { source, span: table.span },
            what: format!("the table `{}`", table.path.join(".")),
            nearest: Some(nearest),
            first: None,
            twice: false,
            rename: rename_table(document, &inputs.sources.get(source).content, &table.path, meant),
        })
    };
    tables.iter().filter_map(misspelt).collect()
}
