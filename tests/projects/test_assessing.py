"""The acts of the prior assessment: begun, answered cell by cell, agreed or disputed, followed up [I2, I4, I5, I6]."""

from __future__ import annotations

import datetime
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnership import decisions, locks, opening
from partnership.models import Change, Membership
from projects import assessing, diagnosing
from projects.assessing import Answer, Measure
from projects.models import CELLS, Impact, Mitigation, PriorAssessment, ProjectState
from tests.at_once import at_once, refused
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_decisions import coordinator, protocol_in_force
from tests.factories_planning import (
    CellViewFactory,
    MitigationFactory,
    NeedFactory,
    PriorAssessmentFactory,
    ReadyProjectFactory,
    cell_of,
    weighed,
)
from tests.factories_programme import ProjectFactory

pytestmark = pytest.mark.django_db

WHY = {"ar": "فقدان ساعات عمل", "fr": "Perte d’heures", "nl": "Verlies van uren"}
MEASURE = {"ar": "أقسام مسائية", "fr": "Cours du soir", "nl": "Avondlessen"}


def editor(protocol: Any, position: int = 1, role: str = "editor") -> Membership:
    """Somebody who fills diagnoses for one of the communes."""
    return MembershipFactory(
        protocol=protocol, organisation=protocol.parties.get(position=position).organisation, role=role
    )


def negative(cell: Impact, **changes: Any) -> Answer:
    """A negative answer with one whole measure."""
    responsible = cell.assessment.protocol.parties.get(position=1).organisation
    measure = Measure(MEASURE, responsible, datetime.date(2026, 10, 15), MEASURE)
    return Answer(
        **{"effect": "negative", "severity": 3, "likelihood": 3, "why": WHY, "measures": [measure], **changes}
    )


def codes(refusal: ValidationError) -> list[str]:
    return [str(error.code) for error in refusal.error_list]


@pytest.fixture
def assessment() -> PriorAssessment:
    return PriorAssessmentFactory(cells="open")


@pytest.fixture
def cell(assessment: PriorAssessment) -> Impact:
    return cell_of(assessment)


# Beginning ------------------------------------------------------------------------------------------------------------


def test_a_first_version_has_24_open_cells_and_the_project_is_being_assessed():
    project = ReadyProjectFactory(state="proposed")
    need = NeedFactory(protocol=project.protocol)
    begun = diagnosing.begin(project, by=editor(project.protocol), need=need)
    assert (begun.number, begun.need) == (1, need)
    found = [(one.dimension, one.directness, one.horizon, one.effect) for one in begun.impacts.order_by("pk")]
    assert found == [(*place, "") for place in CELLS]
    assert project.state == ProjectState.ASSESSING


def test_a_next_version_starts_from_what_was_decided_before_it():
    before = PriorAssessmentFactory()
    MitigationFactory(impact=weighed(cell_of(before)))
    CellViewFactory(impact=cell_of(before, "social"))
    PriorAssessment.objects.filter(pk=before.pk).update(outcome="modify", decided_on=datetime.date(2026, 4, 1))
    begun = diagnosing.begin(before.project, by=editor(before.protocol, 2))
    assert (begun.number, begun.context_nl, begun.need) == (2, before.context_nl, before.need)
    copied = cell_of(begun)
    assert (copied.effect, copied.severity, copied.why_ar) == ("negative", 3, "فقدان ساعات عمل")
    assert copied.mitigations.get().measure_fr == "Cours du soir hors récolte"
    assert [one.function_fr for one in begun.participants.all()] == [
        one.function_fr for one in before.participants.all()
    ]
    assert not cell_of(begun, "social").views.exists()
    assert diagnosing.next_version(before) == begun


def test_one_version_is_open_at_a_time(assessment: PriorAssessment):
    with pytest.raises(ValidationError) as refusal:
        diagnosing.begin(assessment.project, by=editor(assessment.protocol))
    assert codes(refusal.value) == ["I5"]


@pytest.mark.parametrize("outcome", ["cancel", "replace"])
def test_nothing_follows_a_decision_that_ends_the_project(assessment: PriorAssessment, outcome: str):
    PriorAssessment.objects.filter(pk=assessment.pk).update(outcome=outcome, decided_on=datetime.date(2026, 4, 1))
    with pytest.raises(ValidationError) as refusal:
        diagnosing.begin(assessment.project, by=editor(assessment.protocol))
    assert codes(refusal.value) == ["I6"]


@pytest.mark.parametrize(("state", "code"), [("under_way", "I5"), ("completed", "I5"), ("cancelled", "I6")])
def test_a_first_version_comes_before_the_project_starts(state: str, code: str):
    project = ProjectFactory(state=state)
    with pytest.raises(ValidationError) as refusal:
        diagnosing.begin(project, by=editor(project.protocol))
    assert codes(refusal.value) == [code]


def test_a_project_taken_over_is_assessed_though_it_runs():
    project = ProjectFactory(state="under_way", taken_over=True)
    assert diagnosing.begin(project, by=editor(project.protocol)).number == 1
    assert project.state == ProjectState.UNDER_WAY


def test_a_need_of_another_protocol_is_refused():
    project = ReadyProjectFactory(state="proposed")
    with pytest.raises(ValidationError) as refusal:
        diagnosing.begin(project, by=editor(project.protocol), need=NeedFactory())
    assert codes(refusal.value) == ["need"]


# Answering ------------------------------------------------------------------------------------------------------------


def test_a_cell_is_saved_with_its_measures_as_one_version(assessment: PriorAssessment, cell: Impact):
    before = PriorAssessment.objects.get(pk=assessment.pk).version
    by = editor(assessment.protocol)
    assert assessing.answer(cell, negative(cell), by=by, seen=assessing.sign(cell))
    cell.refresh_from_db()
    assert (cell.effect, cell.risk, cell.why_nl) == ("negative", 9, "Verlies van uren")
    measure = cell.mitigations.get()
    assert (measure.measure_ar, measure.responsible.short_name_fr) == (
        "أقسام مسائية",
        assessment.protocol.parties.get(position=1).organisation.short_name_fr,
    )
    assert PriorAssessment.objects.get(pk=assessment.pk).version == before + 1
    assert {change.by for change in Change.objects.of(cell).order_by("-pk")[:1]} == {by.user}


def test_saving_what_stands_already_writes_nothing(assessment: PriorAssessment, cell: Impact):
    by = editor(assessment.protocol)
    assessing.answer(cell, Answer("none"), by=by)
    written = Change.objects.count()
    assert not assessing.answer(cell, Answer("none", severity=2, likelihood=2), by=by, seen="long ago")
    assert Change.objects.count() == written


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"severity": None}, ["severity"]),
        ({"severity": None, "likelihood": None}, ["severity", "likelihood"]),
        ({"why": {"fr": "x" * 401}}, ["why_fr"]),
        ({"why": {"fr": "..."}}, ["why_fr"]),
        ({"measures": [Measure(MEASURE)]}, ["measures-0-responsible"]),
        ({"effect": "positive"}, ["effect"]),
    ],
)
def test_what_is_typed_wrongly_is_refused_at_its_field_and_nothing_is_saved(
    assessment: PriorAssessment, cell: Impact, changes: dict[str, Any], fields: list[str]
):
    with pytest.raises(ValidationError) as refusal:
        assessing.answer(cell, negative(cell, **changes), by=editor(assessment.protocol))
    assert [getattr(error, "field", "") for error in refusal.value.error_list] == fields
    cell.refresh_from_db()
    assert (cell.effect, cell.mitigations.count()) == ("", 0)


def test_a_measure_without_a_responsible_body_names_the_rule(cell: Impact):
    with pytest.raises(ValidationError) as refusal:
        assessing.answer(cell, negative(cell, measures=[Measure(MEASURE)]), by=editor(cell.assessment.protocol))
    assert codes(refusal.value) == ["I5"]
    assert len(refusal.value.messages) == 1


def test_a_measure_is_changed_and_taken_away(cell: Impact):
    by, one = editor(cell.assessment.protocol), MitigationFactory(impact=weighed(cell))
    kept = Measure({"fr": "Cours du soir"}, one.responsible, one.due, {}, key=one.pk)
    assessing.answer(cell, negative(cell, measures=[kept, Measure()]), by=by)
    assert (cell.mitigations.get().measure_fr, cell.mitigations.get().measure_ar) == ("Cours du soir", one.measure_ar)
    assessing.answer(cell, Answer("none", measures=[Measure(key=one.pk, removed=True)]), by=by)
    assert not Mitigation.objects.filter(pk=one.pk).exists()


def test_a_cell_is_not_saved_over_what_somebody_else_wrote(cell: Impact):
    seen = assessing.sign(cell)
    assessing.answer(cell, Answer("none"), by=editor(cell.assessment.protocol, 2), seen=seen)
    with pytest.raises(assessing.Changed) as changed:
        assessing.answer(cell, negative(cell), by=editor(cell.assessment.protocol), seen=seen)
    assert changed.value.impact.effect == "none"


def test_a_decided_version_stands(cell: Impact):
    PriorAssessment.objects.filter(pk=cell.assessment_id).update(
        outcome="execute", decided_on=datetime.date(2026, 4, 1)
    )
    by = editor(cell.assessment.protocol)
    for act in (lambda: assessing.answer(cell, Answer("none"), by=by), lambda: assessing.view(cell, "agreed", by=by)):
        with pytest.raises(ValidationError) as refusal:
            act()
        assert codes(refusal.value) == ["I4"]


def test_what_an_open_decision_contains_does_not_change_under_it():
    assessment = PriorAssessmentFactory(project=ReadyProjectFactory(protocol=protocol_in_force()))
    measure = MitigationFactory(impact=weighed(cell_of(assessment)))
    terms = {"outcome": "execute", "reason_ar": "نعم", "reason_fr": "Oui", "reason_nl": "Ja", "replaced_by": ""}
    opening.propose(
        decisions.kind("assessment_outcome"), assessment, by=coordinator(assessment.protocol, 1), terms=terms
    )
    by = editor(assessment.protocol)
    for act in (
        lambda: assessing.answer(
            measure.impact, Answer("none", measures=[Measure(key=measure.pk, removed=True)]), by=by
        ),
        lambda: assessing.view(measure.impact, "agreed", by=by),
    ):
        with pytest.raises(locks.Locked):
            act()
    assessing.follow_up(measure, by=by, done_on=datetime.date(2026, 5, 1), texts={"fr": "Fait."})
    assert Mitigation.objects.get(pk=measure.pk).done_on == datetime.date(2026, 5, 1)


@pytest.mark.parametrize("role", ["signatory", "observer", "evaluator"])
def test_whoever_does_not_fill_diagnoses_is_refused(cell: Impact, role: str):
    with pytest.raises(ValidationError) as refusal:
        assessing.answer(cell, Answer("none"), by=editor(cell.assessment.protocol, role=role))
    assert codes(refusal.value) == ["I3"]


# Each commune's view --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [1, 2])
def test_each_commune_says_how_it_stands_to_a_cell(position: int):
    cell = cell_of(PriorAssessmentFactory())
    by = editor(cell.assessment.protocol, position)
    assessing.view(cell, "disputed", by=by, comment="C’est plus grave.", language="fr", seen=assessing.sign(cell))
    assessing.view(cell, "agreed", by=by)
    row = cell.views.get()
    assert (row.party.position, row.view, row.comment) == (position, "agreed", "")


@pytest.mark.parametrize(("comment", "language"), [("", "fr"), ("  ", "fr"), ("Non.", ""), ("Non.", "xx")])
def test_a_dispute_needs_words_and_their_language(comment: str, language: str):
    cell = cell_of(PriorAssessmentFactory())
    with pytest.raises(ValidationError) as refusal:
        assessing.view(cell, "disputed", by=editor(cell.assessment.protocol), comment=comment, language=language)
    assert codes(refusal.value) == ["I2"]


def test_nobody_agrees_with_a_cell_without_an_answer_or_with_one_that_changed(cell: Impact):
    by = editor(cell.assessment.protocol)
    with pytest.raises(ValidationError):
        assessing.view(cell, "agreed", by=by)
    seen = assessing.sign(cell)
    assessing.answer(cell, Answer("none"), by=by)
    with pytest.raises(assessing.Changed):
        assessing.view(cell, "agreed", by=by, seen=seen)


def both_agree(cell: Impact) -> None:
    for position in (1, 2):
        assessing.view(cell, "agreed", by=editor(cell.assessment.protocol, position))
    assert cell.views.count() == 2


def _other_weight(cell: Impact) -> None:
    assessing.answer(cell, Answer("negative", 4, 3), by=editor(cell.assessment.protocol))


def _other_measure(cell: Impact) -> None:
    one = cell.mitigations.get()
    typed = Measure({"nl": "Iets anders"}, one.responsible, one.due, {}, key=one.pk)
    assessing.answer(cell, Answer("negative", 3, 3, measures=[typed]), by=editor(cell.assessment.protocol))


def _translated(cell: Impact) -> None:
    fresh = Impact.objects.get(pk=cell.pk)
    fresh.why_nl = "Een andere vertaling"
    fresh.save()


def _without_measure(cell: Impact) -> None:
    cell.mitigations.get().delete()


@pytest.mark.parametrize("change", [_other_weight, _other_measure, _translated, _without_measure])
def test_whoever_changes_a_cell_takes_both_views_back(change: Any):
    cell = MitigationFactory().impact
    both_agree(cell)
    change(cell)
    assert not cell.views.exists()


def test_what_became_of_a_measure_takes_no_view_back():
    measure = MitigationFactory()
    both_agree(measure.impact)
    assessing.follow_up(measure, by=editor(measure.impact.assessment.protocol), done_on=datetime.date(2026, 5, 1))
    assert measure.impact.views.count() == 2


def test_a_commune_agrees_as_it_saves_and_the_other_looks_anew(cell: Impact):
    assessing.answer(cell, Answer("none"), by=editor(cell.assessment.protocol), agrees=True)
    assert [view.party.position for view in cell.views.all()] == [1]


# Following up ---------------------------------------------------------------------------------------------------------


def test_a_measure_is_followed_up_after_the_decision():
    measure = MitigationFactory()
    assessment = measure.impact.assessment
    PriorAssessment.objects.filter(pk=assessment.pk).update(outcome="execute", decided_on=datetime.date(2026, 4, 1))
    by = editor(assessment.protocol, 2)
    seen = assessing.sign_of_follow_up(measure)
    day = datetime.date(2026, 5, 1)
    assessing.follow_up(measure, by=by, done_on=day, texts={"fr": "Fait."}, seen=seen)
    measure.refresh_from_db()
    assert (measure.done_on, measure.follow_up_fr) == (day, "Fait.")
    with pytest.raises(ValidationError) as refusal:
        assessing.follow_up(measure, by=by, done_on=None, texts={"fr": "Autre chose."}, seen=seen)
    assert codes(refusal.value) == ["version"]


def test_a_measure_is_not_done_on_a_day_to_come():
    measure = MitigationFactory()
    with pytest.raises(ValidationError) as refusal:
        assessing.follow_up(measure, by=editor(measure.impact.assessment.protocol), done_on=datetime.date(2999, 1, 1))
    assert codes(refusal.value) == ["done_on"]


# Whatever is typed ----------------------------------------------------------------------------------------------------

steps = st.none() | st.integers(1, 4)
answers = st.builds(Answer, st.sampled_from(["", "none", "positive", "negative"]), steps, steps)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(answers, min_size=1, max_size=4))
def test_whatever_is_answered_a_cell_is_weighed_exactly_where_it_has_an_effect(cell: Impact, typed: list[Answer]):
    by = editor(cell.assessment.protocol)
    for one in typed:
        with suppress(ValidationError):
            assessing.answer(cell, one, by=by)
        fresh = Impact.objects.get(pk=cell.pk)
        has_effect = fresh.effect in {"positive", "negative"}
        assert has_effect == (fresh.severity is not None) == (fresh.likelihood is not None)


# At once --------------------------------------------------------------------------------------------------------------

at_the_same_time = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


class TestAtOnce:
    pytestmark = at_the_same_time

    def test_two_people_on_one_cell_and_one_of_them_is_shown_both(self):
        for _round in range(2):
            cell = cell_of(PriorAssessmentFactory(cells="open"))
            seen, (one, other) = assessing.sign(cell), (editor(cell.assessment.protocol, place) for place in (1, 2))
            results = at_once(
                partial(assessing.answer, cell, Answer("none"), by=one, seen=seen),
                partial(assessing.answer, cell, Answer("positive", 2, 2, WHY), by=other, seen=seen),
            )
            assert [type(refusal) for refusal in refused(results)] == [assessing.Changed]
            assert Impact.objects.get(pk=cell.pk).effect == refused(results)[0].impact.effect

    def test_two_people_on_two_cells_and_both_are_saved(self):
        assessment = PriorAssessmentFactory(cells="open")
        cells = [cell_of(assessment), cell_of(assessment, "social")]
        people = [editor(assessment.protocol, place) for place in (1, 2)]
        acts = [
            lambda cell=cell, by=by: assessing.answer(cell, Answer("none"), by=by, seen=assessing.sign(cell))
            for cell, by in zip(cells, people, strict=True)
        ]
        assert at_once(*acts) == [True, True]
        assert assessment.impacts.filter(effect="none").count() == 2

    def test_an_agreement_with_what_is_being_changed_does_not_stand(self):
        for _round in range(2):
            cell = cell_of(PriorAssessmentFactory())
            seen, by = assessing.sign(cell), [editor(cell.assessment.protocol, place) for place in (1, 2)]
            at_once(
                partial(assessing.view, cell, "agreed", by=by[0], seen=seen),
                partial(assessing.answer, cell, Answer("positive", 2, 2, WHY), by=by[1], seen=seen),
            )
            assert not Impact.objects.get(pk=cell.pk).views.exists()

    def test_two_people_begin_and_one_version_stands(self):
        project = ReadyProjectFactory(protocol=ProtocolFactory(), state="proposed")
        people = [editor(project.protocol, place) for place in (1, 2)]
        results = at_once(*(lambda by=by: diagnosing.begin(project, by=by) for by in people))
        assert len(refused(results)) == 1
        assert project.assessments.get().impacts.count() == 24
