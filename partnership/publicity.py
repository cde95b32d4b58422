"""What the public may know of a joint decision that is still open [I11].

What has ended stands in the register, which is public whole. An open decision is public no sooner than what it is about: its title
and its sentence quote the subject, so one on a draft plan would show the draft. Its exact text and the words of a
reservation wait for the entry in every case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType

from partnership import decisions
from partnership.models import Decision, Protocol, Publishable, PublishingState, RegisterEntry


def pending(protocol: Protocol) -> list[Decision]:
    """The open decisions that citizens may read of, the latest first, with signatures and proposer. A fixed number of queries."""
    rows = Decision.objects.for_protocol(protocol).open().with_signatures().select_related("opened_by__organisation")
    entered = {kind.code for kind in decisions.all_kinds() if kind.in_register}
    found = [decision for decision in rows if decision.kind in entered]
    public = _public_subjects(found)
    return [decision for decision in found if (decision.content_type_id, decision.object_id) in public]


def _public_subjects(found: Iterable[Decision]) -> set[tuple[int, str]]:
    keys = defaultdict(set)
    for decision in found:
        keys[decision.content_type_id].add(decision.object_id)
    return {(type_id, str(key)) for type_id, its in keys.items() for key in _public_keys(type_id, its)}


def _public_keys(type_id: int, keys: set[str]) -> Iterable[object]:
    """Those of one model's rows that the public reads: the protocol always, a decision once it is entered, a root once published."""
    model = ContentType.objects.get_for_id(type_id).model_class()
    if model is Protocol:
        return keys
    if model is Decision:
        return RegisterEntry.objects.filter(decision__in=[int(key) for key in keys]).values_list("decision", flat=True)
    if model is not None and issubclass(model, Publishable):
        published = model._base_manager.filter(pk__in=keys, publishing_state=PublishingState.PUBLISHED)
        return published.values_list("pk", flat=True)
    return ()
