"""Who may do what: the agreement's lines of the table of rights, and the one place that reads the table.

Neither commune has a right the other lacks [I2]. Other apps add lines in their own `permissions.py`; docs/rights.md shows all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import clock, decisions, rights
from partnership.models import (
    APPOINTED,
    Decision,
    Membership,
    Organisation,
    Party,
    Protocol,
    ProtocolState,
    Role,
    User,
)
from partnership.rights import ACTIONS, ALWAYS, Action, Mandate, Only, Right, Subject, Who

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Person = AbstractBaseUser | AnonymousUser

# Who ------------------------------------------------------------------------------------------------------------------

COORDINATORS = (Who.COORDINATOR,)
SIGNATORIES = (Who.SIGNATORY,)
EDITORS = (Who.COORDINATOR, Who.EDITOR)
PROPOSERS = (Who.COORDINATOR, Who.SIGNATORY)
COMMUNES = (Who.COORDINATOR, Who.EDITOR, Who.SIGNATORY, Who.EVALUATOR, Who.OBSERVER)
ADMINISTRATORS = (Who.ADMINISTRATOR,)
HIDERS = (Who.COORDINATOR, Who.EDITOR, Who.SIGNATORY)
EVERY_MANDATE = (*COMMUNES, Who.PROGRAMME_BODY, Who.PARTNER)
PUBLIC = (Who.ANYONE,)

# On which records -----------------------------------------------------------------------------------------------------

PROGRAMME = Subject("programme", _("Records of the programme"))
PROTOCOL = Subject("protocol", _("The protocol itself"))
ACT = Subject("act", _("What the protocol says"))
COMMUNE = Subject("commune", _("A commune’s own settings"))
DELIBERATION = Subject("deliberation", _("Deliberations of a commune"))
DECISION = Subject("decision", _("Joint decisions"))
REGISTER = Subject("register", _("The register"))
MANDATE = Subject("mandate", _("Mandates"))
PERSON = Subject("person", _("People"))
ORGANISATION = Subject("organisation", _("Organisations"))
GOAL = Subject("goal", _("International goals"))
TERM = Subject("term", _("The glossary"))
COMMENT = Subject("comment", _("Comments"))
HISTORY = Subject("history", _("History"))
MAIL = Subject("mail", _("Mails and personal links"))
HIDING = Subject("hiding", _("What is hidden from the public, and why"))

rights.cover(
    PROGRAMME, "partnership.programmephase", "partnership.meeting", "partnership.document"
)  # and what upper floors name
rights.cover(PROTOCOL, "partnership.protocol")
rights.cover(
    ACT,
    "partnership.clause",
    "partnership.principle",
    "partnership.objective",
    "partnership.domain",
    "partnership.foundation",
)
rights.cover(COMMUNE, "partnership.party")
rights.cover(DELIBERATION, "partnership.deliberation")
rights.cover(DECISION, "partnership.decision", "partnership.signature")
rights.cover(REGISTER, "partnership.registerentry", "partnership.registerhead")
rights.cover(MANDATE, "partnership.membership")
rights.cover(PERSON, "partnership.user")
rights.cover(ORGANISATION, "partnership.organisation")
rights.cover(GOAL, "partnership.internationalgoal")
rights.cover(TERM, "partnership.term")
rights.cover(COMMENT, "partnership.comment")
rights.cover(HISTORY, "partnership.change")
rights.cover(MAIL, "partnership.message", "partnership.attempt", "partnership.personallink")
rights.cover(HIDING, "partnership.hiding")
rights.cover(PROGRAMME, "partnership.textdraft", "partnership.textstate")  # read and written with the record's own form

EXAMPLE = "partnership.programmephase"
"""A record of the programme, for whoever asks about them all."""

# On which condition ---------------------------------------------------------------------------------------------------


def communes_of(protocol: Protocol) -> frozenset[int]:
    """The organisations of the two communes, read once for each protocol in hand."""
    known: frozenset[int] | None = protocol.__dict__.get("_communes")
    if known is None:
        known = frozenset(Party.objects.filter(protocol=protocol).values_list("organisation", flat=True))
        protocol.__dict__["_communes"] = known
    return known


def _is_no_other_communes(organisation: int, mandate: Mandate) -> bool:
    return organisation == mandate.organisation or organisation not in communes_of(mandate.protocol)


def _is_one_of_ours(person: User, mandate: Mandate) -> bool:
    held = person.memberships.values_list("role", "organisation", "protocol")
    return not person.is_superuser and all(
        role != Role.SIGNATORY and protocol == mandate.protocol.pk and _is_no_other_communes(organisation, mandate)
        for role, organisation, protocol in held
    )


def _stands_in_no_other_act(organisation: Organisation, mandate: Mandate) -> bool:
    stands_in = Q(parties__organisation=organisation) | Q(programme_body=organisation)
    return not Protocol.objects.filter(stands_in).exclude(pk=mandate.protocol.pk).exists()


def _is_decided_on(record: Any) -> bool:
    return bool(decisions.kinds_for(record)) and Decision.objects.on(record).exists()


def _signed_by(decision: Decision, role: Role) -> bool:
    return decision.is_open and decisions.kind(decision.kind).signed_by == role


PUBLISHED = Only(
    pgettext_lazy("condition of a right", "once published"), lambda record, _m: getattr(record, "is_published", True)
)
NEVER_PUBLIC = Only(
    pgettext_lazy("condition of a right", "if it was never public and no decision is about it"),
    lambda record, _m: getattr(record, "published_at", None) is None and not _is_decided_on(record),
)
OWN_SETTINGS = Only(
    pgettext_lazy("condition of a right", "of their own commune"),
    lambda party, mandate: party.organisation_id == mandate.organisation,
)
OWN_DELIBERATION = Only(
    pgettext_lazy("condition of a right", "of their own commune"),
    lambda resolution, mandate: resolution.party.organisation_id == mandate.organisation,
)
OWN_MANDATE = Only(
    pgettext_lazy("condition of a right", "of their own commune"),
    lambda membership, mandate: membership.organisation_id == mandate.organisation,
)
NOT_THE_OTHERS = Only(
    pgettext_lazy("condition of a right", "of their own commune, or of an organisation that is neither commune"),
    lambda membership, mandate: _is_no_other_communes(membership.organisation_id, mandate),
)
NO_KEY = Only(
    pgettext_lazy("condition of a right", "as editor, evaluator or observer"),
    lambda membership, _m: membership.role not in APPOINTED,
)
A_KEY = Only(
    pgettext_lazy("condition of a right", "as coordinator or signatory"),
    lambda membership, _m: membership.role in APPOINTED,
)
NO_ADMINISTRATOR = Only(
    pgettext_lazy("condition of a right", "unless they administer the platform"),
    lambda _membership, mandate: not mandate.of_administrator,
)
ONE_OF_OURS = Only(
    pgettext_lazy(
        "condition of a right",
        "who are no signatory, no platform’s administrator, and act neither for the other commune nor in another protocol",
    ),
    _is_one_of_ours,
)
IN_NO_OTHER_ACT = Only(
    pgettext_lazy("condition of a right", "if it stands in no other protocol’s act"), _stands_in_no_other_act
)
OPEN = Only(pgettext_lazy("condition of a right", "while it is open"), lambda decision, _m: decision.is_open)
FOR_SIGNATORIES = Only(
    pgettext_lazy(
        "condition of a right", "for their own commune, while it is open and of a kind that signatories sign"
    ),
    lambda decision, _m: _signed_by(decision, Role.SIGNATORY),
)
FOR_COORDINATORS = Only(
    pgettext_lazy(
        "condition of a right", "for their own commune, while it is open and of a kind that coordinators sign"
    ),
    lambda decision, _m: _signed_by(decision, Role.COORDINATOR),
)

# The table ------------------------------------------------------------------------------------------------------------

EVERYTHING_SHARED = (
    PROGRAMME, PROTOCOL, ACT, COMMUNE, DELIBERATION, DECISION, REGISTER, ORGANISATION, GOAL, TERM, COMMENT
)  # fmt: skip
COMMENTED = (PROGRAMME, PROTOCOL, ACT, COMMUNE, DELIBERATION, DECISION, ORGANISATION, GOAL)
IN_FORCE, DRAFT = frozenset({ProtocolState.IN_FORCE}), frozenset({ProtocolState.DRAFT})

# Without a state named, a line holds until the protocol has ended: then it is an archive that is only read.
# fmt: off
rights.register(
    # who                                    may                          with                  only                  while it is
    Right(PUBLIC,                            ("read",),                   (PROGRAMME,),         (PUBLISHED,),         states=ALWAYS),
    Right(PUBLIC,                            ("read",),                   (PROTOCOL, ACT, REGISTER),                  states=ALWAYS),
    Right((*EVERY_MANDATE, *ADMINISTRATORS), ("view",),                   EVERYTHING_SHARED,                          states=ALWAYS),
    Right((*COMMUNES, Who.PROGRAMME_BODY, *ADMINISTRATORS), ("view",),    (HISTORY,),                                 states=ALWAYS),
    Right((*COMMUNES, *ADMINISTRATORS),      ("view",),                   (PERSON, MANDATE),                          states=ALWAYS),
    Right((*EDITORS, *ADMINISTRATORS),       ("view",),                   (MAIL,),                                    states=ALWAYS),
    Right((*COMMUNES, *ADMINISTRATORS),      ("view",),                   (HIDING,),                                  states=ALWAYS),

    Right(EDITORS,                           ("add", "change", "publish"), (PROGRAMME,)),
    Right(HIDERS,                            ("hide",),                   (PROGRAMME,),                               states=ALWAYS),
    Right(EDITORS,                           ("delete",),                 (PROGRAMME,),         (NEVER_PUBLIC,)),
    Right(EDITORS,                           ("change",),                 (PROTOCOL, ACT),                            states=DRAFT),
    Right(EDITORS,                           ("add", "change"),           (DELIBERATION,),      (OWN_DELIBERATION,)),
    Right(EDITORS,                           ("add",),                    (ORGANISATION, GOAL)),
    Right(EDITORS,                           ("change",),                 (ORGANISATION,),      (IN_NO_OTHER_ACT,)),
    Right(EDITORS,                           ("add", "change"),           (TERM,)),
    Right(EVERY_MANDATE,                     ("comment",),                COMMENTED),

    Right(PROPOSERS,                         ("propose",),                (DECISION,)),
    Right(PROPOSERS,                         ("withdraw",),               (DECISION,),          (OPEN,)),
    Right(SIGNATORIES,                       ("sign",),                   (DECISION,),          (FOR_SIGNATORIES,)),
    Right(COORDINATORS,                      ("sign",),                   (DECISION,),          (FOR_COORDINATORS,)),
    Right(PROPOSERS,                         ("annul",),                  (DELIBERATION,),      (OWN_DELIBERATION,)),
    Right(SIGNATORIES,                       ("leave",),                  (PROTOCOL,),                                states=IN_FORCE),

    Right(COORDINATORS,                      ("change",),                 (COMMUNE,),           (OWN_SETTINGS,)),
    Right(COORDINATORS,                      ("add", "change"),           (MANDATE,),           (NOT_THE_OTHERS, NO_KEY)),
    Right(COORDINATORS,                      ("invite",),                 (MANDATE,),           (NOT_THE_OTHERS,)),
    Right(COORDINATORS,                      ("appoint",),                (MANDATE,),           (OWN_MANDATE, A_KEY, NO_ADMINISTRATOR)),
    Right(COORDINATORS,                      ("add",),                    (PERSON,)),
    Right(COORDINATORS,                      ("change",),                 (PERSON,),            (ONE_OF_OURS,)),

    Right(ADMINISTRATORS,                    ("host",),                   (PROTOCOL,),                                states=ALWAYS),
    Right(ADMINISTRATORS,                    ("add", "change", "delete"), (ORGANISATION, GOAL, TERM),                 states=ALWAYS),
)
# fmt: on

# Reading it -----------------------------------------------------------------------------------------------------------


def standing(user: Person, protocol: Protocol) -> tuple[Mandate, ...]:
    """In which capacities a person stands before a protocol now; one query for each person and protocol."""
    if not isinstance(user, User) or not user.is_active:
        return (Mandate(Who.ANYONE, protocol),)
    known: dict[int, tuple[Mandate, ...]] = user.__dict__.setdefault("_standing", {})
    if protocol.pk not in known:
        known[protocol.pk] = tuple(_standing(user, protocol))
    return known[protocol.pk]


def _standing(user: User, protocol: Protocol) -> Iterator[Mandate]:
    yield Mandate(Who.ANYONE, protocol)
    if user.is_superuser:
        yield Mandate(Who.ADMINISTRATOR, protocol)
    is_party = Exists(Party.objects.filter(protocol=protocol.pk, organisation=OuterRef("organisation")))
    held = Membership.objects.for_protocol(protocol).filter(user=user).order_by("pk")
    held = held.valid_at(clock.now(protocol), clock.today(protocol))
    columns = held.annotate(of_commune=is_party).values_list("pk", "role", "organisation", "of_commune")
    for key, role, organisation, of_commune in columns:
        who = Who(role) if of_commune else _beside_the_communes(organisation, protocol)
        yield Mandate(who, protocol, key, organisation, user.is_superuser)


def _beside_the_communes(organisation: int, protocol: Protocol) -> Who:
    """The role counts in a commune only: whoever else is invited follows the programme and comments [I2]."""
    return Who.PROGRAMME_BODY if organisation == protocol.programme_body_id else Who.PARTNER


def may(
    user: Person, action: Action, protocol: Protocol, model_label: str | None = None, record: Any | None = None
) -> bool:
    """Whether a person may do this with the protocol's records: those of a model, or this one.

    Without a model: with records of the programme. Without a record: with some of them; the record's own conditions are then
    not asked, which costs a list no query for each of its rows.
    """
    return any(True for _granting in granting(user, action, protocol, model_label, record))


def granting(
    user: Person, action: Action, protocol: Protocol, model_label: str | None = None, record: Any | None = None
) -> Iterator[tuple[Right, Mandate]]:
    """The lines of the table that let a person do this, each with the mandate under which it does."""
    label = model_label or (record._meta.label_lower if record is not None else EXAMPLE)
    lines = [line for line in rights.lines_for(label, action) if protocol.state in line.states]
    for mandate in standing(user, protocol) if lines else ():
        for line in lines:
            if mandate.who in line.who and _holds(line, record, mandate):
                yield line, mandate


def _holds(line: Right, record: Any | None, mandate: Mandate) -> bool:
    if record is None or not line.only:
        return True
    whole = rights.root_record(record)
    return all(condition.holds(whole, mandate) for condition in line.only)


def lets(by: Membership, action: Action, record: Any) -> bool:
    """Whether this very mandate lets its holder do something with a record."""
    granted = granting(by.user, action, by.protocol, record=record)
    return any(mandate.key == by.pk for _line, mandate in granted)


def membership_for(user: Person, action: Action, protocol: Protocol, record: Any) -> Membership | None:
    """The mandate under which a person does something with a record; None where none lets them."""
    found = (mandate for _line, mandate in granting(user, action, protocol, record=record))
    return next((mandate.membership for mandate in found if mandate.key is not None), None)


def roles(user: Person, protocol: Protocol) -> set[Role]:
    """The roles a person holds for one of the two communes now."""
    return {Role(mandate.who) for mandate in standing(user, protocol) if mandate.who in COMMUNES}


def is_staff_of(user: Person, protocol: Protocol) -> bool:
    """Whether a person may open the staff pages of the protocol."""
    return isinstance(user, User) and user.is_staff and may(user, "view", protocol)


# Saying it ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """Something a person may do, and the conditions under which."""

    words: StrOrPromise
    conditions: tuple[StrOrPromise, ...]


@dataclass(frozen=True)
class Explanation:
    """What one mandate lets a person do as the protocol stands, by the records it is about."""

    mandate: Mandate
    grants: dict[StrOrPromise, list[Act]]


def explain(user: Person, protocol: Protocol) -> list[Explanation]:
    """What a person may do in a protocol now, and by which mandate: for their own page and that of their coordinator."""
    return [
        Explanation(mandate, _grants(mandate.who, protocol))
        for mandate in standing(user, protocol)
        if mandate.who != Who.ANYONE
    ]


def _grants(who: Who, protocol: Protocol) -> dict[StrOrPromise, list[Act]]:
    found: dict[StrOrPromise, list[Act]] = {}
    for line in rights.table():
        if who in line.who and protocol.state in line.states:
            conditions = tuple(condition.words for condition in line.only)
            for subject in line.on:
                found.setdefault(subject.words, []).extend(Act(ACTIONS[act], conditions) for act in line.actions)
    return found
