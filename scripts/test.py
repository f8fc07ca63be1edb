"""``./sprue test``: the whole suite, in parallel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parent.parent


def test(
    context: typer.Context,
    slow: Annotated[bool, typer.Option("--slow", help="Also those that take minutes.")] = False,  # noqa: PT028  # a verb
) -> None:
    """Run all tests and doctests on all cores; further arguments go to pytest.

    For instance ``./sprue test -k threshold -x``, or ``./sprue test tests/core -n 0``.
    """
    chosen = [] if slow else ["-m", "not slow"]
    pytest = [sys.executable, "-m", "pytest", "-n", "logical", "--dist", "loadgroup", *chosen, *context.args]
    raise typer.Exit(subprocess.run(pytest, cwd=ROOT, check=False).returncode)
