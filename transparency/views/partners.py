"""Who takes part in the programme."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from partnership import languages
from partnership.models import Protocol
from projects.models import Involvement, Project
from transparency.presentation.money import purse
from transparency.presentation.partners import commune_shares, levels, partner_rows
from transparency.views.pages import parties_for_reader, public_page


@public_page
def partners(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The two communes side by side, then every organisation involved in a published project, by level."""
    language = languages.current()
    published = Project.objects.for_protocol(protocol).published()
    parties = parties_for_reader(protocol)
    involvements = list(Involvement.objects.published().for_protocol(protocol).for_page())
    rows = partner_rows(parties, involvements, language)
    body = protocol.programme_body_id
    money = purse(protocol, language, timezone.localdate())
    context = {
        "here": "partners",
        "shares": commune_shares(parties, published, involvements, money),
        "body_row": next((row for row in rows if row.organisation.pk == body), None),
        "levels": levels(row for row in rows if row.organisation.pk != body),
        "rate": money.rate,
    }
    return render(request, "public/partners.html", context)
