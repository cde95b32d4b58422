"""A project from a need to its replacement, in a real browser: an editor of Belfaa in Arabic, one of Jette in French [I2, I5 to I7]."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from partnership.models import Decision, Membership, Party
from projects.models import CELLS, Need, PriorAssessment, Project, ProjectState, Transaction
from tests.browser.conftest import note
from tests.browser.test_admin import save
from tests.browser.test_editing import sign_in
from tests.browser.walk import follow, looked_at
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import DeliberationFactory, ratify
from tests.factories_planning import ConsultationFactory, ParticipantFactory, ReadyProjectFactory, cell_of
from tests.factories_programme import ActivityFactory, BudgetLineFactory, InvolvementFactory

pytestmark = pytest.mark.django_db(transaction=True)

DESKTOP, PHONE = 1280, 390
WHY = {
    "ar": "فقدان ساعات عمل موسمي",
    "fr": "Perte d’heures de travail saisonnier",
    "nl": "Verlies van seizoensarbeidsuren",
}
MEASURE = {"ar": "أقسام مسائية", "fr": "Des cours du soir", "nl": "Avondlessen"}
REMAINS = {"ar": "لا شيء يذكر", "fr": "Presque rien", "nl": "Bijna niets"}
CELL = "economic-direct-short"


@dataclass
class Person:
    """Someone of a commune with a browser of their own, in their language."""

    membership: Membership
    page: Page
    language: str

    def at(self, address: str) -> Page:
        """Go to an address of the staff pages, signing in on the way."""
        whole = f"/{self.language}/admin/{address}"
        self.page.goto(whole)
        if self.page.locator("input[name=password]").count():
            sign_in(self.page, self.membership.user)
            self.page.goto(whole)
        return self.page

    def sign(self, decision: Decision) -> None:
        """Read a decision and approve it."""
        page = self.at(f"decisions/{decision.pk}/sign/")
        page.locator("[name=position][value=approve]").check()
        resolutions = page.locator("[name=deliberation][value]:not([value='']):not([disabled])")
        if resolutions.count():
            resolutions.first.check()
        page.locator("[name=read]").check()
        follow(page, page.locator(".sign-button"))
        assert page.url.endswith("/signed/")


@pytest.fixture
def protocol(transactional_db: None, settings: Any) -> Any:
    """A protocol in force; people sign in by password alone."""
    settings.DEMO = True
    protocol = ProtocolFactory()
    ratify(protocol)
    return protocol


@pytest.fixture
def person(
    protocol: Any, chromium: Browser, live_server: LiveServer, complaints: list[str]
) -> Iterator[Callable[..., Person]]:
    """Makes someone of a commune in a role, with a browser as wide as asked."""
    contexts = []

    def made(place: int, role: str, language: str, width: int = DESKTOP) -> Person:
        commune = protocol.parties.get(position=place).organisation
        membership = MembershipFactory(protocol=protocol, organisation=commune, role=role, user__language=language)
        context = chromium.new_context(base_url=live_server.url, viewport={"width": width, "height": 900})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: note(message, complaints))
        return Person(membership, page, language)

    yield made
    for context in contexts:
        context.close()
    assert complaints == []


def fill_in(page: Page, name: str, texts: dict[str, str]) -> None:
    for language, text in texts.items():
        page.locator(f"[name={name}_{language}]").fill(text)


def answer_the_others(assessment: PriorAssessment) -> None:
    """The cells that nobody looks at in this walk say “none”; somebody of each commune took part; the texts above them stand."""
    for cell in assessment.impacts.all():
        if cell.slug != CELL:
            cell.effect = "none"
            cell.save()
    for party in assessment.protocol.parties.all():
        ParticipantFactory(assessment=assessment, organisation=party.organisation)
    for name in ("context", "alternatives", "future_generations"):
        for language, text in WHY.items():
            setattr(assessment, f"{name}_{language}", text)
    assessment.need = Need.objects.get()
    assessment.save()


def decide(opener: Person, signers: list[Person], assessment: PriorAssessment, outcome: str, other: str = "") -> None:
    """Opened on its page, word for word, and signed by both communes."""
    page = opener.at(f"decisions/open/assessment_outcome/{assessment.pk}/")
    page.locator(f"[name=outcome][value={outcome}]").check()
    fill_in(page, "reason", WHY)
    if other:
        page.locator("[name=replaced_by]").select_option(other)
    follow(page, page.locator("button[name=_preview]").first)
    assert list(looked_at(page, ("light",))) == []
    follow(page, page.locator("button.sign-button"))
    decision = Decision.objects.filter(kind="assessment_outcome").latest("pk")
    for party in Party.objects.filter(protocol=decision.protocol):
        DeliberationFactory(party=party)
    for signer in signers:
        signer.sign(decision)
    decision.refresh_from_db()
    assert decision.state == "adopted"


def take(someone: Person, project: Project, step: str, **typed: str) -> None:
    """One step of the project's life, on its page."""
    page = someone.at(f"projects/{project.pk}/life/")
    assert list(looked_at(page, ("light",))) == []
    for name, text in typed.items():
        page.locator(f"[name={step}-{name}]").fill(text)
    follow(page, page.locator(f"#{step} button[type=submit]"))


def test_from_a_need_to_a_replacement(page: Page, person: Callable[..., Person], protocol: Any):
    belfaa, jette = person(1, "coordinator", "ar"), person(2, "coordinator", "fr")
    signers = [person(1, "signatory", "ar", PHONE), person(2, "signatory", "fr")]

    # Belfaa writes a need down, in Arabic; Jette records it too.
    form = belfaa.at("projects/need/add/")
    form.locator("[name=code]").fill("NEED-1")
    fill_in(form, "title", {"ar": "أقسام مسائية للعاملات", "fr": "Des cours du soir", "nl": "Avondlessen"})
    fill_in(form, "description", WHY)
    save(form)
    need = Need.objects.get()
    record = jette.at(f"needs/{need.pk}/record/")
    assert list(looked_at(record)) == []
    follow(record, record.locator("button.sign-button"))
    assert need.records.count() == 2
    ConsultationFactory(protocol=protocol).needs.add(need)

    # Jette begins the diagnosis on the project's form; both fill it.
    project = ReadyProjectFactory(protocol=protocol, state="proposed")
    form = jette.at(f"projects/project/{project.pk}/change/")
    follow(form, form.locator(f"form[action$='/projects/{project.pk}/assess/'] button"))
    assessment = PriorAssessment.objects.get()
    assert assessment.impacts.count() == len(CELLS)
    answer_the_others(assessment)
    grid = belfaa.at(f"assessments/{assessment.pk}/?cell={CELL}")
    assert list(looked_at(grid)) == []
    grid.locator("label.step-negative").click()
    grid.locator("#id_severity label").nth(2).click()
    grid.locator("#id_likelihood label").nth(2).click()
    fill_in(grid, "why", WHY)
    grid.locator("button[value=save]").click()
    expect(grid.locator(".assessment-said")).not_to_be_empty()
    assert cell_of(assessment).risk == 9

    # Jette disputes the cell; Belfaa adds the measure that was missing; both agree.
    grid = jette.at(f"assessments/{assessment.pk}/?cell={CELL}")
    grid.locator(".view-form summary").click()
    grid.locator(".view-form [name=comment]").fill("Sans mesure, ce risque est trop grand.")
    grid.locator("button[value=dispute]").click()
    expect(grid.locator(".view-words")).to_contain_text("trop grand")
    grid = belfaa.at(f"assessments/{assessment.pk}/?cell={CELL}")
    measures = grid.locator(".measures")
    if not measures.locator("[name$=measure_ar]").first.is_visible():
        measures.locator("summary").first.click()
    for name, texts in (("measure", MEASURE), ("remains", REMAINS)):
        for language, text in texts.items():
            measures.locator(f"[name$='-{name}_{language}']").first.fill(text)
    measures.locator("[name$='-responsible']").first.select_option(index=1)
    measures.locator("[name$='-due']").first.fill("2027-06-30")
    grid.locator("[name=agrees]").check()
    grid.locator("button[value=save]").click()
    expect(grid.locator(".assessment-said")).not_to_be_empty()
    grid = jette.at(f"assessments/{assessment.pk}/?cell={CELL}")
    grid.locator("button[value=agree]").click()
    expect(grid.locator(".assessment-said")).not_to_be_empty()
    assert assessment.impacts.get(effect="negative").views.filter(view="agreed").count() == 2
    assert list(looked_at(grid)) == []

    # Both communes decide to execute it.
    decide(jette, signers, assessment, "execute")
    project.refresh_from_db()
    assert project.state == ProjectState.DECIDED

    # A partner without an account takes up its responsibility by a link.
    partner = InvolvementFactory(project=project, organisation=OrganisationFactory())
    asking = jette.at(f"responsibilities/{partner.pk}/")
    assert list(looked_at(asking)) == []
    follow(asking, asking.locator("button[value=link]"))
    link = re.search(r"https?://[^\s<\"]+/link/[^\s<\"]+", asking.content())
    assert link is not None
    page.goto("/" + link.group(0).split("/", 3)[3])
    page.locator("[name=answer]").first.check()
    follow(page, page.locator("form.answering button"))
    partner.refresh_from_db()
    assert partner.accepted_on is not None

    # It starts; its first activity takes place, its first expenditure stands with its voucher.
    today = project.execution_decided_on.isoformat()
    take(belfaa, project, "start", on=today)
    activity = ActivityFactory(
        project=project,
        state="planned",
        planned_start=project.execution_decided_on,
        planned_end=project.execution_decided_on,
    )
    form = jette.at(f"projects/activity/{activity.pk}/change/")
    form.locator("[name=state]").select_option("done")
    for name in ("actual_start", "actual_end"):
        form.locator(f"[name={name}]").fill(project.execution_decided_on.strftime("%d/%m/%Y"))
    save(form)
    activity.refresh_from_db()
    assert activity.state == "done"
    line = BudgetLineFactory(project=project, planned=5000)
    spend(jette, line)
    assert Transaction.objects.get().line == line
    money = belfaa.at(f"money/{project.pk}/")
    assert list(looked_at(money)) == []

    # Belfaa suspends it alone; only both resume it.
    take(belfaa, project, "suspend", words="السلامة غير مضمونة")
    project.refresh_from_db()
    assert project.state == ProjectState.SUSPENDED
    opening = jette.at(f"decisions/open/resume_project/{project.pk}/")
    follow(opening, opening.locator("button.sign-button"))
    for signer in signers:
        signer.sign(Decision.objects.latest("pk"))
    project.refresh_from_db()
    assert project.state == ProjectState.UNDER_WAY

    # A next version is assessed: modified once more, then replaced by another project.
    form = belfaa.at(f"projects/project/{project.pk}/change/")
    follow(form, form.locator(f"form[action$='/projects/{project.pk}/assess/'] button"))
    decide(jette, signers, PriorAssessment.objects.get(number=2), "modify")
    other = ReadyProjectFactory(protocol=protocol)
    decide(belfaa, signers, PriorAssessment.objects.get(number=3), "replace", other.code)
    project.refresh_from_db()
    other.refresh_from_db()
    assert (project.state, other.replaces) == (ProjectState.REPLACED, project)


def spend(someone: Person, line: Any) -> None:
    """One expenditure, in the line's own form; the payer is found by typing its name."""
    form = someone.at(f"projects/budgetline/{line.pk}/change/")
    form.locator("#transactions-group .add-row a").click()
    row = "transactions-0"
    form.locator(f"[name={row}-kind]").select_option("expenditure")
    form.locator(f"[name={row}-on]").fill(line.project.execution_decided_on.strftime("%d/%m/%Y"))
    form.locator(f"[name={row}-amount]").fill("1250,50")
    form.locator(f"[name={row}-voucher]").fill("V-1")
    choose(form, f"{row}-payer", someone.membership.organisation)
    save(form)


def choose(page: Page, name: str, organisation: Any) -> None:
    """Type the name of an organisation into a box of suggestions and take the first."""
    page.locator(f"[name={name}] + .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(organisation.name_fr)
    page.locator(".select2-results__option", has_text=str(organisation)).first.click()
