"""A project on its way, moved by the product's own acts: its diagnosis decided, its resumption decided."""

from __future__ import annotations

from typing import Any

from partnership import decisions, opening
from partnership.models import Decision
from projects.models import PriorAssessment, Project
from tests.factories_decisions import approve, coordinator, protocol_in_force, signatory
from tests.factories_planning import PriorAssessmentFactory, ReadyProjectFactory

REASON = {"reason_ar": "لا أثر سلبي", "reason_fr": "Aucun effet négatif.", "reason_nl": "Geen negatief effect."}


def assessed_project(**values: Any) -> PriorAssessment:
    """A whole diagnosis of a project of a protocol in force; nothing stands against deciding."""
    protocol = values.pop("protocol", None) or protocol_in_force()
    project = ReadyProjectFactory(protocol=protocol, **values)
    found: PriorAssessment = PriorAssessmentFactory(project=project)
    return found


def propose_outcome(assessment: PriorAssessment, outcome: str = "execute", **terms: Any) -> Decision:
    """The decision on a diagnosis, opened by the first commune's coordinator."""
    given = {"outcome": outcome, "replaced_by": "", **REASON, **terms}
    by = coordinator(assessment.protocol, 1)
    return opening.propose(decisions.kind("assessment_outcome"), assessment, by=by, terms=given)


def adopt(decision: Decision) -> Decision:
    """Both communes approve."""
    for position in (1, 2):
        approve(decision, signatory(decision.protocol, position))
    decision.refresh_from_db()
    return decision


def decide(assessment: PriorAssessment, outcome: str = "execute", **terms: Any) -> Project:
    """Both communes decide on a diagnosis; the project as it is then."""
    adopt(propose_outcome(assessment, outcome, **terms))
    assessment.refresh_from_db()
    project: Project = Project.objects.get(pk=assessment.project_id)
    return project
