//! A small client that talks to the real program over its standard input and output.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use lsp_server::{Message, Notification, Request, Response, ResponseError};
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A copy of an example, thrown away at the end.
pub struct Copy(TempDir);

impl Copy {
    pub fn of(example: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        copy(&from, &folder.path().canonicalize().expect("there"));
        Self(folder)
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().canonicalize().expect("there").join(relative)
    }

    /// A text as an editor shows it that heeds what a file declares.
    pub fn read(&self, relative: &str) -> String {
        let bytes = fs::read(self.path(relative)).expect("a file");
        String::from_utf8(bytes).unwrap_or_else(|error| encoding_rs::mem::decode_latin1(error.as_bytes()).into_owned())
    }

    /// Writes a text in the encoding that it declares.
    pub fn save(&self, relative: &str, text: &str) {
        if text.contains("encoding=\"ISO-8859-1\"") {
            self.write(relative, encoding_rs::mem::encode_latin1_lossy(text));
        } else {
            self.write(relative, text);
        }
    }

    pub fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(relative).parent().expect("a folder")).expect("a folder");
        fs::write(self.path(relative), bytes).expect("written");
    }

    pub fn uri(&self, relative: &str) -> String {
        format!("file://{}", self.path(relative).display())
    }

    /// Every file with its bytes, by relative path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.path("");
        let mut files = BTreeMap::new();
        let mut left = vec![root.clone()];
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    left.push(entry.path());
                } else {
                    let relative = entry.path().strip_prefix(&root).expect("below").to_string_lossy().into_owned();
                    files.insert(relative, fs::read(entry.path()).expect("a file"));
                }
            }
        }
        files
    }

    /// The program on the copy's topology: its exit status.
    pub fn run(&self, arguments: &[&str]) -> Option<i32> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carbonlint"));
        command.current_dir(self.path("")).args(arguments).arg("topology.yaml");
        command.output().expect("it runs").status.code()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// What a modern client says of itself.
pub fn modern(encodings: &[&str]) -> Value {
    json!({
        "general": {"positionEncodings": encodings},
        "workspace": {"workspaceEdit": {"documentChanges": true}, "didChangeWatchedFiles": {"dynamicRegistration": true, "relativePatternSupport": true}},
        "textDocument": {
            "publishDiagnostics": {"relatedInformation": true},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "codeAction": {"resolveSupport": {"properties": ["edit"]}, "dataSupport": true},
        },
    })
}

pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    received: Receiver<Message>,
    next: i32,
    version: i32,
    /// The result of `initialize`.
    pub initialized: Value,
    /// The last diagnostics of each file.
    pub diagnostics: BTreeMap<String, Vec<Value>>,
    /// Every message that was received, as text.
    pub all: String,
    /// What the server registered.
    pub registered: Vec<Value>,
}

impl Client {
    /// Starts the program in a copy, with that copy as workspace.
    pub fn start(copy: &Copy, capabilities: &Value) -> Self {
        let mut client = Self::spawn(&copy.path(""));
        let params = json!({"processId": null, "capabilities": capabilities, "rootUri": copy.uri(""),
            "workspaceFolders": [{"uri": copy.uri(""), "name": "copy"}]});
        client.initialized = client.request("initialize", params).expect("initialized");
        client.notify("initialized", json!({}));
        client
    }

    pub fn spawn(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carbonlint"));
        command.args(["lsp", "--stdio"]).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        let (sender, received) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(message)) = Message::read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            input,
            received,
            next: 0,
            version: 0,
            initialized: Value::Null,
            diagnostics: BTreeMap::new(),
            all: String::new(),
            registered: Vec::new(),
        }
    }

    pub fn send(&mut self, message: &Message) {
        message.write(self.input.as_mut().expect("open")).expect("the server reads");
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&Notification::new(method.to_owned(), params).into());
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, ResponseError> {
        self.next += 1;
        let id = self.next;
        self.send(&Request::new(id.into(), method.to_owned(), params).into());
        loop {
            if let Message::Response(response) = self.receive()
                && response.id == id.into()
            {
                return response.response_result;
            }
        }
    }

    fn receive(&mut self) -> Message {
        let message = match self.received.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("no answer; diagnostics so far: {:#?}", self.diagnostics),
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
        };
        self.all.push_str(&serde_json::to_string(&message).expect("JSON"));
        match &message {
            Message::Request(request) => {
                self.registered.push(request.params.clone());
                self.send(&Response::new_ok(request.id.clone(), Value::Null).into());
            }
            Message::Notification(notification) if notification.method == "textDocument/publishDiagnostics" => {
                let uri = notification.params["uri"].as_str().expect("a URI").to_owned();
                let found = notification.params["diagnostics"].as_array().expect("a list").clone();
                self.diagnostics.insert(uri, found);
            }
            _ => {}
        }
        message
    }

    pub fn open_text(&mut self, uri: &str, text: &str) {
        self.version += 1;
        let item = json!({"uri": uri, "languageId": "xml", "version": self.version, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": item}));
        self.settle();
    }

    /// Opens a file with the text that it has.
    pub fn open(&mut self, copy: &Copy, relative: &str) {
        let text = copy.read(relative);
        self.open_text(&copy.uri(relative), text.trim_start_matches('\u{feff}'));
    }

    /// Replaces the whole text of an open file.
    pub fn change(&mut self, uri: &str, text: &str) {
        self.version += 1;
        let version = self.version;
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}),
        );
    }

    /// Waits until everything that was sent is computed: code actions are answered then.
    pub fn settle(&mut self) {
        let zero = json!({"line": 0, "character": 0});
        let params = json!({"textDocument": {"uri": "file:///nowhere"}, "range": {"start": zero, "end": zero},
            "context": {"diagnostics": [], "only": ["nothing"]}});
        self.request("textDocument/codeAction", params).expect("an answer");
    }

    pub fn actions(&mut self, uri: &str, range: &Value, only: &[&str]) -> Vec<Value> {
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": [], "only": only}});
        let answer = self.request("textDocument/codeAction", params).expect("an answer");
        answer.as_array().cloned().unwrap_or_default()
    }

    pub fn at(&mut self, method: &str, uri: &str, position: &Value) -> Value {
        self.request(method, json!({"textDocument": {"uri": uri}, "position": position})).expect("an answer")
    }

    /// The codes of a file's diagnostics, in order.
    pub fn codes(&self, uri: &str) -> Vec<String> {
        let of = |found: &Value| found["code"].as_str().unwrap_or_default().to_owned();
        self.diagnostics.get(uri).map(|all| all.iter().map(of).collect()).unwrap_or_default()
    }

    /// Ends the conversation as the protocol has it: the exit status.
    pub fn end(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null).expect("an answer");
        self.notify("exit", Value::Null);
        self.wait()
    }

    /// Waits for the program to end.
    pub fn wait(mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Columns count units of UTF-16.
pub fn position(text: &str, what: &str) -> Value {
    let at = text.find(what).unwrap_or_else(|| panic!("{what} is not there"));
    let before = &text[..at];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    json!({"line": line, "character": before[start..].encode_utf16().count()})
}

/// A text with edits applied as the protocol has it, columns in UTF-16.
pub fn apply(text: &str, edits: &[Value]) -> String {
    let offset = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().expect("a line")).expect("small");
        let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
        let wanted = position["character"].as_u64().expect("a column");
        let (mut units, mut at) = (0, start);
        for c in text[start..].chars() {
            if units >= wanted {
                break;
            }
            units += c.len_utf16() as u64;
            at += c.len_utf8();
        }
        at
    };
    let mut ordered: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().expect("a text"))
        })
        .collect();
    ordered.sort_by_key(|(start, ..)| *start);
    let mut new = text.to_owned();
    for (start, end, with) in ordered.into_iter().rev() {
        new.replace_range(start..end, with);
    }
    new
}
