"""Suppression of small counts [I15]."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partnership.disclosure import SMALLEST_PUBLISHED, publishable_total, suppressed, suppressed_parts


def test_a_count_under_five_hides_itself_and_the_next_smallest():
    assert suppressed([3, 12]) == [None, None]
    assert suppressed([3, 12, 30]) == [None, None, 30]
    assert suppressed([3, 12], total_published=False) == [None, 12]


def test_larger_counts_and_zero_stay():
    assert suppressed([41, 48]) == [41, 48]
    assert suppressed([0, 48]) == [0, 48]
    assert suppressed([None, 48]) == [None, 48]


def test_a_small_total_is_withheld():
    assert publishable_total([1, 2]) is None
    assert publishable_total([0, 0]) == 0
    assert publishable_total([3, 12]) == 15
    assert publishable_total([None, None]) is None


@given(st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=8))
def test_no_small_count_can_be_read_or_reckoned_from_the_total(counts: list[int]):
    shown = suppressed(counts)
    hidden = [count for count, public in zip(counts, shown, strict=True) if public is None]
    assert all(public is None or public == 0 or public >= SMALLEST_PUBLISHED for public in shown)
    assert all(public in (None, count) for count, public in zip(counts, shown, strict=True))
    if any(0 < count < SMALLEST_PUBLISHED for count in counts) and len(counts) > 1:
        assert len(hidden) >= 2


def test_parts_of_a_total_hide_at_least_five_people_together():
    assert suppressed_parts([1, 1, 9, 30]) == [None, None, None, 30]
    assert suppressed_parts([3, 12, 30]) == [None, None, 30]
    assert suppressed_parts([0, 3, 12]) == [0, None, None]  # a nought would hide nobody
    assert suppressed_parts([0, 3]) == [None, None]
    assert suppressed_parts([0, 5, 12]) == [0, 5, 12]


@given(st.lists(st.integers(min_value=0, max_value=60), min_size=2, max_size=6))
def test_no_small_part_can_be_reckoned_from_a_published_total(counts: list[int]):
    shown = suppressed_parts(counts)
    hidden = [count for count, public in zip(counts, shown, strict=True) if public is None]
    assert all(public is None or public == 0 or public >= SMALLEST_PUBLISHED for public in shown)
    assert all(public in (None, count) for count, public in zip(counts, shown, strict=True))
    if any(0 < count < SMALLEST_PUBLISHED for count in counts):
        assert len(hidden) >= 2
        assert sum(hidden) >= SMALLEST_PUBLISHED or hidden == counts
    else:
        assert not hidden
