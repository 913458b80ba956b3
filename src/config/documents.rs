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
    /// Parses files on all cores. Files that share their [`Content`] share the result.
    pub fn parse(sources: &Sources, files: &[(SourceId, Format)]) -> Self {
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
        let parsed = files.iter().zip(chosen).map(|((source, _), job)| (*source, Arc::clone(&done[job]))).collect();
        Self { parsed }
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
