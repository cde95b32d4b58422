"""The form in which the short code of a printed link is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partnership import links


class CodeForm(forms.Form):
    """The twelve digits below the picture of a printed link, as an Arabic or a European keyboard types them."""

    code = forms.CharField(
        label=_("Code of twelve digits"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        """The digits alone. Raises ValidationError where there are not twelve."""
        typed: Any = self.cleaned_data["code"]
        code = links.as_digits(typed)
        if len(code) != links.CODE_LENGTH:
            raise forms.ValidationError(
                _("The code has twelve digits, in three groups of four. Compare it with the paper."), code="code"
            )
        return code
