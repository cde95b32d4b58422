"""Two people on one record: what one saves is never overwritten unseen, what another typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from partnership import editing, locks
from partnership.admin.editing import refuse_if_decided
from partnership.editing import Piece, Rows
from partnership.models import Change, Membership, User
from partnership.refusals import Refusal
from projects.models import Activity, Project
from tests.at_once import ROUNDS, at_once
from tests.factories import PDF, DocumentFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import open_ratification
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ProjectFactory,
    TransactionFactory,
)
from tests.staff import errors_of, fields_of, messages_of, sent, staff
from tests.two_people import BOTH, MINE, SUMMARY, THEIRS, Person, place_of, rows_of, shared_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Any:
    return ProjectFactory(protocol=protocol, people_expected=500)


@pytest.fixture
def shared(protocol: Any) -> Any:
    """A project with three responsibilities."""
    return shared_project(protocol)


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


def test_a_refused_file_must_be_chosen_again_and_its_field_says_so(protocol: Any, refusing: Any):
    document = DocumentFactory(protocol=protocol)
    person = Person(protocol, document)
    refusing()
    page = person.save(file=SimpleUploadedFile("etude.pdf", PDF, "application/pdf"))
    assert len(page.context["adminform"].form.errors["file"]) == 1
    document.refresh_from_db()
    assert document.size == 0


def test_a_record_that_was_decided_about_is_never_deleted(protocol: Any, project: Any):
    open_ratification(protocol)
    refuse_if_decided(project)
    with pytest.raises(Refusal) as refused:
        refuse_if_decided(protocol)
    assert refused.value.code == "I4"


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


@pytest.fixture
def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one connection write at a time")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_field_at_once_one_is_asked(on_postgresql: None):
    protocol = ProtocolFactory()
    plan = ActionPlanFactory(protocol=protocol)
    first, second = Person(protocol, plan, 1), Person(protocol, plan, 2)
    for number in range(1, ROUNDS + 1):
        first.open()
        second.open()
        typed = {first: f"Plan de Belfaa {number}", second: f"Plan de Jette {number}"}
        answers = at_once(*(partial(who.save, title_fr=value) for who, value in typed.items()))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        winner = first if answers[0].status_code == 302 else second
        plan.refresh_from_db()
        assert plan.title_fr == typed[winner]
    assert Change.objects.of(plan).count() == ROUNDS + 1


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
