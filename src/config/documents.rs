//! All parsed files of a run; files of equal content are parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::source::{Content, SourceId, Sources};

use super::{Document, Format, Malformed};

/// What became of parsing a file.
pub type Parsed = Result<Document, Malformed>;

/// Parsed files by source.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    parsed: HashMap<SourceId, Arc<Parsed>>,
}

impl Documents {
    /// Parses files on all cores. Files that share their [`Content`] share the result; what holds the same bytes under the
    /// same name as in an earlier run is taken from there.
    pub fn parse(sources: &Sources, files: &[(SourceId, Format)], known: Option<(&Sources, &Self)>) -> Self {
        let earlier = known.map(|(sources, documents)| documents.by_name(sources)).unwrap_or_default();
        let same = |source: SourceId, format: Format| {
            let file = sources.get(source);
            let (content, parsed) = earlier.get(file.name.as_str())?;
            let alike = parsed.as_ref().as_ref().ok().is_some_and(|document| document.format() == format);
            (alike && (std::ptr::eq(*content, &raw const *file.content) || content.bytes() == file.content.bytes()))
                .then(|| Arc::clone(parsed))
        };
        let mut parsed = HashMap::with_capacity(files.len());
        let mut left = Vec::new();
        for (source, format) in files {
            match same(*source, *format) {
                Some(found) => drop(parsed.insert(*source, found)),
                None => left.push((*source, *format)),
            }
        }
        parsed.extend(Self::parse_all(sources, &left));
        Self { parsed }
    }

    fn by_name<'a>(&'a self, sources: &'a Sources) -> HashMap<&'a str, (&'a Content, &'a Arc<Parsed>)> {
        let of = |source: &SourceId| sources.get(*source);
        self.parsed.iter().map(|(source, parsed)| (of(source).name.as_str(), (&*of(source).content, parsed))).collect()
    }

    fn parse_all(sources: &Sources, files: &[(SourceId, Format)]) -> Vec<(SourceId, Arc<Parsed>)> {
        let mut jobs: Vec<(&Arc<Content>, Format)> = Vec::new();
        let mut job_of: HashMap<(*const Content, Format), usize> = HashMap::new();
        let chosen: Vec<usize> = files
            .iter()
            .map(|(source, format)| {
                let content = &sources.get(*source).content;
                *job_of.entry((Arc::as_ptr(content), *format)).or_insert_with(|| {
                    jobs.push((content, *format));
                    jobs.len() - 1
                })
            })
            .collect();
        let done: Vec<Arc<Parsed>> =
            jobs.par_iter().map(|(content, format)| Arc::new(Document::parse(content, *format))).collect();
        files.iter().zip(chosen).map(|((source, _), job)| (*source, Arc::clone(&done[job]))).collect()
    }

    /// The same documents, one file parsed anew, if it was parsed at all.
    pub fn reparse(&mut self, source: SourceId, content: &Content, format: Format) {
        if let Some(parsed) = self.parsed.get_mut(&source) {
            *parsed = Arc::new(Document::parse(content, format));
        }
    }

    /// The document of a source, or why there is none; `None` for files that are not parsed.
    pub fn get(&self, source: SourceId) -> Option<&Parsed> {
        self.parsed.get(&source).map(Arc::as_ref)
    }
}
