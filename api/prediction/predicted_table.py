"""A table of inputs with what is predicted beside them, to show and to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.prediction.answers import answers
from api.prediction.names import Names
from api.prediction.table import InputTable
from inference.prediction.predictor import Predictor


@dataclass(frozen=True, slots=True)
class PredictedTable:
    """Each row of a table with its answer, or why it has none.

    Attributes
    ----------
    table : InputTable
    answers : mapping of int to mapping
        Place of a row -> its answer, see `api.prediction.answers`.
    """

    table: InputTable
    answers: Mapping[int, Mapping[str, Any]]


def predict_table(
    table: InputTable, predictor: Predictor, names: Names, regressors: Mapping[str, str] | None = None
) -> PredictedTable:
    """Predict every row that can be used."""
    found = answers(predictor, table.inputs, names, regressors)
    return PredictedTable(table, dict(zip(table.places, found, strict=True)))


def as_csv(found: PredictedTable, predictor: Predictor) -> bytes:
    """The table as it came and what is predicted: points as decimal marks, commas between fields.

    A field that a spreadsheet would run as a formula is kept as text.
    """
    targets, quantities = predictor.target_names, [one.name for one in predictor.profile.quantities]
    added = [f"{target}_{part}" for target in targets for part in ("predicted", "low", "high")]
    added += [*quantities, "standing", "outside", "distance", "outcome", "margin", "refused"]
    width = len(found.table.header)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*map(_text, found.table.header), *added])
    for place, row in enumerate(found.table.rows):
        whole = [_text(field) for field in [*row, *[""] * width][:width]]
        answer = found.answers.get(place)
        refused = _text(found.table.refused.get(place, ""))
        told = _told(answer) if answer is not None else [""] * (len(added) - 1)
        writer.writerow([*whole, *told, refused])
    return out.getvalue().encode("utf-8-sig")


def _told(answer: Mapping[str, Any]) -> list[Any]:
    sizes = [one[part] for one in answer["targets"] for part in ("mean", "low", "high")]
    values = [one["value"] for one in answer["quantities"]]
    outside = " ".join(f"{name}:{side}" for name, side in answer["outside"].items())
    keys = ("distance", "outcome", "margin")
    return [*sizes, *values, answer["standing"], outside, *(answer[key] for key in keys)]


def _text(field: str) -> str:
    """A field without its power to be a formula."""
    if field[:1] in ("=", "@", "\t", "\r") or (field[:1] in "+-" and not _is_number(field)):
        return f"'{field}"
    return field


def _is_number(field: str) -> bool:
    try:
        float(field.replace(",", "."))
    except ValueError:
        return not field
    return True
