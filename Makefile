# Every target sets up what it needs in .venv, once, and again when the dependencies or the
# interpreter change; PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
CONTRIB := $(patsubst %/pyproject.toml,%,$(wildcard contrib/*/pyproject.toml))
STAMP := $(VENV)/.installed-$(VERSION)
PYTEST_WORKERS ?= 2
# a module's tests share what it starts
PYTEST := -m pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: unit test-all servers demo test mutants fuzz soak bench lint twins docs clean

$(STAMP): pyproject.toml constraints.txt $(CONTRIB:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Provender needs Python 3.11 or newer; set PYTHON=python3.12, say"; exit 1; }
	@rm -rf $(VENV)
	@echo "Setting up $(VENV) with Python $(VERSION)"
	@# some systems leave ensurepip out of Python: then the pip outside brings the one inside
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet -c constraints.txt pip; }
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[testing,demo,aws,client,gcp,server]' \
		$(CONTRIB:%=-e ./%) --group dev
	@touch $(STAMP)

# PROVIDER=gcp or aws: the demo on those, or on servers that stand for them
PROVIDER ?= local
SERVERS_gcp := bigquery gcs
SERVERS_aws := postgres moto ministack
demo: $(STAMP)
	$(if $(SERVERS_$(PROVIDER)),$(PYTHON) tests/servers/install.py $(SERVERS_$(PROVIDER)))
	$(BIN)/python demo/flights/run.py --provider $(PROVIDER)

# the servers that the tests drive: what is there already is left alone
servers:
	@$(PYTHON) tests/servers/install.py

# while you work: no servers, hardly any processes
unit: $(STAMP)
	$(BIN)/python $(PYTEST) -m "not integration" tests/unit

# what a change has to pass; ORDER=7 make test: in a random order
ORDER ?=
test: $(STAMP) servers
	PROVENDER_TEST_ORDER=$(ORDER) $(BIN)/python $(PYTEST)

# all values of every rule, 200 kills, 10,000 stories, 100,000 requests: hours
LONG := -o timeout=900 -o faulthandler_timeout=1800 -o run_limit=36000
test-all: $(STAMP) servers
	PROVENDER_TEST_ALL=1 $(BIN)/python $(PYTEST) $(LONG)

# faults that the tests have to find: MUTANTS="tie-settled-wrongly future-leaks-union" make mutants
MUTANTS ?=
mutants: $(STAMP)
	$(BIN)/python tests/mutants/run.py $(MUTANTS)

# random stories of the local provider: CASES=500 SEED=7 make fuzz
CASES ?= 10000
SEED ?= $(shell date +%s)
fuzz: $(STAMP)
	@echo "Telling $(CASES) stories from seed $(SEED)"
	PROVENDER_TEST_ALL=1 PROVENDER_FUZZ_CASES=$(CASES) PROVENDER_FUZZ_SEED=$(SEED) \
		$(BIN)/python $(PYTEST) $(LONG) tests/conformance/test_local_stories.py

# reads of a feature server while rows are pushed and definitions change: REQUESTS=5000 make soak
REQUESTS ?= 100000
soak: $(STAMP)
	PROVENDER_TEST_ALL=1 PROVENDER_SOAK=$(REQUESTS) $(BIN)/python -m pytest $(LONG) tests/integration/test_serve_soak.py

bench: $(STAMP)
	$(BIN)/python -m benchmarks

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# modules whose calls block, from those written for event loops
twins: $(STAMP)
	$(BIN)/python tools/twins.py

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt --group docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .demo .bench build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
