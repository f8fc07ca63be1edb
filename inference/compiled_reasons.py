"""Which measured values drove scores, by the compiled library; `inference.explain` says what is told."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.kernels.compiled import EXPONENT, LEFT, address
from inference.kernels.kernel import Codes
from inference.ranges import Ranges

Floats = NDArray[np.float64]
Cell = tuple[int, int, float, float, float, float, int, int]
"""Row and column, value, normal band low and high, share of the fall of the score, whether the
value lies above the band's centre, and the place of its evidence in `EVIDENCE`."""

EVIDENCE = ("score", "range", "band")
"""What speaks against a value: the score falls with the usual one in its place; it lies far out of
the range of training; it lies outside its normal band, and the score does not fall."""

MOST = 3
"""Contributions named per record, and range violations named per record."""
ROUNDING = 1e-6
"""Of the score: a smaller fall means nothing."""
FALL_STEPS = 1e6
"""Falls of the score are told in steps of one part in so many."""
CELL = np.dtype(
    [
        *((name, np.int64) for name in ("row", "column")),
        *((name, np.float64) for name in ("value", "low", "high", "share")),
        *((name, np.int64) for name in ("above", "evidence")),
    ]
)
"""``struct cell`` of ``native/source/reasons.c``."""


class _Bands(ctypes.Structure):
    """``struct bands`` of ``native/source/reasons.c``."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("plan", "usual", "low", "high", "width")),
        *((name, ctypes.c_void_p) for name in ("band_low", "band_centre", "band_high")),
        ("rounding", ctypes.c_double),
    )


class CompiledReasons:
    """Finds the cells worth telling of, rows of mixed groups in one go.

    Parameters
    ----------
    library : ctypes.PyDLL
    plan : int
        Address of a ``struct plan``, which the caller keeps.
    ranges : Ranges
    """

    def __init__(self, library: ctypes.PyDLL, plan: int, ranges: Ranges) -> None:
        groups, self._inputs = ranges.width.shape
        every = np.arange(groups, dtype=np.intp)
        trained = ranges.trained
        kept: list[NDArray[Any]] = [
            ranges.scale(ranges.band_centre, every),
            *(trained.low, trained.high, ranges.width),
            *(ranges.band_low, ranges.band_centre, ranges.band_high),
        ]
        self._kept = [np.ascontiguousarray(array) for array in kept]
        self._bands = _Bands(plan, *map(address, self._kept), ROUNDING)
        self._at = ctypes.addressof(self._bands)
        word, whole = ctypes.c_void_p, ctypes.c_int64
        occlude = ctypes.PYFUNCTYPE(ctypes.c_int32, word, word, word, whole, word, word)
        self._occlude = occlude(("sprue_occlude", library))
        reasons = ctypes.PYFUNCTYPE(whole, word, word, word, word, whole, word, word)
        self._reasons = reasons(("sprue_reasons", library))

    def cells(
        self, values: Floats, group: Codes, score: Floats, left_to: Callable[[Floats, Codes], Floats]
    ) -> tuple[list[Cell], bool, Floats]:
        """The cells by rows, those out of range first, whether all their numbers are finite, and falls.

        Falls ``(n, p)``: by how much each score falls with the usual value in place of one.

        Parameters
        ----------
        values : (n, p) float64
            Measured values.
        group : (n,) intp
            Group whose model judged.
        score : (n,) float64
            Their anomaly scores.
        left_to : callable
            Scores ``(m, p)`` with each value in turn at its usual place, of the rows whose
            models are not compiled.
        """
        n = len(values)
        if values.shape != (n, self._inputs) or group.shape != (n,) or score.shape != (n,):
            msg = f"expected {self._inputs} values a row, got {values.shape}, {group.shape}, {score.shape}"
            raise ValueError(msg)
        values = np.ascontiguousarray(values, dtype=np.float64)
        group = np.ascontiguousarray(group, dtype=np.int64)
        score = np.ascontiguousarray(score, dtype=np.float64)
        occluded, what = np.empty(values.shape), np.empty(n, dtype=np.uint8)
        places = address(values), address(group)
        found = self._occlude(self._at, *places, n, address(occluded), address(what))
        if found < 0:
            raise IndexError(f"expected groups below {len(self._kept[0])}, got {group.tolist()}")
        if found & EXPONENT:
            every = found == EXPONENT
            np.exp2(occluded, out=occluded, where=True if every else (what == EXPONENT)[:, None])
        if found & LEFT:
            left = (what == LEFT).nonzero()[0]
            occluded[left] = left_to(values[left], group[left])
        cells = np.empty(2 * MOST * n, dtype=CELL)
        count = self._reasons(self._at, *places, address(score), n, address(occluded), address(cells))
        told: list[Cell] = cells[: abs(count)].tolist()
        return told, count >= 0, occluded
