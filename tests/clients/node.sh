#!/usr/bin/env bash
# Node's clients: the libraries of which VS Code is made talk to `carbonlint lsp`, and `yaml-language-server` reads topologies and
# rules by the schemas. They are installed into a folder that is thrown away afterwards. What --fix makes of the example has
# to be the same as what the editor does.
# Usage: tests/clients/node.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

command -v npm >/dev/null || skip "npm is missing, so no client of Node has tried the language server and the schemas"
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || skip "node is older than 20"
mkdir "$work/libraries"
echo '{"private": true}' > "$work/libraries/package.json"
npm install --prefix "$work/libraries" --silent --no-audit --no-fund --ignore-scripts vscode-languageserver-protocol@3.18.5 \
  vscode-languageserver-textdocument@1.0.12 yaml-language-server@1.25.0 > "$work/npm.log" 2>&1 || skip "the clients cannot be installed here"

program=$(program "$@")

cp -r examples/offset-mismatch "$work/edited"
cp -r examples/offset-mismatch "$work/fixed"
timeout 120 node tests/clients/vscode.mjs "$program" "$work/edited" "$work/libraries"
"$program" check --fix --quiet "$work/fixed/topology.yaml"
diff -r "$work/edited" "$work/fixed"
timeout 120 node tests/clients/yaml.mjs "$program" "$work/schemas" "$work/libraries"
