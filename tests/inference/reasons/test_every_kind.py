"""Reasons of every detector that the wiring knows: what is told is true, and names the cause."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.profile import GroupKey
from core.profile_file import load_profile
from inference.explain import explain
from inference.plan import Plan, compile_plan
from inference.wiring import detectors
from ingest.plant.defect import CAUSES
from models.artifact import GroupModel, SettingSpace, TrainedPlant
from models.detector import Task
from models.losses import fixed_threshold, summarise
from models.scaling import InputRange
from tests.inference.reasons.planted import GUILTY, NAMES, Planted, normal_shots, planted

Floats = NDArray[np.float64]

KINDS = sorted(detectors())
QUICK: dict[str, dict[str, Any]] = {
    "autoencoder": {"hidden": [32, 6], "epochs": 80, "patience": 20},
    "memae": {"hidden": [32, 6], "epochs": 80, "patience": 20, "slots": 50},
    "ensemble": {"members": ["mean_z2", "pca", "nearest_neighbours"], "folds": 2},
}
"""Parameters of the slow ones; all others as they are by default."""
LEAST = 0.9
RUNS = 40


@cache
def shots() -> Floats:
    return normal_shots(50, seed=100)


@cache
def faults(kind: str) -> Planted:
    return planted(kind, RUNS, seed=200 + CAUSES.index(kind))


@cache
def plan_of(kind: str) -> Plan:
    """The plan of one group with this kind of detector, trained on normal shots."""
    profile = load_profile("injection_molding")
    values = shots()
    limits = InputRange.fit(values)
    x = limits.scale(values)
    task = Task(x[:-200], x[-200:], seed=3)
    ((_, fitted),) = detectors()[kind].fit_many([task], QUICK.get(kind, {}))
    losses = summarise(-fitted.score_samples(x), trim=0)
    s = len(profile.settings)
    low, centre, high = np.quantile(values, [0.005, 0.5, 0.995], axis=0)
    model = GroupModel(
        GroupKey("A", "A-01", "cap", 0), kind, fitted.export(), limits.low, limits.high, low, centre, high,
        losses, fixed_threshold(losses, profile.threshold.fixed_sigmas), np.zeros(s), len(x), 9, 0.0, (0, 1),
    )  # fmt: skip
    space = SettingSpace(
        "A", np.zeros(s), np.ones(s), np.zeros((1, s)), np.ones(1), np.zeros((1, s)), np.zeros(1, np.int64)
    )
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    plant = TrainedPlant(profile.name, profile.sha256, *names, (space,), (model,), (), (), {})
    return compile_plan(plant, "v1", profile)


def flagged(plan: Plan, values: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which shots are worse than the base or out of range, and all scores."""
    score, beyond = plan.assess(values, np.zeros(len(values), dtype=np.intp))
    return (score > plan.losses.base[0]) | beyond, score


def half_band(plan: Plan) -> Floats:
    half: Floats = (plan.ranges.band_high[0] - plan.ranges.band_low[0]) / 2
    return half


@pytest.mark.parametrize("kind", KINDS)
def test_an_effect_is_the_fall_of_the_score_with_the_usual_value_put_back(kind: str) -> None:
    plan, cause = plan_of(kind), faults("wrong_material")
    which, score = flagged(plan, cause.faulty)
    values, score = cause.faulty[which][:20], score[which][:20]
    group = np.zeros(len(values), dtype=np.intp)
    negative = 0
    for row, reasons in enumerate(explain(values, group, score, plan)):
        put_back = np.repeat(values[row : row + 1], len(NAMES), axis=0)
        np.fill_diagonal(put_back, plan.ranges.band_centre[0])
        after = plan.assess(put_back, np.zeros(len(NAMES), dtype=np.intp))[0]
        effects = np.array([reasons[0]["effects"][name] for name in NAMES])
        fall = dict(zip(NAMES, (score[row] - after).tolist(), strict=True))
        np.testing.assert_allclose(effects / 1000, (score[row] - after) / score[row], rtol=0, atol=6e-4)
        for reason in reasons:
            assert reason["effect"] == pytest.approx(
                fall[reason["variable"]], rel=0, abs=1e-6 + 1e-5 * score[row]
            )
            assert (reason["effect"] > 0) == (reason["contribution"] > 0) or reason["evidence"] == "range"
        negative += int((effects < 0).sum())
    if kind != "mean_z2":  # every value stands for itself: the usual one is never worse
        assert negative > 0


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_fault_moved_is_among_the_first_two_reasons(kind: str, cause: str) -> None:
    plan, fault = plan_of(kind), faults(cause)
    which, score = flagged(plan, fault.faulty)
    values = fault.faulty[which]
    assert len(values) >= 20, "too few flagged shots to tell"
    guilty = fault.guilty(half_band(plan))[which]
    found = explain(values, np.zeros(len(values), dtype=np.intp), score[which], plan)
    named = [[NAMES.index(reason["variable"]) for reason in reasons[:2]] for reasons in found]
    hit = np.mean([guilty[row, columns].any() for row, columns in enumerate(named)])
    assert hit >= LEAST


@pytest.mark.parametrize("kind", KINDS)
def test_a_reading_that_failed_alone_is_the_first_reason(kind: str) -> None:
    plan, fault = plan_of(kind), faults("sensor_fault")
    alone = fault.reading >= 0
    values, column = fault.faulty[alone], fault.reading[alone]
    which, score = flagged(plan, values)
    found = explain(values[which], np.zeros(int(which.sum()), dtype=np.intp), score[which], plan)
    first = [NAMES.index(reasons[0]["variable"]) for reasons in found]
    assert np.mean(np.array(first) == column[which]) >= LEAST


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("half_bands", [2.0, 4.0])
def test_a_value_moved_alone_is_among_the_first_two_reasons(kind: str, half_bands: float) -> None:
    plan, random = plan_of(kind), np.random.default_rng(7)
    values = normal_shots(10, seed=300)
    column = random.integers(0, len(NAMES), len(values))
    sign = np.where(random.random(len(values)) < 0.5, -1.0, 1.0)
    rows = np.arange(len(values))
    values[rows, column] = plan.ranges.band_centre[0, column] + sign * half_bands * half_band(plan)[column]
    score = flagged(plan, values)[1]
    # One value moved by so little seldom passes a limit: the reasons of the worst are looked at.
    which = score >= np.quantile(score, 0.5)
    found = explain(values[which], np.zeros(int(which.sum()), dtype=np.intp), score[which], plan)
    hits = [
        NAMES[moved] in [reason["variable"] for reason in reasons[:2]]
        for moved, reasons in zip(column[which].tolist(), found, strict=True)
    ]
    assert np.mean(hits) >= LEAST


@pytest.mark.parametrize("cause", CAUSES)
def test_the_list_of_guilty_variables_is_what_the_simulator_moves(cause: str) -> None:
    fault = faults(cause)
    low, _, high = np.quantile(shots(), [0.005, 0.5, 0.995], axis=0)
    moved = np.median(np.abs(fault.faulty - fault.clean) / ((high - low) / 2), axis=0)
    listed = np.isin(NAMES, GUILTY[cause])
    if listed.any():
        assert moved[listed].min() >= 1 or cause == "drift"
        assert moved.argmax() in np.flatnonzero(listed)
    assert fault.guilty((high - low) / 2).any(axis=1).all()


def test_every_kind_and_every_fault_is_covered() -> None:
    assert set(GUILTY) == set(CAUSES)
    assert len(KINDS) == len(detectors()) >= 3
