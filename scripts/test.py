"""``./sprue test``: the whole suite, in parallel; or the long trials of faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from scripts.fault_report.figures import read_figures

ROOT = Path(__file__).resolve().parent.parent
SOAK = "tests/faults/crash/test_soak.py"


def test(
    context: typer.Context,
    slow: Annotated[bool, typer.Option("--slow", help="Also those that take minutes.")] = False,  # noqa: PT028  # a verb
    faults: Annotated[
        bool, typer.Option("--faults", help="Only the trials of faults, the long ones too.")
    ] = False,  # noqa: PT028
    soak: Annotated[
        float | None, typer.Option("--soak", min=0.1, help="Mixed faults for so many minutes.")
    ] = None,  # noqa: PT028
    seed: Annotated[int | None, typer.Option(help="What random faults begin with.")] = None,  # noqa: PT028
    as_json: Annotated[bool, typer.Option("--json", help="Print what the faults came to as JSON.")] = False,  # noqa: PT028
) -> None:
    """Run all tests and doctests on all cores; further arguments go to pytest.

    For instance ``./sprue test -k threshold -x``, or ``./sprue test tests/core -n 0``. With
    ``--faults`` or ``--soak`` the service is crashed, cut off and starved, and what came of
    it is counted at the end; Ctrl-C ends a soak with the figures so far.
    """
    parallel = ["-n", "logical", "--dist", "loadgroup"]
    if soak is not None:
        chosen = ["-p", "no:xdist", "-s", "--timeout", "0", "-m", "soak", SOAK]
    elif faults:
        chosen = [*parallel, "-m", "(faults or fault_row) and not soak", "tests"]
    else:
        long = "soak or faults" if slow else "soak or faults or slow"
        chosen = [*parallel, "-m", f"not ({long})"]
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.jsonl"
        environment = {**os.environ, "FAULT_FIGURES": str(figures)}
        if soak is not None:
            environment["SOAK_MINUTES"] = str(soak)
        if seed is not None:
            environment["FAULT_SEED"] = str(seed)
        code = _run([sys.executable, "-m", "pytest", *chosen, *context.args], environment, as_json)
        if faults or soak is not None:
            _show(figures, code, as_json)
    raise typer.Exit(code)


def _run(command: list[str], environment: dict[str, str], as_json: bool) -> int:
    """The exit code of pytest; its lines go to standard error when standard output is for JSON."""
    tests = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sys.stderr if as_json else None)
    while True:
        try:
            return tests.wait()
        except KeyboardInterrupt:
            # The terminal told the tests, too: they end by themselves, with their figures noted.
            continue


def _show(file: Path, code: int, as_json: bool) -> None:
    figures = read_figures(file)
    if as_json:
        print(json.dumps({"passed": code == 0, **figures.as_dict()}), flush=True)
        return
    for line in figures.lines():
        print(line, flush=True)
