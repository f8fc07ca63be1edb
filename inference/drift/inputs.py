"""Whether measured values have moved away from where they were in training; lots are compared, not shots.

A lot's mean is compared with the means of the training lots. Shots of one lot resemble each
other, and so do neighbouring lots; a test that takes shots for independent calls every batch of
material drift. What counts is the mean of the last few lots against a t interval made of the
spread of the training lots, widened by how much one lot's mean tells of the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.drift.multiple import rejected
from inference.drift.tails import student_two_sided
from models.reference import BLOCK, LEAST_SHOTS, Reference

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WINDOW = 5
"""Lots looked at, the present one included."""
LEAST_LOTS = 5
"""Training lots without which nobody knows how far lots lie apart."""
LEAST_RECENT = 2
"""Recent lots that must agree: one odd lot is a bad lot, not drift."""
LEAST_SHIFT = 0.5
"""Standard deviations of the shots that a mean must have moved to need a person."""
BEYOND = 0.25
"""How far beyond the training lots each of them must lie, in widths of those lots' range."""
FALSE_SHARE = 0.01
"""Wanted share of false ones among what is called drift (Benjamini-Hochberg)."""
MOST_MEMORY = 0.5
"""Most correlation with the lot before that is allowed for. What wanders more in training than
this has no level to depart from; beyond every training lot it is drift all the same."""
LEAST_SPREAD = 0.1
"""Lots count as lying at least so many standard deviations of the shots apart."""


@dataclass(frozen=True, slots=True)
class RecentLots:
    """The last lots of every group, the latest last; unused places have no shots.

    Attributes
    ----------
    shots : (G, K) int64
    mean : (G, K, p) float64
        Means of the values, clipped as in training; NaN without any.
    """

    shots: NDArray[np.int64]
    mean: Floats


@dataclass(frozen=True, slots=True)
class InputDrift:
    """What became of every group's measured values.

    Attributes
    ----------
    known : (G,) bool
        Enough lots, then and now, to tell.
    lots : (G,) int64
        Recent lots looked at.
    mean : (G, p) float64
        Over those lots.
    shift : (G, p) float64
        Mean now less mean in training, in standard deviations of the training shots;
        infinite where those never varied.
    chance : (G, p) float64
        Probability of a shift at least so far without any drift; NaN where not tested.
    drifted : (G, p) bool
    """

    known: Flags
    lots: NDArray[np.int64]
    mean: Floats
    shift: Floats
    chance: Floats
    drifted: Flags


def input_drift(recent: RecentLots, reference: Reference, *, false_share: float = FALSE_SHARE) -> InputDrift:
    """Compare the last lots of every group with the lots it was trained on.

    Drift is called where three things hold: the mean of the last lots is improbable by the
    t test, among all groups and variables at once (Benjamini-Hochberg); it has moved far
    enough to matter; and each of the last `LEAST_RECENT` lots lies clearly beyond every training
    lot, on the same side.

    Parameters
    ----------
    recent : RecentLots
    reference : Reference
        Of the same groups.
    false_share : float
    """
    usable = recent.shots >= LEAST_SHOTS
    # The last WINDOW usable lots of each group.
    usable &= np.cumsum(usable[:, ::-1], axis=1)[:, ::-1] <= WINDOW
    lots = usable.sum(axis=1)
    known = (reference.lots >= LEAST_LOTS) & (lots >= LEAST_RECENT)
    tested = known[:, None] & np.isfinite(reference.lot_mean)
    there = usable[:, :, None] & np.isfinite(recent.mean)
    counted = there.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(there, recent.mean, 0.0).sum(axis=1) / counted
        chance, shift = _chance(mean, there, counted, recent, reference)
    tested = tested & (counted >= LEAST_RECENT) & np.isfinite(mean) & ~np.isnan(chance)
    chance = np.where(tested, chance, np.nan)
    far: Flags = np.abs(shift) >= LEAST_SHIFT
    drifted = rejected(chance, false_share) & far & _beyond(recent, there, reference)
    return InputDrift(known, lots, mean, shift, chance, drifted)


def _chance(
    mean: Floats, there: Flags, counted: NDArray[np.int64], recent: RecentLots, reference: Reference
) -> tuple[Floats, Floats]:
    """Two-sided probability, and shift in standard deviations of the shots, ``(G, p)`` each."""
    count = reference.lots[:, None].astype(np.float64)
    memory = np.minimum(np.maximum(reference.memory, _usual(reference.memory, reference.lots)), MOST_MEMORY)
    own = _variance_of_mean(count, memory)
    # Lots that resemble their neighbours lie closer together than lots do in the long run.
    between = np.square(np.fmax(reference.lot_std, LEAST_SPREAD * reference.std))
    between = between * (count - 1) / (count * np.maximum(1 - own, 0.05))
    within = np.fmax(np.square(reference.block_std) - np.square(reference.lot_std), 0.0)
    part = np.where(recent.shots > 0, np.minimum(1.0, BLOCK / np.maximum(recent.shots, 1)), 0.0)
    parts = np.where(there, part[:, :, None], 0.0).sum(axis=1) / np.square(counted)
    variance = between * (_variance_of_mean(counted.astype(np.float64), memory) + own) + within * parts
    away = mean - reference.lot_mean
    t = np.where(away == 0, 0.0, away / np.sqrt(variance))
    freedom = np.maximum(count * (1 - memory**2) / (1 + memory**2) - 1, 1.0)
    chance = np.where(np.isinf(t), 0.0, student_two_sided(np.where(np.isinf(t), np.nan, t), freedom))
    return chance, np.where(away == 0, 0.0, away / reference.std)


def _variance_of_mean(count: Floats, memory: Floats) -> Floats:
    """Of `count` members of an AR(1) series with unit variance."""
    r = memory
    whole: Floats = ((1 + r) / (1 - r) - 2 * r * (1 - r**count) / (count * (1 - r) ** 2)) / count
    return whole


def _usual(memory: Floats, lots: NDArray[np.int64]) -> Floats:
    """Each variable's usual memory over the groups: of one group alone it is hardly known."""
    enough = lots >= LEAST_LOTS
    return np.median(memory[enough], axis=0) if enough.any() else np.zeros(memory.shape[1])


def _beyond(recent: RecentLots, there: Flags, reference: Reference) -> Flags:
    """Whether the last lots each lie clearly beyond all training lots, on one side."""
    latest = np.cumsum(there[:, ::-1], axis=1)[:, ::-1] <= LEAST_RECENT
    asked = there & latest
    low, high = reference.lot_low[:, None], reference.lot_high[:, None]
    margin = BEYOND * (high - low)
    above = (recent.mean > high + margin) | ~asked
    below = (recent.mean < low - margin) | ~asked
    beyond: Flags = np.logical_or(above.all(axis=1), below.all(axis=1))
    return beyond
