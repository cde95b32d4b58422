"""What the columns of a spreadsheet are, for each of the five kinds that go out and come back: their names, headings and sorts.

A column's heading is the label of its field in the reader's language, so that a sheet, a form and a page call a thing by one
name. A text in three languages is three columns. Nothing here reads a file or a row.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from partnership import parity
from partnership.models import Organisation, Protocol
from partnership.normaliser import normalise
from projects.models import Activity, BudgetLine, Project, TargetGroup, Transaction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NUMBER = "number"
"""The column that holds a record's number in the platform, for records without a code."""
LINE = "line"


class Sort(enum.Enum):
    """What a cell of a column holds."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    YES_OR_NO = "yes or no"
    WORD = "word"
    """One of the field's choices, by its word or its code."""
    WORDS = "words"
    ONE = "one"
    """Another record, by its code or name."""
    MANY = "many"


@dataclass(frozen=True)
class Column:
    """One column: its name in any language of computers, the field it belongs to, what its cells hold."""

    name: str
    label: StrOrPromise
    sort: Sort
    field: Any = None
    """The model's own field; None for a number, and for what is no column of the record."""
    language: str = ""
    """For a text in three languages, which one."""
    target: type[models.Model] | None = None
    choices: Sequence[tuple[str, StrOrPromise]] = ()
    decimals: int = 0
    only_shown: bool = False
    """Goes out so that people know where they are; is not read when it comes back."""
    finds: bool = False
    """Says which record a row belongs to, and is no value of its own."""

    @property
    def heading(self) -> str:
        """What stands at the top of the column, in the reader's language."""
        if self.language:
            return parity.label(self.field.model, self.field.translated_field.name, self.language)
        return str(capfirst(str(self.label)))


@dataclass(frozen=True)
class SheetKind:
    """One kind of records as a sheet."""

    code: str
    model: type[models.Model]
    fields: Sequence[str | Column]
    """Fields of the model in the order of the sheet, and columns that are no field of it."""
    needed: Sequence[str]
    """Columns without which no row says what it is; the number replaces them."""
    shown: Sequence[str]
    """Columns by which a person knows a row again on the page, as far as the sheet has them."""
    protocol_path: str = "protocol"
    """The way from a record to its protocol; empty for what all protocols share."""
    only_shown: Sequence[str] = ()
    identity: Sequence[str] = ()
    """Constraints that two rows can break only by being one record, which is looked for before."""

    @property
    def label(self) -> str:
        """The model, as the table of rights names it."""
        return self.model._meta.label_lower

    @property
    def title(self) -> str:
        """What the records are called, in the reader's language."""
        return str(capfirst(str(self.model._meta.verbose_name_plural)))

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The sheet's columns by name, in their order."""
        return {column.name: column for column in self._columns()}

    @property
    def numbered(self) -> bool:
        """Whether records are known by their number in the platform."""
        return NUMBER in self.columns

    def _columns(self) -> Iterator[Column]:
        translated = set(parity.translated_fields(self.model))
        for name in self.fields:
            if isinstance(name, Column):
                yield name
            elif name in translated:
                for code in settings.REQUIRED_LANGUAGES:
                    yield self._column(parity.column(name, code), code)
            else:
                yield self._column(name)

    def _column(self, name: str, language: str = "") -> Column:
        field: Any = self.model._meta.get_field(name)
        return Column(
            name,
            field.verbose_name,
            _sort_of(field),
            field,
            language,
            target=field.related_model if field.is_relation else None,
            choices=tuple(field.choices or ()),
            decimals=getattr(field, "decimal_places", 0) or 0,
            only_shown=name in self.only_shown,
        )

    def headings(self) -> dict[str, str]:
        """The headings by the columns' names, in the reader's language."""
        return {name: column.heading for name, column in self.columns.items()}

    def rows(self, protocol: Protocol) -> models.QuerySet[Any]:
        """The protocol's records of this kind; of what is shared, all."""
        rows = self.model._default_manager.all()
        return rows.filter(**{self.protocol_path: protocol.pk}) if self.protocol_path else rows


def _sort_of(field: Any) -> Sort:
    if field.many_to_many:
        return Sort.MANY
    if field.is_relation:
        return Sort.ONE
    if field.choices:
        return Sort.WORD
    by_type: tuple[tuple[type[models.Field[Any, Any]], Sort], ...] = (
        (models.BooleanField, Sort.YES_OR_NO),
        (models.DateField, Sort.DAY),
        (models.DecimalField, Sort.NUMBER),
        (models.IntegerField, Sort.NUMBER),
    )
    return next((sort for column, sort in by_type if isinstance(field, column)), Sort.TEXT)


_number = Column(NUMBER, pgettext_lazy("column of a sheet", "Number in the platform"), Sort.NUMBER, finds=True)
_groups = Column("target_groups", _("target groups"), Sort.WORDS, choices=tuple(TargetGroup.choices))


def _of_line(name: str) -> Column:
    """A column of the budget line that a transaction belongs to: by it the line is found."""
    field: Any = BudgetLine._meta.get_field(name)
    target = field.related_model if field.is_relation else None
    return Column(
        name, field.verbose_name, _sort_of(field), target=target, choices=tuple(field.choices or ()), finds=True
    )


PROJECTS = SheetKind(
    code="projects",
    model=Project,
    fields=(
        "code", "title", "summary", "description", "lead", "plan", "phase", "domains", "objectives", "principles", "goals",
        _groups, "territories", "place", "place_sensitive", "planned_start", "planned_end", "people_expected", "competence",
        "legal_basis", "pac_line", "no_pac_reason", "dac_sector", "state", "actual_start", "actual_end",
    ),
    needed=("code",),
    shown=("code", "title_ar", "title_fr", "title_nl", "planned_start", "planned_end", "lead"),
    only_shown=("state", "actual_start", "actual_end"),  # these are moved by acts and decisions
    identity=("project_code_once",),
)  # fmt: skip

BUDGET_LINES = SheetKind(
    code="budget-lines",
    model=BudgetLine,
    fields=(
        _number, "project", "category", "label", "year", "funder", "planned", "currency", "in_kind", "hours", "confirmed",
        "original", "amended_reason", "overspent_reason",
    ),
    needed=("project", "category", "year", "funder", "planned"),
    shown=("number", "project", "category", "year", "funder", "planned", "currency"),
    protocol_path="project__protocol",
    only_shown=("original",),
)  # fmt: skip

TRANSACTIONS = SheetKind(
    code="transactions",
    model=Transaction,
    fields=(
        Column(LINE, pgettext_lazy("column of a sheet", "Budget line, number"), Sort.NUMBER, finds=True),
        _of_line("project"), _of_line("category"), _of_line("year"), _of_line("funder"),
        "voucher", "kind", "on", "amount", "currency", "payer", "payee", "description",
    ),
    needed=("project", "voucher", "kind", "on", "amount"),
    shown=("project", "kind", "on", "amount", "currency", "payer", "voucher"),
    protocol_path="line__project__protocol",
    identity=("transaction_voucher_once",),
)  # fmt: skip

ORGANISATIONS = SheetKind(
    code="organisations",
    model=Organisation,
    fields=(_number, "name", "short_name", "kind", "level", "country", "place", "iati_ref", "public_contact"),
    needed=("name_ar", "name_fr", "name_nl", "kind", "level", "country"),
    shown=("number", "name_ar", "name_fr", "name_nl", "kind", "level", "country"),
    protocol_path="",
)

ACTIVITIES = SheetKind(
    code="activities",
    model=Activity,
    fields=(
        _number, "project", "kind", "title", "state", "planned_start", "planned_end", "actual_start", "actual_end", "place",
        "happened", "women", "men", "audience", "trainers", "hours", "able_to", "score_before", "score_after", "from_party",
        "days", "put_to_use", "is_milestone", "postponed_reason",
    ),
    needed=("project", "planned_start", "planned_end"),
    shown=("number", "project", "title_ar", "title_fr", "title_nl", "state", "planned_start"),
    protocol_path="project__protocol",
)  # fmt: skip

KINDS = {kind.code: kind for kind in (PROJECTS, BUDGET_LINES, TRANSACTIONS, ORGANISATIONS, ACTIVITIES)}


def of_model(label: str) -> SheetKind | None:
    """The kind of sheet for a model, by its label; None for one that has none."""
    return next((kind for kind in KINDS.values() if kind.label == label), None)


@cache
def known_headings(code: str) -> dict[str, str]:
    """Every heading a column of this kind may bear, normalised, with the column's name: in each language, and the names.

    What two columns share in different languages belongs to the first that bears it.
    """
    kind = KINDS[code]
    found = {normalise(name): name for name in kind.columns}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for name, heading in kind.headings().items():
                found.setdefault(normalise(heading), name)
    return found


def needed_in(kind: SheetKind, present: Sequence[str]) -> list[str]:
    """Columns that a sheet with these lacks before any of its rows says what it is."""
    if kind.numbered and NUMBER in present:
        return []
    wanted = [name for name in kind.needed if not (name == "project" and LINE in present)]
    return [name for name in wanted if name not in present]
