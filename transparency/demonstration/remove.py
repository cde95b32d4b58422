"""Taking the demonstration away: its protocols and all that hangs on them, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import Storage
from django.db import models, transaction

from evaluation.models import Indicator, Measurement
from partnership import history, triggers
from partnership.models import (
    Attempt,
    Attendance,
    Change,
    Clause,
    Comment,
    Decision,
    Deliberation,
    Document,
    Domain,
    Foundation,
    Hiding,
    InternationalGoal,
    Meeting,
    MeetingPoint,
    Membership,
    Message,
    Objective,
    Organisation,
    Party,
    PersonalLink,
    Principle,
    ProgrammePhase,
    Protocol,
    ProtocolState,
    RegisterEntry,
    RegisterHead,
    SecondFactorReset,
    Signature,
    TextDraft,
    TextState,
    User,
)
from projects.models import (
    ActionPlan,
    Activity,
    AssessmentParticipant,
    BudgetLine,
    CellView,
    Consultation,
    Convergence,
    ExchangeRate,
    Impact,
    Initiative,
    Involvement,
    Mitigation,
    Need,
    NeedRecord,
    ParticipantCount,
    PolicyMarker,
    PriorAssessment,
    Project,
    ProjectTarget,
    SheetWork,
    Suspension,
    TrainingQuestion,
    Transaction,
)
from transparency.demonstration.people import PASSWORD
from transparency.models import Delivery, Report, ReportDocument, ReportRecipient, ReportSeries, Snapshot

Shared = User | Organisation | InternationalGoal
# Every model that belongs to a protocol and the way to it, whoever points at another before the other (PROTECT).
BELONGING: tuple[tuple[type[models.Model], str], ...] = (
    (Delivery, "report__series__protocol"),
    (ReportDocument, "report__series__protocol"),
    (Report, "series__protocol"),
    (Snapshot, "protocol"),
    (ReportRecipient, "series__protocol"),
    (ReportSeries, "protocol"),
    (Attempt, "message__protocol"),
    (Message, "protocol"),
    (SheetWork, "protocol"),
    (Measurement, "indicator__protocol"),
    (Indicator, "protocol"),
    (CellView, "impact__assessment__protocol"),
    (Mitigation, "impact__assessment__protocol"),
    (Impact, "assessment__protocol"),
    (AssessmentParticipant, "assessment__protocol"),
    (PriorAssessment, "protocol"),
    (Convergence, "project__protocol"),
    (Initiative, "protocol"),
    (Suspension, "project__protocol"),
    (Transaction, "line__project__protocol"),
    (BudgetLine, "project__protocol"),
    (ExchangeRate, "protocol"),
    (ParticipantCount, "activity__project__protocol"),
    (TrainingQuestion, "activity__project__protocol"),
    (Activity, "project__protocol"),
    (Involvement, "project__protocol"),
    (ProjectTarget, "project__protocol"),
    (PolicyMarker, "project__protocol"),
    (Project, "protocol"),
    (Consultation, "protocol"),
    (NeedRecord, "need__protocol"),
    (Need, "protocol"),
    (ActionPlan, "protocol"),
    (Comment, "protocol"),
    (TextDraft, "protocol"),
    (TextState, "protocol"),
    (Hiding, "protocol"),
    (PersonalLink, "protocol"),
    (SecondFactorReset, "membership__protocol"),
    (Attendance, "meeting__protocol"),
    (MeetingPoint, "meeting__protocol"),
    (Meeting, "protocol"),
    (RegisterEntry, "protocol"),
    (RegisterHead, "protocol"),
    (Signature, "decision__protocol"),
    (Decision, "protocol"),
    (Deliberation, "party__protocol"),
    (Membership, "protocol"),
    (Document, "protocol"),
    (ProgrammePhase, "protocol"),
    (Party, "protocol"),
    (Principle, "protocol"),
    (Objective, "protocol"),
    (Domain, "protocol"),
    (Foundation, "protocol"),
    (Clause, "protocol"),
    (Protocol, "pk"),
)
# People last: others name them in the history.
SHARED: tuple[type[Shared], ...] = (Organisation, InternationalGoal, User)


@dataclass
class Removed:
    """How many rows of each model went, and which rows made for the demonstration stay because something real uses them."""

    counts: Counter[type[models.Model]] = field(default_factory=Counter)
    kept: list[models.Model] = field(default_factory=list)


def remove() -> Removed:
    """Take every demonstration protocol away, in one transaction; what real protocols use stays and loses the mark."""
    removed = Removed()
    with triggers.lifted(), history.one_version():
        demonstrations = list(Protocol.objects.filter(is_demonstration=True))
        files = _files(demonstrations)
        roots: list[tuple[type[models.Model], list[str]]] = []
        _open_circles(demonstrations)
        for model, way in BELONGING:
            belonging = model._base_manager.filter(**{f"{way}__in": [each.pk for each in demonstrations]})
            removed.counts[model] += belonging.count()
            roots.append((model, [str(key) for key in belonging.values_list("pk", flat=True)]))
            belonging.delete()
        for model, keys in roots:
            _forget(model, keys)
        for shared in SHARED:
            _release(shared, removed)
        transaction.on_commit(lambda: _delete_files(files))
    return removed


def _open_circles(protocols: list[Protocol]) -> None:
    """Let go what points back at what it belongs to, for which no order would do."""
    Project.objects.filter(protocol__in=protocols).update(replaces=None)
    Protocol.objects.filter(pk__in=[each.pk for each in protocols]).update(state=ProtocolState.DRAFT, ratified_by=None)


def _files(protocols: list[Protocol]) -> list[tuple[Storage, str]]:
    documents = Document.objects.filter(protocol__in=protocols)
    return [(document.file.storage, document.file.name) for document in documents if document.file]


def _delete_files(files: list[tuple[Storage, str]]) -> None:
    for storage, name in files:
        storage.delete(name)


def _forget(model: type[models.Model], keys: list[str]) -> None:
    """Let the history of roots go that are gone."""
    Change.objects.filter(root_type=ContentType.objects.get_for_model(model), root_id__in=keys).delete()


def _release(model: type[Shared], removed: Removed) -> None:
    """Remove the rows of a shared model that were made for the demonstration; those in use lose the mark instead."""
    for row in model._base_manager.filter(is_demonstration=True):
        if not _is_used(row):
            key = str(row.pk)
            row.delete()
            _forget(model, [key])
            removed.counts[model] += 1
            continue
        row.is_demonstration = False
        if isinstance(row, User) and row.check_password(PASSWORD):
            row.set_unusable_password()  # a known password must not outlive the demonstration
        row.save()
        removed.kept.append(row)


def _is_used(row: models.Model) -> bool:
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: row}).exists()
        for relation in _uses(type(row))
    )


def _uses(model: type[models.Model]) -> Iterator[models.ManyToOneRel]:
    """Relations of others to a model, hidden ones too. What goes with a person, as their own sign-in addresses do, is no use."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and not (model is User and relation.on_delete is models.CASCADE):
            yield relation
