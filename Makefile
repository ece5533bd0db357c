# Everything that this project does, each in one obvious way. `make` alone lists it.
#
# Needs Python >= 3.10, Node.js >= 20 and the package registries that pip and npm are set up for; the rest is made
# here: .venv, js/node_modules, and Chromium where this is root on Debian. ARGS goes to the program that is run, as in
# `make demo ARGS=--no-browser` or `make test-python ARGS="-k trace"`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two pips in one environment, or two npms, would get in each other's way.
.NOTPARALLEL:

VENV := .venv
PYTHON := $(VENV)/bin/python
BUNDLE := src/feder_widget/static/widget.js
NODE_MODULES := js/node_modules/.package-lock.json
STAMPS := .stamps
LIVE_PAGES := docs/live/facts.json
# Modules are compiled when they are first imported, and most never are.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(PYTHON) -m pip install --no-compile --quiet --disable-pip-version-check --root-user-action=ignore
# The notebook is in the default address rather than an argument, so that the address printed leads to it too.
QUICKSTART := $(PYTHON) -m jupyterlab --ServerApp.root_dir=$(CURDIR) \
	--LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)
ARGS ?=
tab = widget.get_by_role('tab', name='$(1)').click()
README_PICTURES := \
	--do "$(call tab,Distances); page.wait_for_timeout(1000); shot('distances')" \
	--do "$(call tab,Clusters); $(call tab,Workload); button('Evaluate queries'); page.wait_for_timeout(4000)" \
	--do "shot('workload'); $(call tab,This query); page.wait_for_timeout(1000)"
# Tests run in several processes, each with a JupyterLab and a Chromium of its own where it needs them. With ARGS they
# run in one, which is ready at once and lets --pdb and -x do what they say.
WORKERS := $(if $(ARGS),0,logical)
SPREAD := --numprocesses=$(WORKERS) --maxprocesses=4 -p no:nbmake

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(STAMPS)/demo $(BUNDLE) ## open notebooks/quickstart.ipynb in JupyterLab
	$(QUICKSTART) $(ARGS)

.PHONY: test test-busy test-python test-js test-notebooks test-browser test-docs
test: test-python test-js test-notebooks test-browser test-docs ## run all tests
	@echo 'No test may depend on load: run `make test-busy` too.'
test-busy: ## run all tests beside two busy loops, as on a machine that others use
	scripts/busy.sh $(MAKE) test
test-python: $(STAMPS)/dev $(BUNDLE) ## run the Python tests that need no browser
	$(PYTHON) -m pytest --ignore=tests/browser --ignore=tests/docs $(SPREAD) --dist=loadfile $(ARGS)
test-js: $(NODE_MODULES) chromium ## run the front end's tests
	npm --prefix js test
test-notebooks: $(STAMPS)/dev $(BUNDLE) ## run the notebooks
	$(PYTHON) -m pytest --nbmake --nbmake-timeout=600 notebooks $(ARGS)
test-browser: $(STAMPS)/dev $(BUNDLE) chromium ## drive the widget in JupyterLab in Chromium
	$(PYTHON) -m pytest tests/browser $(SPREAD) --dist=worksteal $(ARGS)
test-docs: $(LIVE_PAGES) chromium ## build the documentation, check its links and its code, and open its pages
	$(PYTHON) -m pytest tests/docs -p no:nbmake $(ARGS)

# An environment of its own, because torch is large. MODELS="torch==2.13.0 transformers" asks for another build.
MODELS_VENV := .venv-models
MODELS ?= torch transformers sentence-transformers
.PHONY: test-models
test-models: $(BUNDLE) ## run the tests on real models, which `make test` leaves out (installs torch in .venv-models)
	[[ -x $(MODELS_VENV)/bin/pip ]] || scripts/venv.sh $(MODELS_VENV)
	$(MODELS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
		$(MODELS) --editable '.[test]'
	$(MODELS_VENV)/bin/python -m pytest tests/models -p no:nbmake $(ARGS)

# An environment of its own, because hnswlib has no wheels and needs a compiler. HNSWLIB=some.whl takes one of yours.
HNSWLIB_VENV := .venv-hnswlib
HNSWLIB ?= hnswlib>=0.8
.PHONY: test-hnswlib
test-hnswlib: $(BUNDLE) ## run the tests on hnswlib itself, which `make test` leaves out (builds it in .venv-hnswlib)
	[[ -x $(HNSWLIB_VENV)/bin/pip ]] || scripts/venv.sh $(HNSWLIB_VENV)
	$(HNSWLIB_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
		'$(HNSWLIB)' --editable '.[test]'
	$(HNSWLIB_VENV)/bin/python -m pytest tests/with_hnswlib -p no:nbmake $(ARGS)

.PHONY: check
check: $(STAMPS)/dev $(NODE_MODULES) ## lint and type-check, without changing anything
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m scripts.page_messages --check
	$(PYTHON) -m scripts.page_palette --check
	npm --prefix js run check

.PHONY: format
format: $(STAMPS)/dev $(NODE_MODULES) ## format the code and fix what can be fixed
	$(PYTHON) -m ruff check --fix --exit-zero
	$(PYTHON) -m ruff format
	npm --prefix js run format

.PHONY: bench
bench: $(STAMPS)/dev $(BUNDLE) chromium ## print the figures that this project promises (minutes)
	$(PYTHON) -m benchmarks $(ARGS)

.PHONY: soak
soak: $(STAMPS)/dev $(BUNDLE) chromium ## use one widget for thousands of searches and watch its memory (minutes)
	$(PYTHON) -m scripts.soak $(ARGS)

.PHONY: stress
stress: $(STAMPS)/dev $(BUNDLE) chromium ## change indexes at random moments under a widget (minutes)
	$(PYTHON) -m scripts.stress $(ARGS)

.PHONY: watch
watch: $(STAMPS)/dev $(BUNDLE) ## JupyterLab that reloads the widget as js/src changes
	trap 'kill 0' EXIT; npm --prefix js run watch & ANYWIDGET_HMR=1 $(QUICKSTART) $(ARGS)

.PHONY: screenshots
screenshots: $(STAMPS)/dev $(BUNDLE) chromium ## make the README's pictures anew
	$(PYTHON) -m scripts.screenshot $(or $(ARGS),$(README_PICTURES))

.PHONY: notebook-outputs
notebook-outputs: $(STAMPS)/dev $(BUNDLE) chromium ## run the quick start and save it with its outputs
	$(PYTHON) -m scripts.notebook_outputs $(ARGS)

.PHONY: docs
docs: $(LIVE_PAGES) ## build the documentation in site/; open site/index.html, no network needed
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build $(ARGS)

.PHONY: build
build: $(STAMPS)/dev $(BUNDLE) ## make the sdist and the wheel in dist/
	$(PYTHON) -m build $(ARGS)

.PHONY: clean distclean
clean: ## remove what was built, and the caches
	rm -rf dist site docs/live $(STAMPS) src/feder_widget/static .pytest_cache .mypy_cache .ruff_cache .hypothesis
distclean: clean ## remove the environments as well
	rm -rf $(VENV) $(MODELS_VENV) $(HNSWLIB_VENV) js/node_modules

.PHONY: chromium
chromium:
	@scripts/chromium.sh

$(VENV)/bin/pip:
	scripts/venv.sh $(VENV)

# The bundle comes first, so that the hook in hatch_build.py finds it and has nothing to do.
$(STAMPS)/demo: pyproject.toml hatch_build.py $(VENV)/bin/pip | $(BUNDLE)
	$(PIP_INSTALL) --editable '.[demo]'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml hatch_build.py $(VENV)/bin/pip | $(BUNDLE)
	$(PIP_INSTALL) --editable '.[dev]'
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/demo

$(NODE_MODULES): js/package.json js/package-lock.json
	scripts/node.sh
	npm --prefix js ci --no-audit --no-fund --loglevel=error
	@touch $@

# OpenMP's threads would spin while they wait, which takes most of the time on a busy machine.
$(LIVE_PAGES): scripts/live_pages.py scripts/live_examples.py $(BUNDLE) $(shell find src/feder_widget -name '*.py') | $(STAMPS)/dev
	OMP_WAIT_POLICY=passive $(PYTHON) -m scripts.live_pages

# Folders are listed too: they change when a file is removed.
$(BUNDLE): $(NODE_MODULES) js/build.mjs js/tsconfig.json $(shell find js/src)
	npm --prefix js run build
	@touch $@
