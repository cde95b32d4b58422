"""Plain checks of a protocol file's values. Each names the place that is wrong, as clauses[12].text.nl, and what it expects there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from partnership import parity

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Texts = dict[str, str]
NOTHING = object()  # stands for a key the file does not have; null is a value
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]*")
LONGEST_SHOWN = 80  # characters of a wrong value that its error repeats


class ProtocolFileError(ValidationError):
    """A protocol file that cannot be loaded. `path` is the place in the file, or the line of a fault in its JSON."""

    def __init__(self, message: StrOrPromise, *, path: str, params: dict[str, object] | None = None) -> None:
        super().__init__(message, code="protocol_file", params={"path": path, **(params or {})})
        self.path = path


def wrong(path: str, value: object, expected: StrOrPromise) -> ProtocolFileError:
    """The error for a value that is not what the file must have at this place."""
    found = _("nothing") if value is NOTHING else _shown(value)
    return ProtocolFileError(
        _("%(path)s – expected: %(expected)s; found: %(found)s."),
        path=path,
        params={"expected": expected, "found": found},
    )


def _shown(value: object) -> str:
    whole = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
    return whole if len(whole) <= LONGEST_SHOWN else f"{whole[:LONGEST_SHOWN]}…"


def parse(text: str) -> Any:
    """The JSON of a text. A key that stands twice in one object is refused, since JSON would keep the last in silence."""
    try:
        return json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise ProtocolFileError(
            _("Line %(line)s, column %(column)s: this is not JSON (%(reason)s)."),
            path=f"line {error.lineno}",
            params={"line": error.lineno, "column": error.colno, "reason": error.msg},
        ) from error
    except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits
        raise ProtocolFileError(
            _("This file is no protocol: it is nested too deeply or holds an endless number."), path="file"
        ) from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    for key, _value in pairs if len(found) < len(pairs) else ():
        if [name for name, _again in pairs].count(key) > 1:
            raise ProtocolFileError(_("The key “%(path)s” stands twice in one object."), path=key)
    return found


def record(value: object, path: str, *keys: str, optional: Iterable[str] = ()) -> dict[str, Any]:
    """An object with these keys and no other; a missing one stands as NOTHING, for the check of its value to name."""
    if not isinstance(value, dict):
        raise wrong(path, value, _("an object in braces"))
    for key in value:
        if key not in {*keys, *optional}:
            known = ", ".join([*keys, *optional])
            raise wrong(below(path, key), value[key], _("no such key here; known are %(keys)s") % {"keys": known})
    return {**dict.fromkeys(keys, NOTHING), **value}


def below(path: str, key: str) -> str:
    """The path of a key of an object; the whole file is the path “file”, and an empty key is shown as two quotes."""
    shown = key or '""'
    return shown if path == "file" else f"{path}.{shown}"


def rows(value: object, path: str) -> Iterator[tuple[str, Any]]:
    """Each item of a list that is not empty, with its path."""
    if not isinstance(value, list) or not value:
        raise wrong(path, value, _("a list in square brackets with at least one item"))
    for index, item in enumerate(value):
        yield f"{path}[{index}]", item


def words(value: object, path: str, longest: int | None = None) -> str:
    """A text that says something, at most `longest` characters."""
    if not isinstance(value, str) or not parity.has_text(value):
        raise wrong(path, value, _("a text that is not empty"))
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise wrong(path, value, _("a text of characters that can be stored"))
    if longest is not None and len(value) > longest:
        raise wrong(path, value, _("a text of at most %(longest)s characters") % {"longest": longest})
    return value


def texts(value: object, path: str, longest: int | None = None) -> Texts:
    """A text in each required language, by language code [I10]."""
    found = record(value, path, *settings.REQUIRED_LANGUAGES)
    return {code: words(found[code], below(path, code), longest) for code in settings.REQUIRED_LANGUAGES}


def one_of(value: object, path: str, choices: Iterable[str]) -> str:
    """One of the values named."""
    known = sorted(choices)
    if not isinstance(value, str) or value not in known:
        raise wrong(path, value, _("one of %(choices)s") % {"choices": ", ".join(known)})
    return value


def number(value: object, path: str, lowest: int, highest: int) -> int:
    """A whole number within bounds, both included. True and 1.0 are none."""
    if type(value) is not int or not lowest <= value <= highest:
        raise wrong(
            path, value, _("a whole number from %(lowest)s to %(highest)s") % {"lowest": lowest, "highest": highest}
        )
    return value


def code(value: object, path: str, longest: int | None) -> str:
    """A code in capital letters without accents, digits and hyphens."""
    found = words(value, path, longest)
    if not CODE.fullmatch(found):
        raise wrong(path, value, _("capital letters without accents, digits and hyphens"))
    return found


def once(values: Iterable[str | int], paths: Iterable[str]) -> None:
    """That no value comes twice; the error names the second place."""
    seen: set[str | int] = set()
    for value, path in zip(values, paths, strict=True):
        if value in seen:
            raise wrong(path, value, _("a value that no other entry has"))
        seen.add(value)
