"""The pages on which something decided together is taken back: an open decision is withdrawn, a commune leaves the protocol."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import accounts, agreement, clock, signing, standing
from partnership.deciding_forms import LeavingForm, WithdrawalForm
from partnership.models import Decision, Deliberation, Protocol
from partnership.opening_page import REFUSED, errors_of, mandates_for, parties_of, protocol_of
from partnership.refusals import Refusal

KEPT = "leaving"
"""Where the session keeps what was typed to leave, while the person shows the second factor."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of taking back, for the admin site."""
    return [
        path("decisions/<int:pk>/withdraw/", site.admin_view(partial(withdraw, site)), name="decision_withdraw"),
        path("decisions/leave/", site.admin_view(partial(leave, site)), name="protocol_leave"),
    ]


# Withdrawing ----------------------------------------------------------------------------------------------------------


def withdraw(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a withdrawal does, ask why, and withdraw an open decision."""
    mandates = mandates_for(request, "propose")
    protocol = protocol_of(request)
    decision = Decision.objects.for_protocol(protocol).with_signatures().filter(pk=pk).first()
    if decision is None:
        raise Http404
    if not decision.is_open:
        messages.info(
            request, gettext("This decision is closed already: %(state)s.") % {"state": decision.get_state_display()}
        )
        return HttpResponseRedirect(reverse("admin:partnership_decision_change", args=[pk]))
    form = WithdrawalForm(request.POST if request.method == "POST" else None, mandates=mandates)
    if request.method == "POST" and form.is_valid() and _withdrawn(decision, form):
        messages.success(
            request, gettext("The decision is withdrawn. The other commune is told by mail, with your reason.")
        )
        return HttpResponseRedirect(reverse("admin:partnership_decision_change", args=[pk]))
    context = {
        **site.each_context(request),
        "title": _("Withdraw to edit"),
        "subtitle": f"\u2066{decision.number}\u2069 {decision.title}",
        "decision": decision,
        "sides": standing.of(decision, parties_of(protocol)),
        "form": form,
        "errors": list(errors_of(form)),
    }
    return TemplateResponse(request, "admin/decision_withdraw.html", context, status=REFUSED if form.is_bound else 200)


def _withdrawn(decision: Decision, form: WithdrawalForm) -> bool:
    words, language = form.cleaned_data["words"], form.cleaned_data["language"]
    try:
        signing.withdraw(decision.pk, by=form.by, reason=words, language=language)
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


# Leaving --------------------------------------------------------------------------------------------------------------


def leave(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """A commune leaves the protocol on its council's resolution. Its signatory shows the second factor again, as to sign."""
    protocol = protocol_of(request)
    form = _leaving_form(request, protocol)
    if request.method == "POST" and form.is_valid():
        if not accounts.second_factor_is_fresh(request):
            request.session[KEPT] = {name: form.data.get(name, "") for name in form.fields}
            return HttpResponseRedirect(accounts.second_factor_url(request, request.path))
        if _left(protocol, form):
            request.session.pop(KEPT, None)
            messages.success(
                request, gettext("Your commune leaves the protocol, which is closing. The register says so.")
            )
            return HttpResponseRedirect(reverse("admin:partnership_protocol_change", args=[protocol.pk]))
    context = {
        **site.each_context(request),
        "title": _("Leave the protocol"),
        "subtitle": protocol.title,
        "leaving": [party for party in parties_of(protocol) if party.organisation_id in _own(form)],
        "form": form,
        "errors": list(errors_of(form)),
    }
    return TemplateResponse(request, "admin/protocol_leave.html", context, status=REFUSED if form.is_bound else 200)


def _leaving_form(request: HttpRequest, protocol: Protocol) -> LeavingForm:
    mandates = mandates_for(request, "leave", protocol)
    own = protocol.parties.filter(organisation__in=[mandate.organisation_id for mandate in mandates])
    resolutions = Deliberation.objects.filter(party__in=own, approved=True).executory_on(clock.today(protocol))
    return LeavingForm(
        request.POST if request.method == "POST" else None,
        initial=request.session.get(KEPT),
        mandates=mandates,
        deliberations=resolutions.select_related("party__organisation"),
    )


def _own(form: LeavingForm) -> set[int]:
    return {mandate.organisation_id for mandate in form.mandates.values()}


def _left(protocol: Protocol, form: LeavingForm) -> bool:
    typed = form.cleaned_data
    try:
        agreement.leave(
            Protocol.objects.get(pk=protocol.pk),  # the request's own is lazy
            by=form.by,
            deliberation=typed["deliberation"],
            ground=typed["words"],
            language=typed["language"],
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True
