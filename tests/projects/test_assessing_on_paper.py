"""A diagnosis that both communes filled on paper is taken in as a whole, with the history that typing it would have left [I14]."""

from __future__ import annotations

from typing import Any

import pytest

from partnership.models import Change, TextState
from partnership.refusals import Refusal, Refusals
from projects import assessing, diagnosing
from projects.assessing import Answer, Measure
from projects.diagnosing import OnPaper
from projects.models import CellView, Impact, Mitigation, PriorAssessment
from tests.factories import MembershipFactory, first_commune
from tests.factories_planning import NeedFactory, PriorAssessmentFactory, ReadyProjectFactory, cell_of

pytestmark = pytest.mark.django_db
WHY = {"ar": "ساعات عمل أقل", "fr": "Moins d’heures", "nl": "Minder uren"}
REMAINS = {"ar": "أسبوعان", "fr": "Deux semaines", "nl": "Twee weken"}


def editor(record: Any) -> Any:
    return MembershipFactory(
        protocol=record.protocol, organisation=first_commune(record.protocol).organisation, role="editor"
    )


def paper(project: Any, **cells: Answer) -> OnPaper:
    party = first_commune(project.protocol).organisation
    head = {f"context_{code}": text for code, text in WHY.items()}
    named = {name.replace("_", "-"): cell for name, cell in cells.items()}
    return OnPaper(NeedFactory(protocol=project.protocol), head, [(party, WHY)], named)


def negative(project: Any, **values: Any) -> Answer:
    party = first_commune(project.protocol).organisation
    measure = Measure(measure=WHY, responsible=party, remains=REMAINS)
    return Answer(**{"effect": "negative", "severity": 2, "likelihood": 3, "why": WHY, "measures": [measure], **values})


def test_everything_stands_as_it_was_written_and_in_the_history():
    project = ReadyProjectFactory(state="proposed")
    by = editor(project)
    taken = diagnosing.take_in(
        project, paper(project, economic_direct_short=negative(project), social_direct_long=Answer("none")), by=by
    )
    assert (project.state, taken.number, taken.context_fr) == ("assessing", 1, WHY["fr"])
    cell = cell_of(taken)
    assert (cell.effect, cell.severity, cell.why_nl, taken.impacts.count()) == ("negative", 2, WHY["nl"], 24)
    measure = cell.mitigations.get()
    assert (measure.measure_ar, measure.remains_fr) == (WHY["ar"], REMAINS["fr"])
    told = Change.objects.of(cell).get()
    assert (told.kind, told.by, told.data["why_fr"]) == ("created", by.user, [None, WHY["fr"]])
    assert Change.objects.of(measure).get().data["impact"] == [None, cell.pk]
    standing = TextState.objects.of(measure).filter(field="measure").values_list("language", "standing")
    assert dict(standing) == {"ar": "current", "fr": "source", "nl": "current"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": None},
        {"effect": "positive"},
        {"measures": [Measure(measure=WHY)]},
        {"why": {"fr": "x" * 500}},
    ],
)
def test_one_wrong_cell_and_nothing_is_taken_in(wrong: dict[str, Any]):
    project = ReadyProjectFactory()
    by = editor(project)
    with pytest.raises(Refusals):
        diagnosing.take_in(project, paper(project, economic_direct_short=negative(project, **wrong)), by=by)
    assert [model.objects.count() for model in (PriorAssessment, Impact, Mitigation)] == [0, 0, 0]


def test_it_is_the_first_version_or_none():
    assessment = PriorAssessmentFactory()
    assessment.outcome, assessment.decided_on = "modify", "2026-03-01"
    assessment.save()
    with pytest.raises(Refusal) as refused:
        diagnosing.take_in(assessment.project, paper(assessment.project), by=editor(assessment))
    assert refused.value.code == "I5"
    assert PriorAssessment.objects.count() == 1


def test_several_cells_are_changed_in_one_act_and_their_views_taken_back():
    assessment = PriorAssessmentFactory(cells="open")
    by = editor(assessment)
    cell = cell_of(assessment)
    assessing.answer(cell, Answer("none"), by=by, agrees=True)
    changed = assessing.fill(
        assessment,
        {"economic-direct-short": negative(assessment.project), "social-direct-short": Answer("none")},
        by=by,
    )
    assert changed == 2
    assert not CellView.objects.exists()
    assert assessment.impacts.exclude(effect="").count() == 2
    assert assessing.fill(assessment, {"social-direct-short": Answer("none")}, by=by) == 0
