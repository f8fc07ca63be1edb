"""Shots with one thing changed, and the verdicts on them row by row."""

from __future__ import annotations

import copy
from typing import Any

from core.batch import Batch
from inference.judge import Judged
from models.artifact import TrainedPlant


def rows_of(judged: Judged) -> list[dict[str, Any]]:
    return list(judged.verdicts.rows())


def with_columns(batch: Batch, **columns: Any) -> Batch:
    """A copy with a column replaced, or ``production=(row, column, value)`` set."""
    changed = copy.deepcopy(batch)
    for name, value in columns.items():
        if isinstance(value, tuple):
            row, column, number = value
            getattr(changed, name)[row, column] = number
        else:
            getattr(changed, name)[:] = value
    return changed


def shot_of(plant: TrainedPlant, shots: Batch, group: int) -> Batch:
    """A shot in the middle of a group's normal band."""
    model = plant.models[group]
    space = next(s for s in plant.spaces if s.maker == model.key.maker)
    one = with_columns(
        shots.take(slice(0, 1)), maker=model.key.maker, facility=model.key.facility, item=model.key.item
    )
    return with_columns(
        one,
        settings=(0, slice(None), space.combinations[model.key.cluster]),
        production=(0, slice(None), model.band_centre),
    )
