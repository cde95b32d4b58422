"""Inviting people to the staff pages: there is no open sign-up, whoever is entered is invited once and chooses a password."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import clock, letters, links
from partnership.links import Issued, LinkClosed
from partnership.models import LinkPurpose, Membership, PersonalLink, Protocol, User
from partnership.refusals import Refusal

PURPOSE = LinkPurpose.INVITATION


@transaction.atomic
def invite(mandate: Membership, *, by: User | None, by_mail: bool) -> Issued:
    """Make an invitation for the person who holds a mandate; an earlier one closes. By mail, it lies in the outbox.

    Who may ask for it is the caller's rule. Raises Refusal for someone who has chosen a password already.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=mandate.user_id)
    if person.has_usable_password():
        raise Refusal(
            _("This person has chosen a password already. A forgotten one is renewed from the sign-in page."),
            code="invitation",
        )
    links.revoke(PURPOSE, person)
    issued = links.issue(
        PURPOSE,
        person,
        protocol=mandate.protocol,
        organisation=mandate.organisation,
        address=person.email,
        by=by,
    )
    if by_mail:
        letters.post(
            "invitation",
            person,
            key=f"invitation:{issued.link.pk}",
            protocol=mandate.protocol,
            context=lambda language: {
                "mandate": mandate,
                "address": links.address_of(mandate.protocol, issued.secret, language),
                "expires_at": issued.link.expires_at,
            },
        )
    return issued


def invite_newcomer(mandate: Membership, *, by: User | None) -> Issued | None:
    """Invite by mail whoever was just given a mandate, unless they have a password or an invitation that still opens.

    Nobody is invited for a story that the demonstration tells.
    """
    known = mandate.user.has_usable_password() or open_for(mandate.user, mandate.protocol) is not None
    if known or clock.tells_a_story(mandate.protocol):
        return None
    return invite(mandate, by=by, by_mail=True)


def open_for(person: User, protocol: Protocol) -> PersonalLink | None:
    """The person's invitation that still opens."""
    return PersonalLink.objects.about(PURPOSE, person).usable(clock.now(protocol)).first()


def mandate_of(link: PersonalLink) -> Membership:
    """The mandate for which an invitation stands. Raises LinkClosed where there is none any more, or the person needs none."""
    held = Membership.objects.for_protocol(link.protocol).filter(
        user__pk=link.object_id, user__is_active=True, organisation=link.organisation
    )
    standing = held.standing_at(clock.now(link.protocol), clock.today(link.protocol))
    mandate = standing.select_related("user", "organisation").order_by("pk").first()
    if mandate is None or mandate.user.has_usable_password():
        raise LinkClosed
    return mandate


@transaction.atomic
def accept(link: PersonalLink, *, password: str) -> User:
    """Use an invitation: the person has this password from now on. Raises LinkClosed, or ValidationError for a weak password."""
    used = links.use(link)
    person = User.objects.select_for_update(no_key=True).get(pk=mandate_of(used).user_id)
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    return person
