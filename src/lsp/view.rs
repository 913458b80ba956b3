//! A topology as it was last computed: its model and findings, and where their places are in the texts that clients have.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gen_lsp_types::{Location, Position, Range, Uri};

use super::documents::Document;
use super::position::{Encoding, Lines};
use super::shift::Shift;
use super::uri;
use crate::deployment::Deployment;
use crate::fix::Plan;
use crate::lint::{Finding, Linted, RuleError};
use crate::project::Project;
use crate::source::{Content, Place, Source, SourceId};
use crate::topology::TopologyError;

/// A topology, as it was last computed.
pub struct View {
    /// Where it really lies.
    pub path: PathBuf,
    /// The last good model: what half-typed files said before. `None` where there never was one.
    pub judged: Option<Judged>,
    /// What is wrong with the topology's present text.
    pub trouble: Option<Trouble>,
    /// What was open when it was computed.
    pub open: Arc<BTreeMap<PathBuf, Document>>,
    /// What columns count.
    pub encoding: Encoding,
    texts: Mutex<HashMap<SourceId, Arc<Text>>>,
}

/// A model with what linting it brought.
pub struct Judged {
    /// The model.
    pub project: Project,
    /// Its findings.
    pub linted: Linted,
    /// Files whose present text does not parse: the model is that of an earlier text.
    pub half_typed: HashMap<SourceId, Arc<Content>>,
    /// What is wrong with these files as they are.
    pub present: Option<Present>,
    /// The plan of all safe fixes, once somebody asked for it.
    pub plan: OnceLock<Plan>,
}

/// Findings about half-typed files, with places in their present texts.
pub struct Present {
    /// The model of all present texts.
    pub project: Project,
    /// What is found in the files that do not parse.
    pub findings: Vec<Finding>,
}

/// Why the topology's present text is no topology, or its rules are none.
#[derive(Clone)]
pub struct Trouble {
    /// The text.
    pub content: Arc<Content>,
    /// What is wrong.
    pub errors: Vec<TopologyError>,
    /// The user's rules, where something is wrong with them.
    pub rules: Vec<WrongRules>,
}

/// A file of rules, and what is wrong with it.
#[derive(Clone)]
pub struct WrongRules {
    /// Where it lies.
    pub real: PathBuf,
    /// What it holds.
    pub content: Arc<Content>,
    /// What is wrong with it, if anything.
    pub errors: Vec<RuleError>,
}

/// The text of a file as the client has it, and the way from places of the model to it.
struct Text {
    /// As it was decoded here.
    content: Arc<Content>,
    /// What changed since the model.
    shift: Option<Shift>,
    own: Lines,
    /// As the client decoded it, where that differs.
    shown: Option<(Arc<str>, Lines)>,
}

impl View {
    /// A view of what was computed.
    pub fn new(
        path: PathBuf,
        judged: Option<Judged>,
        trouble: Option<Trouble>,
        open: Arc<BTreeMap<PathBuf, Document>>,
        encoding: Encoding,
    ) -> Self {
        Self { path, judged, trouble, open, encoding, texts: Mutex::default() }
    }

    /// The same view, which need not look for the lines of files again that are as an earlier view has them.
    pub fn after(self, earlier: &Self) -> Self {
        let known = earlier.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(source, file): (SourceId, &Source)| {
            let text = known.get(&source).filter(|text| text.is_plain() && Arc::ptr_eq(&text.content, &file.content))?;
            let closed = self.file(source).is_none_or(|path| !self.open.contains_key(path));
            closed.then(|| (source, Arc::clone(text)))
        };
        let texts = self.model().map(|model| model.sources().iter().filter_map(same).collect()).unwrap_or_default();
        drop(known);
        Self { texts: Mutex::new(texts), ..self }
    }

    /// The model.
    pub fn model(&self) -> Option<&Deployment> {
        self.judged.as_ref().map(|judged| &*judged.project.model)
    }

    /// Whether every file is the one that the model was made of.
    pub fn is_whole(&self) -> bool {
        self.trouble.is_none() && self.judged.as_ref().is_some_and(|judged| judged.half_typed.is_empty())
    }

    /// Whether a file is the one that the model was made of.
    pub fn is_present(&self, source: SourceId) -> bool {
        let Some(judged) = &self.judged else { return false };
        let is_topology = source == judged.project.model.inputs.topology_source;
        let half_typed = judged.half_typed.contains_key(&source);
        !half_typed && (self.trouble.is_none() || !is_topology)
    }

    /// Where a file lies; `None` for what lies in an archive.
    pub fn file(&self, source: SourceId) -> Option<&Path> {
        let model = self.model()?;
        if source == model.inputs.topology_source {
            return Some(&self.path);
        }
        model.sources().get(source).real.as_deref()
    }

    /// The files of a path: several where nodes reach it under several names.
    pub fn sources(&self, path: &Path) -> Vec<SourceId> {
        let Some(model) = self.model() else { return Vec::new() };
        let all = model.sources().iter().map(|(source, _)| source);
        all.filter(|source| self.file(*source) == Some(path)).collect()
    }

    /// How clients call a path.
    pub fn uri(&self, path: &Path) -> Uri {
        self.open.get(path).map_or_else(|| uri::of(path), |document| document.uri.clone())
    }

    /// The version of a file's text, where it is open.
    pub fn version(&self, path: &Path) -> Option<i32> {
        self.open.get(path).map(|document| document.version)
    }

    /// Where a place of the model is in the text that the client has; `None` for what lies in an archive.
    pub fn location(&self, place: Place) -> Option<Location> {
        let path = self.file(place.source)?;
        Some(Location { uri: self.uri(path), range: self.range(place)? })
    }

    /// The range of a place of the model.
    pub fn range(&self, place: Place) -> Option<Range> {
        let text = self.text(place.source)?;
        let content = &self.model()?.sources().get(place.source).content;
        let range = content.to_text(place.span);
        Some(text.range(&text.shift.as_ref().map_or(range.clone(), |shift| shift.forward(&range)), self.encoding))
    }

    /// The range of a place in the present text of a half-typed file.
    pub fn range_now(&self, place: Place) -> Option<Range> {
        let text = self.text(place.source)?;
        Some(text.range(&text.content.to_text(place.span), self.encoding))
    }

    /// The byte on disk, in the model's file, that a position of the client means.
    pub fn offset(&self, source: SourceId, position: Position) -> Option<usize> {
        let text = self.text(source)?;
        let now = text.offset(position, self.encoding);
        let then = text.shift.as_ref().map_or(now, |shift| shift.back(now));
        Some(self.model()?.sources().get(source).content.to_disk(then..then).start)
    }

    fn text(&self, source: SourceId) -> Option<Arc<Text>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(&source) {
            return Some(Arc::clone(known));
        }
        let judged = self.judged.as_ref()?;
        let model = &judged.project.model;
        let modelled = &model.sources().get(source).content;
        let trouble = self.trouble.as_ref().filter(|_| source == model.inputs.topology_source);
        let content = judged.half_typed.get(&source).or(trouble.map(|trouble| &trouble.content)).unwrap_or(modelled);
        let shift = (!Arc::ptr_eq(content, modelled)).then(|| Shift::between(modelled.text(), content.text()));
        let text = self.file(source).and_then(|path| self.open.get(path)).map(|document| &document.text);
        let text = Arc::new(Text::new(Arc::clone(content), shift, text));
        texts.insert(source, Arc::clone(&text));
        Some(text)
    }

    /// The range of an error in a file of rules.
    pub fn range_in_rules(&self, file: &WrongRules, error: &RuleError) -> Range {
        let text = Text::new(Arc::clone(&file.content), None, self.open.get(&file.real).map(|document| &document.text));
        text.range(&error.range.clone().unwrap_or_default(), self.encoding)
    }

    /// The ranges of spans in the topology's present text, where that is no topology.
    pub fn ranges_of_trouble(&self) -> Vec<Range> {
        let Some(trouble) = &self.trouble else { return Vec::new() };
        let shown = self.open.get(&self.path).map(|document| &document.text);
        let text = Text::new(Arc::clone(&trouble.content), None, shown);
        let range = |error: &TopologyError| trouble.content.to_text(error.span.unwrap_or_default());
        trouble.errors.iter().map(|error| text.range(&range(error), self.encoding)).collect()
    }
}

impl Text {
    fn new(content: Arc<Content>, shift: Option<Shift>, client: Option<&Arc<str>>) -> Self {
        let bare = |text: &Arc<str>| text.strip_prefix('\u{feff}').map_or_else(|| Arc::clone(text), Arc::from);
        let shown = client.map(bare).filter(|text| **text != *content.text());
        let shown = shown.map(|text| (Arc::clone(&text), Lines::new(&text)));
        let own = Lines::new(content.text());
        Self { content, shift, own, shown }
    }

    /// Whether it is the model's own text, as the client has it too.
    fn is_plain(&self) -> bool {
        self.shift.is_none() && self.shown.is_none()
    }

    fn range(&self, range: &std::ops::Range<usize>, encoding: Encoding) -> Range {
        match &self.shown {
            None => self.own.range(self.content.text(), range, encoding),
            // Decoded otherwise, character by character: lines and characters are the same, their bytes are not.
            Some((text, lines)) => {
                let there = self.own.range(self.content.text(), range, Encoding::Utf32);
                let offset = |position| lines.offset(text, position, Encoding::Utf32);
                lines.range(text, &(offset(there.start)..offset(there.end)), encoding)
            }
        }
    }

    fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let own = self.content.text();
        match &self.shown {
            None => self.own.offset(own, position, encoding),
            Some((text, lines)) => {
                let there = lines.position(text, lines.offset(text, position, encoding), Encoding::Utf32);
                self.own.offset(own, there, Encoding::Utf32)
            }
        }
    }
}
