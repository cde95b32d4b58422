"""What both councils resolved in the demonstration, and where the joint steering committee met."""

from __future__ import annotations

from collections.abc import Mapping

from partnership.models import Attendance, Decision, Deliberation, Meeting, MeetingPoint
from partnership.protocol_file import columns
from transparency.demonstration.story import Entry, Story, plain


def write_deliberation(story: Story, entry: Entry) -> Deliberation:
    """One resolution of a council, as it stands today. Its number says in which session, so it follows the day it was held."""
    party = story.parties[entry["party"]]
    held_on = story.day(entry["held_on"])
    return Deliberation.objects.create(
        party=party,
        regime=party.regime,
        held_on=held_on,
        number=held_on.strftime(entry["number"]),
        **plain(entry, "session", "approved", "votes_for", "votes_against", "abstentions", "supervision"),
        **columns("subject", entry["subject"]),
        **story.days(entry, "sent_on", "answered_on", "executory_on"),
    )


def write_meeting(story: Story, entry: Entry, decisions: Mapping[str, Decision]) -> Meeting:
    """A meeting with who was there and its points, each with the decision it led to."""
    meeting = Meeting.objects.create(
        protocol=story.protocol,
        held_on=story.day(entry["held_on"]),
        **{
            name: text for field in ("title", "place", "minutes") for name, text in columns(field, entry[field]).items()
        },
    )
    for each in entry["attendances"]:
        party = story.parties[each["party"]]
        Attendance.objects.create(meeting=meeting, party=party, **columns("function", each["function"]))
    for order, point in enumerate(entry["points"], 1):
        MeetingPoint.objects.create(
            meeting=meeting,
            order=order,
            decision=decisions[point["decision"]] if point["decision"] else None,
            **columns("title", point["title"]),
            **columns("outcome", point["outcome"]),
        )
    return meeting
