"""Ranks and rank correlation, against scipy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inference.evaluation.rank import mean_ranks, ranks, spearman

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30)
Pairs = list[tuple[int, int]]


def columns(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.array(pairs, dtype=np.float64).T
    return one, other


@given(PAIRS)
def test_ranks_and_correlation_are_scipys(pairs: Pairs) -> None:
    one, other = columns(pairs)

    assert ranks(one).tolist() == stats.rankdata(one).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        expected = stats.spearmanr(one, other).statistic
    assert spearman(one, other) == pytest.approx(expected, nan_ok=True)


@given(PAIRS, st.data())
def test_weights_repeat_the_pairs(pairs: Pairs, data: st.DataObject) -> None:
    one, other = columns(pairs)
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs))))

    weighed = spearman(one, other, weight.astype(np.float64))

    repeated = spearman(np.repeat(one, weight), np.repeat(other, weight))
    assert weighed == pytest.approx(repeated, nan_ok=True)


def test_a_method_without_a_score_leaves_the_others_their_ranks() -> None:
    scores = np.array([[0.9, np.nan, 0.7], [0.5, np.nan, 0.6]])

    assert mean_ranks(scores)[[0, 2]].tolist() == [1.5, 1.5]
    assert np.isnan(mean_ranks(scores)[1])
