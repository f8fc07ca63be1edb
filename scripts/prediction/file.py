"""``./sprue predict --file``: a table predicted in pieces, into a file or, when it is short, a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.verdict import OUTCOMES
from inference.prediction.predicted import STANDINGS
from inference.verdict_file import REFUSED_FIELDS, open_rows
from ingest.frame_problem import FrameProblem
from ingest.table import read_table
from scripts.listing import print_rows, printable
from scripts.out_files import refuse_overwriting
from scripts.prediction.in_use import InUse
from scripts.prediction.rows import Piece, PredictedTable
from scripts.undivided import undivided

CHUNK_ROWS = 20_000
MOST_SHOWN = 50
"""Rows that are shown where no file takes them."""
MOST_REFUSED = 20
"""Refused rows that are named on standard error."""
STOPPED = 130


@dataclass
class Counted:
    """What came out of a file so far."""

    predicted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    standings: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, piece: Piece) -> None:
        """Count a piece."""
        self.predicted += len(piece.rows)
        self.outcomes.update(piece.outcomes)
        self.standings.update(piece.standings)
        self.refused.update(problem.reason for problem in piece.refused)


def predict_file(
    file: Path,
    in_use: InUse,
    *,
    out: Path | None,
    dead_letters: Path | None,
    regressors: Mapping[str, str] | None,
    as_json: bool,
) -> None:
    """Predict every row of a file and say how they came out.

    Raises
    ------
    typer.BadParameter
        A file would be written over one that is read or written.
    SprueError
        A file cannot be read or written, or has no column for an input.
    typer.Exit
        130: stopped by Ctrl-C; the files hold what was predicted until then.
    """
    refuse_overwriting(file, out, dead_letters)
    counted, shown, named, stopped = Counted(), list[dict[str, Any]](), list[FrameProblem](), False
    with _progress(as_json) as bar:
        task = bar.add_task("")
        frames = read_table(file, in_use.profile, chunk_rows=CHUNK_ROWS)
        table = PredictedTable(frames, in_use.predictor, regressors)
        with open_rows(out, table.fields) as rows, open_rows(dead_letters, REFUSED_FIELDS) as letters:
            try:
                for piece in table.pieces():
                    with undivided():
                        rows.write(piece.rows)
                        letters.write([_letter(problem) for problem in piece.refused])
                        counted.add(piece)
                    shown += piece.rows[: MOST_SHOWN - len(shown)]
                    named += piece.refused[: MOST_REFUSED - len(named)]
                    bar.update(task, advance=len(piece.rows) + len(piece.refused))
            except KeyboardInterrupt:
                stopped = True
    if as_json:
        print(json.dumps(_summary(counted, in_use, stopped), ensure_ascii=False), flush=True)
    else:
        if out is None and shown:
            print_rows([f.name for f in table.fields], [_texts(table, row) for row in shown])
        _tell(counted, in_use, file, out, dead_letters, named, stopped)
    if stopped:
        raise typer.Exit(STOPPED)


def _progress(quiet: bool) -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} rows"), TimeElapsedColumn()
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True)


def _letter(problem: FrameProblem) -> dict[str, Any]:
    row = asdict(problem)
    row["field"] = row.pop("column")
    return row


def _texts(table: PredictedTable, row: Mapping[str, Any]) -> list[str]:
    return [_cell(row[f.name]) for f in table.fields]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def _summary(counted: Counted, in_use: InUse, stopped: bool) -> dict[str, Any]:
    refused = counted.refused.total()
    return {
        "rows": counted.predicted + refused,
        "predicted": counted.predicted,
        "refused": refused,
        "outcomes": {name: counted.outcomes[name] for name in OUTCOMES},
        "standings": {name: counted.standings[name] for name in STANDINGS},
        "reasons": dict(counted.refused),
        "model_version": in_use.predictor.version,
        "stopped": stopped,
    }


def _tell(
    counted: Counted,
    in_use: InUse,
    file: Path,
    out: Path | None,
    dead_letters: Path | None,
    named: list[FrameProblem],
    stopped: bool,
) -> None:
    refused = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for problem in named:
        name = printable(problem.record_id) or f"row {problem.row + 1}"
        refused.print(f"{name}: {problem.reason}: {printable(problem.detail)}")
    if counted.refused.total() > len(named):
        more = counted.refused.total() - len(named)
        refused.print(f"and {more:,} more without a prediction; --dead-letters FILE takes all")
    whole = counted.predicted + counted.refused.total()
    said = f"{counted.predicted:,} of {whole:,} rows of {file} predicted by {in_use.predictor.version}"
    counts = [f"{name} {count:,}" for name in OUTCOMES if (count := counted.outcomes[name])]
    counts += [f"{name} {count:,}" for name in STANDINGS if (count := counted.standings[name])]
    print(f"{said}: {' · '.join(counts)}" if counts else said)
    if out is None and counted.predicted > MOST_SHOWN:
        print(f"The first {MOST_SHOWN} are shown; --out FILE takes all.")
    for what, path in (("predictions", out), ("rows without a prediction", dead_letters)):
        if path is not None:
            print(f"{what} in {path}")
    if stopped:
        print("Stopped; the files hold what was predicted until then.")
