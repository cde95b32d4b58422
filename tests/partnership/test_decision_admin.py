"""Joint decisions and the register on the staff pages: listed, read, never changed; a report that both coordinators release."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from partnership import decisions, opening, signing
from partnership.models import Decision
from partnership.signing import Answer
from tests.deciding import like_it, page, typed
from tests.factories import ProtocolFactory
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    protocol_in_force,
    signatory,
)
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.reports import made_report
from tests.staff import messages_of, queries, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force() -> Any:
    return protocol_in_force()


LIST = "/fr/admin/partnership/decision/"


def test_the_list_costs_the_same_queries_for_one_decision_and_for_thirty(in_force: Any):
    client = staff(in_force)
    one = queries(client, LIST)
    plan = consulted(ActionPlanFactory(protocol=in_force))
    ProjectFactory(protocol=in_force, plan=plan)
    decision = opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 1))
    approve(decision, signatory(in_force, 2))
    like_it(decision, 28)
    assert len(client.get(LIST).context["cl"].result_list) == 30
    assert queries(client, LIST) == one


def test_the_list_says_what_each_commune_has_answered_and_for_whom_it_waits(protocol: Any):
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 2))
    client = staff(protocol)
    assert list(client.get(f"{LIST}?awaits=1").context["cl"].queryset) == [decision]
    assert list(client.get(f"{LIST}?awaits=2").context["cl"].queryset) == []
    html = client.get(LIST).content.decode()
    assert html.count("half-done") == 1


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_the_page_of_a_decision_shows_both_answers_and_leads_on(protocol: Any, language: str):
    decision = open_ratification(protocol)
    reservation = {"position": "reserve", "reason": "À revoir en mai.", "reason_language": "fr"}
    resolution = DeliberationFactory(party=protocol.parties.get(position=2))
    signing.sign(
        decision.pk,
        by=signatory(protocol, 2),
        digest_seen=decision.digest,
        answer=Answer(**reservation, deliberation=resolution),
    )
    client = staff(protocol, 1, "signatory")
    html = client.get(f"/{language}/admin/partnership/decision/{decision.pk}/change/").content.decode()
    assert "À revoir en mai." in html
    assert resolution.number in html
    assert f"/{language}/admin/decisions/{decision.pk}/sign/" in html
    assert f"/{language}/admin/decisions/{decision.pk}/withdraw/" in html
    assert f"/{language}/admin/partnership/protocol/{protocol.pk}/change/" in html
    reader = staff(protocol, 1, "observer")
    html = reader.get(f"/{language}/admin/partnership/decision/{decision.pk}/change/").content.decode()
    assert "/withdraw/" not in html


def test_nothing_about_a_decision_or_the_register_is_changed_in_the_browser(in_force: Any):
    client = staff(in_force, is_superuser=True)
    decision, entry = Decision.objects.get(), in_force.register.get()
    for model, record in (("decision", decision), ("registerentry", entry)):
        base = f"/fr/admin/partnership/{model}/"
        assert client.get(base).status_code == 200
        assert client.get(f"{base}{record.pk}/change/").status_code == 200
        assert client.get(f"{base}add/").status_code == 403
        assert client.get(f"{base}{record.pk}/delete/").status_code == 403
    shown = client.get(f"/fr/admin/partnership/registerentry/{entry.pk}/change/").content.decode()
    assert entry.payload in unescape(shown)


# Reports ---------------------------------------------------------------------------------------------------------------


def test_a_series_of_both_coordinators_leads_to_a_joint_decision(in_force: Any):
    report = made_report(in_force, "2026-S1", released=False)
    type(report.series).objects.filter(pk=report.series_id).update(needs_release=True)
    client = staff(in_force)
    address = f"/fr/admin/transparency/report/{report.pk}/change/"
    html = client.get(address).content.decode()
    assert f"/fr/admin/decisions/open/release_report/{report.pk}/" in html
    assert f"/fr/admin/transparency/report/{report.pk}/release/" not in html
    opening = page("release_report", report)
    assert client.post(opening, typed(client, opening)).status_code == 302
    decision = Decision.objects.get(kind="release_report")
    html = client.get(address).content.decode()
    assert f"/fr/admin/decisions/{decision.pk}/sign/" in html
    for position in (1, 2):
        approve(decision, coordinator(in_force, position))
    report.refresh_from_db()
    assert report.released_at is not None
    assert messages_of(client.get(address)) == ""
