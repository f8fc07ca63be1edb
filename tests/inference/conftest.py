"""Synthetic trained plants: random weights in the shapes that training exports."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.batch import Batch
from core.profile import GroupKey, Profile
from core.profile_file import load_profile
from inference.plan import Plan, compile_plan
from models.artifact import FillLevel, GroupModel, LossSummary, SettingSpace, TrainedPlant

KINDS = ("isolation_forest", "autoencoder", "memae")
DAY_MS = 86_400_000
Weights = dict[str, NDArray[Any]]


def random_forest(rng: np.random.Generator, inputs: int, trees: int = 20, depth: int = 5) -> Weights:
    """Full binary trees, the nodes of each in the order of a heap."""
    size = 2 ** (depth + 1) - 1
    node = np.arange(size)
    inner = node < 2**depth - 1
    feature = np.where(inner, rng.integers(0, inputs, size), -1)
    level = np.floor(np.log2(node + 1))
    one: Weights = {
        "feature": feature,
        "threshold": rng.random(size),
        "left": np.where(feature >= 0, 2 * node + 1, -1),
        "right": np.where(feature >= 0, 2 * node + 2, -1),
        "path_length": np.where(feature < 0, level + rng.random(size), 0.0),
    }
    offset = np.repeat(np.arange(trees) * size, size)
    whole = {name: np.tile(column, trees) for name, column in one.items()}
    whole["threshold"] = rng.random(size * trees)
    return {
        "feature": whole["feature"].astype(np.int16),
        "threshold": whole["threshold"],
        "left": np.where(whole["left"] >= 0, whole["left"] + offset, -1).astype(np.int32),
        "right": np.where(whole["right"] >= 0, whole["right"] + offset, -1).astype(np.int32),
        "path_length": whole["path_length"],
        "root": (np.arange(trees) * size).astype(np.int32),
        "normaliser": np.array(5.0),
    }


def random_network(rng: np.random.Generator, inputs: int, hidden: tuple[int, ...] = (32, 6)) -> Weights:
    widths = [inputs, *hidden, *hidden[-2::-1], inputs]
    weights: Weights = {}
    for k, (a, b) in enumerate(itertools.pairwise(widths)):
        weights[f"w{k}"] = (rng.normal(size=(a, b)) / np.sqrt(a)).astype(np.float32)
        weights[f"b{k}"] = (0.1 * rng.normal(size=b)).astype(np.float32)
    return weights


def random_memae(rng: np.random.Generator, inputs: int, slots: int = 50) -> Weights:
    weights = random_network(rng, inputs)
    weights["memory"] = rng.normal(size=(slots, 6)).astype(np.float32)
    weights["temperature"] = np.array(10.0, dtype=np.float32)
    weights["shrink"] = np.array(1 / slots, dtype=np.float32)
    return weights


def random_z2(rng: np.random.Generator, inputs: int) -> Weights:
    return {"mean": rng.random(inputs), "factor": 1 / (0.05 + rng.random(inputs))}


def random_quadratic(rng: np.random.Generator, inputs: int) -> Weights:
    return {"mean": rng.random(inputs), "matrix": 3 * rng.normal(size=(inputs, inputs))}


def random_references(rng: np.random.Generator, inputs: int) -> Weights:
    """As many as in other groups, or up to 60 fewer."""
    references = rng.random((192 - int(rng.integers(0, 60)), inputs), dtype=np.float32)
    return {"references": references, "neighbours": np.array(5, dtype=np.float32)}


def random_mixture(rng: np.random.Generator, inputs: int) -> Weights:
    return {
        "log_weight": -3 * rng.random(3),
        "mean": rng.random((3, inputs)),
        "matrix": 3 * rng.normal(size=(3, inputs, inputs)),
    }


def random_ensemble(rng: np.random.Generator, inputs: int) -> Weights:
    made: Weights = {}
    for kind in ("nearest_neighbours", "mean_z2", "gaussian_mixture"):
        own = MAKE[kind](rng, inputs)
        own |= {"level": np.sort(rng.random(33)), "rate": np.array(1 + rng.random())}
        made |= {f"{kind}.{name}": array for name, array in own.items()}
    return made


MAKE: dict[str, Callable[..., Weights]] = {
    "isolation_forest": random_forest,
    "autoencoder": random_network,
    "memae": random_memae,
    "mean_z2": random_z2,
    "robust_covariance": random_quadratic,
    "pca": random_quadratic,
    "nearest_neighbours": random_references,
    "gaussian_mixture": random_mixture,
    "ensemble": random_ensemble,
}


@pytest.fixture(scope="session")
def random_weights() -> dict[str, Callable[..., Weights]]:
    """Kind of detector -> maker of random weights ``(rng, inputs)``."""
    return MAKE


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("injection_molding")


def _plant(
    profile: Profile,
    groups: int = 24,
    kinds: tuple[str, ...] = KINDS,
    seed: int = 0,
    makers: int = 3,
) -> TrainedPlant:
    """Groups spread over makers; each facility makes two items under two settings each."""
    rng = np.random.default_rng(seed)
    s, p = len(profile.settings), len(profile.production)
    per_maker = -(-groups // makers)
    clusters = max(4, per_maker // 4)
    spaces, models, fills, centres = [], [], [], []
    for m in range(makers):
        centre = rng.normal(size=(clusters, s))
        offset, scale = 100 + 50 * rng.random(s), 5 + 10 * rng.random(s)
        combinations = centre * scale + offset
        spaces.append(
            SettingSpace(
                f"M{m}", offset, scale, centre, np.full(clusters, 0.3), combinations, np.arange(clusters)
            )
        )
        centres.append(centre)
    for g in range(groups):
        m, rank = g % makers, g // makers
        key = GroupKey(f"M{m}", f"M{m}-F{rank // 4}", f"I{rank // 2 % 7}", rank % clusters)
        kind = kinds[g % len(kinds)]
        centre = 50 + 100 * rng.random(p)
        half = 1 + 4 * rng.random(p)
        low = {"isolation_forest": 0.45, "autoencoder": 0.4, "memae": 0.45}.get(
            kind, 0.0
        )  # random ones score so
        models.append(
            GroupModel(
                key=key,
                kind=kind,
                weights=MAKE[kind](rng, p),
                input_low=centre - half,
                input_high=centre + half,
                band_low=centre - 0.8 * half,
                band_centre=centre,
                band_high=centre + 0.8 * half,
                losses=LossSummary(
                    500, low + 0.1, 0.02, low, low + 0.3, np.linspace(low, low + 0.3, 10), 0.2
                ),
                fixed_threshold=low + 0.25,
                setting_centre=centres[m][key.cluster] + 0.01 * rng.normal(size=s),
                rows=1000,
                lots=4,
                defect_rate=0.004,
                window=(0, DAY_MS),
            )
        )
        fills.append(
            FillLevel(
                key.maker,
                key.facility,
                key.item,
                1000,
                spaces[m].combinations[key.cluster],
                spaces[m].combinations[key.cluster],
                centre,
                centre,
            )
        )
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


def _shots(plant: TrainedPlant, n: int, seed: int = 1, spread: float = 0.5) -> Batch:
    """Shots of random groups of the plant, complete, one second apart."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, len(plant.models), n)
    models = [plant.models[g] for g in which]
    space = {s.maker: s for s in plant.spaces}
    half = np.array([(m.input_high - m.input_low) / 2 for m in models])
    centre = np.array([m.band_centre for m in models])

    def column(values: list[str]) -> NDArray[np.object_]:
        texts = np.empty(n, dtype=object)
        texts[:] = values
        return texts

    return Batch(
        ids=column([f"shot-{i}" for i in range(n)]),
        time=1_700_000_000_000 + 1000 * np.arange(n, dtype=np.int64),
        maker=column([m.key.maker for m in models]),
        facility=column([m.key.facility for m in models]),
        item=column([m.key.item for m in models]),
        settings=np.array([space[m.key.maker].combinations[m.key.cluster] for m in models]).reshape(n, -1),
        production=(centre + spread * half * rng.normal(size=centre.shape)).reshape(n, -1),
        lot_good=np.full(n, np.nan),
        lot_bad=np.full(n, np.nan),
    )


@pytest.fixture(scope="session")
def make_plant() -> Callable[..., TrainedPlant]:
    """``make_plant(profile, groups=24, kinds=KINDS, seed=0, makers=3)``."""
    return _plant


@pytest.fixture(scope="session")
def make_shots() -> Callable[..., Batch]:
    """``make_shots(plant, n, seed=1, spread=0.5)``."""
    return _shots


@pytest.fixture(scope="session")
def plant(profile: Profile) -> TrainedPlant:
    return _plant(profile)


@pytest.fixture(scope="session")
def plan(plant: TrainedPlant, profile: Profile) -> Plan:
    return compile_plan(plant, "v1", profile)
