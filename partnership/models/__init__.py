"""The agreement's nouns, one file for each family."""

from partnership.models.documents import Document, DocumentKind
from partnership.models.messages import Attempt, Message, MessageState
from partnership.models.organisations import InternationalGoal, Level, Organisation, OrganisationKind
from partnership.models.people import Membership, Role, User
from partnership.models.protocol import (
    Chapter,
    Clause,
    ClauseKind,
    Currency,
    Domain,
    Foundation,
    Objective,
    Party,
    Principle,
    ProgrammePhase,
    Protocol,
    ProtocolState,
    Shape,
)
from partnership.models.publishing import Publishable, PublishedQuerySet, PublishingState

__all__ = [
    "Attempt",
    "Chapter",
    "Clause",
    "ClauseKind",
    "Currency",
    "Document",
    "DocumentKind",
    "Domain",
    "Foundation",
    "InternationalGoal",
    "Level",
    "Membership",
    "Message",
    "MessageState",
    "Objective",
    "Organisation",
    "OrganisationKind",
    "Party",
    "Principle",
    "ProgrammePhase",
    "Protocol",
    "ProtocolState",
    "Publishable",
    "PublishedQuerySet",
    "PublishingState",
    "Role",
    "Shape",
    "User",
]
