"""What is predicted over two inputs while the others stay: the picture of a response surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]

STEPS: Final = 41
MOST_STEPS: Final = 201


@dataclass(frozen=True, slots=True)
class Surface:
    """Predictions on a grid of two inputs.

    Attributes
    ----------
    across, up : str
        The two inputs.
    across_values, up_values : (s,) float64
        Where the grid's columns and rows lie: the trained ranges.
    mean, width : (s, s, t) float64
        Predicted size and the whole width of its interval; rows as `up_values`, columns as
        `across_values`, last the targets.
    standing : (s, s) int8
        Positions in `inference.prediction.predicted.STANDINGS`.
    """

    across: str
    up: str
    across_values: Floats
    up_values: Floats
    mean: Floats
    width: Floats
    standing: NDArray[np.int8]


def surface(
    predictor: Predictor,
    inputs: Floats,
    across: str,
    up: str,
    *,
    steps: int = STEPS,
    regressors: Mapping[str, str] | None = None,
) -> Surface:
    """Predict over the trained ranges of two inputs.

    Parameters
    ----------
    predictor : Predictor
    inputs : (1, d) float64
        Values of the inputs that stay.
    across, up : str
        Names of the two that do not.
    steps : int
        Values of each of the two, 2 to `MOST_STEPS`.
    regressors : mapping, optional
        As of `Predictor.predict`.

    Raises
    ------
    ConfigError
        The two are not two of the inputs, or `steps` is out of its range.
    """
    names = predictor.input_names
    if across == up or not {across, up} <= set(names):
        msg = f"surface: expected two inputs out of {', '.join(names)}, got {across!r} and {up!r}"
        raise ConfigError(msg)
    if not 2 <= steps <= MOST_STEPS:
        msg = f"surface: expected 2 to {MOST_STEPS} steps, got {steps}"
        raise ConfigError(msg)
    around = predictor.surroundings
    columns = [names.index(across), names.index(up)]
    lines = [np.linspace(around.low[column], around.high[column], steps) for column in columns]
    rows = np.repeat(inputs, steps * steps, axis=0)
    rows[:, columns[0]], rows[:, columns[1]] = np.tile(lines[0], steps), np.repeat(lines[1], steps)
    predicted, placed = predictor.predict(rows, regressors), predictor.place(rows)
    return Surface(
        across=across,
        up=up,
        across_values=lines[0],
        up_values=lines[1],
        mean=predicted.mean.reshape(steps, steps, -1),
        width=(predicted.high - predicted.low).reshape(steps, steps, -1),
        standing=placed.standing.reshape(steps, steps),
    )
