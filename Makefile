# Two commands for a fresh machine: `make run` and `make test`. VENV says where the environment is.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
KEY = $(shell cat constraints.txt pyproject.toml | cksum | cut -d' ' -f1)
STAMP = $(VENV)/.vadline-$(KEY)
PEERS = $(VENV)/.peers-$(KEY)

export DO_NOT_TRACK = 1
# kedro-mlflow calls `mlflow` by name
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: run test lint bench env viz ui help

help:
	@echo "make run    render the demo product and run the whole line on it"
	@echo "make test   run the tests"
	@echo "make lint   check style, who imports whom, and types"
	@echo "make bench  measure side by side with anomalib, scikit-learn and SciPy;"
	@echo "            make bench ARGS='--source=mtd --root=/data/mtd', ARGS=--help for more"
	@echo "make viz    look at the run that was last, in kedro-viz"
	@echo "make ui     look at the runs in MLflow"
	@echo "make env    make the environment in VENV ($(VENV)), once"

run: env
	$(BIN)/kedro run --pipeline=segad_vad

test: env $(PEERS)
	$(BIN)/python -m pytest

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: env $(PEERS)
	$(BIN)/python -m vadline.bench $(ARGS)

viz: env
	$(BIN)/vadline viz $(ARGS)

ui: env
	@echo "Open http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning"
	$(BIN)/kedro mlflow ui

env: $(STAMP)
	@$(BIN)/python -c "import vadline, pathlib, sys; \
	sys.exit(not pathlib.Path(vadline.__file__).resolve().is_relative_to(pathlib.Path.cwd()))" \
	2>/dev/null || $(BIN)/python -m pip install --quiet --no-deps --editable .

$(STAMP):
	$(PYTHON) -c "import sys; sys.exit('vadline needs Python 3.11 or newer' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[dev,elpv]"
	touch $(STAMP)

# What vadline is compared with; the line itself does not need it.
$(PEERS): $(STAMP)
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[anomalib]"
	touch $(PEERS)
