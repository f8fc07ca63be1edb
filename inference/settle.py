"""What scores come to: outcomes by the threshold, range violations and flags, column by column."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.verdict import OUTCOMES
from inference.change_over import change_over
from inference.router import NEAREST, TRAINED, Routed
from inference.threshold import Decided, Floats, Limits, decide_within
from ingest.fill_memory import FillMemory
from ingest.spot_book import FACILITY
from ingest.spots import Spots
from native.address import address

FLAGS = ("new_setting", "not_covered", "range_violation", "mostly_filled", "change_over", "no_time")
"""Names of a verdict's flags; bit k of `Settled.flags` is the k-th."""
NEW_SETTING, NOT_COVERED, RANGE_VIOLATION, MOSTLY_FILLED, CHANGE_OVER, TIMELESS = (
    1 << k for k in range(len(FLAGS))
)
FLAGGED = 1 << len(FLAGS)
"""Some outcome is not OK."""
SUBSTITUTED = FLAGGED << 1
"""Some record is judged by the model of another setting."""
WARN = OUTCOMES.index("WARN")

Bools = NDArray[np.bool_]


class Given(NamedTuple):
    """What is known of n records when they were scored.

    Attributes
    ----------
    rows : (n,) of `inference.routes.ROUTED`
        Where each record went.
    score : (n,) float64
        NaN without a group.
    far : (n,) bool
        Some measured value is out of its range.
    mostly : (n,) bool or None
        Hardly measured at all; None: nobody.
    time : (n,) int64
    spots : Spots
        Of the completed batch, numbered in the book of `before`.
    before : FillMemory
        Of the batch before.
    range_outcome : int
        Position in `core.verdict.OUTCOMES`: what a range violation is worth at least, on
        the trained route.
    """

    rows: NDArray[np.void]
    score: Floats
    far: Bools
    mostly: Bools | None
    time: NDArray[np.int64]
    spots: Spots
    before: FillMemory
    range_outcome: int


class Settled(NamedTuple):
    """Columns of a verdict, ``(n,)`` each; `threshold.outcome` counts ranges and gaps, too.

    Attributes
    ----------
    decided : Decided
    flags : uint8
        Bits, see `FLAGS`.
    all : int
        Flags of all records or-ed together, with `FLAGGED` and `SUBSTITUTED`.
    """

    decided: Decided
    flags: NDArray[np.uint8]
    all: int


def settle(given: Given) -> Settled:
    """Outcomes and flags of a batch; what `CompiledSettle` does in one pass."""
    rows, score, far, mostly, time, spots, before, range_outcome = given
    routed = Routed.of(rows)
    decided = decide_within(score, Limits(*routed.limits.T))
    outcome = decided.outcome
    if far.any():
        # Another setting moves the measured values by itself: beside a substitute, a value
        # outside its range is worth a flag, but no evidence against the record.
        which = far & (routed.route == TRAINED)
        outcome[which] = np.maximum(outcome[which], range_outcome)
    if mostly is not None:
        outcome[mostly] = np.maximum(outcome[mostly], WARN)
    nobody = np.zeros(len(score), dtype=np.bool_)
    told = (
        routed.new_setting,
        routed.group < 0,
        far,
        nobody if mostly is None else mostly,
        change_over(spots, routed.cluster, before),
        time == NO_TIME,
    )
    flags = np.packbits(np.array(told), axis=0, bitorder="little")[0]
    every = int(np.bitwise_or.reduce(flags)) | (FLAGGED if outcome.any() else 0)
    every |= SUBSTITUTED if (routed.route == NEAREST).any() else 0
    return Settled(decided, flags, every)


class CompiledSettle:
    """Does the same in one compiled pass.

    Parameters
    ----------
    library : ctypes.PyDLL
    """

    def __init__(self, library: ctypes.PyDLL) -> None:
        word, whole, small = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
        prototype = ctypes.PYFUNCTYPE(small, *[word] * 8, whole, whole, small, word)
        self._settle = prototype(("sprue_settle", library))

    def __call__(self, given: Given) -> Settled:
        """As `settle`."""
        rows, score, far, mostly, time, spots, before, range_outcome = given
        n = len(score)
        newest = before.newest(spots.each[:, FACILITY])
        facilities, latest = len(spots.book.facilities), None
        if n > 1:
            latest = np.zeros(facilities, dtype=np.int32)
        time = np.ascontiguousarray(time, dtype=np.int64)
        out = np.empty(42 * n, dtype=np.uint8)
        found = self._settle(
            address(rows),
            address(score),
            address(far),
            None if mostly is None else address(mostly),
            address(time),
            address(spots.each),
            address(newest),
            None if latest is None else address(latest),
            facilities,
            n,
            range_outcome,
            address(out),
        )
        numbers = out[: 40 * n].view(np.float64).reshape(5, n)
        scaled, base, weight, tolerance, margin = numbers
        outcome = out[40 * n : 41 * n].view(np.int8)
        decided = Decided(scaled, base, weight, tolerance, margin, outcome)
        return Settled(decided, out[41 * n :], found)
