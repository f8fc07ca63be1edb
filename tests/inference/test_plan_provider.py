from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelCorrupt, ModelNotFound, ModelRefused
from core.profile import Profile
from inference.plan_provider import PlanProvider
from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry

Plants = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


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


def test_a_corrupt_version_is_said_and_the_one_in_use_stays(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    plans = PlanProvider(registry, profile)
    good = registry.save(plant, now=NOON)
    plans()
    bad = registry.save(plant, now=NOON + timedelta(hours=1))
    for file in (registry.folder / bad).glob("*.npz"):
        file.write_bytes(file.read_bytes()[:-10])

    for _ in range(2):
        with pytest.raises(ModelCorrupt, match=bad):
            plans()
    assert plans.version == good
    assert bad in (plans.problem or "")

    registry.set_current(good)
    assert plans().version == good
    assert plans.problem is None


def test_a_corrupt_version_is_read_once_only(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    plans = PlanProvider(registry, profile)
    bad = registry.save(plant, now=NOON)
    (registry.folder / bad / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelCorrupt) as first:
        plans()
    with pytest.raises(ModelCorrupt) as second:
        plans()
    assert second.value is first.value


def test_a_corrupt_version_is_taken_once_its_files_are_restored(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    plans = PlanProvider(registry, profile)
    version = registry.save(plant, now=NOON)
    file = next((registry.folder / version).glob("*.npz"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    with pytest.raises(ModelCorrupt, match="restore the file"):
        plans()

    file.write_bytes(whole)

    assert plans().version == version
    assert plans.problem is None


def test_a_version_that_scores_otherwise_than_in_training_is_refused(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    s, p = len(profile.settings), len(profile.production)
    golden = Golden(np.zeros(2, dtype=np.int64), np.zeros((2, s)), np.ones((2, p)), np.array([1e6, 1e6]))
    registry.save(plant, now=NOON, golden=golden)

    with pytest.raises(ModelRefused, match="golden shot"):
        PlanProvider(registry, profile)()


def test_a_version_for_other_variables_is_refused(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    registry.save(replace(plant, production_names=("other",)), now=NOON)

    with pytest.raises(ModelRefused, match="trained on the measured values other"):
        PlanProvider(registry, profile)()


def test_a_pointer_that_names_no_version_is_said(registry: Registry, profile: Profile) -> None:
    registry.folder.mkdir()
    (registry.folder / "current").write_text("../../etc", encoding="utf-8")

    with pytest.raises(ModelCorrupt, match=r"current: expected the name of a version"):
        PlanProvider(registry, profile)()


def test_a_pointer_that_cannot_be_read_is_tried_again(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    version = registry.save(plant, now=NOON)
    current = registry.folder / "current"
    current.unlink()
    current.mkdir()
    plans = PlanProvider(registry, profile)
    with pytest.raises(ModelCorrupt, match="tried again"):
        plans()

    current.rmdir()
    registry.set_current(version)
    assert plans().version == version


def test_weights_are_kept_in_the_plan_only(registry: Registry, profile: Profile, plant: TrainedPlant) -> None:
    plans = PlanProvider(registry, profile)
    registry.save(plant, now=NOON)
    plan = plans()
    assert plans.plant is not None
    assert all(not model.weights for model in plans.plant.models)
    assert [model.key for model in plans.plant.models] == [model.key for model in plant.models]
    x = np.full((1, len(profile.production)), 0.5, dtype=np.float32)
    assert np.isfinite(plan.score(x, np.zeros(1, dtype=np.intp))).all()
