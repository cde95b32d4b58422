"""The translation catalogues: locale/<language>/LC_MESSAGES/django.po.

    python -m bin.messages compile    make the .mo files that are missing or older than their .po (needs no gettext)
    python -m bin.messages extract    bring the .po files up to date with the code, without guessing (needs gettext)
    python -m bin.messages check      every message translated in every language, and nothing left to extract

Run from the project's folder, with the packages of requirements.txt.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.core.management.commands.makemessages import Command as MakeMessages

from bin.system import say, stop

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ar", "fr", "nl")
SOURCES = ("config", "evaluation", "locale", "partnership", "projects", "templates", "transparency")
EXTRACT = ["--domain=django", "--no-obsolete", "--no-wrap", "--add-location=file", "--verbosity=0"]
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|\{\w*\}|%[sd]")


class ExactMakeMessages(MakeMessages):
    """Django's makemessages without its fuzzy guesses: a message is translated by a person or it is empty."""

    msgmerge_options = [*MakeMessages.msgmerge_options, "--no-fuzzy-matching"]


def catalogue_path(language: str, root: Path = ROOT) -> Path:
    """Where a language's catalogue stands."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path) -> Catalog:
    """A catalogue as it stands, with the plural rule of its own header."""
    with path.open("rb") as file:
        return parse_catalogue(file, language=path.parts[-3])


def parse_catalogue(file: BinaryIO, *, language: str) -> Catalog:
    """Babel drops the header's plural rule on writing unless it knows the language, which makemessages leaves empty."""
    catalogue = read_po(file)
    catalogue.locale = language
    return catalogue


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


def is_entry(message: Message) -> bool:
    """Whether this is a message, and not the catalogue's header."""
    return bool(message.id)


def keys(catalogue: Catalog) -> set[str]:
    """The messages of a catalogue, by context and English text."""
    return {key(message) for message in catalogue if is_entry(message)}


def key(message: Message) -> str:
    """How a message is named in a fault: its context, if any, and its English text."""
    return (f"[{message.context}] " if message.context else "") + repr(texts(message.id)[0])


def texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """The forms of a message: one, or as many as the language has plurals."""
    return [value] if isinstance(value, str) else list(value or [""])


def message_faults(message: Message) -> Iterator[str]:
    """Missing (one of the plural forms, too), fuzzy, or with other placeholders than the English text.

    A plural form may leave the number out, as Arabic does for one and two, but adds no placeholder of its own.
    """
    translations = texts(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(text.strip() for text in translations):
        yield "not translated"
        return
    wanted = placeholders(*texts(message.id))
    for text in translations:
        found = placeholders(text)
        if found - wanted or (len(translations) == 1 and wanted - found):
            yield f"placeholders {sorted(found)} instead of {sorted(wanted)}"


def placeholders(*forms: str) -> set[str]:
    """The named and positional placeholders of some texts."""
    return set(PLACEHOLDER.findall(" ".join(forms).replace("%%", "")))


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
