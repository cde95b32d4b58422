"""The agreement's nouns, one file for each family."""

from partnership.models.comments import Comment
from partnership.models.decisions import Decision, DecisionState, Position, Signature
from partnership.models.documents import Document, DocumentKind
from partnership.models.hiding import Hiding
from partnership.models.history import Change, ChangeKind
from partnership.models.links import LinkPurpose, PersonalLink
from partnership.models.meetings import (
    Attendance,
    Body,
    Deliberation,
    Meeting,
    MeetingPoint,
    Session,
    Supervision,
)
from partnership.models.messages import Attempt, Message, MessageState
from partnership.models.organisations import InternationalGoal, Level, Organisation, OrganisationKind
from partnership.models.people import APPOINTED, Basis, Membership, Role, User
from partnership.models.protocol import (
    Chapter,
    Clause,
    ClauseKind,
    CouncilsOn,
    Currency,
    Domain,
    Foundation,
    Objective,
    Party,
    Principle,
    ProgrammePhase,
    Protocol,
    ProtocolState,
    Regime,
    Shape,
)
from partnership.models.publishing import Publishable, PublishedQuerySet, PublishingState
from partnership.models.register import EntryKind, RegisterEntry, RegisterHead
from partnership.models.resets import SecondFactorReset
from partnership.models.terms import Term, TermUse
from partnership.models.texts import TextDraft, TextStanding, TextState
from partnership.models.versions import Recorded, Versioned

__all__ = [
    "APPOINTED",
    "Attempt",
    "Attendance",
    "Basis",
    "Body",
    "Change",
    "ChangeKind",
    "Chapter",
    "Clause",
    "ClauseKind",
    "Comment",
    "CouncilsOn",
    "Currency",
    "Decision",
    "DecisionState",
    "Deliberation",
    "Document",
    "DocumentKind",
    "Domain",
    "EntryKind",
    "Foundation",
    "Hiding",
    "InternationalGoal",
    "Level",
    "LinkPurpose",
    "Meeting",
    "MeetingPoint",
    "Membership",
    "Message",
    "MessageState",
    "Objective",
    "Organisation",
    "OrganisationKind",
    "Party",
    "PersonalLink",
    "Position",
    "Principle",
    "ProgrammePhase",
    "Protocol",
    "ProtocolState",
    "Publishable",
    "PublishedQuerySet",
    "PublishingState",
    "Recorded",
    "Regime",
    "RegisterEntry",
    "RegisterHead",
    "Role",
    "SecondFactorReset",
    "Session",
    "Shape",
    "Signature",
    "Supervision",
    "Term",
    "TermUse",
    "TextDraft",
    "TextStanding",
    "TextState",
    "User",
    "Versioned",
]
