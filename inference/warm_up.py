"""Counts the records of a facility since its last start or change-over: the first ones are its warm-up.

A start is the first record ever known of a facility, or one after a silence. Records are
taken in the order they came; their times are only asked how long nothing was made. A record
that comes late moves nothing, unless it is later than `LATEST_ARRIVAL`: then the clock was
set back, and what it said before counts no longer. A record without a time is no start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch
from core.profile import WarmUpRule
from inference.change_over import change_over
from inference.turns import Turns
from ingest.fill_ledger import BLANK, LATEST, NEWEST, NO_RUN, RUN
from ingest.spot_book import FACILITY
from ingest.spots import Spots

Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]

LATEST_ARRIVAL = 24 * 60 * 60 * 1000
"""A record that is later than this [ms] was made before the clock was set back."""
_MINUTE = 60_000
_MAX = 1 << 62
_MIN = -_MAX


class Runs(NamedTuple):
    """How long each facility has been running, after each record; ``(n,)`` int64 each.

    Attributes
    ----------
    run : int64
        Its records since the last start or change-over, this one included.
    latest : int64
        The time up to which its records came, ms since 1970 UTC, or `core.batch.NO_TIME`.
    """

    run: Whole
    latest: Whole


def longest_pause(rule: WarmUpRule) -> int:
    """Milliseconds between two records of a facility that are no gap yet.

    >>> longest_pause(WarmUpRule(gap_minutes=0.5))
    30000
    """
    return round(min(rule.gap_minutes * _MINUTE, _MAX)) if rule.gap_minutes else _MAX


def runs_of(time: Whole, changed: Bools, before: Whole, turns: Turns, pause: int) -> Runs:
    """Run and latest time after each record; what `native/source/settle.c` does in its pass.

    Parameters
    ----------
    time : (n,) int64
        Milliseconds since 1970 UTC, or `core.batch.NO_TIME`.
    changed : (n,) bool
        See `inference.change_over.change_over`.
    before : (n, NEWEST) int64
        What each record's facility sent before the batch, see `ingest.fill_ledger.Entries`.
    turns : Turns
    pause : int
        See `longest_pause`.
    """
    order, first = turns
    if not len(order):
        return Runs(time, time)
    if len(order) == 1:
        run, latest = before[0, RUN:].tolist()
        return _run_of(int(time[0]), bool(changed[0]), run, latest, pause)
    heads = first.nonzero()[0]
    known, when = before[order[heads]], time[order]
    came = np.empty_like(when)
    came[1:] = when[:-1]
    came[heads] = known[:, LATEST]
    reached, silence = _reached(when, first, came)
    starts = changed[order]
    starts |= silence > pause
    starts[heads] |= known[:, RUN] == NO_RUN

    position = np.arange(len(order))
    begun = position.copy()
    begun[heads] -= known[:, RUN] * ~starts[heads]  # before this batch where a facility goes on
    latest_begin = np.maximum.accumulate(position * (starts | first))
    runs = Runs(np.empty_like(when), np.empty_like(when))
    runs.run[order] = position - begun[latest_begin] + 1
    runs.latest[order] = reached
    return runs


def _run_of(time: int, changed: bool, run: int, reached: int, pause: int) -> Runs:
    """The same of one record."""
    known = time != NO_TIME and reached != NO_TIME
    run = 1 if changed or run == NO_RUN or (known and time - reached > pause) else run + 1
    if time > reached or (known and reached - time > LATEST_ARRIVAL):
        reached = time
    return Runs(np.array([run], dtype=np.int64), np.array([reached], dtype=np.int64))


def warming_up(batch: Batch, cluster: Whole, rule: WarmUpRule) -> Bools:
    """Which records of a history ``(n,)`` stood in the warm-up of their facility.

    The same rule over all that is known, in the order of time; of equal times the
    identifier decides. A record without a time is in no order: it stands in none.

    Parameters
    ----------
    batch : Batch
        Completed: makers and items are known as far as they can be.
    cluster : (n,) int64
        Setting cluster of each record, -1 where unknown.
    rule : WarmUpRule
    """
    rows = (batch.time != NO_TIME).nonzero()[0]
    rows = rows[np.lexsort((batch.ids[rows].astype(str), batch.time[rows]))]
    in_order = batch.take(rows)
    spots = Spots.of(in_order)
    turns = Turns.of(spots.each[:, FACILITY])
    before = np.broadcast_to(np.array(BLANK, dtype=np.int64), (len(rows), NEWEST))
    changed = change_over(spots, cluster[rows], before, turns)
    found = np.zeros(len(batch), dtype=np.bool_)
    runs = runs_of(in_order.time, changed, before, turns, longest_pause(rule))
    found[rows] = runs.run <= rule.shots
    return found


def _reached(when: Whole, first: Bools, came: Whole) -> tuple[Whole, NDArray[Any]]:
    """What is reached after each record, and the silence before it; facilities one after the other.

    Parameters
    ----------
    when : (n,) int64
    first : (n,) bool
        Whether a facility begins here.
    came : (n,) int64
        The time before each record's, of the batch before where a facility begins.
    """
    silence = when - came
    if min(when.min(), came.min()) > _MIN and max(when.max(), came.max()) < _MAX and silence.min() >= 0:
        return when, silence  # everybody in order, as almost always
    begins = first.copy()
    while True:
        before = _greatest_yet(came, begins)
        set_back = _apart(before, when) > LATEST_ARRIVAL
        after = (set_back[:-1] & ~begins[1:]).nonzero()[0] + 1
        if not len(after):
            break
        # A clock set back begins a new count; what comes after the first one of a count was
        # compared with too much, and is looked at again.
        count = begins.cumsum()[after]
        begins[after[np.unique(count, return_index=True)[1]]] = True
    return np.where(set_back, when, np.maximum(when, before)), _apart(when, before)


def _apart(later: Whole, earlier: Whole) -> NDArray[np.uint64]:
    """By how much `later` is later [ms]; 0 where it is not, or where either is not known."""
    apart = later.view(np.uint64) - earlier.view(np.uint64)  # of any two times, without overflow
    known: NDArray[np.uint64] = apart * ((later > earlier) & (earlier != NO_TIME))
    return known


def _greatest_yet(values: Whole, begins: Bools) -> Whole:
    """The running maximum, begun anew where `begins` is true.

    >>> _greatest_yet(np.array([5, 3, 2, 4]), np.array([True, False, True, False])).tolist()
    [5, 5, 2, 4]
    """
    lowest, stretch = int(values.min()), begins.cumsum()
    width = int(values.max()) - lowest + 1
    if width * len(values) < _MAX:
        above = stretch * width  # lifts each stretch over the one before
        yet: Whole = np.maximum.accumulate(values - lowest + above) - above + lowest
        return yet
    distinct, rank = np.unique(values, return_inverse=True)
    highest = np.maximum.accumulate(stretch * len(distinct) + rank.reshape(-1))
    greatest: Whole = distinct[highest % len(distinct)]
    return greatest
