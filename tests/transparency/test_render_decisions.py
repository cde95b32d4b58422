"""A report's decisions, the end of the register it froze, and the code of its page [I13, I16]. No test here has a database."""

from __future__ import annotations

import re

import pytest
import segno

from partnership.equality import Reader
from tests.transparency.report_data import DIGEST, decision, with_decisions
from tests.transparency.test_render import BELFAA, JETTE, LANGUAGES, html, section, words
from transparency.reports import qr, render


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_snapshot_of_before_the_register_renders_as_it_did(language):
    page = html(language=language)
    assert 'id="decisions"' not in page
    assert "#decisions" not in page
    assert "fedcba98" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_decisions_are_told_with_both_answers_and_words_in_their_own_language(language):
    page = html(with_decisions(decision()), language)
    part = section(page, "decisions")
    assert "2026-03" in part
    assert re.search(r'<p dir="rtl"><span lang="ar" dir="rtl">شريطة احترام الآجال</span></p>', part)
    assert not re.search(r"%\(\w+\)|None\b|<bdi[^>]*></bdi>", page)
    assert '<a href="#decisions">' in page


@pytest.mark.parametrize(
    "one",
    [
        decision(state="refused", answers=[{**decision()["answers"][1], "answer": "refuse"}]),
        decision(state="withdrawn", answers=[], words={"text": "Une page manque.", "language": "fr"}),
        decision(state="annulled", since="2026-06-01", words={"text": "Visa refusé.", "language": "fr"}),
        decision(state="open", sequence=None, answers=[decision()["answers"][0]]),
        decision(decided_on="2022-02-24"),
        decision(kind="of_a_later_release", state="unknown"),
    ],
    ids=["refused", "withdrawn", "annulled", "open", "recorded afterwards", "unknown"],
)
def test_a_decision_in_every_state_is_told_in_every_language(one):
    told = [words(section(html(with_decisions(one), language), "decisions")) for language in LANGUAGES]
    assert all("2026-03" in each for each in told)


def test_each_council_reads_its_own_answer_first():
    for council, order in ((BELFAA, ["17 mars 2026", "12 mars 2026"]), (JETTE, ["12 mars 2026", "17 mars 2026"])):
        row = section(html(with_decisions(decision()), council=council), "decisions").split('<td class="outcome">')[0]
        assert re.findall(r"1[27] mars 2026", row) == order


def test_swapping_the_councils_changes_no_word_of_the_decisions():
    data = with_decisions(decision(), decision(state="open", sequence=None, number="2026-04"))
    both = [words(section(html(data, council=council), "decisions")) for council in (BELFAA, JETTE)]
    assert both[0] == both[1]


def test_a_period_without_decisions_says_so():
    assert "<table" not in section(html(with_decisions()), "decisions")


def test_the_last_page_carries_the_end_of_the_register_as_frozen():
    groups = re.findall(r"<span>([0-9a-f]{8})</span>", section(html(with_decisions()), "verify"))
    assert groups == ["01234567", "89abcdef"] * 4 + ["fedcba98", "76543210"] * 4


def test_the_code_holds_the_address_of_the_reports_page_and_is_not_mirrored():
    address = "https://cooperation.example/ar/reports/0b5c2f3e-6f0a-4a53-9c61-d1f3ab0f2c11/"
    page = render.html(with_decisions(), reader=Reader("ar", BELFAA), digest=DIGEST, address=address)
    part = section(page, "verify")
    assert part.count(address) == 2
    assert 'class="code-picture"' in part
    modules = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1", part)}
    matrix = segno.make(address, error="m", micro=False).matrix
    dark = {(x + qr.QUIET, y + qr.QUIET) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert modules == dark
    assert "code-picture" not in html(with_decisions())
