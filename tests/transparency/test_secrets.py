"""What is not public stands in nothing that the public can fetch [I11].

A secret of its own is planted in every text of every row that the public must not read: fields outside PUBLIC_FIELDS, drafts and
what was withdrawn, hidden texts, sensitive places, another protocol's rows. Fields and models are found by introspection, so that
a new one is covered by itself; a model of which no row is made here fails by its name.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import cycle
from typing import Any

import pypdf
import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import escape
from hypothesis import given, settings, strategies

from partnership import commenting, drafting, hiding, parity, publishing, signing, triggers
from partnership.equality import Reader
from partnership.models import Attempt, Attendance, Hiding, MeetingPoint, Organisation, PublishingState
from partnership.models.hiding import HiddenFields
from partnership.models.versions import Recorded
from partnership.normaliser import NormalisedField
from partnership.rights import OUR_APPS
from projects.models import ActionPlan, Project
from tests.factories import DocumentFactory, OrganisationFactory
from tests.factories_decisions import approve, coordinator, open_ratification, signatory
from tests.factories_people import SecondFactorResetFactory
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
from tests.test_rights import addresses
from transparency.demonstration.remove import BELONGING
from transparency.reports import pdf, render, snapshot
from transparency.reports.periods import Period
from transparency.views import errors

TEXTS = (models.CharField, models.TextField, models.FileField, models.BinaryField)
SHORTEST = 12
"""What is shorter holds a code, and no secret that could be told from chance."""

PUBLIC_BY_AN_ACT = {
    "partnership.membership.function": "an official's function stands in what they sign, and in the register",
    "partnership.registerhead.hash": "the hash of the register's last entry, which is public",
    "partnership.document.file": "what a published document is; its stored name is random",
    "transparency.snapshot.text": "what a released report shows, made from public data only",
    "transparency.snapshot.digest": "printed in every report",
    "transparency.reportdocument.content": "the report itself",
    "transparency.reportdocument.digest": "printed beside it",
}
"""Not in PUBLIC_FIELDS, and public all the same: through an act, or as what a public record is made of."""
NEEDED = {
    "partnership.party.time_zone": "a name of the time zone database, by which deadlines end",
    "partnership.protocol.hostname": "by which the site is found",
    "partnership.decision.kind": "a code",
    "projects.project.code": "stands in its own address, also once it is withdrawn",
    "partnership.decision.binding": "compared with the subject at every save",
}
"""Holds a value that the software needs as it is."""
KEYS = {"object_id", "root_id"}


def is_text(one: models.Field[Any, Any]) -> bool:
    """Whether a column holds words of somebody."""
    return (
        isinstance(one, TEXTS)
        and not isinstance(one, NormalisedField | HiddenFields)
        and not (one.primary_key or one.choices or one.name in KEYS)
        and (getattr(one, "max_length", None) or SHORTEST) >= SHORTEST
    )


def base_of(one: Any) -> str:
    """The name of a field; of a text in one language that of the text."""
    return str(getattr(one, "translated_field", one).name)


def columns(model: type[models.Model], *, whole: bool) -> list[Any]:
    """Text columns that the public must not read: those outside PUBLIC_FIELDS, or all of a row that is secret as a whole."""
    public = set(getattr(model, "PUBLIC_FIELDS", ()))
    twice = set(parity.translated_fields(model))
    label = model._meta.label_lower
    return [
        one
        for one in model._meta.concrete_fields
        if is_text(one)
        and one.name not in twice
        and f"{label}.{base_of(one)}" not in NEEDED
        and (whole or not ({base_of(one), f"public_{base_of(one)}"} & public))
        and (whole or f"{label}.{base_of(one)}" not in PUBLIC_BY_AN_ACT)
    ]


def our_models() -> list[type[models.Model]]:
    """Every model of the platform's own apps."""
    return [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]


@dataclass
class World:
    """Two protocols with a row of everything; `secrets` says for each secret where it was planted."""

    here: Any
    there: Any
    media: Any
    secrets: dict[str, str] = field(default_factory=dict)
    done: set[tuple[str, str, str]] = field(default_factory=set)
    planted: set[str] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)

    def plant(self, row: models.Model, *, whole: bool = False) -> None:
        """A secret in every column of a row that the public must not read. What a rule of the database refuses stays."""
        for column in columns(type(row), whole=whole):
            place = (row._meta.label_lower, str(row.pk), column.name)
            if place in self.done:
                continue
            self.done.add(place)
            secret = "zq" + hashlib.sha256("/".join(place).encode()).hexdigest()[: SHORTEST - 2]
            value = secret.encode() if isinstance(column, models.BinaryField) else secret
            try:
                with transaction.atomic():
                    type(row)._base_manager.filter(pk=row.pk).update(**{column.name: value})
            except IntegrityError:
                continue
            self.secrets[secret] = "/".join(place)
            self.planted.add(f"{place[0]}.{base_of(column)}")

    def plant_everywhere(self) -> None:
        """In every row there is; another protocol's rows, drafts and what was withdrawn are secret as a whole."""
        with triggers.lifted():
            for row, whole in self._rows():
                self.plant(row, whole=whole)

    def _rows(self) -> Iterator[tuple[models.Model, bool]]:
        for model, way in BELONGING:
            for row in model._base_manager.filter(**{way: self.there.pk}):
                yield row, True
        for model in our_models():
            for row in model._base_manager.all():
                yield row, self._is_secret(row)

    def _is_secret(self, row: Any) -> bool:
        root = row
        while getattr(root, "ROOT", ""):
            root = getattr(root, root.ROOT.split("__")[0])
        own = getattr(root, "project", None) if not hasattr(root, "publishing_state") else root
        state = getattr(own, "publishing_state", None)
        return state is not None and state != PublishingState.PUBLISHED


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
        made.addresses = list(_addresses(made))
        yield made
        transaction.set_rollback(True)


def _more(made: World, own: dict[str, Any]) -> None:
    """What hangs on records, and what is published."""
    here, meeting = made.here, own["partnership.meeting"][0]
    party = here.parties.get(position=1)
    Attendance.objects.create(meeting=meeting, party=party, function_fr="Échevine")
    MeetingPoint.objects.create(meeting=meeting, order=1, title="Budget")
    SecondFactorResetFactory(membership=coordinator(here, 2))
    Attempt.objects.create(message=own["partnership.message"][0], **_attempt())
    for published in (False, True):
        plan = ActionPlanFactory(protocol=here, published=published)
        document = DocumentFactory(protocol=here, public=True, published=published)
        _project(here, plan, document, published=published)
        _project(here, plan, document, published=published, place_sensitive=True)
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
    proposed_plan(here, published=False)
    appointed(here.parties.get(position=2))
    by = coordinator(here, 1)
    commenting.comment(own["projects.project"][0], by=by, text="Entre nous.", language="fr")
    project = Project.objects.filter(protocol=here, publishing_state="published", plan__isnull=False).earliest("pk")
    _hide_everything(made, project, by)
    _draft(made, project, by)
    _make_sensitive(made)


def _hide_everything(made: World, project: Any, by: Any) -> None:
    """Texts that are hidden are secrets like others, wherever they stood."""
    parts = [
        *project.activities.all(),
        *project.indicators.all(),
        *project.budget_lines.all(),
        *project.involvements.all(),
    ]
    for record in (project, project.plan, *project.documents.all(), *parts):
        for name in hiding.public_texts(type(record)):
            hiding.hide(record, name, by=by, reason="Une personne y est reconnaissable.", language="fr")
            _be_secret(made, record, name)


def _be_secret(made: World, record: Any, name: str) -> None:
    for code in LANGUAGES:
        column = parity.column(name, code)
        place = f"{record._meta.label_lower}/{record.pk}/{column}/hidden"
        secret = "zq" + hashlib.sha256(place.encode()).hexdigest()[: SHORTEST - 2]
        fresh = type(record)._base_manager.get(pk=record.pk)
        if getattr(fresh, column):
            setattr(fresh, column, secret)
            fresh.save()
            made.secrets[secret] = place


def _make_sensitive(made: World) -> None:
    """Of a sensitive place, and of its activities, the public reads the commune."""
    for project in Project.objects.filter(place_sensitive=True, publishing_state="published", protocol=made.here):
        for record in (project, *project.activities.all()):
            _be_secret(made, record, "place")


def _draft(made: World, project: Any, by: Any) -> None:
    """A later wording that waits for the others."""
    other = Project.objects.filter(protocol=made.here, publishing_state="published").latest("pk")
    drafting.write(other, {"summary_fr": "Une autre version."}, by=by.user)
    assert other.pk != project.pk


# Fetching -------------------------------------------------------------------------------------------------------------


def _addresses(made: World) -> Iterator[str]:
    """Every address of the site, for every record it can name, also those that the public may not see; then what pages link to."""
    here = made.here
    entries = [{"sequence": entry.sequence} for entry in here.register.all()]
    given: dict[str, list[dict[str, Any]]] = {
        "project": [{"code": code} for code in Project.objects.values_list("code", flat=True)],
        "document": [{"document_id": key} for key in _keys("partnership.Document")],
        "report": [{"report_id": key} for key in _keys("transparency.Report")],
        "report-document": [{"report_id": key, "document_language": "fr"} for key in _keys("transparency.Report")],
        "register-entry": entries,
        "register-entry-json": entries,
        "register-statement": entries,
        "register-decision": [{"number": number} for number in here.decisions.values_list("number", flat=True)],
        "link": [{"written": "UNKNOWN"}],
    }
    for name in sorted(set(addresses())):
        for values in given.get(name, [{}]):
            for language in LANGUAGES:
                with translation.override(language):
                    try:
                        yield reverse(name, kwargs=values)
                    except NoReverseMatch:  # names a record of the staff pages, which answer no one at the door
                        break


def _keys(label: str) -> list[Any]:
    return list(apps.get_model(label)._base_manager.values_list("pk", flat=True))


@pytest.fixture
def browser(world: World, settings: Any, own_media_folder: Any) -> Client:
    """Anyone."""
    settings.MEDIA_ROOT = world.media
    settings.ALLOWED_HOSTS = ["*"]
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    return Client(headers={"host": "here.example"}, raise_request_exception=False)


def everything_of(response: Any) -> str:
    """Status, headers and body of an answer; the words of a PDF too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    heads = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    words = body.decode(errors="replace")
    if body.startswith(b"%PDF") and len(body) > 100:
        words += "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    return f"{response.status_code}\n{heads}\n{words}\n{unescape(words)}"


def leaks(world: World, output: str, where: str) -> list[str]:
    """The secrets that stand in an output, each with the place it was planted."""
    found = set(re.findall(r"zq[0-9a-f]{10}", output)) & set(world.secrets)
    return [f"{where}: {world.secrets[secret]}" for secret in sorted(found)]


LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')


@pytest.mark.django_db
def test_no_secret_stands_on_any_page_in_any_file_or_in_what_they_link_to(world: World, browser: Client):
    waiting, seen, found, answered = list(world.addresses), set(), [], set()
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith("/static/") or "/admin/" in address:
            continue
        seen.add(address)
        response = browser.get(address)
        output = everything_of(response)
        answered.add(response.status_code)
        found += leaks(world, output, address)
        if response.status_code == 200 and len(seen) < 1500:
            waiting += [unescape(link) for link in LINK.findall(output)]
    assert found == []
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
def test_a_search_for_a_secret_is_answered_like_one_for_nonsense(world: World, browser: Client):
    assert len(NONSENSE) == SHORTEST
    known: dict[str, str] = {}
    wrong = []
    in_turn = cycle(LANGUAGES)
    for secret, place in world.secrets.items():
        if not place.startswith(("projects.project/", "projects.actionplan/")):
            continue
        for query in ("q", "domain"):
            address = f"/{next(in_turn)}/projects/?{query}="
            if address not in known:
                known[address] = everything_of(browser.get(address + NONSENSE))
            if everything_of(browser.get(address + secret)).replace(secret, NONSENSE) != known[address]:
                wrong.append(f"{address}: {place}")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_secret_stands_in_a_report_made_now(world: World, language: str):
    period = Period.parse("2026-S1")
    data = snapshot.collect(world.here, period, timezone.now())
    frozen = snapshot.canonical.text(data)
    html = render.html(snapshot.read(frozen), reader=Reader(language), digest="0" * 64)
    assert leaks(world, frozen + html, "report") == []
    if language == "fr":
        words = "".join(
            page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.write(html, language="fr").content)).pages
        )
        assert len(words) > 1000
        assert leaks(world, words, "PDF") == []


# That nothing is left out ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_model_with_something_to_keep_has_a_row_with_a_secret_in_each_field(world: World):
    wanted = {
        f"{model._meta.label_lower}.{base_of(one)}" for model in our_models() for one in columns(model, whole=False)
    }
    assert sorted(wanted - world.planted) == []


@pytest.mark.django_db
def test_every_exception_is_still_a_field(world: World):
    known = {
        f"{model._meta.label_lower}.{base_of(one)}" for model in our_models() for one in model._meta.concrete_fields
    }
    assert set(PUBLIC_BY_AN_ACT) | set(NEEDED) <= known


@pytest.mark.django_db
def test_the_secrets_would_be_found_where_they_stand(world: World):
    """The test tests: a secret in a public place is seen."""
    shown = Organisation.objects.filter(involvements__project__protocol=world.here).first()
    secret = next(iter(world.secrets))
    assert shown is not None
    assert leaks(world, f"<p>{secret}</p>", "page")
    assert Hiding.objects.exists()
    assert ActionPlan.objects.published().exists()


PAGES = ("", "projects/", "partners/", "action-plan/", "protocol/", "register/", "reports/")
ANY_TEXT = strategies.text(alphabet="abcdefghijklmnopéèçابتثجح<>&'\"%{} -", min_size=8, max_size=SHORTEST).filter(
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
        and not isinstance(one, models.BinaryField | models.FileField)
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
