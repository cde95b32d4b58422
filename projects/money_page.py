"""The money of a project, and of the whole protocol by year: what was decided, planned, committed, paid out, spent, what is left.

Every sum stands in both currencies, the reader's own first [I16], at the one rate of the page; without a rate each currency
stands apart and no sum adds the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partnership import clock, drafting, languages, permissions
from partnership.admin.texts import in_language
from partnership.models import Party, Protocol
from partnership.opening_page import parties_of, protocol_of
from partnership.templatetags import words
from projects import spending
from projects.models import BudgetLine, Category, Project, Transaction
from projects.money import ZERO, Kind, Totals, grand_total, totals_by_line
from projects.purse import Purse, purse

COLUMNS: tuple[tuple[str, Any], ...] = (
    ("original", pgettext_lazy("money", "Decided at first")),
    ("planned", pgettext_lazy("money", "Planned now")),
    ("committed", pgettext_lazy("money", "Committed")),
    ("disbursed", pgettext_lazy("money", "Disbursed")),
    ("spent", pgettext_lazy("money", "Spent")),
    ("left", pgettext_lazy("money", "Left")),
)
"""What stands beside each line, in this order."""
SHORT = ("planned", "spent", "left")
"""What stands beside a subtotal."""


@dataclass(frozen=True)
class Cell:
    """One sum in both currencies, the reader's own first; None where nothing was entered in one and no rate leads to it."""

    name: str
    label: Any
    first: Decimal | None
    second: Decimal | None

    @property
    def is_negative(self) -> bool:
        """Whether less than nothing is left."""
        return (self.first or ZERO) < 0 or (self.second or ZERO) < 0


@dataclass(frozen=True)
class Bar:
    """Shares of the widest bar of its table, 0 to 100, as SVG lengths."""

    planned: str
    committed: str
    spent: str


@dataclass
class Row:
    """One line of a table: what it is about, its sums, its picture."""

    title: Any
    totals: Totals
    note: Any = ""
    url: str = ""
    code: str = ""
    line: BudgetLine | None = None
    flags: list[tuple[str, Any]] = field(default_factory=list)
    """Words with their tone: good, attention, bad or plain."""
    reasons: list[tuple[Any, Any]] = field(default_factory=list)
    """Why it was amended or overspent, each with its heading."""
    cells: list[Cell] = field(default_factory=list)
    bar: Bar | None = None


@dataclass
class Table:
    """Rows under a heading, with their sum."""

    title: Any
    head: Any
    rows: list[Row]
    total: Row
    columns: Sequence[tuple[str, Any]] = COLUMNS
    anchor: str = ""


@dataclass(frozen=True)
class Sheet:
    """How the figures of one page are written: the purse, and with how many decimals."""

    purse: Purse
    decimals: int

    def cells(self, totals: Totals, columns: Iterable[tuple[str, Any]]) -> list[Cell]:
        """The sums of some columns."""
        return [Cell(name, label, *self._both(totals, name)) for name, label in columns]

    def _both(self, totals: Totals, name: str) -> tuple[Decimal | None, Decimal | None]:
        if name == "original" and not any(kind == name for kind, _code in totals.entered):
            return None, None  # added later: there was no first amount, which is not the same as zero
        known = totals.currencies()
        first, second = (
            self.value(totals, name, code) if self.purse.rate or code in known else None
            for code in (self.purse.first, self.purse.second)
        )
        return first, second

    def value(self, totals: Totals, name: str, currency: str) -> Decimal:
        """One sum in one currency."""
        if name == "left":
            return totals.left(currency, self.purse.mad_per_eur)
        kind: Kind = name  # type: ignore[assignment]  # the names of COLUMNS but the last
        return totals.in_currency(kind, currency, self.purse.mad_per_eur)

    def bars(self, rows: Sequence[Row]) -> None:
        """Draw each row on one scale; where two currencies meet without a rate there is none, and no picture."""
        currency = self._scale_of(rows)
        if currency is None:
            return
        values = [{name: self.value(row.totals, name, currency) for name in (*SHORT, "committed")} for row in rows]
        widest = max((max(one["planned"], one["spent"], one["committed"]) for one in values), default=ZERO)
        for row, one in zip(rows, values, strict=True) if widest else ():
            row.bar = Bar(*(_per_cent(one[name] / widest) for name in ("planned", "committed", "spent")))

    def share_spent(self, totals: Totals) -> Decimal | None:
        """Spent over planned; None where nothing is planned, and where two currencies meet without a rate."""
        currency = self._scale_of([Row("", totals)])
        planned = self.value(totals, "planned", currency) if currency else ZERO
        return self.value(totals, "spent", currency) / planned if currency and planned else None

    def _scale_of(self, rows: Iterable[Row]) -> str | None:
        if self.purse.rate:
            return self.purse.first
        known = {code for row in rows for code in row.totals.currencies()}
        return known.pop() if len(known) == 1 else None

    def table(self, title: Any, head: Any, rows: list[Row], *, anchor: str, short: bool = False) -> Table:
        """The rows with their sums, pictures and total."""
        columns = [one for one in COLUMNS if not short or one[0] in SHORT]
        total = Row(_("Total"), grand_total(row.totals for row in rows))
        for row in (*rows, total):
            row.cells = self.cells(row.totals, columns)
        self.bars(rows)
        return Table(title, head, rows, total, columns, anchor)


def _per_cent(share: Decimal) -> str:
    return f"{float(share) * 100:.2f}%"


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Books:
    """The lines of a project or of a protocol, with what moved on each."""

    lines: Sequence[BudgetLine]
    totals: Mapping[int, Totals]
    over: Mapping[int, spending.Overspent]
    without_file: Mapping[int, int]

    def grouped(self, key: Callable[[BudgetLine], Any], lines: Iterable[BudgetLine] | None = None) -> dict[Any, Totals]:
        """The sums of the lines by what they have in common, in the order in which it first comes."""
        found: dict[Any, Totals] = {}
        for line in self.lines if lines is None else lines:
            found.setdefault(key(line), Totals()).merge(self.totals[line.pk])
        return found


def books(protocol: Protocol, **only: Any) -> Books:
    """The lines of a protocol that fit, with everything a page says of them. Seven queries at most, however many lines."""
    rows = BudgetLine.objects.filter(project__protocol=protocol, **only).select_related("project", "funder")
    lines = list(rows.order_by("project__code", "year", "pk"))
    moved = totals_by_line(line.pk for line in lines)
    missing = Transaction.objects.filter(line__in=[line.pk for line in lines], voucher_file__isnull=True).order_by()
    counted = dict(missing.values_list("line").annotate(Count("pk")))
    drafting.lay_over(lines)
    over = {one.line.pk: one for one in spending.overspent(lines)} if lines else {}
    return Books(lines, {line.pk: _whole(line, moved.get(line.pk, Totals())) for line in lines}, over, counted)


def _whole(line: BudgetLine, moved: Totals) -> Totals:
    whole = Totals()
    whole.add("planned", line.currency, line.planned)
    if line.original is not None:
        whole.add("original", line.currency, line.original)
    whole.merge(moved)
    return whole


def sheet(protocol: Protocol, found: Books) -> Sheet:
    """How the page writes its figures: at the latest rate, with cents only where some were entered. One query."""
    amounts = [amount for totals in found.totals.values() for amount in totals.entered.values()]
    decimals = 2 if any(amount != amount.to_integral_value() for amount in amounts) else 0
    return Sheet(purse(protocol, languages.current(), clock.today(protocol)), decimals)


# Rows -----------------------------------------------------------------------------------------------------------------


def line_rows(found: Books) -> list[Row]:
    """Each budget line with what must be said about it."""
    is_frozen = any(line.original is not None for line in found.lines)
    return [
        Row(
            words.text(line, "label") or line.get_category_display(),
            found.totals[line.pk],
            note=f"{line.get_category_display()} · {line.funder} · {line.year}",
            url=reverse("admin:projects_budgetline_change", args=[line.pk]),
            line=line,
            flags=list(_flags(line, found, is_frozen)),
            reasons=list(_reasons(line)),
        )
        for line in found.lines
    ]


def _flags(line: BudgetLine, found: Books, is_frozen: bool) -> Iterable[tuple[str, Any]]:
    if line.in_kind:
        yield "plain", gettext("in kind")
    if not line.confirmed:
        yield "attention", gettext("not yet confirmed")
    if is_frozen and line.original is None:
        yield "plain", gettext("added later")
    elif line.original is not None and line.original != line.planned:
        yield "attention", gettext("amended")
    if line.pk in found.over:
        explained = spending.is_explained(line)
        yield ("attention", gettext("overspent")) if explained else ("bad", gettext("overspent: say why"))
    if found.without_file.get(line.pk):
        yield "bad", gettext("vouchers missing: %(count)s") % {"count": found.without_file[line.pk]}


def _reasons(line: BudgetLine) -> Iterable[tuple[Any, Any]]:
    for name, heading in (
        ("amended_reason", _("Why it was amended")),
        ("overspent_reason", _("Why more was spent than planned")),
    ):
        said = words.text(line, name) or _waiting(line, name)
        if said:
            yield heading, said


def _waiting(line: BudgetLine, name: str) -> SafeString | str:
    """What was written of a public line and still waits for its other languages, in the first language it stands in."""
    codes = dict.fromkeys((languages.current(), "ar", "fr", "nl"))
    waiting = ((code, drafting.text_of(line, f"{name}_{code}")) for code in codes)
    return next((in_language(text, code) for code, text in waiting if text), "")


def subtotals(found: Books, page: Sheet) -> list[Table]:
    """The same money by category, year and funder."""
    by_category = found.grouped(lambda line: line.category)
    categories = [Row(Category(key).label, by_category[key]) for key in Category.values if key in by_category]
    years = [Row(words.ltr(key), totals) for key, totals in sorted(found.grouped(lambda line: line.year).items())]
    funders = [Row(key, totals) for key, totals in found.grouped(lambda line: line.funder).items()]
    return [
        page.table(_("By category"), pgettext_lazy("budget", "Category"), categories, anchor="categories", short=True),
        page.table(_("By year"), _("Year"), years, anchor="years", short=True),
        page.table(_("By funder"), pgettext_lazy("budget", "Funder"), funders, anchor="funders", short=True),
    ]


@dataclass(frozen=True)
class Gift:
    """What one commune contributes in kind: its sums, and the hours of work among them."""

    party: Party
    cells: Sequence[Cell]
    hours: Decimal
    count: int


def in_kind(found: Books, page: Sheet, parties: Sequence[Party]) -> list[Gift]:
    """The contributions in kind of both communes, side by side in the reader's order [I2], also where one has none."""
    columns = [one for one in COLUMNS if one[0] in {"planned", "spent"}]
    gifts = []
    for party in parties:
        its = [line for line in found.lines if line.funder_id == party.organisation_id and _is_in_kind(line)]
        totals = grand_total(found.totals[line.pk] for line in its)
        hours = sum((line.hours or ZERO for line in its), ZERO)
        gifts.append(Gift(party, page.cells(totals, columns), hours, len(its)))
    return gifts


def _is_in_kind(line: BudgetLine) -> bool:
    return line.in_kind or line.category == Category.IN_KIND


# Pages ----------------------------------------------------------------------------------------------------------------


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of money, for the admin site."""
    whole, project = require_safe(partial(of_protocol, site)), require_safe(partial(of_project, site))
    return [
        path("money/", site.admin_view(whole), name="protocol_money"),
        path("money/<int:pk>/", site.admin_view(project), name="project_money"),
    ]


def of_project(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The money of one project. Some fifteen queries, however many lines."""
    protocol = _protocol(request)
    project = Project.objects.for_protocol(protocol).filter(pk=pk).first()
    if project is None:
        raise Http404
    found = books(protocol, project=project)
    page = sheet(protocol, found)
    rows = line_rows(found)
    context = {
        **_shared(site, request, protocol, found, page),
        "title": _("Money"),
        "subtitle": str(project),
        "project": project,
        "main": page.table(_("By line"), _("Budget line"), rows, anchor="lines"),
        "audit_address": reverse("admin:project_audit", args=[project.pk]),
    }
    return TemplateResponse(request, "admin/money.html", context)


def of_protocol(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The money of every project of the protocol: of all years, or of the lines of one. As many queries as for a project."""
    protocol = _protocol(request)
    everything = BudgetLine.objects.filter(project__protocol=protocol).order_by("year")
    years = list(everything.values_list("year", flat=True).distinct())
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else None
    found = books(protocol, **({"year": year} if year else {}))
    page = sheet(protocol, found)
    context = {
        **_shared(site, request, protocol, found, page),
        "title": _("Money of the programme"),
        "years": years,
        "year": year,
        "main": page.table(_("By project"), _("Project"), _project_rows(found), anchor="projects"),
        "audit_address": reverse("admin:year_audit", args=[year]) if year else "",
    }
    return TemplateResponse(request, "admin/money.html", context)


def _project_rows(found: Books) -> list[Row]:
    by_project = found.grouped(lambda line: line.project)
    rows = []
    for project, totals in by_project.items():
        row = Row(words.text(project, "title"), totals, code=project.code, note=project.get_state_display())
        row.url = reverse("admin:project_money", args=[project.pk])
        its = [line for line in found.lines if line.project_id == project.pk]
        unsaid = sum(line.pk in found.over and not spending.is_explained(line) for line in its)
        missing = sum(found.without_file.get(line.pk, 0) for line in its)
        if unsaid:
            row.flags.append(("bad", gettext("overspent: say why")))
        if missing:
            row.flags.append(("bad", gettext("vouchers missing: %(count)s") % {"count": missing}))
        rows.append(row)
    return rows


def _protocol(request: HttpRequest) -> Protocol:
    """The request's protocol. Raises Http404 for whoever may not see its budget."""
    protocol = protocol_of(request)
    if not permissions.may(request.user, "view", protocol, "projects.budgetline"):
        raise Http404
    return protocol


def _shared(site: AdminSite, request: HttpRequest, protocol: Protocol, found: Books, page: Sheet) -> dict[str, Any]:
    whole = grand_total(found.totals.values())
    return {
        **site.each_context(request),
        "figures": page.cells(whole, COLUMNS),
        "share": page.share_spent(whole),
        "currencies": (page.purse.first, page.purse.second),
        "rate": page.purse.rate,
        "decimals": page.decimals,
        "apart": page.purse.rate is None and len(whole.currencies()) > 1,
        "gifts": in_kind(found, page, parties_of(protocol)),
        "subtotals": subtotals(found, page),
        "missing": sum(found.without_file.values()),
        "may_audit": may_audit(request, protocol),
    }


def may_audit(request: HttpRequest, protocol: Protocol) -> bool:
    """Whether the person acts for one of the two communes: the vouchers hold payslips, which nobody else reads."""
    return permissions.may(request.user, "audit", protocol, Transaction._meta.label_lower)
