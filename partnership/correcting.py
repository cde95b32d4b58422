"""Correcting a locked text: a joint decision about the decision that locked it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import decisions, forms, locks, parity
from partnership.decisions import Kind, Terms
from partnership.models import Decision, DecisionState
from partnership.refusals import Refusal
from partnership.ways import near, way_to_protocol


def columns(corrected: Decision, record: models.Model) -> list[str]:
    """The columns of a record that a correction of this decision may change, each language by itself."""
    kind = decisions.kind(corrected.kind)
    found = []
    for name in kind.locks.get(record._meta.label_lower, ()):
        in_languages = [parity.column(name, code) for code in settings.REQUIRED_LANGUAGES]
        known = {field.name for field in record._meta.get_fields()}
        found += in_languages if set(in_languages) <= known else [name]
    return [column for column in found if kind.correctable(record, column)]


def records(corrected: Decision) -> list[models.Model]:
    """The records of which a decision contains something that may be corrected, its subject first."""
    kind = decisions.kind(corrected.kind)
    found: list[models.Model] = [decisions.subject_of(corrected)]
    subject = found[0]
    for label, subjects_of in kind.holding.items():
        model = apps.get_model(label)
        rows = model._base_manager.filter(**{way_to_protocol(model): corrected.protocol_id})
        parts = rows.select_related(*near(model)).order_by(*model._meta.ordering or ("pk",))
        found += (part for part in parts if subject in subjects_of(part) and locks.says(kind, corrected, part))
    return [record for record in found if columns(corrected, record)]


def record_of(terms: Terms) -> models.Model | None:
    """The record that is to be corrected; None where it is not there."""
    try:
        model = apps.get_model(terms["model"])
    except LookupError:
        return None
    record: models.Model | None = model._base_manager.filter(pk=terms["id"]).first()
    return record


def _content(corrected: Decision, terms: Terms) -> dict[str, Any]:
    """What is corrected, from what it says now to what it is to say, and why."""
    record = record_of(terms)
    return {
        "changes": {column: [value(record, column), to] for column, to in terms["changes"].items()},
        "corrects": corrected.number,
        "digest": corrected.digest,
        "ground": terms["ground"],
        "record": {"id": terms["id"], "model": terms["model"]},
    }


def value(record: Any, column: str) -> str:
    """What a record says in a column, as a correction writes it; nothing as an empty text."""
    value = getattr(record, record._meta.get_field(column).attname)
    return "" if value is None else str(value)


def _refusals(corrected: Decision, terms: Terms) -> list[Refusal]:
    record = record_of(terms) if terms else None
    is_held = corrected.state == DecisionState.ADOPTED and corrected.binds
    if not is_held or (terms and record not in records(corrected)):
        return [Refusal(_("Only a text that an adopted decision holds fast is corrected in this way."), code="I4")]
    if record is None:
        return []
    if not any(value(record, column) != to for column, to in terms["changes"].items()):
        return [Refusal(_("Nothing would change. Write at least one text anew."), code="I4")]
    beyond = set(terms["changes"]) - set(columns(corrected, record))
    if beyond:
        message = _("%(fields)s cannot be corrected here; the act’s own words change by an amendment only.")
        return [Refusal(message, code="I4", params={"fields": ", ".join(sorted(beyond))})]
    return [locks.Locked(decision) for decision in _open_on(record, terms["changes"])]


def _form(corrected: Decision) -> type[forms.TermsForm]:
    return forms.correction(
        {
            record: {column: value(record, column) for column in columns(corrected, record)}
            for record in records(corrected)
        }
    )


def _open_on(record: models.Model, changed: Iterable[str]) -> list[Decision]:
    """The open decisions that contain what would change: nobody's signature there may be left under another text."""
    return [
        lock.decision
        for lock in locks.on(record)
        if lock.decision.is_open and any(column.startswith(lock.fields) for column in changed)
    ]


def _sentence(corrected: Decision, terms: Terms) -> str:
    return gettext("Both communes correct the text of decision %(number)s, “%(title)s”.") % {
        "number": corrected.number,
        "title": corrected.title,
    }


def _root(corrected: Decision) -> models.Model:
    return decisions.kind(corrected.kind).root(decisions.subject_of(corrected))


def _adopted(decision: Decision, corrected: Decision, terms: Terms) -> None:
    record = record_of(terms)
    assert record is not None
    for column, to in terms["changes"].items():
        field: Any = record._meta.get_field(column)
        setattr(record, field.attname, None if to == "" and field.null else field.to_python(to))
    record.full_clean()
    record.save()
    for subject in locks.in_order(subject for _kind, subject in locks.subjects_holding(record)):
        decisions.rebind(subject)


CORRECT = Kind(
    code="correct_text",
    label=_("Correct a locked text"),
    model="partnership.decision",
    content=_content,
    sentence=_sentence,
    root=_root,
    terms_form=_form,
    refusals=_refusals,
    on_adopted=_adopted,
)

decisions.register(CORRECT)
