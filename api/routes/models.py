"""What is trained: models and setting clusters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from fastapi import APIRouter

from api.context import Context, Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.schemas import ClusterList, ModelList
from api.times import to_rfc3339
from core.errors import ModelNotFound
from models.artifact import GroupModel, SettingSpace, TrainedPlant

router = APIRouter(tags=["models"], route_class=GuardedRoute)


def trained_plant(here: Context) -> tuple[str, TrainedPlant]:
    """The version that judges; `ModelNotFound` while there is none."""
    plant, version = here.catalog.plant, here.catalog.version
    if plant is None or version is None:
        raise ModelNotFound(here.catalog.problem or "no model is trained yet: run `./sprue train`")
    return version, plant


def finite(value: float) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return float(value) if math.isfinite(value) else None


@router.get("/models", response_model=ModelList, responses=problem_responses(503))
@needs("viewer")
def models(here: Here) -> Any:
    """Every trained group with what its limit is made of."""
    version, plant = trained_plant(here)
    return {"version": version, "profile": plant.profile_name, "models": [_model(m) for m in plant.models]}


@router.get("/clusters", response_model=ClusterList, responses=problem_responses(503))
@needs("viewer")
def clusters(here: Here) -> Any:
    """Setting clusters of every maker, their centres in real units."""
    version, plant = trained_plant(here)
    known = {v.name: v.unit for v in here.profile.variables}
    return {
        "version": version,
        "units": {name: known.get(name, "") for name in plant.setting_names},
        "makers": [
            {"maker": space.maker, "clusters": _clusters(space, plant.setting_names)}
            for space in plant.spaces
        ],
    }


def _model(model: GroupModel) -> dict[str, Any]:
    losses = model.losses
    return {
        **model.key._asdict(),
        "kind": model.kind,
        "rows": model.rows,
        "lots": model.lots,
        "defect_rate": finite(model.defect_rate),
        "first": to_rfc3339(model.window[0]),
        "last": to_rfc3339(model.window[1]),
        "threshold": {
            "fixed": finite(model.fixed_threshold),
            "base": finite(max(model.fixed_threshold, losses.maximum)),
            "loss_mean": finite(losses.mean),
            "loss_std": finite(losses.std),
            "loss_max": finite(losses.maximum),
            "cv": finite(losses.cv),
            "count": losses.count,
            "trimmed": losses.trimmed,
        },
    }


def _clusters(space: SettingSpace, names: tuple[str, ...]) -> list[dict[str, Any]]:
    centres = space.centres * space.scale + space.offset
    sizes = np.bincount(space.combination_cluster, minlength=len(centres))
    return [
        {
            "cluster": number,
            "centre": {name: finite(value) for name, value in zip(names, centre, strict=True)},
            "radius": finite(space.radius[number]),
            "combinations": int(sizes[number]),
        }
        for number, centre in enumerate(centres)
    ]
