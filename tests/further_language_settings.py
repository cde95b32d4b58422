"""The settings under test with one language more, as docs/further-language.md says; migrations and catalogue lie in the test's folder."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import config.environment  # noqa: F401  the environment is set by tests.settings first
from tests.settings import *  # noqa: F403
from tests.settings import BASE_DIR, LANGUAGES, LOCALE_PATHS  # type: ignore[attr-defined]  # of config.settings

FOLDER = Path(os.environ["FURTHER_LANGUAGE_FOLDER"])
FURTHER_LANGUAGES = [("zgh", "ⵜⴰⵎⴰⵣⵉⵖⵜ")]
LANGUAGES = [*LANGUAGES, *FURTHER_LANGUAGES]
MODELTRANSLATION_LANGUAGES = tuple(code for code, _name in LANGUAGES)
MODELTRANSLATION_ENABLE_FALLBACKS = True
MODELTRANSLATION_FALLBACK_LANGUAGES = {"default": (), "zgh": ("fr", "ar", "nl")}
LOCALE_PATHS = [FOLDER / "locale", *LOCALE_PATHS]
MIGRATION_MODULES = {}
for _app in ("partnership", "projects", "evaluation", "transparency"):
    MIGRATION_MODULES[_app] = f"further_{_app}"
    if not (FOLDER / f"further_{_app}").exists():
        shutil.copytree(Path(BASE_DIR, _app, "migrations"), FOLDER / f"further_{_app}")
sys.path.insert(0, str(FOLDER))
