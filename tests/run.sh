#!/usr/bin/env bash
# Everything that must hold, quickest first. What this machine cannot run is skipped loudly, with the cure.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
bin=$(dirname "$python")

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && [ -z "${CHROMIUM:-}" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests (once)"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
  else
    echo "SKIPPED: the browser tests, because there is no Chromium. Install it (Debian: apt-get install chromium)"
    echo "         or name one with CHROMIUM=/path/to/chromium."
  fi
fi

# What tests write lives in memory where there is room for it: nothing of it has to survive a power cut.
room=$(df --output=avail /dev/shm 2>/dev/null | tail -1 || true)
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${room:-0}" -gt 4000000 ]; then
  TMPDIR=$(mktemp -d /dev/shm/roundtrip-tests-XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi

"$bin/ruff" check .
"$bin/lint-imports" --no-logo &  # beside the types: each keeps one core busy
layers=$!
"$bin/mypy"
wait "$layers"
"$python" -m pytest -n "${TEST_PROCESSES:-2}" --dist loadscope --no-loadscope-reorder --ignore=tests/browser "$@"
# The browser afterwards: two cities and two browsers want both cores. Arguments choose among the tests before it.
if [ $# = 0 ]; then "$python" -m pytest -n 2 --dist worksteal tests/browser; fi
