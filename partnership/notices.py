"""Who is told by mail what happened to a joint decision. Mails lie in the outbox from the moment the act is committed.

Each mail has a key made from the act and the mandate it reaches, so that telling twice makes no second mail. Acts of a story
that the demonstration tells afterwards mail nobody.
"""

from __future__ import annotations

import datetime
import logging
import zoneinfo
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from partnership import clock, decisions, equality, formats, history, letters, mandates, standing
from partnership.models import Decision, Hiding, Membership, Message, Party, Protocol, Role

log = logging.getLogger(__name__)

TOLD = (Role.SIGNATORY, Role.COORDINATOR)
"""Whose mandates are told: whoever may propose and withdraw [I2]."""
REMIND_BEFORE = datetime.timedelta(days=7)
Words = Callable[[str], Mapping[str, Any]]
"""What a letter says, by language."""


def opened(decision: Decision) -> None:
    """Tell the signatories and coordinators of both communes that a decision awaits them."""
    parties = _parties(decision.protocol)
    words = _words(decision, parties, event="opened")
    _tell(decision.protocol, f"decision:{decision.pk}:opened", parties, "decision_awaits", words)


def signed(decision: Decision) -> None:
    """Tell the commune whose answer is still missing what was answered meanwhile."""
    parties = _parties(decision.protocol)
    given = list(decision.signatures.select_related("party__organisation").order_by("pk"))
    words = _words(decision, parties, event="signed", last=given[-1])
    key = f"decision:{decision.pk}:signed:{len(given)}"
    _tell(decision.protocol, key, standing.awaited(decision, parties), "decision_awaits", words)


def closed(decision: Decision) -> None:
    """Tell how a decision ended: both communes if it was adopted, refused or annulled, the other one if one withdrew it."""
    parties = _parties(decision.protocol)
    given = decision.signatures.select_related("party__organisation").order_by("pk")
    refusal = next((one for one in given if not one.approves), None)
    words = _words(decision, parties, event=decision.state, refusal=refusal)
    told = [party for party in parties if party.pk != decision.withdrawn_by_id]
    _tell(decision.protocol, f"decision:{decision.pk}:{decision.state}", told, "decision_ended", words)


def left(protocol: Protocol, party: Party) -> None:
    """Tell both communes that one of them has left the protocol."""

    def words(language: str) -> Mapping[str, Any]:
        page = reverse("admin:partnership_protocol_change", args=[protocol.pk])
        title = decisions.columns_by_language(protocol, "title")[language]
        return {"commune": party, "title": title, "link": address(protocol, page)}

    _tell(protocol, f"protocol:{protocol.pk}:left:{party.position}", _parties(protocol), "protocol_left", words)


def suspended(suspension: Any) -> None:
    """Tell both communes that one of them has suspended a project: the other did not have to be asked [I2]."""
    project = suspension.project

    def words(language: str) -> Mapping[str, Any]:
        page = reverse("admin:projects_project_change", args=[project.pk])
        title = decisions.columns_by_language(project, "title")[language]
        return {
            "commune": suspension.party,
            "code": project.code,
            "title": title,
            "ground": suspension.ground,
            "link": address(project.protocol, page),
        }

    key = f"project:{project.pk}:suspended:{suspension.pk}"
    _tell(project.protocol, key, _parties(project.protocol), "project_suspended", words)


def hidden(hiding: Hiding, record: Any, by: Membership) -> None:
    """Tell the other commune's coordinators that a text is hidden from the public, or shown again: it did not have to be asked."""
    others = [party for party in _parties(hiding.protocol) if party.organisation_id != by.organisation_id]
    page = reverse("admin:hiding", args=[*_hiding_place(record)])

    def words(language: str) -> Mapping[str, Any]:
        return {
            "hiding": hiding,
            "is_shown": hiding.lifted_at is not None,
            "commune": by.organisation,
            "name": str(record),
            "kind": str(record._meta.verbose_name),
            "field": str(record._meta.get_field(hiding.field).verbose_name),
            "link": address(hiding.protocol, page),
        }

    event = "shown" if hiding.lifted_at is not None else "hidden"
    _tell(hiding.protocol, f"hiding:{hiding.pk}:{event}", others, "text_hidden", words, roles=(Role.COORDINATOR,))


def _hiding_place(record: Any) -> tuple[str, str]:
    """The record on whose page a text is shown again: what a part hangs under."""
    root = history.root_of(record)
    return root.model._meta.label_lower, str(root.key)


# Deadlines ------------------------------------------------------------------------------------------------------------


def remind_due(now: datetime.datetime) -> int:
    """Remind, a week before a deadline and on its day, the communes whose answer is missing; returns how many mails were written.

    Once for each person, however often it is called. The deadline ends where the commune is, and decides nothing.
    """
    nearing = (
        now.date() + REMIND_BEFORE + datetime.timedelta(days=1)
    )  # a day more: somewhere it may be tomorrow already
    rows = Decision.objects.open().filter(deadline__range=(now.date() - datetime.timedelta(days=1), nearing))
    return sum(_remind(decision, now) for decision in rows.with_signatures().select_related("protocol"))


def _remind(decision: Decision, now: datetime.datetime) -> int:
    written = 0
    parties = _parties(decision.protocol)
    for party in standing.awaited(decision, parties):
        today = timezone.localdate(now, zoneinfo.ZoneInfo(party.time_zone))
        mark = _mark(decision, today)
        if mark is not None and decision.deadline is not None:
            key = f"decision:{decision.pk}:deadline:{decision.deadline}:{mark}"
            words = _words(decision, parties, event="deadline", days=(decision.deadline - today).days)
            written += _tell(decision.protocol, key, [party], "decision_awaits", words)
    return written


def _mark(decision: Decision, today: datetime.date) -> int | None:
    """How many days before the deadline the reminder that is due belongs; None where the opening itself said it recently."""
    assert decision.deadline is not None
    opened_on = timezone.localdate(decision.opened_at)
    for days in (0, REMIND_BEFORE.days):
        begins = decision.deadline - datetime.timedelta(days=days)
        if begins <= today <= decision.deadline:
            return days if opened_on < begins else None
    return None


# Whom -----------------------------------------------------------------------------------------------------------------


def _parties(protocol: Protocol) -> list[Party]:
    return list(protocol.parties.select_related("organisation"))


def holders(protocol: Protocol, parties: Iterable[Party], roles: Collection[Role] = TOLD) -> list[Membership]:
    """Who is told for these communes today: in these roles, and to whom the tasks of former ones passed; each person once."""
    found: dict[int, Membership] = {}
    for party in parties:
        running = {membership.pk: membership for membership in mandates.valid(protocol, party)}
        inherited = {mandates.tasks_reach(former).pk for former in _former(protocol, party, roles)}
        for membership in running.values():
            if membership.role in roles or membership.pk in inherited:
                found.setdefault(membership.user_id, membership)
    return list(found.values())


def _former(protocol: Protocol, party: Party, roles: Collection[Role]) -> Iterable[Membership]:
    rows = Membership.objects.for_protocol(protocol).filter(organisation=party.organisation_id, role__in=roles)
    over = Q(ends_on__lt=clock.today(protocol)) | Q(ceases_at__lte=clock.now(protocol))
    return rows.filter(over, successor__isnull=False).select_related("protocol", "successor__successor")


def _tell(
    protocol: Protocol,
    key: str,
    parties: Iterable[Party],
    template: str,
    words: Words,
    roles: Collection[Role] = TOLD,
) -> int:
    """Write the letters that are not written yet; returns how many."""
    if clock.tells_a_story(protocol):
        return 0
    told = {f"{key}:{membership.pk}": membership for membership in holders(protocol, parties, roles)}
    for known in Message.objects.filter(key__in=told).values_list("key", flat=True):
        del told[known]
    for each, membership in told.items():
        try:
            letters.post(template, membership.user, key=each, protocol=protocol, context=words)
        except ValidationError:  # an act does not fail because somebody's address is wrong
            log.warning("mail %s not written: the address of this person is no e-mail address", each)
    return len(told)


# What -----------------------------------------------------------------------------------------------------------------


def _words(decision: Decision, parties: list[Party], **more: Any) -> Words:
    """What every letter about a decision says, and more. The database is asked here, once, not for each reader."""
    awaited = standing.awaited(decision, parties)
    return partial(_in_language, decision, awaited, more)


def _in_language(decision: Decision, awaited: list[Party], more: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    page = reverse("admin:decision_sign", args=[decision.pk])
    return {
        **more,
        "decision": decision,
        "number": f"\u2066{decision.number}\u2069",
        "title": decisions.columns_by_language(decision, "title")[language],
        "sentence": decisions.columns_by_language(decision, "sentence")[language],
        "awaited": equality.ordered(awaited, equality.Reader(language)),
        "deadline": formats.day(decision.deadline, language) if decision.deadline else "",
        "link": address(decision.protocol, page),
    }


def address(protocol: Protocol, page: str) -> str:
    """A page of the protocol as an address to follow from a mail: on its own host name, else the installation's."""
    site = urlsplit(settings.SITE_URL)
    if not protocol.hostname:
        return site._replace(path=page).geturl()
    port = f":{site.port}" if site.port else ""
    return site._replace(netloc=f"{protocol.hostname}{port}", path=page).geturl()
