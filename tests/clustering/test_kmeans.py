"""Setting clusters: found, numbered alike in any order, and kept through a retrain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustering.kmeans import RETIRED, SettingCluster
from clustering.nearest import assign
from core.errors import ModelError

Floats = NDArray[np.float64]

PROGRAMS = np.array(
    [
        [230.0, 60.0, 80.0, 500.0, 3.0, 12.0],
        [240.0, 60.0, 104.0, 450.0, 3.0, 12.0],  # hot and fast
        [230.0, 68.0, 80.0, 650.0, 4.5, 14.0],  # packed hard
        [285.0, 90.0, 55.0, 700.0, 6.0, 20.0],
        [230.0, 52.0, 80.0, 500.0, 3.0, 9.6],  # short cycle
    ]
)


def tweaked(programs: Floats, times: int, seed: int, share: float = 0.03) -> tuple[Floats, NDArray[np.int64]]:
    """Each program with `times` variants of one or two values changed by up to `share`."""
    rng = np.random.default_rng(seed)
    rows, number = [], []
    for k, program in enumerate(programs):
        rows.append(program)
        number.append(k)
        for _ in range(times):
            row = program.copy()
            for j in rng.choice(programs.shape[1], rng.integers(1, 3), replace=False):
                row[j] = round(row[j] * (1 + rng.uniform(-share, share)), 1)
            rows.append(row)
            number.append(k)
    return np.array(rows), np.array(number)


def same_partition(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    return bool(((one[:, None] == one) == (other[:, None] == other)).all())


@pytest.mark.parametrize("times", [0, 1, 3, 10])
@pytest.mark.parametrize("share", [0.01, 0.03, 0.05])
def test_programs_are_found_whatever_operators_did_to_them(times: int, share: float) -> None:
    rows, program = tweaked(PROGRAMS, times, seed=times, share=share)
    assert same_partition(SettingCluster().fit(rows).predict(rows), program)


def test_duplicates_count_but_carry_no_weight() -> None:
    rows, _ = tweaked(PROGRAMS, 3, seed=1)
    once = SettingCluster().fit(rows)
    often = SettingCluster().fit(np.repeat(rows, np.arange(1, len(rows) + 1), axis=0))
    np.testing.assert_array_equal(once.centres_, often.centres_)
    assert often.counts_.sum() == len(rows) * (len(rows) + 1) // 2
    assert once.counts_.max() == 1 + (len(rows) - len(once.combinations_))


def test_a_set_value_stored_as_single_precision_is_no_second_setting() -> None:
    rows, _ = tweaked(PROGRAMS, 3, seed=1)
    both = np.concatenate([rows, rows.astype(np.float32).astype(np.float64)])
    assert len(SettingCluster().fit(both).combinations_) == len(SettingCluster().fit(rows).combinations_)


@pytest.mark.parametrize("rows", [1, 5])
def test_a_single_combination_is_one_cluster_that_bears_a_tweak(rows: int) -> None:
    fitted = SettingCluster().fit(np.repeat(PROGRAMS[:1], rows, axis=0))
    assert len(fitted.centres_) == 1
    assert fitted.assign(PROGRAMS[:1] * 1.02).inside.tolist() == [True]
    assert fitted.assign(PROGRAMS[1:]).inside.tolist() == [False] * 4


def test_two_combinations_are_two_settings_only_when_they_are_apart() -> None:
    near = np.array([[230.0, 500.0], [232.0, 500.0]])
    far = np.array([[230.0, 500.0], [230.0, 650.0]])
    assert len(SettingCluster().fit(near).centres_) == 1
    assert len(SettingCluster().fit(far).centres_) == 2


def test_a_tweak_of_its_own_tells_temperatures_apart_that_a_share_merges() -> None:
    near = np.array([[220.0, 500.0], [240.0, 500.0], [260.0, 500.0], [220.0, 900.0]])
    assert len(SettingCluster().fit(near).centres_) == 2
    fitted = SettingCluster(tweaks=[5.0, None]).fit(near)
    assert len(fitted.centres_) == 4
    assert fitted.scale_.tolist() == [5.0, 25.0]
    assert fitted.assign(np.array([[223.0, 500.0], [229.0, 500.0]])).inside.tolist() == [True, False]


def test_a_new_tweak_keeps_the_numbers_of_clusters_that_are_still_there() -> None:
    before = SettingCluster().fit(PROGRAMS)
    after = SettingCluster(tweaks=[5.0, *[None] * 5]).fit(PROGRAMS[::-1]).match_numbers(before.space("M"))
    assert after.predict(PROGRAMS).tolist() == before.predict(PROGRAMS).tolist()


def test_tweaks_are_one_for_each_set_value() -> None:
    with pytest.raises(ModelError, match="expected 6 tweaks, one for each set value, got 2"):
        SettingCluster(tweaks=[5.0, None]).fit(PROGRAMS)


def test_zero_throughout_and_sometimes_zero_are_no_trouble() -> None:
    rows = np.array([[0.0, 0.0, 50.0], [0.0, 1.0, 50.0], [0.0, 0.0, 50.0]])
    fitted = SettingCluster().fit(rows)
    assert np.isfinite(fitted.centres_).all()
    assert fitted.scale_[0] == 1.0
    assert fitted.predict(rows).tolist() == [0, 1, 0]


def test_a_process_without_set_values_has_one_cluster() -> None:
    fitted = SettingCluster().fit(np.empty((4, 0)))
    assert fitted.predict(np.empty((2, 0))).tolist() == [0, 0]


def test_a_process_without_set_values_keeps_its_one_cluster_when_it_is_trained_again() -> None:
    before = SettingCluster().fit(np.empty((7, 0))).space("maker 1")

    again = SettingCluster().fit(np.empty((9, 0))).match_numbers(before)

    assert len(again.centres_) == 1
    assert np.isfinite(again.radius_).all()
    assert set(again.predict(np.empty((9, 0))).tolist()) == {0}


def test_rows_with_a_missing_set_value_are_left_out_and_get_no_cluster() -> None:
    rows, _ = tweaked(PROGRAMS, 2, seed=3)
    holes = np.concatenate([rows, np.full((2, rows.shape[1]), np.nan), rows[:1]])
    holes[-1, 2] = np.nan
    fitted = SettingCluster().fit(holes)
    np.testing.assert_array_equal(fitted.centres_, SettingCluster().fit(rows).centres_)
    assert fitted.predict(holes)[-3:].tolist() == [-1, -1, -1]


def test_without_any_complete_row_it_says_so() -> None:
    with pytest.raises(ModelError, match="expected a row with all set values, got none in 3 rows"):
        SettingCluster().fit(np.full((3, 2), np.nan))


def test_every_combination_lies_within_the_radius_of_its_own_cluster() -> None:
    rows, _ = tweaked(PROGRAMS, 8, seed=4, share=0.05)
    space = SettingCluster().fit(rows).space("M")
    found = assign(space.combinations, space)
    assert found.inside.all()
    np.testing.assert_array_equal(found.cluster, space.combination_cluster)
    np.testing.assert_array_equal(np.unique(space.combination_cluster), np.arange(len(space.centres)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_changes_no_number(seed: int) -> None:
    rows, _ = tweaked(PROGRAMS, 4, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(rows)
    one, other = SettingCluster().fit(rows).space("M"), SettingCluster().fit(shuffled).space("M")
    for name in ("offset", "scale", "centres", "radius", "combinations", "combination_cluster"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations(range(5)), st.integers(1, 5))
def test_a_retrain_keeps_the_numbers_of_settings_that_are_still_run(
    seed: int, order: list[int], kept: int
) -> None:
    before = SettingCluster().fit(tweaked(PROGRAMS, 3, seed=seed)[0])
    new = np.array([[200.0, 40.0, 120.0, 300.0, 1.5, 30.0]])
    run = np.concatenate([PROGRAMS[order[:kept]], new])
    after = SettingCluster().fit(tweaked(run, 3, seed=seed + 1)[0]).match_numbers(before.space("M"))
    np.testing.assert_array_equal(
        after.predict(PROGRAMS[order[:kept]]), before.predict(PROGRAMS[order[:kept]])
    )
    assert after.predict(new).tolist() == [len(before.centres_)]
    # What is not run any more keeps its place and would get its number again.
    np.testing.assert_array_equal(after.predict(PROGRAMS), before.predict(PROGRAMS))
    again = SettingCluster().fit(PROGRAMS).match_numbers(after.space("M"))
    np.testing.assert_array_equal(again.predict(PROGRAMS), before.predict(PROGRAMS))


def test_matching_with_itself_changes_nothing() -> None:
    fitted = SettingCluster().fit(tweaked(PROGRAMS, 3, seed=6)[0])
    before = fitted.space("M")
    after = fitted.match_numbers(before).space("M")
    np.testing.assert_array_equal(after.centres, before.centres)
    np.testing.assert_array_equal(after.radius, before.radius)


def test_a_cluster_taken_over_by_another_is_retired_and_attracts_nothing() -> None:
    apart = np.array([[100.0, 50.0], [112.0, 50.0]])
    before = SettingCluster().fit(apart)
    assert len(before.centres_) == 2
    between = np.array([[100.0 + k, 50.0] for k in range(0, 13, 2)])
    after = SettingCluster().fit(between).match_numbers(before.space("M"))
    used = np.unique(after.predict(between))
    retired = np.flatnonzero((after.centres_ >= RETIRED).any(axis=1))
    assert len(used) == 1
    assert not set(used) & set(retired)
    assert set(after.predict(apart)) == set(used)
    assert np.isfinite(after.centres_).all()


def test_other_set_values_than_before_cannot_be_matched() -> None:
    before = SettingCluster().fit(PROGRAMS).space("M")
    with pytest.raises(ModelError, match="expected 2 set values as before, got 6"):
        SettingCluster().fit(PROGRAMS[:, :2]).match_numbers(before)


def test_hundreds_of_combinations_are_found_exactly() -> None:
    rng = np.random.default_rng(8)
    programs = rng.uniform(50, 300, (60, 8))
    rows, program = tweaked(programs, 4, seed=9)
    assert same_partition(SettingCluster().fit(rows).predict(rows), program)
