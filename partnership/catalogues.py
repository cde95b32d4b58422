"""The interface's catalogues, locale/<language>/LC_MESSAGES/django.po: what is missing, fuzzy or wrong in them.

It needs no Django, so that `bin/messages.py` reads them before anything is set up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|\{\w*\}|%[sd]")


def catalogue_path(language: str, root: Path = ROOT) -> Path:
    """Where a language's catalogue stands."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path) -> Catalog:
    """A catalogue as it stands, with the plural rule of its own header."""
    with path.open("rb") as file:
        return parse_catalogue(file, language=path.parts[-3])


def parse_catalogue(file: BinaryIO, *, language: str) -> Catalog:
    """Babel drops the header's plural rule on writing unless it knows the language, which makemessages leaves empty."""
    catalogue = read_po(file)
    catalogue.locale = language
    return catalogue


def faults_of(language: str, root: Path = ROOT) -> tuple[tuple[str, str], ...]:
    """Every message that is not whole: its English text, and what is wrong with it. All of it is wrong where there is no catalogue."""
    path = catalogue_path(language, root)
    return _faults_of(path, path.stat().st_mtime_ns) if path.exists() else (("", "no catalogue"),)


@lru_cache(maxsize=8)
def _faults_of(path: Path, _written: int) -> tuple[tuple[str, str], ...]:
    """Read once for each time the file was written."""
    entries = filter(is_entry, read_catalogue(path))
    return tuple((key(message), fault) for message in entries for fault in message_faults(message))


def is_entry(message: Message) -> bool:
    """Whether this is a message, and not the catalogue's header."""
    return bool(message.id)


def key(message: Message) -> str:
    """How a message is named in a fault: its context, if any, and its English text."""
    return (f"[{message.context}] " if message.context else "") + repr(texts(message.id)[0])


def texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """The forms of a message: one, or as many as the language has plurals."""
    return [value] if isinstance(value, str) else list(value or [""])


def message_faults(message: Message) -> Iterator[str]:
    """Missing (one of the plural forms, too), fuzzy, or with other placeholders than the English text.

    A plural form may leave the number out, as Arabic does for one and two, but adds no placeholder of its own.
    """
    translations = texts(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(text.strip() for text in translations):
        yield "not translated"
        return
    wanted = placeholders(*texts(message.id))
    for text in translations:
        found = placeholders(text)
        if found - wanted or (len(translations) == 1 and wanted - found):
            yield f"placeholders {sorted(found)} instead of {sorted(wanted)}"


def placeholders(*forms: str) -> set[str]:
    """The named and positional placeholders of some texts."""
    return set(PLACEHOLDER.findall(" ".join(forms).replace("%%", "")))
