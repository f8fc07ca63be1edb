"""How often intervals hold what is measured at a setting nobody ran."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.interval import independent_misses, interval_factor

TRIALS = 400


def share_held(settings: int, rows: int, alike: float, coverage: float) -> float:
    """Of many trials the mean share of a new setting's rows that its interval holds.

    `alike` is the share of a miss's variance that rows of one setting have in common.
    """
    rng = np.random.default_rng(settings * 100 + rows)
    weights = np.full(settings * rows, 1.0 / (settings * rows))
    which = np.repeat(np.arange(settings), rows)
    held = []
    for _ in range(TRIALS):
        common, own = rng.normal(size=(settings + 1, 1)), rng.normal(size=(settings + 1, rows))
        off = np.abs(np.sqrt(alike) * common + np.sqrt(1.0 - alike) * own)
        misses = off[:-1].ravel()
        worth = independent_misses(misses, weights, which)
        held.append((off[-1] <= interval_factor(np.sort(misses), weights, worth, coverage)).mean())
    return float(np.mean(held))


@pytest.mark.parametrize(("settings", "rows"), [(15, 5), (15, 1), (30, 4), (60, 3)])
@pytest.mark.parametrize("alike", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_intervals_hold_what_they_promise_however_alike_twins_miss(
    settings: int, rows: int, alike: float
) -> None:
    assert 0.87 <= share_held(settings, rows, alike, 0.9) <= 0.95


@given(st.integers(2, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_misses_are_worth_their_settings_at_least_and_their_rows_at_most(
    settings: int, rows: int, seed: int
) -> None:
    misses = np.random.default_rng(seed).gamma(1.0, size=settings * rows)
    weights = np.full(len(misses), 1.0 / len(misses))
    worth = independent_misses(misses, weights, np.repeat(np.arange(settings), rows))
    assert settings - 1e-9 <= worth <= settings * rows + 1e-9


def test_a_miss_without_an_end_makes_all_worth_their_settings_alone() -> None:
    weights, which = np.full(4, 0.25), np.array([0, 0, 1, 1])
    assert independent_misses(np.array([1.0, 3.0, 2.0, np.inf]), weights, which) == pytest.approx(2.0)


@given(st.floats(0.51, 0.98), st.floats(0.0, 0.01))
def test_more_coverage_never_makes_an_interval_narrower(coverage: float, more: float) -> None:
    misses, weights = np.linspace(0.1, 3.0, 40), np.full(40, 1 / 40)
    narrow, wide = (interval_factor(misses, weights, 12.0, c) for c in (coverage, coverage + more))
    assert narrow <= wide
