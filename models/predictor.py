"""What training hands to prediction: plain arrays and names, no estimator, no library object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.predictor_golden import PredictorGolden

Floats = NDArray[np.float64]
Split = Literal["by_setting", "random"]
"""How rows were left out: whole settings, or rows at random, whose twins stay in training."""
CHOSEN = "chosen"
"""Stands for whatever regressor is chosen; the name of none."""


@dataclass(frozen=True, slots=True)
class FittedRegressor:
    """One regressor of one target, with its scaler.

    Attributes
    ----------
    name, kind, target : str
        As in the profile.
    enters : (d,) int8
        How each input enters: 0 as it is, 1 as its inverse, 2 as its logarithm.
    offset, scale : (d,) float64
        ``(entered - offset) / scale`` is what the regressor sees.
    weights : mapping of str to array
        As the regressor's ``export()`` gives them; see each one's docstring.
    misses : (r,) float64
        ``|measured - predicted| / spread`` of rows whose setting was left out, ascending: a
        quantile of them times the spread is the half width of an interval.
    miss_weights : (r,) float64
        Weight of each, sum 1: every setting counts the same.
    miss_worth : float
        How many independent misses they are worth; see `models.interval`.
    """

    name: str
    kind: str
    target: str
    enters: NDArray[np.int8]
    offset: Floats
    scale: Floats
    weights: Mapping[str, NDArray[Any]]
    misses: Floats
    miss_weights: Floats
    miss_worth: float


@dataclass(frozen=True, slots=True)
class Validation:
    """How well a regressor predicts a target on rows left out of its training.

    Attributes
    ----------
    target, regressor, split : str
        `regressor` is one's name, or `CHOSEN`.
    rows : int
    r2 : float
        Share of the variance explained; below 0 it is worse than the mean.
    mae : float
        Mean absolute error, in the target's unit.
    coverage : float
        Share of the rows inside intervals that were made without them.
    width : float
        Mean width of those intervals, in the target's unit.
    """

    target: str
    regressor: str
    split: Split
    rows: int
    r2: float
    mae: float
    coverage: float
    width: float


@dataclass(frozen=True, slots=True)
class TrainedPredictor:
    """Every regressor of every target, and what is known of where they were trained.

    Attributes
    ----------
    input_names, target_names : tuple of str
        Columns of the arrays below.
    regressors : tuple of FittedRegressor
        All of the profile's, for every target.
    chosen : tuple of str
        For each target the name of the regressor that predicts it.
    settings : (u, d) float64
        Distinct inputs trained on, unscaled.
    setting_rows : (u,) int64
        Rows of each.
    setting_means : (u, t) float64
        Mean measured targets of each.
    measured : (k, t) float64
        Measured targets of rows (2,000 at most) and
    held_out : (k, t) float64
        what the chosen regressors predicted of them with their setting left out.
    validation : tuple of Validation
        Those of `CHOSEN` are the figures of the product as a whole: for each setting left out
        the regressor was chosen without it.
    golden : PredictorGolden or None
        What loading checks the served predictions against.
    """

    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    regressors: tuple[FittedRegressor, ...]
    chosen: tuple[str, ...]
    settings: Floats
    setting_rows: NDArray[np.int64]
    setting_means: Floats
    measured: Floats
    held_out: Floats
    validation: tuple[Validation, ...]
    golden: PredictorGolden | None = None
