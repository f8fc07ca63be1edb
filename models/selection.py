"""Which groups train, which validate, which are left out, and why (IM-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch
from core.profile import DetectorRule, GroupKey, Profile
from ingest.lots import Lots
from models.artifact import Coverage
from models.setting_table import SettingTable, setting_table

Rows = NDArray[np.int64]
Status = Literal["train", "validate", "too_few"]

BOUNDARY_SHARE = 0.5
"""Whole lots are held out where that changes the wanted number of records by no more."""


@dataclass(frozen=True, slots=True)
class SelectedGroup:
    """One facility–item–setting group and what is to happen with it.

    Attributes
    ----------
    key : GroupKey
    status : {"train", "validate", "too_few"}
    kind : str or None
        Detector, where it trains.
    reason : str
        Why it does not train, in words; empty where it does.
    rows : (n,) int64
        Records that count, in time order: those of lots with a count.
    train_rows, held_out_rows : (a,), (b,) int64
        `rows` divided, the held-out ones last in time; both empty where it does not train.
    shots : int
        All its records, counted or not.
    lots : int
    good, bad : float
        Its share of the lots' counts, see `models.setting_table.SettingTable`.
    window : tuple of int
        First and last record, ms since 1970 UTC.
    """

    key: GroupKey
    status: Status
    kind: str | None
    reason: str
    rows: Rows
    train_rows: Rows
    held_out_rows: Rows
    shots: int
    lots: int
    good: float
    bad: float
    window: tuple[int, int]

    @property
    def defect_rate(self) -> float:
        """Counted bad / (good + bad); NaN when nothing was counted."""
        total = self.good + self.bad
        return self.bad / total if total else float("nan")

    def coverage(self, status: str = "", kind: str | None = None, reason: str = "") -> Coverage:
        """Its row in the coverage table; a group that was to train says how that ended."""
        if self.status != "train":
            status, kind, reason = self.status, None, self.reason
        return Coverage(
            key=self.key,
            rows=self.shots,
            lots=self.lots,
            good=self.good,
            bad=self.bad,
            first=self.window[0],
            last=self.window[1],
            status=status,
            kind=kind,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Every group of a history.

    Attributes
    ----------
    groups : tuple of SelectedGroup
        In the order of their keys.
    table : SettingTable
        The same groups as columns.
    ungrouped : dict of str to int
        Records that are in no group: what is missing -> how many.
    """

    groups: tuple[SelectedGroup, ...]
    table: SettingTable
    ungrouped: dict[str, int]

    def of_status(self, status: Status) -> tuple[SelectedGroup, ...]:
        """Groups of one status."""
        return tuple(g for g in self.groups if g.status == status)


def select(
    batch: Batch,
    cluster: Rows,
    lots: Lots,
    profile: Profile,
    warming_up: NDArray[np.bool_] | None = None,
) -> Selection:
    """Decide about every group of a history.

    A group trains when its defect rate is below ``selection.max_defect_rate`` and it has
    ``selection.min_shots`` records; with fewer it is left out, with a higher rate it
    validates. Records of lots without a count do not train and do not count: nobody
    knows whether they were good. They are named in the reason.

    The last ``selection.held_out_share`` of a group's records in time are held out: whole
    lots where a lot ends near there, since records of one lot resemble each other;
    else the records themselves.

    Parameters
    ----------
    batch : Batch
        n completed records.
    cluster : (n,) int64
        Setting cluster of each record, -1 where unknown.
    lots : Lots
        Of the same batch.
    profile : Profile
    warming_up : (n,) bool or None
        Records that neither train nor count because they stand in a warm-up; they stay in
        the counts of their lots, which nobody can divide. None: nobody is left out.
    """
    table = setting_table(batch, cluster, lots)
    counted = (table.of_row >= 0) & (lots.of_row >= 0)
    counted[counted] = np.isfinite(lots.defect_rate[lots.of_row[counted]])
    skipped = np.zeros(len(table), dtype=np.int64)
    if warming_up is not None:
        skipped += np.bincount(table.of_row[counted & warming_up], minlength=len(table))
        counted &= ~warming_up
    rows = np.flatnonzero(counted)
    # Equal times: the identifier decides, so that the order of the rows cannot.
    ids = np.unique(batch.ids[rows].astype(str), return_inverse=True)[1].reshape(-1)
    rows = rows[np.lexsort((ids, batch.time[rows], table.of_row[rows]))]
    bounds = np.searchsorted(table.of_row[rows], np.arange(len(table) + 1))
    groups = tuple(
        _decide(table, number, rows[bounds[number] : bounds[number + 1]], int(skipped[number]), lots, profile)
        for number in range(len(table))
    )
    missing = {
        name: int(absent.sum())
        for name, absent in (
            ("maker", pd.isna(batch.maker)),
            ("item", pd.isna(batch.item)),
            ("setting cluster", cluster < 0),
            ("time", batch.time == NO_TIME),
        )
        if absent.any()
    }
    return Selection(groups, table, missing)


def _decide(
    table: SettingTable, number: int, rows: Rows, skipped: int, lots: Lots, profile: Profile
) -> SelectedGroup:
    rule = profile.selection
    rate = float(table.defect_rate[number])
    shots = int(table.shots[number])
    detector = _detector(profile, len(rows))
    status: Status = "train"
    reason = ""
    uncounted = shots - len(rows) - skipped
    more = [f"{uncounted} more in lots without good and bad"] if uncounted else []
    more += [f"{skipped} more in warm-up"] if skipped else []
    also = f" ({', '.join(more)})" if more else ""
    if len(rows) < rule.min_shots:
        status = "too_few"
        reason = f"{len(rows)} {profile.record}s{also}, fewer than {rule.min_shots}"
        if np.isfinite(rate):
            reason += f"; defect rate {rate:.2%}"
    elif rate >= rule.max_defect_rate:
        status = "validate"
        reason = f"defect rate {rate:.2%}, not below {rule.max_defect_rate:.2%}"
    elif detector is None:
        status = "too_few"
        least = min(d.min_rows for d in profile.detectors)
        reason = f"{len(rows)} {profile.record}s{also}, fewer than {least}, the least of any detector"
    cut = len(rows) - _held_out(lots.of_row[rows], rule.held_out_share)
    nothing = rows[:0]
    trains = status == "train"
    return SelectedGroup(
        key=table.key(number),
        status=status,
        kind=detector.kind if trains and detector is not None else None,
        reason=reason,
        rows=rows,
        train_rows=rows[:cut] if trains else nothing,
        held_out_rows=rows[cut:] if trains else nothing,
        shots=shots,
        lots=int(table.lots[number]),
        good=float(table.good[number]),
        bad=float(table.bad[number]),
        window=(int(table.first[number]), int(table.last[number])),
    )


def _detector(profile: Profile, rows: int) -> DetectorRule | None:
    """The detector for this many rows, None where there are too few for any."""
    for rule in profile.detectors:
        if rule.min_rows <= rows and (rule.max_rows is None or rows < rule.max_rows):
            return rule
    return None


def _held_out(lot: Rows, share: float) -> int:
    """How many of a group's last records are held out, given their lots in time order.

    >>> _held_out(np.repeat([0, 1, 2, 3], 25), 0.2)  # the last lot is 25
    25
    >>> _held_out(np.repeat([0, 1], 50), 0.2)  # half the records would be too many
    20
    """
    wanted = round(len(lot) * share)
    if not wanted:
        return 0
    starts = np.flatnonzero(np.diff(lot, prepend=-1))
    whole = len(lot) - starts
    near = int(whole[np.abs(whole - wanted).argmin()])
    return near if abs(near - wanted) <= BOUNDARY_SHARE * wanted and near < len(lot) else wanted
