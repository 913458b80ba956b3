#!/usr/bin/env bash
# Installs the wheel with pip into an environment that is thrown away afterwards, and runs what it put on the path.
# Usage: tests/clients/wheel.sh [WHEEL]; without one it is built by maturin from the debug build.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

command -v python3 >/dev/null || skip "python3 is missing, so nobody has installed the wheel"
python3 -m venv "$work/python" 2>/dev/null || skip "python3 has no venv"

if [ $# -gt 0 ]; then
  wheel=$1
else
  python3 -m venv "$work/build"
  "$work/build/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 maturin==1.16.0 2>"$work/pip.log" ||
    skip "maturin cannot be installed here"
  "$work/build/bin/maturin" build --quiet --profile dev --locked --compatibility linux --out "$work/wheels"
  wheel=$(echo "$work"/wheels/*.whl)
fi

# As somebody who has nothing but the file.
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check --no-index "$wheel"
program="$work/python/bin/carbonlint"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
test "$("$program" --version)" = "carbonlint $version" || fail "the installed program is not of version $version"
"$work/python/bin/python" - "$version" <<'PYTHON'
import importlib.metadata
import sys

about = importlib.metadata.metadata("carbonlint")
assert about["Version"] == sys.argv[1], about["Version"]
assert about["License-Expression"] == "Apache-2.0", about
assert "carbonlint" in about.get_payload(), "the README describes it"
PYTHON
status=0
"$program" check examples/offset-mismatch > "$work/out" || status=$?
test "$status" -eq 1 || fail "the installed program ended with $status on a deployment with an error"
grep -q thrift-port-mismatch "$work/out" || fail "the installed program did not find the error"
"$program" check --quiet examples/healthy-distributed
"$work/python/bin/python" -m pip uninstall --quiet --yes carbonlint
test ! -e "$program" || fail "pip left the program behind"
echo "installed: $(basename "$wheel")"
