"""Rows for tests: each factory makes one believable record, complete in the three languages, with whatever it stands on.

ProtocolFactory()                                  a protocol with its two communes; the first one made is the primary
ProtocolFactory(hostname="second.example")         a second one beside it
ProjectFactory(protocol=protocol, published=True)  published by the product's own act, both communes responsible
ProjectFactory(involved=[])                        nobody responsible yet
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import factory
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from partnership import publishing
from partnership.models import Organisation, Party, Protocol, User
from partnership.protocol_file import regime_of
from projects.models import Project

PASSWORD = "un mot de passe assez long"
PDF = b"%PDF-1.7\n%%EOF\n"


def numbered(text: str) -> Any:
    """A text with the row's own number at its end."""
    return factory.Sequence(lambda n: f"{text} {n}")


def first_commune(protocol: Protocol) -> Party:
    """The party written first in the act's title."""
    return protocol.parties.get(position=1)


def publish_if_asked(record: Any, create: bool, published: bool | None, **_kwargs: Any) -> None:
    """After a root is made with published=True: put it before the public by the product's own act."""
    if create and published:
        publishing.publish(record, by=None)


def link(relation: str) -> Any:
    """After a row is made: set a many-to-many relation to the rows given."""

    def set_rows(record: models.Model, create: bool, given: Iterable[models.Model] | None, **_kwargs: Any) -> None:
        if create and given is not None:
            getattr(record, relation).set(given)

    return factory.PostGeneration(set_rows)


class Rows(factory.django.DjangoModelFactory):
    """What all factories share: a row is saved once, not again after what hangs on it."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    if TYPE_CHECKING:

        def __new__(cls, **values: Any) -> Any:
            """A row of the factory's model, not a factory; Any, since modeltranslation adds its columns at run time."""


class OrganisationFactory(Rows):
    class Meta:
        model = "partnership.Organisation"

    class Params:
        commune = factory.Trait(
            kind="commune",
            name_ar=numbered("جماعة الوادي"),
            name_fr=numbered("Commune du Val"),
            name_nl=numbered("Gemeente Dal"),
            short_name_ar=numbered("الوادي"),
            short_name_fr=numbered("Val"),
            short_name_nl=numbered("Dal"),
        )

    name_ar = numbered("جمعية المستقبل للتنمية")
    name_fr = numbered("Association Avenir et développement")
    name_nl = numbered("Vereniging Toekomst en Ontwikkeling")
    kind = "association"
    level = "local"
    country = "MA"


class GoalFactory(Rows):
    class Meta:
        model = "partnership.InternationalGoal"

    framework = "SDG"
    number = factory.Sequence(lambda n: n + 1)
    title_ar = "التعليم الجيد"
    title_fr = "Éducation de qualité"
    title_nl = "Kwaliteitsonderwijs"


class PartyFactory(Rows):
    class Meta:
        model = "partnership.Party"

    protocol = factory.SubFactory("tests.factories.ProtocolFactory", first=None, second=None)
    organisation = factory.SubFactory(OrganisationFactory, commune=True)
    position = 1
    shape = "square"
    languages = "ar"
    currency = "MAD"
    time_zone = "Africa/Casablanca"
    regime = factory.LazyAttribute(lambda party: regime_of(party.organisation))


class ProtocolFactory(Rows):
    """first=None, second=None leaves out the communes; first__organisation=… names one."""

    class Meta:
        model = "partnership.Protocol"

    code = factory.Sequence(lambda n: f"PROTOCOL-{n}")
    title_ar = numbered("بروتوكول التعاون")
    title_fr = numbered("Protocole de coopération")
    title_nl = numbered("Samenwerkingsprotocol")
    primary = factory.LazyFunction(lambda: not Protocol.objects.filter(primary=True).exists())
    first = factory.RelatedFactory(PartyFactory, "protocol")
    second = factory.RelatedFactory(
        PartyFactory,
        "protocol",
        position=2,
        organisation__country="BE",
        shape="diamond",
        languages="fr nl",
        currency="EUR",
        time_zone="Europe/Brussels",
    )
    goals = link("goals")


class PhaseFactory(Rows):
    class Meta:
        model = "partnership.ProgrammePhase"

    protocol = factory.SubFactory(ProtocolFactory)
    code = factory.Sequence(lambda n: f"PHASE-{n}")
    title_ar = "المرحلة الخماسية"
    title_fr = "Phase quinquennale"
    title_nl = "Vijfjarige fase"
    starts_on = datetime.date(2022, 1, 1)
    ends_on = datetime.date(2026, 12, 31)


class ClauseFactory(Rows):
    class Meta:
        model = "partnership.Clause"

    protocol = factory.SubFactory(ProtocolFactory)
    number = factory.Sequence(lambda n: f"C{n}")
    order = factory.Sequence(lambda n: n + 1)
    kind = "text"
    text_ar = "يضع الطرفان برنامج عمل مشترك."
    text_fr = "Les deux parties élaborent un programme d’action commun."
    text_nl = "Beide partijen stellen een gezamenlijk actieprogramma op."
    original = "يضع الطرفان برنامج عمل مشترك.\n"


class ElementFactory(Rows):
    class Meta:
        abstract = True

    protocol = factory.SubFactory(ProtocolFactory)
    clause = factory.SubFactory(ClauseFactory, protocol=factory.SelfAttribute("..protocol"))
    order = factory.Sequence(lambda n: n + 1)


class PrincipleFactory(ElementFactory):
    class Meta:
        model = "partnership.Principle"

    code = factory.Sequence(lambda n: f"PRI-{n}")
    name_ar = numbered("التضامن")
    name_fr = numbered("Solidarité")
    name_nl = numbered("Solidariteit")


class ObjectiveFactory(ElementFactory):
    class Meta:
        model = "partnership.Objective"

    code = factory.Sequence(lambda n: f"OBJ-{n}")
    name_ar = numbered("الحكامة الجيدة")
    name_fr = numbered("Bonne gouvernance")
    name_nl = numbered("Goed bestuur")


class DomainFactory(ElementFactory):
    class Meta:
        model = "partnership.Domain"

    code = factory.Sequence(lambda n: f"DOM-{n}")
    name_ar = numbered("التنمية البشرية")
    name_fr = numbered("Développement humain")
    name_nl = numbered("Menselijke ontwikkeling")


class FoundationFactory(ElementFactory):
    class Meta:
        model = "partnership.Foundation"

    code = factory.Sequence(lambda n: f"F-{n}")
    name_ar = numbered("الشفافية")
    name_fr = numbered("Transparence")
    name_nl = numbered("Transparantie")
    chapter = "monitoring"


class UserFactory(Rows):
    """A person who can sign in with PASSWORD. What they may do comes from a MembershipFactory."""

    class Meta:
        model = "partnership.User"

    email = factory.Sequence(lambda n: f"personne{n}@commune.example")
    name = numbered("Service de la coopération")
    password = PASSWORD
    language = "fr"
    is_staff = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(**fields)


class MembershipFactory(Rows):
    class Meta:
        model = "partnership.Membership"

    protocol = factory.SubFactory(ProtocolFactory)
    organisation = factory.LazyAttribute(lambda made: first_commune(made.protocol).organisation)
    user = factory.SubFactory(UserFactory)
    role = "coordinator"
    starts_on = datetime.date(2024, 1, 1)
    basis = "delegation"


class DocumentFactory(Rows):
    class Meta:
        model = "partnership.Document"

    protocol = factory.SubFactory(ProtocolFactory)
    owner = factory.LazyAttribute(lambda made: first_commune(made.protocol).organisation)
    kind = "study"
    title_ar = numbered("دراسة تشخيصية")
    title_fr = numbered("Étude de diagnostic")
    title_nl = numbered("Diagnosestudie")
    file = factory.LazyFunction(lambda: ContentFile(PDF, name="etude.pdf"))
    public = True
    published = factory.PostGeneration(publish_if_asked)


class MessageFactory(Rows):
    class Meta:
        model = "partnership.Message"

    protocol = factory.SubFactory(ProtocolFactory)
    key = numbered("report")
    message_id = factory.Sequence(lambda n: f"<{n}@commune.example>")
    recipient = "conseil@commune.example"
    subject = "Rapport semestriel"
    content = b"Subject: Rapport semestriel\r\n\r\nBonjour,\r\n"
    created_at = factory.LazyFunction(timezone.now)
    next_attempt_at = factory.SelfAttribute("created_at")


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

    project = factory.SubFactory("tests.factories.ProjectFactory", involved=[])
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
