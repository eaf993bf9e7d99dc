# Two commands: `make site` and `make test`. Both make the environment first, and only once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
export PIP_REQUIRE_VIRTUALENV := 1

.PHONY: site test docs reference requirements wheel bench shape mutants clean help

help:
	@echo "make site   make the environment, run the pipeline over the demo, leave _site/index.html"
	@echo "make test   install what tests need, and run them"
	@echo "make docs   render the documentation into _build/docs/index.html"
	@echo "make reference     write docs/reference from the code"
	@echo "make requirements  write requirements.txt: constraints.txt with the hashes of all files"
	@echo "make wheel  build dist/*.whl, and make a site with it in an empty environment"
	@echo "make bench  show speed and memory beside the stock tools"
	@echo "make shape  count lines, comments, long functions and ambiguous names of the source"
	@echo "make mutants  break 100 random lines one by one, and see whether a test notices"
	@echo "make clean  remove what was made, and keep the environment"

site: $(VENV)/.site
	@$(BIN)/kvalreg build

test: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -n 2 --dist loadgroup

docs: $(VENV)/.site
	@$(BIN)/python docs/render.py

reference: $(VENV)/.environment
	@$(BIN)/python docs/reference.py

# Of every Python and system that kvalreg runs on, so that a firewall's other side can check what it is handed.
requirements: $(VENV)/.environment
	@$(PIP) install --constraint constraints.txt uv
	@$(BIN)/uv --quiet pip compile pyproject.toml --constraint constraints.txt --universal --python-version 3.11 \
		--generate-hashes --no-annotate --custom-compile-command "make requirements" --output-file requirements.txt

# The only target that installs what a user would: nothing of this folder, and every file by its hash.
wheel: $(VENV)/.test
	@rm -rf dist && $(PIP) wheel . --no-deps --no-build-isolation --wheel-dir dist
	@rm -rf _build/wheel && $(PYTHON) -m venv _build/wheel/venv
	@$(BIN)/python -m zipfile -e dist/*.whl _build/wheel/files
	@_build/wheel/venv/bin/python -m pip -qq install --require-hashes -r _build/wheel/files/kvalreg/shared/requirements.txt
	@_build/wheel/venv/bin/python -m pip -qq install --no-deps dist/*.whl
	@_build/wheel/venv/bin/kvalreg new site _build/wheel/results --registry hofte
	@_build/wheel/venv/bin/kvalreg build --project _build/wheel/results --renderer pandoc

bench: $(VENV)/.test
	@for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

shape:
	@$(PYTHON) tools/shape.py

mutants: $(VENV)/.test
	@$(BIN)/python tools/mutants.py --sample 100 --seed 1

clean:
	rm -rf _build _site ._site _public dist

$(VENV)/.environment: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kvalreg needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "Making the environment in $(VENV) (once; a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# Quarto is tried once: behind a firewall its wheel cannot fetch its programs, and the embedded renderer takes over.
$(VENV)/.site: $(VENV)/.environment
	@command -v quarto >/dev/null 2>&1 || $(PIP) install --constraint constraints.txt quarto-cli >/dev/null 2>&1 || true
	@touch $@

$(VENV)/.test: $(VENV)/.environment
	@$(PIP) install --constraint constraints.txt --editable '.[test]'
	@sh tests/install_browser.sh
	@sh tests/install_html_validate.sh $(VENV)
	@touch $@
