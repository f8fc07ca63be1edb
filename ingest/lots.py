"""Lots of a history: what was counted good and bad per facility, item and day (IM-02)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch, Floats, Strings
from core.profile import Profile
from ingest.grouping import group_rows

DAY_MS = 86_400_000
RESET_SHARE = 0.5
"""Within a day a total that falls to half or less has been reset; less is a correction."""
RESET_SHARE_OVERNIGHT = 0.9
"""From one day to a later one a total that falls by a tenth or more has been reset."""


@dataclass(frozen=True, slots=True)
class Lots:
    """Lots as columns, ordered by maker, facility, item, day.

    Attributes
    ----------
    maker, facility, item : (m,) object
    day : (m,) int64
        Days since 1970-01-01 in the plant's own time (``profile.lot.utc_offset_minutes``).
    shots : (m,) int64
        Records of the lot.
    good, bad : (m,) float64
        Counted quantities; NaN where no record of the lot carried both totals.
    first, last : (m,) int64
        First and last record, ms since 1970 UTC.
    of_row : (n,) int64
        Lot of each record of the batch; -1 where maker, facility, item or time is missing.
    """

    maker: Strings
    facility: Strings
    item: Strings
    day: NDArray[np.int64]
    shots: NDArray[np.int64]
    good: Floats
    bad: Floats
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    of_row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.day)

    @property
    def defect_rate(self) -> Floats:
        """(m,) bad / (good + bad); NaN where nothing was counted."""
        return defect_rate(self.good, self.bad)


def defect_rate(good: Floats, bad: Floats) -> Floats:
    """``bad / (good + bad)`` of each lot or group (IM-02); NaN where nothing was counted.

    >>> defect_rate(np.array([99.0, 0.0]), np.array([1.0, 0.0])).tolist()
    [0.01, nan]
    """
    total = good + bad
    rate = np.full(len(total), np.nan)
    np.divide(bad, total, out=rate, where=total > 0)
    return rate


def count_lots(batch: Batch, profile: Profile) -> Lots:
    """Count good and bad of every lot from the running totals on its records.

    The order of the records does not matter. Per maker, facility and item the records
    that carry both totals are put in time order. The total good + bad grows from one to
    the next; where it falls to half or less (by more than one), the counter was reset
    and a new run begins. Overnight a fall by a tenth is enough. A smaller fall is a
    correction by hand and simply counts: the later value is the right one. A lot is
    the sum over the runs of the day: the run's last value that day, minus its last
    value on an earlier day where it was not reset in between (a counter that goes on
    over midnight). A day's corrections never make a lot negative.

    The first run of a history counts from 0: a history that begins in the middle of a
    counter that is never reset overstates its first day.

    Examples
    --------
    Good totals 1, 2, 3, a reset, 1, 2: five good parts. The next day goes on at 3: one.

    >>> from core.batch import Batch
    >>> from core.profile_file import load_profile
    >>> profile = load_profile("injection_molding")
    >>> minute, day = 60_000, 86_400_000
    >>> times = [0, minute, 2 * minute, 3 * minute, 4 * minute, day]
    >>> rows = [
    ...     dict(id=str(i), time=t, maker="M", facility="F", item="I", lot_good=g, lot_bad=1)
    ...     for i, (t, g) in enumerate(zip(times, [10, 20, 30, 10, 20, 30]))
    ... ]
    >>> lots = count_lots(Batch.of(profile, rows), profile)
    >>> lots.good.tolist(), lots.bad.tolist(), lots.shots.tolist()
    ([50.0, 10.0], [2.0, 0.0], [5, 1])

    199 after 200 is a correction (one part was found bad later), not a reset.

    >>> corrected = [
    ...     dict(id=str(i), time=i, maker="M", facility="F", item="I", lot_good=g, lot_bad=b)
    ...     for i, (g, b) in enumerate([(200, 0), (199, 0), (199, 1), (200, 1)])
    ... ]
    >>> lots = count_lots(Batch.of(profile, corrected), profile)
    >>> lots.good.tolist(), lots.bad.tolist()
    ([200.0], [1.0])
    """
    timed = batch.time != NO_TIME
    day_of_row = np.where(timed, batch.time, 0) + profile.lot.utc_offset_minutes * 60_000
    # No day is -1: times before 1970 are refused where records are read.
    day_of_row = np.where(timed, day_of_row // DAY_MS, -1)
    of_row, (maker, facility, item, day) = group_rows(batch.maker, batch.facility, batch.item, day_of_row)
    m = len(day)
    rows = np.flatnonzero(of_row >= 0)
    lot = of_row[rows]
    spot, _ = group_rows(maker, facility, item)
    good, bad = _counted(batch, rows, lot, spot[lot], day[lot], m)
    first = np.full(m, np.iinfo(np.int64).max)
    last = np.full(m, np.iinfo(np.int64).min)
    np.minimum.at(first, lot, batch.time[rows])
    np.maximum.at(last, lot, batch.time[rows])
    return Lots(
        maker=maker,
        facility=facility,
        item=item,
        day=day,
        shots=np.bincount(lot, minlength=m).astype(np.int64),
        good=good,
        bad=bad,
        first=first,
        last=last,
        of_row=of_row,
    )


def _counted(
    batch: Batch,
    rows: NDArray[np.intp],
    lot: NDArray[np.int64],
    spot: NDArray[np.int64],
    day: NDArray[np.int64],
    m: int,
) -> tuple[Floats, Floats]:
    """Good and bad of each lot, as `count_lots` says."""
    totals = np.stack([batch.lot_good[rows], batch.lot_bad[rows]], axis=1)
    usable = (np.isfinite(totals) & (totals >= 0)).all(axis=1)  # a negative total is a wrong one
    totals, spot, lot, day = totals[usable], spot[usable], lot[usable], day[usable]
    time = batch.time[rows][usable]
    # Equal times: the totals themselves decide, so that the order of the rows cannot.
    order = np.lexsort((totals[:, 1], totals.sum(axis=1), time, spot))
    totals, spot, lot, day = totals[order], spot[order], lot[order], day[order]
    amount = totals.sum(axis=1)
    new_spot = np.ones(len(spot), dtype=bool)
    new_spot[1:] = spot[1:] != spot[:-1]
    new_day = new_spot.copy()
    new_day[1:] |= day[1:] != day[:-1]
    reset = new_spot.copy()
    share = np.where(new_day[1:], RESET_SHARE_OVERNIGHT, RESET_SHARE)
    reset[1:] |= (amount[:-1] - amount[1:] > 1) & (amount[1:] <= amount[:-1] * share)
    # A stretch is one run within one day; its last row holds what the run had reached.
    starts = np.flatnonzero(reset | new_day)
    ends = np.append(starts[1:], len(spot)) - 1 if len(starts) else starts
    reached = totals[ends]
    before = np.zeros_like(reached)
    carried = ~reset[starts]
    before[carried] = totals[starts[carried] - 1]
    counts = np.zeros((m, 2))
    np.add.at(counts, lot[ends], reached - before)
    np.maximum(counts, 0.0, out=counts)
    counts[np.bincount(lot, minlength=m) == 0] = np.nan
    return counts[:, 0], counts[:, 1]
