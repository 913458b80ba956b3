#!/usr/bin/env bash
# Talks to `carbonlint lsp` as pygls does, which reads every message into types made from the protocol's own model. It is
# installed into an environment that is thrown away afterwards.
# Usage: tests/clients/protocol.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

python_programs "nothing has held the messages against the protocol's model" pygls==2.1.1 lsprotocol==2025.0.0
program=$(program "$@")
cp -r examples/offset-mismatch "$work/example"
timeout 120 "$work/python/bin/python" tests/clients/protocol.py "$program" "$work/example"
