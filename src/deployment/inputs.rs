//! What the model is built from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::{Catalogue, FileSpec};
use crate::config::Documents;
use crate::home::{FileState, Home};
use crate::source::{Content, SourceId, Sources};
use crate::topology::Topology;

/// What the model is built from.
pub struct Inputs {
    /// Product knowledge.
    pub catalogue: Arc<Catalogue>,
    /// What is asked of each home: the catalogue's files, and start scripts that the topology names behind them.
    pub files: Arc<[FileSpec]>,
    /// What the user declared.
    pub topology: Arc<Topology>,
    /// The topology's own text.
    pub topology_source: SourceId,
    /// The home of each node, in the order of the topology.
    pub homes: Vec<Arc<Home>>,
    /// Every file.
    pub sources: Arc<Sources>,
    /// Every file that was parsed.
    pub documents: Documents,
}

impl Inputs {
    /// The same inputs with other bytes in some files: what an edit would bring, without writing it.
    pub fn edited(&self, files: &BTreeMap<SourceId, Vec<u8>>) -> Self {
        let (mut sources, mut documents) = ((*self.sources).clone(), self.documents.clone());
        let mut left = files.len();
        for home in &self.homes {
            if left == 0 {
                break;
            }
            for (index, spec) in self.files.iter().enumerate() {
                let FileState::Read(source) = home.file(index) else { continue };
                let Some(bytes) = files.get(source).filter(|bytes| sources.get(*source).content.bytes() != bytes.as_slice())
                else {
                    continue;
                };
                let content = Arc::new(Content::decode(bytes.clone(), spec.text_kind()));
                if let Some(format) = spec.format {
                    documents.reparse(*source, &content, format);
                }
                sources.replace(*source, content);
                left -= 1;
            }
        }
        Self {
            catalogue: Arc::clone(&self.catalogue),
            files: Arc::clone(&self.files),
            topology: Arc::clone(&self.topology),
            topology_source: self.topology_source,
            homes: self.homes.clone(),
            sources: Arc::new(sources),
            documents,
        }
    }
}
