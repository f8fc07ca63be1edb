"""A profile's regressor fitted to measured inputs and one target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.prediction import RegressorRule
from models.interval import independent_misses
from models.predictor import FittedRegressor
from models.regressors.contract import Regressor, Task
from models.regressors.kinds import regressor_of
from models.regressors.preparation import Preparation, enters_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one fit: all there are, or those that are left when a setting is held out.

    Attributes
    ----------
    inputs : (n, d) float64
        As measured.
    target : (n,) float64
        In its own unit.
    seed : int
        Everything random about the fit follows from it.
    """

    inputs: Floats
    target: Floats
    seed: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted regressor with its scalers: inputs and target in their own units.

    Attributes
    ----------
    rule : RegressorRule
    target : str
    preparation : Preparation
        Of the inputs.
    target_offset, target_scale : float
        ``target = target_offset + target_scale * what the regressor says``.
    regressor : Regressor
    """

    rule: RegressorRule
    target: str
    preparation: Preparation
    target_offset: float
    target_scale: float
    regressor: Regressor

    def predict(self, inputs: ArrayLike) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)`` of rows ``(n, d)``, in the target's unit.

        Raises
        ------
        ValueError
            Rows of another width, or a number that cannot enter; names row and input.
        """
        rows = self.preparation.of(inputs)
        if len(rows) == 0:
            return np.empty(0), np.empty(0)
        mean = self.target_offset + self.target_scale * self.regressor.predict(rows)
        return mean, self.target_scale * self.regressor.spread(rows)

    def exported(self, misses: ArrayLike, miss_weights: ArrayLike, setting: ArrayLike) -> FittedRegressor:
        """Plain arrays: the regressor's own, and ``target_offset``, ``target_scale`` () float64.

        Parameters
        ----------
        misses, miss_weights : (r,) array-like
            As in `FittedRegressor`; sorted here.
        setting : (r,) array-like of int
            The setting that each was left out with.
        """
        far, weights = (np.array(part, dtype=np.float64) for part in (misses, miss_weights))
        worth = independent_misses(far, weights, np.asarray(setting, dtype=np.int64))
        order = np.argsort(far, kind="stable")
        scaler = {"target_offset": np.array(self.target_offset), "target_scale": np.array(self.target_scale)}
        return FittedRegressor(
            name=self.rule.name,
            kind=self.rule.kind,
            target=self.target,
            enters=self.preparation.enters.copy(),
            offset=self.preparation.offset.copy(),
            scale=self.preparation.scale.copy(),
            weights={**self.regressor.export(), **scaler},
            misses=far[order],
            miss_weights=weights[order],
            miss_worth=worth,
        )


def fit_regressor(
    rule: RegressorRule, inputs: Sequence[str], X: ArrayLike, y: ArrayLike, *, target: str, seed: int
) -> Fitted:
    """One fit; see `fit_regressors`."""
    part = Part(np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64), seed)
    return fit_regressors(rule, inputs, [part], target=target)[0]


def fit_regressors(
    rule: RegressorRule, inputs: Sequence[str], parts: Sequence[Part], *, target: str
) -> list[Fitted]:
    """Many fits of the same kind, one a part, in their order.

    Each learns its scalers from its own rows alone. Kinds that train long train all parts
    together, so hand over all folds at once.

    Parameters
    ----------
    rule : RegressorRule
        Kind, parameters and which inputs enter as their inverse or logarithm.
    inputs : sequence of str
        Names of the columns of ``Part.inputs``.
    target : str
        Name of what is predicted.

    Raises
    ------
    ConfigError
        The rule names what there is not.
    ValueError
        Rows that cannot be learnt from; names row and input.
    """
    kind = regressor_of(rule)
    enters = enters_of(rule, inputs)
    preparations: list[Preparation] = []
    scalers: list[tuple[float, float]] = []
    tasks: list[Task] = []
    for part in parts:
        preparation = Preparation.learnt(part.inputs, enters, inputs)
        offset, scale = _target_scaler(part, target)
        preparations.append(preparation)
        scalers.append((offset, scale))
        tasks.append(Task(preparation.of(part.inputs), (part.target - offset) / scale, part.seed))
    fitted = kind.fit_many(tasks, rule.parameters)
    return [
        Fitted(rule, target, preparation, offset, scale, regressor)
        for preparation, (offset, scale), regressor in zip(preparations, scalers, fitted, strict=True)
    ]


def _target_scaler(part: Part, name: str) -> tuple[float, float]:
    """Mean and standard deviation of the target; 1 where it never varied."""
    y = part.target
    if y.shape != (len(part.inputs),):
        msg = f"target {name}: expected one number for each of {len(part.inputs)} rows, got shape {y.shape}"
        raise ValueError(msg)
    wrong = np.flatnonzero(~np.isfinite(y))
    if len(wrong):
        msg = f"row {wrong[0]}, target {name}: expected a finite number, got {y[wrong[0]]}; leave out the row"
        raise ValueError(msg)
    if np.ptp(y) == 0 or y.std() == 0:
        return float(y[0]), 1.0
    return float(y.mean()), float(y.std())
