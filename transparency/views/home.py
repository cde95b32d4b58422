"""The first page, the choice of language, and whether the house stands."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override
from django.views.decorators.http import require_safe

from partnership import languages
from partnership.models import Party, Principle, ProgrammePhase, Protocol
from projects.models import Activity, Project
from projects.models.projects import ProjectQuerySet
from projects.money import Totals, grand_total, totals_by_year
from transparency.models import Report
from transparency.presentation import stars
from transparency.presentation.activities import activity_row
from transparency.presentation.money import Purse, large_amount, purse
from transparency.presentation.objectives import objectives
from transparency.presentation.project import Duration
from transparency.presentation.register import latest_decisions
from transparency.presentation.reports import period_blocks
from transparency.presentation.states import states
from transparency.presentation.years import year_rows
from transparency.views.pages import parties_for_reader, public_page

LATEST = 5
LATEST_DECISIONS = 5
MOST_STARS = 12


@require_safe
def choose_language(request: HttpRequest) -> HttpResponse:
    """To the home page in the browser's language; the switch there is equal for all three."""
    with override(get_language_from_request(request)):
        response = HttpResponseRedirect(reverse("home"))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@public_page
def home(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The programme at a glance."""
    today = timezone.localdate()
    language = languages.current()
    direction = languages.direction(language)
    published = Project.objects.for_protocol(protocol).published()
    activities = Activity.objects.published().for_protocol(protocol)
    phase = ProgrammePhase.objects.filter(protocol=protocol).order_by("-starts_on").first()
    latest = activities.latest_done()[:LATEST]
    reports = Report.objects.published().for_protocol(protocol).for_page()[:3]
    parties = parties_for_reader(protocol)
    starred = list(published.select_related("plan").latest_first()[:MOST_STARS])
    context = {
        "here": "home",
        "phase_years": Duration(phase.starts_on, phase.ends_on).years if phase else "",
        "states": states(_counts(published), direction),
        "done": activities.done().count(),
        "trained": activities.done().people_trained(),
        "objectives": objectives(protocol, published, today, direction),
        "activities": [activity_row(one, direction) for one in latest],
        "principle": Principle.objects.for_protocol(protocol).select_related("clause__parent").first(),
        "report_blocks": period_blocks(list(reports), parties)[:1],
        "standing": stars.deciding(protocol, "ratify_protocol", parties),
        "decisions": latest_decisions(protocol, parties, LATEST_DECISIONS),
        **_stars(starred, parties),
        **_money(published, purse(protocol, language, today), today, language),
    }
    return render(request, "public/home.html", context)


def _stars(projects: Sequence[Project], parties: Sequence[Party]) -> dict[str, object]:
    """Each project with the star of its decision, in the order of the codes, and what the stars mean."""
    decided = stars.of_projects(projects, parties)
    return {
        "starred": [(project, decided[project.pk]) for project in sorted(projects, key=lambda one: one.code)],
        "star_legend": stars.legend(one.star for one in decided.values()),
    }


def _counts(published: ProjectQuerySet) -> Mapping[str, int]:
    return dict(published.order_by().values_list("state").annotate(Count("pk")))


def _money(published: ProjectQuerySet, money: Purse, today: datetime.date, language: str) -> dict[str, object]:
    by_year = totals_by_year(published, today)
    whole: Totals = grand_total(by_year.values())
    planned = money.amount(whole, "planned").headline
    return {
        "rate": money.rate,
        "planned": planned,
        "total": (money.amount(whole, "planned"), money.amount(whole, "spent")),
        "planned_figure": large_amount(planned, language),
        "spent": money.amount(whole, "spent").headline,
        "share_spent": money.share_spent(whole),
        "years": year_rows(by_year, money),
        "currencies": (money.first, money.second),
    }
