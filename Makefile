# make demo    a venv of its own, then one streamed answer from the built-in `demo` profile
# make test    the test requirements, CommonMark's examples, JUnit's schemas and the real servers,
#              then everything
# make check   linters, types, and the quick suite: what is not marked `real`
# make test-pythons  the quick suite on each CPython from 3.11 to 3.15 that is found here
# make audit   bandit, zizmor and pip-audit, which alone needs the network
# make dist    the package, and beside it what it is made of (CycloneDX); check-dist looks at it
# make onefile  dist/gradient, one file that runs
# make generate  completions, man page, README's tables

# The first of these that is 3.11 or newer; `make PYTHON=...` names another.
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Bytecode makes every start some 300 ms quicker, so a variable that forbids it is dropped.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test test-pythons check lint audit dist check-dist onefile sbom generate clean

demo: $(VENV)/.installed
	$(BIN)/gradient respond --profile demo \
		--instructions "You are a helpful assistant." \
		"Tell me a three-sentence bedtime story about a unicorn."

test: $(VENV)/.tested $(VENV)/commonmark.json $(VENV)/junit-schemas
	$(BIN)/python -m pytest

# PYTHONS='--lowest 3.11', or what else the script takes.
test-pythons:
	scripts/pythons.sh $(PYTHONS)

check: $(VENV)/.tested lint
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not real"

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/python scripts/generate.py --check

AUDIT = $(VENV)-audit
audit: $(AUDIT)/.ready
	$(AUDIT)/bin/bandit --quiet --recursive --severity-level medium gradient_cli
	$(AUDIT)/bin/actionlint .github/workflows/*.yml .ci/examples/github.yml
	$(AUDIT)/bin/zizmor --offline --quiet .github
	$(AUDIT)/bin/zizmor --offline --quiet --config .ci/zizmor.yml .ci/examples/github.yml
	$(AUDIT)/bin/pip-audit --timeout 10 . || echo "pip-audit could not say: is there a network?" >&2

# A wheel and what it pulls in, in an environment that holds nothing else.
sbom: $(AUDIT)/.ready
	rm -rf $(VENV)-sbom && $(PYTHON) -m venv $(VENV)-sbom
	$(VENV)-sbom/bin/python -m pip --disable-pip-version-check install --quiet .
	mkdir -p dist
	$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file dist/gradient-cli.cdx.json $(VENV)-sbom/bin/python
	rm -rf $(VENV)-sbom

dist: sbom $(VENV)/.installed
	rm -f dist/gradient_cli-*
	$(PIP) build
	$(BIN)/python -m build --outdir dist

check-dist: dist
	$(AUDIT)/bin/twine check --strict dist/gradient_cli-*
	$(AUDIT)/bin/check-wheel-contents dist/*.whl
	$(AUDIT)/bin/pyroma --min 8 dist/gradient_cli-*.tar.gz

# One file that runs wherever a Python of the same kind does; it unpacks itself once.
onefile: $(AUDIT)/.ready
	mkdir -p dist
	$(AUDIT)/bin/shiv --quiet --compile-pyc --console-script gradient \
		--python '/usr/bin/env python3' --output-file dist/gradient .

$(AUDIT)/.ready: requirements-audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip --disable-pip-version-check install --quiet -r requirements-audit.txt
	touch $@

generate: $(VENV)/.installed
	$(BIN)/python scripts/generate.py

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "python 3.11 or newer is needed: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv --upgrade-deps $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(PIP) --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-test.txt requirements-quick.txt
	$(PIP) --requirement requirements-test.txt
	touch $@

$(VENV)/commonmark.json: $(VENV)/.tested scripts/commonmark.py scripts/archives.py
	$(BIN)/python scripts/commonmark.py $@

$(VENV)/junit-schemas: $(VENV)/.tested scripts/junit_schemas.py scripts/archives.py
	$(BIN)/python scripts/junit_schemas.py $@

clean:
	rm -rf $(VENV) $(VENV)-audit dist build .pytest_cache .mypy_cache .ruff_cache
