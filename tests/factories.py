"""Rows for tests: each factory makes one believable record, complete in the three languages, with whatever it stands on.

ProtocolFactory()                                  a protocol with its two communes; the first one made is the primary
ProtocolFactory(hostname="second.example")         a second one beside it
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import factory
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from partnership import publishing
from partnership.models import Party, Protocol, User
from partnership.protocol_file import regime_of

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


class TermFactory(Rows):
    class Meta:
        model = "partnership.Term"

    word_ar = numbered("كلمة")
    word_fr = numbered("mot")
    word_nl = numbered("woord")


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
