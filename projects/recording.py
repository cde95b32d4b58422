"""Recording a need in a commune's name: each commune says once that it knows it, with what it adds in its own words (clause F1.1).

A joint diagnosis starts from a need that both communes have recorded; neither records it for the other [I2].
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import clock, editing, history, mandates, parity, permissions
from partnership.models import Membership, Party, Role
from partnership.refusals import Refusal
from projects.models import Need, NeedRecord

RECORDERS = frozenset({Role.COORDINATOR, Role.EDITOR})
"""Who speaks for a commune about what it knows of a need: those who enter records of the programme."""
LONGEST = 2000


@transaction.atomic
def record(need: Need, *, by: Membership, remark: str = "", language: str = "") -> NeedRecord:
    """Record a need in the name of the commune a mandate acts for; returns the record, which stays.

    The need is locked until the transaction ends. Raises NotASignatory for a mandate that records nothing, Refusal for a
    commune that has recorded the need already, a protocol that has ended, a need that was withdrawn, or a remark without its
    language.
    """
    party = mandates.acting_for(by, need.protocol, RECORDERS)
    _refuse_remark(remark.strip(), language)
    with history.one_version():
        editing.lock(history.root_of(need))
        fresh = Need.objects.select_related("protocol").get(pk=need.pk)
        _refuse(fresh, party, by)
        made = NeedRecord(
            need=fresh,
            party=party,
            by=by,
            on=clock.today(fresh.protocol),
            remark=remark.strip(),
            remark_language=language if remark.strip() else "",
        )
        made.save()
    return made


def _refuse(need: Need, party: Party, by: Membership) -> None:
    if not permissions.lets(by, "change", need):
        raise Refusal(_("The protocol has ended; it is an archive that is only read."), code="I1")
    if party.pk in need.parties_that_recorded():
        raise Refusal(
            _("%(commune)s has recorded this need already. Each commune records it once, in its own name."),
            code="I2",
            params={"commune": str(party)},
        )


def _refuse_remark(remark: str, language: str) -> None:
    if len(remark) > LONGEST:
        raise Refusal(
            _("A remark has at most %(most)s characters; this one has %(count)s."),
            code="remark",
            params={"most": LONGEST, "count": len(remark)},
        )
    if parity.has_text(remark) and language not in settings.REQUIRED_LANGUAGES:
        raise Refusal(_("Choose the language you wrote in."), code="language")


def still_to_record(need: Need, mandates_held: Iterable[Membership]) -> list[Membership]:
    """Those of a person's mandates whose commune has not recorded the need yet."""
    recorded = set(need.records.values_list("party__organisation", flat=True))
    return [one for one in mandates_held if one.organisation_id not in recorded]
