"""Setting clusters of every maker of a history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clustering.kmeans import SettingCluster
from clustering.nearest import assign
from clustering.setting import SettingSpace
from core.batch import Batch


def fit_spaces(
    batch: Batch, previous: Sequence[SettingSpace] = (), tweaks: Sequence[float | None] | None = None
) -> tuple[SettingSpace, ...]:
    """Setting clusters of each maker with a complete setting, ordered by maker.

    With the spaces of an earlier training, clusters that still exist keep their numbers.
    `tweaks` are those of the profile's set values, see `clustering.kmeans.SettingCluster`.
    """
    earlier = {space.maker: space for space in previous}
    complete = np.isfinite(batch.settings).all(axis=1)
    spaces = []
    for maker in sorted({m for m in batch.maker[complete].tolist() if m is not None}):
        fitted = SettingCluster(tweaks=tweaks).fit(batch.settings[complete & (batch.maker == maker)])
        if maker in earlier and earlier[maker].centres.shape[1] == batch.settings.shape[1]:
            fitted.match_numbers(earlier[maker])
        spaces.append(fitted.space(maker))
    return tuple(spaces)


def cluster_rows(batch: Batch, spaces: Sequence[SettingSpace]) -> NDArray[np.int64]:
    """(n,) cluster of each record by its maker's space; -1 where maker or a set value is missing."""
    cluster = np.full(len(batch), -1, dtype=np.int64)
    for space in spaces:
        rows = np.flatnonzero(batch.maker == space.maker)
        cluster[rows] = assign(batch.settings[rows], space).cluster
    return cluster
