"""The protocol itself: every clause with its number, in the language of the page, and the act as it stands."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from partnership import languages
from partnership.models import Clause, Domain, Objective, Principle, Protocol
from transparency.presentation import stars
from transparency.presentation.clauses import articles
from transparency.views.pages import parties_for_reader, public_page


@public_page
def protocol(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """Every clause, with the way to the projects that serve it."""
    language = languages.current()
    clauses = list(Clause.objects.for_protocol(protocol).order_by("order"))
    elements = {
        name: list(model.objects.for_protocol(protocol))
        for name, model in (("principle", Principle), ("objective", Objective), ("domain", Domain))
    }
    context = {
        "here": "protocol",
        "standing": stars.deciding(protocol, "ratify_protocol", parties_for_reader(protocol)),
        "articles": articles(clauses, elements),
        "original": "".join(clause.original for clause in clauses),
        "is_courtesy": language != protocol.source_language,
        "source_direction": languages.direction(protocol.source_language),
    }
    return render(request, "public/protocol.html", context)
