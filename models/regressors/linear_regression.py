"""Ordinary least squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import linear_model
from sklearn.utils.validation import check_is_fitted, validate_data

from models.regressors.contract import Arrays, OneByOne

Floats = NDArray[np.float64]


class LinearRegression(OneByOne, linear_model.LinearRegression):  # type: ignore[misc]  # scikit-learn ships no types
    """scikit-learn's linear regression, and the leverage of a row.

    The standard error of a new measurement is ``sigma * sqrt(1 + leverage)`` with
    ``leverage = 1 / n + (x - mean)' (Xc'Xc)^-1 (x - mean)``; the pseudo-inverse where inputs
    depend on each other (there the coefficients are the shortest that fit).
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> LinearRegression:
        """Fit rows ``(n, d)`` to targets ``(n,)``."""
        super().fit(X, y, sample_weight)
        rows = np.asarray(X, dtype=np.float64)
        self.middle_ = rows.mean(axis=0)
        centred = rows - self.middle_
        self.root_ = _root_of_inverse(centred)
        self.rows_ = len(rows)
        return self

    def spread(self, X: ArrayLike) -> Floats:
        """``sqrt(1 + leverage)`` of each row ``(n,)``."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        leverage = (((rows - self.middle_) @ self.root_) ** 2).sum(axis=1) + 1.0 / self.rows_
        result: Floats = np.sqrt(1.0 + leverage)
        return result

    def export(self) -> Arrays:
        """The line and its leverage.

        Returns
        -------
        dict
            All float64, of prepared inputs and the scaled target. ``coefficients`` (d,),
            ``intercept`` (): ``mean = x . coefficients + intercept``. ``middle`` (d,), ``root``
            (d, d), ``base`` (): ``spread = sqrt(base + |(x - middle) root|^2)``.
        """
        check_is_fitted(self)
        return {
            "coefficients": np.array(self.coef_, dtype=np.float64),
            "intercept": np.array(self.intercept_, dtype=np.float64),
            "middle": self.middle_.copy(),
            "root": self.root_.copy(),
            "base": np.array(1.0 + 1.0 / self.rows_),
        }


def _root_of_inverse(centred: Floats) -> Floats:
    """The matrix R ``(d, d)`` with ``R R'`` the pseudo-inverse of ``centred' centred``."""
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    width = centred.shape[1]
    root = np.zeros((width, width))
    seen = sizes > sizes.max(initial=0.0) * max(centred.shape) * np.finfo(np.float64).eps
    root[:, : seen.sum()] = directions[seen].T / sizes[seen]
    return root
