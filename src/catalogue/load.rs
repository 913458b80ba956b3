//! Reads the catalogue's data and resolves the ids in it.

use std::collections::HashMap;
use std::fmt;

use globset::{Glob, GlobSetBuilder};
use serde::de::DeserializeOwned;

use super::data::{
    ConditionData, DetectorData, FormatData, LinkData, ListenerData, PlaceData, PlaceholderData, ProductData, ProductEntry,
    SettingData,
};
use super::{
    Address, Catalogue, Condition, Detector, FileSpec, Link, Listener, Meaning, Need, Pattern, Product, Reader, Setting,
    SettingPlace,
};
use crate::config::{Format, Path};

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

type Result<T> = std::result::Result<T, CatalogueError>;

/// Reads the catalogue that is embedded in the program.
///
/// # Errors
/// A mistake in the data, with its file.
pub fn load() -> Result<Catalogue> {
    let data: ProductData = read("product.yaml")?;
    let files: Vec<FileSpec> =
        data.files.iter().map(|file| FileSpec { path: file.path.clone(), format: format_of(file.format) }).collect();
    let settings = read::<Vec<SettingData>>("settings.yaml")?
        .into_iter()
        .map(|setting| build_setting(setting, &files))
        .collect::<Result<Vec<_>>>()?;
    let names = Names { settings: settings.iter().map(|setting| setting.id.clone()).collect() };
    let listener_data = read::<Vec<ListenerData>>("listeners.yaml")?;
    let listener_ids: Vec<String> = listener_data.iter().map(|listener| listener.id.clone()).collect();
    let listeners = listener_data.into_iter().map(|data| names.listener(data, &listener_ids)).collect::<Result<Vec<_>>>()?;
    let link_data = read::<Vec<LinkData>>("links.yaml")?;
    let link_ids: Vec<String> = link_data.iter().map(|link| link.id.clone()).collect();
    let links = link_data.into_iter().map(|data| names.link(data, &listener_ids, &link_ids)).collect::<Result<Vec<_>>>()?;
    let detection = data.detection.into_iter().map(|data| names.detector(data, &files)).collect::<Result<Vec<_>>>()?;
    let placeholders = data
        .placeholders
        .into_iter()
        .map(|data| Ok((data.name.clone(), meaning(data, &listener_ids)?)))
        .collect::<Result<HashMap<_, _>>>()?;
    let products = data.products.into_iter().map(build_product).collect::<Result<Vec<_>>>()?;
    let mut loopback = GlobSetBuilder::new();
    for pattern in &data.loopback {
        loopback.add(Glob::new(pattern).map_err(|error| fail("product.yaml", error))?);
    }
    Ok(Catalogue {
        families: data.families,
        roles: data.roles,
        loopback: loopback.build().map_err(|error| fail("product.yaml", error))?,
        wildcard: data.wildcard,
        offset: names.setting(&data.offset.setting)?,
        offset_property: data.offset.property,
        files,
        placeholders,
        other_ports: data.other_ports,
        detection,
        products,
        settings,
        listeners,
        links,
    })
}

fn read<T: DeserializeOwned>(name: &str) -> Result<T> {
    let path = format!("rules/catalogue/wso2am/{name}");
    let text = embedded_files(&path).next().ok_or_else(|| fail(name, "the file is missing"))?.1;
    serde_yaml::from_str(text).map_err(|error| fail(name, error))
}

fn fail(file: &str, message: impl fmt::Display) -> CatalogueError {
    CatalogueError(format!("rules/catalogue/wso2am/{file}: {message}"))
}

fn format_of(format: FormatData) -> Option<Format> {
    match format {
        FormatData::Xml => Some(Format::Xml),
        FormatData::Toml => Some(Format::Toml),
        FormatData::Text => None,
    }
}

fn find(what: &str, id: &str, ids: &[String]) -> Result<usize> {
    ids.iter().position(|known| known == id).ok_or_else(|| {
        let near = crate::source::nearest(id, ids.iter().map(String::as_str)).map(|near| format!("; nearest: {near}"));
        fail("*.yaml", format!("there is no {what} '{id}'{}", near.unwrap_or_default()))
    })
}

fn find_file(path: &str, files: &[FileSpec]) -> Result<usize> {
    files.iter().position(|file| file.path == path).ok_or_else(|| fail("*.yaml", format!("'{path}' is not among files")))
}

fn build_place(data: &PlaceData, files: &[FileSpec]) -> Result<SettingPlace> {
    let file = find_file(&data.file, files)?;
    let format = files[file].format.ok_or_else(|| fail("settings.yaml", format!("'{}' is plain text", data.file)))?;
    let path = Path::parse(&data.path, format).map_err(|error| fail("settings.yaml", format!("{}: {error}", data.path)))?;
    Ok(SettingPlace { versions: data.versions, file, path })
}

fn build_setting(data: SettingData, files: &[FileSpec]) -> Result<Setting> {
    let places = |places: &[PlaceData]| places.iter().map(|place| build_place(place, files)).collect::<Result<Vec<_>>>();
    Ok(Setting {
        id: data.id,
        title: data.title,
        kind: data.kind,
        offset: data.offset,
        choices: data.choices,
        places: places(&data.places)?,
        obsolete: places(&data.obsolete)?,
        beside: data.beside,
        shipped: data.shipped,
        absent: data.absent,
        synapse: data.synapse,
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

fn meaning(data: PlaceholderData, listeners: &[String]) -> Result<Meaning> {
    match (data.listener, data.own_host, data.text) {
        (Some(listener), false, None) => Ok(Meaning::Listener(find("listener", &listener, listeners)?)),
        (None, true, None) => Ok(Meaning::OwnHost),
        (None, false, Some(text)) => Ok(Meaning::Text(text)),
        _ => Err(fail("product.yaml", format!("placeholder {} needs one of listener, own_host, text", data.name))),
    }
}

/// Ids of settings, to be found again.
struct Names {
    settings: Vec<String>,
}

impl Names {
    fn setting(&self, id: &str) -> Result<usize> {
        find("setting", id, &self.settings)
    }

    fn optional(&self, id: Option<&str>) -> Result<Option<usize>> {
        id.map(|id| self.setting(id)).transpose()
    }

    fn conditions(&self, data: Vec<ConditionData>) -> Result<Vec<Condition>> {
        data.into_iter().map(|data| Ok(Condition { setting: self.setting(&data.setting)?, is: data.is })).collect()
    }

    fn listener(&self, data: ListenerData, listeners: &[String]) -> Result<Listener> {
        Ok(Listener {
            port: self.setting(&data.port)?,
            bind: self.optional(data.bind.as_deref())?,
            proxy_port: self.optional(data.proxy_port.as_deref())?,
            plain: data.plain.map(|id| find("listener", &id, listeners)).transpose()?,
            live: self.conditions(data.live)?,
            id: data.id,
            title: data.title,
            protocol: data.protocol,
            default: data.default,
            versions: data.versions,
            roles: data.roles,
            profiles: data.profiles,
            source: data.source,
            confidence: data.confidence,
        })
    }

    fn link(&self, data: LinkData, listeners: &[String], links: &[String]) -> Result<Link> {
        let address = match (&data.url, &data.port) {
            (Some(url), None) => Address::Url(self.setting(url)?),
            (None, Some(port)) => Address::PortAndHost {
                port: self.setting(port)?,
                hosts: data.host.iter().map(|host| self.setting(host)).collect::<Result<_>>()?,
            },
            _ => return Err(fail("links.yaml", format!("{} needs either url or port", data.id))),
        };
        let readers = data
            .readers
            .into_iter()
            .map(|reader| Ok(Reader { role: reader.role, proven: reader.proven, live: self.conditions(reader.live)? }));
        let needs =
            data.needs.into_iter().map(|need| Ok(Need { versions: need.versions, setting: self.setting(&need.setting)? }));
        let meant = data.target.listeners.into_iter().map(|(scheme, id)| Ok((scheme, find("listener", &id, listeners)?)));
        Ok(Link {
            readers: readers.collect::<Result<_>>()?,
            needs: needs.collect::<Result<_>>()?,
            listeners: meant.collect::<Result<_>>()?,
            companion: data.companion.map(|id| find("link", &id, links)).transpose()?,
            alike: self.optional(data.alike.as_deref())?,
            live: self.conditions(data.live)?,
            explicit_port: self.conditions(data.explicit_port)?,
            id: data.id,
            title: data.title,
            versions: data.versions,
            target_roles: data.target.roles,
            target_roles_of: data.target.roles_of,
            address,
            local: data.local,
            severity: data.severity,
            breaks: data.breaks,
            log: data.log,
            source: data.source,
            confidence: data.confidence,
        })
    }

    fn detector(&self, data: DetectorData, files: &[FileSpec]) -> Result<Detector> {
        match data {
            DetectorData { setting: Some(version), name: Some(name), .. } => {
                Ok(Detector::Settings { version: self.setting(&version)?, name: self.setting(&name)? })
            }
            DetectorData { file: Some(file), pattern: Some(pattern), kernels, .. } => {
                Ok(Detector::File { file: find_file(&file, files)?, pattern: Pattern::new(pattern), kernels })
            }
            DetectorData { directory: Some(pattern), .. } => Ok(Detector::Directory(Pattern::new(pattern))),
            DetectorData { has: Some(has), family: Some(family), at_least, .. } => {
                let file = find_file(&has.file, files)?;
                let format = files[file].format;
                let path = has.path.zip(format).map(|(path, format)| Path::parse(&path, format));
                let path = path.transpose().map_err(|error| fail("product.yaml", error))?;
                Ok(Detector::Structure { file, path, family, at_least })
            }
            _ => Err(fail("product.yaml", "an entry of detection is of no known form")),
        }
    }
}
