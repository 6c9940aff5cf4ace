# Roundtrip: what you can do here. `make` alone prints this list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export FLASK_APP := wsgi:app
unexport PYTHONDONTWRITEBYTECODE # many short processes: each would compile everything anew

.DEFAULT_GOAL := help
.PHONY: help run test lint demo migrate shots bench soak clean

help: ## print these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-9s %s\n", $$1, $$2}'

run: $(VENV)/run.stamp ## serve the demo city on http://localhost:8000 (PORT, WEB_CONCURRENCY, PORTAL_HOME change it)
	@$(BIN)/python -m portal.serve

test: $(VENV)/dev.stamp ## run everything: lint, types, layers, unit, PostgreSQL, browser
	@PYTHON=$(BIN)/python ./tests/run.sh

lint: $(VENV)/dev.stamp ## style, types and which way the imports run
	@$(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

demo: $(VENV)/run.stamp ## rebuild the demo city from nothing
	@$(BIN)/flask db upgrade && $(BIN)/flask demo build --again

migrate: $(VENV)/run.stamp ## bring the database to the newest migration
	@$(BIN)/flask db upgrade

shots: $(VENV)/dev.stamp ## take the screenshots in docs/screenshots/
	@$(BIN)/python -m tests.browser.shots

bench: $(VENV)/dev.stamp ## measure search and booking against their floors (BENCH="--question P6 --scale metro --help" and so on)
	@$(BIN)/python -m benchmarks $(BENCH)

soak: $(VENV)/dev.stamp ## the long tests: races by the hundred, a thousand lives of payments, a hundred years of asks, the city built again
	@SOAK=1 $(BIN)/python -m pytest tests/races tests/portal/billing/test_survives.py tests/portal/billing/test_webhooks.py tests/portal/messages tests/cities/test_chicago.py tests/experience/test_planted.py tests/experience/test_killed.py tests/experience/asks/test_year.py tests/experience/cases/test_process_races.py tests/portal/api/test_document.py tests/reservations/test_machine.py tests/test_matrix.py tests/checks

clean: ## remove what was installed and built; keeps instance/, where the data lives
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Roundtrip needs Python 3.11 or newer: set PYTHON to one")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	@echo "Installing what the site needs (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(BIN)/python
	@echo "Installing what the tests need (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/run.stamp
