//! Product knowledge: which settings, listeners and links exist, per version, read from the data
//! under `rules/catalogue/` that is embedded in the binary.
//!
//! Invariant: this module holds no fact about the product. Facts are in the data, each with its source.

mod build;
mod data;
mod detection;
mod init;
mod link;
mod listener;
mod load;
mod membership;
mod setting;
mod version;

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

pub use detection::{Detector, Pattern};
pub use init::{Apps, InitFacts, Said, Sections, Told, Words, load_init};
pub use link::{Address, AddressFormat, Link, LocalMeaning, Need, Reader, Repeat, TargetSpec};
pub use listener::{Listener, OffsetUse};
pub use load::{CatalogueError, embedded_files, load};
pub use membership::{MemberList, Membership};
pub use setting::{Condition, DefaultValue, FileSpec, Setting, SettingPlace, ValueKind};
pub use version::{Family, Range, Versioned, holds, pick};

use crate::config::{Names, Path};

/// The role of every server of this line.
pub const ANY_ROLE: &str = "any";

/// How sure a fact is. Facts that are guessed are never judged above info.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Read in the product's source or in a shipped file.
    Source,
    /// From its documentation.
    Docs,
    /// Neither.
    Guess,
}

/// How bad a finding is. Ordered: a greater one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a pipeline by itself.
    Info,
    /// Likely wrong, or fragile.
    Warning,
    /// The deployment does not work.
    Error,
}

impl Severity {
    /// The word that users write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a placeholder `${name}` stands for.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// The effective port of a listener of the node that reads it.
    Listener(usize),
    /// The value of a setting of the node that reads it, with the node's offset.
    Setting(usize),
    /// The host of the node that reads it.
    OwnHost,
    /// A fixed text.
    Text(String),
    /// A port of the code, with the offset of the node that reads it.
    Port(u32),
    /// The value of a setting of the same node, which is judged there.
    SameAs(usize),
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Other ways to write it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Roles that it stands for.
    #[serde(default)]
    pub includes: Vec<String>,
    /// Whether such a server is often somebody else's: a host that nobody declared is no mistake then.
    #[serde(default)]
    pub outside: bool,
    /// Whether such a server is none of this line: what every server has, it has not.
    #[serde(default)]
    pub foreign: bool,
}

/// A product by the name that a home or the topology gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id: `am`, `is`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Names by which it is recognised.
    pub names: Vec<String>,
    /// A file without which its settings cannot be known.
    #[serde(default)]
    pub needs: Option<String>,
    /// Its families, and the families of the main product that they are paired with.
    #[serde(default)]
    pub pairs: Vec<(Family, Family)>,
}

/// What the log of a caller says where another listener than the one that it wants answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Schemes of the caller; none: any.
    #[serde(default)]
    pub calls: Vec<String>,
    /// Protocols of the listener; none: any.
    #[serde(default)]
    pub speaks: Vec<String>,
    /// What it says: `{{node}}` answers, `{{protocol}}` is what it speaks.
    pub log: String,
}

/// All that is known of a product.
#[derive(Debug)]
pub struct Catalogue {
    /// Known families, ascending.
    pub families: Vec<Family>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Patterns of loopback names.
    pub loopback: globset::GlobSet,
    /// Addresses that mean every address of a machine, for a server that binds.
    pub wildcard: Vec<String>,
    /// What a Kubernetes service may have behind the name of the server.
    pub service_suffixes: Vec<String>,
    /// The setting of the offset.
    pub offset: usize,
    /// The system property that wins over it.
    pub offset_property: String,
    /// The system property that names the profile.
    pub profile_property: String,
    /// What a caller's log says where another listener answers: the first that fits.
    pub answers: Vec<Answer>,
    /// Files that may be in a home.
    pub files: Vec<FileSpec>,
    /// Placeholders by name.
    pub placeholders: HashMap<String, Meaning>,
    /// Default ports that a node may open beside the listeners.
    pub other_ports: Vec<u32>,
    /// Where listeners of one's own stand.
    pub own_ports: Vec<SettingPlace>,
    /// Ways to find out a version, the best first.
    pub detection: Vec<Detector>,
    /// Products.
    pub products: Vec<Product>,
    /// Settings.
    pub settings: Vec<Setting>,
    /// Listeners.
    pub listeners: Vec<Listener>,
    /// Links.
    pub links: Vec<Link>,
    /// Elements with parts.
    pub records: Vec<RecordSpec>,
    /// Groups in which servers find each other.
    pub memberships: Vec<Membership>,
    /// Names of tables, keys and elements, for each of [`Catalogue::files`].
    pub names: Vec<Names>,
}

/// An element that stands several times and needs some parts.
#[derive(Debug)]
pub struct RecordSpec {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Roles whose nodes read it.
    pub readers: Vec<String>,
    /// Where it stands.
    pub place: SettingPlace,
    /// The parts that it needs: name, and path.
    pub needs: Vec<(String, Path)>,
    /// The part in which each differs from the others.
    pub unique: (String, Path),
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Catalogue {
    /// The index of a setting.
    pub fn setting(&self, id: &str) -> Option<usize> {
        self.settings.iter().position(|setting| setting.id == id)
    }

    /// The role that is written so, by id or alias.
    pub fn role(&self, written: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == written || role.aliases.iter().any(|alias| alias == written))
    }

    /// Whether a role, as written, is another one or stands for it among others.
    pub fn stands_for(&self, written: &str, role: &str) -> bool {
        self.role(written).is_some_and(|known| known.id == role || known.includes.iter().any(|included| included == role))
    }

    /// What must hold at single places of a link's address.
    pub fn conditions_at_places(&self, link: &Link) -> impl Iterator<Item = &Condition> {
        let setting = if let Address::Url(setting) = link.address { self.settings.get(setting) } else { None };
        setting.into_iter().flat_map(|setting| &setting.places).flat_map(|place| &place.live)
    }

    /// Whether a node of these roles has one that an entry names: itself, or `any`.
    pub fn has_role(&self, named: &str, roles: &BTreeSet<String>) -> bool {
        let foreign = |role: &String| self.role(role).is_some_and(|role| role.foreign);
        if named == ANY_ROLE { !roles.iter().all(foreign) } else { roles.contains(named) }
    }

    /// Names of roles that a user may write.
    pub fn role_names(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().flat_map(|role| std::iter::once(&role.id).chain(&role.aliases)).map(String::as_str)
    }

    /// Whether a host names the machine that reads it.
    pub fn is_loopback(&self, host: &str) -> bool {
        self.loopback.is_match(host.trim_matches(['[', ']']).to_ascii_lowercase())
    }

    /// Whether a host that is called means the caller's machine: loopback names, and addresses that mean every one of it.
    pub fn is_own(&self, host: &str) -> bool {
        let bare = host.trim_matches(['[', ']']).trim_end_matches('.');
        self.is_loopback(bare) || self.wildcard.iter().any(|address| address == bare)
    }

    /// Whether one host is another with the suffix of a service behind it.
    pub fn is_service_of(&self, host: &str, other: &str) -> bool {
        let stem = |host: &str, other: &str| {
            host.strip_prefix(other).is_some_and(|rest| self.service_suffixes.iter().any(|s| s == rest))
        };
        stem(host, other) || stem(other, host)
    }

    /// The family that a version is judged as: the newest known one that is not newer, or the oldest.
    pub fn judged_as(&self, family: Family) -> Option<Family> {
        let not_newer = self.families.iter().rev().find(|known| **known <= family);
        not_newer.or(self.families.first()).copied()
    }
}
