"""Which groups train, validate or are left out, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering.makers import cluster_rows, fit_spaces
from core.batch import Batch
from core.errors import ModelError
from core.profile import GroupKey, Profile, SelectionRule
from core.profile_file import load_profile
from ingest.frame import batch_from_frame
from ingest.lots import DAY_MS, count_lots
from ingest.plant import Plant
from models.group_data import group_data
from models.selection import Selection, select
from models.typical import typical_values

BUILTIN = load_profile("injection_molding")
PROFILE = replace(BUILTIN, selection=SelectionRule(max_defect_rate=0.01, min_shots=20, held_out_share=0.2))
SMALL = replace(
    PROFILE,
    detectors=tuple(
        replace(d, min_rows=low, max_rows=high)
        for d, low, high in zip(PROFILE.detectors, (20, 60, 120), (60, 120, None), strict=True)
    ),
)


def lot(
    day: int, shots: int, bad: int | None, *, item: str = "I", maker: str | None = "M"
) -> list[dict[str, Any]]:
    """Shots of one facility, item and day; `bad` None: nobody counted."""
    return [
        {
            "id": f"{item}-{day}-{k}",
            "time": day * DAY_MS + k * 60_000,
            "maker": maker,
            "facility": "F",
            "item": item,
            "lot_good": float("nan") if bad is None else shots - bad,
            "lot_bad": float("nan") if bad is None else bad,
        }
        for k in range(shots)
    ]


def selected(
    records: list[dict[str, Any]], cluster: list[int] | None = None, profile: Profile = SMALL
) -> Selection:
    batch = Batch.of(profile, records)
    numbers = np.array(cluster if cluster is not None else [0] * len(batch), dtype=np.int64)
    return select(batch, numbers, count_lots(batch, profile), profile)


def test_shots_in_warm_up_neither_train_nor_count_but_stay_in_their_lot() -> None:
    records = [*lot(1, 40, None), *lot(2, 40, 0), *lot(3, 60, 0)]
    batch = Batch.of(SMALL, records)
    lots, cluster = count_lots(batch, SMALL), np.zeros(len(batch), dtype=np.int64)
    warm = np.array([k % 4 == 0 for k in range(len(batch))])
    (every,), (some,) = (select(batch, cluster, lots, SMALL, w).groups for w in (None, warm))
    assert set(some.rows) == set(every.rows) - set(np.flatnonzero(warm))
    assert set(some.train_rows) | set(some.held_out_rows) == set(some.rows)
    assert (some.shots, some.good, some.bad) == (every.shots, every.good, every.bad)

    (none,) = select(batch, cluster, lots, SMALL, np.ones(len(batch), dtype=bool)).groups
    assert none.status == "too_few"
    assert "0 shots (40 more in lots without good and bad, 100 more in warm-up)" in none.reason


@pytest.mark.parametrize(
    ("shots", "bad", "status", "reason"),
    [
        (200, 1, "train", ""),
        (200, 2, "validate", "defect rate 1.00%, not below 1.00%"),
        (200, 40, "validate", "defect rate 20.00%, not below 1.00%"),
        (19, 0, "too_few", "19 shots, fewer than 20; defect rate 0.00%"),
        (20, 0, "train", ""),
        (40, None, "too_few", "0 shots (40 more in lots without good and bad), fewer than 20"),
    ],
)
def test_the_defect_rate_and_the_amount_decide(shots: int, bad: int | None, status: str, reason: str) -> None:
    (group,) = selected(lot(1, shots, bad)).groups
    assert (group.status, group.reason) == (status, reason)
    assert group.key == GroupKey("M", "F", "I", 0)
    assert (group.kind is not None) == (status == "train")
    assert (len(group.train_rows) > 0) == (status == "train")


@pytest.mark.parametrize(
    ("shots", "kind"),
    [(20, "isolation_forest"), (59, "isolation_forest"), (60, "autoencoder"), (120, "memae"), (500, "memae")],
)
def test_the_amount_of_data_chooses_the_detector(shots: int, kind: str) -> None:
    assert selected(lot(1, shots, 0)).groups[0].kind == kind


def test_fewer_records_than_any_detector_wants_are_left_out() -> None:
    (group,) = selected(lot(1, 30, 0), profile=PROFILE).groups
    assert (group.status, group.reason) == ("too_few", "30 shots, fewer than 500, the least of any detector")


def test_a_lot_under_two_settings_is_shared_out_by_records() -> None:
    selection = selected(lot(1, 100, 4), [0] * 75 + [1] * 25)
    assert [(g.good, g.bad, g.shots, g.lots) for g in selection.groups] == [
        (72.0, 3.0, 75, 1),
        (24.0, 1.0, 25, 1),
    ]
    assert [g.defect_rate for g in selection.groups] == [0.04, 0.04]


def test_the_coverage_table_shows_the_very_rate_that_was_decided_by() -> None:
    selection = selected(lot(1, 100, 1), [0] * 60 + [1] * 40)
    assert [g.coverage("trained").defect_rate for g in selection.groups] == [0.01, 0.01]


def test_records_of_uncounted_lots_do_not_train() -> None:
    (group,) = selected(lot(1, 50, 0) + lot(2, 30, None)).groups
    assert (group.status, group.shots, len(group.rows)) == ("train", 80, 50)
    assert (group.rows < 50).all()


def test_whole_lots_are_held_out_the_last_in_time() -> None:
    records = lot(3, 25, 0) + lot(1, 40, 0) + lot(2, 35, 0)
    (group,) = selected(records).groups
    assert sorted(group.held_out_rows) == list(range(25))
    assert group.train_rows.tolist() == list(range(25, 100))


def test_a_single_lot_is_divided_by_records() -> None:
    (group,) = selected(lot(1, 100, 0)).groups
    assert (group.train_rows.tolist(), group.held_out_rows.tolist()) == (
        list(range(80)),
        list(range(80, 100)),
    )


def test_nothing_is_held_out_where_the_profile_says_so() -> None:
    profile = replace(SMALL, selection=replace(SMALL.selection, held_out_share=0.0))
    (group,) = selected(lot(1, 50, 0), profile=profile).groups
    assert (len(group.train_rows), len(group.held_out_rows)) == (50, 0)


def test_records_in_no_group_are_counted_by_what_is_missing() -> None:
    records = lot(1, 30, 0) + lot(1, 4, 0, maker=None) + [{"id": "x", "facility": "F", "maker": "M"}]
    selection = selected(records, [0] * 29 + [-1] * 6)
    assert selection.ungrouped == {"maker": 4, "item": 1, "setting cluster": 6, "time": 1}
    assert sum(g.shots for g in selection.groups) == 29


def test_an_empty_history_selects_nothing() -> None:
    assert selected([]).groups == ()


def test_coverage_tells_how_each_group_ended() -> None:
    selection = selected(lot(1, 200, 1) + lot(1, 100, 9, item="J"))
    train, validate = selection.groups
    row = train.coverage("trained", "memae")
    assert (row.status, row.kind, row.rows, row.good, row.bad) == ("trained", "memae", 200, 199, 1)
    row = validate.coverage("trained", "memae")
    assert (row.status, row.kind, row.defect_rate) == ("validate", None, 0.09)
    assert "9.00%" in row.reason


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 60), st.integers(0, 2)), min_size=1, max_size=8),
    st.randoms(),
)
def test_the_order_of_the_rows_changes_nothing(lots: list[tuple[int, int, int]], random: Any) -> None:
    unique = {day: (shots, bad) for day, shots, bad in lots}
    records = [r for day, (shots, bad) in unique.items() for r in lot(day, shots, min(bad, shots))]
    shuffled = list(records)
    random.shuffle(shuffled)
    one, other = selected(records).groups[0], selected(shuffled).groups[0]
    assert (one.status, one.kind, one.reason) == (other.status, other.kind, other.reason)
    for name in ("train_rows", "held_out_rows"):
        ids = [records[i]["id"] for i in getattr(one, name)]
        assert ids == [shuffled[i]["id"] for i in getattr(other, name)]
    assert len(one.train_rows) + len(one.held_out_rows) in (0, len(one.rows))


@pytest.fixture(scope="module")
def plant_history() -> Batch:
    frame = pd.concat([chunk.frame for chunk in Plant(3).history(15_000)], ignore_index=True)
    return batch_from_frame(frame, BUILTIN)[0]


def test_every_shot_of_a_plant_is_in_one_group_and_its_lots_add_up(plant_history: Batch) -> None:
    spaces = fit_spaces(plant_history)
    lots = count_lots(plant_history, BUILTIN)
    selection = select(plant_history, cluster_rows(plant_history, spaces), lots, BUILTIN)
    assert sum(g.shots for g in selection.groups) == len(plant_history)
    assert sum(g.good + g.bad for g in selection.groups) == pytest.approx((lots.good + lots.bad).sum())
    assert {g.status for g in selection.groups} >= {"train", "too_few"}
    assert all(g.reason for g in selection.groups if g.status != "train")
    assert len(selection.table.frame()) == len(selection.groups)


def test_chosen_groups_become_training_data(plant_history: Batch) -> None:
    spaces = fit_spaces(plant_history)
    lots = count_lots(plant_history, BUILTIN)
    selection = select(plant_history, cluster_rows(plant_history, spaces), lots, BUILTIN)
    fills = typical_values(plant_history, BUILTIN)
    data = group_data(plant_history, selection, spaces, fills, BUILTIN)
    chosen = selection.of_status("train")
    assert [d.key for d in data] == [g.key for g in chosen]
    first, group = data[0], chosen[0]
    np.testing.assert_array_equal(first.train, plant_history.production[group.train_rows])
    space = next(s for s in spaces if s.maker == first.key.maker)
    assert np.linalg.norm(first.setting_centre - space.centres[first.key.cluster]) < 2.0
    assert np.isfinite(first.typical).all()
    with pytest.raises(ModelError, match="expected setting clusters of its maker"):
        group_data(plant_history, selection, [], fills, BUILTIN)
