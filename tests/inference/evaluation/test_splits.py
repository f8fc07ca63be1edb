"""No division parts a lot or the twins of a shot."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.evaluation.splits import Split, by_time, by_unit, half_of_good

ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 99), st.booleans()), min_size=4, max_size=40
).filter(lambda rows: len({unit for unit, *_ in rows}) >= 3)
Rows = list[tuple[int, int, bool]]


def time_split(unit: np.ndarray, time: np.ndarray, bad: np.ndarray) -> list[Split]:
    return [by_time(time, unit, 0.6)]


def lot_splits(unit: np.ndarray, time: np.ndarray, bad: np.ndarray) -> list[Split]:
    return list(by_unit(unit, 3, np.random.default_rng(0)))


def halves(unit: np.ndarray, time: np.ndarray, bad: np.ndarray) -> list[Split]:
    return [half_of_good(bad, unit, np.random.default_rng(0))]


@pytest.mark.parametrize("divide", [time_split, lot_splits, halves])
@given(rows=ROWS)
def test_every_row_is_on_one_side_with_its_whole_lot(divide: Callable[..., list[Split]], rows: Rows) -> None:
    unit, time, bad = (np.array(column) for column in zip(*rows, strict=True))

    for split in divide(unit, time, bad):
        assert sorted([*split.train.tolist(), *split.test.tolist()]) == list(range(len(rows)))
        assert not set(unit[split.train]) & set(unit[split.test])


@given(ROWS)
def test_training_is_earlier_than_the_test(rows: Rows) -> None:
    unit, time, _ = (np.array(column) for column in zip(*rows, strict=True))
    split = by_time(time, unit, 0.6)
    begin = {name: time[unit == name].min() for name in set(unit.tolist())}

    if len(split.train) and len(split.test):
        assert max(begin[u] for u in unit[split.train]) <= min(begin[u] for u in unit[split.test])


@given(ROWS)
def test_each_lot_is_tested_once(rows: Rows) -> None:
    unit = np.array([unit for unit, *_ in rows])
    tested = np.concatenate([split.test for split in by_unit(unit, 3, np.random.default_rng(1))])

    assert sorted(tested.tolist()) == list(range(len(rows)))


@given(ROWS)
def test_half_of_the_good_train_and_no_bad_one(rows: Rows) -> None:
    unit = np.array([unit for unit, *_ in rows])
    bad = np.array([bad for *_, bad in rows])
    split = half_of_good(bad, unit, np.random.default_rng(2))

    good = {u for u in unit.tolist() if not bad[unit == u].any()}
    assert set(unit[split.train].tolist()) <= good
    assert len(set(unit[split.train].tolist())) == len(good) // 2


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_share_that_leaves_a_side_empty_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        by_time(np.arange(3), np.arange(3), share)


def test_more_folds_than_lots_are_refused() -> None:
    with pytest.raises(ValueError, match="2 to 2 folds"):
        list(by_unit(np.array([0, 0, 1]), 3, np.random.default_rng(0)))
