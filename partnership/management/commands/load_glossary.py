"""load_glossary [FILE] [--replace]: read the glossary from its file into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from partnership import glossary_file


class Command(BaseCommand):
    """Loads the glossary; a second time it changes nothing. A malformed file is refused whole."""

    help = "Load the glossary, by default the project’s own. What staff edited since is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?", default=glossary_file.GLOSSARY)
        parser.add_argument("--replace", action="store_true", help="write the file’s words over what staff edited, too")

    @no_translations
    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            loaded = glossary_file.load(file, replace=replace)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        done = f"{loaded.written} terms written" if loaded.written else "nothing had changed"
        left = (
            f" {loaded.edited} stand as staff edited them (--replace takes the file’s words)." if loaded.edited else ""
        )
        self.stdout.write(f"Glossary: {done}.{left}")
