"""The page of the 24 cells: every cell an address, one request for a saved cell, two people on one, Arabic mirrored [I2, I5]."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects import assessing, diagnosing
from projects.models import CELLS, Impact, PriorAssessment
from tests.factories import OrganisationFactory, ProtocolFactory
from tests.factories_planning import (
    CellViewFactory,
    MitigationFactory,
    PriorAssessmentFactory,
    ReadyProjectFactory,
    cell_of,
    weighed,
)
from tests.staff import fields_of, messages_of, queries, sent, staff

pytestmark = pytest.mark.django_db

PART = {"X-Part": "work"}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def assessment(protocol: Any) -> PriorAssessment:
    return PriorAssessmentFactory(project=ReadyProjectFactory(protocol=protocol), cells="open")


def page(assessment: PriorAssessment, cell: Impact | None = None, language: str = "fr") -> str:
    asked = f"?cell={cell.slug}" if cell is not None else ""
    return f"/{language}/admin/assessments/{assessment.pk}/{asked}"


def typed(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """The cell's form as a browser would send it."""
    return {**fields_of(client.get(address).content.decode()), "act": "save", **changes}


# What it shows --------------------------------------------------------------------------------------------------------


def test_every_cell_is_an_address_with_its_panel(protocol: Any, assessment: PriorAssessment):
    client = staff(protocol)
    html = client.get(page(assessment)).content.decode()
    links = re.findall(r'href="[^"]*\?cell=([a-z-]+)"\s+class="cell"', html)
    assert links == ["-".join(place) for place in CELLS]
    answer = client.get(page(assessment, cell_of(assessment, "cultural", "indirect", "long")))
    assert answer.context["impact"].slug == "cultural-indirect-long"
    assert 'name="effect"' in answer.content.decode()


@pytest.mark.parametrize("asked", ["?cell=nonsense", "?cell=", "?dimension=nonsense", "?dimension=cultural"])
def test_any_other_address_shows_the_first_cell_to_answer(protocol: Any, assessment: PriorAssessment, asked: str):
    answer = staff(protocol).get(page(assessment) + asked)
    assert answer.status_code == 200
    assert answer.context["impact"].slug == "social-direct-short"


def test_the_meters_count_answers(protocol: Any, assessment: PriorAssessment):
    weighed(cell_of(assessment))
    weighed(cell_of(assessment, "social"), "positive")
    grid = staff(protocol).get(page(assessment)).context["grid"]
    assert [(one.tone, one.x, one.width) for one in grid.total.segments] == [
        ("positive", 0, 1),
        ("negative", 1, 1),
        ("none", 2, 0),
        ("open", 2, 22),
    ]
    assert [row.meter.answered for row in grid.rows] == [1, 1, 0, 0]


def test_what_still_blocks_is_listed_and_linked(protocol: Any, assessment: PriorAssessment):
    weighed(cell_of(assessment))
    answer = staff(protocol).get(page(assessment))
    open_ones = answer.context["open_blockers"]
    assert {one.refusal.code for one in open_ones} == {"I5"}
    html = answer.content.decode()
    assert all(one.url.replace("&", "&amp;") in html for one in open_ones)


def test_the_arabic_page_is_mirrored(protocol: Any, assessment: PriorAssessment):
    html = staff(protocol).get(page(assessment, language="ar")).content.decode()
    assert 'dir="rtl"' in html
    assert '<bdi dir="ltr" class="row-count">0 / 6</bdi>' in html
    assert "style=" not in html[html.index('id="assessment"') :]


@pytest.mark.parametrize(("first", "second"), [("social", "economic"), ("cultural", "social")])
def test_a_second_version_marks_what_changed(protocol: Any, assessment: PriorAssessment, first: str, second: str):
    PriorAssessment.objects.filter(pk=assessment.pk).update(outcome="modify", decided_on=datetime.date(2026, 4, 1))
    weighed(cell_of(assessment, first))
    later = diagnosing.next_version(PriorAssessment.objects.get(pk=assessment.pk))
    cell = cell_of(later, second)
    cell.effect = "none"
    cell.save()
    answer = staff(protocol).get(page(later, cell))
    changed = [one.impact.slug for one in answer.context["grid"].cells if one.changed]
    assert changed == [cell.slug]
    assert 'id="earlier-title"' in answer.content.decode()


def test_the_page_costs_the_same_however_much_stands_in_it(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol), cell_of(assessment)
    MitigationFactory(impact=weighed(cell))
    CellViewFactory(impact=weighed(cell_of(assessment, "social")))
    empty = queries(client, page(assessment, cell))
    for one in assessment.impacts.filter(directness="indirect"):
        MitigationFactory(impact=weighed(one, severity=1), responsible=OrganisationFactory())
        CellViewFactory(impact=one)
    full = queries(client, page(assessment, cell))
    assert full == empty
    assert full <= 60


def test_another_protocol_has_no_such_page(assessment: PriorAssessment, settings: Any):
    settings.ALLOWED_HOSTS = ["*"]
    other = ProtocolFactory(hostname="second.example")
    assert staff(other).get(page(assessment)).status_code == 404


# Saving ---------------------------------------------------------------------------------------------------------------


def test_a_cell_is_saved_and_the_next_unanswered_one_opened(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol), cell_of(assessment)
    answer = client.post(page(assessment, cell), typed(client, page(assessment, cell), effect="none", act="save_next"))
    assert answer.status_code == 302
    assert answer.url == page(assessment, cell_of(assessment, "economic", "direct", "medium"))
    assert cell_of(assessment).effect == "none"
    assert messages_of(client.get(answer.url))


def test_a_cell_with_its_measure_is_saved_by_one_request_of_constant_cost(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol), cell_of(assessment)
    responsible = protocol.parties.get(position=2).organisation

    def save(why: str, **more: str) -> int:
        data = typed(
            client, page(assessment, cell), effect="negative", severity="2", likelihood="3", why_fr=why, **more
        )
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(page(assessment, cell), data, headers=PART)
        assert answer.status_code == 200
        assert answer["X-Address"] == page(assessment, cell)
        html = answer.content.decode()
        assert "<html" not in html
        assert 'id="cells"' in html
        return len(captured)

    measure = {"measures-0-measure_fr": "Cours du soir", "measures-0-responsible": str(responsible.pk)}
    save("Perte", **measure, **{"measures-0-due": "2026-10-15"})
    assert cell.mitigations.get().due == datetime.date(2026, 10, 15)
    CellViewFactory(impact=weighed(cell_of(assessment, "social")))
    alone = save("Perte d’heures")
    for one in assessment.impacts.filter(directness="indirect"):
        MitigationFactory(impact=weighed(one))
        CellViewFactory(impact=one)
    assert save("Perte d’heures de travail") <= alone
    assert alone <= 110


def test_a_measure_without_a_responsible_body_is_refused_at_its_box(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol), cell_of(assessment)
    changes = {"effect": "negative", "severity": "2", "likelihood": "3", "measures-0-measure_fr": "Cours du soir"}
    answer = client.post(page(assessment, cell), typed(client, page(assessment, cell), **changes))
    assert answer.status_code == 422
    form = answer.context["forms"].measures.forms[0]
    assert list(form.errors) == ["responsible"]
    kept = fields_of(answer.content.decode())
    assert (kept["effect"], kept["measures-0-measure_fr"]) == ("negative", "Cours du soir")
    assert cell_of(assessment).effect == ""


WRONG = (
    {"effect": "worse"},
    {"severity": "9", "effect": "negative"},
    {"measures-0-due": "31/02/2026"},
    {"measures-0-responsible": "999999"},
    {"measures-TOTAL_FORMS": "x"},
    {"seen": "x", "effect": "none"},
)


def test_whatever_is_sent_is_answered_and_nothing_half_saved(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol), cell_of(assessment)
    form = typed(client, page(assessment, cell))
    for changes in WRONG:
        assert client.post(page(assessment, cell), {**form, **changes}).status_code in {409, 422}
    assert cell_of(assessment).effect == ""


def test_two_people_on_one_cell_see_both_and_lose_nothing(protocol: Any, assessment: PriorAssessment):
    cell = weighed(cell_of(assessment))
    MitigationFactory(impact=cell)
    mine, theirs = staff(protocol), staff(protocol, 2)
    opened = typed(mine, page(assessment, cell), why_fr="Ma raison", severity="4")
    first = {"why_fr": "Leur raison", "why_nl": "Hun reden", "measures-0-remains_nl": "Iets"}
    assert theirs.post(page(assessment, cell), typed(theirs, page(assessment, cell), **first)).status_code == 302
    answer = mine.post(page(assessment, cell), opened)
    assert answer.status_code == 409
    kept = fields_of(answer.content.decode())
    assert (kept["why_fr"], kept["why_nl"], kept["severity"]) == ("Ma raison", "Hun reden", "4")
    assert kept["measures-0-remains_nl"] == "Iets"
    assert "Leur raison" in answer.content.decode()
    again = {**kept, "act": "save", "why_fr": "Nos deux raisons"}
    assert mine.post(page(assessment, cell), again).status_code == 302
    stands = cell_of(assessment)
    assert (stands.why_fr, stands.why_nl, stands.severity) == ("Nos deux raisons", "Hun reden", 4)


def test_a_measure_that_somebody_took_away_comes_back_as_a_new_one(protocol: Any, assessment: PriorAssessment):
    measure = MitigationFactory(impact=weighed(cell_of(assessment)))
    cell = measure.impact
    mine, theirs = staff(protocol), staff(protocol, 2)
    opened = typed(mine, page(assessment, cell), **{"measures-0-measure_fr": "Ma mesure"})
    theirs.post(page(assessment, cell), typed(theirs, page(assessment, cell), **{"measures-0-removed": "on"}))
    answer = mine.post(page(assessment, cell), opened)
    assert answer.status_code == 409
    kept = {**fields_of(answer.content.decode()), "act": "save"}
    assert mine.post(page(assessment, cell), kept).status_code == 302
    assert cell.mitigations.get().measure_fr == "Ma mesure"


def test_whoever_only_reads_is_shown_the_cell_and_saves_nothing(protocol: Any, assessment: PriorAssessment):
    client, cell = staff(protocol, role="observer"), weighed(cell_of(assessment))
    answer = client.get(page(assessment, cell))
    assert answer.status_code == 200
    assert 'name="effect"' not in answer.content.decode()
    assert client.post(page(assessment, cell), {"effect": "none", "act": "save"}).status_code == 403


# Each commune's view, and following up --------------------------------------------------------------------------------


def test_a_commune_agrees_or_disputes_in_its_language(protocol: Any, assessment: PriorAssessment):
    cell = weighed(cell_of(assessment))
    client = staff(protocol, 2)
    seen = {"seen": assessing.sign(cell), "comment_language": "fr"}
    refused = client.post(page(assessment, cell), {**seen, "act": "dispute"})
    assert refused.status_code == 422
    assert list(refused.context["view_form"].errors) == ["comment"]
    client.post(page(assessment, cell), {**seen, "act": "dispute", "comment": "Sous-estimé."})
    view = cell.views.get()
    assert (view.party.position, view.view, view.comment, view.comment_language) == (
        2,
        "disputed",
        "Sous-estimé.",
        "fr",
    )
    assert "Sous-estimé." in staff(protocol, 1).get(page(assessment, cell, "ar")).content.decode()
    client.post(page(assessment, cell), {**seen, "act": "agree"})
    assert cell.views.get().view == "agreed"


def test_a_view_on_a_cell_that_changed_is_shown_the_cell_as_it_stands(protocol: Any, assessment: PriorAssessment):
    cell = weighed(cell_of(assessment))
    seen = assessing.sign(cell)
    weighed(cell, severity=1)
    answer = staff(protocol).post(page(assessment, cell), {"seen": seen, "comment_language": "fr", "act": "agree"})
    assert answer.status_code == 409
    assert not cell.views.exists()
    assert answer.context["view_form"].data["seen"] == assessing.sign(cell_of(assessment))


def test_a_measure_is_followed_up_once_the_version_is_decided(protocol: Any):
    measure = MitigationFactory(impact=weighed(cell_of(PriorAssessmentFactory(project__protocol=protocol))))
    cell = measure.impact
    PriorAssessment.objects.filter(pk=cell.assessment_id).update(
        outcome="execute", decided_on=datetime.date(2026, 4, 1)
    )
    client = staff(protocol)
    html = client.get(page(cell.assessment, cell)).content.decode()
    assert 'name="effect"' not in html
    answer = sent(client, page(cell.assessment, cell), act="follow_up", done_on="2026-05-01", follow_up_fr="Fait.")
    assert answer.status_code == 302
    measure.refresh_from_db()
    assert (measure.done_on, measure.follow_up_fr) == (datetime.date(2026, 5, 1), "Fait.")


# Beginning, and the forms ---------------------------------------------------------------------------------------------


def begin(project: Any) -> str:
    return f"/fr/admin/projects/{project.pk}/assess/"


def test_a_version_is_begun_from_the_project_s_form(protocol: Any):
    project = ReadyProjectFactory(protocol=protocol, state="proposed")
    client = staff(protocol, role="editor")
    form = f"/fr/admin/projects/project/{project.pk}/change/"
    assert f'action="{begin(project)}"' in client.get(form).content.decode()
    answer = client.post(begin(project))
    begun = project.assessments.get()
    assert (answer.status_code, answer.url) == (302, page(begun))
    assert client.post(begin(project)).url == page(begun)
    assert f'href="{page(begun)}"' in client.get(form).content.decode()


def test_a_refusal_to_begin_leads_back_to_the_project(protocol: Any):
    project = ReadyProjectFactory(protocol=protocol, state="cancelled")
    client = staff(protocol)
    answer = client.post(begin(project), follow=True)
    assert "I6" in messages_of(answer)
    assert not project.assessments.exists()


@pytest.mark.parametrize(("role", "status"), [("observer", 403), ("signatory", 403)])
def test_whoever_does_not_write_begins_nothing(protocol: Any, role: str, status: int):
    project = ReadyProjectFactory(protocol=protocol, state="proposed")
    client = staff(protocol, role=role)
    assert client.post(begin(project)).status_code == status
    assert client.get(begin(project)).status_code == 405


def test_the_list_leads_to_the_grid_at_the_same_cost(protocol: Any, assessment: PriorAssessment):
    client, listed = staff(protocol), "/fr/admin/projects/priorassessment/"
    assert f'href="{page(assessment)}"' in client.get(listed).content.decode()
    one = queries(client, listed)
    for _each in range(2):
        PriorAssessmentFactory(project=ReadyProjectFactory(protocol=protocol), cells="open")
    assert queries(client, listed) == one
    assert client.get(f"{listed}add/").status_code == 403


def test_the_head_of_a_diagnosis_has_a_form_of_its_own(protocol: Any, assessment: PriorAssessment):
    client = staff(protocol, role="editor")
    form = f"/fr/admin/projects/priorassessment/{assessment.pk}/change/"
    answer = sent(client, form, context_fr="Un autre contexte", **{"participants-0-function_nl": "Diensthoofd"})
    assert answer.status_code == 302
    assessment.refresh_from_db()
    assert assessment.context_fr == "Un autre contexte"
    assert assessment.participants.order_by("pk").first().function_nl == "Diensthoofd"  # type: ignore[union-attr]
