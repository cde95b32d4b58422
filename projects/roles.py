"""Who does what, and the rule that each commune has a named responsibility [I7]."""

from __future__ import annotations

from collections.abc import Iterable

from partnership.models import Party
from projects.models import Project


def communes_without_responsibility(project: Project, organisations: Iterable[int] | None = None) -> list[Party]:
    """The parties of the project's protocol that have no responsibility in it.

    `organisations` are the ids to judge by; None reads them from the database, a form passes what was typed.
    """
    typed = project.involvements.values_list("organisation_id", flat=True) if organisations is None else organisations
    involved = set(typed)
    return [
        party
        for party in project.protocol.parties.select_related("organisation")
        if party.organisation_id not in involved
    ]
