"""Isolation forests of many groups (Liu, Ting and Zhou, ICDM 2008) as flat arrays of nodes.

A node is one 64-bit number, so that a step down a tree fetches it once::

    63      threshold      32 | 31    step    10 | 9   input   0

`step` is the way to the left child; the right one stands beside it. `input` 0 is a key
below every threshold: a leaf asks it and stays where it is (step 0), which leaves its
threshold free to hold the path length. Scaled inputs are not negative, and such floats
are ordered as their bits are: comparing a key (an input's bits, 32 zeros) with the whole
node is comparing the input with the threshold.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused
from inference.kernels.kernel import Codes, Floats32, Weights, in_chunks, occluded

_INPUT_BITS, _STEP_BITS = 10, 22
_INPUT, _STEP = (1 << _INPUT_BITS) - 1, (1 << _STEP_BITS) - 1
_HALF = 32
_BELOW_ALL = np.iinfo(np.int64).min

Nodes = NDArray[np.int64]


class IsolationForestKernel:
    """Scores rows by the isolation forest of their group.

    All trees of all rows are walked one level at a time.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group: ``feature``, ``threshold``, ``left``, ``right``,
        ``path_length`` (one a node), ``root`` (one a tree; as many in every group) and
        ``normaliser``.

    Raises
    ------
    ModelRefused
        A forest has over 4 million nodes or 1,023 inputs: more than a node has bits for.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        sizes = [len(w["feature"]) for w in weights]
        begin = np.cumsum([0, *sizes])
        self._nodes = np.empty(begin[-1], dtype=np.int64)
        self._depth = np.empty(len(weights), dtype=np.intp)
        for g, w in enumerate(weights):
            self._nodes[begin[g] : begin[g + 1]], self._depth[g] = _packed(w)
        self._roots = begin[:-1, None] + np.arange(len(weights[0]["root"]))
        self._normaliser = np.array([float(w["normaliser"]) for w in weights])

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Number of trees; they may have any number of nodes."""
        return len(weights["root"])

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """``2 ** (-mean path length / normaliser)`` of scaled rows ``(n, p)``, higher = worse."""
        length = in_chunks(self._path_length, x, group)
        score: NDArray[np.float64] = np.exp2(-length / self._normaliser[group])
        return score

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value.

        A tree is walked again only for the inputs it asked on its way: the others cannot
        change where it ended.
        """
        n, p = x.shape
        trees = self._roots.shape[1]
        asked = np.zeros((n, trees, 1 + p), dtype=np.bool_)
        before = self._leaf_lengths(x, group, asked)
        row, tree, question = np.nonzero(asked[:, :, 1:])
        keys = _keys(occluded(x, usual).reshape(-1, p))
        line = (row * p + question) * (1 + p)
        after = self._walked(self._roots[group[row], tree], keys, line, self._most_steps(group))
        change = after - before[row, tree].astype(np.float64)
        length = before.sum(axis=1, dtype=np.float64)[:, None] + np.bincount(
            row * p + question, weights=change, minlength=n * p
        ).reshape(n, p)
        score: NDArray[np.float64] = np.exp2(-length / trees / self._normaliser[group][:, None])
        return score

    def _path_length(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        length = self._leaf_lengths(x, group)
        # The float64 sum of so few float32 is exact: no order of adding up gives another.
        mean: NDArray[np.float64] = np.add.reduce(length, axis=1, dtype=np.float64) / length.shape[1]
        return mean

    def _leaf_lengths(self, x: Floats32, group: Codes, asked: NDArray[np.bool_] | None = None) -> Floats32:
        """Path lengths ``(n, T)`` of all trees; notes the inputs asked ``(n, T, 1 + p)``."""
        n, p = x.shape
        line = np.arange(0, n * (1 + p), 1 + p)[:, None]
        return self._walked(self._roots.take(group, axis=0), _keys(x), line, self._most_steps(group), asked)

    def _most_steps(self, group: Codes) -> int:
        return int(np.maximum.reduce(self._depth[group], initial=0))

    def _walked(
        self,
        at: NDArray[np.intp],
        keys: NDArray[np.int64],
        line: NDArray[np.intp],
        steps: int,
        asked: NDArray[np.bool_] | None = None,
    ) -> Floats32:
        """Path lengths of the leaves reached from the nodes `at`, which it overwrites.

        `line` says where in `keys` the inputs of each walk begin.
        """
        node, key, beyond = np.empty_like(at), np.empty_like(at), np.empty(at.shape, dtype=np.bool_)
        alone = len(at) == 1
        if asked is not None:
            walk = np.arange(at.size).reshape(at.shape) * asked.shape[-1]
        # mode "wrap" never wraps here; it alone writes to `out` without a copy in between.
        for _ in range(steps):
            self._nodes.take(at, out=node, mode="wrap")
            place = node & _INPUT
            if asked is not None:
                asked.ravel()[walk + place] = True
            if not alone:
                place += line
            keys.take(place, out=key, mode="wrap")
            np.greater(key, node, out=beyond)
            node >>= _INPUT_BITS
            node &= _STEP
            at += node
            at += beyond
        return (self._nodes.take(at) >> _HALF).astype(np.int32).view(np.float32)


def _keys(x: Floats32) -> NDArray[np.int64]:
    """What rows ``(n, p)`` answer: each row's key below all, then one key an input."""
    n, p = x.shape
    keys = np.empty((n, 1 + p), dtype=np.int64)
    keys[:, 0] = _BELOW_ALL
    keys[:, 1:] = (x + np.float32(0)).view(np.int32)  # -0.0, whose bits come last, becomes 0.0
    keys[:, 1:] <<= _HALF
    return keys.ravel()


def _packed(w: Weights) -> tuple[Nodes, int]:
    """Nodes of a forest, roots first and children in pairs, and its depth.

    Inputs are float32: "x <= threshold" for a float64 threshold is the same question as
    for the largest float32 not above it.
    """
    feature, left, right, root = w["feature"], w["left"], w["right"], w["root"]
    if len(feature) > _STEP or feature.max(initial=0) >= _INPUT:
        msg = (
            f"isolation forest of {len(feature)} nodes on inputs up to number {feature.max(initial=0)}: "
            f"expected at most {_STEP} nodes and {_INPUT} inputs; train fewer or smaller trees"
        )
        raise ModelRefused(msg)
    inner = np.flatnonzero(feature >= 0)
    number = np.empty(len(feature), dtype=np.int64)
    number[root] = np.arange(len(root))
    pair = len(root) + 2 * np.arange(len(inner))
    number[left[inner]] = pair
    number[right[inner]] = pair + 1

    rounded = w["threshold"].astype(np.float32)
    rounded = np.where(rounded > w["threshold"], np.nextafter(rounded, np.float32(-np.inf)), rounded)
    high = np.where(feature < 0, w["path_length"].astype(np.float32), rounded).view(np.int32)
    nodes = np.empty(len(feature), dtype=np.int64)
    nodes[number] = high.astype(np.int64) << _HALF
    nodes[number[inner]] |= (pair - number[inner]) << _INPUT_BITS | feature[inner].astype(np.int64) + 1

    depth, level = 0, root[feature[root] >= 0]
    while len(level):
        depth += 1
        below = np.concatenate([left[level], right[level]])
        level = below[feature[below] >= 0]
    return nodes, depth
