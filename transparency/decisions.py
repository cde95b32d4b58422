"""Joint decision about a report: both coordinators release it before it is sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, decisions, languages
from partnership.decisions import Kind, Terms, Texts
from partnership.models import Decision, Protocol, Role
from partnership.refusals import Refusal
from transparency.models import Report


def _content(report: Report, terms: Terms) -> dict[str, Any]:
    """Which report, of which period, made from which snapshot."""
    return {"period": report.period, "series": report.series_id, "snapshot": report.snapshot.digest}


def _title(report: Report) -> Texts:
    titles = decisions.columns_by_language(report.series, "title")
    return {language: f"{title}, \u2066{report.period}\u2069" for language, title in titles.items()}


def _sentence(report: Report, terms: Terms) -> str:
    return gettext("Both coordinators release the report “%(title)s”: it becomes public and is sent.") % {
        "title": _title(report)[languages.current()]
    }


def _protocol(report: Report) -> Protocol:
    return report.series.protocol


def _refusals(report: Report, terms: Terms) -> list[Refusal]:
    if report.released_at is not None:
        return [Refusal(_("This report is released already."), code="I13")]
    return []


def _release(decision: Decision, report: Report, terms: Terms) -> None:
    report.released_at = clock.now(decision.protocol)
    report.save(update_fields=["released_at"])


RELEASE_REPORT = Kind(
    code="release_report",
    label=_("Release a report"),
    model="transparency.report",
    content=_content,
    title=_title,
    sentence=_sentence,
    protocol=_protocol,
    signed_by=Role.COORDINATOR,
    in_register=False,
    refusals=_refusals,
    on_adopted=_release,
)

decisions.register(RELEASE_REPORT)
