"""What training asks of a detector, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Progress = Callable[[int, int, float], None]
"""Called with groups done, groups in all and the present mean loss (NaN where there is none)."""


@dataclass(frozen=True, slots=True)
class Task:
    """One group to fit.

    Attributes
    ----------
    rows : (n, p) float64
        Training shots, scaled, nothing missing.
    held_out : (m, p) float64
        Later shots of the same group, for early stopping; m may be 0.
    seed : int
        ``random_state`` of this group's detector.
    """

    rows: Floats
    held_out: Floats
    seed: int


class Detector(Protocol):
    """A scikit-learn outlier detector that can also be trained by the hundred.

    ``score_samples`` is scikit-learn's: higher = more normal; its negative is the
    ``anomaly_score``.
    """

    @classmethod
    def fit_many(
        cls, tasks: Sequence[Task], parameters: Mapping[str, Any], progress: Progress | None = None
    ) -> Iterator[tuple[int, Detector]]:
        """Yield ``(position of the task, fitted detector)`` as each one is done, in any order.

        Every one equals what ``cls(**parameters, random_state=task.seed).fit(...)`` gives.
        Parameters are checked even when there is no task.

        Raises
        ------
        TypeError, ValueError
            A parameter that the detector does not have, or a value it cannot use.
        """

    def score_samples(self, X: Any) -> Floats:
        """Scores ``(n,)`` of rows ``(n, p)``."""

    def export(self) -> dict[str, NDArray[Any]]:
        """Arrays from which the scores can be computed without this class."""

    def refusal(self) -> str | None:
        """Why this fitted detector must not judge, or None when it may."""

    def record(self) -> Mapping[str, float]:
        """Figures about the training worth keeping beside the model."""
