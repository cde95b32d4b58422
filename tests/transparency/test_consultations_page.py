"""Consultations as the public reads them, and the action plan with what was heard before it and what it covers."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, strategies

from partnership import hiding, publishing
from partnership.disclosure import SMALLEST_PUBLISHED
from projects.models import Consultation
from tests.copies import copied
from tests.factories import DocumentFactory, DomainFactory, OrganisationFactory, PrincipleFactory, ProtocolFactory
from tests.factories_decisions import coordinator
from tests.factories_planning import ConsultationFactory, NeedFactory, PriorAssessmentFactory, recorded
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.pages import LANGUAGES, compressed_size, get, leftovers
from transparency.presentation.consultations import heard


@pytest.fixture
def protocol(db: None) -> Any:
    return ProtocolFactory()


def need_of(protocol: Any, *, published: bool = True, **values: Any) -> Any:
    need = recorded(NeedFactory(protocol=protocol, **values))
    if published:
        publishing.publish(need, by=None)
    return need


# Counts ---------------------------------------------------------------------------------------------------------------

COUNT = strategies.one_of(strategies.none(), strategies.integers(0, 12))


@given(women=COUNT, men=COUNT, youth=COUNT)
def test_no_small_number_is_published_and_none_follows_from_the_others(women: Any, men: Any, youth: Any):
    """[I15]"""
    if women is not None and men is not None and youth is not None:
        youth = min(youth, women + men)
    told = heard(Consultation(women=women, men=men, youth=youth))
    shown = {name: getattr(told, name).value for name in ("women", "men", "total", "youth")}
    assert not [value for value in shown.values() if value is not None and 0 < value < SMALLEST_PUBLISHED]
    if shown["total"] is None:
        return
    for one, other in (("women", men), ("men", women)):
        if shown[one] is None and shown["women" if one == "men" else "men"] is not None and other is not None:
            assert not 0 < shown["total"] - other < SMALLEST_PUBLISHED
    if shown["youth"] is not None and shown["total"] >= shown["youth"]:
        assert not 0 < shown["total"] - shown["youth"] < SMALLEST_PUBLISHED


# The pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_said_and_what_was_done_with_it_stand_there(client: Client, protocol: Any, language: str):
    need = need_of(protocol)
    partner = OrganisationFactory()
    consultation = ConsultationFactory(protocol=protocol, published=True)
    consultation.needs.add(need, need_of(protocol, published=False, title_fr="Besoin gardé"))
    consultation.organisations.add(partner)
    listed = get(client, f"/{language}/consultations/")
    address = f"/{language}/consultations/{consultation.code}/"
    assert address in listed.links
    assert f"/{language}/consultations/" in get(client, f"/{language}/").links
    page = get(client, address)
    assert leftovers(page) == leftovers(listed) == []
    assert page.root == {"lang": language, "dir": LANGUAGES[language]}
    assert len(page.headings) == 1
    for record, names in ((consultation, ("title", "said", "done_with")), (need, ("title", "description"))):
        for name in names:
            assert getattr(record, f"{name}_{language}") in page.words
    assert getattr(partner, f"name_{language}") in page.words
    assert "Besoin gardé" not in page.words
    assert f"/{language}/protocol/#A4.1" in page.links


def test_a_page_keeps_its_weight_and_its_queries(client: Client, protocol: Any):
    consultation = ConsultationFactory(protocol=protocol, published=True, plan=ActionPlanFactory(protocol=protocol))
    consultation.needs.add(need_of(protocol))
    with CaptureQueriesContext(connection) as one:
        client.get("/fr/consultations/")
    copied(consultation, 29, code=lambda number: f"C-{number}")
    with CaptureQueriesContext(connection) as thirty:
        answer = client.get("/fr/consultations/")
    assert (len(thirty), answer.content.decode().count("/fr/consultations/C-")) == (len(one), 29)
    assert len(one) <= 9
    assert compressed_size(answer) < 60_000
    with CaptureQueriesContext(connection) as page:
        client.get(f"/fr/consultations/{consultation.code}/")
    assert len(page) <= 9


def test_drafts_and_unknown_codes_have_no_page_and_a_withdrawn_one_says_since_when(client: Client, protocol: Any):
    draft = ConsultationFactory(protocol=protocol)
    get(client, f"/fr/consultations/{draft.code}/", 404)
    get(client, "/fr/consultations/UNKNOWN/", 404)
    other = ConsultationFactory(protocol=ProtocolFactory(hostname="second.example"), published=True)
    get(client, f"/fr/consultations/{other.code}/", 404)
    gone = ConsultationFactory(protocol=protocol, published=True, code="CONS-X")
    publishing.withdraw(gone, by=None)
    page = get(client, "/fr/consultations/CONS-X/", 410)
    assert gone.title_fr not in page.words
    assert client.get("/fr/consultations/cons-x/")["Location"] == "/fr/consultations/CONS-X/"
    assert "CONS-X" not in get(client, "/fr/consultations/").words


def test_minutes_are_linked_once_they_are_published(client: Client, protocol: Any):
    minutes = DocumentFactory(protocol=protocol, kind="minutes", title_fr="Procès-verbal gardé")
    consultation = ConsultationFactory(protocol=protocol, minutes=minutes, published=True)
    address = f"/fr/consultations/{consultation.code}/"
    page = get(client, address)
    assert minutes.get_absolute_url() not in page.links
    assert "Procès-verbal gardé" not in page.words
    publishing.publish(minutes, by=None)
    assert get(client, address).links[minutes.get_absolute_url()] == "Procès-verbal gardé"


def test_a_small_number_is_not_published(client: Client, protocol: Any):
    few = ConsultationFactory(protocol=protocol, women=3, men=40, youth=41, published=True)
    told = client.get(f"/fr/consultations/{few.code}/").context["row"].heard
    assert (told.women.withheld, told.men.withheld, told.total.value, told.youth.withheld) == (True, True, 43, True)


def test_a_hidden_text_is_covered(client: Client, protocol: Any):
    consultation = ConsultationFactory(protocol=protocol, said_fr="Un mot de trop.", published=True)
    hiding.hide(consultation, "said", by=coordinator(protocol, 1), reason="Une personne.", language="fr")
    assert "Un mot de trop." not in get(client, f"/fr/consultations/{consultation.code}/").words


@pytest.mark.parametrize("is_sensitive", [True, False])
def test_a_need_behind_a_sensitive_place_keeps_its_territory_back(client: Client, protocol: Any, is_sensitive: bool):
    need = need_of(protocol, **{f"territory_{code}": "Douar Zqterritoire" for code in LANGUAGES})
    project = ProjectFactory(protocol=protocol, place_sensitive=is_sensitive, published=True)
    PriorAssessmentFactory(project=project, need=need)
    places = {f"place_{code}": "Salle Zqplace" for code in LANGUAGES}
    consultation = ConsultationFactory(protocol=protocol, **places, published=True)
    consultation.needs.add(need)
    page = get(client, f"/fr/consultations/{consultation.code}/")
    for word in ("Zqterritoire", "Zqplace"):
        assert (word in page.words) != is_sensitive
    assert ("Zqterritoire" in type(need).objects.get(pk=need.pk).public_territory) != is_sensitive
    assert ("Zqplace" in Consultation.objects.get().public_place) != is_sensitive


def test_without_any_the_page_says_what_will_stand_there(client: Client, protocol: Any):
    page = get(client, "/nl/consultations/")
    assert "/nl/action-plan/" in page.links
    assert leftovers(page) == []


# The action plan ------------------------------------------------------------------------------------------------------


def test_a_plan_shows_its_consultations_and_its_years(client: Client, protocol: Any):
    period = ActionPlanFactory(protocol=protocol, title_fr="Plan de la période", published=True)
    years = [
        ActionPlanFactory(
            protocol=protocol,
            within=period,
            title_fr=f"Plan de {year}",
            starts_on=datetime.date(year, 1, 1),
            ends_on=datetime.date(year, 12, 31),
            published=True,
        )
        for year in (2025, 2024)
    ]
    shown = ConsultationFactory(protocol=protocol, plan=period, published=True)
    of_year = ConsultationFactory(protocol=protocol, plan=years[0], published=True)
    ConsultationFactory(protocol=protocol, plan=period, title_fr="Rencontre gardée")
    answer = client.get("/fr/action-plan/")
    assert answer.context["plan"] == period
    assert [year for year, _decided in answer.context["years"]] == [years[1], years[0]]
    assert {row.consultation for row in answer.context["consultations"]} == {shown, of_year}
    page = get(client, "/fr/action-plan/")
    assert leftovers(page) == []
    assert page.headings == ["Plan de la période"]
    assert f"/fr/consultations/{shown.code}/" in page.links
    assert "Rencontre gardée" not in page.words


def test_a_plan_names_what_none_of_its_published_projects_serves(client: Client, protocol: Any):
    plan = ActionPlanFactory(protocol=protocol, published=True)
    served, left = (
        DomainFactory(protocol=protocol, name_fr="Servi"),
        PrincipleFactory(protocol=protocol, name_fr="Délaissé"),
    )
    ProjectFactory(protocol=protocol, plan=plan, domains=[served], published=True)
    ProjectFactory(protocol=protocol, plan=plan, principles=[left])
    parts = {part.code: part for part in client.get("/fr/action-plan/").context["parts"]}
    assert parts["domains"].unserved == []
    assert parts["principles"].unserved == [left]
    assert "Délaissé" in get(client, "/fr/action-plan/").words
