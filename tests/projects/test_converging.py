"""Which initiatives of others overlap with a project, and what keeps its decision from opening (clause F4.1, I5)."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnership import clock, drafting
from partnership.models import Change, User
from projects import converging
from projects.converging import Answer, Asked
from projects.models import Convergence, Initiative, Project
from tests.at_once import ROUNDS, at_once
from tests.factories import MembershipFactory, ProtocolFactory, first_commune
from tests.factories_planning import ConvergenceFactory, InitiativeFactory, ReadyProjectFactory, other_commune

THREE = {"ar": "تنسيق", "fr": "Coordonné", "nl": "Afgestemd"}
NOTHING = {"ar": "", "fr": "", "nl": ""}


@pytest.fixture
def project(db: Any) -> Any:
    """In the first commune, in basic life skills, from 2024 to 2026."""
    return ReadyProjectFactory(dac_sector="11230")


def initiative(project: Project, *parties: Any, **said: Any) -> Initiative:
    made: Initiative = InitiativeFactory(protocol=project.protocol, **said)
    made.territories.set(parties or [first_commune(project.protocol)])
    return made


def editor(project: Project, position: int = 1) -> User:
    commune = project.protocol.parties.get(position=position).organisation
    user: User = MembershipFactory(protocol=project.protocol, organisation=commune, role="editor").user
    return user


def codes(project: Project) -> list[str]:
    return [str(refusal.code) for refusal in converging.against(project)]


# What overlaps


@pytest.mark.parametrize(
    ("said", "overlaps"),
    [
        ({}, True),
        ({"dac_sector": "11231"}, True),
        ({"dac_sector": "11330"}, False),
        ({"dac_sector": ""}, True),
        ({"starts_on": datetime.date(2026, 12, 31), "ends_on": None}, True),
        ({"starts_on": datetime.date(2027, 1, 1), "ends_on": None}, False),
        ({"starts_on": None, "ends_on": datetime.date(2023, 12, 31)}, False),
        ({"starts_on": None, "ends_on": datetime.date(2024, 1, 1)}, True),
        ({"starts_on": None, "ends_on": None}, True),
    ],
)
def test_it_overlaps_in_sector_and_time(project: Project, said: dict[str, Any], overlaps: bool):
    made = initiative(project, **said)
    assert list(converging.proposals(project)) == ([made] if overlaps else [])


def test_it_overlaps_in_territory(project: Project):
    other = other_commune(project.protocol)
    there = initiative(project, other)
    here = initiative(project)
    InitiativeFactory(protocol=project.protocol)  # nobody said where
    assert list(converging.proposals(project)) == [here]
    project.territories.set([other])
    assert list(converging.proposals(project)) == [there]
    project.territories.set([other, first_commune(project.protocol)])
    assert set(converging.proposals(project)) == {here, there}


def test_a_project_of_which_nobody_said_where_is_in_both_communes(project: Project):
    project.lead = None
    made = [initiative(project), initiative(project, other_commune(project.protocol))]
    assert set(converging.proposals(project)) == set(made)


def test_a_project_without_sector_or_dates_leaves_nothing_out(project: Project):
    project.dac_sector, project.planned_start, project.planned_end = "", None, None
    made = [
        initiative(project, dac_sector="41010"),
        initiative(project, starts_on=datetime.date(2030, 1, 1), ends_on=None),
    ]
    assert set(converging.proposals(project)) == set(made)


def test_another_protocols_initiatives_are_not_proposed(project: Project):
    elsewhere = ProtocolFactory(hostname="second.example")
    foreign = InitiativeFactory(protocol=elsewhere)
    foreign.territories.set([first_commune(elsewhere)])
    assert not converging.proposals(project).exists()


def test_the_same_purpose_comes_first(project: Project):
    near = initiative(project, dac_sector="11231", starts_on=datetime.date(2025, 1, 1))
    same = initiative(project)
    assert list(converging.proposals(project)) == [same, near]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)), st.integers(0, 2000))
def test_it_overlaps_in_time_exactly_where_a_day_is_common(project: Project, start: datetime.date, length: int):
    end = start + datetime.timedelta(days=length)
    made = initiative(project, starts_on=start, ends_on=end)
    common = start <= datetime.date(2026, 12, 31) and end >= datetime.date(2024, 1, 1)
    assert converging.proposals(project).filter(pk=made.pk).exists() == common


def test_the_queries_do_not_grow_with_the_initiatives(project: Project, django_assert_num_queries: Any):
    for count in (1, 29):
        for _one in range(count):
            initiative(project)
        fresh = Project.objects.get(pk=project.pk)
        with django_assert_num_queries(2):
            assert len(converging.proposals(fresh))
        with django_assert_num_queries(3):
            converging.against(fresh)


# What keeps the decision from opening


def test_nobody_found_and_somebody_asked_lets_the_decision_open(project: Project):
    assert converging.against(project) == []


@pytest.mark.parametrize(
    "said",
    [
        {"convergence_asked_nl": ""},
        {"convergence_asked_on": None},
        {"convergence_asked_on": datetime.date(2999, 1, 1)},
    ],
)
def test_nobody_found_and_nobody_asked_refuses(project: Project, said: dict[str, Any]):
    for name, value in said.items():
        setattr(project, name, value)
    assert codes(project) == ["I5"]


def test_an_initiative_not_examined_refuses_and_an_examined_one_does_not(project: Project):
    made = [initiative(project), initiative(project)]
    (refusal,) = converging.against(project)
    assert "2" in refusal.messages[0]
    for one in made:
        ConvergenceFactory(project=project, initiative=one)
    assert converging.against(project) == []
    assert not converging.unexamined(project).exists()


def test_a_relation_without_a_word_refuses_unless_there_is_none(project: Project):
    relation = ConvergenceFactory(project=project, initiative=initiative(project), agreed_nl="")
    assert codes(project) == ["I5"]
    relation.relation = "unrelated"
    relation.save()
    assert converging.against(project) == []


def test_a_relation_to_one_found_otherwise_needs_nobody_asked(project: Project):
    project.convergence_asked_on = None
    ConvergenceFactory(project=project)
    assert converging.against(project) == []


# Saying how it relates


def seen(relation: str = "", texts: dict[str, str] = NOTHING) -> str:
    return converging.sign_of(relation, texts)


def test_an_answer_is_saved_with_its_history(project: Project):
    made, by = initiative(project), editor(project)
    assert converging.examine(project, [Answer(made.pk, "complements", THREE, seen())], by=by) == {}
    relation = Convergence.objects.get()
    assert (relation.relation, relation.agreed_nl) == ("complements", "Afgestemd")
    assert Change.objects.of(relation).first().by == by
    version = Project.objects.get(pk=project.pk).version
    assert version > project.version
    assert converging.examine(project, [Answer(made.pk, "complements", THREE, seen())], by=by) == {}
    assert Project.objects.get(pk=project.pk).version == version


def test_everything_or_nothing(project: Project):
    good, bad = initiative(project), initiative(project)
    answers = [Answer(good.pk, "complements", THREE, seen()), Answer(bad.pk, "", THREE, seen())]
    assert set(converging.examine(project, answers, by=editor(project))) == {bad.pk}
    assert not Convergence.objects.exists()


def test_what_somebody_wrote_meanwhile_is_told_and_not_overwritten(project: Project):
    made = initiative(project)
    opened = seen()
    converging.examine(project, [Answer(made.pk, "complements", THREE, opened)], by=editor(project))
    mine = {**THREE, "fr": "Autre chose"}
    against = converging.examine(project, [Answer(made.pk, "overlaps", mine, opened)], by=editor(project, 2))
    assert against[made.pk].error_list[0].code == "version"
    assert "Coordonné" in against[made.pk].messages[0]
    assert Convergence.objects.get().relation == "complements"
    again = Answer(made.pk, "overlaps", mine, seen("complements", THREE))
    assert converging.examine(project, [again], by=editor(project, 2)) == {}
    assert Convergence.objects.get().relation == "overlaps"


def test_an_initiative_of_another_protocol_is_refused(project: Project):
    foreign = InitiativeFactory(protocol=ProtocolFactory(hostname="second.example"))
    assert foreign.pk in converging.examine(
        project, [Answer(foreign.pk, "complements", THREE, seen())], by=editor(project)
    )


def test_who_was_asked_is_saved_and_no_day_to_come(project: Project):
    by = editor(project)
    sign = converging.sign_of(project.convergence_asked_on, converging.asked_of(project))
    day = clock.today(project.protocol)
    assert converging.examine(project, [], Asked(THREE, day + datetime.timedelta(days=1), sign), by=by).keys() == {None}
    assert converging.examine(project, [], Asked(THREE, day, "stale"), by=by).keys() == {None}
    assert converging.examine(project, [], Asked(THREE, day, sign), by=by) == {}
    project.refresh_from_db()
    assert (project.convergence_asked_fr, project.convergence_asked_on) == ("Coordonné", day)


def test_of_a_public_project_a_later_text_waits_for_its_other_languages(project: Project):
    public = ReadyProjectFactory(published=True)
    made, by = initiative(public), editor(public)
    converging.examine(public, [Answer(made.pk, "complements", THREE, seen())], by=by)
    relation = Convergence.objects.get(project=public)
    assert Convergence.objects.published().filter(pk=relation.pk).exists()
    later = {**THREE, "fr": "Coordonné chaque mois"}
    converging.examine(public, [Answer(made.pk, "complements", later, seen("complements", THREE))], by=by)
    relation.refresh_from_db()
    assert relation.agreed_fr == "Coordonné"
    assert drafting.text_of(relation, "agreed_fr") == "Coordonné chaque mois"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_both_communes_examine_one_initiative_at_the_same_instant():
    project = ReadyProjectFactory(dac_sector="11230")
    people = [editor(project, 1), editor(project, 2)]
    for _round in range(min(ROUNDS, 4)):
        made = initiative(project)
        answers = [Answer(made.pk, "complements", THREE, seen()), Answer(made.pk, "overlaps", THREE, seen())]
        done = at_once(
            *[partial(converging.examine, project, [one], by=by) for one, by in zip(answers, people, strict=True)]
        )
        assert sorted(len(against) for against in done) == [0, 1]
        assert Convergence.objects.filter(initiative=made).count() == 1
