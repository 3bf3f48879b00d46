# Everything a user or developer starts. `make help` lists it; options go to a script through ARGS,
# as in: make compare ARGS="--worlds 50 --quarters 120"

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach one,python3.11 python3,$(shell \
  $(one) -c 'import sys; sys.version_info >= (3, 11) and print("$(one)")' 2>/dev/null)))
VENV := .venv
RUN := $(VENV)/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup compare either_side scale core validate magnitudes bench test lint mutants check-long lock clean \
  runtime development

help:  ## this list
	@sed -n 's/^\([a-z_-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: development  ## build .venv with everything that is needed to run and to develop (PYTHON=... chooses the interpreter)

compare: runtime  ## the main job: every business model in the same worlds, one table, one verdict
	@$(RUN) -m experiments.compare_strategies $(ARGS)

either_side: runtime  ## show worlds in which harvesting wins, and worlds in which integration does
	@$(RUN) -m experiments.either_side $(ARGS)

scale: runtime  ## whether the headline differences agree between small and large economies
	@$(RUN) -m experiments.scale $(ARGS)

core: runtime  ## the closed economy alone, without platforms
	@$(RUN) -m experiments.core $(ARGS)

validate: runtime  ## what the economy does beside what has been published, hits and misses
	@$(RUN) -m experiments.validate $(ARGS)

magnitudes: runtime  ## how large things are beside each other, before anybody tunes a parameter
	@$(RUN) -m experiments.magnitudes $(ARGS)

bench: runtime  ## speed and memory, beside a published peer
	@$(call install,bench)
	@$(RUN) -m experiments.bench $(ARGS)

test: lint  ## lint, then every test that takes seconds
	@$(RUN) -m pytest -q -n logical --maxprocesses 8 --dist loadfile $(ARGS)

lint: development  ## style, format and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/pyright

mutants: development  ## which share of small changes to the ledger, the draws and the store the tests notice
	@$(RUN) -m experiments.mutants $(ARGS)

check-long: development  ## the tests that take minutes
	@$(RUN) -m pytest -q -m long $(ARGS)

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	@$(call pin,requirements)
	@$(call pin,requirements-dev,--extra dev --constraints requirements.lock)
	@$(call pin,requirements-bench,--extra bench --constraints requirements.lock)

clean:  ## remove .venv, caches and compiled rules, but no results
	rm -rf $(VENV) .kernels .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find sim experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +

runtime:
	@$(call environment)
	@$(call install,run)

development: runtime
	@$(call install,dev)

# The environment is made once, and made anew where its interpreter does not start any more.
define environment
$(RUN) -c '' 2>/dev/null || { \
  test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed; say where: make PYTHON=/path/to/python" >&2; exit 1; }; \
  test "$$($(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True || { \
    echo "make: PYTHON=$(PYTHON) is no Python 3.11 or newer; say where one is: make PYTHON=/path/to/python" >&2; exit 1; }; \
  echo "Building $(VENV) with $(PYTHON)"; \
  $(PYTHON) -m venv --clear $(VENV); }
endef

# $(1) names a lock file. A copy of what was installed lies in the environment: equal, nothing to do. The lock is
# complete, so pip need not resolve; modules are compiled by hand, in parallel, also where the machine says not to.
locked = requirements$(if $(filter run,$(1)),,-$(1)).lock
define install
cmp -s $(locked) $(VENV)/$(locked) || { \
  echo "Installing $(locked) into $(VENV)"; \
  env -u PYTHONDONTWRITEBYTECODE $(RUN) -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
    --no-deps --only-binary :all: --require-hashes -r $(locked) && \
  { env -u PYTHONDONTWRITEBYTECODE $(RUN) -m compileall -q -j 0 $(VENV)/lib >/dev/null || true; } && \
  cp $(locked) $(VENV)/$(locked); }
endef

# Without addresses, paths or the list of who needs what: the lock says versions and hashes, for every system.
define pin
{ echo "# Written by make lock from pyproject.toml."; \
  uv pip compile pyproject.toml $(2) --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header; } > $(1).lock.new && mv $(1).lock.new $(1).lock
endef
