"""Gains and limits of the threshold rule: one for all records, or a column of them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Gaining(Protocol):
    """What `limits_of` reads of a rule: one for all records, or a column of them."""

    @property
    def cv_gain(self) -> float | Floats:
        """Weight per unit of the coefficient of variation."""

    @property
    def distance_gain(self) -> float | Floats:
        """Weight per reference distance to the substitute setting."""

    @property
    def margin_limit(self) -> float | Floats:
        """Cap of the weight."""

    @property
    def warn_share(self) -> float | Floats:
        """WARN above ``base + warn_share * tolerance``."""


class Gains(NamedTuple):
    """Gains and limits of the rule, one entry a record (or a group); see `Gaining`."""

    cv_gain: Floats
    distance_gain: Floats
    margin_limit: Floats
    warn_share: Floats

    def of(self, group: NDArray[np.intp]) -> Gains:
        """The entries of these groups, one a record."""
        return Gains(*(column[group] for column in self))
