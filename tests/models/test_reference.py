"""What a version keeps of the values it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from core.profile_file import load_profile
from models.artifact import TrainedPlant
from models.reference import LEAST_SHOTS, LEVELS, Floats, Reference, reference_of
from models.registry import Registry

DAY = 86_400_000


def _history(profile: Profile, lots: list[Floats]) -> Batch:
    """The first measured value as given, a lot a day; the others stand still."""
    first, *others = [variable.name for variable in profile.production]
    offset = profile.lot.utc_offset_minutes * 60_000
    rows = [
        {
            "id": f"{day}-{shot}",
            "time": day * DAY - offset + shot * 1000,
            "facility": "F",
            first: value,
            **dict.fromkeys(others, 1.0),
        }
        for day, lot in enumerate(lots, start=1)
        for shot, value in enumerate(lot.tolist())
    ]
    return Batch.of(profile, rows)


def _reference(profile: Profile, lots: list[Floats]) -> Reference:
    batch = _history(profile, lots)
    return reference_of(batch, [np.arange(len(batch))], profile)


@pytest.fixture
def profile() -> Profile:
    return load_profile("injection_molding")


@pytest.fixture
def lots() -> list[Floats]:
    rng = np.random.default_rng(1)
    return [level + rng.normal(0, 0.1, 50) for level in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)]


def test_lots_are_the_days_of_the_plant(profile: Profile, lots: list[Floats]) -> None:
    found = _reference(profile, lots)

    assert found.lots.tolist() == [6]
    assert found.lot_mean[0, 0] == pytest.approx(3.5, abs=0.05)
    assert found.lot_std[0, 0] == pytest.approx(np.std([1, 2, 3, 4, 5, 6], ddof=1), abs=0.05)
    assert (found.lot_low[0, 0], found.lot_high[0, 0]) == pytest.approx((1.0, 6.0), abs=0.05)
    assert found.deciles.shape == (1, len(LEVELS), len(profile.production))


def test_a_lot_of_few_shots_says_nothing(profile: Profile, lots: list[Floats]) -> None:
    found = _reference(profile, [*lots, np.full(LEAST_SHOTS - 1, 99.0)])

    assert found.lots.tolist() == [6]
    assert found.lot_high[0, 0] < 7


def test_a_spike_moves_no_mean_of_a_lot(profile: Profile, lots: list[Floats]) -> None:
    spiked = [lot.copy() for lot in lots]
    spiked[0][7] = 1e12

    found, calm = _reference(profile, spiked), _reference(profile, lots)

    assert found.lot_low[0, 0] == pytest.approx(calm.lot_low[0, 0], abs=0.5)


def test_what_never_varied_and_what_was_never_measured_make_no_trouble(profile: Profile) -> None:
    batch = _history(profile, [np.full(40, 2.0), np.full(40, 2.0)])
    production = batch.production.copy()
    production[:, 1] = np.nan

    found = reference_of(replace(batch, production=production), [np.arange(80)], profile)

    assert (found.lot_mean[0, 0], found.lot_std[0, 0]) == (2.0, 0.0)
    assert np.isneginf(found.clip_low[0, 0])
    assert np.isnan(found.lot_mean[0, 1])
    assert np.isnan(found.mean[0, 1])


def test_without_groups_there_is_an_empty_reference(profile: Profile) -> None:
    found = reference_of(Batch.empty(profile), [], profile)

    assert len(found) == 0
    assert found.mean.shape == (0, len(profile.production))


def test_a_version_keeps_its_reference_and_an_older_one_loads_without(
    tmp_path: Path, profile: Profile, lots: list[Floats], make_plant: Callable[..., TrainedPlant]
) -> None:
    registry = Registry(tmp_path)
    plant = make_plant()
    old = registry.save(plant, now=datetime(2026, 1, 1, tzinfo=UTC))
    kept = _reference(profile, lots)
    new = registry.save(replace(plant, reference=kept), now=datetime(2026, 1, 2, tzinfo=UTC))

    assert registry.load(old)[0].reference is None
    found = registry.load(new)[0].reference
    assert found is not None
    for name, array in kept.to_arrays().items():
        np.testing.assert_array_equal(found.to_arrays()[name], array)
