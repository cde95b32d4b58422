"""Two people on one record: what one saves is never overwritten unseen, what another typed is never lost."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from partnership import editing, locks
from partnership.editing import Keep, Piece, Rows, Side
from partnership.models import Change, Membership, User
from partnership.refusals import Refusal
from projects.models import Activity, Project
from tests.conftest import LONG
from tests.factories import (
    ActivityFactory,
    BudgetLineFactory,
    DomainFactory,
    InvolvementFactory,
    OrganisationFactory,
    ProjectFactory,
    ProtocolFactory,
    TransactionFactory,
)
from tests.staff import errors_of, fields_of, messages_of, sent, staff

pytestmark = pytest.mark.django_db

SUMMARY = "Le projet crée un point d’accueil unique qui oriente les habitants vers les services sociaux existants."
MINE = SUMMARY.replace("unique qui", "unique ouvert deux jours par semaine qui")
THEIRS = SUMMARY.replace("existants.", "existants et recense les besoins non couverts.")
BOTH = MINE.replace("existants.", "existants et recense les besoins non couverts.")


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


class Person:
    """Someone with the form of a record open in a browser."""

    def __init__(self, protocol: Any, record: Any, position: int = 1) -> None:
        self.client = staff(protocol, position)
        self.user = Membership.objects.latest("pk").user
        self.address = address(record)
        self.open()

    def open(self) -> None:
        self.form = fields_of(self.client.get(self.address).content.decode())

    def save(self, **typed: Any) -> Any:
        """Send the form as it was opened, with these values typed into it."""
        return self.client.post(self.address, {**self.form, **typed, "_continue": "1"})

    def choose(self, page: Any, **chosen: Any) -> Any:
        """Send the page of two versions as it stands, with these fields of it set."""
        fields = fields_of(page.content.decode())
        return self.client.post(self.address, {**fields, **{name.replace("__", ":"): v for name, v in chosen.items()}})


def address(record: Any, language: str = "fr") -> str:
    return f"/{language}/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def lines_of(page: Any) -> dict[str, tuple[Side, Keep | None]]:
    """What the page of two versions shows: each thing that differs, by whose hand, and what is chosen."""
    return {line.name: (line.side, keep) for line, keep, _lacks, _text in page.context["lines"]}


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


def rows_of(project: Any) -> list[str]:
    return sorted(str(row.responsibility_fr) for row in project.involvements.all())


@pytest.fixture
def shared(protocol: Any) -> Any:
    """A project with three responsibilities."""
    project = ProjectFactory(protocol=protocol, involved=[], people_expected=500, state="proposed")
    for name in ("Une", "Deux", "Trois"):
        InvolvementFactory(project=project, organisation=OrganisationFactory(), responsibility_fr=name)
    return project


def place_of(person: Person, text: str) -> str:
    """The prefix of the row with this responsibility."""
    return next(name for name, value in person.form.items() if value == text).removesuffix("-responsibility_fr")


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


# Versions -------------------------------------------------------------------------------------------------------------


def test_a_save_with_its_rows_is_one_version_and_one_without_changes_is_none(protocol: Any, shared: Any):
    person = Person(protocol, shared)
    before = int(person.form["_version"])
    one, two = place_of(person, "Une"), place_of(person, "Deux")
    person.save(people_expected="650", **{f"{one}-responsibility_fr": "Une bis", f"{two}-DELETE": "on"})
    person.open()
    assert int(person.form["_version"]) == before + 1
    assert {change.by for change in Change.objects.under(shared).since(before)} == {person.user}
    assert {change.version for change in Change.objects.under(shared).since(before)} == {before + 1}
    person.save()
    person.open()
    assert int(person.form["_version"]) == before + 1
    person.save(**{f"{place_of(person, 'Trois')}-responsibility_fr": "Trois bis"})
    person.open()
    assert int(person.form["_version"]) == before + 2


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, the rule about the whole record refuses every write."""

    def start() -> None:
        def refuse(record: Any) -> None:
            raise Refusal("Une décision est ouverte sur ce texte.", code="I4")

        monkeypatch.setattr(locks, "check", refuse)

    return start


def test_a_refusal_at_the_end_undoes_all_of_it_and_keeps_what_was_typed(protocol: Any, shared: Any, refusing: Any):
    person = Person(protocol, shared)
    one, changes = place_of(person, "Une"), Change.objects.count()
    refusing()
    more = {
        "involvements-TOTAL_FORMS": "4",
        "involvements-3-organisation": OrganisationFactory().pk,
        "involvements-3-phase": "design",
        "involvements-3-capacity": "funder",
        "involvements-3-responsibility_fr": "Une de plus",
    }
    changes = Change.objects.count()
    page = person.save(people_expected="650", **{f"{one}-responsibility_fr": "Une bis"}, **more)
    assert page.status_code == 200
    assert errors_of(page) == ["Une décision est ouverte sur ce texte."]
    kept = fields_of(page.content.decode())
    assert (kept["people_expected"], kept[f"{one}-responsibility_fr"]) == ("650", "Une bis")
    assert kept["involvements-3-responsibility_fr"] == "Une de plus"
    assert kept["_version"] == person.form["_version"]
    shared.refresh_from_db()
    assert (shared.people_expected, rows_of(shared)) == (500, ["Deux", "Trois", "Une"])
    assert Change.objects.count() == changes


def test_a_new_record_that_is_refused_is_not_made(protocol: Any, project: Any, refusing: Any):
    client = staff(protocol)
    refusing()
    typed = {"project": project.pk, "title_fr": "Atelier", "planned_start": "01/02/2026", "planned_end": "02/02/2026"}
    page = sent(client, "/fr/admin/projects/activity/add/", **typed)
    assert errors_of(page) == ["Une décision est ouverte sur ce texte."]
    assert fields_of(page.content.decode())["title_fr"] == "Atelier"
    assert not Activity.objects.exists()


def test_a_refusal_by_a_rule_about_one_field_stands_at_that_field(protocol: Any, project: Any, monkeypatch: Any):
    def refuse(record: Any) -> None:
        raise ValidationError({"people_expected": "Trop.", "published_at": "Pas ici."})

    person = Person(protocol, project)
    monkeypatch.setattr(locks, "check", refuse)
    form = person.save(people_expected="650").context["adminform"].form
    assert form.errors["people_expected"] == ["Trop."]
    assert form.non_field_errors() == ["Pas ici."]


def test_a_deletion_that_is_refused_deletes_nothing(protocol: Any, project: Any, refusing: Any):
    activity = ActivityFactory(project=project)
    client = staff(protocol)
    refusing()
    one = f"/fr/admin/projects/activity/{activity.pk}/"
    answer = client.post(f"{one}delete/", {"post": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, f"{one}change/")
    bulk = {"action": "delete_selected", "_selected_action": [activity.pk], "post": "yes"}
    answer = client.post("/fr/admin/projects/activity/", bulk)
    assert "Une décision est ouverte sur ce texte." in messages_of(client.get(answer["Location"]))
    assert Activity.objects.exists()


def test_a_deletion_is_in_the_history_and_makes_a_version(protocol: Any, project: Any):
    activities = [ActivityFactory(project=project) for _ in range(3)]
    client = staff(protocol)
    person = Membership.objects.latest("pk").user
    before = Project.objects.get(pk=project.pk).version
    bulk = {"action": "delete_selected", "_selected_action": [row.pk for row in activities[:2]], "post": "yes"}
    client.post("/fr/admin/projects/activity/", bulk)
    client.post(f"/fr/admin/projects/activity/{activities[2].pk}/delete/", {"post": "yes"})
    deleted = Change.objects.under(project).filter(kind="deleted").order_by("pk")
    assert [(change.by, change.version) for change in deleted] == [
        (person, before + 1), (person, before + 1), (person, before + 2),
    ]  # fmt: skip


# Threads --------------------------------------------------------------------------------------------------------------

ROUNDS = 200 if LONG else 20


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run these at the same instant, each in a thread of its own with its own connection; returns what each gave."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        try:
            start.wait()
            answers[place] = acts[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.fixture
def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one connection write at a time")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_field_at_once_one_is_asked(on_postgresql: None):
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol, people_expected=0)
    first, second = Person(protocol, project, 1), Person(protocol, project, 2)
    for number in range(1, ROUNDS + 1):
        first.open()
        second.open()
        typed = {first: str(number * 2), second: str(number * 2 + 1)}
        answers = at_once(*(partial(who.save, people_expected=value) for who, value in typed.items()))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        winner = first if answers[0].status_code == 302 else second
        project.refresh_from_db()
        assert project.people_expected == int(typed[winner])
    assert Change.objects.of(project).count() == ROUNDS + 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_rows_and_parts_at_once_nothing_is_overwritten(on_postgresql: None):
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol, involved=[])
    line = BudgetLineFactory(project=project)
    movement = TransactionFactory(line=line, description_fr="Début")
    whole, part = Person(protocol, line, 1), Person(protocol, movement, 2)
    for number in range(ROUNDS):
        whole.open()
        part.open()
        row = next(name for name in whole.form if name.endswith("-0-description_fr"))
        typed = [f"Au bas du budget {number}", f"Sur sa propre page {number}"]
        answers = at_once(partial(whole.save, **{row: typed[0]}), partial(part.save, description_fr=typed[1]))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        movement.refresh_from_db()
        assert movement.description_fr == typed[0 if answers[0].status_code == 302 else 1]


# Comparing and putting together ---------------------------------------------------------------------------------------


def change(kind: str, **fields: Any) -> Change:
    from partnership import canonical

    return Change(kind=kind, fields=canonical.text(fields))


def test_going_back_undoes_changes_in_turn():
    changes = [
        change("changed", title=["a", "b"], domains=[[1], [2]]),
        change("changed", title=["b", "c"], email=None, domains=[[], [3]]),
    ]
    before = editing.as_it_was({"title": "c", "email": "x", "domains": {2, 3}}, changes)
    assert before == {"title": "a", "email": editing.UNKNOWN, "domains": {1}}
    assert editing.as_it_was({"title": "c"}, [change("created", title=[None, "c"])]) is None
    assert editing.as_it_was(None, [change("deleted", title=["c", None])]) == {"title": "c"}


def test_pieces_mark_what_is_new():
    assert editing.pieces("un accueil unique.", "un accueil très unique.") == [
        Piece("un accueil ", False), Piece("très ", True), Piece("unique.", False),
    ]  # fmt: skip


def test_two_changes_of_one_text_are_put_together_unless_they_touch():
    assert editing.together(SUMMARY, MINE, THEIRS) == BOTH
    assert editing.together("a b c", "a x c", "a y c") is None
    assert editing.together("a b c", "a x c", "a x c") == "a x c"


WORDS = st.lists(st.sampled_from(["un", "deux", "trois", "le", "projet", "مشروع"]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_a_change_by_one_alone_is_that_change(opened: str, text: str):
    assert editing.together(opened, text, opened) == text
    assert editing.together(opened, opened, text) == text
    assert "".join(piece.text for piece in editing.pieces(opened, text)) == text


@given(WORDS, WORDS, WORDS)
def test_putting_together_does_not_depend_on_who_comes_first(opened: str, mine: str, theirs: str):
    assert editing.together(opened, mine, theirs) == editing.together(opened, theirs, mine)


@given(st.lists(st.booleans(), max_size=6), st.data())
def test_rows_are_numbered_again_and_keep_what_they_hold(keyed: list[bool], data: st.DataObject):
    sent = {"r-TOTAL_FORMS": [str(len(keyed))], "r-INITIAL_FORMS": [str(sum(keyed))], "title": ["x"]}
    for place, has_key in enumerate(keyed):
        sent |= {f"r-{place}-id": [str(place + 10) if has_key else ""], f"r-{place}-text": [f"text {place}"]}
    places = st.sets(st.integers(0, max(0, len(keyed) - 1)))
    dropped, new = data.draw(places), data.draw(places)
    rows = Rows("r", "id", sent)
    after = Rows("r", "id", rows.without(dropped, as_new=new))
    kept = {f"text {place}" for place in range(len(keyed))} - {f"text {place}" for place in dropped}
    assert {after.value(row.place, "text") for row in after.rows} == kept
    assert after.data["title"] == ["x"]
    initial = int(after.data["r-INITIAL_FORMS"][0])
    assert all(bool(row.key) == (row.place < initial) for row in after.rows)


def test_a_person_without_rights_neither_locks_nor_saves(protocol: Any, project: Any):
    person = Person(protocol, project)
    reader = staff(protocol, role="observer")
    answer = reader.post(person.address, {**person.form, "people_expected": "1"})
    assert answer.status_code in {403, 404}
    assert isinstance(reader, Client)
    assert User.objects.filter(pk=person.user.pk).exists()
