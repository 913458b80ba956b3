//! Nodes as the model has them: their products, offsets and listeners.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalogue::Family;
use crate::home::{Home, HomeState};
use crate::source::Place;

use super::{EffectivePort, Setting, Started, What};

/// A running server.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Where the topology names it.
    pub place: Place,
    /// Its roles as declared, by the catalogue's ids.
    pub roles: Vec<String>,
    /// Every role that these stand for.
    pub role_set: BTreeSet<String>,
    /// The names by which other nodes reach it, in lower case.
    pub hosts: Vec<String>,
    /// Its host, as declared.
    pub host: Option<String>,
    /// The machine whose ports it shares; `None` where the topology says nothing.
    pub machine: Option<String>,
    /// Its home.
    pub home: Arc<Home>,
    /// What product it is.
    pub product: Product,
    /// The options with which it starts.
    pub started: Started,
    /// Its port offset.
    pub offset: Offset,
    /// The catalogue's settings as this node reads them, by the catalogue's index.
    pub settings: Vec<Setting>,
    /// The catalogue's listeners on this node, by the catalogue's index.
    pub listeners: Vec<Listener>,
    /// Files that are not there and stand for those of the pack.
    pub assumed: Vec<String>,
    /// Placeholders and template marks in its offset and in ports of its listeners that are not known.
    pub unresolved: Vec<(Place, What)>,
}

impl Node {
    /// Live listeners whose ports are outside 1 to 65535, and these ports.
    pub fn out_of_range(&self) -> impl Iterator<Item = (&Listener, i64)> {
        let live = self.listeners.iter().filter(|listener| listener.live);
        let ports = live.filter_map(|listener| Some((listener, listener.port.value()?)));
        ports.filter(|(_, port)| !(1..=65535).contains(port))
    }

    /// Whether ports that it may open are not known.
    pub fn has_unknown_ports(&self) -> bool {
        let unknown = |listener: &Listener| {
            let may_open = listener.listed && listener.stated && listener.switched_off_by.is_empty();
            may_open && listener.port.value().is_none()
        };
        self.offset.value.is_none() || self.home.state != HomeState::Present || self.listeners.iter().any(unknown)
    }
}

/// The product of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Id of the product in the catalogue (`am`, `is`).
    pub id: Option<String>,
    /// The version as the home or the topology says it.
    pub version: Option<String>,
    /// The family that it is judged as.
    pub family: Option<Family>,
    /// How the version came about: "carbon.xml", "the topology".
    pub origin: String,
    /// Whether it is newer than the newest known family.
    pub newer: bool,
    /// Where it is said.
    pub place: Option<Place>,
    /// What the home says against the topology.
    pub contradiction: Option<Contradiction>,
}

/// A version that a file of a home says or proves, and the topology does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The version; where the file only proves it, the oldest that it may be.
    pub version: String,
    /// Whether the file proves no more than that.
    pub at_least: bool,
    /// The file.
    pub place: Place,
    /// Whether other places of the home's files are read under that version.
    pub reads_otherwise: bool,
}

/// The port offset of a node.
#[derive(Debug, Clone, Default)]
pub struct Offset {
    /// The number that counts; `None` where it cannot be known.
    pub value: Option<i64>,
    /// The text it was read from.
    pub text: Option<String>,
    /// Where it comes from, in words: `carbon.xml`, `wso2server.sh`, `start command`.
    pub origin: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// What is wrong with it.
    pub problem: Option<OffsetProblem>,
    /// What it wins over, in start scripts and in a file: texts and places.
    pub overridden: Vec<(String, Place)>,
    /// Why it is not known.
    pub unknown: Option<String>,
}

/// What may be wrong with an offset (carbon-kernel `CarbonBaseActivator`, `ServletTransportManager`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetProblem {
    /// The element is missing from a carbon.xml that is there.
    Absent,
    /// Nothing but blanks.
    Blank,
    /// No integer of 32 bits.
    NotANumber,
    /// A number with blanks around it.
    BlanksAround,
}

impl OffsetProblem {
    /// The word that rules use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Blank => "blank",
            Self::NotANumber => "not a number",
            Self::BlanksAround => "blanks around",
        }
    }
}

/// A port that a node opens, or would.
#[derive(Debug)]
pub struct Listener {
    /// Index in the catalogue.
    pub spec: usize,
    /// Its effective port.
    pub port: EffectivePort,
    /// Whether the node's version has it and its role or profile runs it.
    pub listed: bool,
    /// Whether anything states its port: a file, or what stands for a missing one.
    pub stated: bool,
    /// Whether the node's role would run it and its start profile does not.
    pub out_of_profile: bool,
    /// Whether it opens.
    pub live: bool,
    /// Why it does not.
    pub why_dormant: Option<String>,
    /// The settings that keep it from opening.
    pub switched_off_by: Vec<usize>,
    /// The address that it binds, where one is written.
    pub bind: Option<String>,
    /// Whether that address is one of the machine itself only.
    pub bind_loopback: bool,
    /// The port that a proxy in front of it offers.
    pub proxy_port: Option<i64>,
}
