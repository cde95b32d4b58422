"""Loading a protocol from its structured file. Loading again changes nothing; what the file says anew reaches a draft only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models import (
    Clause,
    Domain,
    Foundation,
    InternationalGoal,
    Objective,
    Organisation,
    Party,
    Principle,
    Protocol,
    ProtocolState,
    Regime,
)
from partnership.protocol_checks import ProtocolFileError, Texts, wrong
from partnership.protocol_reading import (
    ClauseEntry,
    ElementEntry,
    GoalEntry,
    OrganisationEntry,
    PartyEntry,
    ProtocolFile,
    read,
)
from partnership.refusals import Refusal

__all__ = ["BELFAA_JETTE", "Loaded", "ProtocolFileError", "apply", "columns", "load", "read", "shared_organisation"]

BELFAA_JETTE = Path(__file__).parent / "data" / "belfaa-jette.json"
OUT_OF_THE_WAY = 10_000  # added to the orders of clauses while they change places
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Loaded:
    """What loading came to: the protocol, the organisations by the file's keys, and how many records were written."""

    protocol: Protocol
    organisations: dict[str, Organisation]
    written: int


def load(source: Path | str, *, demonstration: bool = False, code: str | None = None) -> Protocol:
    """Load a protocol from a file (a Path) or its text (a str); `code` replaces the file's own. Loading again changes nothing.

    Raises ProtocolFileError naming line or field when the file is malformed, and Refusal when it would change an act that is
    no longer a draft. Then nothing has changed.
    """
    return apply(read(source), demonstration=demonstration, code=code).protocol


@transaction.atomic
def apply(file: ProtocolFile, *, demonstration: bool = False, code: str | None = None) -> Loaded:
    """Write what a checked file says. It becomes the primary protocol if none is. What staff set beside the act is left alone.

    Raises ProtocolFileError or Refusal as `load` does.
    """
    organisations = {entry.key: shared_organisation(entry, demonstration=demonstration) for entry in file.organisations}
    writer = _Writer(_protocol(code or file.code, demonstration=demonstration))
    writer.protocol_itself(file, organisations)
    writer.parties(file.parties, organisations)
    clauses = writer.clauses(file.clauses)
    writer.elements(Principle, "principles", file.principles, clauses)
    writer.elements(Objective, "objectives", file.objectives, clauses)
    writer.elements(Domain, "domains", file.domains, clauses)
    writer.elements(Foundation, "foundations", file.foundations, clauses)
    writer.goals([shared_goal(entry, demonstration=demonstration) for entry in file.goals])
    return Loaded(writer.protocol, organisations, writer.written)


def regime_of(commune: Organisation) -> Regime:
    """The law under which a commune's council resolves, by its country; staff may choose another while the protocol is a draft."""
    return Regime.MOROCCO if commune.country == "MA" else Regime.BRUSSELS


def columns(field: str, texts: Texts | None) -> dict[str, str]:
    """The columns of a translated field with their texts, for instance {"title_ar": …}; none where there is no text."""
    return {parity.column(field, language): text for language, text in (texts or {}).items()}


def shared_organisation(entry: OrganisationEntry, *, demonstration: bool) -> Organisation:
    """The organisation all protocols share: by its IATI identifier, else by French name, country and kind; made if there is none.

    One that exists is never overwritten. `demonstration` marks only one that is made here.
    """
    known = Organisation.objects.order_by("pk")
    found = known.filter(iati_ref=entry.iati_ref).first() if entry.iati_ref else None
    found = found or known.filter(name_fr=entry.name["fr"], country=entry.country, kind=entry.kind).first()
    return found or Organisation.objects.create(
        kind=entry.kind,
        level=entry.level,
        country=entry.country,
        iati_ref=entry.iati_ref,
        is_demonstration=demonstration,
        **columns("name", entry.name),
        **columns("short_name", entry.short_name),
        **columns("place", entry.place),
    )


def shared_goal(entry: GoalEntry, *, demonstration: bool) -> InternationalGoal:
    """The goal all protocols share, by framework and number; made if there is none, never overwritten."""
    goal, _made = InternationalGoal.objects.get_or_create(
        framework=entry.framework,
        number=entry.number,
        defaults={"is_demonstration": demonstration, **columns("title", entry.title)},
    )
    return goal


def _protocol(code: str, *, demonstration: bool) -> Protocol:
    """The protocol with this code, locked; a new one, not yet saved, if there is none."""
    found = Protocol.objects.select_for_update().filter(code=code).first()
    if found is not None and found.is_demonstration != demonstration:
        raise wrong("code", code, _("a code that no demonstration and no real protocol shares"))
    return found or Protocol(code=code, is_demonstration=demonstration)


class _Writer:
    """Writes what differs, and counts it. An act past its draft is refused every difference."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.written = 0

    def write(self, row: Row, values: Mapping[str, Any]) -> Row:
        """Give a row these values; saved only if it is new or one of them differs."""
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        if differing or row._state.adding:
            self.refuse_unless_draft()
            for name, value in differing.items():
                setattr(row, name, value)
            row.save()
            self.written += 1
        return row

    def refuse_unless_draft(self) -> None:
        """Article 4 and the ratification bind both communes: what they adopted changes by amendment only."""
        if self.protocol.state != ProtocolState.DRAFT:
            raise Refusal(
                _(
                    "The protocol %(protocol)s is no longer a draft. Its text changes only by an amendment that both communes adopt."
                ),
                code="amendment",
                params={"protocol": self.protocol.code},
            )

    def row(self, model: type[Row], **key: Any) -> Row:
        """The protocol's row with this key, or a new one."""
        found: Row | None = model._base_manager.filter(protocol=self.protocol, **key).first()
        return found if found is not None else model(protocol=self.protocol, **key)

    def protocol_itself(self, file: ProtocolFile, organisations: Mapping[str, Organisation]) -> None:
        values = {
            "source_language": file.source_language,
            "programme_body_id": organisations[file.programme_body].pk,
            **columns("title", file.title),
        }
        self.write(self.protocol, values)
        if not Protocol.objects.filter(primary=True).exists():  # no part of the act, so no matter of its state
            self.protocol.primary = True
            self.protocol.save(update_fields=["primary"])
            self.written += 1

    def parties(self, entries: Sequence[PartyEntry], organisations: Mapping[str, Organisation]) -> None:
        for index, entry in enumerate(entries):
            party = self.row(Party, position=entry.position)
            lasting = {"organisation_id": organisations[entry.organisation].pk, "shape": entry.shape}
            if party.pk and any(getattr(party, name) != value for name, value in lasting.items()):
                raise wrong(
                    f"parties[{index}]",
                    entry.organisation,
                    _("the commune and the shape this protocol was loaded with"),
                )
            if party._state.adding:
                party.regime = regime_of(organisations[entry.organisation])
            self.write(
                party,
                lasting | {name: getattr(entry, name) for name in ("languages", "currency", "time_zone")},
            )

    def clauses(self, entries: Sequence[ClauseEntry]) -> dict[str, Clause]:
        self.keep_known(Clause, "number", "clauses", [entry.number for entry in entries])
        self.make_room([entry.number for entry in entries])
        found: dict[str, Clause] = {}
        for order, entry in enumerate(entries, start=1):
            values = {
                "order": order,
                "parent_id": found[entry.parent].pk if entry.parent else None,
                "kind": entry.kind,
                "original": entry.original,
                **columns("text", entry.text),
            }
            found[entry.number] = self.write(self.row(Clause, number=entry.number), values)
        return found

    def make_room(self, numbers: Sequence[str]) -> None:
        """Move the clauses out of the way if any changes its place, so that no two share an order for a moment."""
        orders = dict(self.protocol.clauses.values_list("number", "order"))
        if any(orders.get(number, order) != order for order, number in enumerate(numbers, start=1)):
            self.refuse_unless_draft()
            self.protocol.clauses.update(order=F("order") + OUT_OF_THE_WAY)

    def elements(
        self,
        model: type[Principle] | type[Objective] | type[Domain] | type[Foundation],
        path: str,
        entries: Sequence[ElementEntry],
        clauses: Mapping[str, Clause],
    ) -> None:
        self.keep_known(model, "code", path, [entry.code for entry in entries])
        for order, entry in enumerate(entries, start=1):
            values = {"order": order, "clause_id": clauses[entry.clause].pk, **columns("name", entry.name)}
            if entry.chapter is not None:
                values["chapter"] = entry.chapter
            self.write(self.row(model, code=entry.code), values)

    def keep_known(self, model: type[models.Model], field: str, path: str, present: Sequence[str]) -> None:
        """Refuse a file that no longer has what the protocol has: projects may rest on it."""
        known = model._base_manager.filter(protocol=self.protocol) if self.protocol.pk else model._base_manager.none()
        lost = sorted(set(known.values_list(field, flat=True)) - set(present))
        if lost:
            raise wrong(path, list(present), _("also %(lost)s, which this protocol has") % {"lost": ", ".join(lost)})

    def goals(self, goals: Sequence[InternationalGoal]) -> None:
        """Goals are added, never taken away: the list is open (last clause), and staff extend it."""
        new = set(goals) - set(self.protocol.goals.all())
        if new:
            self.refuse_unless_draft()
            self.protocol.goals.add(*new)
            self.written += len(new)
