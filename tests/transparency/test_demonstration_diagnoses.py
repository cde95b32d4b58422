"""What the demonstration tells of planning together: every diagnosis written out, decided by both, carried out within every rule."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from partnership import parity
from partnership.models import Decision, PersonalLink, RegisterEntry
from projects import carrying_out, converging, lifecycle, outcomes, spending
from projects.models import (
    Activity,
    BudgetLine,
    Consultation,
    Effect,
    Impact,
    Involvement,
    Mitigation,
    PriorAssessment,
    Project,
    Suspension,
    TrainingQuestion,
    Transaction,
)
from tests.retelling import standing_on
from transparency.demonstration import diagnoses, load

DAY = date(2026, 11, 24)
FILES = [load.PLANNING, *sorted(diagnoses.FOLDER.glob("*.json"))]


@pytest.fixture(scope="module")
def told(tmp_path_factory, django_db_setup, django_db_blocker) -> Iterator[object]:
    """The demonstration told once for every test here."""
    with django_db_blocker.unblock(), standing_on(DAY, tmp_path_factory.mktemp("media")) as protocol:
        yield protocol


@pytest.fixture
def protocol(told, db):
    return told


def test_every_project_has_its_diagnosis_and_each_its_outcome(protocol):
    found = PriorAssessment.objects.order_by("project__code", "number").values_list("project__code", "outcome")
    assert list(found) == [
        ("DEMO-01", "execute"), ("DEMO-02", "modify"), ("DEMO-02", "execute"), ("DEMO-03", "execute"), ("DEMO-04", ""),
        ("DEMO-05", "execute"), ("DEMO-06", "execute"), ("DEMO-07", "execute"), ("DEMO-07-0", "replace"), ("DEMO-08", ""),
        ("DEMO-09", "cancel"), ("DEMO-10", ""),
    ]  # fmt: skip
    assert {project.code: project.state for project in protocol.projects.all()} == {
        "DEMO-01": "under_way", "DEMO-02": "under_way", "DEMO-03": "closed", "DEMO-04": "assessing",
        "DEMO-05": "completed", "DEMO-06": "under_way", "DEMO-07-0": "replaced", "DEMO-07": "under_way",
        "DEMO-08": "assessing", "DEMO-09": "cancelled", "DEMO-10": "assessing",
    }  # fmt: skip


def test_all_24_cells_are_answered_but_in_the_one_that_is_being_filled(protocol):
    answered = Counter(Impact.objects.exclude(effect="").values_list("assessment__project__code", "assessment__number"))
    assert answered.pop(("DEMO-04", 1)) == 17
    assert len(answered) == 11
    assert set(answered.values()) == {24}


def test_every_effect_says_why_and_every_diagnosis_has_negative_and_positive_ones(protocol):
    assert [cell for cell in Impact.objects.all() if cell.lacks_reason()] == []
    for assessment in PriorAssessment.objects.all():
        effects = Counter(assessment.impacts.values_list("effect", flat=True))
        assert effects[Effect.NEGATIVE] >= 1
        assert effects[Effect.POSITIVE] >= 2
        assert {one.organisation_id for one in assessment.participants.all()} >= {
            party.organisation_id for party in protocol.parties.all()
        }


def test_what_was_decided_to_be_executed_has_a_whole_measure_for_every_negative_effect(protocol):
    for cell in Impact.objects.filter(effect=Effect.NEGATIVE, assessment__outcome="execute"):
        measures = list(cell.mitigations.all())
        assert measures, cell
        assert all(one.responsible and one.due and not parity.missing(one, ["measure", "remains"]) for one in measures)


def test_girls_were_left_out_unintentionally_so_the_project_was_modified(protocol):
    first, second = PriorAssessment.objects.filter(project__code="DEMO-02").order_by("number")
    cells = [one.impacts.get(dimension="cultural", directness="indirect", horizon="medium") for one in (first, second)]
    assert [cell.risk for cell in cells] == [9, 3]
    assert [cell.mitigations.count() for cell in cells] == [0, 2]
    assert "filles" in first.reason_fr


def test_one_replaces_the_other_both_ways(protocol):
    first, second = (protocol.projects.get(code=code) for code in ("DEMO-07-0", "DEMO-07"))
    assert (second.replaces, first.replaced_by) == (first, second)


def test_what_is_open_lacks_nothing_but_the_other_communes_answer(protocol):
    for decision in Decision.objects.open().filter(kind="assessment_outcome"):
        assessment = PriorAssessment.objects.get(pk=decision.object_id)
        assert outcomes.against(assessment, decision.data["terms"]) == []
        assert decision.signatures.count() == 1


def test_no_project_stands_on_anything_but_a_decision(protocol):
    for project in protocol.projects.filter(state__in=["under_way", "completed", "closed"]):
        assert lifecycle.is_decided(project)
        assert list(lifecycle.may_start(project)) == []
        assert project.execution_decided_on == project.assessments.latest("number").decided_on


def test_every_project_took_up_what_others_do(protocol):
    for project in protocol.projects.all():
        assert converging.against(project) == []
    relations = Counter(Project.objects.values_list("convergences__relation", flat=True))
    assert set(relations) == {"complements", "overlaps", "depends_on", "unrelated", None}


def test_money_moved_only_when_it_could(protocol):
    """Nothing new was committed between the taking over and the decision to execute [I5]."""
    taken = {
        int(one.object_id): timezone.localdate(one.closed_at)
        for one in Decision.objects.filter(kind="take_over_project", state="adopted")
    }
    known = spending.footings(protocol.projects.values_list("pk", flat=True))
    for movement in Transaction.objects.select_related("line__project"):
        key = movement.line.project_id
        footing = known[key]
        on_platform = spending.Footing(footing.decided, footing.begun, taken.get(key), footing.stops)
        assert on_platform.against(movement) is None, movement


def test_an_amended_line_keeps_what_was_decided_first_and_says_why(protocol):
    (line,) = (one for one in BudgetLine.objects.all() if one.original not in {None, one.planned})
    assert (line.project.code, line.original, line.planned) == ("DEMO-02", 60480, 64800)
    assert parity.missing(line, ["amended_reason"]) == []
    assert spending.unexplained(protocol) == []


def test_every_activity_keeps_every_rule(protocol):
    for activity in Activity.objects.select_related("project"):
        assert carrying_out.against(activity) == {}, activity
        assert carrying_out.against_counts(activity, activity.counts.all()) == []
    training = Activity.objects.get(questions__order=1)
    assert carrying_out.means(training.questions.all()) == (training.score_before, training.score_after)
    assert training.prepares.count() == 1
    assert TrainingQuestion.objects.count() == 2
    assert Activity.objects.filter(is_milestone=True).count() == 3


def test_each_commune_suspended_once_and_both_resumed(protocol):
    found = Suspension.objects.order_by("pk")
    assert [(one.project.code, one.language, one.state_before) for one in found] == [
        ("DEMO-06", "ar", "under_way"), ("DEMO-02", "fr", "under_way"),
    ]  # fmt: skip
    for one in found:
        assert one.decision is not None
        assert one.on < one.resumed_on == timezone.localdate(one.decision.closed_at)
        assert set(one.decision.signatures.values_list("party", flat=True)) == {
            party.pk for party in protocol.parties.all()
        }
    assert RegisterEntry.objects.filter(kind="suspension").count() == 2


def test_measures_were_followed_up_and_none_waits_where_the_project_is_closed(protocol):
    assert Mitigation.objects.exclude(done_on=None).count() >= 8
    closed = Mitigation.objects.filter(impact__assessment__project__code="DEMO-03")
    assert [one for one in closed if one.done_on is None or parity.missing(one, ["follow_up"])] == []


def test_responsibilities_were_answered_for_in_every_way(protocol):
    ways = Involvement.objects.filter(project__code="DEMO-10").values_list("accepted_through", flat=True)
    assert Counter(ways) == {"staff": 2, "link": 1, "paper": 1}
    assert Involvement.objects.exclude(words="").get().words_language == "fr"
    assert PersonalLink.objects.get().used_at is not None
    assert not Involvement.objects.filter(accepted_on__isnull=False, accepted_through="").exists()


def test_both_consultations_came_before_the_plan_and_their_minutes_are_there(protocol):
    plan = Decision.objects.get(kind="adopt_plan")
    found = Consultation.objects.order_by("code")
    assert [(one.with_partners, one.with_citizens) for one in found] == [(True, False), (False, True)]
    owners = {one.minutes.owner_id for one in found}
    assert owners == {party.organisation_id for party in protocol.parties.all()}
    assert all(one.held_on < timezone.localdate(plan.opened_at) and one.is_published for one in found)
    assert all(one.public_place for one in found)


def test_every_need_is_public_and_the_one_behind_a_sensitive_place_keeps_its_territory_back(protocol):
    needs = {need.code: need for need in protocol.needs.published()}
    assert len(needs) == 10
    assert [code for code, need in needs.items() if not need.public_territory] == ["N-06"]


# What the files say -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_french_signs_stand_apart_as_french_typography_wants(file: Path):
    wrong = re.compile(r" [;!?:»]|« |[^\u202f][;!?]|[^\u00a0]:|«[^\u00a0]|[^\u00a0]»|'")
    assert [
        text for text in in_language(json.loads(file.read_text(encoding="utf-8")), "fr") if wrong.search(text)
    ] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_text_names_a_year_since_the_story_moves(file: Path):
    read = json.loads(file.read_text(encoding="utf-8"))
    texts = [text for language in ("ar", "fr", "nl") for text in in_language(read, language)]
    assert [text for text in texts if re.search(r"20\d\d", text)] == []


def in_language(read: object, language: str) -> Iterator[str]:
    """Every text of a file in one language."""
    if isinstance(read, dict):
        for key, value in read.items():
            if key == language and isinstance(value, str):
                yield value
            else:
                yield from in_language(value, language)
    elif isinstance(read, list):
        for one in read:
            yield from in_language(one, language)
