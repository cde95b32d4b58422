"""A protocol as one structured file, read and checked as a whole before anything is written.

The act's own language stands exactly as it was written (`original`), a corrected text for display beside it; the other languages
are courtesy translations. What the act does not say, the file does not say either.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from partnership.models import (
    Chapter,
    Clause,
    ClauseKind,
    Currency,
    InternationalGoal,
    Level,
    Organisation,
    OrganisationKind,
    Principle,
    Protocol,
    Shape,
)
from partnership.protocol_checks import (
    ProtocolFileError,
    Texts,
    code,
    number,
    once,
    one_of,
    parse,
    record,
    rows,
    texts,
    words,
    wrong,
)

HIGHEST_SMALL_NUMBER = 32767
COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class OrganisationEntry:
    """An organisation as the file names it; `key` is how the rest of the file refers to it."""

    key: str
    kind: str
    level: str
    country: str
    name: Texts
    short_name: Texts
    place: Texts
    iati_ref: str = ""


@dataclass(frozen=True)
class PartyEntry:
    """One of the two communes; `languages` are codes separated by spaces."""

    position: int
    organisation: str
    shape: str
    languages: str
    currency: str
    time_zone: str


@dataclass(frozen=True)
class ClauseEntry:
    """One clause: its number, the number of the clause it belongs to, its exact original and its three texts."""

    number: str
    parent: str | None
    kind: str
    original: str
    text: Texts


@dataclass(frozen=True)
class ElementEntry:
    """A principle, objective, domain or foundation (then with its chapter) and the number of its clause."""

    code: str
    clause: str
    name: Texts
    chapter: str | None = None


@dataclass(frozen=True)
class GoalEntry:
    """An international goal the protocol refers to."""

    framework: str
    number: int
    title: Texts


@dataclass(frozen=True)
class ProtocolFile:
    """A whole file that passed every check."""

    code: str
    title: Texts
    source_language: str
    organisations: Sequence[OrganisationEntry]
    parties: Sequence[PartyEntry]
    programme_body: str
    clauses: Sequence[ClauseEntry]
    principles: Sequence[ElementEntry]
    objectives: Sequence[ElementEntry]
    domains: Sequence[ElementEntry]
    foundations: Sequence[ElementEntry]
    goals: Sequence[GoalEntry]


def read(source: Path | str) -> ProtocolFile:
    """A file (a Path) or its text (a str), checked as a whole. Raises ProtocolFileError for the first fault."""
    data = record(
        parse(_text(source)), "file",
        "code", "title", "source_language", "organisations", "parties", "programme_body", "clauses",
        "principles", "objectives", "domains", "foundations", "goals",
    )  # fmt: skip
    organisations = _organisations(data["organisations"])
    communes = [entry.key for entry in organisations if entry.kind == OrganisationKind.COMMUNE]
    bodies = [entry.key for entry in organisations if entry.kind == OrganisationKind.PROGRAMME_BODY]
    clauses = _clauses(data["clauses"])
    numbers = {clause.number for clause in clauses}
    elements = {
        name: _elements(data[name], name, numbers) for name in ("principles", "objectives", "domains", "foundations")
    }
    once(
        [entry.code for found in elements.values() for entry in found],
        [f"{name}[{index}].code" for name, found in elements.items() for index in range(len(found))],
    )
    return ProtocolFile(
        code=code(data["code"], "code", _longest(Protocol, "code")),
        title=texts(data["title"], "title", _longest(Protocol, "title")),
        source_language=one_of(data["source_language"], "source_language", settings.REQUIRED_LANGUAGES),
        organisations=organisations,
        parties=_parties(data["parties"], communes),
        programme_body=one_of(data["programme_body"], "programme_body", bodies),
        clauses=clauses,
        goals=_goals(data["goals"]),
        **elements,
    )


def _text(source: Path | str) -> str:
    if isinstance(source, str):
        return source
    try:
        return source.read_bytes().decode()
    except OSError as error:
        raise ProtocolFileError(
            _("%(path)s cannot be read (%(reason)s)."), path=str(source), params={"reason": error.strerror}
        ) from error
    except UnicodeDecodeError as error:
        raise ProtocolFileError(
            _("%(path)s is not UTF-8 text, from byte %(byte)s on."), path=str(source), params={"byte": error.start}
        ) from error


def _longest(model: type[models.Model], field: str) -> int | None:
    found = model._meta.get_field(field)
    return found.max_length if isinstance(found, models.Field) else None


def _organisations(value: object) -> list[OrganisationEntry]:
    found = [organisation_entry(item, path) for path, item in rows(value, "organisations")]
    once([entry.key for entry in found], [f"organisations[{index}].key" for index in range(len(found))])
    return found


def organisation_entry(value: object, path: str) -> OrganisationEntry:
    """One organisation of a file, checked."""
    item = record(value, path, "key", "kind", "level", "country", "name", "short_name", "place", optional=["iati_ref"])
    country = words(item["country"], f"{path}.country")
    if not COUNTRY.fullmatch(country):
        raise wrong(f"{path}.country", country, _("the two capital letters of a country, as MA or BE"))
    reference = item.get("iati_ref", "")
    return OrganisationEntry(
        key=words(item["key"], f"{path}.key"),
        kind=one_of(item["kind"], f"{path}.kind", OrganisationKind.values),
        level=one_of(item["level"], f"{path}.level", Level.values),
        country=country,
        name=texts(item["name"], f"{path}.name", _longest(Organisation, "name")),
        short_name=texts(item["short_name"], f"{path}.short_name", _longest(Organisation, "short_name")),
        place=texts(item["place"], f"{path}.place", _longest(Organisation, "place")),
        iati_ref=words(reference, f"{path}.iati_ref", _longest(Organisation, "iati_ref")) if reference != "" else "",
    )


def _parties(value: object, communes: Sequence[str]) -> list[PartyEntry]:
    found = [_party(item, path, communes) for path, item in rows(value, "parties")]
    if len(found) != 2:
        raise wrong("parties", [entry.organisation for entry in found], _("exactly two communes"))
    for field in ("position", "organisation", "shape"):
        once([getattr(entry, field) for entry in found], [f"parties[{index}].{field}" for index in (0, 1)])
    return found


def _party(value: object, path: str, communes: Sequence[str]) -> PartyEntry:
    item = record(value, path, "position", "organisation", "shape", "languages", "currency", "time_zone")
    languages = words(item["languages"], f"{path}.languages")
    if not set(languages.split(" ")) <= set(settings.REQUIRED_LANGUAGES):
        known = ", ".join(settings.REQUIRED_LANGUAGES)
        expected = _("language codes among %(known)s, separated by single spaces") % {"known": known}
        raise wrong(f"{path}.languages", languages, expected)
    return PartyEntry(
        position=number(item["position"], f"{path}.position", 1, 2),
        organisation=one_of(item["organisation"], f"{path}.organisation", communes),
        shape=one_of(item["shape"], f"{path}.shape", Shape.values),
        languages=languages,
        currency=one_of(item["currency"], f"{path}.currency", Currency.values),
        time_zone=_time_zone(item["time_zone"], f"{path}.time_zone"),
    )


def _time_zone(value: object, path: str) -> str:
    if not isinstance(value, str) or value not in zoneinfo.available_timezones():
        raise wrong(path, value, _("a time zone such as Africa/Casablanca or Europe/Brussels"))
    return value


def _clauses(value: object) -> list[ClauseEntry]:
    found: list[ClauseEntry] = []
    for path, item in rows(value, "clauses"):
        found.append(_clause(item, path, {entry.number for entry in found}))
    once([entry.number for entry in found], [f"clauses[{index}].number" for index in range(len(found))])
    return found


def _clause(value: object, path: str, earlier: set[str]) -> ClauseEntry:
    item = record(value, path, "number", "parent", "kind", "original", "text")
    parent = item["parent"]
    if parent is not None and not (isinstance(parent, str) and parent in earlier):
        raise wrong(f"{path}.parent", parent, _("null, or the number of a clause that stands before this one"))
    return ClauseEntry(
        number=words(item["number"], f"{path}.number", _longest(Clause, "number")),
        parent=parent,
        kind=one_of(item["kind"], f"{path}.kind", ClauseKind.values),
        original=words(item["original"], f"{path}.original"),
        text=texts(item["text"], f"{path}.text"),
    )


def _elements(value: object, name: str, clauses: set[str]) -> list[ElementEntry]:
    return [_element(item, path, clauses, with_chapter=name == "foundations") for path, item in rows(value, name)]


def _element(value: object, path: str, clauses: set[str], *, with_chapter: bool) -> ElementEntry:
    item = record(value, path, "code", "clause", "name", *(["chapter"] if with_chapter else []))
    clause = item["clause"]
    if not isinstance(clause, str) or clause not in clauses:
        raise wrong(f"{path}.clause", clause, _("the number of a clause of this file"))
    return ElementEntry(
        code=code(item["code"], f"{path}.code", _longest(Principle, "code")),
        clause=clause,
        name=texts(item["name"], f"{path}.name", _longest(Principle, "name")),
        chapter=one_of(item["chapter"], f"{path}.chapter", Chapter.values) if with_chapter else None,
    )


def _goals(value: object) -> list[GoalEntry]:
    found = [_goal(item, path) for path, item in rows(value, "goals")]
    once(
        [f"{entry.framework}-{entry.number}" for entry in found],
        [f"goals[{index}].number" for index in range(len(found))],
    )
    return found


def _goal(value: object, path: str) -> GoalEntry:
    item = record(value, path, "framework", "number", "title")
    return GoalEntry(
        framework=code(item["framework"], f"{path}.framework", _longest(InternationalGoal, "framework")),
        number=number(item["number"], f"{path}.number", 1, HIGHEST_SMALL_NUMBER),
        title=texts(item["title"], f"{path}.title", _longest(InternationalGoal, "title")),
    )
