"""The projects: the list with its filters, and each project's page."""

from __future__ import annotations

import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluation.progress import states_by_project
from partnership import languages, parity
from partnership.models import Document, Protocol, PublishingState
from projects import timeline
from projects.models import (
    Activity,
    ActivityKind,
    BudgetLine,
    Convergence,
    Involvement,
    Project,
    ProjectState,
    Suspension,
    TrainingQuestion,
)
from projects.models.projects import ProjectQuerySet
from transparency import filters
from transparency.presentation import assessment, stars
from transparency.presentation.activities import activity_row, attendances, moments, with_parts
from transparency.presentation.money import large_amount, purse
from transparency.presentation.project import budget, commune_roles, duration, indicator_rows, partner_roles
from transparency.presentation.register import Words
from transparency.presentation.rows import project_rows
from transparency.views.errors import NotHere
from transparency.views.pages import parties_for_reader, public_page

PAGE_SIZE = 20


@public_page
def project_list(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The published projects that answer the filters of the address, twenty a page."""
    language = languages.current()
    published = Project.objects.for_protocol(protocol).published()
    in_state = dict(published.order_by().values_list("state").annotate(Count("pk")))
    known = filters.choices(protocol, published, in_state)
    selection = filters.read(request.GET, known)
    found = filters.in_order(filters.narrowed(published, selection, known, language), selection, language)
    page = _page(found, request.GET.get("page", "1"), selection)
    money = purse(protocol, language, timezone.localdate())
    decided = stars.of_projects(list(page.object_list), parties_for_reader(protocol))
    context = {
        "here": "projects",
        "decided": decided,
        "star_legend": stars.legend(one.star for one in decided.values()),
        "total": sum(in_state.values()),
        "selection": selection,
        "facets": filters.facets(published, selection, known, language),
        "chips": filters.chips(selection, known),
        "sorts": filters.SORTS,
        "page": page,
        "pages": _page_links(page, selection),
        "rows": project_rows(list(page.object_list), money, timezone.localdate(), languages.direction(language)),
        "share_address": request.build_absolute_uri(request.path + selection.address().removesuffix("?")),
        "rate": money.rate,
    }
    return render(request, "public/projects.html", context)


def _page(found: ProjectQuerySet, asked: str, selection: filters.Selection) -> Page[Project]:
    """The page asked for. Raises NotHere, with the way to the first page, for one that does not exist."""
    paginator = Paginator(found.with_row_facts().select_related("plan"), PAGE_SIZE)
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= paginator.num_pages):
        raise NotHere(
            _("This selection of projects has no page with that number."),
            address=reverse("projects") + selection.address().removesuffix("?"),
            way=_("To the first page of this selection"),
        )
    return paginator.page(int(asked))


def _page_links(page: Page[Project], selection: filters.Selection) -> list[tuple[str, str]]:
    """Numbers and addresses for going through the pages; an ellipsis has no address. Empty where there is one page."""
    if page.paginator.num_pages == 1:
        return []
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [(str(one), selection.address(page=one) if isinstance(one, int) else "") for one in numbers]


@public_page
def project_page(request: HttpRequest, protocol: Protocol, code: str) -> HttpResponse:
    """One project; a withdrawn one says since when, any other that is not published does not exist."""
    if code != code.upper():
        return HttpResponsePermanentRedirect(reverse("project", args=[code.upper()]))
    project = Project.objects.for_protocol(protocol).with_page_facts().filter(code=code).covered().first()
    if project is not None and project.publishing_state == PublishingState.WITHDRAWN:
        context = {"here": "projects", "code": project.code, "withdrawn_at": project.withdrawn_at}
        return render(request, "public/project_withdrawn.html", context, status=410)
    if project is None or not project.is_published:
        raise NotHere(
            gettext("No published project has the code %(code)s.") % {"code": f"\u2066{code[:40]}\u2069"},
            address=reverse("projects"),
            way=_("To all projects"),
        )
    return render(request, "public/project.html", _project_context(protocol, project, timezone.localdate()))


def _project_context(protocol: Protocol, project: Project, today: datetime.date) -> dict[str, object]:
    language = languages.current()
    direction = languages.direction(language)
    money = purse(protocol, language, today)
    lines = BudgetLine.objects.filter(project=project).covered().select_related("funder").order_by("year", "pk")
    sums = budget(list(lines), money, today, direction)
    return {
        "here": "projects",
        "project": project,
        "suspension": _suspension(project),
        "duration": duration(project),
        "decided": stars.of_projects([project], parties_for_reader(protocol))[project.pk],
        "today": today,
        "budget": sums,
        "planned_figure": large_amount(sums.planned.headline, language),
        "rate": money.rate,
        "currencies": (money.first, money.second),
        "indicators": indicator_rows(states_by_project([project.pk], today)[project.pk], direction),
        "documents": Document.objects.published().filter(projects=project),
        "matrix": assessment.matrix(project, parties_for_reader(protocol)),
        **_who_does_what(protocol, project),
        "convergences": _convergence(project),
        **_activities(project, direction, today),
    }


def _suspension(project: Project) -> tuple[Suspension, Words] | None:
    """Which commune stopped the project, when, and its words; None where it does not stand still. At most one query."""
    if project.state != ProjectState.SUSPENDED:
        return None
    found = project.suspensions.filter(resumed_on__isnull=True).select_related("party__organisation").first()
    return (found, Words(found.ground, found.language)) if found is not None else None


def _who_does_what(protocol: Protocol, project: Project) -> dict[str, object]:
    parties = parties_for_reader(protocol)
    involvements = list(Involvement.objects.published().filter(project=project).for_page())
    return {
        "commune_roles": commune_roles(parties, involvements),
        "partner_roles": partner_roles(parties, involvements),
    }


def _convergence(project: Project) -> list[Convergence]:
    """What others do, and how the project relates to it. Two queries."""
    rows = Convergence.objects.published().filter(project=project).select_related("initiative__actor")
    return list(rows.prefetch_related("initiative__territories__organisation").order_by("pk"))


def _activities(project: Project, direction: str, today: datetime.date) -> dict[str, object]:
    found = Activity.objects.published().filter(project=project).select_related("from_party__organisation")
    known = list(found.prefetch_related("counts").order_by("planned_start", "pk"))
    parts = _parts(known)
    rows = [with_parts(activity_row(one, direction), *parts[one.pk]) for one in known]
    for row in rows:
        row.activity.project = project  # its place may be sensitive; the project is here already
    return {
        "activities": rows,
        "moments": moments(project, rows),
        "plan": timeline.of_project(project, known, today, languages.current()),
        "attendances": attendances(rows),
        "trainings": [row for row in rows if row.activity.kind == ActivityKind.TRAINING],
        "exchanges": [row for row in rows if row.activity.kind == ActivityKind.EXCHANGE],
        "sharing": {row.activity.from_party_id for row in rows},
    }


def _parts(activities: list[Activity]) -> dict[int, tuple[list[TrainingQuestion], list[Involvement]]]:
    """Of each activity the questions whose text is whole, and the responsibilities the public may read. Three queries."""
    found: dict[int, tuple[list[TrainingQuestion], list[Involvement]]] = {one.pk: ([], []) for one in activities}
    whole = TrainingQuestion.objects.filter(parity.complete("question"), activity__in=found).covered()
    for question in whole.order_by("order", "pk"):
        found[question.activity_id][0].append(question)
    public = Involvement.objects.published().filter(training__in=found).select_related("organisation").distinct()
    involvements = {one.pk: one for one in public}
    for activity, involvement in Activity.prepares.through.objects.filter(
        activity__in=found, involvement__in=involvements
    ).values_list("activity", "involvement"):
        found[activity][1].append(involvements[involvement])
    return found
