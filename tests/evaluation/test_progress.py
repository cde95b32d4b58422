"""How far indicators have come."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import progress
from evaluation.models import Indicator
from projects.models import Project
from tests.factories_programme import IndicatorFactory, MeasurementFactory, ProjectFactory

VALUES = st.decimals(min_value=-1000, max_value=1000, places=2)


def indicator(baseline: object, target: object) -> Indicator:
    return Indicator(baseline_value=Decimal(str(baseline)), target_value=Decimal(str(target)))


@pytest.mark.parametrize(
    ("baseline", "target", "value", "share"),
    [
        (0, 40, 24, "0.6"),
        (52, 70, 70, "1"),
        (52, 70, 40, "0"),
        (10, 70, 90, "1"),
        (80, 20, 50, "0.5"),
        (80, 20, 10, "1"),
    ],
)
def test_progress_is_the_way_gone_from_baseline_to_target(baseline: int, target: int, value: int, share: str):
    assert indicator(baseline, target).progress(Decimal(value)) == Decimal(share)


@given(baseline=VALUES, target=VALUES, value=VALUES)
def test_progress_lies_between_nothing_and_all(baseline: Decimal, target: Decimal, value: Decimal):
    share = indicator(baseline, target).progress(value)
    assert (share is None) == (baseline == target)
    assert share is None or 0 <= share <= 1


def test_what_was_not_measured_has_no_progress():
    assert indicator(0, 40).progress(None) is None
    assert Indicator().progress(Decimal(3)) is None


@pytest.mark.django_db
def test_the_mean_leaves_out_what_was_not_measured():
    project = ProjectFactory(published=True)
    MeasurementFactory(indicator=IndicatorFactory(project=project), value=20)
    MeasurementFactory(indicator=IndicatorFactory(project=project), value=40)
    IndicatorFactory(project=project)
    states = progress.states_by_project([project.pk])[project.pk]
    assert len(states) == 3
    assert progress.mean_progress(states) == Decimal("0.75")


def test_the_mean_of_nothing_is_unknown():
    assert progress.mean_progress([]) is None


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 30])
def test_states_cost_two_queries_however_many(rows: int, django_assert_num_queries):
    project = ProjectFactory(published=True)
    for _ in range(rows):
        MeasurementFactory(indicator=IndicatorFactory(project=project))
    with django_assert_num_queries(2):
        states = progress.states_by_project([project.pk], datetime.date(2026, 12, 31))[project.pk]
        assert len([str(state.measurement.by) for state in states]) == rows


@pytest.mark.django_db
def test_many_projects_at_once_give_the_shares_of_each(django_assert_num_queries):
    day = datetime.date(2026, 6, 30)
    first = ProjectFactory(published=True)
    second = ProjectFactory(protocol=first.protocol, published=True)
    hidden = ProjectFactory(protocol=first.protocol)
    for project in (first, second, hidden):
        measured = IndicatorFactory(project=project)
        MeasurementFactory(indicator=measured, on=day, value=20)
        MeasurementFactory(indicator=measured, on=datetime.date(2025, 6, 30), value=10)
        MeasurementFactory(indicator=measured, on=datetime.date(2026, 7, 1), value=40)
        IndicatorFactory(project=project)
    few = IndicatorFactory(project=second, counts_people=True)
    MeasurementFactory(indicator=few, value=3)
    IndicatorFactory(project=first, title_nl="")
    with django_assert_num_queries(2):
        shares = progress.shares_by_project(Project.objects.all(), day)
    assert shares == {first.pk: [Decimal("0.5"), None], second.pk: [Decimal("0.5"), None, None]}
    states = progress.states_by_project([first.pk, second.pk], day)
    assert {pk: [state.progress for state in its] for pk, its in states.items()} == shares
