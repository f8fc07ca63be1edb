"""The facility–item–setting table (IM-04): what was made where, under which setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch, Floats, Strings
from core.profile import GroupKey
from ingest.grouping import group_rows
from ingest.lots import Lots, defect_rate

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SettingTable:
    """Facility–item–setting groups as columns, ordered by their keys.

    A lot can be made under several settings and its totals say nothing about one record:
    its good and bad are shared out in proportion to the records under each setting.

    Attributes
    ----------
    maker, facility, item : (g,) object
    cluster : (g,) int64
    shots : (g,) int64
        Records.
    counted_shots : (g,) int64
        Records of lots with a count.
    lots : (g,) int64
        Lots with at least one record of the group.
    good, bad : (g,) float64
        The group's share of its lots' counts.
    first, last : (g,) int64
        First and last record, ms since 1970 UTC; `core.batch.NO_TIME` where none has a time.
    of_row : (n,) int64
        Group of each record; -1 where maker, facility, item or cluster is missing.
    """

    maker: Strings
    facility: Strings
    item: Strings
    cluster: Counts
    shots: Counts
    counted_shots: Counts
    lots: Counts
    good: Floats
    bad: Floats
    first: Counts
    last: Counts
    of_row: Counts

    def __len__(self) -> int:
        return len(self.cluster)

    @property
    def defect_rate(self) -> Floats:
        """(g,) bad / (good + bad); NaN where nothing was counted."""
        return defect_rate(self.good, self.bad)

    def key(self, group: int) -> GroupKey:
        """Key of one group."""
        return GroupKey(self.maker[group], self.facility[group], self.item[group], int(self.cluster[group]))

    def frame(self) -> pd.DataFrame:
        """One row a group, with ``defect_rate``."""
        names = ("maker", "facility", "item", "cluster", "shots", "counted_shots", "lots", "good", "bad")
        return pd.DataFrame(
            {name: getattr(self, name) for name in (*names, "first", "last")}
            | {"defect_rate": self.defect_rate}
        )


def setting_table(batch: Batch, cluster: Counts, lots: Lots) -> SettingTable:
    """Count the groups of a history.

    Parameters
    ----------
    batch : Batch
        n records.
    cluster : (n,) int64
        Setting cluster of each record, -1 where unknown.
    lots : Lots
        Of the same batch.

    Examples
    --------
    A lot of four records, three under setting 0 and one under setting 1, 98 good and 2 bad.

    >>> from core.profile_file import load_profile
    >>> from ingest.lots import count_lots
    >>> profile = load_profile("injection_molding")
    >>> rows = [
    ...     dict(id=str(i), time=i, maker="M", facility="F", item="I", lot_good=g, lot_bad=b)
    ...     for i, (g, b) in enumerate([(1, 0), (50, 1), (97, 2), (98, 2)])
    ... ]
    >>> batch = Batch.of(profile, rows)
    >>> table = setting_table(batch, np.array([0, 0, 0, 1]), count_lots(batch, profile))
    >>> table.shots.tolist(), table.good.tolist(), table.bad.tolist()
    ([3, 1], [73.5, 24.5], [1.5, 0.5])
    >>> table.defect_rate.tolist()
    [0.02, 0.02]
    """
    of_row, (maker, facility, item, number) = group_rows(batch.maker, batch.facility, batch.item, cluster)
    g = len(number)
    rows = np.flatnonzero(of_row >= 0)
    group = of_row[rows]
    in_lot = lots.of_row[rows] >= 0
    pair_of_row, (pair_group, pair_lot) = group_rows(
        np.where(in_lot, group, -1), np.where(in_lot, lots.of_row[rows], -1)
    )
    pair_shots = np.bincount(pair_of_row[pair_of_row >= 0], minlength=len(pair_group))
    share = pair_shots / lots.shots[pair_lot]
    counted = np.isfinite(lots.defect_rate[pair_lot])

    def sum_up(values: Floats) -> Floats:
        total: Floats = np.zeros(g)
        np.add.at(total, pair_group[counted], values[counted])
        return total

    time = batch.time[rows]
    first = np.full(g, np.iinfo(np.int64).max)
    last = np.full(g, NO_TIME)
    timed = time != NO_TIME
    np.minimum.at(first, group[timed], time[timed])
    np.maximum.at(last, group[timed], time[timed])
    first[last == NO_TIME] = NO_TIME
    return SettingTable(
        maker=maker,
        facility=facility,
        item=item,
        cluster=number,
        shots=np.bincount(group, minlength=g).astype(np.int64),
        counted_shots=sum_up(pair_shots.astype(np.float64)).astype(np.int64),
        lots=np.bincount(pair_group, minlength=g).astype(np.int64),
        good=sum_up(share * lots.good[pair_lot]),
        bad=sum_up(share * lots.bad[pair_lot]),
        first=first,
        last=last,
        of_row=of_row,
    )
