"""What tests of joint decisions on the staff pages share: reading a page word for word and opening what it shows."""

from __future__ import annotations

from typing import Any

from django.test import Client

from partnership import decisions, opening
from partnership.models import Decision
from tests.copies import copied, written
from tests.factories_decisions import approve, coordinator, signatory
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.staff import fields_of


def page(code: str, subject: Any, language: str = "fr") -> str:
    """The address where a decision of a kind is opened on a record."""
    return f"/{language}/admin/decisions/open/{code}/{subject.pk}/"


def typed(client: Client, address: str, **values: Any) -> dict[str, Any]:
    """What a browser would send from a page, with some fields typed."""
    return {**fields_of(client.get(address).content.decode()), **values}


def read_and_open(client: Client, address: str, **values: Any) -> Any:
    """Type, look at what would be decided word for word, and open it."""
    shown = client.post(address, {**typed(client, address, **values), "_preview": ""})
    assert shown.status_code == 200
    return client.post(address, fields_of(shown.content.decode()))


def adopt(decision: Decision) -> Decision:
    """Both communes approve."""
    for position in (1, 2):
        approve(decision, signatory(decision.protocol, position))
    decision.refresh_from_db()
    return decision


def like_it(decision: Decision, count: int) -> None:
    """So many decisions like an open one, each on a record of its own like that one's, with the same answers."""
    subject = decisions.subject_of(decision)
    subjects = copied(subject, count, code=lambda number: f"LIKE-{decision.pk}-{number}")
    copies = written(
        [decision] * count,
        {"number": lambda number: f"{decision.pk}-{number}", "object_id": lambda number: str(subjects[number].pk)},
    )
    answers = list(decision.signatures.all())
    written([*answers * count], {"decision": lambda number: copies[number // len(answers)]})


def adopted_plan(protocol: Any) -> Any:
    """A plan with one project that both communes have adopted."""
    plan = consulted(ActionPlanFactory(protocol=protocol))
    ProjectFactory(protocol=protocol, plan=plan)
    adopt(opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(protocol, 1)))
    return plan
