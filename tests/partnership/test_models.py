"""What the database itself refuses to store of the agreement, and what the models say about themselves."""

from __future__ import annotations

import datetime
from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils import timezone

from partnership.models import Change, Clause, Membership, MessageState, Protocol, PublishingState, TextDraft, TextState
from tests.constraints import Case, assert_refused, declared
from tests.factories import (
    ClauseFactory,
    DocumentFactory,
    DomainFactory,
    FoundationFactory,
    GoalFactory,
    MembershipFactory,
    MessageFactory,
    ObjectiveFactory,
    OrganisationFactory,
    PartyFactory,
    PhaseFactory,
    PrincipleFactory,
    ProtocolFactory,
    TermFactory,
    UserFactory,
    first_commune,
)
from tests.factories_people import PersonalLinkFactory, SecondFactorResetFactory
from tests.partnership import test_decision_models, test_hiding

DAY = datetime.date(2026, 6, 30)
NEXT_DAY = DAY + timedelta(days=1)
DEFI = {"word_ar": "تحد", "word_fr": "defi", "word_nl": "uitdaging"}
SAME = object()  # the value that the first row has
pytestmark = pytest.mark.django_db


def twice(factory, **values):
    """Two rows with the same values, on one protocol."""
    values = {"protocol": ProtocolFactory(), **values}
    return [factory(**values), factory(**values)]


def two_parties(**second):
    """A protocol's two parties, the second with these values."""
    first = PartyFactory()
    second = {name: getattr(first, name) if value is SAME else value for name, value in second.items()}
    return PartyFactory(**{"protocol": first.protocol, "position": 2, "shape": "diamond", **second})


def of_two_protocols(factory, **values):
    """A row in each of two protocols, with the same values."""
    return [factory(protocol=ProtocolFactory(), **values), factory(protocol=ProtocolFactory(), **values)]


def own_successor():
    """A mandate that is its own successor."""
    mandate = MembershipFactory()
    mandate.successor = mandate
    mandate.save()


def twice_in_one_role(**second):
    """Two mandates of one person in one protocol, the second with these values."""
    mandate = MembershipFactory()
    same = {"protocol": mandate.protocol, "organisation": mandate.organisation, "user": mandate.user}
    return MembershipFactory(**{**same, **second})


def twice_reset(**first):
    """Two resets of one mandate's second factor, the first with these values."""
    mandate = MembershipFactory(role="signatory")
    return [SecondFactorResetFactory(membership=mandate, **values) for values in (first, {})]


def told(kind):
    """One more row of an organisation's history, which says that this happened."""
    row = Change.objects.of(OrganisationFactory()).get()
    row.pk, row.kind = None, kind
    row.save(force_insert=True)


def text_row(model, **values):
    """One row more about a text of a record that has none of its own."""
    kind = ContentType.objects.get_for_model(Membership)
    row = {"content_type": kind, "root_type": kind, "object_id": "9", "root_id": "9", "field": "note", "language": "fr"}
    return model.objects.create(**{**row, **values})


def state_row(**values):
    return text_row(TextState, **{"standing": "current", **values})


def draft_row(**values):
    return text_row(TextDraft, **{"source_version": 1, "at": timezone.now(), **values})


def described():
    """An alternative text in each language."""
    return {f"alternative_text_{code}": "Une salle de classe" for code in ("ar", "fr", "nl")}


CASES = [
    Case(
        "textstate_once",
        lambda: [state_row(), state_row(language="nl"), state_row(field="other")],
        lambda: [state_row(), state_row()],
    ),
    Case(
        "textstate_one_source",
        lambda: [state_row(standing="source"), state_row(language="nl")],
        lambda: [state_row(standing="source"), state_row(standing="source", language="nl")],
    ),
    Case(
        "textstate_since_when",
        lambda: [state_row(standing="stale", since=timezone.now()), state_row(language="nl")],
        lambda: state_row(standing="missing"),
    ),
    Case("textdraft_once", lambda: [draft_row(), draft_row(language="nl")], lambda: [draft_row(), draft_row()]),
    Case("change_kind_known", lambda: told("deleted"), lambda: told("renamed")),
    Case("protocol_title_in_all_languages", ProtocolFactory, lambda: ProtocolFactory(title_nl="")),
    Case(
        "protocol_one_primary",
        lambda: [ProtocolFactory(), ProtocolFactory()],
        lambda: [ProtocolFactory(primary=True), ProtocolFactory(primary=True)],
    ),
    Case(
        "protocol_hostname_once",
        lambda: [ProtocolFactory(hostname=""), ProtocolFactory(hostname=""), ProtocolFactory(hostname="a.example")],
        lambda: [ProtocolFactory(hostname="a.example"), ProtocolFactory(hostname="a.example")],
    ),
    Case(
        "protocol_ends_after_start",
        lambda: [ProtocolFactory(valid_from=DAY, valid_until=DAY), ProtocolFactory(valid_from=DAY), ProtocolFactory()],
        lambda: ProtocolFactory(valid_from=NEXT_DAY, valid_until=DAY),
    ),
    Case("party_position_once", lambda: two_parties(position=2), lambda: two_parties(position=1)),
    Case("party_shape_once", lambda: two_parties(shape="diamond"), lambda: two_parties(shape="square")),
    Case(
        "party_organisation_once",
        lambda: two_parties(organisation=OrganisationFactory(commune=True)),
        lambda: two_parties(organisation=SAME),
    ),
    Case("party_first_or_second", lambda: two_parties(position=2), lambda: two_parties(position=3)),
    Case("party_currency_eur_or_mad", lambda: two_parties(currency="EUR"), lambda: two_parties(currency="USD")),
    Case("phase_code_once", lambda: of_two_protocols(PhaseFactory, code="P"), lambda: twice(PhaseFactory, code="P")),
    Case(
        "phase_ends_after_start",
        lambda: PhaseFactory(starts_on=DAY, ends_on=DAY),
        lambda: PhaseFactory(starts_on=NEXT_DAY, ends_on=DAY),
    ),
    Case("phase_title_in_all_languages", PhaseFactory, lambda: PhaseFactory(title_ar=None)),
    Case(
        "clause_number_once",
        lambda: of_two_protocols(ClauseFactory, number="A1"),
        lambda: twice(ClauseFactory, number="A1"),
    ),
    Case("clause_order_once", lambda: of_two_protocols(ClauseFactory, order=1), lambda: twice(ClauseFactory, order=1)),
    Case("clause_text_in_all_languages", ClauseFactory, lambda: ClauseFactory(text_fr="")),
    *(
        Case(
            f"{name}_code_once",
            lambda factory=factory: of_two_protocols(factory, code="E-1"),
            lambda factory=factory: twice(factory, code="E-1"),
        )
        for name, factory in (
            ("principle", PrincipleFactory),
            ("objective", ObjectiveFactory),
            ("domain", DomainFactory),
            ("foundation", FoundationFactory),
        )
    ),
    *(
        Case(f"{name}_name_in_all_languages", factory, lambda factory=factory: factory(name_nl=None))
        for name, factory in (
            ("principle", PrincipleFactory),
            ("objective", ObjectiveFactory),
            ("domain", DomainFactory),
            ("foundation", FoundationFactory),
        )
    ),
    Case("organisation_name_in_all_languages", OrganisationFactory, lambda: OrganisationFactory(name_ar="")),
    Case(
        "organisation_iati_ref_once",
        lambda: [OrganisationFactory(), OrganisationFactory(), OrganisationFactory(iati_ref="XM-DAC-2-10")],
        lambda: [OrganisationFactory(iati_ref="XM-DAC-2-10"), OrganisationFactory(iati_ref="XM-DAC-2-10")],
    ),
    Case(
        "goal_once",
        lambda: [GoalFactory(framework="SDG", number=4), GoalFactory(framework="MDG", number=4)],
        lambda: [GoalFactory(framework="SDG", number=4), GoalFactory(framework="SDG", number=4)],
    ),
    Case("goal_title_in_all_languages", GoalFactory, lambda: GoalFactory(title_fr=None)),
    Case("term_agreed_in_all_languages", TermFactory, lambda: TermFactory(word_nl="")),
    Case(
        "term_has_a_word",
        lambda: TermFactory(use="avoid", word_ar=None, word_nl=""),
        lambda: TermFactory(use="avoid", word_ar=None, word_fr="", word_nl=None),
    ),
    Case(
        "term_once",
        lambda: [TermFactory(**DEFI), TermFactory(**DEFI, use="avoid")],
        lambda: [TermFactory(**DEFI), TermFactory(**{**DEFI, "word_fr": "Défi"})],
    ),
    Case(
        "term_english_once",
        lambda: [TermFactory(), TermFactory(), TermFactory(english="challenge")],
        lambda: [TermFactory(english="challenge"), TermFactory(english="challenge")],
    ),
    Case(
        "membership_ends_after_start",
        lambda: MembershipFactory(starts_on=DAY, ends_on=DAY),
        lambda: MembershipFactory(starts_on=NEXT_DAY, ends_on=DAY),
    ),
    Case("membership_successor_is_another", lambda: MembershipFactory(successor=MembershipFactory()), own_successor),
    Case(
        "membership_once",
        lambda: [twice_in_one_role(role="editor"), twice_in_one_role(ceases_at=timezone.now())],
        twice_in_one_role,
    ),
    Case(
        "reset_carried_out_or_called_off",
        lambda: [
            SecondFactorResetFactory(carried_out_at=timezone.now()),
            SecondFactorResetFactory(called_off_at=timezone.now()),
        ],
        lambda: SecondFactorResetFactory(carried_out_at=timezone.now(), called_off_at=timezone.now()),
    ),
    Case(
        "reset_due_later",
        SecondFactorResetFactory,
        lambda: SecondFactorResetFactory(due_at=timezone.now() - timedelta(days=1)),
    ),
    Case(
        "reset_one_pending",
        lambda: twice_reset(carried_out_at=timezone.now()),
        twice_reset,
    ),
    Case(
        "link_for_organisation_or_address",
        lambda: [PersonalLinkFactory(), PersonalLinkFactory(address="", organisation=OrganisationFactory())],
        lambda: PersonalLinkFactory(address=""),
    ),
    Case(
        "link_code_once",
        lambda: [PersonalLinkFactory(code_hash=""), PersonalLinkFactory(code_hash=""), PersonalLinkFactory()],
        lambda: [PersonalLinkFactory(code_hash="a"), PersonalLinkFactory(code_hash="a")],
    ),
    Case(
        "document_internal_unpublished",
        lambda: [DocumentFactory(public=False), DocumentFactory(published=True)],
        lambda: DocumentFactory(public=False, publishing_state=PublishingState.PUBLISHED, published_at=timezone.now()),
    ),
    Case(
        "document_payslip_internal",
        lambda: DocumentFactory(kind="payslip", public=False),
        lambda: DocumentFactory(kind="payslip", public=True),
    ),
    Case(
        "document_picture_described",
        lambda: [DocumentFactory(kind="picture"), DocumentFactory(kind="picture", **described(), published=True)],
        lambda: DocumentFactory(
            kind="picture", publishing_state=PublishingState.PUBLISHED, published_at=timezone.now()
        ),
    ),
    Case(
        "document_published_complete",
        lambda: [DocumentFactory(title_nl=""), DocumentFactory(published=True)],
        lambda: DocumentFactory(title_nl="", publishing_state=PublishingState.PUBLISHED, published_at=timezone.now()),
    ),
    Case(
        "message_sent_has_time",
        lambda: MessageFactory(state=MessageState.SENT, sent_at=timezone.now()),
        lambda: MessageFactory(state=MessageState.SENT),
    ),
    Case(
        "message_sending_has_lease",
        lambda: MessageFactory(state=MessageState.SENDING, lease_until=timezone.now()),
        lambda: MessageFactory(state=MessageState.SENDING),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_satisfy_a_constraint_are_stored(case):
    case.holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_break_a_constraint_are_refused(case):
    assert_refused(case)


def test_every_constraint_is_tested_both_ways():
    assert declared("partnership") == {case.name for case in (*CASES, *test_decision_models.CASES, *test_hiding.CASES)}


def test_the_protocol_of_a_host_is_its_own_else_the_primary_one():
    primary = ProtocolFactory()
    other = ProtocolFactory(hostname="other.example")
    assert Protocol.objects.for_host("OTHER.example") == other
    assert Protocol.objects.for_host("unknown.example") == primary
    assert Protocol.objects.for_host("") == primary


def test_without_a_primary_protocol_an_unknown_host_finds_none():
    ProtocolFactory(hostname="other.example", primary=False)
    assert Protocol.objects.for_host("unknown.example") is None


def test_clauses_of_another_protocol_are_not_found():
    clause = ClauseFactory()
    ClauseFactory()
    assert list(Clause.objects.for_protocol(clause.protocol)) == [clause]


@pytest.mark.parametrize(("language", "courtesy"), [("ar", False), ("fr", True), ("nl", True)])
def test_a_text_that_is_not_in_the_language_of_the_act_is_a_courtesy_translation(language, courtesy):
    assert ClauseFactory().is_courtesy(language) is courtesy


def test_a_commune_speaks_the_languages_it_owes_its_citizens():
    protocol = ProtocolFactory()
    assert [protocol.parties.get(position=2).speaks(code) for code in ("ar", "fr", "nl")] == [False, True, True]


def test_an_address_is_kept_in_small_letters():
    assert UserFactory(email="Service@Commune.Example").email == "service@commune.example"


def test_a_person_without_a_password_cannot_sign_in():
    assert not UserFactory(password=None).has_usable_password()


@pytest.mark.parametrize(("days_later", "valid"), [(-1, False), (0, True), (1, True), (2, False)])
def test_a_mandate_runs_from_its_first_to_its_last_day(days_later, valid):
    MembershipFactory(starts_on=DAY, ends_on=NEXT_DAY)
    assert Membership.objects.valid_on(DAY + timedelta(days=days_later)).exists() is valid


def test_a_mandate_without_end_goes_on_but_not_for_a_person_who_was_shut_out():
    mandate = MembershipFactory(starts_on=DAY)
    assert list(Membership.objects.valid_on(DAY + timedelta(days=5000))) == [mandate]
    mandate.user.is_active = False
    mandate.user.save()
    assert not Membership.objects.valid_on(DAY).exists()


def test_the_tasks_of_a_mandate_that_ended_pass_to_its_successor():
    successor = MembershipFactory(starts_on=NEXT_DAY)
    mandate = MembershipFactory(protocol=successor.protocol, ends_on=DAY, successor=successor)
    assert mandate.holder_on(DAY) == mandate
    assert mandate.holder_on(NEXT_DAY) == successor


def test_mandates_that_succeed_each_other_in_a_circle_end_somewhere():
    first = MembershipFactory(ends_on=DAY)
    second = MembershipFactory(protocol=first.protocol, ends_on=DAY, successor=first)
    first.successor = second
    first.save()
    assert first.holder_on(NEXT_DAY) == second


@pytest.mark.parametrize("languages", ["fr  nl", "FR", "fr,nl", ""])
def test_languages_of_a_commune_are_codes_separated_by_single_spaces(languages):
    party = first_commune(ProtocolFactory())
    party.languages = languages
    with pytest.raises(ValidationError) as refused:
        party.full_clean()
    assert "languages" in refused.value.message_dict


def test_a_refused_constraint_says_so_in_words_of_its_own():
    protocol = ProtocolFactory()
    protocol.valid_from, protocol.valid_until = NEXT_DAY, DAY
    with pytest.raises(ValidationError) as refused:
        protocol.full_clean()
    assert "protocol_ends_after_start" not in str(refused.value)
