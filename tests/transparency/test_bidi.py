"""In Arabic no code, address, amount or digest is turned round: each stands in a run of its own, from left to right."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from projects.models import Project
from tests.isolation import Runs
from tests.retelling import retold_on
from tests.staff import staff

pytestmark = pytest.mark.django_db

PUBLIC = (
    "",
    "protocol/",
    "action-plan/",
    "projects/",
    "projects/?q=a",
    "partners/",
    "reports/",
    "register/",
    "register/1/",
)
MISSING = "/ar/projects/NOBODY-HAS-THIS-1/"


@pytest.fixture
def protocol() -> Any:
    return retold_on(datetime.date(2026, 11, 24))


def turned_round(client: Client, addresses: list[str]) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in {200, 404}, address
        if runs := Runs(answer.content.decode()).found:
            found[address] = sorted(set(runs))

    return found


def test_the_public_pages_keep_latin_runs_together(protocol: Any):
    codes = Project.objects.filter(protocol=protocol).published().values_list("code", flat=True)
    addresses = [f"/ar/{page}" for page in PUBLIC] + [f"/ar/projects/{code}/" for code in codes] + [MISSING]
    assert turned_round(Client(), addresses) == {}


def test_the_staff_lists_keep_latin_runs_together(protocol: Any):
    with translation.override("ar"):
        lists = [
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for model in admin.site._registry
            if model._meta.app_label != "admin"
        ]
        start = reverse("admin:index")
    assert turned_round(staff(protocol), [start, *lists]) == {}


def test_what_is_not_isolated_is_found():
    torn = "<html dir=rtl><p>المشروع BJ-2026-01 <bdi>BJ-2026-02</bdi> <span dir=ltr>a@b.be</span> \u20662026-S1\u2069 c@d.be</p>"
    assert [run for _where, run in Runs(torn).found] == ["BJ-2026-01", "c@d.be"]
