"""``./sprue model``: which trained version judges, and putting another one in its place."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from core.config import load_config
from core.errors import ModelNotFound
from core.profile_file import load_profile
from inference.logs import configure_logs
from models.registry import Registry
from scripts.home import say_home
from scripts.options import Home, ProfileName
from scripts.versions.challenge import challenge, promote, show_comparison, show_drift
from scripts.versions.placing import put_in_place


class Act(StrEnum):
    """What to do."""

    LIST = "list"
    ACTIVATE = "activate"
    ROLLBACK = "rollback"
    CHALLENGE = "challenge"
    UNCHALLENGE = "unchallenge"
    PROMOTE = "promote"
    COMPARE = "compare"
    DRIFT = "drift"


NAMING = (Act.ACTIVATE, Act.CHALLENGE)
"""Acts that take a version's name."""


def model(
    act: Annotated[
        Act,
        typer.Argument(
            help="list; activate VERSION; rollback: to the version that judged before; challenge VERSION: "
            "it judges in the shadow; unchallenge: no more; compare: what would be different with it; "
            "promote: the challenger judges from now on; drift: whether to train again."
        ),
    ] = Act.LIST,
    version: Annotated[
        str | None, typer.Argument(help="Of activate and challenge: the version's name.")
    ] = None,
    home: Home = None,
    profile: ProfileName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON line.")] = False,
) -> None:
    """List the trained versions, choose the one that judges, or try one beside it.

    A running service takes the chosen version within a second or two, between two batches.
    A version is put in place only when its files are whole and it scores as in training.
    Activating a version that the service left because judging failed makes it try again.
    A challenger judges after the verdicts are committed; what it says is only counted.
    """
    if (act in NAMING) != (version is not None):
        wrong = (
            f"expected `model {act} VERSION`, got no version; `./sprue model list` names them"
            if version is None
            else f"expected nothing after `model {act}`, got {version!r}"
        )
        raise typer.BadParameter(wrong, param_hint="version")
    config = load_config(home=home, profile=profile)
    configure_logs(config)
    say_home(config)
    registry = Registry(config.registry)
    if act is Act.LIST:
        _show(registry, as_json)
        return
    if act in (Act.COMPARE, Act.DRIFT):
        show = show_comparison if act is Act.COMPARE else show_drift
        show(config, registry, as_json=as_json)
        return
    if act is Act.CHALLENGE:
        assert version is not None
        challenge(registry, version, load_profile(config.profile))
        print(
            json.dumps({"challenger": version}) if as_json else f"{version} judges in the shadow", flush=True
        )
        return
    if act is Act.UNCHALLENGE:
        registry.unchallenge()
        print(json.dumps({"challenger": None}) if as_json else "no version judges in the shadow", flush=True)
        return
    if act is Act.PROMOTE:
        name = promote(registry, load_profile(config.profile))
        print(json.dumps({"current": name}) if as_json else f"{name} judges now", flush=True)
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
