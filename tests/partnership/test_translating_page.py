"""The pages of translating: the queue, a record's texts side by side, and saving them without losing anybody's."""

from __future__ import annotations

import datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from partnership import differences, drafting, history, translation_queue
from partnership.models import Change, Term, TextStanding, TextState, User
from tests.factories import OrganisationFactory, ProtocolFactory, TermFactory, UserFactory
from tests.factories_decisions import open_ratification
from tests.factories_programme import ActivityFactory, IndicatorFactory, ProjectFactory
from tests.staff import fields_of, queries, staff

pytestmark = pytest.mark.django_db
LATER = "Le personnel apprend à préparer un projet avec les associations locales et les écoles."
DUTCH = "Het personeel leert een project voorbereiden met de lokale verenigingen en de scholen."
ARABIC = "يتعلم الموظفون إعداد مشروع مع الجمعيات المحلية والمدارس."


@pytest.fixture(autouse=True)
def in_french(db: None) -> Any:
    """Of several languages written at once, the writer's own is the source."""
    with translation.override("fr"), history.acting(UserFactory()):
        yield


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def client(protocol: Any) -> Client:
    return staff(protocol, 2, "editor")


@pytest.fixture
def project(protocol: Any) -> Any:
    """Written in French; complete."""
    return ProjectFactory(protocol=protocol)


def address(record: Any, language: str = "fr") -> str:
    return f"/{language}/admin/translate/{record._meta.label_lower}/{record.pk}/"


def name(record: Any, column: str) -> str:
    return f"{record._meta.label_lower}:{record.pk}:{column}"


def typed(client: Client, record: Any, *, button: str = "_save", opened: Any = None, **texts: str) -> Any:
    """The page opened (or as it was opened before), something typed into it, a button pressed."""
    fields = dict(fields_of(client.get(address(record)).content.decode()) if opened is None else opened)
    for key in ("_save", "_next", "_publish", "_still_right"):
        fields.pop(key, None)
    fields |= {(column if ":" in column else name(record, column)): text for column, text in texts.items()}
    return client.post(address(record), {**fields, button: "1"})


def opened(client: Client, record: Any) -> dict[str, Any]:
    return fields_of(client.get(address(record)).content.decode())


def standings(record: Any, field: str = "summary") -> dict[str, str]:
    rows = TextState.objects.of(record).filter(field=field)
    return {state.language: state.standing for state in rows}


def correct(record: Any, **texts: str) -> None:
    """Somebody writes these texts in the form, in French."""
    fresh = type(record).objects.get(pk=record.pk)
    drafting.write(fresh, texts, by=None)


# The queue ------------------------------------------------------------------------------------------------------------


def test_the_queue_names_each_record_with_its_languages_and_its_day(client: Client, project: Any):
    correct(project, summary_fr=LATER)
    ActivityFactory(project=project, title_nl="")
    [entry] = client.get("/fr/admin/translate/").context["entries"]
    assert entry.record == project
    assert (entry.missing, entry.stale) == ({"nl": 1}, {"ar": 1, "nl": 1})
    assert entry.due == timezone.localdate() + datetime.timedelta(days=14)


def test_the_days_to_translate_are_the_protocols_own(client: Client, protocol: Any, project: Any):
    protocol.translation_days = 3
    protocol.save()
    correct(project, summary_fr=LATER)
    [entry] = client.get("/fr/admin/translate/").context["entries"]
    assert entry.due == timezone.localdate() + datetime.timedelta(days=3)


def test_what_is_late_says_so(client: Client, project: Any):
    correct(project, summary_fr=LATER)
    TextState.objects.to_translate().update(since=timezone.now() - datetime.timedelta(days=15))
    assert 'class="task-when late"' in client.get("/fr/admin/translate/").content.decode()


def test_the_queue_can_be_narrowed_to_a_language_and_to_what_is_wrong(client: Client, protocol: Any, project: Any):
    correct(project, summary_fr=LATER)
    other = ProjectFactory(protocol=protocol, title_nl="")
    page = client.get("/fr/admin/translate/?language=nl&standing=missing").context
    assert [entry.record for entry in page["entries"]] == [other]
    assert [choice.count for choice in page["by_language"]] == [1, 0, 0, 1]
    assert client.get("/fr/admin/translate/?language=ar").context["entries"][0].record == project
    assert len(client.get("/fr/admin/translate/?language=xx&p=no").context["entries"]) == 2


def test_nothing_of_another_protocol_stands_in_the_queue_or_on_a_page(client: Client):
    theirs = ProjectFactory(protocol=ProtocolFactory(hostname="second.example"), title_nl="")
    assert client.get("/fr/admin/translate/").context["entries"] == []
    assert client.get(address(theirs)).status_code == 404


def test_what_all_protocols_share_stands_in_the_queue_too(client: Client):
    shared = OrganisationFactory()
    drafting.write(shared, {"name_fr": "Un nom plus clair"}, by=None)
    assert address(shared) in client.get("/fr/admin/translate/").content.decode()


def test_who_may_not_change_the_programme_finds_no_queue_and_no_page(protocol: Any, project: Any):
    observer = staff(protocol, 1, "observer")
    assert observer.get("/fr/admin/translate/").status_code == 404
    assert observer.get(address(project)).status_code == 403


def test_a_withdrawn_record_waits_for_nobody(client: Client, protocol: Any):
    ProjectFactory(protocol=protocol, title_nl="", publishing_state="withdrawn")
    assert client.get("/fr/admin/translate/").context["entries"] == []


def test_the_queue_costs_the_same_for_one_record_and_for_thirty(client: Client, protocol: Any):
    ProjectFactory(protocol=protocol, title_nl="")
    one = queries(client, "/fr/admin/translate/")
    for _number in range(29):
        ProjectFactory(protocol=protocol, title_nl="", involved=[])
    assert queries(client, "/fr/admin/translate/") == one


def test_ten_thousand_waiting_texts_cost_no_query_more_and_are_found_by_the_index(
    client: Client, protocol: Any, project: Any
):
    correct(project, summary_fr=LATER)
    few = queries(client, "/fr/admin/translate/")
    kind = ContentType.objects.get_for_model(project)
    rows = (
        TextState(
            content_type=kind,
            object_id=str(number),
            root_type=kind,
            root_id=str(number),
            protocol=protocol,
            field="summary",
            language="nl",
            standing="missing" if number % 40 == 0 else "current",
            since=timezone.now() if number % 40 == 0 else None,
        )
        for number in range(100_000, 110_000)
    )
    TextState.objects.bulk_create(rows)
    assert queries(client, "/fr/admin/translate/") == few
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE partnership_textstate")
    waiting = translation_queue.waiting(User.objects.filter(memberships__protocol=protocol)[0], protocol)
    assert "textstate_to_translate" in waiting.filter(language="nl").explain()


# Side by side ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_text_of_the_record_and_its_parts_in_three_columns(client: Client, project: Any):
    activity = ActivityFactory(project=project)
    indicator = IndicatorFactory(protocol=project.protocol, project=project)
    sheet = client.get(address(project)).context["sheet"]
    assert {project, activity, indicator, *project.involvements.all()} == set(sheet.records)
    assert all([cell.language for cell in text.cells] == ["ar", "fr", "nl"] for text in sheet.texts)


def test_the_glossarys_words_stand_beside_each_other_and_are_not_translated(client: Client):
    assert client.get(address(TermFactory())).status_code == 404


def test_a_part_leads_on_to_the_page_of_its_root(client: Client, project: Any):
    activity = ActivityFactory(project=project)
    assert client.get(address(activity))["Location"] == f"{address(project)}#of-activity-{activity.pk}"


def test_the_page_costs_the_same_however_many_texts_there_are(client: Client, project: Any):
    ActivityFactory(project=project)
    few = queries(client, address(project))
    for _number in range(10):
        ActivityFactory(project=project)
    assert queries(client, address(project)) == few


def test_what_changed_in_the_source_is_marked_and_told_to_screen_readers(client: Client, project: Any):
    correct(project, summary_fr=LATER)
    html = unescape(client.get(address(project)).content.decode())
    assert '<mark class="new">' in html
    assert '<ins><span class="visually-hidden"' in html
    assert '<del><span class="visually-hidden"' in html


def test_the_difference_holds_every_word_of_both_versions():
    before, after = "un deux trois quatre", "un deux cinq quatre six"
    told = differences.difference(before, after)
    assert "".join(change.text for change in told if change.kind != "del") == after
    assert "".join(change.text for change in told if change.kind != "ins") == before


def test_terms_of_the_source_stand_beside_it_and_words_to_avoid_are_named(client: Client, project: Any):
    Term.objects.create(word_ar="جماعة", word_fr="personnel", word_nl="personeel")
    Term.objects.create(word_fr="projet", use="avoid", note="Dire « action ».")
    page = client.get(address(project))
    assert [term.word_fr for term, _words in page.context["terms"]] == ["personnel"]
    assert "Dire « action »." in page.content.decode()


# Saving ---------------------------------------------------------------------------------------------------------------


def test_all_texts_of_a_page_are_saved_together_as_translations(client: Client, project: Any):
    activity = ActivityFactory(project=project)
    correct(project, summary_fr=LATER)
    answer = typed(client, project, summary_nl=DUTCH, **{name(activity, "title_nl"): "Een ander atelier"})
    assert answer.status_code == 302
    project.refresh_from_db()
    activity.refresh_from_db()
    assert (project.summary_nl, activity.title_nl) == (DUTCH, "Een ander atelier")
    assert standings(project) == {"ar": "stale", "fr": "source", "nl": "current"}
    assert standings(activity, "title")["fr"] == "source"
    assert Change.objects.of(project).first().by_id == int(client.session["_auth_user_id"])


def test_a_corrected_source_makes_the_others_stale_but_not_those_written_with_it(client: Client, project: Any):
    typed(client, project, summary_fr=LATER, summary_nl=DUTCH)
    assert standings(project) == {"ar": "stale", "fr": "source", "nl": "current"}


def test_still_right_clears_the_mark_without_retyping(client: Client, project: Any):
    correct(project, summary_fr=LATER)
    fields = opened(client, project)
    client.post(address(project), {**fields, "_still_right": name(project, "summary_nl")})
    assert standings(project)["nl"] == TextStanding.CURRENT


def test_still_right_is_not_believed_of_a_source_nobody_saw(client: Client, project: Any):
    correct(project, summary_fr=LATER)
    fields = opened(client, project)
    correct(project, summary_fr=f"{LATER} Encore.")
    answer = client.post(address(project), {**fields, "_still_right": name(project, "summary_nl")})
    assert answer.status_code == 422
    assert standings(project)["nl"] == TextStanding.STALE


@pytest.mark.parametrize("text", ["   ", "...", "…", "-"])
def test_what_says_nothing_is_refused_at_its_cell_and_everything_typed_is_kept(client: Client, project: Any, text: str):
    answer = typed(client, project, summary_nl=text, summary_ar=ARABIC)
    assert answer.status_code == 422
    [cell] = answer.context["troubled"]
    assert (cell.column, cell.shown) == ("summary_nl", text)
    assert ARABIC in answer.content.decode()
    project.refresh_from_db()
    assert project.summary_ar != ARABIC


def test_the_same_text_in_two_languages_is_asked_about_and_kept_once_confirmed(client: Client, project: Any):
    answer = typed(client, project, summary_nl=project.summary_fr)
    assert answer.status_code == 422
    assert answer.context["troubled"][0].question
    sure = {f"sure:{name(project, 'summary_nl')}": "1"}
    assert typed(client, project, summary_nl=project.summary_fr, **sure).status_code == 302
    project.refresh_from_db()
    assert project.summary_nl == project.summary_fr


def test_a_text_too_long_is_refused_at_its_cell(client: Client, project: Any):
    answer = typed(client, project, title_nl="woord " * 60)
    assert answer.status_code == 422
    assert answer.context["troubled"][0].column == "title_nl"


def test_what_a_decision_holds_fast_is_shown_with_it_and_not_changed(protocol: Any):
    decision = open_ratification(protocol)
    client = staff(protocol, 1)
    page = client.get(address(protocol)).content.decode()
    assert 'class="shut"' in page
    assert decision.number in page
    assert name(protocol, "title_nl") not in opened(client, protocol)
    answer = typed(client, protocol, title_nl="Een ander protocol")
    assert answer.status_code == 422
    [cell] = answer.context["troubled"]
    assert decision.number in str(cell.errors)
    protocol.refresh_from_db()
    assert protocol.title_nl != "Een ander protocol"


def test_a_text_that_a_record_is_never_without_is_not_emptied(client: Client, protocol: Any):
    answer = typed(client, protocol, title_nl="")
    assert answer.status_code == 422
    assert answer.context["troubled"][0].column == "title_nl"


# Two people -----------------------------------------------------------------------------------------------------------


def test_what_only_one_of_two_changed_is_taken_over(client: Client, project: Any):
    fields = opened(client, project)
    correct(project, title_nl="Een andere titel van de collega")
    assert typed(client, project, opened=fields, summary_nl=DUTCH).status_code == 302
    project.refresh_from_db()
    assert (project.title_nl, project.summary_nl) == ("Een andere titel van de collega", DUTCH)


def test_where_two_changed_one_text_a_person_chooses_and_nothing_is_lost(client: Client, project: Any):
    fields = opened(client, project)
    correct(project, summary_nl="Wat de collega schreef over het project.")
    answer = typed(client, project, opened=fields, summary_nl=DUTCH, summary_ar=ARABIC)
    assert answer.status_code == 409
    project.refresh_from_db()
    assert project.summary_nl == "Wat de collega schreef over het project."
    html = answer.content.decode()
    assert all(text in html for text in (DUTCH, ARABIC, "Wat de collega schreef over het project."))
    choice = {**fields_of(html), f"keep:{name(project, 'summary_nl')}": "mine"}
    assert client.post(address(project), choice).status_code == 302
    project.refresh_from_db()
    assert (project.summary_nl, project.summary_ar) == (DUTCH, ARABIC)


def test_theirs_or_a_third_text_can_be_kept(client: Client, project: Any):
    first, later = "Dit schreef de collega.", "Dit schreef de collega later."
    for kept, theirs, expected in (("theirs", first, first), ("rewrite", later, "Een derde tekst.")):
        fields = opened(client, project)
        correct(project, summary_nl=theirs)
        choice = fields_of(typed(client, project, opened=fields, summary_nl=f"{DUTCH} {kept}").content.decode())
        key = name(project, "summary_nl")
        client.post(address(project), {**choice, f"keep:{key}": kept, f"rewrite:{key}": "Een derde tekst."})
        project.refresh_from_db()
        assert project.summary_nl == expected


def test_without_a_choice_nothing_is_saved(client: Client, project: Any):
    fields = opened(client, project)
    correct(project, summary_nl="Wat de collega schreef.")
    page = typed(client, project, opened=fields, summary_nl=DUTCH)
    again = {key: value for key, value in fields_of(page.content.decode()).items() if not key.startswith("keep:")}
    answer = client.post(address(project), again)
    assert answer.status_code == 409
    assert DUTCH in answer.content.decode()


def test_a_source_that_changed_under_a_translators_hands_is_shown_first(client: Client, project: Any):
    fields = opened(client, project)
    correct(project, summary_fr=LATER)
    answer = typed(client, project, opened=fields, summary_nl=DUTCH)
    assert answer.status_code == 409
    assert LATER in unescape(answer.content.decode())
    assert standings(project)["nl"] == TextStanding.STALE


# Before the public ----------------------------------------------------------------------------------------------------


def test_the_public_reads_the_earlier_text_until_the_three_are_published(client: Client, protocol: Any):
    project = ProjectFactory(protocol=protocol, published=True)
    before = project.summary_fr
    typed(client, project, summary_fr=LATER, summary_nl=DUTCH)
    project.refresh_from_db()
    assert project.summary_fr == before
    page = client.get(address(project))
    assert (len(page.context["waiting"]), page.context["ready"]) == (1, False)
    assert before in unescape(page.content.decode())
    typed(client, project, summary_ar=ARABIC, button="_publish")
    project.refresh_from_db()
    assert (project.summary_fr, project.summary_nl, project.summary_ar) == (LATER, DUTCH, ARABIC)


def test_what_still_keeps_a_record_from_the_public_is_listed(client: Client, protocol: Any):
    project = ProjectFactory(protocol=protocol, title_nl="", involved=[])
    blockers = client.get(address(project)).context["blockers"]
    assert blockers[0].language == "nl"
    assert any("I7" in str(blocker.words) for blocker in blockers)


def test_a_complete_record_is_published_from_the_page(client: Client, project: Any):
    assert typed(client, project, button="_publish").status_code == 302
    project.refresh_from_db()
    assert project.is_published


def test_every_form_with_texts_leads_to_the_page(client: Client, project: Any):
    activity = ActivityFactory(project=project)
    form = client.get(f"/fr/admin/projects/activity/{activity.pk}/change/").content.decode()
    assert f'href="{address(project)}#of-activity-{activity.pk}"' in form
