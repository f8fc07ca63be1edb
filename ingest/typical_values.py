"""Typical values at one level of the plant: what a missing value is filled with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FillLevel:
    """Typical values at one level of the plant, for filling what is missing.

    `maker`, `facility` and `item` None mean "any": (m, f, i) is the finest level,
    (None, None, None) the whole plant.
    """

    maker: str | None
    facility: str | None
    item: str | None
    rows: int
    setting_mode: Floats
    setting_mean: Floats
    production_mode: Floats
    production_mean: Floats
