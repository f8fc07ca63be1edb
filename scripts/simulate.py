"""``./sprue simulate``: a plant's history and its live shots, into databases or files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pymongo
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.config import Config, load_config
from core.profile_file import load_profile
from ingest.plant import Plant, PlantChunk, documents, load_history
from ingest.replay import replay
from scripts.demo import stop_in_order

STOPPED = 130


def simulate(
    history_shots: Annotated[int, typer.Option(min=0, help="Shots of history; 0 makes none.")] = 60_000,
    live_shots: Annotated[
        int | None, typer.Option(min=0, help="Live shots; 0 makes none, not given goes on until Ctrl-C.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Live shots a second into MongoDB.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same shots.")] = 0,
    to_files: Annotated[
        Path | None,
        typer.Option(help="Folder for history.parquet, live.parquet and truth.csv instead of databases."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="CSV for what really happened; by default simulated/truth.csv under SPRUE_HOME."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite a history table that is not the simulator's.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")] = False,
) -> None:
    """Make the history and the live shots of a simulated plant.

    The history goes into PostgreSQL (SPRUE_HISTORY_URL, SPRUE_HISTORY_TABLE), the live shots
    into MongoDB (SPRUE_MONGO_URL, _DATABASE, _COLLECTION); with --to-files both go into
    Parquet files. What really happened to each shot goes into a CSV of its own that
    neither training nor judging reads.
    """
    if to_files is not None and live_shots is None:
        raise typer.BadParameter("files need an end: give --live-shots", param_hint="--to-files")
    stop_in_order()
    config = load_config()
    plant = Plant(seed)
    truth_file = truth or (to_files or config.home / "simulated") / "truth.csv"
    summary: dict[str, Any] = {"seed": seed, "history_shots": 0, "live_shots": 0, "bad_shots": 0}
    summary |= {"truth": str(truth_file), "stopped": False}
    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=as_json,
    )
    try:
        with ExitStack() as open_files, progress:
            note = open_files.enter_context(TruthFile(truth_file))
            if history_shots:
                advance = _bar(progress, "history", history_shots)
                chunks = _passing(note.noting(plant.history(history_shots)), advance)
                if to_files is not None:
                    _write_file(to_files / "history.parquet", chunks)
                else:
                    url = config.history_url.get_secret_value()
                    load_history(url, config.history_table, chunks, replace=replace)
                # Counted once it is all there: stopped half-way, the database keeps none of it.
                summary["history_shots"] = history_shots
            if live_shots != 0:
                bar = _bar(progress, "live", live_shots)

                def count(shots: int) -> None:
                    summary["live_shots"] += shots
                    bar(shots)

                live = plant.live(live_shots)
                if to_files is not None:
                    _write_file(to_files / "live.parquet", _passing(note.noting(live), count))
                else:
                    _send(config, note.noting(_seconds(live, rate)), rate, count)
    except KeyboardInterrupt:
        summary["stopped"] = True
    summary["bad_shots"] = note.bad
    _show(console, summary, as_json)
    if summary["stopped"]:
        raise typer.Exit(STOPPED)


class TruthFile:
    """The CSV with the truth, written as the shots are made; a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.bad = 0

    def __enter__(self) -> TruthFile:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._file.write("shot_id,bad,cause,severity\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def noting(self, chunks: Iterator[PlantChunk]) -> Iterator[PlantChunk]:
        """The same chunks; their truth is in the file before anybody gets them."""
        for chunk in chunks:
            chunk.truth.to_csv(self._file, header=False, index=False, lineterminator="\n")
            self._file.flush()
            self.bad += int(chunk.truth["bad"].sum())
            yield chunk


Advance = Callable[[int], None]


def _bar(progress: Progress, text: str, total: int | None) -> Advance:
    task = progress.add_task(text, total=total)
    return lambda shots: progress.advance(task, shots)


def _passing(chunks: Iterator[PlantChunk], advance: Advance) -> Iterator[PlantChunk]:
    for chunk in chunks:
        yield chunk
        advance(len(chunk.frame))


def _seconds(chunks: Iterator[PlantChunk], rate: float) -> Iterator[PlantChunk]:
    """Pieces of about a second, so that a stopped stream has little truth beyond what was sent."""
    size = max(1, round(rate))
    for chunk in chunks:
        for start in range(0, len(chunk.frame), size):
            yield chunk.rows(start, start + size)


def _write_file(path: Path, chunks: Iterator[PlantChunk]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for chunk in chunks:
            table = pa.Table.from_pandas(chunk.frame, preserve_index=False)
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(path, table.schema))
            writer.write_table(table)


def _send(config: Config, chunks: Iterator[PlantChunk], rate: float, advance: Advance) -> None:
    sent = 0

    def show(rows: int) -> None:
        nonlocal sent
        advance(rows - sent)
        sent = rows

    with pymongo.MongoClient[dict[str, Any]](config.mongo_url.get_secret_value(), tz_aware=True) as client:
        replay(
            (chunk.frame for chunk in chunks),
            client[config.mongo_database][config.mongo_collection],
            load_profile("injection_molding"),
            rate=rate,
            clock=time.monotonic,
            wait=time.sleep,
            progress=lambda done: show(done.rows),
            as_documents=documents,
        )


def _show(console: Console, summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    console.print(
        f"{summary['history_shots']:,} shots of history, {summary['live_shots']:,} live, "
        f"{summary['bad_shots']:,} bad parts; truth in {summary['truth']}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
