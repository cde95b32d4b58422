"""The joint action plan's nouns, one file for each family."""

from projects.models.activities import Activity, ActivityKind, ActivityState
from projects.models.money import BudgetLine, Category, ExchangeRate, Transaction, TransactionKind
from projects.models.plans import ActionPlan
from projects.models.projects import (
    Capacity,
    Competence,
    Involvement,
    Marker,
    Phase,
    PolicyMarker,
    Project,
    ProjectState,
    ProjectTarget,
    Significance,
    TargetGroup,
)

__all__ = [
    "ActionPlan",
    "Activity",
    "ActivityKind",
    "ActivityState",
    "BudgetLine",
    "Capacity",
    "Category",
    "Competence",
    "ExchangeRate",
    "Involvement",
    "Marker",
    "Phase",
    "PolicyMarker",
    "Project",
    "ProjectState",
    "ProjectTarget",
    "Significance",
    "TargetGroup",
    "Transaction",
    "TransactionKind",
]
