"""Which model judges, and where none can, the static limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from inference.judge import judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.judge.changed_shots import rows_of, shot_of, with_columns


def test_a_setting_history_never_saw_takes_the_nearest_route(plan: Plan, shots: Batch) -> None:
    moved = with_columns(shots)
    moved.settings[:, 0] += 40
    for v in rows_of(judge(moved, plan, FillMemory())):
        assert v["route"] == "nearest"
        assert "new_setting" in v["flags"]
        assert v["substitute"].count("|") == 2
        assert v["distance"] > 0
        assert v["weight"] > 0.02


def test_an_unknown_facility_is_judged_by_the_makers_nearest_setting(plan: Plan, shots: Batch) -> None:
    for v in rows_of(judge(with_columns(shots, facility="new press"), plan, FillMemory())):
        assert v["route"] == "nearest"
        assert v["facility"] == "new press"
        assert not v["substitute"].startswith("new press")


def test_static_limits_judge_where_nothing_is_trained_and_say_so(plan: Plan, shots: Batch) -> None:
    strange = with_columns(shots.take(slice(0, 2)), maker="new maker", facility="new press", production=10.0)
    strange = with_columns(strange, production=(1, 0, 1e6))
    inside, outside = rows_of(judge(strange, plan, FillMemory()))
    assert (inside["route"], inside["outcome"], inside["flags"]) == (
        "limits",
        "OK",
        ["not_covered", "warm_up"],
    )
    assert inside["anomaly_score"] is None
    assert inside["model_kind"] is None
    assert outside["outcome"] == "NG"
    assert [(r["variable"], r["evidence"]) for r in outside["reasons"]] == [("cycle_time", "limits")]


def test_a_value_nobody_knows_leads_to_static_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    plan = compile_plan(replace(plant, fills=()), "v1", profile)
    (verdict,) = rows_of(
        judge(with_columns(shots.take(slice(0, 1)), production=(0, 0, np.nan)), plan, FillMemory())
    )
    assert (verdict["route"], verdict["flags"], verdict["filled"]) == (
        "limits",
        ["not_covered", "warm_up"],
        {},
    )
    assert verdict["cluster"] is not None


def test_a_plan_without_any_model_judges_by_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    plan = compile_plan(replace(plant, models=(), spaces=()), "v1", profile)
    assert {v["route"] for v in rows_of(judge(shots, plan, FillMemory()))} == {"limits"}


def test_losses_that_are_not_finite_never_judge(plant: TrainedPlant, profile: Profile, shots: Batch) -> None:
    broken = tuple(
        replace(m, losses=replace(m.losses, maximum=np.inf)) if g == 0 else m
        for g, m in enumerate(plant.models)
    )
    plan = compile_plan(replace(plant, models=broken), "v1", profile)
    (verdict,) = rows_of(judge(shot_of(plant, shots, 0), plan, FillMemory()))
    assert verdict["route"] == "nearest"


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_weights_that_give_no_number_lead_to_static_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    model = plant.models[1]
    # Finite, or they would be refused when the plan is compiled; what comes of them is not.
    weights = {name: np.full_like(array, 1e30) for name, array in model.weights.items()}
    models = (plant.models[0], replace(model, weights=weights), *plant.models[2:])
    plan = compile_plan(replace(plant, models=models), "v1", profile)
    (verdict,) = rows_of(judge(shot_of(plant, shots, 1), plan, FillMemory()))
    assert (verdict["route"], verdict["flags"], verdict["margin"]) == (
        "limits",
        ["not_covered", "warm_up"],
        None,
    )
