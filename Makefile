# Plain `make` lists the targets. CI calls `make check` and nothing else.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
MODEL  ?= credit_default

.PHONY: help setup run test check lint fmt types layers audit golden bench down clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## virtual environment with the tested dependencies

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say where: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (some minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: setup ## retrain the sample model (MODEL=name for another)
	@$(BIN)/pipelines run $(MODEL)

test: setup ## all tests
	@$(BIN)/python -m pytest

check: lint types layers test ## what CI runs

lint: setup ## ruff: format and rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

fmt: setup ## rewrite with ruff
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: setup ## mypy, strict
	@$(BIN)/mypy

layers: setup ## architecture contracts
	@$(BIN)/lint-imports

audit: setup ## known vulnerabilities of the pinned dependencies
	@$(BIN)/python -m pip_audit -r constraints.txt --disable-pip --no-deps

golden: setup ## rewrite the golden files (never in CI)
	@test -z "$$CI" || { echo "golden files are not rewritten in CI"; exit 1; }
	@PYTEST_GOLDEN=write $(BIN)/python -m pytest -q -m 'not slow' tests/pipelines_lib/reporting

bench: setup ## measure the budgets; writes docs/performance.md
	@$(BIN)/python -m benchmarks

down: setup ## drain and stop the background Prefect server
	@$(BIN)/pipelines down

clean: ## remove the virtual environment and everything the sample wrote
	@rm -rf $(VENV) .pipelines
