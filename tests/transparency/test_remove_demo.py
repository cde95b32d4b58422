"""Taking the demonstration away: whole, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import SET_NULL, ForeignKey
from django.utils import timezone

from partnership import protocol_file, register
from partnership.models import (
    Attempt,
    Document,
    InternationalGoal,
    Membership,
    Organisation,
    Protocol,
    RegisterEntry,
    User,
)
from partnership.protocol_file import BELFAA_JETTE
from projects.models import Project
from tests.demonstration import belonging, everything, said, told_on
from tests.factories import DocumentFactory, MembershipFactory, MessageFactory, OrganisationFactory
from tests.factories_decisions import ratify
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    IndicatorFactory,
    MeasurementFactory,
    ProjectFactory,
    ReportRecipientFactory,
    ReportSeriesFactory,
    TransactionFactory,
)
from tests.retelling import retold_on
from transparency.demonstration import remove
from transparency.models import (
    Delivery,
    Report,
    ReportDocument,
    Snapshot,
)

OURS = ("partnership", "projects", "evaluation", "transparency")
TODAY = date(2026, 11, 24)


def a_report_was_sent(protocol: Protocol) -> Delivery:
    """A report of the protocol's first series, with its snapshot, one document, and a mail that was tried once."""
    now = timezone.now()
    series = protocol.report_series.order_by("pk")[0]
    snapshot = Snapshot.objects.create(protocol=protocol, period="2026-S1", taken_at=now, text="{}", digest="0" * 64)
    report = Report.objects.create(
        series=series,
        period="2026-S1",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 6, 30),
        snapshot=snapshot,
        made_at=now,
        released_at=now,
    )
    ReportDocument.objects.create(
        report=report, language="fr", content=b"%PDF-", digest="0" * 64, pages=1, rendered_at=now
    )
    message = MessageFactory(protocol=protocol)
    Attempt.objects.create(message=message, at=now, outcome="accepted", smtp_code=250)
    recipient = series.recipients.order_by("pk")[0]
    return Delivery.objects.create(report=report, recipient=recipient, address=recipient.email, message=message)


def a_real_programme() -> Protocol:
    """The real protocol, ratified, with a person, a plan, a project and all that hangs on it, and a report that was sent."""
    protocol = protocol_file.load(BELFAA_JETTE)
    plan = ActionPlanFactory(protocol=protocol, published=True)
    project = ProjectFactory(
        protocol=protocol,
        plan=plan,
        published=True,
        domains=protocol.domains.all(),
        objectives=protocol.objectives.all(),
        goals=protocol.goals.filter(framework="MDG"),
    )
    DocumentFactory(protocol=protocol, published=True).projects.add(project)
    ActivityFactory(project=project, exchange=True)
    TransactionFactory(line__project=project)
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    mandate = MembershipFactory(protocol=protocol)
    series = ReportSeriesFactory(protocol=protocol)
    ReportRecipientFactory(series=series)
    a_report_was_sent(protocol)
    ratify(protocol)
    LogEntry.objects.create(
        user=mandate.user,
        content_type=ContentType.objects.get_for_model(Project),
        object_id=str(project.pk),
        object_repr=str(project),
        action_flag=CHANGE,
    )
    return protocol


@pytest.mark.django_db(transaction=True)
def test_removing_it_leaves_everything_real_as_it_was(own_media_folder):
    a_real_programme()
    real_file = Document.objects.get().file.name
    before = everything()
    demonstration = told_on(TODAY)
    project = demonstration.projects.get(code="DEMO-01")
    project.title_fr = "Un autre titre"
    project.save()
    document = DocumentFactory(protocol=demonstration, published=True)
    project.documents.add(document)
    MembershipFactory(protocol=demonstration, user=User.objects.get(email="coordination@jette.example"), role="editor")
    a_report_was_sent(demonstration)
    assert everything() != before

    said("remove_demo")

    assert everything() == before
    assert register.verify(Protocol.objects.get()).intact
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterEntry.objects.all().delete()
    assert [path.name for path in (own_media_folder / "documents").iterdir()] == [real_file.removeprefix("documents/")]


@pytest.mark.smoke
@pytest.mark.django_db
def test_alone_it_goes_without_a_trace():
    before = everything()
    retold_on(TODAY)
    output = said("remove_demo")
    assert everything() == before
    assert "Removed: 11 projects\n" in output
    assert "Removed: 28 decisions\n" in output
    assert "Removed: 33 register entries\n" in output
    assert "Removed: 1 protocol\n" in output
    assert "There is no demonstration to remove." in said("remove_demo")


@pytest.mark.django_db
def test_what_a_real_protocol_uses_stays_and_loses_the_mark():
    retold_on(TODAY)
    real = protocol_file.load(BELFAA_JETTE)
    association = Organisation.objects.get(name_fr__startswith="Réseau d’associations")
    ProjectFactory(protocol=real, involved=[association])
    before = {row.pk: row for row in belonging(real) if isinstance(row, Protocol)}

    output = said("remove_demo")

    assert set(Organisation.objects.values_list("short_name_fr", flat=True)) == {
        "Belfaa", "Jette", "Brulocalis", association.short_name_fr,
    }  # fmt: skip
    assert not Organisation.objects.filter(is_demonstration=True).exists()
    assert InternationalGoal.objects.filter(is_demonstration=False).count() == 25
    assert {protocol.pk: protocol for protocol in Protocol.objects.all()} == before
    assert f"Kept, since it is in use: {association.short_name_ar}\n" in output
    assert "No protocol is the primary one now" in output


@pytest.mark.django_db
def test_a_person_with_a_real_mandate_stays_but_not_the_known_password(settings):
    settings.DEMO = True
    retold_on(TODAY)
    person = User.objects.get(email="coordination@belfaa.example")
    real = MembershipFactory(protocol=protocol_file.load(BELFAA_JETTE), user=person)
    said("remove_demo")
    assert list(User.objects.all()) == [person]
    assert list(Membership.objects.all()) == [real]
    person.refresh_from_db()
    assert (person.is_demonstration, person.has_usable_password()) == (False, False)


@pytest.mark.django_db
def test_an_organisation_nobody_marked_stays_though_nobody_uses_it():
    retold_on(TODAY)
    lonely = OrganisationFactory()
    remove.remove()
    assert list(Organisation.objects.all()) == [lonely]


def test_removing_knows_every_model_that_hangs_on_a_protocol():
    known = {model for model, _way in remove.BELONGING}
    hanging = {
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in known
        and field.remote_field.on_delete is not SET_NULL
    }  # fmt: skip
    assert hanging <= known
