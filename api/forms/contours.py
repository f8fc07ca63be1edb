"""Lines of equal value over a grid: marching squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Segment = tuple[tuple[float, float], tuple[float, float]]


def contour(across: Floats, up: Floats, values: Floats, level: float) -> list[Segment]:
    """The pieces of the line where the values are `level`.

    Parameters
    ----------
    across, up : (s,) float64
        Places of the grid's columns and rows.
    values : (s, s) float64
        Rows as `up`; NaN is crossed by no line.
    level : float

    Examples
    --------
    >>> axis = np.array([0.0, 1.0])
    >>> contour(axis, axis, np.array([[0.0, 1.0], [0.0, 1.0]]), 0.25)
    [((0.25, 0.0), (0.25, 1.0))]
    """
    corners = np.stack([values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]])
    crossed = (corners.min(axis=0) <= level) & (corners.max(axis=0) > level)
    pieces: list[Segment] = []
    for i, j in np.argwhere(crossed).tolist():
        places = (
            (across[j], up[i]),
            (across[j + 1], up[i]),
            (across[j + 1], up[i + 1]),
            (across[j], up[i + 1]),
        )
        pieces += _pieces(corners[:, i, j].tolist(), places, level)
    return pieces


def _pieces(values: list[float], places: tuple[tuple[float, float], ...], level: float) -> list[Segment]:
    """The line's way through one cell, whose corners come round in order."""
    points = []
    for k in range(4):
        first, last = values[k], values[(k + 1) % 4]
        if (first <= level) != (last <= level):
            share = (level - first) / (last - first)
            (x, y), (x_end, y_end) = places[k], places[(k + 1) % 4]
            points.append((float(x + share * (x_end - x)), float(y + share * (y_end - y))))
    if len(points) == 4 and (sum(values) / 4 <= level) != (values[0] <= level):
        # A saddle: the middle says which corners belong together.
        points = [points[1], points[2], points[3], points[0]]
    return list(zip(points[::2], points[1::2], strict=True))
