"""What awaits a person, as each floor says it: one Task for each thing that somebody must do. config/desk.py gathers them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, decisions, formats, languages, mandates, permissions, standing, translation_queue
from partnership.models import (
    Decision,
    DecisionState,
    LinkPurpose,
    Membership,
    Party,
    PersonalLink,
    Protocol,
    User,
)
from partnership.models.people import Role
from partnership.rights import Mandate, Who
from partnership.standing import Standing
from partnership.templatetags import words
from partnership.translation_queue import Entry

SHOWN_IN_A_GROUP = 12
"""So many tasks of a kind stand on the start page."""
MANDATE_NOTICE = datetime.timedelta(days=60)
LATELY = datetime.timedelta(days=30)
"""For how long the start page tells how a decision ended."""


@dataclass(frozen=True)
class Group:
    """A heading under which tasks stand. The icon is a symbol of static/img/icons.svg."""

    code: str
    label: str | Promise
    icon: str


SIGN = Group("sign", _("To sign"), "pen")
ASSESS = Group("assess", _("To assess"), "shield")
LATE = Group("late", _("Late"), "clock")
CHECK = Group("check", _("To check"), "check")
MEASURE = Group("measure", _("To measure"), "measure")
COMPLETE = Group("complete", _("To complete"), "pen")
TRANSLATE = Group("translate", _("To translate"), "translate")
SEND = Group("send", _("To send"), "mail")
RENEW = Group("renew", _("To renew"), "person")
GROUPS = (SIGN, ASSESS, LATE, CHECK, MEASURE, COMPLETE, TRANSLATE, SEND, RENEW)


@dataclass(frozen=True)
class Half:
    """What one commune has done about a task that takes both, in a word or two."""

    done: bool
    state: str


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, until when, and the address where it is done."""

    group: Group
    subject: str
    reason: str
    url: str
    action: str
    code: str = ""
    due: datetime.date | None = None
    late: bool = False
    missing: tuple[str, ...] = ()
    """Languages whose text is missing (ar, fr, nl)."""
    stale: tuple[str, ...] = ()
    """Languages whose text follows an earlier source."""
    halves: Mapping[int, Half] = field(default_factory=dict)
    """By the party's place in the act's title; empty where the task does not take both communes."""
    awaits: int | None = None
    """The place of the only party that can do it; None for either."""
    signs: bool = False
    """Whether it awaits the person's own signature: the only thing a filled button stands for."""
    opened_before: bool = False
    """Whether it was begun before the person's time, or by whoever passed it on."""
    further: int = 0
    """How many more like it stand on a page of their own, and were not read for the start page."""


def change_url(record: Model, anchor: str = "") -> str:
    """The address of a record's form in the admin, at a field."""
    url = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
    return f"{url}#{anchor}" if anchor else url


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Decisions to sign, texts to translate, mandates about to end, and invitations that nobody has accepted yet.

    Four queries for the decisions, five and one for each kind of record for the texts, and three for the mandates and invitations.
    """
    found = _decisions(user, protocol, today)
    if permissions.may(user, "change", protocol):
        found += [
            *_texts_to_translate(user, protocol, today),
            *_mandates_to_renew(protocol, today),
            *_invitations_open(user, protocol, today),
        ]
    return found


# Decisions ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Signer:
    """The person whose start page it is, before the decisions of a protocol."""

    user: User
    mandates: tuple[Mandate, ...]
    came_on: datetime.date | None
    today: datetime.date

    def is_asked(self, decision: Decision, missing: Iterable[Party]) -> bool:
        """Whether an answer that is missing is one that this person may give."""
        who = Who(decisions.kind(decision.kind).signed_by)
        organisations = {party.organisation_id for party in missing}
        return any(mandate.who == who and mandate.organisation in organisations for mandate in self.mandates)


def _decisions(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Open decisions, for whoever signs or coordinates; a signatory sees which of them await their own signature."""
    if not permissions.roles(user, protocol) & {Role.SIGNATORY, Role.COORDINATOR}:
        return []
    parties = list(protocol.parties.select_related("organisation"))
    signer = _Signer(user, permissions.standing(user, protocol), came_on(user, protocol), today)
    return [_signature(decision, standing.of(decision, parties), signer) for decision in _open(protocol)]


def _open(protocol: Protocol) -> QuerySet[Decision]:
    rows = Decision.objects.for_protocol(protocol).open().with_signatures()
    return rows.select_related(
        "opened_by__organisation", "opened_by__protocol", "opened_by__successor__successor"
    ).order_by("deadline", "opened_at", "pk")


def _signature(decision: Decision, sides: list[Standing], signer: _Signer) -> Task:
    missing = [side.party for side in sides if side.missing]
    has_signed = any(one.person_id == signer.user.pk for side in sides for one in side.signatures)
    signs = signer.is_asked(decision, missing) and not has_signed
    return Task(
        group=SIGN,
        subject=words.text(decision, "title"),
        code=decision.number,
        reason=_so_far(decision, sides),
        url=reverse("admin:decision_sign", args=[decision.pk]),
        action=gettext("Read and sign") if signs else gettext("Read"),
        due=decision.deadline,
        late=decision.deadline is not None and decision.deadline < signer.today,
        halves={side.party.position: Half(side.has_answered, side.word) for side in sides},
        awaits=missing[0].position if len(missing) == 1 else None,
        signs=signs,
        opened_before=opened_before(decision, signer.came_on),
    )


def _so_far(decision: Decision, sides: Iterable[Standing]) -> SafeString:
    """What kind of decision it is, what happened to it last, and the beginning of its digest."""
    given = [one for side in sides for one in side.signatures]
    last = max(given, key=lambda one: one.signed_at, default=None)
    told = gettext("signed by %(commune)s on %(day)s") if last else gettext("proposed by %(commune)s on %(day)s")
    who, moment = (last.party, last.signed_at) if last else (decision.opened_by.organisation, decision.opened_at)
    happened = told % {"commune": who, "day": formats.day(timezone.localdate(moment), languages.current())}
    label = capfirst(str(decisions.label_of(decision.kind)))
    return format_html('{} · {} · <bdi dir="ltr" class="code">{}</bdi>', label, happened, decision.digest[:8])


def opened_before(decision: Decision, came_on: datetime.date | None) -> bool:
    """Whether a decision was opened by someone whose mandate has passed on, or before a person who came on a day."""
    if mandates.passed_on(decision) is not None:
        return True
    return came_on is not None and timezone.localdate(decision.opened_at) < came_on


def came_on(user: User, protocol: Protocol) -> datetime.date | None:
    """The first day of a person's first mandate in a protocol; None where they never had one."""
    mine = Membership.objects.for_protocol(protocol).filter(user=user).order_by("starts_on")
    return mine.values_list("starts_on", flat=True).first()


def next_to_sign(user: User, protocol: Protocol, today: datetime.date) -> Task | None:
    """The most urgent decision that awaits a person's own signature."""
    return next((task for task in _decisions(user, protocol, today) if task.signs), None)


@dataclass(frozen=True)
class Ended:
    """A decision that is closed, for the start page: how it ended and which commune ended it."""

    decision: Decision
    ended_by: Party | None

    @property
    def tone(self) -> str:
        """How the word is shown: good, bad or plain."""
        bad = {DecisionState.REFUSED, DecisionState.ANNULLED}
        return (
            "good" if self.decision.state == DecisionState.ADOPTED else "bad" if self.decision.state in bad else "plain"
        )


def ended_lately(protocol: Protocol, moment: datetime.datetime, at_most: int = 6) -> list[Ended]:
    """The decisions that ended in the last weeks, newest first. Two queries."""
    rows = (
        Decision.objects.for_protocol(protocol).exclude(state=DecisionState.OPEN).filter(closed_at__gte=moment - LATELY)
    )
    recent = rows.with_signatures().select_related("withdrawn_by__organisation").order_by("-closed_at", "-pk")[:at_most]
    return [Ended(decision, decision.withdrawn_by or _refused_by(decision)) for decision in recent]


def _refused_by(decision: Decision) -> Party | None:
    return next((one.party for one in decision.signatures.all() if not one.approves), None)


# Texts and mandates ---------------------------------------------------------------------------------------------------


def _texts_to_translate(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """The records whose texts have waited longest; the last one says how many more stand in the queue, which are not read."""
    found = translation_queue.by_record(translation_queue.waiting(user, protocol))
    entries = translation_queue.entries(found[:SHOWN_IN_A_GROUP], protocol)
    further = found.count() - len(entries) if len(entries) == SHOWN_IN_A_GROUP else 0
    tasks = [_translation(entry, today) for entry in entries]
    return [*tasks[:-1], replace(tasks[-1], further=further)] if tasks else []


def _translation(entry: Entry, today: datetime.date) -> Task:
    texts = ngettext("%(count)s translation", "%(count)s translations", entry.texts) % {"count": entry.texts}
    return Task(
        group=TRANSLATE,
        subject=entry.title,
        code=entry.code,
        reason=f"{entry.kind} · {texts}",
        missing=tuple(entry.missing),
        stale=tuple(entry.stale),
        url=entry.url,
        action=gettext("Translate"),
        due=entry.due,
        late=entry.is_late(today),
    )


def _standing(protocol: Protocol, today: datetime.date) -> QuerySet[Any]:
    """Mandates that are not over, each with the place of its commune in the act's title; None for one of a partner."""
    own = Party.objects.filter(protocol=OuterRef("protocol"), organisation=OuterRef("organisation"))
    rows = Membership.objects.for_protocol(protocol).standing_at(clock.now(protocol), today)
    return rows.annotate(place=Subquery(own.values("position")[:1])).select_related("user", "organisation")


def _mandates_to_renew(protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    """Mandates that end within the notice, by their last day or by an act, and have no successor yet."""
    soon = Q(ends_on__lte=today + MANDATE_NOTICE) | Q(ceases_at__isnull=False)
    ending = _standing(protocol, today).filter(soon, successor__isnull=True)
    for mandate in ending.order_by("ends_on", "ceases_at", "pk"):
        last_day = min(filter(None, (mandate.ends_on, mandate.ceases_at and timezone.localdate(mandate.ceases_at))))
        days = (last_day - today).days
        yield Task(
            group=RENEW,
            subject=f"{mandate.get_role_display()} · {mandate.organisation}",
            reason=ngettext(
                "The mandate of %(person)s ends in %(count)s day and has no successor.",
                "The mandate of %(person)s ends in %(count)s days and has no successor.",
                days,
            )
            % {"person": mandate.user, "count": days},
            due=last_day,
            url=change_url(mandate, "id_successor"),
            action=gettext("Open the mandate"),
            awaits=mandate.place,
        )


def _invitations_open(user: User, protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    """People who were given a mandate and have not chosen a password yet, for whoever can invite them again. Two queries."""
    if not permissions.may(user, "invite", protocol, Membership._meta.label_lower):
        return
    rows = _standing(protocol, today)
    new = {
        mandate.user_id: mandate
        for mandate in rows.filter(user__is_active=True, user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
        if permissions.may(user, "invite", protocol, record=mandate)
    }
    invited = PersonalLink.objects.about(LinkPurpose.INVITATION, *(mandate.user for mandate in new.values()))
    until = {int(link.object_id): timezone.localdate(link.expires_at) for link in invited.usable(clock.now(protocol))}
    for mandate in new.values():
        expires_on = until.get(mandate.user_id)
        yield Task(
            group=RENEW,
            subject=f"{mandate.user} · {mandate.organisation}",
            reason=gettext("Invited, and has not chosen a password yet.")
            if expires_on
            else gettext("Has not chosen a password; no invitation is open any more."),
            due=expires_on,
            url=reverse("admin:partnership_membership_invitation", args=[mandate.pk]),
            action=gettext("Invite again") if expires_on else gettext("Invite"),
            awaits=mandate.place,
        )
