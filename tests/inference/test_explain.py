"""Reasons: the value that was moved is named first, with its band and direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.batch import Batch
from core.profile import Profile
from inference.explain import contributions, explain, explain_limits
from inference.plan import Plan, compile_plan
from models.artifact import TrainedPlant

VARIABLE = 4
Floats = NDArray[np.float64]


def _identity_plan(plant: TrainedPlant, profile: Profile) -> Plan:
    """One autoencoder that always answers the middle: each input counts for itself."""
    p = len(profile.production)
    weights = {
        "w0": np.zeros((p, 1), np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.zeros((1, p), np.float32),
        "b1": np.full(p, 0.5, np.float32),
    }
    model = replace(plant.models[1], kind="autoencoder", weights=weights)
    return compile_plan(replace(plant, models=(model,)), "v1", profile)


def _scored(plan: Plan, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    group = np.zeros(len(values), dtype=np.intp)
    return group, plan.score(plan.ranges.scale(values, group), group)


@pytest.fixture
def middle(plant: TrainedPlant, profile: Profile) -> Plan:
    return _identity_plan(plant, profile)


def test_the_moved_value_is_named_with_band_and_direction(middle: Plan) -> None:
    ranges = middle.ranges
    values = np.repeat(ranges.band_centre, 2, axis=0)
    half = (ranges.trained.high - ranges.trained.low)[0, VARIABLE] / 2
    values[0, VARIABLE] += 0.9 * half
    values[1, VARIABLE] -= 0.9 * half
    high, low = explain(values, *_scored(middle, values), middle)
    names = [variable.name for variable in middle.profile.production]
    assert high[0].pop("measured") == dict(zip(names, values[0].tolist(), strict=True))
    effects = high[0].pop("effects")
    assert high[0] == {
        "variable": names[VARIABLE],
        "value": values[0, VARIABLE],
        "low": ranges.band_low[0, VARIABLE],
        "high": ranges.band_high[0, VARIABLE],
        "direction": "high",
        "contribution": 1.0,
        "effect": pytest.approx(0.45 / len(names), abs=1e-6),  # the mean error falls by its own
        "evidence": "score",
    }
    assert effects == {name: 1000 if name == names[VARIABLE] else 0 for name in names}
    assert low[0]["direction"] == "low"


def test_the_first_reason_alone_carries_every_value(middle: Plan) -> None:
    values = middle.ranges.band_centre.copy()
    values[0, :3] += (middle.ranges.trained.high - middle.ranges.trained.low)[0, :3] * [0.1, 0.2, 0.3]
    first, *others = explain(values, *_scored(middle, values), middle)[0]
    assert len(first["measured"]) == len(first["effects"]) == values.shape[1]
    assert [first["effects"][variable.name] for variable in middle.profile.production[:4]] == [
        167,
        333,
        500,
        0,
    ]
    assert all("measured" not in reason and "effects" not in reason for reason in others)


def test_of_values_with_equal_shares_the_one_outside_its_band_is_named_first(middle: Plan) -> None:
    ranges = middle.ranges
    width = (ranges.trained.high - ranges.trained.low)[0]
    values = ranges.band_centre.copy()
    values[0, 1] += 0.5 * width[1]  # both clip to the same 1.0, the second is further outside
    values[0, VARIABLE] += 0.9 * width[VARIABLE]
    first, second = explain(values, *_scored(middle, values), middle)[0]
    assert (first["variable"], first["evidence"]) == (middle.profile.production[VARIABLE].name, "score")
    assert first["contribution"] == second["contribution"] == 0.5


def test_a_value_outside_its_band_is_told_even_where_the_score_does_not_fall(
    plant: TrainedPlant, profile: Profile
) -> None:
    p = len(profile.production)
    decoder = np.zeros((1, p), np.float32)
    answer = np.full(p, 0.5, np.float32)
    answer[VARIABLE] = 1.0  # reproduces the strange value better than the usual one
    weights = {"w0": np.zeros((p, 1), np.float32), "b0": np.zeros(1, np.float32), "w1": decoder, "b1": answer}
    model = replace(plant.models[1], kind="autoencoder", weights=weights)
    plan = compile_plan(replace(plant, models=(model,)), "v1", profile)
    ranges = plan.ranges
    values = ranges.band_centre.copy()
    values[0, 1] += 0.2 * ranges.width[0, 1]
    values[0, VARIABLE] += 0.5 * ranges.width[0, VARIABLE]
    told = explain(values, *_scored(plan, values), plan)[0]
    assert [(r["variable"], r["evidence"]) for r in told] == [
        (profile.production[1].name, "score"),
        (profile.production[VARIABLE].name, "band"),
    ]
    assert told[1]["effect"] < 0
    assert told[1]["contribution"] == 0.0


def test_effects_of_a_score_of_nothing_are_unknown(middle: Plan) -> None:
    values = middle.ranges.band_centre.copy()
    values[0, VARIABLE] = middle.ranges.band_high[0, VARIABLE] * 1.01
    (reasons,) = explain(values, np.zeros(1, dtype=np.intp), np.zeros(1), middle)
    assert set(reasons[0]["effects"].values()) == {None}


def test_contributions_share_out_the_score(middle: Plan) -> None:
    ranges = middle.ranges
    values = ranges.band_centre.copy()
    width = (ranges.trained.high - ranges.trained.low)[0]
    values[0, :3] += width[:3] * [0.1, 0.2, 0.3]
    shares = contributions(values, *_scored(middle, values), middle)
    np.testing.assert_allclose(shares[0, :3], [1 / 6, 2 / 6, 3 / 6], atol=1e-5)
    named = [r["variable"] for r in explain(values, *_scored(middle, values), middle)[0]]
    assert named == [middle.profile.production[j].name for j in (2, 1, 0)]


def test_a_range_violation_comes_first_even_when_clipping_hides_it(middle: Plan) -> None:
    ranges = middle.ranges
    width = (ranges.trained.high - ranges.trained.low)[0]
    values = ranges.band_centre.copy()
    values[0, 1] += 0.5 * width[1]  # at the edge: clipped to the same 1.0 as the next
    values[0, VARIABLE] += 50 * width[VARIABLE]
    first, second, *_ = explain(values, *_scored(middle, values), middle)[0]
    assert (first["variable"], first["evidence"]) == (middle.profile.production[VARIABLE].name, "range")
    assert (second["variable"], second["evidence"]) == (middle.profile.production[1].name, "score")


def test_where_no_value_lowers_the_score_the_distance_from_the_band_tells(middle: Plan) -> None:
    ranges = middle.ranges
    values = ranges.band_centre.copy()
    values[0, VARIABLE] = ranges.band_high[0, VARIABLE] * 1.01
    group = np.zeros(1, dtype=np.intp)
    shares = contributions(values, group, np.zeros(1), middle)
    assert shares[0].argmax() == VARIABLE
    assert shares[0].sum() == pytest.approx(1)


def test_all_detectors_explain_the_same_way(
    plan: Plan, plant: TrainedPlant, make_shots: Callable[..., Batch]
) -> None:
    values = make_shots(plant, 60).production
    group = (np.arange(60) % len(plant.models)).astype(np.intp)
    score = plan.score(plan.ranges.scale(values, group), group)
    together = explain(values, group, score, plan)
    assert {len(reasons) > 0 for reasons in together} == {True}
    assert {plan.kinds[g] for g in group} == {"isolation_forest", "autoencoder", "memae"}
    for i in range(60):
        part = slice(i, i + 1)
        assert explain(values[part], group[part], score[part], plan) == together[i : i + 1]


def test_broken_static_limits_are_named(plan: Plan, profile: Profile) -> None:
    s = len(profile.settings)
    values = np.full((1, s + len(profile.production)), 10.0)
    values[0, s] = -1.0
    values[0, 1] = np.nan
    outside = (values < plan.limits[0]) | (values > plan.limits[1])
    (reasons,) = explain_limits(values, outside, plan)
    measured = reasons[0].pop("measured")
    assert measured == {v.name: 10.0 for v in profile.production} | {"cycle_time": -1.0}
    assert reasons[0].pop("effects") == {}
    assert reasons == [
        {
            "variable": "cycle_time",
            "value": -1.0,
            "low": 0.0,
            "high": 900.0,
            "direction": "low",
            "contribution": None,
            "effect": None,
            "evidence": "limits",
        }
    ]
