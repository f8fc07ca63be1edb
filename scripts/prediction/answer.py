"""What is predicted of one setting, as plain values: what ``--json`` prints and `shown` puts into words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile import Variable
from inference.prediction.predicted import STANDINGS, Predicted
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
    targets = _targets(predictor, predicted)
    around = predictor.surroundings
    return {
        "process": predictor.profile.name,
        "model_version": predictor.version,
        "inputs": _named(predictor, inputs[0]),
        "targets": targets,
        "outcome": _worst(target["outcome"] for target in targets),
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


def _targets(predictor: Predictor, predicted: Predicted) -> list[dict[str, Any]]:
    rows = []
    for column, variable in enumerate(predictor.profile.targets):
        mean, low, high = (float(part[0, column]) for part in (predicted.mean, predicted.low, predicted.high))
        regressor = predicted.regressors[column]
        chosen = regressor == predictor.trained.chosen[column]
        rows.append(
            {
                "name": variable.name,
                "unit": variable.unit,
                "mean": finite(mean),
                "low": finite(low),
                "high": finite(high),
                "nominal": variable.nominal,
                "tolerance": variable.tolerance,
                **_verdict(variable, mean, low, high),
                "regressor": regressor,
                "chosen": chosen,
                "validation": validation_of(predictor, variable.name, regressor),
                "validation_as_chosen": validation_of(predictor, variable.name, CHOSEN) if chosen else None,
            }
        )
    return rows


def _verdict(variable: Variable, value: float, low: float, high: float) -> dict[str, Any]:
    if variable.nominal is None or variable.tolerance is None or not math.isfinite(value):
        return {"outcome": None, "margin": None}
    margin = variable.tolerance - abs(value - variable.nominal)
    sure = low >= variable.nominal - variable.tolerance and high <= variable.nominal + variable.tolerance
    return {"outcome": "NG" if margin < 0 else "OK" if sure else "WARN", "margin": margin}


def _worst(outcomes: Iterable[str | None]) -> str | None:
    return max((o for o in outcomes if o), key=("OK", "WARN", "NG").index, default=None)


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
