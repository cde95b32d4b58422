"""What the public reads of activities: ages that reveal nobody, questions, milestones, why one is postponed, who accepted [I15]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Activity, ActivityKind, ParticipantCount, Project
from tests.factories import OrganisationFactory, ProtocolFactory
from tests.factories_planning import ParticipantCountFactory, TrainingQuestionFactory
from tests.factories_programme import ActivityFactory, InvolvementFactory, ProjectFactory
from tests.pages import LANGUAGES, Page
from transparency.presentation.activities import ActivityRow, activity_row, ages


@pytest.fixture
def project(db: Any) -> Project:
    return ProjectFactory(protocol=ProtocolFactory(), published=True)


def page_of(project: Project, language: str = "fr") -> Page:
    return Page(Client().get(f"/{language}/projects/{project.code}/"))


def row_of(women: int, men: int, by_age: list[tuple[int, int]]) -> ActivityRow:
    """A row whose ages are already fetched."""
    activity = Activity(
        pk=1,
        kind=ActivityKind.TRAINING,
        planned_start=datetime.date(2026, 3, 2),
        planned_end=datetime.date(2026, 3, 2),
        women=women,
        men=men,
    )
    bands = ("under_15", "15_24", "25_59", "60_over")
    rows = [ParticipantCount(band=band, women=one, men=two) for band, (one, two) in zip(bands, by_age, strict=True)]
    activity._prefetched_objects_cache = {"counts": Found(rows)}  # type: ignore[attr-defined]  # as a prefetch leaves it
    return activity_row(activity, "ltr")


class Found(list[ParticipantCount]):
    """Fetched rows, asked as a relation is."""

    def all(self) -> Found:
        """All of them."""
        return self

    _result_cache: None = None


people = st.integers(0, 40)


@given(st.lists(st.tuples(people, people), min_size=4, max_size=4), people, people)
def test_no_count_of_an_age_can_be_read_or_reckoned(by_age: list[tuple[int, int]], more_women: int, more_men: int):
    women, men = sum(one for one, _two in by_age) + more_women, sum(two for _one, two in by_age) + more_men
    row = row_of(women, men, by_age)
    found = ages(row)
    for name, total, counts in (
        ("women", row.women, [one for one, _two in by_age]),
        ("men", row.men, [two for _one, two in by_age]),
    ):
        shown = [getattr(one, name) for one in found]
        assert all(one.value is None or one.value == 0 or one.value >= 5 for one in shown)
        if total.value is None:
            assert all(one.value is None for one in shown)
            continue
        if shown:
            hidden = total.value - sum(one.value or 0 for one in shown)
            withheld = [one for one in shown if one.withheld]
            assert not withheld or (len(withheld) >= 2 and hidden >= 5)
            assert withheld or not any(0 < count < 5 for count in counts)


def test_ages_are_shown_with_what_is_too_small_withheld(project: Project):
    activity = ActivityFactory(project=project, done=True, women=30, men=11)
    ParticipantCountFactory(activity=activity, band="15_24", women=21, men=11)
    ParticipantCountFactory(activity=activity, band="25_59", women=3, men=0)
    answer = Client().get(f"/fr/projects/{project.code}/")
    [row] = answer.context["activities"]
    shown = {one.band: (one.women.value, one.men.value) for one in row.ages}
    assert shown == {"under_15": (0, 0), "15_24": (21, 11), "25_59": (None, 0), "60_over": (0, 0), None: (None, 0)}
    assert Page(answer).words.count("21") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_and_what_a_training_prepares_for_are_public(project: Project, language: str):
    training = ActivityFactory(project=project, training=True, done=True)
    question = TrainingQuestionFactory(activity=training)
    training.prepares.add(project.involvements.first())
    untranslated = TrainingQuestionFactory(activity=training, question_nl="", question_fr="Pas encore traduite")
    page = page_of(project, language)
    assert getattr(question, f"question_{language}") in page.words
    assert untranslated.question_fr not in page.words


def test_means_of_fewer_than_five_people_are_withheld(project: Project):
    few = ActivityFactory(project=project, training=True, done=True, women=2, men=1)
    TrainingQuestionFactory(activity=few)
    assert "Savez-vous établir" not in page_of(project).words


def test_why_an_activity_is_postponed_is_public_once_whole(project: Project):
    ActivityFactory(project=project, state="postponed", postponed_reason_fr="La salle est fermée")
    assert "La salle est fermée" not in page_of(project).words
    Activity.objects.all().delete()
    ActivityFactory(
        project=project,
        state="postponed",
        postponed_reason_ar="القاعة مغلقة",
        postponed_reason_fr="La salle est fermée",
        postponed_reason_nl="De zaal is dicht",
    )
    assert "La salle est fermée" in page_of(project).words


def test_what_is_outside_the_assessment_is_staff_s_own(project: Project):
    before = page_of(project).words
    activity = ActivityFactory(project=project)
    inside = page_of(project).words
    activity.outside_assessment = True
    activity.save()
    assert page_of(project).words == inside != before


def test_an_accepted_responsibility_bears_a_mark_and_a_declined_one_is_not_there(project: Project):
    yes = InvolvementFactory(
        project=project, organisation=OrganisationFactory(), accepted_on="2026-05-04", words="Mot interne"
    )
    no = InvolvementFactory(project=project, organisation=OrganisationFactory(), declined_on="2026-05-04")
    page = page_of(project)
    assert yes.organisation.name_fr in page.words
    assert "4 mai 2026" in page.words
    assert no.organisation.name_fr not in page.words
    assert "Mot interne" not in page.words


def test_the_reason_for_no_third_partner_is_public(project: Project):
    for language, text in {"ar": "مشروع داخلي", "fr": "Projet interne", "nl": "Intern project"}.items():
        setattr(project, f"no_third_partner_reason_{language}", text)
    project.save()
    assert "Projet interne" in page_of(project).words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dates_are_drawn_and_tabled(project: Project, language: str):
    activity = ActivityFactory(project=project, is_milestone=True)
    answer = Client().get(f"/{language}/projects/{project.code}/")
    html = answer.content.decode()
    assert html.count('class="plan-bar"') == 2
    assert "css/timeline.css" in html
    assert Page(answer).words.count(getattr(activity, f"title_{language}")) >= 2


def test_thirty_trainings_cost_what_one_costs(project: Project, django_assert_max_num_queries: Any):
    def whole() -> None:
        training = ActivityFactory(project=project, training=True, done=True)
        TrainingQuestionFactory(activity=training)
        ParticipantCountFactory(activity=training)
        training.prepares.add(project.involvements.first())

    whole()
    address = f"/fr/projects/{project.code}/"
    Client().get(address)
    with django_assert_max_num_queries(100) as few:
        Client().get(address)
    for _training in range(29):
        whole()
    with django_assert_max_num_queries(len(few)):
        Client().get(address)
