"""Two people on one record: locking its root, going back to what one of them opened, comparing, putting together [I14].

Nothing here knows a form: values are plain, data are what a browser sends.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from partnership.history import Root
from partnership.models import Change, ChangeKind

LONGEST_COMPARED = 4000
"""Pieces of a text that are compared word by word; beyond, the comparison would take longer than a person waits."""


class Unknown(enum.Enum):
    """What the history does not tell: the value of something personal."""

    UNKNOWN = enum.auto()


UNKNOWN = Unknown.UNKNOWN


def lock(root: Root) -> int:
    """Lock a root until the transaction ends, before anything under it is written; returns its version."""
    version: int = (
        root.model._base_manager.select_for_update(of=("self",), no_key=True)
        .values_list("version", flat=True)
        .get(pk=root.key)
    )
    return version


def lock_all(roots: Iterable[Root]) -> dict[Root, int]:
    """Lock roots, each once and always in the same order, so that two people never wait for each other in a circle; their versions."""
    return {
        root: lock(root) for root in sorted(set(roots), key=lambda root: (root.model._meta.label_lower, str(root.key)))
    }


# Going back -----------------------------------------------------------------------------------------------------------


def as_it_was(present: Mapping[str, Any] | None, changes: Sequence[Change]) -> dict[str, Any] | None:
    """A record's plain values before these changes, which came to it in this order; None where it did not exist.

    `present` is None for a record that is gone. A relation to many is a set of keys.
    """
    state = None if present is None else dict(present)
    for change in reversed(changes):
        if change.kind == ChangeKind.CREATED:
            state = None
            continue
        state = {} if state is None else state
        for name, pair in change.data.items():
            state[name] = _before(state.get(name), pair)
    return state


def _before(value: Any, pair: Any) -> Any:
    if pair is None:
        return UNKNOWN
    went, came = pair
    if isinstance(came, list):
        return (set(value or ()) - set(came)) | set(went)
    return went


def by_record(changes: Iterable[Change]) -> dict[tuple[int, str], list[Change]]:
    """The changes of each record, by content type and key, in order."""
    found: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.content_type_id, change.object_id), []).append(change)
    return found


# Comparing ------------------------------------------------------------------------------------------------------------


class Side(enum.Enum):
    """Who changed something since it was opened."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


class Keep(enum.StrEnum):
    """What is kept of two versions."""

    MINE = "mine"
    THEIRS = "theirs"
    REWRITE = "rewrite"


def side(*, mine: bool, theirs: bool) -> Side:
    """Who changed it; at least one did."""
    if mine and theirs:
        return Side.BOTH
    return Side.MINE if mine else Side.THEIRS


def clash(sides: Iterable[Side]) -> bool:
    """Whether a person must choose: something differs by either's hand. Where only one changed anything, that is the answer."""
    found = set(sides)
    return Side.BOTH in found or {Side.MINE, Side.THEIRS} <= found


@dataclass(frozen=True)
class Piece:
    """A run of words; `new` where they did not stand in the text it is compared with."""

    text: str
    new: bool


def pieces(opened: str, text: str) -> list[Piece]:
    """The text in runs that stood in the opened one and runs that did not; joined they give the text."""
    before, after = _words(opened), _words(text)
    if max(len(before), len(after)) > LONGEST_COMPARED:
        return [Piece(text, opened != text)] if text else []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found = [
        Piece("".join(after[start:end]), operation != "equal")
        for operation, _, _, start, end in matcher.get_opcodes()
        if start < end
    ]
    return _joined(found)


def _joined(found: Sequence[Piece]) -> list[Piece]:
    """Without the spaces that stood between words which are all new."""
    joined: list[Piece] = []
    for place, piece in enumerate(found):
        between = 0 < place < len(found) - 1 and not piece.text.strip()
        new = piece.new or (between and found[place - 1].new and found[place + 1].new)
        if joined and joined[-1].new == new:
            joined[-1] = Piece(joined[-1].text + piece.text, new)
        else:
            joined.append(Piece(piece.text, new))
    return joined


def together(opened: str, mine: str, theirs: str) -> str | None:
    """The opened text with both changes in it; None where they touch the same words."""
    words = _words(opened)
    edits = sorted({*_edits(words, mine), *_edits(words, theirs)})
    if any(following.start <= edit.end for edit, following in pairwise(edits)):
        return None
    for edit in reversed(edits):
        words[edit.start : edit.end] = edit.words
    return "".join(words)


@dataclass(frozen=True, order=True)
class _Edit:
    start: int
    end: int
    words: tuple[str, ...]


def _edits(words: Sequence[str], text: str) -> list[_Edit]:
    after = _words(text)
    if max(len(words), len(after)) > LONGEST_COMPARED:
        return [_Edit(0, len(words), tuple(after))]
    matcher = difflib.SequenceMatcher(None, words, after, autojunk=False)
    return [
        _Edit(first, last, tuple(after[start:end]))
        for operation, first, last, start, end in matcher.get_opcodes()
        if operation != "equal"
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)


# Putting together -----------------------------------------------------------------------------------------------------

Data = dict[str, list[str]]
"""What a browser sends: each name with its values."""


@dataclass(frozen=True)
class Row:
    """A row of a formset as it was sent: its place, its key (empty for a new one), whether it is to be deleted."""

    place: int
    key: str
    deleted: bool = False


@dataclass
class Rows:
    """The rows of one formset within the data of a form."""

    prefix: str
    key_name: str
    data: Data
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = [self._row(place) for place in range(self.total)]

    def _row(self, place: int) -> Row:
        return Row(place, self.value(place, self.key_name), bool(self.value(place, "DELETE")))

    @property
    def total(self) -> int:
        """How many rows were sent; none where nobody said."""
        said = (self.data.get(f"{self.prefix}-TOTAL_FORMS") or ["0"])[-1]
        return min(int(said), 2000) if said.isdecimal() else 0

    def at(self, row: Row) -> str:
        """What a row's names begin with."""
        return f"{self.prefix}-{row.place}"

    def name(self, place: int, name: str) -> str:
        """The name of a row's field in the data."""
        return f"{self.prefix}-{place}-{name}"

    def value(self, place: int, name: str) -> str:
        """The last value sent for a row's field; empty for none."""
        return (self.data.get(self.name(place, name)) or [""])[-1]

    def without(self, places: Iterable[int], as_new: Iterable[int] = ()) -> Data:
        """The data without some rows, some others as new ones, numbered again: those with a key first, as Django wants them."""
        dropped, new = set(places), set(as_new)
        kept = [row for row in self.rows if row.place not in dropped]
        first = [row for row in kept if row.key and row.place not in new]
        after = [row for row in kept if row not in first]
        data = {name: values for name, values in self.data.items() if not self._is_of_a_row(name)}
        for place, row in enumerate([*first, *after]):
            for name, values in self._fields(row.place).items():
                data[self.name(place, name)] = [""] if name == self.key_name and row.place in new else values
        data[f"{self.prefix}-TOTAL_FORMS"] = [str(len(kept))]
        data[f"{self.prefix}-INITIAL_FORMS"] = [str(len(first))]
        return data

    def _is_of_a_row(self, name: str) -> bool:
        return bool(re.match(rf"{re.escape(self.prefix)}-\d+-", name))

    def _fields(self, place: int) -> Data:
        start = f"{self.prefix}-{place}-"
        return {name.removeprefix(start): values for name, values in self.data.items() if name.startswith(start)}
