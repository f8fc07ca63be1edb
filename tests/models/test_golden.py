"""Golden shots must be scored as they were in training."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from core.errors import ModelRefused
from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


def test_golden_scores_must_come_out_again(golden: Golden) -> None:
    golden.check(lambda production, model: golden.scores * (1 + 1e-7))
    for wrong in (golden.scores * 1.001, golden.scores * np.nan, -golden.scores):
        with pytest.raises(ModelRefused, match=r"golden shot [01] \(model 0\)"):
            golden.check(lambda production, model, wrong=wrong: wrong)  # type: ignore[misc]  # bound at once


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_golden_scores_that_are_no_numbers_prove_nothing(golden: Golden, wrong: float) -> None:
    endless = dataclasses.replace(golden, scores=np.array([0.25, wrong]))
    with pytest.raises(ModelRefused, match="golden shot 1"):
        endless.check(lambda production, model: np.array([0.25, 0.5]))


def test_no_golden_shots_pass(registry: Registry, make_plant: Make) -> None:
    registry.save(make_plant(), now=NOON)
    manifest = registry.load()[1]
    assert isinstance(manifest.golden, Golden)
    manifest.golden.check(lambda production, model: np.empty(0))
