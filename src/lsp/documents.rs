//! What is open in the editor: texts with their versions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gen_lsp_types::{Range, TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, Lines};
use super::uri;

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the client calls it.
    pub uri: Uri,
    /// Its text as the client has it.
    pub text: Arc<str>,
    /// The version of that text.
    pub version: i32,
}

/// Open documents by where their files really lie.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// A file may be open under several names, of which the last that changed counts.
    files: BTreeMap<PathBuf, Vec<Document>>,
}

impl Documents {
    /// Opens a document; the path of its file, if it is one.
    pub fn open(&mut self, uri: Uri, text: String, version: i32) -> Option<PathBuf> {
        let path = uri::real(&uri::path(&uri)?);
        let documents = self.files.entry(path.clone()).or_default();
        documents.retain(|document| document.uri != uri);
        documents.push(Document { uri, text: text.into(), version });
        Some(path)
    }

    /// Changes a document; the path of its file, if it is open.
    pub fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Option<PathBuf> {
        let (path, documents, at) = self.find(uri)?;
        let mut document = documents.remove(at);
        let mut text = String::from(&*document.text);
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    replace(&mut text, part.range, &part.text, encoding);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => text = whole.text,
            }
        }
        (document.text, document.version) = (text.into(), version);
        documents.push(document);
        Some(path)
    }

    /// The path of the file that a client calls so, its documents, and which of them it is.
    fn find(&mut self, uri: &Uri) -> Option<(PathBuf, &mut Vec<Document>, usize)> {
        self.files.iter_mut().find_map(|(path, documents)| {
            let at = documents.iter().position(|document| document.uri == *uri)?;
            Some((path.clone(), documents, at))
        })
    }

    /// Closes a document; the path of its file, if it was open.
    pub fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let (path, documents, at) = self.find(uri)?;
        documents.remove(at);
        if documents.is_empty() {
            self.files.remove(&path);
        }
        Some(path)
    }

    /// The document of each open file, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.files.iter().filter_map(|(path, documents)| Some((path, documents.last()?)))
    }

    /// The document of a file.
    pub fn get(&self, path: &std::path::Path) -> Option<&Document> {
        self.files.get(path)?.last()
    }
}

/// Replaces a range of a text. One that ends before it starts is empty.
fn replace(text: &mut String, range: Range, new: &str, encoding: Encoding) {
    let lines = Lines::new(text);
    let start = lines.offset(text, range.start, encoding);
    let end = lines.offset(text, range.end, encoding).max(start);
    text.replace_range(start..end, new);
}
