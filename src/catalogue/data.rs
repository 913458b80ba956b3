//! The catalogue as its YAML files say it, before ids are resolved.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{
    AddressFormat, Answer, Confidence, DefaultValue, Family, LocalMeaning, OffsetUse, Range, Repeat, Role, Severity, ValueKind,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductData {
    #[serde(rename = "id")]
    pub _id: String,
    #[serde(rename = "title")]
    pub _title: String,
    pub families: Vec<Family>,
    pub roles: Vec<Role>,
    pub loopback: Vec<String>,
    pub wildcard: Vec<String>,
    pub service_suffixes: Vec<String>,
    pub offset: OffsetData,
    pub profile_property: String,
    pub answers: Vec<Answer>,
    pub files: Vec<FileData>,
    pub placeholders: Vec<PlaceholderData>,
    pub other_ports: Vec<u32>,
    pub own_ports: Vec<PlaceData>,
    pub detection: Vec<DetectorData>,
    pub products: Vec<ProductEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductEntry {
    pub id: String,
    pub title: String,
    pub names: Vec<String>,
    #[serde(default)]
    pub needs: Option<String>,
    #[serde(default)]
    pub pairs: BTreeMap<String, Family>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffsetData {
    pub setting: String,
    pub property: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileData {
    pub path: String,
    pub format: FormatData,
    #[serde(default)]
    pub generates: bool,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default, rename = "source")]
    pub _source: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum FormatData {
    Xml,
    Toml,
    Properties,
    Json,
    Shell,
    Batch,
    Wrapper,
    Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceholderData {
    pub name: String,
    #[serde(default)]
    pub listener: Option<String>,
    #[serde(default)]
    pub setting: Option<String>,
    #[serde(default)]
    pub own_host: bool,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub port: Option<u32>,
    #[serde(default)]
    pub same_as: Option<String>,
    #[serde(rename = "source")]
    pub _source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct DetectorData {
    pub setting: Option<String>,
    pub name: Option<String>,
    pub file: Option<String>,
    pub pattern: Option<String>,
    pub kernels: HashMap<String, Family>,
    pub directory: Option<String>,
    pub has: Option<HasData>,
    pub family: Option<Family>,
    pub at_least: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HasData {
    pub file: String,
    #[serde(default)]
    pub path: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceData {
    #[serde(default)]
    pub versions: Range,
    pub file: String,
    pub path: String,
    #[serde(default)]
    pub absent: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub live: Vec<ConditionData>,
    #[serde(default)]
    pub means: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingData {
    pub id: String,
    pub title: String,
    pub kind: ValueKind,
    #[serde(default)]
    pub offset: OffsetUse,
    #[serde(default)]
    pub offset_when: Option<ConditionData>,
    #[serde(default)]
    pub choices: Vec<String>,
    pub places: Vec<PlaceData>,
    #[serde(default)]
    pub obsolete: Vec<PlaceData>,
    #[serde(default)]
    pub beside: Vec<String>,
    #[serde(default)]
    pub shipped: Vec<DefaultValue>,
    #[serde(default)]
    pub absent: Vec<DefaultValue>,
    #[serde(default)]
    pub synapse: bool,
    #[serde(default)]
    pub repeat: Repeat,
    #[serde(default)]
    pub instead_of: Option<String>,
    pub source: String,
    pub confidence: Confidence,
}

/// A setting by its id, or given where it is used: then it has the id and title of what uses it.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum SettingRef {
    Id(String),
    Here(Box<InlineSetting>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineSetting {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub kind: Option<ValueKind>,
    #[serde(default)]
    pub offset: OffsetUse,
    #[serde(default)]
    pub offset_when: Option<ConditionData>,
    pub places: Vec<PlaceData>,
    #[serde(default)]
    pub beside: Vec<String>,
    #[serde(default)]
    pub shipped: Vec<DefaultValue>,
    #[serde(default)]
    pub absent: Vec<DefaultValue>,
    #[serde(default)]
    pub synapse: bool,
    #[serde(default)]
    pub repeat: Repeat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionData {
    pub setting: String,
    #[serde(default)]
    pub is: Vec<String>,
    #[serde(default)]
    pub contains: Option<String>,
    #[serde(default = "yes")]
    pub stated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerData {
    pub id: String,
    pub title: String,
    pub protocol: String,
    pub port: SettingRef,
    pub default: u32,
    #[serde(default)]
    pub bind: Option<String>,
    #[serde(default)]
    pub proxy_port: Option<String>,
    #[serde(default)]
    pub plain: Option<String>,
    #[serde(default)]
    pub shareable: bool,
    #[serde(default)]
    pub versions: Range,
    pub roles: Vec<String>,
    #[serde(default)]
    pub profiles: Vec<String>,
    #[serde(default)]
    pub live: Vec<ConditionData>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderData {
    pub role: String,
    #[serde(default)]
    pub proven: bool,
    #[serde(default)]
    pub seldom: bool,
    #[serde(default)]
    pub live: Vec<ConditionData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetData {
    #[serde(default)]
    pub versions: Range,
    #[serde(default)]
    pub when: Vec<ConditionData>,
    pub roles: Vec<String>,
    #[serde(default)]
    pub otherwise: Vec<String>,
    #[serde(default)]
    pub itself: bool,
    #[serde(default)]
    pub peer: bool,
    #[serde(default)]
    pub listeners: BTreeMap<String, String>,
}

/// Where a link goes: to one kind of target, or to the first of several that holds.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum TargetsData {
    One(TargetData),
    Several(Vec<TargetData>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedData {
    #[serde(default)]
    pub versions: Range,
    pub setting: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkData {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub versions: Range,
    pub readers: Vec<ReaderData>,
    pub target: TargetsData,
    #[serde(default)]
    pub format: AddressFormat,
    #[serde(default)]
    pub public: bool,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub untouched: Vec<String>,
    #[serde(default)]
    pub bare: bool,
    #[serde(default)]
    pub pairs_with: Option<String>,
    #[serde(default)]
    pub falls_back_to: Option<String>,
    #[serde(default = "yes")]
    pub judged: bool,
    #[serde(default)]
    pub url: Option<SettingRef>,
    #[serde(default)]
    pub port: Option<SettingRef>,
    #[serde(default)]
    pub host: Vec<String>,
    #[serde(default)]
    pub companion: Option<String>,
    #[serde(default)]
    pub live: Vec<ConditionData>,
    #[serde(default)]
    pub explicit_port: Vec<ConditionData>,
    #[serde(default)]
    pub needs: Vec<NeedData>,
    #[serde(default)]
    pub alike: Option<String>,
    #[serde(default)]
    pub local: LocalMeaning,
    pub severity: Severity,
    pub breaks: String,
    pub log: String,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordData {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub versions: Range,
    pub readers: Vec<String>,
    pub file: String,
    pub path: String,
    pub needs: Vec<String>,
    pub unique: String,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesData {
    pub file: String,
    #[serde(default)]
    pub read: Vec<String>,
    #[serde(default)]
    pub alike: Vec<String>,
    #[serde(default)]
    pub strays: Vec<StrayData>,
    #[serde(default)]
    pub arrays: Vec<String>,
    #[serde(rename = "source")]
    pub _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrayData {
    pub meant: String,
    pub names: Vec<String>,
}

fn yes() -> bool {
    true
}
