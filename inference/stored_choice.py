"""The limit that somebody chose, kept in the store: taken by a running service as it is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from core.errors import ConfigError, StoreUnavailable
from core.profile import Profile
from inference.chosen_plan import chosen_plan
from inference.plan import Plan
from inference.threshold_choice import Choice
from models.artifact import TrainedPlant

if TYPE_CHECKING:  # what judges without a store does without SQLAlchemy
    from inference.store.choices import ThresholdChoice

Newest = Callable[[], "ThresholdChoice | None"]
"""Reads the choice that counts; None where nobody ever chose."""

log = structlog.get_logger("threshold")


class StoredChoice:
    """Puts the newest choice over plans; the same object as long as neither of the two changed.

    While the store cannot be read the choice before stays. One that this release cannot
    read counts as none: the profile's rule judges, and `problem` says so; so it does of a
    budget that the version in use cannot keep.

    Parameters
    ----------
    newest : callable
    """

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._stored: ThresholdChoice | None = None
        self._given: tuple[Plan, int, Plan] | None = None
        self.problem: str | None = None

    def over(self, plan: Plan, plant: TrainedPlant) -> Plan:
        """`plan` under the choice that counts now."""
        with suppress(StoreUnavailable):
            self._stored = self._newest()
        stored = self._stored
        number = 0 if stored is None else stored.id
        if self._given is None or self._given[0] is not plan or self._given[1] != number:
            self._given = plan, number, self._chosen(plan, plant, stored)
        return self._given[2]

    def _chosen(self, plan: Plan, plant: TrainedPlant, stored: ThresholdChoice | None) -> Plan:
        self.problem = None
        if stored is None or not stored.rule:
            return plan
        if plan.predictor is not None:
            self.problem = (
                f"threshold choice {stored.id}: it is of another process; this one predicts targets and is "
                f"judged by their tolerances; take it back with `./sprue threshold clear`"
            )
            log.warning("a stored choice of the limit does not count", choice=stored.id)
            return plan
        try:
            choice = Choice.of(stored.rule)
            chosen = chosen_plan(plan, plant.models, choice, stored.id)
        except (ConfigError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            self.problem = f"threshold choice {stored.id}: {error}; the profile's rule counts, choose again"
            log.error("the choice of the limit cannot be used", choice=stored.id, problem=str(error))
            return plan
        log.info("limit chosen", choice=stored.id, who=stored.who, why=stored.why, rule=stored.rule)
        try:
            check_tails(choice, plant, plan.version)
        except ConfigError as error:
            self.problem = f"threshold choice {stored.id}: {error}; the rule cv counts until then"
            log.warning("the budget cannot be kept", choice=stored.id, problem=str(error))
        return chosen


def refuse_predicting(profile: Profile) -> None:
    """Refuse a process that has no limit to choose.

    Raises
    ------
    ConfigError
        Says where the limits are instead.
    """
    if profile.regressors:
        msg = (
            f"threshold: the process {profile.name!r} predicts targets, so there is no limit to choose: "
            f"records are judged by the nominal sizes and tolerances of the targets in its profile"
        )
        raise ConfigError(msg)


def check_tails(choice: Choice, plant: TrainedPlant, version: str) -> None:
    """Refuse a budget for a version that kept no held-out losses.

    Raises
    ------
    ConfigError
        Says what to do.
    """
    asks = any(
        values.get("rule") == "budget" for values in (choice.values, *(o.values for o in choice.overrides))
    )
    if asks and not any(len(model.losses.tail) for model in plant.models):
        msg = (
            f"threshold: expected a version with held-out losses for a budget, got {version} without: "
            f"it is of an earlier release, or held fewer than 100 shots out in every group; train again, "
            f"or choose the rule cv"
        )
        raise ConfigError(msg)
