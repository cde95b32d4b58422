"""Budget lines with their movements, and exchange rates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import code, text_column
from partnership.admin.scope import ScopedAdmin, ScopedStacked
from partnership.templatetags import words
from projects.models import BudgetLine, ExchangeRate, Transaction


class TransactionInline(ScopedStacked):
    """Movements on a budget line, each with its numbered voucher."""

    model = Transaction
    protocol_path = "line__project__protocol"
    fields = (
        ("kind", "on", "amount", "currency", "voucher"),
        ("payer", "payee"),
        "description",
    )
    autocomplete_fields = ("payer", "payee")
    left_to_right = ("voucher",)
    ordering = ("on", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer", "payee")


@admin.register(BudgetLine)
class BudgetLineAdmin(ScopedAdmin):
    """What one organisation plans to give for one purpose in one year."""

    protocol_path = "project__protocol"
    list_display = (
        "project_code",
        "category",
        text_column(BudgetLine, "label"),
        "year",
        "funder",
        "shown_planned",
        "in_kind",
        "confirmed",
    )
    list_display_links = ("project_code", "category")
    list_filter = ("year", "category", "currency", "in_kind", "confirmed", "funder", "project")
    list_select_related = ("project", "funder")
    search_fields = ("project__code", "label_ar", "label_fr", "label_nl", "funder__sort_fr", "funder__sort_ar")
    ordering = ("project__code", "year", "pk")
    autocomplete_fields = ("project", "funder")
    inlines = (TransactionInline,)
    fieldsets = (
        (None, {"fields": (("project", "category", "year"), "label")}),
        (_("Amount"), {"fields": (("funder", "planned", "currency"), ("in_kind", "hours", "confirmed"))}),
    )

    @admin.display(description=_("project"), ordering="project__code")
    def project_code(self, line: BudgetLine) -> SafeString:
        """The project's code."""
        return code(line.project.code)

    @admin.display(description=_("planned"), ordering="planned")
    def shown_planned(self, line: BudgetLine) -> SafeString | str:
        """The amount with its currency."""
        return words.money(line.planned, line.currency)


@admin.register(Transaction)
class TransactionAdmin(ScopedAdmin):
    """Commitments, disbursements and expenditures of all projects."""

    protocol_path = "line__project__protocol"
    list_display = ("voucher", "on", "kind", "shown_amount", "payer", "payee", "project_code")
    list_filter = ("kind", "currency", "payer", "line__project")
    list_select_related = ("line__project", "payer", "payee")
    search_fields = ("voucher", "description_ar", "description_fr", "description_nl", "line__project__code")
    date_hierarchy = "on"
    autocomplete_fields = ("line", "payer", "payee")
    left_to_right = ("voucher",)
    fieldsets = (
        (None, {"fields": (("line", "voucher"), ("kind", "on", "amount", "currency"), ("payer", "payee"))}),
        (_("Description"), {"fields": ("description",)}),
    )

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, transaction: Transaction) -> SafeString | str:
        """The amount with its currency."""
        return words.money(transaction.amount, transaction.currency)

    @admin.display(description=_("project"), ordering="line__project__code")
    def project_code(self, transaction: Transaction) -> SafeString:
        """The project's code."""
        return code(transaction.line.project.code)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ScopedAdmin):
    """Rates by day. Every conversion names its rate and day."""

    list_display = ("on", "mad_per_eur", text_column(ExchangeRate, "source"))
    date_hierarchy = "on"
    fields = (("on", "mad_per_eur"), "source")
