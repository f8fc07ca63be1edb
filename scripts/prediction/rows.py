"""Predicts the rows of a table: what each comes to beside what the row held, or why not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import HistoryError
from core.profile import Profile, Variable
from core.verdict import Kind, VerdictField
from inference.prediction.judging import Sizes
from inference.prediction.outcomes import judge_predicted
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor
from ingest.frame import batch_from_frame
from ingest.frame_problem import FrameProblem

Floats = NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of the table; every one is in exactly one of the two.

    Attributes
    ----------
    rows : list of dict
        The row's own cells and what is predicted, by the names of `PredictedTable.fields`.
    refused : list of FrameProblem
        Rows without a prediction; `row` counts from the table's start.
    outcomes, standings : list
        Of `rows`, whatever the columns are called that hold them.
    """

    rows: list[dict[str, Any]]
    refused: list[FrameProblem]
    outcomes: list[Any]
    standings: list[Any]


class PredictedTable:
    """A table with what is predicted of its rows.

    Parameters
    ----------
    frames : iterable of DataFrame
        As `ingest.table.read_table` gives them; at least one.
    predictor : Predictor
    regressors : mapping of str to str, optional
        As of `Predictor.predict`.

    Attributes
    ----------
    fields : tuple of VerdictField
        The table's own columns, then those of the prediction.

    Raises
    ------
    HistoryError
        A column that every row needs is not there.
    """

    def __init__(
        self,
        frames: Iterable[pd.DataFrame],
        predictor: Predictor,
        regressors: Mapping[str, str] | None = None,
    ) -> None:
        self._frames = iter(frames)
        self._first = next(self._frames)
        self._predictor, self._regressors = predictor, regressors
        _refuse_missing(self._first, predictor.profile)
        inputs = {name for v in predictor.profile.inputs for name in (v.name, ".".join(v.path))}
        own = [
            VerdictField(str(name), "number" if name in inputs else _kind(self._first[name]), True, "")
            for name in self._first.columns
        ]
        made = list(_made(predictor.profile))
        taken = {field.name for field in own}
        # A table may hold the measured target by the very name under which it is predicted.
        self._called = {f.name: _free(f.name, taken) for f in made}
        self._own = tuple(own)
        self.fields = (*own, *(VerdictField(self._called[f.name], f.kind, True, "") for f in made))

    def pieces(self) -> Iterator[Piece]:
        """The table's rows in their order, predicted."""
        start, frame = 0, self._first
        while True:
            yield self._predicted(frame, start)
            start += len(frame)
            following = next(self._frames, None)
            if following is None:
                return
            frame = following

    def _predicted(self, frame: pd.DataFrame, start: int) -> Piece:
        predictor = self._predictor
        batch, problems = batch_from_frame(frame, predictor.profile, first_row=start)
        readable = np.ones(len(frame), dtype=np.bool_)
        readable[[problem.row for problem in problems]] = False
        row, inputs = readable.nonzero()[0], np.concatenate([batch.settings, batch.production], axis=1)
        wrong = _unusable(inputs, row, batch.ids, predictor.profile)
        problems += wrong.values()
        kept = np.array([k not in wrong for k in range(len(row))], dtype=np.bool_)
        row, inputs, ids = row[kept], inputs[kept], batch.ids[kept]
        predicted, placed = predictor.predict(inputs, self._regressors), predictor.place(inputs)
        known = np.logical_and.reduce(np.isfinite(predicted.mean), axis=1)
        nothing = "expected a finite prediction, got none from these inputs"
        problems += [
            FrameProblem(int(row[k]), str(ids[k]), "", "no_prediction", nothing)
            for k in (~known).nonzero()[0].tolist()
        ]
        columns = self._columns(inputs, predicted, placed)
        held = self._cells(frame.iloc[row[known]])
        held |= {self._called[name]: column[known].tolist() for name, column in columns.items()}
        rows = [dict(zip(held, cells, strict=True)) for cells in zip(*held.values(), strict=True)]
        said = [FrameProblem(p.row + start, p.record_id, p.column, p.reason, p.detail) for p in problems]
        outcomes, standings = (columns[name][known].tolist() for name in ("outcome", "standing"))
        return Piece(rows, sorted(said, key=lambda problem: problem.row), outcomes, standings)

    def _columns(
        self, inputs: Floats, predicted: Predicted, placed: Placed
    ) -> dict[str, NDArray[np.object_]]:
        """What is predicted of inputs ``(n, d)``, by the names of `_made`; null as None."""
        predictor = self._predictor
        numbers = {
            f"{name}{end}": values[:, j]
            for j, name in enumerate(predictor.target_names)
            for end, values in (("", predicted.mean), ("_low", predicted.low), ("_high", predicted.high))
        }
        numbers |= predictor.quantities(inputs, predicted.mean)
        outcome, margin = judge_predicted(predicted, placed, Sizes.of(predictor.profile))
        numbers |= {"distance": placed.distance, "margin": margin}
        columns: dict[str, NDArray[np.object_]] = {}
        for name, column in numbers.items():
            columns[name] = column.astype(object)
            columns[name][~np.isfinite(column)] = None
        columns["standing"] = np.array(STANDINGS, dtype=object)[placed.standing]
        columns["outcome"] = np.array([*outcome, None], dtype=object)[:-1]
        columns["model_version"] = np.full(len(inputs), predictor.version, dtype=object)
        return {field.name: columns[field.name] for field in _made(predictor.profile)}

    def _cells(self, frame: pd.DataFrame) -> dict[str, list[Any]]:
        """The table's own cells, null as None, by the kinds of its first rows."""
        cells: dict[str, list[Any]] = {}
        for field in self._own:
            column = frame[field.name]
            if field.kind == "number" and column.dtype.kind not in "iuf":
                column = _numbers(column)
            values = column.astype(object).where(column.notna(), None).tolist()
            cells[field.name] = (
                values if field.kind == "number" else [None if v is None else str(v) for v in values]
            )
        return cells


def _free(name: str, taken: set[str]) -> str:
    """The name, with `predicted_` in front as often as somebody else has it; taken from now on."""
    while name in taken:
        name = f"predicted_{name}"
    taken.add(name)
    return name


def _refuse_missing(frame: pd.DataFrame, profile: Profile) -> None:
    there = set(frame.columns)
    lacking = [v for v in profile.inputs if not there & {v.name, ".".join(v.path)}]
    if lacking:
        wanted = ", ".join(f"{'.'.join(v.path)} (or {v.name})" for v in lacking)
        found = ", ".join(map(str, frame.columns))
        raise HistoryError(f"expected a column for every input, found none for {wanted}; there are: {found}")


def _made(profile: Profile) -> Iterator[VerdictField]:
    """The columns of a prediction."""
    names: list[tuple[str, Kind]] = [
        (f"{v.name}{end}", "number") for v in profile.targets for end in ("", "_low", "_high")
    ]
    names += [(quantity.name, "number") for quantity in profile.quantities]
    names += [("standing", "text"), ("distance", "number"), ("outcome", "text"), ("margin", "number")]
    names += [("model_version", "text")]
    for name, kind in names:
        yield VerdictField(name, kind, True, "")


def _kind(column: pd.Series[Any]) -> Kind:
    return "number" if column.dtype.kind in "iuf" and column.notna().any() else "text"


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of numbers that has texts among them from here on: numbers, and texts as they are."""
    numbers: pd.Series[Any] = pd.to_numeric(column, errors="coerce")
    return numbers.astype(object).where(numbers.notna(), column)


def _unusable(
    inputs: Floats, row: NDArray[np.intp], ids: NDArray[np.object_], profile: Profile
) -> dict[int, FrameProblem]:
    """What is wrong with inputs ``(n, d)`` that are missing or beyond their physical limits."""
    low, high = np.array([v.limits or (-np.inf, np.inf) for v in profile.inputs], dtype=np.float64).T
    wrong = ~((inputs >= low) & (inputs <= high))
    found = {}
    for at in wrong.any(axis=1).nonzero()[0].tolist():
        k = int(wrong[at].argmax())
        found[at] = _wrong(int(row[at]), str(ids[at]), profile.inputs[k], float(inputs[at, k]))
    return found


def _wrong(row: int, name: str, variable: Variable, value: float) -> FrameProblem:
    column = ".".join(variable.path)
    if math.isnan(value):
        detail = f"{column}: expected a number [{variable.unit}], got nothing"
        return FrameProblem(row, name, column, "missing_input", detail)
    low, high = variable.limits or (-math.inf, math.inf)
    detail = f"{column}: expected a value between the physical limits {low:g} and {high:g}, got {value:g}"
    return FrameProblem(row, name, column, "beyond_limits", detail)
