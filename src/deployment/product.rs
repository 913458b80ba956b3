//! Which product and version a home is: the topology's word first, then what the home says.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalogue::{Catalogue, Detector, Family, SettingPlace, holds};
use crate::home::{FileState, Home};
use crate::source::{Place, Span, Spanned};

use super::settings::{self, State};
use super::{Contradiction, Inputs, Product};

/// A version as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Id of the product, where a name says it or only that product has the version.
    pub id: Option<String>,
    /// The version without the name.
    pub version: String,
    /// Its family.
    pub family: Family,
}

static PACK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:([A-Za-z][A-Za-z0-9 -]*?)[- ])?v?([0-9]+(?:\.[0-9]+)*\S*)$").ok());

/// Reads `2.6.0`, `wso2am-2.6.0` or `5.7.0` (an Identity Server).
///
/// # Errors
/// What is wrong with it, and what was expected.
pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Written, String> {
    let expected = || format!("'{text}' is no product version: expected one such as 2.6.0");
    let captures = PACK.as_ref().and_then(|pack| pack.captures(text.trim())).ok_or_else(expected)?;
    let version = captures.get(2).map_or("", |version| version.as_str()).to_owned();
    let family: Family = version.parse().map_err(|_| expected())?;
    let id = match captures.get(1).map(|name| name.as_str()) {
        Some(name) => Some(by_name(name, catalogue).ok_or_else(|| format!("'{name}' is no product that is known here"))?),
        None => catalogue
            .products
            .iter()
            .find(|product| product.pairs.iter().any(|(own, _)| *own == family))
            .map(|product| product.id.clone()),
    };
    Ok(Written { id, version, family })
}

fn by_name(name: &str, catalogue: &Catalogue) -> Option<String> {
    let same = |known: &String| known.eq_ignore_ascii_case(name.trim());
    catalogue
        .products
        .iter()
        .find(|product| product.id == name || product.names.iter().any(same))
        .map(|product| product.id.clone())
}

/// Finds out what a node is.
pub fn detect(inputs: &Inputs, home: &Home, declared: Option<&Spanned<String>>) -> Product {
    let catalogue = &inputs.catalogue;
    let mut found = catalogue.detection.iter().find_map(|detector| try_one(inputs, home, detector)).unwrap_or_default();
    let raised = catalogue.detection.iter().filter(|detector| matches!(detector, Detector::Structure { at_least: true, .. }));
    for newer in raised.filter_map(|detector| try_one(inputs, home, detector)) {
        // A file that only newer versions have outweighs a number that was left behind.
        if newer.family > found.family {
            found = Product { id: found.id, ..newer };
        }
    }
    if let Some(declared) = declared
        && let Ok(written) = parse(&declared.value, catalogue)
    {
        let id = written.id.clone().or(found.id);
        let place = Some(Place { source: inputs.topology_source, span: declared.span });
        let said = judge(catalogue, id, &written, "the topology", place);
        found = Product { contradiction: contradiction(inputs, home, &said), ..said };
    }
    if found.id.is_none() && found.family.is_some() {
        found.id = catalogue.products.first().map(|product| product.id.clone());
    }
    found
}

/// What the home says against the topology: in files that only newer versions have, or with a version of its own.
fn contradiction(inputs: &Inputs, home: &Home, declared: &Product) -> Option<Contradiction> {
    let catalogue = &inputs.catalogue;
    let family = declared.family?;
    let start = |file: usize| match home.file(file) {
        FileState::Read(source) => Some(Place { source: *source, span: Span::default() }),
        _ => None,
    };
    // Of a version that only the name of the folder says, or the structure of a file that may be of several, nothing is proven.
    let proven = catalogue.detection.iter().filter_map(|detector| {
        let found = try_one(inputs, home, detector)?;
        let (known, place) = (found.family?, found.place);
        match detector {
            Detector::Structure { file, at_least: true, .. } => {
                (known > family).then_some((known, known.to_string(), true, start(*file)?))
            }
            Detector::Structure { .. } | Detector::Directory(_) => None,
            Detector::File { kernels, .. } if !kernels.is_empty() => None,
            Detector::Settings { .. } | Detector::File { .. } => {
                (known != family).then_some((known, found.version?, false, place?))
            }
        }
    });
    // A file that is there says more than a number that was left behind.
    let (known, version, at_least, place) = proven.min_by_key(|(_, _, at_least, _)| !at_least)?;
    Some(Contradiction { version, at_least, place, reads_otherwise: reads_otherwise(inputs, home, family, known) })
}

/// Whether two families read other places of the files of a home.
fn reads_otherwise(inputs: &Inputs, home: &Home, one: Family, other: Family) -> bool {
    let is_there = |place: &&SettingPlace| matches!(home.file(place.file), FileState::Read(_));
    let differs = |place: &SettingPlace| holds(place.versions, Some(one)) != holds(place.versions, Some(other));
    inputs.catalogue.settings.iter().flat_map(|setting| &setting.places).filter(is_there).any(differs)
}

/// The family that a version is judged as, for its product.
fn judge(catalogue: &Catalogue, id: Option<String>, written: &Written, origin: &str, place: Option<Place>) -> Product {
    let pairs =
        id.as_ref().and_then(|id| catalogue.products.iter().find(|product| product.id == *id)).map(|product| &product.pairs);
    let paired = pairs.and_then(|pairs| pairs.iter().rev().find(|(own, _)| *own <= written.family)).map(|(_, main)| *main);
    let family = paired.or_else(|| catalogue.judged_as(written.family));
    let newest = match pairs.and_then(|pairs| pairs.last()) {
        Some((own, _)) => Some(own),
        None => catalogue.families.last(),
    };
    let newer = newest.is_some_and(|newest| written.family > *newest);
    let (version, origin) = (Some(written.version.clone()), origin.to_owned());
    Product { id, version, family, origin, newer, place, contradiction: None }
}

fn try_one(inputs: &Inputs, home: &Home, detector: &Detector) -> Option<Product> {
    let catalogue = &inputs.catalogue;
    match detector {
        Detector::Settings { version, name } => {
            let read = |setting: usize| settings::read(inputs, home, None, true, &catalogue.settings[setting]);
            let (version, name) = (read(*version), read(*name));
            if version.state != State::Written {
                return None;
            }
            let id = match (name.state, &name.text) {
                (State::Written, Some(name)) => Some(by_name(name, catalogue)?),
                _ => None,
            };
            let written = parse(version.text.as_deref()?.trim(), catalogue).ok()?;
            let place = version.place();
            let origin = place.map_or_else(String::new, |place| inputs.sources.file_name(place.source).to_owned());
            Some(judge(catalogue, id.or_else(|| written.id.clone()), &written, &origin, place))
        }
        Detector::File { file, pattern, kernels } => {
            let FileState::Read(source) = home.file(*file) else { return None };
            let text = inputs.sources.get(*source).content.text();
            let captures = pattern.regex()?.captures(text)?;
            let place = captures
                .get(0)
                .map(|all| Place { source: *source, span: inputs.sources.get(*source).content.to_disk(all.range()) });
            let origin = inputs.sources.file_name(*source).to_owned();
            if let Some(kernel) = captures.name("kernel") {
                let family = *kernels.get(kernel.as_str())?;
                let version = Some(family.to_string());
                return Some(Product { id: None, version, family: Some(family), origin, place, ..Product::default() });
            }
            named(catalogue, &captures, &origin, place)
        }
        Detector::Directory(pattern) => {
            let pattern = pattern.regex()?;
            let captures = home.directories.iter().find_map(|name| pattern.captures(name))?;
            named(catalogue, &captures, "its directory's name", None)
        }
        Detector::Structure { file, path, family, .. } => {
            let FileState::Read(source) = home.file(*file) else { return None };
            let fits = match path {
                None => true,
                Some(path) => matches!(inputs.documents.get(*source), Some(Ok(document)) if !document.find(path).is_empty()),
            };
            let origin = format!("the structure of {}", inputs.sources.file_name(*source));
            fits.then(|| Product { family: Some(*family), origin, ..Product::default() })
        }
    }
}

fn named(catalogue: &Catalogue, captures: &regex::Captures<'_>, origin: &str, place: Option<Place>) -> Option<Product> {
    let id = by_name(captures.name("name")?.as_str(), catalogue)?;
    let written = parse(captures.name("version")?.as_str(), catalogue).ok()?;
    Some(judge(catalogue, Some(id), &written, origin, place))
}
