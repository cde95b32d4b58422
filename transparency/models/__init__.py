"""What leaves the house: report series, reports, their documents and deliveries."""

from transparency.models.reports import (
    Audience,
    Cadence,
    Delivery,
    Report,
    ReportDocument,
    ReportRecipient,
    ReportSeries,
    Snapshot,
)

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
