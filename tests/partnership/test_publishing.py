"""Publishing in three languages together, or not at all [I10]."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from partnership import parity, publishing
from partnership.models import PublishingState
from projects.models import Project
from tests.factories import UserFactory
from tests.factories_programme import ActionPlanFactory, ProjectFactory

pytestmark = pytest.mark.django_db

LANGUAGES = ("ar", "fr", "nl")


def test_a_complete_record_is_published_at_one_moment_by_someone():
    plan, person = ActionPlanFactory(), UserFactory()
    publishing.publish(plan, by=person)
    assert (plan.publishing_state, plan.state_changed_by) == (PublishingState.PUBLISHED, person)
    assert plan.published_at is not None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("nothing", ["", "   ", "\u200f ", None])
def test_a_missing_language_is_refused_and_named(language: str, nothing: str | None):
    plan = ActionPlanFactory(**{f"introduction_{language}": nothing})
    with pytest.raises(ValidationError) as refusal:
        publishing.publish(plan, by=None)
    [error] = refusal.value.error_list
    assert error.code == "I10"
    assert str(parity.LANGUAGE_NAMES[language]) in refusal.value.messages[0]
    plan.refresh_from_db()
    assert plan.publishing_state == PublishingState.DRAFT


def test_an_optional_text_stands_in_all_languages_or_in_none():
    project = ProjectFactory(description_fr="Un texte sans traduction")
    with pytest.raises(ValidationError) as refusal:
        publishing.publish(project, by=None)
    assert len(refusal.value.error_list) == 2
    project.description_ar, project.description_nl = "نص", "Een tekst"
    project.save()
    publishing.publish(project, by=None)
    assert project.is_published


def test_a_project_without_a_responsibility_of_each_commune_is_refused():
    project = ProjectFactory(involved=[])
    with pytest.raises(ValidationError) as refusal:
        publishing.publish(project, by=None)
    assert [error.code for error in refusal.value.error_list] == ["I7", "I7"]


def test_withdrawing_keeps_the_moment():
    plan = ActionPlanFactory(published=True)
    publishing.withdraw(plan, by=None)
    assert plan.publishing_state == PublishingState.WITHDRAWN
    assert plan.withdrawn_at is not None
    publishing.publish(plan, by=None)
    assert plan.withdrawn_at is None


@pytest.mark.parametrize("change", [{"title_nl": ""}, {"title_nl": None}, {"summary_ar": ""}, {"published_at": None}])
def test_the_database_itself_refuses_a_published_record_with_a_gap(change: dict[str, str | None]):
    project = ProjectFactory(published=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**change)


@given(gaps=st.sets(st.tuples(st.sampled_from(["title", "introduction"]), st.sampled_from(LANGUAGES))))
def test_exactly_what_is_missing_is_named(gaps: set[tuple[str, str]]):
    plan = ActionPlanFactory.build(protocol=None, **{parity.column(field, code): " " for field, code in gaps})
    assert {(gap.field, gap.language) for gap in parity.missing(plan)} == gaps
