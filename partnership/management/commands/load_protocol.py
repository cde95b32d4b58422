"""load_protocol FILE: read a protocol from its structured file into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from partnership import glossary_file, protocol_file


class Command(BaseCommand):
    """Loads a protocol, and the glossary with it; a second time it changes nothing. A malformed file is refused whole."""

    help = "Load a cooperation protocol from a file such as partnership/data/belfaa-jette.json. Loading it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            loaded = protocol_file.apply(protocol_file.read(file))
            glossary_file.load()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        protocol = loaded.protocol
        done = f"{loaded.written} records written" if loaded.written else "nothing had changed"
        self.stdout.write(f"{protocol.code}: {protocol.clauses.count()} clauses; {done}.")
