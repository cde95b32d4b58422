"""The settings under test: config.settings in an environment of its own, so a bare `pytest` or `mypy` needs none."""

from __future__ import annotations

import os
from typing import Any

from tests.services import RedisDatabase

os.environ.update(
    SECRET_KEY="for tests only, " + "x" * 50,
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    SITE_URL="http://testserver",
    EMAIL_URL="memorymail://",
    DEBUG="0",
    DEMO="0",
    TRUSTED_PROXIES="0",
)
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
REDIS_DATABASE = RedisDatabase(os.environ["REDIS_URL"]) if os.environ.get("REDIS_URL") else None
if REDIS_DATABASE:
    os.environ["REDIS_URL"] = REDIS_DATABASE.url

from config import environment  # noqa: E402
from config.settings import *  # noqa: E402, F403  reads the environment set above
from config.settings import DATABASES, STORAGES  # noqa: E402

# Static files straight from their sources; tests/test_demo.py collects them as an installation does.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# What a test commits need not outlive a power cut, and its few rows are no work for a compiler of queries.
if "postgresql" in str(DATABASES["default"]["ENGINE"]):
    database: dict[str, Any] = DATABASES["default"]
    database["OPTIONS"] = {**database.get("OPTIONS", {}), "options": "-c synchronous_commit=off -c jit=off"}
# Without Redis the cache is this process's own: no test needs a database to empty it.
CACHES = environment.caches(os.environ.get("REDIS_URL", ""), one_process=True)
# The hashing of passwords is not under test, and slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
