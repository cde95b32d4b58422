"""What an installation must get right for sign-in to hold, said by `manage.py check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's name

from partnership import breached

OWN_TO_ONE_PROCESS = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)


@register(Tags.security, deploy=True)
def attempts_are_counted_together(**options: Any) -> list[CheckMessage]:
    """Limits on sign-in count in the cache: each process on its own, it would allow as many times more."""
    alone = settings.CACHES["default"]["BACKEND"] in OWN_TO_ONE_PROCESS
    if settings.DEBUG or settings.DEMO or not alone:
        return []
    hint = "Set REDIS_URL, or leave CACHES to config/settings.py, which then counts in the database."
    return [
        Error("The cache is not shared by all processes: limits on sign-in do not hold.", hint=hint, id="accounts.E001")
    ]


@register(Tags.security, deploy=True)
def the_proxies_are_known(**options: Any) -> list[CheckMessage]:
    """Behind a proxy that is not counted, everyone has the proxy's address, and one guesser locks all out."""
    if not settings.SECURE or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    hint = (
        "Set TRUSTED_PROXIES to the number of your own proxies; 0 is right only where the web server itself ends TLS."
    )
    return [Warning("SITE_URL is https and TRUSTED_PROXIES is 0.", hint=hint, id="accounts.W002")]


@register(Tags.security)
def the_list_of_breached_passwords_can_be_searched(**options: Any) -> list[CheckMessage]:
    """Digests are searched by halves: in a list that is not sorted they would be missed in silence."""
    if not settings.BREACHED_PASSWORDS or not breached.out_of_order(Path(settings.BREACHED_PASSWORDS)):
        return []
    return [Error("BREACHED_PASSWORDS is not sorted.", hint="Sort it: LC_ALL=C sort FILE -o FILE", id="accounts.E003")]
