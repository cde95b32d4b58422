"""Secrets: what is planted in which column, and how an output is searched for it [I11].

A text carries letters of its own, a number eight digits that begin with 739, a day lies in a century of which nothing else tells.
Columns are found by introspection, so that a new one is covered by itself; one that can carry nothing says why.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction

from partnership import formats, parity, triggers
from partnership.models import PublishingState
from partnership.models.hiding import HiddenFields
from partnership.normaliser import NormalisedField
from partnership.rights import OUR_APPS
from transparency.demonstration.remove import BELONGING

Column = Any
"""A field of a model; Any, since modeltranslation adds its own to each at run time."""
LONGEST, SHORTEST = 12, 7
"""Letters of a secret word; a shorter one could not be told from chance."""
DIGITS = 8
"""Of a secret number, for the same reason."""
FIRST_DAY, LAST_DAY = datetime.date(1700, 1, 1), datetime.date(1899, 12, 31)
MUCH_LATER = datetime.date(2700, 1, 1) - FIRST_DAY
"""Where a rule wants a day after another one, the secret one comes from the centuries after ours."""

TEXTS = (models.CharField, models.TextField, models.FileField, models.BinaryField)
KEYS = {"object_id", "root_id"}
CANNOT: dict[str, Callable[[Column], bool]] = {
    "the row’s own number": lambda one: bool(one.primary_key),
    "points at another row": lambda one: one.is_relation or one.name in KEYS,
    "yes or no": lambda one: isinstance(one, models.BooleanField),
    "one of a few words that the software knows": lambda one: bool(one.choices),
    "made from other columns, or their names": lambda one: isinstance(one, NormalisedField | HiddenFields),
    "too small a number": lambda one: isinstance(one, models.SmallIntegerField) or _has_few_digits(one),
    "too short a text": lambda one: isinstance(one, TEXTS) and (one.max_length or LONGEST) < SHORTEST,
}
"""Why a column can carry no secret, and which ones that is."""
PUBLIC_BY_AN_ACT = {
    "partnership.membership.function": "an official's function stands in what they sign, and in the register",
    "partnership.registerhead.hash": "the hash of the register's last entry, which is public",
    "partnership.document.file": "what a published document is; its stored name is random",
    "transparency.snapshot.text": "what a released report shows, made from public data only",
    "transparency.snapshot.digest": "printed in every report",
    "transparency.snapshot.taken_at": "says on a report's page how old its data are",
    "projects.project.published_at": "says on its page since when the public reads it",
    "transparency.report.made_at": "says on the page of all reports when each was made",
    "transparency.reportdocument.content": "the report itself",
    "transparency.reportdocument.digest": "printed beside it",
}
"""Not in PUBLIC_FIELDS, and public all the same: through an act, or as what a public record is made of."""
NEEDED = {
    "partnership.party.time_zone": "a name of the time zone database, by which deadlines end",
    "partnership.protocol.hostname": "by which the site is found",
    "partnership.protocol.joint_colour": "a colour, which every page wears",
    "partnership.decision.kind": "a code",
    "projects.project.code": "stands in its own address, also once it is withdrawn",
    "projects.consultation.code": "stands in its own address, also once it is withdrawn",
    "projects.involvement.declined_on": "a responsibility with such a day is read by nobody, so nothing would be looked for in it",
    "partnership.decision.binding": "compared with the subject at every save",
    "partnership.registerhead.sequence": "the number of the register's last entry, up to which it is read",
    "partnership.textstate.language": "a language's code",
    "partnership.textdraft.language": "a language's code",
    "transparency.snapshot.period": "a period's code",
    "transparency.report.period": "a period's code",
    "transparency.reportseries.first_period": "a period's code",
    **{
        f"{label}.withdrawn_at": "is said in place of what was withdrawn"
        for label in ("partnership.document", "projects.actionplan", "projects.consultation", "projects.project")
    },
}
"""Holds a value that the software needs as it is."""


def _has_few_digits(column: Column) -> bool:
    return isinstance(column, models.DecimalField) and (column.max_digits or 0) - (column.decimal_places or 0) < DIGITS


def why_not(column: Column) -> str:
    """Why a column can carry no secret; empty for one that can, and for one of a sort that nobody has thought of."""
    return next((why for why, holds in CANNOT.items() if holds(column)), "")


def our_models() -> list[type[models.Model]]:
    """Every model of the platform's own apps."""
    return [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]


def base_of(column: Column) -> str:
    """The name of a field; of a text in one language that of the text."""
    return str(getattr(column, "translated_field", column).name)


def name_of(model: type[models.Model], column: Column) -> str:
    """How the tables above call a field."""
    return f"{model._meta.label_lower}.{base_of(column)}"


@cache
def columns(model: type[models.Model], *, whole: bool) -> tuple[Column, ...]:
    """Columns that the public must not read: those outside PUBLIC_FIELDS, or all of a row that is secret as a whole."""
    public = set(getattr(model, "PUBLIC_FIELDS", ()))
    twice = set(parity.translated_fields(model))
    return tuple(
        one
        for one in model._meta.concrete_fields
        if one.name not in twice
        and not why_not(one)
        and name_of(model, one) not in NEEDED
        and (whole or not ({base_of(one), f"public_{base_of(one)}"} & public))
        and (whole or name_of(model, one) not in PUBLIC_BY_AN_ACT)
    )


# A secret, and how it looks -------------------------------------------------------------------------------------------


def _drawn(place: str, most: int) -> int:
    return int(hashlib.sha256(place.encode()).hexdigest(), 16) % most


def word(place: str, most: int = LONGEST) -> str:
    """The secret word of a place, of so many letters at most."""
    return "zq" + hashlib.sha256(place.encode()).hexdigest()[: min(most, LONGEST) - 2]


def number(place: str) -> int:
    """The secret number of a place."""
    return 73_900_000 + _drawn(place, 100_000)


def day(place: str) -> datetime.date:
    """The secret day of a place."""
    return FIRST_DAY + datetime.timedelta(days=_drawn(place, (LAST_DAY - FIRST_DAY).days))


IN_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WORD = re.compile(rf"zq[0-9a-f]{{{SHORTEST - 2},{LONGEST - 2}}}")
BETWEEN = r"[\s.,'’٬]?"
NUMBER = re.compile(rf"(?<![0-9A-Za-z.,])([7٧][3٣]){BETWEEN}([9٩]\d\d){BETWEEN}(\d\d\d)(?![0-9A-Za-z-])")
"""As numbers are written here or elsewhere: grouped by spaces, dots or an Arabic sign, in Western or Arabic digits."""
YEAR = re.compile(r"(?<![0-9A-Za-z])([12١٢][78٧٨]\d\d)(?!\d)")


def is_written(on: datetime.date, output: str) -> bool:
    """Whether an output names a day, in figures or as a language writes it."""
    figures = (f"{on:%d}{mark}{on:%m}{mark}{on:%Y}" for mark in "/-.")
    return _holds(output, on.isoformat(), f"{on:%Y%m%d}", *figures, *(formats.day(on, one) for one in formats.LOCALES))


def is_hinted_at(on: datetime.date, output: str) -> bool:
    """Whether an output names the month of a day."""
    return _holds(output, *(formats.month(on, language) for language in formats.LOCALES))


def _holds(output: str, *forms: str) -> bool:
    return any(one in output or one.translate(IN_ARABIC) in output for one in forms)


@dataclass
class Secrets:
    """What was planted: for each secret, as it is looked up, the places where it stands."""

    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    years: dict[int, set[datetime.date]] = field(default_factory=lambda: defaultdict(set))

    def keep(self, secret: str | int | datetime.date, place: str) -> None:
        """Remember where a secret was planted."""
        self.places[str(secret)].add(place)
        if isinstance(secret, datetime.date):
            self.years[secret.year].add(secret)

    def words_in(self, model: str, column: str) -> list[str]:
        """The secret words that lie in a column, whichever the row."""
        ours = re.compile(rf"{re.escape(model)}/[^/]+/{re.escape(column)}")
        return [secret for secret, places in self.places.items() if any(map(ours.fullmatch, places))]

    def found_in(self, output: str) -> set[str]:
        """The places of the secrets that stand in an output."""
        return {place for secret in self._seen(output) for place in self.places.get(secret, {f"in a sum: {secret}"})}

    def _seen(self, output: str) -> Iterator[str]:
        for found in set(WORD.findall(output)):
            yield from (found[:most] for most in range(SHORTEST, len(found) + 1) if found[:most] in self.places)
        yield from {str(int("".join(parts))) for parts in NUMBER.findall(output)}
        for year in {int(written) for written in YEAR.findall(output)} & set(self.years):
            days = self.years[year]
            named = [on for on in days if is_written(on, output)]
            yield from map(str, named or [on for on in days if is_hinted_at(on, output)])


# Planting -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seed:
    """One secret for one column: as it is looked up, and as the column takes it."""

    secret: str | int | datetime.date
    value: Any


def seed_for(column: Column, place: str, *, later: bool = False) -> Seed | None:
    """A secret that a column takes; None for a sort of column that nobody has thought of."""
    if isinstance(column, TEXTS):
        secret = word(place, column.max_length or LONGEST)
        return Seed(secret, _dressed(column, secret))
    if isinstance(column, models.DateField):
        on = day(place) + (MUCH_LATER if later else datetime.timedelta())
        noon = datetime.datetime.combine(on, datetime.time(12), datetime.UTC)
        return Seed(on, noon if isinstance(column, models.DateTimeField) else on)
    if isinstance(column, models.IntegerField | models.DecimalField):
        return Seed(number(place), number(place))
    return None


def _dressed(column: Column, secret: str) -> Any:
    """A word as an address, a link or bytes, where the column holds those."""
    if isinstance(column, models.EmailField):
        return f"{secret}@secret.example"
    if isinstance(column, models.URLField):
        return f"https://{secret}.example/"
    return secret.encode() if isinstance(column, models.BinaryField) else secret


@dataclass
class World:
    """Two protocols with a row of everything. `planted` are the fields in which a secret lies in at least one row."""

    here: Any
    there: Any
    media: Any
    secrets: Secrets = field(default_factory=Secrets)
    done: set[str] = field(default_factory=set)
    planted: set[str] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)

    def plant_everywhere(self) -> None:
        """In every row there is; another protocol's rows, drafts and what was withdrawn are secret as a whole."""
        with triggers.lifted():
            for row, whole in self._rows():
                self._plant(row, whole=whole)

    def _rows(self) -> Iterator[tuple[models.Model, bool]]:
        for model, way in BELONGING:
            for row in model._base_manager.filter(**{way: self.there.pk}):
                yield row, True
        for model in our_models():
            for row in model._base_manager.all():
                yield row, _is_secret(row)

    def _plant(self, row: models.Model, *, whole: bool) -> None:
        """A secret in every column of a row that the public must not read. What a rule of the database refuses stays."""
        seeds: dict[Column, Seed] = {}
        waits = {parity.column(gap.field, gap.language) for gap in _gaps(row)}
        for column in columns(type(row), whole=whole):
            if column.name in waits:  # with a text in it the public would read the row
                continue
            place = f"{row._meta.label_lower}/{row.pk}/{column.name}"
            seed = None if place in self.done else seed_for(column, place)
            self.done.add(place)
            if seed is not None:
                seeds[column] = seed
        if not self._sow(row, seeds):
            for column, seed in seeds.items():
                if not self._sow(row, {column: seed}):
                    self._sow(row, {column: _later(row, column)})

    def _sow(self, row: models.Model, seeds: dict[Column, Seed]) -> bool:
        """Whether the database took them all."""
        try:
            with transaction.atomic():
                type(row)._base_manager.filter(pk=row.pk).update(**{one.name: it.value for one, it in seeds.items()})
        except IntegrityError:
            return False
        for column, seed in seeds.items():
            self.secrets.keep(seed.secret, f"{row._meta.label_lower}/{row.pk}/{column.name}")
            self.planted.add(name_of(type(row), column))
        return True


def _later(row: models.Model, column: Column) -> Seed:
    seed = seed_for(column, f"{row._meta.label_lower}/{row.pk}/{column.name}", later=True)
    assert seed is not None
    return seed


def _is_secret(row: Any) -> bool:
    """Whether the public reads nothing of a row: it or a record it hangs under is kept back."""
    return any(map(_is_kept_back, _holders(row)))


def _holders(row: Any) -> Iterator[Any]:
    """A row, what it hangs under up to the root, and the initiative that it is about."""
    root = row
    yield row
    while getattr(root, "ROOT", ""):
        root = getattr(root, root.ROOT.split("__")[0])
        yield root
    if not hasattr(root, "publishing_state"):
        yield getattr(root, "project", None)
    yield getattr(row, "initiative", None)


def _is_kept_back(record: Any) -> bool:
    """Whether a record is a draft, was withdrawn or declined, or lacks a language of a text that it needs."""
    if record is None:
        return False
    is_draft = getattr(record, "publishing_state", PublishingState.PUBLISHED) != PublishingState.PUBLISHED
    return is_draft or getattr(record, "declined_on", None) is not None or bool(_gaps(record))


def _gaps(record: Any) -> list[parity.Gap]:
    return parity.missing(record, getattr(record, "REQUIRED_TEXTS", ()))


def put_words(secrets: Secrets, record: Any, *names: str) -> None:
    """Secret words in place of texts, in every language, written as people's texts are."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    for column in (parity.column(name, code) for name in names for code in settings.REQUIRED_LANGUAGES):
        place = f"{record._meta.label_lower}/{record.pk}/{column}/text"
        setattr(fresh, column, word(place))
        secrets.keep(word(place), place)
    fresh.save()
