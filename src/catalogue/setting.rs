//! Files of a home, and the settings in them.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::config::{Format, Path};
use crate::source::TextKind;

use super::{Confidence, OffsetUse, Range, Repeat, Versioned};

/// What a value is, and thus how the product reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// `Integer.parseInt`, untrimmed; blank counts as absent.
    Port,
    /// `Integer.parseInt`, untrimmed.
    Integer,
    /// `Boolean.parseBoolean`: `true` in any case, everything else is false.
    Boolean,
    /// One of `choices`, to the letter.
    Choice,
    /// A host name or address.
    Host,
    /// A URL.
    Url,
    /// Anything.
    Text,
}

/// A file that may be in a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// Path relative to the home.
    pub path: String,
    /// How to parse it; `None` for plain text.
    pub format: Option<Format>,
    /// Whether other files are written anew from it at every start.
    pub generates: bool,
    /// Of a start script, roles of the packs that have it, where only those do.
    pub roles: Vec<String>,
    /// Of a script that the topology names, the nodes that it starts; of the catalogue's files empty.
    pub only_of: BTreeSet<usize>,
}

impl FileSpec {
    /// Whether it is a start script.
    pub fn is_script(&self) -> bool {
        matches!(self.format, Some(Format::Script(_)))
    }

    /// How its bytes are decoded.
    pub fn text_kind(&self) -> TextKind {
        match self.format {
            Some(Format::Xml) => TextKind::Xml,
            Some(Format::Properties | Format::Json | Format::Script(_)) => TextKind::Utf8OrLatin1,
            Some(Format::Toml) | None => TextKind::Utf8,
        }
    }
}

/// Where a setting stands in some versions.
#[derive(Debug, Clone)]
pub struct SettingPlace {
    /// The versions that read it there.
    pub versions: Range,
    /// Index into [`Catalogue::files`](super::Catalogue::files).
    pub file: usize,
    /// Where in the file.
    pub path: Path,
    /// What a missing element of this file stands for, where that is not what it does in others.
    pub absent: Option<String>,
    /// Of a link's address, the roles that read it there; empty where every reader of the link does.
    pub roles: Vec<String>,
    /// Of a link's address, what must hold for it to be used there.
    pub live: Vec<Condition>,
    /// What anything that is written there stands for; `None` where the text itself counts.
    pub means: Option<String>,
}

/// A value that stands for a missing file or element.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultValue {
    /// The versions for which it does.
    #[serde(default)]
    pub versions: Range,
    /// The value.
    pub value: String,
    /// Whether the offset is added to it.
    #[serde(default)]
    pub offset: OffsetUse,
}

impl Versioned for DefaultValue {
    fn versions(&self) -> Range {
        self.versions
    }
}

/// One value in one file of a home.
#[derive(Debug)]
pub struct Setting {
    /// Its id: what rules and fixes name.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How it is read.
    pub kind: ValueKind,
    /// Whether the offset is added to a written value.
    pub offset: OffsetUse,
    /// The condition under which that is so.
    pub offset_when: Option<Condition>,
    /// The values of a choice.
    pub choices: Vec<String>,
    /// Where it stands: the first place whose file is there counts.
    pub places: Vec<SettingPlace>,
    /// Places of versions that no longer read it.
    pub obsolete: Vec<SettingPlace>,
    /// Siblings beside which a missing element is inserted.
    pub beside: Vec<String>,
    /// What a missing file stands for.
    pub shipped: Vec<DefaultValue>,
    /// What a missing element in a file that is there stands for.
    pub absent: Vec<DefaultValue>,
    /// Whether the file is one of Synapse, where `{uri.var.x}` is a variable.
    pub synapse: bool,
    /// What further elements mean.
    pub repeat: Repeat,
    /// The setting that is read where this one is not: it stands in a place of other versions.
    pub instead_of: Option<usize>,
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Setting {
    /// The element that people look for, where its name says what it is (`ThriftClientPort`), else the title. A switch called
    /// `Enabled` says nothing of what it switches.
    pub fn element(&self) -> &str {
        let path = self.places.first().map(|place| &place.path).filter(|path| path.is_named_element());
        let telling = |name: &&str| name.chars().any(char::is_uppercase) && *name != "Enabled";
        path.and_then(Path::name).filter(telling).unwrap_or(&self.title)
    }
}

/// A condition on a setting.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Index into [`Catalogue::settings`](super::Catalogue::settings).
    pub setting: usize,
    /// The values that fulfil it; empty where it only must be stated.
    pub is: Vec<String>,
    /// A text that the value has to have in it.
    pub contains: Option<String>,
    /// Whether it must not be stated at all.
    pub unstated: bool,
}
