"""The page of a project's convergence, the list of initiatives, and what the public reads of both (clause F4.1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Convergence, Initiative, Project
from tests.factories import first_commune
from tests.factories_planning import ConvergenceFactory, InitiativeFactory, ReadyProjectFactory
from tests.staff import fields_of, queries, sent, staff

pytestmark = pytest.mark.django_db

WORDS = {"ar": "تنسيق الأقسام", "fr": "Les cours sont coordonnés", "nl": "De lessen worden afgestemd"}


@pytest.fixture
def project() -> Any:
    return ReadyProjectFactory(dac_sector="11230")


@pytest.fixture
def editor(project: Project) -> Any:
    return staff(project.protocol, role="editor")


def initiative(project: Project, **said: Any) -> Initiative:
    made: Initiative = InitiativeFactory(protocol=project.protocol, **said)
    made.territories.set([first_commune(project.protocol)])
    return made


def address(project: Project, language: str = "fr") -> str:
    return f"/{language}/admin/projects/{project.pk}/convergence/"


def typed(made: Initiative, relation: str = "complements", **texts: str) -> dict[str, str]:
    words = {f"agreed_{code}": text for code, text in {**WORDS, **texts}.items()}
    return {f"i{made.pk}-{name}": value for name, value in {"relation": relation, **words}.items()}


def test_each_overlapping_initiative_gets_a_relation_and_what_was_agreed(project: Project, editor: Client):
    made = initiative(project)
    page = editor.get(address(project)).content.decode()
    assert made.title_fr in page
    answer = sent(editor, address(project), **typed(made))
    assert answer.status_code == 302
    relation = Convergence.objects.get(project=project, initiative=made)
    assert (relation.relation, relation.agreed_ar) == ("complements", WORDS["ar"])
    assert WORDS["nl"] in editor.get(address(project)).content.decode()


def test_a_refusal_keeps_what_was_typed_and_saves_nothing(project: Project, editor: Client):
    made, other = initiative(project), initiative(project)
    page = fields_of(editor.get(address(project)).content.decode())
    values = {
        **page,
        "initiative": [str(made.pk), str(other.pk)],
        **typed(made),
        **typed(other, "", fr="Encore en discussion"),
    }
    answer = editor.post(address(project), values)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "Encore en discussion" in body
    assert WORDS["nl"] in body
    assert f'href="#initiative-{other.pk}"' in body
    assert not Convergence.objects.exists()


def test_too_long_a_text_is_refused_at_its_box(project: Project, editor: Client):
    made = initiative(project)
    answer = sent(editor, address(project), **typed(made, fr="x" * 401))
    assert answer.status_code == 422
    assert "x" * 401 in answer.content.decode()


def test_what_another_wrote_meanwhile_is_shown_and_saving_again_takes_its_place(project: Project, editor: Client):
    made = initiative(project)
    opened = fields_of(editor.get(address(project)).content.decode())
    ConvergenceFactory(project=project, initiative=made, relation="overlaps", agreed_fr="Chacun garde ses groupes")
    answer = editor.post(address(project), {**opened, **typed(made)})
    assert answer.status_code == 422
    assert "Chacun garde ses groupes" in answer.content.decode()
    again = editor.post(address(project), fields_of(answer.content.decode()))
    assert again.status_code == 302
    assert Convergence.objects.get(initiative=made).relation == "complements"


def test_none_found_names_who_was_asked_and_when(project: Project, editor: Client):
    texts = {f"asked__convergence_asked_{code}".replace("__", "-"): f"Province {code}" for code in WORDS}
    answer = sent(editor, address(project), **texts, **{"asked-on": "2026-02-03"})
    assert answer.status_code == 302
    project.refresh_from_db()
    assert project.convergence_asked_nl == "Province nl"
    assert str(project.convergence_asked_on) == "2026-02-03"
    later = sent(editor, address(project), **{"asked-on": "2999-01-01"})
    assert later.status_code == 422
    assert 'value="2999-01-01"' in later.content.decode()


def test_the_page_says_what_stands_against_the_decision(project: Project, editor: Client):
    assert "converging-clear" in editor.get(address(project)).content.decode()
    initiative(project)
    assert "converging-clear" not in editor.get(address(project)).content.decode()


def test_one_that_nobody_proposes_is_found_by_its_words(project: Project, editor: Client):
    far = InitiativeFactory(protocol=project.protocol, title_fr="Reboisement de l’arganier", dac_sector="31220")
    assert "arganier" not in editor.get(address(project)).content.decode()
    place = f"{address(project)}?q=ARGANIER"
    assert "arganier" in editor.get(place).content.decode()
    assert sent(editor, place, **typed(far, "unrelated")).status_code == 302
    assert Convergence.objects.get().initiative == far


def test_the_cost_does_not_grow_with_the_initiatives(project: Project, editor: Client):
    initiative(project)
    one = queries(editor, address(project))
    for _more in range(29):
        initiative(project)
    assert queries(editor, address(project)) == one
    for made in Initiative.objects.all()[:20]:
        ConvergenceFactory(project=project, initiative=made)
    assert queries(editor, address(project)) <= one + 2


@pytest.mark.parametrize("role", ["observer", "evaluator", "signatory"])
def test_whoever_may_not_change_the_project_reads(project: Project, role: str):
    initiative(project)
    reader = staff(project.protocol, role=role)
    answer = reader.get(address(project))
    assert answer.status_code == 200
    assert 'type="submit" class="default"' not in answer.content.decode()
    assert reader.post(address(project), {}).status_code == 404


def test_a_project_of_another_protocol_is_not_there(editor: Client):
    from tests.factories import ProtocolFactory

    other = ReadyProjectFactory(protocol=ProtocolFactory(hostname="second.example"))
    assert editor.get(address(other)).status_code == 404


# Entered by hand


ADD = "/fr/admin/projects/initiative/add/"


def test_an_initiative_is_entered_by_hand(project: Project, editor: Client):
    party = first_commune(project.protocol)
    said = {"title_fr": "Cours du soir de la province", "level": "provincial", "dac_sector": "11230"}
    answer = sent(editor, ADD, **said, territories=[str(party.pk)])
    assert answer.status_code == 302
    made = Initiative.objects.get()
    assert made.protocol == project.protocol
    assert list(made.territories.all()) == [party]


def test_without_a_territory_it_is_refused_with_the_reason(project: Project, editor: Client):
    answer = sent(editor, ADD, title_fr="Cours", level="provincial")
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["territories"]


def test_the_list_costs_the_same_for_one_and_thirty(project: Project, editor: Client):
    listed = "/fr/admin/projects/initiative/"
    initiative(project)
    one = queries(editor, listed)
    for _more in range(29):
        initiative(project)
    assert queries(editor, listed) == one
    assert "initiatives/import/" in editor.get(listed).content.decode()


# What the public reads


def test_the_public_reads_what_others_do_and_how_the_project_relates(client: Client):
    project = ReadyProjectFactory(dac_sector="11230", published=True, lead=None)
    made = initiative(project)
    ConvergenceFactory(project=project, initiative=made)
    ConvergenceFactory(project=project, initiative=initiative(project, title_fr="Pas encore traduit", title_nl=""))
    for language, words in WORDS.items():
        page = client.get(f"/{language}/projects/{project.code}/").content.decode()
        assert words in page
        assert getattr(made, f"title_{language}") in page
        assert "Pas encore traduit" not in page


def test_the_public_reads_who_was_asked_where_none_was_found(client: Client):
    project = ReadyProjectFactory(published=True)
    page = client.get(f"/fr/projects/{project.code}/").content.decode()
    assert "Division de l’action sociale de la province" in page


def test_the_public_page_costs_the_same_for_one_and_thirty(client: Client):
    project = ReadyProjectFactory(published=True)
    ConvergenceFactory(project=project, initiative=initiative(project))
    one = queries(client, f"/fr/projects/{project.code}/")
    for _more in range(29):
        ConvergenceFactory(project=project, initiative=initiative(project))
    assert queries(client, f"/fr/projects/{project.code}/") == one
