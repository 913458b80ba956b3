//! A topology with everything that it names: read, resolved and linted in one go. What the command
//! line, tests and editors start from.

mod open_error;
mod own_rules;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::{self, Catalogue, FileSpec, Severity};
use crate::config::{Documents, Format};
use crate::deployment::{self, Deployment, Inputs};
use crate::fix::{self, Applied, FileChange, FileEdit, HeldBack, Plan, Planner, Refuse, Suggestion, TRIALS, Wish};
use crate::home::{self, Disk, FileState, Home, KnownHomes, ReadError, Storage, Wanted};
use crate::lint::{self, Baseline, Linted, Options, Rules};
use crate::source::{Content, Source, SourceId, Sources, TextKind};
use crate::topology::{self, Declared, Layer, Topology};

pub use open_error::OpenError;
pub use own_rules::BadRules;
use own_rules::{Refused, RulesOf};

/// Product knowledge and rules, loaded once.
pub struct Engine {
    /// What is known of the product.
    pub catalogue: Arc<Catalogue>,
    /// What is looked for, whatever a topology adds.
    pub rules: Arc<Rules>,
    /// Where the files of the user's own ones lie.
    own: Arc<[PathBuf]>,
}

/// Opens what holds the files below folders.
pub type StorageBelow<'a> = dyn Fn(&[&Path]) -> Box<dyn Storage + 'a> + 'a;

/// A deployment, read and parsed.
pub struct Loaded {
    /// Everything that was read.
    pub inputs: Inputs,
    folder: String,
    rules: RulesOf,
}

impl Loaded {
    /// Builds the model.
    pub fn resolve(self) -> Project {
        self.resolve_after(None)
    }

    /// Builds the model; what is the same in an earlier one is taken from there.
    pub fn resolve_after(self, earlier: Option<&Deployment>) -> Project {
        let RulesOf { rules, files } = self.rules;
        let model = Arc::new(deployment::resolve_after(self.inputs, earlier));
        Project { model, folder: self.folder, rules, rule_files: files }
    }
}

/// An earlier run of the same topology.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What was read.
    pub inputs: &'a Inputs,
    /// Whether nothing changed in its homes since.
    pub same_homes: bool,
}

/// A deployment, read and resolved.
pub struct Project {
    /// The model.
    pub model: Arc<Deployment>,
    /// The topology's folder, as paths show it; empty for the working directory.
    pub folder: String,
    /// The rules that count: those of the engine, and those of the topology's `rules_dir`.
    pub rules: Arc<Rules>,
    /// Where the files of the user's own rules lie.
    pub rule_files: Arc<[PathBuf]>,
}

impl Project {
    /// The project with another model.
    pub fn with(&self, model: Arc<Deployment>) -> Self {
        let (rules, rule_files) = (Arc::clone(&self.rules), Arc::clone(&self.rule_files));
        Self { model, folder: self.folder.clone(), rules, rule_files }
    }

    /// The project with files as changes leave them, also those of another project; `None` where it reads none of them.
    pub fn after(&self, changes: &[FileChange]) -> Option<Self> {
        let after: HashMap<&Path, &Vec<u8>> = changes.iter().map(|one| (one.real.as_path(), &one.after)).collect();
        let sources = self.model.sources().iter();
        let changed = |source: &Source| source.real.as_ref().and_then(|real| after.get(real.as_path()));
        let bytes: BTreeMap<SourceId, Vec<u8>> =
            sources.filter_map(|(id, source)| Some((id, (*changed(source)?).clone()))).collect();
        (!bytes.is_empty()).then(|| self.with(Arc::new(self.model.edited(&bytes))))
    }
}

impl Project {
    /// Adds a file that only findings are about: a baseline.
    pub fn add_source(&mut self, name: &str, content: Arc<Content>) -> Option<SourceId> {
        // Nobody shares a project that was just opened.
        let model = Arc::get_mut(&mut self.model)?;
        Some(Arc::make_mut(&mut model.inputs.sources).add(name, content, None))
    }

    /// Takes out of what was found what a baseline has, which was read from `source`.
    pub fn compare(
        &self,
        overrides: &HashMap<String, Option<Severity>>,
        (baseline, source): (&Baseline, SourceId),
        linted: &mut Linted,
    ) {
        baseline.apply(&self.model, &self.rules, &Engine::options(self, overrides), source, linted);
    }
}

/// What came of mending a project.
pub struct Mended {
    /// The project after it: what was written, and nothing else.
    pub project: Project,
    /// What remains.
    pub linted: Linted,
    /// The fixes that were applied.
    pub applied: Vec<Applied>,
    /// The files that were written.
    pub files: Vec<FileChange>,
    /// Findings with a fix that was not applied.
    pub held_back: Vec<HeldBack>,
    /// Files that could not be written: name and why.
    pub refused: Vec<(String, String)>,
    /// How many errors, warnings and infos are gone.
    pub fixed: usize,
    /// Their fingerprints.
    gone: Vec<String>,
    /// Nodes that read a file that was written, and have to be restarted for it.
    pub restart: Vec<String>,
}

impl Engine {
    /// Loads what is embedded in the program.
    ///
    /// # Errors
    /// A mistake in the embedded data: a mistake of the program, found by its tests.
    pub fn new() -> Result<Self, String> {
        let catalogue = catalogue::load().map_err(|error| error.to_string())?;
        let files = catalogue::embedded_files("rules/").filter(|(path, _)| !path.starts_with("rules/catalogue/"));
        let rules = lint::load(files, &catalogue).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })?;
        Ok(Self { catalogue: Arc::new(catalogue), rules: Arc::new(rules), own: Arc::default() })
    }

    /// Opens a topology file and everything it names, and builds the model.
    ///
    /// # Errors
    /// If the topology cannot be read or has mistakes.
    pub fn open(&self, path: &Path) -> Result<Project, OpenError> {
        self.load(path).map(Loaded::resolve)
    }

    /// Reads a topology file and everything it names.
    ///
    /// # Errors
    /// If the topology cannot be read or has mistakes.
    pub fn load(&self, path: &Path) -> Result<Loaded, OpenError> {
        self.load_from(path, &|folders| Box::new(Disk::below(folders.iter().copied())), None)
    }

    /// Reads a topology file and everything it names, through the storage that `storage` opens below folders: first that of
    /// the topology, then those of the homes. A file that holds the same as in `known` is not parsed again, and a home that did not change since is not read.
    ///
    /// # Errors
    /// If the topology cannot be read or has mistakes.
    pub fn load_from(&self, path: &Path, storage: &StorageBelow<'_>, known: Option<Known<'_>>) -> Result<Loaded, OpenError> {
        let content = content(path, storage)?;
        let declared = Declared::read(&content);
        self.finish(&home::display(path), &content, declared, folder_of(path), storage, known)
    }

    /// Opens nodes given as `name=role:directory`, without a file.
    ///
    /// # Errors
    /// If an argument is of another form.
    pub fn open_ad_hoc(&self, arguments: &[String]) -> Result<Project, OpenError> {
        let (text, declared) = topology::ad_hoc(arguments);
        let content = Arc::new(Content::plain(text));
        let storage: &StorageBelow<'_> = &|folders| Box::new(Disk::below(folders.iter().copied()));
        self.finish("<command line>", &content, declared.into(), Path::new("."), storage, None).map(Loaded::resolve)
    }

    /// Opens a topology that is in memory, with homes in `storage` below `folder`.
    ///
    /// # Errors
    /// If the topology has mistakes.
    pub fn open_in(&self, storage: &dyn Storage, folder: &Path, topology: &str) -> Result<Project, OpenError> {
        let content = Arc::new(Content::plain(topology));
        let declared = Declared::read(&content);
        self.finish("topology.yaml", &content, declared, folder, &|_| Box::new(storage), None).map(Loaded::resolve)
    }

    fn finish(
        &self,
        name: &str,
        content: &Arc<Content>,
        declared: Declared,
        folder: &Path,
        storage: &StorageBelow<'_>,
        known: Option<Known<'_>>,
    ) -> Result<Loaded, OpenError> {
        let fail = |errors| OpenError::Topology { name: name.to_owned(), content: Arc::clone(content), errors };
        let Declared { topology: Some(declared), mut errors } = declared else { return Err(fail(declared.errors)) };
        // Of a topology with mistakes patterns are left alone, and with them the names that they stand for.
        let topology = if errors.is_empty() {
            let (topology, of_patterns) = home::expand(declared, folder, &*storage(&[folder]));
            errors.extend(of_patterns);
            errors.extend(topology::check_references(&topology));
            topology
        } else {
            declared
        };
        errors.extend(deployment::check_topology(&topology, &self.catalogue));
        let rules = self.rules_of(&topology, content, folder, storage);
        match &rules {
            Ok(rules) => errors.extend(lint::check_topology(&topology, &rules.rules)),
            Err(Refused::Folders(wrong)) => errors.extend(wrong.iter().cloned()),
            Err(Refused::Rules(_)) => {}
        }
        if !errors.is_empty() {
            return Err(fail(topology::in_order(errors)));
        }
        let rules = rules.map_err(|refused| match refused {
            Refused::Rules(bad) => OpenError::Rules(bad),
            Refused::Folders(errors) => fail(errors),
        })?;
        let mut sources = Sources::default();
        let topology_source = sources.add(name, Arc::clone(content), None);
        let named = topology.nodes.iter().flat_map(|node| &node.home).map(|layer| folder.join(&layer.path.value));
        let roots: Vec<PathBuf> = named.chain([folder.to_owned()]).collect();
        let roots: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
        let inputs = self.read(topology, topology_source, sources, &*storage(&roots), folder, known);
        let shown = home::display(folder);
        Ok(Loaded { inputs, folder: if shown == "." { String::new() } else { shown }, rules })
    }

    fn read(
        &self,
        topology: Topology,
        topology_source: SourceId,
        mut sources: Sources,
        storage: &dyn Storage,
        folder: &Path,
        known: Option<Known<'_>>,
    ) -> Inputs {
        let files: Arc<[FileSpec]> = deployment::files_of(&self.catalogue, &topology).into();
        let wanted = wanted(&files);
        let paths: Vec<&[Layer]> = topology.nodes.iter().map(|node| node.home.as_slice()).collect();
        let same = known
            .filter(|known| known.same_homes && known.inputs.files == files)
            .map(|known| KnownHomes { homes: &known.inputs.homes, sources: &known.inputs.sources });
        let homes = home::read(storage, folder, &paths, &wanted, same, &mut sources);
        let parsed = known.map(|known| (&*known.inputs.sources, &known.inputs.documents));
        let documents = Documents::parse(&sources, &parsable(&homes, &files), parsed);
        let (catalogue, topology, sources) = (Arc::clone(&self.catalogue), Arc::new(topology), Arc::new(sources));
        Inputs { catalogue, files, topology, topology_source, homes, sources, documents }
    }

    /// The files that the catalogue asks for, of every home.
    pub fn wanted(&self) -> Vec<Wanted> {
        wanted(&self.catalogue.files)
    }

    /// Lints a project. `overrides` replace severities, those of the topology too; `None` switches a rule off.
    pub fn lint(&self, project: &Project, overrides: &HashMap<String, Option<Severity>>) -> Linted {
        lint::run(&project.model, &project.rules, &Self::options(project, overrides))
    }

    fn options(project: &Project, overrides: &HashMap<String, Option<Severity>>) -> Options {
        let declared = &project.model.inputs.topology.severities;
        let mut severities: HashMap<String, Option<Severity>> =
            declared.iter().map(|(rule, severity)| (rule.value.clone(), severity_named(&severity.value).flatten())).collect();
        severities.extend(overrides.iter().map(|(rule, severity)| (rule.clone(), *severity)));
        Options { severities, folder: project.folder.clone() }
    }

    /// Chooses fixes and tries them in memory. `refuse` says what cannot be taken, and why.
    pub fn plan(
        &self,
        project: &Project,
        linted: &Linted,
        overrides: &HashMap<String, Option<Severity>>,
        wish: Wish,
        refuse: &Refuse<'_>,
    ) -> Plan {
        let options = Self::options(project, overrides);
        Planner { rules: &project.rules, options: &options, wish, trials: Cell::new(TRIALS), refuse }.plan(&project.model, linted)
    }

    /// Applies fixes to the files on disk. A file that cannot be written is left as it is, and the plan is made anew
    /// without it.
    pub fn mend(&self, project: &Project, linted: &Linted, overrides: &HashMap<String, Option<Severity>>, wish: Wish) -> Mended {
        let mut closed: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut refused: Vec<(String, String)> = Vec::new();
        let plan = loop {
            let refuse = |model: &Deployment, suggestion: &Suggestion| {
                let real = |edit: &FileEdit| model.sources().get(edit.source).real.as_ref();
                suggestion.edits.iter().filter_map(real).find_map(|real| closed.get(real)).cloned()
            };
            let plan = self.plan(project, linted, overrides, wish, &refuse);
            let (prepared, failed) = fix::prepare(&plan.files);
            if failed.is_empty() {
                let late: Vec<(usize, String)> = prepared
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, one)| one.commit().err().map(|why| (index, why)))
                    .collect();
                refused.extend(late.iter().map(|(index, why)| (plan.files[*index].name.clone(), why.clone())));
                break Self::without(project, overrides, plan, &late);
            }
            for one in failed {
                let change = &plan.files[one.index];
                closed.insert(change.real.clone(), format!("{}: {}", change.name, one.why));
                refused.push((change.name.clone(), one.why));
            }
        };
        let written: BTreeSet<SourceId> = plan.files.iter().flat_map(|file| project.model.names_of(file.source)).collect();
        let readers = project.model.files.iter().filter(|file| written.contains(&file.source)).flat_map(|file| &file.nodes);
        let restart: BTreeSet<usize> = readers.copied().collect();
        let before = linted.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        let gone = gone(before, &plan.linted);
        Mended {
            fixed: gone.len(),
            gone,
            restart: restart.into_iter().map(|node| project.model.nodes[node].name.clone()).collect(),
            project: project.with(plan.model),
            linted: plan.linted,
            applied: plan.applied,
            files: plan.files,
            held_back: plan.held_back,
            refused,
        }
    }

    /// Brings up to date what remains of a mended project, after files that it reads were mended for another one too.
    pub fn follow(&self, mended: &mut Mended, changes: &[FileChange], overrides: &HashMap<String, Option<Severity>>) {
        let Some(project) = mended.project.after(changes) else { return };
        mended.linted = self.lint(&project, overrides);
        mended.project = project;
        mended.gone = gone(std::mem::take(&mut mended.gone), &mended.linted);
        mended.fixed = mended.gone.len();
    }

    /// The plan without files that could not be replaced in the end.
    fn without(
        project: &Project,
        overrides: &HashMap<String, Option<Severity>>,
        mut plan: Plan,
        late: &[(usize, String)],
    ) -> Plan {
        if late.is_empty() {
            return plan;
        }
        let lost: BTreeSet<SourceId> = late.iter().map(|(index, _)| plan.files[*index].source).collect();
        plan.files.retain(|file| !lost.contains(&file.source));
        plan.applied.retain(|fix| !fix.sources.iter().any(|source| lost.contains(source)));
        let names = |file: &FileChange| project.model.names_of(file.source);
        let bytes = plan.files.iter().flat_map(|file| names(file).into_iter().map(|name| (name, file.after.clone()))).collect();
        plan.model = Arc::new(project.model.edited(&bytes));
        plan.linted = lint::run(&plan.model, &project.rules, &Self::options(project, overrides));
        plan
    }
}

fn wanted(files: &[FileSpec]) -> Vec<Wanted> {
    files.iter().map(|file| Wanted { path: file.path.clone(), kind: file.text_kind(), only_of: file.only_of.clone() }).collect()
}

/// The files that were read and have a format, each once.
fn parsable(homes: &[Arc<Home>], files: &[FileSpec]) -> Vec<(SourceId, Format)> {
    let mut seen = vec![false; homes.len()];
    // Homes may share a layer, and with it files.
    let mut once = HashSet::new();
    let mut found = Vec::new();
    for home in homes {
        if std::mem::replace(&mut seen[home.id], true) {
            continue;
        }
        for (index, spec) in files.iter().enumerate() {
            if let (FileState::Read(source), Some(format)) = (home.file(index), spec.format)
                && once.insert(*source)
            {
                found.push((*source, format));
            }
        }
    }
    found
}

/// The text of a topology file.
fn content(path: &Path, storage: &StorageBelow<'_>) -> Result<Arc<Content>, OpenError> {
    let unreadable = |why| OpenError::Unreadable { path: path.to_owned(), why };
    // The topology itself may be a link to anywhere: the user named it.
    let around = storage(&[]).real(path).map_err(unreadable)?;
    let bytes = storage(&[around.parent().unwrap_or(Path::new("."))]).read(&around).map_err(unreadable)?.bytes;
    Ok(Arc::new(Content::decode(bytes, TextKind::Utf8)))
}

/// A file that the user names, wherever it lies.
///
/// # Errors
/// If it cannot be read: why.
pub fn read_named(path: &Path) -> Result<Arc<Content>, ReadError> {
    let real = Disk::below([]).real(path)?;
    let folder = real.parent().unwrap_or(Path::new("."));
    Ok(Arc::new(Content::decode(Disk::below([folder]).read(&real)?.bytes, TextKind::Utf8)))
}

fn folder_of(topology: &Path) -> &Path {
    topology.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The fingerprints that are no longer found.
fn gone(mut fingerprints: Vec<String>, linted: &Linted) -> Vec<String> {
    let left: HashSet<&str> = linted.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    fingerprints.retain(|one| !left.contains(one.as_str()));
    fingerprints
}

/// Reads `error`, `warning`, `info` or `off` (`Some(None)`).
pub fn severity_named(name: &str) -> Option<Option<Severity>> {
    match name {
        "off" => Some(None),
        other => {
            [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.name() == other).map(Some)
        }
    }
}
