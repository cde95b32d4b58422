"""demo_sign_ins: who can sign in to the demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from partnership.models import Membership
from transparency.demonstration.people import PASSWORD


class Command(BaseCommand):
    """Prints role, organisation, address and password of each demonstration sign-in, under DEMO=1 only."""

    help = "List the sign-ins of the demonstration. Only under DEMO=1."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("There are demonstration sign-ins under DEMO=1 only. Set DEMO=1, on this machine alone.")
        mandates = list(self.mandates())
        if not mandates:
            self.stdout.write(
                "No demonstration sign-in. Under DEMO=1, load_demo makes them (after remove_demo, if it was loaded without)."
            )
            return
        self.stdout.write(f"Sign-ins of the demonstration (password of each: {PASSWORD}):")
        for mandate in mandates:
            organisation = mandate.organisation.short_name_fr  # type: ignore[attr-defined]  # column added by modeltranslation
            self.stdout.write(f"    {mandate.get_role_display():<12} {organisation:<11} {mandate.user.email}")

    def mandates(self) -> list[Membership]:
        """Mandates of demonstration people whose password is the known one."""
        mandates = Membership.objects.filter(protocol__is_demonstration=True, user__is_demonstration=True)
        related = mandates.select_related("user", "organisation").order_by("organisation", "role", "pk")
        return [mandate for mandate in related if mandate.user.check_password(PASSWORD)]
