"""What the public may know of a joint decision that is still open [I11].

What has ended stands in the register, which is public whole. An open decision is public no sooner than what it is about: its title
and its sentence quote the subject, so one on a draft plan would show the draft, and one on a plan whose title is hidden the title.
Its exact text and the words of a reservation wait for the entry in every case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.contrib.contenttypes.models import ContentType

from partnership import decisions, parity
from partnership.models import Decision, Protocol, Publishable, PublishingState, RegisterEntry
from partnership.models.hiding import notice

QUOTING = ("title", "sentence")
"""The texts of a decision that quote its subject's title."""


def pending(protocol: Protocol) -> list[Decision]:
    """The open decisions that citizens may read of, the latest first, with signatures and proposer. A fixed number of queries.

    They are to be shown and never to be written: where the subject's title is hidden, the notice stands for what quotes it.
    """
    rows = Decision.objects.for_protocol(protocol).open().with_signatures().select_related("opened_by__organisation")
    entered = {kind.code for kind in decisions.all_kinds() if kind.in_register}
    found = [decision for decision in rows if decision.kind in entered]
    hidden = _hidden_in_public_subjects(found)
    shown = [decision for decision in found if (decision.content_type_id, decision.object_id) in hidden]
    for decision in shown:
        if "title" in hidden[decision.content_type_id, decision.object_id].split(","):
            _cover(decision)
    return shown


def _cover(decision: Decision) -> None:
    for code in settings.REQUIRED_LANGUAGES:
        for name in QUOTING:
            setattr(decision, parity.column(name, code), notice(code))


def _hidden_in_public_subjects(found: Iterable[Decision]) -> Mapping[tuple[int, str], str]:
    """The subjects that the public reads, each with the names of the fields that are hidden in it, apart by commas."""
    keys = defaultdict(set)
    for decision in found:
        keys[decision.content_type_id].add(decision.object_id)
    return {(type_id, str(key)): names for type_id, its in keys.items() for key, names in _public(type_id, its)}


def _public(type_id: int, keys: set[str]) -> Iterable[tuple[object, str]]:
    """Those of one model's rows that the public reads: the protocol always, a decision once it is entered, a root once published."""
    model = ContentType.objects.get_for_id(type_id).model_class()
    if model is Protocol:
        return [(key, "") for key in keys]
    if model is Decision:
        rows = RegisterEntry.objects.filter(decision__in=[int(key) for key in keys])
        return [(key, "") for key in rows.values_list("decision", flat=True)]
    if model is not None and issubclass(model, Publishable):
        published = model._base_manager.filter(pk__in=keys, publishing_state=PublishingState.PUBLISHED)
        return published.values_list("pk", "hidden_fields")
    return ()
