"""Advice as rows: for people, for files, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from core.profile import Profile
from core.verdict import VerdictField
from inference.prediction.advice import Advice
from scripts.prediction.answer import finite
from scripts.prediction.words import Sizes, counted

Row = Mapping[str, Any]


def plain(advice: Advice) -> list[dict[str, Any]]:
    """The settings as `Advice.plain` gives them, null for what is no number."""
    return [
        {**row, "quantities": {name: finite(value) for name, value in row["quantities"].items()}}
        for row in advice.plain()
    ]


def as_object(advice: Advice) -> dict[str, Any]:
    """The whole answer as JSON has it."""
    excluded = None
    if advice.excluded is not None:
        numbers = {
            name: finite(value) if isinstance(value, float) else value
            for name, value in asdict(advice.excluded).items()
        }
        excluded = {**numbers, "text": str(advice.excluded)}
    return {
        "process": advice.predictor.profile.name,
        "model_version": advice.predictor.version,
        "minimized": list(advice.minimized),
        "tried": advice.tried,
        "settings": plain(advice),
        "excluded": excluded,
    }


def flat(row: Row) -> dict[str, Any]:
    """One setting by the names of `fields`."""
    cells = {**row["settings"], **row["quantities"]}
    for name, size in row["targets"].items():
        cells |= {name: size["predicted"], f"{name}_low": size["low"], f"{name}_high": size["high"]}
    return cells | {name: row[name] for name in ("standing", "rows", "distance")}


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
    )


def headings(advice: Advice) -> list[str]:
    """Names with their units, an input by its name or its column's, whichever is shorter."""
    profile = advice.predictor.profile
    inputs = [(min(".".join(v.path), v.name, key=len), v.unit) for v in profile.inputs]
    targets = [(v.name, v.unit) for v in profile.targets]
    quantities = [(quantity.name, quantity.unit) for quantity in profile.quantities]
    named = [f"{name} [{unit}]" if unit else name for name, unit in (*inputs, *targets, *quantities)]
    return [*named, "run before"]


def texts(advice: Advice) -> list[list[str]]:
    """The settings for people."""
    sizes = _Bare(advice.predictor.profile)
    return [list(_cells(row, sizes)) for row in plain(advice)]


def summary(advice: Advice) -> str:
    """How many there are, or why there is none."""
    if advice.excluded is not None:
        return f"No setting keeps the limits: {advice.excluded}."
    before = sum(1 for rows in advice.rows.tolist() if rows)
    better = " and ".join(advice.minimized)
    many = counted(len(advice), "setting")
    return (
        f"{many} out of {advice.tried:,} tried, {before:,} of them run before: no other one has less "
        f"{better}. Intervals hold {advice.predictor.profile.prediction.coverage:.0%} of measurements."
    )


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
    if row["rows"]:
        yield counted(row["rows"], "time")
    else:
        yield "never, far from any" if row["standing"] == "far" else "never"
