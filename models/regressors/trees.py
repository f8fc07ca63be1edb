"""What forests share: how far their trees are apart, and the trees as flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from models.regressors.contract import Arrays, OneByOne

Floats = NDArray[np.float64]

LEAF = -1
FLOOR = 0.3
"""Least spread, in standard deviations of the target: trees that agree are not right for that.
With a third of it, intervals on settings left out fitted worse than intervals all equally wide."""
_IN_SQUARES = ("squared_error", "friedman_mse")


class TreeRegressor(OneByOne):
    """Mixin of scikit-learn's forests.

    The spread follows the law of total variance, as in Hutter et al. (2014): the variance of
    the trees' predictions plus the mean variance inside the leaves reached, plus `FLOOR`.
    """

    estimators_: list[Any]
    criterion: str

    def spread(self, X: ArrayLike) -> Floats:
        """Standard deviation over trees and inside leaves ``(n,)``, floored."""
        check_is_fitted(self)
        rows = self._validate_X_predict(X)  # type: ignore[attr-defined]  # a forest's own
        value, inside = np.empty((2, len(rows), len(self.estimators_)))
        for k, tree in enumerate(estimator.tree_ for estimator in self.estimators_):
            leaf = tree.apply(rows)
            value[:, k] = tree.value[leaf, 0, 0]
            inside[:, k] = self._variance(tree)[leaf]
        result: Floats = np.sqrt(value.var(axis=1) + inside.mean(axis=1) + FLOOR**2)
        return result

    def export(self) -> Arrays:
        """All trees in flat arrays; nodes are numbered through, tree after tree.

        Returns
        -------
        dict
            ``feature`` (N,) int32: input compared, -1 at leaves. ``threshold`` (N,) float64:
            go left when the prepared input as float32 is at most this. ``left``, ``right``
            (N,) int32: node numbers, a leaf's are its own. ``value``, ``variance`` (N,)
            float64: mean and variance of the scaled target at leaves, 0 elsewhere.
            ``root`` (T,) int32. ``floor`` () float64: variance added.
            ``mean`` is the mean over trees of ``value``; ``spread`` the square root of the
            variance over trees of ``value``, plus the mean of ``variance``, plus ``floor``.
        """
        check_is_fitted(self)
        trees = [estimator.tree_ for estimator in self.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        root = np.cumsum(sizes) - sizes
        names = ("feature", "threshold", "left", "right", "value", "variance")
        columns: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
        for tree, first in zip(trees, root, strict=True):
            leaf = tree.children_left == LEAF
            own = np.arange(first, first + tree.node_count)
            columns["feature"].append(np.where(leaf, LEAF, tree.feature))
            columns["threshold"].append(np.where(leaf, 0.0, tree.threshold))
            columns["left"].append(np.where(leaf, own, tree.children_left + first))
            columns["right"].append(np.where(leaf, own, tree.children_right + first))
            columns["value"].append(np.where(leaf, tree.value[:, 0, 0], 0.0))
            columns["variance"].append(np.where(leaf, self._variance(tree), 0.0))
        types = dict.fromkeys(("feature", "left", "right"), np.int32)
        arrays: Arrays = {
            name: np.concatenate(parts).astype(types.get(name, np.float64)) for name, parts in columns.items()
        }
        return {**arrays, "root": root.astype(np.int32), "floor": np.array(FLOOR**2)}

    def _variance(self, tree: Any) -> Floats:
        """Variance of the target in each node, which other criteria than squares do not tell."""
        known = self.criterion in _IN_SQUARES
        # Rounding may leave a leaf of equal targets just below 0.
        return np.maximum(tree.impurity, 0.0) if known else np.zeros(tree.node_count)
