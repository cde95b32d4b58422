"""check_translations: is everything there in the three languages, and in the words both communes agreed?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from partnership import checking_translations
from partnership.checking_translations import Finding, FindingKind


class Command(BaseCommand):
    """Lists every finding. Ends with an error for those that must not stand; the others are for people to judge."""

    help = (
        "Check the interface and the published texts in Arabic, French and Dutch. Ends with an error for an interface message "
        "that is missing or fuzzy, an incomplete published record, or a word to avoid; lists texts that follow an earlier one "
        "and other words than the agreed ones."
    )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[FindingKind] = Counter()
        for finding in checking_translations.check():
            counts[finding.kind] += 1
            self.stdout.write(told(finding))
        summary = "; ".join(f"{kind.value} {counts[kind]}" for kind in FindingKind)
        if any(counts[kind] for kind in checking_translations.FAILING):
            raise CommandError(f"Translations: {summary}.")
        self.stdout.write(f"Translations: {summary}.")


def told(finding: Finding) -> str:
    """A finding on one line."""
    where = f"{finding.model} {finding.key} {finding.about}" if finding.model else finding.about
    parts = [finding.kind.value, finding.language, where, str(finding.field), _rule(finding)]
    return ": ".join(part for part in parts if part)


def _rule(finding: Finding) -> str:
    return {
        FindingKind.INTERFACE: finding.note,
        FindingKind.INCOMPLETE: "missing",
        FindingKind.AVOID: f"“{finding.word}” is to be avoided; say {finding.note}",
        FindingKind.OTHER: f"not “{finding.word}”, which the text in {finding.source} uses",
        FindingKind.STALE: "follows an earlier text",
    }[finding.kind]
