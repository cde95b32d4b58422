"""What an activity of an IATI file would be among the initiatives of others, or why it is none (clause F4.1)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from partnership.models import Protocol
from projects import iati_reading, iati_rows
from projects.iati_rows import Reason, Row
from tests.factories import OrganisationFactory, ProtocolFactory
from tests.iati_files import activity, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    """Belfaa and Jette, as the protocol's own file names them."""
    belfaa = {"name_fr": "Commune de Belfaa", "short_name_fr": "Belfaa", "short_name_ar": "بلفاع", "country": "MA"}
    belfaa["place_fr"] = "Province de Chtouka-Aït Baha, région Souss-Massa, Maroc"
    jette = {"name_fr": "Commune de Jette", "short_name_fr": "Jette", "country": "BE"}
    jette["place_fr"] = "Région de Bruxelles-Capitale, Belgique"
    first = OrganisationFactory(commune=True, **belfaa, iati_ref="MA-BELFAA")
    return ProtocolFactory(first__organisation=first, second__organisation=OrganisationFactory(commune=True, **jette))


def rows(protocol: Protocol, *activities: str) -> list[Row]:
    return list(iati_rows.rows(iati_reading.read(io.BytesIO(whole(*activities))), protocol))


def communes(protocol: Protocol, **said: Any) -> set[str]:
    (row,) = rows(protocol, activity(**said))
    names = {party.pk: party.organisation.short_name_fr for party in protocol.parties.all()}
    return {names[key] for key in row.here}


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"countries": ["MA"]}, {"Belfaa"}),
        ({"countries": ["MA", "BE"]}, {"Belfaa", "Jette"}),
        ({"countries": ["SN"]}, set()),
        ({"countries": ["MA"], "places": ["Commune rurale de Belfaa"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": ["بلفاع"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": ["Souss-Massa"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": ["Chtouka Aït Baha"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": ["Maroc"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": ["Oujda"]}, set()),
        ({"countries": ["MA"], "places": ["Oujda", "Belfaa"]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": [(30.03, -9.5)]}, {"Belfaa"}),
        ({"countries": ["MA"], "places": [(34.68, -1.91)]}, set()),
        ({"countries": ["BE"], "places": [(50.88, 4.33)]}, {"Jette"}),
        ({"countries": ["SN"], "places": ["Belfaa"]}, set()),
        ({"countries": [], "places": ["Belfaa"]}, {"Belfaa"}),
        ({"countries": [], "places": ["Souss-Massa"]}, set()),
        ({"countries": []}, set()),
    ],
)
def test_in_whose_territory_an_activity_is(protocol: Protocol, said: dict[str, Any], where: set[str]):
    assert communes(protocol, **said) == where


def test_a_bare_point_excludes_no_commune_whose_place_is_not_known():
    protocol = ProtocolFactory()
    (row,) = rows(protocol, activity(countries=["MA"], places=[(34.68, -1.91)]))
    assert row.here == [protocol.parties.get(position=1).pk]


NOBODY = '<reporting-org ref="X" type="90"/>'
OWN = '<reporting-org ref="MA-BELFAA" type="11"/>'
NAMED = '<reporting-org type="11"><narrative>commune de JETTE</narrative></reporting-org>'


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, ""),
        ({"identifier": ""}, Reason.NO_IDENTIFIER),
        ({"identifier": "x" * 201}, Reason.LONG_IDENTIFIER),
        ({"titles": {"en": "Literacy", "es": "Alfabetización"}}, Reason.NO_TITLE),
        ({"titles": {}}, Reason.NO_TITLE),
        ({"titles": {"": "Literacy"}, "language": "en"}, Reason.NO_TITLE),
        ({"reporter": OWN}, Reason.OURS),
        ({"reporter": NAMED}, Reason.OURS),
        ({"identifier": "MA-BELFAA-7"}, Reason.OURS),
        ({"dates": {"1": "2024-02-31"}}, Reason.NO_DATE),
        ({"dates": {"1": "2026-01-01", "3": "2025-12-31"}}, Reason.ENDS_FIRST),
        ({"dates": {}}, ""),
        ({"reporter": NOBODY, "actors": ""}, Reason.NO_LEVEL),
        ({"reporter": NOBODY, "actors": "", "more": '<activity-scope code="7"/>'}, ""),
    ],
)
def test_why_an_activity_is_left_out(protocol: Protocol, said: dict[str, Any], reason: str):
    (row,) = rows(protocol, activity(**said))
    assert row.reason == reason


def test_an_identifier_that_stands_twice_counts_once(protocol: Protocol):
    assert [row.reason for row in rows(protocol, activity(), activity())] == ["", Reason.TWICE]


def test_the_actual_days_count_before_the_planned_and_a_time_zone_does_not_move_them(protocol: Protocol):
    days = {"1": "2024-01-01", "2": "2024-03-01Z", "3": "2026-12-31+01:00"}
    (row,) = rows(protocol, activity(dates=days))
    assert (row.facts["starts_on"], row.facts["ends_on"]) == ("2024-03-01", "2026-12-31")


def test_the_largest_sector_counts(protocol: Protocol):
    sectors = '<sector code="11230" percentage="40"/><sector code="15170" percentage="60"/>'
    (row,) = rows(protocol, activity(sectors=sectors))
    assert row.facts["dac_sector"] == "15170"


def test_whoever_carries_it_out_is_the_actor_and_gives_the_level(protocol: Protocol):
    actors = (
        '<participating-org role="1" type="40"><narrative>Fonds</narrative></participating-org>'
        '<participating-org role="4" type="11"><narrative>Commune voisine</narrative></participating-org>'
    )
    (row,) = rows(protocol, activity(actors=actors))
    assert (row.facts["actor_name"], row.facts["level"]) == ("Commune voisine", "local")


def test_an_organisation_known_here_gives_its_own_level(protocol: Protocol):
    OrganisationFactory(iati_ref="MA-TEST-9", level="provincial")
    (row,) = rows(protocol, activity())
    assert (row.actor, row.facts["level"]) == ("MA-TEST-9", "provincial")


def test_a_title_longer_than_the_column_ends_with_a_sign(protocol: Protocol):
    (row,) = rows(protocol, activity(titles={"fr": "é" * 400}))
    assert len(row.texts["title_fr"]) == 300
    assert row.texts["title_fr"].endswith("…")


@pytest.mark.parametrize("page", ["javascript:alert(1)", "ftp://example.org/a", "https://example.org/" + "a" * 200])
def test_no_address_that_is_none(protocol: Protocol, page: str):
    more = f'<document-link url="{page}"><category code="A12"/></document-link>'
    (row,) = rows(protocol, activity(more=more))
    assert not row.facts["source_url"]


def test_a_row_comes_back_as_it_was_written(protocol: Protocol):
    (row,) = rows(protocol, activity(places=["Belfaa"]))
    assert iati_rows.read(row.written()) == row


def test_the_queries_do_not_grow_with_the_activities(protocol: Protocol, django_assert_num_queries: Any):
    for count in (1, 30):
        with django_assert_num_queries(2):
            rows(protocol, *[activity(f"X-{number}") for number in range(count)])
