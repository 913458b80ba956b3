//! Rules of the user's own: `--rules DIR` for every topology, `rules_dir` for one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Engine, OpenError, StorageBelow};
use crate::home::{Disk, FolderError, ReadError, YamlFile, display, yaml_files};
use crate::lint::{self, RuleError, Rules};
use crate::source::{Content, Span, mask_text};
use crate::topology::{self, Topology, TopologyError};

/// Rules of the user's own that cannot be used.
#[derive(Debug)]
pub struct BadRules {
    /// The topology that names their folder: its content, and the place.
    pub named: Option<(Arc<Content>, Span)>,
    /// Their files.
    pub files: Vec<YamlFile>,
    /// Everything that is wrong with them.
    pub errors: Vec<RuleError>,
}

impl BadRules {
    /// The file that an error is about.
    pub fn file(&self, error: &RuleError) -> Option<&YamlFile> {
        self.files.iter().find(|file| file.name == error.file)
    }
}

impl fmt::Display for BadRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.errors.iter().map(|error| mask_text(&error.to_string())).collect();
        f.write_str(&lines.join("; "))
    }
}

/// The rules of a topology.
pub(super) struct RulesOf {
    pub(super) rules: Arc<Rules>,
    /// Where the files of its own ones lie.
    pub(super) files: Arc<[PathBuf]>,
}

/// Why there are none.
pub(super) enum Refused {
    /// Folders that cannot be read.
    Folders(Vec<TopologyError>),
    /// What is in them.
    Rules(BadRules),
}

impl Engine {
    /// The engine with the rules of folders beside its own.
    ///
    /// # Errors
    /// If a folder cannot be read, or a rule has mistakes.
    pub fn with_rules(&self, folders: &[PathBuf]) -> Result<Self, OpenError> {
        let (mut files, mut own): (Vec<YamlFile>, Vec<PathBuf>) = (Vec::new(), self.own.to_vec());
        for folder in folders {
            let read = yaml_files(&Disk::below([folder.as_path()]), folder).map_err(|error| unreadable(&error))?;
            new(read, &mut own, &mut files);
        }
        let rules = self.add(&self.rules, &files).map_err(|errors| OpenError::Rules(BadRules { named: None, files, errors }))?;
        Ok(Self { catalogue: Arc::clone(&self.catalogue), rules: Arc::new(rules), own: own.into() })
    }

    /// The rules of a topology file, without anything else that it names.
    ///
    /// # Errors
    /// If it or its rules cannot be read or have mistakes.
    pub fn rules_named_by(&self, path: &Path) -> Result<Arc<Rules>, OpenError> {
        let storage: &StorageBelow<'_> = &|folders| Box::new(Disk::below(folders.iter().copied()));
        let content = super::content(path, storage)?;
        let fail = |errors| OpenError::Topology { name: display(path), content: Arc::clone(&content), errors };
        let topology = topology::read(&content).map_err(fail)?;
        match self.rules_of(&topology, &content, super::folder_of(path), storage) {
            Ok(rules) => Ok(rules.rules),
            Err(Refused::Folders(errors)) => Err(fail(errors)),
            Err(Refused::Rules(bad)) => Err(OpenError::Rules(bad)),
        }
    }

    /// The rules of a topology: those of the engine, and those of the folders that it names.
    pub(super) fn rules_of(
        &self,
        topology: &Topology,
        content: &Arc<Content>,
        base: &Path,
        storage: &StorageBelow<'_>,
    ) -> Result<RulesOf, Refused> {
        let Some(named) = topology.rules_dir.first() else {
            return Ok(RulesOf { rules: Arc::clone(&self.rules), files: Arc::clone(&self.own) });
        };
        let (mut files, mut own, mut errors): (Vec<YamlFile>, _, Vec<TopologyError>) =
            (Vec::new(), self.own.to_vec(), Vec::new());
        for named in &topology.rules_dir {
            let folder = base.join(&named.value);
            match yaml_files(&*storage(&[&folder]), &folder) {
                Ok(read) => new(read, &mut own, &mut files),
                Err(error) => {
                    let near = error.nearest.as_ref().map(|near| format!("did you mean {near}? "));
                    let help = format!("{}`rules_dir` is relative to the topology's folder", near.unwrap_or_default());
                    errors.push(TopologyError::new(format!("`rules_dir`: {error}"), named.span).with_help(help));
                }
            }
        }
        if !errors.is_empty() {
            return Err(Refused::Folders(errors));
        }
        let named = Some((Arc::clone(content), named.span));
        let rules = self.add(&self.rules, &files).map_err(|errors| Refused::Rules(BadRules { named, files, errors }))?;
        Ok(RulesOf { rules: Arc::new(rules), files: own.into() })
    }

    fn add(&self, rules: &Rules, files: &[YamlFile]) -> Result<Rules, Vec<RuleError>> {
        let undecodable: Vec<RuleError> = files.iter().filter_map(undecodable).collect();
        if !undecodable.is_empty() {
            return Err(undecodable);
        }
        let texts = files.iter().map(|file| (file.name.as_str(), file.content.text()));
        lint::add_own(rules, texts, &self.catalogue)
    }
}

/// Takes files that are not there already: a folder may be named twice.
fn new(read: Vec<YamlFile>, own: &mut Vec<PathBuf>, files: &mut Vec<YamlFile>) {
    for file in read {
        if !own.contains(&file.real) {
            own.push(file.real.clone());
            files.push(file);
        }
    }
}

fn undecodable(file: &YamlFile) -> Option<RuleError> {
    let error = file.content.error()?;
    let at = file.content.line_column(error.offset);
    let message = format!("the file is not {} text: this byte does not fit", error.encoding);
    let help = Some("save the file as UTF-8".to_owned());
    Some(RuleError { file: file.name.clone(), line: at.line, column: at.column, range: None, message, help })
}

fn unreadable(error: &FolderError) -> OpenError {
    let near = error.nearest.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    OpenError::Unreadable { path: PathBuf::from(&error.name), why: ReadError::Other(format!("{}{near}", error.why)) }
}
