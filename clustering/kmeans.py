"""Setting clusters by K-Means on the unique set value combinations (IM-03)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist, squareform
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no types

from clustering.choice_of_k import choose_k
from clustering.nearest import Assigned, assign, nearest, within
from clustering.setting import Floats, SettingSpace
from core.errors import ModelError

Labels = NDArray[np.int64]

SIGNIFICANT_DIGITS = 6
"""No panel shows more; what differs beyond them is the same set value stored twice."""
MOST_COMPARED = 1500
"""k is chosen on at most this many combinations, evenly taken; all of them are clustered."""
TWEAKED_VALUES = 1.5
"""A radius is never under this many tweaks (two values at once are 1.41)..."""
RETIRED = 1e6
"""Where the centre of a cluster lies whose settings now count as another's."""


class SettingCluster(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """Setting clusters of one maker.

    Operators trim a running setting by a little, so that a history holds more unique
    combinations than settings. Two combinations are the same setting when they differ by
    about a `tweak` of a value: that is the unit of the scaled space, and what `choose_k`
    does not resolve. Duplicates are dropped first: a setting that ran for a year must
    not count more than one that ran for a day.

    Parameters
    ----------
    tweak : float
        Share of a set value's usual size that an operator changes it by without meaning
        another setting. Evidence for 0.05: ``docs/decisions/0002-choice-of-k.md``.
    tweaks : sequence of float or None, optional
        The same for each set value in its own unit; None where the share holds. For values
        whose zero is arbitrary, such as °C.

    Attributes
    ----------
    offset_, scale_ : (s,) float64
        Mean of the combinations; the set value's tweak, else `tweak` of the median size
        where it is not 0 (1 if it is 0 throughout). A set value that never varied has a
        scale, too: live it may.
    combinations_ : (u, s) float64
        Unique combinations in ascending order.
    counts_ : (u,) int64
        Rows made under each.
    labels_ : (u,) int64
        Cluster of each.
    centres_ : (k, s) float64
        Scaled; the row is the cluster number.
    radius_ : (k,) float64
        Distance of the cluster's farthest combination, but no less than 1.5 tweaks: a
        cluster of one combination must bear an operator, too. That floor never passes
        half the way to the next centre.

    Notes
    -----
    No random numbers: K-Means starts from the cut of a Ward tree, which finds many small
    clusters better than random restarts do. The order of the rows does not matter.

    Examples
    --------
    >>> import numpy as np
    >>> settings = np.array([[200.0, 50.0], [201.0, 50.0], [200.0, 80.0], [200.0, 50.0]])
    >>> fitted = SettingCluster().fit(settings)
    >>> fitted.predict(settings).tolist(), fitted.counts_.tolist()
    ([0, 0, 1, 0], [2, 1, 1])
    """

    def __init__(self, tweak: float = 0.05, tweaks: Sequence[float | None] | None = None) -> None:
        self.tweak = tweak
        self.tweaks = tweaks

    def fit(self, X: Floats, y: None = None) -> SettingCluster:
        """Cluster the unique combinations of ``(n, s)`` set values; NaN rows are left out.

        Raises
        ------
        ModelError
            No row has all its set values, or `tweaks` are not one for each.
        """
        known = X[np.isfinite(X).all(axis=1)]
        if not len(known):
            raise ModelError(
                f"setting clusters: expected a row with all set values, got none in {len(X)} rows"
            )
        self.combinations_, self.counts_ = _unique(_significant(known))
        self.offset_ = self.combinations_.mean(axis=0)
        self.scale_ = one_tweak(self.combinations_, self.tweak, self.tweaks)
        scaled = (self.combinations_ - self.offset_) / self.scale_
        labels = _cluster(scaled)
        self._keep(np.stack([scaled[labels == k].mean(axis=0) for k in range(labels.max() + 1)]))
        return self

    def predict(self, X: Floats) -> Labels:
        """Cluster with the nearest centre, -1 where a set value is missing."""
        return self.assign(X).cluster

    def assign(self, X: Floats) -> Assigned:
        """Nearest cluster, distance, and whether it lies within the radius."""
        return assign(X, self.space(""))

    def match_numbers(self, previous: SettingSpace) -> SettingCluster:
        """Give clusters that were there before their old numbers; new ones follow after them.

        Old and new centres are paired so that their distances are smallest in total; a
        pair counts where one centre lies within the other cluster's radius. An old
        cluster without a partner keeps number and centre (its setting may return),
        unless its settings are now another cluster's.
        """
        if previous.centres.shape[1] != len(self.scale_):
            raise ModelError(
                f"setting clusters: expected {len(self.scale_)} set values as before, "
                f"got {previous.centres.shape[1]}; number them anew"
            )
        old = (previous.centres * previous.scale + previous.offset - self.offset_) / self.scale_
        old[(previous.centres >= RETIRED).any(axis=1)] = RETIRED
        apart = np.sqrt(((self.centres_[:, None, :] - old[None, :, :]) ** 2).sum(axis=2))
        reach = np.maximum(self.radius_[:, None], self._rescaled_radius(previous)[None, :])
        same = within(apart, reach)
        # Far pairs cost a lot, so that no near pair is given up for their sake.
        new_of, old_of = linear_sum_assignment(np.where(same, apart, RETIRED))
        number = np.full(len(self.centres_), -1, dtype=np.int64)
        paired = same[new_of, old_of]
        number[new_of[paired]] = old_of[paired]
        number[number < 0] = len(old) + np.arange((number < 0).sum())
        centres = np.full((number.max(initial=len(old) - 1) + 1, len(self.scale_)), RETIRED)
        gone = np.setdiff1d(np.arange(len(old)), number)
        taken = gone[within(apart[:, gone], self.radius_[:, None]).any(axis=0)]
        centres[: len(old)] = old
        centres[taken] = RETIRED
        centres[number] = self.centres_
        radius = np.zeros(len(centres))
        radius[: len(old)] = self._rescaled_radius(previous)
        self._keep(centres, radius)
        return self

    def space(self, maker: str) -> SettingSpace:
        """The clusters as plain arrays."""
        return SettingSpace(
            maker, self.offset_, self.scale_, self.centres_, self.radius_, self.combinations_, self.labels_
        )

    def _keep(self, centres: Floats, radius_of_gone: Floats | None = None) -> None:
        """Take over centres; labels and radii follow from them."""
        self.centres_ = centres
        self.radius_ = np.zeros(len(centres))
        cluster, distance = nearest((self.combinations_ - self.offset_) / self.scale_, centres)
        self.labels_ = cluster.astype(np.int64)
        np.maximum.at(self.radius_, self.labels_, distance)
        apart = squareform(pdist(centres))
        np.fill_diagonal(apart, np.inf)
        np.maximum(self.radius_, np.minimum(TWEAKED_VALUES, apart.min(axis=1) / 2), out=self.radius_)
        if radius_of_gone is not None:
            gone = np.setdiff1d(np.arange(len(centres)), self.labels_)
            self.radius_[gone] = np.minimum(radius_of_gone[gone], self.radius_[gone])

    def _rescaled_radius(self, previous: SettingSpace) -> Floats:
        """Radii of an earlier space in this one's units."""
        if not len(self.scale_):  # without set values no distance has a unit
            return previous.radius
        radius: Floats = previous.radius * float(np.median(previous.scale / self.scale_))
        return radius


def one_tweak(
    combinations: Floats, tweak: float = 0.05, tweaks: Sequence[float | None] | None = None
) -> Floats:
    """What one unit of the scaled space is in each set value's own unit, ``(s,)``.

    Parameters
    ----------
    combinations : (u, s) float64
        Unique combinations of set values.
    tweak, tweaks
        See `SettingCluster`.

    Raises
    ------
    ModelError
        `tweaks` are not one for each set value.

    >>> one_tweak(np.array([[200.0, 0.0, 60.0], [240.0, 0.0, 0.0]]), tweaks=[5.0, None, None]).tolist()
    [5.0, 1.0, 3.0]
    """
    width = combinations.shape[1]
    given = np.full(width, np.nan) if tweaks is None else np.array(tweaks, dtype=np.float64)
    if given.shape != (width,):
        raise ModelError(
            f"setting clusters: expected {width} tweaks, one for each set value, got {len(given)}"
        )
    size = np.abs(combinations)
    size[size == 0] = np.nan
    some = np.isfinite(size).any(axis=0)
    unit = np.ones(width)
    unit[some] = tweak * np.nanmedian(size[:, some], axis=0)
    return np.where(np.isnan(given), unit, given)


def _significant(values: Floats) -> Floats:
    """Rounded to `SIGNIFICANT_DIGITS`.

    >>> _significant(np.array([230.10000610351562, 0.0])).tolist()
    [230.1, 0.0]
    """
    size = np.abs(values)
    digits = np.floor(np.log10(size, out=np.zeros_like(size), where=size > 0))
    step = 10.0 ** (digits - SIGNIFICANT_DIGITS + 1)
    # The step may be 0.0001, which no float holds: divide by its whole reciprocal instead.
    rounded: Floats = np.where(
        step < 1, np.round(values / step) / np.round(1 / step), np.round(values / step) * step
    )
    return rounded


def _unique(known: Floats) -> tuple[Floats, Labels]:
    if not known.shape[1]:  # a process without set values has one setting
        return known[:1], np.array([len(known)], dtype=np.int64)
    combinations, counts = np.unique(known, axis=0, return_counts=True)
    return combinations, counts.astype(np.int64)


def _cluster(scaled: Floats) -> Labels:
    """Label of each unique combination ``(u, s)``, numbered by first appearance."""
    sample = scaled[
        np.unique(np.linspace(0, len(scaled) - 1, min(len(scaled), MOST_COMPARED)).astype(np.intp))
    ]
    with threadpool_limits(1):  # threads cost more than they give on tables this small
        centres = np.stack(_divided(sample))
        labels = _k_means(scaled, centres)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first)).astype(np.int64)
    return number[inverse.reshape(-1)]


def _divided(points: Floats) -> list[Floats]:
    """Centres of the settings among these combinations, dividing until nothing divides."""
    if len(points) > 1:
        tree = linkage(points, method="ward")

        def labels_at(k: int) -> Labels:
            start = cut_tree(tree, k)[:, 0]
            return _k_means(points, np.stack([points[start == c].mean(axis=0) for c in range(k)]))

        labels = choose_k(squareform(pdist(points)), labels_at)
        if labels.any():
            return [centre for k in range(labels.max() + 1) for centre in _divided(points[labels == k])]
    return [points.mean(axis=0)]


def _k_means(points: Floats, start: Floats) -> Labels:
    if len(start) == 1:
        return np.zeros(len(points), dtype=np.int64)
    labels: Labels = KMeans(len(start), init=start, n_init=1, tol=0).fit(points).labels_.astype(np.int64)
    return labels
