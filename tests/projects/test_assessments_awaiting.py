"""The start page's tasks about open prior assessments [I2, I5]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership.models import Role, User
from projects import assessments_awaiting
from projects.models import PriorAssessment
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_planning import CellViewFactory, PriorAssessmentFactory, ReadyProjectFactory, cell_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def person(protocol: Any, position: int = 1) -> User:
    organisation = protocol.parties.get(position=position).organisation
    user: User = MembershipFactory(protocol=protocol, organisation=organisation, role=Role.EDITOR).user
    return user


def open_one(protocol: Any, cells: str = "open") -> PriorAssessment:
    made: PriorAssessment = PriorAssessmentFactory(project=ReadyProjectFactory(protocol=protocol), cells=cells)
    return made


def test_cells_without_an_answer_await_either_commune(protocol: Any):
    assessment = open_one(protocol)
    for position in (1, 2):
        [task] = assessments_awaiting.awaiting(person(protocol, position), protocol)
        assert (task.code, task.group.code, task.awaits) == (assessment.project.code, "assess", None)
        assert "24" in task.reason


def test_each_commune_is_told_what_it_has_not_looked_at(protocol: Any):
    assessment = open_one(protocol, cells="none")
    first = protocol.parties.get(position=1)
    for cell in assessment.impacts.all():
        CellViewFactory(impact=cell, party=first)
    assert list(assessments_awaiting.awaiting(person(protocol, 1), protocol)) == []
    [task] = assessments_awaiting.awaiting(person(protocol, 2), protocol)
    assert "24" in task.reason
    assert {place: half.done for place, half in task.halves.items()} == {1: True, 2: False}


def test_a_dispute_awaits_both(protocol: Any):
    assessment = open_one(protocol, cells="none")
    for party in protocol.parties.all():
        for cell in assessment.impacts.all():
            CellViewFactory(impact=cell, party=party)
    view = cell_of(assessment).views.get(party__position=2)
    view.view, view.comment, view.comment_language = "disputed", "Non.", "fr"
    view.save()
    for position in (1, 2):
        [task] = assessments_awaiting.awaiting(person(protocol, position), protocol)
        assert "1" in task.reason


def test_what_is_decided_awaits_nobody(protocol: Any):
    assessment = open_one(protocol)
    PriorAssessment.objects.filter(pk=assessment.pk).update(outcome="modify", decided_on=datetime.date(2026, 4, 1))
    assert list(assessments_awaiting.awaiting(person(protocol), protocol)) == []


def test_many_cost_what_one_costs(protocol: Any):
    user = person(protocol)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(assessments_awaiting.awaiting(User.objects.get(pk=user.pk), protocol))
        return len(captured)

    open_one(protocol)
    one = cost()
    for _each in range(3):
        open_one(protocol)
    assert cost() == one
