"""What scores come to: outcomes by the threshold, range violations and flags, column by column."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.profile import WarmUpRule
from core.verdict import OUTCOMES
from inference.change_over import change_over
from inference.router import NEAREST, TRAINED, Routed
from inference.threshold import Decided, Floats, Limits, decide_within
from inference.turns import Turns
from inference.warm_up import longest_pause, runs_of
from ingest.fill_memory import FillMemory
from ingest.spot_book import FACILITY, ITEM
from ingest.spots import Spots
from native.address import address

FLAGS = (
    "new_setting",
    "not_covered",
    "range_violation",
    "mostly_filled",
    "change_over",
    "no_time",
    "warm_up",
)
"""Names of a verdict's flags; bit k of `Settled.flags` is the k-th."""
NEW_SETTING, NOT_COVERED, RANGE_VIOLATION, MOSTLY_FILLED, CHANGE_OVER, TIMELESS, WARM_UP = (
    1 << k for k in range(len(FLAGS))
)
FLAGGED = 1 << len(FLAGS)
"""Some outcome is not OK."""
SUBSTITUTED = FLAGGED << 1
"""Some record is judged by the model of another setting."""
WARN, NG = OUTCOMES.index("WARN"), OUTCOMES.index("NG")

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
    warm_up : WarmUpRule
    """

    rows: NDArray[np.void]
    score: Floats
    far: Bools
    mostly: Bools | None
    time: NDArray[np.int64]
    spots: Spots
    before: FillMemory
    range_outcome: int
    warm_up: WarmUpRule


class Settled(NamedTuple):
    """Columns of a verdict, ``(n,)`` each; `threshold.outcome` counts ranges and gaps, too.

    Attributes
    ----------
    decided : Decided
    flags : uint8
        Bits, see `FLAGS`.
    all : int
        Flags of all records or-ed together, with `FLAGGED` and `SUBSTITUTED`.
    after : (n, 4) int64
        What each record leaves behind for the next: columns `ingest.fill_ledger.MADE` to
        `LATEST`.
    """

    decided: Decided
    flags: NDArray[np.uint8]
    all: int
    after: NDArray[np.int64]


def settle(given: Given) -> Settled:
    """Outcomes and flags of a batch; what `CompiledSettle` does in one pass."""
    rows, score, far, mostly, time, spots, before, range_outcome, rule = given
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
    facility = spots.each[:, FACILITY]
    then, turns = before.newest(facility), Turns.of(facility)
    changed = change_over(spots, routed.cluster, then, turns)
    run, latest = runs_of(time, changed, then, turns, longest_pause(rule))
    warming = run <= rule.shots
    if most_outcome(rule) < NG:
        outcome[warming] = np.minimum(outcome[warming], most_outcome(rule))
    nobody = np.zeros(len(score), dtype=np.bool_)
    told = (
        routed.new_setting,
        routed.group < 0,
        far,
        nobody if mostly is None else mostly,
        changed,
        time == NO_TIME,
        warming,
    )
    flags = np.packbits(np.array(told), axis=0, bitorder="little")[0]
    every = int(np.bitwise_or.reduce(flags)) | (FLAGGED if outcome.any() else 0)
    every |= SUBSTITUTED if (routed.route == NEAREST).any() else 0
    after = np.empty((len(score), 4), dtype=np.int64)
    after[:, 0], after[:, 1], after[:, 2], after[:, 3] = spots.each[:, ITEM], routed.cluster, run, latest
    return Settled(decided, flags, every, after)


def most_outcome(rule: WarmUpRule) -> int:
    """The worst a record in warm-up can come out, as a position in `core.verdict.OUTCOMES`."""
    return WARN if rule.outcome == "WARN" else NG


class CompiledSettle:
    """Does the same in one compiled pass.

    Parameters
    ----------
    library : ctypes.PyDLL
    """

    def __init__(self, library: ctypes.PyDLL) -> None:
        word, whole, small = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
        prototype = ctypes.PYFUNCTYPE(small, *[word] * 8, *[whole] * 4, small, small, word)
        self._settle = prototype(("sprue_settle", library))
        self._rule: tuple[WarmUpRule, int, int] | None = None

    def __call__(self, given: Given) -> Settled:
        """As `settle`."""
        rows, score, far, mostly, time, spots, before, range_outcome, rule = given
        n = len(score)
        newest = before.newest(spots.each[:, FACILITY])
        # Of one plan the rule is always the same object.
        if self._rule is None or self._rule[0] is not rule:
            self._rule = (rule, longest_pause(rule), most_outcome(rule))
        _, pause, worst = self._rule
        facilities, last = len(spots.book.facilities), None
        if n > 1:
            last = np.zeros(facilities, dtype=np.int32)
        time = np.ascontiguousarray(time, dtype=np.int64)
        out = np.empty(74 * n, dtype=np.uint8)
        found = self._settle(
            address(rows),
            address(score),
            address(far),
            None if mostly is None else address(mostly),
            address(time),
            address(spots.each),
            address(newest),
            None if last is None else address(last),
            facilities,
            n,
            pause,
            rule.shots,
            worst,
            range_outcome,
            address(out),
        )
        numbers = out[: 40 * n].view(np.float64).reshape(5, n)
        scaled, base, weight, tolerance, margin = numbers
        after = out[40 * n : 72 * n].view(np.int64).reshape(n, 4)
        outcome = out[72 * n : 73 * n].view(np.int8)
        decided = Decided(scaled, base, weight, tolerance, margin, outcome)
        return Settled(decided, out[73 * n :], found, after)
