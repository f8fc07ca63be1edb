"""Flags against counts, lot by lot."""

import numpy as np
import pytest
from scipy import stats

from inference.evaluation.lots import JudgedLots, lot_figures


def lots(flagged: list[float], bad: list[float], shots: float = 100.0) -> JudgedLots:
    return JudgedLots(
        shots=np.full(len(flagged), shots),
        flagged=np.array(flagged),
        good=shots - np.array(bad),
        bad=np.array(bad),
    )


def test_figures_of_lots_one_can_check_by_hand() -> None:
    judged = lots(flagged=[0, 0, 1, 3, 0, 6], bad=[0, 0, 0, 2, 1, 5])
    found = lot_figures(judged, 0.02, np.random.default_rng(0), replicates=50)

    assert (found.lots, found.any_bad.bad, found.over_limit.bad) == (6, 3, 2)
    assert found.any_bad.recall.value == pytest.approx(2 / 3)
    assert found.any_bad.false_alarms.value == pytest.approx(1 / 3)
    assert found.over_limit.recall.value == 1.0
    assert (found.flagged, found.counted_bad) == (10, 8)
    assert found.flags_expected == pytest.approx((3.454, 15.763), abs=1e-3)
    expected = stats.spearmanr([0, 0, 1, 3, 0, 6], [0, 0, 0, 2, 1, 5]).statistic
    assert found.rank_correlation.value == pytest.approx(expected)


def test_lots_that_nobody_counted_or_judged_are_left_out_and_said() -> None:
    judged = JudgedLots(
        shots=np.array([100.0, 100.0, 0.0]),
        flagged=np.array([1.0, 1.0, 0.0]),
        good=np.array([99.0, np.nan, 100.0]),
        bad=np.array([1.0, np.nan, 0.0]),
    )
    found = lot_figures(judged, 0.01, np.random.default_rng(0), replicates=10)

    assert (found.lots, found.uncounted, found.flagged) == (1, 2, 1)


def test_flags_that_meet_the_count_of_every_lot_agree_with_it() -> None:
    bad = [0.0, 1.0, 4.0, 12.0]

    same = lot_figures(lots(bad, bad), 0.01, np.random.default_rng(0), replicates=10)
    far = lot_figures(lots([30.0] * 4, bad), 0.01, np.random.default_rng(0), replicates=10)

    assert same.lots_within.value == 1.0
    assert far.lots_within.value == 0.0


def test_plant_without_bad_lots_has_no_auc() -> None:
    found = lot_figures(lots([0.0, 1.0], [0.0, 0.0]), 0.01, np.random.default_rng(0), replicates=10)

    assert np.isnan(found.any_bad.auc.value)
    assert np.isnan(found.rank_correlation.value)
