"""What the database itself refuses to store of indicators, and how far they say they have come."""

from __future__ import annotations

import datetime
from datetime import timedelta
from decimal import Decimal

import pytest

from evaluation.models import Indicator
from tests.constraints import Case, assert_refused, declared
from tests.factories import ProtocolFactory
from tests.factories_programme import IndicatorFactory, MeasurementFactory, ProjectFactory

DAY = datetime.date(2026, 6, 30)
NEXT_DAY = DAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


def in_words(**values):
    """A qualitative indicator: no numbers unless they are given."""
    return IndicatorFactory(**{"measure": "qualitative", "baseline_value": None, "target_value": None, **values})


def checked(*, by=1, checked_by=2, on=DAY):
    """A measurement by the commune at one place of the title, checked by that at another (None: by nobody)."""
    indicator = IndicatorFactory()
    parties = {party.position: party for party in indicator.protocol.parties.all()}
    return MeasurementFactory(indicator=indicator, by=parties[by], checked_by=parties.get(checked_by), checked_on=on)


CASES = [
    Case(
        "indicator_target_after_baseline",
        lambda: IndicatorFactory(baseline_on=DAY, target_on=DAY),
        lambda: IndicatorFactory(baseline_on=NEXT_DAY, target_on=DAY),
    ),
    Case("indicator_values_fit_measure", in_words, lambda: in_words(target_value=Decimal(1))),
    Case("indicator_values_fit_measure", IndicatorFactory, lambda: IndicatorFactory(baseline_value=None)),
    Case(
        "measurement_once",
        lambda: [MeasurementFactory(on=DAY), MeasurementFactory(on=DAY)],
        lambda: MeasurementFactory(on=DAY, indicator=MeasurementFactory(on=DAY).indicator),
    ),
    Case("measurement_checked_by_other", lambda: checked(by=2, checked_by=1), lambda: checked(by=2, checked_by=2)),
    Case("measurement_check_complete", lambda: checked(checked_by=None, on=None), lambda: checked(checked_by=None)),
    Case("measurement_check_complete", checked, lambda: checked(on=None)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_satisfy_a_constraint_are_stored(case):
    case.holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_break_a_constraint_are_refused(case):
    assert_refused(case)


def test_every_constraint_is_tested_both_ways():
    assert declared("evaluation") == {case.name for case in CASES}


@pytest.mark.parametrize(
    ("baseline", "target", "value", "progress"),
    [
        ("0", "40", "10", "0.25"),
        ("100", "20", "60", "0.5"),  # less is better
        ("10", "40", "5", "0"),
        ("0", "40", "55", "1"),
    ],
)
def test_progress_is_the_share_of_the_way_from_baseline_to_target(baseline, target, value, progress):
    indicator = IndicatorFactory(baseline_value=Decimal(baseline), target_value=Decimal(target))
    assert indicator.progress(Decimal(value)) == Decimal(progress)


def test_progress_cannot_be_said_without_a_value_a_number_or_a_way():
    assert IndicatorFactory().progress(None) is None
    assert in_words().progress(Decimal(1)) is None
    assert IndicatorFactory(baseline_value=Decimal(3), target_value=Decimal(3)).progress(Decimal(3)) is None


def test_an_indicator_is_public_once_its_project_is_and_its_own_texts_are_whole():
    project = ProjectFactory(published=True)
    of_project = IndicatorFactory(project=project)
    of_the_whole = IndicatorFactory(project=None, protocol=ProtocolFactory())
    IndicatorFactory(project=project, unit_ar="")
    IndicatorFactory(project=ProjectFactory())
    assert set(Indicator.objects.published()) == {of_project, of_the_whole}
