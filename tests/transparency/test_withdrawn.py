"""A withdrawn record says since when, in the three languages, and nothing else. Persons’ words say their language."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from partnership import publishing
from partnership.models import Document
from projects.models import ActionPlan, Project
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.factories_register import whole_register
from tests.pages import LANGUAGES, Page, leftovers
from tests.staff import staff

pytestmark = pytest.mark.django_db
DAYS = {"ar": "4 ماي 2026", "fr": "4 mai 2026", "nl": "4 mei 2026"}
LATE = timezone.make_aware(datetime.datetime(2026, 5, 4, 0, 30))
"""Half an hour after midnight where the site stands, the day before in UTC."""


def withdrawn(record: Any) -> Any:
    publishing.withdraw(record, by=None)
    type(record)._base_manager.filter(pk=record.pk).update(withdrawn_at=LATE)
    return record


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawn_project_answers_since_when(client: Client, language):
    project = withdrawn(ProjectFactory(published=True))
    answer = client.get(f"/{language}/projects/{project.code}/")
    page = Page(answer)
    assert answer.status_code == 410
    assert DAYS[language] in page.words
    assert getattr(project, f"title_{language}") not in page.source
    assert leftovers(page) == []
    assert len(page.headings) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_was_the_only_one_answers_since_when(client: Client, language):
    plan = withdrawn(ActionPlanFactory(published=True))
    answer = client.get(f"/{language}/action-plan/")
    assert answer.status_code == 410
    assert DAYS[language] in Page(answer).words
    assert getattr(plan, f"title_{language}") not in Page(answer).source


def test_a_withdrawn_plan_stands_in_nobodys_way(client: Client):
    plan = withdrawn(ActionPlanFactory(published=True))
    later = ActionPlanFactory(protocol=plan.protocol, published=True)
    page = Page(client.get("/fr/action-plan/"))
    assert later.title_fr in page.words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawn_file_says_so_in_all_three_languages_whatever_the_browser(client: Client, language):
    document = withdrawn(DocumentFactory(protocol=ProtocolFactory(), public=True, published=True))
    answer = client.get(f"/files/{document.pk}/", headers={"accept-language": language})
    page = Page(answer)
    assert answer.status_code == 410
    assert page.root["lang"] == language
    assert all(day in page.words for day in DAYS.values())
    assert document.title_fr not in page.source
    assert document.file.name.rsplit("/", 1)[-1] not in page.source
    assert page.switch == {code: f"/{code}/" for code in LANGUAGES}


def test_staff_still_open_a_withdrawn_file_and_a_draft_does_not_exist(client: Client):
    document = withdrawn(DocumentFactory(protocol=ProtocolFactory(), public=True, published=True))
    assert staff(document.protocol).get(f"/files/{document.pk}/").status_code == 200
    draft = DocumentFactory(protocol=document.protocol, public=True)
    assert client.get(f"/files/{draft.pk}/").status_code == 404
    Document.objects.filter(pk=document.pk).update(public=False)
    assert client.get(f"/files/{document.pk}/").status_code == 404


def test_what_was_never_public_is_unknown(client: Client):
    protocol = ProtocolFactory()
    ActionPlanFactory(protocol=protocol)
    project = ProjectFactory(protocol=protocol)
    assert client.get("/fr/action-plan/").status_code == 200
    assert client.get(f"/fr/projects/{project.code}/").status_code == 404
    assert not ActionPlan.objects.published().exists()
    assert not Project.objects.published().exists()


@pytest.mark.parametrize(("language", "named"), [("fr", "arabe"), ("nl", "Arabisch"), ("ar", "الهولندية")])
def test_a_persons_words_say_in_which_language_they_were_written(client: Client, language, named):
    whole_register(ProtocolFactory())
    page = Page(client.get(f"/{language}/register/"))
    assert named.casefold() in page.words.casefold()
    assert page.source.count('<blockquote lang="ar" dir="rtl">') >= 1
    assert page.source.count('<blockquote lang="nl" dir="ltr">') >= 1


def test_words_in_the_readers_own_language_need_no_mark(client: Client):
    whole_register(ProtocolFactory())
    page = Page(client.get("/ar/register/"))
    marks = page.source.count("written-in")
    assert 0 < marks < page.source.count('class="words"')
