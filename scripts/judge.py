"""``./sprue judge``: the shots of a file, judged by the code that judges live."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.config import load_config
from core.profile_file import load_profile
from core.verdict import OUTCOMES, ROUTES
from inference.backtest import BacktestSummary, Judgement, backtest
from inference.prediction.judging import Sizes
from inference.stored_choice import StoredChoice
from inference.verdict_file import REFUSED_FIELDS, open_rows
from ingest.table import read_table
from models.registry import Registry
from scripts.listing import print_rows
from scripts.options import Home, ProfileName
from scripts.out_files import refuse_overwriting
from scripts.threshold_box import newest_choice
from scripts.trained_version import trained_version
from scripts.undivided import undivided

STOPPED = 130
NO_SIZE_WANTED = (
    "no target of this profile has nominal and tolerance, so nothing can be judged OK: "
    "add them to the profile"
)


def judge(
    file: Annotated[Path, typer.Argument(help="Shots: .csv, .csv.gz, .parquet or .jsonl.")],
    out: Annotated[Path | None, typer.Option(help="File for the verdicts: .csv, .parquet or .jsonl.")] = None,
    dead_letters: Annotated[
        Path | None, typer.Option(help="File for the rows without a verdict: .csv, .parquet or .jsonl.")
    ] = None,
    home: Home = None,
    profile: ProfileName = None,
    registry: Annotated[
        Path | None, typer.Option(help="Folder of the trained versions; by default under SPRUE_HOME.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Trained version; by default the current one.")] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(envvar="SPRUE_BATCH_SIZE", min=1, max=100_000, help="Most shots judged in one batch."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")] = False,
) -> None:
    """Judge the shots of a file, in their order, and say how they came out.

    The same shots get the same verdicts as in the live stream, under the limit chosen there. A
    row that cannot be judged is listed with its reason; the others go on.
    """
    refuse_overwriting(file, out, dead_letters)
    config = load_config(home=home, profile=profile, batch_size=batch_size)
    process = load_profile(config.profile)
    folder = Registry(registry or config.registry)
    plan, plant = trained_version(folder, version, process, name=config.profile, home=home)
    if process.regressors and not Sizes.of(process).wanted:
        print(NO_SIZE_WANTED, file=sys.stderr, flush=True)
    if registry is None:  # the limit chosen here is of this home's models
        plan = StoredChoice(lambda: newest_choice(config)).over(plan, plant)
    summary = BacktestSummary()
    stopped = False
    with (
        open_rows(out) as verdict_file,
        open_rows(dead_letters, REFUSED_FIELDS) as refused_file,
        _progress(as_json) as bar,
    ):
        task = bar.add_task("")
        frames = read_table(file, process, chunk_rows=config.batch_size)
        try:
            for piece in backtest(frames, plan, process):
                with undivided():
                    if out is not None and piece.verdicts is not None:
                        verdict_file.write(list(piece.verdicts.rows()))
                    refused_file.write(list(_refused_rows(piece)))
                    summary.add(piece)
                bar.update(task, completed=summary.rows)
        except KeyboardInterrupt:
            stopped = True  # what was judged so far is a file of its own
    _show(summary, plan.version, stopped, as_json)
    if not as_json:
        for what, path in (("verdicts", out), ("rows without a verdict", dead_letters)):
            if path is not None:
                print(f"{what} in {path}", flush=True)
    if stopped:
        raise typer.Exit(STOPPED)


def _progress(quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} shots"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )


def _refused_rows(piece: Judgement) -> Iterator[dict[str, Any]]:
    for problem in piece.refused:
        row = asdict(problem)
        row["field"] = row.pop("column")
        yield row


def _show(summary: BacktestSummary, version: str, stopped: bool, as_json: bool) -> None:
    outcomes = {name: summary.outcomes[name] for name in OUTCOMES}
    routes = {name: summary.routes[name] for name in ROUTES}
    if as_json:
        whole = {
            "rows": summary.rows,
            "verdicts": summary.verdicts,
            "dead_letters": summary.rows - summary.verdicts,
            "outcomes": outcomes,
            "routes": routes,
            "reasons": dict(summary.refused),
            "model_version": version,
            "stopped": stopped,
        }
        print(json.dumps(whole, ensure_ascii=False), flush=True)
        return
    print(f"{summary.verdicts:,} of {summary.rows:,} shots judged by {version}")
    for title, counts in (("outcome", outcomes), ("route", routes), ("no verdict", dict(summary.refused))):
        if counts:
            print()
            print_rows((title, "shots", "share"), _rows(Counter(counts)))
    if stopped:
        print("Stopped; the files hold what was judged until then.")


def _rows(counts: Counter[str]) -> list[tuple[str, str, str]]:
    total = max(1, counts.total())
    return [(name, f"{count:,}", f"{count / total:.2%}") for name, count in counts.items()]
