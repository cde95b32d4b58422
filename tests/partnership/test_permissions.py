"""Rights: one table, the same for both communes [I2], read the same way by every page."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory, override_settings
from django.utils import timezone

from partnership import appointing, decisions, opening, permissions, rights, signing
from partnership.models import ProtocolState, Role
from partnership.rights import ACTIONS, Only, Right, Subject, Who
from tests.factories import DocumentFactory, MembershipFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import approve, open_ratification, ratify, signatory
from tests.factories_programme import ProjectFactory
from tests.factories_rights import CAPACITY, cast, mirrored, open_release, records, two_protocols

pytestmark = pytest.mark.django_db

EDITS = ("add", "change", "delete")
ADMINS = {model._meta.label_lower: own for model, own in admin.site._registry.items()}


def in_state(protocol: Any, state: ProtocolState) -> Any:
    """The protocol as if it were in a state; nothing is saved."""
    protocol.state = state
    return protocol


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Any:
    """Everyone, and a record of everything for each commune: made once, read only."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), transaction.atomic(), media:
        here, there = two_protocols()
        own = records(here)
        yield here, cast(here, there), {**own, "release": (open_release(here, own["transparency.report"][0]),) * 2}
        transaction.set_rollback(True)


# The table ------------------------------------------------------------------------------------------------------------


def test_every_model_of_ours_stands_in_the_table_or_hangs_under_one_that_does():
    assert rights.check_table() == []


def test_a_model_about_which_the_table_says_nothing_is_nobodys():
    assert rights.uncovered(["sessions.session"]) == ["sessions.session"]
    assert rights.lines_for("sessions.session", "view") == ()


def test_a_model_stands_in_one_place_of_the_table_only():
    with pytest.raises(ValueError, match=r"projects\.project"):
        rights.cover(Subject("another", "Another"), "projects.project")


def test_every_act_has_its_words_and_is_granted_to_somebody():
    granted = {act for line in rights.table() for act in line.actions}
    assert granted == set(ACTIONS)


def test_swapping_the_two_communes_changes_nothing(stage: Any):
    """The whole table: each person with each record, own and other, in each state of the protocol."""
    here, people, everything = stage
    unlike = []
    for state in ProtocolState:
        in_state(here, state)
        for label, (first, second) in everything.items():
            for name, person in people.items():
                mirror = people[mirrored(name)]
                for act in ACTIONS:
                    for one, other in ((first, second), (second, first)):
                        mine = permissions.may(person, act, here, record=one)
                        if mine != permissions.may(mirror, act, here, record=other):
                            unlike.append((state, name, act, label))
    assert unlike == []


def test_nobody_without_a_mandate_here_may_do_anything_but_read_what_is_public(stage: Any):
    here, people, everything = stage
    for state in ProtocolState:
        in_state(here, state)
        for name in set(people) - set(CAPACITY):
            for label in everything:
                model = label if "." in label else "partnership.decision"
                allowed = {act for act in ACTIONS if permissions.may(people[name], act, here, model)}
                assert allowed <= {"read"}, (name, label)


def test_when_it_has_ended_nobody_writes_and_everyone_reads_what_they_read(stage: Any):
    here, people, _everything = stage
    labels = [label for models in rights.subjects().values() for label in models]
    for name in set(CAPACITY) - {"administrator"}:
        for label in labels:
            in_state(here, ProtocolState.IN_FORCE)
            seen = permissions.may(people[name], "view", here, label)
            in_state(here, ProtocolState.ENDED)
            allowed = {act for act in ACTIONS if permissions.may(people[name], act, here, label)}
            # to protect a person is never too late, nor to prove what was spent
            assert allowed <= {"view", "read", "hide", "audit"}, (name, label)
            assert ("view" in allowed) is seen


def test_only_editors_of_the_communes_edit_the_programme(stage: Any):
    here, people, _everything = stage
    in_state(here, ProtocolState.IN_FORCE)
    for label in ("projects.project", "projects.budgetline", "evaluation.indicator", "partnership.document"):
        for act in ("add", "change", "publish"):
            who = {CAPACITY.get(name) for name in people if permissions.may(people[name], act, here, label)}
            assert who == {Who.COORDINATOR, Who.EDITOR}, (label, act)


def test_only_a_communes_own_signatory_signs_and_only_what_signatories_sign(stage: Any):
    here, people, everything = stage
    in_state(here, ProtocolState.DRAFT)
    for label, signers in (("partnership.decision", Who.SIGNATORY), ("release", Who.COORDINATOR)):
        decision = everything[label][0]
        assert {
            CAPACITY.get(name) for name in people if permissions.may(people[name], "sign", here, record=decision)
        } == {signers}


def test_each_commune_alone_records_its_deliberations_sets_its_particulars_and_gives_its_keys(stage: Any):
    here, people, everything = stage
    in_state(here, ProtocolState.IN_FORCE)
    for label, act in (
        ("partnership.deliberation", "change"),
        ("partnership.party", "change"),
        ("transparency.reportseries", "change"),
        ("transparency.reportseries", "make"),
        ("transparency.report", "release"),
        ("partnership.membership", "change"),
        ("partnership.user", "change"),
    ):
        own, others = everything[label]
        assert permissions.may(people["coordinator 1"], act, here, record=own), (label, act)
        assert not permissions.may(people["coordinator 1"], act, here, record=others), (label, act)
    for position in (1, 2):
        key = people[f"signatory {position}"].memberships.get()
        assert permissions.may(people[f"coordinator {position}"], "appoint", here, record=key)
        assert not permissions.may(people[f"coordinator {3 - position}"], "appoint", here, record=key)
        assert not permissions.may(people[f"coordinator {position}"], "change", here, record=key)


def test_the_administrator_edits_no_text_enters_nobody_and_holds_no_key(stage: Any):
    here, people, everything = stage
    for state in ProtocolState:
        in_state(here, state)
        for label, (record, _twin) in everything.items():
            allowed = {act for act in ACTIONS if permissions.may(people["administrator"], act, here, record=record)}
            extra = {"partnership.protocol": {"host"}}.get(label, set())
            if label in {"partnership.organisation", "partnership.internationalgoal", "partnership.term"}:
                extra = set(EDITS)
            assert allowed - {"read"} == {"view"} | extra, label


def test_an_administrators_mandate_appoints_nobody():
    protocol = ProtocolFactory()
    member = MembershipFactory(protocol=protocol, user__is_superuser=True)
    key = MembershipFactory(protocol=protocol, role=Role.SIGNATORY)
    assert permissions.may(member.user, "change", protocol)
    assert not permissions.may(member.user, "appoint", protocol, record=key)


@pytest.mark.parametrize("role", Role.values)
def test_the_role_counts_in_a_commune_only(role: str):
    """Whoever else holds a mandate follows and comments, whatever it says [I2]."""
    protocol = ProtocolFactory(programme_body=OrganisationFactory(kind="programme_body"))
    for organisation in (protocol.programme_body, OrganisationFactory()):
        person = MembershipFactory(protocol=protocol, organisation=organisation, role=role).user
        assert {act for act in ACTIONS if act != "read" and permissions.may(person, act, protocol)} == {
            "view",
            "comment",
        }
        assert permissions.roles(person, protocol) == set()


def test_the_acts_ask_for_the_same_roles_as_the_table(stage: Any):
    here, people, _everything = stage
    in_state(here, ProtocolState.IN_FORCE)

    def who_may(act: Any, label: str) -> set[Any]:
        return {CAPACITY.get(name) for name in people if permissions.may(people[name], act, here, label)}

    assert who_may("propose", "partnership.decision") == {Who(role) for role in opening.PROPOSERS}
    assert who_may("withdraw", "partnership.decision") == {Who(role) for role in opening.PROPOSERS}
    assert who_may("appoint", "partnership.membership") == {Who(role) for role in appointing.APPOINTERS}
    assert who_may("sign", "partnership.decision") == {Who(kind.signed_by) for kind in decisions.all_kinds()}


# The mandate ----------------------------------------------------------------------------------------------------------


def test_a_mandate_counts_in_its_own_protocol_only():
    user = MembershipFactory().user
    assert not permissions.may(user, "view", ProtocolFactory(hostname="second.example"))


@pytest.mark.parametrize(
    ("day", "valid"), [("2026-01-31", False), ("2026-02-01", True), ("2026-04-30", True), ("2026-05-01", False)]
)
def test_a_mandate_counts_from_its_first_to_its_last_day(day: str, valid: bool):
    mandate = MembershipFactory(starts_on=datetime.date(2026, 2, 1), ends_on=datetime.date(2026, 4, 30))
    with time_machine.travel(f"{day}T12:00:00Z"):
        assert permissions.may(mandate.user, "view", mandate.protocol) is valid


@pytest.mark.parametrize(("hours", "valid"), [(-1, True), (1, False)])
def test_an_appointment_counts_once_it_is_in_effect_and_no_longer_than_it_is(hours: int, valid: bool):
    moment = timezone.now() + datetime.timedelta(hours=hours)
    begun, ending = MembershipFactory(effective_at=moment), MembershipFactory(ceases_at=moment)
    assert permissions.may(begun.user, "view", begun.protocol) is valid
    assert permissions.may(ending.user, "view", ending.protocol) is not valid


def test_nobody_else_may_do_anything():
    protocol = ProtocolFactory()
    assert not permissions.may(AnonymousUser(), "view", protocol)
    assert not permissions.may(UserFactory(), "view", protocol)
    assert not permissions.is_staff_of(UserFactory(), protocol)


def test_a_person_who_is_no_longer_active_has_no_rights():
    mandate = MembershipFactory(user__is_active=False, user__is_superuser=True)
    assert not permissions.may(mandate.user, "view", mandate.protocol)


def test_the_staff_pages_are_for_staff():
    mandate = MembershipFactory(user__is_staff=False)
    assert not permissions.is_staff_of(mandate.user, mandate.protocol)


def test_asking_again_does_not_ask_the_database_again(django_assert_num_queries):
    mandate = MembershipFactory()
    with django_assert_num_queries(1):
        for act in ACTIONS:
            permissions.may(mandate.user, act, mandate.protocol)


def test_asking_about_thirty_records_costs_no_more_than_about_one(django_assert_num_queries):
    """Whose they are is read with the records; which are the communes, once for each protocol."""
    mandate = MembershipFactory()
    held = [MembershipFactory(protocol=mandate.protocol, organisation=OrganisationFactory()) for _ in range(30)]
    for some in (held[:1], held):
        person, protocol = (
            type(mandate.user).objects.get(pk=mandate.user_id),
            type(mandate.protocol).objects.get(pk=mandate.protocol_id),
        )
        with django_assert_num_queries(2):
            assert all(permissions.may(person, "invite", protocol, record=one) for one in some)


def test_several_mandates_give_what_each_of_them_gives():
    protocol = ProtocolFactory()
    person = MembershipFactory(protocol=protocol, role=Role.EDITOR).user
    MembershipFactory(protocol=protocol, user=person, role=Role.SIGNATORY)
    assert permissions.may(person, "change", protocol)
    assert permissions.may(person, "propose", protocol, "partnership.decision")
    assert permissions.roles(person, protocol) == {Role.EDITOR, Role.SIGNATORY}


def test_a_mandates_tasks_pass_to_its_last_successor():
    protocol = ProtocolFactory()
    last = MembershipFactory(protocol=protocol)
    middle = MembershipFactory(protocol=protocol, ends_on=datetime.date(2026, 3, 1), successor=last)
    first = MembershipFactory(protocol=protocol, ends_on=datetime.date(2025, 3, 1), successor=middle)
    assert first.holder_on(datetime.date(2025, 3, 1)) == first
    assert first.holder_on(datetime.date(2026, 1, 1)) == middle
    assert first.holder_on(datetime.date(2026, 6, 1)) == last


# Parts and conditions -------------------------------------------------------------------------------------------------


def test_a_part_follows_the_record_it_hangs_under():
    protocol = ProtocolFactory()
    editor = MembershipFactory(protocol=protocol, role=Role.EDITOR).user
    observer = MembershipFactory(protocol=protocol, role=Role.OBSERVER).user
    part = ProjectFactory(protocol=protocol).involvements.first()
    for act in EDITS:
        assert permissions.may(editor, act, protocol, record=part)
        assert not permissions.may(observer, act, protocol, record=part)
    assert permissions.may(observer, "view", protocol, record=part)


def test_what_was_public_or_decided_on_is_not_deleted():
    protocol = ProtocolFactory()
    editor = MembershipFactory(protocol=protocol, role=Role.EDITOR).user
    assert permissions.may(editor, "delete", protocol, record=DocumentFactory(protocol=protocol))
    assert not permissions.may(editor, "delete", protocol, record=DocumentFactory(protocol=protocol, published=True))


def test_a_decision_that_is_closed_is_signed_and_withdrawn_by_nobody():
    protocol = ProtocolFactory()
    decision = ratify(protocol)
    person = MembershipFactory(protocol=protocol, role=Role.SIGNATORY).user
    assert not permissions.may(person, "sign", protocol, record=decision)
    assert not permissions.may(person, "withdraw", protocol, record=decision)


def test_in_an_archive_the_act_refuses_what_the_table_refuses():
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    by = signatory(protocol, 1)
    protocol.state = ProtocolState.ENDED
    protocol.save()
    with pytest.raises(signing.DecisionClosed):
        approve(decision, by)
    with pytest.raises(signing.DecisionClosed):
        signing.withdraw(decision.pk, by=by, reason="Trop tard", language="fr")


def test_a_line_says_who_what_where_and_when_and_holds_only_there():
    """The machinery itself, on a line of its own."""
    line = Right((Who.EDITOR,), ("view",), (Subject("x", "X"),), (Only("odd ones", lambda one, _m: one.pk % 2 == 1),))
    assert ProtocolState.ENDED not in line.states
    assert line.only[0].holds(type("One", (), {"pk": 3})(), None)


# What a person is told ------------------------------------------------------------------------------------------------


def test_a_person_is_told_by_which_mandate_they_may_do_what():
    protocol = ProtocolFactory()
    membership = MembershipFactory(protocol=protocol, role=Role.OBSERVER)
    [told] = permissions.explain(membership.user, protocol)
    assert told.mandate.membership == membership
    acts = {str(act.words) for acts in told.grants.values() for act in acts}
    assert acts == {str(ACTIONS["view"]), str(ACTIONS["comment"]), str(ACTIONS["audit"])}


def test_what_a_person_is_told_is_what_the_table_allows_as_the_protocol_stands():
    protocol = ProtocolFactory()
    person = MembershipFactory(protocol=protocol, role=Role.EDITOR).user

    def told() -> set[str]:
        return {
            str(act.words)
            for one in permissions.explain(person, protocol)
            for acts in one.grants.values()
            for act in acts
        }

    assert str(ACTIONS["publish"]) in told()
    in_state(protocol, ProtocolState.ENDED)
    assert told() == {str(ACTIONS["view"]), str(ACTIONS["hide"]), str(ACTIONS["audit"])}
    assert permissions.explain(UserFactory(), protocol) == []


# The table and the real pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", sorted(ADMINS))
def test_every_form_of_the_admin_allows_what_the_table_allows(stage: Any, label: str):
    here, people, everything = stage
    own = ADMINS[label]
    for state in ProtocolState:
        in_state(here, state)
        for name, person in people.items():
            request = RequestFactory().get("/")
            request.user, request.protocol = person, here
            for record in (None, *everything[label]):
                allowed = {
                    act for act in ("view", *EDITS) if getattr(own, f"has_{act}_permission")(request, *of(act, record))
                }
                assert allowed == wanted(person, here, label, record), (state, name, record)


def of(act: str, record: Any) -> tuple[Any, ...]:
    """What Django's methods take beside the request."""
    return () if act == "add" else (record,)


def wanted(person: Any, here: Any, label: str, record: Any) -> set[str]:
    """What the table says; a record that is to be entered is not there yet. The form of the protocol also serves its host name."""
    said = {
        act for act in ("view", *EDITS) if permissions.may(person, act, here, label, None if act == "add" else record)
    }
    return said | ({"change"} if permissions.may(person, "host", here, label, record) else set())
