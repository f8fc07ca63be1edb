"""A history as one batch, and what was found wrong with its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from core.batch import Batch, concatenate
from core.errors import HistoryError
from core.profile import Profile
from ingest.history_schema import (
    LEFT_OUT,
    MADE_MISSING,
    check_frame,
    doubled_ids,
    history_schema,
    no_findings,
)

Unfit = Literal["leave_out", "fail"]
SHOWN = 10
"""Findings a message lists; the report file has them all."""


@dataclass(frozen=True, slots=True)
class LoadedHistory:
    """All fit rows, and the findings.

    Attributes
    ----------
    batch : Batch
        In the order of the history.
    rows : int
        Rows read, fit or not.
    findings : DataFrame
        One line a finding, columns `ingest.history_schema.FINDING_COLUMNS`.
    without_lots : str
        What to say of lot totals the history has no column for; empty where it has both.
    """

    batch: Batch
    rows: int
    findings: pd.DataFrame
    without_lots: str = ""

    @property
    def left_out(self) -> int:
        """Rows that are not in the batch."""
        return int((self.findings["consequence"] == LEFT_OUT).sum())

    @property
    def made_missing(self) -> int:
        """Values beyond their physical limits, missing in the batch."""
        return int((self.findings["consequence"] == MADE_MISSING).sum())

    def summary(self) -> str:
        """Counts by column and reason, then the first findings, one a line."""
        kinds = self.findings.value_counts(["column", "reason", "consequence"]).reset_index(name="n")
        lines = [f"{self.rows} rows read, {self.left_out} left out, {self.made_missing} values made missing"]
        lines += [f"  {k.column}: {k.reason}: {k.n} ({k.consequence})" for k in kinds.itertuples()]
        lines += [
            f"  row {f.row}, id {f.id!r}, {f.column}: expected {f.expected}, got {f.got}"
            for f in self.findings.head(SHOWN).itertuples()
        ]
        if len(self.findings) > SHOWN:
            lines.append(f"  and {len(self.findings) - SHOWN} more")
        return "\n".join(lines)


def load_frames(
    frames: Iterable[pd.DataFrame],
    profile: Profile,
    *,
    unfit: Unfit = "leave_out",
    report_file: Path | None = None,
    wanted: Callable[[Batch], np.ndarray[tuple[int], np.dtype[np.bool_]]] | None = None,
) -> LoadedHistory:
    """Read, check and join the tables of a history.

    Parameters
    ----------
    frames : iterable of DataFrame
    profile : Profile
    unfit : {"leave_out", "fail"}
        What rows do that break a promise of `ingest.history_schema`. Values beyond
        physical limits never fail: they are made missing and counted.
    report_file : Path, optional
        CSV that gets every finding, written before failing.
    wanted : callable, optional
        Mask of the rows of a batch to keep (makers, range).

    Raises
    ------
    HistoryError
        `unfit` is ``"fail"`` and there is a row to leave out; or there is no row at all, or
        none that is wanted.
    """
    schema = history_schema(profile)
    batches: list[Batch] = []
    findings: list[pd.DataFrame] = []
    row_numbers: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    rows = fit = 0
    for frame in frames:
        batch, found = check_frame(frame, profile, schema, first_row=rows)
        kept = np.setdiff1d(
            np.arange(rows, rows + len(frame)), found.loc[found["consequence"] == LEFT_OUT, "row"]
        )
        fit += len(batch)
        if wanted is not None:
            mask = wanted(batch)
            batch, kept = batch.take(mask), kept[mask]
        batches.append(batch)
        row_numbers.append(kept)
        findings.append(found)
        rows += len(frame)
    if not rows:
        raise HistoryError("history: expected rows, found none; check table, makers and range")
    whole = concatenate(batches)
    if fit and not len(whole):
        msg = f"history: expected rows of the makers and range asked for, found none in {rows}; check them"
        raise HistoryError(msg)
    doubled = doubled_ids(whole)
    if len(doubled):
        at = doubled["row"].to_numpy()
        doubled["row"] = np.concatenate(row_numbers)[at]
        keep = np.ones(len(whole), dtype=bool)
        keep[at] = False
        whole = whole.take(keep)
    loaded = LoadedHistory(whole, rows, _joined([*findings, doubled]))
    if report_file is not None:
        loaded.findings.to_csv(report_file, index=False, encoding="utf-8")
    if unfit == "fail" and loaded.left_out:
        where = f"; all of them in {report_file}" if report_file is not None else ""
        raise HistoryError(f"history: {loaded.summary()}{where}")
    return loaded


def _joined(findings: Sequence[pd.DataFrame]) -> pd.DataFrame:
    some = [f for f in findings if len(f)]
    if not some:
        return no_findings()
    return pd.concat(some, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
