"""What a public page shows: one protocol at a time, only what is published, the reports as they were stored."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnership import publishing
from projects.models import Project
from tests.factories import DocumentFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
)
from tests.pages import LANGUAGES, get
from tests.reports import PDF, released_report
from transparency.models import Report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_host")]


# One protocol at a time, and only what is published


def test_a_second_protocol_does_not_leak_into_the_first(client: Client):
    first, second = ProtocolFactory(), ProtocolFactory(hostname="second.example")
    own = ProjectFactory(protocol=first, code="SAME", title_fr="Le projet du premier", published=True)
    theirs = ProjectFactory(protocol=second, code="SAME", title_fr="Le projet du second", published=True)
    partner = OrganisationFactory(name_fr="Association du second")
    InvolvementFactory(project=theirs, organisation=partner)
    ActivityFactory(project=theirs, done=True, title_fr="Atelier du second")
    BudgetLineFactory(project=theirs, planned=Decimal(777000))
    released_report(second)
    plan = ActionPlanFactory(protocol=second, title_fr="Plan du second", published=True)
    theirs.plan = plan
    theirs.save()
    words = " ".join(
        get(client, f"/fr/{path}").words for path in ["", "projects/", "partners/", "action-plan/", "reports/"]
    )
    assert own.title_fr in words
    for text in (theirs.title_fr, partner.name_fr, "Atelier du second", "777", "Plan du second", "a1b2c3d4e5f6"):
        assert text not in words
    assert get(client, "/fr/projects/SAME/", host="second.example").headings == [theirs.title_fr]
    assert get(client, "/fr/projects/SAME/").headings == [own.title_fr]


def test_an_unpublished_project_is_nowhere(client: Client):
    protocol = ProtocolFactory()
    plan = ActionPlanFactory(protocol=protocol, published=True)
    hidden = ProjectFactory(protocol=protocol, title_fr="Projet à l’étude", code="HIDDEN", plan=plan)
    partner = OrganisationFactory(name_fr="Association pressentie")
    InvolvementFactory(project=hidden, organisation=partner)
    ActivityFactory(project=hidden, done=True, title_fr="Atelier à l’étude")
    BudgetLineFactory(project=hidden, planned=Decimal(777000))
    for path in ("", "projects/", "partners/", "action-plan/"):
        words = get(client, f"/fr/{path}").words
        for text in (hidden.title_fr, "HIDDEN", partner.name_fr, "Atelier à l’étude", "777\u202f000"):
            assert text not in words, path
    assert hidden.title_fr not in get(client, "/fr/projects/HIDDEN/", 404).words


def test_a_withdrawn_project_says_since_when_and_nothing_else(client: Client):
    project = ProjectFactory(code="GONE", title_fr="Projet retiré", published=True)
    publishing.withdraw(project, by=None)
    Project.objects.update(withdrawn_at=timezone.make_aware(datetime.datetime(2026, 5, 4, 12)))
    page = get(client, "/fr/projects/GONE/", 410)
    assert "4 mai 2026" in page.words
    assert "Projet retiré" not in page.words
    assert "Projet retiré" not in get(client, "/fr/projects/").words


def test_a_part_appears_once_its_own_texts_are_complete(client: Client):
    project = ProjectFactory(code="PARTS", published=True)
    ActivityFactory(project=project, title_fr="Atelier sans néerlandais", title_nl="")
    IndicatorFactory(project=project, title_fr="Indicateur sans arabe", title_ar="")
    InvolvementFactory(project=project, phase="design", responsibility_fr="Rôle sans arabe", responsibility_ar="")
    ActivityFactory(
        project=project, done=True, title_fr="Atelier complet", happened_fr="Récit incomplet", happened_nl=""
    )
    words = get(client, "/fr/projects/PARTS/").words
    assert "Atelier complet" in words
    for text in ("sans néerlandais", "sans arabe", "Récit incomplet"):
        assert text not in words


def test_only_published_documents_are_listed(client: Client):
    project = ProjectFactory(code="FILES", published=True)
    shown = DocumentFactory(protocol=project.protocol, title_fr="Étude publiée", published=True)
    project.documents.set([shown, DocumentFactory(protocol=project.protocol, title_fr="Note interne")])
    words = get(client, "/fr/projects/FILES/").words
    assert "Étude publiée" in words
    assert "Note interne" not in words


def test_a_sensitive_place_shows_as_the_commune_only(client: Client):
    place = {f"place_{code}": "Rue des Oliviers 12" for code in LANGUAGES}
    project = ProjectFactory(code="SAFE", place_sensitive=True, published=True, **place)
    ActivityFactory(project=project, done=True, **place)
    page = get(client, "/fr/projects/SAFE/")
    assert "Oliviers" not in page.source
    assert project.lead.organisation.short_name_fr in page.words


def test_people_are_counted_and_small_counts_withheld(client: Client):
    project = ProjectFactory(code="PEOPLE", published=True)
    ActivityFactory(project=project, done=True, women=3, men=40)
    ActivityFactory(project=project, done=True, women=2, men=1)
    indicator = IndicatorFactory(project=project, counts_people=True)
    MeasurementFactory(indicator=indicator, value=Decimal(4))
    context = client.get("/fr/projects/PEOPLE/").context
    first, second = context["activities"]
    assert (first.women.value, first.men.value, first.total.value) == (None, None, 43)
    assert (second.women.value, second.men.value, second.total.value) == (None, None, None)
    assert second.total.withheld
    assert context["attendances"] == 43
    assert context["indicators"][0].state.withheld


def test_the_line_of_a_project_holds_what_began_before_what_is_planned(client: Client):
    project = ProjectFactory(code="LINE", published=True)
    days = {
        "done": (2025, 5),
        "under_way": (2024, 6),
        "planned": (2027, 1),
        "cancelled": (2024, 7),
        "postponed": (2026, 8),
    }
    for state, (year, month) in days.items():
        day = datetime.date(year, month, 1)
        began = day if state in {"done", "under_way"} else None
        ActivityFactory(project=project, state=state, planned_start=day, planned_end=day, actual_start=began)
    line = client.get("/fr/projects/LINE/").context["moments"]
    assert [(one.kind, one.done, one.activity and one.activity.state) for one in line] == [
        ("start", True, None),
        ("activity", True, "under_way"),
        ("activity", True, "done"),
        ("end", False, None),
        ("activity", False, "planned"),
    ]


def test_what_replaced_a_project_is_named_when_it_is_published(client: Client):
    old = ProjectFactory(code="OLD", state="replaced", published=True)
    new = ProjectFactory(protocol=old.protocol, code="NEW", title_fr="Le remplaçant", replaces=old)
    assert "Le remplaçant" not in get(client, "/fr/projects/OLD/").words
    publishing.publish(new, by=None)
    assert "Le remplaçant" in get(client, "/fr/projects/OLD/").words
    assert "/fr/projects/OLD/" in get(client, "/fr/projects/NEW/").links


def test_a_code_typed_in_small_letters_finds_the_project(client: Client):
    ProjectFactory(code="SMALL-1", published=True)
    assert client.get("/fr/projects/small-1/").headers["Location"] == "/fr/projects/SMALL-1/"


def test_both_communes_stand_side_by_side_in_every_project(client: Client):
    project = ProjectFactory(code="BOTH", published=True)
    context = client.get("/ar/projects/BOTH/").context
    assert [role.party.position for role in context["commune_roles"]] == [1, 2]
    assert [role.party.position for role in client.get("/fr/projects/BOTH/").context["commune_roles"]] == [2, 1]
    assert all(len(role.responsibilities) == 1 for role in context["commune_roles"])
    assert project.protocol.parties.count() == 2


def test_the_page_without_a_rate_says_so(client: Client):
    project = ProjectFactory(code="RATE", published=True)
    BudgetLineFactory(project=project, planned=Decimal(500))
    assert client.get("/fr/projects/RATE/").context["rate"] is None
    ExchangeRateFactory(protocol=project.protocol)
    page = get(client, "/fr/projects/RATE/")
    assert "1 EUR = 10,80 MAD" in page.words
    assert "5 400" in page.words


# Reports


def test_reports_stand_by_period_with_languages_pages_and_one_snapshot(client: Client):
    protocol = ProtocolFactory()
    report = released_report(protocol)
    page = get(client, "/fr/reports/")
    assert f"/fr/reports/{report.pk}/ar.pdf" in page.links
    assert page.links[f"/fr/reports/{report.pk}/fr.pdf"] == "Français"
    assert page.words.count("a1b2c3d4e5f6") == 2
    block = client.get("/fr/reports/").context["blocks"][0]
    assert block.same_snapshot
    assert block.rows[0].first_currency == "MAD"
    assert block.rows[0].documents[0].size == len(PDF)


def test_a_report_that_waits_for_release_is_not_public(client: Client):
    report = released_report(ProtocolFactory())
    Report.objects.update(released_at=None)
    assert str(report.pk) not in get(client, "/fr/reports/").source
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf").status_code == 404


def test_a_report_is_the_stored_bytes_and_never_changes(client: Client):
    report = released_report(ProtocolFactory())
    answer = client.get(f"/nl/reports/{report.pk}/ar.pdf")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="2026-S1-[a-z0-9-]+-ar\.pdf"', answer["Content-Disposition"])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    again = client.get(f"/nl/reports/{report.pk}/ar.pdf", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_a_language_the_report_was_not_made_in_is_not_there(client: Client):
    report = released_report(ProtocolFactory())
    assert client.get(f"/nl/reports/{report.pk}/nl.pdf").status_code == 404


def test_another_protocol_report_is_not_served_here(client: Client):
    ProtocolFactory()
    report = released_report(ProtocolFactory(hostname="second.example"))
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf").status_code == 404
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf", headers={"host": "second.example"}).status_code == 200


def test_listing_reports_reads_none_of_their_bytes(client: Client):
    released_report(ProtocolFactory())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/fr/reports/")
    assert not [one["sql"] for one in queries if re.search(r'SELECT[^;]*"content"(?!\))', one["sql"].split("FROM")[0])]
