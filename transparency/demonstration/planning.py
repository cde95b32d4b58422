"""What the demonstration's projects start from, and what others do beside them: needs, consultations with minutes, initiatives."""

from __future__ import annotations

from collections.abc import Mapping

from partnership.models.documents import DocumentKind
from partnership.protocol_file import columns
from projects.models import Consultation, Initiative, Need
from transparency.demonstration import scans
from transparency.demonstration.story import Entry, Story, plain, texts


def write(story: Story, entries: Entry, titles: Mapping[str, str]) -> None:
    """The needs that were voiced, the consultations before the plan, the initiatives of others; nobody has recorded or examined one yet."""
    for entry in entries["needs"]:
        _need(story, entry)
    for entry in entries["consultations"]:
        _consultation(story, entry, titles)
    for entry in entries["initiatives"]:
        _initiative(story, entry)


def _need(story: Story, entry: Entry) -> None:
    need = Need.objects.create(
        protocol=story.protocol,
        code=entry["code"],
        **texts(entry, "title", "description", "territory", "voiced_by"),
        **story.days(entry, "voiced_on"),
    )
    need.organisations.set(story.organisations[key] for key in entry["organisations"])


def _consultation(story: Story, entry: Entry, titles: Mapping[str, str]) -> None:
    """Its minutes are kept by the commune in which it took place."""
    owner = story.organisations[entry["minutes_of"]]
    named = {language: title % {"code": entry["code"]} for language, title in titles.items()}
    line = f"{entry['code']}  {story.day(entry['held_on']).isoformat()}"
    consultation = Consultation.objects.create(
        protocol=story.protocol,
        plan=story.plan,
        minutes=scans.attach(story, owner, named, line, public=True, kind=DocumentKind.MINUTES),
        **plain(entry, "code", "with_partners", "with_citizens", "women", "men", "youth"),
        **texts(entry, "title", "place", "with_whom", "said", "done_with"),
        **story.days(entry, "held_on"),
    )
    consultation.organisations.set(story.organisations[key] for key in entry["organisations"])
    consultation.needs.set(story.protocol.needs.filter(code__in=entry["needs"]))


def _initiative(story: Story, entry: Entry) -> None:
    initiative = Initiative.objects.create(
        protocol=story.protocol,
        actor=story.organisation(entry["actor"]),
        **plain(entry, "level", "dac_sector"),
        **columns("title", entry["title"]),
        **columns("description", entry["description"]),
        **story.days(entry, "starts_on", "ends_on"),
    )
    initiative.territories.set(story.parties[key] for key in entry["territories"])
    story.initiatives[entry["key"]] = initiative
