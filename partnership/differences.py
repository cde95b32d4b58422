"""How a text changed, in runs of words, and where the glossary's terms stand in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from partnership import editing, glossary
from partnership.models import Term


@dataclass(frozen=True)
class Run:
    """A run of a source's text: whether a translation has not followed it yet, and the glossary's term it is."""

    text: str
    new: bool = False
    term: Term | None = None
    avoid: Term | None = None


@dataclass(frozen=True)
class Change:
    """A run of words of a difference: kept, added or taken away."""

    text: str
    kind: str = ""
    """Empty, "ins" or "del"."""


def difference(before: str, after: str) -> list[Change]:
    """What a text said before and what it says now, in one run of words: what is neither added nor taken away says both."""
    old, new = _words(before), _words(after)
    if max(len(old), len(new)) > editing.LONGEST_COMPARED:
        return [Change(before, "del"), Change(after, "ins")]
    found: list[Change] = []
    for operation, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            found.append(Change("".join(new[first:last])))
            continue
        found += [Change("".join(old[start:end]), "del")] if end > start else []
        found += [Change("".join(new[first:last]), "ins")] if last > first else []
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def runs(text: str, since: str | None, found: Iterable[glossary.Found], avoided: Iterable[glossary.Found]) -> list[Run]:
    """A text cut where what is new begins and ends, and where a term does."""
    new = _spans_of_new(text, since)
    terms, bad = list(found), list(avoided)
    places = [*new, *((one.start, one.end) for one in (*terms, *bad))]
    edges = sorted({0, len(text), *(edge for place in places for edge in place)})
    return [
        Run(text[start:end], any(a <= start < b for a, b in new), _at(start, terms), _at(start, bad))
        for start, end in pairwise(edges)
    ]


def _at(place: int, found: Iterable[glossary.Found]) -> Term | None:
    return next((one.term for one in found if one.start <= place < one.end), None)


def _spans_of_new(text: str, since: str | None) -> list[tuple[int, int]]:
    spans, at = [], 0
    for piece in editing.pieces(since, text) if since is not None else ():
        if piece.new:
            spans.append((at, at + len(piece.text)))
        at += len(piece.text)
    return spans
