"""scikit-learn's isolation forest, and its trees as flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import ensemble
from sklearn.utils.validation import check_is_fitted

from models.detector import Progress, Task

LEAF = -1


class IsolationForest(ensemble.IsolationForest):  # type: ignore[misc]  # scikit-learn ships no types
    """Isolation forest (Liu, Ting & Zhou 2008), for groups with few shots.

    scikit-learn's own class; parameters and scores are unchanged.
    """

    @classmethod
    def fit_many(
        cls, tasks: Sequence[Task], parameters: Mapping[str, Any], progress: Progress | None = None
    ) -> Iterator[tuple[int, IsolationForest]]:
        """Fit one forest a task, one after the other; see `models.detector.Detector`.

        A forest learns from the training rows alone. Worker threads or processes gain nothing
        on forests this small (measured on two cores), so there are none.
        """
        cls(**parameters)._validate_params()
        for i, task in enumerate(tasks):
            forest = cls(**{**parameters, "random_state": task.seed})
            if isinstance(forest.max_samples, int):
                # scikit-learn does so itself, but warns: a small group is nothing to warn of.
                forest.max_samples = min(forest.max_samples, len(task.rows))
            yield i, forest.fit(task.rows)
            if progress is not None:
                progress(i + 1, len(tasks), float("nan"))

    def refusal(self) -> str | None:
        """A forest has no way to fail quietly: always None."""
        return None

    def record(self) -> Mapping[str, float]:
        """Trees, and shots each of them saw."""
        return {"trees": len(self.estimators_), "max_samples": self.max_samples_}

    def export(self) -> dict[str, NDArray[Any]]:
        """All trees in flat arrays; nodes are numbered through, tree after tree.

        Returns
        -------
        dict
            ``feature`` (N,) int16: input compared, -1 at leaves. ``threshold`` (N,)
            float64: go left when the input as float32 is at most this. ``left``,
            ``right`` (N,) int32: node numbers, a leaf's are its own. ``path_length``
            (N,) float64: at leaves, depth plus the average path length of the
            leaf's samples; 0 elsewhere. ``root`` (T,) int32. ``normaliser`` () float64:
            average path length of ``max_samples_``.
            ``anomaly_score = 2 ** -(mean over trees of path_length / normaliser)``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        trees = [estimator.tree_ for estimator in self.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        root = np.cumsum(sizes) - sizes
        columns: dict[str, list[NDArray[Any]]] = {
            name: [] for name in ("feature", "threshold", "left", "right", "path_length")
        }
        for tree, first, inputs in zip(trees, root, self.estimators_features_, strict=True):
            leaf = tree.children_left == LEAF
            own = np.arange(first, first + tree.node_count)
            # A tree may see a part of the inputs only; its numbers count within that part.
            columns["feature"].append(np.where(leaf, LEAF, inputs[np.where(leaf, 0, tree.feature)]))
            columns["threshold"].append(np.where(leaf, 0.0, tree.threshold))
            columns["left"].append(np.where(leaf, own, tree.children_left + first))
            columns["right"].append(np.where(leaf, own, tree.children_right + first))
            # scikit-learn counts the nodes of a path, one more than its depth.
            depth = tree.compute_node_depths() - 1
            length = depth + average_path_length(tree.n_node_samples)
            columns["path_length"].append(np.where(leaf, length, 0.0))
        types = {"feature": np.int16, "left": np.int32, "right": np.int32}
        arrays: dict[str, NDArray[Any]] = {
            name: np.concatenate(parts).astype(types.get(name, np.float64)) for name, parts in columns.items()
        }
        arrays["root"] = root.astype(np.int32)
        arrays["normaliser"] = average_path_length(np.array(self.max_samples_))
        return arrays


def average_path_length(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Average length of an unsuccessful search in a binary tree of this many samples.

    ``2 (ln(n - 1) + gamma) - 2 (n - 1) / n``; 0 for one sample, 1 for two (Liu et al., equation 1).

    >>> average_path_length(np.array([1, 2])).tolist()
    [0.0, 1.0]
    """
    n = np.asarray(samples, dtype=np.float64)
    many = np.maximum(n, 3.0)
    length = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    result: NDArray[np.float64] = np.where(n <= 1, 0.0, np.where(n == 2, 1.0, length))
    return result
