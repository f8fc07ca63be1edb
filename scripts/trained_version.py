"""The version that a verb uses: loaded, never trained; what to type where there is none."""

from __future__ import annotations

import shlex
from pathlib import Path

from core.errors import ModelCorrupt, ModelError, ModelNotFound, ModelRefused
from core.profile import Profile
from inference.plan import Plan
from inference.plan_provider import load_plan
from models.artifact import TrainedPlant
from models.registry import Registry
from models.registry_manifest import MANIFEST, read_manifest


def trained_version(
    registry: Registry, version: str | None, profile: Profile, *, name: str, home: Path | None
) -> tuple[Plan, TrainedPlant]:
    """The plan of a version, None: of the current one, and what training made of it.

    Parameters
    ----------
    registry : Registry
    version : str or None
    profile : Profile
    name : str
        The profile as it was asked for.
    home : Path or None
        As it was given with the command.

    Raises
    ------
    ModelNotFound
        Nothing is trained yet; the message has the commands that train.
    ModelRefused
        The version is another process's.
    ModelError
        See `inference.plan_provider.load_plan`.
    """
    if version is None and registry.current() is None:
        lines = [
            f"{registry.folder}: nothing is trained yet. {how_to_train(profile, name, home)}",
            *_demo_has(profile, registry),
        ]
        raise ModelNotFound("\n".join(lines))
    used = version or registry.current()
    other = None if used is None else process_of(registry, used)
    if other == profile.name:
        other = None
    if other is not None and profile.regressors:
        raise _of_another(registry, str(used), other, profile)
    try:
        return load_plan(registry, version, profile)
    except ModelRefused:
        if other is None:
            raise
        # A renamed profile may go on with its versions; of what cannot, the name is the reason.
        raise _of_another(registry, str(used), other, profile) from None


def process_of(registry: Registry, version: str) -> str | None:
    """The process a version was trained for; None where nobody can say."""
    try:
        name = read_manifest(registry.folder / version / MANIFEST)["profile"]["name"]
    except (ModelError, OSError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) else None


def how_to_train(profile: Profile, name: str, home: Path | None) -> str:
    """The commands to type, one a line; `home` as it was given with the command."""
    typed = ["--process", name, *(() if home is None else ("--home", str(home)))]
    command = f"  ./sprue train {shlex.join(typed)}"
    own = f"{command} --history FILE.csv   from your own records"
    if profile.regressors and not profile.example:
        return f"Type:\n{own}"
    if profile.regressors:
        return (
            f"Type one of:\n{command} --example            from the synthetic set that comes with it\n{own}"
        )
    return f"Type one of:\n{own}\n{command}                      from the PostgreSQL of SPRUE_HISTORY_URL"


def _demo_has(profile: Profile, registry: Registry) -> list[str]:
    """Where the demo left a version of this process in the present folder."""
    home = Path("var") / f"demo-{profile.name}"
    demo = Registry(home / "registry")
    try:
        current = None if demo.folder.resolve() == registry.folder.resolve() else demo.current()
    except ModelCorrupt:
        return []
    if current is None or process_of(demo, current) != profile.name:
        return []
    return [f"The demo left a version of it: add --home {shlex.quote(str(home))}"]


def _of_another(registry: Registry, version: str, other: str, profile: Profile) -> ModelRefused:
    where = ["give the home of this process with --home or SPRUE_HOME", *_demo_has(profile, registry)]
    return ModelRefused(
        f"{registry.folder}: version {version} is of process {other!r}, got profile {profile.name!r}; "
        + ".\n".join(where)
    )
