"""The pages on which a commune answers a joint decision: the signing page, what happened after it, and the exact text."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partnership import (
    accounts,
    awaiting,
    clock,
    decisions,
    equality,
    filing,
    languages,
    mandates,
    signing,
    signing_draft,
    standing,
    statements,
)
from partnership.middleware import current
from partnership.models import Decision, Deliberation, Document, Membership, Party, User
from partnership.refusals import Refusal
from partnership.signing_form import AnswerForm

DELIBERATIONS_SHOWN = 4
CONFLICTS = (signing.AlreadySigned, signing.StatementChanged, signing.DecisionClosed)
"""What something that happened meanwhile refuses; any other refusal is about the answer itself."""
RULES: dict[str, str | Promise] = {
    "I1": _("The protocol and what it decides rest on an executory deliberation of each council."),
    "I2": _("Both communes are equal: either may propose, and both read the other’s reasons."),
    "I3": _("Nobody signs for a commune but its own signatory, under a valid mandate, and once."),
    "I4": _("What is signed is what was read, and it cannot change underneath."),
}
"""The rules that refuse a signature, in words."""


@dataclass(frozen=True)
class Choice:
    """A deliberation of one's own council: what it can carry, in a word, and how that word is shown."""

    deliberation: Deliberation
    carries_approval: bool
    word: str | Promise
    tone: str

    @property
    def executory_on(self) -> datetime.date | None:
        """Since when it carries an approval; None where it carries none."""
        return self.deliberation.executory_on if self.carries_approval else None


@dataclass(frozen=True)
class Signer:
    """Under which mandate a person would answer, for which commune; and the rule that stands against it, if one does."""

    membership: Membership | None
    party: Party | None
    hindrance: Refusal | None

    @property
    def function(self) -> str:
        """The function that would stand under the signature, in the reader's language."""
        assert self.membership is not None
        return mandates.function_of(self.membership)[languages.current()]


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of signing, for the admin site."""
    text = require_safe(partial(_exact_text, site))
    after = require_safe(partial(_after, site))
    return [
        path("decisions/<int:pk>/sign/", partial(_keeping, site, site.admin_view(partial(_sign, site))), name="decision_sign"),
        path("decisions/<int:pk>/signed/", site.admin_view(after), name="decision_signed"),
        path("decisions/<int:pk>/text/", site.admin_view(text), name="decision_text"),
    ]  # fmt: skip


def _keeping(site: AdminSite, view: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """What someone posts whose sign-in or mandate has ended meanwhile waits in the session until they are back."""
    if request.method == "POST" and not site.has_permission(request):
        signing_draft.keep(request, pk)
    answer: HttpResponse = view(request, pk=pk)
    return answer


# The signing page -----------------------------------------------------------------------------------------------------


def _sign(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Read a decision, and answer it."""
    decision = _decision(request, pk)
    signer = _signer(request, decision)
    if request.method == "POST":
        return _answer(site, request, decision, signer)
    return _page(site, request, decision, signer, _form(request, decision, signer))


def _answer(site: AdminSite, request: HttpRequest, decision: Decision, signer: Signer) -> HttpResponse:
    """Sign, if every rule allows it and the person has just shown the second factor; else say why not, and keep what was typed."""
    signing_draft.keep(request, decision.pk)
    form = _form(request, decision, signer)
    if signer.hindrance is not None:
        return _refused(site, request, decision, signer, form, signer.hindrance)
    valid = form.is_valid()
    scan = _scan(request, decision, signer, form)
    if not valid:
        return _page(site, request, decision, signer, form, status=422)
    if not accounts.second_factor_is_fresh(request):
        signing_draft.keep(request, decision.pk, sent_away=True)
        return HttpResponseRedirect(accounts.second_factor_url(request, f"{request.path}#answer"))
    assert signer.membership is not None
    try:
        signing.sign(
            decision.pk, by=signer.membership, digest_seen=form.cleaned_data["digest_seen"], answer=form.answer(scan)
        )
    except Refusal as refusal:
        fresh = _decision(request, decision.pk)
        return _refused(site, request, fresh, _signer(request, fresh), form, refusal)
    signing_draft.forget(request, decision.pk)
    return redirect("admin:decision_signed", pk=decision.pk)


def _scan(request: HttpRequest, decision: Decision, signer: Signer, form: AnswerForm) -> Document | None:
    """The scan of a signature on paper: one chosen now is kept at once, since no browser offers a file twice."""
    if form.upload is None:
        if form.kept_scan is not None and form.scan_in_use is None:
            signing_draft.keep(request, decision.pk, scan="")
        return form.scan_in_use
    assert signer.party is not None
    titles = decisions.in_languages(partial(_title_of_scan, decision, signer.party))
    form.kept_scan = filing.file_scan(
        form.upload, protocol=decision.protocol, owner=signer.party.organisation, titles=titles
    )
    signing_draft.keep(request, decision.pk, scan=str(form.kept_scan.pk))
    return form.kept_scan


def _title_of_scan(decision: Decision, party: Party) -> str:
    return gettext("Signature of %(commune)s under decision %(number)s, on paper") % {
        "commune": party,
        "number": f"\u2066{decision.number}\u2069",
    }


def _form(request: HttpRequest, decision: Decision, signer: Signer) -> AnswerForm:
    """The form, with what was typed before in this session."""
    draft = _draft(request, decision, signer)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    choices = _resolutions(signer.party)
    only = _only_suitable(decision, signer.party) if decision.needs_deliberation else None
    return AnswerForm(
        *given,
        initial={"deliberation": only, **signing_draft.typed(draft)},
        deliberations=choices,
        kept_scan=_kept_scan(decision, draft),
    )


def _draft(request: HttpRequest, decision: Decision, signer: Signer) -> signing_draft.Draft:
    """What this person typed before; nothing of whoever was signed in on the same device."""
    draft = signing_draft.of(request, decision.pk)
    own = signer.membership is not None and draft.get("mandate") == str(signer.membership.pk)
    return draft if own else {}


def _kept_scan(decision: Decision, draft: signing_draft.Draft) -> Document | None:
    return decision.protocol.documents.filter(pk=draft["scan"]).first() if draft.get("scan") else None


def _resolutions(party: Party | None) -> Any:
    return Deliberation.objects.filter(party=party).order_by("-held_on", "-pk")


def _only_suitable(decision: Decision, party: Party | None) -> int | None:
    """The one deliberation that can carry an approval; None where a person has to choose, or nothing can."""
    found = _resolutions(party).executory_on(clock.today(decision.protocol)).filter(approved=True)
    keys = list(found.values_list("pk", flat=True)[:2])
    return keys[0] if len(keys) == 1 else None


def _refused(
    site: AdminSite, request: HttpRequest, decision: Decision, signer: Signer, form: AnswerForm, refusal: Refusal
) -> HttpResponse:
    status = 409 if isinstance(refusal, CONFLICTS) else 422
    return _page(site, request, decision, signer, form, refusal=refusal, status=status)


def _page(
    site: AdminSite,
    request: HttpRequest,
    decision: Decision,
    signer: Signer,
    form: AnswerForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    draft = _draft(request, decision, signer)
    choices = _choices(decision, signer.party) if signer.hindrance is None else []
    context = {
        **_shown(site, request, decision),
        "signer": signer,
        "form": form,
        "refusals": _refusals(refusal),
        "replaced_by": _open_again(decision) if refusal is not None and not decision.is_open else None,
        "typed": _typed(draft) if signer.hindrance is not None else "",
        "back": bool(draft.get("sent_away")) and request.method == "GET" and accounts.second_factor_is_fresh(request),
        "choices": choices[:DELIBERATIONS_SHOWN],
        "has_read": form["read"].value() and not isinstance(refusal, signing.StatementChanged),
        "more_choices": choices[DELIBERATIONS_SHOWN:],
        "may_approve": not decision.needs_deliberation or any(choice.carries_approval for choice in choices),
    }
    return TemplateResponse(request, "admin/decision_sign.html", context, status=status)


def _refusals(refusal: Refusal | None) -> list[tuple[str, str | Promise]]:
    """What was refused and the rule behind each, in words."""
    if refusal is None:
        return []
    return [(str(error.messages[0]), RULES.get(str(error.code), "")) for error in refusal.error_list]


def _typed(draft: signing_draft.Draft) -> str:
    """Words that were typed where there is no form any more, so that they can be taken elsewhere."""
    return "\n\n".join(draft[name] for name in ("reservation", "refusal") if draft.get(name))


def _open_again(decision: Decision) -> Decision | None:
    """The decision of the same kind on the same record that is open now."""
    same = Decision.objects.for_protocol(decision.protocol).open().filter(kind=decision.kind)
    return same.filter(content_type=decision.content_type_id, object_id=decision.object_id).first()


def _choices(decision: Decision, party: Party | None) -> list[Choice]:
    """The deliberations of one's own council: first those that can carry an approval, then the rest, newest first."""
    if not decision.needs_deliberation or party is None:
        return []
    day = clock.today(decision.protocol)
    council = _resolutions(party).filter(body="council")
    found = [_choice(deliberation, day) for deliberation in council]
    return sorted(found, key=lambda choice: not choice.carries_approval)


def _choice(deliberation: Deliberation, day: datetime.date) -> Choice:
    executory = deliberation.is_executory_on(day)
    if deliberation.without_effect_since is not None:
        return Choice(deliberation, False, pgettext_lazy("deliberation", "Without effect"), "bad")
    if not deliberation.approved:
        return Choice(deliberation, False, _("Rejected: it can carry a refusal only"), "bad")
    if not executory:
        return Choice(deliberation, False, deliberation.get_supervision_display(), "attention")
    return Choice(deliberation, True, deliberation.get_supervision_display(), "good")


# Who and what ---------------------------------------------------------------------------------------------------------


def _decision(request: HttpRequest, pk: int) -> Decision:
    """A decision of the request's protocol; of another one it does not exist."""
    protocol = current(request)
    if protocol is None:
        raise Http404
    rows = Decision.objects.for_protocol(protocol).select_related(
        "protocol", "opened_by__organisation", "opened_by__protocol", "withdrawn_by__organisation", "scan"
    )
    found = rows.prefetch_related("signatures__party__organisation", "signatures__deliberation").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _signer(request: HttpRequest, decision: Decision) -> Signer:
    membership = _mandate(request.user, decision)
    party = mandates.party_of(membership) if membership else None
    try:
        signing.refuse_hindered(decision, by=membership)
    except Refusal as refusal:
        return Signer(membership, party, refusal)
    return Signer(membership, party, None)


def _mandate(person: Any, decision: Decision) -> Membership | None:
    """The mandate a person would answer under: one that signs this kind, else another that runs, else one that has ended."""
    role = decisions.kind(decision.kind).signed_by
    held = [membership for membership, _party in mandates.held_by(person, decision.protocol)]
    former = Membership.objects.for_protocol(decision.protocol).filter(user=person.pk).order_by("-starts_on")
    known = [*held, *former]
    return next((one for one in known if one.role == role), known[0] if known else None)


def _shown(site: AdminSite, request: HttpRequest, decision: Decision) -> dict[str, Any]:
    """What both pages show of a decision, whoever reads it."""
    sides = standing.of(decision, _parties(decision))
    return {
        **site.each_context(request),
        "title": f"{decision.number} {decision.title}",
        "decision": decision,
        "kind_label": decisions.label_of(decision.kind),
        "reading": statements.read(decision),
        "sides": sides,
        "digest_groups": _groups(decision.digest),
        "opened_before": _opened_before(request, decision),
        "entries": list(decision.entries.order_by("sequence")),
    }


def _opened_before(request: HttpRequest, decision: Decision) -> bool:
    assert isinstance(request.user, User)
    return awaiting.opened_before(decision, awaiting.came_on(request.user, decision.protocol))


def _parties(decision: Decision) -> list[Party]:
    rows = list(decision.protocol.parties.select_related("organisation"))
    return equality.ordered(rows, equality.Reader(languages.current()))


def _groups(digest: str) -> Iterable[str]:
    """A digest in groups of eight, as it is read out and compared."""
    return [digest[start : start + 8] for start in range(0, len(digest), 8)]


# After it, and the text -----------------------------------------------------------------------------------------------


def _after(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """What a person's signature has done, and what comes next; who has not signed is led to the signing page."""
    decision = _decision(request, pk)
    assert isinstance(request.user, User)
    own = next((one for one in decision.signatures.all() if one.person_id == request.user.pk), None)
    if own is None:
        return redirect("admin:decision_sign", pk=pk)
    context = {
        **_shown(site, request, decision),
        "own": own,
        "next_decision": awaiting.next_to_sign(request.user, decision.protocol, clock.today(decision.protocol)),
    }
    return TemplateResponse(request, "admin/decision_signed.html", context)


def _exact_text(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The exact text that was hashed, byte for byte, to read or to hash again."""
    decision = _decision(request, pk)
    answer = HttpResponse(decision.statement, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{decision.number}-{decision.digest[:8]}.txt"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
