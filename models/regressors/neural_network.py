"""A dense Keras network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from core.errors import ModelRefused
from models.regressors.contract import Arrays, Task, refuse_uncountable
from models.regressors.keras_stack import Lesson
from models.regressors.keras_training import Schedule, Trained, train

Floats = NDArray[np.float64]

LEAST_TO_HOLD_OUT = 50
"""Distinct inputs from which on some are kept for early stopping: a few settings tell only how
alike they are to the others, and are missed where there are few to learn from."""


class NeuralNetwork(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Dense network ``d-h1-...-hk-1`` with ReLU, trained by Keras on the squared error.

    Training stops when the rows kept for it get no better, and the best weights are kept. Those
    rows are whole settings, never one of two rows of equal inputs: the network would know
    the other one's target. tensorflow is needed to fit; predicting is numpy on `weights_`.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    epochs, patience : int
        Most epochs; epochs without a better loss before stopping.
    batch_size : int
        Rows an optimiser step.
    learning_rate : float
        Step size of Adam.
    held_out : float
        Share of the distinct inputs kept for early stopping, below 1. With 0, or fewer than
        50 distinct inputs, the training loss stops the training.
    random_state : int, RandomState or None
        Seed of first weights, batches and of what is kept.

    Attributes
    ----------
    weights_ : dict of str to (in, out) or (out,) float32
        ``w0, b0, ..., wk, bk``.
    loss_ : float
        Best mean squared error of the rows that decided when to stop.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Inputs, d.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (16, 8),
        *,
        epochs: int = 600,
        patience: int = 60,
        batch_size: int = 16,
        learning_rate: float = 3e-3,
        held_out: float = 0.2,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.held_out = held_out
        self.random_state = random_state

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that cannot be used; see `models.regressors.contract.Regressor`."""
        cls(**parameters)._check_parameters()

    @classmethod
    def fit_many(cls, tasks: Sequence[Task], parameters: Mapping[str, Any]) -> list[NeuralNetwork]:
        """Train the networks of all tasks side by side, as one stack of networks."""
        cls.check(parameters)
        networks = [cls(**{**parameters, "random_state": task.seed}) for task in tasks]
        lessons = []
        for network, task in zip(networks, tasks, strict=True):
            network.n_features_in_ = task.rows.shape[1]
            lessons.append(network._lesson(task.rows, task.target))
        if lessons:
            for network, trained in zip(networks, networks[0]._train(lessons), strict=True):
                network._adopt(trained)
        return networks

    def fit(self, X: ArrayLike, y: ArrayLike) -> NeuralNetwork:
        """Train on prepared rows ``(n, d)`` and scaled targets ``(n,)``.

        Raises
        ------
        ValueError
            Rows or parameters that cannot be used; the message names them.
        core.errors.ModelRefused
            The training diverged.
        """
        self._check_parameters()
        rows, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self._adopt(self._train([self._lesson(rows, target)])[0])
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Output of the network ``(n,)`` for rows ``(n, d)``."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        last = len(self.weights_) // 2 - 1
        for k in range(last + 1):
            rows = rows @ self.weights_[f"w{k}"].astype(np.float64) + self.weights_[f"b{k}"]
            rows = rows if k == last else np.maximum(rows, 0.0)
        result: Floats = rows[:, 0]
        return result

    def spread(self, X: ArrayLike) -> Floats:
        """1 for every row ``(n,)``: one network does not know where it is uncertain."""
        check_is_fitted(self)
        return np.ones(len(validate_data(self, X, dtype=np.float64, reset=False)))

    def export(self) -> Arrays:
        """The weights, copied.

        Returns
        -------
        dict
            All float32, of prepared inputs and the scaled target. ``w0`` (d, h1), ``b0``
            (h1,), ..., ``wk`` (hk, 1), ``bk`` (1,): ``relu(x w + b)`` layer by layer, the last
            without relu.
        """
        check_is_fitted(self)
        return {name: array.copy() for name, array in self.weights_.items()}

    def _check_parameters(self) -> None:
        refuse_uncountable(
            epochs=(self.epochs, 1), patience=(self.patience, 1), batch_size=(self.batch_size, 1)
        )
        if not isinstance(self.learning_rate, Real) or not 0 < self.learning_rate < float("inf"):
            msg = f"learning_rate: expected a number above 0, got {self.learning_rate!r}"
            raise ValueError(msg)
        if not isinstance(self.held_out, Real) or not 0 <= self.held_out < 1:
            msg = f"held_out: expected a share in [0, 1), got {self.held_out!r}"
            raise ValueError(msg)
        if not isinstance(self.hidden, Sequence) or len(self.hidden) == 0:
            msg = f"hidden: expected a list of the widths of the hidden layers, got {self.hidden!r}"
            raise ValueError(msg)
        for width in self.hidden:
            refuse_uncountable(hidden=(width, 1))

    def _lesson(self, rows: Floats, target: Floats) -> Lesson:
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        distinct, which = np.unique(rows, axis=0, return_inverse=True)
        count = round(self.held_out * len(distinct)) if len(distinct) >= LEAST_TO_HOLD_OUT else 0
        kept = np.random.default_rng(seed).permutation(len(distinct))[:count]
        later = np.isin(which, kept)
        x, y = rows.astype(np.float32), target.astype(np.float32)
        return Lesson(x[~later], y[~later], x[later], y[later], seed)

    def _train(self, lessons: Sequence[Lesson]) -> list[Trained]:
        schedule = Schedule(self.epochs, self.patience, self.batch_size, self.learning_rate)
        return train(lessons, tuple(self.hidden), schedule)

    def _adopt(self, trained: Trained) -> None:
        if not np.isfinite(trained.loss):
            msg = (
                f"expected a finite loss, got {trained.loss!r} after {trained.epochs} epochs: the training "
                f"diverged; try a learning rate under {self.learning_rate!r}"
            )
            raise ModelRefused(msg)
        self.weights_, self.loss_, self.n_iter_ = trained.weights, trained.loss, trained.epochs
