"""Measured values against training: few false alarms where lots resemble each other, drift soon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.drift.inputs import LEAST_LOTS, Floats, RecentLots, input_drift
from models.reference import LEAST_SHOTS, Reference

GROUPS, WIDTH, LOTS, KEPT = 40, 20, 30, 8


def lots_of(rng: np.random.Generator, count: int, memory: float) -> Floats:
    """Means ``(count, GROUPS, WIDTH)`` of good lots: an AR(1) series with a spread of 1."""
    means = np.empty((count, GROUPS, WIDTH))
    now = rng.standard_normal((GROUPS, WIDTH))
    for at in range(count):
        now = memory * now + np.sqrt(1 - memory**2) * rng.standard_normal((GROUPS, WIDTH))
        means[at] = now
    return means


def reference_from(means: Floats) -> Reference:
    away = means - means.mean(axis=0)
    memory = np.clip((away[1:] * away[:-1]).sum(axis=0) / np.maximum((away**2).sum(axis=0), 1e-12), 0, 0.9)
    ones = np.ones((GROUPS, WIDTH))
    return Reference(
        deciles=np.zeros((GROUPS, 9, WIDTH)), mean=means.mean(axis=0), std=1.2 * ones,
        clip_low=-9 * ones, clip_high=9 * ones, lots=np.full(GROUPS, len(means)),
        lot_mean=means.mean(axis=0), lot_std=means.std(axis=0, ddof=1), lot_low=means.min(axis=0),
        lot_high=means.max(axis=0), block_std=1.1 * ones, memory=memory,
    )  # fmt: skip


def recent(means: Floats, shots: int = 200) -> RecentLots:
    """Lots ``(k, G, p)`` as the last ones."""
    return RecentLots(np.full((GROUPS, len(means)), shots), np.moveaxis(means, 0, 1))


@pytest.mark.parametrize("memory", [0.0, 0.3, 0.5])
def test_good_production_whose_lots_resemble_each_other_is_rarely_called_drift(memory: float) -> None:
    """Plants of 800 groups and variables, looked at every day: something new in 2 of 100 days at most."""
    looks = alarms = 0
    for seed in range(6):
        means = lots_of(np.random.default_rng(seed), LOTS + 60, memory)
        reference = reference_from(means[:LOTS])
        known = np.zeros((GROUPS, WIDTH), dtype=bool)
        for day in range(LOTS + KEPT, len(means)):
            found = input_drift(recent(means[day - KEPT : day]), reference).drifted
            looks += 1
            alarms += bool((found & ~known).any())
            known |= found

    assert alarms / looks < 0.02


@pytest.mark.parametrize(("shift", "within"), [(6.0, 3), (8.0, 3)])
def test_an_offset_of_one_sensor_is_found_within_a_few_lots(shift: float, within: int) -> None:
    means = lots_of(np.random.default_rng(3), LOTS + 20, 0.3)
    reference = reference_from(means[:LOTS])
    means[LOTS + 10 :, :, 7] += shift
    soon = input_drift(recent(means[LOTS + 2 : LOTS + 10 + within]), reference)

    assert soon.drifted[:, 7].mean() > 0.9
    assert soon.drifted[:, 8:].mean() < 0.01
    assert not input_drift(recent(means[LOTS + 2 : LOTS + 10]), reference).drifted.any()


def test_slow_wear_is_found_once_it_left_what_training_saw() -> None:
    means = lots_of(np.random.default_rng(4), LOTS + 60, 0.3)
    reference = reference_from(means[:LOTS])
    means[LOTS:, 0, 0] += np.linspace(0, 8, 60)
    found = [
        day
        for day in range(LOTS + KEPT, LOTS + 60)
        if input_drift(recent(means[day - KEPT : day]), reference).drifted[0, 0]
    ]

    assert found
    assert 8 * (found[0] - LOTS) / 60 < 7


def test_one_odd_lot_is_a_bad_lot_and_no_drift() -> None:
    means = lots_of(np.random.default_rng(5), LOTS + KEPT, 0.3)
    reference = reference_from(means[:LOTS])
    means[-1, :, 3] += 20

    assert input_drift(recent(means[-KEPT:]), reference).drifted.mean() < 0.0005


def test_a_shift_too_small_to_matter_is_none_however_sure() -> None:
    means = lots_of(np.random.default_rng(6), LOTS, 0.0)
    reference = replace(reference_from(means), std=np.full((GROUPS, WIDTH), 100.0))
    moved = means[-KEPT:] + 8

    assert not input_drift(recent(moved), reference).drifted.any()


def test_few_lots_then_or_now_are_not_enough_to_tell() -> None:
    means = lots_of(np.random.default_rng(7), LOTS, 0.0)
    reference = reference_from(means)
    young = replace(reference, lots=np.full(GROUPS, LEAST_LOTS - 1))
    moved = means[-KEPT:] + 9

    assert not input_drift(recent(moved), young).known.any()
    assert not input_drift(recent(moved, LEAST_SHOTS - 1), reference).known.any()
    assert not input_drift(recent(moved[-1:]), reference).known.any()
    assert input_drift(recent(moved), reference).known.all()


def test_variables_never_measured_then_or_now_are_not_tested() -> None:
    means = lots_of(np.random.default_rng(8), LOTS, 0.0)
    reference = reference_from(means)
    reference.lot_mean[:, 0] = np.nan
    moved = means[-KEPT:] + 9
    moved[:, :, 1] = np.nan
    found = input_drift(recent(moved), reference)

    assert np.isnan(found.chance[:, :2]).all()
    assert not found.drifted[:, :2].any()
    assert found.drifted[:, 2:].mean() > 0.9


def test_a_constant_that_changed_is_drift_and_one_that_stayed_is_not() -> None:
    means = np.full((LOTS, GROUPS, WIDTH), 2.0)
    reference = replace(
        reference_from(means), std=np.zeros((GROUPS, WIDTH)), block_std=np.zeros((GROUPS, WIDTH))
    )
    now = means[-KEPT:].copy()
    now[:, 0, 0] = 2.5
    found = input_drift(recent(now), reference)

    assert found.drifted.sum() == 1
    assert np.isinf(found.shift[0, 0])
    assert found.shift[1, 1] == 0
