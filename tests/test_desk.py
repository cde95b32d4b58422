"""What awaits the person: each floor's tasks, in whose list they stand, how urgent, at what cost."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from config import desk
from evaluation.models import Measurement
from partnership import decisions, invitations, links, opening, signing
from partnership.awaiting import CHECK, COMPLETE, GROUPS, LATE, MEASURE, RENEW, SEND, SIGN, TRANSLATE, Group, Task
from partnership.models import Decision, DecisionState, Membership, MessageState, Position
from partnership.signing import Answer
from projects.models import ActivityState, ProjectState
from tests.deciding import like_it
from tests.factories import DocumentFactory, MembershipFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import approve, coordinator, open_ratification, ratify, signatory
from tests.factories_planning import consulted
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
    ReportSeriesFactory,
)
from tests.reports import made_report
from tests.staff import queries, sign_in_with_second_factor, staff

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 7, 1)


@pytest.fixture(autouse=True)
def summer() -> Any:
    with time_machine.travel(datetime.datetime(2026, 7, 1, 9, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def page(protocol: Any, position: int = 1, **person: Any) -> Any:
    return staff(protocol, position, **person).get("/fr/admin/").context


def tasks(protocol: Any, group: Group, position: int = 1, **person: Any) -> list[Task]:
    sections = {section.group: section for section in page(protocol, position, **person)["sections"]}
    return [row.task for row in sections[group].rows] if group in sections else []


# Decisions ------------------------------------------------------------------------------------------------------------


def desk_of(membership: Membership, language: str = "fr") -> Any:
    """The start page of whoever holds a mandate."""
    client = Client()
    sign_in_with_second_factor(client, membership.user)
    return client.get(f"/{language}/admin/").context


def to_sign(context: Any) -> list[Task]:
    return [row.task for section in context["sections"] if section.group == SIGN for row in section.rows]


@pytest.fixture
def heads(protocol: Any) -> list[Any]:
    return [signatory(protocol, place) for place in (1, 2)]


@pytest.mark.parametrize("place", [1, 2])
def test_a_signatory_reads_what_awaits_their_own_signature(protocol: Any, heads: list[Any], place: int):
    """Swap the two communes, and nothing else changes [I2]."""
    decision = open_ratification(protocol)
    [task] = to_sign(desk_of(heads[place - 1]))
    assert (task.code, task.signs, task.awaits, task.url) == (
        decision.number,
        True,
        None,
        f"/fr/admin/decisions/{decision.pk}/sign/",
    )


@pytest.mark.parametrize("place", [1, 2])
def test_what_only_the_other_commune_can_answer_waits_beside_the_list(protocol: Any, heads: list[Any], place: int):
    decision = open_ratification(protocol)
    approve(decision, heads[place - 1])
    own, other = desk_of(heads[place - 1]), desk_of(heads[2 - place])
    assert (to_sign(own), [task.code for task in own["theirs"]]) == ([], [decision.number])
    assert ([task.code for task in to_sign(other)], other["theirs"]) == ([decision.number], [])
    assert {at: half.done for at, half in to_sign(other)[0].halves.items()} == {place: True, 3 - place: False}


def test_a_coordinator_reads_what_awaits_each_commune_and_signs_nothing(protocol: Any, heads: list[Any]):
    decision = open_ratification(protocol)
    [task] = to_sign(desk_of(coordinator(protocol, 1)))
    assert task.signs is False
    approve(decision, heads[0])
    context = desk_of(coordinator(protocol, 1))
    assert [task.awaits for task in context["theirs"]] == [2]


def test_only_signing_has_the_filled_button(protocol: Any, heads: list[Any]):
    open_ratification(protocol)
    for member, filled in ((heads[0], 1), (coordinator(protocol, 1), 0)):
        client = Client()
        sign_in_with_second_factor(client, member.user)
        assert client.get("/fr/admin/").content.decode().count("act-sign") == filled


def test_where_two_sign_the_first_waits_for_the_second(protocol: Any, heads: list[Any]):
    protocol.parties.filter(position=1).update(hands=2)
    approve(open_ratification(protocol), heads[0])
    [first] = to_sign(desk_of(heads[0]))
    [second] = to_sign(desk_of(signatory(protocol, 1)))
    assert (first.signs, second.signs) == (False, True)


def test_a_deadline_near_is_marked_and_one_that_is_past_is_late(protocol: Any, heads: list[Any]):
    day = datetime.timedelta(days=1)
    proposer = coordinator(protocol, 1)
    opening.propose(decisions.kind("ratify_protocol"), protocol, by=proposer, deadline=TODAY + 5 * day)
    [section] = [one for one in desk_of(heads[0])["sections"] if one.group == SIGN]
    assert [(row.soon, row.task.late) for row in section.rows] == [(True, False)]
    Decision.objects.update(deadline=TODAY - day)
    [task] = to_sign(desk_of(heads[0]))
    assert task.late


def test_what_was_opened_before_ones_time_says_so(protocol: Any):
    with time_machine.travel(datetime.datetime(2026, 6, 1, 9, tzinfo=datetime.UTC), tick=False):
        open_ratification(protocol)
    before, after = signatory(protocol, 1), signatory(protocol, 1, starts_on=TODAY)
    assert [to_sign(desk_of(head))[0].opened_before for head in (before, after)] == [False, True]


def test_what_a_predecessor_opened_says_so_to_everyone(protocol: Any, heads: list[Any]):
    proposer = coordinator(protocol, 1)
    open_ratification(protocol, by=proposer)
    proposer.ends_on, proposer.successor = TODAY - datetime.timedelta(days=1), coordinator(protocol, 1)
    proposer.save()
    assert all(to_sign(desk_of(head))[0].opened_before for head in heads)


@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_who_neither_signs_nor_coordinates_is_not_asked(protocol: Any, role: str):
    open_ratification(protocol)
    assert tasks(protocol, SIGN, role=role) == []


def test_a_signatory_is_shown_the_tiles_of_their_own_work_only(protocol: Any, heads: list[Any]):
    assert [str(tile.count) for tile in desk_of(heads[0])["tiles"]] == ["0"]


def test_what_was_refused_or_withdrawn_lately_stays_in_sight(protocol: Any, heads: list[Any]):
    refusal = Answer(Position.REFUSE, reason="Trop tôt.", reason_language="fr")
    first = open_ratification(protocol)
    signing.sign(first.pk, by=heads[1], digest_seen=first.digest, answer=refusal)
    second = open_ratification(protocol)
    signing.withdraw(second.pk, by=heads[0], reason="Une date est fausse.", language="fr")
    ratify(protocol)
    found = desk_of(heads[0])["ended"]
    assert [(one.decision.state, one.ended_by and one.ended_by.position) for one in found] == [
        (DecisionState.ADOPTED, None),
        (DecisionState.WITHDRAWN, 1),
        (DecisionState.REFUSED, 2),
    ]
    with time_machine.travel(datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC), tick=False):
        assert desk_of(heads[0])["ended"] == []


@pytest.mark.parametrize("make", [signatory, coordinator])
def test_the_page_costs_the_same_with_one_open_decision_and_with_thirty(protocol: Any, heads: list[Any], make: Any):
    ratify(protocol)
    client = Client()
    sign_in_with_second_factor(client, make(protocol, 1).user)
    open_plans(protocol, heads, 1)
    short = queries(client, "/fr/admin/")
    open_plans(protocol, heads, 29)
    assert queries(client, "/fr/admin/") == short


def open_plans(protocol: Any, heads: list[Any], count: int) -> None:
    """So many open decisions to adopt a plan, answered by one commune and by the other."""
    for place, alike in ((0, (count + 1) // 2), (1, count // 2)):
        if alike:
            plan = consulted(ActionPlanFactory(protocol=protocol))
            ProjectFactory(protocol=protocol, plan=plan)
            decision = opening.propose(decisions.kind("adopt_plan"), plan, by=heads[place])
            approve(decision, heads[place])
            like_it(decision, alike - 1)


# Partnership ----------------------------------------------------------------------------------------------------------


def test_a_missing_text_is_to_translate_and_leads_to_the_page_of_translations(protocol: Any):
    document = DocumentFactory(protocol=protocol, title_nl="", title_ar="")
    [task] = tasks(protocol, TRANSLATE)
    assert (task.subject, task.missing, task.stale) == (document.title_fr, ("ar", "nl"), ())
    assert task.due == timezone.localdate() + datetime.timedelta(days=14)
    assert task.url == f"/fr/admin/translate/partnership.document/{document.pk}/?gaps=1"


def test_a_text_that_follows_an_earlier_source_is_to_translate(protocol: Any):
    document = DocumentFactory(protocol=protocol)
    document.title_fr = "Étude corrigée"
    document.save()
    [task] = tasks(protocol, TRANSLATE)
    assert (task.missing, task.stale) == ((), ("ar", "nl"))


def test_the_start_page_reads_a_few_records_and_counts_the_others(protocol: Any):
    for _number in range(15):
        DocumentFactory(protocol=protocol, title_nl="")
    context = page(protocol)
    [section] = [section for section in context["sections"] if section.group == TRANSLATE]
    assert (section.count, len(section.rows), section.url) == (15, 12, "/fr/admin/translate/")
    assert [tile.count for tile in context["tiles"] if tile.label == TRANSLATE.label] == ["15"]


def test_every_kind_of_root_is_asked(protocol: Any):
    ProjectFactory(protocol=protocol, summary_ar="", state=ProjectState.CLOSED)
    DocumentFactory(protocol=protocol, title_nl="")
    assert sorted(task.missing for task in tasks(protocol, TRANSLATE)) == [("ar",), ("nl",)]


def test_what_was_withdrawn_needs_no_translation(protocol: Any):
    DocumentFactory(protocol=protocol, title_nl="", publishing_state="withdrawn")
    assert tasks(protocol, TRANSLATE) == []


@pytest.mark.parametrize(("days", "found"), [(-1, 0), (0, 1), (60, 1), (61, 0)])
def test_a_mandate_about_to_end_without_a_successor_is_to_renew(protocol: Any, days: int, found: int):
    ends_on = TODAY + datetime.timedelta(days=days)
    MembershipFactory(protocol=protocol, role="editor", ends_on=ends_on)
    assert [task.due for task in tasks(protocol, RENEW)] == [ends_on] * found


def test_a_mandate_with_a_successor_is_in_order(protocol: Any):
    MembershipFactory(protocol=protocol, ends_on=TODAY, successor=MembershipFactory(protocol=protocol))
    assert tasks(protocol, RENEW) == []


@pytest.mark.parametrize("position", [1, 2])
def test_a_mandate_that_an_act_ends_awaits_its_own_communes_successor(protocol: Any, position: int):
    tomorrow = datetime.datetime(2026, 7, 2, 9, tzinfo=datetime.UTC)
    signatory(protocol, position, ceases_at=tomorrow)
    signatory(protocol, position, ceases_at=tomorrow - datetime.timedelta(days=2), ends_on=TODAY)
    assert [task.due for task in tasks(protocol, RENEW, position)] == [tomorrow.date()]
    assert tasks(protocol, RENEW, 3 - position) == []


@pytest.mark.parametrize("position", [1, 2])
def test_an_invitation_awaits_whoever_can_send_it_again_until_a_password_is_chosen(protocol: Any, position: int):
    commune = protocol.parties.get(position=position).organisation
    new = MembershipFactory(protocol=protocol, organisation=commune, role="editor", user=UserFactory(password=None))
    assert [task.due for task in tasks(protocol, RENEW, position)] == [None]
    invitations.invite(new, by=None, by_mail=False)
    assert [task.due for task in tasks(protocol, RENEW, position)] == [TODAY + links.LIFE]
    assert tasks(protocol, RENEW, 3 - position) == []
    assert tasks(protocol, RENEW, position, role="editor") == []
    new.user.set_password("un mot de passe choisi")
    new.user.save()
    assert tasks(protocol, RENEW, position) == []


# Projects -------------------------------------------------------------------------------------------------------------


def test_a_project_without_one_communes_responsibility_is_to_complete(protocol: Any):
    project = ProjectFactory(protocol=protocol, involved=[])
    InvolvementFactory(project=project)
    [task] = tasks(protocol, COMPLETE)
    assert (task.code, {place: half.done for place, half in task.halves.items()}) == (
        project.code,
        {1: True, 2: False},
    )


@pytest.mark.parametrize("state", [ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED])
def test_a_project_that_is_over_is_left_in_peace(protocol: Any, state: str):
    project = ProjectFactory(protocol=protocol, involved=[], state=state, planned_end=TODAY.replace(year=2025))
    ActivityFactory(project=project)
    assert [section.group for section in page(protocol)["sections"]] == []


@pytest.mark.parametrize(
    ("state", "late"),
    [
        (ActivityState.PLANNED, True),
        (ActivityState.UNDER_WAY, True),
        (ActivityState.POSTPONED, False),
        (ActivityState.CANCELLED, False),
    ],
)
def test_an_activity_past_its_end_is_late_until_someone_says_what_became_of_it(protocol: Any, state: str, late: bool):
    project = ProjectFactory(protocol=protocol)
    ActivityFactory(project=project, state=state, planned_end=TODAY - datetime.timedelta(days=1))
    assert bool(tasks(protocol, LATE)) is late


def test_an_activity_that_ends_today_is_not_late(protocol: Any):
    ActivityFactory(project=ProjectFactory(protocol=protocol), planned_end=TODAY)
    assert tasks(protocol, LATE) == []


def test_a_project_under_way_past_its_end_is_late(protocol: Any):
    project = ProjectFactory(protocol=protocol, planned_end=TODAY - datetime.timedelta(days=1))
    [task] = tasks(protocol, LATE)
    assert (task.code, task.due) == (project.code, project.planned_end)


# Evaluation -----------------------------------------------------------------------------------------------------------


def indicator(protocol: Any, **values: Any) -> Any:
    return IndicatorFactory(project=ProjectFactory(protocol=protocol), **values)


def test_an_indicator_never_measured_is_due_at_its_target(protocol: Any):
    one = indicator(protocol)
    [task] = tasks(protocol, MEASURE)
    assert (task.due, task.url) == (
        one.target_on,
        f"/fr/admin/evaluation/indicator/{one.pk}/change/#measurements-group",
    )


@pytest.mark.parametrize(
    ("last", "target", "late"),
    [
        (datetime.date(2025, 6, 30), datetime.date(2026, 12, 31), True),  # the value is a year and a day old
        (datetime.date(2025, 7, 1), datetime.date(2026, 12, 31), False),  # a year to the day
        (datetime.date(2026, 5, 1), datetime.date(2026, 6, 30), True),  # the target date passed after it
        (datetime.date(2026, 6, 30), datetime.date(2026, 6, 30), False),  # measured at the target
        (None, datetime.date(2026, 6, 30), True),  # never, and the target date has passed
    ],
)
def test_an_old_value_or_a_target_passed_is_late(
    protocol: Any, last: datetime.date | None, target: datetime.date, late: bool
):
    one = indicator(protocol, target_on=target)
    if last:
        MeasurementFactory(indicator=one, on=last)
        Measurement.objects.update(checked_by=protocol.parties.get(position=2), checked_on=last)
    assert bool(tasks(protocol, LATE)) is late


@pytest.mark.parametrize("measurer", [1, 2])
def test_a_value_awaits_the_commune_that_did_not_measure_it(protocol: Any, measurer: int):
    """Swap the two communes, and nothing else changes [I2]."""
    party = protocol.parties.get(position=measurer)
    MeasurementFactory(indicator=indicator(protocol), by=party, on=TODAY)
    assert len(tasks(protocol, CHECK, 3 - measurer)) == 1
    assert tasks(protocol, CHECK, measurer) == []
    assert [task.group for task in page(protocol, measurer)["theirs"]] == [CHECK]
    assert page(protocol, 3 - measurer)["theirs"] == []


# Transparency ---------------------------------------------------------------------------------------------------------


def test_a_report_that_waits_is_to_send(protocol: Any):
    report = made_report(protocol, "2026-S1", released=False, delivered=False)
    [task] = tasks(protocol, SEND)
    assert (task.code, task.url) == ("2026-S1", f"/fr/admin/transparency/report/{report.pk}/change/")


@pytest.mark.parametrize(
    ("state", "minutes", "group"),
    [
        (MessageState.FAILED, 1, LATE),
        (MessageState.WAITING, 61, SEND),
        (MessageState.WAITING, 59, None),
        (MessageState.SENT, 600, None),
    ],
)
def test_a_mail_in_trouble_is_told(protocol: Any, state: str, minutes: int, group: Group | None):
    message = made_report(protocol, "2026-S1").deliveries.get().message
    message.state, message.created_at = state, timezone.now() - datetime.timedelta(minutes=minutes)
    message.save()
    assert [section.group for section in page(protocol)["sections"]] == ([group] if group else [])


def test_the_next_report_of_each_series_is_announced(protocol: Any):
    ReportSeriesFactory(protocol=protocol)
    ReportSeriesFactory(protocol=protocol, programme_body=True, cadence="quarter", first_period="2026-Q1")
    ReportSeriesFactory(protocol=protocol, cadence="year", first_period="2027", active=True)
    found = [(one.period, one.ends_on.isoformat(), one.days_left) for one in page(protocol)["next_reports"]]
    assert found == [("2026-Q3", "2026-09-30", 91), ("2026-S2", "2026-12-31", 183), ("2027", "2027-12-31", 548)]


def test_a_series_switched_off_announces_nothing(protocol: Any):
    ReportSeriesFactory(protocol=protocol, active=False)
    assert page(protocol)["next_reports"] == []


# The page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["observer", "signatory", "evaluator"])
def test_who_only_reads_has_nothing_to_do(protocol: Any, role: str):
    fill(protocol, 1)
    assert page(protocol, role=role)["sections"] == []


def test_another_protocols_work_is_not_ours(protocol: Any):
    fill(ProtocolFactory(), 1)
    assert page(protocol)["sections"] == []


def test_an_empty_desk_says_what_one_could_do(protocol: Any):
    content = staff(protocol).get("/fr/admin/").content.decode()
    assert 'class="nothing"' in content
    assert 'href="/fr/admin/projects/project/add/"' in content


def test_a_zero_stays_on_its_tile(protocol: Any):
    tiles = page(protocol)["tiles"]
    assert [(tile.count, tile.alarm, tile.url) for tile in tiles] == [("0", False, "")] * len(GROUPS)


def test_inside_a_group_the_earliest_comes_first_and_the_undated_last():
    dates = [None, datetime.date(2026, 3, 1), datetime.date(2026, 1, 1)]
    mixed = [Task(LATE, "", "", "", "", due=due) for due in dates]
    assert [task.due for task in desk._of(LATE, mixed)] == [*sorted(filter(None, dates)), None]


@pytest.mark.parametrize("days", [-400, -1, 0, 1, 7, 400])
def test_a_date_says_how_far_it_is(days: int):
    with translation.override("fr"):
        words = desk.distance(TODAY + datetime.timedelta(days=days), TODAY)
    assert str(abs(days)) in words or days == 0


def fill(protocol: Any, rows: int) -> None:
    """So many tasks of every group."""
    for _ in range(rows):
        project = ProjectFactory(protocol=protocol, summary_nl="", involved=[], planned_end=TODAY.replace(year=2025))
        ActivityFactory(project=project)
        MeasurementFactory(indicator=IndicatorFactory(project=project))
        MembershipFactory(protocol=protocol, ends_on=TODAY)
        DocumentFactory(protocol=protocol, title_ar="")
    for year in range(protocol.snapshots.count(), protocol.snapshots.count() + rows):
        report = made_report(protocol, f"{2000 + year}-S1", released=False)
        report.deliveries.update(address=f"{year}@commune.example")
        protocol.messages.update(state=MessageState.FAILED)


def test_the_page_costs_the_same_however_much_there_is_to_do(protocol: Any):
    client = staff(protocol, position=2)
    fill(protocol, 1)
    short = queries(client, "/fr/admin/")
    fill(protocol, 29)
    assert queries(client, "/fr/admin/") <= short  # a queue of one kind of record asks for that kind alone
    assert short <= 42


def test_a_long_group_is_cut_and_says_so(protocol: Any):
    for _ in range(desk.SHOWN_IN_A_GROUP + 3):
        DocumentFactory(protocol=protocol, title_ar="")
    [section] = page(protocol)["sections"]
    assert (section.count, len(section.rows), section.more) == (15, 12, 3)


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_every_task_leads_to_a_page_that_opens_in_every_language(protocol: Any, language: str):
    fill(protocol, 1)
    client = staff(protocol, position=2)
    content = client.get(f"/{language}/admin/").content.decode()
    links = re.findall(r'<a class="act"\s+href="([^"#]+)', content)
    assert len(links) >= len(GROUPS) - 1
    for link in links:
        assert client.get(link).status_code == 200


@pytest.mark.parametrize(("language", "order"), [("ar", [1, 2]), ("fr", [2, 1]), ("nl", [2, 1])])
def test_the_two_communes_stand_in_the_readers_order(protocol: Any, language: str, order: list[int]):
    ProjectFactory(protocol=protocol, involved=[])
    context = staff(protocol).get(f"/{language}/admin/").context
    [row] = next(section for section in context["sections"] if section.group == COMPLETE).rows
    assert [party.position for party, _half in row.pair] == order


def test_deadlines_end_at_midnight_where_the_person_acts(protocol: Any):
    """At 22:30 UTC in July it is tomorrow in Brussels and still today in UTC."""
    ActivityFactory(project=ProjectFactory(protocol=protocol), planned_end=TODAY)
    with time_machine.travel(datetime.datetime(2026, 7, 1, 22, 30, tzinfo=datetime.UTC), tick=False):
        assert len(tasks(protocol, LATE, position=2)) == 1


def test_without_a_protocol_the_administrator_reads_what_to_do(client: Any):
    sign_in_with_second_factor(client, UserFactory(is_superuser=True))
    answer = client.get("/fr/admin/")
    assert answer.status_code == 200
    assert "load_protocol" in answer.content.decode()
