"""Arrays of many groups' models, each model in one piece of memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.kernels.kernel import Codes


class StackedArrays:
    """Named arrays of all groups, a group's side by side: one gather fetches a model.

    Parameters
    ----------
    groups : sequence of mappings
        The arrays of each group, of the same names and shapes in all of them.
    dtype : float32 or float64
        What they are kept as.
    """

    def __init__(
        self, groups: Sequence[Mapping[str, NDArray[Any]]], dtype: type[np.floating[Any]] = np.float32
    ) -> None:
        first = groups[0]
        sizes = [int(np.size(array)) for array in first.values()]
        edges = np.cumsum([0, *sizes]).tolist()
        self._flat = np.empty((len(groups), edges[-1]), dtype=dtype)
        self._places: list[tuple[slice, tuple[int, ...]]] = []
        for name, begin, end in zip(first, edges[:-1], edges[1:], strict=True):
            self._flat[:, begin:end] = [np.ravel(group[name]) for group in groups]
            self._places.append((slice(begin, end), np.shape(first[name])))

    def of(self, group: Codes) -> list[NDArray[Any]]:
        """The arrays ``(n, ...)`` of the groups ``(n,)``, in the order of their names."""
        models = self._flat.take(group, axis=0)
        return [models[:, place].reshape(len(group), *shape) for place, shape in self._places]
