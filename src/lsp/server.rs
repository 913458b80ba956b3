//! The server: messages in, answers and diagnostics out. It holds the texts; models are computed beside it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use gen_lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    FileChangeType, PublishDiagnosticsParams, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::actions::Asked;
use super::client::Client;
use super::compute::{Computer, Job};
use super::diagnostics::{self, ByFile};
use super::documents::{Document, Documents};
use super::requests;
use super::start;
use super::uri;
use super::view::View;
use crate::project::Engine;

/// What the server waits for.
enum Event {
    /// A message of the client.
    Client(Message),
    /// The client is gone.
    Gone,
    /// Views were computed.
    Computed(Computed),
    /// An answer that took longer.
    Answered(Response),
}

/// What was computed.
struct Computed {
    generation: u64,
    open: Arc<BTreeMap<PathBuf, Document>>,
    views: Vec<Arc<View>>,
    files: ByFile,
}

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// `initialize` is yet to come.
    Before,
    /// In between.
    Running,
    /// `shutdown` was asked for.
    Over,
}

struct Server {
    connection: Connection,
    events: Sender<Event>,
    stage: Stage,
    asked: Asked,
    open: Documents,
    jobs: Option<Sender<Job>>,
    /// Counts changes of texts.
    generation: u64,
    /// The one that the views are of.
    computed: u64,
    /// Requests for edits of texts that are not computed yet.
    waiting: Vec<Request>,
    published: ByFile,
}

/// Serves until the client says `exit` or is gone: the exit status.
pub fn serve(engine: Engine, connection: Connection) -> u8 {
    let (events, received) = channel();
    let (messages, forward) = (connection.receiver.clone(), events.clone());
    // The client must never wait for a computation before it can write.
    thread::spawn(move || {
        for message in messages {
            if forward.send(Event::Client(message)).is_err() {
                return;
            }
        }
        let _ = forward.send(Event::Gone);
    });
    let asked = Asked { engine: Arc::new(engine), client: Arc::default(), views: Vec::new() };
    let mut server = Server {
        connection,
        events,
        stage: Stage::Before,
        asked,
        open: Documents::default(),
        jobs: None,
        generation: 0,
        computed: 0,
        waiting: Vec::new(),
        published: ByFile::new(),
    };
    server.run(&received)
}

impl Server {
    fn run(&mut self, received: &Receiver<Event>) -> u8 {
        while let Ok(event) = received.recv() {
            match event {
                Event::Client(Message::Request(request)) => self.request(request),
                Event::Client(Message::Notification(notification)) if notification.method == "exit" => break,
                Event::Client(Message::Notification(notification)) => self.notification(notification),
                // Registering watchers may be refused: then files are read anew when something is saved.
                Event::Client(Message::Response(_)) => {}
                Event::Answered(response) => self.send(response),
                Event::Computed(computed) => self.take(computed),
                Event::Gone => return 1,
            }
        }
        u8::from(self.stage != Stage::Over)
    }

    fn send(&self, message: impl Into<Message>) {
        // A client that is gone is said to be by its other half.
        let _ = self.connection.sender.send(message.into());
    }

    fn notify(&self, method: &str, params: impl Serialize) {
        self.send(Notification::new(method.to_owned(), params));
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: &str) {
        self.send(Response::new_err(id, code as i32, why.to_owned()));
    }

    fn request(&mut self, request: Request) {
        match (self.stage, request.method.as_str()) {
            (Stage::Before, "initialize") => self.initialize(request),
            (Stage::Before, _) => self.refuse(request.id, ErrorCode::ServerNotInitialized, "`initialize` comes first"),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::Over;
                self.send(Response::new_ok(request.id, Value::Null));
            }
            (Stage::Running, "initialize") => self.refuse(request.id, ErrorCode::InvalidRequest, "`initialize` comes once"),
            // An edit of a text that is no longer there helps nobody.
            (Stage::Running, "textDocument/codeAction" | "codeAction/resolve") => self.later(request),
            (Stage::Running, _) => self.send(requests::answer(&self.asked, &self.open, request)),
            (Stage::Over, _) => self.refuse(request.id, ErrorCode::InvalidRequest, "the server was shut down"),
        }
    }

    fn initialize(&mut self, request: Request) {
        let client = Arc::new(Client::new(&request.params));
        self.asked.client = Arc::clone(&client);
        self.stage = Stage::Running;
        let (jobs, waiting) = channel::<Job>();
        let computer = Computer::new(Arc::clone(&self.asked.engine), (*client).clone());
        let events = self.events.clone();
        thread::spawn(move || compute(computer, &client, &waiting, &events));
        self.jobs = Some(jobs);
        self.send(Response::new_ok(request.id, start::result(&self.asked.client)));
    }

    fn notification(&mut self, notification: Notification) {
        if self.stage != Stage::Running {
            return;
        }
        match notification.method.as_str() {
            "initialized" => {
                if let Some(registration) = start::watchers(&self.asked.client) {
                    self.send(Request::new("watch".to_owned().into(), "client/registerCapability".to_owned(), registration));
                }
            }
            "textDocument/didOpen" => {
                let Some(params) = read::<DidOpenTextDocumentParams>(notification) else { return };
                let item = params.text_document;
                if self.open.open(item.uri, item.text, item.version).is_some() {
                    self.compute(Job { anew: true, ..Job::default() });
                }
            }
            "textDocument/didChange" => {
                let Some(params) = read::<DidChangeTextDocumentParams>(notification) else { return };
                let (uri, version) = (params.text_document.text_document_identifier.uri, params.text_document.version);
                let encoding = self.asked.client.encoding;
                if let Some(path) = self.open.change(&uri, version, params.content_changes, encoding) {
                    self.compute(Job { changed: [path].into(), ..Job::default() });
                }
            }
            "textDocument/didClose" => {
                let Some(params) = read::<DidCloseTextDocumentParams>(notification) else { return };
                if self.open.close(&params.text_document.uri).is_some() {
                    self.compute(Job { anew: true, ..Job::default() });
                }
            }
            "textDocument/didSave" => self.compute(Job { anew: true, ..Job::default() }),
            "workspace/didChangeWatchedFiles" => {
                let Some(params) = read::<DidChangeWatchedFilesParams>(notification) else { return };
                let created = params.changes.iter().any(|change| change.kind == FileChangeType::Created);
                if !params.changes.is_empty() {
                    self.compute(Job { anew: true, created, ..Job::default() });
                }
            }
            "$/cancelRequest" => self.cancel(&notification.params),
            _ => {}
        }
    }

    fn cancel(&mut self, params: &Value) {
        let Some(id) = params.get("id").cloned().and_then(|id| serde_json::from_value::<RequestId>(id).ok()) else { return };
        if let Some(at) = self.waiting.iter().position(|request| request.id == id) {
            self.waiting.remove(at);
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled");
        }
    }

    /// Has everything computed, for a reason.
    fn compute(&mut self, why: Job) {
        self.generation += 1;
        let open: BTreeMap<PathBuf, Document> =
            self.open.iter().map(|(path, document)| (path.clone(), document.clone())).collect();
        let job = Job { generation: self.generation, open: Arc::new(open), ..why };
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        debug_assert!(matches!(sent, Some(Ok(()))), "the thread lives as long as the server");
    }

    /// Takes what was computed, and answers what waited for it.
    fn take(&mut self, computed: Computed) {
        self.computed = computed.generation;
        self.asked.views = computed.views;
        let gone: Vec<String> = self.published.keys().filter(|uri| !computed.files.contains_key(*uri)).cloned().collect();
        for uri in gone {
            self.publish(&computed.open, uri, Vec::new());
        }
        let changed = |(uri, all): &(String, Vec<Diagnostic>)| self.published.get(uri) != Some(all);
        let changed: Vec<_> = computed.files.clone().into_iter().filter(changed).collect();
        for (uri, diagnostics) in changed {
            self.publish(&computed.open, uri, diagnostics);
        }
        self.published = computed.files;
        if self.computed == self.generation {
            for request in std::mem::take(&mut self.waiting) {
                self.later(request);
            }
        }
    }

    fn publish(&self, open: &BTreeMap<PathBuf, Document>, uri: String, diagnostics: Vec<Diagnostic>) {
        let uri = Uri(uri);
        let version = uri::path(&uri).and_then(|path| open.get(&uri::real(&path))).map(|document| document.version);
        self.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, version, diagnostics });
    }

    /// Answers in a thread of its own, since a plan may take its time; once the last change is computed.
    fn later(&mut self, request: Request) {
        if self.computed != self.generation {
            self.waiting.push(request);
            return;
        }
        let (asked, open, events) = (self.asked.clone(), self.open.clone(), self.events.clone());
        thread::spawn(move || {
            let _ = events.send(Event::Answered(requests::answer(&asked, &open, request)));
        });
    }
}

/// Computes job after job until the server is gone.
fn compute(mut computer: Computer, client: &Client, waiting: &Receiver<Job>, events: &Sender<Event>) {
    let mut views = Vec::new();
    while let Ok(job) = waiting.recv() {
        let job = job.latest(waiting);
        // A mistake in carbonlint leaves the views as they were.
        match catch_unwind(AssertUnwindSafe(|| computer.compute(&job))) {
            Ok(computed) => views = computed,
            Err(_) => computer.forget(),
        }
        let mut files = ByFile::new();
        for view in &views {
            for (uri, diagnostics) in catch_unwind(AssertUnwindSafe(|| diagnostics::of(view, client))).unwrap_or_default() {
                let there = files.entry(uri).or_default();
                // Several topologies may find the same.
                let new: Vec<Diagnostic> = diagnostics.into_iter().filter(|one| !there.contains(one)).collect();
                there.extend(new);
            }
        }
        let (generation, open, views) = (job.generation, job.open, views.clone());
        if events.send(Event::Computed(Computed { generation, open, views, files })).is_err() {
            return;
        }
    }
}

/// The parameters of a notification; one that is not as the protocol has it is nobody's to answer.
fn read<T: DeserializeOwned>(notification: Notification) -> Option<T> {
    serde_json::from_value(notification.params).ok()
}
