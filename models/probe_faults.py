"""Made-up faults in real shots: what a detector is tried on where no bad shot is known.

Every family is one way in which a shot can be bad. A detector that finds one may be blind to
another, and which of them a press will have nobody knows: they count alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Random = np.random.Generator

MOST_EACH = 250
"""Faults of a family; more would say nothing new about a few hundred held-out shots."""

DONORS = 10


@dataclass(frozen=True, slots=True)
class Probes:
    """Held-out shots with faults planted into them.

    Attributes
    ----------
    rows : (m, p) float64
        Scaled to [0, 1] and clipped, as a detector is given them.
    family : (m,) int64
        Position in `FAMILIES`.
    base : (m,) int64
        The held-out shot that the fault was planted into.
    """

    rows: Floats
    family: Numbers
    base: Numbers


@dataclass(frozen=True, slots=True)
class _Normal:
    """What planting needs to know of the normal shots."""

    held_out: Floats
    mean: Floats
    deviation: Floats
    varying: Numbers
    variance: Floats
    directions: Floats


def plant_faults(train: Floats, held_out: Floats, random: Random) -> Probes:
    """Faults of every family in held-out shots.

    Parameters
    ----------
    train, held_out : (n, p), (m, p) float64
        Normal shots, scaled to [0, 1].

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> shots = random.uniform(0.4, 0.6, size=(50, 3))
    >>> probes = plant_faults(shots, shots[:10], random)
    >>> probes.rows.shape == (10 * len(FAMILIES), 3), np.bincount(probes.family).tolist()
    (True, [10, 10, 10, 10, 10, 10, 10])
    """
    deviation = train.std(axis=0)
    variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(train.T, bias=True)))
    normal = _Normal(
        held_out=held_out,
        mean=train.mean(axis=0),
        deviation=deviation,
        varying=np.flatnonzero(deviation > 0),
        variance=np.maximum(variance, 0.0),
        directions=directions,
    )
    each = min(len(held_out), MOST_EACH)
    bases = [random.permutation(len(held_out))[:each] for _ in FAMILIES]
    planted = [
        plant(normal, held_out[base], random) for plant, base in zip(FAMILIES.values(), bases, strict=True)
    ]
    return Probes(
        np.clip(np.concatenate(planted), 0.0, 1.0),
        np.repeat(np.arange(len(FAMILIES)), each),
        np.concatenate(bases),
    )


def _one_value(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """One value moved by 4 to 10 standard deviations: a sensor, a valve, one heating zone."""
    n, p = rows.shape
    moved = np.zeros((n, p))
    if len(normal.varying):
        moved[np.arange(n), random.choice(normal.varying, n)] = _signs(random, n) * random.uniform(4, 10, n)
    return rows + moved * normal.deviation


def _several_values(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """Up to half of the values moved by 2 to 5 standard deviations, each its own way."""
    size = random.uniform(2, 5, (len(rows), 1)) * _signs(random, rows.shape)
    return rows + _some(rows, random) * size * normal.deviation


def _swapped(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """Up to half of the values taken from an unlike shot: each usual, together not.

    A shot like it would give a normal one, which is no fault: the donor is the most
    unlike of some drawn.
    """
    drawn = normal.held_out[random.integers(0, len(normal.held_out), (len(rows), DONORS))]
    apart = ((drawn - rows[:, None, :]) ** 2).sum(axis=2)
    donor = drawn[np.arange(len(rows)), apart.argmax(axis=1)]
    return np.where(_some(rows, random), donor, rows)


def _further_out(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """The whole shot 1.5 to 4 times as far from the mean: what usually varies varies too much."""
    return normal.mean + (rows - normal.mean) * random.uniform(1.5, 4, (len(rows), 1))


def _along_a_component(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """Moved by 4 to 10 standard deviations along a principal component: values that belong together."""
    total = float(normal.variance.sum())
    if total == 0:
        return rows
    which = random.choice(rows.shape[1], len(rows), p=normal.variance / total)
    size = _signs(random, len(rows)) * random.uniform(4, 10, len(rows)) * np.sqrt(normal.variance[which])
    moved: Floats = rows + size[:, None] * normal.directions[:, which].T
    return moved


def _the_same_again(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """Moved in one of eight directions in which the shots vary: a fault that repeats itself."""
    direction = (random.normal(size=(8, rows.shape[1])) * np.sqrt(normal.variance)) @ normal.directions.T
    size = random.uniform(2, 4, (len(rows), 1))
    moved: Floats = rows + direction[random.integers(0, len(direction), len(rows))] * size
    return moved


def _anywhere(normal: _Normal, rows: Floats, random: Random) -> Floats:
    """Values drawn evenly from their ranges, one by one: nothing of a shot is left."""
    return random.uniform(0.0, 1.0, rows.shape)


def _signs(random: Random, shape: int | tuple[int, ...]) -> Floats:
    return random.choice(np.array([-1.0, 1.0]), shape)


def _some(rows: Floats, random: Random) -> NDArray[np.bool_]:
    """Which values to touch: of every row one to half of them, any."""
    n, p = rows.shape
    wanted = random.integers(1, p // 2 + 2, n)
    rank = random.random((n, p)).argsort(axis=1).argsort(axis=1)
    chosen: NDArray[np.bool_] = rank < wanted[:, None]
    return chosen


FAMILIES: Mapping[str, Callable[[_Normal, Floats, Random], Floats]] = {
    "one_value": _one_value,
    "several_values": _several_values,
    "swapped": _swapped,
    "further_out": _further_out,
    "along_a_component": _along_a_component,
    "the_same_again": _the_same_again,
    "anywhere": _anywhere,
}
"""Ways of planting a fault, by name."""
