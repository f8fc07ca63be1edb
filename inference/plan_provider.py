"""The scoring plan of the registry's current version, exchanged when a new one is put there.

A version is used only when its files are what the manifest says, its variables are the
profile's and its golden shots score as they did in training.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import structlog
from numpy.typing import NDArray

from core.errors import ModelCorrupt, ModelError, ModelNotFound, ModelRefused
from core.profile import Profile
from inference.plan import Plan, compile_plan
from inference.stored_choice import Newest, StoredChoice
from models.artifact import TrainedPlant
from models.registry import Registry
from models.registry_current import Stamp

UNTRAINED = "no model is trained yet: run `./sprue train`; judging begins by itself when it is done"
MOST_REFUSED = 50
"""Versions remembered as unusable."""

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
    try:
        plan = compile_plan(plant, manifest.version, profile)

        def score(production: NDArray[np.float64], model: NDArray[np.int64]) -> NDArray[np.float64]:
            group = model.astype(np.intp)
            return plan.score(plan.ranges.scale(production, group), group)

        manifest.golden.check(score)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        msg = (
            f"version {manifest.version}: expected arrays that fit together, got "
            f"{type(error).__name__}: {error}; train again with this release"
        )
        raise ModelRefused(msg) from error
    differs = manifest.differs_from(profile)
    if differs is not None:
        log.warning("the profile changed since training", detail=differs)
    return plan, replace(plant, models=tuple(replace(model, weights={}) for model in plant.models))


class _Refusal(NamedTuple):
    """Why a version does not judge.

    Attributes
    ----------
    files : tuple
        Its files' stamp: other files are tried anew.
    pointer : tuple or None
        Of one that failed while judging, the stamp of ``current`` then: made the current one
        again, it is tried again. None for one that could not even be loaded.
    error : ModelError
    """

    files: Stamp
    pointer: Stamp | None
    error: ModelError


class PlanProvider:
    """Calling it gives the plan to judge with; the same object as long as nothing changed.

    A new version that cannot be used is said once and not tried again before one of its files
    changes: the plan in use stays in use until it was restored or yet another one is put in
    place. A version that failed while judging (`distrust`) is left for the one that judged
    before it, until its files change or the operator makes it the current one again. Reading
    `version`, `plant` and `problem` is safe in any thread; all else is for one thread.

    Parameters
    ----------
    registry : Registry
    profile : Profile
        Its thresholds count, not those at training time.
    newest : callable, optional
        Reads the stored choice of the limit, which counts over the profile's.
    untrained : str
        What is said while nothing is trained.

    Attributes
    ----------
    plan : Plan or None
        Given last.
    """

    def __init__(
        self,
        registry: Registry,
        profile: Profile,
        newest: Newest | None = None,
        untrained: str = UNTRAINED,
    ) -> None:
        self.plan: Plan | None = None
        self._choice = StoredChoice(newest or _nobody_chose)
        self._registry = registry
        self._profile = profile
        self._untrained = untrained
        self._used: tuple[Plan, TrainedPlant] | None = None
        self._refused: dict[str, _Refusal] = {}
        self._pointer: Stamp = ()
        self._problem: str | None = None

    def __call__(self) -> Plan:
        """The plan of the current version, or of one before it while that one is distrusted.

        Raises
        ------
        ModelNotFound
            Nothing is trained yet.
        ModelError
            The current version cannot be used; an older plan may go on, unless it is the
            one distrusted.
        """
        try:
            plan, problem = self._current()
        except ModelError as error:
            self._problem = str(error)
            raise
        used = self._used
        if used is not None:
            plan = self._choice.over(plan, used[1])
        self.plan, self._problem = plan, problem or self._choice.problem
        return plan

    def distrust(self, version: str, reason: str) -> None:
        """Say that a version fails on one record after the other: the next call gives another.

        Parameters
        ----------
        version : str
            The one in use.
        reason : str
            For the operator.
        """
        refusal = _Refusal(self._registry.stamp(version), self._pointer, ModelRefused(reason))
        self._remember(version, refusal)
        if self.version == version:
            self._used = None
        log.error("model distrusted", version=version, reason=reason)

    @property
    def version(self) -> str | None:
        """The version in use, None while there is none."""
        used = self._used
        return used[0].version if used is not None else None

    @property
    def plant(self) -> TrainedPlant | None:
        """What training made of it, None while there is none."""
        used = self._used
        return used[1] if used is not None else None

    @property
    def problem(self) -> str | None:
        """Why the current version is not in use; None when it is, or nobody asked yet."""
        return self._problem

    def _current(self) -> tuple[Plan, str | None]:
        try:
            # First the stamp: made current in between, it is taken for older than it is, and tried.
            self._pointer = self._registry.current_stamp()
            version = self._registry.current()
        except OSError as error:  # on Windows the file cannot be read while it is exchanged
            msg = f"{self._registry.folder}: cannot read which version is current: {error}; it is tried again"
            raise ModelCorrupt(msg) from error
        if version is None:
            raise ModelNotFound(self._untrained)
        refusal = self._refused.get(version)
        if refusal is not None and refusal.pointer not in (None, self._pointer):
            del self._refused[version]
        try:
            return self._plan_of(version), None
        except ModelError as error:
            refusal = self._refused.get(version)
            if refusal is None or refusal.pointer is None:
                raise
            return self._plan_before(version, error)

    def _plan_before(self, version: str, why: ModelError) -> tuple[Plan, str]:
        """The plan of the latest version before a distrusted one that can be used."""
        for earlier in self._registry.earlier():
            try:
                plan = self._plan_of(earlier)
            except ModelError:
                continue
            return plan, (
                f"{why}; version {earlier} judges in its place: train again, or activate {version} again"
            )
        raise why

    def _plan_of(self, version: str) -> Plan:
        if self._used is not None and self._used[0].version == version:
            return self._used[0]
        stamp = self._registry.stamp(version)
        refusal = self._refused.get(version)
        if refusal is not None and refusal.files == stamp:
            # Without the frames of the times before, which would be one more each time.
            raise refusal.error.with_traceback(None)
        try:
            used = load_plan(self._registry, version, self._profile)
        except ModelError as error:
            # What it came from would keep the frames, and with them the arrays, as long as it is refused.
            error.__cause__ = error.__context__ = None
            self._remember(version, _Refusal(stamp, None, error))
            raise
        self._refused.pop(version, None)
        self._used = used
        return used[0]

    def _remember(self, version: str, refusal: _Refusal) -> None:
        self._refused[version] = refusal
        if len(self._refused) > MOST_REFUSED:
            del self._refused[next(iter(self._refused))]


def _nobody_chose() -> None:
    """No choice: the profile's rule counts."""
