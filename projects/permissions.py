"""Rights on projects: records of the programme like any other; both communes' editors edit them alike [I2]."""

from partnership import rights
from partnership.permissions import PROGRAMME

rights.cover(
    PROGRAMME,
    "projects.actionplan",
    "projects.project",
    "projects.activity",
    "projects.budgetline",
    "projects.transaction",
    "projects.exchangerate",
    "projects.need",
    "projects.consultation",
    "projects.priorassessment",
    "projects.initiative",
    "projects.sheetwork",
)
