# Two commands: `make demo` shows the answer for Syria, September 2016; `make check` is what CI runs.
# Both install what they need on a fresh Debian machine with Python 3.11, git, make and pip.

SHELL := bash
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --frozen
# Many offices put their own certificate before the registries: trust what the machine trusts.
export UV_SYSTEM_CERTS ?= true

.PHONY: demo check setup browser lint types rooms test bench clean

demo: setup
	@$(RUN) ceasefire run cases/syria-2016

check: setup browser lint types rooms test

# uv comes from PyPI into a folder of its own, so that the system's Python stays as it is.
.uv/bin/uv:
	@python3 -m venv .uv 2>/dev/null || python3 -m venv --without-pip .uv
	@if [ -x .uv/bin/pip ]; then .uv/bin/pip install --quiet --disable-pip-version-check uv; \
	 else python3 -m pip install --quiet --disable-pip-version-check --target .uv/lib uv && mkdir -p .uv/bin && cp .uv/lib/bin/uv .uv/bin/uv; fi

setup: $(if $(findstring .uv/,$(UV)),.uv/bin/uv)
	@$(UV) sync --frozen --quiet

# The page tests drive a real browser, Debian's Chromium; the tests of fusion on Spark need its Java.
browser:
	@{ command -v chromium && command -v java; } >/dev/null || { \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$as_root apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends \
	    chromium fonts-noto-core openjdk-17-jre-headless >/dev/null; }

lint:
	$(RUN) ruff check src tests bench docs
	$(RUN) ruff format --check src tests bench docs

types:
	$(RUN) mypy

rooms:
	$(RUN) lint-imports

test:
	$(RUN) pytest

bench: setup
	$(RUN) python -m bench.stages

clean:
	rm -rf out dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
