# The front door: `make serve` and `make test` do everything on a fresh machine with Python 3.11 or newer.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stamps live in the environment that they speak of, so that removing it removes them.
STAMPS := $(VENV)/made
UV := $(BIN)/uv
UV_VERSION := 0.13.9
SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null) pyproject.toml $(wildcard hatch_build.py)
TEST_WORKERS ?= 2
# Byte code is written by the first start for all later ones; without it every process compiles for two seconds.
unexport PYTHONDONTWRITEBYTECODE
T ?= tests

##@ Use
.PHONY: serve
serve: $(STAMPS)/run ## Build, install and start everything; prints the address
	@exec $(BIN)/leadsbot serve $(ARGS)

.PHONY: demo
demo: $(STAMPS)/run ## Fill a believable demo workspace
	@$(BIN)/leadsbot demo

.PHONY: doctor
doctor: $(STAMPS)/run ## Check this installation and say how to cure what is wrong
	@$(BIN)/leadsbot doctor

##@ Develop
.PHONY: test
test: check ## Everything: lint, types, architecture, then the whole suite with browser tests
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadgroup $(T)

.PHONY: check
check: $(STAMPS)/dev ## The fast half: ruff, mypy, TypeScript, import-linter, tests/arch
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python hatch_build.py types
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q -p no:randomly tests/arch

.PHONY: fix
fix: $(STAMPS)/dev ## Sort imports and mend what ruff can mend
	$(BIN)/ruff check --fix

.PHONY: dev
dev: $(STAMPS)/dev ## Serve from the working tree with debug logs
	@LEADSBOT_LOG_LEVEL=debug exec $(BIN)/leadsbot serve $(ARGS)

.PHONY: bench
bench: $(STAMPS)/dev ## Run the benchmarks and print one table each
	$(BIN)/python -m bench

.PHONY: chaos
chaos: $(STAMPS)/dev ## 500 rounds of killing the real processes, with audits between
	LEADSBOT_CHAOS_ROUNDS=500 $(BIN)/python -m pytest -s -p no:randomly -m chaos tests/chaos

.PHONY: db-new
db-new: $(STAMPS)/dev ## Draft the next migration from the models: make db-new NAME=add_colour
	@$(BIN)/python -m leadsbot.cli.migration $(NAME)

.PHONY: docs
docs: $(STAMPS)/dev ## Write the generated reference pages under docs/reference
	$(BIN)/python -m leadsbot.cli.reference

.PHONY: frontend
frontend: $(STAMPS)/dev ## Build styles and scripts again (serve does it by itself)
	$(BIN)/python hatch_build.py

.PHONY: prior
prior: $(STAMPS)/dev ## Learn the filter's shipped weights anew from the examples
	$(BIN)/python -m leadsbot.features.screening.learning.prior tests/fixtures/screening/submissions.tsv

.PHONY: lock
lock: $(STAMPS)/uv ## Resolve the dependencies anew into requirements.lock
	$(UV) pip compile -q --extra dev --generate-hashes --no-emit-index-url --no-header --universal pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## Remove what was built and installed; your data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache frontend/node_modules src/leadsbot/web/static/built

##@ Help
.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMPS)/uv:
	@$(PYTHON) -c 'import sys; sys.exit("LeadsBot needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.12 …" % sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@mkdir -p $(STAMPS) && touch $@

# Hashes of every dependency are checked against the lock.
INSTALL = $(UV) pip install -q --python $(BIN)/python
LOCKED = $(INSTALL) --require-hashes -c requirements.lock -r pyproject.toml
STALE = { echo "A dependency of pyproject.toml that is not in requirements.lock? Run: make lock"; exit 1; }

$(STAMPS)/packages: $(STAMPS)/uv requirements.lock pyproject.toml
	@echo "Installing …"
	@$(LOCKED) || $(STALE)
	@touch $@

$(STAMPS)/run: $(STAMPS)/packages $(SOURCES)
	@$(INSTALL) --no-deps -e .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run
	@$(LOCKED) --extra dev || $(STALE)
	@touch $@
