"""Rights on reports. A council's report is its commune's own business; the programme body's is of both [I2, I16]."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import rights
from partnership.permissions import (
    ADMINISTRATORS,
    COMMUNES,
    COORDINATORS,
    EDITORS,
    MAIL,
    PUBLIC,
)
from partnership.rights import ALWAYS, Mandate, Only, Right, Subject, Who

SERIES = Subject("series", _("Report series and their recipients"))
REPORT = Subject("report", _("Reports that were made"))
FROZEN = Subject("frozen", _("Snapshots and documents of reports"))

rights.cover(SERIES, "transparency.reportseries")
rights.cover(REPORT, "transparency.report")
rights.cover(FROZEN, "transparency.snapshot", "transparency.reportdocument")
rights.cover(MAIL, "transparency.delivery")


def _is_for_them(series: Any, mandate: Mandate) -> bool:
    return series.party is None or series.party.organisation_id == mandate.organisation


OWN_SERIES = Only(
    pgettext_lazy("condition of a right", "for their own council, or for the programme body"), _is_for_them
)
OWN_REPORT = Only(OWN_SERIES.words, lambda report, mandate: _is_for_them(report.series, mandate))
NEVER_REPORTED = Only(
    pgettext_lazy("condition of a right", "if it has never reported"), lambda series, _m: not series.reports.exists()
)
BY_ONE = Only(
    pgettext_lazy("condition of a right", "unless both coordinators release it together, by a joint decision"),
    lambda report, _m: not report.series.needs_release,
)
RELEASED = Only(
    pgettext_lazy("condition of a right", "once released"), lambda report, _m: report.released_at is not None
)

# fmt: off
rights.register(
    # who                    may                          with              only                           while it is
    Right(PUBLIC,            ("read",),                   (REPORT,),        (RELEASED,),                   states=ALWAYS),
    Right((*COMMUNES, Who.PROGRAMME_BODY, *ADMINISTRATORS), ("view",), (SERIES, REPORT, FROZEN),           states=ALWAYS),
    Right(EDITORS,           ("add", "change", "make"),   (SERIES,),        (OWN_SERIES,)),
    Right(EDITORS,           ("delete",),                 (SERIES,),        (OWN_SERIES, NEVER_REPORTED)),
    Right(COORDINATORS,      ("release",),                (REPORT,),        (OWN_REPORT, BY_ONE)),
    Right(COORDINATORS,      ("release",),                (SERIES,),        (OWN_SERIES,)),
    Right((*COMMUNES, Who.PROGRAMME_BODY), ("comment",),  (SERIES, REPORT)),
)
# fmt: on
