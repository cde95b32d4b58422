"""The prior assessment on a project's public page: once both communes decided, and only what may be read [I5, I10, I11]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnership import hiding
from projects.models import Impact, PriorAssessment
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_planning import MitigationFactory, PriorAssessmentFactory, cell_of, decided_version, weighed
from tests.factories_programme import ProjectFactory

pytestmark = pytest.mark.django_db

SECRET = "NE-DOIT-PAS-SE-LIRE"


@pytest.fixture
def project() -> Any:
    return ProjectFactory(protocol=ProtocolFactory(), published=True)


def page(project: Any, language: str = "fr") -> Any:
    return Client().get(f"/{language}/projects/{project.code}/")


def html(project: Any, language: str = "fr") -> str:
    found: str = page(project, language).content.decode()
    return found


def test_the_matrix_has_24_cells_in_words_with_notes(project: Any):
    assessment = decided_version(project)
    weighed(cell_of(assessment, "social"), "positive", severity=1)
    weighed(cell_of(assessment, "social", horizon="medium"), "positive", severity=4)
    MitigationFactory(impact=weighed(cell_of(assessment)), done_on=datetime.date(2026, 6, 1))
    matrix = page(project).context["matrix"]
    cells = [cell for row in matrix.rows for cell in row.cells]
    assert [cell.sign for cell in cells[:2]] == ["+", "++"]
    assert cells[6].sign == "−−"
    assert [cell.sign for cell in cells].count("0") == 21
    assert [(note.number, len(note.impacts), len(note.measures)) for note in matrix.notes] == [(1, 2, 0), (2, 1, 1)]
    text = html(project)
    assert 'id="assessment"' in text
    assert text.count('data-label="') >= 24
    assert "Cours du soir hors récolte" in text


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_it_is_read_in_every_language_and_its_signs_keep_their_direction(project: Any, language: str):
    assessment = decided_version(project)
    MitigationFactory(impact=weighed(cell_of(assessment)))
    text = html(project, language)
    assert getattr(assessment, f"future_generations_{language}") in text
    assert '<bdi dir="ltr">−−</bdi>' in text
    assert "style=" not in text


def test_nothing_stands_there_before_the_decision(project: Any):
    PriorAssessmentFactory(project=project, context_fr=SECRET)
    assert page(project).context["matrix"] is None
    assert SECRET not in html(project)


def test_a_withdrawn_diagnosis_and_a_draft_beside_a_decided_one_stay_unread(project: Any):
    first = decided_version(project, outcome="modify")
    PriorAssessmentFactory(project=project, number=2, context_fr=SECRET)
    assert page(project).context["matrix"].assessment == first
    PriorAssessment.objects.filter(pk=first.pk).update(publishing_state="withdrawn")
    assert page(project).context["matrix"] is None
    assert SECRET not in html(project)


def test_the_latest_decided_version_is_shown_with_those_before(project: Any):
    first, second = decided_version(project, outcome="modify"), decided_version(project, number=2)
    matrix = page(project).context["matrix"]
    assert (matrix.assessment, matrix.earlier) == (second, [first])


def test_a_reason_that_lacks_a_language_and_a_measure_that_does_stay_unread(project: Any):
    assessment = decided_version(project)
    cell = weighed(cell_of(assessment))
    Impact.objects.filter(pk=cell.pk).update(why_fr=SECRET, why_nl="")
    MitigationFactory(impact=cell, measure_fr=SECRET, measure_ar="")
    assert SECRET not in html(project)


def test_a_hidden_text_is_covered(project: Any):
    assessment = decided_version(project)
    cell = weighed(cell_of(assessment))
    measure = MitigationFactory(impact=cell)
    party = project.protocol.parties.get(position=1)
    by = MembershipFactory(protocol=project.protocol, organisation=party.organisation, role="coordinator")
    for record, field in ((cell, "why"), (measure, "measure"), (assessment, "context")):
        fresh = type(record).objects.get(pk=record.pk)
        hiding.hide(fresh, field, by=by, reason="Nomme quelqu’un.", language="fr")
    text = html(project)
    assert "Perte d’heures de travail" not in text
    assert "Cours du soir hors récolte" not in text
    assert "La plupart des femmes" not in text


def test_the_page_costs_the_same_however_much_it_says(project: Any):
    assessment = decided_version(project)
    MitigationFactory(impact=weighed(cell_of(assessment)))

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page(project).status_code == 200
        return len(captured)

    cost()
    one = cost()
    for cell in assessment.impacts.filter(directness="indirect"):
        MitigationFactory(impact=weighed(cell))
    assert cost() == one
