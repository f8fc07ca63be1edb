"""Detectors fitted in one go, without epochs: the part all of them share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from models.detector import Progress, Task

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Self = TypeVar("Self", bound="ClosedFormDetector")

SCORED_AT_ONCE = 64
"""Rows scored together; bounds the memory, does not change a bit of the result."""
_NEVER_VARIED = 1e-9


class ClosedFormDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Base of the detectors that learn a few arrays from all rows at once.

    Rows are rounded to float32 before they are scored, as those that are judged are.

    Attributes
    ----------
    arrays_ : dict of str to array
        What `export` gives.
    offset_ : float
        Score below which `predict` says outlier.
    n_features_in_ : int
        Inputs, p.
    """

    contamination: float
    random_state: Any
    whole_numbers: ClassVar[Sequence[str]] = ()
    """Parameters that have to be whole numbers above 0."""

    def fit(self: Self, X: ArrayLike, y: object = None) -> Self:
        """Learn from rows ``(n, p)`` of normal shots, best scaled to [0, 1] (`models.scaling`).

        Raises
        ------
        ValueError
            Rows or parameters that cannot be used; the message names them.
        """
        self._check_parameters()
        rows = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        rows = _rounded(rows)
        with warnings.catch_warnings():
            # A fit that stops early still scores; its figures are in the record.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.arrays_ = self._learn(rows, check_random_state(self.random_state))
        self.rows_ = len(rows)
        self.offset_ = float(np.percentile(-self._anomaly(rows), 100.0 * self.contamination))
        return self

    @classmethod
    def fit_many(
        cls: type[Self],
        tasks: Sequence[Task],
        parameters: Mapping[str, Any],
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, Self]]:
        """Fit one task after the other, on its training rows alone; see `models.detector.Detector`."""
        cls(**parameters)._check_parameters()
        for i, task in enumerate(tasks):
            yield i, cls(**{**parameters, "random_state": task.seed}).fit(task.rows)
            if progress is not None:
                progress(i + 1, len(tasks), float("nan"))

    def score_samples(self, X: ArrayLike) -> Floats:
        """Minus the anomaly score of each row ``(n,)``: higher = more normal."""
        check_is_fitted(self)
        return -self._anomaly(_rounded(validate_data(self, X, dtype=np.float64, reset=False)))

    def decision_function(self, X: ArrayLike) -> Floats:
        """Score above `offset_`; negative for outliers."""
        return self.score_samples(X) - float(self.offset_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """1 for inliers, -1 for outliers."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def export(self) -> Arrays:
        """Copies of the arrays that score; see the class for their names."""
        check_is_fitted(self)
        return {name: np.array(array) for name, array in self.arrays_.items()}

    def refusal(self) -> str | None:
        """Why this detector must not judge, or None."""
        check_is_fitted(self)
        for name, array in self.arrays_.items():
            if not np.isfinite(array).all():
                return f"{name}: expected finite numbers from {self.rows_} rows, got {np.asarray(array)!r}"
        return None

    def record(self) -> Mapping[str, float]:
        """Rows it learnt from; what else a detector can tell."""
        return {"rows": self.rows_}

    def _anomaly(self, rows: Floats) -> Floats:
        """Anomaly scores ``(n,)`` of float32 numbers ``(n, p)``."""
        whole = np.empty(len(rows))
        for start in range(0, len(rows), SCORED_AT_ONCE):
            part = rows[start : start + SCORED_AT_ONCE]
            whole[start : start + SCORED_AT_ONCE] = self._formula(part[:, None, :])[:, 0]
        return whole

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        """The arrays that these rows ``(n, p)`` teach."""
        raise NotImplementedError

    def _formula(self, x: Floats) -> Floats:
        """Anomaly scores ``(n, 1)`` of ``(n, 1, p)`` by `arrays_` and `models.score_formulas`."""
        raise NotImplementedError

    def _check_parameters(self) -> None:
        if not 0 < self.contamination <= 0.5:
            msg = f"contamination: expected a share in (0, 0.5], got {self.contamination!r}"
            raise ValueError(msg)
        for name in self.whole_numbers:
            value = getattr(self, name)
            if isinstance(value, bool) or int(value) != value or value < 1:
                msg = f"{name}: expected a whole number above 0, got {value!r}"
                raise ValueError(msg)


def deviation(rows: Floats) -> Floats:
    """Standard deviations ``(p,)``; 1, the whole scaled range, of an input that never varied."""
    spread: Floats = rows.std(axis=0)
    return np.where(spread > _NEVER_VARIED, spread, 1.0)


def _rounded(rows: Floats) -> Floats:
    return rows.astype(np.float32).astype(np.float64)
