"""Shots added up by group and day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.batch import NO_TIME
from core.beside import DriftLot
from core.profile import GroupKey
from core.verdict import Verdicts
from inference.drift.watch import FOLDED, LOOKED_AT, DriftWatch
from models.reference import Floats
from tests.inference.drift.test_inputs import reference_from

DAY = 86_400_000
KEYS = [GroupKey("A", f"F{n}", "cap", n) for n in range(40)]
WIDTH = 20


def verdicts(groups: list[int], days: list[int], **more: list[Any]) -> Verdicts:
    keys = [KEYS[group] for group in groups]
    columns: dict[str, Any] = {
        "shot_id": [f"s{n}" for n in range(len(keys))],
        "shot_time": np.array([NO_TIME if day < 0 else day * DAY + 5 for day in days]),
        "maker": [key.maker for key in keys],
        "facility": [key.facility for key in keys],
        "item": [key.item for key in keys],
        "cluster": np.array([key.cluster for key in keys]),
        "route": ["trained"] * len(keys),
        "substitute": [None] * len(keys),
        "outcome": ["OK"] * len(keys),
    }
    return Verdicts(columns | more)


def values(rows: int, value: float = 1.0) -> Floats:
    return np.full((rows, WIDTH), value)


@pytest.fixture
def watch() -> DriftWatch:
    return made()


def made(kept: tuple[DriftLot, ...] = (), offset: int = 0) -> DriftWatch:
    reference = reference_from(np.zeros((5, len(KEYS), WIDTH)))
    return DriftWatch("v1", KEYS, reference, WIDTH, offset, kept)


def sums(lot: DriftLot) -> Floats:
    return np.frombuffer(lot.measured).reshape(2, WIDTH)


def test_shots_flags_and_values_are_added_up_by_group(watch: DriftWatch) -> None:
    watch.observe(verdicts([0, 1, 0], [3, 3, 3], outcome=["OK", "NG", "NG"]), values(3))
    first, second = watch.lots()

    assert (first.group, first.day, first.shots, first.flagged) == (0, 3, 2, 1)
    assert (second.group, second.shots, second.flagged) == (1, 1, 1)
    assert sums(first)[:, 0].tolist() == [2.0, 2.0]


def test_missing_values_are_not_counted_and_spikes_are_clipped(watch: DriftWatch) -> None:
    production = values(3)
    production[0, 0], production[1, 0] = np.nan, 1e9
    watch.observe(verdicts([0, 0, 0], [3, 3, 3]), production)
    (lot,) = watch.lots()

    assert sums(lot)[:, 0].tolist() == [2.0, 1.0 + 9.0]


def test_a_new_day_opens_a_new_lot_and_a_late_shot_is_left_out(watch: DriftWatch) -> None:
    watch.observe(verdicts([0, 0], [3, 3]), values(2))
    watch.observe(verdicts([0], [4]), values(1))
    watch.observe(verdicts([0], [3]), values(1))

    assert [(lot.day, lot.shots) for lot in watch.lots()] == [(3, 3), (4, 1)]


def test_the_plant_s_own_day_counts() -> None:
    watch = made(offset=24 * 60)
    watch.observe(verdicts([0], [3]), values(1))

    assert [lot.day for lot in watch.lots()] == [4]


def test_shots_without_a_time_and_from_a_clock_far_ahead_close_nobodys_lot(watch: DriftWatch) -> None:
    watch.observe(verdicts([0, 0, 0, 0], [3, 3, -1, 30_000]), values(4))

    assert [(lot.day, lot.shots) for lot in watch.lots()] == [(3, 2)]


def test_a_clock_that_was_far_ahead_for_a_shot_alone_ends_nobodys_watch(watch: DriftWatch) -> None:
    watch.observe(verdicts([0], [3]), values(1))
    watch.lots()
    watch.observe(verdicts([0], [47_000]), values(1))
    ahead = watch.lots()
    for again in (watch, made(tuple(ahead))):
        again.observe(verdicts([0, 0], [4, 4]), values(2))

        assert [(lot.day, lot.shots) for lot in again.lots()] == [(4, 2)]


def test_substituted_and_uncovered_shots_are_counted_apart_and_their_values_are_not_the_group_s(
    watch: DriftWatch,
) -> None:
    substitute = ["F2|cap|2", None]
    watch.observe(verdicts([0, 1], [3, 3], route=["nearest", "limits"], substitute=substitute), values(2))
    nearest, uncovered = sorted(watch.lots(), key=lambda lot: -lot.group)

    assert (nearest.group, nearest.shots, nearest.substituted) == (2, 0, 1)
    assert (uncovered.group, uncovered.shots, uncovered.substituted) == (-1, 0, 1)
    assert sums(nearest).sum() == sums(uncovered).sum() == 0


def test_of_a_large_batch_a_part_is_looked_at_evenly(watch: DriftWatch) -> None:
    n = 4 * LOOKED_AT
    watch.observe(verdicts([0, 1] * (n // 2), [3] * n), values(n))

    assert sum(lot.shots for lot in watch.lots()) == LOOKED_AT


def test_only_what_changed_is_told_again(watch: DriftWatch) -> None:
    watch.observe(verdicts([0, 1], [3, 3]), values(2))
    assert len(watch.lots(most=1)) == 1
    assert len(watch.lots()) == 1
    assert watch.lots() == []
    watch.observe(verdicts([1], [3]), values(1))

    assert [(lot.group, lot.shots) for lot in watch.lots()] == [(1, 2)]


def test_it_goes_on_from_what_was_written(watch: DriftWatch) -> None:
    watch.observe(verdicts([0, 1], [3, 4]), values(2))
    told = watch.lots()
    again = made(tuple(told))
    again.observe(verdicts([0, 0], [3, 2]), values(2))

    assert [(lot.group, lot.day, lot.shots, sums(lot)[0, 0]) for lot in again.lots()] == [(0, 3, 2, 2.0)]


def test_what_waits_is_bounded(watch: DriftWatch) -> None:
    for _ in range(3 * FOLDED):
        watch.observe(verdicts([0], [3]), values(1))
        assert watch._rows <= FOLDED
    (lot,) = watch.lots()

    assert lot.shots == 3 * FOLDED
    assert sums(lot)[0, 0] == 3 * FOLDED


def test_without_a_reference_shots_and_flags_are_counted_all_the_same() -> None:
    watch = DriftWatch("v1", KEYS, None, WIDTH, 0)
    watch.observe(verdicts([0], [3], outcome=["NG"]), values(1))

    assert watch.lots() == [DriftLot("v1", 0, 3, 1, 1, 0, b"")]
