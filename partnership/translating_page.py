"""The page on which staff translate a record's texts side by side [I10]."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import (
    following,
    history,
    languages,
    mandates,
    page_numbers,
    parity,
    permissions,
    publishing,
    translating,
    translation_saving,
)
from partnership import translation_queue as queue
from partnership.admin.opened import FORM, OPENED_AT, VERSION, form_token, note_saved, opened_at, say_saved
from partnership.admin.publishing import refusal_words, waiting_words
from partnership.editing import Keep
from partnership.models import Change, Party, Protocol, Publishable, Term, TextStanding, User
from partnership.opening_page import REFUSED, protocol_of
from partnership.refusals import reason
from partnership.translating import Cell, Sheet, Text
from partnership.translation_saving import Saved, Sent

TEXTS_SHOWN = 100
"""So many texts stand on one page, each in three languages: what a browser sends at once has a limit."""
PAGE, GAPS = "p", "gaps"
SURE, ASKED, KEEP, REWRITE = "sure:", "asked:", "keep:", "rewrite:"
SAVE_AND_NEXT, STILL_RIGHT, PUBLISH = "_next", "_still_right", "_publish"


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of translating, for the admin site."""
    one = site.admin_view(partial(translate, site))
    return [path("translate/<slug:app_label>.<slug:model_name>/<path:key>/", one, name="translate")]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def translate(site: AdminSite, request: HttpRequest, app_label: str, model_name: str, key: str) -> HttpResponse:
    """A root's texts with those of its parts; a part leads on to its root. What was typed is saved, or given back."""
    record = _record(site, request, app_label, model_name, key)
    root = following.root_of(record)
    if (root._meta.label, root.pk) != (record._meta.label, record.pk):
        return HttpResponseRedirect(queue.address(root, translating.part_anchor(record)))
    protocol = protocol_of(request)
    if not permissions.may(request.user, "change", protocol, record=root):
        raise PermissionDenied
    view = _View(site, request, root, protocol)
    answer = view.save() if request.method == "POST" else view.page(translating.read(root, view.may_change))
    request.current_app = site.name
    say_saved(request, answer)
    return answer


def _record(site: AdminSite, request: HttpRequest, app_label: str, model_name: str, key: str) -> Any:
    """The record, where the person may see it and it has texts. Raises Http404."""
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError as unknown:
        raise Http404 from unknown
    own = site._registry.get(model)
    if own is None or model not in following.models_with_texts() or not own.has_view_permission(request):
        raise Http404
    return own.get_object(request, key)


@dataclass(frozen=True)
class Column:
    """One language at the head of the page: how many of its texts stand."""

    code: str
    name: str
    done: int
    texts: int

    @property
    def direction(self) -> str:
        """Of its language."""
        return languages.direction(self.code)


@dataclass(frozen=True)
class Blocker:
    """What keeps texts from the public: how many of a language are missing or stale, or another rule; and where to go."""

    words: str | Promise
    anchor: str = ""
    language: str = ""


class _View:
    """One request about one root."""

    def __init__(self, site: AdminSite, request: HttpRequest, root: Any, protocol: Protocol) -> None:
        self.site, self.request, self.root, self.protocol = site, request, root, protocol
        self.may_change = {
            label: permissions.may(request.user, "change", protocol, label)
            for label in {model._meta.label_lower for model in following.models_with_texts()}
        }

    # Saving

    def save(self) -> HttpResponse:
        """Save everything that was typed, then do what the button says; else give it all back with what stands against it."""
        sent = _sent(self.request)
        saved = translation_saving.save(self.root, sent, by=_user(self.request), may_change=self.may_change)
        if saved.clashes:
            return self._conflict(saved, sent)
        if saved.troubled:
            return self.page(saved.sheet, status=REFUSED, sure=sent.sure)
        note_saved(self.request)
        self._say(saved)
        if PUBLISH in self.request.POST:
            self._publish()
        return HttpResponseRedirect(self._onward(sent))

    def _say(self, saved: Saved) -> None:
        if saved.written:
            words = ngettext("%(count)s text is saved.", "%(count)s texts are saved.", saved.written)
            messages.success(self.request, words % {"count": saved.written})
        if saved.confirmed:
            messages.success(self.request, gettext("The translation is marked as still right."))
        if not (saved.written or saved.confirmed or PUBLISH in self.request.POST):
            messages.info(self.request, gettext("Nothing had changed, so nothing was saved."))

    def _publish(self) -> None:
        if not self._may_publish():
            raise PermissionDenied
        first = not self.root.is_published
        try:
            answer = publishing.publish(self.root, by=_user(self.request))
        except ValidationError as refusal:
            messages.error(self.request, refusal_words(self.root, refusal))
            return
        if first:
            messages.success(self.request, gettext("The record is published in Arabic, French and Dutch."))
        elif answer.texts:
            words = ngettext(
                "%(count)s text now reads anew for the public, in Arabic, French and Dutch at once.",
                "%(count)s texts now read anew for the public, in Arabic, French and Dutch at once.",
                answer.texts,
            )
            messages.success(self.request, words % {"count": answer.texts})
        if answer.waiting:
            messages.warning(self.request, waiting_words(self.root, answer.waiting))

    def _may_publish(self) -> bool:
        return isinstance(self.root, Publishable) and permissions.may(
            self.request.user, "publish", self.protocol, record=self.root
        )

    def _onward(self, sent: Sent) -> str:
        """The same page, at the next gap or at the text that was confirmed; where no gap is left, at its top."""
        here = self.request.get_full_path()
        if STILL_RIGHT in self.request.POST:
            return f"{here}#{sent.still_right.replace(':', '-').replace('.', '-')}"
        if SAVE_AND_NEXT not in self.request.POST:
            return here
        gaps = translating.read(self.root, self.may_change).gaps
        return f"{here}#{gaps[0].anchor}" if gaps else here

    # Showing

    def page(self, sheet: Sheet, *, status: int = 200, sure: Iterable[str] = ()) -> HttpResponse:
        """Everything side by side."""
        only_gaps = bool(self.request.GET.get(GAPS))
        texts = [text for text in sheet.texts if not only_gaps or text.has_gap or text.is_waiting or text.is_troubled]
        page = Paginator(texts, TEXTS_SHOWN).get_page(self.request.GET.get(PAGE))
        shown = [*page.object_list]
        sheet.parts = _parts_with(sheet, shown) if len(shown) != len(list(sheet.texts)) else sheet.parts
        columns = _columns(sheet, texts)
        translating.with_glossary(sheet)
        title, title_language = queue.title_of(self.root)
        waiting = [text for text in texts if text.is_waiting]
        context = {
            **self._common(),
            "title": _("Translate side by side"),
            "record_title": title,
            "title_language": title_language,
            "title_direction": languages.direction(title_language) if title_language else "",
            "sheet": sheet,
            "columns": columns,
            "total": len(texts),
            "page": page,
            "pages": page_numbers.links(
                page, lambda number: page_numbers.address(self.request, (GAPS,), **{PAGE: str(number)})
            ),
            "only_gaps": only_gaps,
            "all_url": page_numbers.address(self.request, (GAPS,), gaps=""),
            "gaps_url": page_numbers.address(self.request, (GAPS,), gaps="1"),
            "terms": _terms(sheet),
            "blockers": self._blockers(sheet, texts),
            "waiting": waiting,
            "ready": any(not text.has_gap for text in waiting),
            "is_publishable": isinstance(self.root, Publishable),
            "may_publish": self._may_publish(),
            "version": " ".join(f"{cell.name}={cell.digest()}" for cell in sheet.cells),
            "troubled": [cell for cell in sheet.cells if cell.errors or cell.question],
            "sure": set(sure),
        }
        return TemplateResponse(self.request, "admin/translate.html", context, status=status)

    def _common(self) -> dict[str, Any]:
        meta = self.root._meta
        return {
            **self.site.each_context(self.request),
            "subtitle": str(self.root),
            "root": self.root,
            "opts": meta,
            "record_kind": meta.verbose_name,
            "change_url": reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[self.root.pk]),
            "form_token": form_token(self.request),
            "opened_at": opened_at(self.request),
        }

    def _blockers(self, sheet: Sheet, texts: Sequence[Text]) -> list[Blocker]:
        """What still stands between the record's texts and the public: in each language, then the other rules."""
        found = []
        for code, _name in languages.required():
            name = capfirst(str(parity.LANGUAGE_NAMES[code]))
            gaps = [cell for text in texts for cell in text.cells if cell.language == code and cell.is_gap]
            for standing, words in ((TextStanding.STALE, _stale_words), (TextStanding.MISSING, _missing_words)):
                own = [cell for cell in gaps if cell.standing == standing]
                if own:
                    found.append(Blocker(words(name, len(own)), own[0].anchor, code))
        if isinstance(self.root, Publishable) and not sheet.is_published:
            found += [Blocker(reason(refusal)) for refusal in translation_saving.blockers(self.root)]
        return found

    # Two people

    def _conflict(self, saved: Saved, sent: Sent) -> HttpResponse:
        """What both changed, side by side; what only this person changed waits beside it and is saved with the choice."""
        sheet = saved.sheet
        first = {**sent.opened, **sent.asked}
        asked = {clash.cell.name: first.get(clash.cell.name, "") for clash in saved.clashes}
        mine, theirs = self._authors(saved)
        kept = [cell for cell in sheet.cells if cell.typed is not None]
        lines = [
            (
                clash,
                sheet.text_of(clash.cell),
                sent.keep.get(clash.cell.name),
                sent.rewritten.get(clash.cell.name, clash.proposal),
            )
            for clash in saved.clashes
        ]
        context = {
            **self._common(),
            "title": _("Two people translated this record"),
            "lines": lines,
            "asked": asked,
            "kept": kept,
            "alone": len(kept) - len(lines),
            "again": bool(sent.asked),
            "sure": set(sent.sure),
            "version": " ".join(f"{cell.name}={cell.digest()}" for cell in sheet.cells),
            "still_right": sent.still_right,
            "publish": PUBLISH in self.request.POST,
            "mine": mine,
            "theirs": theirs[0],
            "saved_at": theirs[1],
            "opened": datetime.datetime.fromtimestamp(opened_at(self.request), datetime.UTC),
        }
        return TemplateResponse(self.request, "admin/translate_conflict.html", context, status=409)

    def _authors(self, saved: Saved) -> tuple[Party | None, tuple[tuple[str, Party | None], datetime.datetime | None]]:
        """The person's own commune; whoever wrote the clashing record last, in words, with their commune and when."""
        record = saved.clashes[0].cell.record
        root = history.root_of(record)
        kind = ContentType.objects.get_for_model(root.model)
        last = Change.objects.filter(root_type=kind, root_id=str(root.key)).select_related("by").order_by("-pk").first()
        me = _user(self.request)
        by = last.by if last is not None else None
        parties = mandates.communes_of_people(self.protocol, [person for person in (me, by) if person is not None])
        if last is None or by is None:
            return parties.get(me.pk), ((gettext("the platform"), None), last.at if last else None)
        words = gettext("yourself, in another window") if by == me else str(by)
        return parties.get(me.pk), ((words, parties.get(by.pk)), last.at)


def _stale_words(language: str, count: int) -> str:
    return ngettext(
        "%(language)s: %(count)s text follows an earlier source",
        "%(language)s: %(count)s texts follow an earlier source",
        count,
    ) % {"language": language, "count": count}


def _missing_words(language: str, count: int) -> str:
    return ngettext("%(language)s: %(count)s text is missing", "%(language)s: %(count)s texts are missing", count) % {
        "language": language,
        "count": count,
    }


def _parts_with(sheet: Sheet, texts: Sequence[Text]) -> list[translating.Part]:
    """The parts with those of their texts that the page shows."""
    shown = {id(text) for text in texts}
    found = []
    for part in sheet.parts:
        own = [text for text in part.texts if id(text) in shown]
        if own:
            found.append(translating.Part(part.record, own))
    return found


def _columns(sheet: Sheet, texts: Sequence[Text]) -> list[Column]:
    found = []
    for code, name in languages.required():
        cells: list[Cell] = [cell for text in texts for cell in text.cells if cell.language == code]
        found.append(Column(code, name, sum(not cell.is_gap for cell in cells), len(cells)))
    return found


def _terms(sheet: Sheet) -> list[tuple[Term, list[tuple[str, str, str]]]]:
    """The glossary's terms in the sources of the page, each with its agreed word: language, direction, word."""
    known = {term.pk: term for text in sheet.texts for term in text.terms}
    return [
        (
            term,
            [
                (code, languages.direction(code), word)
                for code, _name in languages.required()
                for word in term.variants(code)[:1]
            ],
        )
        for term in known.values()
    ]


def _sent(request: HttpRequest) -> Sent:
    """What the browser brought back, by the names of the texts."""
    said = request.POST
    opened = (one.rpartition("=") for one in said.get(VERSION, "").split())
    own = {FORM, VERSION, OPENED_AT, "csrfmiddlewaretoken", STILL_RIGHT}
    special = (SURE, ASKED, KEEP, REWRITE, "_")
    return Sent(
        texts={name: str(said[name]) for name in said if name not in own and not name.startswith(special)},
        opened={name: sign for name, _equals, sign in opened},
        sure={name.removeprefix(SURE) for name in said if name.startswith(SURE)},
        asked={name.removeprefix(ASKED): str(said[name]) for name in said if name.startswith(ASKED)},
        keep={
            name.removeprefix(KEEP): Keep(str(said[name]))
            for name in said
            if name.startswith(KEEP) and said[name] in set(Keep)
        },
        rewritten={name.removeprefix(REWRITE): str(said[name]) for name in said if name.startswith(REWRITE)},
        still_right=said.get(STILL_RIGHT, ""),
    )
