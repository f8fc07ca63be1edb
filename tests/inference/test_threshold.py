"""The threshold rule: examples computed by hand, and what must hold for any numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.profile import ThresholdRule
from core.verdict import OUTCOMES
from inference.allowances import Allowances
from inference.threshold import (
    Decided,
    Gains,
    Losses,
    base_of,
    coefficient_of_variation,
    decide,
    limits_of,
    reference_distance,
    scaled_score,
    weight_of,
)

RULE = ThresholdRule(cv_gain=0.2, distance_gain=0.1, margin_limit=0.5, warn_share=0.5)
NAN, INF = float("nan"), float("inf")


def _decide(
    score: float,
    base: float = 0.1,
    cv: float = 0.5,
    low: float = 0.0,
    high: float = 0.1,
    distance: float = NAN,
    reference: float = 1.0,
    rule: ThresholdRule = RULE,
) -> Decided:
    one = [np.array([v]) for v in (score, base, cv, low, high, distance, reference)]
    return decide(one[0], Losses(*one[1:5]), one[5], one[6], rule)


def _outcome(decided: Decided) -> str:
    return OUTCOMES[int(decided.outcome[0])]


def test_trained_route_by_hand() -> None:
    # base 0.1, weight 0.2 x 0.5 = 0.1, tolerance 0.01, limit 0.11, WARN above 0.105
    decided = _decide(0.104)
    assert decided.weight[0] == pytest.approx(0.1)
    assert decided.tolerance[0] == pytest.approx(0.01)
    assert decided.margin[0] == pytest.approx(0.006)
    assert _outcome(decided) == "OK"
    assert _outcome(_decide(0.106)) == "WARN"
    assert _outcome(_decide(0.111)) == "NG"


def test_nearest_route_by_hand() -> None:
    # two reference distances away: weight 0.1 + 0.1 x 2 = 0.3, limit 0.13
    decided = _decide(0.12, distance=3.0, reference=1.5)
    assert decided.weight[0] == pytest.approx(0.3)
    assert decided.margin[0] == pytest.approx(0.01)
    assert _outcome(decided) == "WARN"


def test_the_margin_limit_caps_both_weights() -> None:
    assert _decide(0.1, cv=100.0).weight[0] == 0.5
    assert _decide(0.1, distance=1e9).weight[0] == 0.5
    assert _decide(0.1, distance=INF).weight[0] == 0.5


def test_exactly_on_the_limit_is_not_ng() -> None:
    rule = ThresholdRule(cv_gain=1.0, margin_limit=0.5, warn_share=1.0)
    decided = _decide(1.5, base=1.0, cv=0.5, rule=rule)
    assert decided.margin[0] == 0.0
    assert _outcome(decided) == "OK"


def test_warn_share_nought_warns_from_the_base_on() -> None:
    rule = ThresholdRule(warn_share=0.0)
    assert _outcome(_decide(0.1, rule=rule)) == "OK"
    assert _outcome(_decide(0.1001, rule=rule)) == "WARN"


def test_base_is_the_larger_of_fixed_and_largest_loss() -> None:
    base = base_of(np.array([0.3, 0.1, NAN, 0.1]), np.array([0.2, 0.2, 0.2, INF]))
    np.testing.assert_array_equal(base, [0.3, 0.2, NAN, NAN])


def test_cv_of_losses_without_mean_or_that_are_not_finite_is_nought() -> None:
    cv = coefficient_of_variation(np.array([0.2, 0.0, NAN, 0.1, INF]), np.array([0.1, 0.0, 0.1, INF, 1.0]))
    assert cv.tolist() == [0.5, 0.0, 0.0, 0.0, 0.0]


def test_reference_distance_falls_back_to_the_maker_then_to_one_unit() -> None:
    own = np.array([2.0, NAN, 0.0, NAN, 0.0, INF])
    wider = np.array([5.0, 5.0, 5.0, NAN, 0.0, INF])
    assert reference_distance(own, wider).tolist() == [2.0, 5.0, 5.0, 1.0, 1.0, 1.0]


def test_without_distance_gain_no_distance_counts() -> None:
    rule = ThresholdRule(cv_gain=0.2, distance_gain=0.0)
    distance = np.array([NAN, 0.0, 7.0, INF])
    assert weight_of(np.ones(4), distance, np.ones(4), rule).tolist() == [0.2] * 4


def test_scaled_score_where_all_losses_were_equal() -> None:
    same = np.full(3, 0.2)
    assert scaled_score(np.array([0.1, 0.2, 0.3]), same, same).tolist() == [0.0, 0.0, 1.0]


sizes = st.floats(0, 1e6)
gains = st.floats(0, 10)
rules = st.builds(
    ThresholdRule,
    cv_gain=gains,
    distance_gain=gains,
    margin_limit=st.floats(0, 5),
    warn_share=st.floats(0, 1),
)


def _severity(decided: Decided) -> int:
    return int(decided.outcome[0])


@given(score=sizes, base=sizes, cv=sizes, more=sizes, distance=st.one_of(st.just(NAN), sizes), rule=rules)
def test_a_larger_cv_never_tightens(
    score: float, base: float, cv: float, more: float, distance: float, rule: ThresholdRule
) -> None:
    small = _decide(score, base=base, cv=cv, distance=distance, rule=rule)
    large = _decide(score, base=base, cv=cv + more, distance=distance, rule=rule)
    assert large.margin[0] >= small.margin[0]
    assert _severity(large) <= _severity(small)


@given(
    score=sizes,
    base=sizes,
    cv=sizes,
    near=st.one_of(st.just(NAN), sizes),
    more=st.one_of(st.just(INF), sizes),
    reference=st.floats(1e-6, 1e6),
    rule=rules,
)
def test_distance_never_tightens(
    score: float, base: float, cv: float, near: float, more: float, reference: float, rule: ThresholdRule
) -> None:
    far = (0.0 if np.isnan(near) else near) + more
    small = _decide(score, base=base, cv=cv, distance=near, reference=reference, rule=rule)
    large = _decide(score, base=base, cv=cv, distance=far, reference=reference, rule=rule)
    assert large.margin[0] >= small.margin[0]
    assert _severity(large) <= _severity(small)


@given(
    score=sizes,
    base=sizes,
    cv=sizes,
    distance=st.one_of(st.just(NAN), st.just(INF), sizes),
    reference=st.floats(1e-300, 1e6),
    rule=rules,
)
def test_the_margin_limit_always_holds(
    score: float, base: float, cv: float, distance: float, reference: float, rule: ThresholdRule
) -> None:
    decided = _decide(score, base=base, cv=cv, distance=distance, reference=reference, rule=rule)
    assert 0 <= decided.weight[0] <= rule.margin_limit
    assert 0 <= decided.tolerance[0] <= base * rule.margin_limit
    assert (_outcome(decided) == "NG") == (decided.margin[0] < 0)


@given(score=st.floats(allow_nan=False), low=sizes, width=sizes)
def test_the_scaled_score_stays_between_nought_and_one(score: float, low: float, width: float) -> None:
    with np.errstate(over="ignore"):
        scaled: Any = scaled_score(np.array([score]), np.array([low]), np.array([low + width]))[0]
    assert 0.0 <= scaled <= 1.0


@given(
    st.lists(
        st.tuples(
            st.integers(-1, 2), st.sampled_from([NAN, 0.0, 0.3, 2.5, INF]), st.sampled_from([0.5, 1.0, 3.0])
        ),
        max_size=30,
    ),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_a_few_records_are_allowed_to_the_bit_what_many_are(
    records: list[tuple[int, float, float]], cv_gain: float, distance_gain: float
) -> None:
    rule = ThresholdRule(cv_gain=cv_gain, distance_gain=distance_gain, margin_limit=0.7, warn_share=0.4)
    losses = Losses(*np.random.default_rng(0).random((4, 3)))
    own = limits_of(losses, np.full(3, np.nan), np.ones(3), rule)
    gains = Gains(*(np.full(len(losses.base), getattr(rule, name)) for name in Gains._fields))
    allowances = Allowances(losses, np.concatenate([np.array(own), np.full((7, 1), np.nan)], axis=1), gains)
    group = np.array([g for g, _, _ in records], dtype=np.intp)
    distance = np.array([np.nan if g < 0 else d for g, d, _ in records], dtype=np.float64)
    reference = np.array([r for _, _, r in records], dtype=np.float64)
    together = allowances.of(group, distance, reference)
    alone = [
        allowances.of(group[k : k + 1], distance[k : k + 1], reference[k : k + 1]) for k in range(len(group))
    ]
    np.testing.assert_array_equal(together, np.concatenate([np.empty((7, 0)), *alone], axis=1))
