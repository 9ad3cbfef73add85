# Two commands: `make run` and `make test`. Both set up .venv first and do only what is due.
PYTHON ?= python3

.PHONY: help run test lint docs clean

help: ## show this list
	@echo "make <target> [PYTHON=python3.12] [ARGS='...']"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run the scenario scenarios/ring32.py; ARGS go to spacemoe-ns3
	@$(PYTHON) bootstrap.py --no-dev
	@.venv/bin/spacemoe-ns3 run scenarios/ring32.py $(ARGS)

test: ## run the static checks, the C++ tests and pytest; ARGS go to pytest
	@$(PYTHON) bootstrap.py
	@.venv/bin/python tests/run_all.py $(ARGS)

lint: ## run the static checks alone
	@$(PYTHON) bootstrap.py
	@.venv/bin/python tests/run_all.py --lint

docs: ## build the documentation as a site: build/site/index.html
	@$(PYTHON) bootstrap.py
	@.venv/bin/python -m sphinx -b html -q -n -W --keep-going -d build/doctrees docs build/site
	@echo "build/site/index.html"

clean: ## remove what has been built: .venv, build and the tools' caches
	rm -rf .venv .venv.discarded .bootstrap.lock build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
