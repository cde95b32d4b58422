"""What the parts of the demonstration share while it is told: its protocol, whom and what the file's keys mean, the shift in time."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models.fields.files import FieldFile

from partnership.models import (
    Decision,
    Deliberation,
    InternationalGoal,
    Membership,
    Organisation,
    Party,
    ProgrammePhase,
    Protocol,
)
from partnership.protocol_file import columns
from projects.models import ActionPlan, Initiative
from transparency.demonstration.shift import Shift

Entry = dict[str, Any]  # one object of data.json
_FROM_TODAY = re.compile(r"[+-]\d+d")


@dataclass(frozen=True)
class Story:
    """The demonstration's protocol and the rows that keys and codes of data.json refer to."""

    protocol: Protocol
    shift: Shift
    today: datetime.date
    """The day it is told on."""
    organisations: dict[str, Organisation]
    parties: dict[str, Party]
    phase: ProgrammePhase
    plan: ActionPlan
    goals: Mapping[str, InternationalGoal] = field(default_factory=dict)
    mandates: dict[str, Membership] = field(default_factory=dict)
    """By e-mail address."""
    initiatives: dict[str, Initiative] = field(default_factory=dict)
    files: list[FieldFile] = field(default_factory=list)
    """What was written beside the database, to be taken back if the telling fails."""

    def organisation(self, key: str | None) -> Organisation | None:
        """The organisation of a key; None for none."""
        return self.organisations[key] if key else None

    def party(self, key: str | None) -> Party | None:
        """The commune of a key; None for none."""
        return self.parties[key] if key else None

    def day(self, text: str) -> datetime.date:
        """A day of the file as it falls now. “-12d” is twelve days before the one it is told on, “+21d” three weeks after it.

        What still waits is told so: it is as fresh on any day, and its terms in law are still running.
        """
        if _FROM_TODAY.fullmatch(text):
            return self.today + datetime.timedelta(days=int(text.removesuffix("d")))
        return self.shift.day(text)

    def day_or_none(self, text: str | None) -> datetime.date | None:
        """The same for a day that may be open."""
        return self.day(text) if text else None

    def moment(self, entry: Entry) -> datetime.datetime:
        """When an entry's act was done: its day, and its hour in UTC."""
        return datetime.datetime.combine(self.day(entry["on"]), datetime.time.fromisoformat(entry["at"]), datetime.UTC)

    def days(self, entry: Entry, *names: str) -> dict[str, datetime.date | None]:
        """These days of an entry as they fall now."""
        return {name: self.day_or_none(entry[name]) for name in names}


@dataclass(frozen=True)
class Telling:
    """The story, what its councils resolved, how its scans are called, its diagnoses by project, and the decisions told so far by key."""

    story: Story
    deliberations: Mapping[str, Deliberation]
    scans: Mapping[str, dict[str, str]]
    diagnoses: Mapping[str, list[Entry]]
    decisions: dict[str, Decision] = field(default_factory=dict)


def texts(entry: Entry, *fields: str) -> dict[str, str]:
    """The columns of these translated fields; a field without text has none."""
    return {name: text for each in fields for name, text in columns(each, entry.get(each)).items()}


def plain(entry: Entry, *names: str) -> Entry:
    """These values of an entry as they stand; what it does not have is left out."""
    return {name: entry[name] for name in names if name in entry}


def decimals(entry: Entry, *names: str) -> dict[str, Decimal]:
    """These numbers of an entry, which the file writes as texts; what it does not have is left out."""
    return {name: Decimal(entry[name]) for name in names if entry.get(name) is not None}
