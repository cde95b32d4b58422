"""Finding what a right-to-left line would turn round: codes, addresses, amounts and digests that stand in no isolated run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

SILENT = {"script", "style", "svg", "textarea"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
RUN = re.compile(
    r"""(?x)
    [\w.+-]+@[\w-]+\.[\w.-]+                    # an e-mail address
    | https?://\S+ | \b\w[\w-]*\.(?:example|be|ma|org)\b(?:/\S*)?
    | \b[0-9a-f]{12,64}\b                       # a digest
    | \b(?!SHA-256)(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)+\b   # a code: PROJECT-7, 2026-S1
    | \+\d[\d\u00a0\u202f ]{6,}\d               # a telephone number
    | \b\d{4}-\d{4}\b | \b\d{4}-\d{2}-\d{2}\b   # a range of years, a day
    | [-−]?\d{1,3}(?:[.\u202f]\d{3})+(?:,\d+)?  # an amount
    """
)
ISOLATED = re.compile("[\u2066\u2068][^\u2066\u2068\u2069]*\u2069")


class Runs(HTMLParser):
    """The runs of a page that no <bdi>, no element from left to right and no isolating sign holds together."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY:
            return
        direction = dict(attrs).get("dir")
        inherited = bool(self._open and self._open[-1][1])
        held = (tag == "bdi" or direction == "ltr" or tag in SILENT) if direction != "rtl" else False
        self._open.append((tag, held or (inherited and direction != "rtl")))

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _held in self._open):
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1]:
            return
        where = ">".join(name for name, _held in self._open[-3:])
        self.found += [(where, run[0]) for run in RUN.finditer(ISOLATED.sub(" ", data))]
