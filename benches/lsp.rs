//! From a keystroke to the diagnostics that it changes, at 100 nodes: in a home, in the topology, and where the text does not
//! parse any more. Beside them a hover, answered from the model that is there.

mod many;

use std::fs;
use std::path::{Path, PathBuf};

use carbonlint::lsp;
use carbonlint::project::Engine;
use criterion::{Criterion, criterion_group, criterion_main};
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

use many::lay_out;

const NODES: usize = 100;
/// An editor: what it sends, and what it waits for.
struct Editor {
    connection: Connection,
    sent: i32,
}

impl Editor {
    fn start(folder: &Path) -> Self {
        let (server, connection) = Connection::memory();
        let engine = Engine::new().expect("the embedded rules load");
        std::thread::spawn(move || lsp::serve(engine, server));
        let mut editor = Self { connection, sent: 0 };
        let root = format!("file://{}", folder.display());
        editor.request("initialize", json!({"capabilities": {}, "rootUri": root}));
        editor.notify("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: impl Into<Message>) {
        self.connection.sender.send(message.into()).expect("the server lives");
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let id = self.sent.into();
        self.send(Request::new(self.sent.into(), method.to_owned(), params));
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().expect("the server lives")
                && response.id == id
            {
                return response.response_result.expect("an answer");
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        let item = json!({"uri": uri, "languageId": "xml", "version": 0, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": item}));
        self.settle();
    }

    /// Waits until everything that was sent is computed: code actions are answered then.
    fn settle(&mut self) {
        let zero = json!({"line": 0, "character": 0});
        let context = json!({"diagnostics": [], "only": ["nothing"]});
        let range = json!({"start": zero, "end": zero});
        self.request(
            "textDocument/codeAction",
            json!({"textDocument": {"uri": "file:///x"}, "range": range, "context": context}),
        );
    }

    /// Types a text, and waits for the diagnostics that it changes.
    fn type_text(&mut self, uri: &str, text: &str) {
        self.sent += 1;
        let document = json!({"uri": uri, "version": self.sent});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
        loop {
            let message = self.connection.receiver.recv().expect("the server lives");
            if matches!(message, Message::Notification(message) if message.method == "textDocument/publishDiagnostics") {
                break;
            }
        }
        self.settle();
    }
}

fn keystrokes(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path(), NODES);
    let root: PathBuf = folder.path().canonicalize().expect("there");
    let mut editor = Editor::start(&root);
    let uri = |path: &str| format!("file://{}/{path}", root.display());
    let text = |path: &str| fs::read_to_string(root.join(path)).expect("a text");
    let (gateway, topology) = ("homes/gw-7/repository/conf/carbon.xml", "topology.yaml");
    let (carbon, nodes) = (text(gateway), text(topology));
    editor.open(&uri(topology), &nodes);
    editor.open(&uri(gateway), &carbon);
    let mut group = criterion.benchmark_group(format!("{NODES} nodes"));
    group.sample_size(20);
    let mut bench = |name: &str, file: &str, one: &str, other: &str| {
        let mut turn = false;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                turn = !turn;
                editor.type_text(&uri(file), if turn { one } else { other });
            });
        });
        editor.type_text(&uri(file), one);
    };
    let shifted = carbon.replace("<Offset>2</Offset>", "<Offset>x</Offset>");
    assert_ne!(shifted, carbon, "the example has an offset");
    bench("a keystroke in a home", gateway, &shifted, &carbon);
    bench("a keystroke that leaves a file half typed", gateway, &carbon.replace("</Server>", "</Serv"), &carbon);
    let off = format!("{nodes}rules: {{offset-negative: of}}\n");
    bench("a keystroke in the topology", topology, &off, &nodes);
    group.bench_function("a hover over an offset", |bencher| {
        let line = carbon.lines().position(|line| line.contains("<Offset>")).expect("an offset");
        let at = json!({"textDocument": {"uri": uri(gateway)}, "position": {"line": line, "character": 16}});
        bencher.iter(|| editor.request("textDocument/hover", at.clone()));
    });
    group.finish();
}

criterion_group!(benches, keystrokes);
criterion_main!(benches);
