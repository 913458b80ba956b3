#!/usr/bin/env bash
# Neovim, without a screen, as a client of `carbonlint lsp`: what it shows, mends and hears of typed text. It is installed
# where it is missing and that can be done. What --fix makes of the same example has to be the same.
# Usage: tests/clients/neovim.sh [PROGRAM]; without one it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $*"; exit 0; }

if ! command -v nvim >/dev/null; then
  command -v apt-get >/dev/null || skip "neovim is missing, so no editor has tried the language server"
  { apt-get update -qq && apt-get install -y -qq neovim; } >/dev/null 2>&1 || skip "neovim cannot be installed here"
fi

if [ $# -gt 0 ]; then
  program=$1
else
  cargo build --locked --quiet
  program=target/debug/carbonlint
fi
program=$(realpath "$program")
script=$(realpath tests/clients/neovim.lua)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r examples/offset-mismatch "$work/edited"
cp -r examples/offset-mismatch "$work/fixed"
(cd "$work/edited" && CARBONLINT=$program HOME=$work XDG_STATE_HOME=$work/state timeout 120 nvim --headless --clean -i NONE -n -S "$script")
"$program" check --fix --quiet "$work/fixed/topology.yaml"
diff -r "$work/edited" "$work/fixed"
echo "read: $(nvim --version | head -1)"
