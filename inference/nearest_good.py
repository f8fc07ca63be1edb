"""The good shots of the training that are nearest to one that was flagged.

Read from the registry when somebody asks, never while judging.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.examples import Examples, GoodShots
from models.registry import Registry
from models.scaling import InputRange

Floats = NDArray[np.float64]

NEAREST = 3
DIFFERENCES = 4
"""Values told of each good shot: those that differ most."""


class Difference(NamedTuple):
    """One measured value, of the flagged shot and of the good one.

    `half_bands` is ``value - good`` in half widths of the normal band: above 1 is more than
    good shots differ among each other.
    """

    variable: str
    value: float
    good: float
    half_bands: float


class Neighbour(NamedTuple):
    """A good shot near a flagged one.

    Attributes
    ----------
    shot_id : str
    time : int
        ms since 1970 UTC.
    distance : float
        Euclidean, between inputs as the model sees them: scaled to the training range, clipped.
    differs : tuple of Difference
        What differs most, the greatest first.
    """

    shot_id: str
    time: int
    distance: float
    differs: tuple[Difference, ...]


@lru_cache(maxsize=4)
def examples_of(registry: Path, version: str) -> Examples | None:
    """Good shots that a version keeps, None where it keeps none.

    Raises
    ------
    ModelNotFound
        No such version.
    ModelCorrupt
        They are not what the version's manifest says.
    """
    return Registry(registry).examples(version)


def judged_by(verdict: Mapping[str, Any]) -> str | None:
    """``facility|item|cluster`` of the group whose model judged; None where none did."""
    if verdict["route"] == "limits":
        return None
    return str(verdict["substitute"] or f"{verdict['facility']}|{verdict['item']}|{verdict['cluster']}")


def measured_of(verdict: Mapping[str, Any]) -> dict[str, float | None]:
    """Measured values by variable; empty where the verdict carries none, see `inference.explain.Reason`."""
    return _of_first(verdict, "measured")


def effects_of(verdict: Mapping[str, Any]) -> dict[str, float | None]:
    """Effects in thousandths of the score, by variable; empty where unknown."""
    return _of_first(verdict, "effects")


def nearest_good(measured: Mapping[str, float | None], group: GoodShots, k: int = NEAREST) -> list[Neighbour]:
    """The k good shots nearest to a shot, the nearest first.

    A value that one of the two lacks counts for neither.

    Parameters
    ----------
    measured : mapping of str to float
        Values of the flagged shot by variable, unscaled; None for a missing one.
    group : GoodShots
    k : int
        At least 1.
    """
    values = [measured.get(name) for name in group.names]
    shot = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    limits = InputRange(group.input_low, group.input_high)
    apart = np.nan_to_num(limits.scale(group.values) - limits.scale(shot))
    distance = np.sqrt((apart**2).sum(axis=1))
    half = (group.band_high - group.band_low) / 2
    width = np.where(half > 0, half, 1.0)  # a value that never varied counts in its own unit
    found = []
    for row in np.argsort(distance, kind="stable")[:k].tolist():
        steps = (shot - group.values[row]) / width
        differs = [
            Difference(group.names[j], float(shot[j]), float(group.values[row, j]), float(steps[j]))
            for j in np.argsort(-np.abs(np.nan_to_num(steps)), kind="stable")[:DIFFERENCES].tolist()
            if np.isfinite(steps[j]) and steps[j] != 0
        ]
        found.append(Neighbour(group.ids[row], int(group.time[row]), float(distance[row]), tuple(differs)))
    return found


def _of_first(verdict: Mapping[str, Any], name: str) -> dict[str, float | None]:
    """A mapping that the first reason of a verdict carries; empty where it is none."""
    reasons = verdict["reasons"]
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    found = first.get(name) if isinstance(first, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {
        str(key): float(value) if isinstance(value, (int, float)) else None for key, value in found.items()
    }
