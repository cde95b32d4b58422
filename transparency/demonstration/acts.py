"""What both communes did and decided in the demonstration, told through the product's own acts, each at the moment of its story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from partnership import clock, commenting, decisions, opening, parity, signing
from partnership.decisions import NO_TERMS, Kind, Terms
from partnership.models import Decision, Document, Organisation, Position
from partnership.opening import Afterwards
from partnership.publishing import publish
from partnership.signing import Answer
from projects.models import PriorAssessment, Project
from transparency.demonstration import carrying, diagnoses, scans
from transparency.demonstration.story import Entry, Telling


def tell(telling: Telling, entries: list[Entry]) -> None:
    """Do one act after the other. Raises what the acts raise: a story that breaks a rule is not told."""
    for entry in entries:
        with clock.set_to(telling.story.moment(entry)):
            ACTS[entry["act"]](telling, entry)


def _propose(telling: Telling, entry: Entry) -> None:
    kind = decisions.kind(entry["kind"])
    subject = _subject(telling, kind, entry.get("of", ""))
    telling.decisions[entry["decision"]] = opening.propose(
        kind,
        subject,
        by=telling.story.mandates[entry["by"]],
        terms=_terms(telling, subject, entry),
        deadline=telling.story.day_or_none(entry.get("deadline")),
        afterwards=_afterwards(telling, subject, entry),
    )


def _subject(telling: Telling, kind: Kind, of: str) -> Any:
    """What is decided about: the protocol, its one plan, a project or its latest diagnosis by the project's code, a decision by its key."""
    story = telling.story
    found: dict[str, Callable[[], Model]] = {
        "partnership.protocol": lambda: story.protocol,
        "projects.actionplan": lambda: story.plan,
        "projects.project": lambda: diagnoses.project_of(story, of),
        "projects.priorassessment": lambda: diagnoses.latest(story, of),
        "partnership.decision": lambda: Decision.objects.get(pk=telling.decisions[of].pk),
    }
    return found[kind.model]()


def _terms(telling: Telling, subject: Any, entry: Entry) -> Terms:
    """What stands beside the subject: of a diagnosis its outcome; of a correction the whole texts in which some words are replaced."""
    if isinstance(subject, PriorAssessment):
        return diagnoses.terms(telling.diagnoses[entry["of"]], subject)
    if "correction" not in entry:
        plain: Terms = entry.get("terms", NO_TERMS)
        return plain
    correction = entry["correction"]
    record = decisions.subject_of(subject)
    columns = {
        parity.column(correction["column"], language): words for language, words in correction["replace"].items()
    }
    return {
        "changes": {name: getattr(record, name).replace(words["from"], words["to"]) for name, words in columns.items()},
        "ground": correction["ground"],
        "id": str(record.pk),
        "model": record._meta.label_lower,
    }


def _afterwards(telling: Telling, subject: Any, entry: Entry) -> Afterwards | None:
    """The act older than the platform, signed on paper then; the commune that leads the project keeps it."""
    if "decided_on" not in entry:
        return None
    decided_on = telling.story.day(entry["decided_on"])
    scan = _scan(telling, "agreement", subject, subject.lead.organisation, decided_on.isoformat())
    return Afterwards(decided_on, scan)


def _scan(telling: Telling, name: str, project: Project, owner: Organisation, line: str) -> Document:
    titles = {language: title % {"code": project.code} for language, title in telling.scans[name].items()}
    return scans.attach(telling.story, owner, titles, f"{project.code}  {line}", public=True)


def _sign(telling: Telling, entry: Entry) -> None:
    decision, mandate = telling.decisions[entry["decision"]], telling.story.mandates[entry["by"]]
    resolution = entry.get("deliberation")
    answer = Answer(
        position=Position(entry["position"]),
        reason=entry.get("reason", ""),
        reason_language=entry.get("language", ""),
        deliberation=telling.deliberations[resolution] if resolution else None,
        scan=_paper(telling, decision, mandate.organisation, entry) if entry.get("outside") else None,
    )
    signing.sign(decision.pk, by=mandate, digest_seen=decision.digest, answer=answer)


def _paper(telling: Telling, decision: Decision, owner: Organisation, entry: Entry) -> Document:
    """The page that was signed outside the platform."""
    line = f"{decision.number}  {telling.story.day(entry['on']).isoformat()}"
    return _scan(telling, "signature", decisions.subject_of(decision), owner, line)


def _withdraw(telling: Telling, entry: Entry) -> None:
    decision = telling.decisions[entry["decision"]]
    mandate = telling.story.mandates[entry["by"]]
    signing.withdraw(decision.pk, by=mandate, reason=entry["reason"], language=entry["language"])


def _comment(telling: Telling, entry: Entry) -> None:
    """What people said about the plan among themselves."""
    mandate = telling.story.mandates[entry["by"]]
    commenting.comment(telling.story.plan, by=mandate, text=entry["text"], language=entry["language"])


def _publish(telling: Telling, entry: Entry) -> None:
    """The plan comes before the public together with its projects, the needs they start from and the consultations before it."""
    story = telling.story
    needs, heard = story.protocol.needs.order_by("pk"), story.protocol.consultations.order_by("pk")
    for record in (story.plan, *story.plan.projects.order_by("pk"), *needs, *heard):
        publish(record, by=None)


ACTS: Mapping[str, Callable[[Telling, Entry], None]] = {
    "propose": _propose,
    "sign": _sign,
    "withdraw": _withdraw,
    "comment": _comment,
    "publish": _publish,
    "record": carrying.record,
    "examine": carrying.examine,
    "assess": diagnoses.assess,
    "view": diagnoses.view,
    "follow_up": diagnoses.follow_up,
    "accept": carrying.accept,
    "suspend": carrying.suspend,
    "complete": carrying.complete,
    "close": carrying.close,
    "amend": carrying.amend,
}
