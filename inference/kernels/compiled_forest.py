"""Isolation forests as the compiled library walks them: four bytes a node, ``source/forest.c``."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.compiled import FOREST, MODEL, CompiledKernel, address, aligned
from inference.kernels.kernel import Weights

MOST_INPUTS, MOST_NODES, MOST_CODES, _UNIT = 63, 1023, 65534, 65535
_STEP_AT, _THRESHOLD_AT = 6, 16


class CompiledForests(CompiledKernel):
    """Scores rows by the isolation forest of their group, exactly as `IsolationForestKernel`.

    Parameters
    ----------
    weights : sequence of mappings
        As of `IsolationForestKernel`, of forests with a `shape`.
    library : ctypes.PyDLL
    """

    def __init__(self, weights: Sequence[Weights], library: ctypes.PyDLL) -> None:
        sizes = [len(w["feature"]) for w in weights]
        begin = np.cumsum([0, *sizes])
        nodes, exact = aligned(int(begin[-1]), np.uint32), aligned(int(begin[-1]), np.float32)
        trees = len(weights[0]["root"])
        roots = np.array([w["root"] for w in weights], dtype=np.int32)
        models = np.zeros(len(weights), dtype=MODEL)
        lengths = []
        for g, w in enumerate(weights):
            part = slice(begin[g], begin[g + 1])
            mine, models["depth"][g] = _packed(w, nodes[part], exact[part])
            lengths.append(mine)
        flat = np.concatenate(lengths)
        models["nodes"] = address(nodes) + 4 * begin[:-1]
        models["exact"] = address(exact) + 4 * begin[:-1]
        models["lengths"] = address(flat) + 4 * np.cumsum([0, *map(len, lengths[:-1])])
        models["roots"] = address(roots) + 4 * trees * np.arange(len(weights))
        models["normaliser"] = [float(w["normaliser"]) for w in weights]
        models["size"] = trees
        models["kind"] = FOREST
        inputs = max(1, *(int(w["feature"].max()) + 1 for w in weights))
        super().__init__(library, models, range(inputs, MOST_INPUTS + 1), (nodes, exact, flat, roots))

    @staticmethod
    def shape(weights: Weights, inputs: int) -> Hashable:
        """Number of trees; None for one on rows of `inputs` that four bytes a node cannot hold.

        Or whose nodes do not stand tree by tree, parents before their children, as
        training exports them: the library relies on it.
        """
        feature, root = weights["feature"], weights["root"]
        size = np.diff(root, append=len(feature))
        if not len(root) or root[0] != 0 or size.min() < 1 or size.max() > MOST_NODES:
            return None
        if not feature.max(initial=0) < inputs <= MOST_INPUTS or not np.isfinite(weights["threshold"]).all():
            return None
        if len(feature) > MOST_CODES and len(np.unique(weights["path_length"])) > MOST_CODES:
            return None
        is_inner = feature >= 0
        if not (2 * np.add.reduceat(is_inner, root, dtype=np.intp) + 1 == size).all():
            return None
        inner = is_inner.nonzero()[0]
        end = np.repeat(root + size, size)[inner]
        for side in ("left", "right"):
            child = weights[side][inner]
            if not ((child > inner) & (child < end)).all():
                return None
        return len(root)

    def _finished(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp2(scores, out=scores)


def _packed(
    w: Weights, nodes: NDArray[np.uint32], exact: NDArray[np.float32]
) -> tuple[NDArray[np.float32], int]:
    """Fill in nodes and exact thresholds of a forest; path lengths by code, and its depth.

    A tree's nodes stay in the tree's place: its root first, then the pairs of children in the
    order of their parents.
    """
    feature, left, right, root = w["feature"], w["left"], w["right"], w["root"]
    is_inner = feature >= 0
    inner, leaf = is_inner.nonzero()[0], (~is_inner).nonzero()[0]
    before = np.zeros(len(root), dtype=np.intp)  # inner nodes of the trees before
    each = np.add.reduceat(is_inner, root, dtype=np.intp)
    np.cumsum(each[:-1], out=before[1:])
    pair = np.repeat(root + 1 - 2 * before, each) + 2 * np.arange(len(inner))
    number = np.empty(len(feature), dtype=np.intp)
    number[root] = root
    number[right[inner]] = pair
    number[left[inner]] = pair + 1

    threshold, at = w["threshold"][inner], number[inner]
    rounded = threshold.astype(np.float32)
    rounded = np.where(rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    exact[at] = rounded
    key = (np.clip(rounded, 0, 1) * np.float32(_UNIT)).astype(np.uint32)
    low = (pair - at << _STEP_AT) + feature[inner] + 1
    nodes[at] = key << _THRESHOLD_AT | low.astype(np.uint32)
    lengths, code = np.unique(w["path_length"][leaf].astype(np.float32), return_inverse=True)
    nodes[number[leaf]] = (code.astype(np.uint32) + 1) << _THRESHOLD_AT

    depth, level = 0, root[feature[root] >= 0]
    while len(level):
        depth += 1
        below = np.concatenate([left[level], right[level]])
        level = below[feature[below] >= 0]
    return np.concatenate([np.zeros(1, np.float32), lengths]), depth
