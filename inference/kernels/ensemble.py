"""Ensembles of many groups: each member's kernel, and how rare its scores are among normal shots."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.closed_form import MeanZ2Kernel, MixtureKernel, QuadraticKernel
from inference.kernels.kernel import Codes, Floats32, NumpyKernel, Weights
from inference.kernels.neighbours import NeighboursKernel
from models.score_formulas import NATS, rarity

MEMBERS: Mapping[str, type[NumpyKernel]] = {
    "mean_z2": MeanZ2Kernel,
    "robust_covariance": QuadraticKernel,
    "pca": QuadraticKernel,
    "nearest_neighbours": NeighboursKernel,
    "gaussian_mixture": MixtureKernel,
}
"""What scores each kind an ensemble may be made of; each of them stands alone, too."""


class EnsembleKernel:
    """Scores rows by the mean rarity that the members of their group find.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, of the same members in the same order and shapes:
        ``<kind>.<name>`` for every array of a member, ``<kind>.level`` (L,), ``<kind>.rate`` ().
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._members: list[tuple[NumpyKernel, NDArray[np.float64], NDArray[np.float64]]] = []
        for kind in _members(weights[0]):
            own = [_of_member(w, kind) for w in weights]
            level = np.array([w["level"] for w in own], dtype=np.float64)
            rate = np.array([w["rate"] for w in own], dtype=np.float64)
            self._members.append((MEMBERS[kind](own), level, rate))

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Members in their order and the shape of each."""
        return tuple((kind, MEMBERS[kind].shape(_of_member(weights, kind))) for kind in _members(weights))

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Mean rarity in nats of scaled rows ``(n, p)``, higher = worse."""
        return self._mean(lambda member: member.score(x, group)[:, None], group)[:, 0]

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value."""
        return self._mean(lambda member: member.score_occluded(x, usual, group), group)

    def _mean(self, score: Callable[[NumpyKernel], NDArray[np.float64]], group: Codes) -> NDArray[np.float64]:
        found = [
            rarity(score(member), level[group], NATS, rate[group]) for member, level, rate in self._members
        ]
        total: NDArray[np.float64] = np.add.reduce(found, axis=0)
        return total / len(found)


def _members(weights: Weights) -> list[str]:
    """Kinds of the members, in their order."""
    return list(dict.fromkeys(name.split(".", 1)[0] for name in weights))


def _of_member(weights: Weights, kind: str) -> dict[str, NDArray[np.generic]]:
    begin = f"{kind}."
    return {name.removeprefix(begin): array for name, array in weights.items() if name.startswith(begin)}
