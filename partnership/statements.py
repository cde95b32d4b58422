"""The statement of a decision as people read it: facts in a list, texts in the reader's language, what changes beside what it replaces.

Everything is read from the stored statement, never from the record, so that what is shown is what was hashed. The only thing
looked up is the name of an organisation, of which the statement holds the key.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import decisions, formats, languages
from partnership.decisions import Kind
from partnership.models import Decision, Organisation

LABELS: dict[str, str | Promise] = {
    "activities": pgettext_lazy("statement", "Activities planned"),
    "cells": pgettext_lazy("statement", "Effects and mitigations"),
    "need": pgettext_lazy("statement", "Need it starts from"),
    "participants": pgettext_lazy("statement", "Who took part"),
    "replaced_by": pgettext_lazy("statement", "Replaced by"),
    "added": pgettext_lazy("statement", "Added clauses"),
    "changes": pgettext_lazy("statement", "What is corrected"),
    "clauses": pgettext_lazy("statement", "Clauses"),
    "code": _("Code"),
    "corrects": pgettext_lazy("statement", "Corrects decision"),
    "digest": pgettext_lazy("statement", "Digest of that decision"),
    "domains": pgettext_lazy("statement", "Domains"),
    "ends_on": pgettext_lazy("statement", "Last day"),
    "foundations": pgettext_lazy("statement", "Foundations"),
    "ground": pgettext_lazy("statement", "Ground"),
    "objectives": pgettext_lazy("statement", "Objectives"),
    "parties": pgettext_lazy("statement", "Parties"),
    "period": pgettext_lazy("statement", "Period"),
    "principles": pgettext_lazy("statement", "Principles"),
    "projects": pgettext_lazy("statement", "Projects"),
    "record": pgettext_lazy("statement", "Record"),
    "snapshot": pgettext_lazy("statement", "Digest of the snapshot"),
    "source_language": _("Language of the act"),
    "starts_on": pgettext_lazy("statement", "First day"),
    "successor": pgettext_lazy("statement", "Successor"),
}
"""Names of what a statement contains where the subject's model has no field of that name, or a shorter one is clearer."""
UNSAID = frozenset({"series", "title_ar", "title_fr", "title_nl"})
"""What heads the decision anyway, and keys of other tables, which tell a reader nothing."""
SHORT = 1_200
"""So many characters are read at once."""
COUNTED = frozenset({"activities", "added", "clauses", "projects"})
"""Lists whose length is a fact in itself."""
CODES = frozenset({"code", "corrects", "digest", "period", "snapshot", "successor", "within"})
"""What is shown as a code, from left to right."""


@dataclass(frozen=True)
class Fact:
    """One thing a statement says in a word: its name and its value."""

    label: str
    value: str
    is_code: bool = False


@dataclass(frozen=True)
class Line:
    """A text of the statement in one language, with its number or code, and what it replaces."""

    text: str
    language: str
    number: str = ""
    kind: str = "text"
    was: str = ""

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return languages.direction(self.language)


@dataclass(frozen=True)
class Part:
    """Lines that stand together under a heading."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Reading:
    """A statement, read: short facts, then the texts."""

    facts: tuple[Fact, ...]
    parts: tuple[Part, ...]
    original: Line | None = None
    """The act in its own language, letter for letter, where the statement holds one."""
    is_courtesy: bool = False
    """Whether the texts shown are a courtesy translation of that original."""

    @property
    def is_short(self) -> bool:
        """Whether a reader can take it in without opening it first."""
        return sum(len(line.text) + len(line.was) for part in self.parts for line in part.lines) < SHORT


def read(decision: Decision) -> Reading:
    """The statement for a reader of the active language."""
    content = decision.data["content"]
    kind = decisions.kind(decision.kind)
    simple = {key: value for key, value in content.items() if key not in UNSAID}
    original = _original(content)
    return Reading(
        facts=tuple(_facts(simple, kind.model)),
        parts=tuple(part for part in _parts(simple, kind) if part.lines),
        original=original,
        is_courtesy=original is not None and original.language != languages.current(),
    )


def _original(content: Mapping[str, Any]) -> Line | None:
    clauses = content.get("clauses") or []
    text = "".join(clause.get("original", "") for clause in clauses)
    return Line(text, content["source_language"]) if text else None


# Facts ----------------------------------------------------------------------------------------------------------------


def _facts(content: Mapping[str, Any], model: str) -> Iterator[Fact]:
    for key, value in content.items():
        if key in COUNTED and value:
            yield Fact(_label(key, model), formats.number(len(value), languages.current()))
        elif isinstance(value, str | int) and value != "" and _language_of(key) is None:
            yield Fact(_label(key, model), _plain(key, value, model), key in CODES)


def _plain(key: str, value: str | int, model: str) -> str:
    if key == "source_language":
        return str(dict(settings.LANGUAGES).get(str(value), value))
    return str(value) if key in CODES else _choice(key, value, model) or _day_or_text(str(value))


def _choice(key: str, value: str | int, model: str) -> str:
    """The word of a choice of the subject's model; empty for anything else."""
    try:
        choices = apps.get_model(model)._meta.get_field(key).choices
    except (LookupError, FieldDoesNotExist, AttributeError):
        return ""
    return str(dict(choices or ()).get(value, ""))


def _day_or_text(value: str) -> str:
    try:
        return formats.day(datetime.date.fromisoformat(value), languages.current())
    except ValueError:
        return value


def _label(key: str, model: str) -> str:
    if key in LABELS:
        return str(LABELS[key])
    try:
        return str(capfirst(str(apps.get_model(model)._meta.get_field(key).verbose_name)))
    except (LookupError, FieldDoesNotExist, AttributeError):
        return str(capfirst(key.replace("_", " ")))


# Texts ----------------------------------------------------------------------------------------------------------------


def _language_of(column: str) -> str | None:
    """The language of a translated column, for instance of title_ar."""
    name, _separator, language = column.rpartition("_")
    return language if name and language in settings.REQUIRED_LANGUAGES else None


def _parts(content: Mapping[str, Any], kind: Kind) -> Iterator[Part]:
    model = kind.model
    for name in dict.fromkeys(key.rpartition("_")[0] for key in content if _language_of(key)):
        yield Part(_label(name, model), tuple(_chosen(_by_language(content, name))))
    for key, value in content.items():
        if key in kind.reads:
            lines = (line for number, texts in kind.reads[key](value) for line in _chosen(texts, number))
            yield Part(_label(key, model), tuple(lines))
        elif key == "parties":
            yield Part(_label(key, model), tuple(_communes(value)))
        elif key == "changes":
            yield from _corrections(value, content["record"]["model"])
        elif isinstance(value, list):
            yield Part(_label(key, model), tuple(line for entry in value for line in _entry(entry)))
        elif isinstance(value, dict) and set(value) <= set(settings.REQUIRED_LANGUAGES):
            yield Part(_label(key, model), tuple(_chosen(value)))


def _by_language(record: Mapping[str, Any], name: str) -> dict[str, str]:
    return {code: record.get(f"{name}_{code}") or "" for code in settings.REQUIRED_LANGUAGES}


def _chosen(texts: Mapping[str, str], number: str = "", kind: str = "text", was: str = "") -> Iterator[Line]:
    """The text in the reader's language; where there is none, the first there is, in its own."""
    here = languages.current()
    language = next((code for code in (here, *settings.REQUIRED_LANGUAGES) if texts.get(code)), None)
    if language is not None:
        yield Line(texts[language], language, number, kind, was)


def _entry(entry: Any) -> Iterator[Line]:
    """A clause, an element, a project or an activity of a list; an amended clause with what it says now."""
    number = str(entry.get("number") or entry.get("code") or "")
    kind = str(entry.get("kind") or "text")
    if "to" in entry:
        here = languages.current()
        yield from _chosen(entry["to"], number, kind, was=entry["from"].get(f"text_{here}") or "")
    elif isinstance(entry.get("text"), dict):
        yield from _chosen(entry["text"], number, kind)
    else:
        for name in dict.fromkeys(key.rpartition("_")[0] for key in entry if _language_of(key)):
            for line in _chosen(_by_language(entry, name), number, kind):
                yield replace(line, text=line.text + _planned(entry, line.language))


def _planned(entry: Mapping[str, Any], language: str) -> str:
    """From when to when something is planned, after its name; nothing for what has no such days."""
    days = [entry[name] for name in ("planned_start", "planned_end") if entry.get(name)]
    if len(days) < 2:
        return ""
    first, last = (formats.day(datetime.date.fromisoformat(str(on)), language) for on in days)
    return f" · {first}" if first == last else f" · {first} – {last}"


def _communes(parties: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    names = Organisation.objects.in_bulk([party["organisation"] for party in parties])
    for party in parties:
        organisation = names.get(party["organisation"])
        if organisation is not None:
            yield from _chosen(decisions.columns_by_language(organisation, "name"), str(party["position"]))


def _corrections(changes: Mapping[str, list[str]], model: str) -> Iterator[Part]:
    """One part for each field, every language that changes, from what it says to what it is to say."""
    for column, (was, to) in changes.items():
        language = _language_of(column)
        name = column.rpartition("_")[0] if language else column
        line = Line(to, language or languages.current(), language or "", "text", was)
        yield Part(_label(name, model), (line,))
