//! Ways to find out the version of a home.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;

use super::Family;
use crate::config::Path;

/// A regular expression, compiled when it is first needed: most runs need none.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that is to be compiled later.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// The expression; `None` where the text is none (the tests of the catalogue see to that).
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}

/// One way to find out the version of a home.
#[derive(Debug)]
pub enum Detector {
    /// Settings with the version and the product's name.
    Settings {
        /// The version.
        version: usize,
        /// The name.
        name: usize,
    },
    /// A pattern with groups `name`, `version` or `kernel` over a text file.
    File {
        /// Index into [`Catalogue::files`](super::Catalogue::files).
        file: usize,
        /// The pattern.
        pattern: Pattern,
        /// Families by kernel version.
        kernels: HashMap<String, Family>,
    },
    /// A pattern over the home's directory name.
    Directory(Pattern),
    /// What only some versions have.
    Structure {
        /// Index into [`Catalogue::files`](super::Catalogue::files).
        file: usize,
        /// What must be in it; `None` where the file alone says it.
        path: Option<Path>,
        /// The family that it is judged as.
        family: Family,
        /// Whether it raises an older version that something else said.
        at_least: bool,
    },
}
