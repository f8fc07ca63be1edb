"""What is predicted of one setting, as plain values: what ``--json`` prints and `shown` puts into words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.prediction.judging import Sizes
from inference.prediction.outcomes import judge_predicted
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor
from models.predictor import CHOSEN, Validation

Floats = NDArray[np.float64]
_SIDES = {-1: "below", 1: "above"}


def answer(
    predictor: Predictor,
    inputs: Floats,
    notes: Mapping[str, Any],
    regressors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What is predicted of inputs ``(1, d)``.

    Parameters
    ----------
    predictor : Predictor
    inputs : (1, d) float64
    notes : mapping
        What training noted of itself.
    regressors : mapping of str to str, optional
        As of `Predictor.predict`.
    """
    predicted = predictor.predict(inputs, regressors)
    placed = predictor.place(inputs)
    made = predictor.quantities(inputs, predicted.mean)
    judged = judge_predicted(predicted, placed, Sizes.of(predictor.profile))
    around = predictor.surroundings
    return {
        "process": predictor.profile.name,
        "model_version": predictor.version,
        "inputs": _named(predictor, inputs[0]),
        "targets": _targets(predictor, predicted, placed),
        "outcome": judged.outcome[0],
        "margin": finite(judged.margin[0]),
        "standing": STANDINGS[int(placed.standing[0])],
        "outside": {
            name: _SIDES[int(side)]
            for name, side in zip(predictor.input_names, placed.outside[0], strict=True)
            if side
        },
        "distance": finite(placed.distance[0]),
        "nearest": _nearest(predictor, int(placed.nearest[0])),
        "quantities": [
            {"name": one.name, "unit": one.unit, "value": finite(made[one.name][0])}
            for one in predictor.profile.quantities
        ],
        "coverage": predictor.profile.prediction.coverage,
        "trained": {
            name: [float(low), float(high)]
            for name, low, high in zip(predictor.input_names, around.low, around.high, strict=True)
        },
        "learned_from": learned_from(predictor, notes),
    }


def _named(predictor: Predictor, values: Floats) -> dict[str, float]:
    return dict(zip(predictor.input_names, values.tolist(), strict=True))


def _nearest(predictor: Predictor, at: int) -> dict[str, Any] | None:
    trained = predictor.trained
    if at < 0:
        return None
    return {"inputs": _named(predictor, trained.settings[at]), "rows": int(trained.setting_rows[at])}


def _targets(predictor: Predictor, predicted: Predicted, placed: Placed) -> list[dict[str, Any]]:
    rows = []
    for column, variable in enumerate(predictor.profile.targets):
        mean, low, high = (float(part[0, column]) for part in (predicted.mean, predicted.low, predicted.high))
        regressor = predicted.regressors[column]
        own = judge_predicted(predicted, placed, _sizes_of(predictor, column))
        chosen = regressor == predictor.trained.chosen[column]
        room = None
        if variable.nominal is not None and variable.tolerance is not None:
            room = finite(variable.tolerance - abs(mean - variable.nominal))
        rows.append(
            {
                "name": variable.name,
                "unit": variable.unit,
                "mean": finite(mean),
                "low": finite(low),
                "high": finite(high),
                "nominal": variable.nominal,
                "tolerance": variable.tolerance,
                "outcome": own.outcome[0],
                "margin": room,
                "regressor": regressor,
                "chosen": chosen,
                "validation": validation_of(predictor, variable.name, regressor),
                "validation_as_chosen": validation_of(predictor, variable.name, CHOSEN) if chosen else None,
            }
        )
    return rows


def _sizes_of(predictor: Predictor, column: int) -> Sizes:
    """What is wanted of one target alone."""
    whole = Sizes.of(predictor.profile)
    return whole._replace(nominal=np.where(np.arange(len(whole.nominal)) == column, whole.nominal, np.nan))


def learned_from(predictor: Predictor, notes: Mapping[str, Any]) -> dict[str, Any]:
    """What the version was trained on."""
    trained = predictor.trained
    return {
        "source": notes.get("source"),
        "example": bool(notes.get("example")),
        "rows": int(trained.setting_rows.sum()),
        "settings": len(trained.settings),
    }


def validation_of(
    predictor: Predictor, target: str, regressor: str, split: str = "by_setting"
) -> dict[str, Any] | None:
    """How well a regressor predicts a target on rows left out that way; None if nobody tried."""
    for one in predictor.trained.validation:
        if (one.target, one.regressor, one.split) == (target, regressor, split):
            return figures(one)
    return None


def figures(one: Validation) -> dict[str, Any]:
    """The figures of one trial, null where there is none."""
    return {
        "rows": one.rows,
        "r2": finite(one.r2),
        "mae": finite(one.mae),
        "coverage": finite(one.coverage),
        "width": finite(one.width),
    }


def finite(value: float) -> float | None:
    """The number; None in place of NaN and infinities, which JSON has not."""
    return float(value) if math.isfinite(value) else None
