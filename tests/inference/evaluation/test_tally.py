"""Figures of a ranking, against scikit-learn and against trying every limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from inference.evaluation.tally import (
    FALSE_ALARM_RATES,
    auroc,
    average_precision,
    figures,
    recall_at,
    recall_name,
    tally,
)

# Few distinct scores, so that ties are the rule.
SHOTS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({bad for _, bad in rows}) == 2
)
Shots = list[tuple[int, bool]]


def columns(rows: Shots) -> tuple[np.ndarray, np.ndarray]:
    score, bad = zip(*rows, strict=True)
    return np.array(score, dtype=np.float64), np.array(bad)


@given(SHOTS)
def test_curve_figures_are_scikit_learns(rows: Shots) -> None:
    score, bad = columns(rows)
    counted = tally(score, bad)

    assert auroc(counted) == pytest.approx(roc_auc_score(bad, score))
    assert average_precision(counted) == pytest.approx(average_precision_score(bad, score))


@given(SHOTS, st.sampled_from([0.0, *FALSE_ALARM_RATES, 0.2, 0.5, 1.0]))
def test_recall_is_the_best_of_all_limits_that_keep_the_rate(rows: Shots, rate: float) -> None:
    score, bad = columns(rows)
    limits = [*np.unique(score), np.inf]
    kept = [limit for limit in limits if (score[~bad] >= limit).mean() <= rate + 1e-9]

    best = max((score[bad] >= limit).mean() for limit in kept)

    assert recall_at(tally(score, bad), rate) == pytest.approx(best)


@given(SHOTS, st.data())
def test_a_shot_that_weighs_twice_counts_as_two_shots(rows: Shots, data: st.DataObject) -> None:
    score, bad = columns(rows)
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    repeated = np.repeat(score, weight), np.repeat(bad, weight)
    weighed = figures(tally(score, bad, weight.astype(np.float64)[None, :]))

    if len(set(repeated[1].tolist())) < 2:
        assert all(np.isnan(values).all() for values in weighed.values())
        return
    for name, value in figures(tally(*repeated)).items():
        assert weighed[name][0] == pytest.approx(float(value)), name


def test_figures_of_one_kind_of_shot_alone_are_none() -> None:
    for bad in (True, False):
        found = figures(tally(np.array([1.0, 2.0]), np.array([bad, bad])))

        assert all(np.isnan(value) for value in found.values())


@pytest.mark.parametrize(
    ("score", "bad", "said"), [([], [], "at least one"), ([1.0], [], "0 and 1"), ([np.nan], [True], "NaN")]
)
def test_columns_that_cannot_be_counted_are_refused(score: list[float], bad: list[bool], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tally(np.array(score), np.array(bad, dtype=bool))


def test_names_tell_the_rates() -> None:
    assert [recall_name(rate) for rate in FALSE_ALARM_RATES] == [
        "recall_at_0.1%",
        "recall_at_0.5%",
        "recall_at_1%",
    ]
