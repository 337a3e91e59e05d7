# MTL Lab's commands. Each makes .venv where it is missing and installs only what its requirements changed.
#
#   make run  [PORT=8502]    the page, on http://127.0.0.1:8501
#   make test [ARGS="…"]     all tests but the long ones; ARGS go to pytest
#   make check               ruff, mypy and the fast tests
#   make acceptance          the long checks on real data; writes docs/acceptance.md
#   make bench [ARGS="--quick"]  the speeds as paired ratios; --check fails where one fell
#   make screenshot          draws docs/playground.png anew

PORT ?= 8501
ARGS ?=
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
PY := $(BIN)/python.exe
else
BIN := $(VENV)/bin
PY := $(BIN)/python
endif

# A stamp carries the checksum of what was installed: other requirements, another stamp.
RUN_STAMP := $(VENV)/.run-$(shell cat requirements.txt | cksum | cut -d ' ' -f 1)
TEST_STAMP := $(VENV)/.test-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d ' ' -f 1)
BENCH_STAMP := $(VENV)/.bench-$(shell cat requirements.txt requirements-dev.txt requirements-bench.txt | cksum | cut -d ' ' -f 1)
CANDIDATES := $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python

.PHONY: run test check acceptance bench screenshot
.DEFAULT_GOAL := run

run: $(RUN_STAMP)
	@$(PY) -c 'import socket; socket.socket().connect(("127.0.0.1", $(PORT)))' 2>/dev/null \
	  && { echo "Port $(PORT) is taken (perhaps by MTL Lab itself: look at http://127.0.0.1:$(PORT))."; \
	       echo "Choose another port: make run PORT=$$(( $(PORT) + 1 ))"; exit 1; } || true
	@echo "MTL Lab: http://127.0.0.1:$(PORT)   (Ctrl-C ends the page; runs go on)"
	@exec $(PY) -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT)

# Two workers: one begins with all browser tests (one browser at a time), the other with the rest, file by file.
test: $(TEST_STAMP)
	@$(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

check: $(TEST_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q -n 2 --dist loadfile -m "not acceptance and not browser and not slow" $(ARGS)

acceptance: $(TEST_STAMP)
	@$(PY) -m pytest -m "acceptance or measured" --acceptance $(ARGS)

bench: $(BENCH_STAMP)
	@$(PY) -m benchmarks $(ARGS)

screenshot: $(TEST_STAMP)
	@$(PY) -m docs.screenshot

$(RUN_STAMP): | $(PY)
	$(PY) -m pip install -r requirements.txt
	@rm -f $(VENV)/.run-* && touch $@

$(TEST_STAMP): | $(PY)
	$(PY) -m pip install -r requirements-dev.txt
	@rm -f $(VENV)/.run-* $(VENV)/.test-* && touch $(RUN_STAMP) $@

# What others offer is measured where it can be installed; a pair without it says that it was not measured.
$(BENCH_STAMP): $(TEST_STAMP)
	-$(PY) -m pip install -r requirements-bench.txt
	@rm -f $(VENV)/.bench-* && touch $@

$(PY):
	@old=; for python in $(CANDIDATES); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  if "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$("$$python" --version)"; exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	  old="$$python"; \
	done; \
	if [ -n "$$old" ]; then \
	  echo "$$old cannot make environments: its venv module is missing." >&2; \
	  echo "Debian and Ubuntu: apt install python3-venv" >&2; \
	else \
	  echo "No Python of version 3.11 or newer was found on the PATH (tried:$(CANDIDATES:%= %))." >&2; \
	  echo "Install one from https://www.python.org, or name yours: make run PYTHON=/path/to/python3" >&2; \
	fi; exit 1
