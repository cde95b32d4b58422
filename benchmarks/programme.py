"""A programme of any size: the protocol's own file, and projects made from numbered words."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from evaluation.models import Indicator, IndicatorLevel, Measure, Measurement
from partnership import protocol_file
from partnership.models import Protocol, PublishingState
from projects.models import (
    Activity,
    ActivityState,
    BudgetLine,
    Capacity,
    ExchangeRate,
    Involvement,
    Phase,
    Project,
    ProjectState,
    ProjectTarget,
    TargetGroup,
    Transaction,
    TransactionKind,
)
from transparency.models import Audience, ReportSeries

PROTOCOL = Path(settings.BASE_DIR) / "partnership" / "data" / "belfaa-jette.json"
STATES = [ProjectState.UNDER_WAY, ProjectState.ASSESSING, ProjectState.COMPLETED, ProjectState.CLOSED]


def texts(field: str, number: int, sentences: int = 1) -> dict[str, str]:
    """A text in three languages that differs from project to project."""
    words = {
        "ar": "تكوين المنتخبين وموظفي الجماعة في تدبير المشاريع ومواكبة الجمعيات المحلية رقم",
        "fr": "Formation des élus et du personnel communal à la gestion de projets et appui aux associations n°",
        "nl": "Opleiding van verkozenen en gemeentepersoneel in projectbeheer en steun aan verenigingen nr.",
    }
    return {f"{field}_{code}": " ".join([f"{text} {number}."] * sentences) for code, text in words.items()}


def build(projects: int) -> Protocol:
    """A protocol with that many published projects, each with two communes, lines, transactions, indicators, activities."""
    protocol = protocol_file.load(PROTOCOL)
    ExchangeRate.objects.create(
        protocol=protocol, on=datetime.date(2026, 1, 1), mad_per_eur=Decimal("10.80"), **texts("source", 1)
    )
    _series(protocol)
    made = Project.objects.bulk_create(_project(protocol, number) for number in range(projects))
    _link(protocol, made)
    parties = list(protocol.parties.order_by("position"))
    Involvement.objects.bulk_create(
        Involvement(
            project=project,
            organisation_id=party.organisation_id,
            phase=Phase.DELIVERY,
            capacity=Capacity.IMPLEMENTER,
            **texts("responsibility", project.pk),
        )
        for project in made
        for party in parties
    )
    _money(made, parties[0].organisation_id)
    _activities(made)
    _indicators(protocol, made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a thousand rows at once: the planner has not counted them yet
    return protocol


def _series(protocol: Protocol) -> None:
    for party in [*protocol.parties.all(), None]:
        series = ReportSeries.objects.create(
            protocol=protocol,
            party=party,
            audience=Audience.COUNCIL if party else Audience.PROGRAMME_BODY,
            languages="ar fr" if party and party.position == 1 else "fr nl",
            time_zone="Europe/Brussels",
            first_period="2026-S1",
            **texts("title", 1),
        )
        series.recipients.create(email=f"council{party.position if party else 0}@example.org")


def _project(protocol: Protocol, number: int) -> Project:
    return Project(
        protocol=protocol,
        code=f"P-{number:04}",
        state=STATES[number % len(STATES)],
        execution_decided_on=datetime.date(2023, 1, 15),
        lead=protocol.parties.first(),
        planned_start=datetime.date(2023, 1, 1),
        planned_end=datetime.date(2026, 12, 31),
        actual_start=datetime.date(2023, 2, 1),
        publishing_state=PublishingState.PUBLISHED,
        published_at=timezone.now(),
        **texts("title", number),
        **texts("summary", number, 2),
        **texts("description", number, 8),
    )


def _link(protocol: Protocol, made: list[Project]) -> None:
    for name in ("domains", "objectives", "goals"):
        rows = list(getattr(protocol, name).all())
        through = getattr(Project, name).through
        column = f"{rows[0]._meta.model_name}_id"
        through.objects.bulk_create(
            through(**{"project_id": project.pk, column: rows[place % len(rows)].pk})
            for place, project in enumerate(made)
        )
    ProjectTarget.objects.bulk_create(
        ProjectTarget(project=project, group=TargetGroup.values[place % len(TargetGroup)])
        for place, project in enumerate(made)
    )


def _money(made: list[Project], funder: int) -> None:
    lines = BudgetLine.objects.bulk_create(
        BudgetLine(
            project=project, category="training", year=year, funder_id=funder, planned=Decimal(10000), currency="EUR"
        )
        for project in made
        for year in (2025, 2026)
    )
    Transaction.objects.bulk_create(
        Transaction(
            line=line,
            kind=kind,
            on=datetime.date(line.year, 3, 1 + place),
            amount=Decimal(1500 + place),
            currency="EUR",
            payer_id=funder,
            voucher=f"{line.pk}-{kind}",
        )
        for line in lines
        for place, kind in enumerate(TransactionKind.values)
    )


def _activities(made: list[Project]) -> None:
    Activity.objects.bulk_create(
        Activity(
            project=project,
            state=ActivityState.DONE if month < 7 else ActivityState.PLANNED,
            planned_start=datetime.date(2026, month, 1),
            planned_end=datetime.date(2026, month, 5),
            actual_start=datetime.date(2026, month, 1) if month < 7 else None,
            women=14,
            men=12,
            **texts("title", month),
        )
        for project in made
        for month in (2, 4, 6, 9)
    )


def _indicators(protocol: Protocol, made: list[Project]) -> None:
    indicators = Indicator.objects.bulk_create(
        Indicator(
            protocol=protocol,
            project=project,
            level=level,
            measure=Measure.UNIT,
            baseline_on=datetime.date(2023, 1, 1),
            baseline_value=Decimal(0),
            target_on=datetime.date(2026, 12, 31),
            target_value=Decimal(100),
            **texts("title", project.pk),
            unit_ar="أشخاص",
            unit_fr="personnes",
            unit_nl="personen",
        )
        for project in made
        for level in (IndicatorLevel.OUTPUT, IndicatorLevel.OUTCOME)
    )
    by = protocol.parties.first()
    assert by is not None
    Measurement.objects.bulk_create(
        Measurement(indicator=one, on=datetime.date(2026, 6, 1), value=Decimal(one.pk % 90), by=by)
        for one in indicators
    )
