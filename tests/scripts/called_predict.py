"""``sprue predict`` as its tests call it."""

from __future__ import annotations

import re
from collections.abc import Callable

from typer.testing import CliRunner, Result

from scripts.__main__ import command_line

Predict = Callable[..., Result]
NAMES = ("IW", "IF", "VW", "FP")


def call(*arguments: str) -> Result:
    """What the verb answers."""
    return CliRunner().invoke(command_line(["predict"]), ["predict", *arguments], env={"TERM": "dumb"})


def words(setting: dict[str, float]) -> list[str]:
    return [f"{name}={value:g}" for name, value in setting.items()]


def said(result: Result) -> str:
    """Standard error without the frame around it, on one line."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())
