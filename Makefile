# make demo   a venv of its own, then one streamed answer from the built-in `demo` profile
# make test   the test requirements and the real servers, then everything
# make check  linters, types, the suite without real servers

PYTHON ?= python3.11
VENV ?= .venv
BIN = $(VENV)/bin
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test check lint generate clean

demo: $(VENV)/.installed
	$(BIN)/gradient respond --profile demo \
		--instructions "You are a helpful assistant." \
		"Tell me a three-sentence bedtime story about a unicorn."

test: $(VENV)/.tested
	$(BIN)/python -m pytest

check: $(VENV)/.tested lint
	$(BIN)/python -m pytest -m "not real"

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-test.txt
	touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
