//! Why a project cannot be opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::BadRules;
use crate::home::ReadError;
use crate::source::{Content, mask_text};
use crate::topology::TopologyError;

/// Why a project cannot be opened: exit status 2.
#[derive(Debug)]
pub enum OpenError {
    /// The topology cannot be read.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        why: ReadError,
    },
    /// It has mistakes.
    Topology {
        /// Its name.
        name: String,
        /// Its text.
        content: Arc<Content>,
        /// All of them.
        errors: Vec<TopologyError>,
    },
    /// Rules of the user's own have mistakes.
    Rules(BadRules),
}

impl OpenError {
    /// What is wrong, without the topology's name and without what may be a secret.
    pub fn why(&self) -> String {
        match self {
            Self::Unreadable { why, .. } => format!("it cannot be read: {why}"),
            Self::Topology { errors, .. } => errors.iter().map(|error| mask_text(&error.message)).collect::<Vec<_>>().join("; "),
            Self::Rules(rules) => rules.to_string(),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, why } => write!(f, "{} cannot be read: {why}", path.display()),
            Self::Topology { name, .. } => write!(f, "{name}: {}", self.why()),
            Self::Rules(rules) => rules.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}
