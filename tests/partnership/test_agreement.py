"""The protocol's own decisions after ratification: amend, correct, end, renew, leave."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from partnership import agreement, decisions, deliberating, locks, opening, protocol_file, register
from partnership.models import EntryKind, ProtocolState
from tests.factories import ProtocolFactory
from tests.factories_decisions import DeliberationFactory, approve, coordinator, pending, ratify, signatory, write
from tests.retelling import made_again

pytestmark = pytest.mark.django_db
TEXT = {"ar": "نص جديد", "fr": "Texte nouveau", "nl": "Nieuwe tekst"}


@pytest.fixture
def act():
    """The Belfaa-Jette act itself, in force."""
    return made_again(the_act_ratified)


def the_act_ratified():
    protocol = protocol_file.load(protocol_file.BELFAA_JETTE)
    ratify(protocol)
    return protocol


def decide(kind, subject, protocol, terms=None):
    """Both communes adopt a decision."""
    decision = opening.propose(decisions.kind(kind), subject, by=coordinator(protocol, 2), terms=terms or {})
    for position in (2, 1):
        approve(decision, signatory(protocol, position))
    decision.refresh_from_db()
    protocol.refresh_from_db()
    return decision


def test_an_amendment_changes_a_clause_and_what_binds_from_then_on(act):
    clause = act.clauses.get(number="P.1")
    decide("amend_protocol", act, act, {"clauses": [{"number": "P.1", "text": TEXT}], "added": []})
    clause.refresh_from_db()
    assert (clause.text_fr, clause.original) == (TEXT["fr"], TEXT["ar"])
    locks.check(act)
    clause.text_fr = "Encore autre chose"
    with pytest.raises(locks.Locked):
        write(clause)


def test_an_amendment_alone_extends_the_closed_list_of_domains(act):
    before = [clause.number for clause in act.clauses.order_by("order")]
    domain = {"code": "D99", "name": TEXT}
    parent = act.domains.order_by("-order").first().clause.parent
    added = {"number": "D99", "parent": parent.number, "kind": "bullet", "text": TEXT, "domain": domain}
    decide("amend_protocol", act, act, {"clauses": [], "added": [added]})
    assert act.domains.get(code="D99").name_nl == TEXT["nl"]
    after = [clause.number for clause in act.clauses.order_by("order")]
    assert [number for number in after if number != "D99"] == before
    assert list(act.clauses.order_by("order").values_list("order", flat=True)) == list(range(1, len(after) + 1))


def test_an_annulled_amendment_leaves_the_act_as_it_was(act):
    before = agreement.content_of_act(act, {})
    domain = {"code": "D99", "name": TEXT}
    added = {"number": "D99", "parent": "A3", "kind": "bullet", "text": TEXT, "domain": domain}
    decision = decide("amend_protocol", act, act, {"clauses": [{"number": "P.1", "text": TEXT}], "added": [added]})
    assert agreement.content_of_act(act, {}) != before
    lose_effect(decision)
    assert agreement.content_of_act(act, {}) == before
    locks.check(act)


def test_an_annulled_end_leaves_the_protocol_in_force(act):
    decision = decide("end_protocol", act, act, {"ends_on": timezone.localdate().isoformat()})
    assert act.state == ProtocolState.ENDED
    lose_effect(decision)
    act.refresh_from_db()
    assert (act.state, act.valid_until) == (ProtocolState.IN_FORCE, None)
    locks.check(act)


def lose_effect(decision):
    """The second commune's council's deliberation under a decision is annulled today."""
    deliberation = decision.signatures.get(party__position=2).deliberation
    by = signatory(decision.protocol, 2)
    deliberating.lose_effect(deliberation, by=by, on=timezone.localdate(), ground="Illégalité.", language="fr")


def test_an_amendment_names_a_clause_that_is_free(act):
    added = {"number": "P.1", "parent": None, "kind": "text", "text": TEXT, "domain": None}
    with pytest.raises(ValidationError):
        decide("amend_protocol", act, act, {"clauses": [], "added": [added]})


def test_a_courtesy_translation_is_corrected_and_the_acts_own_words_are_not(act):
    ratification = act.ratified_by
    clause = act.clauses.get(number="P.1")
    ground = {"ar": "خطأ مطبعي", "fr": "Coquille", "nl": "Drukfout"}
    terms = {"model": "partnership.clause", "id": str(clause.pk), "changes": {"text_nl": TEXT["nl"]}, "ground": ground}
    decide("correct_text", ratification, act, terms)
    clause.refresh_from_db()
    assert clause.text_nl == TEXT["nl"]
    locks.check(clause)
    assert register.verify(act).intact
    terms["changes"] = {"text_ar": TEXT["ar"]}
    with pytest.raises(ValidationError) as refusal:
        decide("correct_text", ratification, act, terms)
    assert "text_ar" in str(refusal.value)


def test_both_communes_end_the_protocol_on_a_day(act):
    later = timezone.localdate() + datetime.timedelta(days=40)
    decide("end_protocol", act, act, {"ends_on": later.isoformat()})
    assert (act.state, act.valid_until) == (ProtocolState.CLOSING, later)
    assert agreement.end_due(later) == 0
    assert agreement.end_due(later + datetime.timedelta(days=1)) == 1
    act.refresh_from_db()
    assert act.state == ProtocolState.ENDED
    with pytest.raises(ValidationError):
        decide("end_protocol", act, act, {"ends_on": later.isoformat()})


def test_a_renewal_links_the_successor_and_its_ratification_ends_the_old_one(act):
    first, second = (act.parties.get(position=place).organisation for place in (1, 2))
    successor = ProtocolFactory(first__organisation=first, second__organisation=second)
    decide("renew_protocol", act, act, {"successor": successor.code})
    assert (act.successor, act.state) == (successor, ProtocolState.IN_FORCE)
    ratify(successor)
    act.refresh_from_db()
    assert act.state == ProtocolState.ENDED


def test_a_renewal_by_a_protocol_of_other_communes_is_refused(act):
    with pytest.raises(ValidationError):
        decide("renew_protocol", act, act, {"successor": ProtocolFactory().code})


@pytest.mark.parametrize("position", [1, 2])
def test_either_commune_leaves_alone_on_its_councils_deliberation(act, position):
    resolution = DeliberationFactory(party=act.parties.get(position=position))
    agreement.leave(
        act, by=signatory(act, position), deliberation=resolution, ground="Fin du programme.", language="fr"
    )
    assert act.state == ProtocolState.CLOSING
    last = act.register.last()
    assert (last.kind, last.data["party"]) == (EntryKind.LEAVING, position)


@pytest.mark.parametrize("position", [1, 2])
def test_nobody_leaves_on_the_other_councils_word_or_before_it_is_executory(act, position):
    head = signatory(act, position)
    theirs = DeliberationFactory(party=act.parties.get(position=3 - position))
    waiting = pending(act.parties.get(position=position))
    for resolution in (theirs, waiting):
        with pytest.raises(ValidationError):
            agreement.leave(act, by=head, deliberation=resolution, ground="Fin.", language="fr")
    act.refresh_from_db()
    assert act.state == ProtocolState.IN_FORCE


@pytest.mark.parametrize("position", [1, 2])
def test_a_commune_whose_leaving_lost_its_ground_has_not_left(act, position):
    head, resolution = signatory(act, position), DeliberationFactory(party=act.parties.get(position=position))
    agreement.leave(act, by=head, deliberation=resolution, ground="Fin du programme.", language="fr")
    assert deliberating.is_locked(resolution)
    deliberating.lose_effect(resolution, by=head, on=timezone.localdate(), ground="Illégalité.", language="fr")
    act.refresh_from_db()
    assert act.state == ProtocolState.IN_FORCE
    last = act.register.last()
    assert (last.kind, last.data["leaving"], last.data["party"]) == (EntryKind.WITHOUT_EFFECT, 2, position)
    assert register.verify(act).intact
    again = DeliberationFactory(party=act.parties.get(position=position))
    agreement.leave(act, by=head, deliberation=again, ground="Fin du programme.", language="fr")
    assert act.state == ProtocolState.CLOSING


def test_an_annulled_end_does_not_bring_back_a_commune_that_left(act):
    resolution = DeliberationFactory(party=act.parties.get(position=1))
    agreement.leave(act, by=signatory(act, 1), deliberation=resolution, ground="Fin du programme.", language="fr")
    decision = decide("end_protocol", act, act, {"ends_on": timezone.localdate().isoformat()})
    lose_effect(decision)
    act.refresh_from_db()
    assert act.state == ProtocolState.CLOSING


def test_the_last_day_is_not_past(act):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with pytest.raises(ValidationError) as refusal:
        decide("end_protocol", act, act, {"ends_on": yesterday.isoformat()})
    assert refusal.value.error_list[0].code == "ends_on"


def test_an_ended_protocol_takes_no_more_decisions(act):
    decide("end_protocol", act, act, {"ends_on": timezone.localdate().isoformat()})
    assert act.state == ProtocolState.ENDED
    with pytest.raises(ValidationError):
        decide("amend_protocol", act, act, {"clauses": [{"number": "P.1", "text": TEXT}], "added": []})
