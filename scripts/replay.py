"""``./sprue replay``: the rows of a file into the MongoDB collection, at a chosen speed."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.config import Config, load_config
from core.errors import SourceUnavailable
from core.profile import Profile
from core.profile_file import load_profile
from ingest.mongo_client import connect
from ingest.replay import Replayed
from ingest.replay import replay as replay_rows
from ingest.table import read_table
from scripts.options import ProfileName

STOPPED = 130
CHUNK_ROWS = 5_000

_COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.completed:,.0f} rows"),
    TextColumn("{task.fields[speed]:,.0f}/s"),
    TimeElapsedColumn(),
)


def replay(
    file: Annotated[Path, typer.Argument(help="Shots: .csv, .csv.gz, .parquet or .jsonl.")],
    profile: ProfileName = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Shots a second; as fast as it goes when not given.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Shots at most.")] = None,
    mongo_database: Annotated[
        str | None, typer.Option(envvar="SPRUE_MONGO_DATABASE", help="MongoDB database of the shots.")
    ] = None,
    mongo_collection: Annotated[
        str | None, typer.Option(envvar="SPRUE_MONGO_COLLECTION", help="Its collection.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")] = False,
) -> None:
    """Send the shots of a file into the MongoDB collection, in the order of the file.

    The collection is the one the service watches (SPRUE_MONGO_URL). Identifiers are kept:
    a shot that is there already is left alone, so that an interrupted replay is simply
    started again. Ctrl-C ends it between two inserts.
    """
    config = load_config(profile=profile, mongo_database=mongo_database, mongo_collection=mongo_collection)
    process = load_profile(config.profile)
    done = Replayed()
    stopped = False
    begun = time.monotonic()
    with Progress(*_COLUMNS, console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("", total=None, speed=0.0)

        def show(now: Replayed) -> None:
            nonlocal done
            done = now
            seconds = max(time.monotonic() - begun, 1e-6)
            bar.update(task, completed=now.rows, speed=now.rows / seconds)

        try:
            _send(config, process, file, rate, limit, show)
        except KeyboardInterrupt:
            stopped = True
        except SourceUnavailable as error:
            msg = f"{error}; SPRUE_MONGO_URL says where MongoDB is, start it or correct the variable"
            raise SourceUnavailable(msg) from error
    _report(done, file, config, time.monotonic() - begun, stopped, as_json)
    if stopped:
        raise typer.Exit(STOPPED)


def _send(
    config: Config, profile: Profile, file: Path, rate: float | None, limit: int | None, show: Any
) -> None:
    with connect(config.mongo_url.get_secret_value(), appname="sprue replay") as client:
        replay_rows(
            read_table(file, profile, chunk_rows=CHUNK_ROWS),
            client[config.mongo_database][config.mongo_collection],
            profile,
            rate=rate,
            limit=limit,
            clock=time.monotonic,
            wait=time.sleep,
            progress=show,
        )


def _report(done: Replayed, file: Path, config: Config, seconds: float, stopped: bool, as_json: bool) -> None:
    if as_json:
        summary = {"file": str(file), **asdict(done), "seconds": round(seconds, 3), "stopped": stopped}
        print(json.dumps(summary), flush=True)
        return
    place = f"{config.mongo_database}.{config.mongo_collection}"
    print(f"{done.sent:,} shots sent to {place} in {seconds:.1f} s", end="")
    if done.present:
        print(f", {done.present:,} were there already", end="")
    if done.without_id:
        print(f", {done.without_id:,} had no readable identifier and were not sent", end="")
    print("; stopped, start it again for the rest." if stopped else ".", flush=True)
