"""``./sprue model``: which trained version judges, and putting another one in its place."""

from __future__ import annotations

import getpass
import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from core.config import load_config
from core.errors import ModelCorrupt, ModelNotFound
from core.profile import Profile
from core.profile_file import load_profile
from inference.logs import configure_logs
from inference.plan_provider import load_plan
from models.registry import Registry
from scripts.home import say_home


class Act(StrEnum):
    """What to do."""

    LIST = "list"
    ACTIVATE = "activate"
    ROLLBACK = "rollback"


def model(
    act: Annotated[
        Act, typer.Argument(help="list; activate VERSION; rollback: to the version that judged before.")
    ] = Act.LIST,
    version: Annotated[str | None, typer.Argument(help="Of activate: the version's name.")] = None,
    home: Annotated[
        Path | None, typer.Option(envvar="SPRUE_HOME", help="Folder of models, verdicts, logs.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", envvar="SPRUE_PROFILE", help="Profile: a built-in name or a .toml path."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON line.")] = False,
) -> None:
    """List the trained versions, or choose the one that judges.

    A running service takes the chosen version within a second or two, between two batches.
    A version is put in place only when its files are whole and it scores as in training.
    Activating a version that the service left because judging failed makes it try again.
    """
    if (act is Act.ACTIVATE) != (version is not None):
        expected = "expected a version's name" if act is Act.ACTIVATE else "expected nothing after it"
        raise typer.BadParameter(f"{act}: {expected}, got {version!r}", param_hint="version")
    config = load_config(home=home, profile=profile)
    configure_logs(config)
    say_home(config)
    registry = Registry(config.registry)
    if act is Act.LIST:
        _show(registry, as_json)
        return
    name = version if version is not None else before(registry)
    put_in_place(registry, name, load_profile(config.profile))
    print(json.dumps({"current": name}) if as_json else f"{name} judges now", flush=True)


def before(registry: Registry) -> str:
    """The version that judged before the current one.

    Raises
    ------
    ModelNotFound
        There was none, or it is not there any more.
    """
    earlier = registry.earlier()
    if not earlier:
        there = ", ".join(registry.list()) or "none at all"
        msg = (
            f"{registry.folder}: expected a version that judged before the current one, found none; "
            f"activate one by its name, there are: {there}"
        )
        raise ModelNotFound(msg)
    return earlier[0]


def put_in_place(registry: Registry, version: str, profile: Profile) -> None:
    """Make a version the current one, once it is proven that it can judge; who did is logged.

    Raises
    ------
    ModelError
        No such version, or it cannot judge under this profile; the current one stays.
    """
    load_plan(registry, version, profile)
    try:
        was = registry.current()
    except ModelCorrupt:  # of which this is the way out
        was = None
    registry.set_current(version)
    structlog.get_logger("model").info("version put in place", version=version, was=was, who=_who())


def _who() -> str:
    """Name of the user, or its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(getattr(os, "getuid", int)())


def _show(registry: Registry, as_json: bool) -> None:
    current, names, earlier = registry.current(), registry.list(), registry.earlier()
    if as_json:
        print(json.dumps({"current": current, "versions": names, "before": earlier}), flush=True)
        return
    console = Console(highlight=False)
    for name in names:
        console.print(f"{name}  {'judges' if name == current else ''}".rstrip())
    if current is not None and current not in names:
        console.print(f"{current}  is to judge, but is not there")
    if not names:
        console.print("no model is trained yet: run ./sprue train")
    elif earlier:
        console.print(f"rollback would put back {earlier[0]}")
