"""The ordinary settings, with the bare views beside the real addresses. The cache keeps nothing: pages are measured uncached."""

from config.settings import *  # noqa: F403  every setting, and two of our own

ROOT_URLCONF = "benchmarks.urls"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
