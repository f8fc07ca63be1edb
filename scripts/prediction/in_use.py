"""The predictor of a home's version: loaded, never trained; what to type where there is none."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from core.config import load_config
from core.errors import ModelNotFound
from core.profile import Profile
from core.profile_file import builtin_profiles, load_profile
from inference.plan import Plan
from inference.plan_provider import load_plan
from inference.prediction.predictor import Predictor
from models.registry import Registry


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
        The version was trained for a process of another kind.
    typer.BadParameter
        The process predicts nothing.
    """
    config = load_config(home=home, profile=process)
    profile = predicting_profile(config.profile)
    registry = Registry(config.registry)
    if version is None and registry.current() is None:
        raise ModelNotFound(
            f"{registry.folder}: nothing is trained yet. {how_to_train(profile, config.profile, home)}"
        )
    plan, plant = load_plan(registry, version, profile)
    assert plan.predictor is not None  # a version of a process of another kind is refused above
    return InUse(plan.predictor, plan, profile, plant.notes)


def how_to_train(profile: Profile, name: str, home: Path | None) -> str:
    """The commands to type, one a line; `home` as it was given with the command."""
    typed = ["--process", name, *(() if home is None else ("--home", str(home)))]
    command = f"  ./sprue train {shlex.join(typed)}"
    own = f"{command} --history FILE.csv   from your own records"
    if not profile.example:
        return f"Type:\n{own}"
    return f"Type one of:\n{command} --example            from the synthetic set that comes with it\n{own}"
