"""The verdict: its columns, named once for the API, the SQL tables and the CSV header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["OK", "WARN", "NG"]
Route = Literal["trained", "nearest", "limits"]
OUTCOMES: tuple[Outcome, ...] = ("OK", "WARN", "NG")
ROUTES: tuple[Route, ...] = ("trained", "nearest", "limits")

Kind = Literal["text", "integer", "number", "time", "json"]


@dataclass(frozen=True, slots=True)
class VerdictField:
    """One column of a verdict."""

    name: str
    kind: Kind
    nullable: bool
    description: str


VERDICT_FIELDS: tuple[VerdictField, ...] = (
    VerdictField("shot_id", "text", False, "Identifier of the shot in its source."),
    VerdictField("shot_time", "time", True, "When the shot was made, ms since 1970 UTC."),
    VerdictField("maker", "text", True, "Maker of the machine; null when unknown."),
    VerdictField("facility", "text", False, "The press."),
    VerdictField("item", "text", True, "What it molds; null when unknown."),
    VerdictField("lot", "text", True, "facility|item|day: where the shot is counted."),
    VerdictField("cluster", "integer", True, "Setting cluster predicted from the set values."),
    VerdictField("route", "text", False, "trained, nearest or limits: how it was judged."),
    VerdictField("substitute", "text", True, "facility|item|cluster of the model that stood in."),
    VerdictField("distance", "number", True, "Euclidean distance to the substitute setting."),
    VerdictField("model_kind", "text", True, "Detector that judged; null on the limits route."),
    VerdictField("model_version", "text", False, "Registry version that judged."),
    VerdictField("anomaly_score", "number", True, "Score of the shot, higher = worse."),
    VerdictField("scaled_score", "number", True, "Score on the range of training losses, 0-1."),
    VerdictField("base", "number", True, "max(fixed threshold, largest training loss), or a budget's limit."),
    VerdictField(
        "weight", "number", True, "CV weight (+ distance weight), capped; no CV weight under a budget."
    ),
    VerdictField("tolerance", "number", True, "base x weight."),
    VerdictField("margin", "number", True, "(base + tolerance) - anomaly_score; NG when negative."),
    VerdictField("outcome", "text", False, "OK, WARN or NG."),
    VerdictField(
        "reasons",
        "json",
        False,
        "Top contributions, weightiest first: variable, value, normal band low and high, direction, "
        "contribution (share of the explained score, 0-1), effect (by how much the score falls with the "
        "usual value in its place; negative: the value holds the score down), evidence (score, range, band, "
        "limits; predicted, with its interval, of a target, whose band is its tolerance, unwanted of one "
        "that has none). The first one "
        "also carries measured, every measured value of the shot, and "
        "effects, their effects in thousandths of the score.",
    ),
    VerdictField("filled", "json", False, "Filled variables and how each was filled."),
    VerdictField("flags", "json", False, "What else to know: range_violation, new_setting, ..."),
)
"""Columns in their order. ``judged_at`` and the event token are added by the store."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts as columns, one row a record of the judged batch, in its order.

    Attributes
    ----------
    columns : mapping of str to sequence
        One sequence of length n for each name in `VERDICT_FIELDS`. ``number`` columns
        are float64 with NaN for null, ``integer`` columns int64 with -1 for null,
        ``time`` int64 with `core.batch.NO_TIME` for null, ``text`` str or None,
        ``json`` Python lists and dicts.
    """

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.columns["shot_id"])

    def plain_columns(self) -> dict[str, list[Any]]:
        """Each column as a list of plain Python values, null as None."""
        return {f.name: _plain(self.columns[f.name], f.kind) for f in VERDICT_FIELDS}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each verdict as a dictionary of plain Python values, null as None."""
        columns = self.plain_columns()
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True))


def _plain(column: Sequence[Any], kind: Kind) -> list[Any]:
    if kind == "number":
        values = np.asarray(column, dtype=np.float64)
        return _with_none(values, ~np.isfinite(values))
    if kind == "integer":
        whole = np.asarray(column, dtype=np.int64)
        return _with_none(whole, whole < 0)
    if kind == "time":
        times = np.asarray(column, dtype=np.int64)
        return _with_none(times, times == np.iinfo(np.int64).min)
    return list(column)


def _with_none(values: NDArray[Any], null: NDArray[np.bool_]) -> list[Any]:
    plain: list[Any] = values.tolist()
    for row in np.flatnonzero(null).tolist():
        plain[row] = None
    return plain
