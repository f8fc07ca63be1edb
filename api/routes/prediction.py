"""Predictions: what predicts, what comes of settings, which settings come to something."""

from __future__ import annotations

import math
from threading import Lock
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body
from fastapi.exceptions import RequestValidationError

from api.context import Here, Speaking
from api.guarded_route import GuardedRoute
from api.prediction.advice_rows import advice_outward
from api.prediction.answers import answers, predictor_of
from api.prediction.names import Names
from api.prediction.predictor_rows import predictor_outward
from api.prediction.schemas import (
    AdviceOut,
    AdviceWish,
    PredictionsOut,
    PredictionWish,
    PredictorOut,
)
from api.problems import problem_responses
from api.roles import needs
from core.errors import ConfigError, InputsRefused
from inference.prediction.advice import advise
from inference.prediction.predictor import Predictor

router = APIRouter(tags=["prediction"], route_class=GuardedRoute)

MOST_WRONG = 100
"""Values named in a refusal."""
_ONE_AT_A_TIME = Lock()
"""A search predicts some hundred thousand rows beside the judging: never two of them."""


@router.get("/predictor", response_model=PredictorOut, responses=problem_responses(503))
@needs("viewer")
def predictor(here: Here, language: Speaking) -> Any:
    """What predicts: inputs and their trained ranges, targets, and how well, on rows left out."""
    return predictor_outward(here, predictor_of(here), Names(here.profile, language))


@router.post("/predictions", response_model=PredictionsOut, responses=problem_responses(400, 415, 422, 503))
@needs("viewer")
def predictions(here: Here, language: Speaking, wish: Annotated[PredictionWish, Body()]) -> Any:
    """What comes of each row of inputs: sizes with intervals, outcome, where it stands beside what was run.

    Changes nothing. A row names each input once, by its name or by its field of a document.
    """
    using = predictor_of(here)
    inputs = _read(using, wish.rows)
    try:
        rows = answers(using, inputs, Names(here.profile, language), wish.regressors)
    except ConfigError as error:
        raise _wrong([(("regressors",), str(error))]) from None
    return {"version": using.version, "coverage": here.profile.prediction.coverage, "rows": rows}


@router.post("/advice", response_model=AdviceOut, responses=problem_responses(400, 415, 422, 503))
@needs("viewer")
def advice(here: Here, language: Speaking, wish: Annotated[AdviceWish, Body()]) -> Any:
    """Settings that come to least within limits: none of those tried is better in everything.

    Changes nothing. Nothing outside the trained ranges is tried.
    """
    using = predictor_of(here)
    within = {
        name: (
            -math.inf if band.low is None else band.low,
            math.inf if band.high is None else band.high,
        )
        for name, band in wish.within.items()
    }
    minimize = wish.minimize or list(here.profile.advice.minimize)
    try:
        with _ONE_AT_A_TIME:
            found = advise(using, within, minimize, far=wish.far, regressors=wish.regressors)
    except ConfigError as error:
        place, _, said = str(error).partition(": ")
        known = place in AdviceWish.model_fields
        raise _wrong([((place,) if known else (), said if known else str(error))]) from None
    return advice_outward(found, Names(here.profile, language), wish.regressors)


def _read(using: Predictor, rows: list[dict[str, float]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """All rows; a refusal names each value of each."""
    found = []
    wrong: list[tuple[tuple[str | int, ...], str]] = []
    for number, row in enumerate(rows):
        try:
            found.append(using.read(row))
        except InputsRefused as error:
            wrong += [(("rows", number, name), text) for name, text in error.problems.items()]
            if len(wrong) >= MOST_WRONG:
                break
    if wrong:
        raise _wrong(wrong[:MOST_WRONG])
    return np.concatenate(found)


def _wrong(found: list[tuple[tuple[str | int, ...], str]]) -> RequestValidationError:
    return RequestValidationError(
        [{"loc": ("body", *where), "msg": text, "type": "refused"} for where, text in found]
    )
