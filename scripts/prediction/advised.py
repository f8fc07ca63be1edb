"""Advice as rows: for people, for files, for programs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from core.profile import Profile
from core.verdict import VerdictField
from inference.prediction.advice import Advice
from inference.prediction.judging import Sizes as Wanted
from inference.prediction.outcomes import judge_predicted
from scripts.prediction.answer import finite
from scripts.prediction.words import Sizes, counted

Row = Mapping[str, Any]


def plain(advice: Advice) -> list[dict[str, Any]]:
    """The settings as `Advice.plain` gives them with their verdict, null for what is no number."""
    judged = judge_predicted(advice.predicted, advice.placed, Wanted.of(advice.predictor.profile))
    return [
        {
            **row,
            "quantities": {name: finite(value) for name, value in row["quantities"].items()},
            "outcome": outcome,
            "margin": finite(margin),
        }
        for row, outcome, margin in zip(advice.plain(), judged.outcome, judged.margin.tolist(), strict=True)
    ]


def by_tolerance(profile: Profile, limited: Collection[str | None]) -> dict[str, tuple[float, float]]:
    """The tolerances of targets that nobody limited, as limits."""
    return {
        v.name: (v.nominal - v.tolerance, v.nominal + v.tolerance)
        for v in profile.targets
        if v.name not in limited and v.nominal is not None and v.tolerance is not None
    }


def as_object(advice: Advice, tolerances: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """The whole answer as JSON has it; `tolerances` are the limits of `by_tolerance`."""
    excluded = None
    if advice.excluded is not None:
        numbers = {
            name: finite(value) if isinstance(value, float) else value
            for name, value in asdict(advice.excluded).items()
        }
        excluded = {**numbers, "text": why_none(advice)}
    return {
        "process": advice.predictor.profile.name,
        "model_version": advice.predictor.version,
        "minimized": list(advice.minimized),
        "by_tolerance": {name: list(band) for name, band in tolerances.items()},
        "tried": advice.tried,
        "settings": plain(advice),
        "excluded": excluded,
    }


def flat(row: Row) -> dict[str, Any]:
    """One setting by the names of `fields`."""
    cells = {**row["settings"], **row["quantities"]}
    for name, size in row["targets"].items():
        cells |= {name: size["predicted"], f"{name}_low": size["low"], f"{name}_high": size["high"]}
    return cells | {name: row[name] for name in ("standing", "rows", "distance", "outcome", "margin")}


def fields(advice: Advice) -> tuple[VerdictField, ...]:
    """The columns of a file of advice."""
    profile = advice.predictor.profile
    numbers = [v.name for v in profile.inputs]
    numbers += [f"{v.name}{end}" for v in profile.targets for end in ("", "_low", "_high")]
    numbers += [quantity.name for quantity in profile.quantities]
    return (
        *(VerdictField(name, "number", True, "") for name in numbers),
        VerdictField("standing", "text", False, ""),
        VerdictField("rows", "integer", False, ""),
        VerdictField("distance", "number", True, ""),
        VerdictField("outcome", "text", True, ""),
        VerdictField("margin", "number", True, ""),
    )


def headings(advice: Advice) -> list[str]:
    """Names with their units, an input by its name or its column's, whichever is shorter."""
    profile = advice.predictor.profile
    inputs = [(min(".".join(v.path), v.name, key=len), v.unit) for v in profile.inputs]
    targets = [(v.name, v.unit) for v in profile.targets]
    quantities = [(quantity.name, quantity.unit) for quantity in profile.quantities]
    named = [f"{name} [{unit}]" if unit else name for name, unit in (*inputs, *targets, *quantities)]
    return [*named, "verdict", "run before"]


def texts(advice: Advice) -> list[list[str]]:
    """The settings for people."""
    sizes = _Bare(advice.predictor.profile)
    return [list(_cells(row, sizes)) for row in plain(advice)]


def summary(advice: Advice) -> str:
    """How many there are, or why there is none."""
    if advice.excluded is not None:
        return f"No setting keeps the limits: {why_none(advice)}."
    before = sum(1 for rows in advice.rows.tolist() if rows)
    better = " and ".join(advice.minimized)
    many = counted(len(advice), "setting")
    return (
        f"{many} out of {advice.tried:,} tried, {before:,} of them run before: no other one has less "
        f"{better}. Intervals hold {advice.predictor.profile.prediction.coverage:.0%} of measurements."
    )


def why_none(advice: Advice) -> str:
    """Which limit leaves no setting; what comes nearest to it rounded, with its unit."""
    why, sizes = advice.excluded, Sizes(advice.predictor.profile)
    if why is None:
        return ""
    low, high = why.nearest_low, why.nearest_high
    if not (math.isfinite(low) and math.isfinite(high)):
        return str(why)
    if why.why == "untrained":
        return why.told(f"{low:g} ... {sizes.exact(why.name, high)}")
    return why.told(sizes.rounded(why.name, low) if low == high else sizes.between(why.name, low, high))


def tolerances_said(profile: Profile, tolerances: Mapping[str, tuple[float, float]]) -> str:
    """That tolerances limit what nobody did."""
    sizes = Sizes(profile)
    named = [f"{name} {low:.6g} ... {sizes.exact(name, high)}" for name, (low, high) in tolerances.items()]
    return f"limited by tolerance: {', '.join(named)}; --any-size takes any"


class _Bare(Sizes):
    """Sizes in columns that carry the unit in their heading."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._units = dict.fromkeys(self._units, "")


def _cells(row: Row, sizes: Sizes) -> Iterator[str]:
    for value in row["settings"].values():
        yield f"{value:.6g}"
    for name, size in row["targets"].items():
        half = (size["high"] - size["low"]) / 2
        middle = sizes.rounded(name, size["predicted"], half)
        yield f"{middle} ({sizes.between(name, size['low'], size['high'])})"
    for name, value in row["quantities"].items():
        yield sizes.rounded(name, value)
    yield row["outcome"] or "-"
    if row["rows"]:
        yield counted(row["rows"], "time")
    else:
        yield "never, far from any" if row["standing"] == "far" else "never"
