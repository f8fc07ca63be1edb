"""Intervals by resampling lots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.evaluation import resampling
from inference.evaluation.resampling import clusters_of, estimates, resample


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 9), st.integers(0, 99))
def test_a_lot_is_drawn_whole_and_as_many_lots_as_there_are(
    lots: list[int], replicates: int, seed: int
) -> None:
    cluster = np.unique(lots, return_inverse=True)[1].astype(np.int64)
    weight = np.concatenate(list(resample(cluster, replicates, np.random.default_rng(seed))))

    assert weight.shape == (replicates, len(lots))
    for lot in np.unique(cluster):
        of_lot = weight[:, cluster == lot]
        assert (of_lot == of_lot[:, :1]).all()
    first = np.unique(cluster, return_index=True)[1]
    assert (weight[:, first].sum(axis=1) == len(first)).all()


def test_resamples_come_in_pieces_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "_MOST_CELLS", 30)
    parts = list(resample(np.arange(10), 8, np.random.default_rng(0)))

    assert [len(part) for part in parts] == [3, 3, 2]


def shots(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twenty lots of thirty shots; a lot shifts the scores of all its shots."""
    rng = np.random.default_rng(seed)
    lot = np.repeat(np.arange(20), 30)
    bad = rng.random(600) < 0.1
    score = rng.normal(size=600) + 1.5 * bad + rng.normal(size=20)[lot]
    return score, bad, lot


def test_the_same_seed_gives_the_same_intervals_and_they_hold_the_figure() -> None:
    score, bad, lot = shots()
    one, same = (estimates(score, bad, lot, np.random.default_rng(7)) for _ in range(2))
    other = estimates(score, bad, lot, np.random.default_rng(8))

    assert one == same
    assert one != other
    for name, found in one.items():
        assert found.low <= found.value <= found.high, name


def test_lots_that_differ_make_the_interval_wider_than_shots_alone() -> None:
    score, bad, lot = shots()
    bad = bad | (lot < 3)  # whole lots are bad: what is bad hangs on the lot

    def width(cluster: np.ndarray | None) -> float:
        found = estimates(score, bad, cluster, np.random.default_rng(0))["auroc"]
        return found.high - found.low

    assert width(lot) > 1.5 * width(None)


def test_order_of_the_rows_does_not_matter_to_the_figures() -> None:
    score, bad, lot = shots()
    turned = np.random.default_rng(3).permutation(len(score))
    one = estimates(score, bad, lot, np.random.default_rng(0))
    other = estimates(score[turned], bad[turned], lot[turned], np.random.default_rng(0))

    assert {n: round(e.value, 12) for n, e in one.items()} == {
        n: round(e.value, 12) for n, e in other.items()
    }


def test_about_19_of_20_intervals_hold_the_true_figure() -> None:
    rng = np.random.default_rng(0)
    true = 0.7602  # chance that a normal draw shifted by one exceeds one that is not
    held = 0
    for _ in range(100):
        bad = np.arange(300) < 60
        score = rng.normal(size=300) + bad
        found = estimates(score, bad, None, rng, replicates=200)["auroc"]
        held += found.low <= true <= found.high

    assert 88 <= held <= 100


def test_rows_without_lot_are_resampled_by_their_own_unit() -> None:
    cluster = clusters_of(np.array([5, 5, -1, -1]), np.array([0, 1, 2, 2]))

    assert cluster[0] == cluster[1]
    assert cluster[2] == cluster[3] != cluster[0]
