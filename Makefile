SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# HTTPS=1, and not HTTPS=0 or nothing
SECURE := $(filter-out 0,$(HTTPS))
HOST ?= $(if $(SECURE),0.0.0.0,127.0.0.1)
PORT ?= $(if $(SECURE),8443,8080)
DATA_DIR ?= data
DEMO ?= 1
export HOST PORT DATA_DIR DEMO

# What `make test` gives to pytest: make test T="tests/tooling -k doctor"
T ?=
# Tests of media, processes and browsers have the machine to themselves; the others share it two by two.
ALONE := $(addprefix tests/,bench e2e fuzz media nodes pages tooling)
CODE := server media scheduling bench tests
BENCHES := $(filter-out soak,$(patsubst bench/%.py,%,$(shell grep -ls '__main__' bench/*.py)))

.PHONY: help
help: ## this list
	@printf 'make <what>, where <what> is one of\n\n'
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@printf '\nSettings are environment variables, or written after the word: make run PORT=9000 HTTPS=1\n'

.PHONY: install
install: $(VENV)/runtime.stamp ## .venv with exactly the locked libraries of the service

.PHONY: run
run: install printing-packages ## the service on SQLite with a demo exam day, a link for each role (HTTPS=1: for a school network)
ifneq ($(SECURE),)
	@made="$$($(PY) -m server.tls --shell)" && eval "$$made" && exec $(PY) -m server
else
	@exec $(PY) -m server
endif

# make organizer HTTPS=1 ARGS='--reset ivanova'
ARGS ?=
.PHONY: organizer
organizer: install ## the first organizer of a school: prints a one-time code to sign in with (ARGS='--reset LOGIN' for one locked out)
ifneq ($(SECURE),)
	@made="$$($(PY) -m server.tls --shell)" && eval "$$made" && $(PY) -m server.organizer $(ARGS)
else
	@$(PY) -m server.organizer $(ARGS)
endif

.PHONY: doctor
doctor: install ## what on this machine would stand in the way of an exam, and what to do about it
	@$(PY) -m server.doctor

.PHONY: stop
stop: install ## ends the media nodes that a stopped service left talking
	@$(PY) -m server.stop

.PHONY: test
test: system-packages $(VENV)/dev.stamp node_modules/stamp check ## everything: checks and all tests, browsers included (T=… narrows it)
	node --test tests/js/*.test.js
ifeq ($(T),)
	$(PY) -m pytest --numprocesses 2 --dist loadfile $(addprefix --ignore=,$(ALONE))
	$(PY) -m pytest $(ALONE)
else
	$(PY) -m pytest $(T)
endif

.PHONY: check check-format check-lint check-types check-pages
check: check-format check-lint check-types check-pages ## formatting, lint, types of Python and JavaScript (with -k: all of them)

check-format: $(VENV)/dev.stamp
	$(PY) -m ruff format --check .

check-lint: $(VENV)/dev.stamp
	$(PY) -m ruff check .

check-types: $(VENV)/dev.stamp
	$(PY) -m mypy --strict $(CODE)

check-pages: node_modules/stamp
	node_modules/.bin/biome check --error-on-warnings
	node_modules/.bin/tsc

# make fuzz SECONDS=60 F="rtp sdp"
SECONDS ?= 600
F ?=
.PHONY: fuzz
fuzz: $(VENV)/dev.stamp ## throws rubbish at every reader of what comes from outside (SECONDS=600); what breaks one is kept
	$(PY) -m tests.fuzz.campaign --seconds $(SECONDS) $(F)

.PHONY: format
format: $(VENV)/dev.stamp node_modules/stamp ## puts the code into shape
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	node_modules/.bin/biome check --write

.PHONY: bench
bench: $(VENV)/dev.stamp ## every benchmark but the soak, as JSON (B=admission: one of them; B=soak: an hour)
	@for name in $(or $(B),$(BENCHES)); do $(PY) -m "bench.$$name" --json; done

.PHONY: printing-packages
printing-packages:
	@.ci/system-packages printing

.PHONY: system-packages
system-packages: ## browsers, coturn, PostgreSQL and Caddy for the tests (Debian, as root; otherwise says what is missing)
	@.ci/system-packages

.PHONY: lock
lock: ## resolves the locks anew (asks PyPI and the npm registry)
	@folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; \
	"$$folder/bin/python" -m pip --disable-pip-version-check --quiet install 'uv>=0.9'; \
	compile=("$$folder/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --upgrade --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'); \
	"$${compile[@]}" --output-file requirements.lock; \
	"$${compile[@]}" --group dev --constraint requirements.lock --output-file requirements-dev.lock
	npm update --package-lock-only --ignore-scripts

.PHONY: clean
clean: ## removes environments and caches; data/ stays
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	@.ci/python-version $(PYTHON)
	@if [ -e $(PY) ] && ! $(PY) -c '' 2>/dev/null; then rm -rf $(VENV); fi
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.lock | $(VENV)/bin/pip
	@echo 'Installing the libraries of requirements.lock into $(VENV)…'
	@$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@echo 'Installing the tools of requirements-dev.lock into $(VENV)…'
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

node_modules/stamp: package-lock.json package.json
	@command -v npm >/dev/null || { echo 'The checks of the pages need Node.js 18 or newer with npm (Debian: apt-get install nodejs npm).' >&2; exit 1; }
	@echo 'Installing the tools of package-lock.json into node_modules…'
	@npm ci --ignore-scripts --loglevel=error
	@touch $@
