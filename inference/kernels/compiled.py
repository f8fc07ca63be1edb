"""Kernels whose rows are scored by the compiled library; the numpy kernels are their twins."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.kernels.kernel import Codes, Floats32
from native.address import address as address

FOREST, AUTOENCODER, MEMAE = 1, 2, 3
LANES, WIDEST, MOST_SLOTS, MOST_LAYERS = 8, 256, 1024, 16
"""As in ``native/source/model.h``."""
EXPONENT, LEFT, FINISHED = 1, 2, 4
"""What `sprue_assess` says of a score: an exponent of 2 yet, left to numpy, or as it should be."""

MODEL = np.dtype(
    [
        *((name, np.uintp) for name in ("shape", "weights", "nodes", "exact", "lengths", "roots")),
        ("normaliser", np.float64),
        ("size", np.int32),
        ("kind", np.int16),
        ("depth", np.int16),
    ]
)
"""``struct model``: addresses of a group's arrays, which its kernel keeps alive."""


class CompiledKernel:
    """Calls the library for rows of the models a subclass lays out.

    Parameters
    ----------
    library : ctypes.PyDLL
    models : (groups,) of `MODEL`
    inputs : range
        Numbers of measured values a row may have.
    kept : object
        The arrays whose addresses stand in `models`.
    """

    def __init__(self, library: ctypes.PyDLL, models: NDArray[Any], inputs: range, kept: object) -> None:
        self._library = library
        self.models = models
        self.inputs = inputs
        self._kept = kept

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n,)`` of scaled rows ``(n, p)``; NaN where an input is NaN."""
        slot, scores = self._checked(group, x.shape[1]), np.empty(len(x))
        x = np.ascontiguousarray(x, dtype=np.float32)
        self._library.sprue_score(
            ctypes.c_void_p(address(self.models)),
            ctypes.c_void_p(address(x)),
            ctypes.c_void_p(address(slot)),
            ctypes.c_int64(len(x)),
            ctypes.c_int64(x.shape[1]),
            ctypes.c_void_p(address(scores)),
        )
        return self._finished(scores)

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value."""
        slot = self._checked(group, x.shape[1])
        return score_occluded(self._library, self.models, x, usual, slot)[0]

    def _checked(self, group: Codes, width: int) -> NDArray[np.int64]:
        if width not in self.inputs:
            raise ValueError(f"expected rows of {self.inputs[0]} to {self.inputs[-1]} inputs, got {width}")
        slot = np.ascontiguousarray(group, dtype=np.int64)
        if len(slot) and not (slot.min() >= 0 and slot.max() < len(self.models)):
            raise IndexError(f"expected groups below {len(self.models)}, got {slot.min()} to {slot.max()}")
        return slot

    def _finished(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores


def score_occluded(
    library: ctypes.PyDLL,
    models: NDArray[Any],
    x: Floats32,
    usual: Floats32,
    slot: NDArray[np.int64],
) -> tuple[NDArray[np.float64], Codes]:
    """Scores ``(n, p)`` with each input in turn replaced, and the rows left to numpy.

    Every slot has to be the number of a model.
    """
    scores, what = np.empty(x.shape), np.empty(len(x), dtype=np.uint8)
    x, usual = np.ascontiguousarray(x, dtype=np.float32), np.ascontiguousarray(usual, dtype=np.float32)
    found = library.sprue_score_occluded(
        ctypes.c_void_p(address(models)),
        ctypes.c_void_p(address(x)),
        ctypes.c_void_p(address(usual)),
        ctypes.c_void_p(address(slot)),
        ctypes.c_int64(len(x)),
        ctypes.c_int64(x.shape[1]),
        ctypes.c_void_p(address(scores)),
        ctypes.c_void_p(address(what)),
    )
    if found & EXPONENT:
        np.exp2(scores, out=scores, where=(what == EXPONENT)[:, None] if found != EXPONENT else True)
    return scores, (what == LEFT).nonzero()[0]


def aligned(count: int, dtype: type[np.generic]) -> NDArray[Any]:
    """An array of zeros whose data begins with a cache line."""
    size = np.dtype(dtype).itemsize
    whole = np.zeros(count + 64 // size, dtype=dtype)
    first = -address(whole) % 64 // size
    return whole[first : first + count]
