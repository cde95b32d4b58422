"""Under which mandate someone acts for a commune [I3]."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partnership import clock, decisions
from partnership.decisions import Texts
from partnership.models import Decision, Membership, Organisation, Party, Protocol, Role, User
from partnership.refusals import Refusal


class NotASignatory(Refusal):
    """The mandate does not let its holder sign this decision."""


def valid(protocol: Protocol, party: Party) -> Iterable[Membership]:
    """The mandates of a commune that run now, by the date at the commune's own place."""
    moment = clock.now(protocol)
    rows = Membership.objects.for_protocol(protocol).filter(organisation=party.organisation_id)
    return rows.valid_at(moment, day_in(party, moment)).select_related("user", "organisation")


def day_in(party: Party, moment: datetime.datetime) -> datetime.date:
    """The date at a commune's own place: its mandates begin and end at midnight there."""
    return timezone.localdate(moment, zoneinfo.ZoneInfo(party.time_zone))


def party_of(membership: Membership) -> Party | None:
    """The commune a mandate acts for; None for an organisation that is no party."""
    return membership.protocol.parties.filter(organisation=membership.organisation_id).first()


def is_valid(membership: Membership) -> bool:
    """Whether a mandate of a commune can be used now: within its dates, in effect, of a person who may sign in."""
    party = party_of(membership)
    return party is not None and any(each.pk == membership.pk for each in valid(membership.protocol, party))


def held_by(
    person: AbstractBaseUser | AnonymousUser, protocol: Protocol, *roles: Role
) -> list[tuple[Membership, Party]]:
    """The valid mandates a person holds for a commune of the protocol in one of these roles, with the commune."""
    if not person.is_authenticated:
        return []
    return [
        (membership, party)
        for party in protocol.parties.select_related("organisation")
        for membership in valid(protocol, party)
        if membership.user_id == person.pk and (not roles or membership.role in roles)
    ]


def tasks_reach(membership: Membership) -> Membership:
    """Who carries a mandate's tasks now: itself, or the last successor once it has ended."""
    moment = clock.now(membership.protocol)
    return membership.holder_on(timezone.localdate(moment), moment)


def passed_on(decision: Decision) -> Membership | None:
    """The mandate that carries a decision opened before by its predecessor; None while whoever opened it still does."""
    holder = tasks_reach(decision.opened_by)
    return None if holder.pk == decision.opened_by_id else holder


def refuse_stand_in(mandate: Membership, other: Membership) -> None:
    """Raises Refusal unless one mandate can be another's deputy or successor: same role for the same organisation, not over."""
    places = [(each.protocol_id, each.organisation_id, each.role) for each in (mandate, other)]
    if mandate.pk == other.pk or places[0] != places[1]:
        raise Refusal(
            _("A deputy or successor is another mandate of the same organisation, in the same role."), code="stand-in"
        )
    moment = clock.now(mandate.protocol)
    if other.is_over(moment, timezone.localdate(moment)):
        raise Refusal(_("This mandate is over; choose one that runs or is still to begin."), code="stand-in")


def commune_names(organisation: Organisation) -> dict[str, str]:
    """An organisation's name by language, as the register writes it."""
    return decisions.columns_by_language(organisation, "name")


def acting_for(by: Membership, protocol: Protocol, roles: frozenset[Role]) -> Party:
    """The commune a mandate acts for. Raises NotASignatory unless it is a valid one of a commune, in one of these roles."""
    membership = Membership.objects.select_related("protocol", "organisation").get(pk=by.pk)
    party = party_of(membership)
    if membership.protocol_id != protocol.pk or party is None:
        raise NotASignatory(
            _("Only someone who acts for one of the two communes of this protocol decides here."), code="I3"
        )
    if membership.role not in roles:
        named = ", ".join(str(role.label) for role in Role if role in roles)
        raise NotASignatory(
            _("This takes a mandate as: %(roles)s. Yours is: %(role)s."),
            code="I3",
            params={"roles": named, "role": membership.get_role_display()},
        )
    if not is_valid(membership):
        raise NotASignatory(
            _("Your mandate is not in effect today. Your commune’s coordinator can see its dates."), code="I3"
        )
    return party


def function_of(membership: Membership) -> Texts:
    """A mandate's function by language, as it stands under a signature; the role where no function is entered."""
    roles = decisions.in_languages(lambda: str(Role(membership.role).label))
    entered = decisions.columns_by_language(membership, "function")
    return {language: entered[language] or roles[language] for language in settings.REQUIRED_LANGUAGES}


def communes_of_people(protocol: Protocol | None, people: Iterable[User]) -> dict[int, Party]:
    """The commune for which each of these people holds or held a mandate, by the person's key; others are left out. Two queries."""
    if protocol is None:
        return {}
    by_organisation = {party.organisation_id: party for party in protocol.parties.select_related("organisation")}
    held = Membership.objects.for_protocol(protocol).filter(user__in=list(people), organisation__in=by_organisation)
    return {mandate.user_id: by_organisation[mandate.organisation_id] for mandate in held}
