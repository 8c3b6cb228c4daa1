# `make` alone tells what there is.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --no-warn-conflicts --constraint constraints.txt
PROJECT := $(PIP) --no-build-isolation --editable

.PHONY: help install demo test fuzz soak audit train bench bench-gpu screenshots clean

help:
	@echo "make demo         the whole bot on this machine: no Discord account, no downloads of weights"
	@echo "make install      set up .venv with the command .venv/bin/easel"
	@echo "make test         run every check: format, lint, types, tests"
	@echo "make fuzz         try hostile input for SECONDS=600 (tests/artifacts/fuzz/ keeps what fails)"
	@echo "make soak         faults at random for SECONDS=600, drawn by SEED=1; a line of JSON says what was lost"
	@echo "make audit        look for known weaknesses of the packages, where the database can be reached"
	@echo "make train        make the pocket models anew (ARGS=--help tells more)"
	@echo "make bench        measure everything on this machine: about twenty minutes (benchmarks/results/)"
	@echo "make bench-gpu    measure the painting on CUDA: about three minutes"
	@echo "make screenshots  take the pictures of the documentation anew"
	@echo "make clean        remove what the other commands left, except .venv"

install: .venv/installed
	@echo "Easel is installed: $(BIN)/easel --help"

demo: install
	@$(BIN)/easel demo $(ARGS)

test: .venv/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

SECONDS ?= 600
fuzz: .venv/installed-test
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ARGS)

SEED ?= 1
soak: .venv/installed-test
	@$(BIN)/python -m tests.soak --seconds $(SECONDS) --seed $(SEED) $(ARGS)

# In an environment of its own: what it needs is needed by nothing else.
audit:
	@$(PYTHON) -m venv .venv/audit
	@$(PYTHON) .ci/audit.py .venv/audit/bin/python constraints.txt

train: .venv/installed-test
	$(BIN)/python -m training $(or $(ARGS),all)

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks all $(ARGS)

# Without a .venv it takes PYTHON with its torch. Beside torch that needs only what painting needs: numpy, pillow,
# PyYAML, pydantic, platformdirs, omegaconf, safetensors, kornia, kornia_rs, ftfy, wcwidth, regex, openai-clip, taming-transformers.
bench-gpu:
	$(or $(wildcard $(BIN)/python),$(PYTHON)) -m benchmarks gpu $(ARGS)

screenshots: .venv/installed-test
	$(BIN)/python docs/screenshots.py

clean:
	rm -rf build *.egg-info data/demo tests/artifacts
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The two packages of model definitions come without what they ask for: openai-clip wants torchvision, which does
# not import beside a CPU build of torch, and taming-transformers wants torchvision and Lightning, for training.
# The modules that are used here need neither (see generation/models/upstream.py).
# pytorch-pretrained-biggan, to which ours is compared, asks for boto3, which downloads weights.
# Builds are not isolated, so that they too use the setuptools that is pinned; nothing needs it at run time.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Easel needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) setuptools
	$(PROJECT) .
	$(PIP) --no-deps --no-build-isolation --use-pep517 openai-clip taming-transformers
	@touch $@

.venv/installed-test: .venv/installed
	$(PROJECT) '.[test,training,bench]'
	$(PIP) --no-deps pytorch-pretrained-biggan
	@touch $@

.venv/installed-bench: .venv/installed
	$(PROJECT) '.[bench]'
	@touch $@
