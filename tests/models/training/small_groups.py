"""Small made-up groups, trained quickly."""

from typing import Any

import numpy as np

from core.profile import GroupKey, Profile
from models.autoencoder import AutoEncoder
from models.group import GroupData
from models.isolation_forest import IsolationForest
from models.training import train_groups

DETECTORS: dict[str, Any] = {"isolation_forest": IsolationForest, "autoencoder": AutoEncoder}
WIDTH = 5


def group(number: int, rows: int = 300, held_out: int = 120, kind: str = "autoencoder") -> GroupData:
    random = np.random.default_rng(number)
    x = 100 + random.normal(size=(rows + held_out, 2)) @ random.normal(size=(2, WIDTH)) * 10
    x += random.normal(size=x.shape)
    return GroupData(
        key=GroupKey("A", f"press {number}", "cap", 0),
        kind=kind,
        train=x[:rows],
        held_out=x[rows:],
        typical=np.full(WIDTH, 7.0),
        setting_centre=np.zeros(3),
        rows=rows + held_out,
        lots=6,
        defect_rate=0.004,
        window=(1, 2),
    )


def train(
    groups: list[GroupData], profile: Profile, detectors: dict[str, Any] = DETECTORS, **options: Any
) -> list[Any]:
    return list(train_groups(groups, profile, detectors, **{"seed": 3, **options}))


def same(a: Any, b: Any, rtol: float = 0.0) -> None:
    assert a.status == b.status
    assert a.reason == b.reason
    assert sorted(a.model.weights) == sorted(b.model.weights)
    for name, array in a.model.weights.items():
        np.testing.assert_allclose(array, b.model.weights[name], rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.model.losses.quantiles, b.model.losses.quantiles, rtol=rtol)
