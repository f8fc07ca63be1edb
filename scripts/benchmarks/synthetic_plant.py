"""Trained plants of any size in seconds: real shapes and structure, untrained weights.

Judging takes as long with random weights as with good ones. Isolation forests are really
fitted, on a few dozen data sets, because the shape of their trees decides the time; each
group still has nodes of its own once the plan is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.profile import GroupKey, Profile
from memae.network import MemoryNetwork
from models.artifact import FillLevel, GroupModel, LossSummary, SettingSpace, TrainedPlant
from models.dense import DenseNetwork
from models.losses import fixed_threshold, summarise

if TYPE_CHECKING:
    from models.isolation_forest import IsolationForest

Floats = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]

KINDS = ("isolation_forest", "autoencoder", "memae")
MAKERS = ("A", "B", "C")
HIDDEN = (32, 6)
SLOTS = 50
DATA_SETS = 24
AT_PLACE = 4
"""Settings trained for one facility and item."""
RADIUS = 1.5
LOSSES = 64
_HOUR_MS = 3_600_000


def synthetic_plant(
    profile: Profile,
    groups: int,
    *,
    settings: int | None = None,
    kinds: Sequence[str] = KINDS,
    data_sets: int = DATA_SETS,
    seed: int = 0,
) -> TrainedPlant:
    """A plant of three makers with this many trained groups.

    Parameters
    ----------
    profile : Profile
    groups : int
        Spread evenly over the makers and over `kinds`; two items a facility, up to
        `AT_PLACE` settings an item.
    settings : int, optional
        Setting clusters of the whole plant, each with two combinations; by default half
        as many as groups.
    kinds : sequence of str
    data_sets : int
        Different data sets that forests are fitted on.
    seed : int
    """
    rng = np.random.default_rng(seed)
    wanted = settings if settings is not None else max(groups // 2, AT_PLACE * len(MAKERS))
    spaces = [_space(profile, maker, max(AT_PLACE, wanted // len(MAKERS)), rng) for maker in MAKERS]
    stock = {kind: _Stock(kind, len(profile.production), data_sets, seed) for kind in kinds}
    models, fills = [], []
    for g in range(groups):
        space = spaces[g % len(spaces)]
        rank = g // len(spaces)
        place = rank // AT_PLACE
        key = GroupKey(
            space.maker,
            f"{space.maker}-{place // 2 + 1:03d}",
            f"item-{place % 40:02d}",
            rank % len(space.centres),
        )
        model = _model(key, stock[kinds[g // len(spaces) % len(kinds)]], space, profile, rng)
        models.append(model)
        if rank % AT_PLACE == 0:
            fills.append(_fill_level(key, model, space))
    fills.append(_whole_plant(fills))
    return TrainedPlant(
        profile_name=profile.name,
        profile_sha256=profile.sha256,
        setting_names=tuple(v.name for v in profile.settings),
        production_names=tuple(v.name for v in profile.production),
        spaces=tuple(spaces),
        models=tuple(models),
        fills=tuple(fills),
        coverage=(),
        notes={},
    )


def normal_rows(rng: np.random.Generator, rows: int, inputs: int) -> Floats:
    """Scaled measured values ``(rows, inputs)`` of good shots, correlated as on a press."""
    mix = np.random.default_rng(inputs).normal(size=(4, inputs))
    raw = rng.normal(size=(rows, 4)) @ mix + 0.5 * rng.normal(size=(rows, inputs))
    scaled: Floats = np.clip(0.5 + 0.08 * raw, 0.02, 0.98)
    return scaled


class _Stock:
    """Weights of one kind, new ones for every group, with losses of good shots under them."""

    def __init__(self, kind: str, inputs: int, data_sets: int, seed: int) -> None:
        self.kind = kind
        self._data_sets = data_sets
        self._rng = np.random.default_rng([seed, KINDS.index(kind)])
        self._rows = normal_rows(self._rng, LOSSES, inputs)
        self._taken = 0
        self._dense = DenseNetwork(inputs, HIDDEN)
        self._memory = MemoryNetwork(self._dense, SLOTS, 10.0, 1.0 / SLOTS, 0.0)

    def take(self) -> tuple[Weights, LossSummary]:
        """The next group's."""
        if self.kind == "isolation_forest":
            number = self._taken % self._data_sets
            self._taken += 1
            return fitted_forest(self._rows.shape[1], number)[1:]
        network = self._memory if self.kind == "memae" else self._dense
        rows = self._rows.astype(np.float32)
        weights: dict[str, NDArray[Any]] = dict(network.layout.unpack(network.initial(self._rng, rows)))
        losses = np.abs(rows - network.reconstruct(weights, rows)).mean(axis=1)
        if self.kind == "memae":
            weights["temperature"] = np.array(self._memory.temperature, dtype=np.float32)
            weights["shrink"] = np.array(self._memory.shrink, dtype=np.float32)
        return weights, summarise(losses.astype(np.float64), trim=0)


@lru_cache(maxsize=DATA_SETS)
def fitted_forest(inputs: int, number: int) -> tuple[IsolationForest, Weights, LossSummary]:
    """The forest of one data set: the estimator, its export, its losses."""
    from models.isolation_forest import IsolationForest

    rows = normal_rows(np.random.default_rng([number, inputs]), 1000, inputs)
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=number).fit(rows)
    return forest, forest.export(), summarise(-forest.score_samples(rows[:LOSSES]), trim=0)


def _space(profile: Profile, maker: str, clusters: int, rng: np.random.Generator) -> SettingSpace:
    limits = np.array([v.limits or (0.0, 100.0) for v in profile.settings], dtype=np.float64)
    offset = limits[:, 0] + 0.2 * (limits[:, 1] - limits[:, 0])
    scale = (limits[:, 1] - limits[:, 0]) / 200
    centres = rng.integers(0, 100, (clusters, len(limits))).astype(np.float64)
    neighbours = centres.copy()
    neighbours[np.arange(clusters), rng.integers(0, len(limits), clusters)] += 1.0
    return SettingSpace(
        maker=maker,
        offset=offset,
        scale=scale,
        centres=centres,
        radius=np.full(clusters, RADIUS),
        combinations=np.concatenate([centres, neighbours]) * scale + offset,
        combination_cluster=np.tile(np.arange(clusters, dtype=np.int64), 2),
    )


def _model(
    key: GroupKey, stock: _Stock, space: SettingSpace, profile: Profile, rng: np.random.Generator
) -> GroupModel:
    weights, losses = stock.take()
    limits = np.array([v.limits or (0.0, 100.0) for v in profile.production], dtype=np.float64)
    width = limits[:, 1] - limits[:, 0]
    low = limits[:, 0] + width * rng.uniform(0.3, 0.6, len(limits))
    high = low + width * rng.uniform(0.02, 0.05, len(limits))
    return GroupModel(
        key=key,
        kind=stock.kind,
        weights=weights,
        input_low=low,
        input_high=high,
        band_low=low + 0.1 * (high - low),
        band_centre=(low + high) / 2,
        band_high=high - 0.1 * (high - low),
        losses=losses,
        fixed_threshold=fixed_threshold(losses, profile.threshold.fixed_sigmas),
        setting_centre=space.centres[key.cluster] + 0.05,
        rows=2000,
        lots=5,
        defect_rate=0.004,
        window=(0, 100 * _HOUR_MS),
    )


def _fill_level(key: GroupKey, model: GroupModel, space: SettingSpace) -> FillLevel:
    setting = space.combinations[key.cluster]
    return FillLevel(
        key.maker, key.facility, key.item, 2000, setting, setting, model.band_centre, model.band_centre
    )


def _whole_plant(fills: Sequence[FillLevel]) -> FillLevel:
    setting, production = fills[0].setting_mode, fills[0].production_mode
    return FillLevel(None, None, None, 2000 * len(fills), setting, setting, production, production)
