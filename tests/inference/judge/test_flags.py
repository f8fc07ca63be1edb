"""What a verdict says beside its outcome: fillings, violations, change-overs and lots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.batch import NO_TIME, Batch, concatenate
from core.profile import Profile
from inference.judge import judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.judge.changed_shots import rows_of, shot_of, with_columns


def test_filled_values_are_named_with_their_way(plan: Plan, shots: Batch) -> None:
    holes = with_columns(
        shots.take(slice(0, 1)), production=(0, 0, np.nan), settings=(0, 1, np.nan), item=None
    )
    (verdict,) = rows_of(judge(holes, plan, FillMemory()))
    assert set(verdict["filled"]) == {"item", "cycle_time", "barrel_temperature_2_set"}
    assert verdict["filled"]["cycle_time"] == "mean"
    assert verdict["filled"]["barrel_temperature_2_set"] == "mode"


def test_a_record_that_was_hardly_measured_is_warn_at_best(plan: Plan, shots: Batch) -> None:
    half = len(plan.profile.production) // 2
    one = shots.take(slice(0, 1))
    assert rows_of(judge(with_columns(one, production=(0, slice(0, half), np.nan)), plan, FillMemory()))[0][
        "flags"
    ] == ["warm_up"]
    (verdict,) = rows_of(
        judge(with_columns(one, production=(0, slice(0, half + 1), np.nan)), plan, FillMemory())
    )
    assert verdict["flags"] == ["mostly_filled", "warm_up"]
    assert verdict["outcome"] in ("WARN", "NG")


def test_a_record_without_any_set_value_still_gets_a_verdict(plan: Plan, shots: Batch) -> None:
    (verdict,) = rows_of(judge(with_columns(shots.take(slice(0, 1)), settings=np.nan), plan, FillMemory()))
    assert verdict["route"] == "trained"
    assert len(verdict["filled"]) == len(plan.profile.settings)


@pytest.mark.parametrize(("rule", "least"), [("flag", "OK"), ("WARN", "WARN"), ("NG", "NG")])
def test_a_range_violation_does_what_the_profile_says(
    plant: TrainedPlant, profile: Profile, shots: Batch, rule: Any, least: str
) -> None:
    strict = replace(profile, threshold=replace(profile.threshold, range_outcome=rule))
    plan = compile_plan(plant, "v1", strict)
    calm = [v["outcome"] for v in rows_of(judge(shots, plan, FillMemory()))].index("OK")
    far = with_columns(shots.take(slice(calm, calm + 1)), production=(0, 2, 1e4))
    (verdict,) = rows_of(judge(far, plan, FillMemory()))
    assert verdict["flags"] == ["range_violation", "warm_up"]
    assert ("OK", "WARN", "NG").index(verdict["outcome"]) >= ("OK", "WARN", "NG").index(least)
    if verdict["outcome"] != "OK":
        assert (verdict["reasons"][0]["variable"], verdict["reasons"][0]["evidence"]) == (
            "dosing_time",
            "range",
        )


def test_beside_a_substitute_a_range_violation_is_a_flag_only(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    strict = replace(profile, threshold=replace(profile.threshold, range_outcome="NG"))
    moved = with_columns(shots, production=(slice(None), 2, 1e4))
    moved.settings[:, 0] += 40
    verdicts = rows_of(judge(moved, compile_plan(plant, "v1", strict), FillMemory()))
    assert all("range_violation" in v["flags"] for v in verdicts)
    assert [v["outcome"] == "NG" for v in verdicts] == [v["margin"] < 0 for v in verdicts]
    assert {v["outcome"] for v in verdicts} != {"NG"}


def test_change_over_is_flagged_once_across_batches(plan: Plan, plant: TrainedPlant, shots: Batch) -> None:
    facility = plant.models[0].key.facility
    mine = [g for g, m in enumerate(plant.models) if m.key.facility == facility]
    first, other = (shot_of(plant, shots, g) for g in (mine[0], mine[-1]))
    stream = [first, first, other, other, first]
    whole = rows_of(judge(concatenate(stream), plan, FillMemory()))
    first_ones, changed = ["warm_up"], ["change_over", "warm_up"]
    assert [v["flags"] for v in whole] == [first_ones, first_ones, changed, first_ones, changed]
    memory, alone = FillMemory(), []
    for shot in stream:
        judged = judge(shot, plan, memory)
        memory = judged.memory
        alone += rows_of(judged)
    assert alone == whole


def test_the_lot_counts_the_plants_own_days(plan: Plan, shots: Batch) -> None:
    one = shots.take(slice(0, 1))
    name = f"{one.facility[0]}|{one.item[0]}"
    # The plant's day begins at 15:00 UTC (+09:00): the last ms of one day, the first of the next.
    for time, day in ((1_704_034_799_999, "2023-12-31"), (1_704_034_800_000, "2024-01-01")):
        (verdict,) = rows_of(judge(with_columns(one, time=time), plan, FillMemory()))
        assert verdict["lot"] == f"{name}|{day}"


def test_a_record_without_time_has_no_lot_and_says_so(plan: Plan, shots: Batch) -> None:
    (verdict,) = rows_of(judge(with_columns(shots.take(slice(0, 1)), time=NO_TIME), plan, FillMemory()))
    assert (verdict["lot"], verdict["shot_time"], verdict["flags"]) == (None, None, ["no_time", "warm_up"])


def test_a_time_outside_the_calendar_has_no_lot(plan: Plan, shots: Batch) -> None:
    for time in (np.iinfo(np.int64).max, NO_TIME + 1, 10**17):
        (verdict,) = rows_of(judge(with_columns(shots.take(slice(0, 1)), time=time), plan, FillMemory()))
        assert verdict["lot"] is None
        assert verdict["outcome"] is not None
