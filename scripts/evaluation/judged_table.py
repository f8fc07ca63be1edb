"""A table judged by the code that judges live, with its labels and its lots beside the verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import Batch, Floats, Strings, concatenate
from core.profile import Profile
from core.verdict import Verdicts
from inference.backtest import backtest
from inference.evaluation.shots import severity
from inference.plan import Plan
from ingest.frame import batch_from_frame
from models.artifact import TrainedPlant
from scripts.evaluation.labels import LabelSource

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_TEXTS = ("maker", "facility", "item", "route", "model_kind", "outcome")


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows that got a verdict, as columns in the table's order.

    Attributes
    ----------
    maker, facility, item, route, model_kind, outcome : (n,) object
        Of the verdict.
    cluster, time : (n,) int64
    severity : (n,) float64
        `inference.evaluation.shots.severity`.
    bad : (n,) float64
        Label: 1, 0 or NaN.
    cause : (n,) object
    """

    maker: Strings
    facility: Strings
    item: Strings
    route: Strings
    model_kind: Strings
    outcome: Strings
    cluster: Ints
    time: Ints
    severity: Floats
    bad: Floats
    cause: Strings

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class JudgedTable:
    """A whole table.

    Attributes
    ----------
    rows : JudgedRows
    keys : Batch
        The same rows as received, without variables: what lots are counted from.
    refused : Counter
        Rows without a verdict, by reason.
    production : (n, p) float64
        Measured values as received; no columns unless asked for.
    """

    rows: JudgedRows
    keys: Batch
    refused: Counter[str]
    production: Floats


def judge_table(
    frames: Iterable[pd.DataFrame],
    plan: Plan,
    profile: Profile,
    labels: LabelSource,
    progress: Callable[[int], None],
    *,
    keep_production: bool = False,
) -> JudgedTable:
    """Judge every row in its order and keep what an evaluation needs; see `inference.backtest`."""
    passed: list[pd.DataFrame] = []

    def noted() -> Iterator[pd.DataFrame]:
        for frame in frames:
            passed.append(frame)
            yield frame

    found: list[JudgedRows] = []
    keys: list[Batch] = []
    production: list[Floats] = []
    refused: Counter[str] = Counter()
    first_row = 0
    for piece in backtest(noted(), plan, profile):
        frame = passed.pop()
        refused.update(problem.reason for problem in piece.refused)
        without = {problem.row - first_row for problem in piece.refused}
        batch, problems = batch_from_frame(frame, profile, first_row=first_row)
        unreadable = {problem.row for problem in problems}
        readable = np.array([row for row in range(len(frame)) if row not in unreadable], dtype=np.intp)
        judged = np.array([row not in without for row in readable], dtype=bool)
        if piece.verdicts is not None:
            batch = batch.take(judged)
            told = labels.of(frame, batch.ids, readable[judged], first_row)
            found.append(_rows(piece.verdicts, told.bad, told.cause))
            keys.append(_without_variables(batch))
            production.append(batch.production if keep_production else keys[-1].production)
        first_row += len(frame)
        progress(first_row)
    if not found:
        found = [_rows(_no_verdicts(), np.empty(0), np.empty(0, dtype=object))]
        keys = [_without_variables(Batch.empty(profile))]
        production = [keys[0].production]
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in found]) for f in fields(JudgedRows)}
    return JudgedTable(JudgedRows(**columns), concatenate(keys), refused, np.concatenate(production))


def seen_in_training(rows: JudgedRows, plant: TrainedPlant) -> Flags:
    """Rows of trained groups between the first and the last shot that group was trained on, ``(n,)``.

    A few of them may not have been trained on (lots nobody counted): they count as seen.
    """
    seen = np.zeros(len(rows), dtype=bool)
    groups = pd.MultiIndex.from_arrays([rows.maker, rows.facility, rows.item, rows.cluster])
    number, names = pd.factorize(groups)
    of = {tuple(name): i for i, name in enumerate(names)}
    for model in plant.models:
        group = of.get(tuple(model.key))
        if group is not None:
            first, last = model.window
            seen |= (number == group) & (rows.time >= first) & (rows.time <= last)
    return seen


def _rows(verdicts: Verdicts, bad: Floats, cause: Strings) -> JudgedRows:
    columns = verdicts.columns
    texts = {name: np.array(list(columns[name]), dtype=object) for name in _TEXTS}
    return JudgedRows(
        **texts,
        cluster=np.asarray(columns["cluster"], dtype=np.int64),
        time=np.asarray(columns["shot_time"], dtype=np.int64),
        severity=severity(verdicts),
        bad=bad,
        cause=cause,
    )


def _no_verdicts() -> Verdicts:
    names = (*_TEXTS, "cluster", "shot_time", "anomaly_score", "base", "tolerance")
    return Verdicts({name: [] for name in names})


def _without_variables(batch: Batch) -> Batch:
    nothing = np.empty((len(batch), 0))
    return replace(batch, settings=nothing, production=nothing)
