# The two commands of the README are `make demo` and `make test`. Both install what they need: Python packages into
# .venv, and for the tests Debian packages (scripts/install-system-tools.sh).

BIN := .venv/bin
RUST_TESTS := --workspace --exclude enigma-python
SNAPSHOTS := INSTA_UPDATE=no

.DEFAULT_GOAL := help
.PHONY: help build demo test metallib-check bench matrix mutation lint format pages stubs clean

help: ## Says what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/ready: requirements-dev.txt scripts/make-venv.sh
	scripts/make-venv.sh

build: .venv/ready ## Builds the Python extension, optimised, into .venv.
	PIP_QUIET=1 VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --release --quiet

demo: build ## Runs the double-buffered GEMM with asynchronous copies, checked against NumPy.
	$(BIN)/python examples/async_gemm.py

test: build ## Passes all tests, Rust and Python.
	scripts/install-system-tools.sh
	$(SNAPSHOTS) cargo test --quiet $(RUST_TESTS)
	$(BIN)/pytest tests/python

metallib-check: build ## Passes the tests of AIR, bitcode and .metallib alone.
	scripts/install-system-tools.sh
	$(SNAPSHOTS) cargo test --quiet -p enigma-air
	cargo test --quiet -p enigma-tests --test random as_air
	$(BIN)/pytest tests/python/test_air.py tests/python/test_air_shim.py tests/python/test_emit.py

bench: build ## Measures; every figure is a ratio to something measured beside it, or a time.
	cargo bench --quiet -p enigma --bench compile
	cargo bench --quiet -p enigma-cpu --bench executor
	$(BIN)/python benches/trace.py
	$(BIN)/python benches/executor.py
	scripts/install-pocl.sh
	$(BIN)/python benches/pocl.py
	scripts/install-oclgrind.sh
	$(BIN)/python benches/checker.py

matrix: build ## Runs wrong kernels and their right twins, here and under Oclgrind, and writes docs/detection.md.
	scripts/install-oclgrind.sh
	cd tests && ../$(BIN)/python -m matrix

mutation: build ## Leaves out or moves each wait and barrier of right kernels, checks, and writes docs/mutation.md.
	cd tests && ../$(BIN)/python -m mutation

lint: build ## Checks format, clippy, what only a Mac compiles, ruff, types and stubs.
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	scripts/check-macos.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m enigma._stubs --check

pages: build ## Writes what pages show of the program: the messages of the rules, their index, the reference.
	$(BIN)/python tests/python/rule_pages.py
	$(BIN)/python tests/python/reference_page.py

stubs: build ## Writes the type stubs that follow from the operation table.
	$(BIN)/python -m enigma._stubs

format: .venv/ready ## Formats the Rust and Python sources.
	cargo fmt --all
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

clean: ## Removes what was built.
	cargo clean
	rm -rf .venv out
