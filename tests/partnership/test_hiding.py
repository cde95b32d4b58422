"""Either commune hides a published text at once; the public reads a fixed notice in its place, in the three languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from evaluation.models import Indicator
from partnership import hiding, publishing
from partnership.models import Change, Hiding, Message, Role
from partnership.models.hiding import notice
from projects.models import ActionPlan, Activity, Involvement, Project
from tests.at_once import ROUNDS, at_once, refused
from tests.constraints import Case, assert_refused
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import coordinator, ratify, signatory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    MeasurementFactory,
    ProjectFactory,
)
from tests.factories_register import proposed_plan
from tests.pages import LANGUAGES, Page
from tests.staff import queries, sent, staff

pytestmark = pytest.mark.django_db
WHY = "Une personne y est reconnaissable."


@pytest.fixture
def protocol():
    return ProtocolFactory()


@pytest.fixture
def project(protocol):
    return ProjectFactory(protocol=protocol, published=True)


def member(protocol: Any, position: int, role: str) -> Any:
    """Someone with a mandate of one of the communes."""
    return MembershipFactory(
        protocol=protocol, organisation=protocol.parties.get(position=position).organisation, role=role
    )


def hide(record: Any, field: str, by: Any = None) -> Any:
    """The act, with a reason."""
    by = by or coordinator(hiding.protocol_of(record), 1)
    return hiding.hide(record, field, by=by, reason=WHY, language="fr")


# The constraints ------------------------------------------------------------------------------------------------------


def hidden(**values: Any) -> Any:
    """A hiding as a row."""
    record = values.pop("record", None) or ProjectFactory()
    by = coordinator(record.protocol, 1)
    given = {
        "record": record,
        "field": "summary",
        "by": by,
        "at": timezone.now(),
        "reason": WHY,
        "reason_language": "fr",
    }
    return Hiding.objects.create(protocol=record.protocol, organisation=by.organisation, **{**given, **values})


def hidden_twice(**values: Any) -> Any:
    record = ProjectFactory()
    return [hidden(record=record, **values), hidden(record=record)]


CASES = (
    Case("hiding_has_reason", hidden, lambda: hidden(reason="")),
    Case(
        "hiding_one_open",
        lambda: hidden_twice(lifted_at=timezone.now(), lifted_by=coordinator(ProtocolFactory(), 1)),
        hidden_twice,
    ),
    Case(
        "hiding_lifted_by_someone",
        lambda: hidden(lifted_at=timezone.now(), lifted_by=coordinator(ProtocolFactory(), 1)),
        lambda: hidden(lifted_at=timezone.now()),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_constraint_lets_pass_what_satisfies_it_and_refuses_what_breaks_it(case):
    case.holds()
    assert_refused(case)


# Reading --------------------------------------------------------------------------------------------------------------


def test_the_public_reads_the_notice_in_its_own_language_and_the_columns_stay(project):
    hide(project, "summary")
    read = Project.objects.published().get()
    assert [getattr(read, f"summary_{code}") for code in LANGUAGES] == [notice(code) for code in LANGUAGES]
    assert read.title_fr == project.title_fr
    assert Project.objects.get().summary_fr == project.summary_fr


@pytest.mark.parametrize(
    ("factory", "field", "reading"),
    [
        (ActivityFactory, "title", Activity.objects.published),
        (IndicatorFactory, "unit", Indicator.objects.published),
    ],
)
def test_the_texts_of_parts_are_hidden_alike(project, factory, field, reading):
    part = factory(project=project)
    hide(part, field)
    assert getattr(reading().get(), f"{field}_nl") == notice("nl")


def test_what_came_with_a_record_is_covered_too(project):
    plan = ActionPlanFactory(protocol=project.protocol, published=True)
    project.plan = plan
    project.save()
    ActivityFactory(project=project)
    hide(plan, "title")
    hide(project, "title")
    hide(project.activities.get(), "title")
    [read] = Project.objects.published().select_related("plan").prefetch_related("activities")
    assert read.plan.title_fr == read.activities.all()[0].title_fr == notice("fr")
    [part] = Involvement.objects.published().select_related("project")[:1]
    assert part.project.title_fr == notice("fr")
    assert [one.title_fr for one in Project.objects.published().iterator()] == [notice("fr")]


def test_a_later_save_from_an_older_copy_does_not_show_the_text_again(project):
    older = Project.objects.get()
    hide(project, "summary")
    older.people_expected = 7
    older.save()
    assert Project.objects.get().hidden == ("summary",)


def test_what_was_read_with_the_notice_is_never_written(project):
    hide(project, "summary")
    with pytest.raises(TypeError):
        Project.objects.published().get().save()


def test_hidden_texts_are_not_read_past_the_notice_as_values(project):
    for names in ((), ("summary_fr",), ("plan__title",)):
        with pytest.raises(TypeError):
            list(Project.objects.published().values(*names))
    assert list(Project.objects.published().values_list("code", flat=True)) == [project.code]


def test_a_search_for_a_hidden_word_finds_nothing_and_the_sort_leaves_it_out(protocol):
    project = ProjectFactory(protocol=protocol, published=True, summary_fr="Le mot caché est Zellige.")
    assert Project.objects.published().matching("zellige", "fr").exists()
    by = coordinator(protocol, 2)
    hide(project, "summary", by)
    assert not Project.objects.published().matching("zellige", "fr").exists()
    project = Project.objects.get()
    project.people_expected = 9
    project.save()
    assert not Project.objects.published().matching("zellige", "fr").exists()
    hiding.show(project, "summary", by=by)
    assert Project.objects.published().matching("zellige", "fr").exists()


def test_a_page_with_hidden_texts_costs_no_query_more(client: Client, project):
    ActivityFactory(project=project, done=True)
    before = queries(client, f"/fr/projects/{project.code}/")
    hide(project, "summary")
    hide(project.activities.get(), "happened")
    assert queries(client, f"/fr/projects/{project.code}/") == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_the_notice_as_a_notice_and_never_inside_an_attribute(client: Client, project, language):
    ActivityFactory(project=project, done=True, training=True)
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    BudgetLineFactory(project=project)
    ExchangeRateFactory(protocol=project.protocol)
    for record in (project, *hiding_parts(project)):
        for field in hiding.public_texts(type(record)):
            hide(record, field)
    for path in ("", "projects/", "partners/", f"projects/{project.code}/"):
        source = client.get(f"/{language}/{path}").content.decode()
        assert "hidden-text" not in "".join(open_tags_without_spans(source))
        assert "hidden-text" in source or path == "partners/"
    page = Page(client.get(f"/{language}/projects/{project.code}/"))
    assert str(notice(language)) in page.words
    assert getattr(project, f"title_{language}") not in page.source


def hiding_parts(project: Any) -> list[Any]:
    return [
        *project.activities.all(),
        *project.indicators.all(),
        *project.budget_lines.all(),
        *project.involvements.all(),
    ]


def open_tags_without_spans(source: str) -> list[str]:
    """Attributes of a page in which markup stands, and the title."""
    import re

    return [*re.findall(r'="[^"]*<[^"]*"', source), *re.findall(r"<title>.*?</title>", source, re.DOTALL)]


def test_the_register_names_what_was_decided_about_by_the_notice(client: Client, protocol):
    """The entry itself stays as it was entered; the link to the page of today goes by what that page says."""
    from transparency.presentation import entry

    ratify(protocol)
    decision = proposed_plan(protocol)
    hide(ActionPlan.objects.get(), "title")
    found = entry._subject(decision)
    assert found is not None
    assert found.name in {notice(code) for code in LANGUAGES}


# The act --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.EDITOR, Role.SIGNATORY])
@pytest.mark.parametrize("position", [1, 2])
def test_either_commune_alone_hides_and_either_shows_again(project, role, position):
    by = member(project.protocol, position, role)
    other = member(project.protocol, 3 - position, role)
    hide(project, "title", by)
    assert Project.objects.get().hidden == ("title",)
    hiding.show(project, "title", by=other)
    assert Project.objects.get().hidden == ()
    [kept] = Hiding.objects.all()
    assert (kept.by, kept.lifted_by, kept.reason) == (by, other, WHY)


@pytest.mark.parametrize("role", [Role.EVALUATOR, Role.OBSERVER])
def test_who_neither_edits_coordinates_nor_signs_hides_nothing(project, role):
    with pytest.raises(ValidationError):
        hide(project, "title", member(project.protocol, 1, role))
    partner = MembershipFactory(protocol=project.protocol, organisation=OrganisationFactory(), role=Role.EDITOR)
    with pytest.raises(ValidationError):
        hide(project, "title", partner)
    with pytest.raises(ValidationError):
        hide(project, "title", coordinator(ProtocolFactory(), 1))


@pytest.mark.parametrize("field", ["search_fr", "code", "dac_sector", "nothing"])
def test_only_a_text_that_the_public_reads_can_be_hidden(project, field):
    with pytest.raises(ValidationError):
        hide(project, field)


def test_hiding_needs_a_reason_and_something_public(protocol, project):
    by = coordinator(protocol, 1)
    with pytest.raises(ValidationError):
        hiding.hide(project, "title", by=by, reason=" \u200f", language="fr")
    with pytest.raises(ValidationError):
        hiding.hide(project, "title", by=by, reason=WHY, language="de")
    with pytest.raises(ValidationError):
        hide(ProjectFactory(protocol=protocol), "title", by)
    assert not Hiding.objects.exists()


def test_hiding_what_is_hidden_is_harmless(project):
    first = hide(project, "title")
    assert hide(project, "title", coordinator(project.protocol, 2)) == first
    assert Hiding.objects.count() == 1
    hiding.show(project, "title", by=coordinator(project.protocol, 2))
    hiding.show(project, "title", by=coordinator(project.protocol, 2))


def test_a_text_that_a_decision_holds_fast_can_be_hidden_and_the_decision_still_stands(protocol):
    ratify(protocol)
    decision = proposed_plan(protocol)
    plan = ActionPlan.objects.get()
    hide(plan, "introduction")
    assert ActionPlan.objects.published().get().introduction_ar == notice("ar")
    from partnership import decisions, locks

    locks.check(plan)
    kind = decisions.kind(decision.kind)
    assert decisions.content_now(kind, ActionPlan.objects.get(), decision.data["terms"]) == decision.binding


def test_the_history_and_the_version_of_the_root_know_it(project):
    activity = ActivityFactory(project=project)
    before = Project.objects.get().version
    hide(activity, "title")
    assert Project.objects.get().version == before + 1
    change = Change.objects.of(activity).first()
    assert change.data == {"hidden_fields": [None, "title"]}


def test_the_other_communes_coordinators_are_told_and_only_they(project):
    protocol = project.protocol
    by, own, signs = coordinator(protocol, 1), coordinator(protocol, 1), signatory(protocol, 2)
    other = coordinator(protocol, 2)
    hide(project, "title", by)
    assert set(Message.objects.values_list("recipient", flat=True)) == {other.user.email}
    assert own.user.email != signs.user.email
    hiding.show(project, "title", by=other)
    assert set(Message.objects.filter(key__contains=":shown:").values_list("recipient", flat=True)) == {
        by.user.email,
        own.user.email,
    }


def test_a_hidden_text_stays_hidden_when_the_record_is_published_again(project):
    hide(project, "title")
    publishing.withdraw(project, by=None)
    publishing.publish(project, by=None)
    assert Project.objects.published().get().title_fr == notice("fr")


# The page -------------------------------------------------------------------------------------------------------------


def test_the_page_lists_every_public_text_and_hides_with_a_reason(project):
    activity = ActivityFactory(project=project, done=True)
    browser = staff(project.protocol, 2, "editor")
    address = f"/fr/admin/hiding/projects.project/{project.pk}/"
    page = Page(browser.get(address))
    assert project.summary_fr in page.words
    assert activity.happened_fr in page.words
    key = f"projects.activity:{activity.pk}:happened"
    answer = sent(browser, f"{address}?text={key}", words=WHY)
    assert answer.status_code == 302
    assert Activity.objects.published().get().happened_fr == notice("fr")
    assert WHY in Page(browser.get(address)).words
    assert browser.post(address, {"text": key, "show": "1"}).status_code == 302
    assert Activity.objects.published().get().happened_fr == activity.happened_fr


def test_the_page_of_a_project_lists_its_indicators_too_and_theirs_leads_to_it(project):
    indicator = IndicatorFactory(project=project, protocol=project.protocol)
    client = staff(project.protocol)
    page = client.get(f"/fr/admin/hiding/projects.project/{project.pk}/")
    assert indicator in [row for row, _texts in page.context["rows"]]
    assert client.get(f"/fr/admin/hiding/evaluation.indicator/{indicator.pk}/").context["record"] == project


def test_a_refusal_keeps_what_was_typed(project):
    browser = staff(project.protocol)
    address = f"/fr/admin/hiding/projects.project/{project.pk}/?text=projects.project:{project.pk}:title"
    answer = sent(browser, address, words="", language="nl")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="nl" selected' in page
    assert Project.objects.get().hidden == ()


def test_the_forms_of_staff_lead_there_and_say_what_is_hidden(project):
    browser = staff(project.protocol)
    form = f"/fr/admin/projects/project/{project.pk}/change/"
    address = f"/fr/admin/hiding/projects.project/{project.pk}/"
    assert address in browser.get(form).content.decode()
    assert "hidden-note" not in browser.get(form).content.decode()
    hide(project, "title")
    assert "hidden-note" in browser.get(form).content.decode()
    draft = ProjectFactory(protocol=project.protocol)
    assert "/admin/hiding/" not in browser.get(f"/fr/admin/projects/project/{draft.pk}/change/").content.decode()


def test_the_page_asks_the_same_few_questions_however_many_parts(project):
    browser = staff(project.protocol)
    address = f"/fr/admin/hiding/projects.project/{project.pk}/"
    ActivityFactory(project=project)
    before = queries(browser, address)
    for _each in range(5):
        ActivityFactory(project=project)
    assert queries(browser, address) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_both_communes_hide_the_same_text_at_the_same_instant():
    for _round in range(ROUNDS):
        project = ProjectFactory(published=True)
        both = [coordinator(project.protocol, position) for position in (1, 2)]
        copies = [Project.objects.get(pk=project.pk) for _each in both]
        results = at_once(
            *(lambda by=by, copy=copy: hide(copy, "title", by) for by, copy in zip(both, copies, strict=True))
        )
        assert refused(results) == []
        assert Hiding.objects.open().of(project).count() == 1
        assert Project.objects.get(pk=project.pk).hidden == ("title",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_texts_hidden_at_the_same_instant_are_both_hidden():
    for _round in range(ROUNDS):
        project = ProjectFactory(published=True)
        one, two = (coordinator(project.protocol, position) for position in (1, 2))
        first, second = (Project.objects.get(pk=project.pk) for _each in range(2))
        at_once(lambda: hide(first, "title", one), lambda: hide(second, "summary", two))  # noqa: B023
        assert Project.objects.get(pk=project.pk).hidden == ("summary", "title")
