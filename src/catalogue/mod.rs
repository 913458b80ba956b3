//! Product knowledge: which settings, listeners and links exist, per version, read from the data
//! under `rules/catalogue/` that is embedded in the binary.
//!
//! Invariant: this module holds no fact about the product. Facts are in the data, each with its source.

mod data;
mod detection;
mod init;
mod load;
mod membership;
mod version;

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

pub use detection::{Detector, Pattern};
pub use init::{Apps, InitFacts, Said, Sections, Told, Words, load_init};
pub use load::{CatalogueError, embedded_files, load};
pub use membership::{MemberList, Membership};
pub use version::{Family, Range, Versioned, holds, pick};

use crate::config::{Format, Names, Path};
use crate::source::TextKind;

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

/// What a value is, and thus how the product reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// `Integer.parseInt`, untrimmed; blank counts as absent.
    Port,
    /// `Integer.parseInt`, untrimmed.
    Integer,
    /// `Boolean.parseBoolean`: `true` in any case, everything else is false.
    Boolean,
    /// One of `choices`, to the letter.
    Choice,
    /// A host name or address.
    Host,
    /// A URL.
    Url,
    /// Anything.
    Text,
}

/// Whether the node's offset is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OffsetUse {
    /// The number is used as it is.
    #[default]
    Never,
    /// The node's offset is added.
    Always,
    /// The node's offset is added if it is above 0.
    Positive,
}

/// A file that may be in a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// Path relative to the home.
    pub path: String,
    /// How to parse it; `None` for plain text.
    pub format: Option<Format>,
    /// Whether other files are written anew from it at every start.
    pub generates: bool,
    /// Of a start script, roles of the packs that have it, where only those do.
    pub roles: Vec<String>,
}

impl FileSpec {
    /// Whether it is a start script.
    pub fn is_script(&self) -> bool {
        matches!(self.format, Some(Format::Script(_)))
    }

    /// How its bytes are decoded.
    pub fn text_kind(&self) -> TextKind {
        match self.format {
            Some(Format::Xml) => TextKind::Xml,
            Some(Format::Properties | Format::Json | Format::Script(_)) => TextKind::Utf8OrLatin1,
            Some(Format::Toml) | None => TextKind::Utf8,
        }
    }
}

/// Where a setting stands in some versions.
#[derive(Debug, Clone)]
pub struct SettingPlace {
    /// The versions that read it there.
    pub versions: Range,
    /// Index into [`Catalogue::files`].
    pub file: usize,
    /// Where in the file.
    pub path: Path,
    /// What a missing element of this file stands for, where that is not what it does in others.
    pub absent: Option<String>,
    /// Of a link's address, the roles that read it there; empty where every reader of the link does.
    pub roles: Vec<String>,
    /// Of a link's address, what must hold for it to be used there.
    pub live: Vec<Condition>,
    /// What anything that is written there stands for; `None` where the text itself counts.
    pub means: Option<String>,
}

/// A value that stands for a missing file or element.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultValue {
    /// The versions for which it does.
    #[serde(default)]
    pub versions: Range,
    /// The value.
    pub value: String,
    /// Whether the offset is added to it.
    #[serde(default)]
    pub offset: OffsetUse,
}

/// One value in one file of a home.
#[derive(Debug)]
pub struct Setting {
    /// Its id: what rules and fixes name.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How it is read.
    pub kind: ValueKind,
    /// Whether the offset is added to a written value.
    pub offset: OffsetUse,
    /// The condition under which that is so.
    pub offset_when: Option<Condition>,
    /// The values of a choice.
    pub choices: Vec<String>,
    /// Where it stands: the first place whose file is there counts.
    pub places: Vec<SettingPlace>,
    /// Places of versions that no longer read it.
    pub obsolete: Vec<SettingPlace>,
    /// Siblings beside which a missing element is inserted.
    pub beside: Vec<String>,
    /// What a missing file stands for.
    pub shipped: Vec<DefaultValue>,
    /// What a missing element in a file that is there stands for.
    pub absent: Vec<DefaultValue>,
    /// Whether the file is one of Synapse, where `{uri.var.x}` is a variable.
    pub synapse: bool,
    /// What further elements mean.
    pub repeat: Repeat,
    /// The setting that is read where this one is not: it stands in a place of other versions.
    pub instead_of: Option<usize>,
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Setting {
    /// The element that people look for, where its name says what it is (`ThriftClientPort`), else the title. A switch called
    /// `Enabled` says nothing of what it switches.
    pub fn element(&self) -> &str {
        let path = self.places.first().map(|place| &place.path).filter(|path| path.is_named_element());
        let telling = |name: &&str| name.chars().any(char::is_uppercase) && *name != "Enabled";
        path.and_then(Path::name).filter(telling).unwrap_or(&self.title)
    }
}

/// A condition on a setting.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Index into [`Catalogue::settings`].
    pub setting: usize,
    /// The values that fulfil it; empty where it only must be stated.
    pub is: Vec<String>,
    /// A text that the value has to have in it.
    pub contains: Option<String>,
    /// Whether it must not be stated at all.
    pub unstated: bool,
}

/// A port that a node opens.
#[derive(Debug)]
pub struct Listener {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What it speaks: the scheme of URLs that mean it.
    pub protocol: String,
    /// The setting of its port.
    pub port: usize,
    /// The port of an untouched installation.
    pub default: u32,
    /// The setting of the address that it binds; all addresses where there is none.
    pub bind: Option<usize>,
    /// The setting of the port that a proxy in front of it offers.
    pub proxy_port: Option<usize>,
    /// The listener of the same service without TLS.
    pub plain: Option<usize>,
    /// Whether several may open the port on one machine.
    pub shareable: bool,
    /// The versions that have it.
    pub versions: Range,
    /// Roles whose nodes open it; `any` for all.
    pub roles: Vec<String>,
    /// Start profiles that have it; empty for all.
    pub profiles: Vec<String>,
    /// What must hold for it to open.
    pub live: Vec<Condition>,
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A role whose nodes make a call.
#[derive(Debug)]
pub struct Reader {
    /// The role.
    pub role: String,
    /// Whether that it does is proven from source.
    pub proven: bool,
    /// Whether its files state the address and it seldom calls it: one left as shipped says nothing then.
    pub seldom: bool,
    /// What must hold for it to make the call.
    pub live: Vec<Condition>,
}

/// The role of every server of this line.
pub const ANY_ROLE: &str = "any";

impl Reader {
    /// Whether a node of these roles is one.
    pub fn is(&self, catalogue: &Catalogue, roles: &BTreeSet<String>) -> bool {
        catalogue.has_role(&self.role, roles)
    }
}

/// Where a link goes.
#[derive(Debug)]
pub struct TargetSpec {
    /// The versions of the caller for which it does.
    pub versions: Range,
    /// What must hold on the caller.
    pub when: Vec<Condition>,
    /// Roles of the nodes that it may go to.
    pub roles: Vec<String>,
    /// Roles that stand in where no node of the topology has one of `roles`.
    pub otherwise: Vec<String>,
    /// Whether it may go to the caller itself, whatever its roles.
    pub itself: bool,
    /// Whether it has to go to another node than the caller.
    pub peer: bool,
    /// Scheme and index of the listener that it means.
    pub listeners: Vec<(String, usize)>,
}

/// How the value of a setting holds addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFormat {
    /// One URL.
    #[default]
    Url,
    /// URLs, with commas between them.
    UrlList,
    /// Groups of a data bridge agent: `{tcp://a:9611|tcp://b:9611},{tcp://c:9611}`.
    DatabridgeGroup,
    /// URLs of brokers: `tcp://a:5672`, over TLS with `?ssl='true'` behind it.
    BrokerList,
    /// A JMS connection URL with a broker list: `amqp://user:pass@clientid/carbon?brokerlist='tcp://a:5672'`.
    AmqpUrl,
    /// `jdbc:` in front of a URL.
    JdbcUrl,
}

/// What further elements of a setting mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// Only one counts.
    #[default]
    Never,
    /// Each is a value of its own; of several places the first that holds one counts.
    Each,
    /// Each is, in all places and files.
    Everywhere,
}

/// How a link states where it goes.
#[derive(Debug)]
pub enum Address {
    /// A URL.
    Url(usize),
    /// A port of its own, and a host from the first of several settings that is written.
    PortAndHost {
        /// The setting of the port.
        port: usize,
        /// Settings of the host, in order; of a URL, its host.
        hosts: Vec<usize>,
    },
}

/// What a loopback name means beyond the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalMeaning {
    /// A node of the reader's machine that has the target's role.
    #[default]
    Machine,
    /// The node that holds the file, unless exactly one other node of its machine has the target's role
    /// (the shipped workflow callback points at localhost and is meant so).
    HolderOrNeighbour,
}

/// A setting that some versions need beside the port.
#[derive(Debug, Clone)]
pub struct Need {
    /// The versions.
    pub versions: Range,
    /// The setting that must be stated.
    pub setting: usize,
}

/// A call that a node makes.
#[derive(Debug)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The versions that make it.
    pub versions: Range,
    /// Who makes it.
    pub readers: Vec<Reader>,
    /// Where it goes: the first that holds for the caller.
    pub targets: Vec<TargetSpec>,
    /// How its value holds addresses.
    pub format: AddressFormat,
    /// Whether browsers use it: a public name without port is fine.
    pub public: bool,
    /// Whether its reader takes scheme, host and port and nothing besides: no path, no default port.
    pub bare: bool,
    /// The link whose addresses have to pair with those of this one, by position.
    pub pairs_with: Option<usize>,
    /// The link whose addresses are called where none of its own is written. They are judged once: for that link, where the
    /// node makes that call too.
    pub falls_back_to: Option<usize>,
    /// Whether there is no such call unless somebody writes it.
    pub optional: bool,
    /// Addresses that packs are shipped with. Whether anybody uses them nothing tells: they say nothing.
    pub untouched: Vec<String>,
    /// Whether it is judged; else it is listed.
    pub judged: bool,
    /// How it is written.
    pub address: Address,
    /// Another link of the same node that goes to the same target.
    pub companion: Option<usize>,
    /// What must hold for it to be used.
    pub live: Vec<Condition>,
    /// Under these conditions the reader needs the port written out.
    pub explicit_port: Vec<Condition>,
    /// Settings without which the call cannot be made.
    pub needs: Vec<Need>,
    /// A setting in which all callers of one node should agree.
    pub alike: Option<usize>,
    /// What loopback names mean.
    pub local: LocalMeaning,
    /// The worst that a finding about it may be.
    pub severity: Severity,
    /// What does not work when it is wrong.
    pub breaks: String,
    /// What the log then says, with `{host}` and `{port}`.
    pub log: String,
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
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

impl Versioned for DefaultValue {
    fn versions(&self) -> Range {
        self.versions
    }
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
