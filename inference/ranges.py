"""Ranges of the inputs: scaling, normal bands, and values far outside what training saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile
from inference.kernels.kernel import Codes, Floats32
from models.artifact import GroupModel
from models.scaling import InputRange

Floats = NDArray[np.float64]

CONSTANT_SHARE = 0.01
"""An input that never varied in training counts as having this share of its size as range."""
LIMIT_SHARE = 0.001
"""... and at least this share of its physical limits' width."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Arrays ``(G, p)`` over groups and measured values.

    Attributes
    ----------
    trained : InputRange
        Training ranges; a value is scaled on them and clipped to [0, 1].
    scaling : (G + 1, 2, p) float64
        Factor and shift of the scaling; NaN at the end, for "no group".
    bounds : (G + 1, 2, p) float64
        Values below the first or above the second are range violations; NaN at the end.
    width : float64
        Width of the range that a violation is measured in; never 0.
    band_low, band_centre, band_high : float64
        Normal bands.
    unseen : bool
        Inputs without any value in training; a missing one scales to the 0 they had.
    """

    trained: InputRange
    scaling: Floats
    bounds: Floats
    width: Floats
    band_low: Floats
    band_centre: Floats
    band_high: Floats
    unseen: NDArray[np.bool_]

    def scale(self, values: Floats, group: Codes) -> Floats32:
        """Measured values ``(n, p)`` scaled by their groups' ranges, clipped to [0, 1]."""
        factor, shift = self.scaling.take(group, axis=0).transpose(1, 0, 2)
        x = values * factor
        x -= shift
        np.maximum(x, 0.0, out=x)
        np.minimum(x, 1.0, out=x)
        if np.isnan(np.add.reduce(x, axis=None)):
            x = np.where(np.isnan(x) & self.unseen[group], 0.0, x)
        scaled: Floats32 = x.astype(np.float32)
        return scaled

    def excess(self, values: Floats, group: Codes) -> Floats:
        """How far values lie beyond the training range, in widths of it; 0 inside, NaN missing."""
        beyond = np.maximum(self.trained.low[group] - values, values - self.trained.high[group])
        over: Floats = np.maximum(beyond, 0.0) / self.width[group]
        return over

    def violated(self, values: Floats, group: Codes) -> NDArray[np.bool_]:
        """Which values ``(n, p)`` are range violations; a missing one is not."""
        least, most = self.bounds.take(group, axis=0).transpose(1, 0, 2)
        outside: NDArray[np.bool_] = (values < least) | (values > most)
        return outside


def compile_ranges(models: Sequence[GroupModel], profile: Profile) -> Ranges:
    """Stack the groups' ranges and bands.

    An input that was constant in training (a sensor that always said 230.0) has no range
    to exceed: 1 % of its size counts, at least 0.1 % of its physical limits' width, so
    that float noise or one step of a coarse sensor raises no violation.
    """
    p = len(profile.production)

    def stacked(name: str) -> Floats:
        return np.array([getattr(m, name) for m in models], dtype=np.float64).reshape(len(models), p)

    low, high = stacked("input_low"), stacked("input_high")
    by_input = [v.limits or (0.0, 0.0) for v in profile.production]
    limits = np.array(by_input, dtype=np.float64).reshape(
        -1, 2
    )  # a process that predicts may measure nothing
    size = np.maximum(np.abs(low), np.abs(high))
    floor = np.maximum(CONSTANT_SHARE * size, LIMIT_SHARE * (limits[:, 1] - limits[:, 0]))
    floor = np.maximum(floor, np.finfo(np.float64).tiny)
    width = np.where(high - low > 1e-9 * size, high - low, floor)
    centre = stacked("band_centre")
    # An input without any value in training has no normal band, and nothing to violate.
    allowed = np.where(np.isnan(centre), np.nan, profile.threshold.range_excess * width)
    trained = InputRange(low, high)
    return Ranges(
        trained=trained,
        scaling=_pairs(*trained.factor_and_shift()),
        bounds=_pairs(low - allowed, high + allowed),
        width=width,
        band_low=stacked("band_low"),
        band_centre=centre,
        band_high=stacked("band_high"),
        unseen=(low == 0) & (high == 0),
    )


def _pairs(first: Floats, second: Floats) -> Floats:
    """``(G, p)`` twice as ``(G + 1, 2, p)``: one gather fetches both."""
    return np.concatenate([np.stack([first, second], axis=1), np.full((1, 2, first.shape[1]), np.nan)])
