//! Links: who calls whom, and how the address is written.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Catalogue, Condition, Confidence, Range, Severity};

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

impl AddressFormat {
    /// Whether its addresses are those of message brokers.
    pub fn of_brokers(self) -> bool {
        matches!(self, Self::BrokerList | Self::AmqpUrl)
    }
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
