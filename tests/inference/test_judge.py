"""Judging: pure, the same alone and in batches, and every verdict says how it came about."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import NO_TIME, Batch, concatenate
from core.profile import Profile
from core.verdict import VERDICT_FIELDS
from inference.judge import Judged, judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant

Shots = Callable[..., Batch]
NUMBER = [f.name for f in VERDICT_FIELDS if f.kind == "number"]


def _rows(judged: Judged) -> list[dict[str, Any]]:
    return list(judged.verdicts.rows())


def _with(batch: Batch, **columns: Any) -> Batch:
    """A copy with a column replaced, or ``production=(row, column, value)`` set."""
    changed = copy.deepcopy(batch)
    for name, value in columns.items():
        if isinstance(value, tuple):
            row, column, number = value
            getattr(changed, name)[row, column] = number
        else:
            getattr(changed, name)[:] = value
    return changed


@pytest.fixture(scope="module")
def shots(plant: TrainedPlant, make_shots: Shots) -> Batch:
    return make_shots(plant, 60, spread=0.3)


def test_every_column_of_the_contract_in_its_order(plan: Plan, shots: Batch) -> None:
    verdicts = judge(shots, plan, FillMemory()).verdicts
    assert list(verdicts.columns) == [f.name for f in VERDICT_FIELDS]
    assert {name: len(column) for name, column in verdicts.columns.items()} == dict.fromkeys(
        verdicts.columns, len(shots)
    )
    for name in NUMBER:
        assert verdicts.columns[name].dtype == np.float64  # type: ignore[attr-defined]  # number columns are arrays
    for row, verdict in enumerate(verdicts.rows()):
        assert verdict["shot_id"] == shots.ids[row]
        assert json.loads(json.dumps(verdict)) == verdict
        for field in VERDICT_FIELDS:
            assert field.nullable or verdict[field.name] is not None


def test_the_margin_follows_from_the_other_columns(plan: Plan, shots: Batch) -> None:
    for v in _rows(judge(shots, plan, FillMemory())):
        assert v["route"] == "trained"
        assert v["tolerance"] == pytest.approx(v["base"] * v["weight"])
        assert v["margin"] == pytest.approx(v["base"] + v["tolerance"] - v["anomaly_score"])
        assert (v["outcome"] == "NG") == (v["margin"] < 0)
        assert (v["reasons"] != []) == (v["outcome"] != "OK")


def test_an_empty_batch_gives_no_verdicts(plan: Plan, shots: Batch, profile: Profile) -> None:
    memory = judge(shots, plan, FillMemory()).memory
    judged = judge(Batch.empty(profile), plan, memory)
    assert len(judged.verdicts) == 0
    assert dict(judged.changed) == {}
    assert judged.memory == memory


def test_nothing_given_is_modified_and_the_same_comes_out_twice(plan: Plan, shots: Batch) -> None:
    shots = _with(shots, production=(slice(0, 60, 7), 3, np.nan))
    memory = judge(shots.take(slice(0, 20)), plan, FillMemory()).memory
    kept_shots, kept = copy.deepcopy(shots), _stored(memory, plan)
    once, again = judge(shots, plan, memory), judge(shots, plan, memory)
    assert _rows(once) == _rows(again)
    assert dict(once.changed) == dict(again.changed)
    assert _stored(memory, plan) == kept
    for name in Batch.__slots__:
        np.testing.assert_array_equal(getattr(shots, name), getattr(kept_shots, name))


def _stored(memory: FillMemory, plan: Plan) -> dict[str, str]:
    return {name: memory.to_json(name, plan.profile) for name in sorted(memory.facilities)}


@given(
    cuts=st.lists(st.integers(0, 60), max_size=6),
    missing=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 36)), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_verdicts_do_not_depend_on_where_a_stream_is_cut(
    plan: Plan, shots: Batch, cuts: list[int], missing: list[tuple[int, int]]
) -> None:
    # The first shots are complete, so that no value is ever taken from a later record.
    seeded = concatenate([shots, copy.deepcopy(shots)])
    s = shots.settings.shape[1]
    for row, column in missing:
        table, number = (seeded.settings, column) if column < s else (seeded.production, column - s)
        table[len(shots) + row, number] = np.nan
    whole = judge(seeded, plan, FillMemory())
    edges = [0, 60, *sorted(60 + cut for cut in cuts), len(seeded)]
    memory, rows = FillMemory(), []
    for begin, end in itertools.pairwise(edges):
        part = judge(seeded.take(slice(begin, end)), plan, memory)
        memory = part.memory
        rows += _rows(part)
    assert rows == _rows(whole)
    assert _stored(memory, plan) == _stored(whole.memory, plan)


def test_memory_read_back_from_its_json_judges_the_same(plan: Plan, shots: Batch) -> None:
    first = judge(shots.take(slice(0, 30)), plan, FillMemory())
    rest = _with(shots.take(slice(30, 60)), production=(slice(0, 30, 2), 5, np.nan))
    again = FillMemory.from_json(dict(first.changed), plan.profile)
    assert _rows(judge(rest, plan, again)) == _rows(judge(rest, plan, first.memory))


def test_a_setting_history_never_saw_takes_the_nearest_route(plan: Plan, shots: Batch) -> None:
    moved = _with(shots)
    moved.settings[:, 0] += 40
    for v in _rows(judge(moved, plan, FillMemory())):
        assert v["route"] == "nearest"
        assert "new_setting" in v["flags"]
        assert v["substitute"].count("|") == 2
        assert v["distance"] > 0
        assert v["weight"] > 0.02


def test_an_unknown_facility_is_judged_by_the_makers_nearest_setting(plan: Plan, shots: Batch) -> None:
    for v in _rows(judge(_with(shots, facility="new press"), plan, FillMemory())):
        assert v["route"] == "nearest"
        assert v["facility"] == "new press"
        assert not v["substitute"].startswith("new press")


def test_static_limits_judge_where_nothing_is_trained_and_say_so(plan: Plan, shots: Batch) -> None:
    strange = _with(shots.take(slice(0, 2)), maker="new maker", facility="new press", production=10.0)
    strange = _with(strange, production=(1, 0, 1e6))
    inside, outside = _rows(judge(strange, plan, FillMemory()))
    assert (inside["route"], inside["outcome"], inside["flags"]) == ("limits", "OK", ["not_covered"])
    assert inside["anomaly_score"] is None
    assert inside["model_kind"] is None
    assert outside["outcome"] == "NG"
    assert [(r["variable"], r["evidence"]) for r in outside["reasons"]] == [("cycle_time", "limits")]


def test_a_value_nobody_knows_leads_to_static_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    plan = compile_plan(replace(plant, fills=()), "v1", profile)
    (verdict,) = _rows(judge(_with(shots.take(slice(0, 1)), production=(0, 0, np.nan)), plan, FillMemory()))
    assert (verdict["route"], verdict["flags"], verdict["filled"]) == ("limits", ["not_covered"], {})
    assert verdict["cluster"] is not None


def test_filled_values_are_named_with_their_way(plan: Plan, shots: Batch) -> None:
    holes = _with(shots.take(slice(0, 1)), production=(0, 0, np.nan), settings=(0, 1, np.nan), item=None)
    (verdict,) = _rows(judge(holes, plan, FillMemory()))
    assert set(verdict["filled"]) == {"item", "cycle_time", "barrel_temperature_2_set"}
    assert verdict["filled"]["cycle_time"] == "mean"
    assert verdict["filled"]["barrel_temperature_2_set"] == "mode"


def test_a_record_that_was_hardly_measured_is_warn_at_best(plan: Plan, shots: Batch) -> None:
    half = len(plan.profile.production) // 2
    one = shots.take(slice(0, 1))
    assert (
        _rows(judge(_with(one, production=(0, slice(0, half), np.nan)), plan, FillMemory()))[0]["flags"] == []
    )
    (verdict,) = _rows(judge(_with(one, production=(0, slice(0, half + 1), np.nan)), plan, FillMemory()))
    assert verdict["flags"] == ["mostly_filled"]
    assert verdict["outcome"] in ("WARN", "NG")


def test_a_record_without_any_set_value_still_gets_a_verdict(plan: Plan, shots: Batch) -> None:
    (verdict,) = _rows(judge(_with(shots.take(slice(0, 1)), settings=np.nan), plan, FillMemory()))
    assert verdict["route"] == "trained"
    assert len(verdict["filled"]) == len(plan.profile.settings)


@pytest.mark.parametrize(("rule", "least"), [("flag", "OK"), ("WARN", "WARN"), ("NG", "NG")])
def test_a_range_violation_does_what_the_profile_says(
    plant: TrainedPlant, profile: Profile, shots: Batch, rule: Any, least: str
) -> None:
    strict = replace(profile, threshold=replace(profile.threshold, range_outcome=rule))
    plan = compile_plan(plant, "v1", strict)
    calm = [v["outcome"] for v in _rows(judge(shots, plan, FillMemory()))].index("OK")
    far = _with(shots.take(slice(calm, calm + 1)), production=(0, 2, 1e4))
    (verdict,) = _rows(judge(far, plan, FillMemory()))
    assert verdict["flags"] == ["range_violation"]
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
    moved = _with(shots, production=(slice(None), 2, 1e4))
    moved.settings[:, 0] += 40
    verdicts = _rows(judge(moved, compile_plan(plant, "v1", strict), FillMemory()))
    assert all("range_violation" in v["flags"] for v in verdicts)
    assert [v["outcome"] == "NG" for v in verdicts] == [v["margin"] < 0 for v in verdicts]
    assert {v["outcome"] for v in verdicts} != {"NG"}


def test_change_over_is_flagged_once_across_batches(plan: Plan, plant: TrainedPlant, shots: Batch) -> None:
    facility = plant.models[0].key.facility
    mine = [g for g, m in enumerate(plant.models) if m.key.facility == facility]
    first, other = (_shot_of(plant, shots, g) for g in (mine[0], mine[-1]))
    stream = [first, first, other, other, first]
    whole = _rows(judge(concatenate(stream), plan, FillMemory()))
    assert [v["flags"] for v in whole] == [[], [], ["change_over"], [], ["change_over"]]
    memory, alone = FillMemory(), []
    for shot in stream:
        judged = judge(shot, plan, memory)
        memory = judged.memory
        alone += _rows(judged)
    assert alone == whole


def _shot_of(plant: TrainedPlant, shots: Batch, group: int) -> Batch:
    """A shot in the middle of a group's normal band."""
    model = plant.models[group]
    space = next(s for s in plant.spaces if s.maker == model.key.maker)
    one = _with(
        shots.take(slice(0, 1)), maker=model.key.maker, facility=model.key.facility, item=model.key.item
    )
    return _with(
        one,
        settings=(0, slice(None), space.combinations[model.key.cluster]),
        production=(0, slice(None), model.band_centre),
    )


def test_the_lot_counts_the_plants_own_days(plan: Plan, shots: Batch) -> None:
    one = shots.take(slice(0, 1))
    name = f"{one.facility[0]}|{one.item[0]}"
    # The plant's day begins at 15:00 UTC (+09:00): the last ms of one day, the first of the next.
    for time, day in ((1_704_034_799_999, "2023-12-31"), (1_704_034_800_000, "2024-01-01")):
        (verdict,) = _rows(judge(_with(one, time=time), plan, FillMemory()))
        assert verdict["lot"] == f"{name}|{day}"


def test_a_record_without_time_has_no_lot_and_says_so(plan: Plan, shots: Batch) -> None:
    (verdict,) = _rows(judge(_with(shots.take(slice(0, 1)), time=NO_TIME), plan, FillMemory()))
    assert (verdict["lot"], verdict["shot_time"], verdict["flags"]) == (None, None, ["no_time"])


def test_a_time_outside_the_calendar_has_no_lot(plan: Plan, shots: Batch) -> None:
    for time in (np.iinfo(np.int64).max, NO_TIME + 1, 10**17):
        (verdict,) = _rows(judge(_with(shots.take(slice(0, 1)), time=time), plan, FillMemory()))
        assert verdict["lot"] is None
        assert verdict["outcome"] is not None


def test_a_plan_without_any_model_judges_by_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    plan = compile_plan(replace(plant, models=(), spaces=()), "v1", profile)
    assert {v["route"] for v in _rows(judge(shots, plan, FillMemory()))} == {"limits"}


def test_losses_that_are_not_finite_never_judge(plant: TrainedPlant, profile: Profile, shots: Batch) -> None:
    broken = tuple(
        replace(m, losses=replace(m.losses, maximum=np.inf)) if g == 0 else m
        for g, m in enumerate(plant.models)
    )
    plan = compile_plan(replace(plant, models=broken), "v1", profile)
    (verdict,) = _rows(judge(_shot_of(plant, shots, 0), plan, FillMemory()))
    assert verdict["route"] == "nearest"


def test_weights_that_give_no_number_lead_to_static_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    model = plant.models[1]
    weights = {name: np.full_like(array, np.nan) for name, array in model.weights.items()}
    models = (plant.models[0], replace(model, weights=weights), *plant.models[2:])
    plan = compile_plan(replace(plant, models=models), "v1", profile)
    (verdict,) = _rows(judge(_shot_of(plant, shots, 1), plan, FillMemory()))
    assert (verdict["route"], verdict["flags"], verdict["margin"]) == ("limits", ["not_covered"], None)
