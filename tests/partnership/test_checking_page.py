"""The page of the check: by kind, what must not stand first, each line leading to the form on which it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.html import escape

from partnership import catalogues, checking_page
from partnership.models import TermUse, TextStanding, TextState
from projects.models import Project
from tests.factories import ProtocolFactory, TermFactory
from tests.factories_programme import ProjectFactory
from tests.staff import queries, staff

pytestmark = pytest.mark.django_db
ADDRESS = "/fr/admin/translations/check/"


@pytest.fixture(autouse=True)
def whole_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "faults_of", lambda language: ())


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def bailleur() -> Any:
    return TermFactory(use=TermUse.AVOID, word_ar=None, word_fr="bailleur", word_nl=None, note="partenaire")


def page(client: Any, **asked: Any) -> str:
    answer = client.get(ADDRESS, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_word_to_avoid_leads_to_the_records_form_and_says_what_to_write_instead(protocol: Any):
    bailleur()
    project: Any = ProjectFactory(protocol=protocol, published=True, summary_fr="Jette est le bailleur.")
    shown = page(staff(protocol))
    assert f'href="/fr/admin/projects/project/{project.pk}/change/"' in shown
    assert "<bdi>bailleur</bdi>" in shown
    assert "<bdi>partenaire</bdi>" in shown
    assert "tile-alarm" in shown


def test_a_correction_shows_at_once(protocol: Any):
    bailleur()
    project = ProjectFactory(protocol=protocol, published=True, summary_fr="Jette est le bailleur.")
    client = staff(protocol)
    assert "<bdi>bailleur</bdi>" in page(client)
    project.summary_fr = "Jette est partenaire."
    project.save()
    shown = page(client)
    assert "<bdi>bailleur</bdi>" not in shown
    assert "tile-alarm" not in shown


def test_the_other_protocols_texts_do_not_show(protocol: Any):
    bailleur()
    ProjectFactory(
        protocol=ProtocolFactory(hostname="there.example"), published=True, title_fr="Secret", summary_fr="un bailleur"
    )
    assert "Secret" not in page(staff(protocol))


def test_a_text_that_follows_an_earlier_one_is_listed_under_its_kind(protocol: Any):
    project: Any = ProjectFactory(protocol=protocol, published=True, title_fr="Un <titre>")
    state = TextState.objects.of(project).filter(field="title").exclude(standing=TextStanding.SOURCE)[0]
    TextState.objects.filter(pk=state.pk).update(standing=TextStanding.STALE, since=project.published_at)
    client = staff(protocol)
    assert escape("Un <titre>") in page(client)
    assert escape("Un <titre>") in page(client, kind="stale")
    assert escape("Un <titre>") not in page(client, kind="avoid")
    assert escape("Un <titre>") in page(client, kind="of no sort", p="x")


def test_a_long_list_comes_in_pages_and_says_how_many_are_not_listed(protocol: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checking_page, "PER_PAGE", 2)
    monkeypatch.setattr(checking_page, "LISTED", 3)
    bailleur()
    for _number in range(4):
        ProjectFactory(protocol=protocol, published=True, summary_fr="un bailleur")
    client = staff(protocol)
    assert page(client, kind="avoid").count("<bdi>bailleur</bdi>") == 2
    assert page(client, kind="avoid", p=2).count("<bdi>bailleur</bdi>") == 1


def test_it_costs_the_same_for_one_record_and_thirty(protocol: Any):
    bailleur()
    client, counts = staff(protocol), []
    for rows in (1, 29):
        for project in ProjectFactory.create_batch(rows, protocol=protocol, published=True, summary_fr="un bailleur"):
            own = TextState.objects.of(project).filter(field="title", standing=TextStanding.CURRENT)
            own.update(standing=TextStanding.STALE, since=project.published_at)
        counts.append((queries(client, ADDRESS), queries(client, f"{ADDRESS}?kind=stale")))
    assert counts[0] == counts[1]
    assert Project.objects.count() == 30
