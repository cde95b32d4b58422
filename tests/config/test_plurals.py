"""Counts in words: every plural of the Arabic catalogue has its six forms, French and Dutch their two."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages import pofile
from django.conf import settings

FORMS = {"ar": 6, "fr": 2, "nl": 2}


@pytest.mark.parametrize(("language", "forms"), FORMS.items())
def test_every_plural_has_all_its_forms(language: str, forms: int):
    for path in Path(settings.BASE_DIR, "locale", language, "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            catalogue = pofile.read_po(file, locale=language)
        assert f"nplurals={forms}" in path.read_text(encoding="utf-8"), path
        for message in catalogue:
            if isinstance(message.id, tuple):
                assert len(message.string) == forms, message.id
                assert all(message.string), message.id
