"""``./sprue bench``: every figure a ratio, its two sides measured in turn on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.benchmarks.machine import describe
from scripts.benchmarks.plots import draw_suites, load_matplotlib
from scripts.benchmarks.report import write_report
from scripts.benchmarks.targets import SUITES

SCHEMA = 1
QUIET = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


def bench(
    suites: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(SUITES)}; none means all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only try whether every suite runs; not a measurement.")
    ] = False,
    plots: Annotated[Path | None, typer.Option(help="Folder for one picture a suite.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Markdown file for the report; pictures go into images beside it.")
    ] = None,
) -> None:
    """Measure how fast this version is, against what others do with the same data.

    Every suite runs in a process of its own. Leave the machine alone meanwhile: the load
    at the start is part of the output.
    """
    chosen = suites or list(SUITES)
    unknown = [name for name in chosen if name not in SUITES]
    if unknown:
        raise typer.BadParameter(f"expected suites out of {', '.join(SUITES)}, got {', '.join(unknown)}")
    if report is not None or plots is not None:
        load_matplotlib()  # its absence is said before minutes of measuring, not after
    result = measure(chosen, quick)
    if report is not None:
        plots = plots or report.parent / "images"
        write_report(result, report, plots)
    if plots is not None:
        draw_suites(result, plots)
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=1), flush=True)
    else:
        show(result)


def measure(suites: list[str], quick: bool) -> dict[str, Any]:
    """Run the suites one after the other; all they found, with the machine described first."""
    begin = time.perf_counter()
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": describe(),
        "figures": {},
        "suites": {},
    }
    with tempfile.TemporaryDirectory(prefix="sprue-bench-") as bytecode:
        for name in suites:
            typer.echo(f"{name} ...", err=True)
            result = run_suite(name, quick, bytecode)
            found["figures"] |= result.pop("figures")
            found["suites"][name] = result
            typer.echo(f"{name}: {result['seconds']} s", err=True)
    found["seconds"] = round(time.perf_counter() - begin, 1)
    return found


def run_suite(name: str, quick: bool, bytecode: str) -> dict[str, Any]:
    """One suite in a process of its own; its result.

    `bytecode` is a folder for compiled Python. Where the environment forbids keeping it, every
    start would compile all its imports anew, tensorflow's most of all: that is not measured.
    A quick run takes what is compiled already instead: filling the folder takes longer than all else.
    """
    command = [sys.executable, "-m", "scripts.benchmarks", name, "quick" if quick else "full"]
    root = Path(__file__).resolve().parent.parent
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, **QUIET} | ({} if quick else {"PYTHONPYCACHEPREFIX": bytecode})
    done = subprocess.run(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        typer.echo(f"suite {name} failed, see above", err=True)
        raise typer.Exit(1)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def show(result: dict[str, Any]) -> None:
    """The figures as lines of text; a quick run keeps or misses no target."""
    for key, figure in result["figures"].items():
        met = "–" if result["quick"] else {True: "met", False: "MISSED", None: "–"}[figure["met"]]
        value = "not measured" if figure["value"] is None else f"{figure['value']:,.3g}"
        target = "reported" if figure["target"] is None else f"{figure['sense']} {figure['target']:,g}"
        print(f"{key:36} {value:>12}  {target:>12}  {met}")
    if result["quick"]:
        print("--quick is not a measurement: tiny plants, one round. Without it these figures say something.")
