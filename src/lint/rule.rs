//! Rules, read from their files, checked against the model and compiled.

use std::fmt;
use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior};
use serde_yaml::Spanned;

use crate::catalogue::Catalogue;
use crate::source::nearest;

use super::check::{Checker, Mistake, Scope};
use super::guard::Guard;
use super::model::{Kind, Type};
use super::rule_error::{At, RuleError, of_yaml};
use super::rule_file::{EditFile, Part, RuleFile, edits};

/// A rule, checked and compiled.
#[derive(Debug)]
pub struct Rule {
    /// Its file's path.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The kind of its object.
    pub kind: Kind,
    /// Indices in the catalogue of the settings, listeners or links that it is about; empty for all.
    pub select: Vec<usize>,
    /// Its condition as far as it can be decided without the template engine.
    pub guard: Option<Guard>,
    /// As the file says it.
    pub file: RuleFile,
    /// Whether the user wrote it.
    pub is_own: bool,
}

/// All rules, with the environment in which they are evaluated.
#[derive(Clone)]
pub struct Rules {
    /// Rules by their order: special ones before general ones, then by id.
    pub rules: Vec<Arc<Rule>>,
    /// Holds templates by `rule id/field`, and the functions.
    pub environment: Environment<'static>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules.iter().map(|rule| &rule.id)).finish()
    }
}

impl Rules {
    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id).map(AsRef::as_ref)
    }

    /// Whether the user wrote any of them.
    pub fn has_own(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_own)
    }

    /// The rules of several topologies, each id once.
    pub fn together<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let mut together = all.next()?.clone();
        for other in all {
            let new: Vec<Arc<Rule>> = other.rules.iter().filter(|rule| together.get(&rule.id).is_none()).cloned().collect();
            together.rules.extend(new);
        }
        Some(together)
    }

    /// Ids of all rules, sorted.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    /// Evaluates the template of a rule's field; its name was made by `template_name`.
    ///
    /// # Errors
    /// What the template engine says.
    pub fn render(&self, template: &str, subject: &minijinja::Value) -> Result<String, minijinja::Error> {
        self.environment.get_template(template)?.render(subject)
    }
}

/// The name under which a template of a rule is kept.
pub fn template_name(rule: &str, field: &str) -> String {
    format!("{rule}/{field}")
}

/// Reads rule files, given as path and text, checks and compiles them.
///
/// # Errors
/// Every mistake in them, with file and line.
pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>, catalogue: &Catalogue) -> Result<Rules, Vec<RuleError>> {
    let empty = Rules { rules: Vec::new(), environment: environment() };
    Loader { catalogue, loaded: empty, errors: Vec::new(), are_own: false, path: "", text: "" }.load(files)
}

/// Adds rules of the user's own to others.
///
/// # Errors
/// Every mistake in them, with file, line and what to do.
pub fn add_own<'a>(
    rules: &Rules,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    catalogue: &Catalogue,
) -> Result<Rules, Vec<RuleError>> {
    Loader { catalogue, loaded: rules.clone(), errors: Vec::new(), are_own: true, path: "", text: "" }.load(files)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_function("raise_or_lower", |from: i64, to: i64| if to > from { "raise" } else { "lower" });
    environment.add_function("distance", |from: i64, to: i64| (to - from).abs());
    environment
}

struct Loader<'a, 'c> {
    catalogue: &'c Catalogue,
    loaded: Rules,
    errors: Vec<RuleError>,
    are_own: bool,
    /// The file that is read.
    path: &'a str,
    text: &'a str,
}

/// Words that follow `carbonlint rules` and mean something else.
const TAKEN: [&str; 3] = ["test", "fields", "help"];

impl<'a> Loader<'a, '_> {
    fn load(mut self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Rules, Vec<RuleError>> {
        for (path, text) in files {
            (self.path, self.text) = (path, text);
            self.read();
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let order = |rule: &Arc<Rule>| (rule.file.general, rule.id.clone());
        self.loaded.rules.sort_by_cached_key(order);
        Ok(self.loaded)
    }

    fn read(&mut self) {
        let file: RuleFile = match serde_yaml::from_str(self.text) {
            Ok(file) => file,
            Err(error) => return self.errors.push(of_yaml(self.path, self.text, &error)),
        };
        let before = self.errors.len();
        self.check_id(&file);
        if self.are_own && file.when.is_none() {
            let help = "`when` is the condition under which it reports, such as `when: node.offset.value > 100`";
            self.fail(At::of(&file.id), format!("rule '{}' has no `when`", file.id.value), Some(help.to_owned()));
        }
        if let Some(rule) = self.compile(file)
            && self.errors.len() == before
        {
            self.loaded.rules.push(Arc::new(rule));
        }
    }

    fn check_id(&mut self, file: &RuleFile) {
        let (id, at) = (&file.id.value, At::of(&file.id));
        if let Some(other) = self.loaded.get(id) {
            let (message, help) = if self.are_own && !other.is_own {
                let help = format!(
                    "choose another id; for another severity of the built-in rule, write `rules: {{{id}: warning}}` in the \
                     topology, or --rule {id}=warning"
                );
                (format!("'{id}' is the id of a built-in rule"), help)
            } else {
                (format!("rule '{id}' is in {} already", other.path), "ids are unique: choose another one".to_owned())
            };
            self.fail(at, message, Some(help));
        } else if !is_id(id) {
            let help = "use lower-case letters, digits and `-`: every-node-has-a-host";
            self.fail(at, format!("'{id}' is no id of a rule"), Some(help.to_owned()));
        } else if TAKEN.contains(&id.as_str()) {
            self.fail(
                at,
                format!("'{id}' cannot be the id of a rule"),
                Some(format!("`carbonlint rules {id}` means something else")),
            );
        }
    }

    fn fail(&mut self, at: At, message: impl Into<String>, help: Option<String>) {
        self.errors.push(at.error(self.path, self.text, message.into(), help));
    }

    fn mistake(&mut self, at: At, mistake: Mistake) {
        self.fail(at.below(mistake.line), mistake.message, mistake.help);
    }

    fn compile(&mut self, file: RuleFile) -> Option<Rule> {
        let known = Kind::SUBJECTS.iter().find(|(name, _)| *name == file.subject.value);
        let Some((_, kind)) = known else {
            let names = Kind::SUBJECTS.map(|(name, _)| name);
            let near = nearest(&file.subject.value, names).map(|near| format!("did you mean `{near}`?"));
            let message =
                format!("'{}' is nothing that a rule can be for; expected one of {}", file.subject.value, names.join(", "));
            self.fail(At::of(&file.subject), message, near);
            return None;
        };
        let kind = *kind;
        let id = file.id.value.clone();
        let select = self.select(kind, &file.select);
        let of_fixes = file.fixes.iter().flat_map(|fix| fix.when.iter().chain(&fix.safe_when));
        for condition in file.when.iter().chain(file.severity_when.iter().map(|extra| &extra.when)).chain(of_fixes) {
            self.condition(kind, condition);
        }
        let mut templates = vec![("message".to_owned(), &file.message)];
        templates.extend(file.symptom.iter().map(|text| ("symptom".to_owned(), text)));
        templates.extend(file.note.iter().map(|text| ("note".to_owned(), text)));
        templates.extend(file.once.iter().map(|text| ("once".to_owned(), text)));
        templates.extend(file.labels.iter().enumerate().map(|(at, label)| (format!("label {at}"), &label.text)));
        for (at, fix) in file.fixes.iter().enumerate() {
            templates.push((format!("fix {at}"), &fix.title));
            for (edit_at, edit) in edits(fix).enumerate() {
                templates.extend(edit.value.iter().map(|value| (format!("fix {at} edit {edit_at}"), value)));
            }
        }
        for (field, text) in templates {
            self.template(kind, &id, &field, text);
        }
        for fix in &file.fixes {
            if fix.safety.is_none() && fix.safe_when.is_none() {
                self.fail(At::of(&fix.title), "a fix says `safety: safe`, `safety: unsafe` or `safe_when`", None);
            }
            for edit in edits(fix) {
                self.check_edit(kind, &fix.title, edit);
            }
        }
        for label in &file.labels {
            self.node_and_setting(kind, label.node.as_ref(), label.setting.as_ref());
            if label.setting.is_none() && label.at.is_none() {
                self.fail(At::of(&label.text), "a label says `setting` or `at`", None);
            }
        }
        let guard = file.when.as_ref().map(|when| Guard::of(&when.value, kind));
        Some(Rule { path: self.path.to_owned(), id, kind, select, guard, file, is_own: self.are_own })
    }

    fn check_edit(&mut self, kind: Kind, title: &Spanned<String>, edit: &EditFile) {
        self.node_and_setting(kind, edit.node.as_ref(), edit.setting.as_ref());
        if let Some(when) = &edit.when {
            self.condition(kind, when);
        }
        let ways = [edit.setting.is_some(), edit.part.is_some(), edit.follow.is_some(), edit.mend];
        if ways.iter().filter(|way| **way).count() != 1 || edit.mend == edit.value.is_some() {
            let message = "an edit names one of `setting`, `part`, `follow`, all with `value`, or `mend: true`";
            self.fail(At::of(title), message, None);
        }
        self.node_and_setting(kind, edit.follow.as_ref(), None);
        if let Some(of) = &edit.of {
            match Checker::expression(&of.value, Scope::of(kind)) {
                Ok(Type::Object(Kind::Link)) => {}
                Ok(_) => self.fail(At::of(of), format!("'{}' is no link", of.value), None),
                Err(mistake) => self.mistake(At::of(of), mistake),
            }
        }
        let has_part = |part: Part| kind == Kind::Link || kind == Kind::Member && part == Part::Port;
        if edit.part.is_some_and(|part| !has_part(part)) {
            let message = "`part` is of a link's address, or the `port` in lists of members: only rules for these have one";
            self.fail(At::of(title), message, None);
        }
    }

    fn node_and_setting(&mut self, kind: Kind, node: Option<&Spanned<String>>, setting: Option<&Spanned<String>>) {
        if let Some(node) = node {
            let checked = Checker::expression(&node.value, Scope::of(kind)).and_then(|ty| Checker::is_node(ty, &node.value));
            if let Err(mistake) = checked {
                self.mistake(At::of(node), mistake);
            }
        }
        if let Some(setting) = setting
            && self.catalogue.setting(&setting.value).is_none()
        {
            let known = self.catalogue.settings.iter().map(|known| known.id.as_str());
            let near = nearest(&setting.value, known).map(|near| format!("did you mean `{near}`?"));
            let all = || "`carbonlint schema rule` lists them all".to_owned();
            self.fail(At::of(setting), format!("the catalogue has no setting '{}'", setting.value), near.or_else(|| Some(all())));
        }
    }

    fn select(&mut self, kind: Kind, select: &[Spanned<String>]) -> Vec<usize> {
        let ids = ids_of(self.catalogue, kind);
        let mut found = Vec::new();
        for wanted in select {
            match ids.iter().position(|id| *id == wanted.value) {
                Some(index) => found.push(index),
                None if ids.is_empty() => {
                    let message = format!("a rule for {} selects nothing", kind.one());
                    let help = "links, settings, listeners and members are selected by id; say the rest in `when`";
                    self.fail(At::of(wanted), message, Some(help.to_owned()));
                }
                None => {
                    let near = nearest(&wanted.value, ids.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                    let all = || "`carbonlint schema rule` lists them all".to_owned();
                    let message = format!("the catalogue has no {} '{}'", kind.name(), wanted.value);
                    self.fail(At::of(wanted), message, near.or_else(|| Some(all())));
                }
            }
        }
        found
    }

    fn condition(&mut self, kind: Kind, text: &Spanned<String>) {
        match Checker::expression(&text.value, Scope::of(kind)) {
            Ok(Type::Bool | Type::Any) => {}
            Ok(_) => self.fail(At::of(text), "a condition must be true or false", None),
            Err(mistake) => self.mistake(At::of(text), mistake),
        }
    }

    fn template(&mut self, kind: Kind, id: &str, field: &str, text: &Spanned<String>) {
        if let Err(mistake) = Checker::template(&text.value, Scope::of(kind)) {
            return self.mistake(At::of(text), mistake);
        }
        if let Err(error) = self.loaded.environment.add_template_owned(template_name(id, field), text.value.clone()) {
            self.fail(At::of(text), error.to_string(), None);
        }
    }
}

/// Ids by which rules for a kind select its objects; none where they cannot.
pub fn ids_of(catalogue: &Catalogue, kind: Kind) -> Vec<&str> {
    match kind {
        Kind::Link => catalogue.links.iter().map(|link| link.id.as_str()).collect(),
        Kind::Setting => catalogue.settings.iter().map(|setting| setting.id.as_str()).collect(),
        Kind::Listener => catalogue.listeners.iter().map(|listener| listener.id.as_str()).collect(),
        Kind::Member => catalogue.memberships.iter().map(|membership| membership.id.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Whether a text can be the id of a rule: it is written in patterns, in `ID=SEVERITY` and as a key.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(allowed)
}
