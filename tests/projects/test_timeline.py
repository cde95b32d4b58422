"""Dates along a line and by month: everything lies where its days are, mirrored in Arabic, with words and a table behind it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects import month_sheet, timeline
from projects.models import Activity, Project
from tests.factories import ProtocolFactory
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.pages import LANGUAGES, Page
from tests.staff import queries, staff

TODAY = datetime.date(2026, 3, 3)


def days(written: str) -> datetime.date:
    return datetime.date.fromisoformat(written)


def project(start: str | None, end: str | None, **fields: Any) -> Project:
    return Project(planned_start=start and days(start), planned_end=end and days(end), **fields)


def activity(start: str, end: str, **fields: Any) -> Activity:
    return Activity(pk=1, planned_start=days(start), planned_end=days(end), **fields)


def drawn(of: Project, *activities: Activity, language: str = "fr", today: datetime.date = TODAY) -> timeline.Timeline:
    found = timeline.of_project(of, activities, today, language)
    assert found is not None
    return found


# Where things lie -----------------------------------------------------------------------------------------------------


def test_a_year_has_its_months_by_name_and_equal_width():
    plan = drawn(project("2026-01-01", "2026-12-31"), activity("2026-04-01", "2026-06-30"))
    assert plan.names[:4] == [("janv.", "2026"), ("févr.", ""), ("mars", ""), ("avr.", "")]
    whole, quarter = plan.lines
    assert (whole.planned, quarter.planned) == (timeline.Bar("0.00%", "100.00%"), timeline.Bar("25.00%", "25.00%"))
    assert plan.rules[2] == "25.00%"
    assert plan.today == "17.20%"  # two days of March after two months


def test_in_arabic_the_line_begins_at_the_right():
    late = activity("2026-04-01", "2026-06-30")
    plan = drawn(project("2026-01-01", "2026-12-31"), late, language="ar")
    assert plan.lines[1].planned == timeline.Bar("50.00%", "25.00%")
    assert (plan.today, plan.lines[1].end, plan.rules[2]) == ("82.80%", "50.00%", "75.00%")
    assert plan.names[0] == ("يناير", "2026")


@pytest.mark.parametrize(
    ("start", "end", "names"),
    [
        ("2024-02-10", "2025-05-01", ["janv. 2024", "avr. ", "juil. ", "oct. ", "janv. 2025", "avr. "]),
        ("2023-06-01", "2026-12-31", ["2023 ", "2024 ", "2025 ", "2026 "]),
        ("2026-03-05", "2026-03-06", ["mars 2026"]),
    ],
)
def test_a_longer_line_has_quarters_and_years(start: str, end: str, names: list[str]):
    assert [" ".join(name) for name in drawn(project(start, end)).names] == names


def test_what_runs_is_filled_up_to_today_and_what_is_done_to_its_end():
    running = activity("2026-02-01", "2026-12-31", state="under_way", actual_start=days("2026-02-01"))
    done = activity(
        "2026-01-01", "2026-01-31", state="done", actual_start=days("2026-01-01"), actual_end=days("2026-02-28")
    )
    ahead = activity("2026-06-01", "2026-06-30", state="planned")
    plan = drawn(project("2026-01-01", "2026-12-31"), running, done, ahead)
    by_start = {line.record.planned_start.month: line.actual for line in plan.lines[1:]}
    assert by_start == {1: timeline.Bar("0.00%", "16.67%"), 2: timeline.Bar("8.33%", "9.14%"), 6: None}


def test_what_is_late_is_said_so():
    past = {"start": "2026-01-01", "end": "2026-03-02"}
    late = {
        state: drawn(project(None, None), activity(*past.values(), state=state, is_milestone=True)).lines[0].late
        for state in ("planned", "under_way", "postponed", "done", "cancelled")
    }
    assert late == {"planned": True, "under_way": True, "postponed": True, "done": False, "cancelled": False}


def test_today_outside_the_line_is_not_drawn():
    assert drawn(project("2024-01-01", "2024-12-31", state="closed")).today is None


def test_nothing_is_drawn_where_no_day_is_known():
    assert timeline.of_project(project(None, None), [], TODAY, "fr") is None


@given(
    st.lists(st.dates(days("2019-01-01"), days("2031-12-31")), min_size=4, max_size=4),
    st.sampled_from(sorted(LANGUAGES)),
)
def test_every_bar_lies_within_the_line_and_mirrors(found: list[datetime.date], language: str):
    start, end, first, last = *sorted(found[:2]), *sorted(found[2:])
    its = Activity(pk=1, planned_start=first, planned_end=last, actual_start=first, actual_end=last)
    of = Project(planned_start=start, planned_end=end)
    for line, mirrored in zip(drawn(of, its, language="fr").lines, drawn(of, its, language="ar").lines, strict=True):
        assert line.planned is not None
        assert mirrored.planned is not None
        x, width = (float(part.rstrip("%")) for part in (line.planned.x, line.planned.width))
        there = float(mirrored.planned.x.rstrip("%"))
        assert x >= -0.01
        assert x + width <= 100.02
        assert abs(there - (100 - x - width)) <= 0.03
    assert drawn(of, its, language=language).names


# By month -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2026-02", "2026-02-01"),
        ("2026-2", "2026-02-01"),
        ("2026-13", "2026-03-01"),
        ("0000-01", "2026-03-01"),
        ("٢٠٢٦-٠٢", "2026-03-01"),
        ("9" * 400 + "-1", "2026-03-01"),
        ("x", "2026-03-01"),
        ("", "2026-03-01"),
    ],
)
def test_a_month_is_read_and_anything_else_is_this_month(written: str, month: str):
    assert month_sheet.month_of(written, TODAY) == days(month)


@pytest.mark.django_db
def test_a_month_shows_what_begins_ends_and_goes_on():
    protocol = ProtocolFactory()
    its = ProjectFactory(protocol=protocol)
    short = ActivityFactory(project=its)  # 2 to 4 March
    one_day = ActivityFactory(project=its, planned_start=TODAY, planned_end=TODAY)
    long = ActivityFactory(project=its, planned_start=days("2026-01-10"), planned_end=days("2026-06-10"))
    ActivityFactory(project=its, state="cancelled")
    ActivityFactory(project__protocol=ProtocolFactory(hostname="second.example"))
    sheet = month_sheet.sheet(protocol, days("2026-03-01"), "fr")
    found = {
        day.on.day: [(entry.activity, entry.begins, entry.ends) for entry in day.entries]
        for week in sheet.weeks
        for day in week
        if day.in_month and day.entries
    }
    assert found == {2: [(short, True, False)], 3: [(one_day, True, True)], 4: [(short, False, True)]}
    assert (list(sheet.through), sheet.before, sheet.after) == ([long], "2026-02", "2026-04")
    assert (sheet.weekdays[0], len(sheet.weeks[0])) == ("lundi", 7)


@pytest.mark.django_db
def test_an_activity_stands_on_the_days_it_really_took_place():
    protocol = ProtocolFactory()
    moved = ActivityFactory(
        project__protocol=protocol, state="done", actual_start=days("2026-05-11"), actual_end=days("2026-05-12")
    )
    assert month_sheet.sheet(protocol, days("2026-03-01"), "fr").is_empty
    may = month_sheet.sheet(protocol, days("2026-05-01"), "fr")
    assert [entry.activity for week in may.weeks for day in week for entry in day.entries] == [moved, moved]


# The pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_timeline_is_a_picture_without_words_with_a_table_behind_it(language: str):
    protocol = ProtocolFactory()
    its = ActivityFactory(project__protocol=protocol, is_milestone=True)
    answer = staff(protocol).get(f"/{language}/admin/timeline/{its.project_id}/")
    html, page = answer.content.decode(), Page(answer)
    assert (page.root["dir"], getattr(its, f"title_{language}") in page.words) == (LANGUAGES[language], True)
    assert "<text" not in html
    assert "style=" not in html.partition("<main")[2]
    assert html.count('class="plan-bar"') == 2


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["timeline/{}/", "calendar/?month=2026-03"])
def test_one_activity_and_thirty_cost_the_same(page: str):
    protocol = ProtocolFactory()
    its = ActivityFactory(project__protocol=protocol).project
    client, address = staff(protocol), "/fr/admin/" + page.format(its.pk)
    few = queries(client, address)
    for _activity in range(29):
        ActivityFactory(project=its)
    assert queries(client, address) == few


@pytest.mark.django_db
def test_the_calendar_links_to_what_stands_in_it():
    protocol = ProtocolFactory()
    its = ActivityFactory(project__protocol=protocol)
    client = staff(protocol, role="observer")
    assert (
        f"/fr/admin/projects/activity/{its.pk}/change/" in Page(client.get("/fr/admin/calendar/?month=2026-03")).links
    )
    assert client.get("/fr/admin/calendar/?month=1999-01").context["sheet"].is_empty


@pytest.mark.django_db
def test_a_timeline_of_another_protocol_is_not_here():
    protocol = ProtocolFactory()
    other = ProjectFactory(protocol=ProtocolFactory(hostname="second.example"))
    assert staff(protocol).get(f"/fr/admin/timeline/{other.pk}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["timeline/{}/", "calendar/", "who-does-what/", "who-does-what/{}/"])
def test_nothing_is_sent_to_a_page_that_only_shows(page: str):
    its = ProjectFactory()
    assert staff(its.protocol).post("/fr/admin/" + page.format(its.pk)).status_code == 405
