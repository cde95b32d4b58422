"""What staff see of a record's texts side by side: the three languages of each, which follows which, what changed, the glossary's words.

One call reads a root with all its parts; how many texts there are changes nothing in the number of queries.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from partnership import drafting, following, formats, glossary, languages, locks, parity
from partnership.differences import Change, Run, difference, runs
from partnership.models import Decision, Publishable, Term, TextStanding, TextState
from partnership.models.texts import TO_TRANSLATE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# The sheet ------------------------------------------------------------------------------------------------------------


@dataclass
class Cell:
    """One language of a text: what staff read in it, what it stands for, what the public reads while that is another."""

    record: Any
    field: str
    language: str
    text: str
    standing: TextStanding
    state: TextState | None
    public: str | None = None
    """The earlier wording that the public still reads; None where it reads this one, or nothing."""
    decision: Decision | None = None
    """What holds it fast."""
    may_change: bool = True
    follows: str = ""
    avoided: list[tuple[str, str]] = made(default_factory=list)
    """Words to avoid that stand in it, each with what to say instead."""
    typed: str | None = None
    errors: list[StrOrPromise] = made(default_factory=list)
    question: StrOrPromise = ""

    @property
    def column(self) -> str:
        """The column that holds it."""
        return parity.column(self.field, self.language)

    @property
    def name(self) -> str:
        """Its name in the form."""
        return f"{self.record._meta.label_lower}:{self.record.pk}:{self.column}"

    @property
    def anchor(self) -> str:
        """Its address within the page."""
        return self.name.replace(":", "-").replace(".", "-")

    @property
    def language_name(self) -> str:
        """Of its language, in the reader's."""
        return capfirst(str(parity.LANGUAGE_NAMES[self.language]))

    @property
    def label(self) -> str:
        """The name of its field: “Title, Arabic”."""
        return parity.label(type(self.record), self.field, self.language)

    @property
    def written(self) -> str:
        """Who wrote it and on which day; empty where nobody noted it."""
        if self.state is None or self.state.at is None:
            return ""
        day = formats.day(timezone.localdate(self.state.at), languages.current())
        if self.state.by is None:
            return day
        return gettext("%(person)s, %(day)s") % {"person": f"\u2068{self.state.by}\u2069", "day": day}

    @property
    def read_by_the_public(self) -> str:
        """What the public reads of it."""
        return self.text if self.public is None else self.public

    @property
    def shown(self) -> str:
        """What stands in its field: what was typed and is not saved, else its text."""
        return self.text if self.typed is None else self.typed

    @property
    def direction(self) -> str:
        """Of its language."""
        return languages.direction(self.language)

    @property
    def is_source(self) -> bool:
        """Whether the text was written in this language."""
        return self.standing == TextStanding.SOURCE

    @property
    def is_gap(self) -> bool:
        """Whether it is to be translated."""
        return self.standing in TO_TRANSLATE

    @property
    def is_open(self) -> bool:
        """Whether the person may write in it."""
        return self.may_change and (self.decision is None or self.typed is not None)

    @property
    def limit(self) -> int | None:
        """How many characters fit; None where there is no limit."""
        limit: int | None = getattr(self.record._meta.get_field(self.column), "max_length", None)
        return limit

    @property
    def one_line(self) -> bool:
        """Whether it has no line breaks."""
        return isinstance(self.record._meta.get_field(self.column), models.CharField)

    @property
    def rows(self) -> int:
        """How many lines its field has, where the browser does not find that by itself."""
        lines = sum(1 + len(line) // 30 for line in self.shown.split("\n"))
        return max(2, min(lines, 16))

    @property
    def since(self) -> datetime.datetime | None:
        """Since when it is missing or stale."""
        return self.state.since if self.state else None

    def digest(self) -> str:
        """A short sign of what it says, by which a form knows later whether somebody changed it."""
        return sign_of(self.text)


@dataclass
class Text:
    """A translated field of a record with its languages, always ar, fr, nl."""

    record: Any
    field: str
    cells: list[Cell]
    terms: list[Term] = made(default_factory=list)
    runs: list[Run] = made(default_factory=list)

    @property
    def label(self) -> str:
        """The field's name."""
        return capfirst(str(self.record._meta.get_field(self.field).verbose_name))

    @property
    def limit(self) -> int | None:
        """How many characters fit in each language."""
        return self.cells[0].limit

    @cached_property
    def source(self) -> Cell | None:
        """The language it was written in."""
        return next((cell for cell in self.cells if cell.is_source), None)

    @property
    def has_gap(self) -> bool:
        """Whether a language is to be translated."""
        return any(cell.is_gap for cell in self.cells)

    @property
    def is_waiting(self) -> bool:
        """Whether the public still reads an earlier wording."""
        return any(cell.public is not None for cell in self.cells)

    @property
    def is_troubled(self) -> bool:
        """Whether something that was typed into it is refused or asked about."""
        return any(cell.errors or cell.question for cell in self.cells)

    @property
    def differences(self) -> list[tuple[str, list[Change]]]:
        """What changed in the source since each stale language was written; languages of the same moment share one."""
        source = self.source
        if source is None:
            return []
        stale = {cell.follows: cell.language for cell in self.cells if cell.standing == TextStanding.STALE}
        return [(code, difference(before, source.text)) for before, code in stale.items() if before]


@dataclass
class Part:
    """A record with its texts."""

    record: Any
    texts: list[Text]

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        return capfirst(str(self.record._meta.verbose_name))

    @property
    def anchor(self) -> str:
        """Its address within the page."""
        return part_anchor(self.record)


@dataclass
class Sheet:
    """A root with every text that is published with it."""

    root: Any
    parts: list[Part]
    empty: int
    """How many texts stand in no language."""

    @property
    def texts(self) -> Iterator[Text]:
        """Every text, in the order of the page."""
        return (text for part in self.parts for text in part.texts)

    @property
    def cells(self) -> Iterator[Cell]:
        """Every language of every text."""
        return (cell for text in self.texts for cell in text.cells)

    @cached_property
    def by_name(self) -> dict[str, Cell]:
        """The cells by their name in the form."""
        return {cell.name: cell for cell in self.cells}

    @property
    def gaps(self) -> list[Cell]:
        """What is to be translated, in the order of the page."""
        return [cell for cell in self.cells if cell.is_gap]

    def text_of(self, cell: Cell) -> Text:
        """The text a cell is a language of."""
        return next(text for text in self.texts if cell in text.cells)

    @property
    def is_published(self) -> bool:
        """Whether the public reads the root as a whole."""
        return isinstance(self.root, Publishable) and self.root.is_published

    def progress(self, code: str) -> tuple[int, int]:
        """How many texts stand in a language and follow the source, and how many there are."""
        cells = [cell for cell in self.cells if cell.language == code]
        return sum(not cell.is_gap for cell in cells), len(cells)

    @property
    def records(self) -> list[Any]:
        """The root and its parts."""
        return [part.record for part in self.parts]


def sign_of(text: str) -> str:
    """A short sign of a text, the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def part_anchor(record: models.Model) -> str:
    """Where a record's texts begin on the page."""
    return f"of-{record._meta.model_name}-{record.pk}"


# Reading it -----------------------------------------------------------------------------------------------------------


def read(root: models.Model, may_change: Mapping[str, bool] | None = None) -> Sheet:
    """The texts of a root and its parts, by record. `may_change` says for a model's label whether the person may write there."""
    records = following.records_under(root)
    states = {_key(state): state for state in TextState.objects.under(root).select_related("by")}
    drafting.lay_over(records)
    held = {
        (id(record), name): lock.decision
        for record, on_it in zip(records, locks.on_each(records), strict=True)
        for lock in on_it
        for name in lock.fields
    }
    parts, empty = [], 0
    for record in records:
        open_here = (may_change or {}).get(record._meta.label_lower, True)
        texts = []
        for name in parity.translated_fields(type(record)):
            cells = [
                _cell(record, name, code, states, held.get((id(record), name)), open_here)
                for code in settings.REQUIRED_LANGUAGES
            ]
            required = name in getattr(record, "REQUIRED_TEXTS", ())
            if not required and not any(parity.has_text(cell.text) for cell in cells):
                empty += 1
                continue
            texts.append(Text(record, name, _with_a_source(cells)))
        if texts:
            parts.append(Part(record, texts))
    return Sheet(root, parts, empty)


def with_glossary(sheet: Sheet) -> Sheet:
    """The sheet with the glossary's terms in its sources and words to avoid in every language. Two queries."""
    agreed, avoid = glossary.agreed_terms(), glossary.terms_to_avoid()
    for text in sheet.texts:
        for cell in text.cells:
            bad = glossary.found_in(cell.shown, cell.language, avoid)
            cell.avoided = [(cell.shown[one.start : one.end], one.term.note) for one in bad]
        source = text.source
        if source is None:
            continue
        found = glossary.found_in(source.text, source.language, agreed)
        bad = glossary.found_in(source.text, source.language, avoid)
        text.terms = _once(one.term for one in found)
        since = [cell.follows for cell in text.cells if cell.standing == TextStanding.STALE and cell.follows]
        text.runs = runs(source.text, since[0] if since else None, found, bad)
    return sheet


def _once(terms: Iterable[Term]) -> list[Term]:
    return list({term.pk: term for term in terms}.values())


def _key(state: TextState) -> tuple[int, str, str]:
    return state.content_type_id, state.object_id, state.column


def _cell(
    record: Any,
    name: str,
    code: str,
    states: Mapping[tuple[int, str, str], TextState],
    decision: Decision | None,
    may_change: bool,
) -> Cell:
    column = parity.column(name, code)
    state = states.get((ContentType.objects.get_for_model(record).pk, str(record.pk), column))
    text, columns_say = drafting.text_of(record, column), getattr(record, column) or ""
    filled = TextStanding.CURRENT if parity.has_text(text) else TextStanding.MISSING
    return Cell(
        record,
        name,
        code,
        text,
        TextStanding(state.standing) if state else filled,
        state,
        public=columns_say if text != columns_say and drafting.is_public(record) else None,
        decision=decision,
        may_change=may_change,
        follows=state.follows if state else "",
    )


def _with_a_source(cells: list[Cell]) -> list[Cell]:
    """A text of which nobody noted its source takes the first language that says something."""
    if not any(cell.is_source for cell in cells):
        first = next((cell for cell in cells if cell.standing == TextStanding.CURRENT), None)
        if first is not None:
            first.standing = TextStanding.SOURCE
    return cells


def reading_order() -> list[str]:
    """The languages in which something is named: the reader's own first."""
    return list(dict.fromkeys((languages.current(), *settings.REQUIRED_LANGUAGES)))
