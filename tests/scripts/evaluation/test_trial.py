"""What makes scores of several detectors comparable."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.evaluation.trial import Fold, Trial, rarity

NUMBERS = st.lists(st.integers(-50, 50), min_size=5, max_size=60).map(lambda v: np.array(v, dtype=np.float64))


@given(NUMBERS, NUMBERS)
def test_rarity_keeps_the_order_of_the_scores(normal: np.ndarray, score: np.ndarray) -> None:
    rare = rarity(normal, score)
    order = np.argsort(score, kind="stable")

    assert np.isfinite(rare).all()
    assert (np.diff(rare[order]) >= -1e-12).all()


@given(NUMBERS, NUMBERS, st.integers(1, 5), st.integers(-9, 9))
def test_rarity_does_not_depend_on_the_unit_of_the_scores(
    normal: np.ndarray, score: np.ndarray, unit: int, shift: int
) -> None:
    if np.ptp(normal) == 0 or np.quantile(normal, 0.9) == normal.max():
        return
    assert np.allclose(rarity(normal, score), rarity(normal * unit + shift, score * unit + shift))


def test_a_lot_scores_the_mean_rarity_of_its_rows() -> None:
    fold = Fold(np.empty((0, 1)), np.empty((0, 1)), np.empty((4, 1)))
    trial = Trial([fold], np.array([0, 0, 1, 1]), np.array([False, True]), np.arange(2), 2, calibrated=True)
    normal, score = np.arange(100.0), np.array([10.0, 20.0, 95.0, 99.0])

    found = trial.unit_scores([normal], [score])

    assert np.allclose(found, rarity(normal, score).reshape(2, 2).mean(axis=1))
