"""Recording a need: each commune once, in its own name, and neither for the other [I2]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnership.models import ProtocolState
from projects import awaiting, recording
from projects.models import NeedRecord
from tests.at_once import ROUNDS, at_once, refused
from tests.conftest import LONG
from tests.copies import copied
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import coordinator
from tests.factories_planning import NeedFactory, recorded
from tests.staff import fields_of, staff

BOTH = pytest.mark.parametrize("position", [1, 2])


@pytest.fixture
def need(db: None) -> Any:
    return NeedFactory(protocol=ProtocolFactory())


def editor(need: Any, position: int, role: str = "editor", **values: Any) -> Any:
    commune = need.protocol.parties.get(position=position).organisation
    return MembershipFactory(protocol=need.protocol, organisation=commune, role=role, **values)


def page(need: Any, language: str = "fr") -> str:
    return f"/{language}/admin/needs/{need.pk}/record/"


def code_of(refusal: Any) -> str:
    return str(refusal.value.error_list[0].code)


# The act --------------------------------------------------------------------------------------------------------------


@BOTH
def test_either_commune_records_it_once_with_its_own_words(need: Any, position: int):
    by = editor(need, position)
    made = recording.record(need, by=by, remark=" تمت المعاينة ", language="ar")
    assert (made.party.position, made.by, made.on) == (position, by, timezone.localdate())
    assert (made.remark, made.remark_language) == ("تمت المعاينة", "ar")
    with pytest.raises(ValidationError) as refusal:
        recording.record(need, by=editor(need, position, "coordinator"))
    assert code_of(refusal) == "I2"
    assert str(need.protocol.parties.get(position=position)) in str(refusal.value.messages)
    assert need.records.count() == 1


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_whoever_enters_nothing_records_nothing(need: Any, role: str):
    with pytest.raises(ValidationError) as refusal:
        recording.record(need, by=editor(need, 1, role))
    assert code_of(refusal) == "I3"


def test_nobody_records_it_who_acts_for_neither_commune_or_in_another_protocol(need: Any):
    partner = MembershipFactory(protocol=need.protocol, organisation=OrganisationFactory(), role="editor")
    elsewhere = coordinator(ProtocolFactory(), 1)
    over = editor(need, 1, ends_on=timezone.localdate() - datetime.timedelta(days=1))
    for by in (partner, elsewhere, over):
        with pytest.raises(ValidationError) as refusal:
            recording.record(need, by=by)
        assert code_of(refusal) == "I3"
    assert not need.records.exists()


def test_a_remark_names_its_language_and_has_an_end(need: Any):
    for remark, language, code in (("Vu.", "", "language"), ("Seen.", "en", "language"), ("x" * 2001, "fr", "remark")):
        with pytest.raises(ValidationError) as refusal:
            recording.record(need, by=editor(need, 1), remark=remark, language=language)
        assert code_of(refusal) == code
    assert recording.record(need, by=editor(need, 1), remark="  ", language="").remark_language == ""


def test_in_an_archive_nothing_is_recorded(need: Any):
    by = editor(need, 1)
    need.protocol.state = ProtocolState.ENDED
    need.protocol.save()
    with pytest.raises(ValidationError) as refusal:
        recording.record(need, by=type(by).objects.get(pk=by.pk))
    assert code_of(refusal) == "I1"


def test_a_need_is_public_only_once_both_have_recorded_it(need: Any):
    recorded(need, 2)
    [refusal] = need.publication_refusals()
    assert str(need.protocol.parties.get(position=1)) in " ".join(refusal.messages)
    recorded(need, 1)
    assert need.publication_refusals() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_commune_record_it_at_the_same_instant_and_one_record_stands():
    for _round in range(ROUNDS if LONG else 3):
        need = NeedFactory(protocol=ProtocolFactory())
        people = [editor(need, 1), editor(need, 1, "coordinator"), editor(need, 2)]
        results = at_once(*(lambda by=by: recording.record(need, by=by) for by in people))  # noqa: B023  run within the round
        assert [error.error_list[0].code for error in refused(results)] == ["I2"]
        assert sorted(need.records.values_list("party__position", flat=True)) == [1, 2]


# The page -------------------------------------------------------------------------------------------------------------


@BOTH
def test_the_page_shows_the_need_and_both_communes_and_records_for_ones_own(need: Any, position: int):
    recording.record(need, by=editor(need, 3 - position), remark="Gezien ter plaatse.", language="nl")
    client = staff(need.protocol, position, "editor")
    shown = client.get(page(need))
    html = shown.content.decode()
    assert need.title_fr in html
    assert "Gezien ter plaatse." in html
    assert 'lang="nl"' in html
    assert [record is not None for _party, record in shown.context["sides"]].count(True) == 1
    answer = client.post(page(need), {**fields_of(html), "remark": "Confirmé au marché.", "language": "fr"})
    assert (answer.status_code, answer["Location"]) == (302, f"/fr/admin/projects/need/{need.pk}/change/")
    made = NeedRecord.objects.get(party__position=position)
    assert (made.remark, made.remark_language) == ("Confirmé au marché.", "fr")
    assert client.get(page(need)).context["form"] is None
    assert client.post(page(need), {"language": "fr"}).status_code == 302
    assert need.records.count() == 2


def test_the_equal_order_of_the_communes_follows_the_language(need: Any):
    client = staff(need.protocol)
    orders = {
        language: [party.position for party, _record in client.get(page(need, language)).context["sides"]]
        for language in ("ar", "fr", "nl")
    }
    assert orders == {"ar": [1, 2], "fr": [2, 1], "nl": [2, 1]}


def test_what_was_typed_stays_when_it_is_refused(need: Any):
    client = staff(need.protocol, 2, "editor")
    answer = client.post(page(need), {"remark": "Un mot.", "language": "xx"})
    assert answer.status_code == 422
    assert fields_of(answer.content.decode())["remark"] == "Un mot."
    assert not need.records.exists()


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_for_whoever_may_not_record_there_is_no_page(need: Any, role: str):
    client = staff(need.protocol, 1, role)
    assert client.get(page(need)).status_code == 404
    assert client.post(page(need), {"language": "fr"}).status_code == 404


def test_a_need_of_another_protocol_is_not_found(need: Any):
    other = NeedFactory(protocol=ProtocolFactory())
    assert staff(need.protocol).get(page(other)).status_code == 404


def test_who_acts_for_both_communes_says_for_which(need: Any):
    client = staff(need.protocol, 1, "editor")
    user = need.protocol.memberships.get().user
    second = editor(need, 2, user=user)
    html = client.get(page(need)).content.decode()
    assert "acting" in fields_of(html)
    client.post(page(need), {**fields_of(html), "acting": second.pk})
    assert [one.party.position for one in need.records.all()] == [2]
    assert "acting" not in fields_of(client.get(page(need)).content.decode())


# The start page -------------------------------------------------------------------------------------------------------


def tasks(protocol: Any) -> list[Any]:
    user = coordinator(protocol, 1).user
    return [task for task in awaiting.awaiting(user, protocol, timezone.localdate()) if "/needs/" in task.url]


@BOTH
def test_a_need_of_one_commune_awaits_the_other(need: Any, position: int):
    assert tasks(need.protocol) == []
    recorded(need, position)
    [task] = tasks(need.protocol)
    assert (task.code, task.awaits, task.url) == (need.code, 3 - position, page(need))
    assert {place: half.done for place, half in task.halves.items()} == {position: True, 3 - position: False}
    recorded(need, 3 - position)
    assert tasks(need.protocol) == []


def test_the_tasks_cost_the_same_for_one_need_and_for_thirty(need: Any):
    recorded(need, 1)
    with CaptureQueriesContext(connection) as one:
        assert len(tasks_of_needs(need)) == 1
    copied(need, 29, code=lambda number: f"N-{number}")
    with CaptureQueriesContext(connection) as thirty:
        assert len(tasks_of_needs(need)) == 30
    assert len(thirty) == len(one)


def tasks_of_needs(need: Any) -> list[Any]:
    return list(awaiting._needs_of_one(type(need.protocol).objects.get(pk=need.protocol_id)))
