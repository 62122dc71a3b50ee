# Thin wrappers of the commands in README.md.  GNU make 3.81 (macOS) is enough.
#   make lab  [ARGS="--no-browser"]   open the course in JupyterLab
#   make test [ARGS="-k workbook"]    everything that judges it
#   make demo                         grade the sample class
#   make mutants                      change every reference in small ways: do the checks notice?
#   make judge                        the judge under 1,000 seeds (make test takes a few)
#   make bench                        what a check costs, a chapter, a slider's move, and a backward pass
#   make site [ARGS=01-neurons]       the course as static pages, in site/
# PYTHON=/path/to/python overrides the search for one.

PYTHON =
ARGS =

BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: lab test demo mutants judge bench site

lab: .venv/lab
	@$(BIN)/autograder lab -- $(ARGS)

test: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

demo: .venv/test
	$(BIN)/python tests/sample_class.py $(ARGS)

mutants: .venv/test
	$(BIN)/python tests/mutants.py $(ARGS)

judge: .venv/test
	JUDGE_SEEDS=1000 $(BIN)/python -m pytest -n 2 tests/test_chapters.py tests/test_oracles.py tests/test_diagnosis.py tests/test_endurance.py $(ARGS)

bench: .venv/test
	@$(BIN)/python tests/bench.py
	@$(BIN)/python tests/bench_chapters.py
	@$(BIN)/python tests/bench_backprop.py
	@$(BIN)/python tests/bench_computation_graphs.py
	@$(BIN)/python tests/bench_grading.py

site: .venv/site
	@rm -rf site
	@$(BIN)/autograder site $(ARGS)

# The stamps .venv/lab, .venv/test and .venv/site stand for a finished install: while these files stay, nothing is
# installed again.
.venv/lab: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing into .venv: a few minutes the first time."
	@$(PIP) -r requirements.txt -e .
	@touch $@

.venv/test: .venv/lab
	@echo "Installing the test extras into .venv."
	@$(PIP) -e '.[test,site]'
	@touch $@

.venv/site: .venv/lab
	@echo "Installing the site's tools into .venv."
	@$(PIP) -e '.[site]'
	@touch $@

# The first of these that is 3.11 or newer and can make an environment.
$(BIN)/python:
	@bare=; for python in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  "$$python" -c 'import ensurepip' 2>/dev/null || { bare=$$python; continue; }; \
	  echo "Making .venv with $$("$$python" --version)."; \
	  "$$python" -m venv --clear .venv && exit 0; \
	  rm -rf .venv; exit 1; \
	done; \
	if [ -n "$$bare" ]; then \
	  echo "$$bare has no ensurepip, so it cannot make .venv: install it (Debian, Ubuntu: apt install python3-venv) and run make again."; \
	else \
	  echo "No Python 3.11 or newer was found$(if $(PYTHON), at $(PYTHON)): install one, or name it as in  make PYTHON=/path/to/python $(MAKECMDGOALS)"; \
	fi >&2; exit 1
