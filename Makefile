# Everything a user or developer starts. `make help` lists it; options go to a script through ARGS,
# as in: make compare ARGS="--worlds 50 --quarters 120"

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach one,python3.11 python3,$(shell \
  $(one) -c 'import sys; sys.version_info >= (3, 11) and print("$(one)")' 2>/dev/null)))
VENV := .venv
RUN := $(VENV)/bin/python
KERNEL := fintech-metamorphosis
ARGS ?=

# A study is a file in experiments/studies/ with a STUDY in it; its first line is what help says about it.
STUDIES := $(basename $(notdir $(shell grep -l '^STUDY\b' experiments/studies/*.py 2>/dev/null)))

.DEFAULT_GOAL := help
.PHONY: help setup notebook test lint kernels check-long check-page docs lock clean runtime development peer $(STUDIES)

help:  ## this list
	@{ for study in $(STUDIES); do sed -n "1s/^\"*\([^\"]*\).*/$$study\t\1/p" experiments/studies/$$study.py; done; \
	  sed -n 's/^\([a-z_-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST); } | expand -t 14

setup: development  ## build .venv with everything that is needed to run and to develop (PYTHON=... chooses the interpreter)

$(STUDIES): runtime
	@$(RUN) -m experiments $@ $(ARGS)

bench: peer
mutants: development

notebook: runtime  ## open the first steps in JupyterLab; all is there to run them (ARGS=--no-browser prints an address)
	@$(call install,notebook)
	@$(RUN) -m ipykernel install --sys-prefix --name $(KERNEL) --display-name "Fintech metamorphosis" >/dev/null
	@$(RUN) -m jupyterlab experiments/notebooks/first_steps.ipynb $(ARGS)

test: development  ## lint, then every test that takes seconds
	@$(MAKE) --no-print-directory -j 2 lint kernels
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) -m pytest -q -n logical --maxprocesses 8 --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

lint: development  ## style, format and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/pyright

kernels: runtime  ## compile the rules of the model, which is done once and takes a minute or two
	@$(RUN) -c 'import sim; sim.warm_up(progress=True)'

check-long: development  ## the tests that take minutes
	@$(RUN) -m pytest -q -m long $(ARGS)

check-page: runtime  ## open the page of a small comparison in a browser: it is whole, quiet, and fits a telephone
	@$(call install,page)
	@$(RUN) -m experiments compare --worlds 12 --firms 1000 --quarters 40 --out results/page $(ARGS) >/dev/null
	@$(RUN) -m tests.check_page results/page/report.html

docs: runtime  ## write docs/reference anew from the code, and say which results an older code has made
	@$(RUN) -m experiments.document.documents

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	@$(call pin,requirements,--extra build)
	@$(call pin,requirements-dev,--extra dev --constraints requirements.lock)
	@$(call pin,requirements-bench,--extra bench --constraints requirements.lock)
	@$(call pin,requirements-page,--extra page --constraints requirements.lock)
	@$(call pin,requirements-notebook,--extra notebook --constraints requirements.lock --constraints requirements-dev.lock)

clean:  ## remove .venv, caches and compiled rules, but no results
	rm -rf $(VENV) .kernels .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find sim experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +

runtime:
	@$(call environment)
	@$(call install,run)
	@$(call project)

peer: runtime
	@$(call install,bench)

development: runtime
	@$(call install,dev)

# The environment is made once, and made anew where its interpreter does not start any more.
define environment
$(RUN) -c '' 2>/dev/null || { \
  test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed; say where: make PYTHON=/path/to/python" >&2; exit 1; }; \
  test "$$($(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True || { \
    echo "make: PYTHON=$(PYTHON) is no Python 3.11 or newer; say where one is: make PYTHON=/path/to/python" >&2; exit 1; }; \
  echo "Building $(VENV) with $(PYTHON)" >&2; \
  $(PYTHON) -m venv --clear $(VENV); }
endef

# $(1) names a lock file. A copy of what was installed lies in the environment: equal, nothing to do. The lock is
# complete, so pip need not resolve; modules are compiled by hand, in parallel, also where the machine says not to,
# without the tests of the libraries: nobody runs them, and they take more than half of the time.
locked = requirements$(if $(filter run,$(1)),,-$(1)).lock
define install
cmp -s $(locked) $(VENV)/$(locked) || { \
  echo "Installing $(locked) into $(VENV), once; about a minute" >&2; \
  env -u PYTHONDONTWRITEBYTECODE $(RUN) -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
    --no-deps --only-binary :all: --require-hashes -r $(locked) && \
  { env -u PYTHONDONTWRITEBYTECODE $(RUN) -m compileall -q -j 0 -x /tests/ $(VENV)/lib >/dev/null || true; } && \
  cp $(locked) $(VENV)/$(locked); }
endef

# The project in its own environment: `import sim` works in every folder. A copy may lie elsewhere than the original.
installed = { pwd; cat pyproject.toml; }
define project
$(installed) | cmp -s - $(VENV)/project || { \
  $(RUN) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-index --no-build-isolation \
    --editable . && $(installed) > $(VENV)/project; }
endef

# Without addresses, paths or the list of who needs what: the lock says versions and hashes, for every system.
define pin
{ echo "# Written by make lock from pyproject.toml."; \
  uv pip compile pyproject.toml $(2) --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header; } > $(1).lock.new && mv $(1).lock.new $(1).lock
endef
