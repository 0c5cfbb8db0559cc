# make demo   watch a first video: needs Python 3.11 or newer and nothing else
# make test   the tests
# make lint   what is checked besides
PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint test-browser bench clean

demo: $(VENV)/.demo
	$(VENV)/bin/broadcast demo

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n auto --dist worksteal -m "not browser"

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test-browser: $(VENV)/.dev
	VENV=$(VENV) sh tests/browser/install.sh
	$(VENV)/bin/python -m pytest -m browser tests/browser

bench: $(VENV)/.dev
	$(VENV)/bin/python benchmarks/newsdesk.py

clean:
	rm -rf $(VENV) build dist out .broadcast

$(VENV)/.demo: pyproject.toml constraints.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[newsdesk]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[all,dev]'
	touch $@ $(VENV)/.demo
