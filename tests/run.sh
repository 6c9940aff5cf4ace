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

"$bin/ruff" check .
"$bin/mypy"
"$bin/lint-imports" --no-logo
"$python" -m pytest -n "${TEST_PROCESSES:-2}" --dist worksteal --ignore=tests/browser "$@"
"$python" -m pytest tests/browser "$@"  # alone: a browser, two servers, a worker and the cars want both cores
