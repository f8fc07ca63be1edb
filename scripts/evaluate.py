"""``./sprue evaluate``: how good the verdicts of a version are, and how good its detectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.config import load_config
from core.errors import ConfigError
from core.profile_file import load_profile
from scripts.evaluation.backtest_report import backtest_report
from scripts.evaluation.compare import ask_for_peers, compare
from scripts.evaluation.page import evaluation_page
from scripts.evaluation.suite_page import suite_page
from scripts.evaluation.suite_text import show_suite
from scripts.evaluation.tables import Wanted
from scripts.evaluation.text import show
from scripts.options import Home, ProfileName
from scripts.train import End, HistoryFile, Makers, Start, time_of

STOPPED = 130
SUITES = ("shared",)
NO_LABELS = "no labels: add --label COLUMN, --truth FILE or --feedback"


def evaluate(
    version: Annotated[
        str | None, typer.Argument(help="Trained version; by default the current one.")
    ] = None,
    shots: Annotated[
        Path | None, typer.Option(help="Shots: .csv, .csv.gz, .parquet or .jsonl, with a label column.")
    ] = None,
    history: HistoryFile = None,
    label: Annotated[
        str, typer.Option(help="Column that says which shots were bad: 1 or 0, true or false, NG or OK.")
    ] = "bad",
    cause: Annotated[str, typer.Option(help="Column that names the kind of fault.")] = "cause",
    truth: Annotated[
        Path | None, typer.Option(help="CSV with shot_id and the label, where the table itself has none.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Labels are what people said of verdicts (./sprue feedback).")
    ] = False,
    maker: Makers = None,
    start: Start = None,
    end: End = None,
    suite: Annotated[
        str | None,
        typer.Option(help=f"Compare detectors on data sets instead of a version: {', '.join(SUITES)}."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(envvar="SPRUE_SHARED_DATA", help="Folder of the suite's data sets."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Random halves a data set of the suite.")] = 5,
    only: Annotated[
        list[str] | None, typer.Option("--set", help="Only this data set of the suite (may be repeated).")
    ] = None,
    peers: Annotated[
        bool | None,
        typer.Option(
            "--peers/--no-peers",
            help="Other libraries on the same shots; by default for a suite, not for a version.",
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option(help="Compute every part of the suite anew.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples of intervals.")] = 0,
    home: Home = None,
    profile: ProfileName = None,
    html: Annotated[Path | None, typer.Option(help="File for one page with plots.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare a version's verdicts with labels of shots and with what was counted in lots.

    The shots come from --shots, --history or, without either, the configured PostgreSQL
    history. They are judged by the code that judges live. Shots that the version was
    trained on are told apart: it knows them.
    """
    config = load_config(home=home, profile=profile)
    _refuse_overwriting(html, shots, history, truth)
    if suite is None and load_profile(config.profile).regressors:
        raise ConfigError("evaluate: this process predicts targets: ./sprue train prints how well")
    console = Console(stderr=True)
    try:
        if suite is not None:
            found = compare(
                suite,
                config,
                data=data,
                seeds=seeds,
                only=only or (),
                peers=peers is not False,
                fresh=fresh,
                console=console,
                quiet=as_json,
            )
            page, text = suite_page, show_suite
        else:
            if shots is not None and history is not None:
                raise typer.BadParameter("expected one of --shots and --history", param_hint="--history")
            if truth is not None and feedback:
                raise typer.BadParameter("expected one of --truth and --feedback", param_hint="--feedback")
            if peers:
                notes = ask_for_peers(console)
                if notes:
                    raise ConfigError(notes[0])
            with _counting(console, as_json) as count:
                found = backtest_report(
                    config,
                    version=version,
                    file=shots or history,
                    label=label,
                    cause=cause,
                    truth=truth,
                    feedback=feedback,
                    peers=bool(peers),
                    wanted=Wanted(maker or (), time_of("--start", start), time_of("--end", end)),
                    seed=seed,
                    console=console,
                    progress=count,
                )
            page, text = evaluation_page, show
            if shots is not None and not any(part["labelled"] for part in found["sections"].values()):
                print(f"{NO_LABELS}; by lots alone", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        console.print("Stopped; no page was written. A suite goes on from here when it is started again.")
        raise typer.Exit(STOPPED) from None
    if html is not None:
        _write(html, page(found))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, allow_nan=False), flush=True)
        return
    text(found, Console())
    if html is not None:
        print(f"page in {html}", flush=True)


def _refuse_overwriting(html: Path | None, *read: Path | None) -> None:
    if html is not None and html.resolve() in {path.resolve() for path in read if path is not None}:
        msg = f"expected a file of its own, got one that is read: {str(html)!r}"
        raise typer.BadParameter(msg, param_hint="--html")


def _write(file: Path, page: str) -> None:
    partial = file.with_name(f"{file.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ConfigError(f"{file}: expected a file that can be written, got: {error}") from error


@contextmanager
def _counting(console: Console, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A line that counts shots."""
    columns: tuple[Any, ...] = (
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} shots judged"),
        TimeElapsedColumn(),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)
        yield lambda rows: progress.update(task, completed=rows)
