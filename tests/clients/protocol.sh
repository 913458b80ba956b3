#!/usr/bin/env bash
# Talks to `carbonlint lsp` as pygls does, which reads every message into types made from the protocol's own model. It is
# installed into an environment that is thrown away afterwards.
# Usage: tests/clients/protocol.sh [PROGRAM]; without one it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $*"; exit 0; }

command -v python3 >/dev/null || skip "python3 is missing, so nothing has held the messages against the protocol's model"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/python" 2>/dev/null || skip "python3 has no venv"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 \
  pygls==2.1.1 lsprotocol==2025.0.0 2>"$work/pip.log" || skip "pygls cannot be installed here"

if [ $# -gt 0 ]; then
  program=$1
else
  cargo build --locked --quiet
  program=target/debug/carbonlint
fi
cp -r examples/offset-mismatch "$work/example"
timeout 120 "$work/python/bin/python" tests/clients/protocol.py "$(realpath "$program")" "$work/example"
