"""The limit of a budget, by hand and for any numbers; what it costs, against exact chances."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.conformal import (
    effective,
    flags_distribution,
    least_count,
    limit_of,
    limits_at,
    rank_of,
    share_interval,
)

COUNTS, SHARES = st.integers(2, 3000), st.sampled_from([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05])


@given(COUNTS, SHARES)
def test_the_rank_is_the_textbooks_without_rounding_errors(count: int, share: float) -> None:
    exact = math.ceil((count + 1) * (1 - Fraction(str(share))))

    assert rank_of(count, share) == exact
    assert (rank_of(count, share) <= count) == (count >= least_count(share))


@given(COUNTS, SHARES, st.integers(0, 9))
def test_the_next_shot_passes_the_limit_no_more_often_than_the_budget_says(
    count: int, share: float, seed: int
) -> None:
    """Of n + 1 exchangeable losses each is the last with the same chance: count them all."""
    losses = np.random.default_rng(seed).permutation(count + 1).astype(np.float64)
    rank = rank_of(count, share)
    if rank > count:
        return
    # The loss of rank r passes the k-th of the others exactly when r > k.
    passed = np.sum(losses + 1 > rank)

    assert passed <= share * (count + 1) + 1e-9


@given(COUNTS, st.integers(1, 600), SHARES)
def test_a_tail_gives_the_limit_of_all_losses_or_its_lowest(count: int, kept: int, share: float) -> None:
    losses = np.sort(np.random.default_rng(count).exponential(size=count))
    tail = losses[-min(kept, count) :]
    rank = rank_of(count, share)

    limit = limit_of(tail, count, share)

    assert limit.extrapolated == (rank > count)
    if rank <= count:
        assert limit.value == max(losses[rank - 1], tail[0])
    else:
        assert limit.value >= losses[-1]


@given(COUNTS, st.integers(0, 99))
def test_a_smaller_budget_never_gives_a_lower_limit(count: int, seed: int) -> None:
    tail = np.sort(np.random.default_rng(seed).gamma(2.0, size=count))[-512:]
    shares = np.geomspace(1e-6, 0.1, 60)

    limits = limits_at(tail, count, shares)

    assert (np.diff(limits) <= 0).all()
    assert np.isfinite(limits).all()


def test_exponential_losses_are_extrapolated_to_their_true_quantile() -> None:
    rng = np.random.default_rng(3)
    limits = [limit_of(np.sort(rng.exponential(size=150)), 150, 0.001).value for _ in range(400)]

    assert np.exp(-np.median(limits)) == pytest.approx(0.001, rel=0.25)


def test_without_losses_there_is_no_limit() -> None:
    assert math.isnan(limit_of(np.empty(0), 0, 0.01).value)


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 30))
def test_the_chance_of_each_number_of_flags_is_exact(shots: int, above: int, below: int) -> None:
    """Urn of ranks: how many of `shots` new losses fall above the k-th of n = above + below - 1."""
    n = above + below - 1
    exact = [
        Fraction(
            math.comb(above - 1 + j, j) * math.comb(below - 1 + shots - j, shots - j),
            math.comb(n + shots, shots),
        )
        for j in range(shots + 1)
    ]

    np.testing.assert_allclose(flags_distribution(shots, above, below), [float(p) for p in exact], rtol=1e-9)


@given(st.integers(1, 2000), st.floats(0.05, 20), st.floats(10, 2000), st.sampled_from([0.5, 0.9, 0.95]))
def test_an_interval_holds_what_it_says(shots: int, above: float, below: float, level: float) -> None:
    chances = flags_distribution(shots, above, below)
    low, high = share_interval(shots, above, below, level)

    inside = chances[round(low * shots) : round(high * shots) + 1].sum()

    assert 0 <= low <= high <= 1
    assert inside >= level - 1e-9


def test_of_no_further_shots_nothing_is_known() -> None:
    assert share_interval(0, 5, 995) == (0.0, 1.0)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30), st.floats(0, 1))
def test_shots_are_worth_between_one_a_lot_and_all_of_them(sizes: list[int], correlation: float) -> None:
    worth = effective(np.array(sizes), correlation)

    assert 1.0 - 1e-9 <= worth <= sum(sizes) + 1e-9
    assert effective(np.array([], dtype=np.int64), correlation) == 0.0
