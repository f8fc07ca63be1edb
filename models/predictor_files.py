"""A trained predictor as two files of plain arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.predictor import FittedRegressor, TrainedPredictor, Validation
from models.predictor_golden import PredictorGolden
from models.ragged import pack, unpack

Arrays = Mapping[str, NDArray[Any]]

PREDICTOR, PREDICTOR_WEIGHTS = "predictor", "predictor_weights"
"""Absent from versions of a process that predicts nothing, and of earlier releases."""

_TABLES = ("settings", "setting_rows", "setting_means", "measured", "held_out")
_NAMES = ("name", "kind", "target")
_SCALER = ("enters", "offset", "scale")
_MISSES = ("misses", "miss_weights")
_VALIDATED = ("target", "regressor", "split")
_FIGURES = ("r2", "mae", "coverage", "width")
_GOLDEN = ("inputs", "mean", "spread")


def predictor_to_files(predictor: TrainedPredictor) -> dict[str, dict[str, NDArray[Any]]]:
    """Arrays by file name (without ending) of the whole predictor."""
    fitted, validated = predictor.regressors, predictor.validation
    arrays: dict[str, NDArray[Any]] = {
        "input_names": _texts(predictor.input_names),
        "target_names": _texts(predictor.target_names),
        "chosen": _texts(predictor.chosen),
        **{name: getattr(predictor, name) for name in _TABLES},
        **{f"regressor_{name}": _texts([getattr(f, name) for f in fitted]) for name in _NAMES},
        **{f"validation_{name}": _texts([getattr(v, name) for v in validated]) for name in _VALIDATED},
        "validation_rows": np.array([v.rows for v in validated], dtype=np.int64),
        **{
            f"validation_{name}": np.array([getattr(v, name) for v in validated], dtype=np.float64)
            for name in _FIGURES
        },
    }
    arrays["regressor_miss_worth"] = np.array([f.miss_worth for f in fitted], dtype=np.float64)
    for name in (*_SCALER, *_MISSES):
        arrays |= pack(f"regressor_{name}", [getattr(f, name) for f in fitted])
    if predictor.golden is not None:
        arrays |= {f"golden_{name}": getattr(predictor.golden, name) for name in _GOLDEN}
    weights = {
        f"{number}.{name}": np.asarray(array)
        for number, regressor in enumerate(fitted)
        for name, array in regressor.weights.items()
    }
    return {PREDICTOR: arrays, PREDICTOR_WEIGHTS: weights}


def predictor_from_files(files: Mapping[str, Arrays]) -> TrainedPredictor | None:
    """The predictor that `predictor_to_files` wrote; None where there is none.

    Raises
    ------
    KeyError, ValueError
        An array is absent, or not as long as the others.
    """
    if PREDICTOR not in files:
        return None
    arrays = files[PREDICTOR]
    names = [arrays[f"regressor_{name}"].tolist() for name in _NAMES]
    weights: list[dict[str, NDArray[Any]]] = [{} for _ in names[0]]
    for key, array in files[PREDICTOR_WEIGHTS].items():
        number, _, name = key.partition(".")
        weights[int(number)][name] = array
    scalers, misses = (
        [unpack(arrays, f"regressor_{name}") for name in group] for group in (_SCALER, _MISSES)
    )
    figures = [arrays[f"validation_{name}"].tolist() for name in (*_VALIDATED, "rows", *_FIGURES)]
    golden = None
    if "golden_inputs" in arrays:
        golden = PredictorGolden(*(arrays[f"golden_{name}"] for name in _GOLDEN))
    # These constructors take their columns in the order of their fields.
    worth = arrays["regressor_miss_worth"].tolist()
    columns = (*names, *scalers, weights, *misses, worth)
    fitted = tuple(FittedRegressor(*row) for row in zip(*columns, strict=True))
    return TrainedPredictor(
        input_names=tuple(arrays["input_names"].tolist()),
        target_names=tuple(arrays["target_names"].tolist()),
        regressors=fitted,
        chosen=tuple(arrays["chosen"].tolist()),
        settings=arrays["settings"],
        setting_rows=arrays["setting_rows"],
        setting_means=arrays["setting_means"],
        measured=arrays["measured"],
        held_out=arrays["held_out"],
        validation=tuple(Validation(*row) for row in zip(*figures, strict=True)),
        golden=golden,
    )


def _texts(values: Sequence[str]) -> NDArray[np.str_]:
    return np.array(values, dtype=np.str_)
