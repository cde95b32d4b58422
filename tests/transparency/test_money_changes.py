"""What the public reads of an amended or overspent budget: the first amount beside the present one, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from partnership import publishing
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_programme import BudgetLineFactory, ProjectFactory, TransactionFactory

pytestmark = pytest.mark.django_db
REASONS = {
    f"{name}_{code}": f"{said} ({code})"
    for name, said in (("amended_reason", "un groupe de plus"), ("overspent_reason", "le transport a monté"))
    for code in ("ar", "fr", "nl")
}


def page_of(project: Any, language: str = "fr") -> str:
    publishing.publish(project, by=None)
    return Client().get(f"/{language}/projects/{project.code}/").content.decode()


@pytest.fixture
def project() -> Any:
    return ProjectFactory(protocol=ProtocolFactory())


def test_the_first_amount_and_both_reasons_are_public(project: Any):
    line = BudgetLineFactory(project=project, planned=Decimal(700), original=Decimal(643), **REASONS)
    TransactionFactory(line=line, amount=Decimal(701))
    page = page_of(project)
    assert "643" in page
    assert "un groupe de plus (fr)" in page
    assert "le transport a monté (fr)" in page


def test_what_did_not_change_says_nothing_of_it(project: Any):
    line = BudgetLineFactory(project=project, planned=Decimal(700), original=Decimal(700), **REASONS)
    TransactionFactory(line=line, amount=Decimal(699))
    page = page_of(project)
    assert "un groupe de plus" not in page
    assert "le transport a monté" not in page


def test_a_reason_is_public_in_three_languages_or_not_at_all(project: Any):
    BudgetLineFactory(project=project, original=Decimal(643), **{**REASONS, "amended_reason_nl": ""})
    assert "un groupe de plus" not in page_of(project)


def test_the_voucher_its_file_and_what_it_is_for_stay_inside(project: Any):
    payslip = DocumentFactory(protocol=project.protocol, kind="payslip", public=False, title_fr="Fiche secrète")
    TransactionFactory(
        line=BudgetLineFactory(project=project),
        voucher="SECRET-1",
        voucher_file=payslip,
        description_fr="Salaire secret",
    )
    page = page_of(project)
    assert not [said for said in ("SECRET-1", "secret", str(payslip.pk)) if said in page]
    assert Client().get(payslip.get_absolute_url()).status_code == 404
