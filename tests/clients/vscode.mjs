// What VS Code does, by the libraries that it is made of: `vscode-jsonrpc` carries the messages, `vscode-languageserver-protocol`
// gives their types, `vscode-languageserver-textdocument` applies the edits. Run by node.sh with the program, the folder of
// a copy of examples/offset-mismatch, and the folder in which the libraries are.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, root, libraries] = process.argv.slice(2);
const require = createRequire(join(libraries, 'package.json'));
const lsp = require('vscode-languageserver-protocol/node');
const { TextDocument } = require('vscode-languageserver-textdocument');

const uri = (path) => pathToFileURL(join(root, path)).href;
const topology = uri('topology.yaml');
const gateway = uri('homes/gw/repository/conf/carbon.xml');
const keys = uri('homes/km/repository/conf/carbon.xml');

const server = spawn(program, ['lsp', '--stdio'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
const ended = new Promise((done) => server.on('exit', done));
const connection = lsp.createProtocolConnection(new lsp.StreamMessageReader(server.stdout), new lsp.StreamMessageWriter(server.stdin));

const shown = new Map();
const mistakes = [];
connection.onNotification(lsp.PublishDiagnosticsNotification.type, (sent) => shown.set(sent.uri, sent));
connection.onError(([error]) => mistakes.push(error.message));
connection.onUnhandledNotification((message) => mistakes.push(`not of the protocol: ${message.method}`));
const watched = [];
connection.onRequest(lsp.RegistrationRequest.type, (sent) => { watched.push(...sent.registrations); });
connection.listen();

async function until(what, condition) {
  for (let turns = 0; turns < 1500; turns += 1) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`waited in vain: ${what}\n${JSON.stringify([...shown], null, 1)}`);
}

const documents = new Map();
function open(address, languageId) {
  const document = TextDocument.create(address, languageId, 1, readFileSync(new URL(address), 'utf8'));
  documents.set(address, document);
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
    textDocument: { uri: address, languageId, version: 1, text: document.getText() },
  });
  return document;
}
// Types over a part of a file: what is sent is the part alone, as VS Code does where the server takes that.
function type(address, from, to) {
  const document = documents.get(address);
  const at = document.getText().indexOf(from);
  ok(at >= 0, from);
  const change = { range: { start: document.positionAt(at), end: document.positionAt(at + from.length) }, text: to };
  const version = document.version + 1;
  const text = document.getText().replace(from, () => to);
  const contentChanges = incremental ? [change] : [{ text }];
  documents.set(address, TextDocument.update(document, [change], version));
  connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, { textDocument: { uri: address, version }, contentChanges });
}
const at = (address, text, behind = 0) => {
  const document = documents.get(address);
  return { textDocument: { uri: address }, position: document.positionAt(document.getText().indexOf(text) + behind) };
};

// What VS Code says of itself, in short.
const kinds = (values) => ({ valueSet: Object.values(values).filter((value) => typeof value === 'number') });
const { capabilities, serverInfo } = await connection.sendRequest(lsp.InitializeRequest.type, {
  processId: process.pid,
  clientInfo: { name: 'Visual Studio Code', version: '1.100.0' },
  locale: 'en',
  rootPath: root,
  rootUri: pathToFileURL(root).href,
  workspaceFolders: [{ uri: pathToFileURL(root).href, name: 'deployment' }],
  trace: 'off',
  capabilities: {
    general: { positionEncodings: ['utf-16'], staleRequestSupport: { cancel: true, retryOnContentModified: [] } },
    window: { workDoneProgress: true, showMessage: { messageActionItem: { additionalPropertiesSupport: true } } },
    workspace: {
      applyEdit: true, configuration: true, workspaceFolders: true,
      workspaceEdit: { documentChanges: true, resourceOperations: ['create', 'rename', 'delete'], failureHandling: 'textOnlyTransactional' },
      didChangeConfiguration: { dynamicRegistration: true },
      didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
    },
    textDocument: {
      publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true, dataSupport: true, tagSupport: kinds({ a: 1, b: 2 }) },
      synchronization: { dynamicRegistration: true, willSave: true, willSaveWaitUntil: true, didSave: true },
      completion: {
        dynamicRegistration: true, contextSupport: true, completionItemKind: kinds(lsp.CompletionItemKind),
        completionItem: { snippetSupport: true, documentationFormat: ['markdown', 'plaintext'], insertReplaceSupport: true, labelDetailsSupport: true },
      },
      hover: { dynamicRegistration: true, contentFormat: ['markdown', 'plaintext'] },
      definition: { dynamicRegistration: true, linkSupport: true },
      codeAction: {
        dynamicRegistration: true, isPreferredSupport: true, disabledSupport: true, dataSupport: true, honorsChangeAnnotations: true,
        resolveSupport: { properties: ['edit'] },
        codeActionLiteralSupport: { codeActionKind: { valueSet: ['', 'quickfix', 'refactor', 'source', 'source.fixAll', 'source.organizeImports'] } },
      },
    },
  },
});
strictEqual(serverInfo.name, 'carbonlint');
ok((capabilities.positionEncoding ?? 'utf-16') === 'utf-16', 'VS Code counts in UTF-16');
const sync = capabilities.textDocumentSync;
const incremental = (sync?.change ?? sync) === lsp.TextDocumentSyncKind.Incremental;
connection.sendNotification(lsp.InitializedNotification.type, {});
connection.sendNotification('$/setTrace', { value: 'off' });
connection.sendNotification(lsp.DidChangeConfigurationNotification.type, { settings: null });

// A finding, with the rule's documentation and the places in other files.
open(gateway, 'xml');
await until('the finding', () => shown.get(gateway)?.diagnostics.length === 1);
const [finding] = shown.get(gateway).diagnostics;
ok(lsp.Diagnostic.is(finding), JSON.stringify(finding));
strictEqual(finding.source, 'carbonlint');
strictEqual(finding.code, 'thrift-port-mismatch');
strictEqual(finding.severity, lsp.DiagnosticSeverity.Error);
deepStrictEqual(finding.range, { start: { line: 47, character: 16 }, end: { line: 47, character: 17 } });
ok(finding.relatedInformation.some((one) => one.location.uri === keys), 'the place at the other node');
await until('files are watched', () => watched.length > 0);
strictEqual(watched[0].method, 'workspace/didChangeWatchedFiles');

// Typed in the topology, and in another node's file that is not saved.
open(topology, 'yaml');
type(topology, 'role: gateway', 'role: gatway');
await until('the slip of the pen', () => shown.get(topology)?.diagnostics.some((one) => one.message.includes('did you mean `gateway`?')));
strictEqual(shown.get(topology).version, documents.get(topology).version);
type(topology, 'role: gatway', 'role: gateway');
await until('nothing wrong there', () => shown.get(topology).diagnostics.length === 0);
open(keys, 'xml');
type(keys, '<Offset>5</Offset>', '<Offset>9</Offset>');
await until('the new port', () => shown.get(gateway).diagnostics[0]?.message.includes('listens on 10406'));
type(keys, '<Offset>9</Offset>', '<Offset>5</Offset>');
await until('the old port', () => shown.get(gateway).diagnostics[0]?.message.includes('listens on 10402'));

// Hover, definition, completion.
const hover = await connection.sendRequest(lsp.HoverRequest.type, at(gateway, '<Offset>2', 8));
ok(lsp.Hover.is(hover) && lsp.MarkupContent.is(hover.contents) && hover.contents.value.includes('gw: offset 2'), JSON.stringify(hover));
const places = [await connection.sendRequest(lsp.DefinitionRequest.type, at(topology, 'homes/gw', 2))].flat();
ok(places.length > 0 && places.every((one) => lsp.Location.is(one) || lsp.LocationLink.is(one)), JSON.stringify(places));
ok((places[0].targetUri ?? places[0].uri).startsWith(uri('homes/gw/')), JSON.stringify(places));
const offered = await connection.sendRequest(lsp.CompletionRequest.type, {
  ...at(topology, 'role: gateway', 6), context: { triggerKind: lsp.CompletionTriggerKind.Invoked },
});
const items = Array.isArray(offered) ? offered : offered.items;
ok(items.every((one) => typeof one.label === 'string') && items.some((one) => one.label === 'key-manager'), JSON.stringify(offered));

// A request that the client takes back, one that no server knows, and a note that is none of the protocol: nothing breaks.
const source = new lsp.CancellationTokenSource();
const taken = connection.sendRequest(lsp.HoverRequest.type, at(gateway, '<Offset>2', 8), source.token).catch((error) => error);
source.cancel();
const answer = await taken;
ok(answer === null || lsp.Hover.is(answer) || answer.code === lsp.LSPErrorCodes.RequestCancelled, String(answer));
const unknown = await connection.sendRequest('carbonlint/none', {}).catch((error) => error);
strictEqual(unknown.code, lsp.ErrorCodes.MethodNotFound);
connection.sendNotification('$/none', {});

// The light bulb, and what happens on saving with `source.fixAll.carbonlint` in `editor.codeActionsOnSave`.
const actions = async (context) => {
  const { range } = finding;
  const given = await connection.sendRequest(lsp.CodeActionRequest.type, { textDocument: { uri: gateway }, range, context });
  ok(given.every((one) => lsp.CodeAction.is(one)), JSON.stringify(given));
  return Promise.all(given.map((one) => (one.edit || !capabilities.codeActionProvider.resolveProvider
    ? one : connection.sendRequest(lsp.CodeActionResolveRequest.type, one))));
};
const titles = (await actions({ diagnostics: [finding], only: ['quickfix'], triggerKind: lsp.CodeActionTriggerKind.Invoked })).map((one) => one.title);
ok(titles.includes('raise the client port by 3') && titles.some((title) => title.includes('lower the server port by 3')), titles);
const all = await actions({ diagnostics: [finding], only: ['source.fixAll.carbonlint'], triggerKind: lsp.CodeActionTriggerKind.Automatic });
strictEqual(all.length, 1, JSON.stringify(all));
ok(lsp.WorkspaceEdit.is(all[0].edit), JSON.stringify(all));
for (const { textDocument, edits } of all[0].edit.documentChanges) {
  const text = readFileSync(new URL(textDocument.uri), 'utf8');
  const document = TextDocument.create(textDocument.uri, 'xml', textDocument.version ?? 0, text);
  ok(textDocument.version === null || textDocument.version === documents.get(textDocument.uri)?.version, 'the version that is open');
  writeFileSync(new URL(textDocument.uri), TextDocument.applyEdits(document, edits));
  connection.sendNotification(lsp.DidChangeWatchedFilesNotification.type, {
    changes: [{ uri: textDocument.uri, type: lsp.FileChangeType.Changed }],
  });
}
await until('nothing left', () => shown.get(gateway).diagnostics.length === 0);

await connection.sendRequest(lsp.ShutdownRequest.type);
await connection.sendNotification(lsp.ExitNotification.type);
strictEqual(await ended, 0, 'the exit status');
connection.dispose();
deepStrictEqual(mistakes, []);
console.log('VS Code\'s libraries: found, typed, hovered, completed, taken back, mended');
