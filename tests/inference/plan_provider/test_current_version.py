"""The plan is that of the registry's current version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.errors import ModelNotFound
from core.profile import Profile
from inference.plan_provider import PlanProvider
from models.artifact import TrainedPlant
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_says_what_to_do_while_nothing_is_trained(registry: Registry, profile: Profile) -> None:
    plans = PlanProvider(registry, profile)

    with pytest.raises(ModelNotFound, match=r"run `\./sprue train`"):
        plans()
    assert (plans.version, plans.plant) == (None, None)
    assert "run `./sprue train`" in str(plans.problem)


def test_gives_the_same_plan_until_another_version_is_current(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    plans = PlanProvider(registry, profile)
    first = registry.save(plant, now=NOON)
    plan = plans()
    assert plans() is plan
    assert (plan.version, plans.version) == (first, first)

    second = registry.save(plant, now=NOON + timedelta(hours=1))
    assert plans().version == second
    registry.set_current(first)
    assert plans().version == first


def test_weights_are_kept_in_the_plan_only(registry: Registry, profile: Profile, plant: TrainedPlant) -> None:
    plans = PlanProvider(registry, profile)
    registry.save(plant, now=NOON)
    plan = plans()
    assert plans.plant is not None
    assert all(not model.weights for model in plans.plant.models)
    assert [model.key for model in plans.plant.models] == [model.key for model in plant.models]
    x = np.full((1, len(profile.production)), 0.5, dtype=np.float32)
    assert np.isfinite(plan.score(x, np.zeros(1, dtype=np.intp))).all()
