"""Searching and sorting staff lists as the one normaliser compares texts, on both databases, whatever column a text stands in.

What is looked for is normalised by `normaliser.normalise`; what is stored, by the database. SQLite calls the same function; PostgreSQL
has a table of signs made from it. Columns that are normalised already (`sort_*`, `search_*`) stay as they are when this is done again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import Contains, Exact
from django.utils.text import smart_split, unescape_string_literal

from partnership import languages, parity
from partnership.normaliser import normalise

SIGNS = (range(0x01, 0x250), range(0x300, 0x370), range(0x600, 0x700), range(0x2000, 0x2070), range(0x20A0, 0x2300))
"""Latin, combining marks, Arabic, punctuation and symbols: what the database itself must know of the normaliser."""
ON_SQLITE = "normalised"


class Normalised(models.Func):
    """A text as the one normaliser compares it; an empty one for none."""

    output_field = models.TextField()
    function = ON_SQLITE

    def __init__(self, *texts: Any, **extra: Any) -> None:
        plain = [Coalesce(Cast(text, models.TextField()), _written("")) for text in texts]
        spaced = chain.from_iterable((text, _written(" ")) for text in plain)
        super().__init__(Concat(*spaced), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Taken apart, each sign replaced or left out, and one space between words."""
        sql, params = compiler.compile(self.source_expressions[0])
        sql = f"normalize(lower({sql}), NFKD)"
        signs = _signs()
        for sign, instead in signs.longer.items():
            sql, params = f"replace({sql}, %s, %s)", [*params, sign, instead]
        sql = f"btrim(regexp_replace(translate({sql}, %s, %s), ' +', ' ', 'g'))"
        return sql, [*params, signs.replaced + signs.left_out, signs.by]


def _written(text: str) -> models.Value:
    return models.Value(text, models.TextField())


class InReadersLanguage(models.F):
    """The column of a translated field in the language of whoever reads."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        field: Any = self.name  # type: ignore[attr-defined]  # Django's own, which the stubs leave out
        return models.F(parity.column(field, languages.current())).resolve_expression(*args, **kwargs)


def matching(rows: models.QuerySet[Any], columns: Sequence[str], typed: str) -> models.QuerySet[Any]:
    """Rows that hold every word, or phrase in quotation marks, in one of the columns; a column named with = must equal the word.

    A list without columns to search in is left as it is.
    """
    if not columns:
        return rows
    words = list(_words(typed))
    if not words:
        return rows.none() if typed.strip() else rows
    whole = [Normalised(models.F(column[1:])) for column in columns if column.startswith("=")]
    text = Normalised(*(models.F(column) for column in columns if not column.startswith("=")))
    for word in words:
        condition = models.Q(Contains(text, word))
        for column in whole:
            condition |= models.Q(Exact(column, word))
        rows = rows.filter(condition)
    return rows


def _words(typed: str) -> Iterator[str]:
    for bit in smart_split(typed.replace("\x00", "")):
        quoted = len(bit) > 1 and bit[0] in "\"'" and bit[0] == bit[-1]
        if word := normalise(unescape_string_literal(bit) if quoted else bit):
            yield word


class _Signs:
    """What the normaliser does with each sign: replaced by one other, left out, or written as several."""

    def __init__(self) -> None:
        self.replaced = self.by = self.left_out = ""
        self.longer: dict[str, str] = {}
        for sign in map(chr, chain(*SIGNS)):
            if unicodedata.normalize("NFKD", sign) == sign:
                self._note(sign, normalise(f"a{sign}a")[1:-1])

    def _note(self, sign: str, becomes: str) -> None:
        if not becomes:
            self.left_out += sign
        elif len(becomes) > 1:
            self.longer[sign] = becomes
        elif becomes != sign:
            self.replaced, self.by = self.replaced + sign, self.by + becomes


@cache
def _signs() -> _Signs:
    return _Signs()


def lend_to_sqlite(connection: Any, **_kwargs: Any) -> None:
    """Let a database that runs in our own process call the normaliser."""
    lend = getattr(connection.connection, "create_function", None)
    if lend is not None:
        lend(ON_SQLITE, 1, lambda text: normalise(text or ""), deterministic=True)


connection_created.connect(lend_to_sqlite, dispatch_uid="partnership.searching")
