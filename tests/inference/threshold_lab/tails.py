"""The synthetic plant with held-out losses, and shots that take every route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.batch import Batch
from models.artifact import TrainedPlant
from models.losses import fixed_threshold, summarise


def with_tails(plant: TrainedPlant, seed: int = 0, *, every: int = 5) -> TrainedPlant:
    """The plant with losses about where its own lie; each `every`-th group held nothing out."""
    rng = np.random.default_rng(seed)
    models = []
    for number, model in enumerate(plant.models):
        low, high = model.losses.minimum, model.losses.maximum
        losses = low + (high - low) * rng.beta(2, 5, size=400)
        summary = summarise(losses, trim=2, lot=None if number % every == 0 else np.arange(400) // 50)
        models.append(replace(model, losses=summary, fixed_threshold=fixed_threshold(summary, 3.0)))
    return replace(plant, models=tuple(models))


def mixed_shots(make_shots: Callable[..., Batch], plant: TrainedPlant, n: int, seed: int) -> Batch:
    """Shots of trained, new and unknown settings, far out of range, with gaps, and of no known maker."""
    shots = make_shots(plant, n, seed=seed, spread=0.9)
    rng = np.random.default_rng(seed)
    settings, production = shots.settings.copy(), shots.production.copy()
    elsewhere = rng.random(n) < 0.3
    settings[elsewhere] += rng.normal(scale=rng.choice([0.5, 5.0, 50.0], n)[:, None], size=settings.shape)[
        elsewhere
    ]
    far = rng.random(n) < 0.1
    production[far, 0] += 1000.0
    production[rng.random(production.shape) < 0.02] = np.nan
    production[rng.random(n) < 0.05] = np.nan
    maker, facility = shots.maker.copy(), shots.facility.copy()
    maker[rng.random(n) < 0.05] = "nobody"
    facility[rng.random(n) < 0.1] = "F-new"
    return replace(shots, settings=settings, production=production, maker=maker, facility=facility)
