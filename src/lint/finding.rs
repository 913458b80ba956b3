//! What a rule reports.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalogue::Severity;
use crate::config::Edit;
use crate::source::{Place, SourceId};

/// A finding: what is wrong, where, and how to mend it. It always has a primary place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is, and what was expected.
    pub message: String,
    /// What breaks, and what the log says.
    pub symptom: Option<String>,
    /// What else helps: the cure of an assumption, the nearest name.
    pub note: Option<String>,
    /// Nodes: the calling one first.
    pub nodes: Vec<usize>,
    /// The catalogue's id of the link.
    pub link: Option<String>,
    /// Every place of it; the first is the primary one. Never empty.
    pub labels: Vec<Label>,
    /// The places of its ports' arithmetic in that order, the calling side before the opening one. Each has a label.
    pub flow: Vec<Place>,
    /// Ways to mend it, the preferred one first.
    pub fixes: Vec<Fix>,
    /// Ways that are taken only where their side is asked for, and not shown.
    pub asked: Vec<Fix>,
    /// What it compares, by name: neither lines nor secrets.
    pub values: BTreeMap<&'static str, String>,
    /// Survives moved lines; unique in a run.
    pub fingerprint: String,
}

impl Finding {
    /// Every way to mend it, those too that are not shown.
    pub fn ways(&self) -> impl Iterator<Item = &Fix> {
        self.fixes.iter().chain(&self.asked)
    }

    /// The way of that title.
    pub fn way(&self, title: &str) -> Option<&Fix> {
        self.ways().find(|fix| fix.title == title)
    }
}

/// A place of a finding, with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// Our words, never the file's.
    pub text: String,
    /// The node whose file it is.
    pub node: Option<usize>,
}

/// A titled set of changes that makes a finding go away.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What it does: "raise the client port by 3".
    pub title: String,
    /// Whether it can be applied without asking.
    pub safety: Safety,
    /// Why it is safe or not.
    pub why: String,
    /// Whether something speaks against it that no trial can tell: other readers of the file, a guessed offset.
    pub doubtful: bool,
    /// Which side of a mismatch it mends, where the rule offers both.
    pub side: Option<Side>,
    /// Whether it is for those only who ask for its side.
    pub asked: bool,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// A side of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The node that calls.
    #[default]
    Client,
    /// The node that is called.
    Server,
}

/// Whether a fix can be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It mends what it says and can break nothing else.
    Safe,
    /// Somebody has to look at it.
    Unsafe,
}

impl Safety {
    /// The word of the reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// One change of a fix, before it is bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// Gives a setting of a node a value, wherever it is best written.
    Set {
        /// The node.
        node: usize,
        /// The catalogue's index of the setting.
        setting: usize,
        /// The value.
        value: String,
    },
    /// Replaces the text at a place.
    Replace {
        /// Where; `None` where the place cannot be edited safely.
        place: Option<Place>,
        /// What to write there.
        text: String,
    },
    /// Edits that the model worked out (a raw `&`, a stray byte-order mark, the name of a table).
    Mend {
        /// The file.
        source: SourceId,
        /// The edits; `None` where they cannot be made safely.
        edits: Option<Vec<Edit>>,
        /// What they do, in words.
        what: String,
    },
}
