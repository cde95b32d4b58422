"""A snapshot's data as one reader meets it: texts in their language, decimals and days as such again."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from partnership import parity

Data = dict[str, Any]
DAYS = frozenset(
    {"on", "until", "start", "end", "starts_on", "ends_on", "decided_on", "since"}
    | {f"{which}_{what}" for which in ("planned", "actual") for what in ("start", "end")}
)
DECIMALS = frozenset(
    {"EUR", "MAD", "value", "progress", "mean", "hours", "training_hours", "score_before", "score_after", "mad_per_eur"}
)


class Foreign(str):
    """A text that is missing in the reader's language, in the one it stands in; never shown as if it were the reader's."""

    language: str

    def __new__(cls, text: str, language: str) -> Foreign:
        """The text and its language (ar, fr, nl)."""
        made = super().__new__(cls, text)
        made.language = language
        return made


def localised(data: Any, language: str, key: str = "") -> Any:
    """The data with each text in one language, days as dates, decimals as Decimal. `key` is the name the value stands under."""
    if isinstance(data, dict):
        if data.keys() == set(settings.REQUIRED_LANGUAGES):
            return text(data, language)
        return {name: localised(value, language, name) for name, value in data.items()}
    if isinstance(data, list):
        return [localised(value, language, key) for value in data]
    return _value(key, data) if isinstance(data, str) else data


def text(texts: dict[str, str], language: str) -> str:
    """The text in the language, else in the first that has one, marked as such; empty where none has."""
    if parity.has_text(texts[language]):
        return texts[language]
    for other in settings.REQUIRED_LANGUAGES:
        if parity.has_text(texts[other]):
            return Foreign(texts[other], other)
    return ""


def _value(key: str, written: str) -> Any:
    if key in DAYS:
        return datetime.date.fromisoformat(written)
    if key in DECIMALS:
        return Decimal(written)
    if key == "taken_at":
        return datetime.datetime.fromisoformat(written)
    return written
