"""What is not public stands in nothing that the public can fetch [I11].

A secret of its own is planted in every column of every row that the public must not read: fields outside PUBLIC_FIELDS, drafts and
what was withdrawn, sensitive places, another protocol's rows. A field that neither carries one nor says why it cannot, and a model
of which no row is made here, fail by their names. What is hidden from the public is looked for in test_hidden_secrets.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models, transaction
from django.template import Context, Template
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone, translation
from django.utils.html import escape
from hypothesis import given, settings, strategies

from partnership import commenting, drafting, hiding, parity, publishing, signing
from partnership.equality import Reader
from partnership.models import Attempt, Attendance, Decision, Hiding, MeetingPoint, Organisation
from partnership.models.versions import Recorded
from projects.models import ActionPlan, Consultation, Need, PriorAssessment, Project
from tests.deciding_projects import propose_outcome
from tests.factories import DocumentFactory, OrganisationFactory
from tests.factories_decisions import approve, coordinator, open_ratification, signatory
from tests.factories_people import SecondFactorResetFactory
from tests.factories_planning import ConvergenceFactory, PriorAssessmentFactory, ReadyProjectFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    PolicyMarkerFactory,
    ProjectFactory,
    ProjectTargetFactory,
    TransactionFactory,
)
from tests.factories_register import appointed, proposed_plan, refuse, reserve
from tests.factories_rights import records, two_protocols
from tests.pages import LANGUAGES
from tests.reports import made_report
from tests.transparency import planned
from tests.transparency.outputs import addresses_of, anyone, everything_of, public_outputs, words_of_pdf
from tests.transparency.planting import (
    CANNOT,
    LONGEST,
    NEEDED,
    PUBLIC_BY_AN_ACT,
    Secrets,
    World,
    columns,
    day,
    name_of,
    number,
    our_models,
    put_words,
    seed_for,
    why_not,
    word,
)
from transparency.reports import pdf, render, snapshot
from transparency.reports.periods import Period
from transparency.views import errors


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    """Everything is made once. Secrets lie there before anything is decided, so that no act carries one along."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        override_settings(MEDIA_ROOT=(media := tmp_path_factory.mktemp("media")), ALLOWED_HOSTS=["*"]),
    ):
        made = World(*two_protocols(), media)
        own, _theirs = records(made.here), records(made.there)
        _more(made, own)
        made.plant_everywhere()
        _act(made, own)
        made.plant_everywhere()
        made.addresses = list(addresses_of(made.here))
        yield made
        transaction.set_rollback(True)


def _more(made: World, own: dict[str, Any]) -> None:
    """What hangs on records, and what is published."""
    here, meeting = made.here, own["partnership.meeting"][0]
    party = here.parties.get(position=1)
    Attendance.objects.create(meeting=meeting, party=party, function_fr="Échevine")
    MeetingPoint.objects.create(meeting=meeting, order=1, title="Budget")
    SecondFactorResetFactory(membership=coordinator(here, 2))
    SecondFactorResetFactory(membership=coordinator(here, 2), called_off_at=timezone.now())
    Attempt.objects.create(message=own["partnership.message"][0], **_attempt())
    for published in (False, True):
        plan = ActionPlanFactory(protocol=here, published=published)
        document = DocumentFactory(protocol=here, public=True, published=published)
        _project(here, plan, document, published=published)
        _project(here, plan, document, published=published, place_sensitive=True)
    _planning(here)
    gone = _project(here, None, None, published=True)
    publishing.withdraw(gone, by=None)
    made_report(here, "2025-S2")
    made_report(here, "2024-S2", released=False)


def _attempt() -> dict[str, Any]:
    return {"at": timezone.now(), "outcome": "accepted"}


def _project(here: Any, plan: Any, document: Any, **values: Any) -> Any:
    project = ProjectFactory(protocol=here, plan=plan, place_fr="Maison", place_nl="Huis", place_ar="دار", **values)
    if document is not None:
        project.documents.add(document)
    ProjectTargetFactory(project=project)
    PolicyMarkerFactory(project=project)
    InvolvementFactory(project=project, organisation=OrganisationFactory(), phase="design")
    for more in ({"training": True}, {"exchange": True}):
        ActivityFactory(project=project, done=True, place_fr="Salle", **more)
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    TransactionFactory(line=BudgetLineFactory(project=project))
    return project


def _planning(here: Any) -> None:
    """What the communes plan together, before the public and not; also what is near a place that is kept back."""
    plan = ActionPlan.objects.published().filter(protocol=here).earliest("pk")
    project = ReadyProjectFactory(protocol=here, plan=plan, published=True)
    planned.shown(project, plan)
    planned.kept_back(project, plan)
    undecided = ReadyProjectFactory(protocol=here, published=True)
    PriorAssessmentFactory(project=undecided)
    ConvergenceFactory(project=undecided)
    for sensitive in Project.objects.filter(protocol=here, place_sensitive=True).published():
        planned.near_a_sensitive_place(sensitive)


def _act(made: World, own: dict[str, Any]) -> None:
    """What people decide, say, hide and write, all of it after the secrets lie there."""
    here = made.here
    ExchangeRateFactory(protocol=here, on=datetime.date(2025, 1, 1))
    signing.withdraw(own["partnership.decision"][0].pk, by=coordinator(here, 1), reason="Trop tôt.", language="fr")
    ratification = open_ratification(here)
    signs = {position: signatory(here, position) for position in (1, 2)}
    for by in signs.values():
        approve(ratification, by)
    here.refresh_from_db()
    for answer in (reserve, refuse):
        decision = proposed_plan(here)
        approve(decision, signs[1])
        answer(decision, signs[2])
    proposed_plan(here)
    proposed_plan(here, published=False, **_secret_title(made))
    propose_outcome(PriorAssessment.objects.get(protocol=here, project__state="assessing", number=1, outcome=""))
    appointed(here.parties.get(position=2))
    by = coordinator(here, 1)
    commenting.comment(own["projects.project"][0], by=by, text="Entre nous.", language="fr")
    project = Project.objects.filter(protocol=here, publishing_state="published", plan__isnull=False).earliest("pk")
    for name in ("description", "pac_line"):
        hiding.hide(project, name, by=by, reason="Une personne y est reconnaissable.", language="fr")
    hiding.show(project, "pac_line", by=by)
    _draft(made, project, by)
    _make_sensitive(made)


def _secret_title(made: World) -> dict[str, str]:
    """Of a draft that is to be decided on: what quotes it is secret too."""
    titles = {parity.column("title", code): word(f"draft/{code}") for code in LANGUAGES}
    for column, title in titles.items():
        made.secrets.keep(title, f"projects.actionplan/draft/{column}")
    return titles


def _make_sensitive(made: World) -> None:
    """Of a sensitive place, and of its activities, the public reads the commune; of what is near it nothing."""
    for project in Project.objects.filter(place_sensitive=True, publishing_state="published", protocol=made.here):
        for record in (project, *project.activities.all()):
            put_words(made.secrets, record, "place")
        for need in Need.objects.filter(assessments__project=project):
            put_words(made.secrets, need, "territory")
            for consultation in need.consultations.all():
                put_words(made.secrets, consultation, "place")


def _draft(made: World, project: Any, by: Any) -> None:
    """A later wording that waits for the others."""
    other = Project.objects.filter(protocol=made.here, publishing_state="published").latest("pk")
    drafting.write(other, {"summary_fr": "Une autre version."}, by=by.user)
    assert other.pk != project.pk


# Fetching -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(world: World, settings: Any, own_media_folder: Any) -> Client:
    """Anyone."""
    settings.MEDIA_ROOT = world.media
    settings.ALLOWED_HOSTS = ["*"]
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    return anyone()


def leaks(world: World, output: str, where: str) -> list[str]:
    """The secrets that stand in an output, each with the place it was planted."""
    return [f"{where}: {place}" for place in sorted(world.secrets.found_in(output))]


@pytest.mark.django_db
def test_no_secret_stands_on_any_page_in_any_file_or_in_what_they_link_to(world: World, browser: Client):
    found, answered = [], set()
    for output in public_outputs(browser, world.addresses):
        answered.add(output.status)
        found += leaks(world, output.words, output.address)
    assert not found, "\n".join(found)
    assert {200, 302, 404, 410} <= answered
    assert 500 not in answered


@pytest.mark.django_db
def test_the_staff_pages_tell_nobody_at_the_door_anything(world: World, browser: Client):
    found = [
        leak
        for address in world.addresses
        if "/admin/" in address
        for leak in leaks(world, everything_of(browser.get(address)), address)
    ]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_secret_stands_on_an_error_page(world: World, language: str):
    request = RequestFactory().get(f"/{language}/projects/")
    request.protocol = world.here  # type: ignore[attr-defined]  # as the middleware sets it
    answers = [errors.server_error(request), errors.bad_request(request, Exception()), errors.no_protocol(request)]
    answers += [
        errors.forbidden(request, Exception()),
        errors.csrf_failure(request),
        errors.not_found(request, Exception()),
    ]
    assert [leak for one in answers for leak in leaks(world, everything_of(one), "error")] == []


NONSENSE = "zqnothinghas"


@pytest.mark.django_db
def test_no_secret_stands_among_what_a_search_looks_through(world: World):
    for project in Project.objects.for_protocol(world.here).published():
        searched = " ".join(getattr(project, f"search_{code}") for code in LANGUAGES)
        assert leaks(world, searched, project.code) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "column"), [("ar", "title"), ("fr", "summary"), ("nl", "description")])
def test_a_search_for_a_secret_is_answered_like_one_for_nonsense(
    world: World, browser: Client, language: str, column: str
):
    planted = world.secrets.words_in("projects.project", f"{column}_{language}")
    assert planted
    for secret in planted[:3]:
        for query in ("q", "domain"):
            address = f"/{language}/projects/?{query}="
            known = everything_of(browser.get(address + NONSENSE))
            assert everything_of(browser.get(address + secret)).replace(secret, NONSENSE) == known
    assert len(NONSENSE) == LONGEST


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_secret_stands_in_a_report_made_now(world: World, language: str):
    period = Period.parse("2026-S1")
    data = snapshot.collect(world.here, period, timezone.now())
    frozen = snapshot.canonical.text(data)
    html = render.html(snapshot.read(frozen), reader=Reader(language), digest="0" * 64)
    assert leaks(world, frozen + html, "report") == []
    if language == "fr":
        words = words_of_pdf(pdf.write(html, language="fr").content)
        assert len(words) > 1000
        assert leaks(world, words, "PDF") == []


# That nothing is left out ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_field_that_the_public_must_not_read_carries_a_secret_in_some_row(world: World):
    wanted = {name_of(model, one) for model in our_models() for one in columns(model, whole=False)}
    assert sorted(wanted - world.planted) == []


@pytest.mark.django_db
def test_every_exception_is_still_a_field(world: World):
    fields = {name_of(model, one): one for model in our_models() for one in model._meta.concrete_fields}
    assert set(PUBLIC_BY_AN_ACT) | set(NEEDED) <= set(fields)
    assert [name for name in (*PUBLIC_BY_AN_ACT, *NEEDED) if why_not(fields[name])] == []


@pytest.mark.parametrize("why", CANNOT)
def test_every_reason_for_carrying_none_holds_for_some_field(why: str):
    assert any(why_not(one) == why for model in our_models() for one in model._meta.concrete_fields)


@pytest.mark.parametrize("sort", [models.JSONField, models.DurationField, models.TimeField, models.FloatField])
def test_a_field_of_a_sort_that_nobody_has_thought_of_is_neither_planted_nor_excused(sort: Any):
    assert why_not(sort(name="new")) == ""
    assert seed_for(sort(name="new"), "a/1/new") is None


PRINTED = (
    "{% load words %}{{ number|number }}",
    "{% load words %}{{ number|number:2 }}",
    "{% load words %}{% money number 'EUR' %}",
    "{% load words %}{% money number 'MAD' %}",
    "{{ number }}",
    "{{ number|floatformat:'2g' }}",
    "{% load words %}{{ day|day }}",
    "{% load words %}{{ day|month }}",
    "{{ day }}",
    "{{ day|date:'Y-m-d' }}",
    "{{ day|date:'SHORT_DATE_FORMAT' }}",
    "{{ moment }}",
    "{{ moment|date:'c' }}",
    "{% load words %}{{ moment|day }}",
    "{{ word }}",
    "{{ address }}",
    "<a href='mailto:{{ address }}'>",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", PRINTED)
def test_a_secret_would_be_found_in_every_form_in_which_a_page_prints_it(template: str, language: str):
    """The test tests."""
    place, secrets = "a.model/1/field", Secrets()
    for secret in (word(place), number(place), day(place)):
        secrets.keep(secret, place)
    noon = datetime.datetime.combine(day(place), datetime.time(12), datetime.UTC)
    values = {"word": word(place), "address": f"{word(place)}@secret.example", "number": number(place)}
    with translation.override(language):
        page = Template(f"<p>{template}</p>").render(Context({**values, "day": day(place), "moment": noon}))
    assert secrets.found_in(page) == {place}


@pytest.mark.parametrize(
    "written", ["٧٣٩١٨٢٦٤", "٧٣٬٩١٨٬٢٦٤", "73.918.264,00", "73\u202f918\u202f264 €", '"73918264.00"']
)
def test_a_secret_number_would_be_found_as_others_write_it(written: str):
    secrets = Secrets()
    secrets.keep(73918264, "a.model/1/field")
    assert secrets.found_in(written) == {"a.model/1/field"}


def test_what_only_looks_like_a_secret_is_none():
    secrets = Secrets()
    for secret in (73918264, datetime.date(1787, 3, 19), word("a.model/1/field")):
        secrets.keep(secret, "a.model/1/field")
    assert secrets.found_in("1787 personnes, 173918264, 73918264-0aec, a73918264, 19 mars 2026, zqnothinghas") == set()
    assert secrets.found_in("Total: 73 918 300 €") == {"in a sum: 73918300"}


@pytest.mark.django_db
def test_secrets_lie_beside_what_is_public(world: World):
    assert Organisation.objects.filter(involvements__project__protocol=world.here).exists()
    assert Hiding.objects.exists()
    assert ActionPlan.objects.published().exists()


@pytest.mark.django_db
def test_the_public_reads_of_planning_what_lies_beside_the_secrets(world: World, browser: Client):
    project = Project.objects.published().filter(protocol=world.here, assessments__number=2).get()
    told = browser.get(f"/fr/projects/{project.code}/").context
    assert told["matrix"].assessment.number == 2
    assert [len(note.measures) for note in told["matrix"].notes] == [0, 1]
    assert len(told["matrix"].participants) == len(told["commune_roles"]) == 2
    assert all(role.responsibilities for role in told["commune_roles"])
    assert len(told["partner_roles"]) == 2
    assert len(told["convergences"]) == 1
    [training] = told["trainings"]
    assert len(training.questions) == 1
    assert training.ages
    assert training.prepares
    stopped = Project.objects.published().get(protocol=world.here, state="suspended")
    assert browser.get(f"/fr/projects/{stopped.code}/").context["suspension"]
    rows = browser.get("/fr/consultations/").context["rows"]
    assert len(rows) == Consultation.objects.filter(protocol=world.here, publishing_state="published").count() > 1
    assert {len(row.needs) for row in rows} == {1}


@pytest.mark.django_db
def test_that_a_diagnosis_is_being_decided_on_is_known_to_nobody(world: World, browser: Client):
    decision = Decision.objects.get(protocol=world.here, kind="assessment_outcome")
    assert browser.get(f"/fr/register/decision/{decision.number}/").status_code == 404


PAGES = ("", "projects/", "partners/", "action-plan/", "consultations/", "protocol/", "register/", "reports/")
ANY_TEXT = strategies.text(alphabet="abcdefghijklmnopéèçابتثجح<>&'\"%{} -", min_size=8, max_size=LONGEST).filter(
    lambda text: len(set(text.strip())) > 6
)


@pytest.mark.django_db
@given(data=strategies.data())
@settings(max_examples=8)
def test_no_text_of_any_kind_in_any_field_that_is_not_public_reaches_a_page(world: World, data: Any):
    """[I11]"""
    places = [
        (model, one.name)
        for model in our_models()
        for one in columns(model, whole=False)
        if issubclass(model, Recorded)
        and not hasattr(model, "FROZEN")
        and isinstance(one, models.CharField | models.TextField)
        and (one.max_length or LONGEST) >= LONGEST
    ]
    model, name = data.draw(strategies.sampled_from(places))
    text = data.draw(ANY_TEXT)
    client = Client(headers={"host": "here.example"})
    code = Project.objects.filter(protocol=world.here, publishing_state="published").latest("pk").code
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"]):
        rows = model._base_manager.order_by("pk")
        row = rows.last()
        assert row is not None
        rows.filter(pk=row.pk).update(**{name: text})
        for path in {data.draw(strategies.sampled_from(PAGES)), f"projects/{code}/"}:
            output = everything_of(client.get(f"/{data.draw(strategies.sampled_from(list(LANGUAGES)))}/{path}"))
            assert text not in output
            assert str(escape(text)) not in output
        transaction.set_rollback(True)
