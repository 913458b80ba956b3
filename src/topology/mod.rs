//! The topology: what the user declared about a deployment, every value with its span.
//!
//! Reads one YAML text and nothing else. Knows no product: role names, versions and rule ids are
//! checked by the stages that own them. File system patterns in `name` and `home` are expanded by `home`.

mod ad_hoc;
mod check;
mod nodes;
mod read;
mod references;
pub mod shape;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

pub use ad_hoc::ad_hoc;
pub use read::{Declared, in_order, read};
pub use references::check_references;

use crate::source::{Span, Spanned};
use crate::start::Rank;
use crate::start::command::{self, Command};

/// What the topology file says. All spans are bytes of that file on disk.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// The nodes in the order of the file. `defaults` are merged in already.
    pub nodes: Vec<Node>,
    /// Load balancers, Kubernetes services and other names that forward.
    pub load_balancers: Vec<LoadBalancer>,
    /// Hosts that are there and not linted.
    pub externals: Vec<External>,
    /// Findings that are not to be reported.
    pub ignores: Vec<Ignore>,
    /// Severities of rules, by rule id: `error`, `warning`, `info` or `off` (checked), ids unchecked.
    pub severities: Vec<(Spanned<String>, Spanned<String>)>,
    /// Folders with rules of the user's own, relative to the topology.
    pub rules_dir: Vec<Spanned<String>>,
}

/// One node: a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Unique name; may be a glob pattern until `home` expands it.
    pub name: Spanned<String>,
    /// Roles as written, at least one.
    pub roles: Vec<Spanned<String>>,
    /// Layers of the home, at least one; files of a later one cover those of an earlier one.
    pub home: Vec<Layer>,
    /// The name by which other nodes reach it.
    pub host: Option<Spanned<String>>,
    /// Further names and addresses.
    pub aliases: Vec<Spanned<String>>,
    /// Nodes with the same machine share its ports.
    pub machine: Option<Spanned<String>>,
    /// `-DportOffset` of the start command, from `port_offset` or from `start`, as written.
    pub port_offset: Option<Spanned<String>>,
    /// The start command, where one was given.
    pub start: Option<Spanned<String>>,
    /// The `-Dprofile` of the start command: `Some(None)` where a command was given without one.
    pub profile: Option<Option<Spanned<String>>>,
    /// System properties, from `properties` and `-D` options of `start`.
    pub properties: BTreeMap<String, Spanned<String>>,
    /// Where options stand that are no arguments of the server: start scripts outrank some of them; nothing outranks a key of
    /// the topology.
    pub ranks: BTreeMap<String, Rank>,
    /// Whether the start command throws `JAVA_OPTS` away, those of a start script too.
    pub debug: bool,
    /// Environment variables for `$env{X}`.
    pub environment: BTreeMap<String, Spanned<String>>,
    /// Product version, as written (`2.6.0`, `2.6`, `wso2am-2.6.0`, `5.7.0` of an Identity Server).
    pub product: Option<Spanned<String>>,
    /// Names of nodes that are meant where a configured host names nobody.
    pub key_manager: Vec<Spanned<String>>,
}

impl Node {
    /// What the start command says; nothing where there is none.
    pub fn command(&self) -> Command {
        self.start.as_ref().and_then(|start| command::read(&start.value).ok()).unwrap_or_default()
    }
}

/// A layer of a home: a directory, an archive, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Where it lies, as written, relative to the topology's folder.
    pub path: Spanned<String>,
    /// Over which path of the home it lies ([`within`]), as written; `None` for the home as a whole.
    pub to: Option<Spanned<String>>,
}

/// A name that forwards to nodes.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// What people call it.
    pub name: Option<Spanned<String>>,
    /// The host by which it is reached.
    pub host: Spanned<String>,
    /// Further names and addresses.
    pub aliases: Vec<Spanned<String>>,
    /// Ports it offers, each with where it forwards to. Empty where `nodes` is given instead.
    pub ports: Vec<(Spanned<u16>, Vec<Backend>)>,
    /// Nodes to which every port is forwarded one to one.
    pub nodes: Vec<Spanned<String>>,
}

/// `node:port` behind a load balancer.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The node's name.
    pub node: String,
    /// The port on that node.
    pub port: u16,
    /// Where it is written.
    pub span: Span,
}

/// A host that is there and that nobody lints.
#[derive(Debug, Clone)]
pub struct External {
    /// Its host.
    pub host: Spanned<String>,
    /// Further names and addresses.
    pub aliases: Vec<Spanned<String>>,
    /// The machine it runs on, where that matters for collisions.
    pub machine: Option<Spanned<String>>,
    /// Ports it opens there.
    pub ports: Vec<Spanned<u16>>,
}

/// An entry of `ignore`. All keys that are given must match.
#[derive(Debug, Clone)]
pub struct Ignore {
    /// Rule id or glob pattern.
    pub rule: Spanned<String>,
    /// Pattern for any node of the finding.
    pub node: Option<Spanned<String>>,
    /// Pattern for the primary place, relative to the topology.
    pub file: Option<Spanned<String>>,
    /// Pattern for the link's id.
    pub link: Option<Spanned<String>>,
    /// Why.
    pub reason: Spanned<String>,
    /// The whole entry.
    pub span: Span,
}

/// Something wrong with the topology: the run stops with exit status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyError {
    /// What is wrong, and what was expected.
    pub message: String,
    /// Where; `None` where the reader does not know.
    pub span: Option<Span>,
    /// What to do: the nearest right name, the choices.
    pub help: Option<String>,
}

impl TopologyError {
    /// An error at a place, without help.
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span: Some(span), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for TopologyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(formatter, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TopologyError {}

/// A path within a home, as the files of a home are called; empty for the home itself. `None` where it leads out.
pub fn within(path: &str) -> Option<String> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let leads_out = path.starts_with('/') || drive || path.contains('\\') || parts.clone().any(|part| part == "..");
    (!leads_out).then(|| parts.collect::<Vec<_>>().join("/"))
}

/// Whether the name of a node is a glob pattern that stands for several nodes.
pub fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '[', ']', '{', '}'])
}
