# make run    install what is missing, then open the studio
# make test   install what the tests need, then run all of them
# make check  what to run before a commit: lint, types, import contracts, fast tests
# make bench  side-by-side measurements, minutes long
#
# PYTHON=python3.12 uses another Python; TORCH_INDEX=<address> adds a package index for torch (see README).

PYTHON ?= python3
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# Training and MP4 films have needs of their own; their tests need them too.
EXTRAS := $(wildcard requirements-training.txt requirements-film.txt)

.PHONY: run test check lint bench clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	@$(BIN)/python app.py

test: $(VENV)/.test
	@# A browser, what Playwright's driver is linked with, and the font of the painted world.
	@bash .ci/debian chromium libatomic1 fonts-noto-color-emoji
	@$(BIN)/python -m pytest

check: lint
	@$(BIN)/python -m pytest -m "not browser and not slow"

lint: $(VENV)/.test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@# Gradio writes stubs beside components when they are imported; mypy would read them instead of the code.
	@rm -f studio/ui/*.pyi studio/ui/tabs/*.pyi
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.test
	@$(BIN)/python -m bench.serving
	@$(BIN)/python -m bench.tasks
	@$(BIN)/python -m bench.gallery

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# The stamps: written last, so an install that was broken off is taken up again, and a finished one is never repeated.
$(VENV)/.run: requirements.txt | $(BIN)/pip
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt requirements.txt $(EXTRAS) | $(BIN)/pip
	@$(PIP) -r requirements-dev.txt $(addprefix -r ,$(EXTRAS))
	@touch $@ $(VENV)/.run

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Atelier needs Python 3.11 or newer; $(PYTHON) is older or absent. Name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
