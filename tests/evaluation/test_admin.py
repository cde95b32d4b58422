"""Indicators and measurements in the admin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from evaluation.models import Indicator, Measurement
from tests.factories import ProtocolFactory
from tests.factories_programme import IndicatorFactory, MeasurementFactory, ProjectFactory
from tests.staff import errors_of, fields_of, sent, staff

pytestmark = pytest.mark.django_db

INDICATORS = "/fr/admin/evaluation/indicator/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def test_an_indicator_begun_from_a_project_knows_it(protocol: Any):
    project = ProjectFactory(protocol=protocol)
    texts = {f"{field}_{code}": field for field in ("title", "unit") for code in ("ar", "fr", "nl")}
    values = {
        "level": "output",
        "measure": "unit",
        "baseline_on": "01/01/2026",
        "baseline_value": "0",
        "target_on": "31/12/2026",
        "target_value": "12,5",
    }
    assert sent(staff(protocol), f"{INDICATORS}add/?project={project.pk}", **texts, **values).status_code == 302
    made = Indicator.objects.get()
    assert (made.protocol, made.project, made.target_value) == (protocol, project, Decimal("12.50"))


@pytest.mark.parametrize(
    "typed", [{"target_on": "31/12/2023"}, {"measure": "qualitative"}, {"target_value": ""}, {"baseline_value": "peu"}]
)
def test_what_contradicts_itself_is_refused_and_kept(protocol: Any, typed: dict[str, str]):
    indicator = IndicatorFactory(project=ProjectFactory(protocol=protocol))
    answer = sent(staff(protocol), f"{INDICATORS}{indicator.pk}/change/", **typed)
    assert len(errors_of(answer)) == 1
    values = fields_of(answer.content.decode())
    assert {name: values[name] for name in typed} == typed


def test_a_value_is_checked_by_the_other_commune_only(protocol: Any):
    measurement = MeasurementFactory(indicator=IndicatorFactory(project=ProjectFactory(protocol=protocol)))
    first, second = protocol.parties.order_by("position")
    address = f"{INDICATORS}{measurement.indicator_id}/change/"
    client = staff(protocol, position=2)
    own = sent(client, address, **{"measurements-0-checked_by": first.pk, "measurements-0-checked_on": "01/07/2026"})
    assert len(errors_of(own)) == 1
    other = {"measurements-0-checked_by": second.pk, "measurements-0-checked_on": "01/07/2026"}
    assert sent(client, address, **other).status_code == 302
    assert Measurement.objects.get().checked_by == second
