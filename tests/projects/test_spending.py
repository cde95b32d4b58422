"""When money may move on a project, what is asked before it does, and what an amended budget keeps [I5]."""

from __future__ import annotations

import datetime
import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from partnership.models import Document
from partnership.refusals import Refusal
from projects import awaiting, spending, vouchers
from projects.models import BudgetLine, Outcome, Project, ProjectState, Transaction
from projects.spending import Footing
from tests.at_once import ROUNDS, at_once, refused
from tests.factories import PDF, DocumentFactory, MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_planning import SuspensionFactory
from tests.factories_programme import BudgetLineFactory, ExchangeRateFactory, ProjectFactory, TransactionFactory
from tests.staff import errors_of, fields_of, queries, sent, staff

pytestmark = pytest.mark.django_db

DECIDED = datetime.date(2026, 2, 1)
BEFORE, AFTER = DECIDED - datetime.timedelta(days=1), DECIDED + datetime.timedelta(days=40)
LINES, MOVEMENTS = "/fr/admin/projects/budgetline/", "/fr/admin/projects/transaction/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def line(protocol: Any) -> Any:
    """A line of a project that both communes decided to execute on the first of February."""
    return BudgetLineFactory(project=decided(ProjectFactory(protocol=protocol)))


def decided(project: Any, outcome: str = "execute", on: datetime.date = DECIDED) -> Any:
    """The project with one more assessment, without its cells: only what was decided when counts for money."""
    project.assessments.create(
        protocol=project.protocol, number=project.assessments.count() + 1, outcome=outcome, decided_on=on
    )
    if outcome == Outcome.EXECUTE:
        project.execution_decided_on = on
        project.save(update_fields=["execution_decided_on"])
    return project


def codes(*movements: Transaction) -> list[list[str | None]]:
    return [[refusal.code for refusal in refusals] for refusals in spending.against(movements)]


def movement(line: Any, **values: Any) -> Transaction:
    made: Transaction = TransactionFactory.build(line=line, payer=line.funder, **{"on": AFTER, **values})
    return made


# From when ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["commitment", "disbursement", "expenditure"])
def test_no_money_moves_before_both_communes_decided(protocol: Any, kind: str):
    undecided = BudgetLineFactory(project=ProjectFactory(protocol=protocol, state="assessing"))
    assert codes(movement(undecided, kind=kind)) == [["I5"]]
    undecided.project.assessments.create(protocol=protocol, number=1)
    assert codes(movement(undecided, kind=kind)) == [["I5"]]
    other = BudgetLineFactory(project=decided(ProjectFactory(protocol=protocol, state="assessing"), "modify"))
    assert codes(movement(other, kind=kind)) == [["I5"]]


@pytest.mark.parametrize("kind", ["commitment", "disbursement", "expenditure"])
def test_a_movement_is_dated_from_the_day_of_the_decision(line: Any, kind: str):
    assert codes(*(movement(line, kind=kind, on=day) for day in (BEFORE, DECIDED, AFTER))) == [["I5"], [], []]
    refusal = spending.against([movement(line, on=BEFORE)])[0][0]
    assert "1 February 2026" in refusal.messages[0] or "1er février 2026" in refusal.messages[0]


def test_a_project_taken_over_is_paid_from_its_real_start(protocol: Any):
    project = ProjectFactory(protocol=protocol, taken_over=True, actual_start=datetime.date(2024, 1, 15))
    line = BudgetLineFactory(project=project)
    days = (datetime.date(2024, 1, 14), datetime.date(2024, 1, 15))
    assert codes(*(movement(line, on=day) for day in days)) == [["I5"], []]


def test_a_project_taken_over_commits_nothing_new_before_its_assessment():
    taken = Footing(begun=BEFORE, taken_over_on=DECIDED)
    committed = Transaction(kind="commitment", on=AFTER)
    assert taken.against(Transaction(kind="commitment", on=DECIDED)) is None
    assert taken.against(Transaction(kind="expenditure", on=AFTER)) is None
    refusal = taken.against(committed)
    assert refusal is not None
    assert refusal.code == "I5"
    assert Footing(((AFTER, "execute"),), BEFORE, DECIDED).against(committed) is None


def test_after_another_outcome_nothing_new_is_committed_and_what_was_is_paid(line: Any):
    later = AFTER + datetime.timedelta(days=10)
    decided(line.project, "modify", on=AFTER)
    assert codes(movement(line, kind="commitment", on=later), movement(line, on=later)) == [["I5"], []]
    assert codes(movement(line, kind="commitment", on=DECIDED)) == [[]]


def test_nothing_new_is_committed_while_a_project_is_suspended(line: Any):
    stop = SuspensionFactory(project=line.project, on=AFTER)
    commitment = movement(line, kind="commitment", on=AFTER)
    before = movement(line, kind="commitment", on=DECIDED)
    assert codes(commitment, before, movement(line, on=AFTER)) == [["I2"], [], []]
    stop.resumed_on = AFTER
    stop.save()
    assert codes(commitment) == [[]]


def test_a_project_that_stands_still_commits_nothing_and_without_its_decision_pays_nothing(line: Any):
    line.project.state = ProjectState.SUSPENDED
    line.project.save()
    assert codes(movement(line, kind="commitment"), movement(line)) == [["I2"], []]
    line.project.execution_decided_on = None  # its decision lost its effect
    line.project.save()
    assert codes(movement(line, kind="commitment"), movement(line)) == [["I5"], ["I5"]]


def test_a_decision_that_the_project_itself_tells_counts(protocol: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, execution_decided_on=DECIDED))
    assert codes(movement(line, on=BEFORE), movement(line, on=DECIDED)) == [["I5"], []]


def test_what_stands_is_not_asked_again_when_its_description_changes(protocol: Any):
    undecided = ProjectFactory(protocol=protocol, state="proposed")
    stands = Transaction.objects.get(pk=TransactionFactory(line__project=undecided).pk)
    stands.description_fr = "Corrigé"
    assert codes(stands) == [[]]
    stands.amount += 1
    assert codes(stands) == [["I5"]]


def test_thirty_movements_cost_as_many_queries_as_one(protocol: Any):
    ExchangeRateFactory(protocol=protocol)
    lines = [BudgetLineFactory(project=decided(ProjectFactory(protocol=protocol))) for _each in range(10)]
    many = [movement(line, currency=currency) for line in lines for currency in ("EUR", "MAD", "EUR")]
    costs = []
    for asked in (many[:2], many):
        with CaptureQueriesContext(connection) as captured:
            spending.against(asked)
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 5


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(Outcome.values)), max_size=4),
    st.integers(0, 300),
    st.sampled_from(["commitment", "disbursement", "expenditure"]),
)
def test_money_never_moves_before_the_first_decision_to_execute(outcomes: Any, day: int, kind: str):
    start = datetime.date(2025, 1, 1)
    told = sorted((start + datetime.timedelta(days=place), outcome) for place, outcome in outcomes)
    on = start + datetime.timedelta(days=day)
    refusal = Footing(decided=told).against(Transaction(kind=kind, on=on))
    executed = [when for when, outcome in told if outcome == Outcome.EXECUTE and when <= on]
    assert refusal is not None or executed
    if executed and kind != "commitment":
        assert refusal is None


# At once --------------------------------------------------------------------------------------------------------------


def save(made: Transaction) -> bool:
    with transaction.atomic():
        spending.check(made)
        made.save()
    return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("stop", ["suspend", "annul"])
def test_a_commitment_waits_for_a_suspension_or_annulment_that_came_first(stop: str):
    line = BudgetLineFactory(project=decided(ProjectFactory()))
    made, stopping = movement(line, kind="commitment"), threading.Event()

    def stand_still() -> None:
        with transaction.atomic():
            locked = Project.objects.select_for_update(no_key=True).get(pk=line.project_id)
            stopping.set()
            time.sleep(0.3)  # whoever does not wait for the lock saves meanwhile
            if stop == "suspend":
                SuspensionFactory(project=locked, on=DECIDED)
            locked.state = ProjectState.SUSPENDED
            locked.save(update_fields=["state"])

    def commit() -> bool:
        return stopping.wait(10) and save(made)

    results = at_once(stand_still, commit)
    assert [refusal.error_list[0].code for refusal in refused(results)] == ["I2"]
    assert not Transaction.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_movement_waits_while_a_take_over_loses_its_effect():
    line = BudgetLineFactory(project=ProjectFactory(taken_over=True))
    stopping = threading.Event()

    def annul() -> None:
        with transaction.atomic():
            locked = Project.objects.select_for_update(no_key=True).get(pk=line.project_id)
            stopping.set()
            time.sleep(0.3)
            locked.taken_over, locked.state = False, ProjectState.SUSPENDED
            locked.save(update_fields=["taken_over", "state"])

    results = at_once(annul, lambda: stopping.wait(10) and save(movement(line)))
    assert [refusal.error_list[0].code for refusal in refused(results)] == ["I5"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_expenditures_at_once_do_not_both_slip_under_the_plan():
    for _round in range(min(ROUNDS, 5)):
        line = BudgetLineFactory(project=decided(ProjectFactory()), planned=Decimal(100))

        def spend(made: Transaction) -> bool:
            with transaction.atomic():
                spending.check(made)
                spending.ask(made)
                made.save()
            return True

        both = [movement(line, amount=Decimal(60), voucher=f"V{place}") for place in (1, 2)]
        results = at_once(*(lambda made=made: spend(made) for made in both))
        assert [refusal.code for refusal in refused(results)] == [spending.OVERSPENT]


# Typing ---------------------------------------------------------------------------------------------------------------


def row(line: Any, **typed: Any) -> dict[str, Any]:
    """A new movement below a line that has none."""
    values = {
        "line": line.pk,
        "kind": "expenditure",
        "on": "05/03/2026",
        "amount": "99,90",
        "currency": "EUR",
        "voucher": "2026-7",
        "payer": line.funder_id,
        **typed,
    }
    return {"transactions-TOTAL_FORMS": "1", **{f"transactions-0-{name}": value for name, value in values.items()}}


def test_a_movement_before_the_decision_is_refused_at_its_date_and_nothing_is_lost(protocol: Any, line: Any):
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", label_fr="Gardé", **row(line, on="31/01/2026"))
    assert ["I5" in error for error in errors_of(answer)] == [True]
    assert "on" in answer.context["inline_admin_formsets"][0].formset.forms[0].errors
    assert fields_of(answer.content.decode())["label_fr"] == "Gardé"
    assert not Transaction.objects.exists()
    assert sent(staff(protocol), f"{LINES}{line.pk}/change/", **row(line)).status_code == 302


def test_another_currency_needs_a_rate_and_the_refusal_leads_to_the_table(protocol: Any, line: Any):
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", **row(line, currency="MAD"))
    assert len(errors_of(answer)) == 1
    assert 'href="/fr/admin/projects/exchangerate/"' in errors_of(answer)[0]
    assert '<a href="/fr/admin/projects/exchangerate/">' in answer.content.decode()
    ExchangeRateFactory(protocol=protocol, on=datetime.date(2026, 3, 6))
    assert len(errors_of(sent(staff(protocol), f"{LINES}{line.pk}/change/", **row(line, currency="MAD")))) == 1
    ExchangeRateFactory(protocol=protocol, on=datetime.date(2026, 3, 5))
    assert sent(staff(protocol), f"{LINES}{line.pk}/change/", **row(line, currency="MAD")).status_code == 302


def test_overspending_is_asked_then_explained(protocol: Any, line: Any):
    client, address = staff(protocol), f"{LINES}{line.pk}/change/"
    upload = SimpleUploadedFile("facture.pdf", PDF, content_type="application/pdf")
    answer = sent(client, address, **row(line, amount="12500,50"), **{"transactions-0-voucher_upload": upload})
    form, rows = answer.context["adminform"].form, answer.context["inline_admin_formsets"][0].formset
    assert "500,50" in form.errors["overspent_reason_fr"][0]
    assert list(rows.forms[0].errors) == ["voucher_upload"]  # it must be chosen again
    typed = fields_of(answer.content.decode())
    assert typed["transactions-0-amount"] == "12500,50"
    assert not Transaction.objects.exists()
    assert client.post(address, {**typed, "overspent_reason_fr": "Le prix du transport a monté."}).status_code == 302
    assert Transaction.objects.get().amount == Decimal("12500.50")
    line.refresh_from_db()
    assert line.overspent_reason_fr == "Le prix du transport a monté."
    assert sent(client, address, label_fr="Autre").status_code == 302


def test_a_budget_cut_below_what_is_spent_is_asked_too(protocol: Any, line: Any):
    TransactionFactory(line=line, on=AFTER, amount=Decimal(9000))
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", planned="8000")
    assert "overspent_reason_fr" in answer.context["adminform"].form.errors
    assert sent(staff(protocol), f"{LINES}{line.pk}/change/", planned="9000").status_code == 302


def test_a_movement_on_its_own_page_asks_there_and_the_line_keeps_the_reason(protocol: Any, line: Any):
    client = staff(protocol)
    typed = {name.removeprefix("transactions-0-"): value for name, value in row(line, amount="13000").items()}
    answer = sent(client, f"{MOVEMENTS}add/", **typed)
    assert "overspent_reason" in answer.context["adminform"].form.errors
    answer = sent(client, f"{MOVEMENTS}add/", **typed, overspent_reason="Prix du bus")
    assert answer.status_code == 302
    line.refresh_from_db()
    assert (line.overspent_reason_fr, Transaction.objects.count()) == ("Prix du bus", 1)
    early = sent(client, f"{MOVEMENTS}add/", **{**typed, "on": "01/01/2026", "voucher": "2026-8"})
    assert "on" in early.context["adminform"].form.errors


def test_a_mixed_line_is_counted_at_the_rate_of_each_day(protocol: Any, line: Any):
    ExchangeRateFactory(protocol=protocol, on=DECIDED, mad_per_eur=Decimal(10))
    ExchangeRateFactory(protocol=protocol, on=AFTER, mad_per_eur=Decimal(5))
    for day in (DECIDED, AFTER):
        TransactionFactory(line=line, on=day, amount=Decimal(50_000), currency="MAD")
    found = spending.overspent([line])
    assert [one.over for one in found] == [Decimal("3000.00")]


# Vouchers -------------------------------------------------------------------------------------------------------------


def test_a_payslip_is_uploaded_with_its_movement_and_stays_inside(protocol: Any, line: Any):
    client, address = staff(protocol), f"{LINES}{line.pk}/change/"
    upload = SimpleUploadedFile("fiche.pdf", PDF, content_type="application/pdf")
    typed = {**row(line), "transactions-0-voucher_upload": upload, "transactions-0-is_payslip": "on"}
    assert sent(client, address, **typed).status_code == 302
    document = Transaction.objects.get().voucher_file
    assert document is not None
    assert (document.kind, document.public, document.owner) == ("payslip", False, line.funder)
    assert not document.is_published
    assert all(getattr(document, f"title_{code}") for code in ("ar", "fr", "nl"))


def test_a_file_of_a_wrong_type_is_refused_and_nothing_is_kept(protocol: Any, line: Any):
    upload = SimpleUploadedFile("fiche.pdf", b"MZ", content_type="application/pdf")
    answer = sent(
        staff(protocol), f"{LINES}{line.pk}/change/", **row(line), **{"transactions-0-voucher_upload": upload}
    )
    assert len(errors_of(answer)) == 1
    assert not Document.objects.exists()


@pytest.mark.parametrize(("kind", "public"), [("study", False), ("voucher", True)])
def test_only_an_internal_voucher_is_chosen(protocol: Any, line: Any, kind: str, public: bool):
    document = DocumentFactory(protocol=protocol, kind=kind, public=public)
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", **row(line, voucher_file=document.pk))
    assert len(errors_of(answer)) == 1


def test_the_owner_is_the_commune_that_paid(protocol: Any, line: Any):
    association = OrganisationFactory()
    assert vouchers.owner_of(movement(line)) == line.funder
    made = movement(line)
    made.payer = association
    assert vouchers.owner_of(made) == line.funder


def test_the_lines_form_costs_the_same_for_thirty_movements(protocol: Any, line: Any):
    made = {"line": line, "voucher_file": DocumentFactory(protocol=protocol, kind="voucher", public=False)}
    client, address = staff(protocol), f"{LINES}{line.pk}/change/"
    TransactionFactory(**made, payee=OrganisationFactory())
    one = queries(client, address)
    for _each in range(10):
        TransactionFactory(**made, payee=OrganisationFactory())
    assert queries(client, address) == one
    chosen = fields_of(client.get(address).content.decode())
    assert chosen["transactions-0-voucher_file"] == str(made["voucher_file"].pk)
    assert chosen["transactions-0-payer"] == str(line.funder_id)


# The budget as it was decided -----------------------------------------------------------------------------------------


def test_the_first_decision_freezes_the_budget_and_later_lines_have_no_original(line: Any):
    spending.freeze_originals(line.project)
    later = BudgetLineFactory(project=line.project)
    line.refresh_from_db()
    line.planned = Decimal(9000)
    line.save()
    spending.freeze_originals(line.project)
    found = list(BudgetLine.objects.order_by("pk").values_list("original", flat=True))
    assert (found, later.original) == ([Decimal("12000.00"), None], None)


def test_an_amended_line_says_why_and_keeps_its_currency(protocol: Any, line: Any):
    spending.freeze_originals(line.project)
    client, address = staff(protocol), f"{LINES}{line.pk}/change/"
    assert len(errors_of(sent(client, address, planned="15000"))) == 1
    assert len(errors_of(sent(client, address, currency="MAD"))) == 1
    assert sent(client, address, planned="15000", amended_reason_fr="Un groupe de plus").status_code == 302
    line.refresh_from_db()
    assert (line.planned, line.original) == (Decimal(15000), Decimal(12000))
    assert sent(client, address, planned="12000", amended_reason_fr="").status_code == 302


def test_in_the_projects_own_form_it_is_refused_with_the_way_to_the_line(protocol: Any, line: Any):
    spending.freeze_originals(line.project)
    answer = sent(
        staff(protocol), f"/fr/admin/projects/project/{line.project_id}/change/", **{"budget_lines-0-planned": "15000"}
    )
    assert answer.status_code == 200
    assert f'href="{LINES}{line.pk}/change/"' in " ".join(errors_of(answer))


def test_a_line_that_was_decided_or_paid_stays_where_it_is(protocol: Any, line: Any):
    other, client = ProjectFactory(protocol=protocol), staff(protocol)
    assert sent(client, f"{LINES}{line.pk}/change/", project=other.pk).status_code == 302
    TransactionFactory(line=line, on=AFTER)
    for typed in ({"project": ProjectFactory(protocol=protocol).pk}, {"currency": "MAD"}):
        assert len(errors_of(sent(client, f"{LINES}{line.pk}/change/", **typed))) == 1


def test_a_line_that_was_decided_is_not_deleted(protocol: Any, line: Any):
    spending.freeze_originals(line.project)
    client = staff(protocol)
    client.post(f"{LINES}{line.pk}/delete/", {"post": "yes"})
    client.post(LINES, {"action": "delete_selected", "_selected_action": [line.pk], "post": "yes"})
    answer = sent(client, f"/fr/admin/projects/project/{line.project_id}/change/", **{"budget_lines-0-DELETE": "on"})
    assert "original" in " ".join(errors_of(answer))
    assert BudgetLine.objects.filter(pk=line.pk).exists()


# Rates ----------------------------------------------------------------------------------------------------------------


def test_a_rate_on_which_movements_rest_alone_is_not_deleted(protocol: Any, line: Any):
    rate = ExchangeRateFactory(protocol=protocol, on=DECIDED)
    TransactionFactory(line=line, on=AFTER, currency="MAD")
    with pytest.raises(Refusal):
        spending.refuse_rate_gone(rate)
    ExchangeRateFactory(protocol=protocol, on=BEFORE)
    spending.refuse_rate_gone(rate)


def test_the_table_of_rates_says_the_latest_the_gaps_and_what_rests_on_each(protocol: Any, line: Any):
    TransactionFactory(line=line, on=AFTER, currency="MAD")
    page = staff(protocol).get("/fr/admin/projects/exchangerate/")
    assert page.context["table"].without_rate == 1
    ExchangeRateFactory(protocol=protocol, on=datetime.date(2025, 1, 1))
    ExchangeRateFactory(protocol=protocol, on=DECIDED)
    page = staff(protocol).get("/fr/admin/projects/exchangerate/")
    assert page.context["table"].without_rate == 0
    assert page.context["table"].latest.on == DECIDED
    assert datetime.date(2025, 1, 1) in [gap.since for gap in page.context["table"].gaps]
    assert [rate.movements_count for rate in page.context["cl"].result_list] == [1, None]


# What awaits ----------------------------------------------------------------------------------------------------------


def test_missing_vouchers_and_unexplained_lines_await(protocol: Any, line: Any):
    user = MembershipFactory(
        protocol=protocol, organisation=protocol.parties.get(position=1).organisation, role="editor"
    ).user
    TransactionFactory(line=line, on=AFTER, amount=Decimal(13000))
    tasks = [task for task in awaiting.awaiting(user, protocol, AFTER) if "budgetline" in task.url]
    assert len(tasks) == 2
    line.overspent_reason_fr = "Prix du bus"
    line.save()
    tasks = [task for task in awaiting.awaiting(user, protocol, AFTER) if "budgetline" in task.url]
    assert ["transactions-group" in task.url for task in tasks] == [True]
