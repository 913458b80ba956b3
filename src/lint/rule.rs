//! Rules, read from their files, checked against the model and compiled.

use std::fmt;

use minijinja::{Environment, UndefinedBehavior};
use serde_yaml::Spanned;

use crate::catalogue::Catalogue;
use crate::source::nearest;

use super::check::{Checker, Scope};
use super::guard::Guard;
use super::model::{Kind, Type};
use super::rule_file::{EditFile, Part, RuleFile, edits};

/// A mistake in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for RuleError {}

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
}

/// All rules, with the environment in which they are evaluated.
pub struct Rules {
    /// Rules by their order: special ones before general ones, then by id.
    pub rules: Vec<Rule>,
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
        self.rules.iter().find(|rule| rule.id == id)
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
    let mut loader = Loader { catalogue, environment: environment(), rules: Vec::new(), errors: Vec::new() };
    for (path, text) in files {
        loader.read(path, text);
    }
    if !loader.errors.is_empty() {
        return Err(loader.errors);
    }
    loader.rules.sort_by(|one, other| (one.file.general, &one.id).cmp(&(other.file.general, &other.id)));
    Ok(Rules { rules: loader.rules, environment: loader.environment })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_function("raise_or_lower", |from: i64, to: i64| if to > from { "raise" } else { "lower" });
    environment.add_function("distance", |from: i64, to: i64| (to - from).abs());
    environment
}

struct Loader<'a> {
    catalogue: &'a Catalogue,
    environment: Environment<'static>,
    rules: Vec<Rule>,
    errors: Vec<RuleError>,
}

impl Loader<'_> {
    fn read(&mut self, path: &str, text: &str) {
        let file: RuleFile = match serde_yaml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let line = error.location().map_or(0, |location| usize::try_from(location.line()).unwrap_or_default());
                let message = error.to_string();
                let message = message.lines().next().unwrap_or_default().to_owned();
                return self.errors.push(RuleError { file: path.to_owned(), line, message });
            }
        };
        if let Some(other) = self.rules.iter().find(|rule| rule.id == file.id.value) {
            let message = format!("rule '{}' is in {} already: ids are unique", other.id, other.path);
            return self.errors.push(RuleError { file: path.to_owned(), line: line(&file.id), message });
        }
        let before = self.errors.len();
        if let Some(rule) = self.compile(path, file)
            && self.errors.len() == before
        {
            self.rules.push(rule);
        }
    }

    fn fail(&mut self, path: &str, line: usize, message: impl Into<String>) {
        self.errors.push(RuleError { file: path.to_owned(), line, message: message.into() });
    }

    fn compile(&mut self, path: &str, file: RuleFile) -> Option<Rule> {
        let known = Kind::SUBJECTS.iter().find(|(name, _)| *name == file.subject.value);
        let Some((_, kind)) = known else {
            let names = Kind::SUBJECTS.map(|(name, _)| name);
            self.fail(
                path,
                line(&file.subject),
                format!("'{}' is nothing that a rule can be for; expected one of {}", file.subject.value, names.join(", ")),
            );
            return None;
        };
        let kind = *kind;
        let id = file.id.value.clone();
        let select = self.select(path, kind, &file.select);
        let of_fixes = file.fixes.iter().flat_map(|fix| fix.when.iter().chain(&fix.safe_when));
        for condition in file.when.iter().chain(file.severity_when.iter().map(|extra| &extra.when)).chain(of_fixes) {
            self.condition(path, kind, condition);
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
            self.template(path, kind, &id, &field, text);
        }
        for fix in &file.fixes {
            if fix.safety.is_none() && fix.safe_when.is_none() {
                self.fail(path, line(&fix.title), "a fix says `safety: safe`, `safety: unsafe` or `safe_when`");
            }
            for edit in edits(fix) {
                self.check_edit(path, kind, &fix.title, edit);
            }
        }
        for label in &file.labels {
            self.node_and_setting(path, kind, label.node.as_ref(), label.setting.as_ref());
            if label.setting.is_none() && label.at.is_none() {
                self.fail(path, line(&label.text), "a label says `setting` or `at`");
            }
        }
        let guard = file.when.as_ref().map(|when| Guard::of(&when.value, kind));
        Some(Rule { path: path.to_owned(), id, kind, select, guard, file })
    }

    fn check_edit(&mut self, path: &str, kind: Kind, title: &Spanned<String>, edit: &EditFile) {
        self.node_and_setting(path, kind, edit.node.as_ref(), edit.setting.as_ref());
        if let Some(when) = &edit.when {
            self.condition(path, kind, when);
        }
        let ways = [edit.setting.is_some(), edit.part.is_some(), edit.follow.is_some(), edit.mend];
        if ways.iter().filter(|way| **way).count() != 1 || edit.mend == edit.value.is_some() {
            self.fail(path, line(title), "an edit names one of `setting`, `part`, `follow`, all with `value`, or `mend: true`");
        }
        self.node_and_setting(path, kind, edit.follow.as_ref(), None);
        if let Some(of) = &edit.of {
            match Checker::expression(&of.value, Scope::of(kind)) {
                Ok(Type::Object(Kind::Link)) => {}
                Ok(_) => self.fail(path, line(of), format!("'{}' is no link", of.value)),
                Err(error) => self.fail(path, line(of), error.message),
            }
        }
        let has_part = |part: Part| kind == Kind::Link || kind == Kind::Member && part == Part::Port;
        if edit.part.is_some_and(|part| !has_part(part)) {
            let message = "`part` is of a link's address, or the `port` in lists of members: only rules for these have one";
            self.fail(path, line(title), message);
        }
    }

    fn node_and_setting(&mut self, path: &str, kind: Kind, node: Option<&Spanned<String>>, setting: Option<&Spanned<String>>) {
        if let Some(node) = node {
            let scope = Scope::of(kind);
            if let Err(error) = Checker::expression(&node.value, scope).and_then(|ty| Checker::is_node(ty, &node.value)) {
                self.fail(path, line(node), error.message);
            }
        }
        if let Some(setting) = setting
            && self.catalogue.setting(&setting.value).is_none()
        {
            let known = self.catalogue.settings.iter().map(|known| known.id.as_str());
            let near = nearest(&setting.value, known).map(|near| format!("; nearest: {near}")).unwrap_or_default();
            self.fail(path, line(setting), format!("the catalogue has no setting '{}'{near}", setting.value));
        }
    }

    fn select(&mut self, path: &str, kind: Kind, select: &[Spanned<String>]) -> Vec<usize> {
        let ids: Vec<&str> = match kind {
            Kind::Link => self.catalogue.links.iter().map(|link| link.id.as_str()).collect(),
            Kind::Setting => self.catalogue.settings.iter().map(|setting| setting.id.as_str()).collect(),
            Kind::Listener => self.catalogue.listeners.iter().map(|listener| listener.id.as_str()).collect(),
            Kind::Member => self.catalogue.memberships.iter().map(|membership| membership.id.as_str()).collect(),
            _ => Vec::new(),
        };
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for wanted in select {
            match ids.iter().position(|id| *id == wanted.value) {
                Some(index) => found.push(index),
                None => {
                    let near =
                        nearest(&wanted.value, ids.iter().copied()).map(|near| format!("; nearest: {near}")).unwrap_or_default();
                    missing.push((line(wanted), format!("the catalogue has no {} '{}'{near}", kind.name(), wanted.value)));
                }
            }
        }
        for (line, message) in missing {
            self.fail(path, line, message);
        }
        found
    }

    fn condition(&mut self, path: &str, kind: Kind, text: &Spanned<String>) {
        match Checker::expression(&text.value, Scope::of(kind)) {
            Ok(Type::Bool | Type::Any) => {}
            Ok(_) => self.fail(path, line(text), "a condition must be true or false"),
            Err(error) => self.fail(path, line(text) + error.line, error.message),
        }
    }

    fn template(&mut self, path: &str, kind: Kind, id: &str, field: &str, text: &Spanned<String>) {
        if let Err(error) = Checker::template(&text.value, Scope::of(kind)) {
            return self.fail(path, line(text) + error.line, error.message);
        }
        if let Err(error) = self.environment.add_template_owned(template_name(id, field), text.value.clone()) {
            self.fail(path, line(text), error.to_string());
        }
    }
}

fn line<T>(spanned: &Spanned<T>) -> usize {
    usize::try_from(spanned.referenced.line()).unwrap_or_default()
}
