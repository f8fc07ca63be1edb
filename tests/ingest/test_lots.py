"""Lots from running totals, against a plain row-by-row count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.batch import Batch
from core.profile_file import load_profile
from ingest.lots import DAY_MS, RESET_SHARE, RESET_SHARE_OVERNIGHT, count_lots

KOREA = load_profile("injection_molding")
PROFILE = replace(KOREA, lot=replace(KOREA.lot, utc_offset_minutes=0))
HOUR = DAY_MS // 24


def batch_of(totals: list[tuple[int, Any, Any]], **keys: Any) -> Batch:
    """Records (hour, good, bad) of one facility and item."""
    return Batch.of(
        PROFILE,
        [
            {
                "id": str(i),
                "time": hour * HOUR,
                "maker": "M",
                "facility": "F",
                "item": "I",
                "lot_good": good,
                "lot_bad": bad,
                **keys,
            }
            for i, (hour, good, bad) in enumerate(totals)
        ],
    )


def counted(totals: list[tuple[int, Any, Any]]) -> list[tuple[int, float, float]]:
    lots = count_lots(batch_of(totals), PROFILE)
    return list(zip(lots.day.tolist(), lots.good.tolist(), lots.bad.tolist(), strict=True))


def test_the_last_value_of_the_day_is_the_lot() -> None:
    assert counted([(8, 1, 0), (9, 50, 1), (10, 98, 2)]) == [(0, 98, 2)]


def test_a_reset_in_mid_day_adds_a_second_run() -> None:
    assert counted([(8, 60, 1), (9, 100, 2), (10, 0, 0), (11, 40, 1)]) == [(0, 140, 3)]


def test_a_counter_that_starts_anew_each_day_counts_each_day_by_itself() -> None:
    assert counted([(8, 90, 10), (24 + 8, 1, 0), (24 + 20, 50, 0)]) == [(0, 90, 10), (1, 50, 0)]


def test_a_counter_that_goes_on_over_midnight_gives_each_day_its_part() -> None:
    assert counted([(8, 90, 10), (24 + 8, 91, 10), (24 + 20, 150, 11)]) == [(0, 90, 10), (1, 60, 1)]


def test_a_counter_may_go_on_over_idle_days() -> None:
    assert counted([(8, 90, 10), (72, 95, 10)]) == [(0, 90, 10), (3, 5, 0)]


@pytest.mark.parametrize("corrected", [(199, 0), (195, 0), (198, 2)])
def test_a_small_fall_is_a_correction(corrected: tuple[int, int]) -> None:
    good, bad = corrected
    assert counted([(8, 200, 0), (9, good, bad)]) == [(0, good, bad)]


def test_a_part_found_bad_later_moves_from_good_to_bad() -> None:
    assert counted([(8, 200, 0), (9, 199, 1), (24 + 8, 198, 2)]) == [(0, 199, 1), (1, 0, 1)]


def test_a_small_fall_within_the_day_is_kept_but_a_tenth_overnight_is_a_reset() -> None:
    assert counted([(8, 100, 0), (9, 80, 0)]) == [(0, 80, 0)]
    assert counted([(8, 100, 0), (24, 80, 0)]) == [(0, 100, 0), (1, 80, 0)]


def test_one_part_less_is_never_a_reset() -> None:
    assert counted([(8, 1, 0), (9, 0, 0), (10, 1, 0)]) == [(0, 1, 0)]


def test_rows_without_both_totals_count_as_shots_only() -> None:
    batch = batch_of([(8, 10, 0), (9, None, 1), (10, 12, None), (11, -5, 0)])
    lots = count_lots(batch, PROFILE)
    assert (lots.good.tolist(), lots.bad.tolist(), lots.shots.tolist()) == ([10.0], [0.0], [4])


def test_a_lot_without_any_total_has_no_defect_rate() -> None:
    lots = count_lots(batch_of([(8, None, None), (24, 0, 0)]), PROFILE)
    assert np.isnan(lots.good[0])
    assert lots.good[1] == 0
    assert np.isnan(lots.defect_rate).all()


def test_the_defect_rate_is_bad_over_all() -> None:
    assert count_lots(batch_of([(8, 99, 1)]), PROFILE).defect_rate.tolist() == [0.01]


def test_the_plants_own_midnight_divides_the_days() -> None:
    batch = batch_of([(14, 10, 0), (15, 1, 0)])  # 23:00 and 24:00 in Korea
    assert count_lots(batch, PROFILE).day.tolist() == [0]
    assert count_lots(batch, KOREA).day.tolist() == [0, 1]


@pytest.mark.parametrize("lost", ["maker", "facility", "item"])
def test_a_record_without_its_keys_belongs_to_no_lot(lost: str) -> None:
    lots = count_lots(batch_of([(8, 1, 0)], **{lost: None}), PROFILE)
    assert (len(lots), lots.of_row.tolist()) == (0, [-1])


def test_a_record_without_time_belongs_to_no_lot() -> None:
    batch = Batch.of(PROFILE, [{"id": "a", "maker": "M", "facility": "F", "item": "I", "lot_good": 1}])
    assert count_lots(batch, PROFILE).of_row.tolist() == [-1]


def test_an_empty_history_has_no_lots() -> None:
    assert len(count_lots(Batch.empty(PROFILE), PROFILE)) == 0


Row = tuple[str, str, int, float, float]
total = st.one_of(st.integers(0, 40).map(float), st.integers(0, 400).map(float), st.just(float("nan")))
rows = st.lists(
    st.tuples(st.sampled_from("FG"), st.sampled_from("IJ"), st.integers(0, 80), total, total),
    max_size=40,
    unique_by=lambda r: r[:3],
)


def as_batch(rows: list[Row]) -> Batch:
    return Batch.of(
        PROFILE,
        [
            {
                "id": str(i),
                "time": h * HOUR,
                "maker": "M",
                "facility": f,
                "item": j,
                "lot_good": g,
                "lot_bad": b,
            }
            for i, (f, j, h, g, b) in enumerate(rows)
        ],
    )


def row_by_row(rows: list[Row]) -> dict[tuple[str, str, int], list[float]]:
    """What `count_lots` says, one record after the other."""
    lots: dict[tuple[str, str, int], list[float]] = {}
    before: dict[tuple[str, str], tuple[int, float, float]] = {}
    for facility, item, hour, good, bad in sorted(rows, key=lambda r: r[2]):
        if np.isnan(good) or np.isnan(bad):
            continue
        day, spot = hour // 24, (facility, item)
        last_day, last_good, last_bad = before.get(spot, (day, 0.0, 0.0))
        fall = last_good + last_bad - good - bad
        share = RESET_SHARE if day == last_day else RESET_SHARE_OVERNIGHT
        if fall > 1 and good + bad <= share * (last_good + last_bad):
            last_good, last_bad = 0.0, 0.0
        lot = lots.setdefault((facility, item, day), [0.0, 0.0])
        lot[0] += good - last_good
        lot[1] += bad - last_bad
        before[spot] = (day, good, bad)
    return {key: [max(0.0, g), max(0.0, b)] for key, (g, b) in lots.items()}


@given(rows)
def test_lots_equal_a_plain_row_by_row_count(rows: list[Row]) -> None:
    lots = count_lots(as_batch(rows), PROFILE)
    expected = row_by_row(rows)
    for i in range(len(lots)):
        key = (lots.facility[i], lots.item[i], int(lots.day[i]))
        np.testing.assert_allclose([lots.good[i], lots.bad[i]], expected.pop(key, [np.nan, np.nan]))
    assert not expected


@given(rows, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = count_lots(as_batch(rows), PROFILE), count_lots(as_batch(shuffled), PROFILE)
    for name in ("maker", "facility", "item", "day", "shots", "good", "bad", "first", "last"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(rows)
def test_no_lot_is_negative_and_every_record_is_in_the_lot_of_its_keys(rows: list[Row]) -> None:
    batch = as_batch(rows)
    lots = count_lots(batch, PROFILE)
    assert not (lots.good < 0).any()
    assert not (lots.bad < 0).any()
    assert lots.shots.sum() == len(rows)
    np.testing.assert_array_equal(lots.facility[lots.of_row], batch.facility)
    np.testing.assert_array_equal(lots.day[lots.of_row], batch.time // DAY_MS)
    assert (lots.first[lots.of_row] <= batch.time).all()
    assert (lots.last[lots.of_row] >= batch.time).all()
