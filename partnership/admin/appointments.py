"""The pages on which a commune's coordinator appoints, ends, resets and calls off. To everyone else they do not exist.

The rules stand in partnership/appointing.py, partnership/resetting.py and partnership/handing_over.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from partnership import accounts, appointing, clock, handing_over, languages, mandates, notices, permissions, resetting
from partnership.admin import invitations
from partnership.admin.appointment_forms import ActForm, AppointForm, EndForm, HandOverForm
from partnership.admin.scope import ScopedAdmin
from partnership.middleware import current
from partnership.models import APPOINTED, Membership, Party, Role, SecondFactorReset, User
from partnership.refusals import reason

OPENING, SENDING = datetime.timedelta(minutes=15), datetime.timedelta(hours=1)
"""How lately the second factor was shown when such a page is opened, and when it is sent."""


# Who may ------------------------------------------------------------------------------------------------------------


def coordinator(request: HttpRequest) -> tuple[Membership, Party]:
    """The mandate under which the person gives and takes keys. Raises Http404 for everyone else, the administrator too [I3]."""
    protocol = current(request)
    if protocol is not None and permissions.may(request.user, "appoint", protocol, Membership._meta.label_lower):
        for mandate, party in mandates.held_by(request.user, protocol, Role.COORDINATOR):
            if not mandate.user.is_superuser:
                return mandate, party
    raise Http404


def own_mandate(admin: ScopedAdmin, request: HttpRequest, pk: str, party: Party) -> Membership:
    """A mandate of the coordinator's own commune. Raises Http404."""
    mandate: Membership = admin.get_object(request, pk)
    if mandate.organisation_id != party.organisation_id:
        raise Http404
    return mandate


def may_appoint(request: HttpRequest, organisation: int | None = None) -> bool:
    """Whether to show the person the way to these pages: for their own commune's mandates."""
    try:
        _mandate, party = coordinator(request)
    except Http404:
        return False
    return organisation is None or organisation == party.organisation_id


def _asked_again(request: HttpRequest) -> HttpResponse | None:
    """To the second factor, for who opens a page without having shown it lately."""
    if request.method == "POST" or accounts.second_factor_is_fresh(request, OPENING):
        return None
    return HttpResponseRedirect(accounts.second_factor_url(request, request.get_full_path()))


# The pages ----------------------------------------------------------------------------------------------------------


def appoint(admin: ScopedAdmin, request: HttpRequest) -> HttpResponse:
    """Appoint a signatory or a coordinator of one's own commune."""
    by, party = coordinator(request)
    if (away := _asked_again(request)) is not None:
        return away
    form = AppointForm(*_given(request), party=party)
    done = _act(request, form, lambda: appointing.appoint(form.appointment(), by=by, act=form.act))
    if done is not None:
        return _told(request, done, gettext("The appointment is entered. Both communes are told."))
    return _page(admin, request, "appoint", gettext("Appoint a signatory or coordinator"), form, party)


def end(admin: ScopedAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    """End a mandate: a key on the commune's act and a day from now, any other with a last day."""
    if (away := _asked_again(request)) is not None:
        return away
    protocol = current(request)
    mandate: Membership = admin.get_object(request, pk)
    if mandate.role not in APPOINTED or protocol is None or mandates.party_of(mandate) is None:
        return _hand_over(admin, request, mandate)
    by, party = coordinator(request)
    mandate = own_mandate(admin, request, pk, party)
    form = EndForm(*_given(request), party=party, mandate=mandate)
    done = _act(
        request,
        form,
        lambda: appointing.end_mandate(mandate, by=by, act=form.act, successor=form.cleaned_data["successor"]),
    )
    if done is not None:
        return _told(request, done, gettext("The end of this mandate is entered. Both communes are told."))
    return _page(admin, request, "end", gettext("End this mandate"), form, party, mandate)


def _hand_over(admin: ScopedAdmin, request: HttpRequest, mandate: Membership) -> HttpResponse:
    if not admin.has_change_permission(request, mandate):
        raise Http404
    rows = Membership.objects.for_protocol(mandate.protocol).filter(
        organisation=mandate.organisation, role=mandate.role
    )
    today = timezone.localdate()
    candidates = rows.standing_at(timezone.now(), today).exclude(pk=mandate.pk).select_related("user")
    form = HandOverForm(*_given(request)[:1], candidates=candidates, today=today)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        done = _tried(
            form, lambda: handing_over.hand_over(mandate, last_day=typed["last_day"], successor=typed["successor"])
        )
        if done is not None:
            return _told(request, done, gettext("The last day of this mandate is entered."))
    return _page(admin, request, "hand_over", gettext("End this mandate"), form, mandates.party_of(mandate), mandate)


def reset(admin: ScopedAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    """Ask that the second factor of a signatory or coordinator be taken away; of anyone else, take it away at once."""
    if (away := _asked_again(request)) is not None:
        return away
    mandate: Membership = admin.get_object(request, pk)
    if not holds_keys(mandate.user):
        return _reset_at_once(admin, request, mandate)
    by, party = coordinator(request)
    mandate = own_mandate(admin, request, pk, party)
    form = ActForm(*_given(request), party=party)
    done = _act(request, form, lambda: resetting.ask_for_reset(mandate, by=by, act=form.act))
    if done is not None:
        return _told(request, mandate, gettext("The reset is entered. Both communes are told."))
    return _page(admin, request, "reset", gettext("Reset the second factor"), form, party, mandate)


def _reset_at_once(admin: ScopedAdmin, request: HttpRequest, mandate: Membership) -> HttpResponse:
    protocol = current(request)
    if protocol is None or not permissions.may(request.user, "change", protocol, record=mandate.user):
        raise Http404
    if request.method == "POST":
        accounts.reset_second_factor(mandate.user)
        return _told(
            request, mandate, gettext("The second factor is taken away. At the next sign-in a new one is set up.")
        )
    return _page(admin, request, "reset_at_once", gettext("Reset the second factor"), None, None, mandate)


def call_off(admin: ScopedAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    """Undo what was entered for a key and has not taken effect yet."""
    protocol = current(request)
    mandate: Membership = admin.get_object(request, pk)
    pending = pending_reset(mandate)
    if protocol is not None and pending is not None and mandate.user_id == request.user.pk:
        by, party = mandate, mandates.party_of(mandate)
    else:
        by, party = coordinator(request)
        mandate = own_mandate(admin, request, pk, party)
    if request.method == "POST":
        return _called_off(request, mandate, pending if "reset" in request.POST else None, by)
    shown = {"calls_off_mandate": by.role == Role.COORDINATOR and appointing.is_pending(mandate)}
    title = gettext("Call off what has not taken effect")
    return _page(admin, request, "call_off", title, None, party, mandate, **shown)


def _called_off(
    request: HttpRequest, mandate: Membership, pending: SecondFactorReset | None, by: Membership
) -> HttpResponse:
    try:
        if pending is not None:
            resetting.call_off_reset(pending, by=by)
        else:
            appointing.call_off(mandate, by=by)
    except ValidationError as refusal:
        for error in refusal.error_list:
            messages.error(request, reason(error))
        return _to(mandate)
    return _told(request, mandate, gettext("It is called off. Both communes are told."))


# What they share ----------------------------------------------------------------------------------------------------


def holds_keys(person: User) -> bool:
    """Whether a person holds, or will hold, a key of any commune."""
    rows = Membership.objects.holding_keys().filter(user=person)
    return rows.standing_at(timezone.now(), timezone.localdate()).exists()


def may_reset(request: HttpRequest, mandate: Membership) -> bool:
    """Whether to show the person the way to resetting the second factor of whoever holds a mandate."""
    if not accounts.factors(mandate.user):
        return False
    if holds_keys(mandate.user):
        return mandate.role in APPOINTED and may_appoint(request, mandate.organisation_id)
    protocol = current(request)
    return protocol is not None and permissions.may(request.user, "change", protocol, record=mandate.user)


def pending_reset(mandate: Membership) -> SecondFactorReset | None:
    """The reset of this person's second factor that is still to happen."""
    return SecondFactorReset.objects.pending().filter(membership=mandate).select_related("membership").first()


def acts_on(admin: ScopedAdmin, request: HttpRequest, mandate: Membership) -> list[tuple[str, str]]:
    """What this person can do with a mandate as it stands: the address of each act's page, and its name."""
    moment = timezone.now()
    if mandate.is_over(moment, timezone.localdate()):
        return []
    awaited = mandate.effective_at is not None and mandate.effective_at > moment
    found = []
    if not mandate.user.has_usable_password() and invitations.may_invite(request, mandate):
        found.append(("invitation", gettext("Invite")))
    if _may_call_off(request, mandate, awaited=awaited):
        found.append(("call_off", gettext("Call off")))
    if may_reset(request, mandate) and pending_reset(mandate) is None:
        found.append(("second_factor", gettext("Reset the second factor")))
    if not awaited and mandate.ceases_at is None and _may_end(admin, request, mandate):
        found.append(("end", gettext("End this mandate")))
    return [(reverse(f"admin:partnership_membership_{name}", args=[mandate.pk]), words) for name, words in found]


def _may_call_off(request: HttpRequest, mandate: Membership, *, awaited: bool) -> bool:
    reset = pending_reset(mandate)
    if reset is not None and mandate.user_id == request.user.pk:
        return True
    pending = awaited or mandate.ceases_at is not None or reset is not None
    return pending and may_appoint(request, mandate.organisation_id)


def _may_end(admin: ScopedAdmin, request: HttpRequest, mandate: Membership) -> bool:
    if mandate.role in APPOINTED and mandates.party_of(mandate) is not None:
        return may_appoint(request, mandate.organisation_id)
    return admin.has_change_permission(request, mandate)


def _given(request: HttpRequest) -> tuple[Any, ...]:
    return (request.POST, request.FILES) if request.method == "POST" else ()


STALE = gettext_lazy(
    "You showed your second factor more than an hour ago. Show it again in another tab, then send this page once more; "
    "what you typed stands below."
)


def _act(request: HttpRequest, form: ActForm, done: Callable[[], Any]) -> Any | None:
    """What the act made; None where nothing was sent or a rule refused, which then stands on the form."""
    if request.method != "POST":
        return None
    valid = form.is_valid()
    form.keep_file()
    if not accounts.second_factor_is_fresh(request, SENDING):
        form.add_error(None, ValidationError(STALE, code="second_factor"))
        return None
    return _tried(form, done) if valid else None


def _tried(form: Any, done: Callable[[], Any]) -> Any | None:
    try:
        with transaction.atomic():
            return done()
    except ValidationError as refusal:
        found = refusal.error_list if hasattr(refusal, "error_list") else ValidationError(refusal.messages).error_list
        form.add_error(None, [ValidationError(reason(error)) for error in found])
        return None


def _told(request: HttpRequest, mandate: Membership, words: str) -> HttpResponse:
    messages.success(request, words)
    return _to(mandate)


def _to(mandate: Membership) -> HttpResponse:
    return redirect("admin:partnership_membership_change", mandate.pk)


def _page(
    admin: ScopedAdmin,
    request: HttpRequest,
    page: str,
    title: str,
    form: Any,
    party: Party | None,
    mandate: Membership | None = None,
    **shown: Any,
) -> HttpResponse:
    refused = form is not None and bool(form.errors)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "form": form,
        "party": party,
        "mandate": mandate,
        "refused": refused,
        "list_url": reverse("admin:partnership_membership_changelist"),
        **(_what_happens(party) if party is not None else {}),
        **(_what_passes(mandate) if mandate is not None else {}),
        **shown,
    }
    return TemplateResponse(request, f"admin/appointments/{page}.html", context, status=422 if refused else 200)


def _what_happens(party: Party) -> dict[str, Any]:
    """When it takes effect, and how many people of both communes are told."""
    parties = list(party.protocol.parties.select_related("organisation"))
    return {
        "takes_effect_at": clock.now(party.protocol) + appointing.DELAY,
        "told": len(notices.holders(party.protocol, parties)),
    }


def _what_passes(mandate: Membership) -> dict[str, Any]:
    """What passes on when a mandate ends, and what is still to happen to it."""
    return {
        "decisions": handing_over.open_decisions(mandate),
        "pending_reset": pending_reset(mandate),
        "function_here": mandates.function_of(mandate)[languages.current()],
    }
