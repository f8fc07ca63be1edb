"""Loss distributions and the fixed threshold."""

import numpy as np
import pytest

from core.errors import ModelRefused
from models.artifact import QUANTILES
from models.losses import TAIL, expected_bad, fixed_threshold, summarise


def test_summary_by_hand() -> None:
    s = summarise(np.array([4.0, 2.0, 2.0, 4.0]), trim=0)
    assert (s.count, s.mean, s.std, s.minimum, s.maximum, s.trimmed) == (4, 3.0, 1.0, 2.0, 4.0, 0)
    assert s.cv == pytest.approx(1 / 3)
    assert s.quantiles.shape == (len(QUANTILES),)
    assert s.quantiles[QUANTILES.index(0.5)] == 3.0
    assert fixed_threshold(s, 3.0) == 6.0


def test_trimming_leaves_out_the_highest_before_anything_is_taken() -> None:
    losses = np.array([9.0, 1.0, 3.0, 8.0])
    s = summarise(losses, trim=2)
    assert (s.count, s.mean, s.maximum, s.trimmed) == (2, 2.0, 3.0, 2)
    assert losses.tolist() == [9.0, 1.0, 3.0, 8.0]


def test_trimming_never_takes_everything() -> None:
    assert summarise(np.array([1.0, 2.0]), trim=5).count == 1


def test_mean_zero_has_no_variation() -> None:
    assert summarise(np.zeros(3), trim=0).cv == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_is_refused_and_named(bad: float) -> None:
    with pytest.raises(ModelRefused, match="row 1 \\(1 of 3 rows\\)"):
        summarise(np.array([0.1, bad, 0.2]), trim=1)


def test_no_loss_is_refused() -> None:
    with pytest.raises(ModelRefused, match="at least one"):
        summarise(np.empty(0), trim=0)


@pytest.mark.parametrize(
    ("rate", "count", "expected"),
    [
        (0.0, 500, 0),
        (0.001, 500, 1),
        (0.01, 700, 7),
        (0.07, 100, 7),
        (1.0, 3, 2),
        (float("nan"), 9, 0),
        (0.5, 0, 0),
    ],
)
def test_expected_bad_shots_are_rounded_up_but_never_all(rate: float, count: int, expected: int) -> None:
    assert expected_bad(rate, count) == expected


def test_the_tail_holds_the_highest_losses_that_count_with_their_lots() -> None:
    losses = np.array([5.0, 1.0, 9.0, 3.0, 2.0, 4.0])
    s = summarise(losses, trim=1, lot=np.array([20, 20, 20, 7, 7, 31]))

    assert s.tail.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert s.tail_lot.tolist() == [1, 0, 0, 2, 1]
    assert s.lot_sizes.tolist() == [2, 2, 1]


def test_a_long_tail_is_cut_from_below_and_the_lots_still_count_everything() -> None:
    losses = np.random.default_rng(1).permutation(np.arange(1000.0))
    s = summarise(losses, trim=0, lot=np.zeros(1000, dtype=np.int64))

    assert s.tail.tolist() == np.arange(1000.0 - TAIL, 1000.0).tolist()
    assert s.lot_sizes.tolist() == [1000]


def test_without_lots_there_is_no_tail() -> None:
    s = summarise(np.arange(9.0), trim=0)

    assert len(s.tail) == len(s.tail_lot) == len(s.lot_sizes) == 0
