"""``./sprue predict``: what a setting will come to, with its interval and how far to trust it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from core.errors import InputsRefused
from scripts.options import Home, ProfileName
from scripts.prediction.answer import answer
from scripts.prediction.asked import values
from scripts.prediction.in_use import InUse, predictor_in_use
from scripts.prediction.shown import MOST_WORDS, side_by_side, told

Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=NUMBER ...", help="Every input once, by its name or its column's."),
]
RegressorName = Annotated[
    str | None, typer.Option("--regressor", help="Predict by this one instead of the chosen ones.")
]


def predict(
    settings: Settings = None,
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
    in_use = predictor_in_use(home, process, version)
    predictor = in_use.predictor
    _refuse_unknown_regressor(in_use, regressor)
    if not settings:
        raise typer.BadParameter(_example(in_use), param_hint="NAME=NUMBER")
    asked = values(settings)
    try:
        inputs = predictor.read(asked)
    except InputsRefused as error:
        raise typer.BadParameter(str(error), param_hint="NAME=NUMBER") from None
    width = Console().width if sys.stdout.isatty() else MOST_WORDS
    if every:
        answers = [
            answer(predictor, inputs, in_use.notes, dict.fromkeys(predictor.target_names, rule.name))
            for rule in in_use.profile.regressors
        ]
        lines = side_by_side(answers, in_use.profile, width)
        shown: object = answers
    else:
        chosen = None if regressor is None else dict.fromkeys(predictor.target_names, regressor)
        one = answer(predictor, inputs, in_use.notes, chosen)
        lines, shown = told(one, in_use.profile, width), one
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, allow_nan=False), flush=True)
        return
    for line in lines:
        print(line)


def _refuse_unknown_regressor(in_use: InUse, name: str | None) -> None:
    known = [rule.name for rule in in_use.profile.regressors]
    if name is not None and name not in known:
        msg = f"expected one of {', '.join(known)}; got {name!r}"
        raise typer.BadParameter(msg, param_hint="--regressor")


def _example(in_use: InUse) -> str:
    """What to type, with a setting that was run."""
    ran = in_use.predictor.trained.settings[0].tolist()
    pairs = (f"{name}={value:.6g}" for name, value in zip(in_use.predictor.input_names, ran, strict=True))
    return f"expected every input once, such as {' '.join(pairs)}; got none"
