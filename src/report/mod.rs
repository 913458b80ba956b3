//! Reports: a project and its findings as text for people and for programs, one file a format.
//!
//! Invariants: nothing is printed, read or looked up here; what a report depends on is passed in. No text of a file
//! leaves unmasked, and no control character of one reaches a terminal. The same input gives the same bytes.

// Text is built in strings; `write!` on one returns a result that cannot be an error and would be dropped each time.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod checked;
mod csv;
mod diff;
mod excerpt;
pub mod explain;
pub mod human;
pub mod json;
pub mod links;
pub mod mended;
pub mod ports;
pub mod rules;
pub mod short;
mod snippet;
mod summary;
#[cfg(test)]
mod tests;
pub mod topology_errors;
pub mod unified;
mod words;

use crate::deployment::Deployment;
use crate::lint::Linted;
use crate::project::{Mended, Project};

pub use summary::Summary;

/// What is reported: a project, and what linting it brought.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its findings; after mending, those that remain.
    pub linted: &'a Linted,
    /// What was mended in this run, if that was asked for.
    pub mended: Option<&'a Mended>,
}

impl Report<'_> {
    fn model(&self) -> &Deployment {
        &self.project.model
    }
}

/// How text for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to draw with characters beyond ASCII. Text of files is shown as it is either way.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to list what is only counted otherwise: infos, every node.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, unicode: true, width: 100, verbose: false }
    }
}
