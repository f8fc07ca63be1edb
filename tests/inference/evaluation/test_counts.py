"""Intervals of counts and shares, against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inference.evaluation.counts import poisson_interval, share


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 100, 254, 5000])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_poisson_interval_is_garwoods(count: int, level: float) -> None:
    tail = (1 - level) / 2
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(1 - tail, 2 * count + 2) / 2

    assert poisson_interval(count, level) == pytest.approx((low, high), rel=1e-6)


def test_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        poisson_interval(-1)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_share_has_wilsons_interval(counts: tuple[int, int]) -> None:
    part, whole = counts
    found = share(part, whole)
    wilson = stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")

    assert found.value == part / whole
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=1e-9)
