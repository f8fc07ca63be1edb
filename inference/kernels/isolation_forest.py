"""Isolation forests of many groups (Liu, Ting and Zhou, ICDM 2008) as flat arrays of nodes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.kernel import Codes, Floats32, Weights, chunks


class IsolationForestKernel:
    """Scores rows by the isolation forest of their group.

    All trees of all groups are walked one level at a time. A node is ten bytes: the
    children of a node stand side by side, so that only the first needs an address, and
    a leaf asks an input that is always minus infinity, which sends it to itself and
    leaves its threshold free to hold the path length.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group: ``feature``, ``threshold``, ``left``, ``right``,
        ``path_length`` (one a node), ``root`` (one a tree; as many in every group) and
        ``normaliser``.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        forests = [_renumbered(w) for w in weights]
        begin = np.cumsum([0, *(len(f[0]) for f in forests)])
        dtype: type[np.int32 | np.int64] = np.int32 if begin[-1] < np.iinfo(np.int32).max else np.int64
        self._feature = np.concatenate([f[0] for f in forests])
        self._threshold = np.concatenate([f[1] for f in forests])
        self._child: NDArray[np.signedinteger] = np.concatenate(
            [f[2] + at for f, at in zip(forests, begin[:-1], strict=True)]
        ).astype(dtype)
        self._begin: NDArray[np.signedinteger] = begin[:-1].astype(dtype)
        self._trees: NDArray[np.signedinteger] = np.arange(len(weights[0]["root"])).astype(dtype)
        self._depth = np.array([f[3] for f in forests])
        self._normaliser = np.array([float(w["normaliser"]) for w in weights])

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Number of trees; they may have any number of nodes."""
        return len(weights["root"])

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """``2 ** (-mean path length / normaliser)`` of scaled rows ``(n, p)``, higher = worse."""
        length = np.empty(len(x), dtype=np.float64)
        for rows in chunks(group):
            length[rows] = self._path_length(x[rows], group[rows])
        score: NDArray[np.float64] = np.exp2(-length / self._normaliser[group])
        return score

    def _path_length(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        n, p = x.shape
        asked = np.full((n, 1 + p), -np.inf, dtype=np.float32)
        asked[:, 1:] = x
        line = np.arange(n, dtype=np.intp)[:, None] * (1 + p)
        node = self._begin[group][:, None] + self._trees
        flat = asked.ravel()
        for _ in range(int(self._depth[group].max(initial=0))):
            beyond = flat.take(line + self._feature.take(node)) > self._threshold.take(node)
            node = self._child.take(node) + beyond
        # Cast before the mean: casting on the way would add up in an order that depends on n.
        length: NDArray[np.float64] = self._threshold.take(node).astype(np.float64).mean(axis=1)
        return length


def _renumbered(
    w: Weights,
) -> tuple[NDArray[np.int16], Floats32, NDArray[np.int64], int]:
    """Feature, threshold and first child with roots first and children in pairs; the depth.

    Inputs are float32: "x <= threshold" for a float64 threshold is the same question as
    for the largest float32 not above it.
    """
    feature, left, right, root = w["feature"], w["left"], w["right"], w["root"]
    inner = np.flatnonzero(feature >= 0)
    number = np.empty(len(feature), dtype=np.int64)
    number[root] = np.arange(len(root))
    pair = len(root) + 2 * np.arange(len(inner))
    number[left[inner]] = pair
    number[right[inner]] = pair + 1

    rounded = w["threshold"].astype(np.float32)
    rounded = np.where(rounded > w["threshold"], np.nextafter(rounded, np.float32(-np.inf)), rounded)
    at_leaf = feature < 0
    threshold = np.empty(len(feature), dtype=np.float32)
    threshold[number] = np.where(at_leaf, w["path_length"].astype(np.float32), rounded)
    child = np.empty(len(feature), dtype=np.int64)
    child[number] = number
    child[number[inner]] = pair
    question = np.empty(len(feature), dtype=np.int16)
    question[number] = np.where(at_leaf, 0, feature + 1)  # input 0 is the one that is minus infinity

    depth, level = 0, root[feature[root] >= 0]
    while len(level):
        depth += 1
        below = np.concatenate([left[level], right[level]])
        level = below[feature[below] >= 0]
    return question, threshold, child, depth
