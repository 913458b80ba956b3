//! What the client can do, as it says when it starts.

use std::path::PathBuf;

use gen_lsp_types::Uri;
use serde_json::Value;

use super::position::Encoding;
use super::uri;

/// What a client can do. Asked for key by key: one that says less than it should is understood all the same.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// What columns count.
    pub encoding: Encoding,
    /// Diagnostics may name other places.
    pub related: bool,
    /// Edits may name versions of documents.
    pub document_changes: bool,
    /// The edit of a code action may be asked for later.
    pub resolves_edits: bool,
    /// Hovers may be Markdown.
    pub markdown: bool,
    /// Watchers may be registered later.
    pub watches: bool,
    /// Their patterns may be relative to a folder.
    pub relative_patterns: bool,
    /// Folders of the workspace.
    pub folders: Vec<PathBuf>,
    /// Topologies that the user named in the settings.
    pub topologies: Vec<PathBuf>,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub fn new(params: &Value) -> Self {
        let can = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let is = |path: &str| can(path).and_then(Value::as_bool).unwrap_or_default();
        let lists =
            |path: &str, word: &str| can(path).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == word));
        let encodings = "general/positionEncodings";
        // UTF-8 first where it may be chosen: it is what is counted here.
        let encoding = match (lists(encodings, "utf-8"), lists(encodings, "utf-32") && !lists(encodings, "utf-16")) {
            (true, _) => Encoding::Utf8,
            (false, true) => Encoding::Utf32,
            (false, false) => Encoding::Utf16,
        };
        let folders = folders(params);
        let named = params.pointer("/initializationOptions/topologies").and_then(Value::as_array);
        let named = named.into_iter().flatten().filter_map(Value::as_str);
        let base = folders.first().cloned().unwrap_or_default();
        Self {
            encoding,
            related: is("textDocument/publishDiagnostics/relatedInformation"),
            document_changes: is("workspace/workspaceEdit/documentChanges"),
            resolves_edits: lists("textDocument/codeAction/resolveSupport/properties", "edit"),
            markdown: lists("textDocument/hover/contentFormat", "markdown"),
            watches: is("workspace/didChangeWatchedFiles/dynamicRegistration"),
            relative_patterns: is("workspace/didChangeWatchedFiles/relativePatternSupport"),
            topologies: named.map(|path| uri::real(&base.join(path))).collect(),
            folders,
        }
    }
}

fn folders(params: &Value) -> Vec<PathBuf> {
    let of = |value: &Value| uri::path(&Uri::from(value.as_str()?)).map(|path| uri::real(&path));
    let several = params.get("workspaceFolders").and_then(Value::as_array);
    let several: Vec<PathBuf> = several.into_iter().flatten().filter_map(|folder| of(folder.get("uri")?)).collect();
    if several.is_empty() { params.get("rootUri").and_then(of).into_iter().collect() } else { several }
}
