"""``./sprue predict``: what a setting will come to, with its interval and how far to trust it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import InputsRefused
from scripts.options import Home, ProfileName
from scripts.prediction.answer import answer
from scripts.prediction.asked import values
from scripts.prediction.file import predict_file
from scripts.prediction.in_use import InUse, predictor_in_use
from scripts.prediction.shown import MOST_WORDS, side_by_side, told

NOTHING = "got nothing"
"""How a problem with an input ends that was not given."""
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=NUMBER ...", help="Every input once, by its name or its column's."),
]
RegressorName = Annotated[
    str | None, typer.Option("--regressor", help="Predict by this one instead of the chosen ones.")
]


File = Annotated[
    Path | None, typer.Option(help="Predict every row of this .csv, .csv.gz, .parquet or .jsonl.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="File for the rows with what is predicted beside them: .csv, .parquet or .jsonl."),
]
Letters = Annotated[
    Path | None, typer.Option(help="File for the rows without a prediction: .csv, .parquet or .jsonl.")
]


def predict(
    settings: Settings = None,
    file: File = None,
    out: Out = None,
    dead_letters: Letters = None,
    home: Home = None,
    process: ProfileName = None,
    regressor: RegressorName = None,
    every: Annotated[bool, typer.Option("--all", help="Every regressor, side by side.")] = False,
    version: Annotated[str | None, typer.Option(help="Trained version; by default the current one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON line.")] = False,
) -> None:
    """Predict the targets of a setting, or of every row of a file.

    Says each target with its interval and its verdict against nominal and tolerance, whether
    the setting was run before, and what the prediction is worth. Only loads what was trained.
    """
    _refuse_both_ways(settings, file, out, dead_letters, every)
    in_use = predictor_in_use(home, process, version)
    predictor = in_use.predictor
    _refuse_unknown_regressor(in_use, regressor)
    chosen = None if regressor is None else dict.fromkeys(predictor.target_names, regressor)
    if file is not None:
        predict_file(file, in_use, out=out, dead_letters=dead_letters, regressors=chosen, as_json=as_json)
        return
    if not settings:
        raise typer.BadParameter(_example(in_use), param_hint="NAME=NUMBER")
    try:
        inputs = predictor.read(values(settings))
    except InputsRefused as error:
        raise typer.BadParameter(_lacking(in_use, error), param_hint="NAME=NUMBER") from None
    width = Console().width if sys.stdout.isatty() else MOST_WORDS
    if every:
        answers = [
            answer(predictor, inputs, in_use.notes, dict.fromkeys(predictor.target_names, rule.name))
            for rule in in_use.profile.regressors
        ]
        lines = side_by_side(answers, in_use.profile, width)
        shown: object = answers
    else:
        one = answer(predictor, inputs, in_use.notes, chosen)
        lines, shown = told(one, in_use.profile, width), one
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, allow_nan=False), flush=True)
        return
    for line in lines:
        print(line)


def _refuse_both_ways(
    settings: list[str] | None, file: Path | None, out: Path | None, dead_letters: Path | None, every: bool
) -> None:
    if file is not None and (settings or every):
        what = "NAME=NUMBER" if settings else "--all"
        raise typer.BadParameter(f"expected --file or {what}, got both", param_hint="--file")
    for flag, path in (("--out", out), ("--dead-letters", dead_letters)):
        if file is None and path is not None:
            msg = f"expected --file with the rows to predict, got {flag} alone"
            raise typer.BadParameter(msg, param_hint=flag)


def _refuse_unknown_regressor(in_use: InUse, name: str | None) -> None:
    known = [rule.name for rule in in_use.profile.regressors]
    if name is not None and name not in known:
        msg = f"expected one of {', '.join(known)}; got {name!r}"
        raise typer.BadParameter(msg, param_hint="--regressor")


def _example(in_use: InUse) -> str:
    """What to type, with a setting that was run."""
    return f"expected every input once, such as {' '.join(_ran(in_use).values())}; got none"


def _lacking(in_use: InUse, error: InputsRefused) -> str:
    """What is wrong with the inputs, and what to add for those that were not given."""
    missing = [pair for name, pair in _ran(in_use).items() if error.problems.get(name, "").endswith(NOTHING)]
    return f"{error}; such as {' '.join(missing)}" if missing else str(error)


def _ran(in_use: InUse) -> dict[str, str]:
    """Every input as it is typed, of a setting that was run."""
    ran = in_use.predictor.trained.settings[0].tolist()
    named = zip(in_use.predictor.input_names, ran, strict=True)
    return {name: f"{name}={value:.6g}" for name, value in named}
