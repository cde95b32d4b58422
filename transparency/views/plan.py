"""The joint action plan."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from partnership import languages
from partnership.models import Domain, Objective, Protocol, PublishingState
from projects.models import ActionPlan, Project
from projects.money import totals_by_project
from transparency.presentation import stars
from transparency.presentation.money import purse
from transparency.presentation.plan import domain_groups
from transparency.views.pages import parties_for_reader, public_page


@public_page
def action_plan(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The latest published plan with its projects by domain, earlier ones by name; where the only one was withdrawn, since when."""
    plans = list(ActionPlan.objects.for_protocol(protocol).published().order_by("-starts_on", "-pk"))
    objectives = list(Objective.objects.for_protocol(protocol))
    context: dict[str, object] = {"here": "action-plan", "plan": None, "objectives": objectives}
    if plans:
        today = timezone.localdate()
        projects = list(Project.objects.published().of_plan(plans[0]))
        totals = totals_by_project([project.pk for project in projects], today)
        money = purse(protocol, languages.current(), today)
        domains = list(Domain.objects.for_protocol(protocol))
        context |= {
            "plan": plans[0],
            "decided": stars.deciding(plans[0], "adopt_plan", parties_for_reader(protocol)),
            "others": plans[1:],
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
