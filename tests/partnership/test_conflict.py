"""The page on which two versions of a record meet: what differs, who chooses what, and what is saved then."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from partnership.editing import Keep, Side
from tests.factories import DomainFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import ActivityFactory, InvolvementFactory, ProjectFactory
from tests.staff import errors_of, fields_of, messages_of
from tests.two_people import BOTH, MINE, SUMMARY, THEIRS, Person, address, lines_of, place_of, rows_of, shared_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Any:
    return ProjectFactory(
        protocol=protocol,
        summary_fr=SUMMARY,
        planned_start=datetime.date(2025, 1, 1),
        planned_end=datetime.date(2026, 12, 31),
        people_expected=500,
    )


# One saves, the other saves after -------------------------------------------------------------------------------------


def test_who_saves_second_sees_both_versions_and_chooses(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    assert first.save(summary_fr=THEIRS, people_expected="650").status_code == 302
    page = second.save(summary_fr=MINE, planned_end="30/06/2027")
    assert page.status_code == 409
    assert lines_of(page) == {
        "summary_fr": (Side.BOTH, Keep.REWRITE),
        "planned_end": (Side.MINE, Keep.MINE),
        "people_expected": (Side.THEIRS, Keep.THEIRS),
    }
    html = page.content.decode()
    assert str(first.user) in html
    assert "30 juin 2027" in html
    assert "31 décembre 2026" in html
    project.refresh_from_db()
    assert (project.summary_fr, project.planned_end, project.people_expected) == (
        THEIRS, datetime.date(2026, 12, 31), 650,
    )  # fmt: skip
    answer = second.choose(page)
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.summary_fr, project.planned_end, project.people_expected) == (
        BOTH, datetime.date(2027, 6, 30), 650,
    )  # fmt: skip


@pytest.mark.parametrize(("keep", "text"), [("mine", MINE), ("theirs", THEIRS), ("rewrite", "Tout autre chose.")])
def test_any_of_the_versions_can_be_kept(protocol: Any, project: Any, keep: str, text: str):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(summary_fr=THEIRS)
    page = second.save(summary_fr=MINE)
    written = {"rewrite__summary_fr": text} if keep == "rewrite" else {}
    assert second.choose(page, keep__summary_fr=keep, **written).status_code == 302
    project.refresh_from_db()
    assert project.summary_fr == text


def test_where_both_changed_the_same_words_the_person_must_say(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(people_expected="650", title_fr="Un titre")
    page = second.save(people_expected="700", title_fr="Un autre titre")
    assert lines_of(page) == {"people_expected": (Side.BOTH, None), "title_fr": (Side.BOTH, None)}
    page = second.choose(page, keep__people_expected="mine")
    assert page.status_code == 409
    assert page.context["missing"] == ["title_fr"]
    assert lines_of(page)["people_expected"] == (Side.BOTH, Keep.MINE)
    assert second.choose(page, keep__title_fr="theirs").status_code == 302
    project.refresh_from_db()
    assert (project.people_expected, project.title_fr) == (700, "Un titre")


def test_a_text_rewritten_but_not_chosen_is_not_lost(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(summary_fr=THEIRS)
    page = second.save(summary_fr=MINE)
    page = second.choose(page, keep__summary_fr="theirs", rewrite__summary_fr="Un texte nouveau")
    assert page.context["missing"] == ["summary_fr"]
    assert "Un texte nouveau" in page.content.decode()


def test_a_third_save_while_choosing_shows_the_page_again(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(people_expected="650")
    page = second.save(people_expected="700")
    first.open()
    first.save(people_expected="800", dac_sector="15185")
    page = second.choose(page, keep__people_expected="mine")
    assert page.status_code == 409
    assert page.context["again"]
    assert lines_of(page) == {"people_expected": (Side.BOTH, Keep.MINE), "dac_sector": (Side.THEIRS, Keep.THEIRS)}
    assert second.choose(page).status_code == 302
    project.refresh_from_db()
    assert (project.people_expected, project.dac_sector) == (700, "15185")


def test_what_was_typed_can_be_taken_away_as_a_file(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(summary_fr=THEIRS)
    answer = second.choose(second.save(summary_fr=MINE), _download="1")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith(f'attachment; filename="project-{project.pk}-')
    assert MINE in answer.content.decode()


def test_who_changed_nothing_overwrites_nothing(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(people_expected="650")
    answer = second.save()
    assert answer.status_code == 302
    assert "n" in messages_of(second.client.get(answer["Location"]))
    project.refresh_from_db()
    assert project.people_expected == 650


def test_the_same_change_by_both_is_no_conflict(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(people_expected="650")
    assert second.save(people_expected="650").status_code == 302


def test_what_the_form_does_not_hold_may_change_meanwhile(protocol: Any, project: Any):
    person = Person(protocol, project)
    project.published_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    project.save()
    assert person.save(people_expected="1").status_code == 302


def test_an_error_keeps_the_version_that_was_opened(protocol: Any, project: Any):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    page = second.save(people_expected="beaucoup")
    assert page.status_code == 200
    first.save(people_expected="650")
    second.form = fields_of(page.content.decode())
    assert lines_of(second.save(people_expected="700")) == {"people_expected": (Side.BOTH, None)}


def test_a_form_that_does_not_say_its_version_is_refused_and_kept(protocol: Any, project: Any):
    person = Person(protocol, project)
    for said in ("", "x", "-1", "99999999999"):
        page = person.save(_version=said, people_expected="650")
        assert page.status_code == 200
        assert len(errors_of(page)) == 1
        assert fields_of(page.content.decode())["people_expected"] == "650"
    project.refresh_from_db()
    assert project.people_expected == 500


def test_boxes_and_relations_to_many_are_compared_too(protocol: Any, project: Any):
    domains = [DomainFactory(protocol=protocol) for _ in range(3)]
    project.domains.set(domains[:1])
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(domains=[str(domains[1].pk)], target_groups=["women"])
    page = second.save(domains=[str(domains[0].pk), str(domains[2].pk)], target_groups=["youth"], place_sensitive="on")
    assert lines_of(page) == {
        "domains": (Side.BOTH, None),
        "target_groups": (Side.BOTH, None),
        "place_sensitive": (Side.MINE, Keep.MINE),
    }
    assert second.choose(page, keep__domains="theirs", keep__target_groups="mine").status_code == 302
    assert list(project.domains.all()) == [domains[1]]
    assert [target.group for target in project.targets.all()] == ["youth"]


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_the_page_stands_in_three_languages(protocol: Any, project: Any, language: str):
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    first.save(title_ar="عنوان آخر", people_expected="650")
    second.address = address(project, language)
    page = second.save(title_ar="عنوان مختلف", people_expected="700")
    assert page.status_code == 409
    assert '<span class="said" lang="ar" dir="rtl">' in page.content.decode()


# Rows below -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(protocol: Any) -> Any:
    """A project with three responsibilities."""
    return shared_project(protocol)


def test_rows_are_compared_field_by_field(protocol: Any, shared: Any):
    first, second = Person(protocol, shared, 1), Person(protocol, shared, 2)
    one, two = place_of(first, "Une"), place_of(first, "Deux")
    first.save(**{f"{one}-responsibility_fr": "Une des leurs"})
    page = second.save(**{f"{one}-responsibility_fr": "Une à moi", f"{two}-responsibility_fr": "Deux à moi"})
    assert lines_of(page) == {
        f"{one}-responsibility_fr": (Side.BOTH, None),
        f"{two}-responsibility_fr": (Side.MINE, Keep.MINE),
    }
    assert second.choose(page, **{f"keep__{one}-responsibility_fr": "theirs"}).status_code == 302
    assert rows_of(shared) == ["Deux à moi", "Trois", "Une des leurs"]


def test_a_row_that_others_added_stays(protocol: Any, shared: Any):
    first, second = Person(protocol, shared, 1), Person(protocol, shared, 2)
    InvolvementFactory(project=shared, organisation=OrganisationFactory(), responsibility_fr="Quatre")
    assert first.save(people_expected="650").status_code == 302
    page = second.save(people_expected="700")
    assert [row for row in page.context["added"] if "·" in row]
    assert second.choose(page, keep__people_expected="mine").status_code == 302
    assert rows_of(shared) == ["Deux", "Quatre", "Trois", "Une"]


@pytest.mark.parametrize(
    ("keep", "left"), [("mine", ["Trois", "Une", "Une de plus"]), ("theirs", ["Trois", "Une de plus"])]
)
def test_a_row_that_others_removed_can_be_brought_back(protocol: Any, shared: Any, keep: str, left: list[str]):
    first, second = Person(protocol, shared, 1), Person(protocol, shared, 2)
    one, two = place_of(first, "Une"), place_of(first, "Deux")
    first.save(**{f"{one}-DELETE": "on"})
    more = {
        "involvements-TOTAL_FORMS": "4",
        "involvements-3-organisation": OrganisationFactory().pk,
        "involvements-3-phase": "design",
        "involvements-3-capacity": "funder",
        "involvements-3-responsibility_ar": "زيادة",
        "involvements-3-responsibility_fr": "Une de plus",
        "involvements-3-responsibility_nl": "Nog een",
    }
    page = second.save(**{f"{two}-DELETE": "on", **more})
    assert lines_of(page) == {
        one: (Side.THEIRS, Keep.THEIRS),
        two: (Side.MINE, Keep.MINE),
        "involvements-3": (Side.MINE, Keep.MINE),
    }
    assert second.choose(page, **{f"keep__{one}": keep}).status_code == 302
    assert rows_of(shared) == left


def test_a_row_i_remove_while_others_change_it(protocol: Any, shared: Any):
    for keep, left in (("theirs", ["Deux", "Trois", "Une bis"]), ("mine", ["Deux", "Trois"])):
        first, second = Person(protocol, shared, 1), Person(protocol, shared, 2)
        one = place_of(first, "Une")
        first.save(**{f"{one}-responsibility_fr": "Une bis"})
        page = second.save(**{f"{one}-DELETE": "on"})
        assert lines_of(page) == {one: (Side.BOTH, None)}
        assert second.choose(page, **{f"keep__{one}": keep}).status_code == 302
        assert rows_of(shared) == left
        first.open()
        if keep == "theirs":
            first.save(**{f"{place_of(first, 'Une bis')}-responsibility_fr": "Une"})


def test_a_part_has_a_form_of_its_own_and_the_roots_version(protocol: Any, project: Any):
    activity = ActivityFactory(project=project, title_fr="Atelier")
    whole, part = Person(protocol, project, 1), Person(protocol, activity, 2)
    assert part.form["_version"] == whole.form["_version"]
    row = next(name for name, value in whole.form.items() if value == "Atelier")
    assert whole.save(**{row: "Atelier du matin"}).status_code == 302
    page = part.save(title_fr="Atelier du soir")
    assert lines_of(page) == {"title_fr": (Side.BOTH, None)}
