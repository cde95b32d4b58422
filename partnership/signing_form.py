"""The form of the signing page: an answer as it was typed. Which answer may be given is decided in partnership/signing.py."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from partnership import languages, uploads
from partnership.models import Deliberation, Document, Position
from partnership.signing import Answer
from partnership.signing_draft import LONGEST

WORDS_OF = {Position.RESERVE.value: "reservation", Position.REFUSE.value: "refusal"}
"""Under which answer which text is written."""


class AnswerForm(forms.Form):
    """Approve, approve with a reservation, or refuse with a reason; on the screen, or on paper with its scan."""

    digest_seen = forms.CharField(max_length=64, required=False)
    deliberation = forms.ModelChoiceField(
        Deliberation.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("Choose a deliberation of your own commune’s council.")},
    )
    position = forms.ChoiceField(
        choices=Position.choices, error_messages={"required": _("Choose one of the three answers.")}
    )
    reservation = forms.CharField(max_length=LONGEST, required=False)
    refusal = forms.CharField(max_length=LONGEST, required=False)
    language = forms.ChoiceField(choices=languages.required(), required=False)
    scan = forms.FileField(required=False, validators=[uploads.validate_upload])
    drop_scan = forms.BooleanField(required=False)
    read = forms.BooleanField(
        error_messages={"required": _("Confirm that you have read the text: a signature stands for what was read.")}
    )

    def __init__(self, *args: Any, deliberations: Any, kept_scan: Document | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["deliberation"].queryset = deliberations  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["language"].initial = languages.current()
        self.kept_scan = kept_scan

    def clean(self) -> dict[str, Any]:
        """A reservation and a refusal are given in words."""
        cleaned = super().clean() or self.cleaned_data
        name = WORDS_OF.get(cleaned.get("position", ""))
        if name and name not in self.errors and not cleaned.get(name):
            missing = {
                "reservation": _("Write your reservation; the other commune and the register show it."),
                "refusal": _("Write why you refuse; the other commune and the register show it."),
            }
            self.add_error(name, missing[name])
        return cleaned

    @property
    def upload(self) -> UploadedFile[Any] | None:
        """A scan that was chosen now and may be kept; None otherwise."""
        found: UploadedFile[Any] | None = self.cleaned_data.get("scan") if self.is_bound else None
        return found or None

    @property
    def scan_in_use(self) -> Document | None:
        """The scan that was kept before, unless the person takes it back."""
        dropped = self.is_bound and self.data.get("drop_scan")
        return None if dropped else self.kept_scan

    def answer(self, scan: Document | None) -> Answer:
        """What the person answers. The form must be valid."""
        typed = self.cleaned_data
        position = Position(typed["position"])
        reason = typed.get(WORDS_OF.get(position.value, ""), "")
        return Answer(
            position,
            reason=reason,
            reason_language=(typed["language"] or languages.current()) if reason else "",
            deliberation=typed["deliberation"],
            scan=scan,
        )
