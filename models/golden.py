"""Golden shots: a few inputs of every group with the scores its trained detector gave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused

Floats = NDArray[np.float64]

RELATIVE, ABSOLUTE = 1e-5, 1e-6
"""Most difference between a stored score and the one computed now; the inputs lie in
[0, 1] as float32, so a score near 0 is rounding throughout."""


@dataclass(frozen=True, slots=True)
class Golden:
    """Inputs and scores; row i belongs to ``plant.models[model[i]]``.

    Attributes
    ----------
    model : (k,) int64
    settings : (k, s) float64
        The group's mean set values, unscaled.
    production : (k, p) float64
        Measured values, unscaled, nothing missing.
    scores : (k,) float64
        Anomaly scores by the detector that was trained, higher = worse.
    """

    model: NDArray[np.int64]
    settings: Floats
    production: Floats
    scores: Floats

    def check(self, score: Callable[[Floats, NDArray[np.int64]], Floats]) -> None:
        """Compare with what judging computes now.

        Parameters
        ----------
        score : callable
            Anomaly scores ``(k,)`` of unscaled rows ``(k, p)`` under models ``(k,)``.

        Raises
        ------
        ModelRefused
            A score differs by more than rounding: this version must not judge.
        """
        now = score(self.production, self.model)
        gap = np.abs(now - self.scores)
        # An infinite score would allow every difference.
        wrong = ~(np.isfinite(self.scores) & (gap <= ABSOLUTE + RELATIVE * np.abs(self.scores)))
        if wrong.any():
            row = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
            msg = (
                f"golden shot {row} (model {int(self.model[row])}): expected score {self.scores[row]!r}, "
                f"got {now[row]!r}; {int(wrong.sum())} of {len(now)} differ: train again with this release"
            )
            raise ModelRefused(msg)


def no_golden(settings: int, production: int) -> Golden:
    """No golden shots, for so many set and measured values."""
    whole, none = np.empty(0, dtype=np.int64), np.empty(0)
    return Golden(whole, np.empty((0, settings)), np.empty((0, production)), none)
