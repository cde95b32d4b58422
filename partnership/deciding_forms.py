"""What is typed to open or withdraw a decision, to leave the protocol, and to say that a deliberation lost its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.utils.translation import gettext_lazy as _

from partnership import languages, number_fields, uploads
from partnership.decisions import Kind
from partnership.forms import day_box
from partnership.models import Deliberation, Document, DocumentKind, Membership, Protocol
from partnership.opening import Afterwards
from partnership.refusals import Refusal

LONGEST = 4_000
ACTS = (DocumentKind.ACT, DocumentKind.DELIBERATION, DocumentKind.MINUTES)
"""The kinds of document that can prove an act."""


class ActingForm(forms.Form):
    """A form of someone who acts for a commune; who could act under several mandates says under which."""

    def __init__(self, *args: Any, mandates: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.mandates = {str(mandate.pk): mandate for mandate in mandates}
        if len(mandates) > 1:
            self.fields["acting"] = forms.ChoiceField(
                label=_("under which mandate"), choices=[(key, str(mandate)) for key, mandate in self.mandates.items()]
            )

    @property
    def by(self) -> Membership:
        """The mandate under which the person acts."""
        return self.mandates.get(self.cleaned_data.get("acting", ""), next(iter(self.mandates.values())))

    def refuse(self, refusal: Refusal, fields: dict[str, str] | None = None) -> None:
        """Show each rule that refused at the field that meets it, by the refusal's code, or at the top."""
        for error in refusal.error_list:
            name = (fields or {}).get(str(error.code))
            self.add_error(name if name in self.fields else None, error)


class WordsForm(ActingForm):
    """A reason in the words of whoever acts, which the other commune and the register show as they were written."""

    words = forms.CharField(label=_("reason"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": "4"}))
    language = forms.ChoiceField(label=_("language of the reason"), choices=languages.required())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = languages.current()
        self.fields["words"].widget.attrs["dir"] = "auto"
        self.order_fields([*(name for name in self.fields if name not in {"words", "language"}), "words", "language"])


class WithdrawalForm(WordsForm):
    """Why a decision is withdrawn."""


class WithoutEffectForm(WordsForm):
    """Since when a deliberation is without effect, and why."""

    on = number_fields.Day(label=_("without effect since"), widget=day_box())


class LeavingForm(WordsForm):
    """On which resolution of its council a commune leaves, and why."""

    deliberation = forms.ModelChoiceField(
        Deliberation.objects.none(),
        label=_("your council’s deliberation"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("A commune leaves on an executory deliberation of its own council.")},
    )
    understood = forms.BooleanField(
        label=_("I have understood that this starts the end of the protocol and cannot be taken back here."),
        error_messages={"required": _("Confirm that you have read what leaving means.")},
    )

    def __init__(self, *args: Any, deliberations: models.QuerySet[Deliberation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        menu = self.fields["deliberation"]
        assert isinstance(menu, forms.ModelChoiceField)
        menu.queryset = deliberations


class OpeningForm(ActingForm):
    """Until when both communes are asked to answer; for an act older than the platform, its own date and its scan."""

    deadline = number_fields.Day(
        label=_("deadline"), required=False, widget=day_box(), help_text=_("It reminds, and never decides.")
    )
    point = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: Kind, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind.afterwards != "never":
            self._add_afterwards(protocol, required=kind.afterwards == "must")

    def _add_afterwards(self, protocol: Protocol, *, required: bool) -> None:
        self.fields["decided_on"] = number_fields.Day(
            label=_("date of the act"),
            required=required,
            widget=day_box(),
            help_text=_("The register enters it under today’s date and states this one."),
        )
        known = Document.objects.for_protocol(protocol).filter(kind__in=ACTS).order_by("-added_at")
        self.fields["scan"] = forms.ModelChoiceField(known, label=_("scan, of the documents here"), required=False)
        self.fields["upload"] = forms.FileField(
            label=_("or a new scan"),
            required=False,
            validators=[uploads.validate_upload],
            help_text=_(
                "PDF, PNG, JPEG or WebP of what was signed, at most 10 MB. It is kept as an internal document."
            ),
        )

    def new_scan(self) -> UploadedFile[Any] | None:
        """A new scan that may be kept; None where there is none."""
        found: UploadedFile[Any] | None = self.cleaned_data.get("upload") or None
        return found

    def keep(self, scan: Document) -> None:
        """Go on with a new scan as one of the documents here: no browser sends a file twice."""
        self.cleaned_data["scan"] = scan
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # of a request
        data["scan"] = str(scan.pk)
        self.data = data

    def afterwards(self) -> Afterwards | None:
        """The act's own date and scan; None where it is decided now. Errors of a half answer stand at the field."""
        day, scan = self.cleaned_data.get("decided_on"), self.cleaned_data.get("scan")
        if day and scan:
            return Afterwards(day, scan)
        if day and "upload" not in self.errors:
            self.add_error("scan", Refusal(_("Choose the scan of what was signed."), code="afterwards"))
        if scan and not day:
            self.add_error("decided_on", Refusal(_("Enter the date of the act."), code="afterwards"))
        return None
