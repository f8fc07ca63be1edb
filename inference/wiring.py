"""Which detector stands behind which kind, and what goes on beside judging: who knows all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.profile import Profile
from inference.beside import BesideJudging, MakeBeside
from inference.challenger import Challenger, LoadedPlan
from inference.judge import judge
from inference.plan_provider import PlanProvider, load_plan
from inference.stored_choice import Newest, StoredChoice
from models.artifact import TrainedPlant
from models.detector import Detector
from models.registry import Registry


def detectors() -> dict[str, type[Detector]]:
    """Kind, as profiles name it, to estimator class.

    Loads scikit-learn: for training and tests. Serving scores exported arrays instead
    (`inference.kernels`) and never calls this.
    """
    from memae.detector import MemAE
    from models.autoencoder import AutoEncoder
    from models.ensemble import MEMBERS, Ensemble
    from models.isolation_forest import IsolationForest

    return {
        "isolation_forest": IsolationForest,
        "autoencoder": AutoEncoder,
        "memae": MemAE,
        **MEMBERS,
        "ensemble": Ensemble,
    }


def beside(registry: Registry, plans: PlanProvider, newest: Newest) -> MakeBeside:
    """What looks at every batch of a running service: the registry's challenger, and drift.

    Parameters
    ----------
    registry : Registry
        Names the challenger.
    plans : PlanProvider
        What judges.
    newest : callable
        Reads the stored choice of the limit, under which the challenger judges, too.
    """

    def make(
        profile: Profile, monotonic: Callable[[], float], log: Any, tell: Callable[[str], None]
    ) -> BesideJudging:
        def load(version: str) -> LoadedPlan:
            plan, plant = load_plan(registry, version, profile)
            choice = StoredChoice(newest)
            return lambda: choice.over(plan, plant)

        challenger = Challenger(registry.challenger, load, profile, judge, monotonic=monotonic, tell=tell)
        return BesideJudging(
            profile,
            monotonic,
            log,
            tell,
            lambda version: _drifting(plans) if plans.version == version else None,
            challenger,
        )

    return make


def _drifting(plans: PlanProvider) -> TrainedPlant | None:
    """What judges, where it is measured values: sizes that are predicted drift in nothing that is seen."""
    plant = plans.plant
    return None if plant is None or plant.predictor is not None else plant
