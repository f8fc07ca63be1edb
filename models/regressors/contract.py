"""What training asks of a regressor, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Self = TypeVar("Self", bound="OneByOne")


@dataclass(frozen=True, slots=True)
class Task:
    """Rows to fit one regressor to.

    Attributes
    ----------
    rows : (n, d) float64
        Inputs, entered and scaled (`models.regressors.preparation`), nothing missing.
    target : (n,) float64
        What is to be predicted, scaled to mean 0 and standard deviation 1.
    seed : int
        ``random_state`` of this regressor, where it has one.
    """

    rows: Floats
    target: Floats
    seed: int


class Regressor(Protocol):
    """A scikit-learn regressor that knows how uncertain it is, and can be served as plain arrays."""

    @classmethod
    def fit_many(cls, tasks: Sequence[Task], parameters: Mapping[str, Any]) -> list[Regressor]:
        """One fitted regressor a task, in their order.

        Each equals what ``cls(**parameters, random_state=task.seed).fit(...)`` gives, up to
        float32 rounding where they are trained together.
        """

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that cannot be used, before there is any data.

        Raises
        ------
        TypeError, ValueError
            A parameter that the regressor does not have, or a value it cannot use.
        """

    def predict(self, X: ArrayLike) -> Floats:
        """Predicted target ``(n,)`` of rows ``(n, d)``."""

    def spread(self, X: ArrayLike) -> Floats:
        """How uncertain each prediction is ``(n,)``, above 0, up to a factor.

        Constant where a kind knows nothing of it. What an interval is as wide as is found from
        settings left out (`models.predictor.FittedRegressor.misses`); this says where it is
        wider than elsewhere.
        """

    def export(self) -> Arrays:
        """Arrays from which both can be computed without this class."""


class OneByOne:
    """Fits task after task: the way of every kind that gains nothing by fitting together."""

    @classmethod
    def fit_many(cls: type[Self], tasks: Sequence[Task], parameters: Mapping[str, Any]) -> list[Self]:
        """One fitted regressor a task, in their order; see `Regressor`."""
        return [cls._seeded(parameters, task.seed).fit(task.rows, task.target) for task in tasks]

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that cannot be used; see `Regressor`."""
        cls(**parameters)._validate_params()  # type: ignore[attr-defined]  # of every scikit-learn estimator

    @classmethod
    def _seeded(cls, parameters: Mapping[str, Any], seed: int) -> Any:
        estimator: Any = cls(**parameters)
        return estimator.set_params(random_state=seed) if hasattr(estimator, "random_state") else estimator


def refuse_uncountable(**parameters: tuple[object, int]) -> None:
    """Refuse values that are no whole numbers from the given least one on.

    >>> refuse_uncountable(epochs=(0, 1))
    Traceback (most recent call last):
    ValueError: epochs: expected a whole number from 1 on, got 0
    """
    for name, (value, least) in parameters.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            msg = f"{name}: expected a whole number from {least} on, got {value!r}"
            raise ValueError(msg)
