#!/usr/bin/env bash
# Reads the reports of the examples with programs that other people read them with: `sarif-tools` for SARIF, `junitparser`
# and the schema of Jenkins for JUnit. They are installed into an environment that is thrown away afterwards.
# Usage: tests/clients/formats.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"

python_programs "nothing but the tests has read these reports" sarif-tools==3.0.5 junitparser==5.0.3 xmlschema==4.3.2
program=$(program "$@")

read_reports() {
  local name=$1
  shift
  local status=0
  "$program" check "$@" --quiet --format "json=$work/$name.json" --format "sarif=$work/$name.sarif" \
    --format "junit=$work/$name.xml" --format "gitlab=$work/$name.gitlab.json" || status=$?
  test "$status" -le 1
  "$work/python/bin/sarif" csv "$work/$name.sarif" -o "$work/$name.csv" >/dev/null
  "$work/python/bin/sarif" codeclimate "$work/$name.sarif" -o "$work/$name.codeclimate.json" >/dev/null
  "$work/python/bin/python" tests/clients/formats.py "$work/$name"
  echo "read: $*"
}

for topology in examples/*/topology.yaml; do
  read_reports "$(basename "$(dirname "$topology")")" "$topology"
done
read_reports together examples/*/topology.yaml
