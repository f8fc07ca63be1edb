"""Whether the nearest setting resembles most, in a designed experiment of 60 items x 77 settings.

Simulated by others.

Within an item: the results at a setting (weight, deformation, warp, shrinkage, each in its
standard deviations over the item's settings) against those at the nearest other setting.
Between items: what a setting does to an item, as a share of the item's mean, foretold from
another item's departure from its own mean at the nearest setting. 0 is the item's mean
without regard to settings, 1 is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from clustering.kmeans import SettingCluster, one_tweak
from clustering.nearest import nearest

Floats = NDArray[np.float64]

FILE = Path("injection_lego_simulated") / "injection_molding_lego_data_full.csv.gz"
SETTINGS = ("Volumenstrom", "Schmelzetemperatur", "Wandtemperatur", "Nachdruck", "Nachdruckzeit", "Kuehlzeit")
"""Flow, melt temperature, wall temperature, packing pressure, packing time, cooling time."""
MELT = SETTINGS.index("Schmelzetemperatur")
RESULTS = ("Bauteilgewicht", "Max_Deformation", "Max_Verzug", "Max_Volumenschwindung")
"""Part weight, largest deformation, largest warp, largest volume shrinkage."""
GEOMETRY = (
    "Laenge", "Breite", "Hoehe", "Volumen", "Mittlere_Wanddicke", "Max_Wanddicke", "Min_Wanddicke",
    "Fliessweglaenge", "Oberflaeche",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its settings ``(n, 6)``, results ``(n, 4)`` and the logarithms of its geometry ``(9,)``."""

    settings: Floats
    results: Floats
    geometry: Floats


@dataclass(frozen=True, slots=True)
class Order:
    """Medians over the items of how well a distance orders settings.

    Attributes
    ----------
    rank_correlation : float
        Spearman, distance of settings against difference of results, over all pairs.
    hits : float
        Share of settings whose nearest has the very nearest results.
    place : float
        Place of the nearest setting when all others are ordered by results, counted from 1.
    left : float
        Difference of results at the nearest setting, as a share of that of all pairs.
    """

    rank_correlation: float
    hits: float
    place: float
    left: float


def read(file: Path) -> list[Item]:
    """The items, by name."""
    frame = pd.read_csv(file, sep=";")
    return [
        Item(
            rows[[*SETTINGS]].to_numpy(dtype=np.float64),
            rows[[*RESULTS]].to_numpy(dtype=np.float64),
            np.log(rows[[*GEOMETRY]].iloc[0].to_numpy(dtype=np.float64)),
        )
        for _, rows in frame.groupby("Legobaustein")
    ]


def settings_found(items: Sequence[Item], tweaks: Sequence[float | None] | None = None) -> list[int]:
    """Clusters of each item's 77 settings."""
    return [len(SettingCluster(tweaks=tweaks).fit(item.settings).centres_) for item in items]


def in_tweaks(settings: Floats) -> Floats:
    """Scaled as the product does it."""
    scaled: Floats = settings / one_tweak(np.unique(settings, axis=0))
    return scaled


def standardised(settings: Floats) -> Floats:
    """In standard deviations."""
    scaled: Floats = (settings - settings.mean(axis=0)) / settings.std(axis=0)
    return scaled


def order(items: Sequence[Item], scale: Callable[[Floats], Floats]) -> Order:
    """How well the distance between scaled settings orders the results of each item."""
    found = []
    for item in items:
        points, results = scale(item.settings), standardised(item.results)
        apart, differ = cdist(points, points), cdist(results, results)
        pairs = np.triu_indices(len(points), 1)
        correlation = spearmanr(apart[pairs], differ[pairs])[0]
        for square in (apart, differ):
            np.fill_diagonal(square, np.inf)
        at_nearest = differ[np.arange(len(points)), apart.argmin(axis=1)]
        place = 1 + (differ < at_nearest[:, None]).sum(axis=1)
        found.append(
            (correlation, (place == 1).mean(), np.median(place), at_nearest.mean() / differ[pairs].mean())
        )
    return Order(*np.median(found, axis=0).tolist())


def transfer(items: Sequence[Item]) -> dict[str, Floats]:
    """Share of an unseen item's departures ``(4,)`` that another item's foretell, median over the items.

    The items foretelling: the one with the nearest setting wherever it is (as the product
    routes an unseen item), the one nearest by geometry, one at random, and the mean of all.
    """
    shape = standardised(np.array([item.geometry for item in items]))
    alike = cdist(shape, shape)
    np.fill_diagonal(alike, np.inf)
    random = np.random.default_rng(0)
    effects = [item.results / item.results.mean(axis=0) - 1 for item in items]
    found: dict[str, list[Floats]] = {"nearest setting": [], "geometry": [], "random": [], "mean": []}
    for number, item in enumerate(items):
        others = [other for other in range(len(items)) if other != number]
        every = np.concatenate([items[other].settings for other in others])
        unit = one_tweak(np.unique(every, axis=0))
        index, _ = nearest(item.settings / unit, every / unit)
        lent = {other: _lent(item, items[other], effects[other]) for other in others}
        foretold = {
            "nearest setting": np.concatenate([effects[other] for other in others])[index],
            "geometry": lent[int(alike[number].argmin())],
            "random": lent[others[int(random.integers(len(others)))]],
            "mean": np.mean(list(lent.values()), axis=0),
        }
        whole = (effects[number] ** 2).sum(axis=0)
        for name, effect in foretold.items():
            found[name].append(1 - ((effects[number] - effect) ** 2).sum(axis=0) / whole)
    return {name: np.median(shares, axis=0) for name, shares in found.items()}


def _lent(item: Item, other: Item, effect: Floats) -> Floats:
    """The other item's effects at its settings nearest to the item's; flow against the item's usual one."""

    def comparable(settings: Floats) -> Floats:
        whole = settings.copy()
        whole[:, 0] /= np.median(settings[:, 0])
        return whole

    lender = comparable(other.settings)
    unit = one_tweak(np.unique(lender, axis=0))
    index, _ = nearest(comparable(item.settings) / unit, lender / unit)
    lent: Floats = effect[index]
    return lent
