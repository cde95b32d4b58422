"""Rights on projects: records of the programme like any other; both communes' editors edit them alike [I2]."""

from django.utils.translation import gettext_lazy as _

from partnership import rights
from partnership.permissions import (
    ADMINISTRATORS,
    COMMUNES,
    EDITORS,
    EVERY_MANDATE,
    HIDERS,
    PROGRAMME,
    PUBLIC,
    PUBLISHED,
)
from partnership.rights import ALWAYS, Right, Subject

ASSESSMENT = Subject("assessment", _("Prior assessments"))

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
    "projects.initiative",
    "projects.sheetwork",
)
rights.cover(ASSESSMENT, "projects.priorassessment")

# A prior assessment is begun on its project's page, with its 24 cells, and never taken away.
# fmt: off
rights.register(
    # who                                    may                    with            only                 while it is
    Right(PUBLIC,                            ("read",),             (ASSESSMENT,),  (PUBLISHED,),        states=ALWAYS),
    Right((*EVERY_MANDATE, *ADMINISTRATORS), ("view",),             (ASSESSMENT,),                       states=ALWAYS),
    Right(EDITORS,                           ("change", "publish"), (ASSESSMENT,)),
    Right(HIDERS,                            ("hide",),             (ASSESSMENT,),                       states=ALWAYS),
    Right(EVERY_MANDATE,                     ("comment",),          (ASSESSMENT,)),
    Right(COMMUNES,                          ("audit",),            (PROGRAMME,),                        states=ALWAYS),
)
# fmt: on
