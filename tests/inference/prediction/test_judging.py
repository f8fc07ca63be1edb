"""The common verdict of predicted sizes: nominal, tolerance, guard band, and what is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import Profile, Variable
from inference.judge import judge
from inference.plan import Plan, compile_plan
from inference.prediction.predictor import Predictor
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.prediction.plants import MISSES, SETTINGS, Floats, welds

KNOWN = [45.0, 140.0, 8.0, 80.0]  # depth 1.18, width 1.97


def sized(profile: Profile, **sizes: tuple[float, float] | None) -> Profile:
    """The profile with other nominal sizes and tolerances."""

    def changed(variable: Variable) -> Variable:
        if variable.name not in sizes:
            return variable
        nominal, tolerance = sizes[variable.name] or (None, None)
        return replace(variable, nominal=nominal, tolerance=tolerance)

    return replace(profile, variables=tuple(map(changed, profile.variables)))


@pytest.fixture(scope="module")
def verdicts_of(
    weld_plant: TrainedPlant, with_misses: Callable[[Floats], Predictor]
) -> Callable[..., list[dict[str, Any]]]:
    """``verdicts_of(profile, rows, misses=MISSES)``."""

    def judged(profile: Profile, rows: Any, misses: Floats = MISSES) -> list[dict[str, Any]]:
        plant = replace(weld_plant, predictor=with_misses(misses).trained)
        plan = compile_plan(plant, "v1", profile)
        return list(judge(welds(profile, rows), plan, FillMemory()).verdicts.rows())

    return judged


@pytest.fixture(scope="module")
def weld_plan(weld_plant: TrainedPlant, welding: Profile) -> Plan:
    return compile_plan(weld_plant, "v1", welding)


def test_a_size_on_its_nominal_is_ok_and_the_columns_say_how(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    profile = sized(welding, depth=(1.2, 0.2), width=(2.0, 0.5))

    (verdict,) = verdicts_of(profile, [KNOWN])

    # depth 1.18: 0.1 tolerances off; its interval reaches 0.12 / 0.2 = 0.6
    assert verdict["outcome"] == "OK"
    assert verdict["route"] == "trained"
    assert verdict["substitute"] is None
    assert verdict["distance"] is None
    assert verdict["model_kind"] == "linear_regression"
    assert verdict["cluster"] == 2
    numbers = ("anomaly_score", "scaled_score", "base", "tolerance", "margin")
    assert [round(verdict[name], 9) for name in numbers] == [0.1, 0.1, 0.5, 0.5, 0.9]
    assert verdict["weight"] == pytest.approx(1.0)


def test_an_interval_beyond_the_tolerance_warns_and_a_size_beyond_it_is_ng(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    outcomes = [
        verdicts_of(sized(welding, depth=(1.18, tolerance)), [KNOWN])[0]["outcome"]
        for tolerance in (0.11, 0.09)
    ]
    off = verdicts_of(sized(welding, depth=(1.3, 0.1)), [KNOWN])[0]

    assert outcomes == ["OK", "WARN"]
    assert off["outcome"] == "NG"
    assert off["margin"] < 0


def test_reasons_name_every_size_with_value_band_and_interval_the_furthest_off_first(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    (verdict,) = verdicts_of(sized(welding, depth=(1.0, 0.15), width=(2.0, 0.5)), [KNOWN])

    first, second = verdict["reasons"]
    assert (first["variable"], second["variable"]) == ("depth", "width")
    assert [round(first[key], 9) for key in ("value", "low", "high")] == [1.18, 0.85, 1.15]
    assert np.round(first["interval"], 9).tolist() == [1.08, 1.28]
    assert (first["direction"], second["direction"]) == ("high", "low")
    assert first["contribution"] + second["contribution"] == pytest.approx(1.0, abs=1e-4)
    assert first["evidence"] == "predicted"
    assert first["measured"] == {
        "weld_current": 45.0,
        "focus_current": 140.0,
        "weld_speed": 8.0,
        "focal_distance": 80.0,
    }
    assert np.round(first["predicted"]["width"], 9).tolist() == [1.97, 1.87, 2.07]


def test_a_setting_never_run_is_judged_by_the_nearest_with_its_distance(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    (verdict,) = verdicts_of(welding, [[46.0, 140.0, 8.0, 80.0]])

    assert verdict["route"] == "nearest"
    assert verdict["substitute"] == "IW 45, IF 140, VW 8, FP 80"
    assert verdict["distance"] == pytest.approx(1 / 6)
    assert "new_setting" in verdict["flags"]
    assert verdict["anomaly_score"] is not None


@pytest.mark.parametrize(
    ("row", "flags", "told"),
    [
        ([52.0, 140.0, 8.0, 80.0], {"range_violation", "new_setting"}, [("weld_current", 43.0, 49.0)]),
        (
            [43.0, 131.0, 12.0, 60.0],
            {"new_setting"},
            [("focus_current", 140.0, 140.0), ("weld_speed", 8.0, 8.0)],
        ),
    ],
)
def test_outside_and_far_are_never_ok_and_say_what_is_not_known(
    verdicts_of: Callable[..., list[dict[str, Any]]],
    welding: Profile,
    row: list[float],
    flags: set[str],
    told: list[tuple[str, float, float]],
) -> None:
    (verdict,) = verdicts_of(sized(welding, depth=(1.2, 19.0), width=(2.0, 19.0)), [row])

    assert verdict["outcome"] == "WARN"
    assert verdict["route"] == "limits"
    assert verdict["anomaly_score"] is None
    assert verdict["model_kind"] is None
    assert {"not_covered"} | flags <= set(verdict["flags"])
    assert [(one["variable"], one["low"], one["high"]) for one in verdict["reasons"]] == told
    assert {one["evidence"] for one in verdict["reasons"]} == {"range"}


def test_beyond_the_physical_limits_is_ng_with_the_limit_named(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    (verdict,) = verdicts_of(welding, [[45.0, 140.0, 0.0, 80.0]])

    assert verdict["outcome"] == "NG"
    assert verdict["route"] == "limits"
    (reason,) = verdict["reasons"]
    assert (reason["variable"], reason["evidence"], reason["low"]) == ("weld_speed", "limits", 0.5)


def test_a_missing_input_warns_names_it_and_leaves_the_neighbours_alone(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    unfilled = replace(welding, variables=tuple(replace(v, fill=()) for v in welding.variables))

    lacking, whole = verdicts_of(unfilled, [[45.0, np.nan, 8.0, 80.0], KNOWN])

    assert (lacking["outcome"], lacking["route"], lacking["cluster"]) == ("WARN", "limits", None)
    assert [(one["variable"], one["value"]) for one in lacking["reasons"]] == [("focus_current", None)]
    assert whole["route"] == "trained"


def test_where_no_size_is_wanted_there_is_no_score_and_nothing_is_ok(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    profile = sized(welding, depth=None, width=None)

    inside, outside, broken = verdicts_of(profile, [KNOWN, [52, 140, 8, 80], [45, 140, 0, 80]])

    assert [v["route"] for v in (inside, outside, broken)] == ["limits"] * 3
    assert [v["outcome"] for v in (inside, outside, broken)] == ["WARN", "WARN", "NG"]
    assert [v["anomaly_score"] for v in (inside, outside, broken)] == [None] * 3
    assert [(one["variable"], one["low"]) for one in inside["reasons"]] == [("depth", None), ("width", None)]
    assert {one["evidence"] for one in inside["reasons"]} == {"unwanted"}


def test_one_wanted_size_is_enough_for_a_score(
    verdicts_of: Callable[..., list[dict[str, Any]]], welding: Profile
) -> None:
    (verdict,) = verdicts_of(sized(welding, depth=(1.28, 0.2), width=None), [KNOWN])

    assert round(verdict["anomaly_score"], 9) == 0.5


def test_most_inputs_filled_warns(weld_plan: Plan, welding: Profile) -> None:
    ways = tuple(replace(v, fill=("forward",)) for v in welding.variables)
    plan = replace(weld_plan, profile=replace(welding, variables=ways))
    batch = welds(plan.profile, [KNOWN, [45.0, np.nan, np.nan, np.nan]])

    first, second = judge(batch, plan, FillMemory()).verdicts.rows()

    assert "mostly_filled" not in first["flags"]
    assert "mostly_filled" in second["flags"]
    assert second["outcome"] == "WARN"
    assert set(second["filled"]) == {"focus_current", "weld_speed", "focal_distance"}


ROWS = st.lists(
    st.one_of(
        st.sampled_from(SETTINGS.tolist()),
        st.tuples(st.floats(40, 52), st.floats(128, 150), st.floats(0.2, 14), st.floats(50, 130)).map(list),
    ),
    min_size=1,
    max_size=12,
)
TOLERANCES = st.tuples(st.floats(0.01, 2), st.floats(0.01, 2))


@settings(max_examples=60, deadline=None)
@given(ROWS, TOLERANCES, st.floats(1, 3))
def test_a_wider_tolerance_never_makes_an_outcome_worse(
    verdicts_of: Callable[..., list[dict[str, Any]]],
    welding: Profile,
    rows: list[list[float]],
    tolerances: tuple[float, float],
    wider: float,
) -> None:
    order = ["OK", "WARN", "NG"]
    narrow, wide = (
        verdicts_of(
            sized(welding, depth=(1.2, factor * tolerances[0]), width=(2.0, factor * tolerances[1])), rows
        )
        for factor in (1.0, wider)
    )

    for before, after in zip(narrow, wide, strict=True):
        assert order.index(after["outcome"]) <= order.index(before["outcome"])


@settings(max_examples=60, deadline=None)
@given(ROWS, TOLERANCES, st.floats(0.001, 1))
def test_the_guard_band_is_that_of_iso_14253(
    verdicts_of: Callable[..., list[dict[str, Any]]],
    welding: Profile,
    predictor: Predictor,
    with_misses: Callable[[Floats], Predictor],
    rows: list[list[float]],
    tolerances: tuple[float, float],
    miss: float,
) -> None:
    profile = sized(welding, depth=(1.2, tolerances[0]), width=(2.0, tolerances[1]))
    misses = np.full(5, miss)
    predicted, placed = with_misses(misses).predict(np.array(rows)), predictor.place(np.array(rows))
    nominal, tolerance = np.array([1.2, 2.0]), np.array(tolerances)
    beyond = (np.abs(predicted.mean - nominal) / tolerance > 1).any(axis=1)
    reaches = (np.maximum(predicted.high - nominal, nominal - predicted.low) / tolerance > 1).any(axis=1)

    for k, verdict in enumerate(verdicts_of(profile, rows, misses)):
        if placed.standing[k] >= 2:
            assert verdict["outcome"] != "OK"
            assert verdict["route"] == "limits"
            assert verdict["reasons"]
        else:
            assert verdict["outcome"] == ("NG" if beyond[k] else "WARN" if reaches[k] else "OK")
            assert (verdict["margin"] < 0) == (verdict["outcome"] == "NG")
            assert verdict["base"] + verdict["tolerance"] == pytest.approx(1.0)
            assert verdict["route"] == ("trained" if placed.standing[k] == 0 else "nearest")


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_batch_is_judged_as_its_rows_one_by_one(
    weld_plan: Plan, welding: Profile, rows: list[list[float]]
) -> None:
    batch = welds(welding, rows)
    whole = list(judge(batch, weld_plan, FillMemory()).verdicts.rows())

    memory, single = FillMemory(), []
    for k in range(len(batch)):
        judged = judge(batch.take(slice(k, k + 1)), weld_plan, memory)
        memory = judged.memory
        single += list(judged.verdicts.rows())

    assert single == whole


def test_compiled_loops_and_numpy_settle_alike(weld_plant: TrainedPlant, welding: Profile) -> None:
    rows = [KNOWN, [46.0, 140.0, 8.0, 80.0], [52.0, 140.0, 8.0, 80.0], [45.0, 140.0, 0.0, 80.0]]
    batch = welds(welding, rows)

    plain, compiled = (
        list(judge(batch, compile_plan(weld_plant, "v1", welding, library), FillMemory()).verdicts.rows())
        for library in (None, "installed")
    )

    assert plain == compiled


def test_an_empty_batch_is_judged(weld_plan: Plan, welding: Profile) -> None:
    assert len(judge(Batch.empty(welding), weld_plan, FillMemory()).verdicts) == 0
