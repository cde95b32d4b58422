"""remove_demo: take the demonstration away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, no_translations

from partnership.models import Protocol
from transparency.demonstration.remove import Removed, remove


class Command(BaseCommand):
    """Removes every demonstration protocol with all that hangs on it, and says what went and what stayed."""

    help = "Remove the demonstration and nothing else."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        removed = remove()
        if not removed.counts[Protocol]:
            self.stdout.write("There is no demonstration to remove.")
        self.report(removed)
        if Protocol.objects.exists() and not Protocol.objects.filter(primary=True).exists():
            self.stdout.write(
                "No protocol is the primary one now: mark one on the staff's side, or run load_protocol again."
            )

    def report(self, removed: Removed) -> None:
        """One line for each kind of record that went, and for each that stays without its mark."""
        for model, count in removed.counts.items():
            if count:
                self.stdout.write(
                    f"Removed: {count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
                )
        for row in removed.kept:
            self.stdout.write(f"Kept, since it is in use: {row}")
