"""What the parts of the demonstration share while it is written: its protocol, whom and what the file's keys mean, the time shift."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from partnership.models import InternationalGoal, Organisation, Party, ProgrammePhase, Protocol
from projects.models import ActionPlan
from transparency.demonstration.shift import Shift

Entry = dict[str, Any]  # one object of data.json


@dataclass(frozen=True)
class Story:
    """The demonstration's protocol and the rows that keys and codes of data.json refer to."""

    protocol: Protocol
    shift: Shift
    organisations: dict[str, Organisation]
    parties: dict[str, Party]
    phase: ProgrammePhase
    plan: ActionPlan
    goals: Mapping[str, InternationalGoal] = field(default_factory=dict)

    def organisation(self, key: str | None) -> Organisation | None:
        """The organisation of a key; None for none."""
        return self.organisations[key] if key else None

    def party(self, key: str | None) -> Party | None:
        """The commune of a key; None for none."""
        return self.parties[key] if key else None

    def days(self, entry: Entry, *names: str) -> dict[str, datetime.date | None]:
        """These days of an entry as they fall now."""
        return {name: self.shift.day_or_none(entry[name]) for name in names}


def plain(entry: Entry, *names: str) -> Entry:
    """These values of an entry as they stand; what it does not have is left out."""
    return {name: entry[name] for name in names if name in entry}


def decimals(entry: Entry, *names: str) -> dict[str, Decimal]:
    """These numbers of an entry, which the file writes as texts; what it does not have is left out."""
    return {name: Decimal(entry[name]) for name in names if entry.get(name) is not None}
