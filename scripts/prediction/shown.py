"""An answer of `scripts.prediction.answer` as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.profile import Profile
from scripts.listing import lines as table
from scripts.prediction.figure_names import ERROR, R2, named
from scripts.prediction.words import Sizes, error, half_of, learned, per_hundred, share, standing

Answer = Mapping[str, Any]
MOST_WORDS = 120
"""Cells of a line where no window says how many it has."""


def told(answer: Answer, profile: Profile, width: int) -> Iterator[str]:
    """The lines of one answer for a window of that width."""
    sizes = Sizes(profile)
    yield "   ".join(f"{name} {sizes.exact(name, value)}" for name, value in answer["inputs"].items())
    yield ""
    heads = ("target", "predicted", f"{per_hundred(answer['coverage'])} within", "wanted", "")
    yield from table(heads, [_target(target, sizes) for target in answer["targets"]], width)
    yield ""
    if answer["outcome"] is not None:
        yield f"{answer['outcome']}: {_verdict(answer)}"
    yield standing(answer, sizes)
    if answer["quantities"]:
        yield "   ".join(f"{q['name']} {sizes.rounded(q['name'], q['value'])}" for q in answer["quantities"])
    yield ""
    for target in answer["targets"]:
        yield f"{target['name']} by {target['regressor']}: {error(target, sizes)}"
    yield learned(answer["learned_from"])


def side_by_side(answers: Sequence[Answer], profile: Profile, width: int) -> Iterator[str]:
    """What every regressor predicts, target by target in the order of the answers."""
    sizes = Sizes(profile)
    heads = ("target", "regressor", "predicted", "interval", "verdict", ERROR, R2)
    rows = [
        (
            target["name"],
            named(target["regressor"], chosen=target["chosen"]),
            sizes.rounded(target["name"], target["mean"], half_of(target)),
            sizes.between(target["name"], target["low"], target["high"]),
            target["outcome"] or "-",
            sizes.figures(target["name"], (target["validation"] or {}).get("mae")),
            share((target["validation"] or {}).get("r2")),
        )
        for number in range(len(answers[0]["targets"]))
        for target in (answer["targets"][number] for answer in answers)
    ]
    yield from table(heads, rows, width)
    yield ""
    yield "by setting: each predicted without any of its rows."
    yield standing(answers[0], sizes)
    yield learned(answers[0]["learned_from"])


def _target(target: Mapping[str, Any], sizes: Sizes) -> tuple[str, ...]:
    name, half, wanted, left = target["name"], half_of(target), "-", ""
    if target["nominal"] is not None:
        wanted = f"{target['nominal']:.6g} ± {sizes.exact(name, target['tolerance'])}"
    if target["margin"] is not None:
        room = "to spare" if target["margin"] >= 0 else "beyond"
        left = f"{target['outcome']}, {sizes.rounded(name, abs(target['margin']), half)} {room}"
    predicted = sizes.rounded(name, target["mean"], half)
    return name, predicted, sizes.between(name, target["low"], target["high"]), wanted, left


def _verdict(answer: Answer) -> str:
    """Why the outcome is what it is."""
    if answer["standing"] in ("far", "outside"):
        return "nothing is known there"
    if any(target["mean"] is None for target in answer["targets"]):
        return "these inputs give no finite size"
    named = [target["name"] for target in answer["targets"] if target["outcome"] == answer["outcome"]]
    if answer["outcome"] == "OK":
        return "within what is allowed, the intervals, too"
    if answer["outcome"] == "NG":
        return f"{' and '.join(named)} beyond what is allowed"
    return f"{' and '.join(named)} may come out beyond what is allowed: the interval reaches there"
