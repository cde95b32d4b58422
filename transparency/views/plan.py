"""The joint action plan."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from partnership import languages
from partnership.models import Protocol, PublishingState
from projects import coverage
from projects.models import ActionPlan, Project
from projects.money import totals_by_project
from transparency.presentation import stars
from transparency.presentation.consultations import of_plans, rows_of
from transparency.presentation.money import purse
from transparency.presentation.plan import domain_groups
from transparency.views.pages import parties_for_reader, public_page


@public_page
def action_plan(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The latest published plan of a whole period with its projects by domain, the plans of its years and its consultations.

    Other plans stand by name; where the only one was withdrawn, the page says since when.
    """
    every = list(ActionPlan.objects.for_protocol(protocol).published().order_by("-starts_on", "-pk"))
    plans = [plan for plan in every if not plan.is_of_a_year] or every
    context: dict[str, object] = {"here": "action-plan", "plan": None}
    if plans:
        today = timezone.localdate()
        projects = list(Project.objects.published().of_plan(plans[0]).prefetch_related("principles"))
        years = [plan for plan in reversed(every) if plan.within_id == plans[0].pk]
        decided = stars.deciding_each([plans[0], *years], "adopt_plan", parties_for_reader(protocol))
        totals = totals_by_project([project.pk for project in projects], today)
        money = purse(protocol, languages.current(), today)
        parts = coverage.parts(protocol, projects)
        objectives, domains = ([row.element for row in part.rows] for part in parts[1:])
        context |= {
            "plan": plans[0],
            "decided": decided[plans[0].pk],
            "years": [(year, decided[year.pk]) for year in years],
            "others": [plan for plan in every if plan.pk != plans[0].pk and plan not in years],
            "consultations": rows_of(of_plans([plans[0], *years]), today),
            "objectives": objectives,
            "parts": parts,
            "count": len(projects),
            "groups": domain_groups(domains, objectives, projects, totals, money),
            "rate": money.rate,
            "currencies": (money.first, money.second),
        }
    elif (gone := _last_withdrawn(protocol)) is not None:
        context = {"here": "action-plan", "withdrawn_at": gone.withdrawn_at}
        return render(request, "public/plan_withdrawn.html", context, status=410)
    return render(request, "public/action_plan.html", context)


def _last_withdrawn(protocol: Protocol) -> ActionPlan | None:
    """The plan that was withdrawn last; None where none was ever public."""
    withdrawn = ActionPlan.objects.for_protocol(protocol).filter(publishing_state=PublishingState.WITHDRAWN)
    return withdrawn.order_by("-withdrawn_at").first()
