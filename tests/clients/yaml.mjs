// `yaml-language-server`, which is in VS Code's YAML extension, Neovim and Helix, on topologies and rules with the schemas of
// `carbonlint schema`: nothing is wrong in those that are kept here, slips of the pen are found, keys and values completed.
// Run by node.sh with the program, a folder to write to, and the folder in which the libraries are.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deepStrictEqual, ok } from 'node:assert';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, work, libraries] = process.argv.slice(2);
const require = createRequire(join(libraries, 'package.json'));
const lsp = require('vscode-languageserver-protocol/node');

mkdirSync(work, { recursive: true });
for (const kind of ['topology', 'rule']) {
  writeFileSync(join(work, `${kind}.schema.json`), execFileSync(program, ['schema', kind]));
}

const binary = join(libraries, 'node_modules/yaml-language-server/bin/yaml-language-server');
const server = spawn(process.execPath, [binary, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const ended = new Promise((done) => server.on('exit', done));
const connection = lsp.createProtocolConnection(new lsp.StreamMessageReader(server.stdout), new lsp.StreamMessageWriter(server.stdin));
const shown = new Map();
connection.onNotification(lsp.PublishDiagnosticsNotification.type, (sent) => shown.set(sent.uri, sent.diagnostics));
connection.onRequest(lsp.RegistrationRequest.type, () => {});
// Settings as they are where nobody set any, but for schemas from the net, which no test asks for.
const settings = { validate: true, completion: true, hover: true, schemaStore: { enable: false } };
connection.onRequest(lsp.ConfigurationRequest.type, ({ items }) => items.map(({ section }) => (section === 'yaml' ? settings : null)));
connection.listen();
await connection.sendRequest(lsp.InitializeRequest.type, {
  processId: process.pid, rootUri: pathToFileURL(work).href, workspaceFolders: null,
  capabilities: {
    workspace: { configuration: true },
    textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } }, publishDiagnostics: {} },
  },
});
connection.sendNotification(lsp.InitializedNotification.type, {});
connection.sendNotification(lsp.DidChangeConfigurationNotification.type, { settings: { yaml: settings } });

let count = 0;
// Opens a text that names its schema in its first line, and waits for what is said about it.
async function open(kind, text) {
  count += 1;
  const uri = pathToFileURL(join(work, `${kind}-${count}.yaml`)).href;
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'yaml', version: 1, text: `# yaml-language-server: $schema=${kind}.schema.json\n${text}` },
  });
  for (let turns = 0; turns < 1500 && !shown.has(uri); turns += 1) await new Promise((done) => setTimeout(done, 20));
  ok(shown.has(uri), 'waited in vain');
  return { uri, said: shown.get(uri).map((one) => `${one.range.start.line}: ${one.message}`) };
}
async function offered(kind, text, line, character) {
  const { uri } = await open(kind, text);
  const list = await connection.sendRequest(lsp.CompletionRequest.type, { textDocument: { uri }, position: { line, character } });
  return list.items;
}
const labels = (items) => items.map((one) => one.label);
const includes = (items, ...words) => words.forEach((word) => ok(labels(items).includes(word), `${word} is not in ${labels(items)}`));

function files(folder) {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}
const topologies = files('examples').filter((path) => path.endsWith('/topology.yaml'));
const rules = [...files('rules').filter((path) => !path.includes('/catalogue/')), ...files('examples/house-rules/rules')]
  .filter((path) => path.endsWith('.yaml'));
for (const [kind, paths] of [['topology', topologies], ['rule', rules]]) {
  ok(paths.length > 3, paths);
  const opened = await Promise.all(paths.map((path) => open(kind, readFileSync(path, 'utf8'))));
  paths.forEach((path, index) => deepStrictEqual(opened[index].said, [], path));
}

const slips = await open('topology', 'nodes:\n  - {name: gw, role: gatway, home: homes/gw}\n  - {name: km, rol: key-manager, home: homes/km}\n');
const lines = slips.said.map((said) => said.replace(/\. .*/, '.'));
deepStrictEqual(lines, ['2: Value is not accepted.', '3: Property rol is not allowed.', '3: Missing property "role".'], slips.said);

// The README's words, without the quotes that are offered.
deepStrictEqual((await open('topology', 'nodes:\n  - {name: gw, role: gateway, home: gw}\nrules:\n  port-collision: off\n')).said, []);

includes(await offered('topology', '', 1, 0), 'nodes', 'defaults', 'load_balancers', 'externals', 'ignore', 'rules', 'rules_dir');
const keys = await offered('topology', 'nodes:\n  - name: gw\n    \n', 3, 4);
includes(keys, 'role', 'home', 'host', 'machine', 'port_offset', 'start');
const home = keys.find((one) => one.label === 'home');
ok(JSON.stringify(home.documentation ?? '').length > 10, 'a key is explained');
includes(await offered('topology', 'nodes:\n  - name: gw\n    role: \n', 3, 10), 'gateway', 'key-manager', 'control-plane');
includes(await offered('topology', 'nodes: []\nrules:\n  port-collision: \n', 3, 18), 'warning', '"off"');
includes(await offered('topology', 'nodes: []\nrules:\n  \n', 3, 2), 'port-collision');
includes(await offered('rule', 'id: mine\n\n', 2, 0), 'title', 'severity', 'for', 'when', 'message', 'examples');
includes(await offered('rule', 'id: mine\nfor: \n', 2, 5), 'node', 'link');

await connection.sendRequest(lsp.ShutdownRequest.type);
await connection.sendNotification(lsp.ExitNotification.type);
await ended;
console.log(`yaml-language-server: ${topologies.length} topologies and ${rules.length} rules read, keys and values completed`);
