"""Detectors that score a shot by how badly it is rebuilt: the part all of them share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from core.errors import ModelRefused
from models.dense import DenseNetwork
from models.detector import Progress, Task
from models.lanes import Job, Schedule
from models.stacked import Fitted

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Self = TypeVar("Self", bound="ReconstructionDetector")

LEAST_RESIDUAL = 0.01
"""Of the training range: an input that was rebuilt better than this counts as rebuilt so well.
Else the rounding of a sensor that never varied would outweigh everything else."""
SCORED_AT_ONCE = 4096
"""Rows scored together; bounds the memory, does not change a bit of the result."""


class ReconstructionDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Base of the autoencoders: everything but the network.

    Trained on the mean squared error; scored by the mean absolute residual, each input's in
    units of its own usual (root mean square) residual over the training rows: what is rebuilt
    badly by nature must not drown what is rebuilt well. tensorflow is needed to fit; scoring
    is plain numpy on `weights_` and `residual_weight_`.
    """

    hidden: Sequence[int]
    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    trimmed: float
    contamination: float
    random_state: Any

    def fit(self: Self, X: ArrayLike, y: object = None, *, held_out: ArrayLike | None = None) -> Self:
        """Train on rows of normal shots.

        Parameters
        ----------
        X : (n, p) array-like
            Training rows; best scaled to [0, 1] (`models.scaling`), as steps assume such sizes.
        y : ignored
        held_out : (m, p) array-like, optional
            Rows whose loss stops the training; without them the training loss does.

        Raises
        ------
        ValueError
            Rows or parameters that cannot be used; the message names them.
        core.errors.ModelRefused
            The training diverged.
        """
        self._check_parameters()
        rows = validate_data(self, X, dtype=np.float64)
        later = np.empty((0, rows.shape[1])) if held_out is None else np.asarray(held_out, dtype=np.float64)
        if later.ndim != 2 or later.shape[1] != rows.shape[1] or not np.isfinite(later).all():
            msg = f"held_out: expected finite rows of {rows.shape[1]} features, got shape {later.shape}"
            raise ValueError(msg)
        ((_, fitted),) = self._train([(self, Task(rows, later, 0))], None)
        self._adopt(fitted, rows)
        reason = None if math.isfinite(self.loss_) else self.refusal()
        if reason is not None:
            raise ModelRefused(reason)
        return self

    @classmethod
    def fit_many(
        cls: type[Self],
        tasks: Sequence[Task],
        parameters: Mapping[str, Any],
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, Self]]:
        """Train all tasks as stacked networks; see `models.detector.Detector`.

        All tasks must have the same number of inputs.
        """
        cls(**parameters)._check_parameters()
        pairs = [(cls(**{**parameters, "random_state": task.seed}), task) for task in tasks]
        for detector, task in pairs:
            detector.n_features_in_ = task.rows.shape[1]
        if pairs:
            for i, fitted in cls._train(pairs, progress):
                detector, task = pairs[i]
                detector._adopt(fitted, task.rows)
                yield i, detector

    @classmethod
    def from_weights(
        cls: type[Self], weights: Mapping[str, NDArray[Any]], rows: ArrayLike, **parameters: Any
    ) -> Self:
        """A fitted detector from exported weights.

        Parameters
        ----------
        weights : mapping
            As `export` gives them.
        rows : (n, p) array-like
            Rows that `offset_` and `loss_` are taken from (and the memory's health, where
            there is one).
        """
        values = np.asarray(rows, dtype=np.float64)
        detector = cls(**{**cls._parameters_in(weights), **parameters})
        detector.n_features_in_ = values.shape[1]
        layout = detector._network(values.shape[1]).layout
        parameters_row = layout.pack({name: weights[name] for name, _ in layout.entries})
        rebuilt = detector._network(values.shape[1]).reconstruct(
            layout.unpack(parameters_row), values.astype(np.float32)
        )
        fitted = Fitted(parameters_row, float(((rebuilt - values) ** 2).mean()), 0)
        # Models from before there were weights have none: all their residuals count alike.
        detector._adopt(fitted, values, weights.get("residual_weight", np.ones(values.shape[1])))
        return detector

    def score_samples(self, X: ArrayLike) -> Floats:
        """Minus the mean weighted absolute residual of each row ``(n,)``: higher = more normal."""
        check_is_fitted(self)
        return self._score(validate_data(self, X, dtype=np.float64, reset=False))

    def decision_function(self, X: ArrayLike) -> Floats:
        """Score above `offset_`; negative for outliers."""
        return self.score_samples(X) - float(self.offset_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """1 for inliers, -1 for outliers."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def export(self) -> dict[str, NDArray[Any]]:
        """The weights as float32 arrays, copied; see the class for their names."""
        check_is_fitted(self)
        arrays = {**self.weights_, "residual_weight": self.residual_weight_}
        return {name: np.array(value, dtype=np.float32) for name, value in arrays.items()}

    def refusal(self) -> str | None:
        """Why this detector must not judge, or None."""
        check_is_fitted(self)
        if math.isfinite(self.loss_):
            return None
        return (
            f"expected a finite loss, got {self.loss_!r} after {self.n_iter_} epochs: the training "
            f"diverged; try a learning rate under {self.learning_rate!r}"
        )

    def record(self) -> Mapping[str, float]:
        """Best loss (mean squared error) and epochs."""
        return {"mse": self.loss_, "epochs": self.n_iter_}

    def _score(self, rows: Floats) -> Floats:
        network = self._network(rows.shape[1])
        scores = np.empty(len(rows))
        for start in range(0, len(rows), SCORED_AT_ONCE):
            part = rows[start : start + SCORED_AT_ONCE].astype(np.float32)
            residual = np.abs(part - network.reconstruct(self.weights_, part))
            scores[start : start + SCORED_AT_ONCE] = -(residual * self.residual_weight_).mean(axis=1)
        return scores

    def _adopt(self, fitted: Fitted, rows: Floats, residual_weight: NDArray[Any] | None = None) -> None:
        network = self._network(rows.shape[1])
        self.weights_ = network.layout.unpack(fitted.parameters)
        if residual_weight is None:
            residual = rows - network.reconstruct(self.weights_, rows.astype(np.float32))
            usual = np.sqrt((residual**2).mean(axis=0))
            residual_weight = 1.0 / np.maximum(usual, LEAST_RESIDUAL)
        self.residual_weight_ = np.asarray(residual_weight, dtype=np.float32)
        self.loss_ = fitted.loss
        self.n_iter_ = fitted.epochs
        self.offset_ = float(np.percentile(self._score(rows), 100.0 * self.contamination))

    def _dense(self, inputs: int) -> DenseNetwork:
        return DenseNetwork(inputs, tuple(int(width) for width in self.hidden))

    def _job(self, task: Task) -> Job:
        # Drawn as `fit` would draw it, so that both ways of training meet the same numbers.
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        return Job(task.rows.astype(np.float32), task.held_out.astype(np.float32), seed)

    def _schedule(self) -> Schedule:
        return Schedule(self.epochs, self.patience, self.batch_size, self.learning_rate, trimmed=self.trimmed)

    def _check_parameters(self) -> None:
        positive = ("epochs", "patience", "batch_size", "learning_rate")
        for name in positive:
            if not getattr(self, name) > 0:
                msg = f"{name}: expected a number above 0, got {getattr(self, name)!r}"
                raise ValueError(msg)
        if not 0 <= self.trimmed < 0.5:
            msg = f"trimmed: expected a share in [0, 0.5), got {self.trimmed!r}"
            raise ValueError(msg)
        if not 0 < self.contamination <= 0.5:
            msg = f"contamination: expected a share in (0, 0.5], got {self.contamination!r}"
            raise ValueError(msg)
        if len(self.hidden) == 0 or any(width < 1 for width in self.hidden):
            msg = f"hidden: expected the widths down to the bottleneck, all above 0, got {self.hidden!r}"
            raise ValueError(msg)

    def _network(self, inputs: int) -> Any:
        """The network for this many inputs."""
        raise NotImplementedError

    @classmethod
    def _train(
        cls: type[Self], pairs: Sequence[tuple[Self, Task]], progress: Progress | None
    ) -> Iterator[tuple[int, Fitted]]:
        """Train all these, which differ in rows and seed only."""
        raise NotImplementedError

    @classmethod
    def _parameters_in(cls, weights: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Constructor parameters that the weights themselves tell."""
        depth = sum(1 for name in weights if name.startswith("w"))
        return {"hidden": tuple(weights[f"w{i}"].shape[1] for i in range(depth // 2))}
