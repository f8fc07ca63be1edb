"""Setting clusters as plain arrays: what training hands to judging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SettingSpace:
    """Setting clusters of one maker: how set values are scaled and where centres lie.

    Attributes
    ----------
    maker : str
    offset, scale : (s,) float64
        ``scaled = (value - offset) / scale``: in scaled units 1 is what an operator
        changes a set value by without meaning another setting; see `clustering.kmeans`.
    centres : (k, s) float64
        Cluster centres in scaled units; the row number is the cluster number. Clusters
        of an earlier training that are gone keep their row, so that no number changes.
    radius : (k,) float64
        Scaled distance from the centre within which a setting counts as this cluster's;
        beyond it the setting is new and takes the adaptive route.
    combinations : (u, s) float64
        Unique set value combinations of the history, unscaled.
    combination_cluster : (u,) int64
        Cluster of each combination.
    """

    maker: str
    offset: Floats
    scale: Floats
    centres: Floats
    radius: Floats
    combinations: Floats
    combination_cluster: NDArray[np.int64]
