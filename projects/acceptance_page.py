"""What a partner opens with its personal link, without an account: its responsibility, and a yes or a no. GET shows, POST acts once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import languages
from partnership.models import PersonalLink
from partnership.opening_page import REFUSED
from partnership.refusals import Refusal
from projects import accepting
from projects.accepting import Answer

ACCEPT, DECLINE = "accept", "decline"
LONGEST = 2_000


class AnswerForm(forms.Form):
    """Yes or no, and a few words of one's own; neither is chosen beforehand, since silence is never consent."""

    answer = forms.ChoiceField(
        label=_("your answer"),
        choices=[
            (ACCEPT, pgettext_lazy("responsibility", "We accept this responsibility")),
            (DECLINE, pgettext_lazy("responsibility", "We decline it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether you accept this responsibility or decline it.")},
    )
    words = forms.CharField(
        label=_("a word to both communes, if you like"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "3", "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("language of these words"), choices=languages.required())
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, seen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["language"].initial = languages.current()
        self.fields["seen"].initial = seen

    @property
    def given(self) -> Answer:
        """The answer that was chosen."""
        typed = self.cleaned_data
        return Answer(typed["answer"] == ACCEPT, typed["words"], typed["language"])

    def show_anew(self, seen: str) -> None:
        """What was read changed meanwhile: the next answer is for what stands on the page now."""
        self.data = {**self.data.dict(), "seen": seen} if isinstance(self.data, QueryDict) else self.data


def answer_page(request: HttpRequest, link: PersonalLink) -> HttpResponse:
    """Show what is asked; take the answer. Raises LinkClosed where the link stands for nothing any more."""
    involvement = accepting.subject_of(link)
    seen = accepting.digest_of(involvement)
    form = AnswerForm(request.POST if request.method == "POST" else None, seen=seen)
    context: dict[str, Any] = {"link": link, "involvement": involvement, "form": form}
    if not form.is_bound:
        return render(request, "public/link_acceptance.html", context)
    if form.is_valid():
        try:
            done = accepting.answer(link, form.given, seen=form.cleaned_data["seen"])
        except Refusal as refusal:
            if refusal.code == "link":
                raise
            form.add_error(None, refusal)
            form.show_anew(seen)
        else:
            return render(request, "public/link_acceptance.html", {"involvement": done, "done": True})
    return render(request, "public/link_acceptance.html", context, status=REFUSED)
