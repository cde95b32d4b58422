"""The one place that decides a language's direction and how the other languages are offered."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language, get_language_info


def current() -> str:
    """The active language code, always one of the three."""
    code = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return code if code in settings.REQUIRED_LANGUAGES else settings.LANGUAGE_CODE


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


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
    here = current()
    return [Offer(code, name, direction(code), f"/{code}/{rest}", code == here) for code, name in settings.LANGUAGES]
