"""What rows of a history promise, as a pandera schema made from the profile.

Two kinds of broken promise. A row that cannot be placed or read (no identifier, no time,
no facility, text where a number belongs, an identifier seen before) is left out. A
value beyond its physical limits is a wrong sensor or transmission, not a wrong row: the
row stays, the value becomes missing, and it is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from core.batch import Batch
from core.profile import Profile, Variable
from ingest.frame import batch_from_frame, frame_from_batch
from ingest.frame_problem import FrameProblem

FINDING_COLUMNS = ("row", "id", "column", "reason", "expected", "got", "consequence")
LEFT_OUT, MADE_MISSING = "row left out", "value made missing"
_LIMITS, _TOTAL = "beyond_limits", "negative_total"


def history_schema(profile: Profile) -> pa.DataFrameSchema:
    """The schema of a table by flat names whose values `ingest.frame` could read."""
    total = pa.Check.ge(0, name=_TOTAL, error="0 or more")
    return pa.DataFrameSchema(
        {
            "id": pa.Column(object, nullable=False),
            "time": pa.Column(pd.DatetimeTZDtype(tz="UTC"), nullable=False),
            "facility": pa.Column(object, nullable=False),
            "maker": pa.Column(object, nullable=True),
            "item": pa.Column(object, nullable=True),
            "lot_good": pa.Column(np.float64, total, nullable=True),
            "lot_bad": pa.Column(np.float64, total, nullable=True),
            **{v.name: _column(v) for v in (*profile.settings, *profile.production)},
        },
        strict=True,
    )


def check_frame(
    frame: pd.DataFrame, profile: Profile, schema: pa.DataFrameSchema, *, first_row: int = 0
) -> tuple[Batch, pd.DataFrame]:
    """The fit rows of a table as a batch, and a finding for everything that was not.

    Parameters
    ----------
    frame : DataFrame
    profile : Profile
    schema : DataFrameSchema
        Of `history_schema`, made once for many frames.
    first_row : int
        Number of the frame's first row in the whole history.

    Returns
    -------
    batch : Batch
    findings : DataFrame
        Columns `FINDING_COLUMNS`, in the order of the rows.
    """
    batch, problems = batch_from_frame(frame, profile, first_row=first_row)
    unreadable = {p.row for p in problems}
    row_of = np.setdiff1d(np.arange(len(frame)), np.fromiter(unreadable, dtype=np.int64))
    findings = [findings_of(problems)]
    try:
        schema.validate(frame_from_batch(batch, profile), lazy=True)
    except pa.errors.SchemaErrors as error:
        batch, broken = _repaired(batch, error.failure_cases, profile, row_of)
        findings.append(broken)
    found = pd.concat(findings, ignore_index=True)
    found["row"] += first_row
    return batch, found.sort_values("row", kind="stable", ignore_index=True)


def doubled_ids(batch: Batch) -> pd.DataFrame:
    """A finding for each row whose identifier an earlier row of the whole history has."""
    rows = np.flatnonzero(pd.Series(batch.ids).duplicated(keep="first").to_numpy())
    return pd.DataFrame(
        {
            "row": rows,
            "id": batch.ids[rows],
            "column": "id",
            "reason": "duplicate_id",
            "expected": "an identifier used once",
            "got": batch.ids[rows],
            "consequence": LEFT_OUT,
        }
    )


def no_findings() -> pd.DataFrame:
    """An empty table of findings."""
    return pd.DataFrame(
        {name: pd.Series(dtype=np.int64 if name == "row" else object) for name in FINDING_COLUMNS}
    )


def _column(variable: Variable) -> pa.Column:
    if variable.limits is None:
        return pa.Column(np.float64, nullable=True)
    low, high = variable.limits
    check = pa.Check.in_range(low, high, name=_LIMITS, error=f"{low:g} to {high:g} {variable.unit}".strip())
    return pa.Column(np.float64, check, nullable=True)


def findings_of(problems: Sequence[FrameProblem]) -> pd.DataFrame:
    """A finding for each row that was left out."""
    if not problems:
        return no_findings()
    parts = [p.detail.partition(": ")[2].partition(", got ") for p in problems]
    return pd.DataFrame(
        {
            "row": [p.row for p in problems],
            "id": [p.record_id for p in problems],
            "column": [p.column for p in problems],
            "reason": [p.reason for p in problems],
            "expected": [expected.removeprefix("expected ") for expected, _, _ in parts],
            "got": [got for _, _, got in parts],
            "consequence": LEFT_OUT,
        }
    )


def _repaired(
    batch: Batch, cases: pd.DataFrame, profile: Profile, row_of: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[Batch, pd.DataFrame]:
    """Left-out rows dropped, impossible values made missing, and the findings of both."""
    rows = cases["index"].to_numpy(dtype=np.int64)
    column = cases["column"].to_numpy(dtype=object)
    absent = (cases["check"] == "not_nullable").to_numpy()
    findings = pd.DataFrame(
        {
            "row": row_of[rows],
            "id": batch.ids[rows],
            "column": column,
            "reason": np.where(absent, "missing_" + column, np.where(_is_total(column), _TOTAL, _LIMITS)),
            "expected": np.where(absent, "a value", cases["check"].to_numpy(dtype=object)),
            "got": [repr(v) for v in cases["failure_case"]],
            "consequence": np.where(absent, LEFT_OUT, MADE_MISSING),
        }
    )
    arrays = {f.name: getattr(batch, f.name) for f in fields(batch)}
    tables = {"settings": profile.settings, "production": profile.production}
    for name in set(column[~absent].tolist()):
        where = rows[~absent & (column == name)]
        if _is_total(np.array([name], dtype=object))[0]:
            arrays[name] = _without(arrays[name], where)
        for table, variables in tables.items():
            for index, variable in enumerate(variables):
                if variable.name == name:
                    arrays[table] = _without(arrays[table], (where, index))
    keep = np.ones(len(batch), dtype=bool)
    keep[rows[absent]] = False
    return Batch(**arrays).take(keep), findings


def _is_total(column: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.isin(column, ["lot_good", "lot_bad"])


def _without(values: Any, where: Any) -> Any:
    out = values.copy()
    out[where] = np.nan
    return out
