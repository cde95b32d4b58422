"""Records from a spreadsheet: what it would change, and its taking in, all chosen rows or none."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from partnership import drafting, languages, locks
from partnership.models import Change, Organisation, Protocol
from partnership.refusals import Refusal
from projects import sheet_export, sheet_import, sheets
from projects.models import Activity, BudgetLine, Project, Transaction
from projects.sheet_reading import RowState
from tests.at_once import at_once, refused
from tests.factories import (
    DomainFactory,
    GoalFactory,
    MembershipFactory,
    OrganisationFactory,
    PhaseFactory,
    ProtocolFactory,
)
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    ProjectFactory,
    TransactionFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def editor(protocol: Protocol) -> Any:
    return editor_of(protocol)


def editor_of(protocol: Protocol, position: int = 1) -> Any:
    commune = protocol.parties.get(position=position).organisation
    return MembershipFactory(protocol=protocol, organisation=commune, role="editor").user


def taken_over(protocol: Protocol, **given_: Any) -> Project:
    """A project on which money may move."""
    return ProjectFactory(protocol=protocol, taken_over=True, actual_start=datetime.date(2024, 1, 15), **given_)


def workbook(headings: list[str], *rows: list[Any]) -> bytes:
    """A file as somebody makes it by hand."""
    book = Workbook()
    assert book.active is not None
    for line in (headings, *rows):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def look(kind: sheets.SheetKind, content: bytes, protocol: Protocol, by: Any) -> sheet_import.Reading:
    return sheet_import.look(content, kind, protocol=protocol, by=by)


def take(kind: sheets.SheetKind, content: bytes, protocol: Protocol, by: Any, *ticked: int) -> sheet_import.Taken:
    """Look, then take in what was looked at."""
    shown = look(kind, content, protocol, by).fingerprint
    return sheet_import.take_in(content, kind, protocol=protocol, by=by, shown=shown, ticked=ticked)


def said(reading: sheet_import.Reading, number: int) -> str:
    """Everything that is said about a row, with the columns it is about."""
    row = next(row for row in reading.rows if row.number == number)
    return " | ".join(f"{','.join(note.columns)}: {note.sentence}" for note in row.notes)


MOVES = ["project", "voucher", "kind", "on", "amount"]


# Transactions ---------------------------------------------------------------------------------------------------------


def test_transactions_are_entered_and_changed_by_their_voucher(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol))
    known = TransactionFactory(line=line, voucher="J-1", amount=Decimal("10.00"))
    content = workbook(
        [*MOVES, "description_fr"],
        [line.project.code, "J-1", "expenditure", datetime.date(2026, 3, 15), 25, "Salle"],
        [line.project.code, "J-2", "Commitment", "٠٣/٠٤/٢٠٢٦", "١٬٢٣٤٫٥٦", None],
    )
    reading = look(sheets.TRANSACTIONS, content, protocol, editor)
    assert [(row.state, row.is_new) for row in reading.rows] == [(RowState.READY, False), (RowState.READY, True)]
    assert Transaction.objects.count() == 1
    assert take(sheets.TRANSACTIONS, content, protocol, editor) == sheet_import.Taken(1, 1)
    known.refresh_from_db()
    assert (known.amount, known.description_fr) == (Decimal("25.00"), "Salle")
    made = Transaction.objects.get(voucher="J-2")
    assert (made.on, made.amount, made.payer, made.currency) == (
        datetime.date(2026, 4, 3),
        Decimal("1234.56"),
        line.funder,
        line.currency,
    )
    assert Change.objects.of(made).get().by == editor
    assert look(sheets.TRANSACTIONS, content, protocol, editor).unchanged == 2


def test_money_does_not_move_before_both_communes_decided(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, state="proposed"))
    content = workbook(MOVES, [line.project.code, "J-1", "expenditure", "15/03/2026", "10,00"])
    reading = look(sheets.TRANSACTIONS, content, protocol, editor)
    assert reading.rows[0].state == RowState.ERROR
    assert said(reading, 2).startswith("on: ")
    assert "I5" in said(reading, 2)
    with pytest.raises(Refusal):
        take(sheets.TRANSACTIONS, content, protocol, editor)
    assert not Transaction.objects.exists()


def test_another_currency_needs_a_rate(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol))
    content = workbook([*MOVES, "currency"], [line.project.code, "J-1", "expenditure", "15/03/2026", 100, "MAD"])
    assert said(look(sheets.TRANSACTIONS, content, protocol, editor), 2).startswith("currency: ")
    ExchangeRateFactory(protocol=protocol)
    assert not look(sheets.TRANSACTIONS, content, protocol, editor).rows[0].notes


def test_spending_more_than_planned_is_explained_on_the_line_first(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol), planned=Decimal(100))
    content = workbook(
        MOVES,
        [line.project.code, "J-1", "expenditure", "15/03/2026", 60],
        [line.project.code, "J-2", "expenditure", "16/03/2026", 60],
    )
    reading = look(sheets.TRANSACTIONS, content, protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.ERROR] * 2
    assert said(reading, 3).startswith("amount: ")
    line.overspent_reason_fr = "Deux groupes au lieu d’un"
    line.save()
    assert take(sheets.TRANSACTIONS, content, protocol, editor).created == 2


def test_a_line_is_found_by_what_the_row_says_of_it_or_its_number(protocol: Protocol, editor: Any):
    project = taken_over(protocol)
    first, second = BudgetLineFactory(project=project, year=2025), BudgetLineFactory(project=project, year=2026)
    third = BudgetLineFactory(project=project, year=2026, category="travel")
    row = [project.code, "J-1", "expenditure", "15/03/2026", 1]
    several = look(sheets.TRANSACTIONS, workbook(MOVES, row), protocol, editor)
    assert f"{second.pk}, {third.pk}" in said(several, 2)
    by_year = look(sheets.TRANSACTIONS, workbook([*MOVES, "year"], [*row, "2025"]), protocol, editor)
    assert by_year.rows[0].record.line == first
    by_category = look(sheets.TRANSACTIONS, workbook([*MOVES, "category"], [*row, "travel"]), protocol, editor)
    assert by_category.rows[0].record.line == third
    by_number = look(sheets.TRANSACTIONS, workbook([*MOVES, "line"], [*row, second.pk]), protocol, editor)
    assert by_number.rows[0].record.line == second
    none = look(sheets.TRANSACTIONS, workbook([*MOVES, "year"], [*row, 2031]), protocol, editor)
    assert said(none, 2).startswith("year: ")


def test_one_voucher_on_two_lines_is_a_question_and_twice_on_one_an_error(protocol: Protocol, editor: Any):
    project = taken_over(protocol)
    first, second = BudgetLineFactory(project=project), BudgetLineFactory(project=project, category="travel")
    TransactionFactory(line=first, voucher="J-1")
    columns = [*MOVES, "line"]
    content = workbook(
        columns,
        [project.code, "J-1", "expenditure", "15/03/2026", 1, second.pk],
        [project.code, "J-9", "expenditure", "15/03/2026", 1, second.pk],
        [project.code, "J-9", "expenditure", "15/03/2026", 1, second.pk],
    )
    reading = look(sheets.TRANSACTIONS, content, protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.CONFIRM, RowState.ERROR, RowState.ERROR]
    with pytest.raises(Refusal):
        take(sheets.TRANSACTIONS, content, protocol, editor)
    assert take(sheets.TRANSACTIONS, content, protocol, editor, 2).created == 1


def test_an_error_names_its_row_and_its_column(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol))
    content = workbook(
        [*MOVES, "payee"],
        [line.project.code, "J-1", "expenditure", "31/02/2026", 1, None],
        ["NOWHERE", "J-2", "expenditure", "15/03/2026", 1, None],
        [line.project.code, "J-3", "gift", "15/03/2026", 1, None],
        [line.project.code, "J-4", "expenditure", "15/03/2026", "1,2,3", None],
        [line.project.code, "J-5", "expenditure", "15/03/2026", 0, None],
        [line.project.code, "J-6", "expenditure", "15/03/2026", "=2*3", None],
        [line.project.code, "J-7", "expenditure", "15/03/2026", 5, "Unknown club"],
        [line.project.code, None, "expenditure", "15/03/2026", 5, None],
    )
    reading = look(sheets.TRANSACTIONS, content, protocol, editor)
    columns = {row.number: {name for note in row.notes for name in note.columns} for row in reading.rows}
    assert columns == {
        2: {"on"}, 3: {"project"}, 4: {"kind"}, 5: {"amount"}, 6: {"amount"}, 7: {"amount"}, 8: {"payee"}, 9: {"voucher"},
    }  # fmt: skip


# The other kinds ------------------------------------------------------------------------------------------------------


def test_a_project_is_entered_with_what_it_refers_to(protocol: Protocol, editor: Any):
    plan, phase, domain, goal = (
        ActionPlanFactory(protocol=protocol),
        PhaseFactory(protocol=protocol),
        DomainFactory(protocol=protocol),
        GoalFactory(),
    )
    lead = protocol.parties.get(position=2)
    cells = {
        "code": "P-1",
        "title_fr": "Une école",
        "lead": lead.organisation.name_nl,
        "plan": plan.code,
        "phase": phase.title_ar,
        "domains": domain.code,
        "goals": goal.code,
        "target_groups": "youth; women",
        "place_sensitive": "oui",
        "planned_start": "2026-01-01",
        "state": "closed",
    }
    content = workbook(list(cells), list(cells.values()))
    assert take(sheets.PROJECTS, content, protocol, editor).created == 1
    made = Project.objects.get(code="P-1")
    assert (made.lead, made.plan, made.phase, made.state) == (lead, plan, phase, "proposed")
    assert (list(made.domains.all()), list(made.goals.all())) == ([domain], [goal])
    assert {target.group for target in made.targets.all()} == {"youth", "women"}
    assert made.place_sensitive
    assert made.planned_start == datetime.date(2026, 1, 1)


def test_a_rule_of_the_model_is_met_at_its_column(protocol: Protocol, editor: Any):
    content = workbook(
        ["code", "title_fr", "planned_start", "planned_end"],
        ["P 1?", "Une école", "", ""],
        ["P-2", "Une école", "2026-05-01", "2026-04-01"],
        ["P-3", "", "", ""],
    )
    reading = look(sheets.PROJECTS, content, protocol, editor)
    columns = {row.number: {name for note in row.notes for name in note.columns} for row in reading.rows}
    assert columns == {2: {"code"}, 3: {"planned_end"}, 4: {"title_fr"}}


def test_a_text_of_a_published_project_waits_for_its_other_languages(protocol: Protocol, editor: Any):
    project = ProjectFactory(protocol=protocol, published=True)
    before = project.title_fr
    content = workbook(["code", "title_fr", "people_expected"], [project.code, "Un autre titre", 300])
    take(sheets.PROJECTS, content, protocol, editor)
    fresh = Project.objects.get(pk=project.pk)
    assert (fresh.title_fr, fresh.people_expected) == (before, 300)
    assert drafting.text_of(fresh, "title_fr") == "Un autre titre"
    assert look(sheets.PROJECTS, content, protocol, editor).unchanged == 1


def test_a_budget_line_is_known_by_its_number_or_by_what_it_says(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol))
    whole = [line.project.code, "training", line.year, str(line.funder)]
    columns = ["number", "project", "category", "year", "funder", "label_fr", "planned"]
    content = workbook(
        columns,
        [line.pk, *whole, None, "13.000,50"],
        [None, *whole, "Autre chose", 5],
        [999_999, *whole, None, 5],
    )
    reading = look(sheets.BUDGET_LINES, content, protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.READY, RowState.READY, RowState.ERROR]
    assert take(sheets.BUDGET_LINES, content, protocol, editor) == sheet_import.Taken(1, 1)
    line.refresh_from_db()
    assert line.planned == Decimal("13000.50")
    again = look(sheets.BUDGET_LINES, workbook(columns[1:], [*whole, "Autre chose", 7]), protocol, editor)
    assert (again.rows[0].state, again.rows[0].is_new) == (RowState.CONFIRM, False)


def test_an_amended_budget_says_why(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol), original=Decimal("12000.00"))
    assert said(
        look(sheets.BUDGET_LINES, workbook(["number", "planned"], [line.pk, 5]), protocol, editor), 2
    ).startswith("planned: ")
    with_reason = workbook(["number", "planned", "amended_reason_nl"], [line.pk, 5, "Minder groepen"])
    assert take(sheets.BUDGET_LINES, with_reason, protocol, editor).changed == 1


def test_a_sheet_moves_nothing_from_one_project_to_another(protocol: Protocol, editor: Any):
    line, other = BudgetLineFactory(project=ProjectFactory(protocol=protocol)), ProjectFactory(protocol=protocol)
    reading = look(sheets.BUDGET_LINES, workbook(["number", "project"], [line.pk, other.code]), protocol, editor)
    assert said(reading, 2).startswith("project: ")


def test_activities_are_entered_and_taken_for_those_that_stand(protocol: Protocol, editor: Any):
    known = ActivityFactory(project=ProjectFactory(protocol=protocol))
    columns = ["project", "title_nl", "kind", "planned_start", "planned_end", "women"]
    content = workbook(
        columns,
        [known.project.code, known.title_nl, None, known.planned_start, known.planned_end, 12],
        [known.project.code, "Een workshop", "training", "1 juin 2026", "2/6/2026", None],
    )
    reading = look(sheets.ACTIVITIES, content, protocol, editor)
    assert [(row.state, row.is_new) for row in reading.rows] == [(RowState.CONFIRM, False), (RowState.READY, True)]
    assert take(sheets.ACTIVITIES, content, protocol, editor, 2) == sheet_import.Taken(1, 1)
    made = Activity.objects.get(title_nl="Een workshop")
    assert (made.kind, made.planned_start, made.state) == ("training", datetime.date(2026, 6, 1), "planned")
    exchange = workbook(
        ["project", "title_nl", "kind", "planned_start", "planned_end"],
        [known.project.code, "Uitwisseling", "exchange", "1/6/2026", "2/6/2026"],
    )
    assert look(sheets.ACTIVITIES, exchange, protocol, editor).rows[0].state == RowState.ERROR


def test_a_day_that_lies_outside_the_project_or_the_plan_is_refused_at_its_column(protocol: Protocol, editor: Any):
    plan = ActionPlanFactory(protocol=protocol)
    project = ProjectFactory(protocol=protocol, state="proposed", actual_start=None)
    late = workbook(["code", "title_fr", "plan", "planned_end"], ["P-9", "Une école", plan.code, "1/1/2031"])
    assert said(look(sheets.PROJECTS, late, protocol, editor), 2).startswith("planned_end: ")
    columns = ["project", "title_fr", "planned_start", "planned_end", "state", "actual_start"]
    content = workbook(
        columns,
        [project.code, "Trop tard", "2/1/2031", "3/1/2031", None, None],
        [project.code, "Trop tôt", "2/1/2026", "3/1/2026", "under_way", None],
        [project.code, "Remise", "2/1/2026", "3/1/2026", "postponed", None],
    )
    reading = look(sheets.ACTIVITIES, content, protocol, editor)
    columns_of = {row.number: {name for note in row.notes for name in note.columns} for row in reading.rows}
    assert columns_of == {
        2: {"planned_start", "planned_end"},
        3: {"state"},
        4: {f"postponed_reason_{languages.current()}"},
    }


def test_organisations_are_known_by_identifier_or_name(protocol: Protocol, editor: Any):
    known = OrganisationFactory(iati_ref="MA-CNT-1")
    names = ["name_ar", "name_fr", "name_nl", "kind", "level", "country", "iati_ref"]
    content = workbook(
        names,
        [None, known.name_fr, None, None, "national", None, None],
        ["جمعية", "Association", "Vereniging", "association", "local", "MA", None],
        ["نادي", "Club", None, "association", "local", "MA", None],
        ["نادي", "Club", "Club", "association", "local", "Maroc", None],
    )
    reading = look(sheets.ORGANISATIONS, content, protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.CONFIRM, RowState.READY, RowState.ERROR, RowState.ERROR]
    assert take(sheets.ORGANISATIONS, content, protocol, editor, 2) == sheet_import.Taken(1, 1)
    assert Organisation.objects.get(pk=known.pk).level == "national"


def test_an_organisation_of_another_act_is_changed_by_the_administrator_alone(protocol: Protocol, editor: Any):
    other = ProtocolFactory(hostname="second.example").parties.get(position=1).organisation
    content = workbook(["number", "public_contact"], [other.pk, "secretariat@example.org"])
    assert look(sheets.ORGANISATIONS, content, protocol, editor).rows[0].state == RowState.ERROR


def test_records_of_another_protocol_are_not_here(protocol: Protocol, editor: Any):
    foreign = TransactionFactory(line=BudgetLineFactory(project=taken_over(ProtocolFactory(hostname="second.example"))))
    rows = [
        (sheets.BUDGET_LINES, workbook(["number", "planned"], [foreign.line_id, 1])),
        (
            sheets.TRANSACTIONS,
            workbook(MOVES, [foreign.line.project.code, foreign.voucher, "expenditure", "15/3/2026", 1]),
        ),
        (
            sheets.TRANSACTIONS,
            workbook([*MOVES[1:], "line"], [foreign.voucher, "expenditure", "15/3/2026", 1, foreign.line_id]),
        ),
        (sheets.ACTIVITIES, workbook(["number", "women"], [ActivityFactory(project=foreign.line.project).pk, 1])),
    ]
    for kind, content in rows:
        assert look(kind, content, protocol, editor).rows[0].state == RowState.ERROR


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_who_may_not_write_may_not_take_in(protocol: Protocol, role: str):
    commune = protocol.parties.get(position=1).organisation
    reader = MembershipFactory(protocol=protocol, organisation=commune, role=role).user
    content = workbook(["code", "title_fr"], ["P-1", "Une école"])
    assert look(sheets.PROJECTS, content, protocol, reader).rows[0].state == RowState.ERROR


@pytest.mark.parametrize("position", [1, 2])
def test_either_commune_may_take_in(protocol: Protocol, position: int):
    content = workbook(["code", "title_fr"], ["P-1", "Une école"])
    assert take(sheets.PROJECTS, content, protocol, editor_of(protocol, position)).created == 1


# All or none ----------------------------------------------------------------------------------------------------------


def test_what_changed_since_the_look_refuses_the_whole(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol))
    content = workbook(["number", "planned"], [line.pk, 5])
    shown = look(sheets.BUDGET_LINES, content, protocol, editor).fingerprint
    line.planned = Decimal(77)
    line.save()
    with pytest.raises(Refusal) as refusal:
        sheet_import.take_in(content, sheets.BUDGET_LINES, protocol=protocol, by=editor, shown=shown)
    assert refusal.value.code == "version"
    assert BudgetLine.objects.get(pk=line.pk).planned == Decimal(77)


def test_one_row_that_the_database_refuses_takes_all_back(
    protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch
):
    line = BudgetLineFactory(project=taken_over(protocol))
    content = workbook(MOVES, *([line.project.code, f"J-{n}", "expenditure", "15/03/2026", 1] for n in range(3)))
    shown = look(sheets.TRANSACTIONS, content, protocol, editor).fingerprint
    save = Transaction.save

    def save_or_break(self: Any, *args: Any, **kwargs: Any) -> None:
        self.amount = Decimal(-1) if self.voucher == "J-1" else self.amount
        save(self, *args, **kwargs)

    monkeypatch.setattr(Transaction, "save", save_or_break)
    with pytest.raises(Refusal) as refusal:
        sheet_import.take_in(content, sheets.TRANSACTIONS, protocol=protocol, by=editor, shown=shown)
    assert "3" in str(refusal.value.messages[0])
    assert not Transaction.objects.exists()


def test_what_a_decision_holds_fast_is_refused_at_its_column(
    protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch
):
    project = ProjectFactory(protocol=protocol)

    class Held:
        fields = ("title",)
        decision = type("Decision", (), {"number": "7", "is_open": True})()

    monkeypatch.setattr(locks, "on_each", lambda records: [[Held()] for _record in records])
    content = workbook(["code", "title_fr", "people_expected"], [project.code, "Autre", 4])
    assert said(look(sheets.PROJECTS, content, protocol, editor), 2).startswith("title_fr: ")


def test_a_look_costs_the_same_for_one_row_and_for_thirty(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol))

    def cost(count: int) -> int:
        rows = [[line.project.code, f"N-{n}", "commitment", "15/03/2026", 5] for n in range(count)]
        content = workbook(MOVES, *rows)
        look(sheets.TRANSACTIONS, content, protocol, editor)
        with CaptureQueriesContext(connection) as captured:
            look(sheets.TRANSACTIONS, content, protocol, editor)
        return len(captured)

    assert cost(1) == cost(30)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_make_no_duplicates():
    protocol = ProtocolFactory()
    line = BudgetLineFactory(project=taken_over(protocol))
    people = [editor_of(protocol, position) for position in (1, 2)]
    moves = [[line.project.code, f"J-{n}", "expenditure", "15/03/2026", 1] for n in range(5)]
    names = ["name_ar", "name_fr", "name_nl", "kind", "level", "country"]
    planned = ["project", "category", "year", "funder", "planned"]
    files = [
        (sheets.TRANSACTIONS, workbook(MOVES, *moves)),
        (sheets.ORGANISATIONS, workbook(names, ["ج", "Club unique", "Unieke club", "association", "local", "MA"])),
        (sheets.BUDGET_LINES, workbook(planned, [line.project.code, "travel", 2027, str(line.funder), 5])),
        (sheets.PROJECTS, workbook(["code", "title_fr"], ["P-1", "Une école"])),
    ]
    for kind, content in files:
        shown = look(kind, content, protocol, people[0]).fingerprint
        act = partial(sheet_import.take_in, content, kind, protocol=protocol, shown=shown)
        results = at_once(*(partial(act, by=by) for by in people))
        assert len(refused(results)) == 1, kind.code
    assert Transaction.objects.count() == 5
    assert Organisation.objects.filter(name_fr="Club unique").count() == 1
    assert BudgetLine.objects.filter(year=2027).count() == 1
    assert Project.objects.filter(code="P-1").count() == 1


# Out and back ---------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
dangerous = st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''-2", "=cmd|' /C calc'!A0", "– ; ,", "_x000D_"]
)


@settings(
    max_examples=5, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    said=st.lists(texts | dangerous, min_size=4, max_size=4),
    amount=st.decimals(Decimal("0.01"), Decimal("9999999.99"), places=2),
)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_goes_out_and_comes_back_changes_nothing(form: str, said: list[str], amount: Decimal):
    with transaction.atomic():
        protocol = ProtocolFactory()
        by = editor_of(protocol)
        project = taken_over(protocol, domains=[DomainFactory(protocol=protocol)], goals=[GoalFactory()])
        kept = [text.replace("\x00", "") for text in said]
        project.title_fr, project.description_nl, project.place_ar = kept[0] or "x", kept[1], kept[2]
        project.save()
        line = BudgetLineFactory(project=project, planned=amount, label_fr=kept[3][:20], hours=Decimal("12.5"))
        TransactionFactory(line=line, amount=amount, payee=OrganisationFactory(), description_fr=kept[1])
        ActivityFactory(project=project, done=True, training=True, title_nl=kept[0] or "x")
        for kind in sheets.KINDS.values():
            content = sheet_export.export(kind, kind.rows(protocol), form, protocol=protocol)
            reading = look(kind, content, protocol, by)
            assert [(row.changes, row.notes) for row in reading.rows] == [], kind.code
            assert reading.unchanged == kind.rows(protocol).count()
        transaction.set_rollback(True)
