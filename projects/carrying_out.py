"""The rules of carrying an activity out: dates, postponing, training, exchange, counts, and what lies outside the assessment.

One function says what stands against an activity as it is about to be; forms and imports ask it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages, parity
from partnership.refusals import Refusal, Refusals
from projects.models import (
    Activity,
    ActivityKind,
    ActivityState,
    Impact,
    Involvement,
    Outcome,
    ParticipantCount,
    Project,
    ProjectState,
    TrainingQuestion,
)

BEGUN = frozenset({ActivityState.UNDER_WAY, ActivityState.DONE})
CARRIED_OUT_IN = frozenset({ProjectState.UNDER_WAY, ProjectState.COMPLETED})
"""The states of a project in which activities begin: not before the decision, not while it stands still [I5, I2]."""
TENTH = Decimal("0.1")
Against = dict[str, list[Refusal]]
"""Refusals by the name of the field that meets them."""


def against(
    activity: Activity,
    *,
    cells: Collection[Impact] | None = None,
    prepares: Collection[Involvement] | None = None,
    says: Callable[[str], bool] | None = None,
) -> Against:
    """Every rule that stands against an activity as it is about to be written.

    `cells` and `prepares` are what is about to be linked, None for what is; `says` tells of a text whether it was typed in any language.
    """
    if cells is None:
        cells = list(activity.changes.select_related("assessment")) if activity.pk else []
    if prepares is None:
        prepares = list(activity.prepares.all()) if activity.pk else []
    spoken = says or (lambda name: has_text(activity, name))
    found: Against = {}
    for name, refusal in (
        *_against_dates(activity),
        *_against_silence(activity, spoken),
        *_against_links(activity, cells, prepares),
        *_against_beginning(activity, cells),
    ):
        found.setdefault(name, []).append(refusal)
    return found


def check(activity: Activity) -> None:
    """Raises Refusals where a rule stands against the activity; for imports, whose rows have no form."""
    found = [refusal for refusals in against(activity).values() for refusal in refusals]
    if found:
        raise Refusals(found)


def has_text(record: Activity, name: str) -> bool:
    """Whether a translated text stands in any of the three languages."""
    return any(parity.has_text(getattr(record, parity.column(name, code))) for code in settings.REQUIRED_LANGUAGES)


def has_begun(activity: Activity) -> bool:
    """Whether it is said to have begun."""
    return activity.state in BEGUN or activity.actual_start is not None


# Dates ----------------------------------------------------------------------------------------------------------------


def _against_dates(activity: Activity) -> Iterable[tuple[str, Refusal]]:
    """Planned days lie within the project's, or where it has none within its plan's; asked when they are written, not ever after."""
    days: dict[str, datetime.date] = {"planned_start": activity.planned_start, "planned_end": activity.planned_end}
    if all(activity.remembered.get(name) == day for name, day in (*days.items(), ("project_id", activity.project_id))):
        return
    project = activity.project
    first = project.planned_start or (project.plan.starts_on if project.plan else None)
    last = project.planned_end or (project.plan.ends_on if project.plan else None)
    for name, day in days.items():
        if (first and day < first) or (last and day > last):
            words = {
                which: formats.day(edge, languages.current()) if edge else "…"
                for which, edge in (("first", first), ("last", last))
            }
            yield (
                name,
                Refusal(
                    _(
                        "This day lies outside the project, which runs from %(first)s to %(last)s as both communes planned it. "
                        "Choose a day within, or change the project’s dates first."
                    ),
                    code="plan",
                    params=dict(words),
                ),
            )


def against_project_dates(project: Project) -> Against:
    """A project's planned days lie within its plan's, unless it was carried over to another phase; asked when they are written."""
    days = {"planned_start": project.planned_start, "planned_end": project.planned_end}
    written = (*days.items(), ("plan_id", project.plan_id))
    plan = project.plan
    if plan is None or project.carried_from_id or all(project.remembered.get(name) == day for name, day in written):
        return {}
    words = {
        "first": formats.day(plan.starts_on, languages.current()),
        "last": formats.day(plan.ends_on, languages.current()),
    }
    return {
        name: [
            Refusal(
                _(
                    "This day lies outside the joint action plan, which runs from %(first)s to %(last)s. Choose a day within, or put "
                    "the project into another plan."
                ),
                code="plan",
                params=dict(words),
            )
        ]
        for name, day in days.items()
        if day is not None and not plan.starts_on <= day <= plan.ends_on
    }


# What is said ---------------------------------------------------------------------------------------------------------


def _against_silence(activity: Activity, says: Callable[[str], bool]) -> Iterable[tuple[str, Refusal]]:
    if activity.state == ActivityState.POSTPONED and not says("postponed_reason"):
        yield (
            "postponed_reason",
            Refusal(_("Say why it was postponed; the other commune and the public read it."), code="postponed"),
        )
    if activity.kind == ActivityKind.EXCHANGE and activity.state == ActivityState.DONE and not activity.days:
        yield (
            "days",
            Refusal(_("An exchange that took place says how many days it lasted (clause A1.3)."), code="A1.3"),
        )


def _against_links(
    activity: Activity, cells: Iterable[Impact], prepares: Iterable[Involvement]
) -> Iterable[tuple[str, Refusal]]:
    its = list(prepares)
    if its and activity.kind != ActivityKind.TRAINING:
        yield (
            "prepares",
            Refusal(_("Only a training prepares for responsibilities. Change the kind, or untick them."), code="F3.1"),
        )
    if any(one.project_id != activity.project_id for one in its):
        yield (
            "prepares",
            Refusal(_("A training prepares for responsibilities of its own project. Untick the others."), code="F3.1"),
        )
    changed = list(cells)
    if changed and not activity.outside_assessment:
        yield (
            "outside_assessment",
            Refusal(_("It changes cells of the assessment: tick that it is not covered by it."), code="I5"),
        )
    if any(cell.assessment.project_id != activity.project_id for cell in changed):
        yield (
            "changes",
            Refusal(_("These cells belong to another project’s assessment. Untick them."), code="I5"),
        )


# Beginning ------------------------------------------------------------------------------------------------------------


def _against_beginning(activity: Activity, cells: Collection[Impact]) -> Iterable[tuple[str, Refusal]]:
    if not has_begun(activity):
        return
    if not _had_begun(activity) and not _may_begin(activity):
        yield (
            "state",
            Refusal(
                _(
                    "An activity begins while its project is under way; this one is: %(state)s. Both communes’ decision to execute it "
                    "comes first, or, where it stands still, their decision to resume (rules I5 and I2)."
                ),
                code="I5",
                params={"state": activity.project.get_state_display()},
            ),
        )
    if cells and not is_assessed_anew(activity.project, cells):
        yield (
            "state",
            Refusal(
                _(
                    "It changes the prior assessment, so it cannot begin yet (rule I5): make a new version of the assessment, let both "
                    "communes decide to execute it, then begin."
                ),
                code="I5",
            ),
        )


def _had_begun(activity: Activity) -> bool:
    before = activity.remembered
    return before.get("state") in BEGUN or before.get("actual_start") is not None


def _may_begin(activity: Activity) -> bool:
    """Also what took place before a project was suspended, and is only written down now."""
    project = activity.project
    if project.state in CARRIED_OUT_IN:
        return True
    if project.state != ProjectState.SUSPENDED or activity.actual_start is None:
        return False
    stopped = project.suspensions.filter(resumed_on__isnull=True).first()
    return stopped is not None and activity.actual_start < stopped.on


def is_assessed_anew(project: Project, cells: Iterable[Impact]) -> bool:
    """Whether both communes decided to execute a later version of the assessment than the one whose cells change [I5]."""
    latest = max(cell.assessment.number for cell in cells)
    return project.assessments.filter(outcome=Outcome.EXECUTE, number__gt=latest).exists()


# Counts and scores ----------------------------------------------------------------------------------------------------


def against_counts(activity: Activity, counts: Iterable[ParticipantCount]) -> list[Refusal]:
    """Counts by age that add up to more people than took part in all [I15]. Fewer may be: not everybody tells their age."""
    its = list(counts)
    pairs = (
        (_("women"), activity.women, sum(one.women for one in its)),
        (_("men"), activity.men, sum(one.men for one in its)),
    )
    return [
        Refusal(
            _(
                "The ages add up to %(counted)s %(whom)s, more than the %(total)s who took part in all. Correct the ages or the total."
            ),
            code="I15",
            params={"counted": counted, "whom": whom, "total": total or 0},
        )
        for whom, total, counted in pairs
        if counted > (total or 0)
    ]


def means(questions: Iterable[TrainingQuestion]) -> tuple[Decimal, Decimal] | None:
    """The mean answers before and after, over the questions that were asked both times, to a tenth; None where none was."""
    pairs = [(one.before, one.after) for one in questions if one.before is not None and one.after is not None]
    if not pairs:
        return None
    before, after = (_mean([pair[place] for pair in pairs]) for place in (0, 1))
    return before, after


def _mean(answers: Sequence[Decimal]) -> Decimal:
    return (Decimal(sum(answers)) / len(answers)).quantize(TENTH, ROUND_HALF_UP)


def settle_scores(activity: Activity) -> None:
    """Let the mean scores be those of the questions, where the same were asked before and after."""
    found = means(activity.questions.all())
    if found is not None and found != (activity.score_before, activity.score_after):
        activity.score_before, activity.score_after = found
        activity.save(update_fields=["score_before", "score_after"])
