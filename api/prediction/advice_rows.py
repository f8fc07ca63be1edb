"""Advice, outward: settings with what they come to, or why there are none."""

from __future__ import annotations

import math
from typing import Any

from api.prediction.answers import answers
from api.prediction.names import Names
from api.prediction.predictor_rows import finite
from api.words import say
from inference.prediction.advice import Advice
from inference.prediction.allowed import Exclusion


def advice_outward(advice: Advice, names: Names, regressors: dict[str, str]) -> dict[str, Any]:
    """All of `api.prediction.schemas.AdviceOut`."""
    rows = answers(advice.predictor, advice.settings, names, regressors)
    return {
        "version": advice.predictor.version,
        "minimized": list(advice.minimized),
        "tried": advice.tried,
        "settings": [row | {"run_before": int(n)} for row, n in zip(rows, advice.rows, strict=True)],
        "excluded": None if advice.excluded is None else _excluded(advice.excluded, names),
    }


def _excluded(one: Exclusion, names: Names) -> dict[str, Any]:
    ends = {key: finite(getattr(one, key)) for key in ("low", "high", "nearest_low", "nearest_high")}
    return {"why": one.why, "name": one.name, **ends, "left": one.left, "text": why_none(one, names)}


def why_none(one: Exclusion, names: Names) -> str:
    """Why there are no settings, as a sentence."""
    near = names.value(one.name, one.nearest_low)
    if one.nearest_low != one.nearest_high:
        near = names.band(one.name, one.nearest_low, one.nearest_high)
    words = {
        "name": names.of(one.name),
        "asked": _asked(one, names),
        "near": near,
        "left": one.left,
        "n": one.left,
    }
    return say("advice", one.why, names.language, **words)


def _asked(one: Exclusion, names: Names) -> str:
    if math.isfinite(one.low) and math.isfinite(one.high):
        return names.band(one.name, one.low, one.high)
    if math.isfinite(one.low):
        return say("advice", "at_least", names.language, value=names.value(one.name, one.low))
    return say("advice", "at_most", names.language, value=names.value(one.name, one.high))
