"""Small trained plants and an empty registry."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clustering.setting import SettingSpace
from core.profile import GroupKey
from ingest.typical_values import FillLevel
from models.artifact import Coverage, GroupModel, TrainedPlant
from models.golden import Golden
from models.losses import fixed_threshold, summarise
from models.registry import Registry


def forest_weights(random: np.random.Generator, nodes: int) -> dict[str, NDArray[Any]]:
    return {
        "feature": random.integers(-1, 3, nodes).astype(np.int16),
        "threshold": random.normal(size=nodes),
        "left": np.arange(nodes, dtype=np.int32),
        "right": np.arange(nodes, dtype=np.int32),
        "path_length": random.normal(size=nodes),
        "root": np.array([0], dtype=np.int32),
        "normaliser": np.array(10.2),
    }


def dense_weights(random: np.random.Generator, width: int) -> dict[str, NDArray[Any]]:
    return {
        "w0": random.normal(size=(3, width)).astype(np.float32),
        "b0": random.normal(size=width).astype(np.float32),
    }


@pytest.fixture
def make_plant() -> Callable[..., TrainedPlant]:
    """A made-up plant: models of all kinds, two of them of other shapes than their kind."""

    def make(seed: int = 0, models: int = 7) -> TrainedPlant:
        random = np.random.default_rng(seed)

        def vector(width: int) -> NDArray[np.float64]:
            return random.normal(size=width)

        def model(i: int) -> GroupModel:
            kind = ("isolation_forest", "autoencoder", "memae")[i % 3]
            if kind == "isolation_forest":
                weights = forest_weights(random, 5 + i)
            else:
                weights = dense_weights(random, 2 if i < 5 else 4)
            if kind == "memae":
                weights["temperature"] = np.array(10.0, dtype=np.float32)
            lot = None if i == 2 else np.arange(9, dtype=np.int64) // 4
            losses = summarise(random.uniform(size=9), trim=i % 2, lot=lot)
            return GroupModel(
                GroupKey("제조사 A", f"press {i}", "", i),
                kind,
                weights,
                vector(3),
                vector(3),
                vector(3),
                vector(3),
                vector(3),
                losses,
                fixed_threshold(losses, 3.0),
                vector(2),
                500 + i,
                4,
                0.002 if i else float("nan"),
                (10, 20 + i),
            )

        trained = tuple(model(i) for i in range(models))
        spaces = tuple(
            SettingSpace(
                maker,
                vector(2),
                vector(2),
                random.normal(size=(k, 2)),
                random.uniform(size=k),
                random.normal(size=(k + 1, 2)),
                np.arange(k + 1, dtype=np.int64),
            )
            for maker, k in (("제조사 A", 3), ("B", 1))
        )
        fills = tuple(
            FillLevel(maker, facility, item, 9, vector(2), vector(2), vector(3), vector(3))
            for maker, facility, item in (("B", "F", "I"), ("B", None, ""), (None, None, None))
        )
        coverage = (
            Coverage(trained[0].key, 500, 4, 990, 1, 10, 20, "trained", "isolation_forest", ""),
            Coverage(
                GroupKey("B", "F", "I", 0), 3, 1, 3, 0, 1, 2, "too_few", None, "3 shots, fewer than 500"
            ),
        )
        return TrainedPlant(
            "made up",
            "ab" * 32,
            ("t", "p"),
            ("x", "y", "z"),
            spaces,
            trained,
            fills,
            coverage,
            {"seed": seed},
        )

    return make


@pytest.fixture
def golden() -> Golden:
    """Two golden shots of model 0."""
    return Golden(np.zeros(2, dtype=np.int64), np.ones((2, 2)), np.ones((2, 3)), np.array([0.25, 0.5]))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")
