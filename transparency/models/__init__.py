"""What leaves the house: report series, reports, their documents and deliveries."""

from transparency.models.reports import (
    Audience,
    Delivery,
    Report,
    ReportDocument,
    ReportRecipient,
    ReportSeries,
    Snapshot,
)
from transparency.reports.periods import Cadence

__all__ = [
    "Audience",
    "Cadence",
    "Delivery",
    "Report",
    "ReportDocument",
    "ReportRecipient",
    "ReportSeries",
    "Snapshot",
]
