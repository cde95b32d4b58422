"""Budget lines with their movements, and exchange rates. The rules stand in projects/spending.py."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import drafting, formats, languages, parity
from partnership.admin.columns import ATTENTION, BAD, GOOD, code, tag, text_column
from partnership.admin.scope import ScopedAdmin, ScopedStacked
from partnership.middleware import current
from partnership.models import User
from partnership.templatetags import words
from projects import rates, spending
from projects.admin.money_forms import (
    BudgetLineForm,
    KnownSelect,
    LoneTransactionForm,
    TransactionForm,
    TransactionFormSet,
)
from projects.models import BudgetLine, ExchangeRate, Transaction


class TransactionInline(ScopedStacked):
    """Movements on a budget line, each with its numbered voucher."""

    model = Transaction
    form = TransactionForm
    formset = TransactionFormSet
    protocol_path = "line__project__protocol"
    fields = (
        ("kind", "on", "amount", "currency", "voucher"),
        ("payer", "payee"),
        ("voucher_file", "voucher_upload", "is_payslip"),
        "description",
    )
    autocomplete_fields = ("payer", "payee", "voucher_file")
    left_to_right = ("voucher",)
    ordering = ("on", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer", "payee", "voucher_file")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = KnownSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class VoucherFilter(admin.SimpleListFilter):
    """Movements whose voucher is here, and those whose voucher is missing."""

    title = _("voucher")
    parameter_name = "file"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", _("Missing")), ("here", _("Here"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"missing", "here"}:
            return queryset
        return queryset.filter(voucher_file__isnull=self.value() == "missing")


@admin.register(BudgetLine)
class BudgetLineAdmin(ScopedAdmin):
    """What one organisation plans to give for one purpose in one year."""

    form = BudgetLineForm
    change_list_template = "admin/budget_lines.html"
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
    readonly_fields = ("shown_original",)
    fieldsets = (
        (None, {"fields": (("project", "category", "year"), "label")}),
        (
            _("Amount"),
            {
                "fields": (
                    ("funder", "planned", "currency", "shown_original"),
                    ("in_kind", "hours", "confirmed"),
                    "amended_reason",
                )
            },
        ),
        (_("If more is spent than planned"), {"fields": ("overspent_reason",)}),
    )

    @admin.display(description=_("project"), ordering="project__code")
    def project_code(self, line: BudgetLine) -> SafeString:
        """The project's code."""
        return code(line.project.code)

    @admin.display(description=_("planned"), ordering="planned")
    def shown_planned(self, line: BudgetLine) -> SafeString | str:
        """The amount with its currency."""
        return words.money(line.planned, line.currency)

    @admin.display(description=_("planned at first"))
    def shown_original(self, line: BudgetLine) -> SafeString | str:
        """What was planned when both communes decided to execute the project, and the way to the project's money."""
        if line._state.adding:
            return "–"
        said = words.money(line.original, line.currency) if line.original is not None else gettext("not decided then")
        where = reverse("admin:project_money", args=[line.project_id])
        return format_html('{} · <a href="{}">{}</a>', said, where, gettext("The project’s money"))

    def delete_model(self, request: HttpRequest, obj: BudgetLine) -> None:
        """Not what both communes decided on."""
        spending.refuse_deleting(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """All of them or none."""
        for line in queryset:
            spending.refuse_deleting(line)
        super().delete_queryset(request, queryset)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each rule again under the lock that the line's own save took; then the files, and the movements with them."""
        if isinstance(formset, TransactionFormSet):
            coming = formset.coming()
            for row in coming:
                row.instance.line = form.instance
            spending.check(*(row.instance for row in coming))
            for row in coming:
                row.file_voucher()
        super().save_formset(request, form, formset, change)


@admin.register(Transaction)
class TransactionAdmin(ScopedAdmin):
    """Commitments, disbursements and expenditures of all projects."""

    form = LoneTransactionForm
    protocol_path = "line__project__protocol"
    list_display = ("voucher", "on", "kind", "shown_amount", "payer", "payee", "project_code", "shown_file")
    list_filter = ("kind", VoucherFilter, "currency", "payer", "line__project")
    list_select_related = ("line__project", "payer", "payee", "voucher_file")
    search_fields = ("voucher", "description_ar", "description_fr", "description_nl", "line__project__code")
    date_hierarchy = "on"
    autocomplete_fields = ("line", "payer", "payee", "voucher_file")
    left_to_right = ("voucher",)
    fieldsets = (
        (None, {"fields": (("line", "voucher"), ("kind", "on", "amount", "currency"), ("payer", "payee"))}),
        (_("Voucher"), {"fields": (("voucher_file", "voucher_upload", "is_payslip"),)}),
        (_("If more is spent than planned"), {"fields": ("overspent_reason",)}),
        (_("Description"), {"fields": ("description",)}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Each rule again under the project's lock, for two people may act at once; then the file, the movement and the reason."""
        reason = (form.cleaned_data.get("overspent_reason") or "").strip()
        spending.check(obj)
        if reason and spending.would_overspend(obj) is not None:
            written = {parity.column("overspent_reason", languages.current()): reason}
            drafting.write(obj.line, written, by=request.user if isinstance(request.user, User) else None)
        elif spending.says_something_new(obj):
            spending.ask(obj)
        form.file_voucher()
        super().save_model(request, obj, form, change)

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, transaction: Transaction) -> SafeString | str:
        """The amount with its currency."""
        return words.money(transaction.amount, transaction.currency)

    @admin.display(description=_("project"), ordering="line__project__code")
    def project_code(self, transaction: Transaction) -> SafeString:
        """The project's code."""
        return code(transaction.line.project.code)

    @admin.display(description=_("file"), ordering="voucher_file")
    def shown_file(self, transaction: Transaction) -> SafeString:
        """Whether the voucher's file is here."""
        document = transaction.voucher_file
        if document is None:
            return tag(_("missing"), BAD)
        is_payslip = document.kind == "payslip"
        return tag(_("payslip") if is_payslip else _("here"), ATTENTION if is_payslip else GOOD)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ScopedAdmin):
    """Rates by day. Every conversion names its rate and day."""

    change_list_template = "admin/exchange_rates.html"
    list_display = ("on", "mad_per_eur", text_column(ExchangeRate, "source"), "holds_until", "movements")
    date_hierarchy = "on"
    ordering = ("-on",)
    fields = (("on", "mad_per_eur"), "source")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return rates.with_use(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, headed by the latest rate and the gaps."""
        protocol = current(request)
        known = {"table": rates.table(protocol)} if protocol is not None else {}
        return super().changelist_view(request, {**known, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Not while movements rest on it alone."""
        spending.refuse_rate_gone(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each in its turn, from the latest back: what rests on the last one left is asked then."""
        for rate in queryset.order_by("-on"):
            self.delete_model(request, rate)

    @admin.display(description=_("holds until"))
    def holds_until(self, rate: ExchangeRate) -> str:
        """The last day on which this rate is the latest one."""
        following: datetime.date | None = getattr(rate, "following_on", None)
        if following is None:
            return gettext("now")
        return formats.day(following - datetime.timedelta(days=1), languages.current())

    @admin.display(description=_("used by"))
    def movements(self, rate: ExchangeRate) -> str:
        """How many movements in another currency than their line are counted at this rate."""
        count: int = getattr(rate, "movements_count", 0) or 0
        return ngettext("%(count)s movement", "%(count)s movements", count) % {"count": count} if count else "–"
