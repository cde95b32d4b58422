"""What is hidden stands in nothing that the public can fetch, whatever kind of record it is hidden in [I11].

Every text that the public reads of a record of each kind is a secret word of its own. Before anything is hidden the public reads
them, which proves that the search finds them; then all of them are hidden, and nothing may show one. A kind of record whose texts can
be hidden, or a text of it, that the public reads nowhere here fails by its name.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from partnership import decisions, hiding, opening, parity
from partnership.equality import Reader
from partnership.models import Decision
from partnership.models.hiding import Hideable, notice
from projects import lifecycle
from projects.models import Project
from tests.factories import DocumentFactory, OrganisationFactory
from tests.factories_decisions import DeliberationFactory, approve, coordinator, ratify, signatory
from tests.factories_planning import consulted
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
from tests.factories_rights import two_protocols
from tests.pages import LANGUAGES
from tests.transparency import planned
from tests.transparency.outputs import Output, addresses_of, anyone, everything_of, public_outputs, words_of_pdf
from tests.transparency.planting import Secrets, our_models, put_words
from transparency.reports import pdf, render, snapshot
from transparency.reports.periods import Cadence, Period

HIDEABLE = {model._meta.label_lower: model for model in our_models() if issubclass(model, Hideable)}
NOWHERE_YET = {
    "evaluation.indicator": {"disaggregation", "method"},
    "partnership.document": {"alternative_text"},
}
"""Texts that no page and no report shows. Whoever makes one that does takes the text out."""
TOLD = Period.parse("2026-S1")
"""The period in which everything here happens; what is open now stands in the report of the present one."""
LATER = datetime.date(2026, 9, 1)
WHY = "Une personne y est reconnaissable."


@dataclass
class Hidden:
    """A protocol whose public texts are all hidden. `before` says which places each output showed until then."""

    here: Any
    media: Any
    secrets: Secrets = field(default_factory=Secrets)
    before: dict[str, set[str]] = field(default_factory=dict)
    open: list[Decision] = field(default_factory=list)

    @property
    def places_before(self) -> set[str]:
        """Every place that some output showed."""
        return set().union(*self.before.values())

    def read(self, outputs: Iterable[Output]) -> dict[str, set[str]]:
        """By address the places whose words stand there."""
        return {output.address: self.secrets.found_in(output.words) for output in outputs}


@pytest.fixture(scope="module")
def hidden(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Hidden]:
    """Made once: written, read by the public, then hidden."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        override_settings(MEDIA_ROOT=(media := tmp_path_factory.mktemp("media")), ALLOWED_HOSTS=["*"]),
    ):
        made = Hidden(two_protocols()[0], media)
        _write(made)
        yield made
        transaction.set_rollback(True)


def _write(made: Hidden) -> None:
    ratify(made.here)
    rows = [*_programme(made.here), *_decided(made.here)]
    for record in rows:
        put_words(made.secrets, record, *hiding.public_texts(type(record)))
    _without(made.here.projects.filter(replaces__isnull=False))
    made.open = _proposed(made.here, rows)
    made.before = made.read(public_outputs(anyone(), addresses_of(made.here), further=False))
    made.before |= made.read(_reports(made.here))
    by = coordinator(made.here, 1)
    for record in rows:
        _hide_all(record, by)
    stopped = made.here.projects.get(replaces__isnull=False)
    lifecycle.suspend(stopped, by=by, ground="Le local est fermé.", language="fr")


def _without(projects: Any) -> None:
    """Leave out of projects what would stand in place of another text: of a reason why a line is lacking, of bodies that were asked."""
    projects.update(convergence_asked_on=LATER, **{parity.column("pac_line", code): "" for code in LANGUAGES})


def _hide_all(record: Any, by: Any) -> None:
    """One text by the act itself; the others as it leaves them, for each act mails the other commune and takes its time."""
    names = hiding.public_texts(type(record))
    hiding.hide(record, names[0], by=by, reason=WHY, language="fr")
    type(record)._base_manager.get(pk=record.pk).set_hidden(names)


def _programme(here: Any) -> list[Any]:
    """A plan and an earlier one, two projects of which one replaces the other, and everything that hangs on a project."""
    plan = ActionPlanFactory(protocol=here, published=True)
    earlier = ActionPlanFactory(protocol=here, published=True, starts_on=datetime.date(2020, 1, 1))
    document = DocumentFactory(protocol=here, public=True, published=True)
    project = ProjectFactory(protocol=here, plan=plan, published=True)
    replacing = ProjectFactory(protocol=here, plan=plan, published=True, replaces=project)
    project.documents.add(document)
    apart = [plan, earlier, document, project, replacing, ExchangeRateFactory(protocol=here)]
    return [*apart, *_parts(project), *planned.shown(project, plan)]


def _parts(project: Any) -> list[Any]:
    kinds: list[dict[str, Any]] = [{"training": True}, {"exchange": True}, {}]
    numbers = IndicatorFactory(project=project)
    words = IndicatorFactory(project=project, measure="qualitative", baseline_value=None, target_value=None)
    return [
        *(ActivityFactory(project=project, done=True, **more) for more in kinds),
        ActivityFactory(project=project, planned_start=LATER, planned_end=LATER),
        *(numbers, words, MeasurementFactory(indicator=numbers), MeasurementFactory(indicator=words, value=None)),
        BudgetLineFactory(project=project),
        InvolvementFactory(project=project, organisation=OrganisationFactory(), phase="design"),
        *project.involvements.all(),
    ]


def _decided(here: Any) -> list[Any]:
    """A plan that was adopted while it was called otherwise, and the published document that an answer rests on."""
    plan = ActionPlanFactory(protocol=here, published=True, starts_on=datetime.date(2021, 1, 1))
    ProjectFactory(protocol=here, plan=plan, published=True)
    decision = opening.propose(decisions.kind("adopt_plan"), consulted(plan), by=coordinator(here, 1))
    document = DocumentFactory(protocol=here, public=True, published=True)
    for party in here.parties.all():
        rests_on = DeliberationFactory(party=party, document=document)
        approve(decision, signatory(here, party.position), deliberation=rests_on)
    return [plan, document]


def _proposed(here: Any, rows: list[Any]) -> list[Decision]:
    """Open decisions that quote what is not hidden yet: about a plan, and about a project with the published scan of an old act."""
    by = coordinator(here, 2)
    scan = next(one for one in rows if one._meta.label_lower == "partnership.document")
    plan, project = (type(one).objects.get(pk=one.pk) for one in (rows[0], rows[3]))
    old = opening.Afterwards(datetime.date(2024, 5, 2), scan)
    return [
        opening.propose(decisions.kind("adopt_plan"), consulted(plan), by=by),
        opening.propose(decisions.kind("take_over_project"), project, by=by, afterwards=old),
    ]


def _reports(here: Any) -> Iterator[Output]:
    """Reports made now: the snapshot's text, and what each language makes of it."""
    for period in (TOLD, Period.containing(timezone.localdate(), Cadence.HALF_YEAR)):
        text = snapshot.canonical.text(snapshot.collect(here, period, timezone.now()))
        yield Output(f"snapshot of {period.code}", 200, text)
        for language in LANGUAGES:
            html = render.html(snapshot.read(text), reader=Reader(language), digest="0" * 64)
            yield Output(f"report of {period.code} in {language}", 200, html)


@pytest.fixture
def browser(hidden: Hidden, settings: Any, own_media_folder: Any) -> Client:
    """Anyone."""
    settings.MEDIA_ROOT = hidden.media
    settings.ALLOWED_HOSTS = ["*"]
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    return anyone()


def leaks(found: dict[str, set[str]]) -> str:
    """Each output that shows a hidden word, and where that was hidden."""
    return "\n".join(f"{address}: {place}" for address, places in found.items() for place in sorted(places))


# That something is there to be found ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(HIDEABLE))
def test_of_every_kind_of_record_the_public_read_each_text_that_is_hidden_now(hidden: Hidden, kind: str, language: str):
    read = {place.split("/")[2] for place in hidden.places_before if place.startswith(f"{kind}/")}
    texts = hiding.public_texts(HIDEABLE[kind])
    assert texts
    unread = {name for name in texts if parity.column(name, language) not in read}
    assert unread == NOWHERE_YET.get(kind, set())


@pytest.mark.django_db
def test_open_decisions_and_reports_showed_hidden_words_before(hidden: Hidden):
    for decision in hidden.open:
        assert hidden.before[f"/nl/register/decision/{decision.number}/"]
    assert all(places for address, places in hidden.before.items() if address.startswith(("snapshot", "report")))


# That nothing is ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_hidden_word_stands_on_any_page_in_any_file_or_in_what_they_link_to(hidden: Hidden, browser: Client):
    outputs = list(public_outputs(browser, addresses_of(hidden.here)))
    assert leaks(hidden.read(outputs)) == ""
    assert 500 not in {output.status for output in outputs}
    for code in LANGUAGES:
        assert any(notice(code) in output.words for output in outputs if output.address.startswith(f"/{code}/"))


@pytest.mark.django_db
def test_no_hidden_word_stands_in_a_report_made_now(hidden: Hidden):
    made = list(_reports(hidden.here))
    assert leaks(hidden.read(made)) == ""
    in_french = next(output.words for output in made if output.address == f"report of {TOLD.code} in fr")
    words = words_of_pdf(pdf.write(in_french, language="fr").content)
    assert len(words) > 1000
    assert hidden.secrets.found_in(words) == set()


@pytest.mark.django_db
def test_no_hidden_word_stands_among_what_a_search_looks_through(hidden: Hidden):
    for project in Project.objects.for_protocol(hidden.here).published():
        searched = " ".join(getattr(project, f"search_{code}") for code in LANGUAGES)
        assert hidden.secrets.found_in(searched) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_search_for_a_hidden_word_is_answered_like_one_for_nonsense(hidden: Hidden, browser: Client, language: str):
    nonsense = "zqnothinghas"
    known = everything_of(browser.get(f"/{language}/projects/?q={nonsense}"))
    words = hidden.secrets.words_in("projects.project", f"title_{language}/text")
    assert words
    for word in words:
        assert everything_of(browser.get(f"/{language}/projects/?q={word}")).replace(word, nonsense) == known


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_decision_about_what_is_hidden_is_called_by_the_notice(hidden: Hidden, browser: Client, language: str):
    for decision in hidden.open:
        page = browser.get(f"/{language}/register/decision/{decision.number}/").content.decode()
        assert page.count(notice(language)) >= 2
        stored = Decision.objects.get(pk=decision.pk)
        assert getattr(stored, f"title_{language}") == getattr(decision, f"title_{language}")
