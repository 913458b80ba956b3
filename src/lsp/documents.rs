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
    files: BTreeMap<PathBuf, Document>,
}

impl Documents {
    /// Opens a document; the path of its file, if it is one.
    pub fn open(&mut self, uri: Uri, text: String, version: i32) -> Option<PathBuf> {
        let path = uri::real(&uri::path(&uri)?);
        self.files.insert(path.clone(), Document { uri, text: text.into(), version });
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
        let (path, document) = self.files.iter_mut().find(|(_, document)| document.uri == *uri)?;
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
        Some(path.clone())
    }

    /// Closes a document; the path of its file, if it was open.
    pub fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let path = self.files.iter().find(|(_, document)| document.uri == *uri).map(|(path, _)| path.clone())?;
        self.files.remove(&path);
        Some(path)
    }

    /// The open documents, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.files.iter()
    }

    /// The document of a file.
    pub fn get(&self, path: &std::path::Path) -> Option<&Document> {
        self.files.get(path)
    }
}

/// Replaces a range of a text. One that ends before it starts is empty.
fn replace(text: &mut String, range: Range, new: &str, encoding: Encoding) {
    let lines = Lines::new(text);
    let start = lines.offset(text, range.start, encoding);
    let end = lines.offset(text, range.end, encoding).max(start);
    text.replace_range(start..end, new);
}
