"""What still stands between a joint diagnosis and its decision [I5], and the rules of the four outcomes (clause F1.3) [I6]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from partnership import parity
from partnership.models import Party, TextState
from partnership.refusals import Refusal
from projects import converging, who_does_what
from projects.models import CELLS, Effect, Impact, Outcome, PriorAssessment, Project, ProjectState, View

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Blocker:
    """One condition of the decision: the rule with the words that name what is missing, where to mend it, whether it is fulfilled."""

    refusal: Refusal
    url: str
    done: bool
    only_to_execute: bool = False
    """Whether a project can still be modified, cancelled or replaced without it."""


@dataclass(frozen=True)
class _Reading:
    """A diagnosis with everything its conditions ask about, read once."""

    assessment: PriorAssessment
    project: Project
    cells: list[Impact]
    parties: list[Party]

    @property
    def grid(self) -> str:
        """The page of the 24 cells."""
        return reverse("admin:assessment", args=[self.assessment.pk])

    def cell(self, impact: Impact) -> str:
        """The place of one cell on it."""
        return f"{self.grid}?cell={impact.slug}"

    @property
    def head(self) -> str:
        """The form of what stands above the cells."""
        return reverse("admin:projects_priorassessment_change", args=[self.assessment.pk])

    def form(self, anchor: str) -> str:
        """A place on the project's form."""
        return f"{reverse('admin:projects_project_change', args=[self.project.pk])}#{anchor}"


def blockers(assessment: PriorAssessment) -> list[Blocker]:
    """Every condition of the decision, those that are fulfilled too, in the order in which one works. Some fifteen queries."""
    cells = list(assessment.impacts.prefetch_related("mitigations", "views__party__organisation").order_by("pk"))
    parties = list(assessment.protocol.parties.select_related("organisation").order_by("position"))
    read = _Reading(assessment, assessment.project, cells, parties)
    return [*_of_the_head(read), *_of_the_cells(read), *_of_the_project(read), *_of_the_others(read)]


def _blocker(
    words: StrOrPromise, url: str, *, done: bool, code: str = "I5", execute: bool = False, **params: Any
) -> Blocker:
    return Blocker(Refusal(words, code=code, params=params), url, done, execute)


def _of_the_head(read: _Reading) -> Iterator[Blocker]:
    assessment = read.assessment
    yield _blocker(
        _("The diagnosis starts from a need that was voiced. Choose it."),
        read.head,
        done=assessment.need_id is not None,
    )
    gaps = parity.missing(assessment)
    yield _blocker(
        _("Context, alternatives and future generations are answered in Arabic, French and Dutch."),
        read.head,
        done=not gaps,
        code="I10",
    )
    took_part = set(assessment.participants.values_list("organisation", flat=True))
    for party in read.parties:
        yield _blocker(
            _("Someone of %(commune)s took part. Enter them by their function."),
            f"{read.head}#participants-group",
            done=party.organisation_id in took_part,
            commune=str(party),
        )


def _of_the_cells(read: _Reading) -> Iterator[Blocker]:
    open_cells = [cell for cell in read.cells if not cell.is_answered]
    missing = len(CELLS) - len(read.cells) + len(open_cells)
    yield _blocker(
        ngettext_lazy("%(count)s cell without an answer.", "%(count)s cells without an answer.", "count")
        if missing
        else _("All 24 cells are answered."),
        read.cell(open_cells[0]) if open_cells else read.grid,
        done=not missing,
        count=missing,
    )
    unexplained = [cell for cell in read.cells if cell.lacks_reason()]
    yield _blocker(
        ngettext_lazy(
            "%(count)s effect does not say why in the three languages.",
            "%(count)s effects do not say why in the three languages.",
            "count",
        )
        if unexplained
        else _("Every effect says why in the three languages."),
        read.cell(unexplained[0]) if unexplained else read.grid,
        done=not unexplained,
        code="I10",
        count=len(unexplained),
    )
    yield from _unmitigated(read)
    yield from _disputed(read)


def _unmitigated(read: _Reading) -> Iterator[Blocker]:
    lacking = [cell for cell in read.cells if cell.effect == Effect.NEGATIVE and not _is_mitigated(cell)]
    for cell in lacking:
        yield _blocker(
            _(
                "%(cell)s: a negative effect without a complete mitigation. "
                "Each has a measure, who answers for it, until when, and what remains."
            ),
            read.cell(cell),
            done=False,
            execute=True,
            cell=str(cell),
        )
    if not lacking:
        yield _blocker(
            _("Every negative effect has a mitigation with someone responsible."), read.grid, done=True, execute=True
        )


def _is_mitigated(cell: Impact) -> bool:
    return any(
        one.responsible_id is not None and one.due is not None and not parity.missing(one, ["measure", "remains"])
        for one in cell.mitigations.all()
    )


def _disputed(read: _Reading) -> Iterator[Blocker]:
    for cell in read.cells:
        for view in cell.views.all():
            if view.view == View.DISPUTED:
                yield _blocker(
                    _("%(cell)s: %(commune)s disputes it. Change the cell together, or agree."),
                    read.cell(cell),
                    done=False,
                    code="I2",
                    execute=True,
                    cell=str(cell),
                    commune=str(view.party),
                )


def _of_the_project(read: _Reading) -> Iterator[Blocker]:
    project = read.project
    yield _blocker(
        _("At least one objective of the protocol."), read.form("id_objectives"), done=project.objectives.exists()
    )
    yield _blocker(_("At least one domain of the protocol."), read.form("id_domains"), done=project.domains.exists())
    yield _blocker(
        _("At least one international commitment (clause Z)."), read.form("id_goals"), done=project.goals.exists()
    )
    law = read.form("id_competence")
    yield _blocker(_("Whose competence it falls under is stated."), law, done=bool(project.competence))
    yield _blocker(_("The legal basis is stated in the three languages."), law, done=_stands(project, "legal_basis"))
    yield _blocker(
        _("The line of the communal action plan (PAC) it serves is stated in the three languages, or why none."),
        law,
        done=_stands(project, "pac_line") or _stands(project, "no_pac_reason"),
    )


def _stands(record: Any, field: str) -> bool:
    """Whether a text stands in every required language."""
    return all(parity.has_text(getattr(record, parity.column(field, code))) for code in ("ar", "fr", "nl"))


def _of_the_others(read: _Reading) -> Iterator[Blocker]:
    lacks_partner = who_does_what.third_partner_missing(read.project)
    yield _blocker(
        _(
            "Somebody beside the two communes takes part in design or delivery, or the project says why nobody (clause F2.1)."
        ),
        read.form("involvements-group"),
        done=not lacks_partner,
    )
    against = converging.against(read.project)
    url = reverse("admin:converging", args=[read.project.pk])
    for refusal in against:
        yield Blocker(refusal, url, done=False)
    if not against:
        yield _blocker(_("What others do in the same territory is examined (clause F4.1)."), url, done=True)
    stale = TextState.objects.under(read.assessment).stale().count()
    if stale:
        yield _blocker(
            ngettext_lazy(
                "%(count)s text follows an earlier source. Translate what changed, or say that it is still right.",
                "%(count)s texts follow an earlier source. Translate what changed, or say that they are still right.",
                "count",
            ),
            reverse(
                "admin:translate",
                kwargs={"app_label": "projects", "model_name": "priorassessment", "key": read.assessment.pk},
            ),
            done=False,
            code="I10",
            count=stale,
        )


def against(assessment: PriorAssessment, terms: dict[str, Any] | Any) -> list[Refusal]:
    """Every rule against deciding on a diagnosis with this outcome; without terms, those that stand whatever the outcome."""
    outcome = terms.get("outcome")
    refusals = [
        each.refusal
        for each in blockers(assessment)
        if not each.done and (outcome == Outcome.EXECUTE or not each.only_to_execute)
    ]
    return [*_against_state(assessment), *refusals, *(_against_replacing(assessment, terms) if outcome else ())]


def _against_state(assessment: PriorAssessment) -> Iterable[Refusal]:
    if assessment.outcome:
        yield Refusal(
            _("This version is decided: %(outcome)s. Begin the next version first."),
            code="I6",
            params={"outcome": assessment.get_outcome_display()},
        )
    if assessment.project.state in {ProjectState.CANCELLED, ProjectState.REPLACED, ProjectState.CLOSED}:
        yield Refusal(
            _("The project is over: %(state)s. That is final."),
            code="I6",
            params={"state": assessment.project.get_state_display()},
        )


def replacements_for(project: Project) -> Any:
    """The projects that may replace one: of the same protocol, not over, replacing nothing yet, and no loop back to it."""
    over = [ProjectState.CANCELLED, ProjectState.REPLACED, ProjectState.CLOSED]
    rows = Project.objects.for_protocol(project.protocol).exclude(state__in=over)
    return (
        rows.filter(Q(replaces__isnull=True) | Q(replaces=project))
        .exclude(pk__in=_replaced_by(project))
        .order_by("code")
    )


def _replaced_by(project: Project) -> list[int]:
    """The project itself and all that it replaced, one after the other."""
    chain, here = [project.pk], project
    while here.replaces is not None and here.replaces_id not in chain:
        here = here.replaces
        chain.append(here.pk)
    return chain


def _against_replacing(assessment: PriorAssessment, terms: Any) -> Iterable[Refusal]:
    code = terms.get("replaced_by", "")
    if terms["outcome"] != Outcome.REPLACE:
        return
    if not code or not replacements_for(assessment.project).filter(code=code).exists():
        yield Refusal(
            _(
                "“Replace” names the project that replaces this one: another of the protocol, not over, and replacing no other."
            ),
            code="replaced_by",
        )
