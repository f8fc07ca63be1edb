"""Rows of one machine and time stamp are one shot."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.batch import NO_TIME
from inference.evaluation.twins import any_of, first_row, twins, worst_of

ROWS = st.lists(
    st.tuples(st.sampled_from(["P1", "P2", None]), st.sampled_from([1, 2, 3, NO_TIME])),
    min_size=1,
    max_size=25,
)
Rows = list[tuple[str | None, int]]


def shots(rows: Rows) -> np.ndarray:
    facility = np.array([press for press, _ in rows], dtype=object)
    return twins(facility, np.array([time for _, time in rows], dtype=np.int64))


@given(ROWS)
def test_rows_are_one_shot_exactly_when_machine_and_time_agree(rows: Rows) -> None:
    shot = shots(rows)

    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            together = i == j or (one == other and one[1] != NO_TIME)
            assert (shot[i] == shot[j]) == together


@given(ROWS)
def test_shots_are_numbered_as_they_appear(rows: Rows) -> None:
    shot = shots(rows)
    first = first_row(shot)

    assert shot[first].tolist() == list(range(len(first)))
    assert first.tolist() == sorted(first.tolist())


def test_a_shot_is_bad_when_any_of_its_parts_is_and_as_bad_as_the_worst() -> None:
    shot = np.array([0, 1, 0, 1, 2])

    assert any_of(shot, np.array([False, False, True, False, False])).tolist() == [True, False, False]
    worst = worst_of(shot, np.array([0.2, np.nan, 0.9, 0.4, np.nan]))
    assert worst[:2].tolist() == [0.9, 0.4]
    assert np.isnan(worst[2])
