//! Reports: projects and their findings as text for people and for programs, one file a format.
//!
//! Invariants: nothing is printed, read or looked up here; what a report depends on is passed in. No text of a file
//! leaves unmasked, and no control character of one reaches a terminal. The same input gives the same bytes.

// Text is built in strings; `write!` on one returns a result that cannot be an error and would be dropped each time.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod checked;
mod csv;
mod diff;
pub mod examples;
mod excerpt;
pub mod explain;
pub mod fields;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
pub mod links;
pub mod mended;
pub mod ports;
pub mod rules;
pub mod sarif;
mod sarif_log;
pub mod short;
mod snippet;
pub mod statistics;
mod summary;
#[cfg(test)]
mod tests;
pub mod topology_errors;
pub mod unified;
mod words;

use crate::deployment::Deployment;
use crate::lint::{Finding, Ignored, Linted, Rules};
use crate::project::{Mended, Project};

pub use summary::Summary;
pub use words::clean as one_line;

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

impl<'a> Report<'a> {
    fn model(&self) -> &'a Deployment {
        &self.project.model
    }

    /// The topology as paths show it.
    pub fn topology(&self) -> &'a str {
        let model = self.model();
        &model.sources().get(model.inputs.topology_source).name
    }

    /// The names of a finding's nodes, the calling one first.
    fn nodes(&self, finding: &Finding) -> Vec<&'a str> {
        finding.nodes.iter().map(|node| self.model().nodes[*node].name.as_str()).collect()
    }
}

/// A topology that was asked for and could not be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its name for people.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What one run reports: every topology that was asked for.
#[derive(Clone)]
pub struct Run<'a> {
    /// The rules, for formats that document them.
    pub rules: &'a Rules,
    /// Those that were checked, in the order they were asked for.
    pub reports: Vec<Report<'a>>,
    /// Those that could not be.
    pub unread: Vec<Unread>,
    /// Whether what is ignored is listed too, after everything else.
    pub show_ignored: bool,
}

impl<'a> Run<'a> {
    /// Whether more than one topology was asked for, so that it has to be said which one is meant.
    fn is_several(&self) -> bool {
        self.reports.len() + self.unread.len() > 1
    }

    /// Every finding with its report, in order.
    fn findings(&self) -> impl Iterator<Item = (Report<'a>, &'a Finding)> {
        self.reports.iter().flat_map(|report| report.linted.findings.iter().map(|finding| (*report, finding)))
    }

    /// What is ignored, with its report, in order; nothing unless it is wanted.
    fn ignored(&self) -> impl Iterator<Item = (Report<'a>, &'a Ignored)> {
        let wanted = self.reports.iter().filter(|_| self.show_ignored);
        wanted.flat_map(|report| report.linted.ignored.iter().map(|ignored| (*report, ignored)))
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
