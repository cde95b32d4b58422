"""The admin site: who comes in and how, one protocol at a time, and how often lists ask the database."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from config.admin import MENU
from partnership.models import Change, TextDraft, TextState
from tests.copies import copied
from tests.factories import (
    PASSWORD,
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
    UserFactory,
)
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    MeasurementFactory,
    ProjectFactory,
    ReportSeriesFactory,
    TransactionFactory,
)
from tests.reports import made_report
from tests.retelling import retold_on
from tests.staff import errors_of, queries, sent, sign_in_with_second_factor, staff

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label != "admin"]
OWN = [model for model in MODELS if admin.site._registry[model].protocol_path]  # type: ignore[attr-defined]
MODELS_BY_NAME = {model._meta.model_name: model for model in MODELS}
LANGUAGES = ("ar", "fr", "nl")


def address(model: Any, view: str = "changelist", *args: Any) -> str:
    with translation.override("fr"):
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def fill(protocol: Any, rows: int = 1) -> None:
    """At least so many rows of everything that the admin lists."""
    domain, goal = DomainFactory(protocol=protocol), GoalFactory()
    project = ProjectFactory(protocol=protocol, domains=[domain], goals=[goal])
    ActivityFactory(project=project)
    TransactionFactory(line=BudgetLineFactory(project=project))
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    copied(project, rows - 1, code=lambda number: f"{project.code}-{number}")
    for _ in range(rows):
        for factory in (ActionPlanFactory, ClauseFactory, DocumentFactory, DomainFactory, FoundationFactory):
            factory(protocol=protocol)
        for factory in (ObjectiveFactory, PrincipleFactory, PhaseFactory, MembershipFactory, MessageFactory):
            factory(protocol=protocol)
        OrganisationFactory()
        GoalFactory()
    for year in range(protocol.snapshots.count(), protocol.snapshots.count() + rows):
        ExchangeRateFactory(protocol=protocol, on=f"{2000 + year}-01-01")
        made_report(protocol, f"{2000 + year}-S1")


# Coming in ------------------------------------------------------------------------------------------------------------


def test_the_admin_has_no_sign_in_of_its_own(client: Client):
    answer = client.get("/fr/admin/projects/project/", follow=True)
    assert [step for step, _status in answer.redirect_chain] == [
        "/fr/admin/login/?next=/fr/admin/projects/project/",
        "/fr/accounts/login/?next=/fr/admin/projects/project/",
    ]
    assert "account/login.html" in [template.name for template in answer.templates]


def test_signing_in_leads_to_where_one_wanted_to_go(client: Client):
    user = MembershipFactory().user
    answer = client.post(
        "/fr/accounts/login/?next=/fr/admin/projects/project/", {"login": user.email, "password": PASSWORD}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/fr/admin/projects/project/")


def test_the_way_in_leads_nowhere_else(client: Client):
    sign_in_with_second_factor(client, MembershipFactory().user)
    assert client.get("/fr/admin/login/?next=https://elsewhere.example/")["Location"] == "/fr/admin/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_without_a_mandate_read_why_instead_of_going_round(client: Client, language: str):
    ProtocolFactory()
    client.force_login(UserFactory())
    answer = client.get(f"/{language}/admin/", follow=True)
    assert answer.status_code == 403
    assert len(answer.redirect_chain) == 1
    assert "admin/no_mandate.html" in [template.name for template in answer.templates]


def test_a_mandate_elsewhere_opens_nothing_here(client: Client):
    first, second = ProtocolFactory(), ProtocolFactory(hostname="second.example")
    client.force_login(MembershipFactory(protocol=second).user)
    assert client.get("/fr/admin/", follow=True).status_code == 403
    assert first.primary


@pytest.mark.parametrize("page", ["logout", "password_change"])
def test_signing_out_and_passwords_are_allauths(page: str):
    answer = staff(ProtocolFactory()).get(f"/fr/admin/{page}/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/fr/accounts/")


def test_libraries_own_pages_are_not_let_in():
    assert {model._meta.app_label for model in MODELS} == {"partnership", "projects", "evaluation", "transparency"}


def test_no_page_of_the_admin_tells_the_address_of_any_record(client: Client):
    assert staff(ProtocolFactory()).get("/fr/admin/r/1/1/").status_code == 404


# One protocol at a time -----------------------------------------------------------------------------------------------


@pytest.fixture
def two() -> tuple[Any, Any]:
    """Two protocols with a row of everything each."""
    here, there = ProtocolFactory(hostname="here.example"), ProtocolFactory(hostname="there.example")
    for protocol in (here, there):
        fill(protocol)
    return here, there


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "here.example", "there.example", "second.example"]


def rows_of(model: Any, protocol: Any) -> list[Any]:
    path = admin.site._registry[model].protocol_path  # type: ignore[attr-defined]
    if model._meta.model_name == "user":
        path = "memberships__protocol"
    return list(model._base_manager.filter(**{path: protocol.pk}).distinct())


def listed(answer: Any) -> set[Any]:
    return {row.pk for row in answer.context["cl"].queryset}


def test_a_list_shows_its_own_protocol_only(two: tuple[Any, Any]):
    here, there = two
    client = staff(here)
    for model in OWN:
        assert listed(client.get(address(model))) == {row.pk for row in rows_of(model, here)}
        for suffix in ("?_to_field=id&_popup=1", "?q=a", "?all="):
            foreign = {row.pk for row in rows_of(model, there)}
            assert not listed(client.get(address(model) + suffix)) & foreign


@pytest.mark.parametrize("view", ["change", "history", "delete"])
def test_the_address_of_another_protocols_record_is_unknown(two: tuple[Any, Any], view: str):
    here, there = two
    client = staff(here)
    for model in OWN:
        for row in rows_of(model, there):
            assert client.get(address(model, view, row.pk)).status_code == 404


def test_menus_and_filters_offer_nothing_of_another_protocol(two: tuple[Any, Any]):
    """Codes are unlike in the two protocols, so the page's own words tell."""
    here, there = two
    client = staff(here)
    foreign = [str(row.code) for row in rows_of_menus(there)]
    for model in MODELS:
        for page in pages_of(client, model, here):
            assert [code for code in foreign if code in page] == []


def rows_of_menus(protocol: Any) -> list[Any]:
    return [*protocol.projects.all(), *protocol.plans.all(), *protocol.phases.all(), *protocol.domains.all()]


def pages_of(client: Client, model: Any, protocol: Any) -> list[str]:
    own = admin.site._registry[model]
    found = [client.get(address(model)).content.decode()]
    if own.protocol_path:  # type: ignore[attr-defined]
        found += [client.get(address(model, "change", row.pk)).content.decode() for row in rows_of(model, protocol)[:1]]
    answer = client.get(address(model, "add"))
    return [*found, answer.content.decode()] if answer.status_code == 200 else found


SUGGESTIONS = [
    ("projects", "activity", "project", "projects"),
    ("projects", "project", "documents", "documents"),
    ("projects", "project", "plan", "plans"),
    ("transparency", "reportrecipient", "membership", "memberships"),
    ("partnership", "membership", "deputy", "memberships"),
]


@pytest.mark.parametrize(("app", "model", "field", "relation"), SUGGESTIONS)
def test_suggestions_come_from_the_own_protocol(two: tuple[Any, Any], app: str, model: str, field: str, relation: str):
    here, _there = two
    asked = {"app_label": app, "model_name": model, "field_name": field, "term": ""}
    found = staff(here).get("/fr/admin/autocomplete/", asked).json()["results"]
    assert {entry["id"] for entry in found} == {str(row.pk) for row in getattr(here, relation).all()}


def test_a_row_of_another_protocol_cannot_be_sent_either(two: tuple[Any, Any]):
    here, there = two
    activity = rows_of(MODELS_BY_NAME["activity"], here)[0]
    answer = sent(staff(here), address(type(activity), "change", activity.pk), project=there.projects.get().pk)
    assert answer.status_code == 200
    assert len(errors_of(answer)) == 1
    activity.refresh_from_db()
    assert activity.project.protocol == here


def test_what_is_entered_belongs_to_the_protocol_in_hand(two: tuple[Any, Any]):
    _here, there = two
    texts = {f"title_{code}": "Phase" for code in LANGUAGES}
    model = MODELS_BY_NAME["programmephase"]
    answer = sent(
        staff(there), address(model, "add"), code="2027-2031", starts_on="01/01/2027", ends_on="31/12/2031", **texts
    )
    assert answer.status_code == 302
    assert model._default_manager.get(code="2027-2031").protocol == there


# Cost -----------------------------------------------------------------------------------------------------------------


def test_no_list_costs_more_when_it_is_longer():
    protocol = ProtocolFactory()
    client = staff(protocol)
    fill(protocol, 1)
    short = {model._meta.model_name: queries(client, address(model)) for model in MODELS}
    fill(protocol, 29)
    assert {model._meta.model_name: queries(client, address(model)) for model in MODELS} == short


# Every page in every language -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)])
def test_every_page_of_the_admin_says_its_language_and_direction(turn: int):
    """One page after another in one language after another; after three turns each page in each."""
    protocol = ProtocolFactory()
    fill(protocol)
    ReportSeriesFactory(protocol=protocol, cadence="year", first_period="2026")
    client = staff(protocol)
    for place, model in enumerate(MODELS):
        language = LANGUAGES[(place + turn) % len(LANGUAGES)]
        direction = "rtl" if language == "ar" else "ltr"
        for path in (address(model), *(address(model, "change", row.pk) for row in model._default_manager.all()[:1])):
            page = client.get(path.replace("/fr/", f"/{language}/", 1)).content.decode()
            assert f'<html lang="{language}" dir="{direction}">' in page
            assert not re.search(r"%\(\w+\)s|\{\{|\{%", page)


@pytest.mark.parametrize("app", ["partnership", "projects", "evaluation", "transparency"])
def test_the_page_of_one_app_lists_its_models_in_the_menus_order(app: str):
    protocol = ProtocolFactory()
    page = staff(protocol).get(f"/fr/admin/{app}/")
    [listed] = page.context["app_list"]
    assert page.status_code == 200
    assert [entry["object_name"] for entry in listed["models"]] == [
        name for name in MENU[app] if name in {entry["object_name"] for entry in listed["models"]}
    ]
    assert listed["models"]


def test_an_empty_list_says_what_to_do_next():
    protocol = ProtocolFactory()
    client = staff(protocol)
    projects = "/fr/admin/projects/project/"
    assert f'class="act" href="{projects}add/"' in client.get(projects).content.decode()
    assert f'class="act" href="{projects}add/"' not in staff(protocol, role="observer").get(projects).content.decode()
    ProjectFactory(protocol=protocol)
    assert 'class="act" href="?"' in client.get(projects, {"q": "zzz"}).content.decode()
    assert 'class="nothing"' not in client.get(projects).content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_switch_stays_on_the_page(language: str):
    page = staff(ProtocolFactory()).get("/fr/admin/projects/project/?state__exact=proposed").content.decode()
    link = f'<a href="/{language}/admin/projects/project/?state__exact=proposed" lang="{language}"'
    assert link in " ".join(page.split())


def test_the_demonstration_is_marked_on_every_page():
    protocol = ProtocolFactory(is_demonstration=True)
    client = staff(protocol, is_demonstration=False)
    assert 'class="demonstration"' in client.get("/fr/admin/").content.decode()
    assert 'class="demonstration"' in client.get("/fr/admin/projects/project/add/").content.decode()


def test_a_real_protocol_bears_no_such_mark():
    assert 'class="demonstration"' not in staff(ProtocolFactory()).get("/fr/admin/").content.decode()


@pytest.mark.parametrize("path", ["/fr/admin/", "/fr/admin/projects/project/add/", "/fr/accounts/login/"])
def test_nothing_is_written_into_the_page_that_the_policy_forbids(client: Client, path: str):
    page = (client if "accounts" in path else staff(ProtocolFactory())).get(path).content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_saved_as_it_was_opened_changes_nothing(settings: Any):
    """Whatever signs the texts hold, such as the no-break spaces of French typography: no draft, no language stale, no history."""
    settings.DEMO = True
    protocol = retold_on(datetime.date(2026, 11, 24))
    client = staff(protocol)
    records = [*protocol.projects.order_by("code"), *protocol.plans.all(), *protocol.indicators.all()[:3]]
    before = (Change.objects.count(), TextDraft.objects.count(), TextState.objects.stale().count())
    for record in records:
        address = f"/fr/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"
        assert sent(client, address).status_code == 302, address
    assert (Change.objects.count(), TextDraft.objects.count(), TextState.objects.stale().count()) == before
