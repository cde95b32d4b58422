"""In which languages people are written to: their own, else what their commune owes them; Brussels French and Dutch together."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from partnership import letters, notices
from partnership.models import Message, Role
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import open_ratification, signatory

pytestmark = pytest.mark.django_db


def member(protocol: Any, organisation: Any, language: str = "") -> Any:
    return MembershipFactory(protocol=protocol, organisation=organisation, user__language=language).user


def commune(country: str) -> Any:
    return OrganisationFactory(commune=True, country=country)


@pytest.mark.parametrize("chosen", ["ar", "fr", "nl"])
@pytest.mark.parametrize("country", ["MA", "BE"])
def test_a_person_is_written_to_in_the_language_they_chose(country: str, chosen: str):
    assert letters.languages_of(member(ProtocolFactory(), commune(country), chosen)) == (chosen,)


@pytest.mark.parametrize("moroccan", [1, 2])
def test_who_chose_none_reads_what_their_commune_owes_wherever_it_stands_in_the_title(moroccan: int):
    countries = ("MA", "BE") if moroccan == 1 else ("BE", "MA")
    protocol = ProtocolFactory(
        first__organisation=commune(countries[0]), second__organisation=commune(countries[1]), second__regime="brussels"
    )
    for party in protocol.parties.all():
        person = member(protocol, party.organisation)
        owed = ("ar",) if party.position == moroccan else ("fr", "nl")
        assert letters.languages_of(person) == owed


def test_the_programme_body_and_whoever_belongs_nowhere_read_french_and_dutch():
    protocol = ProtocolFactory(programme_body=OrganisationFactory(kind="programme_body", country="BE"))
    assert letters.languages_of(member(protocol, protocol.programme_body)) == ("fr", "nl")
    assert letters.languages_of(UserFactory(language="")) == ("fr", "nl")


def test_arabic_joins_french_and_dutch_and_replaces_neither():
    protocol = ProtocolFactory()
    person = member(protocol, commune("BE"))
    MembershipFactory(protocol=protocol, organisation=commune("MA"), user=person, role=Role.EDITOR)
    assert letters.languages_of(person) == ("ar", "fr", "nl")


@pytest.mark.parametrize(
    ("country", "reader", "language"), [("BE", "ar", "fr"), ("BE", "nl", "nl"), ("MA", "nl", "ar"), ("MA", "ar", "ar")]
)
def test_a_sheet_is_in_the_makers_language_only_if_it_is_owed(country: str, reader: str, language: str):
    assert letters.language_of(member(ProtocolFactory(), commune(country)), reader) == language


def test_both_communes_read_the_same_each_in_its_own_languages():
    protocol = ProtocolFactory()
    people = {place: signatory(protocol, place, user__language="") for place in (1, 2)}
    decision = open_ratification(protocol, by=people[1])
    sentences = {code: getattr(decision, f"sentence_{code}") for code in ("ar", "fr", "nl")}
    spoken = {}
    for place, person in people.items():
        [mail] = Message.objects.filter(recipient=person.user.email)
        parsed: Any = email.message_from_bytes(bytes(mail.content), policy=email.policy.default)
        text = parsed.get_body().get_content()
        spoken[place] = [code for code, sentence in sentences.items() if sentence in text]
        for code in spoken[place]:
            assert notices.address(protocol, f"/{code}/admin/decisions/{decision.pk}/sign/") in text
        assert len(mail.subject.split(" · ")) == len(spoken[place])
    assert spoken == {1: ["ar"], 2: ["fr", "nl"]}
