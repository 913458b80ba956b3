//! Listeners: the ports that a node opens.

use serde::Deserialize;

use super::{Condition, Confidence, Range};

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
