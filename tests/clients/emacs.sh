#!/usr/bin/env bash
# Emacs with Eglot, without a screen, as a client of `carbonlint lsp`. Nothing is installed: Emacs has Eglot from 29 on, earlier
# ones as a package. What --fix makes of the same example has to be the same.
# Usage: tests/clients/emacs.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

command -v emacs >/dev/null || skip "emacs is missing, so it has not tried the language server"
emacs --batch --eval "(progn (require 'package) (package-initialize) (require 'eglot))" 2>/dev/null || skip "emacs has no Eglot"

program=$(program "$@")
script=$(realpath tests/clients/emacs.el)

cp -r examples/offset-mismatch "$work/edited"
cp -r examples/offset-mismatch "$work/fixed"
(cd "$work/edited" && CARBONLINT=$program HOME=$work timeout 120 emacs --batch --load "$script" 2>&1 | tail -n 1)
rm -f "$work"/edited/homes/*/repository/conf/*~ # copies that Emacs keeps
"$program" check --fix --quiet "$work/fixed/topology.yaml"
diff -r "$work/edited" "$work/fixed"
