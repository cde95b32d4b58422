"""What awaits a person in the prior assessments that are open: cells to answer, to look at for their commune, in dispute [I2, I5]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from partnership import permissions
from partnership.awaiting import ASSESS, Half, Task
from partnership.models import Decision, Party, Protocol, User
from partnership.templatetags import words
from projects.assessing import OVER
from projects.models import CELLS, PriorAssessment, View


def awaiting(user: User, protocol: Protocol) -> Iterable[Task]:
    """One task for each diagnosis in which something is left to do for the person's commune. Three queries, whatever their number."""
    parties = list(protocol.parties.all())
    standing = permissions.standing(user, protocol)
    own = {party.position for party in parties if any(one.organisation == party.organisation_id for one in standing)}
    rows = list(_open(protocol, parties))
    decided_upon = (
        {decision.object_id for decision in Decision.objects.open().on(*rows).defer("statement", "binding")}
        if rows
        else set()
    )
    for assessment in rows:
        reasons = _reasons(assessment, own)
        if reasons and str(assessment.pk) not in decided_upon:
            yield Task(
                group=ASSESS,
                subject=words.text(assessment.project, "title"),
                code=assessment.project.code,
                reason=" · ".join(reasons),
                halves={party.position: _half(assessment, party.position) for party in parties},
                url=reverse("admin:assessment", args=[assessment.pk]),
                action=gettext("Assess"),
            )


def _open(protocol: Protocol, parties: Iterable[Party]) -> Any:
    """The open diagnoses, each with how many cells are answered, looked at by each commune, disputed."""
    rows = PriorAssessment.objects.for_protocol(protocol).filter(outcome="").exclude(project__state__in=OVER)
    seen = {
        f"seen_{party.position}": Count("impacts__views", filter=Q(impacts__views__party=party.pk), distinct=True)
        for party in parties
    }
    disputed = Count("impacts__views", filter=Q(impacts__views__view=View.DISPUTED), distinct=True)
    answered = Count("impacts", filter=~Q(impacts__effect=""), distinct=True)
    return rows.select_related("project").annotate(answered=answered, disputed=disputed, **seen).order_by("pk")


def _reasons(assessment: Any, own: Iterable[int]) -> list[str]:
    missing = len(CELLS) - assessment.answered
    unseen = max((assessment.answered - getattr(assessment, f"seen_{place}") for place in own), default=0)
    found = []
    if missing:
        found.append(
            ngettext("%(count)s cell without an answer", "%(count)s cells without an answer", missing)
            % {"count": missing}
        )
    if unseen:
        found.append(
            ngettext(
                "your commune has not said how it stands to %(count)s cell",
                "your commune has not said how it stands to %(count)s cells",
                unseen,
            )
            % {"count": unseen}
        )
    if assessment.disputed:
        found.append(
            ngettext("%(count)s cell disputed", "%(count)s cells disputed", assessment.disputed)
            % {"count": assessment.disputed}
        )
    return found


def _half(assessment: Any, place: int) -> Half:
    seen = getattr(assessment, f"seen_{place}")
    return Half(
        seen == len(CELLS),
        gettext("%(seen)s of %(all)s cells seen") % {"seen": seen, "all": len(CELLS)},
    )
