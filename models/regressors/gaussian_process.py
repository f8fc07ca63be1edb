"""Gaussian process regression."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cholesky, solve_triangular
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn brings it

from models.regressors.contract import Arrays, OneByOne, refuse_uncountable

Floats = NDArray[np.float64]

SMOOTHNESS = (0.5, 1.5, 2.5, float("inf"))
VARIANCE = (1e-2, 1e3)
"""Bounds of the variance of what is sought, in variances of the target."""
LENGTH = (1e-1, 1e2)
"""Bounds of the length scales, in standard deviations of an input."""
NOISE = (1e-4, 1e1)
"""Bounds of the variance of a measurement's scatter, in variances of the target: no instrument
measures better than a hundredth of what it sees change, and the matrices stay well-behaved."""
PREDICTED_AT_ONCE = 1024
SMALL = 300
"""Rows up to which one processor does: on a busy machine threads wait for each other ten times
as long as matrices of this size take (measured)."""


class GaussianProcess(RegressorMixin, OneByOne, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Gaussian process with measurement noise (Rasmussen & Williams 2006, chapter 2).

    scikit-learn's GaussianProcessRegressor finds variance, length scales and noise by their
    marginal likelihood. Rows of equal inputs are then averaged and their noise divided by
    their number, which is the same posterior with smaller matrices.

    Parameters
    ----------
    nu : float
        Smoothness of the Matérn kernel: 0.5, 1.5, 2.5 or inf, the squared exponential, which
        takes what is sought for smoother than nature is (Stein 1999, section 1.7).
    length_scales : {"shared", "own"}
        One length scale for all inputs, or one each. One each must be learnt from settings that
        differ in that input, of which there are few where settings are few.
    restarts : int
        Times the search for variance, length scales and noise starts anew, elsewhere.
    most_rows : int
        Of more rows than this, as many drawn at random are learnt from: the time goes with
        their number cubed.
    random_state : int, RandomState or None
        Draws the restarts and those rows.

    Attributes
    ----------
    points_ : (m, d) float64
        Distinct inputs learnt from.
    alpha_ : (m,) float64
        ``mean = k(x, points) . alpha``.
    root_ : (m, m) float64
        ``R R'`` is the inverse of the points' covariance with noise.
    kernel_ : scikit-learn kernel
        Variance times Matérn, as found.
    noise_ : float
        Variance of a measurement's scatter, as found.
    n_features_in_ : int
        Inputs, d.
    """

    def __init__(
        self,
        *,
        nu: float = 2.5,
        length_scales: str = "shared",
        restarts: int = 2,
        most_rows: int = 1000,
        random_state: Any = None,
    ) -> None:
        self.nu = nu
        self.length_scales = length_scales
        self.restarts = restarts
        self.most_rows = most_rows
        self.random_state = random_state

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that cannot be used; see `models.regressors.contract.Regressor`."""
        cls(**parameters)._check_parameters()

    def fit(self, X: ArrayLike, y: ArrayLike) -> GaussianProcess:
        """Fit prepared rows ``(n, d)`` to scaled targets ``(n,)``."""
        self._check_parameters()
        rows, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        random = check_random_state(self.random_state)
        if len(rows) > self.most_rows:
            chosen = np.sort(random.choice(len(rows), self.most_rows, replace=False))
            rows, target = rows[chosen], target[chosen]
        lengths = np.ones(rows.shape[1]) if self.length_scales == "own" else 1.0
        signal = ConstantKernel(1.0, VARIANCE) * Matern(lengths, LENGTH, nu=self.nu)
        process = GaussianProcessRegressor(
            signal + WhiteKernel(0.1, NOISE), n_restarts_optimizer=self.restarts, random_state=random
        )
        with warnings.catch_warnings():
            # A length scale at its bound is an input without effect: nothing to warn of.
            warnings.simplefilter("ignore", ConvergenceWarning)
            with threadpool_limits(1 if len(rows) <= SMALL else None):
                process.fit(rows, target)
        self.kernel_, self.noise_ = process.kernel_.k1, float(process.kernel_.k2.noise_level)
        self.points_, which, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        means = np.bincount(which, weights=target) / counts
        covariance = self.kernel_(self.points_) + np.diag(self.noise_ / counts)
        lower = cholesky(covariance, lower=True)
        self.root_ = solve_triangular(lower, np.eye(len(lower)), lower=True).T
        self.alpha_ = self.root_ @ (self.root_.T @ means)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Posterior mean ``(n,)`` of rows ``(n, d)``."""
        return self._posterior(X)[0]

    def spread(self, X: ArrayLike) -> Floats:
        """Posterior standard deviation of a new measurement ``(n,)``, its noise included."""
        return self._posterior(X)[1]

    def export(self) -> Arrays:
        """The posterior.

        Returns
        -------
        dict
            All float64, of prepared inputs and the scaled target. ``points`` (m, d), ``alpha``
            (m,), ``root`` (m, m) as the attributes of the class, ``lengths`` (d,), ``variance``,
            ``nu``, ``noise`` (). With ``r = |(x - point) / lengths|`` and ``k = variance *
            matern_nu(r)``: ``mean = k . alpha``, ``spread = sqrt(variance - |k root|^2 + noise)``.
        """
        check_is_fitted(self)
        lengths = np.broadcast_to(self.kernel_.k2.length_scale, self.n_features_in_)
        return {
            "points": self.points_.copy(),
            "alpha": self.alpha_.copy(),
            "root": self.root_.copy(),
            "lengths": np.array(lengths, dtype=np.float64),
            "variance": np.array(self.kernel_.k1.constant_value, dtype=np.float64),
            "nu": np.array(self.nu, dtype=np.float64),
            "noise": np.array(self.noise_),
        }

    def _check_parameters(self) -> None:
        if self.nu not in SMOOTHNESS:
            msg = f"nu: expected one of {', '.join(map(str, SMOOTHNESS))}, got {self.nu!r}"
            raise ValueError(msg)
        if self.length_scales not in ("shared", "own"):
            msg = f"length_scales: expected 'shared' or 'own', got {self.length_scales!r}"
            raise ValueError(msg)
        refuse_uncountable(restarts=(self.restarts, 0), most_rows=(self.most_rows, 1))

    def _posterior(self, X: ArrayLike) -> tuple[Floats, Floats]:
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        mean, variance = np.empty((2, len(rows)))
        for start in range(0, len(rows), PREDICTED_AT_ONCE):
            part = slice(start, start + PREDICTED_AT_ONCE)
            near = self.kernel_(rows[part], self.points_)
            mean[part] = near @ self.alpha_
            variance[part] = self.kernel_.diag(rows[part]) - ((near @ self.root_) ** 2).sum(axis=1)
        return mean, np.sqrt(np.maximum(variance, 0.0) + self.noise_)
