# Each target sets up what it needs in .venv: nothing has to be installed by hand but python3 (with venv) and make.
PYTHON ?= python3
MINUTES ?=
SPEED ?= 60
STEPS ?= 100000
BIN := .venv/bin

.PHONY: demo test check bench nightly clean

## demo: the whole service against a small X and a small Graph; MINUTES=1 ends it by itself
demo: .venv/.run
	$(BIN)/sns-monitor demo --speed $(SPEED) $(if $(MINUTES),--minutes $(MINUTES))

## test: every test, on SQLite and on PostgreSQL; those that mostly wait for a daemon three at once
test: .venv/.dev
	@tests/browser/prepare
	$(BIN)/pytest -n 3 --dist load tests/acceptance
	$(BIN)/pytest -n 2 --dist loadfile --ignore tests/acceptance

## check: lint, types, and who may import whom
check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

## bench: every figure beside the limit measured in the same run; writes build/bench.json
bench: .venv/.dev
	$(BIN)/python -m bench

## nightly: the proof at length, another way each night: every break of the rules, then STEPS random steps
nightly: .venv/.dev
	$(BIN)/python -m tests.proof.mutate
	SNS_MONITOR_PROOF_STEPS=$(STEPS) $(BIN)/pytest -p no:xdist --log-cli-level=INFO --log-disable=alembic.runtime.migration \
		tests/proof/test_any_course.py tests/proof/test_any_course_postgres.py tests/acceptance/test_handover.py

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

.venv/.run: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[reports]"
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,postgres,oidc]"
	@touch $@ .venv/.run

clean:
	rm -rf .venv build dist data *.egg-info
