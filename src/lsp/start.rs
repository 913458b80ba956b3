//! What the server can do, as it says when it starts.

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProvider, CompletionOptions, DefinitionProvider,
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, HoverProvider, InitializeResult, Pattern,
    Registration, RegistrationParams, RelativePattern, Save, ServerCapabilities, ServerInfo, TextDocumentSync,
    TextDocumentSyncKind, TextDocumentSyncOptions,
};

use super::actions::FIX_ALL;
use super::client::Client;
use super::uri;

/// The result of `initialize`.
pub fn result(client: &Client) -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::Incremental),
        save: Some(Save::Bool(true)),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::Custom(FIX_ALL.into())]),
        resolve_provider: Some(true),
        ..CodeActionOptions::default()
    };
    let completion = CompletionOptions {
        trigger_characters: Some([" ", ":", "-", "[", "{", ",", "\""].map(str::to_owned).to_vec()),
        ..CompletionOptions::default()
    };
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(client.encoding.kind()),
            text_document_sync: Some(TextDocumentSync::Options(sync)),
            code_action_provider: Some(CodeActionProvider::CodeActionOptions(actions)),
            completion_provider: Some(completion),
            hover_provider: Some(HoverProvider::Bool(true)),
            definition_provider: Some(DefinitionProvider::Bool(true)),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo { name: "carbonlint".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) }),
    }
}

/// Asks the client to watch files, if it can: those of the kinds that are read, wherever they lie in its folders.
pub fn watchers(client: &Client) -> Option<RegistrationParams> {
    const FILES: &str = "**/*.{xml,toml,yaml,yml,properties,json,epr,sh,bat,conf,zip,gz}";
    if !client.watches {
        return None;
    }
    let everywhere = FileSystemWatcher { glob_pattern: GlobPattern::Pattern(Pattern::from(FILES.to_owned())), kind: None };
    let below = |folder: &std::path::PathBuf| FileSystemWatcher {
        glob_pattern: GlobPattern::RelativePattern(RelativePattern {
            base_uri: uri::of(folder).into(),
            pattern: Pattern::from(FILES.to_owned()),
        }),
        kind: None,
    };
    let relative = client.relative_patterns && !client.folders.is_empty();
    let watchers = if relative { client.folders.iter().map(below).collect() } else { vec![everywhere] };
    let options = serde_json::to_value(DidChangeWatchedFilesRegistrationOptions { watchers }).ok()?;
    let registration = Registration {
        id: "files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: Some(options),
    };
    Some(RegistrationParams { registrations: vec![registration] })
}
