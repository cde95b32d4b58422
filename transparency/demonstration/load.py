"""The demonstration: a protocol of its own from the act's file, and a programme told in data.json, moved to the present."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from partnership import drafting, history, parity, protocol_file, protocol_reading
from partnership.models import Organisation, Party, ProgrammePhase, Protocol
from partnership.protocol_file import columns
from projects.models import ActionPlan, ExchangeRate
from transparency.demonstration import acts, councils, diagnoses, people, planning
from transparency.demonstration.projects import write_project
from transparency.demonstration.shift import Shift
from transparency.demonstration.story import Entry, Story, Telling, decimals
from transparency.models import Cadence, ReportRecipient, ReportSeries
from transparency.reports.periods import Period, today_in

CODE = "DEMO-BELFAA-JETTE"
DATA = Path(__file__).parent / "data.json"
PLANNING = Path(__file__).parent / "planning.json"


@dataclass(frozen=True)
class Demonstration:
    """The demonstration's protocol, and whether it was made just now."""

    protocol: Protocol
    made: bool


@transaction.atomic
def load(*, as_of: datetime.date | None = None) -> Demonstration:
    """Make the demonstration as it stands on a day (by default today, in both communes). One that is there already stays as it is."""
    present = Protocol.objects.filter(code=CODE).first()
    if present is not None:
        return Demonstration(present, made=False)
    act = protocol_reading.read(protocol_file.BELFAA_JETTE)
    day = as_of or min(today_in(party.time_zone, timezone.now()) for party in act.parties)
    period = Period.containing(day, Cadence.HALF_YEAR).previous()
    data: Entry = json.loads(DATA.read_text(encoding="utf-8"))
    with history.one_version():
        story = _story(data, act, protocol_file.apply(act, demonstration=True, code=CODE), Shift.to(period), day)
        with _files_only_if_it_holds(story):
            _tell(story, data, period)
    story.protocol.refresh_from_db()
    return Demonstration(story.protocol, made=True)


@contextmanager
def _files_only_if_it_holds(story: Story) -> Iterator[None]:
    """A transaction that is undone leaves files behind; these are taken back."""
    try:
        yield
    except BaseException:
        for file in story.files:
            file.delete(save=False)
        raise


def _tell(story: Story, data: Entry, period: Period) -> None:
    """Everything: what there is, as it stands today, then what people did, in the order of time."""
    _rate(story, data["exchange_rate"])
    for entry in data["projects"]:
        write_project(story, entry)
    planning.write(story, json.loads(PLANNING.read_text(encoding="utf-8")), data["scans"]["minutes"])
    for entry in data["series"]:
        _series(story, entry, period)
    for entry in data["people"]:
        people.enter(story, entry, data["scans"]["appointment"])
    resolutions = {entry["key"]: councils.write_deliberation(story, entry) for entry in data["deliberations"]}
    telling = Telling(story, resolutions, data["scans"], diagnoses.read())
    acts.tell(telling, data["acts"])
    councils.write_meeting(story, data["meeting"], telling.decisions)
    for entry in data["later_texts"]:
        _later_text(story, entry)


def _later_text(story: Story, entry: Entry) -> None:
    """A sentence that an editor added to a published text, and that waits for its translations."""
    project = story.protocol.projects.get(code=entry["project"])
    column = parity.column(entry["field"], entry["language"])
    later = f"{drafting.text_of(project, column)} {entry['adds']}"
    drafting.write(project, {column: later}, by=story.mandates[entry["by"]].user)


def _story(
    data: Entry,
    act: protocol_reading.ProtocolFile,
    loaded: protocol_file.Loaded,
    shift: Shift,
    day: datetime.date,
) -> Story:
    protocol = loaded.protocol
    party_at = {party.position: party for party in protocol.parties.all()}
    phase = _phase(protocol, data["phase"], shift)
    return Story(
        protocol=protocol,
        shift=shift,
        today=day,
        organisations=loaded.organisations | _organisations(data["organisations"]),
        parties={entry.organisation: party_at[entry.position] for entry in act.parties},
        phase=phase,
        plan=_plan(protocol, phase, data["action_plan"], shift),
        goals={goal.code: goal for goal in protocol.goals.all()},
    )


def _organisations(entries: list[Entry]) -> dict[str, Organisation]:
    read = [
        protocol_reading.organisation_entry(entry, f"organisations[{index}]") for index, entry in enumerate(entries)
    ]
    return {entry.key: protocol_file.shared_organisation(entry, demonstration=True) for entry in read}


def _phase(protocol: Protocol, entry: Entry, shift: Shift) -> ProgrammePhase:
    return ProgrammePhase.objects.create(
        protocol=protocol,
        code=shift.code(entry["code"]),
        starts_on=shift.day(entry["starts_on"]),
        ends_on=shift.day(entry["ends_on"]),
        **columns("title", entry["title"]),
    )


def _plan(protocol: Protocol, phase: ProgrammePhase, entry: Entry, shift: Shift) -> ActionPlan:
    plan: ActionPlan = ActionPlan.objects.create(
        protocol=protocol,
        phase=phase,
        code=shift.code(entry["code"]),
        starts_on=shift.day(entry["starts_on"]),
        ends_on=shift.day(entry["ends_on"]),
        **columns("title", entry["title"]),
        **columns("introduction", entry["introduction"]),
    )
    return plan


def _rate(story: Story, entry: Entry) -> None:
    ExchangeRate.objects.create(
        protocol=story.protocol,
        **story.days(entry, "on"),
        **decimals(entry, "mad_per_eur"),
        **columns("source", entry["source"]),
    )


def _series(story: Story, entry: Entry, period: Period) -> None:
    party: Party | None = story.party(entry["party"])
    languages: list[str] = entry["languages"]
    series = ReportSeries.objects.create(
        protocol=story.protocol,
        audience=entry["audience"],
        party=party,
        languages=" ".join(languages),
        cadence=Cadence.HALF_YEAR,
        time_zone=party.time_zone if party else _time_zone_of_programme_body(story),
        first_period=period.code,
        needs_release=False,
        **columns("title", entry["title"]),
    )
    for each in entry["recipients"]:
        ReportRecipient.objects.create(series=series, name=each["name"][languages[0]], email=each["email"])


def _time_zone_of_programme_body(story: Story) -> str:
    """That of the commune in the same country."""
    body = story.protocol.programme_body
    return next(
        party.time_zone for party in story.parties.values() if body and party.organisation.country == body.country
    )
