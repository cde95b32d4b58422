"""Staff lists are searched and sorted as the one normaliser compares texts, whatever the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from partnership import searching
from partnership.models import Document, Organisation
from partnership.normaliser import normalise
from tests.config.test_admin import address, fill
from tests.conftest import LONG
from tests.factories import DocumentFactory, GoalFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.staff import staff

WRITTEN = st.text(
    st.one_of(st.characters(codec="latin-1", exclude_characters="\0"), st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
              st.sampled_from("œŒæßéÉçñüïŸ’“”«»…–—·\u202f\u00a0\u2066\u2069ﻻﷺ")), max_size=30
)  # fmt: skip


class TheDatabaseNormalises(TestCase):
    @given(WRITTEN)
    def test_as_the_normaliser_does(self, text: str):
        UserFactory.reset_sequence()
        row = UserFactory()
        found = (
            type(row)
            .objects.filter(pk=row.pk)
            .annotate(normal=searching.Normalised(models.Value(text, models.TextField())))
        )
        assert found.get().normal == normalise(text)


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Évaluation de l’élève", "evaluation eleve"),
        ("Œuvre commune", "oeuvre"),
        ("Zuid-Zuidsamenwerking", '"zuid zuid"'),
        ("Coöperatie", "cooperatie"),
        ("محضر الاجتماع الأولى", "الاولي"),
        ("التَّعاون اللامركزي", "التعاون"),
        ("المساواة", "المساواه"),
        ("محمـــد", "محمد"),
        ("٢٠٢٦", "2026"),
        ("2026", "٢٠٢٦"),
    ],
)
def test_a_document_is_found_however_it_is_spelt(written: str, typed: str):
    protocol = ProtocolFactory()
    DocumentFactory(protocol=protocol, title_ar=written)
    DocumentFactory(protocol=protocol, title_ar="غيره", title_fr="Autre", title_nl="Ander")
    found = searching.matching(Document.objects.all(), ("title_ar", "title_fr", "title_nl"), typed)
    assert [document.title_ar for document in found] == [written]


def test_a_number_is_found_whole_and_in_any_digits():
    for number in (1, 11):
        GoalFactory(number=number)
    rows = GoalFactory._meta.model.objects.all()
    assert [goal.number for goal in searching.matching(rows, ("framework", "=number"), "١١")] == [11]
    assert [goal.number for goal in searching.matching(rows, ("framework", "=number"), "SDG 1")] == [1]


def test_what_says_nothing_finds_nothing():
    OrganisationFactory()
    rows = Organisation.objects.all()
    assert not searching.matching(rows, ("name_fr",), "… !")
    assert searching.matching(rows, ("name_fr",), "  ").count() == rows.count()


ODD = ["التَّعـليم", "éleve", "٢٠٢٦", "a'b \"c", "…", "\x00", "%_\\"]
SEARCHED = [
    model
    for model, model_admin in admin.site._registry.items()
    if model_admin.search_fields and model._meta.app_label != "admin"
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_every_staff_list_can_be_searched(number: int):
    """Each list for each of the words in the long run; in the quick one for two of them."""
    protocol = ProtocolFactory()
    fill(protocol)
    client = staff(protocol)
    for place, model in enumerate(SEARCHED):
        if LONG or (place + number) % len(ODD) < 2:
            assert client.get(address(model), {"q": ODD[number]}).status_code in {200, 404}, model


def test_a_list_is_sorted_by_the_readers_alphabet():
    protocol = ProtocolFactory()
    for title in ("Zone", "École", "eau", "Ébauche", "œuvre"):
        DocumentFactory(protocol=protocol, title_fr=title)
    assert _sorted_titles("fr") == ["eau", "Ébauche", "École", "œuvre", "Zone"]


def _sorted_titles(language: str) -> list[Any]:
    with translation.override(language):
        rows = Document.objects.order_by(searching.Normalised(searching.InReadersLanguage("title")))
        return list(rows.values_list(f"title_{language}", flat=True))
