"""The one place that decides a language's direction and how the other languages are offered."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language


def of_page() -> str:
    """The language of the page's own words: one of the three, or a further one."""
    code = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def current() -> str:
    """The language in which a reader meets what must stand in all three; on pages in a further language, the installation's."""
    code = of_page()
    return code if code in settings.REQUIRED_LANGUAGES else settings.LANGUAGE_CODE


def required() -> list[tuple[str, str]]:
    """The three languages by code, each with its own name: those in which people write and sign."""
    return [(code, name) for code, name in settings.LANGUAGES if code in settings.REQUIRED_LANGUAGES]


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language in settings.LANGUAGES_BIDI else "ltr"


@dataclass(frozen=True)
class Offer:
    """One segment of the language switch: code, own name, direction, address of the same page."""

    code: str
    name: str
    direction: str
    url: str
    is_current: bool


def offers(path: str) -> list[Offer]:
    """The same page in each language, always in the same order. `path` begins with the present language, as /fr/projects/?q=x does."""
    _, _, rest = path.removeprefix("/").partition("/")
    here = of_page()
    return [Offer(code, name, direction(code), f"/{code}/{rest}", code == here) for code, name in settings.LANGUAGES]
