"""Rows of the programme: plans, projects and their money, indicators, reports.

ProjectFactory(protocol=protocol, published=True)  published by the product's own act, both communes responsible
ProjectFactory(involved=[])                        nobody responsible yet
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import factory

from partnership.models import Organisation
from projects.models import Project
from tests.factories import ProtocolFactory, Rows, first_commune, link, numbered, publish_if_asked

DECIDED = ("decided", "under_way", "completed", "closed")


class ActionPlanFactory(Rows):
    class Meta:
        model = "projects.ActionPlan"

    protocol = factory.SubFactory(ProtocolFactory)
    code = factory.Sequence(lambda n: f"PLAN-{n}")
    title_ar = numbered("برنامج العمل المشترك")
    title_fr = numbered("Plan d’action commun")
    title_nl = numbered("Gezamenlijk actieplan")
    introduction_ar = "يجمع هذا البرنامج المشاريع التي تنجزها الجماعتان معا."
    introduction_fr = "Ce plan réunit les projets que les deux communes mènent ensemble."
    introduction_nl = "Dit plan bundelt de projecten die beide gemeenten samen uitvoeren."
    starts_on = datetime.date(2022, 1, 1)
    ends_on = datetime.date(2026, 12, 31)
    published = factory.PostGeneration(publish_if_asked)


class InvolvementFactory(Rows):
    class Meta:
        model = "projects.Involvement"

    project = factory.SubFactory("tests.factories_programme.ProjectFactory", involved=[])
    organisation = factory.LazyAttribute(lambda made: first_commune(made.project.protocol).organisation)
    phase = "delivery"
    capacity = "implementer"
    responsibility_ar = "تنظيم الدورات التكوينية"
    responsibility_fr = "Organiser les sessions de formation"
    responsibility_nl = "De opleidingssessies organiseren"


def involve(project: Project, create: bool, organisations: Iterable[Organisation] | None, **_kwargs: Any) -> None:
    """After a project is made: a responsibility for each organisation given, by default for both communes."""
    if create and organisations is None:
        organisations = [party.organisation for party in project.protocol.parties.all()]
    for organisation in organisations or ():
        InvolvementFactory(project=project, organisation=organisation)


class ProjectFactory(Rows):
    """Publishable as it is made; published=True publishes it. involved=, domains=, objectives=, goals= take rows."""

    class Meta:
        model = "projects.Project"

    protocol = factory.SubFactory(ProtocolFactory)
    code = factory.Sequence(lambda n: f"PROJECT-{n}")
    title_ar = numbered("تكوين موظفي الجماعة في تدبير المشاريع")
    title_fr = numbered("Formation du personnel communal à la gestion de projets")
    title_nl = numbered("Opleiding van het gemeentepersoneel in projectbeheer")
    summary_ar = "يتعلم الموظفون إعداد مشروع وتتبعه مع الجمعيات المحلية."
    summary_fr = "Le personnel apprend à préparer et à suivre un projet avec les associations locales."
    summary_nl = "Het personeel leert een project voorbereiden en opvolgen met de lokale verenigingen."
    lead = factory.LazyAttribute(lambda made: made.protocol.parties.filter(position=1).first())
    state = "under_way"
    execution_decided_on = factory.LazyAttribute(
        lambda made: datetime.date(2024, 1, 10) if made.state in DECIDED and not made.taken_over else None
    )
    taken_over = False
    planned_start = datetime.date(2024, 1, 1)
    planned_end = datetime.date(2026, 12, 31)
    actual_start = datetime.date(2024, 1, 15)
    involved = factory.PostGeneration(involve)
    domains = link("domains")
    objectives = link("objectives")
    principles = link("principles")
    goals = link("goals")
    published = factory.PostGeneration(publish_if_asked)


class ProjectTargetFactory(Rows):
    class Meta:
        model = "projects.ProjectTarget"

    project = factory.SubFactory(ProjectFactory)
    group = "youth"


class PolicyMarkerFactory(Rows):
    class Meta:
        model = "projects.PolicyMarker"

    project = factory.SubFactory(ProjectFactory)
    marker = "1"
    significance = 2


class ActivityFactory(Rows):
    """done=True, training=True and exchange=True (from the first commune) may be joined."""

    class Meta:
        model = "projects.Activity"

    class Params:
        done = factory.Trait(
            state="done",
            actual_start=factory.SelfAttribute("planned_start"),
            actual_end=factory.SelfAttribute("planned_end"),
            happened_ar="تعرف المشاركون على مراحل إعداد المشروع.",
            happened_fr="Les participants ont découvert les étapes d’un projet.",
            happened_nl="De deelnemers leerden de stappen van een project kennen.",
            women=14,
            men=11,
        )
        training = factory.Trait(
            kind="training",
            audience_ar="موظفو الجماعة",
            audience_fr="Personnel communal",
            audience_nl="Gemeentepersoneel",
            hours=Decimal("12.0"),
            score_before=Decimal("1.5"),
            score_after=Decimal("3.0"),
        )
        exchange = factory.Trait(
            kind="exchange",
            from_party=factory.LazyAttribute(lambda made: first_commune(made.project.protocol)),
            days=4,
            put_to_use_ar="اعتماد دليل مشترك",
            put_to_use_fr="Un guide commun est utilisé",
            put_to_use_nl="Een gezamenlijke gids wordt gebruikt",
        )

    project = factory.SubFactory(ProjectFactory)
    title_ar = numbered("ورشة حول تدبير المشاريع")
    title_fr = numbered("Atelier sur la gestion de projets")
    title_nl = numbered("Atelier over projectbeheer")
    planned_start = datetime.date(2026, 3, 2)
    planned_end = datetime.date(2026, 3, 4)


class BudgetLineFactory(Rows):
    class Meta:
        model = "projects.BudgetLine"

    project = factory.SubFactory(ProjectFactory)
    category = "training"
    label_ar = "دورات تكوينية"
    label_fr = "Sessions de formation"
    label_nl = "Opleidingssessies"
    year = 2026
    funder = factory.LazyAttribute(lambda made: first_commune(made.project.protocol).organisation)
    planned = Decimal("12000.00")
    currency = "EUR"


class TransactionFactory(Rows):
    class Meta:
        model = "projects.Transaction"

    line = factory.SubFactory(BudgetLineFactory)
    kind = "expenditure"
    on = datetime.date(2026, 3, 15)
    amount = Decimal("1500.00")
    currency = factory.SelfAttribute("line.currency")
    payer = factory.SelfAttribute("line.funder")
    voucher = factory.Sequence(lambda n: f"2026-{n:04}")


class ExchangeRateFactory(Rows):
    class Meta:
        model = "projects.ExchangeRate"

    protocol = factory.SubFactory(ProtocolFactory)
    on = datetime.date(2026, 1, 1)
    mad_per_eur = Decimal("10.8000")
    source_ar = "سعر مرجعي"
    source_fr = "Cours de référence"
    source_nl = "Referentiekoers"


class IndicatorFactory(Rows):
    class Meta:
        model = "evaluation.Indicator"

    project = factory.SubFactory(ProjectFactory)
    protocol = factory.SelfAttribute("project.protocol")
    title_ar = numbered("عدد الموظفين المكونين")
    title_fr = numbered("Membres du personnel formés")
    title_nl = numbered("Opgeleide personeelsleden")
    unit_ar = "أشخاص"
    unit_fr = "personnes"
    unit_nl = "personen"
    level = "output"
    measure = "unit"
    baseline_on = datetime.date(2024, 1, 1)
    baseline_value = Decimal("0.00")
    target_on = datetime.date(2026, 12, 31)
    target_value = Decimal("40.00")


class MeasurementFactory(Rows):
    class Meta:
        model = "evaluation.Measurement"

    indicator = factory.SubFactory(IndicatorFactory)
    on = datetime.date(2026, 6, 30)
    value = Decimal("24.00")
    by = factory.LazyAttribute(lambda made: first_commune(made.indicator.protocol))


class ReportSeriesFactory(Rows):
    """For the council of the first commune, or with programme_body=True for the programme body."""

    class Meta:
        model = "transparency.ReportSeries"

    class Params:
        programme_body = factory.Trait(audience="programme_body", party=None, languages="fr nl")

    protocol = factory.SubFactory(ProtocolFactory)
    audience = "council"
    party = factory.LazyAttribute(lambda made: first_commune(made.protocol))
    title_ar = "التقرير نصف السنوي إلى المجلس الجماعي"
    title_fr = "Rapport semestriel au conseil communal"
    title_nl = "Halfjaarlijks verslag aan de gemeenteraad"
    languages = "ar fr"
    cadence = "half_year"
    time_zone = "Africa/Casablanca"
    first_period = "2026-S1"
    needs_release = False


class ReportRecipientFactory(Rows):
    class Meta:
        model = "transparency.ReportRecipient"

    series = factory.SubFactory(ReportSeriesFactory)
    name = "Secrétariat du conseil"
    email = factory.Sequence(lambda n: f"conseil{n}@commune.example")
