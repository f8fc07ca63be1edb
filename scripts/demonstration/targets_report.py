"""What the demonstration of a process that predicts comes to: figures, and REST against the file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.prediction.predictor import Predictor
from inference.verdict_file import open_rows
from ingest.table import read_table
from models.predictor import CHOSEN
from scripts.demonstration.service_process import ServiceProcess
from scripts.prediction.answer import validation_of
from scripts.prediction.rows import PredictedTable

Floats = NDArray[np.float64]
SPLITS = ("by_setting", "random")


def figures(predictor: Predictor) -> dict[str, Any]:
    """How well every regressor predicts every target, on settings and on random rows left out.

    ``chosen_anew`` are the figures of the choice as a whole: for every setting left out the
    regressor was chosen without it.
    """
    trained = predictor.trained
    names = [rule.name for rule in predictor.profile.regressors]
    return {
        "process": predictor.profile.name,
        "model_version": predictor.version,
        "rows": int(trained.setting_rows.sum()),
        "settings": len(trained.settings),
        "targets": {
            variable.name: {
                "unit": variable.unit,
                "chosen": chosen,
                "regressors": {
                    name: {split: validation_of(predictor, variable.name, name, split) for split in SPLITS}
                    for name in names
                },
                "chosen_anew": validation_of(predictor, variable.name, CHOSEN),
            }
            for variable, chosen in zip(predictor.profile.targets, trained.chosen, strict=True)
        },
    }


def some_inputs(predictor: Predictor, most: int = 12) -> Floats:
    """Settings run before and places between them ``(n, d)``, as somebody would type them."""
    settings = predictor.trained.settings
    some = settings[np.unique(np.linspace(0, len(settings) - 1, min(most // 2, len(settings))).astype(int))]
    between = (some + np.roll(some, 1, axis=0)) / 2
    return np.unique(np.concatenate([some, between]).round(6), axis=0)


def predicted_by_file(predictor: Predictor, inputs: Floats, folder: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file as ``./sprue predict --file`` gives them.

    Leaves ``asked.csv`` and ``predicted.csv`` in the folder, to look at.
    """
    asked = folder / "asked.csv"
    with asked.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(predictor.input_names)
        writer.writerows(inputs.tolist())
    table = PredictedTable(read_table(asked, predictor.profile), predictor)
    found: list[dict[str, Any]] = []
    with open_rows(folder / "predicted.csv", table.fields) as rows:
        for piece in table.pieces():
            rows.write(piece.rows)
            found += piece.rows
    return found


def predicted_by_rest(service: ServiceProcess, predictor: Predictor, inputs: Floats) -> list[dict[str, Any]]:
    """The same of the running service."""
    rows = [dict(zip(predictor.input_names, row, strict=True)) for row in inputs.tolist()]
    answer: list[dict[str, Any]] = service.post("/api/v1/predictions", {"rows": rows})["rows"]
    return answer


def agreed(rest: Sequence[dict[str, Any]], file: Sequence[dict[str, Any]]) -> int:
    """Rows that both predict alike, to the last bit, and judge alike."""
    return sum(_alike(one, other) for one, other in zip(rest, file, strict=True))


def _alike(rest: dict[str, Any], file: dict[str, Any]) -> bool:
    sizes = [
        (target[end], file[f"{target['name']}{suffix}"])
        for target in rest["targets"]
        for end, suffix in (("mean", ""), ("low", "_low"), ("high", "_high"))
    ]
    words = [(rest[name], file[name]) for name in ("outcome", "standing")]
    return all(one == other for one, other in (*sizes, *words))
