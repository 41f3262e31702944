# `make serve` and `make test` need Python 3.11 or newer and nothing else; `make help` lists the rest.
# Without Chromium the browser tests are skipped.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_VENV := .venv-data
MUTANTS_VENV := .venv-mutants
MUTANTS_READY := $(MUTANTS_VENV)/.ready
# The package of the outlines that scripts/make_land.py reads.
ATLAS := world-atlas@2.0.2
READY := $(VENV)/.ready
NODE_TOOLS := tests/generators/node_modules/.bin
GENERATORS_READY := tests/generators/node_modules/.ready
RUNNERS_READY := tests/javascript/node_modules/.ready
PEERS_READY := benchmarks/node_modules/.ready

# The tests start hundreds of processes; without cached bytecode each of them would compile everything.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

serve: setup ## serve the mock on http://127.0.0.1:8484 (ARGS="--port 0 --site shop" …)
	@exec $(BIN)/datafast-mock serve $(ARGS)

test: setup ## run the tests, except for the long ones of `make long` (ARGS="-k map" …)
	@# Each worker begins with tests of the same files, since these have servers in common.
	$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

long: setup $(RUNNERS_READY) ## run the long tests: all mutants, Schemathesis, JavaScript's runners, 5,000 visitors; properties with more examples
	$(BIN)/pytest -n 4 -m '(long or hypothesis) and not slow' --hypothesis-profile=long $(ARGS)

check: setup lint types layers generators package test long ## what CI runs
	@# A new release of another project is reported, but must not fail an unchanged tree.
	-@$(BIN)/python -m scripts.check_bounds

fuzz: setup $(RUNNERS_READY) ## the long runs: the tests at 20 other instants (SEED=7), 10,000 random worlds and correct servers, Schemathesis
	$(BIN)/python scripts/shift_instants.py $(addprefix --seed ,$(SEED)) -- -n 4
	$(BIN)/python scripts/shift_instants.py $(addprefix --seed ,$(SEED)) --count 2 -- -n 4 -m 'long and not slow'
	$(BIN)/pytest -n 2 --hypothesis-profile=fuzz tests/world/test_world.py tests/world/test_amended.py tests/resources/test_facts.py tests/serving/test_streams.py tests/kit/test_correct_servers.py
	$(BIN)/pytest -m slow $(ARGS)

mutants: setup $(MUTANTS_READY) ## plant small faults in a copy of our code, list those that no test notices (SEED=7 ARGS="--each 5")
	$(MUTANTS_VENV)/bin/python scripts/mutants.py --python $(CURDIR)/$(BIN)/python $(addprefix --seed ,$(SEED)) $(ARGS)

$(MUTANTS_READY): scripts/requirements-mutants.txt
	$(PYTHON) -m venv $(MUTANTS_VENV)
	$(MUTANTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

setup: $(READY) ## make the environment in .venv

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV); the first time that takes a minute or two."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

lint: setup $(GENERATORS_READY) ## ruff and biome: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NODE_TOOLS)/biome ci .

types: setup $(GENERATORS_READY) ## mypy, strict; tsc for the console's JavaScript
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NODE_TOOLS)/tsc -p tests/browser

layers: setup ## import-linter: each file imports only downwards
	$(BIN)/lint-imports

bounds: setup ## check that the newest releases of packages that we override are allowed and installed
	$(BIN)/python -m scripts.check_bounds

generators: setup $(GENERATORS_READY) ## Redocly lint, TypeScript types and Pydantic models from openapi.yaml
	$(BIN)/python scripts/check_generators.py

$(GENERATORS_READY) $(RUNNERS_READY): tests/%/node_modules/.ready: tests/%/package.json | $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" npm install --prefix tests/$* --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

package: setup ## build wheel and sdist into dist/, install them into empty environments and serve (TAG=v0.1.0)
	$(BIN)/python -m scripts.check_package $(TAG)

bench: setup ## the budget as ratios, into docs/benchmarks.md (ARGS="--only ticks" …)
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: setup $(PEERS_READY) ## Prism, Scalar's mock server and nginx beside the mock, likewise
	$(BIN)/python -m benchmarks.duels $(ARGS)

bench-compare: setup ## compare the present tree with a commit (BASE=main), measured in turns
	$(BIN)/python -m benchmarks.compare $(BASE) $(ARGS)

# A peer that cannot be installed is reported as a line in the table.
$(PEERS_READY): benchmarks/package.json | $(READY)
	-PATH="$(CURDIR)/$(BIN):$$PATH" npm install --prefix benchmarks --no-package-lock --no-audit --no-fund --loglevel=error && touch $@

document: setup ## write openapi.yaml and openapi.json, joined from fixtures/openapi/
	$(BIN)/python -m scripts.make_document

clauses: setup ## write docs/clauses.md
	$(BIN)/python -m scripts.make_clauses

screenshots: setup ## write docs/images/, with a browser
	$(BIN)/python -m scripts.make_screenshots

golden: setup ## write fixtures/golden/
	$(BIN)/datafast-mock fixtures --out fixtures/golden

format: setup $(GENERATORS_READY) ## let ruff and biome fix what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NODE_TOOLS)/biome check --write .

data: setup ## write fixtures/data/ and the console's land.json, in an environment of their own
	$(PYTHON) -m venv --clear $(DATA_VENV)
	$(DATA_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement scripts/requirements-data.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" npm install --prefix $(DATA_VENV) --no-audit --no-fund --loglevel=error $(ATLAS)
	$(DATA_VENV)/bin/python scripts/make_places.py
	$(DATA_VENV)/bin/python scripts/make_people.py
	$(DATA_VENV)/bin/python -m scripts.make_land $(DATA_VENV)/node_modules/world-atlas/land-50m.json

build: setup ## build wheel and sdist into dist/
	rm -rf dist
	$(BIN)/hatchling build

clean: ## remove the environment and all generated files
	rm -rf $(VENV) $(DATA_VENV) $(MUTANTS_VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache tests/*/node_modules benchmarks/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help serve test long check setup lint types layers bounds generators package fuzz mutants bench bench-peers bench-compare document clauses golden screenshots format data build clean
