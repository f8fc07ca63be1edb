"""The scoring plan of the registry's current version, exchanged when a new one is put there.

A version is used only when its files are what the manifest says, its variables are the
profile's and its golden shots score as they did in training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import structlog
from numpy.typing import NDArray

from core.errors import ModelCorrupt, ModelError, ModelNotFound
from core.profile import Profile
from inference.plan import Plan, compile_plan
from models.artifact import TrainedPlant
from models.registry import Registry

log = structlog.get_logger("models")


def load_plan(registry: Registry, version: str | None, profile: Profile) -> tuple[Plan, TrainedPlant]:
    """The plan of a version (None: the current one) and what training made of it.

    The models of the latter come without their weights: those are in the plan, laid out
    for judging, and a second copy would be most of a serving process's memory.

    Raises
    ------
    ModelError
        There is no such version, its files are damaged, it was trained on other variables,
        or it does not score its golden shots as in training.
    """
    plant, manifest = registry.load(version)
    plan = compile_plan(plant, manifest.version, profile)

    def score(production: NDArray[np.float64], model: NDArray[np.int64]) -> NDArray[np.float64]:
        group = model.astype(np.intp)
        return plan.score(plan.ranges.scale(production, group), group)

    manifest.golden.check(score)
    differs = manifest.differs_from(profile)
    if differs is not None:
        log.warning("the profile changed since training", detail=differs)
    return plan, replace(plant, models=tuple(replace(model, weights={}) for model in plant.models))


class PlanProvider:
    """Calling it gives the plan to judge with; the same object as long as nothing changed.

    A new version that cannot be used is said once and not tried again before one of its files
    changes: the plan in use stays in use until it was restored or yet another one is put in
    place. Reading `version`, `plant` and `problem` is safe in any thread; calling is for one
    thread.

    Parameters
    ----------
    registry : Registry
    profile : Profile
        Its thresholds count, not those at training time.
    """

    def __init__(self, registry: Registry, profile: Profile) -> None:
        self._registry = registry
        self._profile = profile
        self._used: tuple[Plan, TrainedPlant] | None = None
        self._refused: tuple[str, tuple[object, ...], ModelError] | None = None
        self._problem: str | None = None

    def __call__(self) -> Plan:
        """The plan of the current version.

        Raises
        ------
        ModelNotFound
            Nothing is trained yet.
        ModelError
            The current version cannot be used; an older plan may go on.
        """
        try:
            plan = self._current()
        except ModelError as error:
            self._problem = str(error)
            raise
        self._problem = None
        return plan

    @property
    def version(self) -> str | None:
        """The version in use, None while there is none."""
        return self._used[0].version if self._used is not None else None

    @property
    def plant(self) -> TrainedPlant | None:
        """What training made of it, None while there is none."""
        return self._used[1] if self._used is not None else None

    @property
    def problem(self) -> str | None:
        """Why there is no current version in use; None when there is, or nobody asked yet."""
        return self._problem

    def _current(self) -> Plan:
        try:
            version = self._registry.current()
        except OSError as error:  # on Windows the file cannot be read while it is exchanged
            msg = f"{self._registry.folder}: cannot read which version is current: {error}; it is tried again"
            raise ModelCorrupt(msg) from error
        if version is None:
            msg = "no model is trained yet: run `./sprue train`; judging begins by itself when it is done"
            raise ModelNotFound(msg)
        if self._used is not None and self._used[0].version == version:
            self._refused = None  # put back after another one was refused
            return self._used[0]
        stamp = self._registry.stamp(version)
        if self._refused is not None and self._refused[:2] == (version, stamp):
            raise self._refused[2]
        try:
            self._used = load_plan(self._registry, version, self._profile)
        except ModelError as error:
            self._refused = (version, stamp, error)
            raise
        self._refused = None
        return self._used[0]
