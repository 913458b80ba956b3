//! One configuration file: settings looked up by path, each with its place, and the edits that change them.
//!
//! A [`Document`] is parsed once and owns what it needs; places are bytes on disk ([`Span`]). This module does no
//! input or output and knows no product: which paths matter is for the catalogue to say.

mod change;
mod directives;
mod disk;
mod documents;
mod encode;
mod insert;
mod json_change;
mod json_text;
mod json_tree;
mod json_trouble;
mod lookup;
mod malformed;
mod markup;
mod names;
mod path;
mod properties;
mod properties_change;
mod properties_text;
mod toml_change;
mod toml_tables;
mod toml_text;
mod toml_tree;
mod toml_trouble;
mod xml;
mod xml_scan;
mod xml_trouble;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_change;
#[cfg(test)]
mod tests_directives;
#[cfg(test)]
mod tests_json;
#[cfg(test)]
mod tests_json_any;
#[cfg(test)]
mod tests_malformed;
#[cfg(test)]
mod tests_properties;
#[cfg(test)]
mod tests_properties_any;
#[cfg(test)]
mod tests_property;
#[cfg(test)]
mod tests_property_toml;
#[cfg(test)]
mod tests_property_xml;

use std::ops::Range;

pub use change::{Change, Edit, change, set};
pub use directives::{Directive, of_topology};
pub use documents::{Documents, Parsed};
pub use encode::{apply, encode};
pub use malformed::{Malformed, Twice};
pub use names::{Meant, Misnamed, Named, Names};
pub use path::{Path, PathError};
pub use toml_tables::{TableName, rename_table};

use crate::source::{Content, Span};
use crate::start::{Syntax, script};
use disk::DiskMap;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// XML 1.0; elements and attributes are known by their local names.
    Xml,
    /// TOML 1.0.
    Toml,
    /// Java properties, as `java.util.Properties` reads them.
    Properties,
    /// JSON as Jaggery reads it: a literal of JavaScript, with comments and trailing commas.
    Json,
    /// A start script, of which `-D` options are read and nothing is ever changed.
    Script(Syntax),
}

/// A parsed configuration file.
#[derive(Debug)]
pub struct Document {
    body: Body,
    disk: DiskMap,
    directives: Vec<Directive>,
}

#[derive(Debug)]
enum Body {
    Xml(xml::Tree),
    Toml(toml_tree::Tree),
    Properties(properties::Tree),
    Json(json_tree::Tree),
    Script(Syntax, script::Options),
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The value as its reader sees it: decoded, not trimmed.
    pub text: String,
    /// The bytes of the value. For an empty element the place between its tags, for a self-closing one all of it.
    pub span: Span,
    /// Whether the bytes of `span` spell out `text`. Only then may parts of it be edited.
    pub exact: bool,
    /// The whole element, attribute, comment, or key and value (with continuation lines).
    pub element: Span,
    /// Identity of the element that holds it (the table, object or array in TOML and JSON; the table too of elements of an array
    /// in TOML), within one document: duplicates share it,
    /// repeats under different parents do not. For an attribute it is the element that carries the attribute.
    pub parent: usize,
}

impl Found {
    /// The bytes of a range of [`Found::text`], where the value is exact and the range lies in it.
    pub fn part(&self, content: &Content, range: Range<usize>) -> Option<Span> {
        if !self.exact || self.text.get(range.clone()).is_none() {
            return None;
        }
        let start = content.to_text(self.span).start;
        Some(content.to_disk(start + range.start..start + range.end))
    }
}

impl Document {
    /// Parses a file.
    ///
    /// # Errors
    /// [`Malformed`] where the bytes are no text of their encoding, or the text is not well formed.
    pub fn parse(content: &Content, format: Format) -> Result<Self, Malformed> {
        if !matches!(format, Format::Script(_)) {
            malformed::check_text(content, format)?;
        }
        let body = match format {
            Format::Xml => Body::Xml(xml::Tree::parse(content)?),
            Format::Toml => Body::Toml(toml_tree::Tree::parse(content)?),
            Format::Properties => Body::Properties(properties::Tree::parse(content)?),
            Format::Json => Body::Json(json_tree::Tree::parse(content)?),
            Format::Script(syntax) => Body::Script(syntax, script::read(content.text(), syntax)),
        };
        let tree = if let Body::Xml(tree) = &body { Some(tree) } else { None };
        let directives = directives::find(content, format, tree);
        Ok(Self { body, disk: DiskMap::new(content), directives })
    }

    /// How the file is written.
    pub fn format(&self) -> Format {
        match self.body {
            Body::Xml(_) => Format::Xml,
            Body::Toml(_) => Format::Toml,
            Body::Properties(_) => Format::Properties,
            Body::Json(_) => Format::Json,
            Body::Script(syntax, _) => Format::Script(syntax),
        }
    }

    /// Comments that are meant for us, in document order.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// Active values at the path, in document order. A repeated element gives several; an empty one counts.
    /// Of a key that properties hold several times the last comes first, for it is the one that Java keeps; the others
    /// follow in document order; of JSON that one alone is found. A path of another format finds nothing.
    pub fn find(&self, path: &Path) -> Vec<Found> {
        match &self.body {
            Body::Xml(tree) => tree.find(path, &self.disk),
            Body::Toml(tree) => tree.find(path, &self.disk),
            Body::Properties(tree) => tree.find(path, &self.disk),
            Body::Json(tree) => tree.find(path, &self.disk),
            Body::Script(..) => Vec::new(),
        }
    }

    /// Commented-out leaf elements (of properties, lines `#key=value`) that would match the path if they were uncommented,
    /// in document order; none in TOML and JSON.
    pub fn find_commented(&self, path: &Path) -> Vec<Found> {
        match &self.body {
            Body::Xml(tree) => tree.find_commented(path, &self.disk),
            Body::Toml(_) | Body::Json(_) | Body::Script(..) => Vec::new(),
            Body::Properties(tree) => tree.find_commented(path, &self.disk),
        }
    }

    /// Whether the element (the table or object, in TOML and JSON) that would hold the last step of the path exists. Properties have no
    /// such thing: the file holds every key.
    pub fn has(&self, path: &Path) -> bool {
        match &self.body {
            Body::Xml(tree) => tree.has(path),
            Body::Toml(tree) => tree.has(path),
            Body::Properties(_) => path.property().is_some(),
            Body::Json(tree) => tree.has(path),
            Body::Script(..) => false,
        }
    }

    /// The tables of a list of TOML: what the values in each have for their `parent`, and its header; in document order.
    pub fn listed_tables(&self, path: &Path) -> Vec<(usize, Span)> {
        match (&self.body, path.toml()) {
            (Body::Toml(tree), Some(keys)) => tree.headers(keys, &self.disk),
            _ => Vec::new(),
        }
    }

    /// A list or a table of TOML where a single value is to stand: as it is written, in short, and where.
    pub fn compound(&self, path: &Path) -> Option<(&'static str, Span)> {
        match &self.body {
            Body::Toml(tree) => tree.compound(path, &self.disk),
            _ => None,
        }
    }

    /// Local name of the root element (XML only).
    pub fn root_name(&self) -> Option<&str> {
        match &self.body {
            Body::Xml(tree) => tree.root_name(),
            Body::Toml(_) | Body::Properties(_) | Body::Json(_) | Body::Script(..) => None,
        }
    }

    /// What a start script says of `-D` options; `None` for other files.
    pub fn options(&self) -> Option<&script::Options> {
        match &self.body {
            Body::Script(_, options) => Some(options),
            _ => None,
        }
    }
}
