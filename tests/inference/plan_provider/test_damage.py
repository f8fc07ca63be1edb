"""A version that is damaged or does not fit is said, and the one in use stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.errors import ModelCorrupt, ModelError, ModelRefused
from core.profile import Profile
from inference.plan import compile_plan
from inference.plan_provider import PlanProvider
from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.fault_row(33)
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


def test_saying_for_days_that_a_version_is_corrupt_takes_no_memory(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    plans = PlanProvider(registry, profile)
    bad = registry.save(plant, now=NOON)
    (registry.folder / bad / "manifest.json").write_text("{", encoding="utf-8")

    def frames() -> int:
        with pytest.raises(ModelCorrupt) as raised:
            plans()
        assert raised.value.__cause__ is raised.value.__context__ is None
        return len(raised.traceback)

    first = [frames() for _ in range(3)]
    assert first[1:] == [frames() for _ in range(2)]


WRONG: dict[str, Callable[[Any], Any]] = {
    "wider": lambda a: np.concatenate([a, a], axis=-1),
    "narrower": lambda a: a[..., :-1],
    "text": lambda a: np.array([[f"{x}?" for x in row] for row in np.atleast_2d(a)]),
    "whole numbers": lambda a: np.full(a.shape, 2**62),
    "empty": lambda a: a[..., :0],
}


@pytest.mark.parametrize("change", WRONG)
@pytest.mark.parametrize("kind", ["autoencoder", "memae"])
def test_arrays_that_do_not_fit_together_are_a_refused_model_not_a_crash(
    registry: Registry, profile: Profile, plant: TrainedPlant, kind: str, change: str
) -> None:
    """The files are what the manifest says; whoever wrote them was wrong."""
    number, model = next((i, m) for i, m in enumerate(plant.models) if m.kind == kind)
    rows = np.array([model.input_low, model.band_centre, model.input_high])
    group = np.full(len(rows), number)
    plan = compile_plan(plant, "whole", profile)
    scores = plan.score(plan.ranges.scale(rows, group), group)
    golden = Golden(group, np.zeros((len(rows), len(profile.settings))), rows, scores)
    registry.save(plant, now=NOON, golden=golden)
    assert PlanProvider(registry, profile)().version == registry.current()

    for second, (name, array) in enumerate(model.weights.items(), start=1):
        if array.ndim == 0:
            continue
        models = list(plant.models)
        models[number] = replace(model, weights={**model.weights, name: WRONG[change](array)})
        changed = replace(plant, models=tuple(models))
        registry.save(changed, now=NOON + timedelta(seconds=second), golden=golden)
        with pytest.raises(ModelError):
            PlanProvider(registry, profile)()
