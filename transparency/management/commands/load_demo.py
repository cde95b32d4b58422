"""load_demo [--as-of DATE]: a demonstration protocol with a whole programme."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from partnership import glossary_file
from transparency.demonstration import load, shift


class Command(BaseCommand):
    """Makes the demonstration once, and the glossary with it; a second time it says that it is there."""

    help = "Make the demonstration: a protocol of its own, marked as such, whose latest reports fall due at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="the day it is told on, as 2026-11-24; by default today")

    @no_translations
    def handle(self, *args: Any, as_of: str | None, **options: Any) -> None:
        try:
            found = load.load(as_of=None if as_of is None else shift.parse_day(as_of))
            glossary_file.load()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        code = found.protocol.code
        if found.made:
            self.stdout.write(f"{code}: the demonstration is ready, with {found.protocol.projects.count()} projects.")
        else:
            self.stdout.write(
                f"{code}: the demonstration is there already; nothing has changed. (remove_demo removes it.)"
            )
