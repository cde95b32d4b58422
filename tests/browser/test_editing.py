"""Editing in a real browser: a cut network and an expired sign-in lose nothing that was typed, and two versions meet on a page."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from partnership.models import Membership, User
from projects.models import Project
from tests.browser.test_admin import DESKTOP, PHONE, save
from tests.browser.walk import follow, looked_at
from tests.factories import PASSWORD, MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.staff import fields_of, staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(transactional_db: None, settings: Any) -> Any:
    """A project of a protocol whose people sign in by password alone."""
    settings.DEMO = True
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol, people_expected=500, state="proposed", involved=[])
    ActivityFactory(project=project)
    return project


@pytest.fixture
def person(project: Any) -> User:
    """A coordinator of the first commune."""
    user: User = MembershipFactory(protocol=project.protocol, role="coordinator", user__language="").user
    return user


def sign_in(page: Page, person: User) -> None:
    """On the sign-in page that stands in the way."""
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("form:not([data-passkey]) button.button"))


def open_form(page: Page, person: User, project: Any, language: str = "fr") -> str:
    """The project's form in the browser, signed in; returns its address."""
    address = f"/{language}/admin/projects/project/{project.pk}/change/"
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    page.goto(address)
    if page.locator("input[name=password]").count():
        sign_in(page, person)
        page.goto(address)
    return address


def offer(page: Page) -> Any:
    return page.locator(".kept")


def test_a_cut_network_loses_nothing(page: Page, project: Any, person: User, complaints: list[str]):
    address = open_form(page, person, project)
    page.locator("[name=people_expected]").fill("650")
    page.locator("[name=title_ar]").fill("عنوان جديد")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.locator("input[name=_continue]").click(no_wait_after=True)
    page.wait_for_function(
        "!document.querySelector('form')"
    )  # the browser's own page, which says that nothing was reached
    page.context.set_offline(False)
    complaints.clear()
    page.goto(address)
    here = datetime.datetime.now(zoneinfo.ZoneInfo("Africa/Casablanca"))  # the commune's clock, not the browser's
    expect(offer(page)).to_contain_text(here.strftime("%H:"))
    assert list(looked_at(page)) == []
    assert page.locator("[name=people_expected]").input_value() == "500"
    page.locator("[data-kept=take]").click()
    assert page.locator("[name=people_expected]").input_value() == "650"
    save(page)
    saved = Project.objects.get()
    assert (saved.people_expected, saved.title_ar) == (650, "عنوان جديد")
    expect(offer(page)).to_have_count(0)
    page.reload()
    expect(offer(page)).to_have_count(0)


def test_an_expired_sign_in_leads_back_to_what_was_typed(page: Page, project: Any, person: User):
    open_form(page, person, project)
    newcomer = OrganisationFactory(name_fr="Maison des jeunes")
    page.locator("#involvements-group .add-row a").click()
    row = "involvements-0"
    page.locator(".field-organisation .select2-selection").last.click()
    with page.expect_response(
        lambda answer: "term=Maison" in answer.url
    ):  # or its question would meet the sign-in page
        page.locator(".select2-search__field").last.fill("Maison des jeunes")
    page.locator(".select2-results__option", has_text="jeunes").click()
    page.locator(f"[name={row}-phase]").select_option("delivery")
    page.locator(f"[name={row}-capacity]").select_option("implementer")
    for language, text in (("ar", "تنظيم"), ("fr", "Organiser"), ("nl", "Organiseren")):
        page.locator(f"[name={row}-responsibility_{language}]").fill(text)
    page.locator("[name=target_groups][value=youth]").evaluate("box => { box.closest('details').open = true; }")
    page.locator("[name=target_groups][value=youth]").check()
    Session.objects.all().delete()
    save(page)
    sign_in(page, person)
    assert f"/projects/project/{project.pk}/change/" in page.url
    expect(offer(page)).to_have_count(1)
    page.locator("[data-kept=take]").click()
    expect(offer(page)).to_have_count(0)
    save(page)
    involved = Project.objects.get().involvements.get()
    assert (involved.organisation, involved.responsibility_fr) == (newcomer, "Organiser")
    assert [target.group for target in project.targets.all()] == ["youth"]


def test_what_was_typed_before_somebody_saved_overwrites_nothing(
    page: Page, project: Any, person: User, complaints: list[str]
):
    address = open_form(page, person, project)
    page.locator("[name=people_expected]").fill("650")
    page.goto("/fr/admin/")  # away without saving
    other = staff(project.protocol, 2)
    there = fields_of(other.get(address).content.decode())
    other.post(address, {**there, "people_expected": "700"})
    page.goto(address)
    page.locator("[data-kept=take]").click()
    save(page)
    complaints.clear()  # the answer's status says that there is a conflict
    assert Project.objects.get().people_expected == 700
    assert page.locator(".versions tbody").count() == 1
    page.locator("[value=mine]").check()
    follow(page, page.locator(".submit-row input.default"))
    assert Project.objects.get().people_expected == 650
    expect(offer(page)).to_have_count(0)


def test_it_goes_with_a_word_with_the_sign_out_and_with_another_person(page: Page, project: Any, person: User):
    address = open_form(page, person, project)

    def type_and_leave() -> None:
        page.locator("[name=people_expected]").fill("650")
        page.goto("/fr/admin/")
        page.goto(address)
        expect(offer(page)).to_have_count(1)

    type_and_leave()
    page.locator("[data-kept=discard]").click()
    page.reload()
    expect(offer(page)).to_have_count(0)
    type_and_leave()
    other = MembershipFactory(protocol=project.protocol, role="coordinator").user
    become(page, other)
    page.goto(address)
    expect(offer(page)).to_have_count(0)
    become(page, person)
    page.goto(address)
    expect(offer(page)).to_have_count(0)
    type_and_leave()
    follow(page, page.locator("#logout-form button"))
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('kept:')).length") == 0


def become(page: Page, person: User) -> None:
    """Sign somebody else in, in the same tab."""
    client = Client()
    client.force_login(person)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "domain": "localhost", "path": "/"}])


@pytest.mark.parametrize(("language", "width"), [("ar", PHONE), ("fr", DESKTOP)])
def test_two_versions_and_a_history_are_read_by_everyone(
    page: Page, project: Any, person: User, complaints: list[str], language: str, width: int
):
    address = open_form(page, person, project, language)
    other = staff(project.protocol, 2)
    there = fields_of(other.get(address).content.decode())
    typed = {
        "summary_fr": there["summary_fr"] + " Avec la jeunesse.",
        "title_ar": "عنوان آخر",
        "activities-0-DELETE": "on",
    }
    other.post(address, {**there, **typed})
    page.locator("[name=summary_fr]").fill("Maintenant : " + there["summary_fr"])
    page.locator("[name=title_ar]").fill("عنوان مختلف")
    page.locator("[name=planned_end]").fill("30/06/2027")
    save(page)
    complaints.clear()
    page.set_viewport_size({"width": width, "height": 900})
    wrong = list(looked_at(page))
    assert page.locator(".versions tbody").count() == 4
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address.replace("/change/", "/history/"))
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    wrong += looked_at(page)
    assert wrong == []
    assert Membership.objects.count() == 2
