"""A registry version is whole or absent, and what is loaded is what was saved."""

import dataclasses
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from core.errors import ModelNotFound
from core.profile_file import load_profile
from models.artifact import TrainedPlant
from models.golden import Golden
from models.plant_files import from_files, to_files
from models.registry import Registry

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


def assert_equal(a: Any, b: Any) -> None:
    """Equal in every array, number and name, through dataclasses and containers."""
    if dataclasses.is_dataclass(a):
        assert type(a) is type(b)
        for field in dataclasses.fields(a):
            assert_equal(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert sorted(a) == sorted(b)
        for key in a:
            assert_equal(a[key], b[key])
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_equal(one, other)
    else:
        assert a == b or (a != a and b != b), (a, b)


def test_a_saved_plant_comes_back_equal(registry: Registry, make_plant: Make, golden: Golden) -> None:
    plant = make_plant()
    name = registry.save(plant, now=NOON, golden=golden)
    loaded, manifest = registry.load()
    assert_equal(loaded, plant)
    assert_equal(manifest.golden, golden)
    assert (manifest.version, manifest.created) == (name, NOON)
    assert manifest.profile_sha256 == plant.profile_sha256
    assert manifest.libraries["numpy"] == np.__version__


def test_a_version_of_an_earlier_release_has_no_tails_and_loads(make_plant: Make, golden: Golden) -> None:
    files = to_files(make_plant(), golden)
    for name in ("tail", "tail_lot", "lot_sizes"):
        for array in [key for key in files["groups"] if key.split(".")[0] == f"loss_{name}"]:
            del files["groups"][array]

    models, *_ = from_files(files)

    assert [len(model.losses.tail) for model in models] == [0] * 7
    assert [model.losses.count for model in models] == [m.losses.count for m in make_plant().models]


def test_a_plant_without_models_comes_back_equal(registry: Registry, make_plant: Make) -> None:
    plant = dataclasses.replace(make_plant(), models=(), spaces=(), fills=(), coverage=())
    registry.save(plant, now=NOON)
    assert_equal(registry.load()[0], plant)


def test_names_sort_by_time_and_any_version_can_be_current(registry: Registry, make_plant: Make) -> None:
    korea = timezone(timedelta(hours=9))
    names = [
        registry.save(make_plant(seed), now=when)
        for seed, when in enumerate(
            [NOON, NOON + timedelta(milliseconds=5), NOON.astimezone(korea) + timedelta(1)]
        )
    ]
    assert registry.list() == names == sorted(names)
    assert registry.current() == names[2]
    registry.set_current(names[0])
    assert registry.load()[1].version == names[0]
    assert registry.load(names[1])[0].notes == {"seed": 1}


def test_a_version_can_be_saved_without_judging_yet(registry: Registry, make_plant: Make) -> None:
    first = registry.save(make_plant(0), now=NOON)
    second = registry.save(make_plant(1), now=NOON + timedelta(1), activate=False)
    assert registry.current() == first
    assert registry.list() == [first, second]


def test_nothing_trained_is_said_so(registry: Registry, make_plant: Make) -> None:
    assert registry.list() == []
    assert registry.current() is None
    with pytest.raises(ModelNotFound, match="sprue train"):
        registry.load()
    registry.save(make_plant(), now=NOON)
    for wrong in ("20260101T000000000Z-00000000", "../registry", "current"):
        with pytest.raises(ModelNotFound, match="expected one of"):
            registry.load(wrong)
        with pytest.raises(ModelNotFound, match="expected one of"):
            registry.set_current(wrong)


def test_a_time_without_zone_is_refused(registry: Registry, make_plant: Make) -> None:
    with pytest.raises(ValueError, match="time zone"):
        registry.save(make_plant(), now=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_interrupted_at_any_step_leaves_the_old_version(
    registry: Registry, make_plant: Make, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    old = registry.save(make_plant(0), now=NOON)
    original = getattr(os, call)
    steps = 0
    while True:
        made = 0

        def failing(*arguments: Any, limit: int = steps) -> Any:
            nonlocal made
            made += 1
            if made > limit:
                raise OSError(28, "No space left on device")
            return original(*arguments)

        monkeypatch.setattr(os, call, failing)
        try:
            registry.save(make_plant(1), now=NOON + timedelta(seconds=1 + steps))
        except OSError:
            monkeypatch.undo()
            # Before the last step the old version judges; after it the new one, whole.
            assert registry.current() == old or registry.load()[0].notes == {"seed": 1}
            for version in registry.list():
                registry.load(version)
            registry.set_current(old)
            steps += 1
            continue
        break
    monkeypatch.undo()
    assert steps >= {"fsync": 8, "replace": 2}[call]
    new = registry.current()
    assert registry.load()[0].notes == {"seed": 1}
    assert new != old
    assert [path.name for path in registry.folder.iterdir() if path.name.startswith(".saving")] == []


def test_a_profile_other_than_the_trained_one_is_reported(registry: Registry, make_plant: Make) -> None:
    profile = load_profile("injection_molding")
    plant = dataclasses.replace(make_plant(), profile_sha256=profile.sha256)
    registry.save(plant, now=NOON)
    manifest = registry.load()[1]
    assert manifest.differs_from(profile) is None
    told = manifest.differs_from(dataclasses.replace(profile, sha256="f" * 64))
    assert told is not None
    assert profile.sha256[:12] in told
    assert "f" * 12 in told
