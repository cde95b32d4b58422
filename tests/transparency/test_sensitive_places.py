"""Of a sensitive place the public reads the commune only, on every page and in every file, feed and report [I11].

A word of its own lies in each place of a sensitive project: in its own, in its activities', in the territory of the need it
starts from and in the place of the consultation at which that need was voiced. An open project beside it shows that the same
words would be found.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone, translation

from partnership import publishing
from partnership.equality import Reader
from projects.models import Consultation
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_decisions import ratify
from tests.factories_planning import ConsultationFactory, NeedFactory, PriorAssessmentFactory, recorded
from tests.factories_programme import ActionPlanFactory, ActivityFactory, IndicatorFactory, ProjectFactory
from tests.pages import LANGUAGES
from tests.transparency.outputs import addresses_of, anyone, public_outputs, words_of_pdf
from transparency.reports import pdf, render, snapshot
from transparency.reports.periods import Period

pytestmark = pytest.mark.django_db
WORDS = ("zqmaison", "zqsalle", "zqatelier", "zqdouar", "zqmarche")
"""The place of the project, of an activity, of a training, the need's territory, the consultation's place."""


def said(field: str, word: str) -> dict[str, str]:
    """A place in the three languages, with a word of its own in each."""
    return {f"{field}_{code}": f"{word}{code}" for code in LANGUAGES}


def programme(protocol: Any, *, sensitive: bool) -> Any:
    """A published project with its places, from the consultation on to an activity that took place."""
    plan = ActionPlanFactory(protocol=protocol, published=True)
    project = ProjectFactory(
        protocol=protocol, plan=plan, place_sensitive=sensitive, published=True, **said("place", WORDS[0])
    )
    project.documents.add(DocumentFactory(protocol=protocol, published=True))
    ActivityFactory(project=project, done=True, **said("place", WORDS[1]))
    ActivityFactory(project=project, done=True, training=True, **said("place", WORDS[2]))
    IndicatorFactory(project=project)
    need = recorded(NeedFactory(protocol=protocol, **said("territory", WORDS[3])))
    publishing.publish(need, by=None)
    assessment = PriorAssessmentFactory(project=project, need=need, outcome="execute", decided_on="2026-03-01")
    publishing.publish(assessment, by=None)
    consultation = ConsultationFactory(protocol=protocol, plan=plan, published=True, **said("place", WORDS[4]))
    consultation.needs.add(need)
    return project


def outputs(protocol: Any) -> dict[str, str]:
    """All that anyone can fetch, and a report made now with its PDF, by where it stands."""
    found = {output.address: output.words for output in public_outputs(anyone(), addresses_of(protocol))}
    data = snapshot.collect(protocol, Period.parse("2026-S1"), timezone.now())
    frozen = snapshot.canonical.text(data)
    found["snapshot"] = frozen
    for language in LANGUAGES:
        with translation.override(language):
            found[f"report {language}"] = render.html(snapshot.read(frozen), reader=Reader(language), digest="0" * 64)
    found["PDF"] = words_of_pdf(pdf.write(found["report fr"], language="fr").content)
    return found


@pytest.fixture
def protocol(settings: Any) -> Any:
    settings.ALLOWED_HOSTS = ["*"]
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    made = ProtocolFactory(hostname="here.example")
    ratify(made)
    return made


def test_a_sensitive_place_stands_nowhere(protocol: Any):
    project = programme(protocol, sensitive=True)
    found = outputs(protocol)
    leaks = {(where, word) for where, words in found.items() for word in WORDS if word in words.lower()}
    assert leaks == set()
    assert project.lead.organisation.short_name_fr in found[f"/fr/projects/{project.code}/"]
    assert f"/nl/consultations/{Consultation.objects.get().code}/" in found
    assert len(found) > 40


def test_the_same_words_would_be_found_of_a_place_that_is_not(protocol: Any):
    """The test tests."""
    project = programme(protocol, sensitive=False)
    pages = [project.get_absolute_url(), Consultation.objects.get().get_absolute_url()]
    seen = [output.words for output in public_outputs(anyone(), pages, further=False)]
    assert {word for words in seen for word in WORDS if word in words} == set(WORDS)
