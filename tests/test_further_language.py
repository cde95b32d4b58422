"""A further language is a settings entry, a catalogue and a migration, and keeps nothing from being published in the three."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings

WALK = """
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils.module_loading import import_string

call_command("makemigrations", "partnership", "projects", "evaluation", "transparency", name="zgh", verbosity=0, interactive=False)
added = 0
for app in ("partnership", "projects", "evaluation", "transparency"):
    [file] = (settings.FOLDER / f"further_{app}").glob("*_zgh.py")
    migration = import_string(f"further_{app}.{file.stem}.Migration")
    for operation in migration.operations:
        kind, name = type(operation).__name__, getattr(operation, "name", "")
        if kind == "AddField" and name.endswith("_zgh"):
            assert operation.field.null, f"{operation.model_name}.{name} is not optional"
            added += 1
        else:
            assert (kind, operation.model_name, name) == ("AlterField", "user", "language"), f"{kind} {name}"
translated = [f for m in apps.get_models() for f in m._meta.fields if f.name.endswith("_zgh")]
assert added == len(translated) > 20, f"{added} of {len(translated)} columns"
call_command("migrate", verbosity=0)

from partnership import publishing
from partnership.models import User
from tests.factories import ProtocolFactory
from tests.factories_programme import ProjectFactory
assert settings.REQUIRED_LANGUAGES == ("ar", "fr", "nl")
protocol = ProtocolFactory()
project = ProjectFactory(protocol=protocol, published=True, summary_zgh="ⴰⵙⵏⴼⴰⵔ")
assert project.is_published and project.title_zgh is None
User(email="a@b.example", name="A", language="zgh", password="x").full_clean()

page = Client().get(f"/zgh/projects/{project.code}/")
text = page.content.decode()
assert page.status_code == 200, page.status_code
assert '<html lang="zgh" dir="ltr">' in text
assert "ⴰⵙⵏⴼⴰⵔ" in text, "the text somebody wrote"
assert f"<h1>{project.title_fr}</h1>" in text, "else the French one"
for address in ("", "protocol/", "projects/?q=a&sort=title", "partners/", "reports/", "register/", "action-plan/"):
    assert Client().get(f"/zgh/{address}").status_code == 200, address
french = Client().get(f"/fr/projects/{project.code}/").content.decode()
assert f'href="/zgh/projects/{project.code}/"' in french and "ⵜⴰⵎⴰⵣⵉⵖⵜ" in french, "the switch offers it"
print("walked")
"""


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_further_language_is_offered_and_blocks_nothing(tmp_path: Path):
    catalogue = tmp_path / "locale" / "zgh" / "LC_MESSAGES" / "django.mo"
    catalogue.parent.mkdir(parents=True)
    with catalogue.open("wb") as file:
        write_mo(file, Catalog(locale="zgh"))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.further_language_settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/further.sqlite3",
        "FURTHER_LANGUAGE_FOLDER": str(tmp_path),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "REDIS_URL": "",
    }
    told = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "walked", told.stderr[-3000:]
