"""A plant with one press: its trained version, and shots that are good or bad at will."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.profile import GroupKey
from core.profile_file import load_profile
from models.artifact import QUANTILES, GroupModel, LossSummary, SettingSpace, TrainedPlant

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def one_group() -> TrainedPlant:
    """One group whose autoencoder answers 0.5 to everything."""
    profile = load_profile("injection_molding")
    s, p = len(profile.settings), len(profile.production)
    losses = LossSummary(900, 0.1, 0.02, 0.0, 0.3, np.full(len(QUANTILES), 0.1), 0.2)
    weights = {
        "w0": np.zeros((p, 1), np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.zeros((1, p), np.float32),
        "b1": np.full(p, 0.5, np.float32),
    }
    one = np.ones(p)
    model = GroupModel(
        GroupKey("A", "A-01", "cap", 0), "autoencoder", weights, 0 * one, one, 0 * one, one / 2, one,
        losses, 0.2, np.zeros(s), 6000, 12, 0.004, (0, 1),
    )  # fmt: skip
    space = SettingSpace(
        "A", np.zeros(s), np.ones(s), np.zeros((1, s)), np.ones(1), np.zeros((1, s)), np.zeros(1, np.int64)
    )
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (space,), (model,), (), (), {})


def shot(number: int, value: float = 0.5) -> dict[str, Any]:
    profile = load_profile("injection_molding")
    document: dict[str, Any] = {
        "_id": f"shot-{number}",
        "time": NOW,
        "maker": "A",
        "facility": "A-01",
        "item": "cap",
        "lot": {"good": number, "bad": 0},
        "set": {v.path[1]: 0.0 for v in profile.settings},
        "actual": {v.path[1]: value for v in profile.production},
    }
    return document
