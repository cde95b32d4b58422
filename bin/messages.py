"""The translation catalogues: locale/<language>/LC_MESSAGES/django.po.

    python -m bin.messages compile    make the .mo files that are missing or older than their .po (needs no gettext)
    python -m bin.messages extract    bring the .po files up to date with the code, without guessing (needs gettext)
    python -m bin.messages check      every message translated in every language, and nothing left to extract

Run from the project's folder, with the packages of requirements.txt.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.core.management.commands.makemessages import Command as MakeMessages

from bin.system import say, stop
from partnership.catalogues import ROOT, catalogue_path, is_entry, key, message_faults, parse_catalogue, read_catalogue

__all__ = ["ROOT", "catalogue_path", "parse_catalogue", "read_catalogue"]
LANGUAGES = ("ar", "fr", "nl")
SOURCES = ("config", "evaluation", "locale", "partnership", "projects", "templates", "transparency")
EXTRACT = ["--domain=django", "--no-obsolete", "--no-wrap", "--add-location=file", "--verbosity=0"]


class ExactMakeMessages(MakeMessages):
    """Django's makemessages without its fuzzy guesses: a message is translated by a person or it is empty."""

    msgmerge_options = [*MakeMessages.msgmerge_options, "--no-fuzzy-matching"]


def compile_catalogues() -> None:
    """Write each .mo that is missing or older than its .po. Fuzzy messages stay out, as with msgfmt."""
    for path in map(catalogue_path, LANGUAGES):
        compiled = path.with_suffix(".mo")
        if not path.exists() or (compiled.exists() and compiled.stat().st_mtime_ns > path.stat().st_mtime_ns):
            continue
        write_atomically(compiled, read_catalogue(path))
        say(f"compiled {compiled.relative_to(ROOT)}")


def write_atomically(compiled: Path, catalogue: Catalog) -> None:
    """A server that starts at the same moment reads the old file or the new one, never half of it."""
    with tempfile.NamedTemporaryFile(dir=compiled.parent, delete=False) as file:
        write_mo(file, catalogue)
    os.chmod(file.name, 0o644)
    os.replace(file.name, compiled)


@contextmanager
def extraction() -> Iterator[Path]:
    """A copy of the sources, and of nothing else, whose catalogues are up to date with it. Needs gettext's programs."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name in SOURCES:
            if (ROOT / name).exists():
                shutil.copytree(ROOT / name, name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        Path("locale").mkdir(exist_ok=True)
        languages = [f"--locale={language}" for language in LANGUAGES]
        ExactMakeMessages().run_from_argv(["django-admin", "makemessages", *EXTRACT, *languages])
        yield Path(folder)


def extract_messages() -> None:
    """Bring the catalogues up to date with the code: new messages are empty, those no longer used are gone."""
    with extraction() as copy:
        for language in LANGUAGES:
            catalogue_path(language).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(catalogue_path(language, copy), catalogue_path(language))


def faults(language: str, current: Catalog, extracted: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, one line for each message."""
    for identity in keys(extracted) - keys(current):
        yield f"{language}: not in the catalogue (run make messages): {identity}"
    for identity in keys(current) - keys(extracted):
        yield f"{language}: no longer in the code (run make messages): {identity}"
    for message in filter(is_entry, current):
        for fault in message_faults(message):
            yield f"{language}: {fault}: {key(message)}"


def keys(catalogue: Catalog) -> set[str]:
    """The messages of a catalogue, by context and English text."""
    return {key(message) for message in catalogue if is_entry(message)}


def check_catalogues() -> None:
    """Stop with every fault of every language, or say that there is none."""
    if shutil.which("xgettext") is None:
        stop("The check of the translations needs gettext:\n    sudo apt-get install gettext")
    with extraction() as copy:
        extracted = {language: read_catalogue(catalogue_path(language, copy)) for language in LANGUAGES}
    found: list[str] = []
    for language in LANGUAGES:
        path = catalogue_path(language)
        current = read_catalogue(path) if path.exists() else Catalog()
        found += sorted(faults(language, current, extracted[language]))
    if found:
        stop("\n".join(found) + f"\n{len(found)} faults in the translations")
    say(f"translations: {len(keys(extracted[LANGUAGES[0]]))} messages, whole in {', '.join(LANGUAGES)}")


COMMANDS = {"compile": compile_catalogues, "extract": extract_messages, "check": check_catalogues}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        stop(__doc__ or "")
    COMMANDS[sys.argv[1]]()
