"""A plan's models and ranges as the compiled library reads them: a whole batch in one call."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.compiled_reasons import CompiledReasons
from inference.kernels.compiled import EXPONENT, FINISHED, LEFT, address, score_occluded
from inference.kernels.kernel import Codes, Floats32
from inference.ranges import Ranges
from inference.settle import CompiledSettle

Floats = NDArray[np.float64]
_NONE = np.empty(0, dtype=np.intp)


class _Plan(ctypes.Structure):
    """``struct plan`` of ``native/source/plan.h``."""

    _fields_ = (
        ("models", ctypes.c_void_p),
        ("scaling", ctypes.c_void_p),
        ("bounds", ctypes.c_void_p),
        ("unseen", ctypes.c_void_p),
        ("groups", ctypes.c_int64),
        ("inputs", ctypes.c_int64),
    )


class CompiledPlan:
    """Scales, checks and scores rows of mixed groups, each in one go.

    Parameters
    ----------
    library : ctypes.PyDLL
    models : (groups,) of `inference.kernels.compiled.MODEL`
        Zeros for a group whose model is left to numpy. The kernels keep what they point to.
    ranges : Ranges

    Attributes
    ----------
    reasons : CompiledReasons
        Why rows were flagged.
    settle : CompiledSettle
        What scores come to.
    """

    def __init__(self, library: ctypes.PyDLL, models: NDArray[Any], ranges: Ranges) -> None:
        self._library, self._models = library, models
        self._inputs = ranges.width.shape[1]
        self._kept = [models, ranges.scaling, ranges.bounds, ranges.unseen]
        self._kept = [np.ascontiguousarray(array) for array in self._kept]
        self._plan = _Plan(*map(address, self._kept), len(models), self._inputs)
        self._at = ctypes.addressof(self._plan)
        prototype = ctypes.PYFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p)
        self._assess = prototype(("sprue_assess", library))
        self.settle = CompiledSettle(library)
        self.reasons = CompiledReasons(library, self._at, ranges)

    def assess(self, values: Floats, group: Codes) -> tuple[Floats, NDArray[np.bool_], Codes]:
        """Score measured values ``(n, p)``; as `Plan.assess`, and the rows left to numpy."""
        n = len(values)
        if values.shape != (n, self._inputs) or group.shape != (n,):
            msg = f"expected {self._inputs} values and a group a row, got {values.shape} and {group.shape}"
            raise ValueError(msg)
        values = np.ascontiguousarray(values, dtype=np.float64)
        group = np.ascontiguousarray(group, dtype=np.int64)
        out = np.empty(10 * n, dtype=np.uint8)
        found = self._assess(self._at, address(values), address(group), n, address(out))
        score, beyond, what = out[: 8 * n].view(np.float64), out[8 * n : 9 * n].view(np.bool_), out[9 * n :]
        left = _NONE
        if found & LEFT:
            left = (what == LEFT).nonzero()[0]
        if found & EXPONENT:
            # numpy's own, as for the numpy kernel: another library's may differ in the last bit.
            np.exp2(score, out=score, where=what == EXPONENT if found & FINISHED else True)
        return score, beyond, left

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> tuple[Floats, Codes]:
        """As `Plan.score_occluded`, and the rows left to numpy."""
        slot = np.ascontiguousarray(group, dtype=np.int64)
        if len(slot) and not (slot.min() >= 0 and slot.max() < len(self._models)):
            raise IndexError(f"expected groups below {len(self._models)}, got {slot.min()} to {slot.max()}")
        if not x.shape == usual.shape == (len(slot), self._inputs):
            raise ValueError(f"expected {self._inputs} values a row, got {x.shape} and {usual.shape}")
        return score_occluded(self._library, self._models, x, usual, slot)
