//! Builds settings, listeners and links of what the data says: ids become indexes.

use super::data::{
    ConditionData, DetectorData, LinkData, ListenerData, PlaceData, PlaceholderData, SettingData, SettingRef, TargetData,
    TargetsData,
};
use super::load::{Result, fail, find, find_file, place_of};
use super::{
    Address, Condition, Confidence, Detector, FileSpec, Link, Listener, Meaning, Need, Pattern, Reader, Setting, SettingPlace,
    Severity, TargetSpec,
};
use crate::config::Path;

/// Ids of settings, to be found again.
pub(super) struct SettingIds {
    pub(super) settings: Vec<String>,
}

impl SettingIds {
    pub(super) fn setting(&self, id: &str) -> Result<usize> {
        find("setting", id, &self.settings)
    }

    /// A setting that is named, or that was given where it is used: then it has the user's id.
    pub(super) fn used(&self, setting: &SettingRef, user: &str) -> Result<usize> {
        match setting {
            SettingRef::Id(id) if !id.is_empty() => self.setting(id),
            _ => self.setting(user),
        }
    }

    pub(super) fn optional(&self, id: Option<&str>) -> Result<Option<usize>> {
        id.map(|id| self.setting(id)).transpose()
    }

    pub(super) fn conditions(&self, data: Vec<ConditionData>) -> Result<Vec<Condition>> {
        data.into_iter()
            .map(|data| {
                let (setting, unstated) = (self.setting(&data.setting)?, !data.stated);
                Ok(Condition { setting, is: data.is, contains: data.contains, unstated })
            })
            .collect()
    }

    pub(super) fn meaning(&self, data: PlaceholderData, listeners: &[String]) -> Result<Meaning> {
        match data {
            PlaceholderData { listener: Some(listener), .. } => Ok(Meaning::Listener(find("listener", &listener, listeners)?)),
            PlaceholderData { setting: Some(setting), .. } => Ok(Meaning::Setting(self.setting(&setting)?)),
            PlaceholderData { same_as: Some(setting), .. } => Ok(Meaning::SameAs(self.setting(&setting)?)),
            PlaceholderData { text: Some(text), .. } => Ok(Meaning::Text(text)),
            PlaceholderData { port: Some(port), .. } => Ok(Meaning::Port(port)),
            PlaceholderData { own_host: true, .. } => Ok(Meaning::OwnHost),
            PlaceholderData { name, .. } => Err(fail(
                "product.yaml",
                format!("placeholder {name} needs one of listener, setting, same_as, port, own_host, text"),
            )),
        }
    }

    pub(super) fn build(&self, data: SettingData, files: &[FileSpec]) -> Result<Setting> {
        let place = |data: PlaceData| {
            let place = place_of(&data, files)?;
            Ok(SettingPlace { roles: data.roles, live: self.conditions(data.live)?, ..place })
        };
        let places = |places: Vec<PlaceData>| places.into_iter().map(place).collect::<Result<Vec<_>>>();
        Ok(Setting {
            id: data.id,
            title: data.title,
            kind: data.kind,
            offset: data.offset,
            offset_when: self.conditions(data.offset_when.into_iter().collect())?.pop(),
            choices: data.choices,
            places: places(data.places)?,
            obsolete: places(data.obsolete)?,
            beside: data.beside,
            shipped: data.shipped,
            absent: data.absent,
            synapse: data.synapse,
            repeat: data.repeat,
            instead_of: self.optional(data.instead_of.as_deref())?,
            source: data.source,
            confidence: data.confidence,
        })
    }

    pub(super) fn listener(&self, data: ListenerData, listeners: &[String]) -> Result<Listener> {
        Ok(Listener {
            port: self.used(&data.port, &data.id)?,
            bind: self.optional(data.bind.as_deref())?,
            proxy_port: self.optional(data.proxy_port.as_deref())?,
            plain: data.plain.map(|id| find("listener", &id, listeners)).transpose()?,
            live: self.conditions(data.live)?,
            shareable: data.shareable,
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

    pub(super) fn link(&self, data: LinkData, listeners: &[String], links: &[String]) -> Result<Link> {
        let address = match (&data.url, &data.port) {
            (Some(url), None) => Address::Url(self.used(url, &data.id)?),
            (None, Some(port)) => Address::PortAndHost {
                port: self.used(port, &data.id)?,
                hosts: data.host.iter().map(|host| self.setting(host)).collect::<Result<_>>()?,
            },
            _ => return Err(fail("links.yaml", format!("{} needs either url or port", data.id))),
        };
        let readers = data.readers.into_iter().map(|reader| {
            Ok(Reader { role: reader.role, proven: reader.proven, seldom: reader.seldom, live: self.conditions(reader.live)? })
        });
        let needs =
            data.needs.into_iter().map(|need| Ok(Need { versions: need.versions, setting: self.setting(&need.setting)? }));
        let targets = match data.target {
            TargetsData::One(one) => vec![one],
            TargetsData::Several(several) => several,
        };
        let targets = targets.into_iter().map(|target| self.target(target, listeners));
        Ok(Link {
            readers: readers.collect::<Result<_>>()?,
            needs: needs.collect::<Result<_>>()?,
            targets: targets.collect::<Result<_>>()?,
            companion: data.companion.map(|id| find("link", &id, links)).transpose()?,
            alike: self.optional(data.alike.as_deref())?,
            live: self.conditions(data.live)?,
            explicit_port: self.conditions(data.explicit_port)?,
            id: data.id,
            title: data.title,
            versions: data.versions,
            format: data.format,
            public: data.public,
            optional: data.optional || !data.judged,
            untouched: data.untouched,
            bare: data.bare,
            pairs_with: data.pairs_with.map(|id| find("link", &id, links)).transpose()?,
            falls_back_to: data.falls_back_to.map(|id| find("link", &id, links)).transpose()?,
            judged: data.judged,
            address,
            local: data.local,
            // A guess is never judged above information.
            severity: if data.confidence == Confidence::Guess { Severity::Info } else { data.severity },
            breaks: data.breaks,
            log: data.log,
            source: data.source,
            confidence: data.confidence,
        })
    }

    pub(super) fn target(&self, data: TargetData, listeners: &[String]) -> Result<TargetSpec> {
        let meant = data.listeners.into_iter().map(|(scheme, id)| Ok((scheme, find("listener", &id, listeners)?)));
        Ok(TargetSpec {
            versions: data.versions,
            when: self.conditions(data.when)?,
            roles: data.roles,
            otherwise: data.otherwise,
            itself: data.itself,
            peer: data.peer,
            listeners: meant.collect::<Result<_>>()?,
        })
    }

    pub(super) fn detector(&self, data: DetectorData, files: &[FileSpec]) -> Result<Detector> {
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
