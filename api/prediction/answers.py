"""What is predicted of rows of inputs, as REST gives it and the forms show it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.context import Context
from api.prediction.names import Names
from api.prediction.sentences import sentence
from core.errors import ModelNotFound
from inference.prediction.judging import Sizes
from inference.prediction.outcomes import judge_predicted
from inference.prediction.predicted import STANDINGS
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]

_SIDES = {-1: "below", 1: "above"}


def predictor_of(here: Context) -> Predictor:
    """The predictor in use.

    Raises
    ------
    ModelNotFound
        Nothing is trained yet.
    """
    plan = here.catalog.plan
    if plan is None or plan.predictor is None:
        raise ModelNotFound(here.catalog.problem or "no model is trained yet: run `./sprue train`")
    return plan.predictor


def answers(
    predictor: Predictor, inputs: Floats, names: Names, regressors: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """One answer a row, in their order.

    Parameters
    ----------
    predictor : Predictor
    inputs : (n, d) float64
        Nothing missing.
    names : Names
        Of the language of the sentences.
    regressors : mapping of str to str, optional
        Target -> the regressor to ask instead of the chosen one.

    Raises
    ------
    ConfigError
        There is no such target or regressor.
    """
    predicted, placed = predictor.predict(inputs, regressors), predictor.place(inputs)
    quantities = predictor.quantities(inputs, predicted.mean)
    judged = judge_predicted(predicted, placed, Sizes.of(predictor.profile))
    trained = predictor.trained
    rows = []
    for i in range(len(inputs)):
        at = int(placed.nearest[i])
        row: dict[str, Any] = {
            "row": i,
            "inputs": _named(predictor.input_names, inputs[i]),
            "outcome": judged.outcome[i],
            "margin": _plain(judged.margin[i]),
            "standing": STANDINGS[placed.standing[i]],
            "outside": {
                name: _SIDES[int(side)]
                for name, side in zip(predictor.input_names, placed.outside[i], strict=True)
                if side
            },
            "distance": _plain(placed.distance[i]),
            "nearest": None
            if at < 0
            else {
                "inputs": _named(predictor.input_names, trained.settings[at]),
                "rows": int(trained.setting_rows[at]),
            },
            "targets": [
                {
                    "name": variable.name,
                    "unit": variable.unit,
                    "mean": _plain(predicted.mean[i, j]),
                    "low": _plain(predicted.low[i, j]),
                    "high": _plain(predicted.high[i, j]),
                    "regressor": predicted.regressors[j],
                }
                for j, variable in enumerate(predictor.profile.targets)
            ],
            "quantities": [
                {"name": one.name, "unit": one.unit, "value": _plain(quantities[one.name][i])}
                for one in predictor.profile.quantities
            ],
        }
        row["text"] = sentence(row, predictor, names)
        rows.append(row)
    return rows


def _named(names: tuple[str, ...], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _plain(value: Any) -> float | None:
    """As JSON has it: None for what is no number."""
    number = float(value)
    return number if math.isfinite(number) else None
