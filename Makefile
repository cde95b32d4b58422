# Two commands on a fresh machine: make run, make test. Everything else: make help.

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
APPS := config partnership projects evaluation transparency
CODE := manage.py bin benchmarks tests $(APPS)
# An installation as it would be in production, for Django's own checks. Nothing is contacted.
PRODUCTION := DJANGO_SETTINGS_MODULE=config.settings SECRET_KEY=$$($(VENV_PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	ALLOWED_HOSTS=cooperation.example.org SITE_URL=https://cooperation.example.org TRUSTED_PROXIES=1 DEBUG=0 DEMO=0 \
	DATABASE_URL=postgres://user:password@127.0.0.1/cooperation REDIS_URL=redis://127.0.0.1/0 \
	EMAIL_URL=smtp+tls://user:password@mail.example.org:587 MEDIA_ROOT=var/media

.DEFAULT_GOAL := help
.PHONY: help run test test-long bench check lint types imports templates migrations deploy translations containers \
	dictionary dictionary-check rights rights-check \
	audit format messages compiled run-environment dev-environment

help: ## what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: run-environment ## the demonstration on http://localhost:8000 (another port: make run PORT=8001)
	@$(VENV_PYTHON) -m bin.demo

test: dev-environment compiled ## the whole suite, with what it needs (a part: make test ARGS="tests/projects -k money")
	@$(VENV_PYTHON) -m tests $(ARGS)

test-long: export LONG := 1
test-long: test ## the suite with the full numbers

bench: dev-environment compiled ## the benchmarks, each a ratio measured in one run
	@$(VENV_PYTHON) -m tests.services $(VENV_PYTHON) -m benchmarks $(ARGS)

check: lint types imports templates migrations deploy translations dictionary-check rights-check containers audit ## everything that is checked without running a test
	@echo "make check: all passed"

lint: dev-environment # style, likely bugs, risky calls
	$(VENV_PYTHON) -m ruff check $(CODE)
	$(VENV_PYTHON) -m ruff format --check $(CODE)
	$(VENV_PYTHON) -m bandit -q -c pyproject.toml -r bin $(APPS)

types: dev-environment
	$(VENV_PYTHON) -m mypy

imports: dev-environment # config -> transparency -> evaluation -> projects -> partnership
	.venv/bin/lint-imports

templates: dev-environment
	.venv/bin/djlint templates --check
	.venv/bin/djlint templates --lint

migrations: dev-environment # every change of a model has its migration
	$(VENV_PYTHON) manage.py makemigrations --check --dry-run --settings=tests.settings

deploy: dev-environment compiled
	@$(PRODUCTION) $(VENV_PYTHON) manage.py check --deploy --fail-level WARNING

translations: dev-environment # whole in ar, fr and nl, nothing left to extract
	@$(VENV_PYTHON) -m bin.messages check

dictionary: dev-environment ## docs/domain.md, from the models
	@$(VENV_PYTHON) -m bin.dictionary

dictionary-check: dev-environment # docs/domain.md says what the models say
	@$(VENV_PYTHON) -m bin.dictionary check

rights: dev-environment ## docs/rights.md, from the table of rights
	@$(VENV_PYTHON) -m bin.rights

rights-check: dev-environment # docs/rights.md says what the table says
	@$(VENV_PYTHON) -m bin.rights check

containers: dev-environment # Dockerfile and compose, read without building them
	@$(VENV_PYTHON) -m bin.containers

audit: dev-environment # known vulnerabilities
	@$(VENV_PYTHON) -m bin.audit

format: dev-environment ## Python and templates as the checks want them
	$(VENV_PYTHON) -m ruff check --fix $(CODE)
	$(VENV_PYTHON) -m ruff format $(CODE)
	@# djlint ends with 1 when it changed something, and its second pass settles what the first has moved
	@.venv/bin/djlint templates --quiet --reformat >/dev/null || .venv/bin/djlint templates --quiet --reformat >/dev/null || true
	.venv/bin/djlint templates --check

messages: dev-environment ## bring locale/*/LC_MESSAGES/django.po up to date with the code
	@$(VENV_PYTHON) -m bin.messages extract

compiled: dev-environment
	@$(VENV_PYTHON) -m bin.messages compile

run-environment:
	@$(PYTHON) -m bin.environment run

dev-environment:
	@$(PYTHON) -m bin.environment dev
