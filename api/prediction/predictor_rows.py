"""The predictor itself, outward: inputs with their ranges, targets, how good it is."""

from __future__ import annotations

import math
from typing import Any

from api.context import Context
from api.prediction.names import Names
from inference.prediction.predictor import Predictor


def predictor_outward(here: Context, predictor: Predictor, names: Names) -> dict[str, Any]:
    """All of `api.prediction.schemas.PredictorOut`."""
    profile, trained, around = predictor.profile, predictor.trained, predictor.surroundings
    return {
        "version": predictor.version,
        "process": profile.name,
        "record": profile.record,
        "source": trained_from(here),
        "synthetic": trained_on_example(here),
        "rows": int(trained.setting_rows.sum()),
        "settings": len(trained.settings),
        "coverage": profile.prediction.coverage,
        "reach": around.reach,
        "inputs": [
            {
                "name": variable.name,
                "path": ".".join(variable.path),
                "label": names.of(variable.name),
                "unit": variable.unit,
                "trained_low": float(around.low[k]),
                "trained_high": float(around.high[k]),
                "limit_low": None if variable.limits is None else variable.limits[0],
                "limit_high": None if variable.limits is None else variable.limits[1],
            }
            for k, variable in enumerate(profile.inputs)
        ],
        "targets": [
            {
                "name": variable.name,
                "path": ".".join(variable.path),
                "label": names.of(variable.name),
                "unit": variable.unit,
                "nominal": variable.nominal,
                "tolerance": variable.tolerance,
                "regressor": predictor.regressors[variable.name][0],
                "regressors": list(predictor.regressors[variable.name]),
            }
            for variable in profile.targets
        ],
        "quantities": [
            {"name": one.name, "label": names.of(one.name), "unit": one.unit} for one in profile.quantities
        ],
        "minimize": list(profile.advice.minimize),
        "validation": [
            {
                "target": one.target,
                "regressor": one.regressor,
                "split": one.split,
                "rows": one.rows,
                "r2": finite(one.r2),
                "mae": finite(one.mae),
                "coverage": finite(one.coverage),
                "width": finite(one.width),
            }
            for one in trained.validation
        ],
    }


def trained_from(here: Context) -> str | None:
    """What the version in use was trained from, as training noted it."""
    plant = here.catalog.plant
    source = None if plant is None else plant.notes.get("source")
    return source if isinstance(source, str) else None


def trained_on_example(here: Context) -> bool:
    """Whether the version in use was trained on the set that ships, as training noted it."""
    plant = here.catalog.plant
    return plant is not None and plant.notes.get("example") is True


def finite(value: float) -> float | None:
    """As JSON has it: None for what is no number."""
    return value if math.isfinite(value) else None
