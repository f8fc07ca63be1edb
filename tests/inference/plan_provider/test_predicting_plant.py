"""The plan of a process that predicts: loaded, exchanged, refused, under no choice of a limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.errors import ConfigError, ModelRefused
from core.profile import Profile
from core.profile_file import load_profile
from inference.drift.report import drift_of
from inference.judge import judge
from inference.plan_provider import PlanProvider, load_plan
from inference.shadow_tally import tally
from inference.store.choices import ThresholdChoice
from inference.stored_choice import refuse_predicting
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from models.predictor_golden import PredictorGolden
from models.registry import Registry
from tests.inference.plan_provider.conftest import NOON
from tests.inference.prediction.plants import SETTINGS, predicting_plant, welds


@pytest.fixture(scope="module")
def welding() -> Profile:
    return load_profile("beam_welding")


@pytest.fixture(scope="module")
def weld_plant(welding: Profile) -> TrainedPlant:
    return predicting_plant(welding)


def test_a_newer_version_is_taken_and_predicts_as_it_was_trained(
    registry: Registry, welding: Profile, weld_plant: TrainedPlant
) -> None:
    first = registry.save(weld_plant, now=NOON)
    plans = PlanProvider(registry, welding)
    assert plans().version == first
    wider = replace(predicting_plant(welding, np.full(10, 0.5)))

    second = registry.save(wider, now=NOON + timedelta(hours=1))

    predictor = plans().predictor
    assert predictor is not None
    assert predictor.version == second
    predicted = predictor.predict(SETTINGS[:1])
    assert (predicted.high - predicted.mean).round(6).tolist() == [[0.5, 0.5]]


def test_a_version_that_predicts_otherwise_than_in_training_does_not_judge(
    registry: Registry, welding: Profile, weld_plant: TrainedPlant
) -> None:
    assert weld_plant.predictor is not None
    golden = PredictorGolden(SETTINGS[:1], np.full((1, 4), 9.0), np.ones((1, 4)))
    registry.save(replace(weld_plant, predictor=replace(weld_plant.predictor, golden=golden)), now=NOON)

    with pytest.raises(ModelRefused, match="golden prediction 0"):
        load_plan(registry, None, welding)


def test_a_version_of_another_process_is_refused_both_ways(
    registry: Registry, profile: Profile, welding: Profile, plant: TrainedPlant, weld_plant: TrainedPlant
) -> None:
    judges = registry.save(plant, now=NOON)
    predicts = registry.save(weld_plant, now=NOON + timedelta(hours=1))

    with pytest.raises(ModelRefused, match="of the process 'injection_molding', which judges what"):
        load_plan(registry, judges, welding)
    with pytest.raises(ModelRefused, match="of the process 'beam_welding', which predicts targets"):
        load_plan(registry, predicts, profile)


def test_a_stored_choice_of_a_limit_counts_for_nothing_and_it_is_said(
    registry: Registry, welding: Profile, weld_plant: TrainedPlant
) -> None:
    registry.save(weld_plant, now=NOON)
    plans = PlanProvider(registry, welding, lambda: ThresholdChoice(3, 0, "kim", "less", {"cv_gain": 1.5}))

    plan = plans()

    assert plan.choice == 0
    assert plans() is plan
    assert "threshold choice 3: it is of another process" in (plans.problem or "")


def test_there_is_no_limit_to_choose(profile: Profile, welding: Profile) -> None:
    refuse_predicting(profile)
    with pytest.raises(ConfigError, match="nominal sizes and tolerances of the targets"):
        refuse_predicting(welding)


def test_a_challenger_is_compared_record_by_record(
    registry: Registry, welding: Profile, weld_plant: TrainedPlant
) -> None:
    registry.save(weld_plant, now=NOON)
    plan, plant = load_plan(registry, None, welding)
    strict = replace(
        welding,
        variables=tuple(
            replace(v, nominal=3.0, tolerance=0.1) if v.role == "target" else v for v in welding.variables
        ),
    )
    rival, _ = load_plan(registry, None, strict)
    batch = welds(welding, SETTINGS.tolist())

    champion, challenger = (judge(batch, one, FillMemory()).verdicts for one in (plan, rival))
    counted = tally(champion, challenger, 0)

    assert sum(sum(one[:4]) for one in counted.values()) == len(batch)
    assert sum(one.challenger for one in counted.values()) == len(batch)
    drift = drift_of((), plant, welding)
    assert drift.groups() == []
    assert not drift.proposal(0)["retrain"]
