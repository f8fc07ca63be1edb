"""The predictor of a home's version: loaded, never trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from core.config import load_config
from core.profile import Profile
from core.profile_file import builtin_profiles, load_profile
from inference.plan import Plan
from inference.prediction.predictor import Predictor
from models.registry import Registry
from scripts.trained_version import trained_version


@dataclass(frozen=True, slots=True)
class InUse:
    """What predicts.

    Attributes
    ----------
    predictor : Predictor
    plan : Plan
        With the predictor in it; its thresholds judge.
    profile : Profile
    notes : mapping
        What training noted of itself.
    """

    predictor: Predictor
    plan: Plan
    profile: Profile
    notes: Mapping[str, Any]


def predicting_profile(name: str) -> Profile:
    """The profile of that name.

    Raises
    ------
    typer.BadParameter
        It has no targets to predict; says which of the built-in ones have.
    """
    profile = load_profile(name)
    if not profile.regressors:
        able = [known for known in sorted(builtin_profiles()) if load_profile(known).regressors]
        msg = (
            f"expected a process that predicts, with [[regressor]] tables, such as {', '.join(able)}; "
            f"got {name!r}, which has none"
        )
        raise typer.BadParameter(msg, param_hint="--process")
    return profile


def predictor_in_use(home: Path | None, process: str | None, version: str | None = None) -> InUse:
    """The predictor of a version of the home; by default of the current one.

    Raises
    ------
    ModelNotFound
        Nothing is trained yet; the message has the commands that train.
    ModelRefused
        The version is of another process.
    typer.BadParameter
        The process predicts nothing.
    """
    config = load_config(home=home, profile=process)
    profile = predicting_profile(config.profile)
    registry = Registry(config.registry)
    plan, plant = trained_version(registry, version, profile, name=config.profile, home=home)
    assert plan.predictor is not None  # a version of a process of another kind is refused above
    return InUse(plan.predictor, plan, profile, plant.notes)
