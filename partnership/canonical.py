"""Canonical text: the exact bytes that are hashed, stored and shown (design, section 3).

Never a JSON column, which would turn 1.10 into 1.1.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import unicodedata
from decimal import Decimal
from typing import Any


def text(data: Any) -> str:
    """The data as canonical JSON: keys sorted, no spaces, NFC, decimals and dates as strings.

    Raises TypeError for anything else, floats too.
    """
    return json.dumps(_plain(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(canonical: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")
