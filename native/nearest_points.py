"""The nearest of some points, searched by the compiled library."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from native.address import address

Floats = NDArray[np.float64]


class _Points(ctypes.Structure):
    """``struct points`` of ``source/nearest.c``."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("rows", "columns", "half_square")),
        *((name, ctypes.c_int64) for name in ("count", "width")),
    )


class NearestPoints:
    """Points ``(k, s)``, one at least, to be searched often.

    Parameters
    ----------
    library : ctypes.PyDLL
    points : (k, s) float64
    turned : (s, k) float64
        The same, transposed.
    half_square : (k,) float64
        Half the squared length of each.
    """

    def __init__(self, library: ctypes.PyDLL, points: Floats, turned: Floats, half_square: Floats) -> None:
        if not len(points) or turned.shape != points.shape[::-1] or half_square.shape != points.shape[:1]:
            msg = f"expected points in both layouts, got {points.shape}, {turned.shape}, {half_square.shape}"
            raise ValueError(msg)
        self._kept = [np.ascontiguousarray(a, dtype=np.float64) for a in (points, turned, half_square)]
        self._points = _Points(*map(address, self._kept), *points.shape)
        self._at = ctypes.addressof(self._points)
        self._width = points.shape[1]
        word, whole = ctypes.c_void_p, ctypes.c_int64
        self._nearest = ctypes.PYFUNCTYPE(None, word, word, whole, word, word)(("sprue_nearest", library))

    def nearest(self, others: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Number and distance ``(n,)`` of the point nearest to each of these ``(n, s)``."""
        n = len(others)
        if others.ndim != 2 or others.shape[1] != self._width:
            raise ValueError(f"expected points of {self._width} coordinates, got {others.shape}")
        others = np.ascontiguousarray(others, dtype=np.float64)
        found = np.empty((2, n))
        begin = address(found)
        self._nearest(self._at, address(others), n, begin, begin + 8 * n)
        return found[0].view(np.int64), found[1]
