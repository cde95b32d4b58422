"""Pictures and figures worked out for the pages: places in per cent, mirrored with the reading direction, never without bounds."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.utils import translation

from partnership.models import Clause
from projects.models import ActivityState, ProjectState
from projects.money import Totals
from tests.factories import ClauseFactory, DomainFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActivityFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
)
from transparency.presentation import charts
from transparency.presentation.activities import activity_row
from transparency.presentation.clauses import articles
from transparency.presentation.money import Purse, large_amount
from transparency.presentation.partners import levels, partner_rows
from transparency.presentation.plan import domain_groups
from transparency.presentation.project import Duration
from transparency.presentation.reports import period_title
from transparency.presentation.states import states
from transparency.presentation.years import year_rows

HALF = Decimal("0.5")
DAY = datetime.date(2026, 11, 24)


def figure(name: str) -> float:
    """An SVG length as a number of per cent."""
    return float(name.removesuffix("%"))


# Geometry


def test_a_piece_is_mirrored_with_the_reading_direction():
    quarter = Decimal("0.25")
    assert charts.piece(quarter, HALF, "ltr") == charts.Piece("25.00%", "25.00%")
    assert charts.piece(quarter, HALF, "rtl") == charts.Piece("50.00%", "25.00%")
    assert charts.place(quarter, "rtl") == "75.00%"


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_lengths_keep_their_point_in_every_language(language):
    with translation.override(language):
        assert charts.per_cent(Decimal("0.12345")) == "12.35%"


def test_indicators_at_the_same_place_share_a_dot():
    picture = charts.strip([HALF, Decimal("0.501"), Decimal(1)], HALF, "ltr")
    assert picture.dots == ["50.00%", "100.00%"]
    assert picture.line == "50.00%"
    crowd = charts.strip([Decimal(number) / 5000 for number in range(5000)], HALF, "ltr")
    assert len(crowd.dots) <= 101


def test_more_spent_than_planned_stays_in_the_picture():
    bar = charts.money_bar(Decimal(100), Decimal(150), Decimal(150), "ltr")
    assert bar
    assert figure(bar.spent.width) == 100
    assert figure(bar.planned.width) == pytest.approx(66.67)
    assert charts.money_bar(Decimal(0), Decimal(0), Decimal(0), "ltr") is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("baseline", "target", "value"), [(0, 40, 24), (52, 75, 68), (40, 10, 25), (0, 40, 90), (10, 10, 10), (-5, 5, 0)]
)
def test_every_mark_of_a_bullet_lies_within_it(baseline, target, value):
    indicator = IndicatorFactory.build(
        project=None, protocol=None, baseline_value=Decimal(baseline), target_value=Decimal(target)
    )
    state = charts.IndicatorState(indicator, None, Decimal(value), False, None)
    for direction in ("ltr", "rtl"):
        bullet = charts.bullet(state, direction)
        assert bullet
        assert bullet.value
        for piece in (bullet.way, bullet.value):
            assert figure(piece.x) >= 0
            assert figure(piece.x) + figure(piece.width) <= 100.01
        assert 0 <= figure(bullet.baseline) <= 100
        assert 0 <= figure(bullet.target) <= 100


# States


def test_each_project_has_a_box_until_there_are_many():
    few = states({ProjectState.UNDER_WAY: 4, ProjectState.CLOSED: 2}, "ltr")
    assert [box.state for box in few.boxes] == ["under_way"] * 4 + ["closed"] * 2
    assert (few.total, few.under_way) == (6, 4)
    many = states({ProjectState.UNDER_WAY: 30, ProjectState.CLOSED: 10}, "ltr")
    assert [box.state for box in many.boxes] == ["under_way", "closed"]
    first, second = (figure(box.piece.width) for box in many.boxes)
    assert first == pytest.approx(3 * second, abs=0.02)


def test_boxes_fill_the_line_and_begin_where_the_language_does():
    left, right = (states({ProjectState.CLOSED: 1, ProjectState.UNDER_WAY: 2}, side).boxes for side in ("ltr", "rtl"))
    assert figure(left[0].piece.x) == 0
    assert figure(left[-1].piece.x) + figure(left[-1].piece.width) == pytest.approx(100, abs=0.02)
    assert figure(right[0].piece.x) + figure(right[0].piece.width) == pytest.approx(100, abs=0.02)
    assert states({}, "ltr").boxes == []


# Money


def totals(currency: str, planned: int, spent: int) -> Totals:
    """What was planned and spent, as entered."""
    whole = Totals()
    whole.add("planned", currency, Decimal(planned))
    whole.add("spent", currency, Decimal(spent))
    return whole


def test_a_large_figure_writes_its_unit_where_the_language_does():
    amount = Purse("EUR", "MAD", None).amount(totals("EUR", 24000, 0), "planned")
    french, dutch = (large_amount(amount, language) for language in ("fr", "nl"))
    assert (french.unit, french.unit_first) == ("€", False)
    assert (dutch.number, dutch.unit, dutch.unit_first) == ("24.000", "€", True)


def test_years_stand_in_order_on_one_scale():
    rows = year_rows({2026: totals("EUR", 50, 0), 2025: totals("EUR", 100, 25)}, Purse("EUR", "MAD", None))
    assert [row.year for row in rows] == [2025, 2026]
    assert [row.share for row in rows] == [Decimal("0.25"), Decimal(0)]
    assert rows[0].column
    assert rows[0].column.planned == "100.00%"
    assert rows[1].column
    assert rows[1].column.planned_y == "50.00%"
    assert year_rows({2026: totals("EUR", 0, 0)}, Purse("EUR", "MAD", None))[0].column is None


# Words of periods and durations


@pytest.mark.parametrize("code", ["2026-S1", "2026-S2", "2026-Q1", "2026-Q4", "2026"])
def test_every_period_has_words_with_its_year(code):
    for language in ("ar", "fr", "nl"):
        with translation.override(language):
            assert "2026" in period_title(code)
            assert "%" not in period_title(code)


def test_a_duration_within_a_year_names_it_once():
    assert Duration(datetime.date(2025, 2, 1), datetime.date(2026, 3, 1)).years == "2025–2026"
    assert Duration(datetime.date(2026, 2, 1), datetime.date(2026, 3, 1)).years == "2026"
    assert Duration(None, datetime.date(2026, 3, 1)).years == "2026"
    assert Duration(None, None).years == ""


# Rows


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("women", "men", "shown", "total"),
    [
        (14, 11, (14, 11), 25),
        (3, 40, (None, None), 43),
        (2, 1, (None, None), None),
        (0, 30, (0, 30), 30),
        (None, None, (None, None), None),
        (None, 12, (None, 12), 12),
    ],
)
def test_people_of_an_activity_are_shown_as_far_as_they_may_be(women, men, shown, total):
    row = activity_row(ActivityFactory(state=ActivityState.DONE, actual_start=DAY, women=women, men=men), "ltr")
    assert (row.women.value, row.men.value) == shown
    assert row.total.value == total
    assert row.women.withheld == (women is not None and shown[0] is None)
    assert row.counted == (women is not None or men is not None)


@pytest.mark.django_db
def test_scores_are_shown_when_both_were_taken():
    whole = activity_row(ActivityFactory(training=True), "rtl").scores
    assert whole
    assert whole.after == charts.Piece("25.00%", "75.00%")
    assert activity_row(ActivityFactory(training=True, score_after=None), "rtl").scores is None


@pytest.mark.django_db
def test_partners_stand_by_level_and_name_and_a_long_list_ends():
    protocol = ProtocolFactory()
    far = OrganisationFactory(level="international", name_fr="Alpha")
    near, next_to = OrganisationFactory(name_fr="Écoles"), OrganisationFactory(name_fr="Zone")
    involvements = [
        InvolvementFactory(project=ProjectFactory(protocol=protocol), organisation=far) for _number in range(15)
    ]
    involvements += [InvolvementFactory(project=involvements[0].project, organisation=one) for one in (next_to, near)]
    rows = partner_rows(list(protocol.parties.all()), involvements, "fr")
    groups = levels(rows)
    assert [(group.level, [row.organisation for row in group.rows]) for group in groups] == [
        ("local", [near, next_to]),
        ("international", [far]),
    ]
    assert (len(groups[1].rows[0].projects), groups[1].rows[0].more) == (12, 3)
    assert [times for _name, times in groups[1].rows[0].capacities] == [15]


@pytest.mark.django_db
def test_a_plan_of_many_projects_shows_a_hundred_of_a_domain():
    protocol = ProtocolFactory()
    domain = DomainFactory(protocol=protocol)
    project = ProjectFactory(protocol=protocol, domains=[domain])
    groups = domain_groups(
        [domain, DomainFactory(protocol=protocol)], [], [project] * 104, {}, Purse("EUR", "MAD", None)
    )
    assert [(group.domain, len(group.rows), group.more) for group in groups] == [(domain, 100, 4)]


@pytest.mark.django_db
def test_clauses_stand_under_their_headings_and_the_last_paragraph_alone():
    protocol = ProtocolFactory()
    made: dict[str, Clause] = {}
    for number, kind, parent in [
        ("T", "title", None),
        ("F", "heading", None),
        ("F1", "heading", "F"),
        ("F1.1", "bullet", "F1"),
        ("Z", "text", None),
    ]:
        made[number] = ClauseFactory(protocol=protocol, number=number, kind=kind, parent=made.get(parent or ""))
    domain = DomainFactory(protocol=protocol, clause=made["F1.1"], code="DOM-X")
    found = articles(made.values(), {"domain": [domain]})
    assert [(one.heading and one.heading.number, one.depth) for one in found] == [("F", 1), ("F1", 2), (None, 1)]
    assert [(line.clause.number, line.filter_value) for line in found[1].lines] == [("F1.1", "DOM-X")]
    assert [line.clause.number for line in found[2].lines] == ["Z"]


@pytest.mark.django_db
def test_a_measurement_of_no_value_draws_no_bar():
    measured = MeasurementFactory(value=None)
    state = charts.IndicatorState(measured.indicator, measured, None, False, None)
    bullet = charts.bullet(state, "ltr")
    assert bullet
    assert bullet.value is None
