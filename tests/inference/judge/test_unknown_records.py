"""Records that training never met: a facility, an item, no set values at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from inference.judge import judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.judge.changed_shots import rows_of, with_columns

NOTHING = (
    "substitute",
    "distance",
    "model_kind",
    "anomaly_score",
    "scaled_score",
    "base",
    "weight",
    "tolerance",
)


def judged_by_limits(verdict: dict[str, Any]) -> bool:
    """Whether it says that no model had a part in it."""
    assert [verdict[name] for name in NOTHING] == [None] * len(NOTHING)
    assert verdict["margin"] is None
    assert "not_covered" in verdict["flags"]
    return bool(verdict["route"] == "limits")


def one(shots: Batch, **columns: Any) -> Batch:
    return with_columns(shots.take(slice(0, 1)), **columns)


@pytest.mark.parametrize("unknown", [{"facility": "new press"}, {"item": "new item"}])
def test_an_unknown_facility_or_item_has_a_substitute_of_its_maker_named(
    plan: Plan, shots: Batch, unknown: dict[str, str]
) -> None:
    (verdict,) = rows_of(judge(one(shots, **unknown), plan, FillMemory()))

    assert verdict["route"] == "nearest"
    assert verdict["substitute"] in set(plan.labels[:-1])
    assert verdict["distance"] >= 0


def test_a_facility_and_item_of_an_unknown_maker_are_judged_by_limits(plan: Plan, shots: Batch) -> None:
    strange = one(shots, maker="new maker", facility="new press", item="new item", production=10.0)

    (verdict,) = rows_of(judge(strange, plan, FillMemory()))

    assert judged_by_limits(verdict)
    assert (verdict["outcome"], verdict["reasons"], verdict["cluster"]) == ("OK", [], None)


def test_without_any_set_value_nothing_passes_for_its_own_model_unsaid(plan: Plan, shots: Batch) -> None:
    (verdict,) = rows_of(judge(one(shots, settings=np.nan), plan, FillMemory()))

    names = {variable.name for variable in plan.profile.settings}
    assert names <= set(verdict["filled"])


def test_set_values_that_nothing_can_fill_lead_to_limits(
    plant: TrainedPlant, profile: Profile, shots: Batch
) -> None:
    plan = compile_plan(replace(plant, fills=()), "v1", profile)

    (verdict,) = rows_of(judge(one(shots, settings=np.nan), plan, FillMemory()))

    assert judged_by_limits(verdict)
    assert (verdict["cluster"], verdict["filled"]) == (None, {})


def test_limits_say_ng_with_the_limit_that_was_broken(plan: Plan, shots: Batch) -> None:
    low = plan.profile.production[0].limits
    assert low is not None
    strange = one(shots, maker="new maker", production=(0, 0, low[0] - 1.0))

    (verdict,) = rows_of(judge(strange, plan, FillMemory()))

    assert judged_by_limits(verdict)
    assert verdict["outcome"] == "NG"
    assert {reason["evidence"] for reason in verdict["reasons"]} == {"limits"}
