"""Which language a text was written in, and whether the others follow it [I10]."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnership import following, history, parity
from partnership.models import TextStanding, TextState
from partnership.models.texts import TO_TRANSLATE
from projects.models import ActionPlan
from tests.factories import ProtocolFactory, UserFactory
from tests.factories_programme import ActionPlanFactory, ActivityFactory, IndicatorFactory

pytestmark = pytest.mark.django_db

LANGUAGES = ("ar", "fr", "nl")


def standings(record: Any, field: str = "title") -> dict[str, str]:
    return {state.language: state.standing for state in TextState.objects.of(record).filter(field=field)}


def written(record: Any, **texts: str) -> None:
    fresh = type(record).objects.get(pk=record.pk)
    for column, text in texts.items():
        setattr(fresh, column, text)
    fresh.save()


def plan_in_arabic() -> ActionPlan:
    return ActionPlanFactory(title_ar="مخطط", title_fr="Plan", title_nl="Plan van beide")


def test_of_three_languages_written_together_the_writers_own_is_the_source():
    with override("nl"), history.acting(UserFactory()):
        assert standings(ActionPlanFactory()) == {"ar": "current", "fr": "current", "nl": "source"}


def test_of_three_languages_the_platform_wrote_together_the_first_is_the_source():
    assert standings(plan_in_arabic()) == {"ar": "source", "fr": "current", "nl": "current"}


def test_the_language_written_first_is_the_source_and_the_others_are_missing():
    plan = ActionPlanFactory(title_ar="مخطط", title_fr="", title_nl="")
    assert standings(plan) == {"ar": "source", "fr": "missing", "nl": "missing"}
    written(plan, title_nl="Plan")
    assert standings(plan) == {"ar": "source", "fr": "missing", "nl": "current"}


def test_changing_the_source_marks_the_others_stale_and_keeps_what_they_follow():
    plan = plan_in_arabic()
    written(plan, title_ar="مخطط آخر")
    assert standings(plan) == {"ar": "source", "fr": "stale", "nl": "stale"}
    stale = TextState.objects.of(plan).get(language="fr", field="title")
    assert stale.follows == "مخطط"
    assert stale.since is not None


def test_changing_a_language_that_was_up_to_date_makes_it_the_source():
    plan = plan_in_arabic()
    written(plan, title_fr="Plan corrigé")
    assert standings(plan) == {"ar": "stale", "fr": "source", "nl": "stale"}
    assert {state.follows for state in TextState.objects.of(plan).stale()} == {"Plan"}


def test_a_translators_correction_changes_no_source():
    plan = plan_in_arabic()
    with following.as_translation():
        written(plan, title_fr="Plan corrigé")
    assert standings(plan) == {"ar": "source", "fr": "current", "nl": "current"}


def test_translating_what_is_stale_follows_the_present_source():
    plan = plan_in_arabic()
    written(plan, title_ar="مخطط آخر")
    written(plan, title_fr="Un autre plan")
    assert standings(plan) == {"ar": "source", "fr": "current", "nl": "stale"}
    assert TextState.objects.of(plan).get(language="fr", field="title").follows == "مخطط آخر"


def test_still_right_clears_the_mark_without_retyping_and_says_who():
    plan, person = plan_in_arabic(), UserFactory()
    written(plan, title_ar="مخطط آخر")
    assert following.still_right(plan, "title", "nl", by=person.pk)
    state = TextState.objects.of(plan).get(language="nl", field="title")
    assert (state.standing, state.by, state.follows, state.since) == ("current", person, "مخطط آخر", None)
    assert not following.still_right(plan, "title", "nl", by=person.pk)


def test_a_text_taken_away_in_all_languages_needs_no_translation():
    plan = plan_in_arabic()
    written(plan, title_ar="", title_fr="", title_nl="")
    assert standings(plan) == {}


def test_a_source_taken_away_hands_over_and_makes_nothing_stale():
    plan = plan_in_arabic()
    with override("nl"), history.acting(UserFactory()):
        written(plan, title_ar="")
    assert standings(plan) == {"ar": "missing", "fr": "current", "nl": "source"}


def test_a_record_goes_with_what_was_known_of_its_texts():
    activity = ActivityFactory()
    assert TextState.objects.of(activity).exists()
    activity.delete()
    assert not TextState.objects.filter(object_id=str(activity.pk), field="title", root_type__model="activity").exists()
    assert not TextState.objects.filter(content_type__model="activity").exists()


def test_an_indicator_is_published_with_its_project_or_by_itself():
    activity = ActivityFactory()
    assert following.root_of(IndicatorFactory(project=activity.project)) == activity.project
    alone = IndicatorFactory(project=None, protocol=ProtocolFactory())
    assert following.root_of(alone) == alone


def test_a_save_without_a_text_asks_nothing_of_texts():
    plan = ActionPlan.objects.get(pk=plan_in_arabic().pk)
    plan.ends_on = plan.ends_on.replace(year=plan.ends_on.year + 1)
    with CaptureQueriesContext(connection) as captured:
        plan.save()
    assert not [query for query in captured if "textstate" in query["sql"]]


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(LANGUAGES), st.sampled_from(["", "un", "deux", "trois"]), min_size=1),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_whatever_is_written_one_language_is_the_source_and_gaps_are_found(steps: list[tuple[dict[str, str], bool]]):
    """After any writes: one source with a text, the empty ones missing, and what is current follows the source's present text."""
    plan = plan_in_arabic()
    for texts, as_translation in steps:
        columns = {parity.column("title", code): text for code, text in texts.items()}
        if as_translation:
            with following.as_translation():
                written(plan, **columns)
        else:
            written(plan, **columns)
        plan.refresh_from_db()
        said = {code: getattr(plan, parity.column("title", code)) or "" for code in LANGUAGES}
        states = {state.language: state for state in TextState.objects.of(plan).filter(field="title")}
        if not any(said.values()):
            assert states == {}
            continue
        [source] = [code for code, state in states.items() if state.standing == TextStanding.SOURCE]
        assert said[source]
        for code, state in states.items():
            assert (state.standing == TextStanding.MISSING) == (not said[code])
            assert (state.since is not None) == (state.standing in TO_TRANSLATE)
