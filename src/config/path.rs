//! Paths to settings: a small subset of `XPath` for XML, dotted keys for TOML and JSON, plain keys for properties.

use std::fmt;

use super::Format;

/// Where a setting stands in a file, whatever the file.
///
/// XML: `/a/b/c`, `//c`, `/a//c/@x`, `/a/*`, and any number of `[@x='1']` and `[not(@x='1')]` after a name; names are local
/// names. TOML: `a.b.c`, `a."b c"`, `a.b[].c` and `a.list[]` for the elements of an array. Properties: the key, to the letter.
/// JSON: `a.b."c d"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Xml(XmlPath),
    Toml(Vec<Key>),
    Properties,
    /// At least one key.
    Json(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct XmlPath {
    /// At least one.
    pub steps: Vec<Step>,
    pub attribute: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub descendant: bool,
    /// `None` for `*`.
    pub name: Option<String>,
    pub predicates: Vec<Predicate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Predicate {
    pub attribute: String,
    pub value: String,
    pub negated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// One part of a dotted key. A quoted key with dots is several: Carbon flattens tables to dotted keys.
    Name(String),
    /// Every element of an array.
    Each,
}

/// A path that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// What was expected.
    pub message: String,
    /// The character it was expected at, counted from 1.
    pub at: usize,
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at character {}", self.message, self.at)
    }
}

impl std::error::Error for PathError {}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Path {
    /// The name of what the path leads to: an element, an attribute or a key.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Xml(path) => path.attribute.as_deref().or_else(|| path.steps.last()?.name.as_deref()),
            Kind::Toml(keys) => {
                keys.iter().rev().find_map(|key| if let Key::Name(name) = key { Some(name.as_str()) } else { None })
            }
            Kind::Properties => Some(&self.text),
            Kind::Json(keys) => keys.last().map(String::as_str),
        }
    }

    /// Whether the path leads to an element that its name alone tells: no attribute, no `parameter` of some name.
    pub fn is_named_element(&self) -> bool {
        matches!(&self.kind, Kind::Xml(path)
            if path.attribute.is_none() && path.steps.last().is_some_and(|step| step.predicates.is_empty()))
    }

    /// Reads a path into files of the format.
    ///
    /// # Errors
    /// Says what was expected, and at which character.
    pub fn parse(text: &str, format: Format) -> Result<Self, PathError> {
        let mut reader = Reader { text, at: 0 };
        let kind = match format {
            Format::Xml => Kind::Xml(reader.xml_path()?),
            Format::Toml => Kind::Toml(reader.toml_path()?),
            Format::Json => Kind::Json(reader.json_path()?),
            Format::Properties if text.is_empty() => return Err(reader.error("expected a key")),
            Format::Properties | Format::Script(_) => Kind::Properties,
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// The names of what it passes and of what it leads to, the outermost first; of XML as far as each has a name of its own.
    pub fn names(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Xml(path) => path.steps.iter().map_while(|step| step.name.as_deref().filter(|_| !step.descendant)).collect(),
            Kind::Toml(keys) => {
                keys.iter().filter_map(|key| if let Key::Name(name) = key { Some(name.as_str()) } else { None }).collect()
            }
            Kind::Properties | Kind::Json(_) => Vec::new(),
        }
    }

    /// The names of the tables that hold a key of TOML, the outermost first; none for paths into other files.
    pub fn tables(&self) -> Vec<&str> {
        let Some((_, holders)) = self.toml().and_then(super::toml_tree::last_name) else { return Vec::new() };
        holders.iter().filter_map(|key| if let Key::Name(name) = key { Some(name.as_str()) } else { None }).collect()
    }

    pub(super) fn xml(&self) -> Option<&XmlPath> {
        match &self.kind {
            Kind::Xml(path) => Some(path),
            Kind::Toml(_) | Kind::Properties | Kind::Json(_) => None,
        }
    }

    pub(super) fn toml(&self) -> Option<&[Key]> {
        match &self.kind {
            Kind::Toml(keys) => Some(keys),
            Kind::Xml(_) | Kind::Properties | Kind::Json(_) => None,
        }
    }

    pub(super) fn json(&self) -> Option<&[String]> {
        match &self.kind {
            Kind::Json(keys) => Some(keys),
            Kind::Xml(_) | Kind::Toml(_) | Kind::Properties => None,
        }
    }

    /// The key, of a path into properties.
    pub(super) fn property(&self) -> Option<&str> {
        (self.kind == Kind::Properties).then_some(&self.text)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn done(&self) -> bool {
        self.at == self.text.len()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), PathError> {
        if self.take(token) { Ok(()) } else { Err(self.error(&format!("expected `{token}`"))) }
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn error(&self, message: &str) -> PathError {
        PathError { message: message.to_owned(), at: self.text[..self.at].chars().count() + 1 }
    }

    fn while_char(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn xml_path(&mut self) -> Result<XmlPath, PathError> {
        let mut path = XmlPath { steps: Vec::new(), attribute: None };
        while !self.done() {
            self.expect("/")?;
            let descendant = self.take("/");
            if !descendant && !path.steps.is_empty() && self.take("@") {
                path.attribute = Some(self.xml_name()?);
                if !self.done() {
                    return Err(self.error("expected the end of the path after an attribute"));
                }
                return Ok(path);
            }
            let name = if self.take("*") { None } else { Some(self.xml_name()?) };
            let mut predicates = Vec::new();
            while self.take("[") {
                predicates.push(self.predicate()?);
            }
            path.steps.push(Step { descendant, name, predicates });
        }
        if path.steps.is_empty() { Err(self.error("expected `/`")) } else { Ok(path) }
    }

    fn xml_name(&mut self) -> Result<String, PathError> {
        let name = self.while_char(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
        if name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return Ok(name.to_owned());
        }
        self.at -= name.len();
        Err(self.error("expected a name"))
    }

    fn predicate(&mut self) -> Result<Predicate, PathError> {
        self.blanks();
        let negated = self.take("not(");
        self.blanks();
        self.expect("@")?;
        let attribute = self.xml_name()?;
        self.blanks();
        self.expect("=")?;
        self.blanks();
        let value = self.quoted()?.to_owned();
        self.blanks();
        if negated {
            self.expect(")")?;
            self.blanks();
        }
        self.expect("]")?;
        Ok(Predicate { attribute, value, negated })
    }

    fn quoted(&mut self) -> Result<&'a str, PathError> {
        let quote = if self.take("'") { '\'' } else { '"' };
        if quote == '"' && !self.take("\"") {
            return Err(self.error("expected a quoted value"));
        }
        let value = self.while_char(|letter| letter != quote);
        if self.done() {
            return Err(self.error(&format!("expected a closing `{quote}`")));
        }
        self.at += 1;
        Ok(value)
    }

    fn toml_path(&mut self) -> Result<Vec<Key>, PathError> {
        let mut keys = Vec::new();
        loop {
            keys.extend(self.toml_key()?.split('.').map(|part| Key::Name(part.to_owned())));
            while self.take("[]") {
                keys.push(Key::Each);
            }
            if self.done() {
                return Ok(keys);
            }
            self.expect(".")?;
        }
    }

    /// Keys with dots in them stand in quotes and are one key each.
    fn json_path(&mut self) -> Result<Vec<String>, PathError> {
        let mut keys = vec![self.toml_key()?.to_owned()];
        while !self.done() {
            self.expect(".")?;
            keys.push(self.toml_key()?.to_owned());
        }
        Ok(keys)
    }

    fn toml_key(&mut self) -> Result<&'a str, PathError> {
        if self.rest().starts_with(['"', '\'']) {
            return self.quoted();
        }
        let key = self.while_char(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
        if key.is_empty() { Err(self.error("expected a key")) } else { Ok(key) }
    }
}
