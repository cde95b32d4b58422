"""Typing budget lines and their movements: the rules stand in projects/spending.py, the files in projects/vouchers.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import languages, parity, uploads
from partnership.admin.editing import CHOOSE_AGAIN
from partnership.admin.texts import OneLine, TextsForm
from partnership.models import DocumentKind
from partnership.refusals import Refusal, reason
from projects import spending, vouchers
from projects.models import BudgetLine, Project, Transaction

if TYPE_CHECKING:
    _InlineFormSet = forms.BaseInlineFormSet[Transaction, BudgetLine, Any]
    _BudgetFormSet = forms.BaseInlineFormSet[BudgetLine, Project, Any]
else:
    _InlineFormSet = _BudgetFormSet = forms.BaseInlineFormSet

FORM = "_line_form"
"""Where a line keeps the form it is typed in, for the rows of its movements to ask there why more is spent than planned."""
FIELDS = {spending.EXECUTION: "on", spending.SUSPENDED: "kind", spending.RATE: "currency"}
"""At which field a rule is met, by its code."""


def told(refusal: ValidationError) -> Any:
    """A refusal in words with its rule, and where to satisfy it."""
    if refusal.code == spending.RATE:
        rates = reverse("admin:projects_exchangerate_changelist")
        return format_html(
            '{} <a href="{}">{}</a>', " ".join(refusal.messages), rates, gettext("To the exchange rates")
        )
    return reason(refusal) if refusal.code in {spending.EXECUTION, spending.SUSPENDED} else " ".join(refusal.messages)


class BudgetLineForm(TextsForm):
    """A budget line: what both communes decided on is amended with a reason."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        typed = self.cleaned_data
        if self.instance._state.adding or not {"planned", "currency"} <= typed.keys():
            return cleaned
        if "project" in self.changed_data and (moved := spending.against_moving(self.instance)) is not None:
            self.add_error("project", moved)
        refusal = spending.against_amending(
            self.instance,
            planned=typed["planned"],
            currency=typed["currency"],
            has_reason=self.says("amended_reason"),
        )
        if refusal is not None:
            self.add_error(
                "currency" if typed["currency"] != self.instance.currency else "planned", self._where(refusal)
            )
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()
        setattr(self.instance, FORM, self)
        if self.errors or self.asks_for("overspent_reason") or not {"planned", "currency"} & set(self.changed_data):
            return
        if not self.instance._state.adding and not self.says("overspent_reason"):
            for found in spending.overspent([self.instance]):
                self.add_error("planned", self._where(Refusal(found.question(), code=spending.OVERSPENT)))

    def ask_why(self, question: str) -> None:
        """Ask, at the field of the page's language, why more is spent than planned."""
        name = parity.column("overspent_reason", languages.current())
        self.add_error(name, ValidationError(question, code=spending.OVERSPENT))

    def asks_for(self, name: str) -> bool:
        """Whether a text stands among the form's own fields."""
        return parity.column(name, settings.REQUIRED_LANGUAGES[0]) in self.fields

    def says(self, name: str) -> bool:
        """Whether a text stands in at least one language: what was typed, or what stands where the form does not ask for it."""
        if not self.asks_for(name):
            return not self.instance._state.adding and spending.is_explained(self.instance, name)
        columns = [parity.column(name, code) for code in settings.REQUIRED_LANGUAGES]
        return any(parity.has_text(self.cleaned_data.get(column)) for column in columns)

    def _where(self, refusal: Refusal) -> Any:
        """The refusal, and the way to the form that asks for the reason, where this one does not."""
        if self.asks_for("amended_reason"):
            return ValidationError(told(refusal), code=refusal.code)
        own = reverse("admin:projects_budgetline_change", args=[self.instance.pk])
        message = format_html('{} <a href="{}">{}</a>', told(refusal), own, gettext("To the line’s own form"))
        return ValidationError(message, code=refusal.code)


class BudgetFormSet(_BudgetFormSet):
    """A project's budget lines, as typed: what both communes decided on is not deleted."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            spending.refuse_deleting(form.instance)


class KnownSelect(AutocompleteSelect):
    """A menu that suggests as one types, and does not ask the database for what its row was read with."""

    known: Any = None
    """The record that is chosen as the row stands."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if self.known is None or [str(one) for one in value] != [str(self.known.pk)]:
            return super().optgroups(name, value, attr)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*empty, self.create_option(name, str(self.known.pk), str(self.known), True, len(empty))], 0)]


class TransactionForm(TextsForm):
    """A movement; its voucher is chosen among the documents or uploaded here."""

    voucher_upload = forms.FileField(
        label=_("Upload the voucher"),
        required=False,
        validators=[uploads.validate_upload],
        help_text=_(
            "PDF, picture, DOCX or XLSX, up to 10 MB. It is kept as an internal document of the commune that paid."
        ),
    )
    is_payslip = forms.BooleanField(
        label=_("This is a payslip"),
        required=False,
        help_text=_("A payslip names a person: it is never public, and stands marked in the audit pack."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read = self.instance._state.fields_cache
        for name, field in self.fields.items():
            menu = getattr(field.widget, "widget", None)
            if isinstance(menu, KnownSelect):
                menu.known = read.get(name)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        typed = self.cleaned_data
        if typed.get("voucher_upload") and "voucher_file" in self.changed_data and typed.get("voucher_file"):
            self.add_error("voucher_upload", _("Choose a document or upload a file, not both."))
        if "voucher_file" in self.changed_data:
            try:
                vouchers.refuse(typed.get("voucher_file"))
            except Refusal as refusal:
                self.add_error("voucher_file", refusal)
        return cleaned

    def refuse(self, refusals: Iterable[ValidationError]) -> None:
        """Show refusals at the fields they concern; a file that was chosen must be chosen again."""
        for refusal in refusals:
            name = FIELDS.get(str(refusal.code))
            self.add_error(name if name in self.fields else None, ValidationError(told(refusal), code=refusal.code))

    def file_again(self) -> None:
        """A browser does not hand a file back: say so at its field."""
        if self.files.get(self.add_prefix("voucher_upload")) and "voucher_upload" not in self.errors:
            self.add_error("voucher_upload", ValidationError(CHOOSE_AGAIN, code="file_again"))

    def file_voucher(self) -> None:
        """Keep what was uploaded as the movement's voucher; call it in the transaction that saves the movement, before it does."""
        upload = self.cleaned_data.get("voucher_upload")
        if upload:
            is_payslip = self.cleaned_data.get("is_payslip")
            vouchers.attach(self.instance, upload, DocumentKind.PAYSLIP if is_payslip else DocumentKind.VOUCHER)


class LoneTransactionForm(TransactionForm):
    """A movement on a page of its own: it asks there why more is spent than planned, which its line keeps."""

    overspent_reason = OneLine(
        label=_("Why more is spent than planned"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": "2", "class": "vLargeTextField", "dir": "auto"}),
        help_text=_(
            "Only where the line is overspent. The line keeps it, in the language of this page; the public reads it."
        ),
    )

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors or self.instance.line_id is None:
            return
        self.refuse(spending.against([self.instance])[0])
        if not self.errors and spending.says_something_new(self.instance):
            self._ask()
        if self.errors:
            self.file_again()

    def _ask(self) -> None:
        if parity.has_text(self.cleaned_data.get("overspent_reason")):
            return
        for found in spending.overspent([self.instance.line], [self.instance]):
            if not spending.is_explained(self.instance.line):
                self.add_error("overspent_reason", ValidationError(found.question(), code=spending.OVERSPENT))


class TransactionFormSet(_InlineFormSet):
    """The movements on a line, as typed: each rule is asked about all of them at once, with the line as it would stand."""

    def clean(self) -> None:
        super().clean()
        above: BudgetLineForm | None = getattr(self.instance, FORM, None)
        if not any(self.errors):
            self._check()
        if not any(self.errors) and above is not None and not above.errors:
            self._ask(above)
        if any(self.errors) or (above is not None and above.errors):
            for form in self.forms:
                form.file_again()
        if above is not None and any(error.code == spending.OVERSPENT for error in _errors_of(above)):
            raise Refusal(
                _("Nothing is saved yet: more would be spent on this line than planned."), code=spending.OVERSPENT
            )

    def _check(self) -> None:
        coming = self.coming()
        for form in coming:
            form.instance.line = self.instance
        for form, refusals in zip(coming, spending.against([form.instance for form in coming]), strict=True):
            form.refuse(refusals)

    def coming(self) -> list[TransactionForm]:
        """The rows that would be saved: new ones and changed ones."""
        gone = set(self.deleted_forms)
        return [form for form in self.forms if form.has_changed() and form not in gone]

    def _ask(self, above: BudgetLineForm) -> None:
        coming = [form.instance for form in self.coming()]
        is_touched = coming or self.deleted_forms or self.instance.planned != self.instance.remembered.get("planned")
        if not is_touched or above.says("overspent_reason"):
            return
        leaving = [form.instance.pk for form in self.deleted_forms if not form.instance._state.adding]
        for found in spending.overspent([self.instance], coming, leaving):
            above.ask_why(found.question())


def _errors_of(form: forms.BaseForm) -> Iterable[ValidationError]:
    return (error for errors in form.errors.as_data().values() for error in errors)
