"""The joint decision on a prior assessment: execute, modify, cancel for good, replace (clause F1.3) [I5, I6]; and the one that resumes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext, ngettext, override, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import agreement, clock, decisions, formats, languages, parity, publishing
from partnership.decisions import Kind, Terms, Texts, texts
from partnership.forms import TermsForm, text_field
from partnership.models import Decision, Organisation, ProtocolState
from partnership.models.protocol import CouncilsOn
from partnership.refusals import Refusal
from projects import diagnosing, lifecycle, outcomes, spending
from projects.models import (
    AssessmentParticipant,
    Dimension,
    Directness,
    Effect,
    Horizon,
    Impact,
    Mitigation,
    Outcome,
    PriorAssessment,
    Project,
    ProjectState,
)

LONGEST = 2_000


def title_of(assessment: PriorAssessment) -> Texts:
    """The project's title by language, with the number of the version."""
    titles = decisions.title_of(assessment.project)
    found = {}
    for language, title in titles.items():
        with override(language):
            found[language] = pgettext("prior assessment of a project", "%(title)s: prior assessment %(number)s") % {
                "title": title,
                "number": assessment.number,
            }
    return found


def content(assessment: PriorAssessment, terms: Terms) -> dict[str, Any]:
    """The whole diagnosis, its 24 cells with their mitigations, and what is decided upon it."""
    cells = assessment.impacts.prefetch_related("mitigations").order_by("pk")
    need = assessment.need
    return {
        "code": assessment.project.code,
        "number": assessment.number,
        "need": [{"code": need.code, **texts(need, "title")}] if need else [],
        **texts(assessment, "context", "alternatives", "future_generations"),
        "participants": [
            {"organisation": one.organisation_id, **texts(one, "function")}
            for one in assessment.participants.order_by("pk")
        ],
        "cells": [_cell(cell) for cell in cells],
        "outcome": terms.get("outcome", ""),
        **{
            parity.column("reason", code): terms.get(parity.column("reason", code), "")
            for code in settings.REQUIRED_LANGUAGES
        },
        "replaced_by": terms.get("replaced_by", ""),
    }


def _cell(cell: Impact) -> dict[str, Any]:
    return {
        "code": cell.slug,
        "effect": cell.effect,
        "severity": cell.severity,
        "likelihood": cell.likelihood,
        **texts(cell, "why"),
        "mitigations": [
            {"due": one.due, "responsible": one.responsible_id, **texts(one, "measure", "remains")}
            for one in cell.mitigations.all()
        ],
    }


def _read_cells(cells: list[dict[str, Any]]) -> Iterator[tuple[str, Texts]]:
    """Each effect with its weight, why, and what is done about it; the cells without an effect in one row."""
    names = Organisation.objects.in_bulk({one["responsible"] for cell in cells for one in cell["mitigations"]} - {None})
    for cell in cells:
        if cell["effect"] in {Effect.POSITIVE, Effect.NEGATIVE}:
            yield "", decisions.in_languages(partial(_said, cell, names))
    none = sum(cell["effect"] == Effect.NONE for cell in cells)
    if none:
        yield (
            "",
            decisions.in_languages(
                lambda: (
                    ngettext("%(count)s cell without effect.", "%(count)s cells without effect.", none)
                    % {"count": none}
                )
            ),
        )


def _read_participants(participants: list[dict[str, Any]]) -> Iterator[tuple[str, Texts]]:
    """Who took part, by organisation and function."""
    names = Organisation.objects.in_bulk([one["organisation"] for one in participants])
    for one in participants:
        found = names.get(one["organisation"])
        yield (
            "",
            {
                code: f"{getattr(found, parity.column('name', code), '')} – {one[parity.column('function', code)]}"
                for code in settings.REQUIRED_LANGUAGES
            },
        )


def _name(code: str) -> str:
    dimension, directness, horizon = code.split("-")
    return " · ".join(str(word.label) for word in (Dimension(dimension), Directness(directness), Horizon(horizon)))


def _said(cell: dict[str, Any], names: Mapping[int, Organisation]) -> str:
    here = languages.current()
    weight = gettext("%(effect)s (severity %(severity)s, likelihood %(likelihood)s): %(why)s") % {
        "effect": Effect(cell["effect"]).label,
        "severity": cell["severity"],
        "likelihood": cell["likelihood"],
        "why": cell[parity.column("why", here)],
    }
    return "\n".join([_name(cell["code"]), weight, *(_measure(one, names, here) for one in cell["mitigations"])])


def _measure(one: dict[str, Any], names: Mapping[int, Organisation], here: str) -> str:
    responsible = names.get(one["responsible"])
    day = datetime.date.fromisoformat(one["due"]) if one["due"] else None
    return gettext("Mitigation: %(measure)s – %(responsible)s, until %(day)s. What remains: %(remains)s") % {
        "measure": one[parity.column("measure", here)],
        "responsible": getattr(responsible, parity.column("name", here)) if responsible else "–",
        "day": formats.day(day, here) if day else "–",
        "remains": one[parity.column("remains", here)],
    }


def _sentence(assessment: PriorAssessment, terms: Terms) -> str:
    words = {
        Outcome.EXECUTE: gettext("The communes of %(communes)s execute “%(title)s”."),
        Outcome.MODIFY: gettext("The communes of %(communes)s have “%(title)s” modified and assess it anew."),
        Outcome.CANCEL: gettext("The communes of %(communes)s cancel “%(title)s” for good."),
        Outcome.REPLACE: gettext("The communes of %(communes)s replace “%(title)s” by project %(other)s."),
    }
    return words[terms.get("outcome", Outcome.EXECUTE)] % {
        "communes": agreement.communes(assessment.protocol),
        "title": decisions.title_of(assessment.project)[languages.current()],
        "other": terms.get("replaced_by", ""),
    }


def _needs_councils(assessment: PriorAssessment, terms: Terms) -> bool:
    setting = assessment.protocol.councils_on_outcomes
    if setting == CouncilsOn.EXECUTE:
        return terms.get("outcome") == Outcome.EXECUTE
    return bool(setting == CouncilsOn.EVERY)


def _refusals(assessment: PriorAssessment, terms: Terms) -> list[Refusal]:
    refusals = outcomes.against(assessment, terms)
    if assessment.protocol.state != ProtocolState.IN_FORCE:
        refusals.insert(0, Refusal(_("The protocol is not in force; both councils ratify it first."), code="I1"))
    return refusals


class OutcomeForm(TermsForm):
    """Which of the four outcomes, why, and by which project one is replaced."""

    template = "admin/includes/terms_outcome.html"
    assessment: ClassVar[PriorAssessment]

    outcome = forms.ChoiceField(label=_("outcome"), choices=Outcome.choices, widget=forms.RadioSelect)
    replaced_by = forms.ChoiceField(
        label=_("replaced by"), required=False, help_text=_("Only for “replace”: the project that takes its place.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        menu = self.fields["replaced_by"]
        assert isinstance(menu, forms.ChoiceField)
        found = outcomes.replacements_for(self.assessment.project)
        menu.choices = [("", "–"), *((other.code, f"\u2066{other.code}\u2069 {other.title}") for other in found)]
        for code in settings.REQUIRED_LANGUAGES:
            self.fields[parity.column("reason", code)] = text_field(gettext("Reason"), code, rows=3, max_length=LONGEST)

    def reasons(self) -> list[forms.BoundField]:
        """The three boxes of the reason."""
        return [self[parity.column("reason", code)] for code in settings.REQUIRED_LANGUAGES]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("outcome") != Outcome.REPLACE:
            cleaned["replaced_by"] = ""
        elif not cleaned.get("replaced_by"):
            self.add_error("replaced_by", Refusal(_("Choose the project that replaces this one."), code="I6"))
        return cleaned


def _form(assessment: PriorAssessment) -> type[forms.Form]:
    return type("OutcomeForm", (OutcomeForm,), {"assessment": assessment})


# What follows ---------------------------------------------------------------------------------------------------------


def _decided(decision: Decision, assessment: PriorAssessment, terms: Terms) -> None:
    assessment.outcome = terms["outcome"]
    for code in settings.REQUIRED_LANGUAGES:
        setattr(assessment, parity.column("reason", code), terms[parity.column("reason", code)])
    assessment.decided_on = clock.today(assessment.protocol)
    assessment.save()
    project: Any = decisions.lock(assessment.project)
    FOLLOWS[Outcome(terms["outcome"])](decision, assessment, project, terms)
    publishing.publish(assessment, by=None)


def _execute(decision: Decision, assessment: PriorAssessment, project: Project, terms: Terms) -> None:
    project.execution_decided_on = project.execution_decided_on or assessment.decided_on
    if project.state in {ProjectState.PROPOSED, ProjectState.ASSESSING}:
        project.state = ProjectState.DECIDED
    project.save(update_fields=["execution_decided_on", "state"])
    spending.freeze_originals(project)


def _modify(decision: Decision, assessment: PriorAssessment, project: Project, terms: Terms) -> None:
    diagnosing.next_version(assessment)


def _cancel(decision: Decision, assessment: PriorAssessment, project: Project, terms: Terms) -> None:
    project.state = ProjectState.CANCELLED
    project.save(update_fields=["state"])


def _replace(decision: Decision, assessment: PriorAssessment, project: Project, terms: Terms) -> None:
    project.state = ProjectState.REPLACED
    project.save(update_fields=["state"])
    other = Project.objects.for_protocol(project.protocol).get(code=terms["replaced_by"])
    other.replaces = project
    other.save(update_fields=["replaces"])


FOLLOWS = {
    Outcome.EXECUTE: _execute,
    Outcome.MODIFY: _modify,
    Outcome.CANCEL: _cancel,
    Outcome.REPLACE: _replace,
}


def _annulled(decision: Decision, assessment: PriorAssessment, terms: Terms) -> None:
    """What the decision rested on has lost its effect: the project stands as if it had not been taken, unless a later one was."""
    project: Any = decisions.lock(assessment.project)
    publishing.withdraw(assessment, by=None)
    later = project.assessments.filter(number__gt=assessment.number)
    if not later.exclude(outcome="").exists():
        _undo(Outcome(terms["outcome"]), project)
    if not later.exists():
        assessment.outcome, assessment.decided_on = "", None
        assessment.save(update_fields=["outcome", "decided_on"])


def _undo(outcome: Outcome, project: Project) -> None:
    if outcome == Outcome.EXECUTE:
        project.execution_decided_on = None
        waits = project.state in {ProjectState.DECIDED, ProjectState.ASSESSING}
        project.state = ProjectState.ASSESSING if waits else ProjectState.SUSPENDED
    elif outcome in {Outcome.CANCEL, Outcome.REPLACE}:
        project.state = ProjectState.ASSESSING
        _let_go_of_replacement(project)
    project.save(update_fields=["execution_decided_on", "state"])


def _let_go_of_replacement(project: Project) -> None:
    other = Project.objects.filter(replaces=project).first()
    if other is not None:
        other.replaces = None
        other.save(update_fields=["replaces"])


def _assessment_of(part: Impact | AssessmentParticipant) -> list[PriorAssessment]:
    return [part.assessment]


def _assessment_of_mitigation(part: Mitigation) -> list[PriorAssessment]:
    return [part.impact.assessment]


OUTCOME = Kind(
    code="assessment_outcome",
    label=_("Decide on a prior assessment"),
    model="projects.priorassessment",
    content=content,
    sentence=_sentence,
    title=title_of,
    needs_deliberation=_needs_councils,
    lasting=True,
    reads={"cells": _read_cells, "participants": _read_participants},
    locks={
        "projects.priorassessment": ("context", "alternatives", "future_generations", "need"),
        "projects.assessmentparticipant": ("organisation", "function"),
        "projects.impact": ("effect", "severity", "likelihood", "why"),
        "projects.mitigation": ("measure", "responsible", "due", "remains"),
    },
    holding={
        "projects.assessmentparticipant": _assessment_of,
        "projects.impact": _assessment_of,
        "projects.mitigation": _assessment_of_mitigation,
    },
    terms_form=_form,
    refusals=_refusals,
    on_adopted=_decided,
    on_annulled=_annulled,
)


# Resuming -------------------------------------------------------------------------------------------------------------


def _resumption(project: Project, terms: Terms) -> dict[str, Any]:
    """Which project, and what it was suspended for."""
    suspension = _open_suspension(project)
    return {
        "code": project.code,
        **texts(project, "title"),
        "ground": suspension.ground if suspension else "",
        "starts_on": suspension.on if suspension else None,
    }


def _open_suspension(project: Project) -> Any:
    return project.suspensions.filter(resumed_on__isnull=True).first()


def _resume_sentence(project: Project, terms: Terms) -> str:
    return gettext("The communes of %(communes)s resume “%(title)s” together.") % {
        "communes": agreement.communes(project.protocol),
        "title": decisions.title_of(project)[languages.current()],
    }


def _against_resuming(project: Project, terms: Terms) -> list[Refusal]:
    if project.state != ProjectState.SUSPENDED:
        return [Refusal(_("Only a project that is suspended is resumed."), code="I2")]
    return list(lifecycle.may_start(project))


def _resumed(decision: Decision, project: Project, terms: Terms) -> None:
    suspension = _open_suspension(project)
    project.state = suspension.state_before if suspension else ProjectState.UNDER_WAY
    project.save(update_fields=["state"])
    if suspension is not None:
        suspension.resumed_on, suspension.decision = clock.today(project.protocol), decision
        suspension.save(update_fields=["resumed_on", "decision"])


RESUME = Kind(
    code="resume_project",
    label=_("Resume a suspended project"),
    model="projects.project",
    content=_resumption,
    sentence=_resume_sentence,
    locks={"projects.project": ("code", "title")},
    refusals=_against_resuming,
    on_adopted=_resumed,
)
