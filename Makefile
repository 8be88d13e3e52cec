# The only command surface of this repository. `make` alone lists the commands.
#
# Every command installs what it misses first (scripts/setup.sh) and builds only what changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Cargo and the test runners use every core by themselves; two of them at once would only fight.
.NOTPARALLEL:

# The tools of node_modules, as npm scripts see them.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

STAMPS := .cache/stamps
PYTHON := .venv/bin/python
SETUP_MODE := dev
say = @printf '\033[1m== %s\033[0m\n' "$(1)"
# sources FOLDER...: every file below, as prerequisites.
sources = $(shell find $(1) -type f -not -name '*.pyc' 2>/dev/null)

##@ Commands

.PHONY: help
help: ## List the commands
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: STORE ?= sqlite
demo: SETUP_MODE = demo $(STORE)
demo: node web python ## Payments under faults, with an audit (STORE=redis, postgres: two services; SEED=n repeats a run)
	$(call say,demo: payments under faults)
	@node examples/payments/demo.mjs --store $(STORE)

SUITES := core node web python shared browser packaging

.PHONY: test
test: build packages ## Run every test suite; ends with what was skipped, and why
	@rm -rf .cache/test-logs
	@$(MAKE) --keep-going $(SUITES:%=test-%) || true
	@node scripts/test-summary.mjs $(SUITES)

.PHONY: bench
bench: SETUP_MODE := bench
bench: node python ## Measure beside the libraries people use today; writes benches/RESULTS.md
	$(call say,bench: side by side in one run)
	@node benches/bench.mjs --python $(PYTHON)

.PHONY: ready
ready: format-check lint types boundaries fresh test-slow test ## What CI asks of a change: format, lints, types, fresh files, tests

.PHONY: packages
packages: node web python ## Leave the npm tarballs and the Python wheel in dist/
	@scripts/packages.sh

##@ Building

.PHONY: setup
setup: ## Install what is missing on this machine
	@scripts/setup.sh $(SETUP_MODE)

.PHONY: build
build: node web python ## Build all three packages in place

CORE := Cargo.toml Cargo.lock core/Cargo.toml $(call sources,core/src)
JS := bindings-js/rust/Cargo.toml $(call sources,bindings-js/rust/src)
DRIVER := package-lock.json tsconfig.base.json scripts/bundle.mjs bindings-js/tsconfig.json $(call sources,bindings-js/src)

.PHONY: node
node: $(STAMPS)/node ## Build the npm package once-again in bindings-node/

$(STAMPS)/native: $(CORE) $(JS) scripts/build-node.sh bindings-node/Cargo.toml bindings-node/build.rs \
    $(call sources,bindings-node/src) | setup
	$(call say,node: compiling the native binary)
	@scripts/build-node.sh
	@touch $@

$(STAMPS)/node: $(STAMPS)/native $(DRIVER) bindings-node/tsconfig.json $(call sources,bindings-node/ts) | setup
	$(call say,node: bundling the package and its types)
	@tsc --build bindings-node
	@node scripts/bundle.mjs node
	@touch $@

.PHONY: web
web: $(STAMPS)/web ## Build the npm package once-again-web in bindings-wasm/

$(STAMPS)/wasm-built: $(CORE) $(JS) scripts/build-wasm.sh bindings-wasm/Cargo.toml $(call sources,bindings-wasm/src) \
    $(call sources,scripts/wasm-bindgen) | setup
	$(call say,web: compiling the wasm)
	@scripts/build-wasm.sh
	@touch $@

$(STAMPS)/web: $(STAMPS)/wasm-built $(DRIVER) bindings-wasm/tsconfig.json $(call sources,bindings-wasm/ts) | setup
	$(call say,web: bundling the package and its types)
	@tsc --build bindings-wasm
	@node scripts/bundle.mjs web
	@touch $@

.PHONY: python
python: $(STAMPS)/python ## Build the wheel and install it into .venv

$(STAMPS)/python: $(CORE) scripts/build-python.sh bindings-python/Cargo.toml bindings-python/pyproject.toml bindings-python/README.md \
    $(call sources,bindings-python/src bindings-python/python) | setup
	$(call say,python: building the wheel)
	@scripts/build-python.sh
	@touch $@

.PHONY: clean
clean: ## Remove what was built (not what was installed)
	@rm -rf target dist bindings-*/build bindings-*/dist .cache/wheel .cache/stubs .cache/test-logs
	@rm -f $(addprefix $(STAMPS)/,native node wasm wasm-built web python)

##@ Testing, suite by suite

suite = @scripts/suite.sh $(1)
node_tests = @scripts/suite.sh $(1) scripts/node-tests.sh $(1) $(2)

.PHONY: test-core
test-core: ## The decision core and the Rust package
	$(call suite,core) cargo test --features once-again/full

.PHONY: test-slow
test-slow: ## What test-core leaves out for time: tests marked as ignored
	$(call suite,slow) cargo test --profile slow --features once-again/full -- --ignored

.PHONY: test-node
test-node: node ## The package once-again, in Node
	$(call node_tests,node,$(wildcard bindings-js/test bindings-node/test))

.PHONY: test-web
test-web: export ONCE_AGAIN_PACKAGE := once-again-web
test-web: web ## The package once-again-web, in Node
	$(call node_tests,web,bindings-js/test bindings-wasm/test)

.PHONY: test-python
test-python: python ## The wheel, in .venv
	$(call suite,python) $(PYTHON) -m pytest --config-file bindings-python/pyproject.toml --rootdir . bindings-python/tests tests

.PHONY: test-shared
test-shared: node web python ## What all languages share: vectors, golden records, interoperation
	$(call node_tests,shared,$(filter-out tests/browser tests/packaging,$(wildcard tests/*)))

.PHONY: test-browser
test-browser: node web ## The package once-again-web in headless Chromium, with servers in Node
	$(call node_tests,browser,tests/browser)

.PHONY: test-packaging
test-packaging: packages ## The tarballs and the wheel of dist/, in empty projects
	$(call node_tests,packaging,tests/packaging)

##@ Keeping it tidy

.PHONY: format
format: setup ## Format everything
	@cargo fmt --all
	@biome check --write --linter-enabled=false --log-level=warn
	@.venv/bin/ruff format --quiet .

.PHONY: format-check
format-check: setup
	$(call say,ready: format)
	@cargo fmt --all --check
	@biome check --linter-enabled=false --log-level=warn
	@.venv/bin/ruff format --quiet --check .

.PHONY: lint
lint: setup ## clippy, rustdoc, biome, ruff
	$(call say,ready: lints)
	@cargo clippy --quiet --workspace --all-targets --features once-again/full -- --deny warnings
	@RUSTDOCFLAGS="--deny warnings" cargo doc --quiet --no-deps --package once-again --package once-again-core \
	  --package once-again-derive --features once-again/full
	@cargo metadata --locked --format-version 1 --manifest-path benches/peers/rust/Cargo.toml >/dev/null
	@biome lint --error-on-warnings
	@.venv/bin/ruff check --quiet .

.PHONY: types
types: node web python ## tsc on the TypeScript, mypy on the Python, both and pyright on what users write
	$(call say,ready: types)
	@tsc --build
	@cd bindings-python && MYPYPATH=python ../.venv/bin/mypy --package once_again --cache-dir ../.cache/mypy
	@cd bindings-python && ../.venv/bin/mypy --config-file= --strict --cache-dir ../.cache/mypy tests/typed_*.py
	@cd bindings-python && pyright

.PHONY: boundaries
boundaries: ## Who may depend on whom, and who may read a clock
	$(call say,ready: boundaries)
	@scripts/check-boundaries.sh

# Written by the builds themselves, so building is enough; only the Python stubs need a build of their own.
GENERATED := bindings-node/native/index.d.ts bindings-node/types bindings-wasm/wasm/once_again.d.ts bindings-wasm/types \
  bindings-python/python/once_again/_core.pyi docs/choosing-a-policy.md docs/assets

.PHONY: generated
generated: node web ## Write the generated files anew: types, and what the guides show of core
	$(call say,generated: Python stubs from the compiled module)
	@rm -rf .cache/stubs
	@.venv/bin/maturin generate-stubs --quiet --manifest-path bindings-python/Cargo.toml --features stubs --profile dev \
	  --interpreter $(PYTHON) --out .cache/stubs
	@cp .cache/stubs/once_again/_core.pyi bindings-python/python/once_again/_core.pyi
	@node scripts/plot-delays.mjs

.PHONY: fresh
fresh: generated
	$(call say,ready: generated files are fresh)
	@git diff --exit-code -- $(GENERATED) && test -z "$$(git ls-files --others --exclude-standard -- $(GENERATED))" || \
	  { echo "A generated file was stale; it is new now: look at it and commit it."; exit 1; }
