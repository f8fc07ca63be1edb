"""``./sprue advise``: the reverse question, which settings come to least within what is allowed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError
from inference.prediction.advice import MOST, Advice
from inference.prediction.advice import advise as search
from inference.verdict_file import open_rows
from scripts.listing import print_rows
from scripts.options import Home, ProfileName
from scripts.prediction.advised import (
    as_object,
    by_tolerance,
    fields,
    flat,
    headings,
    plain,
    summary,
    texts,
    tolerances_said,
)
from scripts.prediction.asked import Band, bands
from scripts.prediction.in_use import InUse, predictor_in_use

Within = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=LOW..HIGH",
        help="What an input, a target (its whole interval) or a quantity may be; LOW.. and ..HIGH for one "
        "end, NAME=VALUE for both (may be repeated).",
    ),
]
Minimize = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="What to make small, the first one orders; by default the profile's."),
]
Out = Annotated[Path | None, typer.Option(help="File for the settings: .csv, .parquet or .jsonl.")]


def advise(
    within: Within = None,
    minimize: Minimize = None,
    home: Home = None,
    process: ProfileName = None,
    any_size: Annotated[
        bool, typer.Option("--any-size", help="Without tolerances as limits of targets that have no other.")
    ] = False,
    far: Annotated[bool, typer.Option("--far", help="Also settings far from all that was run.")] = False,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Settings at most.")] = MOST,
    version: Annotated[str | None, typer.Option(help="Trained version; by default the current one.")] = None,
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON line.")] = False,
) -> None:
    """Find the settings that come to least of what is to be small, within limits.

    No other setting tried is better in everything that is to be small: what to give up for what
    is left to choose. Settings run before are marked; of a target its whole interval keeps the
    limit, and its tolerance where none is given. Where nothing is left, the limit that leaves
    nothing is named.
    """
    in_use = predictor_in_use(home, process, version)
    asked = bands(within or [])
    limited = {in_use.predictor.name_of(text) for text in asked}
    tolerances = {} if any_size else by_tolerance(in_use.profile, limited)
    advice = _searched(in_use, asked | tolerances, minimize or [], far, most)
    if out is not None:
        with open_rows(out, fields(advice)) as rows:
            rows.write([flat(row) for row in plain(advice)])
    if as_json:
        print(json.dumps(as_object(advice, tolerances), ensure_ascii=False, allow_nan=False), flush=True)
        return
    if len(advice) and out is None:
        print_rows(headings(advice), texts(advice))
    if tolerances:
        print(tolerances_said(in_use.profile, tolerances), file=sys.stderr, flush=True)
    print(summary(advice))
    if out is not None:
        print(f"settings in {out}")


def _searched(in_use: InUse, within: Mapping[str, Band], minimize: list[str], far: bool, most: int) -> Advice:
    wanted = minimize or in_use.profile.advice.minimize
    if not wanted:
        msg = "expected what to make small, such as --minimize NAME: the profile has no [advice] of its own"
        raise typer.BadParameter(msg, param_hint="--minimize")
    try:
        return search(in_use.predictor, within, wanted, far=far, most=most)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None
