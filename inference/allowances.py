"""What the threshold allows whom: looked up by group, worked out for substitutes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.threshold import Floats, Gains, Losses, limits_of

FEW = 8
"""Records, past which columns are the faster way."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the threshold allows whom, by group.

    Attributes
    ----------
    losses : Losses
        By group ``(G,)``.
    own : (7, G + 1) float64
        `inference.threshold.Limits` of each group for records of its own setting; at the end those of "no
        group", which allow and forbid nothing.
    gains : Gains
        By group ``(G,)``.
    """

    losses: Losses
    own: Floats
    gains: Gains

    def of(self, group: NDArray[np.intp], distance: Floats, reference: Floats) -> Floats:
        """`inference.threshold.Limits` ``(7, n)`` of records judged by these groups.

        `group` is negative where none judges; `distance` is that to the substitute's
        setting, NaN where the group's own setting is judged.
        """
        limits = self.own.take(group, axis=1)
        rows = (distance == distance).nonzero()[0]
        if 0 < len(rows) <= FEW:
            for row in rows.tolist():
                limits[:, row] = self._of_one(group[row], float(distance[row]), float(reference[row]))
        elif len(rows):
            judges = group[rows]
            losses, gains = self.losses.of(judges), self.gains.of(judges)
            limits[:, rows] = limits_of(losses, distance[rows], reference[rows], gains)
        return limits

    def _of_one(self, group: int, distance: float, reference: float) -> tuple[float, ...]:
        """`inference.threshold.limits_of` for one record beside a substitute, to the bit."""
        losses = self.losses
        cv_gain, distance_gain, margin_limit, warn_share = (float(column[group]) for column in self.gains)
        base, cv = float(losses.base[group]), float(losses.cv[group])
        own = cv_gain * cv
        weight = own + (distance_gain * (distance / reference) if distance > 0 else 0.0)
        weight = min(own if math.isnan(weight) else weight, margin_limit)
        tolerance = base * weight
        warned = base + warn_share * tolerance
        return (
            base,
            weight,
            tolerance,
            base + tolerance,
            warned,
            float(losses.minimum[group]),
            float(losses.maximum[group]),
        )
