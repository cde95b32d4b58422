"""Two people with the form of one record open: what their browsers hold and send."""

from __future__ import annotations

from typing import Any

from partnership.editing import Keep, Side
from partnership.models import Membership
from tests.factories import OrganisationFactory
from tests.factories_programme import InvolvementFactory, ProjectFactory
from tests.staff import fields_of, staff

SUMMARY = "Le projet crée un point d’accueil unique qui oriente les habitants vers les services sociaux existants."
MINE = SUMMARY.replace("unique qui", "unique ouvert deux jours par semaine qui")
THEIRS = SUMMARY.replace("existants.", "existants et recense les besoins non couverts.")
BOTH = MINE.replace("existants.", "existants et recense les besoins non couverts.")


class Person:
    """Someone with the form of a record open in a browser."""

    def __init__(self, protocol: Any, record: Any, position: int = 1) -> None:
        self.client = staff(protocol, position)
        self.user = Membership.objects.latest("pk").user
        self.address = address(record)
        self.open()

    def open(self) -> None:
        self.form = fields_of(self.client.get(self.address).content.decode())

    def save(self, **typed: Any) -> Any:
        """Send the form as it was opened, with these values typed into it."""
        return self.client.post(self.address, {**self.form, **typed, "_continue": "1"})

    def choose(self, page: Any, **chosen: Any) -> Any:
        """Send the page of two versions as it stands, with these fields of it set."""
        fields = fields_of(page.content.decode())
        return self.client.post(self.address, {**fields, **{name.replace("__", ":"): v for name, v in chosen.items()}})


def address(record: Any, language: str = "fr") -> str:
    return f"/{language}/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def lines_of(page: Any) -> dict[str, tuple[Side, Keep | None]]:
    """What the page of two versions shows: each thing that differs, by whose hand, and what is chosen."""
    return {line.name: (line.side, keep) for line, keep, _lacks, _text in page.context["lines"]}


def rows_of(project: Any) -> list[str]:
    """The project's responsibilities in French, in order."""
    return sorted(str(row.responsibility_fr) for row in project.involvements.all())


def shared_project(protocol: Any) -> Any:
    """A project with three responsibilities, not begun yet."""
    project = ProjectFactory(protocol=protocol, involved=[], people_expected=500, state="proposed")
    for name in ("Une", "Deux", "Trois"):
        InvolvementFactory(project=project, organisation=OrganisationFactory(), responsibility_fr=name)
    return project


def place_of(person: Person, text: str) -> str:
    """The prefix of the row with this responsibility."""
    return next(name for name, value in person.form.items() if value == text).removesuffix("-responsibility_fr")
