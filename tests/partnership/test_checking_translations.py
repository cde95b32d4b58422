"""The check of the three languages: what must not stand ends it with an error, what people judge is listed."""

from __future__ import annotations

import shutil
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership import catalogues, checking_translations, glossary_file
from partnership.checking_translations import FindingKind
from partnership.models import TermUse, TextStanding, TextState
from projects.models import Project
from tests.factories import OrganisationFactory, ProtocolFactory, TermFactory
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.retelling import retold_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def whole_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interface is another test's matter."""
    monkeypatch.setattr(catalogues, "faults_of", lambda language: ())


def found(protocol: Any = None) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.language, one.word) for one in checking_translations.check(protocol)]


def said() -> str:
    output = StringIO()
    call_command("check_translations", stdout=output)
    return output.getvalue()


def bailleur() -> Any:
    return TermFactory(use=TermUse.AVOID, word_ar=None, word_fr="bailleur", word_nl=None, note="partenaire")


def test_a_published_record_with_a_gap_ends_the_check_with_an_error():
    project = ProjectFactory(published=True)
    assert found() == []
    Project.objects.filter(pk=project.pk).update(place_ar="أكادير", place_fr="Agadir", place_nl=" \u200f")
    assert found() == [("incomplete", "nl", "")]
    with pytest.raises(CommandError, match="incomplete 1"):
        said()


def test_a_draft_with_gaps_is_nobodys_concern_yet():
    ProjectFactory(title_nl=None, summary_ar="")
    assert "incomplete 0" in said()


def test_a_word_to_avoid_ends_the_check_wherever_the_public_reads_it():
    bailleur()
    project = ProjectFactory(published=True, summary_fr="Jette est le bailleur du projet.")
    part = ActivityFactory(project=project, title_fr="Réunion des bailleurs")
    OrganisationFactory(name_fr="Union des bailleurs")
    ProjectFactory(summary_fr="Un bailleur, dans un brouillon.")
    ActivityFactory(title_fr="Un bailleur, dans un brouillon")
    findings = [one for one in checking_translations.check() if one.kind == FindingKind.AVOID]
    assert {(one.model, one.key, one.word) for one in findings} >= {
        ("projects.project", str(project.pk), "bailleur"),
        ("projects.project", str(part.project_id), "bailleurs"),
    }
    assert sorted(one.word for one in findings) == ["bailleur", "bailleurs", "bailleurs"]
    with pytest.raises(CommandError, match="avoid 3"):
        said()


def test_another_word_than_the_agreed_one_is_listed_only():
    TermFactory(word_ar="تكوين", word_fr="formation", word_nl="opleiding")
    project = ProjectFactory(
        published=True, title_ar="تكوين النساء", title_fr="Formation des femmes", title_nl="Training van vrouwen"
    )
    assert [one for one in found() if one[1] == "nl"] == [("other", "nl", "opleiding")]
    assert f"projects.project {project.pk}" in said()


def test_a_text_that_follows_an_earlier_one_is_listed_only():
    project = ProjectFactory(published=True)
    state = TextState.objects.of(project).filter(field="title", standing=TextStanding.CURRENT).order_by("language")[0]
    TextState.objects.filter(pk=state.pk).update(standing=TextStanding.STALE, since=project.published_at)
    assert found() == [("stale", state.language, "")]
    assert "follows an earlier text" in said()


def test_one_protocols_check_tells_nothing_of_another():
    bailleur()
    here, there = ProtocolFactory(hostname="here.example"), ProtocolFactory(hostname="there.example")
    for protocol in (here, there):
        ActivityFactory(
            project=ProjectFactory(protocol=protocol, published=True, summary_fr="le bailleur"), title_fr="bailleur"
        )
    assert len(found(here)) == len(found(there)) == 2
    assert len(found()) == 4


def test_thirty_records_cost_as_many_queries_as_one():
    protocol, counts = ProtocolFactory(), []
    bailleur()
    for rows in (1, 29):
        for project in ProjectFactory.create_batch(rows, protocol=protocol, published=True, summary_fr="un bailleur"):
            ActivityFactory(project=project)
            own = TextState.objects.of(project).filter(field="title", standing=TextStanding.CURRENT)
            own.update(standing=TextStanding.STALE, since=project.published_at)
        list(checking_translations.check())
        with CaptureQueriesContext(connection) as captured:
            assert len(list(checking_translations.check())) >= 3 * rows
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_an_interface_message_without_its_translation_ends_the_check_with_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.undo()
    for language in ("ar", "fr", "nl"):
        path = catalogues.catalogue_path(language, tmp_path)
        path.parent.mkdir(parents=True)
        path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Yes"\nmsgstr "x"\n')
    faults_of = catalogues.faults_of
    monkeypatch.setattr(catalogues, "faults_of", lambda language: faults_of(language, tmp_path))
    assert found() == []
    path.write_text(path.read_text() + '\n#, fuzzy\nmsgid "No"\nmsgstr "y"\n\nmsgid "Now"\nmsgstr ""\n')
    assert [(one.language, one.about, one.note) for one in checking_translations.interface()] == [
        ("nl", "'No'", "fuzzy"),
        ("nl", "'Now'", "not translated"),
    ]
    with pytest.raises(CommandError, match="interface 2"):
        said()
    shutil.rmtree(tmp_path / "locale" / "ar")
    assert ("interface", "ar", "") in found()


def test_the_demonstration_is_whole_and_avoids_what_is_to_be_avoided():
    retold_on(date(2026, 11, 24))
    glossary_file.load()
    assert "interface 0; incomplete 0; avoid 0; " in said()
