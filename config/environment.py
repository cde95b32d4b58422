"""Reads the environment and stops the start with the line to set when a value is wrong."""

from __future__ import annotations

import os
import secrets
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "testserver"})
EXAMPLE_KEYS = frozenset({"", "change-me", "changeme", "secret", "example", "insecure"})
MINIMUM_KEY_LENGTH = 50


class WrongSetting(ImproperlyConfigured):
    """A setting that cannot be used. Says which, why, and a line that would do."""

    def __init__(self, name: str, reason: str, example: str) -> None:
        super().__init__(f"{name}: {reason}\nSet it in the environment, for instance:\n    {name}={example}")


def secret_key(env: environ.Env) -> str:
    """The signing key: at least 50 characters and no example. Raises WrongSetting."""
    key: str = env.str("SECRET_KEY", default="")
    if key.lower() in EXAMPLE_KEYS or key.startswith("django-insecure") or len(key) < MINIMUM_KEY_LENGTH:
        raise WrongSetting(
            "SECRET_KEY", "is missing, an example, or shorter than 50 characters.", secrets.token_urlsafe(48)
        )
    return key


def allowed_hosts(env: environ.Env) -> list[str]:
    """Host names this installation answers to. Raises WrongSetting when empty or a wildcard."""
    hosts: list[str] = env.list("ALLOWED_HOSTS", default=[])
    if not hosts or "*" in hosts:
        raise WrongSetting("ALLOWED_HOSTS", "must name every host, without a wildcard.", "cooperation.example.org")
    return hosts


def site_url(env: environ.Env) -> str:
    """The public address, scheme and host, without a slash at the end. Raises WrongSetting."""
    url: str = env.str("SITE_URL", default="")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise WrongSetting("SITE_URL", "must be the public address.", "https://cooperation.example.org")
    return url.rstrip("/")


def database(env: environ.Env) -> dict[str, object]:
    """The database's settings. SQLite writes ahead and takes its lock at once. Raises WrongSetting."""
    try:
        config: dict[str, object] = env.db_url("DATABASE_URL")
    except (ImproperlyConfigured, ValueError) as error:
        raise WrongSetting(
            "DATABASE_URL", f"is missing or malformed ({error}).", "postgres://user:password@127.0.0.1:5432/protocol"
        ) from error
    engine = str(config.get("ENGINE", ""))  # an address without a scheme has none
    if "sqlite" in engine:
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    elif "postgresql" in engine:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    else:
        raise WrongSetting(
            "DATABASE_URL", "must be PostgreSQL or SQLite.", "postgres://user:password@127.0.0.1:5432/protocol"
        )
    return config


def redis_url(env: environ.Env) -> str:
    """Where the broker and the shared cache are, or an empty text for none. Raises WrongSetting."""
    url: str = env.str("REDIS_URL", default="")
    if url and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise WrongSetting(
            "REDIS_URL", "is malformed; leave it out where there is no Redis.", "redis://127.0.0.1:6379/0"
        )
    return url


def caches(url: str, *, one_process: bool) -> dict[str, dict[str, object]]:
    """Where limits on sign-in are counted: Redis; without it the database, which every process shares as well."""
    if url:
        return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    if one_process:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}}


def breached_passwords(env: environ.Env) -> str:
    """The path of a list of passwords to refuse, or an empty text for none. Raises WrongSetting when it cannot be read."""
    path: str = env.str("BREACHED_PASSWORDS", default="")
    if path and not os.access(path, os.R_OK):
        raise WrongSetting("BREACHED_PASSWORDS", "names a file that cannot be read.", "/srv/protocol/breached.txt")
    return path


def email(env: environ.Env) -> dict[str, object]:
    """Where mail goes, in django-environ's form. Raises WrongSetting."""
    try:
        config: dict[str, object] = dict(env.email_url("EMAIL_URL"))
    except (ImproperlyConfigured, ValueError, KeyError) as error:
        raise WrongSetting(
            "EMAIL_URL", f"is missing or malformed ({error}).", "smtp+tls://user:password@mail.example.org:587"
        ) from error
    if folder := config.get("EMAIL_FILE_PATH"):  # django-environ drops the slash of filemail:///folder
        config["EMAIL_FILE_PATH"] = f"/{str(folder).lstrip('/')}"
    return config


def flag(env: environ.Env, name: str) -> bool:
    """A setting that is on or off; off unless set. Raises WrongSetting for anything else, which would read as off."""
    text: str = env.str(name, default="")
    if text.lower() not in {"", "1", "0", "true", "false", "on", "off", "yes", "no"}:
        raise WrongSetting(name, f"is on or off, not {text!r}.", "0")
    return text.lower() in {"1", "true", "on", "yes"}


def trusted_proxies(env: environ.Env) -> int:
    """How many proxies of our own stand in front; 0 unless set. Raises WrongSetting."""
    text: str = env.str("TRUSTED_PROXIES", default="0")
    if not text.isdecimal():
        raise WrongSetting("TRUSTED_PROXIES", f"is the number of our own proxies in front, not {text!r}.", "1")
    return int(text)


def demo(env: environ.Env, hosts: list[str], url: str) -> bool:
    """Whether demonstration sign-ins exist. Raises WrongSetting unless every host is this machine."""
    wanted = flag(env, "DEMO")
    strangers = {host for host in [*hosts, urlsplit(url).hostname or ""] if host not in LOCAL_HOSTS}
    if wanted and strangers:
        raise WrongSetting(
            "DEMO",
            f"opens known passwords, so it refuses hosts that are not local: {', '.join(sorted(strangers))}.",
            "0",
        )
    return wanted
