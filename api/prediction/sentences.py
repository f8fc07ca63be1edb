"""A prediction in words: its outcome, where it stands beside what was run, each target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.prediction.names import Names
from api.words import say
from inference.prediction.predictor import Predictor


def sentence(answer: Mapping[str, Any], predictor: Predictor, names: Names) -> str:
    """A whole answer (see `api.prediction.answers`) in a few sentences."""
    parts = [
        f"{names.of(one['name'])} {names.within(one['name'], one['mean'], one['low'], one['high'])}."
        for one in answer["targets"]
    ]
    if answer["outcome"] is not None:
        parts.insert(0, f"{say('outcome', answer['outcome'], names.language)}.")
    parts += [*why(answer, predictor, names), f"{standing(answer, predictor, names)}."]
    return " ".join(parts)


def why(answer: Mapping[str, Any], predictor: Predictor, names: Names) -> list[str]:
    """Why the outcome is what it is, a sentence a cause."""
    language, found = names.language, []
    if answer["outcome"] is None:
        return [say("predict", "no_nominal", language)]
    if answer["standing"] in ("far", "outside"):
        return [say("predict", "unknown_there", language)]
    for variable, one in zip(predictor.profile.targets, answer["targets"], strict=True):
        if variable.nominal is None or variable.tolerance is None or one["mean"] is None:
            continue
        low, high = variable.nominal - variable.tolerance, variable.nominal + variable.tolerance
        name, band = names.of(variable.name), names.band(variable.name, low, high)
        if not low <= one["mean"] <= high:
            value = names.value(variable.name, one["mean"])
            found.append(say("predict", "misses", language, name=name, value=value, band=band))
        elif one["low"] < low or one["high"] > high:
            found.append(say("predict", "unproven", language, name=name))
    return found or [say("predict", "fits", language)]


def standing(answer: Mapping[str, Any], predictor: Predictor, names: Names) -> str:
    """Where the inputs stand beside the settings that were run; without its stop."""
    language, near = names.language, answer["nearest"]
    if answer["standing"] == "outside":
        return say("standing", "outside", language, what=outside(answer, predictor, names))
    if answer["standing"] == "run_before":
        return say("standing", "run_before", language, n=near["rows"])
    nearest = ", ".join(f"{names.of(name)} {names.value(name, v)}" for name, v in near["inputs"].items())
    return say("standing", answer["standing"], language, nearest=nearest)


def outside(answer: Mapping[str, Any], predictor: Predictor, names: Names) -> str:
    """Which inputs are outside the trained range, and beyond which end of it."""
    around = predictor.surroundings
    ends = {"below": around.low, "above": around.high}
    texts = []
    for name, side in answer["outside"].items():
        limit = float(ends[side][predictor.input_names.index(name)])
        words = {"name": names.of(name), "limit": names.value(name, limit)}
        texts.append(say("standing", side, names.language, **words))
    return ", ".join(texts)
