"""What a line of the table of rights can say, and the table itself: put together from every app's `permissions.py`.

Enforcement (partnership/permissions.py), the page docs/rights.md and the tests all read it here; there is no second place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models import Membership, Protocol, ProtocolState, Recorded

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OUR_APPS = ("partnership", "projects", "evaluation", "transparency")


class Who(models.TextChoices):
    """In which capacity someone stands before a protocol. The first five act for one of the two communes."""

    COORDINATOR = "coordinator", _("Coordinator")
    EDITOR = "editor", _("Editor")
    SIGNATORY = "signatory", _("Signatory")
    EVALUATOR = "evaluator", _("Evaluator")
    OBSERVER = "observer", _("Observer")
    PROGRAMME_BODY = "programme_body", _("Programme body")
    PARTNER = "partner", _("Partner organisation")
    ADMINISTRATOR = "administrator", _("Platform’s administrator")
    ANYONE = "anyone", _("Anyone")


Action = Literal[
    "read",
    "view",
    "add",
    "change",
    "delete",
    "publish",
    "comment",
    "propose",
    "sign",
    "withdraw",
    "leave",
    "annul",
    "appoint",
    "invite",
    "make",
    "release",
    "host",
    "hide",
    "audit",
]
ACTIONS: dict[Action, StrOrPromise] = {
    "read": pgettext_lazy("right", "read on the public pages"),
    "view": pgettext_lazy("right", "see on the staff pages"),
    "add": pgettext_lazy("right", "enter"),
    "change": pgettext_lazy("right", "change"),
    "delete": pgettext_lazy("right", "delete"),
    "publish": pgettext_lazy("right", "publish, and withdraw from the public"),
    "comment": pgettext_lazy("right", "comment on"),
    "propose": pgettext_lazy("right", "open"),
    "sign": pgettext_lazy("right", "sign"),
    "withdraw": pgettext_lazy("right", "withdraw"),
    "leave": pgettext_lazy("right", "leave, on the council’s resolution"),
    "annul": pgettext_lazy("right", "enter that it is without effect"),
    "appoint": pgettext_lazy("right", "appoint and end, and reset a lost second factor"),
    "invite": pgettext_lazy("right", "invite by a personal link"),
    "make": pgettext_lazy("right", "make now"),
    "release": pgettext_lazy("right", "release and send"),
    "host": pgettext_lazy("right", "set the host name and which one is primary"),
    "audit": pgettext_lazy("right", "take out all vouchers, payslips too"),
    "hide": pgettext_lazy("right", "hide a text from the public at once, and show it again"),
}
WRITES: frozenset[Action] = frozenset({"add", "change", "delete"})
"""What is done to a part counts as a change of the record it hangs under."""

ALWAYS = frozenset(ProtocolState)
RUNNING = ALWAYS - {ProtocolState.ENDED}
"""While anything may be written: a protocol that has ended is an archive that is only read."""


@dataclass(frozen=True)
class Mandate:
    """One capacity in which a person stands before a protocol; where it rests on a membership, that one's key and organisation."""

    who: Who
    protocol: Protocol
    key: int | None = None
    organisation: int | None = None
    of_administrator: bool = False
    """Whether its holder also administers the platform."""

    @cached_property
    def membership(self) -> Membership | None:
        """The membership it rests on, read when somebody asks."""
        if self.key is None:
            return None
        return Membership.objects.select_related("organisation", "protocol", "user").get(pk=self.key)


@dataclass(frozen=True)
class Only:
    """A condition on the record, in words that follow the action."""

    words: StrOrPromise
    holds: Callable[[Any, Mandate], bool]


@dataclass(frozen=True)
class Subject:
    """Records that the same lines govern."""

    code: str
    words: StrOrPromise


@dataclass(frozen=True)
class Right:
    """One line of the table: these people may do this with these records, in these states of the protocol."""

    who: tuple[Who, ...]
    actions: tuple[Action, ...]
    on: tuple[Subject, ...]
    only: tuple[Only, ...] = ()
    states: frozenset[ProtocolState] = RUNNING


_table: list[Right] = []
_subjects: dict[str, Subject] = {}


def register(*lines: Right) -> None:
    """Add lines to the table."""
    _table.extend(lines)
    lines_for.cache_clear()


def cover(subject: Subject, *labels: str) -> None:
    """Say which models a subject's lines govern. Raises ValueError for a model that another subject governs."""
    for label in labels:
        if _subjects.setdefault(label, subject) != subject:
            raise ValueError(f"{label} is governed by {_subjects[label].code} and {subject.code}")
    lines_for.cache_clear()


def table() -> tuple[Right, ...]:
    """Every line, the lowest floor's first."""
    return tuple(_table)


def subjects() -> dict[Subject, list[str]]:
    """Every subject with the models it covers, in the order in which the lines name them."""
    order = dict.fromkeys(subject for line in _table for subject in line.on)
    return {subject: [label for label, own in _subjects.items() if own == subject] for subject in order}


@cache
def lines_for(label: str, action: Action) -> tuple[Right, ...]:
    """The lines that grant an action on a model; none for a model that no subject covers."""
    subject = _subjects.get(label)
    if subject is not None:
        return tuple(line for line in _table if subject in line.on and action in line.actions)
    root = root_label(label)
    return lines_for(root, "change" if action in WRITES else action) if root else ()


@cache
def root_label(label: str) -> str:
    """The model a part hangs under; empty for a root."""
    model = apps.get_model(label)
    way = model.ROOT.split("__") if issubclass(model, Recorded) and model.ROOT else []
    for name in way:
        model = model._meta.get_field(name).related_model
    return model._meta.label_lower if way else ""


def root_record(record: Any) -> Any:
    """The record whose state counts: the one itself if a subject covers it, else the one it hangs under."""
    if record._meta.label_lower in _subjects or not getattr(record, "ROOT", ""):
        return record
    for name in record.ROOT.split("__"):
        record = getattr(record, name)
    return root_record(record)


def uncovered(labels: Iterable[str]) -> list[str]:
    """Models about which the table says nothing."""
    return [label for label in labels if label not in _subjects and not root_label(label)]


@register_check(Tags.models)
def check_table(**_kwargs: Any) -> list[CheckMessage]:
    """An error for each model of ours about which the table says nothing: nobody could reach its records."""
    ours = (model._meta.label_lower for app in OUR_APPS for model in apps.get_app_config(app).get_models())
    hint = "Name it in the permissions.py of its app: rights.cover(...)."
    return [
        Error(f"The table of rights says nothing about {label}.", hint=hint, id="partnership.E010")
        for label in uncovered(ours)
    ]
