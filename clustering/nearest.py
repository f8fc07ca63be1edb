"""The nearest trained setting, by Euclidean distance in the maker's scaled units."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustering.setting import SettingSpace
from native.library import compiled
from native.nearest_points import NearestPoints

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Number = TypeVar("Number", float, Floats)

_CHUNK = 1 << 22  # numbers in one block of distances: 32 MB
_SLACK = 1e-9  # rounding allowed when a setting sits exactly on the radius


class Assigned(NamedTuple):
    """Where settings belong.

    Attributes
    ----------
    cluster : (n,) int64
        Cluster with the nearest centre; -1 where a set value is missing.
    distance : (n,) float64
        Scaled distance to that centre; NaN where a set value is missing.
    inside : (n,) bool
        Whether the distance lies within the cluster's radius: history knew this setting.
    """

    cluster: NDArray[np.int64]
    distance: Floats
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Centres:
    """Centres ``(k, s)`` in scaled units, laid out for `nearest`.

    Attributes
    ----------
    points : (k, s) float64
    turned : (s, k) float64
        The same, transposed.
    half_square : (k,) float64
        Half the squared length of each.
    search : NearestPoints or None
        Finds the same in one compiled pass.
    """

    points: Floats
    turned: Floats
    half_square: Floats
    search: NearestPoints | None

    @classmethod
    def of(cls, points: Floats, library: ctypes.PyDLL | Literal["installed"] | None = "installed") -> Centres:
        """Lay out centres once, to search them often; numpy does it without a `library`."""
        layouts = points, np.ascontiguousarray(points.T), (points * points).sum(axis=1) / 2
        library = compiled() if library == "installed" else library
        search = NearestPoints(library, *layouts) if library is not None and len(points) else None
        return cls(*layouts, search)

    def __len__(self) -> int:
        return len(self.points)


def scaled(settings: Floats, space: SettingSpace) -> Floats:
    """Set values ``(n, s)`` in the maker's scaled units."""
    return (settings - space.offset) / space.scale


def assign(settings: Floats, space: SettingSpace, centres: Centres | None = None) -> Assigned:
    """The cluster of each setting ``(n, s)``, unscaled as in a batch.

    `centres` are the space's, where they were laid out already.
    """
    x = scaled(settings, space)
    known = np.isfinite(x).all(axis=1) & (len(space.centres) > 0)
    cluster = np.full(len(x), -1, dtype=np.int64)
    distance = np.full(len(x), np.nan)
    inside = np.zeros(len(x), dtype=np.bool_)
    found, how_far = nearest(x[known], space.centres if centres is None else centres)
    cluster[known], distance[known] = found, how_far
    inside[known] = within(how_far, space.radius[found])
    return Assigned(cluster, distance, inside)


def within(distance: Floats, radius: Floats) -> NDArray[np.bool_]:
    """Whether a distance lies within the radius, a rounding error beyond it included."""
    return distance <= reach(radius)


def reach(radius: Number) -> Number:
    """The greatest distance that lies within a radius."""
    return radius * (1 + _SLACK) + _SLACK


def nearest(points: Floats, centres: Floats | Centres) -> tuple[Codes, Floats]:
    """The nearest of `centres` ``(k, s)`` to each point ``(n, s)``; the first one of equals.

    |x - c|^2 = |x|^2 - 2 x.c + |c|^2, so the products alone rank all centres; the distance
    itself is then taken from the difference, exact to rounding. All sums run over the set
    values in their order, so that the answer depends neither on a point's neighbours nor
    on whether the library is there.

    Returns
    -------
    index : (n,) intp
    distance : (n,) float64

    >>> nearest(np.array([[0.0, 3.0]]), np.array([[9.0, 9.0], [4.0, 0.0]]))
    (array([1]), array([5.]))
    """
    if not isinstance(centres, Centres):
        centres = Centres.of(centres)
    if centres.search is not None:
        return centres.search.nearest(points)
    index = np.zeros(len(points), dtype=np.intp)
    if len(points):
        step = max(1, _CHUNK // max(1, len(centres)))
        for start in range(0, len(points), step):
            part = points[start : start + step]
            product = np.zeros((len(part), len(centres)))
            for j, column in enumerate(centres.turned):
                product += part[:, j : j + 1] * column
            index[start : start + step] = (centres.half_square - product).argmin(axis=1)
    return index, distances(points, centres.points[index])


def distances(points: Floats, others: Floats) -> Floats:
    """Euclidean distance row by row.

    >>> distances(np.array([[1.0, 1.0]]), np.array([[4.0, 5.0]]))
    array([5.])
    """
    apart = points - others
    square = np.zeros(len(apart))
    for column in apart.T:
        square += column * column
    return np.sqrt(square)


def neighbour_distance(centres: Floats) -> float:
    """Median distance from each centre ``(k, s)`` to its nearest other one; NaN under two.

    >>> neighbour_distance(np.array([[0.0], [1.0], [3.0]]))
    1.0
    """
    k = len(centres)
    if k < 2:
        return float("nan")
    square = (centres * centres).sum(axis=1)
    closest = np.empty(k, dtype=np.intp)
    step = max(1, _CHUNK // k)
    for start in range(0, k, step):
        part = slice(start, min(start + step, k))
        apart = square - 2 * (centres[part] @ centres.T)
        apart[np.arange(len(apart)), np.arange(part.start, part.stop)] = np.inf
        closest[part] = apart.argmin(axis=1)
    return float(np.median(distances(centres, centres[closest])))
