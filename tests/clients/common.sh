# shellcheck shell=bash
# What every client's script does: where it starts from, how it ends where a program is missing, and which carbonlint is tried.
# Sourced, with the script's own arguments.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

skip() { echo "skipped: $*"; exit 0; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# A folder that is thrown away afterwards.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The path of the program that is named, or of one that is built.
program() {
  if [ $# -gt 0 ]; then
    realpath "$1"
  else
    cargo build --locked --quiet
    realpath target/debug/carbonlint
  fi
}

# Programs of Python, in an environment of their own: who misses them, and what to install.
python_programs() {
  local missed=$1
  shift
  command -v python3 >/dev/null || skip "python3 is missing, so $missed"
  python3 -m venv "$work/python" 2>/dev/null || skip "python3 has no venv"
  "$work/python/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 "$@" 2>"$work/pip.log" ||
    skip "$* cannot be installed here, so $missed"
}
