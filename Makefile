# `make` alone lists the targets. Needs make and Python 3.11 to 3.14; everything else comes from the lock files.
SHELL := /bin/sh
.DEFAULT_GOAL := help

MEMBERS := shared/events shared/eventlog shared/service shared/rules \
	services/customer-registry services/credit-rating services/tiering services/reporting deploy/local
MEMBER_NAMES := dealerlog dealerlog-events dealerlog-eventlog dealerlog-service dealerlog-rules \
	dealerlog-customer-registry dealerlog-credit-rating dealerlog-tiering dealerlog-reporting

BIN := .venv/bin
UV := UV_CACHE_DIR=$${UV_CACHE_DIR:-.local/cache/uv} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 VIRTUAL_ENV=.venv $(BIN)/uv
DEALERLOG := $(BIN)/dealerlog
WORKERS ?= auto
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile

.PHONY: help run demo up down wipe token test test-fast faults golden check lint types imports bench profile lock lock-uv clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z.][a-z.-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv ## start everything, load the sample network, stay up until Ctrl-C (CURRENCY=GBP: another, without the sample)
	@$(DEALERLOG) run $(if $(CURRENCY),--currency $(CURRENCY))

demo: .venv ## the same without staying up, in an installation of its own; proves its figures
	@$(DEALERLOG) demo

up: .venv ## start Kafka and PostgreSQL only, in the background
	@$(DEALERLOG) up

down: .venv ## stop what `up` started; data stay
	@$(DEALERLOG) down

wipe: .venv ## delete the installation with all its data (asks; YES=1 does not)
	@$(DEALERLOG) wipe $(if $(YES),--yes)

token: .venv ## print an access token: make token ROLE=… TERRITORY=… | BRANCH=… | REGION=…
	@$(DEALERLOG) token $(foreach key,ROLE TERRITORY BRANCH REGION,$(if $($(key)),$(key)=$($(key))))

test: .venv ## every test, on its own Kafka and PostgreSQL
	@$(PYTEST)

test-fast: .venv ## the tests that take no more than a few seconds
	@$(PYTEST) -m "not slow"

faults: .venv ## break the real stack again and again: make faults FAULTS=60 SEED=1 KINDS=kafka-kill,…
	@PYTHONPATH=tests $(BIN)/python -m faults --faults $(or $(FAULTS),60) --seed $(or $(SEED),1) --kinds "$(KINDS)"

golden: .venv ## take the digest of the golden history anew; LOGS=1 records its logs anew too
	@$(BIN)/python tests/golden/record_golden.py $(if $(LOGS),logs)

check: lint types imports test ## what CI runs: lint, types, imports, tests

bench: .venv ## our figures against bare clients in one run: make bench [ROWS="rebuild bulk"] [SIZE=small|default|large]
	@$(BIN)/python -m bench $(ROWS) --size $(or $(SIZE),default)

profile: .venv ## where a rebuild and the publisher spend their time, as flame graphs: make profile [SIZE=small|default|large]
	@$(BIN)/python -m bench.profile --size $(or $(SIZE),default)

lint: .venv ## ruff
	@$(BIN)/ruff check

types: .venv ## mypy, strict
	@$(BIN)/mypy

imports: .venv ## who may import whom
	@$(BIN)/lint-imports

lock: .venv ## resolve requirements.lock and the Kafka jars' lock anew
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --quiet \
		$(addprefix --no-emit-package ,$(MEMBER_NAMES)) --custom-compile-command "make lock" -o requirements.lock
	@$(BIN)/python -m dealerlog.jars .local/cache

lock-uv: .venv ## resolve the pinned uv itself anew
	@head -1 requirements-uv.lock > requirements-uv.lock.new
	@echo uv | $(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet - >> requirements-uv.lock.new
	@mv requirements-uv.lock.new requirements-uv.lock

clean: ## delete the environment, caches and test leftovers; installations stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .local/test-* .local/cache/uv
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once, and again when a lock file or a member's pyproject.toml changes ---
.PHONY: .venv
.venv: .venv/.synced

.venv/.synced: requirements.lock requirements-uv.lock $(addsuffix /pyproject.toml,$(MEMBERS))
	@sh deploy/local/environment.sh $(MEMBERS)
	@touch $@
