"""Inviting someone who was entered: by mail, with a link to hand on, or on a sheet of paper with a picture and a code."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, override
from django.views.decorators.debug import sensitive_variables

from partnership import invitations, languages, letters, links, permissions
from partnership.admin.scope import ScopedAdmin
from partnership.middleware import current
from partnership.models import Membership, User
from partnership.refusals import Refusal

WAYS = ("mail", "link", "paper")


def may_invite(request: HttpRequest, mandate: Membership) -> bool:
    """Whether the person may invite for a mandate, and for everything else its holder acts for: never to another's key [I2, I3]."""
    protocol = current(request)
    if protocol is None or not isinstance(request.user, User):
        return False
    moment, day = timezone.now(), timezone.localdate()
    if mandate.is_over(moment, day):
        return False
    keys = Membership.objects.holding_keys().filter(user=mandate.user_id).standing_at(moment, day)
    return all(
        each.protocol_id == protocol.pk and permissions.may(request.user, "invite", protocol, record=each)
        for each in [mandate, *keys]
    )


@sensitive_variables("issued")
def invite(admin: ScopedAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    """Offer the three ways, and take one. A link and its code are shown once; whoever needs them again makes new ones."""
    mandate: Membership = admin.get_object(request, pk)
    if not may_invite(request, mandate):
        raise Http404
    way = request.POST.get("way", "") if request.method == "POST" else ""
    if way not in WAYS:
        return _ways(admin, request, mandate)
    assert isinstance(request.user, User)
    try:
        issued = invitations.invite(mandate, by=request.user, by_mail=way == "mail")
    except Refusal as refusal:
        messages.error(request, refusal.messages[0])
        return redirect("admin:partnership_membership_change", mandate.pk)
    if way == "mail":
        messages.success(
            request, gettext("The invitation is on its way to %(address)s.") % {"address": issued.link.address}
        )
        return redirect("admin:partnership_membership_change", mandate.pk)
    if way == "paper":
        return _sheet(request, mandate, issued)
    return _ways(admin, request, mandate, issued)


def _ways(
    admin: ScopedAdmin, request: HttpRequest, mandate: Membership, issued: links.Issued | None = None
) -> HttpResponse:
    language = letters.language_of(mandate.user, languages.current())
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": gettext("Invite"),
        "mandate": mandate,
        "open": invitations.open_for(mandate.user, mandate.protocol),
        "issued": issued,
        "address": links.address_of(mandate.protocol, issued.secret, language) if issued else "",
        "code": links.in_groups(issued.code) if issued else "",
        "entrance": links.entrance_of(mandate.protocol, language),
    }
    return TemplateResponse(request, "admin/appointments/invite.html", context)


def _sheet(request: HttpRequest, mandate: Membership, issued: links.Issued) -> HttpResponse:
    """The sheet to print, in the language of whoever receives it."""
    reader = languages.current()
    language = letters.language_of(mandate.user, reader)
    address = links.address_of(mandate.protocol, issued.secret, language)
    context = {
        "mandate": mandate,
        "link": issued.link,
        "picture": links.picture(address),
        "code": links.in_groups(issued.code),
        "entrance": links.entrance_of(mandate.protocol, language),
        "reader": reader,
        "reader_direction": languages.direction(reader),
    }
    with override(language):
        return render(request, "admin/appointments/sheet.html", context)
