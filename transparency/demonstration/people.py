"""The demonstration's people: who may sign in, and under which mandate each acts, given by the product's own appointments."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from partnership import appointing, clock
from partnership.appointing import Act, Appointment
from partnership.models import APPOINTED, Basis, Membership, Role, User
from partnership.protocol_file import columns
from transparency.demonstration import scans
from transparency.demonstration.story import Entry, Story, plain

# Public on purpose: it is given to the demonstration's people under DEMO=1 only, which no other machine reaches.
PASSWORD = "Belfaa-Jette-2026"  # nosec B105


def enter(story: Story, entry: Entry, titles: Mapping[str, str]) -> None:
    """Give one person their mandate at its moment: keys by an appointment with its act, the others as staff enter them."""
    with clock.set_to(story.moment(entry)):
        role = Role(entry["role"])
        mandate = _appointed(story, entry, role, titles) if role in APPOINTED else _entered(story, entry)
    story.mandates[entry["email"]] = mandate


def _appointed(story: Story, entry: Entry, role: Role, titles: Mapping[str, str]) -> Membership:
    """The first coordinator comes from the operator; everyone else from the commune's coordinator."""
    wanted = Appointment(
        person=_person(entry),
        role=role,
        function=entry["function"],
        basis=Basis(entry["basis"]),
        starts_on=story.day(entry["on"]),
        ends_on=story.day_or_none(entry["ends_on"]),
        deputy_of=story.mandates[entry["deputy_of"]] if entry["deputy_of"] else None,
    )
    act = _act(story, entry, titles)
    coordinator = _coordinator(story, entry)
    if coordinator is not None:
        return appointing.appoint(wanted, by=coordinator, act=act)
    party = story.parties[entry["organisation"]]
    return appointing.enter(wanted, party, act, effective_at=clock.now(story.protocol), by=None)


def _coordinator(story: Story, entry: Entry) -> Membership | None:
    """Of the same commune, among those told so far."""
    commune = story.organisations[entry["organisation"]]
    of_commune = (mandate for mandate in story.mandates.values() if mandate.organisation_id == commune.pk)
    return next((mandate for mandate in of_commune if mandate.role == Role.COORDINATOR), None)


def _act(story: Story, entry: Entry, titles: Mapping[str, str]) -> Act:
    owner = story.organisations[entry["organisation"]]
    named = {language: title % {"function": entry["function"][language]} for language, title in titles.items()}
    line = f"{entry['organisation'].capitalize()}  {story.day(entry['on']).isoformat()}"
    return Act(entry["act"], scans.attach(story, owner, named, line, public=False))


def _entered(story: Story, entry: Entry) -> Membership:
    return Membership.objects.create(
        protocol=story.protocol,
        organisation=story.organisations[entry["organisation"]],
        user=_person(entry),
        starts_on=story.day(entry["on"]),
        ends_on=story.day_or_none(entry["ends_on"]),
        **plain(entry, "role", "basis", "act"),
        **columns("function", entry["function"]),
    )


def _person(entry: Entry) -> User:
    """The person with this address; one who was there before keeps everything, the password too."""
    known = User.objects.filter(email=entry["email"]).first()
    return known or User.objects.create_user(
        entry["email"],
        PASSWORD if settings.DEMO else None,
        name=entry["name"],
        language=entry["language"],
        is_staff=True,
        is_demonstration=True,
    )
