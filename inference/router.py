"""Which model judges a record: its own, the nearest setting's, or none (IM-11, IM-12)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clustering.nearest import assign, nearest, reach, scaled
from core.verdict import ROUTES
from inference.routes import NONE, Codes, Floats, Routes, setting_bytes
from ingest.spot_book import Spot
from ingest.spots import Spots

TRAINED, NEAREST, LIMITS = (ROUTES.index(route) for route in ("trained", "nearest", "limits"))

FEW = 8
"""New settings in one batch, past which columns are the faster way."""
_BOOK = 40
"""Bits of a key's first word that number the spot; those above number its book."""


class Routed(NamedTuple):
    """Where each record goes, columns ``(n,)``.

    Attributes
    ----------
    cluster : int64
        Predicted setting cluster, -1 when unknown.
    route : int8
        Position in `core.verdict.ROUTES`.
    group : intp
        The group whose model judges; -1 on the limits route.
    distance : float64
        Scaled distance to the substitute's setting; NaN unless the route is nearest.
    reference : float64
        Reference distance of the scope the substitute comes from; 1 elsewhere.
    new_setting : bool
        The set values lie outside every cluster that history knew.
    limits : (n, 7) float64
        What the threshold allows, columns as `inference.threshold.Limits`; NaN where the
        routes know nothing of thresholds.
    """

    cluster: NDArray[np.int64]
    route: NDArray[np.int8]
    group: Codes
    distance: Floats
    reference: Floats
    new_setting: NDArray[np.bool_]
    limits: Floats

    @classmethod
    def of(cls, rows: NDArray[np.void]) -> Routed:
        """The columns of `route_rows`."""
        return cls(*[rows[name] for name in cls._fields])


def route(settings: Floats, spots: Spots, routes: Routes) -> Routed:
    """Route records by their completed set values ``(n, s)`` and spots.

    Trained: the group of this facility, item and predicted cluster has a model and the
    setting lies within the cluster's radius. Nearest: the closest trained setting of the
    same facility and item, or where nothing is trained there, of the same maker. Limits:
    no maker, a missing set value, or nothing trained for the maker.

    Settings rarely change between records: what was routed before is looked up.
    """
    return Routed.of(route_rows(settings, spots, routes))


def route_rows(settings: Floats, spots: Spots, routes: Routes) -> NDArray[np.void]:
    """The same as rows ``(n,)`` of `inference.routes.ROUTED`."""

    def learn(rows: Codes) -> tuple[NDArray[Any], ...]:
        return _learned(settings[rows], spots.some(rows), routes)

    # The numbers of a spot and of its book stand before the set values, as one exact key.
    return routes.seen.rows(spots.number, spots.book.serial << _BOOK, settings, learn)


def _learned(settings: Floats, spots: Spots, routes: Routes) -> tuple[NDArray[Any], ...]:
    columns = _columns(settings, spots, routes)
    _, _, group, distance, reference, _ = columns
    allowed = routes.allowances
    limits = np.full((7, len(group)), np.nan) if allowed is None else allowed.of(group, distance, reference)
    return (*columns, limits.T)


def _columns(settings: Floats, spots: Spots, routes: Routes) -> tuple[NDArray[Any], ...]:
    """The columns of `Routed` for records that were not routed before."""
    n = len(settings)
    if 0 < n <= FEW:
        number = spots.number.tolist()
        rows = [_one(settings[k : k + 1], spots.book.spots[number[k]], routes) for k in range(n)]
        return tuple(np.array(column) for column in zip(*rows, strict=True))
    maker = np.array([routes.makers.get(m or "", NONE) for m, _, _ in spots.keys], dtype=np.intp)[spots.code]
    place = np.array([routes.places.get(key, NONE) for key in spots.keys], dtype=np.intp)[spots.code]
    cluster, inside = _clusters(settings, maker, routes)

    group = np.where(inside, routes.group_of(place, cluster), NONE)
    way = np.where(group >= 0, TRAINED, LIMITS).astype(np.int8)
    distance = np.full(n, np.nan)
    reference = np.ones(n)
    scope_number = np.where(place >= 0, len(routes.spaces) + place, maker)
    elsewhere = np.flatnonzero((group < 0) & (cluster >= 0))
    for number in np.unique(scope_number[elsewhere]).tolist():
        scopes = routes.maker_scopes if number < len(routes.spaces) else routes.place_scopes
        scope = scopes[number if number < len(routes.spaces) else number - len(routes.spaces)]
        if not len(scope.groups):
            continue
        mine = elsewhere[scope_number[elsewhere] == number]
        space = routes.spaces[int(maker[mine[0]])]
        index, distance[mine] = nearest(scaled(settings[mine], space), scope.centres)
        group[mine], way[mine], reference[mine] = scope.groups[index], NEAREST, scope.reference
    return cluster, way, group, distance, reference, (cluster >= 0) & ~inside


def _one(setting: Floats, spot: Spot, routes: Routes) -> tuple[int, int, int, float, float, bool]:
    """The row of `Routed` for one record's set values ``(1, s)``: what `_columns` does for many."""
    m = routes.makers.get(spot[0] or "", NONE)
    if m == NONE:
        return NONE, LIMITS, NONE, math.nan, 1.0, False
    place = routes.places.get(spot, NONE)
    space, point = routes.spaces[m], None
    row = routes.combinations[m].get((setting + 0.0).tobytes())  # as `setting_bytes`
    if row is not None:
        cluster, inside = int(routes.combination_cluster[row]), bool(routes.combination_inside[row])
    else:
        point = scaled(setting, space)
        if not len(space.centres) or not all(map(math.isfinite, point[0].tolist())):
            return NONE, LIMITS, NONE, math.nan, 1.0, False
        index, apart = nearest(point, routes.space_centres[m])
        cluster = int(index[0])
        inside = float(apart[0]) <= reach(float(space.radius[cluster]))
    group = routes.group_at(place, cluster) if inside else NONE
    if group >= 0:
        return cluster, TRAINED, group, math.nan, 1.0, False
    scope = routes.place_scopes[place] if place >= 0 else routes.maker_scopes[m]
    if not len(scope.groups) or cluster < 0:
        return cluster, LIMITS, NONE, math.nan, 1.0, cluster >= 0 and not inside
    index, apart = nearest(scaled(setting, space) if point is None else point, scope.centres)
    group = int(scope.groups[int(index[0])])
    return cluster, NEAREST, group, float(apart[0]), scope.reference, not inside


def _clusters(settings: Floats, maker: Codes, routes: Routes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Cluster of each record and whether its setting lies within the cluster's radius."""
    n = len(settings)
    keys = zip(maker.tolist(), setting_bytes(settings), strict=True)
    known = (NONE if m == NONE else routes.combinations[m].get(key, NONE) for m, key in keys)
    row = np.fromiter(known, dtype=np.intp, count=n)
    if not len(routes.combination_cluster):
        cluster, inside = np.full(n, NONE, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    else:
        cluster, inside = routes.combination_cluster[row], routes.combination_inside[row]
    unheard = np.flatnonzero(row < 0)
    cluster[unheard], inside[unheard] = NONE, False
    for m in np.unique(maker[unheard]).tolist():
        if m == NONE:
            continue
        mine = unheard[maker[unheard] == m]
        found = assign(settings[mine], routes.spaces[m], routes.space_centres[m])
        cluster[mine], inside[mine] = found.cluster, found.inside
    return cluster, inside
