"""What the measured values of each group were like in training, lot by lot: drift is measured against it.

Shots of one lot resemble each other: material, weather and start-up change from day to day. So
what is normal is not told by the spread of the shots but by the spread of the lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch
from core.profile import Profile

Floats = NDArray[np.float64]

LEVELS: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Levels at which the training values are kept."""
LEAST_SHOTS = 30
"""Shots a lot must have for its mean to say something."""
BLOCK = 30
"""Neighbouring shots whose means tell how far the beginning of a lot may be from the whole."""
CLIP_REACH = 1.25
"""How far from the median a value counts, in widths of the middle 80 %: some three standard deviations."""
_DAY = 86_400_000
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Reference:
    """Training values by group and measured variable, in the order of the plant's models.

    Attributes
    ----------
    deciles : (G, 9, p) float64
        At `LEVELS`.
    mean, std : (G, p) float64
        Of all training shots.
    clip_low, clip_high : (G, p) float64
        Values count as no further out than this in any mean of a lot, then and now: one
        sensor's spike is no drift. Infinite where the variable hardly varied.
    lots : (G,) int64
        Lots of at least `LEAST_SHOTS` shots.
    lot_mean, lot_std : (G, p) float64
        Mean and standard deviation (n - 1) of the lots' means; NaN with no, or one lot.
    lot_low, lot_high : (G, p) float64
        Least and greatest mean of a lot; NaN without lots.
    block_std : (G, p) float64
        Standard deviation of the means of `BLOCK` neighbouring shots, over all lots.
    memory : (G, p) float64
        Correlation of one lot's mean with that of the lot before, 0 to 0.9.
    """

    deciles: Floats
    mean: Floats
    std: Floats
    clip_low: Floats
    clip_high: Floats
    lots: NDArray[np.int64]
    lot_mean: Floats
    lot_std: Floats
    lot_low: Floats
    lot_high: Floats
    block_std: Floats
    memory: Floats

    def __len__(self) -> int:
        return len(self.lots)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Reference:
        """What `to_arrays` gave; KeyError where an array is absent."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def reference_of(batch: Batch, rows: Sequence[NDArray[np.int64]], profile: Profile) -> Reference:
    """The reference of groups from the shots they were trained on.

    Parameters
    ----------
    batch : Batch
        The history.
    rows : sequence of (n,) int64
        Of each group, its shots in time order. Their day in the plant's time is their lot.
    profile : Profile
    """
    width = len(profile.production)
    offset = profile.lot.utc_offset_minutes * _MINUTE
    found = [
        _of_group(batch.production[own], (batch.time[own] + offset) // _DAY, batch.time[own]) for own in rows
    ]
    shapes: dict[str, tuple[int, ...]] = {"deciles": (len(LEVELS), width), "lots": ()}
    arrays: dict[str, NDArray[Any]] = {}
    for name in _names():
        column = np.array([one[name] for one in found], dtype=np.int64 if name == "lots" else np.float64)
        arrays[name] = column.reshape(len(rows), *shapes.get(name, (width,)))
    return Reference.from_arrays(arrays)


def lot_means(values: Floats, low: Floats, high: Floats) -> Floats:
    """Means ``(p,)`` of clipped values ``(n, p)``; NaN of a variable that was never measured."""
    clipped = np.clip(values, low, high)
    there = np.isfinite(clipped)
    counted = there.sum(axis=0)
    total = np.where(there, clipped, 0.0).sum(axis=0)
    means: Floats = np.divide(total, counted, out=np.full(len(total), np.nan), where=counted > 0)
    return means


def _names() -> list[str]:
    return [field.name for field in fields(Reference)]


def _of_group(values: Floats, day: NDArray[np.int64], time: NDArray[np.int64]) -> dict[str, Floats]:
    width = values.shape[1]
    seen = np.isfinite(values).any(axis=0)
    of_all = np.full((len(LEVELS) + 2, width), np.nan)
    if seen.any():
        known = np.where(np.isfinite(values[:, seen]), values[:, seen], np.nan)
        of_all[:-2, seen] = np.nanquantile(known, LEVELS, axis=0)
        of_all[-2, seen], of_all[-1, seen] = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    deciles, (mean, std) = of_all[:-2], of_all[-2:]
    centre, reach = deciles[len(LEVELS) // 2], CLIP_REACH * (deciles[-1] - deciles[0])
    # A variable that stands still but for rare values has no band to clip to.
    narrow = ~(reach > 0)
    low, high = np.where(narrow, -np.inf, centre - reach), np.where(narrow, np.inf, centre + reach)
    timed = time != NO_TIME
    lots = [own for own in _lots(values[timed], day[timed]) if len(own) >= LEAST_SHOTS]
    means = np.array([lot_means(own, low, high) for own in lots]).reshape(-1, width)
    blocks = [own[at : at + BLOCK] for own in lots for at in range(0, len(own) - BLOCK + 1, BLOCK)]
    of_blocks = np.array([lot_means(own, low, high) for own in blocks]).reshape(-1, width)
    return {
        "deciles": deciles,
        "mean": mean,
        "std": std,
        "clip_low": low,
        "clip_high": high,
        "lots": np.array(len(means)),
        "lot_mean": means.mean(axis=0) if len(means) else np.full(width, np.nan),
        "lot_std": _spread(means),
        "lot_low": means.min(axis=0, initial=np.inf) if len(means) else np.full(width, np.nan),
        "lot_high": means.max(axis=0, initial=-np.inf) if len(means) else np.full(width, np.nan),
        "block_std": _spread(of_blocks),
        "memory": _memory(means),
    }


def _lots(values: Floats, day: NDArray[np.int64]) -> list[Floats]:
    return np.split(values, np.flatnonzero(np.diff(day)) + 1) if len(values) else []


def _spread(means: Floats) -> Floats:
    spread: Floats = means.std(axis=0, ddof=1) if len(means) > 1 else np.full(means.shape[1], np.nan)
    return spread


def _memory(means: Floats) -> Floats:
    """Lag-one correlation of the rows, its bias of about ``-(1 + 3 r) / n`` taken off."""
    count, width = means.shape
    if count < 3:
        return np.zeros(width)
    away = means - means.mean(axis=0)
    power = (away**2).sum(axis=0)
    raw = np.divide((away[1:] * away[:-1]).sum(axis=0), power, out=np.zeros(width), where=power > 0)
    known: Floats = np.clip(np.nan_to_num((raw * count + 1) / max(count - 3, 1)), 0.0, 0.9)
    return known
