"""The protocol's own decisions: ratify, amend, end, renew; and what one commune alone may do, leave."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, decisions, equality, formats, forms, languages, mandates, notices, parity, register
from partnership.decisions import Kind, Terms, Texts, texts
from partnership.models import (
    Clause,
    Decision,
    DecisionState,
    Deliberation,
    Domain,
    EntryKind,
    Membership,
    Protocol,
    ProtocolState,
    RegisterEntry,
    Role,
)
from partnership.models.meetings import Body
from partnership.refusals import Refusal

ELEMENTS = ("principles", "objectives", "domains", "foundations")


def content_of_act(protocol: Protocol, terms: Terms) -> dict[str, Any]:
    """The whole act: its title and dates, its parties, every clause in the three languages, and what the clauses enumerate."""
    return {
        "clauses": [
            {"kind": clause.kind, "number": clause.number, "original": clause.original, **texts(clause, "text")}
            for clause in protocol.clauses.order_by("order")
        ],
        "parties": [
            {"languages": party.languages, "organisation": party.organisation_id, "position": party.position}
            for party in protocol.parties.order_by("position")
        ],
        "source_language": protocol.source_language,
        "valid_from": protocol.valid_from,
        "valid_until": protocol.valid_until,
        **{relation: _elements(protocol, relation) for relation in ELEMENTS},
        **texts(protocol, "title"),
    }


def _elements(protocol: Protocol, relation: str) -> list[dict[str, Any]]:
    rows = getattr(protocol, relation).select_related("clause").order_by("order")
    return [{"clause": row.clause.number, "code": row.code, **texts(row, "name")} for row in rows]


def communes(protocol: Protocol) -> str:
    """Both communes in the order of the active language, joined by “and” [I16]."""
    rows = list(protocol.parties.select_related("organisation"))
    first, second = equality.ordered(rows, equality.Reader(languages.current()))
    return gettext("%(first)s and %(second)s") % {"first": first, "second": second}


def _title(protocol: Protocol) -> str:
    return decisions.title_of(protocol)[languages.current()]


def _ratify_sentence(protocol: Protocol, terms: Terms) -> str:
    count = protocol.clauses.count()
    return ngettext(
        "The communes of %(communes)s ratify “%(title)s”, with its %(count)s clause as it stands here.",
        "The communes of %(communes)s ratify “%(title)s”, with its %(count)s clauses as they stand here.",
        count,
    ) % {"communes": communes(protocol), "title": _title(protocol), "count": count}


def _against_ratifying(protocol: Protocol, terms: Terms) -> list[Refusal]:
    if protocol.state != ProtocolState.DRAFT:
        return [Refusal(_("Only a draft can be ratified; this protocol is past that."), code="I1")]
    if protocol.parties.count() != 2:
        return [Refusal(_("A protocol is ratified by exactly two communes."), code="I1")]
    return []


def _ratified(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    protocol.state = ProtocolState.IN_FORCE
    protocol.ratified_by = decision
    protocol.save(update_fields=["state", "ratified_by"])
    predecessor = Protocol.objects.filter(successor=protocol).first()
    if predecessor is not None:
        predecessor.state = ProtocolState.ENDED
        predecessor.save(update_fields=["state"])


def _ratification_annulled(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    """Without both ratifications the protocol is not in force; it is a draft again, which can be ratified anew [I1]."""
    protocol.state = ProtocolState.DRAFT
    protocol.ratified_by = None
    protocol.save(update_fields=["state", "ratified_by"])


def _protocol_of(part: Any) -> list[Protocol]:
    return [part.protocol]


LOCKS_OF_ACT = {
    "partnership.protocol": ("title", "valid_from", "valid_until", "source_language"),
    "partnership.party": ("position", "organisation", "languages"),
    "partnership.clause": ("number", "kind", "order", "text", "original"),
    "partnership.principle": ("code", "name", "clause", "order"),
    "partnership.objective": ("code", "name", "clause", "order"),
    "partnership.domain": ("code", "name", "clause", "order"),
    "partnership.foundation": ("code", "name", "clause", "order"),
}
PARTS_OF_ACT = {label: _protocol_of for label in LOCKS_OF_ACT if label != "partnership.protocol"}


def is_courtesy_column(record: Any, column: str) -> bool:
    """Whether a column is a courtesy translation, which may be corrected; the act's own words change by amending only."""
    protocol = record if isinstance(record, Protocol) else record.protocol
    own = f"_{protocol.source_language}"
    return column.startswith(("text_", "name_", "title_")) and not column.endswith(own)


RATIFY = Kind(
    code="ratify_protocol",
    label=_("Ratify the protocol"),
    model="partnership.protocol",
    content=content_of_act,
    sentence=_ratify_sentence,
    needs_deliberation=True,
    lasting=True,
    afterwards="may",
    locks=LOCKS_OF_ACT,
    holding=PARTS_OF_ACT,
    correctable=is_courtesy_column,
    changed_by="amend_protocol",
    refusals=_against_ratifying,
    on_adopted=_ratified,
    on_annulled=_ratification_annulled,
)


def _in_force(protocol: Protocol) -> list[Refusal]:
    if protocol.state in {ProtocolState.IN_FORCE, ProtocolState.CLOSING}:
        return []
    return [Refusal(_("Only a protocol in force can be amended, ended or renewed."), code="I1")]


def _amendment(protocol: Protocol, terms: Terms) -> dict[str, Any]:
    """Each changed clause with what it says and what it is to say, and each added one."""
    clauses = {clause.number: clause for clause in protocol.clauses.all()}
    return {
        "added": terms["added"],
        "clauses": [
            {"from": _as_it_stands(clauses[entry["number"]]), "number": entry["number"], "to": entry["text"]}
            for entry in terms["clauses"]
        ],
    }


def _as_it_stands(clause: Clause) -> dict[str, str]:
    return {"original": clause.original, **texts(clause, "text")}


def _against_amending(protocol: Protocol, terms: Terms) -> list[Refusal]:
    refusals = _in_force(protocol)
    if not terms:
        return refusals
    if not terms.get("clauses") and not terms.get("added"):
        refusals.append(Refusal(_("An amendment changes or adds at least one clause."), code="amendment"))
    numbers = set(protocol.clauses.values_list("number", flat=True))
    for entry in terms.get("added", ()):
        if entry["number"] in numbers:
            taken = _("There is already a clause %(number)s.")
            refusals.append(Refusal(taken, code="amendment", params={"number": entry["number"]}))
    return refusals


def _amend_sentence(protocol: Protocol, terms: Terms) -> str:
    numbers = [entry["number"] for entry in (*terms["clauses"], *terms["added"])]
    return ngettext(
        "The communes of %(communes)s amend “%(title)s”: clause %(numbers)s.",
        "The communes of %(communes)s amend “%(title)s”: clauses %(numbers)s.",
        len(numbers),
    ) % {"communes": communes(protocol), "title": _title(protocol), "numbers": ", ".join(numbers)}


def _amended(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    for entry in terms["clauses"]:
        clause = protocol.clauses.get(number=entry["number"])
        _write_text(clause, entry["text"])
        clause.save()
    for entry in terms["added"]:
        _add_clause(protocol, entry)
    decisions.rebind(protocol)


def _amendment_annulled(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    """The clauses say again what they said; an added one goes with the domain it added, unless a project already stands on that."""
    for entry in decision.data["content"]["clauses"]:
        clause = protocol.clauses.get(number=entry["number"])
        for column, words in entry["from"].items():
            setattr(clause, column, words)
        clause.save()
    for entry in terms["added"]:
        _take_away(protocol, entry)
    decisions.rebind(protocol)


def _take_away(protocol: Protocol, entry: Terms) -> None:
    clause = protocol.clauses.get(number=entry["number"])
    try:
        with transaction.atomic():
            for domain in clause.domains.all():
                domain.delete()
            clause.delete()
    except ProtectedError:
        return


def _write_text(clause: Clause, text: Texts) -> None:
    own = clause.protocol.source_language
    if text[own] != getattr(clause, parity.column("text", own)):
        clause.original = text[own]  # else it stays letter for letter, with its line ends
    for language, words in text.items():
        setattr(clause, parity.column("text", language), words)


def _add_clause(protocol: Protocol, entry: Terms) -> None:
    """Put a clause after the last one that belongs to the same parent; a domain it names joins the closed list (article 3)."""
    parent = protocol.clauses.filter(number=entry["parent"]).first()
    siblings = protocol.clauses.filter(parent=parent) if parent else protocol.clauses.all()
    last = siblings.order_by("-order").first() or parent
    place = last.order + 1 if last else 1
    for later in protocol.clauses.filter(order__gte=place).order_by("-order"):  # the last first: no two share an order
        later.order += 1
        later.save(update_fields=["order"])
    clause = Clause(protocol=protocol, number=entry["number"], parent=parent, order=place, kind=entry["kind"])
    _write_text(clause, entry["text"])
    clause.save()
    if entry.get("domain"):
        order = protocol.domains.count() + 1
        names = {parity.column("name", language): words for language, words in entry["domain"]["name"].items()}
        Domain.objects.create(protocol=protocol, code=entry["domain"]["code"], clause=clause, order=order, **names)


AMEND = Kind(
    code="amend_protocol",
    label=_("Amend the protocol"),
    model="partnership.protocol",
    content=_amendment,
    sentence=_amend_sentence,
    needs_deliberation=True,
    afterwards="may",
    terms_form=forms.of_protocol(forms.AmendmentForm),
    refusals=_against_amending,
    on_adopted=_amended,
    on_annulled=_amendment_annulled,
)


def _end_content(protocol: Protocol, terms: Terms) -> dict[str, Any]:
    return {"ends_on": terms["ends_on"], "valid_until": protocol.valid_until}


def _end_sentence(protocol: Protocol, terms: Terms) -> str:
    return gettext("The communes of %(communes)s end “%(title)s” on %(day)s.") % {
        "communes": communes(protocol),
        "title": _title(protocol),
        "day": _day(terms["ends_on"]),
    }


def _day(iso: str) -> str:
    return formats.day(datetime.date.fromisoformat(iso), languages.current())


def _against_ending(protocol: Protocol, terms: Terms) -> list[Refusal]:
    refusals = _in_force(protocol)
    day = datetime.date.fromisoformat(terms["ends_on"]) if terms else None
    begun = protocol.valid_from
    if day is not None and (day < clock.today(protocol) or (begun is not None and day < begun)):
        refusals.append(Refusal(_("Choose a day from today on, not before the protocol began."), code="ends_on"))
    return refusals


def _ended(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    protocol.valid_until = datetime.date.fromisoformat(terms["ends_on"])
    over = protocol.valid_until <= clock.today(protocol)
    protocol.state = ProtocolState.ENDED if over else ProtocolState.CLOSING
    protocol.save(update_fields=["valid_until", "state"])
    decisions.rebind(protocol)


def _end_annulled(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    """Nothing ended: the protocol is in force until the day it had, or still closing where a commune has left it."""
    before = decision.data["content"]["valid_until"]
    protocol.valid_until = datetime.date.fromisoformat(before) if before else None
    alone = RegisterEntry.objects.for_protocol(protocol).filter(deliberation__isnull=False).order_by("sequence").last()
    is_left = alone is not None and alone.kind == EntryKind.LEAVING
    protocol.state = ProtocolState.CLOSING if is_left else ProtocolState.IN_FORCE
    protocol.save(update_fields=["valid_until", "state"])
    decisions.rebind(protocol)


END = Kind(
    code="end_protocol",
    label=_("End the protocol"),
    model="partnership.protocol",
    content=_end_content,
    sentence=_end_sentence,
    needs_deliberation=True,
    terms_form=lambda protocol: forms.EndingForm,
    refusals=_against_ending,
    on_adopted=_ended,
    on_annulled=_end_annulled,
)


def _successor(terms: Terms) -> Protocol | None:
    return Protocol.objects.filter(code=terms["successor"]).first()


def _renew_content(protocol: Protocol, terms: Terms) -> dict[str, Any]:
    return {"successor": terms["successor"]}


def _renew_sentence(protocol: Protocol, terms: Terms) -> str:
    successor = _successor(terms)
    return gettext("The communes of %(communes)s renew “%(title)s” by “%(successor)s” (%(code)s).") % {
        "communes": communes(protocol),
        "title": _title(protocol),
        "successor": _title(successor) if successor else "",
        "code": terms["successor"],
    }


def _against_renewing(protocol: Protocol, terms: Terms) -> list[Refusal]:
    refusals = _in_force(protocol)
    if not terms:
        return refusals
    successor = _successor(terms)
    if successor is None or successor.pk == protocol.pk or _communes_of(successor) != _communes_of(protocol):
        refusals.append(
            Refusal(_("The successor is another protocol of the same two communes. Load it first."), code="renewal")
        )
    elif successor.state != ProtocolState.DRAFT or Protocol.objects.filter(successor=successor).exists():
        refusals.append(Refusal(_("The successor is a draft that renews no other protocol yet."), code="renewal"))
    return refusals


def _communes_of(protocol: Protocol) -> set[int]:
    return set(protocol.parties.values_list("organisation", flat=True))


def _renewed(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    """The successor is linked; this protocol ends when that one is ratified."""
    protocol.successor = _successor(terms)
    protocol.save(update_fields=["successor"])


def _renewal_annulled(decision: Decision, protocol: Protocol, terms: Terms) -> None:
    """The link goes, unless the successor is in force by then on ratifications of its own."""
    if protocol.successor is not None and protocol.successor.state == ProtocolState.DRAFT:
        protocol.successor = None
        protocol.save(update_fields=["successor"])


RENEW = Kind(
    code="renew_protocol",
    label=_("Renew the protocol"),
    model="partnership.protocol",
    content=_renew_content,
    sentence=_renew_sentence,
    needs_deliberation=True,
    terms_form=forms.of_protocol(forms.RenewalForm),
    refusals=_against_renewing,
    on_adopted=_renewed,
    on_annulled=_renewal_annulled,
)


@transaction.atomic
def leave(protocol: Protocol, *, by: Membership, deliberation: Deliberation, ground: str, language: str) -> None:
    """One commune leaves on its council's executory resolution; the protocol is closing from then on. The one thing decided alone [I3].

    Raises Refusal for another's deliberation, one that is not executory, a protocol that is not in force, or a missing ground.
    """
    locked: Any = decisions.lock(protocol)
    party = mandates.acting_for(by, locked, frozenset({Role.SIGNATORY}))
    resolution = Deliberation.objects.select_for_update(of=("self",), no_key=True).get(pk=deliberation.pk)
    day = clock.today(locked)
    is_its_councils = resolution.party_id == party.pk and resolution.body == Body.COUNCIL and resolution.approved
    if not is_its_councils or not resolution.is_executory_on(day):
        raise Refusal(
            _("A commune leaves on an executory deliberation of its own council. Choose that one."), code="I1"
        )
    if locked.state != ProtocolState.IN_FORCE:
        raise Refusal(_("Only a protocol in force can be left."), code="I1")
    if not ground.strip():
        raise Refusal(_("Say why the commune leaves; the register shows it."), code="I2")
    locked.state = ProtocolState.CLOSING
    locked.save(update_fields=["state"])
    facts = {
        "commune": mandates.commune_names(party.organisation),
        "deliberation": register.deliberation_facts(resolution),
        "function": mandates.function_of(by),
        "ground": ground.strip(),
        "language": language,
        "party": party.position,
    }
    register.append(locked, EntryKind.LEAVING, facts, deliberation=resolution)
    notices.left(locked, party)
    protocol.refresh_from_db()


def left_on(deliberation: Deliberation) -> RegisterEntry | None:
    """The entry by which a commune left on this deliberation; None where none did, or that has lost its effect."""
    entries = deliberation.entries.order_by("-sequence")
    last = entries.select_related("protocol").first()
    return last if last is not None and last.kind == EntryKind.LEAVING else None


def call_back(leaving: RegisterEntry, *, ground: str, language: str, since: datetime.date) -> None:
    """What rested on the deliberation on which a commune left: the protocol is in force again, unless both have ended it since.

    Called under the protocol's lock. Appends “without effect since” to the register.
    """
    protocol: Any = Protocol.objects.get(pk=leaving.protocol_id)
    ended_by_both = Decision.objects.on(protocol).filter(kind=END.code, state=DecisionState.ADOPTED)
    if protocol.state == ProtocolState.CLOSING and not ended_by_both.exists():
        protocol.state = ProtocolState.IN_FORCE
        protocol.save(update_fields=["state"])
    said = leaving.data
    facts = {name: said[name] for name in ("commune", "deliberation", "function", "party")}
    facts |= {"ground": ground, "language": language, "leaving": leaving.sequence, "since": since}
    register.append(protocol, EntryKind.WITHOUT_EFFECT, facts, deliberation=leaving.deliberation)


@transaction.atomic
def end_due(today: datetime.date) -> int:
    """Turn every closing protocol whose last day is past into a read-only archive; returns how many."""
    due = Protocol.objects.filter(state=ProtocolState.CLOSING, valid_until__lt=today).select_for_update(of=("self",))
    for protocol in due:
        protocol.state = ProtocolState.ENDED
        protocol.save(update_fields=["state"])
    return len(due)


decisions.register(RATIFY, AMEND, END, RENEW)
