"""The register of decisions: the chain with its check, each entry, and the exact texts to verify elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import publicity, register
from partnership.models import Decision, Party, Protocol, RegisterEntry, RegisterHead
from partnership.models.register import NO_ENTRY
from transparency import register_check
from transparency.presentation import register as shown
from transparency.presentation import stars
from transparency.presentation.entry import entry_page
from transparency.views.errors import NotHere
from transparency.views.pages import parties_for_reader, public_page

PAGE_SIZE = 50
AT_A_TIME = 500
PROGRAM = """\
import hashlib, json

register = json.load(open("entries.json", encoding="utf-8"))
previous = register["before_the_first"]
for entry in register["entries"]:
    previous = hashlib.sha256((previous + entry["payload"]).encode()).hexdigest()
    assert previous == entry["hash"], f"entry {entry['sequence']} does not hold"
    if entry["statement"]:
        digest = hashlib.sha256(entry["statement"].encode()).hexdigest()
        assert f'"digest":"{digest}"' in entry["payload"], f"statement of entry {entry['sequence']}"
print(len(register["entries"]), "entries hold; the last digest is", previous)
"""
RULE = "hash = SHA-256 of previous followed by payload; digest in payload = SHA-256 of statement; UTF-8, hexadecimal"


@public_page
def register_page(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """The check of the chain, what awaits a commune, and the entries, the newest first, fifty a page."""
    parties = parties_for_reader(protocol)
    page = _page(protocol, request.GET.get("page", "1"))
    rows = [shown.row(entry, parties) for entry in page.object_list]
    context = {
        "here": "register",
        "page": page,
        "pages": _page_links(page),
        "rows": rows,
        "legend": stars.legend(row.star for row in rows if row.star),
        "pending": [shown.pending_row(one, parties) for one in publicity.pending(protocol)] if page.number == 1 else [],
        **_chain(protocol, parties),
    }
    return render(request, "public/register.html", context)


def _page(protocol: Protocol, asked: str) -> Page[RegisterEntry]:
    """The page asked for. Raises NotHere, with the way to the first page, for one that does not exist."""
    paginator = Paginator(RegisterEntry.objects.for_protocol(protocol).order_by("-sequence"), PAGE_SIZE)
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= paginator.num_pages):
        raise NotHere(
            _("The register has no page with that number."),
            address=reverse("register"),
            way=_("To the latest entries"),
        )
    return paginator.page(int(asked))


def _page_links(page: Page[RegisterEntry]) -> list[tuple[str, str]]:
    """Numbers and addresses for going through the pages; an ellipsis has no address. Empty where there is one page."""
    if page.paginator.num_pages == 1:
        return []
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [(str(one), f"?page={one}" if isinstance(one, int) else "") for one in numbers]


def _chain(protocol: Protocol, parties: list[Party]) -> dict[str, object]:
    check = register_check.latest(protocol)
    return {
        "check": check,
        "clocks": shown.clocks(check.at, parties),
        "marks": shown.marks(check.total, check.verification.broken_at),
        "entries_address": reverse("register-entries"),
        "program": PROGRAM,
    }


@public_page
def register_entry(request: HttpRequest, protocol: Protocol, sequence: int) -> HttpResponse:
    """One entry: what was decided, both communes' answers, its place in the chain, the exact text."""
    entry = _entries(protocol).filter(sequence=sequence).first()
    if entry is None:
        raise NotHere(
            gettext("The register has no entry %(number)s.") % {"number": sequence},
            address=reverse("register"),
            way=_("To the register"),
        )
    context = {"here": "register", "one": entry_page(entry, parties_for_reader(protocol))}
    return render(request, "public/register_entry.html", context)


def _entries(protocol: Protocol) -> Any:
    return RegisterEntry.objects.for_protocol(protocol).select_related("decision")


@public_page
def register_decision(request: HttpRequest, protocol: Protocol, number: str) -> HttpResponse:
    """The lasting address of a decision by its number: its page while it is open, then its entry."""
    entry = RegisterEntry.objects.for_protocol(protocol).filter(decision__number=number).order_by("sequence").first()
    if entry is not None:
        return HttpResponseRedirect(reverse("register-entry", args=[entry.sequence]))
    decision = next((one for one in publicity.pending(protocol) if one.number == number), None)
    if decision is None:
        raise NotHere(
            gettext("No public decision has the number %(number)s.") % {"number": f"\u2066{number[:12]}\u2069"},
            address=reverse("register"),
            way=_("To the register"),
        )
    context = {"here": "register", "one": shown.pending_row(decision, parties_for_reader(protocol))}
    return render(request, "public/register_pending.html", context)


@public_page
def statement(request: HttpRequest, protocol: Protocol, sequence: int) -> HttpResponse:
    """The exact text that was signed, byte for byte: its SHA-256 is the digest the entry names."""
    decision = get_object_or_404(Decision, entries__protocol=protocol, entries__sequence=sequence)
    return _exact(request, decision.statement, decision.digest, "text/plain")


@public_page
def entry_text(request: HttpRequest, protocol: Protocol, sequence: int) -> HttpResponse:
    """One entry as entries.json has it."""
    entry = get_object_or_404(_entries(protocol), sequence=sequence)
    return _exact(request, _line(entry), entry.hash, "application/json")


@public_page
def entries(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """Every entry with the texts exactly as they were hashed, oldest first, as it is read from the database."""
    head = register.head_of(protocol)
    unchanged = get_conditional_response(request, etag=f'"{head.hash}"')
    if unchanged is not None:
        return _open(unchanged, head.hash)
    return _open(StreamingHttpResponse(_lines(protocol, head), content_type="application/json"), head.hash)


def _lines(protocol: Protocol, head: RegisterHead) -> Iterator[str]:
    """The file, an entry on each line. What is entered while it is read comes with the next one."""
    about = {"protocol": protocol.code, "rule": RULE, "before_the_first": NO_ENTRY}
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "entries": ['
    before = "\n"
    for entry in _entries(protocol).filter(sequence__lte=head.sequence).order_by("sequence").iterator(AT_A_TIME):
        yield before + _line(entry)
        before = ",\n"
    yield "\n], " + json.dumps({"head": {"sequence": head.sequence, "hash": head.hash}})[1:] + "\n"


def _line(entry: RegisterEntry) -> str:
    texts = {
        "sequence": entry.sequence,
        "previous": entry.previous,
        "payload": entry.payload,
        "hash": entry.hash,
        "statement": entry.decision.statement if entry.decision else None,
    }
    return json.dumps(texts, ensure_ascii=False)


def _exact(request: HttpRequest, text: str, digest: str, content_type: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    return _open(get_conditional_response(request, etag=f'"{digest}"', response=response) or response, digest)


def _open(response: HttpResponseBase, digest: str) -> HttpResponse:
    """Open data: for programs of others too, and sent again only when it has changed."""
    response["ETag"] = f'"{digest}"'
    response["Cache-Control"] = "public, no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return cast(HttpResponse, response)  # a stream answers like any other
