# The two commands of the README are `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check test-fast test-vm docs clean

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: .venv/.installed  ## one real call on loopback, start to summary
	$(BIN)/callfloor demo

check: .venv/.installed-dev  ## style, types, layers, generated documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m assist.event_catalogue --check docs/events.md
	$(BIN)/python -m assist.asyncapi --check docs/asyncapi.json

test-fast: .venv/.installed-dev  ## what needs no live call
	$(BIN)/python -m pytest -m "not live"

test: .venv/.installed-dev check  ## everything; installs Debian's test peers when root
	sh tests/install-peers.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-vm: .venv/.installed-dev  ## headsets as kernel devices, in a virtual machine
	sh tests/install-peers.sh
	$(BIN)/python -m pytest -m vm tests/hardware/vm

docs: .venv/.installed-dev  ## what is made from the code: the event catalogue, the feed's AsyncAPI, the README's screenshot
	$(BIN)/python -m assist.event_catalogue docs/events.md
	$(BIN)/python -m assist.asyncapi docs/asyncapi.json
	CALLFLOOR_SCREENSHOT=docs/agent-page.png $(BIN)/python -m pytest -q tests/scenarios/test_live_page.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .coverage* out
