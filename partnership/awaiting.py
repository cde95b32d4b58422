"""What awaits a person, as each floor says it: one Task for each thing that somebody must do. config/desk.py gathers them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import parity, permissions
from partnership.models import Membership, Protocol, Publishable, PublishingState, User
from partnership.templatetags import words

MANDATE_NOTICE = datetime.timedelta(days=60)


@dataclass(frozen=True)
class Group:
    """A heading under which tasks stand. The icon is a symbol of static/img/icons.svg."""

    code: str
    label: str | Promise
    icon: str


LATE = Group("late", _("Late"), "clock")
CHECK = Group("check", _("To check"), "check")
MEASURE = Group("measure", _("To measure"), "measure")
COMPLETE = Group("complete", _("To complete"), "pen")
TRANSLATE = Group("translate", _("To translate"), "translate")
SEND = Group("send", _("To send"), "mail")
RENEW = Group("renew", _("To renew"), "person")
GROUPS = (LATE, CHECK, MEASURE, COMPLETE, TRANSLATE, SEND, RENEW)


@dataclass(frozen=True)
class Half:
    """What one commune has done about a task that takes both, in a word or two."""

    done: bool
    state: str


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, until when, and the address where it is done."""

    group: Group
    subject: str
    reason: str
    url: str
    action: str
    code: str = ""
    due: datetime.date | None = None
    late: bool = False
    missing: tuple[str, ...] = ()
    """Languages whose text is missing (ar, fr, nl)."""
    halves: Mapping[int, Half] = field(default_factory=dict)
    """By the party's place in the act's title; empty where the task does not take both communes."""
    awaits: int | None = None
    """The place of the only party that can do it; None for either."""


def change_url(record: Model, anchor: str = "") -> str:
    """The address of a record's form in the admin, at a field."""
    url = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
    return f"{url}#{anchor}" if anchor else url


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Texts to translate and mandates about to end. One query for each kind of root, and one for the mandates."""
    if not permissions.may(user, "change", protocol):
        return []
    return [*_texts_to_translate(protocol), *_mandates_to_renew(protocol, today)]


def _roots() -> Iterable[type[Publishable]]:
    return (model for model in apps.get_models() if issubclass(model, Publishable))


def _texts_to_translate(protocol: Protocol) -> Iterable[Task]:
    for model in _roots():
        rows: Any = model._default_manager.filter(
            parity.incomplete(model)
        )  # every root has a protocol, Publishable itself none
        for record in rows.filter(protocol=protocol).exclude(publishing_state=PublishingState.WITHDRAWN):
            gaps = parity.missing(record)
            if gaps:
                yield _translation(record, gaps)


def _translation(record: Publishable, gaps: list[parity.Gap]) -> Task:
    fields = list(dict.fromkeys(capfirst(str(gap.label)) for gap in gaps))
    return Task(
        group=TRANSLATE,
        subject=words.text(record, "title") or str(record),
        code=getattr(record, "code", ""),
        reason=gettext(", ").join(fields),
        missing=tuple(code for code in parity.LANGUAGE_NAMES if any(gap.language == code for gap in gaps)),
        url=change_url(record, f"id_{parity.column(gaps[0].field, gaps[0].language)}"),
        action=gettext("Translate"),
    )


def _mandates_to_renew(protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    ending = Membership.objects.for_protocol(protocol).filter(ends_on__range=(today, today + MANDATE_NOTICE))
    for mandate in ending.filter(successor__isnull=True).select_related("user", "organisation"):
        assert mandate.ends_on is not None
        days = (mandate.ends_on - today).days
        yield Task(
            group=RENEW,
            subject=f"{mandate.get_role_display()} · {mandate.organisation}",
            reason=ngettext(
                "The mandate of %(person)s ends in %(count)s day and has no successor.",
                "The mandate of %(person)s ends in %(count)s days and has no successor.",
                days,
            )
            % {"person": mandate.user, "count": days},
            due=mandate.ends_on,
            url=change_url(mandate, "id_successor"),
            action=gettext("Open the mandate"),
        )
