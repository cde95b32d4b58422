"""Hiding a published text at once, and showing it again: either commune alone does either, for one person's protection cannot wait.

Facts without language correct at once where they stand. What was said in a joint decision stays in the register, and reports
made before stay as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import clock, editing, following, history, notices, parity, permissions
from partnership.models import Hiding, Membership, Protocol, Publishable, Recorded
from partnership.models.hiding import Hideable, public_texts
from partnership.refusals import Refusal

LONGEST = 2000


@transaction.atomic
def hide(record: Any, field: str, *, by: Membership, reason: str, language: str) -> Hiding:
    """Let the public read the fixed notice in place of a text; returns the hiding, the present one where it is hidden already.

    The other commune's coordinators are told by mail. Raises Refusal for a mandate that does not let its holder hide, a text
    that nobody reads, or no reason.
    """
    _refuse(record, field, by)
    _refuse_reason(reason.strip(), language)
    with history.one_version():
        fresh = _locked(record)
        present = Hiding.objects.open().of(fresh).filter(field=field).first()
        if present is not None:
            return present
        if not is_public(fresh):
            raise Refusal(_("The public does not read this record, so there is nothing to hide."), code="hiding")
        protocol = protocol_of(fresh)
        made = Hiding.objects.create(
            protocol=protocol,
            content_type=ContentType.objects.get_for_model(fresh),
            object_id=str(fresh.pk),
            field=field,
            organisation=by.organisation,
            by=by,
            at=clock.now(protocol),
            reason=reason.strip(),
            reason_language=language,
        )
        fresh.set_hidden([*fresh.hidden, field])
    notices.hidden(made, fresh, by)
    record.refresh_from_db(fields=["hidden_fields"])
    return made


@transaction.atomic
def show(record: Any, field: str, *, by: Membership) -> None:
    """Let the public read a text again, whichever commune hid it; nothing where it is not hidden. The other commune is told."""
    _refuse(record, field, by)
    with history.one_version():
        fresh = _locked(record)
        present = Hiding.objects.open().of(fresh).filter(field=field).first()
        if present is None:
            return
        present.lifted_at, present.lifted_by = clock.now(present.protocol), by
        present.save()
        fresh.set_hidden(name for name in fresh.hidden if name != field)
    notices.hidden(present, fresh, by)
    record.refresh_from_db(fields=["hidden_fields"])


def _locked(record: Any) -> Any:
    """The record as it stands, its root locked until the transaction ends."""
    editing.lock(history.root_of(record))
    return type(record)._base_manager.get(pk=record.pk)


def _refuse(record: Any, field: str, by: Membership) -> None:
    if not may(record, by):
        raise Refusal(
            _(
                "Only a coordinator, an editor or a signatory of one of the two communes hides a text or shows it again."
            ),
            code="I2",
        )
    if field not in public_texts(type(record)):
        raise Refusal(_("Only a text that the public reads can be hidden."), code="hiding")


def _refuse_reason(reason: str, language: str) -> None:
    if not parity.has_text(reason):
        raise Refusal(_("Say why the text is hidden."), code="reason")
    if len(reason) > LONGEST:
        raise Refusal(
            _("A reason has at most %(most)s characters; this one has %(count)s."),
            code="reason",
            params={"most": LONGEST, "count": len(reason)},
        )
    if language not in settings.REQUIRED_LANGUAGES:
        raise Refusal(_("Choose the language you wrote in."), code="language")


def may(record: Any, by: Membership) -> bool:
    """Whether a mandate lets its holder hide texts of this record and show them."""
    protocol = protocol_of(record)
    if protocol.pk != by.protocol_id:
        return False
    return permissions.lets(by, "hide", record)


# What is public -------------------------------------------------------------------------------------------------------


def protocol_of(record: Recorded) -> Protocol:
    """The protocol of a record that can be hidden in."""
    found = following.protocol_of(following.root_of(record))
    assert found is not None  # what all protocols share has no texts that can be hidden
    return found


def is_public(record: Any) -> bool:
    """Whether the public reads the record it is published with; what has no publishing state is always read."""
    whole = following.root_of(record)
    return whole.is_published if isinstance(whole, Publishable) else True


@dataclass(frozen=True)
class PublicText:
    """A text that the public reads, on a record or a part of one; `hiding` is None while it is shown."""

    record: Any
    field: str
    hiding: Hiding | None

    @property
    def key(self) -> str:
        """Where it stands, for instance projects.activity:12:happened."""
        return f"{self.record._meta.label_lower}:{self.record.pk}:{self.field}"

    @property
    def label(self) -> str:
        """What the field is called."""
        return str(self.record._meta.get_field(self.field).verbose_name)

    @property
    def text(self) -> str:
        """The text itself, in the language of the page."""
        return str(getattr(self.record, self.field) or "")


def has_public_texts(record: Any) -> bool:
    """Whether a record, or the one it hangs under, can have texts hidden."""
    return isinstance(record, Hideable) and isinstance(record, Recorded)


def hidden_in(record: Any) -> list[PublicText]:
    """What is hidden now of a record and of its parts, for its form. One query while nothing is."""
    whole = following.root_of(record)
    if not Hiding.objects.open().filter(protocol=whole.protocol_id).exists():
        return []
    return [one for _row, its in texts(whole) for one in its if one.hiding is not None]


def texts(record: Any) -> Iterator[tuple[Any, list[PublicText]]]:
    """The public texts of a record and of its parts, each with its hiding. One query for each kind of part, and one more."""
    rows = [one for one in following.records_under(record) if isinstance(one, Hideable)]
    types = ContentType.objects.get_for_models(*{type(row) for row in rows})
    found = Hiding.objects.open().filter(protocol=protocol_of(record)).select_related("organisation")
    hidden = {(one.content_type_id, one.object_id, one.field): one for one in found}
    for row in rows:
        its = [
            PublicText(row, field, hidden.get((types[type(row)].pk, str(row.pk), field)))
            for field in public_texts(type(row))
            if any(parity.has_text(getattr(row, parity.column(field, code))) for code in settings.REQUIRED_LANGUAGES)
        ]
        if its:
            yield row, its
