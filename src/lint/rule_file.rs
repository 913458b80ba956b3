//! Rules as their YAML files say them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use super::finding::Side;
use crate::catalogue::Severity;

/// A rule as its file says it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Unique and stable: users write it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// What is wrong, in a few words.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is off unless somebody gives it a severity.
    #[serde(default)]
    pub off: bool,
    /// Other severities under conditions; the first that holds counts.
    #[serde(default)]
    pub severity_when: Vec<SeverityWhen>,
    /// The kind of object that it is about.
    #[serde(rename = "for")]
    #[schemars(with = "String")]
    pub subject: Spanned<String>,
    /// Which of them, by catalogue id; all where it is missing.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub select: Vec<Spanned<String>>,
    /// Silent about a link on which another rule has reported already.
    #[serde(default)]
    pub general: bool,
    /// When it reports. Missing for rules that the engine itself reports.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// Findings with the same text here are one, with the places of all.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub once: Option<Spanned<String>>,
    /// What is, and what was expected.
    #[schemars(with = "String")]
    pub message: Spanned<String>,
    /// What breaks, and what the log says.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub symptom: Option<Spanned<String>>,
    /// What else helps.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub note: Option<Spanned<String>>,
    /// Places beside those of the object itself.
    #[serde(default)]
    pub labels: Vec<LabelFile>,
    /// Ways to mend it, the preferred one first.
    #[serde(default)]
    pub fixes: Vec<FixFile>,
    /// What it means, why it matters, when it is fine. Markdown.
    pub docs: String,
    /// Deployments that it reports on, and some that it does not.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// Another severity under a condition.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityWhen {
    /// The condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The severity then.
    pub severity: Severity,
}

/// A place to label.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelFile {
    /// An expression for the node, where it is not the object's own.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub node: Option<Spanned<String>>,
    /// The setting there whose place it is.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub setting: Option<Spanned<String>>,
    /// Or a place of the node: `name`, `home`, `offset`, `overridden-offset`, `version`, `home-version`.
    #[serde(default)]
    pub at: Option<At>,
    /// Whether it comes before the object's own places.
    #[serde(default)]
    pub primary: bool,
    /// Our words.
    #[schemars(with = "String")]
    pub text: Spanned<String>,
}

/// A place of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// Its name in the topology.
    Name,
    /// Its home in the topology.
    Home,
    /// Its offset.
    Offset,
    /// The offset of its file, where the start command overrides it.
    OverriddenOffset,
    /// Where its product version is said.
    Version,
    /// Where its home says another one than the topology.
    HomeVersion,
}

/// A way to mend a finding.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixFile {
    /// What it does.
    #[schemars(with = "String")]
    pub title: Spanned<String>,
    /// When it is offered.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// Its one edit.
    #[serde(default)]
    pub edit: Option<EditFile>,
    /// Its edits, where there are several.
    #[serde(default)]
    pub edits: Vec<EditFile>,
    /// Which side of a mismatch it mends, where the rule offers both.
    #[serde(default)]
    pub side: Option<Side>,
    /// Whether it is for those only who ask for its side (`--prefer`), and shown to nobody else.
    #[serde(default)]
    pub asked: bool,
    /// Whether it is safe.
    #[serde(default)]
    pub safety: Option<SafetyFile>,
    /// When it is safe.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub safe_when: Option<Spanned<String>>,
    /// Why it is safe or not.
    pub why: String,
}

/// Whether a fix is safe, as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SafetyFile {
    /// It can be applied without asking.
    Safe,
    /// Somebody has to look at it.
    Unsafe,
}

impl SafetyFile {
    /// The word that files write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// One edit of a fix.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditFile {
    /// When it is needed.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// An expression for the node whose file is changed; the object's own where it is missing.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub node: Option<Spanned<String>>,
    /// The setting that gets the value; or
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub setting: Option<Spanned<String>>,
    /// the part of the link's address that does, or the port of a member in the lists that mean it; or
    #[serde(default)]
    pub part: Option<Part>,
    /// An expression for the link whose address that is, where it is not the object itself.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub of: Option<Spanned<String>>,
    /// the written ports of all links to a node, which follow its offset to the value; or
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub follow: Option<Spanned<String>>,
    /// what the reader of the file worked out.
    #[serde(default)]
    pub mend: bool,
    /// The value.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub value: Option<Spanned<String>>,
}

/// A part of a link's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Its port: the digits or the placeholder, or what is inserted after the host.
    Port,
    /// Its host.
    Host,
    /// Its scheme.
    Scheme,
    /// What follows host and port, where its reader takes nothing there.
    Rest,
}

/// A deployment, and what the rule says of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The topology.
    pub topology: String,
    /// Files by path, relative to the topology.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Findings of this rule, in order: the message, or `severity: message`. Empty for a good example.
    #[serde(default)]
    pub reports: Vec<String>,
    /// Findings of other rules that are there too, by id; none besides are allowed.
    #[serde(default)]
    pub also: Vec<String>,
    /// Labels of the first finding: `path:line:column text`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Titles of the fixes of the first finding, with ` (unsafe)` behind those that are.
    #[serde(default)]
    pub fixes: Vec<String>,
    /// Files after the first fix that can be applied, by path.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
}

/// The edits of a fix, whichever way they are written.
pub fn edits(fix: &FixFile) -> impl Iterator<Item = &EditFile> {
    fix.edit.iter().chain(&fix.edits)
}
