"""The plant's trained settings, laid out for looking up whole batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.nearest import Centres, distances, neighbour_distance, scaled, within
from clustering.setting import SettingSpace
from core.profile import GroupKey
from inference.allowances import Allowances
from inference.seen_settings import SeenSettings
from inference.threshold import Limits, reference_distance
from ingest.spot_book import Spot

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

NONE = -1
ROUTED = np.dtype(
    [
        ("cluster", np.int64),
        ("route", np.int8),
        ("group", np.intp),
        ("distance", np.float64),
        ("reference", np.float64),
        ("new_setting", np.bool_),
        ("limits", np.float64, (len(Limits._fields),)),
    ],
    align=True,
)
"""The columns of `inference.router.Routed`, in its order; ``struct routed`` of ``native/source/settle.c``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Trained settings among which a substitute is sought.

    `groups` (g,) are group numbers, `centres` their settings in scaled units,
    `reference` the scope's `inference.threshold.reference_distance`.
    """

    groups: Codes
    centres: Centres
    reference: float


@dataclass(frozen=True, slots=True)
class Routes:
    """Look-up tables of `inference.router.route`.

    Attributes
    ----------
    spaces : tuple of SettingSpace
        One a maker; the position is the maker's number.
    space_centres : tuple of Centres
        Their clusters' centres, laid out for searching.
    makers : mapping of str to int
    combinations : tuple of mapping of bytes to int
        By maker's number: every setting combination of the history, as `setting_bytes`,
        to its row in the next two.
    combination_cluster : (u,) int64
    combination_inside : (u,) bool
        Whether it lies within its cluster's radius.
    places : mapping of (maker, facility, item) to int
        Where something is trained.
    slots : (g,) int64
        ``place * most_clusters + cluster`` of each trained group, ascending.
    slot_group : (g,) intp
        The group of each slot.
    most_clusters : int
        More than any cluster number.
    place_scopes, maker_scopes : tuple of Scope
        By place; by maker's number.
    allowances : Allowances or None
        What the threshold allows whoever judges; None where nobody asks.
    seen : SeenSettings
        What was routed before.
    """

    spaces: tuple[SettingSpace, ...]
    space_centres: tuple[Centres, ...]
    makers: Mapping[str, int]
    combinations: tuple[Mapping[bytes, int], ...]
    combination_cluster: NDArray[np.int64]
    combination_inside: NDArray[np.bool_]
    places: Mapping[Spot, int]
    slots: NDArray[np.int64]
    slot_group: Codes
    most_clusters: int
    place_scopes: tuple[Scope, ...]
    maker_scopes: tuple[Scope, ...]
    allowances: Allowances | None
    seen: SeenSettings

    def group_of(self, place: Codes, cluster: NDArray[np.int64]) -> Codes:
        """The trained group of each place and cluster, `NONE` where there is none."""
        if not len(self.slots):
            return np.full(len(place), NONE, dtype=np.intp)
        slot = place * self.most_clusters + cluster
        at = np.minimum(np.searchsorted(self.slots, slot), len(self.slots) - 1)
        found = (place >= 0) & (cluster >= 0) & (self.slots[at] == slot)
        return np.where(found, self.slot_group[at], NONE)

    def group_at(self, place: int, cluster: int) -> int:
        """The same for one place and cluster."""
        if place < 0 or cluster < 0 or not len(self.slots):
            return NONE
        slot = place * self.most_clusters + cluster
        at = min(int(self.slots.searchsorted(slot)), len(self.slots) - 1)
        return int(self.slot_group[at]) if self.slots[at] == slot else NONE


def compile_routes(
    spaces: Sequence[SettingSpace],
    keys: Sequence[GroupKey],
    centres: Floats,
    usable: NDArray[np.bool_],
    allowances: Allowances | None = None,
) -> Routes:
    """Lay out the trained groups.

    Parameters
    ----------
    spaces : sequence of SettingSpace
    keys : sequence of GroupKey
        Of all groups; the position is the group's number.
    centres : (G, s) float64
        Mean set values of each group in its maker's scaled units.
    usable : (G,) bool
        Groups whose model can judge at all.
    allowances : Allowances, optional
        Of the same groups.
    """
    makers = {space.maker: number for number, space in enumerate(spaces)}
    most_clusters = 1 + max((key.cluster for key in keys), default=0)
    most_clusters = max(most_clusters, *(1 + len(space.centres) for space in spaces), 1)
    places: dict[Spot, int] = {}
    at_place: list[list[int]] = []
    at_maker: list[list[int]] = [[] for _ in spaces]
    slots: dict[int, int] = {}
    for g, key in enumerate(keys):
        if not usable[g] or key.maker not in makers:
            continue
        place = places.setdefault((key.maker, key.facility, key.item), len(places))
        if place == len(at_place):
            at_place.append([])
        at_place[place].append(g)
        at_maker[makers[key.maker]].append(g)
        slots[place * most_clusters + key.cluster] = g
    in_order = sorted(slots)

    known = np.asarray(np.isfinite(centres).all(axis=1))
    wider = [_setting_distance(s, [keys[g] for g in at_maker[m]]) for m, s in enumerate(spaces)]
    combinations, cluster, inside = _compile_combinations(spaces)
    return Routes(
        spaces=tuple(spaces),
        space_centres=tuple(Centres.of(space.centres) for space in spaces),
        makers=makers,
        combinations=combinations,
        combination_cluster=cluster,
        combination_inside=inside,
        places=places,
        slots=np.array(in_order, dtype=np.int64),
        slot_group=np.array([slots[slot] for slot in in_order], dtype=np.intp),
        most_clusters=most_clusters,
        place_scopes=tuple(
            _scope(groups, centres, known, None, wider[makers[keys[groups[0]].maker]]) for groups in at_place
        ),
        maker_scopes=tuple(
            _scope(groups, centres, known, wider[m], float("nan")) for m, groups in enumerate(at_maker)
        ),
        allowances=allowances,
        seen=SeenSettings(ROUTED),
    )


def setting_bytes(settings: Floats) -> list[bytes]:
    """The set values ``(n, s)`` of each row as one bytes object: an exact key."""
    return row_bytes(settings + 0.0)  # -0.0 and 0.0 are one setting


def row_bytes(values: Floats) -> list[bytes]:
    """Each row ``(n, w)`` as bytes."""
    if not values.shape[1]:
        return [b""] * len(values)
    whole = np.ascontiguousarray(values).view(np.dtype((np.void, 8 * values.shape[1])))
    rows: list[bytes] = whole[:, 0].tolist()
    return rows


def _compile_combinations(
    spaces: Sequence[SettingSpace],
) -> tuple[tuple[dict[bytes, int], ...], NDArray[np.int64], NDArray[np.bool_]]:
    rows: list[dict[bytes, int]] = []
    cluster, inside = [np.empty(0, np.int64)], [np.empty(0, np.bool_)]
    begin = 0
    for space in spaces:
        mine = space.combination_cluster
        end = begin + len(mine)
        rows.append(dict(zip(setting_bytes(space.combinations), range(begin, end), strict=True)))
        begin = end
        cluster.append(mine)
        apart = distances(scaled(space.combinations, space), space.centres[mine])
        inside.append(within(apart, space.radius[mine]))
    return tuple(rows), np.concatenate(cluster), np.concatenate(inside)


def _setting_distance(space: SettingSpace, keys: Sequence[GroupKey]) -> float:
    """Median distance between neighbouring trained clusters of a maker.

    Over clusters, not groups: many presses run one setting, and their groups' centres,
    a hair apart, would make every other setting look endlessly far away.
    """
    clusters = sorted({key.cluster for key in keys if key.cluster < len(space.centres)})
    return neighbour_distance(space.centres[clusters])


def _scope(
    groups: Sequence[int], centres: Floats, known: NDArray[np.bool_], own: float | None, wider: float
) -> Scope:
    numbers = np.array(groups, dtype=np.intp)
    numbers = numbers[known[numbers]]
    mine = centres[numbers]
    own = neighbour_distance(mine) if own is None else own
    reference = reference_distance(np.array([own]), np.array([wider]))
    return Scope(numbers, Centres.of(mine), float(reference[0]))
