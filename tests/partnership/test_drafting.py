"""Later wordings wait beside what the public reads, until their three languages stand [I10]."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnership import drafting, following, opening, parity, publishing
from partnership.models import Change, ChangeKind, PublishingState, TextDraft
from partnership.refusals import Refusal
from projects.decisions import ADOPT_PLAN
from projects.models import ActionPlan, Activity, Project
from tests.factories import ObjectiveFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.factories_programme import ActionPlanFactory, ActivityFactory, IndicatorFactory, ProjectFactory

pytestmark = pytest.mark.django_db

LANGUAGES = ("ar", "fr", "nl")
NEW = {"title_ar": "عنوان جديد", "title_fr": "Titre nouveau", "title_nl": "Nieuwe titel"}


def public_text(record: Any, field: str) -> dict[str, str]:
    fresh = type(record).objects.get(pk=record.pk)
    return {code: getattr(fresh, parity.column(field, code)) for code in LANGUAGES}


def public_title(record: Any) -> dict[str, str]:
    return public_text(record, "title")


def test_before_the_first_publication_the_columns_are_the_working_copy():
    project = ProjectFactory()
    drafting.write(project, {"title_fr": "Autrement"}, by=UserFactory())
    assert project.title_fr == "Autrement"
    assert not drafting.pending(project)


def test_the_public_keeps_the_old_version_in_all_three_until_the_set_is_complete():
    project, person = ProjectFactory(published=True), UserFactory()
    before = public_title(project)
    drafting.write(project, {"title_ar": NEW["title_ar"]}, by=person)
    assert public_title(project) == before
    assert drafting.text_of(project, "title_ar") == NEW["title_ar"]
    with pytest.raises(ValidationError) as refusal:
        publishing.publish(project, by=person)
    assert [error.code for error in refusal.value.error_list] == ["I10", "I10"]
    drafting.write(project, {"title_fr": NEW["title_fr"], "title_nl": NEW["title_nl"]}, by=person)
    assert public_title(project) == before
    answer = publishing.publish(project, by=person)
    assert (answer.texts, answer.waiting) == (1, [])
    assert public_title(project) == {code: NEW[f"title_{code}"] for code in LANGUAGES}
    assert not TextDraft.objects.exists()


def test_what_is_still_right_needs_no_retyping():
    project, person = ProjectFactory(published=True), UserFactory()
    drafting.write(project, {"title_fr": "Une faute corrigée"}, by=person)
    for language in ("ar", "nl"):
        assert drafting.still_right(project, "title", language, by=person)
    publishing.publish(project, by=person)
    assert public_title(project)["fr"] == "Une faute corrigée"


def test_one_text_need_not_wait_for_another():
    project, person = ProjectFactory(published=True), UserFactory()
    drafting.write(project, {**NEW, "summary_fr": "Un résumé plus clair."}, by=person)
    answer = publishing.publish(project, by=person)
    assert answer.texts == 1
    assert len(answer.waiting) == 2
    assert public_title(project)["nl"] == NEW["title_nl"]
    assert drafting.pending(project)


def test_the_stamp_is_one_for_the_three_languages():
    project, person = ProjectFactory(published=True), UserFactory()
    first, published = project.revised_at, project.published_at
    drafting.write(project, NEW, by=person)
    publishing.publish(project, by=person)
    assert project.revised_at > first
    assert project.published_at == published


def test_a_part_waits_with_its_root():
    project = ProjectFactory(published=True)
    activity = ActivityFactory(project=project)
    before = public_title(activity)
    drafting.write(activity, NEW, by=UserFactory())
    assert public_title(activity) == before
    publishing.publish(project, by=None)
    assert public_title(activity)["ar"] == NEW["title_ar"]


def test_a_part_that_is_not_complete_yet_is_written_where_it_stands():
    activity = ActivityFactory(project=ProjectFactory(published=True), title_nl="")
    drafting.write(activity, {"title_nl": "Vorming"}, by=UserFactory())
    assert activity.title_nl == "Vorming"
    assert not TextDraft.objects.exists()


def test_an_indicator_of_the_partnership_shows_by_itself_once_its_languages_stand():
    indicator, person = IndicatorFactory(project=None, protocol=ProtocolFactory()), UserFactory()
    before = public_title(indicator)
    drafting.write(indicator, {"title_ar": NEW["title_ar"]}, by=person)
    assert public_title(indicator) == before
    drafting.write(indicator, NEW, by=person)
    assert public_title(indicator) == {code: NEW[f"title_{code}"] for code in LANGUAGES}


@pytest.mark.parametrize("make", [ObjectiveFactory, OrganisationFactory])
def test_a_name_that_is_never_without_its_languages_changes_in_all_of_them_or_in_none(make: Any):
    record, person = make(), UserFactory()
    before = public_text(record, "name")
    drafting.write(record, {"name_fr": "Un autre nom"}, by=person)
    assert public_text(record, "name") == before
    drafting.write(record, {"name_ar": "اسم آخر"}, by=person)
    assert public_text(record, "name") == before
    with following.as_translation():
        drafting.write(record, {"name_nl": "Een andere naam", "name_fr": "Un autre nom"}, by=person)
    assert public_text(record, "name") == {"ar": "اسم آخر", "fr": "Un autre nom", "nl": "Een andere naam"}
    assert not TextDraft.objects.exists()


def test_a_corrected_name_shows_once_the_other_languages_are_said_to_be_right():
    objective, person = ObjectiveFactory(), UserFactory()
    before = public_text(objective, "name")
    drafting.write(objective, {"name_fr": "Une faute corrigée"}, by=person)
    assert drafting.still_right(objective, "name", "ar", by=person)
    assert public_text(objective, "name") == before
    assert drafting.still_right(objective, "name", "nl", by=person)
    assert public_text(objective, "name") == {**before, "fr": "Une faute corrigée"}


def test_a_part_does_not_come_before_the_public_while_a_language_follows_an_earlier_source():
    activity, person = ActivityFactory(project=ProjectFactory(published=True), title_nl=""), UserFactory()
    drafting.write(activity, {"title_ar": NEW["title_ar"]}, by=person)
    drafting.write(activity, {"title_nl": NEW["title_nl"]}, by=person)
    assert not Activity.objects.published().exists()
    assert drafting.text_of(activity, "title_nl") == NEW["title_nl"]
    assert drafting.still_right(activity, "title", "fr", by=person)
    assert Activity.objects.published().get().title_nl == NEW["title_nl"]
    assert not TextDraft.objects.exists()


def test_a_ready_record_that_loses_a_text_is_a_draft_again():
    project = ProjectFactory()
    publishing.declare_ready(project, by=None)
    drafting.write(project, {"summary_nl": ""}, by=None)
    assert project.publishing_state == PublishingState.DRAFT


def test_facts_without_language_show_at_once():
    project = ProjectFactory(published=True, people_expected=100)
    drafting.write(project, {"title_fr": "Autrement"}, by=UserFactory())
    project.people_expected = 250
    project.save()
    read = Project.objects.get(pk=project.pk)
    assert (read.people_expected, read.title_fr) == (250, project.title_fr)
    assert read.title_fr != "Autrement"


def test_writing_what_stands_lets_nothing_wait():
    project, person = ProjectFactory(published=True), UserFactory()
    stands = project.title_fr
    drafting.write(project, {"title_fr": "Autrement"}, by=person)
    drafting.write(project, {"title_fr": stands}, by=person)
    assert not TextDraft.objects.exists()


def test_a_draft_stands_in_the_history_as_not_public_yet_by_whoever_wrote_it():
    project, person = ProjectFactory(published=True), UserFactory()
    stood = project.title_fr
    drafting.write(project, {"title_fr": "Autrement"}, by=person)
    change = Change.objects.of(project).order_by("pk").last()
    assert (change.kind, change.by, change.data) == (ChangeKind.DRAFTED, person, {"title_fr": [stood, "Autrement"]})


def test_a_stale_version_is_refused_and_nothing_is_written():
    project, person = ProjectFactory(published=True), UserFactory()
    opened = project.version
    drafting.write(project, {"title_fr": "Autrement"}, by=person, version=opened)
    with pytest.raises(Refusal) as refusal:
        drafting.write(project, {"title_nl": "Anders"}, by=person, version=opened)
    assert refusal.value.code == "version"
    assert drafting.text_of(Project.objects.get(pk=project.pk), "title_nl") != "Anders"


def test_a_text_that_does_not_fit_is_refused_at_its_column():
    with pytest.raises(ValidationError) as refusal:
        drafting.write(ProjectFactory(), {"title_fr": "x" * 251}, by=UserFactory())
    assert list(refusal.value.message_dict) == ["title_fr"]


def test_no_decision_opens_while_texts_wait():
    plan = ActionPlanFactory(published=True)
    drafting.write(plan, {"title_fr": "Autrement"}, by=UserFactory())
    assert "I10" in {refusal.code for refusal in opening.against(ADOPT_PLAN, plan)}
    for language in ("ar", "nl"):
        drafting.still_right(plan, "title", language, by=None)
    publishing.publish(plan, by=None)
    assert "I10" not in {refusal.code for refusal in opening.against(ADOPT_PLAN, plan)}


def test_withdrawing_makes_the_waiting_texts_the_working_copy():
    project = ProjectFactory(published=True)
    drafting.write(project, {"title_fr": "Autrement"}, by=UserFactory())
    publishing.withdraw(project, by=None)
    assert project.title_fr == "Autrement"
    assert not TextDraft.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_reading_the_drafts_of_a_list_is_one_query(count: int):
    plans = [ActionPlanFactory(published=True) for _ in range(count)]
    for plan in plans:
        drafting.write(plan, {"title_fr": "Autrement"}, by=None)
    rows = list(ActionPlan.objects.all())
    with CaptureQueriesContext(connection) as captured:
        drafting.lay_over(rows)
        assert {drafting.text_of(row, "title_fr") for row in rows} == {"Autrement"}
    assert len(captured) == 1


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.sampled_from(LANGUAGES), st.sampled_from(["", "a", "b"])),
            st.tuples(st.just("right"), st.sampled_from(LANGUAGES), st.just("")),
            st.tuples(st.just("publish"), st.just(""), st.just("")),
        ),
        max_size=8,
    )
)
def test_the_public_reads_three_languages_of_one_version_whatever_happens(steps: list[tuple[str, str, str]]):
    """I10: what is public is whole, and every change of it was complete and stale in no language."""
    plan = ActionPlanFactory(published=True)
    before = public_title(plan)
    for act, language, text in steps:
        stale = {state.language for state in following.TextState.objects.of(plan).filter(field="title").stale()}
        if act == "write":
            drafting.write(plan, {parity.column("title", language): text}, by=None)
        elif act == "right":
            drafting.still_right(plan, "title", language, by=None)
        else:
            try:
                publishing.publish(plan, by=None)
            except ValidationError:
                assert public_title(plan) == before
            else:
                assert public_title(plan) == before or not stale
        now = public_title(plan)
        assert all(now.values())
        if act != "publish":
            assert now == before
        before = now
