# make demo   install, then the whole chain on the embedded example, ending in a table and a report
# make test   install, then lint and tests, the fast ones first
# make lint   ruff, snakefmt and Snakemake's own linter
PYTHON ?= python3
CORES ?= $(shell nproc)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test lint install schemas clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install
	snakemake --cores $(CORES) results/experiments/demo/report.html
	$(BIN)/python scripts/show_results.py results/experiments/demo

test: install lint
	$(BIN)/python -m pytest

lint: install
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint > /dev/null || snakemake --lint
	@for experiment in config/experiments/*.yaml; do \
	    name=$$(basename $$experiment .yaml); \
	    snakemake -n --quiet all --cores 1 results/experiments/$$name/report.html > /dev/null && echo "dry-run of $$name: ok" || exit 1; \
	done

schemas: install
	$(BIN)/python scripts/write_schemas.py --output workflow/schemas

# The conda environment holds the same pins as the lock; a test keeps them in step.
envs/cpu.yaml: requirements.lock
	sed -i '/^      - /d' $@
	grep -v '^#' requirements.lock | sed 's/^/      - /' >> $@

clean:
	rm -rf results .snakemake
