# Two commands: `make try` plays the whole path once, `make test` proves it. Everything lives in .venv.

# Some containers say that Python shall not keep its bytecode: then each process that a test starts compiles Halfday anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: try test test-fast test-long test-suspending coverage models tables test-aiobotocore test-boto3 streamlit attack attack-measured check docs package release-notes bench image system-tools javascript-clients clean

try: $(VENV)/.try
	$(BIN)/halfday try $(ARGS)

# Two processes a core, for half of a test is waiting; a file's tests stay together, because they share a server.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')

test: check system-tools javascript-clients
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

# One rule at very many places, and other people's programs in a browser: minutes more.
test-long: system-tools javascript-clients streamlit
	$(BIN)/pytest -m 'long and not attack' --numprocesses $(WORKERS) --dist loadfile $(ARGS)

# A verdict in under a minute, without the checks: the rules, what the store promises, and the first of each of the rest.
FAST := tests/protocol tests/domain tests/storage tests/shape tests/units/test_units.py \
  tests/oauth/test_authorize.py tests/oauth/test_token.py \
  $(addprefix tests/operations/test_,dispatch.py sign_in.py users.py groups.py) \
  $(addprefix tests/client/test_,session.py invalid_grant.py token_verifier.py transport.py settings.py)

test-fast: $(VENV)/.test
	$(BIN)/pytest --numprocesses auto --dist loadfile $(FAST) $(ARGS)

# Which lines and branches of src/ no test goes through. ARGS chooses tests, --cov=halfday.server.domain a room.
coverage: $(VENV)/.test
	$(BIN)/pytest --numprocesses auto --dist loadfile --cov --cov-report=term $(ARGS)

# Whatever writes, once more over a database that suspends at every await (tests/suspending.py).
test-suspending: $(VENV)/.test
	HALFDAY_TEST_DATABASE=suspending $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile \
	  tests/operations tests/oauth tests/federation tests/security tests/http tests/test_seed_file.py $(ARGS)

# The attack in CI's size. tests/attack/README.md says how to run more.
attack: $(VENV)/.test
	$(BIN)/pytest -m 'attack and not measured' --numprocesses auto -rA tests/attack $(ARGS)

# What measures waiting, on a machine with nothing else to do: a neighbour's work is no fault of the server's.
attack-measured: $(VENV)/.test
	$(BIN)/pytest -m 'attack and measured' -rA tests/attack $(ARGS)

# aiobotocore wants another botocore than the one that the tests hold the models against: an environment of its own.
AIO := $(VENV)/aiobotocore

test-aiobotocore: $(AIO)/.ready
	$(AIO)/bin/python -m pytest --confcutdir=tests/client tests/client/test_aiobotocore.py

$(AIO)/.ready: $(VENV)/bin/python pyproject.toml
	$(PYTHON) -m venv $(AIO)
	$(AIO)/bin/python -m pip install --quiet --editable '.[aiobotocore,boto3]' pytest pytest-timeout
	@touch $@

# The server beside an app's own boto3: three of them, each in an environment of its own. The oldest is beside an app's
# own web framework too, of the oldest releases that the requirements allow.
BOTO3S := 1.35.0 1.40.0 newest
OLDEST_WEB := starlette==0.37.2 uvicorn==0.46.0 httptools==0.6.4

test-boto3: $(BOTO3S:%=test-boto3-%)

test-boto3-%: $(VENV)/boto3-%/.ready
	$(VENV)/boto3-$*/bin/python -m pytest --confcutdir=tests/beside_boto3 tests/beside_boto3

$(VENV)/boto3-%/.ready: $(VENV)/bin/python pyproject.toml
	$(PYTHON) -m venv $(VENV)/boto3-$*
	$(VENV)/boto3-$*/bin/python -m pip install --quiet --editable '.[server]' pytest pytest-timeout \
	  $(if $(filter newest,$*),boto3,boto3==$*) $(if $(filter 1.35.0,$*),$(OLDEST_WEB))
	@touch $@

.PRECIOUS: $(VENV)/boto3-%/.ready

# Streamlit, which a test signs somebody in to: pandas and pyarrow stay out of the environment of the other tests.
STREAMLIT := $(VENV)/streamlit

streamlit: $(STREAMLIT)/.ready

$(STREAMLIT)/.ready: | $(VENV)/.test
	$(PYTHON) -m venv $(STREAMLIT)
	$(STREAMLIT)/bin/python -m pip install --quiet 'streamlit[auth]==1.67.0' && touch $@ || true

# AWS's service models, taken anew out of a botocore: what came and went is printed, and `make tables` shows it.
BOTOCORE ?= 1.44.5

models: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python tests/models_of_aws.py $(BOTOCORE)
	$(BIN)/python tests/services_of_aws.py

# The container image, on a base made of Debian's packages, and its tests in real containers. It wants root, buildah, podman and
# mmdebstrap. `make test-long` runs the same tests in namespaces that are made as the Dockerfile says.
image: $(VENV)/.test
	packaging/build-here.sh $(EXTRAS)
	IMAGE_UNDER_TEST=localhost/halfday:latest $(BIN)/pytest -m long tests/image $(ARGS)

# The tables on the pages of docs/ that are made of the code.
tables: $(VENV)/.test
	PYTHONPATH=tests:tests/client $(BIN)/python tests/tables_of_pages.py

# What every change must pass before its tests run: lint, form, types, and who may import whom. It needs Python only.
check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What a release needs and a test does not: the site's generator is 90 MB.
RELEASING := $(VENV)/releasing

# The documentation as one site, in .venv/site/made, with every link looked at.
docs: $(RELEASING)/.ready
	$(RELEASING)/bin/python releasing/site.py

# sdist and wheel: built, looked into, and installed on every Python of this machine.
package: $(RELEASING)/.ready
	$(RELEASING)/bin/python releasing/package.py

# What CHANGELOG.md says of the newest version, or of ARGS.
release-notes:
	@$(PYTHON) releasing/notes.py $(ARGS)

$(RELEASING)/.ready: Makefile
	$(PYTHON) -m venv $(RELEASING)
	$(RELEASING)/bin/python -m pip install --quiet 'build>=1.2' 'twine>=6' 'zensical>=0.0.73,<0.2'
	@touch $@

bench: $(VENV)/.test
	$(BIN)/python -m bench $(ARGS)

# Chromium, curl, NSS's certutil, xmlsec1, Java and ip, which the tests drive. Where apt is not to be had they skip and say why; with
# CI=true they fail.
TOOLS := chromium curl libnss3-tools xmlsec1 default-jdk-headless iproute2

system-tools:
	@{ command -v curl && command -v certutil && command -v xmlsec1 && command -v java && command -v ip && \
	  { command -v chromium || command -v chromium-browser || command -v google-chrome; }; } >/dev/null || \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(TOOLS) >/dev/null; } || true

# The JavaScript clients that the tests drive. Where npm's registry is not to be had they skip too, and with CI=true fail.
NODE := tests/real_clients/node

javascript-clients: $(NODE)/node_modules/.package-lock.json

$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json | $(VENV)/.test
	$(BIN)/npm ci --prefix $(NODE) --ignore-scripts --loglevel=error && touch $@ || true

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Halfday needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.try: $(VENV)/bin/python pyproject.toml
	@echo "Installing Halfday and what it needs into $(VENV). At the first time this takes a minute or more."
	$(BIN)/python -m pip install --quiet --editable '.[try]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	@echo "Installing Halfday and what its tests need into $(VENV). At the first time this takes some minutes."
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.try

clean:
	rm -rf $(VENV) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
