"""Who is told by mail what happened to a joint decision. Mails lie in the outbox from the moment the act is committed.

Each mail has a key made from the act and the mandate it reaches, so that telling twice makes no second mail. Acts of a story
that the demonstration tells afterwards mail nobody.
"""

from __future__ import annotations

import datetime
import logging
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override

from partnership import clock, decisions, equality, formats, languages, mandates, outbox, standing
from partnership.models import Decision, DecisionState, Membership, Message, Party, Protocol, Role, Signature

log = logging.getLogger(__name__)

TOLD = (Role.SIGNATORY, Role.COORDINATOR)
"""Whose mandates are told: whoever may propose and withdraw [I2]."""
REMIND_BEFORE = datetime.timedelta(days=7)
BETWEEN_LANGUAGES = "\n\n————\n\n"
WITHOUT_A_CHOICE = ("fr", "nl")
"""In which languages a mail is written for a person who has chosen none."""


@dataclass(frozen=True)
class Mail:
    """A mail in one language."""

    subject: str
    text: str


Words = Callable[[], Mail]
"""Writes a mail in the active language."""


def opened(decision: Decision) -> None:
    """Tell the signatories and coordinators of both communes that a decision awaits them."""
    _tell(decision.protocol, f"decision:{decision.pk}:opened", _parties(decision.protocol), lambda: _opened(decision))


def signed(decision: Decision) -> None:
    """Tell the commune whose answer is still missing what was answered meanwhile."""
    parties = _parties(decision.protocol)
    sides = standing.of(decision, parties)
    given = sum(len(side.signatures) for side in sides)
    key = f"decision:{decision.pk}:signed:{given}"
    _tell(decision.protocol, key, [side.party for side in sides if side.missing], lambda: _signed(decision))


def closed(decision: Decision) -> None:
    """Tell how a decision ended: both communes if it was adopted, refused or annulled, the other one if one withdrew it."""
    told = [party for party in _parties(decision.protocol) if party.pk != decision.withdrawn_by_id]
    _tell(decision.protocol, f"decision:{decision.pk}:{decision.state}", told, lambda: _closed(decision))


def left(protocol: Protocol, party: Party) -> None:
    """Tell both communes that one of them has left the protocol."""
    _tell(protocol, f"protocol:{protocol.pk}:left:{party.position}", _parties(protocol), lambda: _left(protocol, party))


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
    for party in standing.awaited(decision, _parties(decision.protocol)):
        today = timezone.localdate(now, zoneinfo.ZoneInfo(party.time_zone))
        mark = _mark(decision, today)
        if mark is not None:
            key = f"decision:{decision.pk}:deadline:{decision.deadline}:{mark}"
            written += _tell(decision.protocol, key, [party], partial(_reminder, decision, today))
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


def holders(protocol: Protocol, parties: Iterable[Party]) -> list[Membership]:
    """Who is told for these communes today: signatories and coordinators, and to whom the tasks of former ones passed; each person once."""
    found: dict[int, Membership] = {}
    for party in parties:
        running = {membership.pk: membership for membership in mandates.valid(protocol, party)}
        inherited = {mandates.tasks_reach(former).pk for former in _former(protocol, party)}
        for membership in running.values():
            if membership.role in TOLD or membership.pk in inherited:
                found.setdefault(membership.user_id, membership)
    return list(found.values())


def _former(protocol: Protocol, party: Party) -> Iterable[Membership]:
    rows = Membership.objects.for_protocol(protocol).filter(organisation=party.organisation_id, role__in=TOLD)
    over = Q(ends_on__lt=clock.today(protocol)) | Q(ceases_at__lte=clock.now(protocol))
    return rows.filter(over, successor__isnull=False).select_related("protocol", "successor__successor")


def _tell(protocol: Protocol, key: str, parties: Iterable[Party], words: Words) -> int:
    """Write the mails that are not written yet; returns how many."""
    if clock.tells_a_story(protocol):
        return 0
    told = {f"{key}:{membership.pk}": membership.user for membership in holders(protocol, parties)}
    for known in Message.objects.filter(key__in=told).values_list("key", flat=True):
        del told[known]
    letters: dict[str, Mail] = {}
    for each, person in told.items():
        if person.language not in letters:
            letters[person.language] = _written(person.language, words)
        _post(each, person.email, letters[person.language], protocol)
    return len(told)


def _post(key: str, address: str, letter: Mail, protocol: Protocol) -> None:
    try:
        outbox.post(key=key, recipient=address, subject=letter.subject, text=letter.text, protocol=protocol)
    except ValidationError:  # an act does not fail because somebody's address is wrong
        log.warning("mail %s not written: the address of this person is no e-mail address", key)


def _written(language: str, words: Words) -> Mail:
    parts = []
    for each in [language] if language else WITHOUT_A_CHOICE:
        with override(each):
            parts.append(words())
    return Mail(" · ".join(part.subject for part in parts), BETWEEN_LANGUAGES.join(part.text for part in parts))


# What -----------------------------------------------------------------------------------------------------------------


def _opened(decision: Decision) -> Mail:
    words = gettext("Decision %(number)s awaits both communes: %(title)s")
    return _of_decision("decision_awaits", "opened", decision, words)


def _signed(decision: Decision) -> Mail:
    last = decision.signatures.select_related("party__organisation").order_by("-pk")[0]
    words = gettext("Decision %(number)s still awaits an answer: %(title)s")
    return _of_decision("decision_awaits", "signed", decision, words, last=last)


def _reminder(decision: Decision, today: datetime.date) -> Mail:
    assert decision.deadline is not None
    days = (decision.deadline - today).days
    if days == 0:
        words = gettext("Decision %(number)s: its deadline is today – %(title)s")
    else:
        words = ngettext(
            "Decision %(number)s: its deadline is in %(days)s day – %(title)s",
            "Decision %(number)s: its deadline is in %(days)s days – %(title)s",
            days,
        )
    return _of_decision("decision_awaits", "deadline", decision, words, days=days)


def _closed(decision: Decision) -> Mail:
    words = {
        DecisionState.ADOPTED: gettext("Decision %(number)s is adopted: %(title)s"),
        DecisionState.REFUSED: gettext("Decision %(number)s is refused: %(title)s"),
        DecisionState.WITHDRAWN: gettext("Decision %(number)s is withdrawn: %(title)s"),
        DecisionState.ANNULLED: gettext("Decision %(number)s is without effect: %(title)s"),
    }
    refusal = next((one for one in _signatures(decision) if not one.approves), None)
    return _of_decision(
        "decision_ended", decision.state, decision, words[DecisionState(decision.state)], refusal=refusal
    )


def _signatures(decision: Decision) -> list[Signature]:
    return list(decision.signatures.select_related("party__organisation").order_by("pk"))


def _of_decision(template: str, event: str, decision: Decision, subject: str, **more: object) -> Mail:
    protocol, language = decision.protocol, languages.current()
    title = decisions.columns_by_language(decision, "title")[language]
    parties = equality.ordered(_parties(protocol), equality.Reader(language))
    named = {"number": _isolated(decision.number), "title": title, **more}
    context = {
        **more,
        "event": event,
        "decision": decision,
        "number": _isolated(decision.number),
        "sentence": decisions.columns_by_language(decision, "sentence")[language],
        "awaited": [str(party) for party in standing.awaited(decision, parties)],
        "deadline": formats.day(decision.deadline, language) if decision.deadline else "",
        "link": address(protocol, reverse("admin:decision_sign", args=[decision.pk])),
    }
    return _mail(template, protocol, subject % named, context)


def _left(protocol: Protocol, party: Party) -> Mail:
    language = languages.current()
    title = decisions.columns_by_language(protocol, "title")[language]
    subject = gettext("%(commune)s leaves the protocol: %(title)s") % {"commune": party, "title": title}
    link = address(protocol, reverse("admin:partnership_protocol_change", args=[protocol.pk]))
    return _mail("protocol_left", protocol, subject, {"commune": str(party), "title": title, "link": link})


def _mail(template: str, protocol: Protocol, subject: str, context: dict[str, object]) -> Mail:
    marked = f"{gettext('[Demonstration]')} {subject}" if protocol.is_demonstration else subject
    text = render_to_string(f"emails/{template}.txt", {**context, "demonstration": protocol.is_demonstration})
    return Mail(marked, text.strip())


def address(protocol: Protocol, path: str) -> str:
    """A page of the protocol as an address to follow from a mail: on its own host name, else the installation's."""
    site = urlsplit(settings.SITE_URL)
    if not protocol.hostname:
        return site._replace(path=path).geturl()
    port = f":{site.port}" if site.port else ""
    return site._replace(netloc=f"{protocol.hostname}{port}", path=path).geturl()


def _isolated(code: str) -> str:
    """A number within a sentence, from left to right in a right-to-left line too."""
    return f"\u2066{code}\u2069"
