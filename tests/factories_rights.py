"""Everyone who may stand before a protocol, and a record of every kind for each commune, for tests of rights."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from partnership import decisions, opening, register, signing
from partnership.models import EntryKind, Meeting, PersonalLink, Protocol, Role
from partnership.rights import Who
from tests.factories import (
    ClauseFactory,
    DocumentFactory,
    DomainFactory,
    FoundationFactory,
    GoalFactory,
    MembershipFactory,
    MessageFactory,
    ObjectiveFactory,
    OrganisationFactory,
    PhaseFactory,
    PrincipleFactory,
    ProtocolFactory,
    TermFactory,
    UserFactory,
    numbered,
)
from tests.factories_decisions import DeliberationFactory, coordinator, open_ratification
from tests.factories_planning import ConsultationFactory, InitiativeFactory, NeedFactory, PriorAssessmentFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    ProjectFactory,
    ReportSeriesFactory,
    TransactionFactory,
)
from transparency.models import Report, Snapshot

OF_A_COMMUNE = tuple(Role.values)
MEETING = {"title_ar": "اجتماع", "title_fr": "Réunion", "title_nl": "Vergadering"}


def two_protocols() -> tuple[Protocol, Protocol]:
    """A draft with a programme body that is served here, and another protocol that is served elsewhere."""
    body = OrganisationFactory(kind="programme_body", name_fr=numbered("Association des villes"))
    return ProtocolFactory(programme_body=body, hostname="here.example"), ProtocolFactory(hostname="there.example")


def cast(here: Protocol, there: Protocol) -> dict[str, Any]:
    """Who comes to `here`, by what they are: each role for each commune (“editor 2”), and everybody else."""
    people: dict[str, Any] = {"anonymous": AnonymousUser(), "nobody": UserFactory()}
    for party in here.parties.select_related("organisation"):
        for role in OF_A_COMMUNE:
            member = MembershipFactory(protocol=here, organisation=party.organisation, role=role)
            people[f"{role} {party.position}"] = member.user
    people["programme body"] = MembershipFactory(
        protocol=here, organisation=here.programme_body, role=Role.OBSERVER
    ).user
    people["partner"] = MembershipFactory(protocol=here, organisation=OrganisationFactory(), role=Role.EDITOR).user
    people["administrator"] = UserFactory(is_superuser=True)
    people["of another protocol"] = MembershipFactory(protocol=there, role=Role.COORDINATOR).user
    return people


CAPACITY = {
    **{f"{role} {position}": Who(role) for role in OF_A_COMMUNE for position in (1, 2)},
    "programme body": Who.PROGRAMME_BODY,
    "partner": Who.PARTNER,
    "administrator": Who.ADMINISTRATOR,
}
"""In which capacity each of the cast stands before the protocol; the others in none."""


def mirrored(name: str) -> str:
    """The same person of the other commune; whoever acts for neither is their own mirror."""
    return name.translate(str.maketrans("12", "21"))


def records(protocol: Protocol) -> dict[str, tuple[Any, Any]]:
    """A record of every model that has a page of its own, by label: the first commune's and its twin of the second."""
    first, second = protocol.parties.order_by("position").select_related("organisation", "protocol")
    project = ProjectFactory(protocol=protocol)
    line = BudgetLineFactory(project=project)
    decision = open_ratification(protocol)
    release = _release(protocol, first, second)
    same = {
        "partnership.protocol": protocol,
        "partnership.clause": ClauseFactory(protocol=protocol),
        "partnership.principle": PrincipleFactory(protocol=protocol),
        "partnership.objective": ObjectiveFactory(protocol=protocol),
        "partnership.domain": DomainFactory(protocol=protocol),
        "partnership.foundation": FoundationFactory(protocol=protocol),
        "partnership.programmephase": PhaseFactory(protocol=protocol),
        "partnership.meeting": Meeting.objects.create(protocol=protocol, held_on=datetime.date(2026, 3, 3), **MEETING),
        "partnership.internationalgoal": GoalFactory(),
        "partnership.term": TermFactory(),
        "partnership.decision": decision,
        "partnership.registerentry": register.append(
            protocol, EntryKind.DECISION, signing.facts(decision), decision=decision
        ),
        "partnership.message": MessageFactory(protocol=protocol),
        "partnership.personallink": link_of(protocol),
        "projects.actionplan": ActionPlanFactory(protocol=protocol),
        "projects.project": project,
        "projects.activity": ActivityFactory(project=project),
        "projects.budgetline": line,
        "projects.transaction": TransactionFactory(line=line),
        "projects.exchangerate": ExchangeRateFactory(protocol=protocol),
        "projects.need": NeedFactory(protocol=protocol),
        "projects.consultation": ConsultationFactory(protocol=protocol),
        "projects.priorassessment": PriorAssessmentFactory(project=project),
        "projects.initiative": InitiativeFactory(protocol=protocol),
        "evaluation.indicator": IndicatorFactory(project=project),
        "transparency.snapshot": release[0].snapshot,
    }
    sides = {
        "partnership.party": (first, second),
        "partnership.organisation": (first.organisation, second.organisation),
        "partnership.document": _for_each(first, second, DocumentFactory, protocol=protocol),
        "partnership.membership": _for_each(first, second, MembershipFactory, protocol=protocol, role="editor"),
        "partnership.deliberation": (DeliberationFactory(party=first), DeliberationFactory(party=second)),
        "transparency.report": release,
        "transparency.reportseries": (release[0].series, release[1].series),
    }
    people = tuple(membership.user for membership in sides["partnership.membership"])
    return {**{label: (one, one) for label, one in same.items()}, **sides, "partnership.user": people}  # type: ignore[dict-item]


def _for_each(first: Any, second: Any, factory: Any, **values: Any) -> tuple[Any, Any]:
    return tuple(  # type: ignore[return-value]  # two, as there are two parties
        factory(**values, **{"owner" if factory is DocumentFactory else "organisation": party.organisation})
        for party in (first, second)
    )


def _release(protocol: Protocol, first: Any, second: Any) -> tuple[Any, Any]:
    """A report of each council from one snapshot; the first one's release is a decision that is open."""
    moment = timezone.now()
    frozen = Snapshot.objects.create(protocol=protocol, period="2026-S1", taken_at=moment, text="{}", digest="0" * 64)
    made = []
    for party in (first, second):
        series = ReportSeriesFactory(protocol=protocol, party=party)
        made.append(
            Report.objects.create(
                series=series,
                period="2026-S1",
                starts_on=datetime.date(2026, 1, 1),
                ends_on=datetime.date(2026, 6, 30),
                snapshot=frozen,
                made_at=moment,
            )
        )
    return made[0], made[1]


def open_release(protocol: Protocol, report: Report) -> Any:
    """A decision that coordinators sign: to release a report."""
    return opening.propose(decisions.kind("release_report"), report, by=coordinator(protocol, 1))


def link_of(protocol: Protocol) -> PersonalLink:
    """A personal link that nobody has used."""
    from django.contrib.contenttypes.models import ContentType

    person = MembershipFactory(protocol=protocol, role="observer").user
    moment = timezone.now()
    made: PersonalLink = PersonalLink.objects.create(
        protocol=protocol,
        purpose="invitation",
        token_hash=f"{person.pk:064}",
        content_type=ContentType.objects.get_for_model(person),
        object_id=str(person.pk),
        address=person.email,
        created_at=moment,
        expires_at=moment + datetime.timedelta(days=7),
    )
    return made
