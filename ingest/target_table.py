"""Rows to learn predictions from: inputs with what was measured of each target.

Every row is either learned from or refused with its reason: nothing missing is filled here,
since a regressor would learn the filled-in value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.batch import Batch, Floats, concatenate
from core.errors import HistoryError
from core.profile import Profile, Variable
from ingest.frame import batch_from_frame
from ingest.frame_problem import FrameProblem
from ingest.frame_reader import FrameReader
from ingest.history_columns import check_target_columns
from ingest.history_query import HistoryQuery
from ingest.table import read_table

SHOWN = 10
"""Refused rows a message lists; the report file has them all."""


@dataclass(frozen=True, slots=True)
class TargetTable:
    """The rows that can be learned from, and why the others cannot.

    Attributes
    ----------
    batch : Batch
        Keys and inputs, no input missing, in the order of the table.
    targets : (n, t) float64
        Columns as ``profile.targets``; nothing missing.
    rows : int
        Rows read, fit or not.
    problems : tuple of FrameProblem
        One of each row that was refused; its ``row`` counts from 0 in the whole table.
    """

    batch: Batch
    targets: Floats
    rows: int
    problems: tuple[FrameProblem, ...]

    @property
    def inputs(self) -> Floats:
        """(n, d) columns as ``profile.inputs``."""
        return np.concatenate([self.batch.settings, self.batch.production], axis=1)

    def summary(self) -> str:
        """How many rows were refused, and the first of them, one a line."""
        lines = [f"{self.rows} rows read, {len(self.problems)} left out"]
        lines += [f"  row {p.row}: {p.reason}: {p.detail}" for p in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"  and {len(self.problems) - SHOWN} more")
        return "\n".join(lines)


def target_file(path: str | Path, profile: Profile, query: HistoryQuery | None = None) -> TargetTable:
    """The rows of a file, CSV, Parquet or JSON lines; see `ingest.table.read_table`.

    Raises
    ------
    HistoryError
        As `target_table`, or the file is no table.
    """
    return target_table(read_table(path, profile), profile, where=str(path), query=query)


def target_table(
    frames: Iterable[pd.DataFrame], profile: Profile, *, where: str, query: HistoryQuery | None = None
) -> TargetTable:
    """Check and join the pieces of a table.

    A column is found by the dotted path its variable has in a document, or by the variable's
    name. Limits count: a size or set value beyond its physical limits was not measured but
    mistyped.

    Parameters
    ----------
    frames : iterable of DataFrame
    profile : Profile
    where : str
        Names the table in errors.
    query : HistoryQuery, optional
        Makers and range that are wanted; others are passed over, and are no problem.

    Raises
    ------
    HistoryError
        A column is missing, or there is no row that can be learned from.
    """
    batches: list[Batch] = []
    targets: list[Floats] = []
    problems: list[FrameProblem] = []
    seen: set[str] = set()
    rows = 0
    for frame in frames:
        check_target_columns([str(c) for c in frame.columns], profile, where=where)
        batch, measured, refused = _checked(frame, profile, rows, seen)
        problems += refused
        if query is not None:
            wanted = query.wants(batch)
            batch, measured = batch.take(wanted), measured[wanted]
        batches.append(batch)
        targets.append(measured)
        rows += len(frame)
    found = TargetTable(
        concatenate(batches) if batches else Batch.empty(profile),
        np.concatenate([np.empty((0, len(profile.targets))), *targets]),
        rows,
        tuple(problems),
    )
    if not len(found.batch):
        asked = " of the makers and range asked for" if query is not None and rows > len(problems) else ""
        raise HistoryError(
            f"{where}: expected rows with all of {_names((*profile.inputs, *profile.targets))}{asked}, "
            f"got none: {found.summary()}"
        )
    return found


def _checked(
    frame: pd.DataFrame, profile: Profile, first_row: int, seen: set[str]
) -> tuple[Batch, Floats, list[FrameProblem]]:
    """The fit rows of one piece; `seen` are identifiers of earlier ones."""
    batch, unreadable = batch_from_frame(frame, profile, first_row=first_row)
    reader = FrameReader(frame, lenient=profile.fill.unreadable == "fill")
    measured = np.stack([reader.numbers(v.path, v.name) for v in profile.targets], axis=1)
    problems = {problem.row: problem for problem in unreadable}
    row_of = np.array([row for row in range(len(frame)) if row not in problems], dtype=np.int64)
    # An unreadable target says more than the missing value it leaves.
    found = {row: p for row, p in reader.problems.items() if row not in problems}
    variables = (*profile.inputs, *profile.targets)
    values = np.concatenate([batch.settings, batch.production, measured[row_of]], axis=1)
    wrong = ~_fit(values, variables, profile)
    for at, column in zip(*np.nonzero(wrong), strict=True):
        detail = _why(variables[column], float(values[at, column]))
        reason = "missing_value" if np.isnan(values[at, column]) else "beyond_limits"
        row = int(row_of[at])
        found.setdefault(row, FrameProblem(row, "", variables[column].name, reason, detail))
    for row, name in zip(row_of.tolist(), batch.ids, strict=True):
        if row not in found and name in seen:
            detail = f"id: expected an identifier used once, got {name!r}"
            found[row] = FrameProblem(row, name, "id", "duplicate_id", detail)
        elif row not in found:
            seen.add(name)
    id_of = dict(zip(row_of.tolist(), batch.ids, strict=True))
    problems |= {row: _placed(p, id_of[row]) for row, p in found.items()}
    fit = np.array([row not in found for row in row_of.tolist()], dtype=bool)
    told = [_placed(p, p.record_id, first_row) for _, p in sorted(problems.items())]
    return batch.take(fit), measured[row_of[fit]], told


def _fit(
    values: Floats, variables: Sequence[Variable], profile: Profile
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(n, v) whether a value is there, within limits, and has the inverse or logarithm it enters as."""
    limits = [v.limits or (-np.inf, np.inf) for v in variables]
    low, high = np.array(limits, dtype=np.float64).reshape(-1, 2).T
    fit = (values >= low) & (values <= high)
    names = [v.name for v in variables]
    for rule in profile.regressors:
        for name in rule.inverse:
            fit[:, names.index(name)] &= values[:, names.index(name)] != 0
        for name in rule.logarithmic:
            fit[:, names.index(name)] &= values[:, names.index(name)] > 0
    return fit


def _why(variable: Variable, value: float) -> str:
    name = ".".join(variable.path)
    if np.isnan(value):
        return f"{name}: expected a value of {variable.name}, got none"
    if variable.limits is not None and not variable.limits[0] <= value <= variable.limits[1]:
        low, high = variable.limits
        return f"{name}: expected {low:g} to {high:g} {variable.unit}".strip() + f", got {value!r}"
    return f"{name}: expected a number whose inverse or logarithm it enters as, got {value!r}"


def _placed(problem: FrameProblem, record_id: str, first_row: int = 0) -> FrameProblem:
    return FrameProblem(problem.row + first_row, record_id, problem.column, problem.reason, problem.detail)


def _names(variables: Sequence[Variable]) -> str:
    return ", ".join(v.name for v in variables)
