"""verify_register: recompute every protocol's chain of entries."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from partnership import register
from partnership.models import Protocol
from partnership.register import Verification


class Command(BaseCommand):
    """Prints each chain's length and head; a broken one makes it fail, with the first entry that does not hold and why."""

    help = "Verify the register of every protocol. Fails, naming the first broken entry, where a chain does not hold."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        broken = []
        for protocol in Protocol.objects.order_by("code"):
            found = register.verify(protocol)
            self.stdout.write(f"{protocol.code}: {told(found)}")
            if not found.intact:
                broken.append(protocol.code)
        if broken:
            raise CommandError(f"The register is broken: {', '.join(broken)}.")


def told(found: Verification) -> str:
    """What was found in one chain, as one line."""
    entries = "1 entry" if found.count == 1 else f"{found.count} entries"
    if found.intact:
        return f"intact, {entries}, head {found.head}"
    return f"BROKEN at entry {found.broken_at}. {found.reason} {entries} before it hold, head {found.head}"
