"""Consultations of partners and citizens: the list, and each one's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership.models import Protocol, PublishingState
from projects.models import Consultation
from transparency.presentation.consultations import published, row_of, rows_of, with_what_is_shown
from transparency.views.errors import NotHere
from transparency.views.pages import public_page


@public_page
def consultation_list(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """Every published consultation, the latest first."""
    rows = rows_of(published(protocol), timezone.localdate())
    return render(request, "public/consultations.html", {"here": "consultations", "rows": rows})


@public_page
def consultation_page(request: HttpRequest, protocol: Protocol, code: str) -> HttpResponse:
    """One consultation; a withdrawn one says since when, any other that is not published does not exist."""
    if code != code.upper():
        return HttpResponsePermanentRedirect(reverse("consultation", args=[code.upper()]))
    rows = with_what_is_shown(Consultation.objects.for_protocol(protocol))
    found = rows.covered().filter(code=code).first()
    if found is not None and found.publishing_state == PublishingState.WITHDRAWN:
        context = {"here": "consultations", "code": found.code, "withdrawn_at": found.withdrawn_at}
        return render(request, "public/consultation_withdrawn.html", context, status=410)
    if found is None or not found.is_published:
        raise NotHere(
            gettext("No published consultation has the code %(code)s.") % {"code": f"\u2066{code[:40]}\u2069"},
            address=reverse("consultations"),
            way=_("To all consultations"),
        )
    row = row_of(found, timezone.localdate())
    return render(request, "public/consultation.html", {"here": "consultations", "row": row, "consultation": found})
