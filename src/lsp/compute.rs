//! From texts to views: the thread that reads, resolves and lints. Only the latest job counts; what changed in earlier ones
//! that were never computed is added to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use super::documents::Document;
use super::find;
use super::half_typed::{self, Good};
use super::view::{Trouble, View, WrongRules};
use crate::deployment::Deployment;
use crate::home::{Disk, Overlay, ReadError, Remembered, Storage, Texts, is_text_of, overlaid};
use crate::lint::RuleError;
use crate::project::{Engine, Known, OpenError, Project};
use crate::source::{Content, Source, Span};
use crate::topology::TopologyError;

/// How many sets of folders are remembered of a topology.
const MOST_REMEMBERED: usize = 8;

/// What is to be computed.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// Counts changes, so that an answer can wait for its own.
    pub generation: u64,
    /// Everything that is open.
    pub open: Arc<BTreeMap<PathBuf, Document>>,
    /// Files whose texts changed.
    pub changed: BTreeSet<PathBuf>,
    /// Whether files on disk may have changed, or others are open now.
    pub anew: bool,
    /// Whether files may have come that are topologies.
    pub created: bool,
}

impl Job {
    /// The jobs that wait, as one: the latest texts, and all that changed.
    pub fn latest(mut self, waiting: &Receiver<Self>) -> Self {
        while let Ok(next) = waiting.try_recv() {
            let earlier = std::mem::replace(&mut self, next);
            self.changed.extend(earlier.changed);
            self.anew |= earlier.anew;
            self.created |= earlier.created;
        }
        self
    }
}

/// Computes views, and keeps what the next ones need.
pub struct Computer {
    engine: Arc<Engine>,
    client: Client,
    topologies: BTreeMap<PathBuf, Kept>,
    /// Files of topologies that went: another branch may have them again.
    gone: BTreeSet<PathBuf>,
    /// Topologies in the workspace, whatever they cover. To look for them takes longer than all the rest.
    workspace: Option<BTreeSet<PathBuf>>,
}

/// What is kept of a topology.
#[derive(Default)]
struct Kept {
    /// The model of all present texts.
    project: Option<Arc<Project>>,
    good: Good,
    /// What was read, by the folders below which it was.
    remembered: HashMap<Vec<PathBuf>, Remembered>,
    view: Option<Arc<View>>,
}

impl Computer {
    /// One that has computed nothing yet.
    pub fn new(engine: Arc<Engine>, client: Client) -> Self {
        Self { engine, client, topologies: BTreeMap::new(), gone: BTreeSet::new(), workspace: None }
    }

    /// Starts anew: what is kept may be half done.
    pub fn forget(&mut self) {
        self.topologies.values_mut().for_each(|kept| *kept = Kept::default());
    }

    /// The views of every topology that covers something that is or was open.
    pub fn compute(&mut self, job: &Job) -> Vec<Arc<View>> {
        let texts: Texts = job.open.iter().map(|(path, document)| (path.clone(), Arc::clone(&document.text))).collect();
        if job.anew {
            self.gone.retain(|path| {
                let back = path.is_file();
                if back {
                    self.topologies.entry(path.clone()).or_default();
                }
                !back
            });
            self.find(job, &texts);
        }
        let update = Update { engine: &self.engine, job, texts: &texts, client: &self.client };
        let gone = &mut self.gone;
        self.topologies.retain(|path, kept| {
            let there = update.run(path, kept);
            if !there {
                gone.insert(path.clone());
            }
            there
        });
        self.topologies.values().filter_map(|kept| kept.view.clone()).collect()
    }

    /// Takes in topologies that cover what is open. What was taken in stays until its file is gone.
    fn find(&mut self, job: &Job, texts: &Texts) {
        // One that was taken for what it says is none any more once it says something else.
        let client = &self.client;
        self.topologies.retain(|path, _| {
            let says = |text: &str| find::looks_like_topology(path, text);
            let named = find::is_topology_by_name(path) || client.topologies.contains(path);
            named
                || texts
                    .get(path)
                    .map_or_else(|| std::fs::read_to_string(path).map_or(true, |text| says(&text)), |text| says(text))
        });
        let left: Vec<&Path> = job.open.keys().map(PathBuf::as_path).collect();
        if left.is_empty() {
            return;
        }
        if job.created {
            self.workspace = None;
        }
        let mut candidates = self.workspace.get_or_insert_with(|| find::in_workspace(&self.client)).clone();
        for (path, document) in job.open.iter() {
            candidates.extend(find::above(path));
            if find::is_topology_by_name(path) || find::looks_like_topology(path, &document.text) {
                candidates.insert(path.clone());
            }
        }
        candidates.retain(|path| !self.topologies.contains_key(path));
        for path in find::covering(&candidates, &left, texts) {
            self.topologies.insert(path, Kept::default());
        }
    }
}

struct Update<'a> {
    engine: &'a Engine,
    job: &'a Job,
    texts: &'a Texts,
    client: &'a Client,
}

impl Update<'_> {
    /// Brings a topology up to date; whether it is still there.
    fn run(&self, path: &Path, kept: &mut Kept) -> bool {
        let changed = |path: &Path| self.job.changed.contains(path);
        let own_rules = |project: &Arc<Project>| project.rule_files.iter().any(|file| changed(file));
        let wrong_rules =
            |view: &Arc<View>| view.trouble.iter().flat_map(|trouble| &trouble.rules).any(|file| changed(&file.real));
        let read = self.job.anew
            || changed(path)
            || kept.project.as_ref().is_none_or(own_rules)
            || kept.view.as_ref().is_some_and(wrong_rules);
        let (project, trouble) = match kept.project.clone().filter(|_| !read) {
            // Where none of its files changed, versions did.
            Some(project) => (Some(self.edited(&project, kept).unwrap_or(project)), None),
            None => match self.load(path, kept, self.texts) {
                Ok(project) => (Some(Arc::new(project)), None),
                Err(OpenError::Unreadable { why: ReadError::Absent, .. }) => return false,
                Err(error) => (self.homes_anew(path, kept), Some(trouble(error))),
            },
        };
        let trouble = if read { trouble } else { same_trouble(kept) };
        if let Some(project) = &project {
            half_typed::keep(&mut kept.good, &project.model, &self.job.open);
        }
        let again = |project: &Arc<Project>| project.with(Arc::clone(&project.model));
        let judged = project.as_ref().map(|project| half_typed::judge(self.engine, again(project), &kept.good));
        kept.project = project;
        let open = Arc::clone(&self.job.open);
        let view = View::new(path.to_owned(), judged, trouble, open, self.client.encoding);
        kept.view = Some(Arc::new(match &kept.view {
            Some(earlier) => view.after(earlier),
            None => view,
        }));
        true
    }

    /// The project with the texts that changed; `None` where it reads none of them.
    fn edited(&self, project: &Project, kept: &mut Kept) -> Option<Arc<Project>> {
        // What they say now is the last good text of those that do not parse next.
        half_typed::keep(&mut kept.good, &project.model, &self.job.open);
        let changed = |real: &PathBuf| self.job.changed.contains(real).then(|| self.texts.get(real)).flatten();
        let sources = project.model.sources().iter();
        let bytes: BTreeMap<_, _> = sources
            .filter_map(|(source, file)| Some((source, file.content.bytes(), changed(file.real.as_ref()?)?)))
            .filter(|(_, before, text)| !is_text_of(text, before))
            .map(|(source, before, text)| (source, overlaid(text, Some(before))))
            .collect();
        if bytes.is_empty() {
            return None;
        }
        let model = Arc::new(project.model.edited(&bytes));
        Some(Arc::new(project.with(model)))
    }

    /// The last good topology, with its homes as they are now.
    fn homes_anew(&self, path: &Path, kept: &mut Kept) -> Option<Arc<Project>> {
        let last = kept.project.clone()?;
        let model = &last.model;
        let text = model.sources().get(model.inputs.topology_source).content.text();
        let mut texts = self.texts.clone();
        texts.insert(path.to_owned(), text.into());
        self.load(path, kept, &texts).map(Arc::new).ok().or(Some(last))
    }

    /// Reads a topology, and of its homes what is not remembered.
    fn load(&self, path: &Path, kept: &mut Kept, texts: &Texts) -> Result<Project, OpenError> {
        if self.job.anew {
            kept.remembered.clear();
        }
        let known = kept.project.clone();
        let known = known.as_deref().map(|project| &*project.model);
        // The topology itself is no file of a home, and says not where it really lies.
        let changed = |file: &Source| file.real.as_ref().is_some_and(|real| self.job.changed.contains(real));
        let same_homes = |model: &Deployment| !self.job.anew && !model.sources().iter().any(|(_, file)| changed(file));
        let remembered = Mutex::new(std::mem::take(&mut kept.remembered));
        let storage = |folders: &[&Path]| -> Box<dyn Storage + '_> {
            let key: Vec<PathBuf> = folders.iter().map(|folder| (*folder).to_owned()).collect();
            let mut all = remembered.lock().unwrap_or_else(PoisonError::into_inner);
            // Homes come and go while a topology is typed.
            if all.len() > MOST_REMEMBERED {
                all.clear();
            }
            let disk = Disk::below(folders.iter().copied());
            Box::new(Overlay::new(all.entry(key).or_default().over(disk), texts))
        };
        let loaded = self.engine.load_from(
            path,
            &storage,
            known.map(|model| Known { inputs: &model.inputs, same_homes: same_homes(model) }),
        );
        kept.remembered = remembered.into_inner().unwrap_or_else(PoisonError::into_inner);
        loaded.map(|loaded| loaded.resolve_after(known))
    }
}

/// What was wrong with the topology, and still is: its text did not change.
fn same_trouble(kept: &Kept) -> Option<Trouble> {
    let before = kept.view.as_ref()?.trouble.as_ref()?;
    Some(before.clone())
}

fn trouble(error: OpenError) -> Trouble {
    match error {
        OpenError::Topology { content, errors, .. } => Trouble { content, errors, rules: Vec::new() },
        OpenError::Rules(bad) => {
            let place = bad.named.clone();
            let (content, span) = place.unwrap_or_else(|| (Arc::new(Content::plain("")), Span::default()));
            let mut rules: Vec<WrongRules> = Vec::new();
            for file in &bad.files {
                let errors: Vec<RuleError> = bad.errors.iter().filter(|error| error.file == file.name).cloned().collect();
                rules.push(WrongRules { real: file.real.clone(), content: Arc::clone(&file.content), errors });
            }
            let says = |error: &RuleError| TopologyError::new(format!("a rule has a mistake: {error}"), span);
            Trouble { content, errors: bad.errors.iter().map(says).collect(), rules }
        }
        OpenError::Unreadable { why, .. } => {
            let message = format!("it cannot be read: {why}");
            Trouble {
                content: Arc::new(Content::plain("")),
                errors: vec![TopologyError::new(message, Span::default())],
                rules: Vec::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_jobs_that_wait_only_the_last_texts_are_computed_and_no_change_is_lost() {
        let job = |generation, path: &str, anew| Job { generation, changed: [path.into()].into(), anew, ..Job::default() };
        let (sender, waiting) = std::sync::mpsc::channel();
        sender.send(job(2, "b", true)).expect("open");
        sender.send(job(3, "a", false)).expect("open");
        let latest = job(1, "a", false).latest(&waiting);
        assert_eq!((latest.generation, latest.anew), (3, true));
        assert_eq!(latest.changed, ["a".into(), "b".into()].into());
    }
}
