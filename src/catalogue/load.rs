//! Reads the catalogue's data and resolves the ids in it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use globset::{Glob, GlobSetBuilder};
use serde::de::DeserializeOwned;

use super::build::SettingIds;
use super::data::{
    FormatData, InlineSetting, LinkData, ListenerData, NamesData, PlaceData, ProductData, ProductEntry, RecordData, SettingData,
    SettingRef, StrayData,
};
use super::membership::{self, MembershipData};
use super::{Address, Catalogue, Confidence, Detector, FileSpec, Product, Range, RecordSpec, SettingPlace, ValueKind};
use crate::config::{Format, Names, Path};
use crate::start::Syntax;

/// All files under `rules/`, by path, embedded when the program was built.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The embedded files whose path starts with `folder`, by path.
pub fn embedded_files(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.iter().copied().filter(move |(path, _)| path.starts_with(folder))
}

/// A mistake in the data: a mistake of the program, found by its tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueError(String);

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CatalogueError {}

pub(super) type Result<T> = std::result::Result<T, CatalogueError>;

/// Reads the catalogue that is embedded in the program.
///
/// # Errors
/// A mistake in the data, with its file.
pub fn load() -> Result<Catalogue> {
    let data: ProductData = read("product.yaml")?;
    let files: Vec<FileSpec> = data
        .files
        .iter()
        .map(|file| FileSpec {
            path: file.path.clone(),
            format: format_of(file.format),
            generates: file.generates,
            roles: file.roles.clone(),
            only_of: BTreeSet::new(),
        })
        .collect();
    let (mut listener_data, mut link_data) = (read_all::<ListenerData>("listeners")?, read_all::<LinkData>("links")?);
    let of_listeners = listener_data.iter_mut().filter_map(|data| {
        let (port, kind) = (take(&mut data.port)?, ValueKind::Port);
        Some(named(port, &data.id, &data.title, kind, &data.source, data.confidence))
    });
    let mut setting_data: Vec<SettingData> = read_all("settings")?;
    setting_data.extend(of_listeners);
    for data in &mut link_data {
        for (setting, kind) in [(&mut data.url, ValueKind::Url), (&mut data.port, ValueKind::Port)] {
            let here = setting.as_mut().and_then(take);
            setting_data.extend(here.map(|here| named(here, &data.id, &data.title, kind, &data.source, data.confidence)));
        }
    }
    let names = SettingIds { settings: setting_data.iter().map(|setting| setting.id.clone()).collect() };
    let settings = setting_data.into_iter().map(|data| names.build(data, &files)).collect::<Result<Vec<_>>>()?;
    let listener_ids: Vec<String> = listener_data.iter().map(|listener| listener.id.clone()).collect();
    let listeners = listener_data.into_iter().map(|data| names.listener(data, &listener_ids)).collect::<Result<Vec<_>>>()?;
    let link_ids: Vec<String> = link_data.iter().map(|link| link.id.clone()).collect();
    let links = link_data.into_iter().map(|data| names.link(data, &listener_ids, &link_ids)).collect::<Result<Vec<_>>>()?;
    let detection = data.detection.into_iter().map(|data| names.detector(data, &files)).collect::<Result<Vec<_>>>()?;
    let placeholders = data
        .placeholders
        .into_iter()
        .map(|data| Ok((data.name.clone(), names.meaning(data, &listener_ids)?)))
        .collect::<Result<HashMap<_, _>>>()?;
    let products = data.products.into_iter().map(build_product).collect::<Result<Vec<_>>>()?;
    let mut loopback = GlobSetBuilder::new();
    for pattern in &data.loopback {
        loopback.add(Glob::new(pattern).map_err(|error| fail("product.yaml", error))?);
    }
    let records = read_all::<RecordData>("records")?.into_iter().map(|data| record(data, &files)).collect::<Result<Vec<_>>>()?;
    let memberships = read_all::<MembershipData>("memberships")?;
    let memberships = memberships.into_iter().map(|data| membership::build(data, &names, &listener_ids));
    let memberships = memberships.collect::<Result<Vec<_>>>()?;
    let own_ports = data.own_ports.iter().map(|place| place_of(place, &files)).collect::<Result<Vec<_>>>()?;
    let names_data = read_all::<NamesData>("names")?;
    let mut catalogue = Catalogue {
        names: files.iter().map(|_| Names::default()).collect(),
        own_ports,
        families: data.families,
        roles: data.roles,
        loopback: loopback.build().map_err(|error| fail("product.yaml", error))?,
        wildcard: data.wildcard,
        service_suffixes: data.service_suffixes,
        offset: names.setting(&data.offset.setting)?,
        offset_property: data.offset.property,
        profile_property: data.profile_property,
        answers: data.answers,
        files,
        placeholders,
        other_ports: data.other_ports,
        detection,
        products,
        settings,
        listeners,
        links,
        records,
        memberships,
    };
    add_names(&mut catalogue, names_data)?;
    Ok(catalogue)
}

/// Adds every name of the catalogue to those of its file.
fn add_names(catalogue: &mut Catalogue, data: Vec<NamesData>) -> Result<()> {
    let mut names = std::mem::take(&mut catalogue.names);
    let mut add = |file: usize, path: &Path, read: bool| {
        if let Some(names) = names.get_mut(file) {
            names.add(path, read);
        }
    };
    // What is only listed, such as a database, has names of people's own beside it.
    let listed = catalogue.links.iter().filter(|link| !link.judged);
    let listed: HashSet<usize> =
        listed.filter_map(|link| if let Address::Url(setting) = link.address { Some(setting) } else { None }).collect();
    for (index, setting) in catalogue.settings.iter().enumerate() {
        setting.places.iter().for_each(|place| add(place.file, &place.path, !listed.contains(&index)));
        setting.obsolete.iter().for_each(|place| add(place.file, &place.path, false));
    }
    for record in &catalogue.records {
        let parts = record.needs.iter().chain([&record.unique]).map(|(_, path)| path);
        parts.chain([&record.place.path]).for_each(|path| add(record.place.file, path, true));
    }
    catalogue.own_ports.iter().for_each(|place| add(place.file, &place.path, true));
    for detector in &catalogue.detection {
        if let Detector::Structure { file, path: Some(path), .. } = detector {
            add(*file, path, true);
        }
    }
    for NamesData { file, read, alike, arrays, strays, .. } in data {
        let place = |path: &str| build_place(Range::default(), &file, path, &catalogue.files);
        let Some(names) = names.get_mut(find_file(&file, &catalogue.files)?) else { continue };
        for (paths, read) in [(&read, true), (&alike, false)] {
            for path in paths {
                names.add(&place(path)?.path, read);
            }
        }
        for path in &arrays {
            names.add_array(&place(path)?.path);
        }
        for StrayData { meant, names: of } in &strays {
            names.add_stray(place(meant)?.path, meant, of);
        }
    }
    catalogue.names = names;
    Ok(())
}

pub(super) fn read<T: DeserializeOwned>(name: &str) -> Result<T> {
    let path = format!("rules/catalogue/wso2am/{name}");
    let text = embedded_files(&path).next().ok_or_else(|| fail(name, "the file is missing"))?.1;
    serde_json::from_str(text).map_err(|error| fail(name, error))
}

/// The entries of every file whose name starts so: `links.yaml`, `links/throttling.yaml`.
fn read_all<T: DeserializeOwned>(name: &str) -> Result<Vec<T>> {
    let folder = "rules/catalogue/wso2am/";
    let mut entries = Vec::new();
    for (path, text) in embedded_files(&format!("{folder}{name}")) {
        let short = path.strip_prefix(folder).unwrap_or(path);
        entries.extend(serde_json::from_str::<Vec<T>>(text).map_err(|error| fail(short, error))?);
    }
    if entries.is_empty() { Err(fail(name, "there is no such file, or nothing in it")) } else { Ok(entries) }
}

/// The setting that is given where it is used, if it is.
fn take(setting: &mut SettingRef) -> Option<InlineSetting> {
    match std::mem::replace(setting, SettingRef::Id(String::new())) {
        SettingRef::Here(here) => Some(*here),
        id @ SettingRef::Id(_) => {
            *setting = id;
            None
        }
    }
}

/// A setting that takes its id and title from what uses it.
fn named(here: InlineSetting, id: &str, title: &str, kind: ValueKind, source: &str, confidence: Confidence) -> SettingData {
    SettingData {
        id: id.to_owned(),
        title: here.title.unwrap_or_else(|| title.to_owned()),
        kind: here.kind.unwrap_or(kind),
        offset: here.offset,
        offset_when: here.offset_when,
        choices: Vec::new(),
        places: here.places,
        obsolete: Vec::new(),
        beside: here.beside,
        shipped: here.shipped,
        absent: here.absent,
        synapse: here.synapse,
        repeat: here.repeat,
        instead_of: None,
        source: source.to_owned(),
        confidence,
    }
}

pub(super) fn fail(file: &str, message: impl fmt::Display) -> CatalogueError {
    CatalogueError(format!("rules/catalogue/wso2am/{file}: {message}"))
}

fn format_of(format: FormatData) -> Option<Format> {
    match format {
        FormatData::Xml => Some(Format::Xml),
        FormatData::Toml => Some(Format::Toml),
        FormatData::Properties => Some(Format::Properties),
        FormatData::Json => Some(Format::Json),
        FormatData::Shell => Some(Format::Script(Syntax::Shell)),
        FormatData::Batch => Some(Format::Script(Syntax::Batch)),
        FormatData::Wrapper => Some(Format::Script(Syntax::Wrapper)),
        FormatData::Text => None,
    }
}

pub(super) fn find(what: &str, id: &str, ids: &[String]) -> Result<usize> {
    ids.iter().position(|known| known == id).ok_or_else(|| {
        let near = crate::source::nearest(id, ids.iter().map(String::as_str)).map(|near| format!("; nearest: {near}"));
        fail("*.yaml", format!("there is no {what} '{id}'{}", near.unwrap_or_default()))
    })
}

pub(super) fn find_file(path: &str, files: &[FileSpec]) -> Result<usize> {
    files.iter().position(|file| file.path == path).ok_or_else(|| fail("*.yaml", format!("'{path}' is not among files")))
}

pub(super) fn place_of(data: &PlaceData, files: &[FileSpec]) -> Result<SettingPlace> {
    let place = build_place(data.versions, &data.file, &data.path, files)?;
    Ok(SettingPlace { absent: data.absent.clone(), means: data.means.clone(), ..place })
}

/// The place of a setting: a path in a file of the catalogue.
pub(super) fn build_place(versions: Range, name: &str, path: &str, files: &[FileSpec]) -> Result<SettingPlace> {
    let file = find_file(name, files)?;
    // Of a file that is not parsed the path is for people: where it is there, the value is not known.
    let format = files[file].format.unwrap_or(Format::Toml);
    let path = Path::parse(path, format).map_err(|error| fail("settings.yaml", format!("{path}: {error}")))?;
    Ok(SettingPlace { versions, file, path, absent: None, means: None, roles: Vec::new(), live: Vec::new() })
}

fn record(data: RecordData, files: &[FileSpec]) -> Result<RecordSpec> {
    let place = |path: &str| build_place(data.versions, &data.file, path, files);
    let separator = if data.path.starts_with('/') { '/' } else { '.' };
    let part = |name: &String| Ok((name.clone(), place(&format!("{}{separator}{name}", data.path))?.path));
    Ok(RecordSpec {
        place: place(&data.path)?,
        needs: data.needs.iter().map(part).collect::<Result<_>>()?,
        unique: part(&data.unique)?,
        id: data.id,
        title: data.title,
        readers: data.readers,
        source: data.source,
        confidence: data.confidence,
    })
}

fn build_product(data: ProductEntry) -> Result<Product> {
    let mut pairs = data
        .pairs
        .into_iter()
        .map(|(own, main)| own.parse().map(|own| (own, main)).map_err(|error: String| fail("product.yaml", error)))
        .collect::<Result<Vec<_>>>()?;
    // By number: as texts, 5.10 comes before 5.3.
    pairs.sort_unstable();
    Ok(Product { id: data.id, title: data.title, names: data.names, needs: data.needs, pairs })
}
